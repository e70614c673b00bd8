//! Statements: each begins with its own word.

use super::{Arg, AssignOp, Expr, FieldInit, Ident, Pattern, TypeExpr};
use crate::base::span::Span;

/// `{ … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The statements in order.
    pub stmts: Vec<Stmt>,
    /// With the braces; the one statement's span where an arm has no braces.
    pub span: Span,
    /// Whether it was written with braces (an arm may be a single statement).
    pub braces: bool,
}

/// A statement with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// What was written.
    pub kind: StmtKind,
    /// Where.
    pub span: Span,
}

/// The forms of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// A place that did not parse.
    Error,
    /// `let x: T = e`, `let x: T`.
    Let {
        /// The new name.
        name: Ident,
        /// Its type, where written.
        ty: Option<Box<TypeExpr>>,
        /// Its value, where given at once.
        value: Option<Rhs>,
    },
    /// `var n = 0`.
    Var {
        /// The new name.
        name: Ident,
        /// Its type, where written.
        ty: Option<Box<TypeExpr>>,
        /// Its first value.
        value: Option<Rhs>,
    },
    /// `set n += 1`, `set p.city = "Bonn"`.
    Set {
        /// A name and fields.
        target: Expr,
        /// The operator.
        op: AssignOp,
        /// The value.
        value: Rhs,
    },
    /// `create …`, `do …`, `start …`, `ask …`, `send …`, `parallel …`, `wait for h`, `wait on S` standing alone.
    Effect(Box<Effect>),
    /// `update deal { score += 10 }`.
    Update {
        /// The record.
        target: Expr,
        /// What is written.
        fields: Vec<FieldInit>,
    },
    /// `change deal to lost.out_sold`.
    Change {
        /// The record.
        target: Expr,
        /// A state, or a state and a status; any other expression is refused by the checker.
        to: Expr,
    },
    /// `assign deal to ann`.
    Assign {
        /// The record.
        target: Expr,
        /// The new owner.
        to: Expr,
    },
    /// `route case to Queue["Tier 2"]`.
    Route {
        /// The record.
        target: Expr,
        /// The queue or principal.
        to: Expr,
    },
    /// `share deal with Team["Legal"] (read, update)`, `unshare deal with …`.
    Share {
        /// The record.
        target: Box<Expr>,
        /// With whom.
        with: Box<Expr>,
        /// The rights, where they are written.
        rights: Vec<Ident>,
        /// Written `unshare`.
        undo: bool,
    },
    /// `delete deal`.
    Delete {
        /// The record.
        target: Expr,
    },
    /// `link c to list.members`, `unlink c from list.members`.
    Link {
        /// The record.
        item: Expr,
        /// The relation.
        to: Expr,
        /// Written `unlink`.
        undo: bool,
    },
    /// `if c { } else if d { } else { }`.
    If {
        /// Conditions with their blocks.
        branches: Vec<(Expr, Block)>,
        /// The last block.
        otherwise: Option<Block>,
    },
    /// `match e { … }`.
    Match {
        /// What is matched.
        subject: Expr,
        /// The arms in order.
        arms: Vec<MatchArm>,
    },
    /// `for each l in lines { }`.
    For {
        /// The bound name.
        name: Ident,
        /// A list or a query.
        source: Expr,
        /// The body.
        body: Block,
    },
    /// `while c { }`.
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
    /// `stage "Title" { }`.
    Stage {
        /// The title: a text without slots.
        title: String,
        /// Where the title stands.
        title_span: Span,
        /// The body.
        body: Block,
    },
    /// `wait 3 days`.
    WaitFor(Expr),
    /// `wait until c`.
    WaitUntil(Expr),
    /// `wait { until c => …, after d => … }`.
    WaitArms(Vec<WaitArm>),
    /// `try { } catch e: A or B { } finally { }`.
    Try {
        /// What may fault.
        body: Block,
        /// The handlers in order.
        catches: Vec<Catch>,
        /// What always runs.
        finally: Option<Block>,
    },
    /// `raise CreditRefused { reason: "…" }`.
    Raise {
        /// The error; nothing to raise the caught one again.
        error: Option<(Ident, Vec<FieldInit>)>,
    },
    /// `atomic { }`.
    Atomic(Block),
    /// `checkpoint`.
    Checkpoint,
    /// `saga { }`.
    Saga(Block),
    /// A statement of a saga with its `undo { }`.
    Undo {
        /// The statement.
        stmt: Box<Stmt>,
        /// What takes it back.
        undo: Block,
    },
    /// `compensate`.
    Compensate,
    /// `stop succeeded "…"`, `stop canceled "…"`.
    Stop {
        /// `canceled`.
        canceled: bool,
        /// The reason.
        message: Option<Expr>,
    },
    /// `return e`.
    Return(Option<Rhs>),
    /// `log "…"`.
    Log(Expr),
    /// `emit Approved { … } to handle`.
    Emit {
        /// The signal.
        signal: Ident,
        /// Its fields.
        fields: Vec<FieldInit>,
        /// The receiver.
        to: Option<Expr>,
    },
    /// `act as ann` (in a test: for what follows), `act as ann { }`.
    ActAs {
        /// The user.
        user: Expr,
        /// The statements under that user.
        body: Option<Block>,
    },
    /// `cancel h`.
    Cancel(Expr),
    /// `on cancel { }`.
    OnCancel(Block),
    /// `give e` in a `parallel for each`.
    Give(Expr),
    /// `page "Title" { … }` of a dialog.
    Page {
        /// The title.
        title: Expr,
        /// What it shows and asks.
        elements: Vec<PageElement>,
    },
    /// An effect of a rule.
    Rule(Box<RuleEffect>),
    /// A statement of a test.
    Test(Box<TestStmt>),
}

/// A statement that gives a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// What was written.
    pub kind: EffectKind,
    /// Where.
    pub span: Span,
}

/// The right side of `let`, `var`, `set`, `return`.
#[derive(Clone, Debug, PartialEq)]
pub enum Rhs {
    /// Something read.
    Expr(Expr),
    /// Something done.
    Effect(Box<Effect>),
}

/// The forms of an effect.
#[derive(Clone, Debug, PartialEq)]
pub enum EffectKind {
    /// `create Task { … }`.
    Create {
        /// The entity.
        entity: Ident,
        /// Its fields.
        fields: Vec<FieldInit>,
    },
    /// `do Escalate(case) retry … timeout …`.
    Do {
        /// What is called.
        callee: Ident,
        /// What is passed.
        args: Vec<Arg>,
        /// `retry 3 times after 10 seconds doubling up to 5 minutes`.
        retry: Option<Box<Retry>>,
        /// `timeout 2 minutes`.
        timeout: Option<Box<Expr>>,
    },
    /// `start Onboard(account)`.
    Start {
        /// The process.
        callee: Ident,
        /// What is passed.
        args: Vec<Arg>,
    },
    /// `wait for h`.
    WaitHandle(Expr),
    /// `wait on Approved where it.f == … as a`.
    WaitSignal {
        /// The signal.
        signal: Ident,
        /// `where`.
        condition: Option<Box<Expr>>,
        /// `as a`.
        bind: Option<Ident>,
    },
    /// `ask ann "…" { approve: bool } due 2 days`.
    Ask {
        /// Who.
        user: Box<Expr>,
        /// What.
        title: Box<Expr>,
        /// The form.
        fields: Vec<Param>,
        /// `due`.
        due: Option<Box<Expr>>,
    },
    /// `send email Reminder(deal) to … cc … bcc … from … attach …`.
    SendTemplate {
        /// The template.
        template: Ident,
        /// What is passed.
        args: Vec<Arg>,
        /// `to`, `cc`, `bcc`, `from`, `attach`.
        to: Vec<(Recipient, Expr)>,
    },
    /// `send email { to: … }`.
    SendFields(Vec<FieldInit>),
    /// `parallel { branch "a" { } }`, `parallel first { }`.
    Parallel {
        /// What ends it before all branches have ended.
        early: Box<Early>,
        /// The branches.
        branches: Vec<(String, Block)>,
    },
    /// `parallel for each l in lines limit 5 at once { … }`.
    ParallelFor {
        /// What ends it before all branches have ended.
        early: Box<Early>,
        /// The bound name.
        name: Ident,
        /// The elements.
        source: Box<Expr>,
        /// `limit 5 at once`.
        limit: Option<Box<Expr>>,
        /// The body.
        body: Block,
    },
}

/// What ends a `parallel` before all of its branches have ended: `first`, `first 2`, `until c`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Early {
    /// Written `first`.
    pub first: bool,
    /// How many have to end; one if it is not said.
    pub count: Option<Expr>,
    /// The condition.
    pub until: Option<Expr>,
}

/// Which line of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum Recipient {
    To,
    Cc,
    Bcc,
    From,
    Attach,
}

/// `retry 3 times after 10 seconds doubling up to 5 minutes`.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// How often.
    pub times: Expr,
    /// The first delay.
    pub after: Option<Expr>,
    /// Each delay twice the last.
    pub doubling: bool,
    /// The longest delay.
    pub up_to: Option<Expr>,
    /// The whole suffix.
    pub span: Span,
}

/// A parameter, an output, a field of a form or of a record type: `name: T = default`.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// The doc comment above.
    pub doc: Option<String>,
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeExpr,
    /// Its default.
    pub default: Option<Expr>,
    /// The whole parameter.
    pub span: Span,
}

/// `hot or warm if c => …`.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchArm {
    /// What it matches.
    pub pattern: Pattern,
    /// The condition after `if`.
    pub guard: Option<Expr>,
    /// What runs.
    pub body: Block,
    /// The whole arm.
    pub span: Span,
}

/// An arm of `wait { }`.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitArm {
    /// What is waited for.
    pub kind: WaitArmKind,
    /// What runs.
    pub body: Block,
    /// The whole arm.
    pub span: Span,
}

/// What an arm waits for.
#[derive(Clone, Debug, PartialEq)]
pub enum WaitArmKind {
    /// A place that did not parse.
    Error,
    /// `until e`: a condition, a moment, or `deal is deleted`.
    Until(Expr),
    /// `after 3 days`.
    After(Expr),
    /// `on Approved where … as a`.
    Signal {
        /// The signal.
        signal: Ident,
        /// `where`.
        condition: Option<Box<Expr>>,
        /// `as a`.
        bind: Option<Ident>,
    },
    /// `on h as r`.
    Handle {
        /// The handle.
        handle: Expr,
        /// `as r`.
        bind: Option<Ident>,
    },
    /// `on ask ann "…" { … } as a`.
    Ask {
        /// The form.
        ask: Box<Effect>,
        /// `as a`.
        bind: Option<Ident>,
    },
}

/// `catch e: A or B { }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Catch {
    /// The bound name, if any.
    pub name: Option<Ident>,
    /// The errors; empty for every fault.
    pub errors: Vec<Ident>,
    /// What runs.
    pub body: Block,
    /// The whole handler.
    pub span: Span,
}

/// What a page of a dialog holds.
#[derive(Clone, Debug, PartialEq)]
pub enum PageElement {
    /// A place that did not parse.
    Error(Span),
    /// `say "…"`.
    Say(Expr),
    /// `ask name: T "…" help "…" default e from query as radio`.
    Ask {
        /// The answer's name and type, with its default.
        param: Param,
        /// The question.
        question: Expr,
        /// `help`.
        help: Option<Expr>,
        /// `from`.
        from: Option<Expr>,
        /// `as radio`.
        style: Option<Ident>,
    },
}

/// What a rule does to its record or form.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleEffect {
    /// `require`, `refuse`, `default`, `change`, `lock`, `unlock`, `show`, `hide`, `optional`, `recommend`.
    pub verb: Ident,
    /// The field.
    pub target: Expr,
    /// `= e`.
    pub value: Option<Expr>,
    /// The messages after it.
    pub messages: Vec<Expr>,
    /// `when c`.
    pub when: Option<Expr>,
}

/// Statements that only tests have.
#[derive(Clone, Debug, PartialEq)]
pub enum TestStmt {
    /// `given ann = User { … }`, `given User { … }`.
    Given {
        /// The bound name.
        name: Option<Ident>,
        /// The entity.
        entity: Ident,
        /// Its fields.
        fields: Vec<FieldInit>,
    },
    /// `given config least = 7`.
    GivenConfig {
        /// The setting.
        name: Ident,
        /// Its value.
        value: Expr,
    },
    /// `given process P owned by ann`.
    GivenProcess {
        /// The process.
        process: Ident,
        /// Its owner.
        owner: Expr,
    },
    /// `advance 3 days`.
    Advance(Expr),
    /// `advance to @…`.
    AdvanceTo(Expr),
    /// `standstill 3 days`.
    Standstill(Expr),
    /// `mock A(_) => e`, `mock A("x") => raise E { … }`.
    Mock {
        /// The activity or action.
        callee: Ident,
        /// Inputs; `None` is `_`.
        args: Vec<Option<Arg>>,
        /// What it answers.
        answer: MockAnswer,
    },
    /// `answer ann { … }`, `answer D { … }`, `answer D back`.
    Answer {
        /// A user or a dialog.
        who: Expr,
        /// The answers.
        fields: Vec<FieldInit>,
        /// Written `back`.
        back: bool,
    },
    /// `expect c`.
    Expect(Expr),
    /// `expect STATEMENT fails "…"`.
    ExpectFails {
        /// The statement.
        stmt: Box<Stmt>,
        /// Part of the message.
        message: Expr,
    },
    /// `expect 1 waiting P`, `expect no running P`.
    ExpectCount {
        /// How many; `None` is `no`.
        count: Option<Expr>,
        /// The state.
        state: Ident,
        /// The process.
        process: Ident,
    },
    /// `expect P is succeeded`.
    ExpectState {
        /// The process.
        process: Ident,
        /// The state.
        state: Ident,
    },
    /// `expect sent Reminder to boss`.
    ExpectSent {
        /// The template.
        template: Ident,
        /// The party.
        to: Option<Expr>,
        /// Written `expect no sent`.
        negated: bool,
    },
    /// `give up P`.
    GiveUp(Ident),
    /// `retry P`: retries its parked instances.
    RetryParked(Ident),
}

/// What a mock answers.
#[derive(Clone, Debug, PartialEq)]
pub enum MockAnswer {
    /// A value.
    Value(Expr),
    /// An error.
    Raise(Ident, Vec<FieldInit>),
}
