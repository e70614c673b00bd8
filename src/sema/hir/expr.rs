//! Expressions and queries of the typed program.

use super::{LocalId, MatchArm};
use crate::{
    base::{span::Span, value::Value},
    sema::{
        schema::{ConfigId, EntityId, FieldId, FunctionId, RecordId},
        ty::Ty,
    },
};

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
    /// `text` in small letters, for a comparison without case.
    Fold {
        /// The value is a caseless field, which the store compares so by itself.
        stored: bool,
    },
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
    /// `(a: 1, b: 2)`: a value of the type `Ty::Named`.
    Named(Vec<Expr>),
    /// `config.large_deal`.
    Config(ConfigId),
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
    Matches,
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
    /// An amount and its rate: the amount in base currency.
    Base,
    /// An amount and a day: the amount in the currency of the type, at the rates of the day.
    Exchange,
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
    // Mails: the name of a line, then whom it names; the address of a record for people.
    Addresses,
    Url,
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
    /// The groups of what another query finds, as values `(key, items)`, by their keys.
    Groups(Box<Groups>),
}

/// `group by k as name`: elements with equal keys are one group, and groups come in the order of their keys.
#[derive(Clone, Debug)]
pub struct Groups {
    /// What is grouped, in the order of the source.
    pub items: Query,
    /// The key of an element.
    pub key: Expr,
    /// The name of the key.
    pub bind: LocalId,
    /// What is compared of the key, where it lies in its name.
    pub compared: Vec<Expr>,
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
