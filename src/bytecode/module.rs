//! A module: the tables of a compiled project. Indexes are checked once, by the verifier; nothing runs before.

mod activities;
mod entities;
mod flows;
mod forms;
mod functions;
mod processes;
mod roles;

use super::host::HostSite;
use crate::{
    base::{
        value::{Currency, EntityIdx, RecordRef, Value},
        words::snake_case,
    },
    bytecode::types::{
        ConfigIdx, EnumIdx, FieldIdx, FormIdx, FuncIdx, ParticularIdx, PointIdx, ProcessIdx, QueryIdx, RecordIdx,
        SlotIdx, TypeDef, TypeIdx,
    },
};

pub use activities::*;
pub use entities::*;
pub use flows::*;
pub use forms::*;
pub use functions::*;
pub use processes::*;
pub use roles::*;

/// A compiled project.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    /// What it is.
    pub meta: Meta,
    /// Types; an entry refers to earlier entries only.
    pub types: Vec<TypeDef>,
    /// Enums, states, statuses.
    pub enums: Vec<EnumDef>,
    /// Record types, errors, named results.
    pub records: Vec<RecordDef>,
    /// Entities.
    pub entities: Vec<EntityDef>,
    /// Constants that do not fit an instruction.
    pub consts: Vec<Value>,
    /// Functions: `fn`s, bodies, conditions, defaults.
    pub functions: Vec<Function>,
    /// Processes.
    pub processes: Vec<ProcessDef>,
    /// Requests to the host.
    pub sites: Vec<HostSite>,
    /// Queries that sites name.
    pub queries: Vec<QueryDef>,
    /// Settings.
    pub configs: Vec<ConfigDef>,
    /// Record constants.
    pub particulars: Vec<ParticularDef>,
    /// What people are asked.
    pub forms: Vec<FormDef>,
    /// Business process flows.
    pub flows: Vec<FlowDef>,
    /// Suspension points.
    pub points: Vec<PointDef>,
    /// Roles; where there is none, everybody may do everything.
    pub roles: Vec<RoleDef>,
    /// Tests; empty in builds.
    pub tests: Vec<TestDef>,
    /// Where code came from.
    pub debug: Debug,
}

/// What a module is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The project's name.
    pub name: String,
    /// The project's version.
    pub version: String,
    /// The base currency.
    pub currency: Currency,
    /// The project's time zone: an IANA name.
    pub zone: String,
    /// The version of the time-zone database it was compiled with.
    pub tzdb: String,
    /// The version of the compiler.
    pub compiler: String,
}

/// A comparison that a store can answer by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the name of its operator")]
pub enum CompareOp {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    /// The field is absent; takes no argument.
    IsNone,
    /// The field is present; takes no argument.
    IsPresent,
}

/// `path op argument`. Absent values make all but `Equal` and `NotEqual` false, as in the language; `Equal` of an
/// absent field and an absent argument holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conjunct {
    /// Reference fields from the entity on, then the compared field.
    pub path: Vec<FieldIdx>,
    /// The comparison.
    pub op: CompareOp,
    /// Which argument of the site.
    pub argument: Option<u16>,
}

/// Candidates of a query: the records of an entity for which all conjuncts hold, in order of id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryDef {
    /// The entity.
    pub entity: EntityIdx,
    /// What must hold.
    pub conjuncts: Vec<Conjunct>,
    /// Whether the conjuncts are the whole condition of the program (else the program tests the rest itself).
    pub complete: bool,
}

/// A setting, which a deployment may give another value.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigDef {
    /// Its name.
    pub name: String,
    /// Its type: of one value.
    pub ty: TypeIdx,
    /// The longest text in characters.
    pub text_max: Option<u32>,
    /// Its value where the deployment gives none; of a reference the key of its record, as a text.
    pub default: Option<Value>,
}

/// A record constant: resolved when a build is activated, or at first use in tests and simulations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticularDef {
    /// The entity.
    pub entity: EntityIdx,
    /// Its shown name or unique key.
    pub key: String,
}

/// What an instance rests at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PointKind {
    /// `checkpoint`: goes on at once, in a turn of its own.
    Checkpoint,
    /// `do` of an action: goes on at once, in a turn of its own.
    Do,
    /// `do` of a child workflow, `wait for h`.
    Child,
    /// `wait`, `ask`.
    Wait,
    /// A page of a dialog: goes on when its answers are submitted.
    Page,
    /// `parallel`: its branches run.
    Parallel,
}

/// A suspension point. The machine goes on at the instruction after `pc`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointDef {
    /// `ChaseLargeDeals/First contact/wait/1`.
    pub name: String,
    /// What it is.
    pub kind: PointKind,
    /// The function.
    pub function: FuncIdx,
    /// The instruction that suspends.
    pub pc: u32,
    /// The slots that are read afterwards, ascending: what a snapshot holds.
    pub live: Vec<SlotIdx>,
    /// The named variables among them, for people and for migration.
    pub names: Vec<LiveName>,
    /// What is waited for in the words of the source, arm by arm; empty where nothing is waited for.
    pub arms: Vec<ArmWords>,
    /// Whether an arm handles the deletion of the primary record.
    pub handles_deletion: bool,
    /// The largest snapshot at this point in bytes, without what texts and lists hold beyond their declared bounds.
    pub size_bound: u32,
}

/// An arm of a wait, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmWords {
    /// `until call.state == completed`, `after 3 days`.
    pub words: String,
    /// Whether the clock ends it: the arm notes a moment.
    pub is_timed: bool,
}

/// A live variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveName {
    /// Its name.
    pub name: String,
    /// Its first slot.
    pub slot: SlotIdx,
    /// Its type.
    pub ty: TypeIdx,
    /// It may hold a private value, which operators do not see.
    pub private: bool,
}

/// A test.
#[derive(Clone, Debug, PartialEq)]
pub struct TestDef {
    /// What is shown.
    pub title: String,
    /// The body: no parameters.
    pub body: FuncIdx,
    /// The moment it begins.
    pub at: Option<i64>,
    /// Its zone.
    pub zone: Option<String>,
    /// Where it stands: an index of [`Debug::files`] and a line.
    pub file: u32,
    /// The line, from 1.
    pub line: u32,
}

/// Where code came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Debug {
    /// Paths as messages show them.
    pub files: Vec<String>,
    /// For each function the places of its code, ascending by `pc`.
    pub lines: Vec<Vec<LineEntry>>,
    /// For each function the names of slots, and where in the code they have a value.
    pub names: Vec<Vec<NameScope>>,
}

/// A name of a slot, and the instructions that it is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameScope {
    /// The name.
    pub name: LiveName,
    /// The first instruction at which it has a value.
    pub from: u32,
    /// The first instruction after its block.
    pub to: u32,
}

/// Code from `pc` on came from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineEntry {
    /// The first instruction.
    pub pc: u32,
    /// An index of [`Debug::files`].
    pub file: u32,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The title of the innermost stage, or empty.
    pub stage: String,
}

/// Gives lookups a name.
macro_rules! lookups {
    ($($(#[$doc:meta])* $method:ident($idx:ty) -> $out:ty = $field:ident;)*) => {
        impl Module {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $method(&self, idx: $idx) -> Option<&$out> {
                    self.$field.get(idx.index())
                }
            )*
        }
    };
}

lookups! {
    /// The type of this index.
    ty(TypeIdx) -> TypeDef = types;
    /// The enum of this index.
    enum_def(EnumIdx) -> EnumDef = enums;
    /// The record type of this index.
    record(RecordIdx) -> RecordDef = records;
    /// The function of this index.
    function(FuncIdx) -> Function = functions;
    /// The process of this index.
    process(ProcessIdx) -> ProcessDef = processes;
    /// The query of this index.
    query(QueryIdx) -> QueryDef = queries;
    /// The setting of this index.
    config(ConfigIdx) -> ConfigDef = configs;
    /// The record constant of this index.
    particular(ParticularIdx) -> ParticularDef = particulars;
    /// The form of this index.
    form(FormIdx) -> FormDef = forms;
    /// The suspension point of this index.
    point(PointIdx) -> PointDef = points;
}

impl Module {
    /// The entity of this index.
    #[must_use]
    pub fn entity(&self, idx: EntityIdx) -> Option<&EntityDef> {
        self.entities.get(idx.0 as usize)
    }

    /// The signal of this name, with its index.
    #[must_use]
    pub fn signal_by_name(&self, name: &str) -> Option<(RecordIdx, &RecordDef)> {
        let index = self.records.iter().position(|r| r.kind == RecordKind::Signal && r.name == name)?;
        Some((RecordIdx(u16::try_from(index).ok()?), self.records.get(index)?))
    }

    /// `opportunity:42`; a record of an entity that only earlier builds had is named as its table was by default.
    #[must_use]
    pub fn identity(&self, record: RecordRef) -> String {
        let entity = self.entity(record.entity);
        match entity {
            Some(entity) if entity.is_gone() => format!("{}:{}", snake_case(&entity.name), record.id),
            Some(entity) => format!("{}:{}", entity.table, record.id),
            None => format!("record:{}", record.id),
        }
    }

    /// The entity of this name, with its index.
    #[must_use]
    pub fn entity_by_name(&self, name: &str) -> Option<(EntityIdx, &EntityDef)> {
        let index = self.entities.iter().position(|e| e.name == name)?;
        Some((EntityIdx(u16::try_from(index).ok()?), self.entities.get(index)?))
    }
}
