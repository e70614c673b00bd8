//! Entities, records and enums: what values and rows are made of.

use super::Module;
use crate::{
    base::{numbering::NumberPiece, value::Value},
    bytecode::types::{EnumIdx, FieldIdx, FuncIdx, TypeIdx},
};

/// An enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumDef {
    /// `Rating`, `Opportunity.Status`.
    pub name: String,
    /// Its members in order.
    pub members: Vec<MemberDef>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberDef {
    /// Its name.
    pub name: String,
    /// The stored number.
    pub value: i32,
    /// What people see.
    pub label: String,
}

/// What a record type was declared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// `record`, or made by the compiler.
    Plain,
    /// `error`.
    Error,
    /// `signal`.
    Signal,
}

/// A record type.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordDef {
    /// Its name; an error's is its code in `e.code`.
    pub name: String,
    /// What it was declared as.
    pub kind: RecordKind,
    /// Its fields.
    pub fields: Vec<ParamDef>,
}

/// A named value of a type.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamDef {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: TypeIdx,
    /// Its constant default, for callers that are not compiled (command line, data files).
    pub default: Option<Value>,
}

/// What the engine writes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the name of the field")]
pub enum SystemField {
    Id,
    CreatedOn,
    CreatedBy,
    ModifiedOn,
    ModifiedBy,
    Version,
    Owner,
    OwningUnit,
    State,
    Status,
    Currency,
    ExchangeRate,
}

/// The default of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum DefaultDef {
    /// None: absent if optional, empty if a list, else `create` must give it.
    None,
    /// A constant.
    Const(Value),
    /// A function without parameters.
    Function(FuncIdx),
}

/// What a deletion does to the records that refer to the deleted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnDelete {
    /// It is refused.
    Restrict,
    /// Their reference becomes absent.
    Clear,
    /// They are deleted, too.
    Cascade,
}

/// A stored field. Field 0 of every entity is `id`.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDef {
    /// Its name.
    pub name: String,
    /// The column's name.
    pub column: String,
    /// Its type.
    pub ty: TypeIdx,
    /// Which one, if the engine writes it.
    pub system: Option<SystemField>,
    /// Its default.
    pub default: DefaultDef,
    /// Lowest value, inclusive.
    pub low: Option<Value>,
    /// Highest value, inclusive.
    pub high: Option<Value>,
    /// The longest text in characters.
    pub text_max: Option<u32>,
    /// The places of a decimal: it is stored as a whole number, rounded half to even.
    pub places: Option<u32>,
    /// How the engine numbers new records; empty for other fields.
    pub numbering: Vec<NumberPiece>,
    /// What becomes of the record when the one that it refers to is deleted.
    pub on_delete: OnDelete,
    /// A text that is compared and sorted without case.
    pub caseless: bool,
    /// Its values stay out of logs and messages.
    pub private: bool,
}

/// The states of an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatesDef {
    /// The enum of states.
    pub state: EnumIdx,
    /// The enum of statuses.
    pub status: EnumIdx,
    /// The state of each status, in the order of the status enum's members.
    pub state_of: Vec<i32>,
    /// Statuses that may follow each other; complete.
    pub changes: Vec<(i32, i32)>,
}

impl StatesDef {
    /// Each status with its state.
    pub(crate) fn pairs(&self, module: &Module) -> Vec<(i32, i32)> {
        let members = module.enum_def(self.status).map(|def| def.members.as_slice()).unwrap_or_default();
        self.state_of.iter().copied().zip(members.iter().map(|member| member.value)).collect()
    }

    /// The state and the status of a new record.
    pub(crate) fn first(&self, module: &Module) -> (i32, i32) {
        let first = module.enum_def(self.state).and_then(|def| def.members.first()).map_or(0, |member| member.value);
        self.pairs(module).into_iter().find(|(state, _)| *state == first).unwrap_or((first, 0))
    }
}

/// An entity.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityDef {
    /// Its name.
    pub name: String,
    /// The table's name.
    pub table: String,
    /// `owned by user`.
    pub owned_by_user: bool,
    /// May be created.
    pub creatable: bool,
    /// `audited`.
    pub audited: bool,
    /// `activity`.
    pub activity: bool,
    /// Its fields; 0 is `id`.
    pub fields: Vec<FieldDef>,
    /// Its states.
    pub states: Option<StatesDef>,
    /// Unique keys.
    pub unique: Vec<Vec<FieldIdx>>,
    /// The function from a reference to the shown name.
    pub shown_as: Option<FuncIdx>,
    /// The self-reference that `under` follows.
    pub hierarchy: Option<FieldIdx>,
}

impl FieldDef {
    /// Whether only earlier builds of the store had it: there is no such column.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.column.is_empty()
    }
}

impl EntityDef {
    /// Whether only earlier builds of the store had it: there is no such table.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.table.is_empty()
    }

    /// The field of this name, with its index.
    #[must_use]
    pub fn field_by_name(&self, name: &str) -> Option<(FieldIdx, &FieldDef)> {
        let index = self.fields.iter().position(|f| f.name == name)?;
        Some((FieldIdx(u16::try_from(index).ok()?), self.fields.get(index)?))
    }

    /// The system field of this kind.
    #[must_use]
    pub fn system_field(&self, system: SystemField) -> Option<FieldIdx> {
        let index = self.fields.iter().position(|f| f.system == Some(system))?;
        u16::try_from(index).ok().map(FieldIdx)
    }
}
