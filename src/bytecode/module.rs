//! A module: the tables of a compiled project. Indexes are checked once, by the verifier; nothing runs before.

use super::{
    host::HostSite,
    types::{
        ConfigIdx, EnumIdx, FieldIdx, FuncIdx, ParticularIdx, PointIdx, ProcessIdx, QueryIdx, RecordIdx, SlotIdx,
        SlotKind, TypeDef, TypeIdx,
    },
};
use crate::base::{
    numbering::NumberPiece,
    schedule::Schedule,
    value::{Currency, Duration, EntityIdx, Value},
};

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
    /// Suspension points.
    pub points: Vec<PointDef>,
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

/// An instruction as stored: see `isa`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word(pub u64);

/// What a function is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// A `fn`, a default, a shown name: pure.
    Pure,
    /// `only if`: reads, exists, count.
    Condition,
    /// The body of a process.
    Process,
    /// The body of a test.
    Test,
}

/// A function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its name, for listings and faults.
    pub name: String,
    /// What it is for.
    pub kind: FunctionKind,
    /// Its parameters, laid out from slot 0.
    pub params: Vec<TypeIdx>,
    /// Its result.
    pub result: Option<TypeIdx>,
    /// The kind of each slot; its length is the size of the frame.
    pub slots: Vec<SlotKind>,
    /// Its instructions.
    pub code: Vec<Word>,
    /// Its handlers; of those that cover a place the first in the list is the innermost.
    pub handlers: Vec<Handler>,
    /// Jump tables of `match`.
    pub tables: Vec<JumpTable>,
}

/// Where a fault in a range of code goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// First instruction covered.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// Where to go on.
    pub target: u32,
    /// Where the fault is put.
    pub fault: SlotIdx,
    /// `finally` and `atomic`: also takes stops and cancellation, which must be raised again.
    pub always: bool,
}

/// Targets of a dense `match` over whole numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JumpTable {
    /// The number of the first target.
    pub first: i64,
    /// One target a number.
    pub targets: Vec<u32>,
    /// Where other numbers go.
    pub otherwise: u32,
}

/// Whose rights the steps have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum RunAs {
    Owner,
    Caller,
}

/// The kinds of processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum ProcessKind {
    Background,
    Realtime,
    Action,
    /// Done outside of the program: no code, no instances.
    Activity,
}

/// When, relative to the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum Phase {
    Background,
    Before,
    After,
}

/// What starts a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerEvent {
    /// The record was created.
    Created,
    /// One of these fields differs afterwards.
    Updated(Vec<FieldIdx>),
    /// The request named one of these fields.
    Written(Vec<FieldIdx>),
    /// From one of these statuses to one of those; empty for any.
    StatusChanged {
        /// Old statuses.
        from: Vec<i32>,
        /// New statuses.
        to: Vec<i32>,
    },
    /// The owner changed.
    Assigned,
    /// The record was deleted.
    Deleted,
    /// The action ran.
    Action(ProcessIdx),
    /// The signal was emitted; to the primary record if the process has one.
    Signal(RecordIdx),
    /// A moment has come.
    Schedule {
        /// Which moments.
        schedule: Schedule,
        /// On the wall clock of this zone.
        zone: String,
    },
}

/// A trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggerDef {
    /// The entity; of no meaning for actions, for schedules, and for signals without a primary record.
    pub entity: EntityIdx,
    /// When.
    pub phase: Phase,
    /// On what.
    pub event: TriggerEvent,
}

/// A field of the primary record, in each entity that the record may be of.
pub type FieldPlaces = Vec<(EntityIdx, FieldIdx)>;

/// What a process keeps of the event that started it; passed as parameters after primary record and inputs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Capture {
    /// bool: whether there was an `old`.
    OldPresent,
    /// A field of `old`, zero or absent where there was none.
    Old(FieldPlaces),
    /// A field of the deleted primary record.
    Last(FieldPlaces),
    /// bool: whether the event changed the field.
    Changed(FieldPlaces),
    /// text: `created`, `updated`, `status changed`, `assigned`, `deleted`, `on demand`, `called`, `action`,
    /// `signal`, `schedule`.
    TriggerKind,
    /// reference to `User`, or none for the system.
    TriggerUser,
    /// datetime.
    TriggerAt,
    /// text: `background`, `before`, `after`.
    TriggerStage,
    /// An input of the action that the process stands before or after.
    Input(u16),
    /// The result of the action that the process stands after.
    Result,
    /// The signal that started the process, or none.
    TriggerSignal,
}

/// `only if`: a function of the primary record and captures to bool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionDef {
    /// The function.
    pub function: FuncIdx,
    /// What is passed after the primary record.
    pub captures: Vec<Capture>,
}

/// How long a completed instance stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Until somebody deletes it.
    ForEver,
    /// It goes at once.
    Nothing,
    /// A duration.
    For(Duration),
}

/// What becomes of a start while as many run as may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhenFull {
    /// It waits until one of them has ended.
    Queue,
    /// It is left out.
    Skip,
    /// The oldest of them is cancelled.
    NewestWins,
}

/// How many instances may run at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitDef {
    /// How many; not 0.
    pub count: u32,
    /// What they are counted by: a function of primary record, inputs and captures to one value. Without it all count
    /// together.
    pub per: Option<ConditionDef>,
    /// What becomes of more.
    pub when_full: WhenFull,
}

/// Whose records events start a process for, seen from its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All.
    Organization,
    /// Those of the owner.
    User,
    /// Those of everybody in the owner's unit.
    Unit,
    /// Those of everybody in that unit or below it.
    UnitTree,
}

/// A process.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessDef {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: ProcessKind,
    /// The type of the primary record: a reference or union.
    pub primary: Option<TypeIdx>,
    /// Inputs.
    pub inputs: Vec<ParamDef>,
    /// The result.
    pub result: Option<TypeIdx>,
    /// The body: parameters are primary record, inputs, captures.
    pub body: FuncIdx,
    /// What the body keeps of the event.
    pub captures: Vec<Capture>,
    /// Triggers.
    pub triggers: Vec<TriggerDef>,
    /// `only if`.
    pub only_if: Option<ConditionDef>,
    /// May be started by hand.
    pub on_demand: bool,
    /// May be started by processes.
    pub called: bool,
    /// Whose rights; `None`: the owner's when an event starts it, the caller's on demand.
    pub run_as: Option<RunAs>,
    /// Lower first; equal ones in order of the table.
    pub rank: i64,
    /// How long a completed instance stays.
    pub keep: Keep,
    /// The zone of its dates: an IANA name.
    pub zone: String,
    /// An action in a transaction of its own.
    pub independent: bool,
    /// How many may run at once.
    pub limit: Option<LimitDef>,
    /// Whose records its events are of.
    pub scope: Scope,
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
    /// `wait`.
    Wait,
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

    /// The entity of this name, with its index.
    #[must_use]
    pub fn entity_by_name(&self, name: &str) -> Option<(EntityIdx, &EntityDef)> {
        let index = self.entities.iter().position(|e| e.name == name)?;
        Some((EntityIdx(u16::try_from(index).ok()?), self.entities.get(index)?))
    }
}

impl EntityDef {
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
