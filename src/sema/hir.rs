//! The typed program: what the checker gives to code generation and to the reference evaluator.
//!
//! Every name is resolved, every conversion is written out, every expression has its type. Queries keep their whole
//! condition; what the store can take of it is code generation's business. Only error-free programs are lowered
//! further, yet a tree exists for every program (`Error` types), for editors.

use super::{
    schema::{EntityId, FieldId, FunctionId, ProcessId, RecordId, Schema, Settings},
    ty::Ty,
};
use crate::base::{span::Span, value::Value};

/// A checked project.
#[derive(Clone, Debug)]
pub struct Program {
    /// Facts of the project.
    pub settings: Settings,
    /// Declarations; functions and processes have a body of the same index below.
    pub schema: Schema,
    /// Bodies of functions.
    pub functions: Vec<Body>,
    /// Bodies of processes.
    pub processes: Vec<ProcessBody>,
    /// Tests.
    pub tests: Vec<Test>,
}

/// A name with a value: a parameter, a `let`, a `var`, a bound name of a query, or one that desugaring made.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its name; made ones are empty.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// Written `var`.
    pub mutable: bool,
    /// Its declaration.
    pub span: Span,
}

/// A local by its place in [`Body::locals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId(pub u16);

/// Statements with their names. Parameters are the first locals: primary record, then inputs.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// All names.
    pub locals: Vec<Local>,
    /// How many of them are parameters.
    pub params: u16,
    /// The statements.
    pub block: Block,
}

/// What a process knows of the event that started it, fixed at that moment. The values are parameters of the compiled
/// body, after primary record and inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capture {
    /// Whether there was an `old`.
    OldPresent,
    /// A field of `old`; absent (zero) where there is none.
    Old(FieldId),
    /// A field of the primary record as it was last, in processes started by `deleted`.
    Last(FieldId),
    /// `changed(f)`.
    Changed(FieldId),
    /// `trigger.kind`: text.
    TriggerKind,
    /// `trigger.user`.
    TriggerUser,
    /// `trigger.at`.
    TriggerAt,
    /// `trigger.stage`: `before` or `after` or `background`, text.
    TriggerStage,
    /// `inputs.f` of the action that a real-time process stands before or after.
    Input(u16),
    /// `result` of the action that a real-time process stands after.
    Result,
    /// `trigger.signal`.
    TriggerSignal,
}

/// A capture with the type of its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Captured {
    /// What.
    pub capture: Capture,
    /// Its type.
    pub ty: Ty,
}

/// The body of a process.
#[derive(Clone, Debug, Default)]
pub struct ProcessBody {
    /// Its statements.
    pub body: Body,
    /// What the body reads of the event; `ExprKind::Capture(i)` is the i-th.
    pub captures: Vec<Captured>,
    /// `only if`: its only parameter is the primary record.
    pub only_if: Option<Condition>,
}

/// `only if c`.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Its names: the primary record first.
    pub locals: Vec<Local>,
    /// The condition.
    pub value: Expr,
    /// What it reads of the event.
    pub captures: Vec<Captured>,
}

/// A `test` block.
#[derive(Clone, Debug)]
pub struct Test {
    /// What is shown.
    pub title: String,
    /// Where the title stands.
    pub span: Span,
    /// The moment it begins: microseconds since 1970-01-01T00:00Z.
    pub at: Option<i64>,
    /// Its zone.
    pub zone: Option<String>,
    /// Its statements.
    pub body: Body,
}

/// Statements in order.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// The statements.
    pub stmts: Vec<Stmt>,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// What.
    pub kind: StmtKind,
    /// Where.
    pub span: Span,
}

/// What may be assigned.
#[derive(Clone, Debug)]
pub enum Place {
    /// A local, or fields of the record value in it.
    Local {
        /// The local.
        local: LocalId,
        /// Fields of records within each other, outermost first.
        path: Vec<(RecordId, u16)>,
    },
    /// A field of the primary record in a `before` process: the values about to be written.
    Pending {
        /// The entity.
        entity: EntityId,
        /// The field.
        field: FieldId,
    },
    /// An input of the action that a `before action` process stands before.
    Input(u16),
}

/// How a stored value changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the name of its operator")]
pub enum WriteOp {
    Set,
    Add,
    Subtract,
    Multiply,
    Append,
}

/// One field of `update`.
#[derive(Clone, Debug)]
pub struct Write {
    /// The field.
    pub field: FieldId,
    /// How.
    pub op: WriteOp,
    /// The operand, of the field's type (`Set`) or of what the operator takes.
    pub value: Expr,
}

/// Statements. What gives a value has `into`.
#[derive(Clone, Debug)]
pub enum StmtKind {
    /// Something that was reported already.
    Error,
    /// `let`, `var`, `set` with `=` of an expression; compound operators are written out.
    Assign {
        /// Where to.
        place: Place,
        /// The value, of the place's type.
        value: Expr,
    },
    /// `create E { … }`.
    Create {
        /// The entity.
        entity: EntityId,
        /// The fields given.
        fields: Vec<(FieldId, Expr)>,
        /// Where the reference goes.
        into: Option<Place>,
        /// Written `given` in a test: with the rights of the system.
        given: bool,
    },
    /// `update r { … }`.
    Update {
        /// The record.
        target: Expr,
        /// Its entity.
        entity: EntityId,
        /// What is written.
        writes: Vec<Write>,
    },
    /// `change r to …`.
    ChangeStatus {
        /// The record.
        target: Expr,
        /// Its entity.
        entity: EntityId,
        /// The new status.
        status: i32,
    },
    /// `assign r to p`.
    AssignOwner {
        /// The record: a reference or union.
        target: Expr,
        /// The owner: `User or Team`.
        to: Expr,
    },
    /// `delete r`.
    Delete {
        /// The record: a reference or union.
        target: Expr,
    },
    /// `if`.
    If {
        /// Conditions with blocks.
        branches: Vec<(Expr, Block)>,
        /// `else`.
        otherwise: Option<Block>,
    },
    /// `match`. The subject was put into a local.
    Match {
        /// The local.
        subject: LocalId,
        /// The arms; exhaustive, or the last resort is fault R01 (unknown number).
        arms: Vec<MatchArm<Block>>,
    },
    /// `for each x in xs` over a list or set.
    ForList {
        /// The bound name.
        bind: LocalId,
        /// The list.
        source: Expr,
        /// The body.
        body: Block,
    },
    /// `for each x in QUERY`, where the query is over stored records and has neither order, limit nor select.
    ForQuery {
        /// The query; its bound name is the loop's.
        query: Box<Query>,
        /// The body.
        body: Block,
    },
    /// `while`.
    While {
        /// The condition.
        condition: Expr,
        /// The body.
        body: Block,
    },
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// `stage`.
    Stage {
        /// The title.
        title: String,
        /// The body.
        body: Block,
    },
    /// Every form of `wait`.
    Wait {
        /// The verb and target of the point's name: `wait`, `wait handle`.
        point: String,
        /// The arms, in the order they are tried.
        arms: Vec<WaitArm>,
    },
    /// `do X(…)` of an action, or of a child workflow (then a suspension point).
    Do {
        /// The process.
        process: ProcessId,
        /// The primary record, if it takes one.
        primary: Option<Expr>,
        /// Inputs in order, defaults filled in.
        args: Vec<Expr>,
        /// Where the result goes.
        into: Option<Place>,
        /// `retry`.
        retry: Option<Retry>,
        /// `timeout`.
        timeout: Option<Expr>,
    },
    /// `start X(…)`.
    Start {
        /// The process.
        process: ProcessId,
        /// The primary record, if it takes one.
        primary: Option<Expr>,
        /// Inputs in order, defaults filled in.
        args: Vec<Expr>,
        /// Where the handle goes.
        into: Option<Place>,
    },
    /// `cancel h`.
    Cancel(Expr),
    /// `try`.
    Try {
        /// What may fault.
        body: Block,
        /// The handlers.
        catches: Vec<Catch>,
        /// What always runs.
        finally: Option<Block>,
    },
    /// `raise E { … }`; the value is a record of the error.
    Raise(Expr),
    /// `raise` in a `catch`: the caught fault again.
    RaiseAgain,
    /// `atomic`.
    Atomic(Block),
    /// `checkpoint`.
    Checkpoint,
    /// The whole body of a process that ends with `on cancel { }`.
    OnCancel {
        /// What is before it.
        body: Block,
        /// What runs last when the process is cancelled.
        cancel: Block,
    },
    /// `stop`.
    Stop {
        /// `canceled`.
        canceled: bool,
        /// The reason: text.
        message: Option<Expr>,
    },
    /// `return`.
    Return(Option<Expr>),
    /// `log`.
    Log(Expr),
    /// `emit S { … } to r`.
    Emit {
        /// The signal.
        signal: RecordId,
        /// Its fields: a record of it.
        value: Expr,
        /// A reference, union or handle.
        to: Option<Expr>,
    },
    /// `act as U` in a test: for what follows.
    ActAs(Expr),
    /// `act as U { }`.
    ActAsBlock {
        /// The user.
        user: Expr,
        /// The statements.
        body: Block,
    },
    /// A statement of a test.
    Test(TestStmt),
}

/// `retry n times after d doubling up to m`.
#[derive(Clone, Debug)]
pub struct Retry {
    /// How often: int.
    pub times: Expr,
    /// The first delay: duration.
    pub after: Option<Expr>,
    /// Each delay twice the last.
    pub doubling: bool,
    /// The longest delay: duration.
    pub up_to: Option<Expr>,
}

/// An arm of a match: statements or a value.
#[derive(Clone, Debug)]
pub struct MatchArm<T> {
    /// Alternatives; any of them.
    pub patterns: Vec<Pattern>,
    /// `if c`.
    pub guard: Option<Expr>,
    /// What it does or gives.
    pub body: T,
}

/// What a value is compared with.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Everything.
    Else,
    /// The absent value.
    None,
    /// A constant of the subject's type, compared with `==`.
    Value(Value),
    /// A state: any of these statuses or states, by stored number.
    OneOf(Vec<i32>),
    /// A range, inclusive.
    Range(Value, Value),
    /// An entity of a union.
    Entity(EntityId),
}

/// An arm of a wait.
#[derive(Clone, Debug)]
pub struct WaitArm {
    /// What is waited for.
    pub kind: WaitArmKind,
    /// What runs.
    pub body: Block,
    /// The words before `=>`.
    pub span: Span,
}

/// What an arm waits for.
#[derive(Clone, Debug)]
pub enum WaitArmKind {
    /// A condition: bool.
    Until(Expr),
    /// A moment: `datetime?`; a date was converted to its midnight.
    UntilMoment(Expr),
    /// A duration from entering the wait.
    After(Expr),
    /// The end of a child; a child's fault is raised here.
    Handle {
        /// The handle.
        handle: Expr,
        /// The child.
        process: ProcessId,
        /// Where the result goes.
        into: Option<Place>,
    },
    /// A signal in the mailbox: the first for which the condition holds.
    Signal {
        /// The signal.
        signal: RecordId,
        /// Where it lies: a record of it.
        bind: LocalId,
        /// `where`: bool.
        condition: Option<Expr>,
        /// Where it goes besides.
        into: Option<Place>,
    },
}

/// A handler.
#[derive(Clone, Debug)]
pub struct Catch {
    /// The errors; empty for every fault.
    pub errors: Vec<RecordId>,
    /// The bound name: a record for one error, else a fault.
    pub bind: Option<LocalId>,
    /// What runs.
    pub body: Block,
}

/// Statements of tests. After each statement of a test, background work runs until idle.
#[derive(Clone, Debug)]
pub enum TestStmt {
    /// `given process P owned by u`.
    GivenProcess {
        /// The process.
        process: ProcessId,
        /// Its owner.
        owner: Expr,
    },
    /// `advance d`.
    Advance(Expr),
    /// `advance to t`.
    AdvanceTo(Expr),
    /// `standstill d`.
    Standstill(Expr),
    /// `expect c`. Where the condition compares two values, they are shown on failure.
    Expect {
        /// The condition.
        condition: Expr,
        /// The words of the condition.
        text: String,
    },
    /// `expect STATEMENT fails "…"`.
    ExpectFails {
        /// The statement.
        body: Block,
        /// Part of the message: text.
        message: Expr,
        /// The words of the statement.
        text: String,
    },
    /// `expect 1 waiting P`, `expect no running P`, `expect P is succeeded` (then without a count: all, at least one).
    ExpectInstances {
        /// How many: int.
        count: Option<Expr>,
        /// The state.
        state: InstanceState,
        /// The process.
        process: ProcessId,
    },
    /// `give up P`.
    GiveUp(ProcessId),
    /// `retry P`.
    Retry(ProcessId),
}

/// The states of an instance that tests speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum InstanceState {
    Ready,
    Waiting,
    Postponed,
    Parked,
    Paused,
    /// Every one that has not ended.
    Running,
    Succeeded,
    Failed,
    Canceled,
}

/// An expression with its type.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What.
    pub kind: ExprKind,
    /// Its type.
    pub ty: Ty,
    /// Where.
    pub span: Span,
}

/// Conversions, always written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conversion {
    /// `text` to `text(n)`: checked when run (R0110).
    AtMost(u32),
    /// `T` to `T?`.
    Present,
    /// `int` to `decimal`.
    IntToDecimal,
    /// `A` to `A or B` or `any`, or a narrower union to a wider one.
    Widen,
    /// `A or B` to `A`, where a fact says that it is one (checked when run: R01).
    Narrow,
    /// `T?` to `T`, where a fact says that it is present (checked when run: R01).
    Known,
    /// `money(C)` to `money`.
    ForgetCurrency,
    /// `date` to `datetime`: midnight in the zone of the process.
    Midnight,
}

/// The forms of an expression.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// Something that was reported already.
    Error,
    /// A constant; `Value::None` for `none`.
    Const(Value),
    /// A text with slots.
    Interpolate(Vec<TextPiece>),
    /// A name.
    Local(LocalId),
    /// What the event left: the index in `captures`.
    Capture(u16),
    /// A field of a stored record.
    Field {
        /// `Ref` or `Pending`, not optional.
        base: Box<Expr>,
        /// Its entity.
        entity: EntityId,
        /// The field.
        field: FieldId,
    },
    /// A field that all alternatives of a union have.
    UnionField {
        /// The union.
        base: Box<Expr>,
        /// The field in each alternative.
        fields: Vec<(EntityId, FieldId)>,
    },
    /// A field of a record value.
    RecordField {
        /// The value.
        base: Box<Expr>,
        /// The field's place.
        index: u16,
    },
    /// `code`, `message`, `at` of a caught fault: 0, 1, 2.
    FaultField {
        /// The fault.
        base: Box<Expr>,
        /// Which.
        index: u16,
    },
    /// If the subject is present, bind its value and give `then` (made optional); else none. From `?.`.
    IfPresent {
        /// The optional value.
        subject: Box<Expr>,
        /// Its present value.
        bind: LocalId,
        /// The value, of this expression's (optional) type.
        then: Box<Expr>,
    },
    /// A call of a `fn`; defaults are filled in.
    Call {
        /// The function.
        function: FunctionId,
        /// The arguments.
        args: Vec<Expr>,
    },
    /// A function of the language.
    Builtin {
        /// Which.
        builtin: Builtin,
        /// The arguments.
        args: Vec<Expr>,
    },
    /// A conversion.
    Convert(Conversion, Box<Expr>),
    /// `x!`.
    Unwrap(Box<Expr>),
    /// `a ?? b`; `a` is optional.
    Coalesce(Box<Expr>, Box<Expr>),
    /// `-x`.
    Negate(Box<Expr>),
    /// `not x`.
    Not(Box<Expr>),
    /// `a and b`.
    And(Box<Expr>, Box<Expr>),
    /// `a or b`.
    Or(Box<Expr>, Box<Expr>),
    /// Arithmetic of two operands of types that the operator takes as they are.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// A comparison of two operands of one type, apart from `T?`: absent values make all but `==` and `!=` false.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// `x is none`.
    IsNone(Box<Expr>),
    /// `x is A` of a union (false if absent).
    IsEntity(Box<Expr>, Vec<EntityId>),
    /// `x is deleted`.
    IsDeleted(Box<Expr>),
    /// A state's statuses: `r.status` is one of these numbers (also for states, on the state field).
    OneOf(Box<Expr>, Vec<i32>),
    /// `a under b`, `a under or equal b`.
    Under {
        /// The entity.
        entity: EntityId,
        /// The lower record.
        low: Box<Expr>,
        /// The upper record.
        high: Box<Expr>,
        /// Written `or equal`.
        or_equal: bool,
    },
    /// `[a, b]`.
    List(Vec<Expr>),
    /// A record value, all fields in order.
    Record(RecordId, Vec<Expr>),
    /// `Team["Sales"]`.
    Particular {
        /// The entity.
        entity: EntityId,
        /// Its shown name or unique key.
        key: String,
    },
    /// `xs[i]`.
    Index(Box<Expr>, Box<Expr>),
    /// `if a then b else c`.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `match` as a value: evaluate the subject into the local, then the first arm that fits.
    Match {
        /// Where the subject goes.
        local: LocalId,
        /// The subject.
        subject: Box<Expr>,
        /// The arms.
        arms: Vec<MatchArm<Expr>>,
    },
    /// A query.
    Query(Box<Query>),
    /// `process.user` and so on.
    Process(ProcessInfo),
}

/// A piece of a text.
#[derive(Clone, Debug)]
pub enum TextPiece {
    /// Characters.
    Plain(String),
    /// A value of any printable type; an absent one prints nothing.
    Slot {
        /// The value.
        value: Expr,
        /// A pattern for dates and numbers.
        format: Option<String>,
    },
}

/// Facts about the running process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum ProcessInfo {
    User,
    Caller,
    Owner,
    Instance,
    Depth,
}

/// Arithmetic; the types of the operands tell which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the name of its operator")]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    IntDivide,
    Modulo,
    /// Texts or lists.
    Append,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the name of its operator")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    /// Element in list.
    In,
    /// Text contains text, list contains element.
    Contains,
    StartsWith,
    EndsWith,
}

/// Functions of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the name of its function; docs/reference describes them")]
pub enum Builtin {
    // Time.
    Now,
    Today,
    DateOf,
    TimeOf,
    DateTimeOf,
    Days,
    MonthsBetween,
    Year,
    Month,
    Day,
    Weekday,
    Hour,
    Minute,
    // Numbers.
    Absolute,
    ToDecimal,
    ToFloat,
    ToInt,
    ToText,
    Round,
    Minimum,
    Maximum,
    // Money.
    Amount,
    CurrencyOf,
    Split,
    // Text.
    Length,
    Lower,
    Upper,
    Trim,
    Substring,
    Replace,
    // Lists.
    ListLength,
    First,
    Last,
    ListMinimum,
    ListMaximum,
    ListSum,
    ListAverage,
    Sorted,
    Distinct,
    Append,
    Join,
    Range,
    // Enums.
    Label,
    StoredValue,
    // Others.
    Random,
    Uuid,
}

/// What a query gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryHead {
    /// A list.
    Find,
    /// `T?`.
    FindOne,
    /// bool.
    Exists,
    /// int.
    Count,
    /// The sum, average, least or greatest of the selected values.
    Fold(Fold),
}

/// Folding heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum Fold {
    Sum,
    Average,
    Min,
    Max,
}

/// Where a query's elements come from.
#[derive(Clone, Debug)]
pub enum QuerySource {
    /// All records of an entity.
    Entity(EntityId),
    /// Records of an entity whose reference field is this record: a reverse reference.
    Reverse {
        /// The entity.
        entity: EntityId,
        /// The reference.
        field: FieldId,
        /// The record.
        of: Expr,
    },
    /// A list.
    List(Expr),
}

/// A query. `select` is the bound name where nothing was written.
#[derive(Clone, Debug)]
pub struct Query {
    /// What it gives.
    pub head: QueryHead,
    /// The bound name.
    pub bind: LocalId,
    /// Where elements come from.
    pub source: QuerySource,
    /// `where`.
    pub condition: Option<Expr>,
    /// `order by`: keys, each with `descending`.
    pub order: Vec<(Expr, bool)>,
    /// `limit`: int.
    pub limit: Option<Expr>,
    /// `select`.
    pub select: Expr,
}
