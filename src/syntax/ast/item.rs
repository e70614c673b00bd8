//! Declarations.

use super::{Block, Expr, Ident, Param, Retry, Stmt, TypeExpr};
use crate::base::span::Span;

/// A declaration with its doc comment.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The `///` lines above, joined.
    pub doc: Option<String>,
    /// What is declared.
    pub kind: ItemKind,
    /// From the keyword to the end.
    pub span: Span,
}

/// The forms of a declaration.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// A place that did not parse; the name if one could be read, so that uses of it do not cascade.
    Error {
        /// The name.
        name: Option<Ident>,
    },
    /// `use crm.{Account}`.
    Use {
        /// The library.
        library: Ident,
        /// What is taken; `None` for all.
        names: Option<Vec<Ident>>,
    },
    /// `enum Rating { cold, hot = 3 "Hot" }`.
    Enum(EnumDecl),
    /// `record Address { … }`.
    Record {
        /// The type.
        name: Ident,
        /// Its fields.
        fields: Vec<Param>,
    },
    /// `type Customer = Account or Contact`.
    Type {
        /// The name.
        name: Ident,
        /// What it stands for.
        ty: TypeExpr,
    },
    /// `error CreditRefused { reason: text }`.
    Error_ {
        /// The error.
        name: Ident,
        /// Its fields.
        fields: Vec<Param>,
    },
    /// `signal Approved { by: User }`.
    Signal {
        /// The signal.
        name: Ident,
        /// Its fields.
        fields: Vec<Param>,
    },
    /// `config large_deal: money(USD) = 50_000 USD`.
    Config(Param),
    /// `secret crm_api_key`.
    Secret(Ident),
    /// `entity Opportunity owned by user { … }`, `extend entity Task { … }`.
    Entity(EntityDecl),
    /// `fn discount(…) -> decimal { … }`.
    Function {
        /// The function.
        name: Ident,
        /// Its parameters.
        params: Vec<Param>,
        /// Its result.
        result: TypeExpr,
        /// Its body.
        body: Block,
    },
    /// `workflow`, `realtime workflow`, `action`, `dialog`.
    Process(Box<ProcessDecl>),
    /// `activity ScoreCredit(…) -> … using http …`.
    Activity(Box<ProcessDecl>),
    /// `flow SalesPipeline { … }`.
    Flow(Box<FlowDecl>),
    /// `rule DiscountNeedsReason for q: Quote on save { … }`.
    Rule(Box<ProcessDecl>),
    /// `email Reminder(deal: Opportunity) { … }`.
    Email {
        /// The template.
        name: Ident,
        /// Its parameters.
        params: Vec<Param>,
        /// `from`, `subject`, `body`, `body html`, `attach` in order: the word, whether `html`, the value.
        lines: Vec<EmailLine>,
    },
    /// `role Salesperson { … }`.
    Role {
        /// The role.
        name: Ident,
        /// Its rights.
        rights: Vec<Right>,
    },
    /// `calendar Office { … }`.
    Calendar {
        /// The calendar.
        name: Ident,
        /// Its text, read when calendars run.
        body: Span,
    },
    /// `test "…" { … }`.
    Test {
        /// What is shown.
        title: String,
        /// Where the title stands.
        title_span: Span,
        /// `at @…`.
        at: Option<Expr>,
        /// `in zone "…"`.
        zone: Option<Expr>,
        /// The statements.
        body: Block,
    },
    /// `migrate P from "1.4" { … }`.
    Migrate {
        /// The process.
        process: Ident,
        /// The older version.
        from: String,
        /// Its text, read when migration runs.
        body: Span,
    },
}

impl ItemKind {
    /// The name that it gives to something new; `extend`, `use`, tests and migrations give none.
    #[must_use]
    pub fn declares(&self) -> Option<&Ident> {
        match self {
            Self::Enum(EnumDecl { extend: false, name, .. })
            | Self::Entity(EntityDecl { extend: false, name, .. })
            | Self::Record { name, .. }
            | Self::Type { name, .. }
            | Self::Error_ { name, .. }
            | Self::Signal { name, .. }
            | Self::Function { name, .. }
            | Self::Email { name, .. }
            | Self::Role { name, .. }
            | Self::Calendar { name, .. }
            | Self::Config(Param { name, .. })
            | Self::Secret(name) => Some(name),
            Self::Process(process) => Some(&process.name),
            Self::Activity(activity) => Some(&activity.name),
            Self::Rule(rule) => Some(&rule.name),
            Self::Flow(flow) => Some(&flow.name),
            Self::Error { name } => name.as_ref(),
            Self::Enum(_) | Self::Entity(_) | Self::Use { .. } | Self::Test { .. } | Self::Migrate { .. } => None,
        }
    }
}

/// `enum Priority { low = 1 "Low", … }`, or `extend enum`.
#[derive(Clone, Debug, PartialEq)]
pub struct EnumDecl {
    /// Written `extend`.
    pub extend: bool,
    /// The enum.
    pub name: Ident,
    /// Its members.
    pub members: Vec<EnumMember>,
}

/// `low = 1 "Low"`.
#[derive(Clone, Debug, PartialEq)]
pub struct EnumMember {
    /// The doc comment above.
    pub doc: Option<String>,
    /// Its name.
    pub name: Ident,
    /// The stored number.
    pub value: Option<(i64, Span)>,
    /// The label.
    pub label: Option<String>,
}

/// An entity, or what `extend` adds to one.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityDecl {
    /// Written `extend`.
    pub extend: bool,
    /// The entity.
    pub name: Ident,
    /// `as "physical"`.
    pub physical: Option<String>,
    /// `owned by user`, `owned by organization`.
    pub owned_by: Option<Ident>,
    /// `not triggerable`, `not creatable`, `flow enabled`, `audited`, `activity`, as written, words joined by one space.
    pub flags: Vec<Ident>,
    /// Its fields.
    pub fields: Vec<FieldDecl>,
    /// `states { … }`.
    pub states: Option<StatesDecl>,
    /// `unique a, b`.
    pub unique: Vec<Vec<Ident>>,
    /// `shown as "…"`.
    pub shown_as: Option<Expr>,
}

/// A field of an entity.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDecl {
    /// The doc comment above.
    pub doc: Option<String>,
    /// Its name.
    pub name: Ident,
    /// `as "physical"`.
    pub physical: Option<String>,
    /// Its type.
    pub ty: TypeExpr,
    /// Lowest and highest value, `0..100`.
    pub bounds: Option<(Expr, Expr)>,
    /// `autonumber "OPP-{yyyy}-{seq:5}"`.
    pub autonumber: Option<(String, Span)>,
    /// `caseless`, `hierarchy`, `private`.
    pub flags: Vec<Ident>,
    /// `on delete restrict`, `clear`, `cascade`.
    pub on_delete: Option<Ident>,
    /// `= e`.
    pub default: Option<Expr>,
    /// `computed = e`.
    pub computed: Option<Expr>,
    /// The whole field.
    pub span: Span,
}

/// `states { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct StatesDecl {
    /// The states in order.
    pub states: Vec<StateDecl>,
    /// The arrows.
    pub arrows: Vec<Arrow>,
    /// With the braces.
    pub span: Span,
}

/// `open = 0 "Open": in_progress = 1 "In progress", on_hold`.
#[derive(Clone, Debug, PartialEq)]
pub struct StateDecl {
    /// The state.
    pub state: EnumMember,
    /// Its statuses; a state without any has one of its own name.
    pub statuses: Vec<EnumMember>,
}

/// `open, won -> lost`, `open.in_progress -> open.on_hold`.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrow {
    /// The ends on the left: a state, or a state and a status.
    pub from: Vec<Vec<Ident>>,
    /// The ends on the right.
    pub to: Vec<Vec<Ident>>,
    /// The whole arrow.
    pub span: Span,
}

/// `for deal: Opportunity`.
#[derive(Clone, Debug, PartialEq)]
pub struct Primary {
    /// The name.
    pub name: Ident,
    /// The entity, or a union.
    pub ty: TypeExpr,
}

/// What kind of process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProcessKind {
    /// `workflow`.
    Background,
    /// `realtime workflow`.
    Realtime,
    /// `action`.
    Action,
    /// `activity`.
    Activity,
    /// `dialog`.
    Dialog,
    /// `rule`.
    Rule,
}

/// Everything with one head, clauses and a body of statements.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessDecl {
    /// Which of the kinds.
    pub kind: ProcessKind,
    /// Its name.
    pub name: Ident,
    /// Inputs.
    pub params: Vec<Param>,
    /// `for deal: Opportunity`.
    pub primary: Option<Primary>,
    /// The result.
    pub result: Option<ResultDecl>,
    /// The clauses in order.
    pub clauses: Vec<Clause>,
    /// The body; an action may have `using` instead.
    pub body: Option<Block>,
    /// `using …` of an action.
    pub using: Option<Using>,
    /// From the keyword to the body.
    pub head_span: Span,
}

/// `-> decimal`, `-> (ticket: text, level: int)`.
#[derive(Clone, Debug, PartialEq)]
pub enum ResultDecl {
    /// One value.
    Type(TypeExpr),
    /// Named values.
    Named(Vec<Param>),
}

/// A clause of a process's head.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// What was written.
    pub kind: ClauseKind,
    /// Where.
    pub span: Span,
}

/// The clauses.
#[derive(Clone, Debug, PartialEq)]
pub enum ClauseKind {
    /// A place that did not parse.
    Error,
    /// `when created, updated(value)`.
    When(Vec<Event>),
    /// `before deleted`.
    Before(Vec<Event>),
    /// `after created`.
    After(Vec<Event>),
    /// `only if c`.
    OnlyIf(Expr),
    /// `run as owner`.
    RunAs(Ident),
    /// `scope business unit`: the words joined by one space.
    Scope(Ident),
    /// `rank 10`.
    Rank(i64),
    /// `keep 90 days`; `for ever` and `nothing` as words.
    Keep(Keep),
    /// `limit 10 at once per e skip`.
    Limit {
        /// How many.
        count: Expr,
        /// `per e`.
        per: Option<Expr>,
        /// `queue`, `skip`, `newest wins`.
        policy: Option<Ident>,
    },
    /// `in zone "…"`.
    InZone(Expr),
    /// `independent`.
    Independent,
    /// `on load, change, save` of a rule.
    On(Vec<Ident>),
}

/// `keep …`.
#[derive(Clone, Debug, PartialEq)]
pub enum Keep {
    /// `for ever`.
    ForEver,
    /// `nothing`.
    Nothing,
    /// A duration.
    For(Expr),
}

/// What starts a process.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What was written.
    pub kind: EventKind,
    /// Where.
    pub span: Span,
}

/// The events.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// A place that did not parse.
    Error,
    /// `created`.
    Created,
    /// `updated(f, g)`.
    Updated(Vec<Ident>),
    /// `written(f, g)`.
    Written(Vec<Ident>),
    /// `status changed from open to won or lost.out_sold`.
    StatusChanged {
        /// The old states; empty for any.
        from: Vec<Vec<Ident>>,
        /// The new states; empty for any.
        to: Vec<Vec<Ident>>,
    },
    /// `assigned`.
    Assigned,
    /// `deleted`.
    Deleted,
    /// `on demand`.
    OnDemand,
    /// `called`.
    Called,
    /// `on Approved`.
    Signal(Ident),
    /// `action Escalate` in `before` and `after`.
    Action(Ident),
    /// `every day at 09:00 in "…"`, `cron "…"`: the text is read by the scheduler.
    Schedule {
        /// `every …` without the zone, or the cron text; words joined by one space.
        text: String,
        /// Written `cron`.
        cron: bool,
        /// `in "Europe/Berlin"`.
        zone: Option<String>,
    },
}

/// `using http post "…" header … timeout … retry …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Using {
    /// `http`, `wasm`, `worker`, `native`.
    pub kind: Ident,
    /// `get`, `post`, … of `http`.
    pub method: Option<Ident>,
    /// The address, file or queue.
    pub target: Option<Expr>,
    /// `header "name" "value"`.
    pub headers: Vec<(Expr, Expr)>,
    /// `timeout`.
    pub timeout: Option<Expr>,
    /// `retry`.
    pub retry: Option<Retry>,
    /// The whole clause.
    pub span: Span,
}

/// A business process flow.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowDecl {
    /// Its name.
    pub name: Ident,
    /// `on created only if c`.
    pub on_created: Option<Option<Expr>>,
    /// `order 10`.
    pub order: Option<i64>,
    /// `for roles A, B`.
    pub roles: Vec<Ident>,
    /// The stages.
    pub stages: Vec<FlowStage>,
    /// `on finish { }`, `on abort { }`, `on reactivate { }`.
    pub hooks: Vec<(Ident, Block)>,
}

/// `stage Qualify "Qualify the lead" for lead: Lead category qualify { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowStage {
    /// Its name.
    pub name: Ident,
    /// Its title.
    pub title: Option<String>,
    /// The bound record.
    pub record: Ident,
    /// Its entity, for a new binding.
    pub entity: Option<Ident>,
    /// `via deal.originating_lead`.
    pub via: Option<Expr>,
    /// `category develop`.
    pub category: Option<Ident>,
    /// What it holds, in order.
    pub elements: Vec<FlowElement>,
    /// The whole stage.
    pub span: Span,
}

/// What a stage holds.
#[derive(Clone, Debug, PartialEq)]
pub enum FlowElement {
    /// A place that did not parse.
    Error(Span),
    /// `step lead.budget "Budget" required if c`.
    Step {
        /// The field.
        field: Expr,
        /// Its title.
        title: Option<String>,
        /// `required`, with its condition.
        required: Option<Option<Expr>>,
    },
    /// `button "Ask" do X(lead)`.
    Button {
        /// Its title.
        title: String,
        /// What it does.
        stmt: Stmt,
    },
    /// `do X(lead) on enter`, `start Y(lead) on exit`.
    Hook {
        /// What it does.
        stmt: Stmt,
        /// Written `on exit`.
        on_exit: bool,
    },
    /// `next Develop if c`; `None` is `finish`.
    Next {
        /// The stage; `None` for `finish`.
        stage: Option<Ident>,
        /// `if c`.
        condition: Option<Expr>,
        /// The whole arm.
        span: Span,
    },
}

/// A line of an e-mail template.
#[derive(Clone, Debug, PartialEq)]
pub struct EmailLine {
    /// `from`, `subject`, `body`, `attach`.
    pub word: Ident,
    /// Written `body html`.
    pub html: bool,
    /// The value.
    pub value: Expr,
}

/// `allow create, read Opportunity in business unit`.
#[derive(Clone, Debug, PartialEq)]
pub struct Right {
    /// `create`, `read`, `run`, `use`, …
    pub verbs: Vec<Ident>,
    /// Entities, processes or flows; `any` stands for all of them.
    pub targets: Vec<Ident>,
    /// `own`, `business unit`, `business unit tree`, `organization`.
    pub depth: Option<Ident>,
    /// The whole line.
    pub span: Span,
}
