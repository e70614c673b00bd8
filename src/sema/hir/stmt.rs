//! Statements of the typed program.

use super::{Ask, Expr, LocalId, Page, Query};
use crate::{
    base::{span::Span, value::Value},
    sema::{
        schema::{ConfigId, EntityId, FieldId, ProcessId, RecordId},
        ty::Ty,
    },
};

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
    /// A page of a dialog: a suspension point. What names are given stands behind it.
    Page(Box<Page>),
    /// Every form of `wait`, and `ask`.
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
        retry: Option<Box<Retry>>,
        /// `timeout`.
        timeout: Option<Box<Expr>>,
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
    /// An effect of a rule.
    Rule {
        /// Which.
        effect: RuleEffect,
        /// The entity of the rule's record.
        entity: EntityId,
        /// The field; none where the record as a whole is refused.
        field: Option<FieldId>,
        /// A value of the field's type (`default`, `recommend`), then texts.
        values: Vec<Expr>,
    },
    /// Every form of `parallel`.
    Parallel(Box<Parallel>),
    /// Ends a branch with what it gives.
    Give(Expr),
    /// Starts a branch of the `parallel` around it, by its place in [`Parallel::branches`].
    StartBranch(u16),
    /// `saga`.
    Saga {
        /// The body.
        body: Block,
        /// Whether it hands what it noted to a saga around it when it ends well.
        hands_over: bool,
    },
    /// Notes an `undo { }`: the statement before it has succeeded.
    Undo(Box<Apart>),
    /// `compensate`.
    Compensate,
    /// A statement of a test.
    Test(TestStmt),
}

/// What a rule does; `set` and `change` are assignments, `when` is an `if`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum RuleEffect {
    /// What a new record has where nothing else is given.
    Default,
    Hide,
    Lock,
    Optional,
    Recommend,
    Refuse,
    Require,
    Show,
    Unlock,
}

impl RuleEffect {
    /// Whether it has a value for its field.
    #[must_use]
    pub fn is_value(self) -> bool {
        matches!(self, Self::Default | Self::Recommend)
    }
}

/// Statements that run apart from those around them, with copies of the names that they read.
#[derive(Clone, Debug, Default)]
pub struct Apart {
    /// The statements.
    pub body: Block,
    /// The names from outside that they read.
    pub reads: Vec<LocalId>,
}

/// A branch of a `parallel`.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Its title; empty in a `parallel for each`.
    pub title: String,
    /// What it does, up to a [`StmtKind::Give`].
    pub apart: Apart,
    /// What it gives: the names from outside that it sets, or the value of `give`.
    pub result: Ty,
    /// Where what it gives lies when it is published.
    pub into: Option<LocalId>,
    /// Sets the names from outside.
    pub publish: Block,
}

/// Every form of `parallel`.
#[derive(Clone, Debug)]
pub struct Parallel {
    /// Starts the branches: one [`StmtKind::StartBranch`] each, or one in a loop over the elements.
    pub starts: Block,
    /// The branches; the only one of a `parallel for each`.
    pub branches: Vec<Branch>,
    /// `first n`: how many have to end.
    pub first: Option<Expr>,
    /// `until c`.
    pub until: Option<Expr>,
    /// Of a `parallel for each`: how many run at once.
    pub limit: Option<Expr>,
    /// Where the list of what was given goes.
    pub into: Option<Place>,
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
    /// The answers to a form.
    Ask {
        /// The form.
        ask: Box<Ask>,
        /// Where the answers go.
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
    /// `given config x = v`.
    GivenConfig {
        /// The setting.
        config: ConfigId,
        /// Its value, of the setting's type.
        value: Expr,
    },
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
        /// The condition reads a private value: its sides are not shown.
        private: bool,
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
    /// `expect sent M to p`, `expect no sent M`.
    ExpectSent {
        /// The name of the template, then the addresses, if it says to whom.
        args: Vec<Expr>,
        /// Written `no`.
        negated: bool,
    },
    /// `mock A(…) => …`.
    Mock {
        /// The activity.
        process: ProcessId,
        /// Its inputs that must be so, by their place; the primary record is the first.
        inputs: Vec<(u16, Expr)>,
        /// What it answers.
        answer: MockAnswer,
    },
    /// `answer ann { … }`: her oldest form.
    AnswerForm {
        /// Whose.
        user: Expr,
        /// The answers.
        fields: Vec<(String, Expr)>,
    },
    /// `answer QualifyCall { … }`: the page that is shown.
    AnswerPage {
        /// The dialog.
        process: ProcessId,
        /// The answers.
        fields: Vec<(String, Expr)>,
    },
    /// `answer QualifyCall back`.
    Back(ProcessId),
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
    Queued,
    /// Every one that has not ended.
    Running,
    Succeeded,
    Failed,
    Canceled,
}

/// What a mock answers.
#[derive(Clone, Debug)]
pub enum MockAnswer {
    /// A value of the activity's result, if it has one.
    Value(Option<Expr>),
    /// An error: a record of it.
    Raise(RecordId, Expr),
}
