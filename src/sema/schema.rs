//! What is declared: enums, records, entities, the heads of functions and processes.
//!
//! Ids are indexes into the vectors of [`Schema`] and are the indexes of the compiled build, too.

mod emails;
mod flows;
mod processes;
mod roles;

use crate::base::{
    numbering::NumberPiece,
    span::Span,
    value::{Currency, Value},
};
use crate::syntax::ast::Ident;

use super::ty::Ty;

pub use emails::{EmailHead, EmailPart};
pub use roles::{Depth, Right, Role, Target, Verb};

pub use flows::{FlowBinding, FlowButton, FlowHead, FlowStageHead, FlowStep, FlowVia, Required};
pub use processes::{
    ActivityLimits, AtOnce, Doer, FixedRetry, Keep, Phase, ProcessHead, RunAs, Scope, Trigger, TriggerEvent, WhenFull,
};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $($(#[$doc])* #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)] pub struct $name(pub u16);)*
    };
}

ids! {
    /// A `config`.
    ConfigId,
    /// An `email`.
    EmailId,
    /// An entity.
    EntityId,
    /// An enum, or the states or statuses of an entity.
    EnumId,
    /// A field of an entity, by its place in [`Entity::fields`].
    FieldId,
    /// A `fn`.
    FunctionId,
    /// A workflow, real-time workflow or action.
    ProcessId,
    /// A role.
    RoleId,
    /// A record type, the fields of an error or a signal, or the named results of a process.
    RecordId,
}

/// Everything that is declared, by id.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Settings. The default of a reference is the key of its record.
    pub configs: Vec<ParamHead>,
    /// E-mail templates.
    pub emails: Vec<EmailHead>,
    /// Entities.
    pub entities: Vec<Entity>,
    /// Enums, states, statuses.
    pub enums: Vec<Enum>,
    /// Heads of functions.
    pub functions: Vec<FunctionHead>,
    /// Heads of processes.
    pub processes: Vec<ProcessHead>,
    /// Record types, errors, signals, named results.
    pub records: Vec<Record>,
    /// Roles; where there is none, everybody may do everything.
    pub roles: Vec<Role>,
    /// Business process flows.
    pub flows: Vec<FlowHead>,
}

/// An enum, the states of an entity, or its statuses.
#[derive(Clone, Debug)]
pub struct Enum {
    /// As written in the language: `Rating`, `Opportunity.State`, `Opportunity.Status`.
    pub name: String,
    /// The members in order.
    pub members: Vec<Member>,
    /// For states and statuses: of which entity.
    pub entity: Option<EntityId>,
    /// Whether a library declares it and this project may only match it with `else`.
    pub from_library: bool,
    /// The name in the declaration.
    pub span: Span,
}

/// A member of an enum.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name; of a status that two states share: `won.closed`.
    pub name: String,
    /// The stored number.
    pub value: i32,
    /// What people see.
    pub label: String,
    /// Its declaration.
    pub span: Span,
}

/// What a [`Record`] was declared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// `error E { … }`.
    Error,
    /// `record R { … }`.
    Record,
    /// `-> (a: T, b: U)` of a process.
    Results,
    /// `signal S { … }`.
    Signal,
}

/// A record type.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its name.
    pub name: String,
    /// Its fields in order.
    pub fields: Vec<ParamHead>,
    /// What it was declared as.
    pub kind: RecordKind,
    /// The name in the declaration.
    pub span: Span,
}

/// A parameter, or a field of a record type.
#[derive(Clone, Debug)]
pub struct ParamHead {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// Its constant default.
    pub default: Option<Value>,
    /// The longest text in characters.
    pub text_max: Option<u32>,
    /// Its declaration.
    pub span: Span,
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
pub enum FieldDefault {
    /// A constant.
    Const(Value),
    /// An expression over nothing but built-in functions (`now()`, `today()`): a hidden function without parameters.
    Function(FunctionId),
}

/// What a deletion does to the records that refer to the deleted one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnDelete {
    /// It is refused.
    #[default]
    Restrict,
    /// Their reference becomes absent.
    Clear,
    /// They are deleted, too.
    Cascade,
}

/// A field of an entity. Field 0 is `id`; the other system fields follow it, then the declared ones.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its physical name, where given.
    pub physical: Option<String>,
    /// Its type.
    pub ty: Ty,
    /// Which one, if the engine writes it.
    pub system: Option<SystemField>,
    /// Its default.
    pub default: Option<FieldDefault>,
    /// Lowest and highest value, inclusive.
    pub bounds: Option<Box<(Value, Value)>>,
    /// The longest text in characters.
    pub text_max: Option<u32>,
    /// The places of a decimal.
    pub places: Option<u32>,
    /// `autonumber`: the engine gives the value; empty for other fields.
    pub numbering: Vec<NumberPiece>,
    /// `on delete`, of references.
    pub on_delete: OnDelete,
    /// `caseless`: compared and sorted without a look at capital letters.
    pub caseless: bool,
    /// `private`: its values stay out of logs and messages.
    pub private: bool,
    /// Its declaration; the entity's name for system fields.
    pub span: Span,
}

impl Field {
    /// A field of which only the name is known, after a message about its declaration.
    #[must_use]
    pub fn unread(name: &Ident) -> Self {
        Self {
            name: name.name.clone(),
            physical: None,
            ty: Ty::Error,
            text_max: None,
            places: None,
            system: None,
            default: None,
            bounds: None,
            numbering: Vec::new(),
            on_delete: OnDelete::default(),
            caseless: false,
            private: false,
            span: name.span,
        }
    }

    /// Whether `create` must give it.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.system.is_none()
            && self.default.is_none()
            && self.numbering.is_empty()
            && !matches!(self.ty, Ty::Optional(_) | Ty::List(_) | Ty::Set(_) | Ty::Error)
    }
}

/// `notes: many Note via regarding`, `members: many Contact through Membership`: stores nothing.
#[derive(Clone, Debug)]
pub struct Reverse {
    /// Its name.
    pub name: String,
    /// The entity whose records refer to this one.
    pub entity: EntityId,
    /// Its reference to this entity.
    pub field: FieldId,
    /// `through`: the entity is a link entity, whose records join two others.
    pub through: Option<Through>,
    /// Its declaration.
    pub span: Span,
}

/// The far side of a relation over a link entity.
#[derive(Clone, Copy, Debug)]
pub struct Through {
    /// The entity on the other side.
    pub other: EntityId,
    /// The reference of the link entity to it.
    pub field: FieldId,
}

/// `total: int computed = …`: evaluated when it is read.
#[derive(Clone, Debug)]
pub struct Computed {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// The longest text in characters.
    pub text_max: Option<u32>,
    /// A hidden function from the record to the value; none before the bodies are read.
    pub function: Option<FunctionId>,
    /// Its declaration.
    pub span: Span,
}

/// The states of an entity. Numbers are the stored ones.
#[derive(Clone, Debug)]
pub struct States {
    /// The enum `E.State`.
    pub state: EnumId,
    /// The enum `E.Status`.
    pub status: EnumId,
    /// The state of each status, in the order of the status enum.
    pub state_of: Vec<i32>,
    /// `(from, to)` statuses that may follow each other; complete, arrows and their absence worked in.
    pub changes: Vec<(i32, i32)>,
    /// The arrows as written, for messages.
    pub arrows: Vec<WrittenArrow>,
}

/// `open -> won, lost`.
#[derive(Clone, Debug)]
pub struct WrittenArrow {
    /// The statuses that it leaves.
    pub from: Vec<i32>,
    /// The whole arrow.
    pub span: Span,
}

impl States {
    /// The places that decide where these statuses may go: the arrows that leave them.
    #[must_use]
    pub fn causes(&self, from: &[i32]) -> Vec<Span> {
        let leaves = |arrow: &&WrittenArrow| arrow.from.iter().any(|status| from.contains(status));
        self.arrows.iter().filter(leaves).map(|arrow| arrow.span).collect()
    }

    /// The first status of a state.
    #[must_use]
    pub fn default_status(&self, schema: &Schema, state: i32) -> Option<i32> {
        let members = &schema.enums.get(self.status.0 as usize)?.members;
        members.iter().zip(&self.state_of).find(|(_, of)| **of == state).map(|(member, _)| member.value)
    }
}

/// An entity.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Its name.
    pub name: String,
    /// Its physical name, where given.
    pub physical: Option<String>,
    /// `owned by user`.
    pub owned_by_user: bool,
    /// Not `not triggerable`.
    pub triggerable: bool,
    /// Not `not creatable`.
    pub creatable: bool,
    /// `flow enabled`.
    pub flow_enabled: bool,
    /// `audited`.
    pub audited: bool,
    /// `activity`.
    pub activity: bool,
    /// Whether a library declares it.
    pub from_library: bool,
    /// Its stored fields; 0 is `id`.
    pub fields: Vec<Field>,
    /// Reverse references.
    pub reverses: Vec<Reverse>,
    /// Computed fields.
    pub computed: Vec<Computed>,
    /// Its states.
    pub states: Option<States>,
    /// Unique keys.
    pub unique: Vec<Vec<FieldId>>,
    /// `shown as`: a hidden function from the record to text.
    pub shown_as: Option<FunctionId>,
    /// The self-reference that `under` follows.
    pub hierarchy: Option<FieldId>,
    /// The name in the declaration.
    pub span: Span,
}

impl Schema {
    /// The e-mail template of this id.
    #[must_use]
    pub fn email(&self, id: EmailId) -> Option<&EmailHead> {
        self.emails.get(usize::from(id.0))
    }

    /// The setting of this id.
    #[must_use]
    pub fn config(&self, id: ConfigId) -> Option<&ParamHead> {
        self.configs.get(usize::from(id.0))
    }
}

impl Entity {
    /// The stored field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<(FieldId, &Field)> {
        let index = self.fields.iter().position(|f| f.name == name)?;
        Some((FieldId(u16::try_from(index).ok()?), self.fields.get(index)?))
    }

    /// The computed field of this name.
    #[must_use]
    pub fn computed(&self, name: &str) -> Option<&Computed> {
        self.computed.iter().find(|computed| computed.name == name)
    }

    /// The system field of this kind.
    #[must_use]
    pub fn system_field(&self, system: SystemField) -> Option<FieldId> {
        let index = self.fields.iter().position(|f| f.system == Some(system))?;
        u16::try_from(index).ok().map(FieldId)
    }
}

/// The head of a `fn`.
#[derive(Clone, Debug)]
pub struct FunctionHead {
    /// Its name; hidden ones have a name in angle brackets: `<Opportunity shown as>`.
    pub name: String,
    /// Its parameters.
    pub params: Vec<ParamHead>,
    /// Its result.
    pub result: Ty,
    /// The longest text that it gives.
    pub result_max: Option<u32>,
    /// The name in the declaration.
    pub span: Span,
}

/// Facts of the project that types and values depend on.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The project's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The base currency.
    pub currency: Currency,
    /// The time zone: an IANA name.
    pub zone: String,
}
