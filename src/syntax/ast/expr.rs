//! Expressions: they read and never act.

use rust_decimal::Decimal;

use super::{Ident, TypeExpr};
use crate::base::{span::Span, value::Duration};

/// An expression with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What was written.
    pub kind: ExprKind,
    /// Where, without surrounding parentheses.
    pub span: Span,
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A place that did not parse.
    Error,
    /// `true`, `false`.
    Bool(bool),
    /// `none`.
    None,
    /// `self` in a computed field.
    SelfRecord,
    /// `1_000_000`.
    Int(i64),
    /// `3.14`.
    Decimal(Decimal),
    /// `20%`; the value is 0.20.
    Percent(Decimal),
    /// `1.5f`.
    Float(f64),
    /// `10_000 USD`.
    Money(Decimal, Ident),
    /// `"Hello {name}"`.
    Text(TextLiteral),
    /// `@2026-11-22`: days since 1970-01-01.
    Date(i32),
    /// `@09:30`: microseconds since midnight.
    Time(i64),
    /// `@2026-11-22T09:30[Europe/Berlin]`: microseconds since 1970-01-01T00:00Z.
    DateTime(i64),
    /// `1 hour 30 minutes`.
    Duration(Duration),
    /// `[1, 2, 3]`.
    List(Vec<Expr>),
    /// `Address { street: "…" }`.
    Record {
        /// The type.
        name: Ident,
        /// Its fields.
        fields: Vec<FieldInit>,
    },
    /// `(ticket: "T1", level: 2)`.
    Named(Vec<FieldInit>),
    /// `(e)`; kept so that the formatter prints what was written.
    Paren(Box<Expr>),
    /// `Team["Sales"]`.
    Particular {
        /// The entity.
        entity: Ident,
        /// Its shown name or unique key.
        key: Box<Expr>,
    },
    /// `deal`: a lower-case name.
    Name(Ident),
    /// `Opportunity`: an upper-case name where a value may stand (`Rating.hot`, a query's source).
    TypeName(Ident),
    /// `deal.title`, `deal?.title`.
    Member {
        /// The left side.
        base: Box<Expr>,
        /// The field, member or state.
        name: Ident,
        /// Written `?.`.
        optional: bool,
    },
    /// `discount(total, rating: hot)`.
    Call {
        /// A name, or a member for a method-like form.
        callee: Box<Expr>,
        /// What is passed.
        args: Vec<Arg>,
    },
    /// `xs[i]`.
    Index(Box<Expr>, Box<Expr>),
    /// `x!`.
    Unwrap(Box<Expr>),
    /// `-x`, `not x`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
    /// `x between a and b`.
    Between {
        /// The tested value.
        value: Box<Expr>,
        /// Inclusive.
        low: Box<Expr>,
        /// Inclusive.
        high: Box<Expr>,
    },
    /// `d in this month`, `d not in next 3 days`.
    InPeriod {
        /// The day or moment.
        value: Box<Expr>,
        /// The period.
        period: Period,
        /// Written `not in`.
        negated: bool,
    },
    /// `d older than 3 months`.
    Older {
        /// The day or moment.
        value: Box<Expr>,
        /// How much longer ago than this.
        than: Box<Expr>,
    },
    /// `x is none`, `x is not none`, `x is Account`, `x is deleted`.
    Is {
        /// The tested value.
        value: Box<Expr>,
        /// What is asked.
        test: IsTest,
        /// Written `is not`.
        negated: bool,
    },
    /// `if a then b else c`.
    If {
        /// The condition.
        condition: Box<Expr>,
        /// The value when it holds.
        then: Box<Expr>,
        /// The value otherwise.
        otherwise: Box<Expr>,
    },
    /// `match e { hot => 1, else => 2 }` as a value.
    Match {
        /// What is matched.
        subject: Box<Expr>,
        /// The arms in order.
        arms: Vec<ValueArm>,
    },
    /// `find d in Deal where …`, `exists …`, `sum l in …`.
    Query(Box<Query>),
    /// `all x in xs satisfy c`.
    All {
        /// The bound name.
        name: Ident,
        /// An entity, a list or a reverse reference.
        source: Box<Expr>,
        /// What each must satisfy.
        condition: Box<Expr>,
    },
}

/// What `is` asks.
#[derive(Clone, Debug, PartialEq)]
pub enum IsTest {
    /// `none`.
    None,
    /// `deleted`.
    Deleted,
    /// An entity of `A or B`.
    Entity(Box<TypeExpr>),
}

/// A stretch of time around the present.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Period {
    /// Which one.
    pub near: Near,
    /// How long it is.
    pub length: PeriodLength,
    /// Its words.
    pub span: Span,
}

/// `this`, `last`, `next`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum Near {
    Last,
    Next,
    This,
}

/// The length of a period.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum PeriodLength {
    Day,
    Week,
    Month,
    Quarter,
    Year,
    /// A time that begins or ends now.
    For(Duration),
}

/// `-`, `not`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`.
    Negate,
    /// `not`.
    Not,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the name of its operator")]
pub enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Contains,
    StartsWith,
    EndsWith,
    Matches,
    /// `under`: strictly below in the hierarchy.
    Under,
    NotUnder,
    /// `under or equal`.
    UnderOrEqual,
    Add,
    Subtract,
    /// `++`: joins texts or lists.
    Append,
    Multiply,
    Divide,
    /// `div`: rounds down.
    IntDivide,
    /// `mod`: rounds down.
    Modulo,
    /// `??`.
    Coalesce,
}

/// A text with its slots.
#[derive(Clone, Debug, PartialEq)]
pub struct TextLiteral {
    /// The pieces in order; neighbouring plain pieces are joined.
    pub parts: Vec<TextPart>,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum TextPart {
    /// Characters, escapes resolved.
    Plain(String),
    /// `{expr}` or `{expr:"pattern"}`.
    Slot {
        /// The value that is printed.
        value: Expr,
        /// How.
        format: Option<String>,
    },
}

/// `name: value` in a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// The parameter, where named.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
}

/// `name: value`, or `name += value` in an `update`.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldInit {
    /// The field.
    pub name: Ident,
    /// `:` is `Set`.
    pub op: AssignOp,
    /// The value.
    pub value: Expr,
}

/// How a place is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignOp {
    /// `=` or `:`.
    Set,
    /// `+=`.
    Add,
    /// `-=`.
    Subtract,
    /// `*=`.
    Multiply,
    /// `++=`.
    Append,
}

/// `hot or warm if c => value`.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueArm {
    /// What it matches.
    pub pattern: Pattern,
    /// The condition after `if`.
    pub guard: Option<Expr>,
    /// The value.
    pub value: Expr,
    /// The whole arm.
    pub span: Span,
}

/// The left side of an arm of `match`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// What was written.
    pub kind: PatternKind,
    /// Where.
    pub span: Span,
}

/// The forms of a pattern. A pattern never binds a name.
#[derive(Clone, Debug, PartialEq)]
pub enum PatternKind {
    /// A place that did not parse.
    Error,
    /// `else`.
    Else,
    /// `none`.
    None,
    /// A literal, `Rating.hot`, a range `1..5` as `Between`: a constant expression.
    Value(Box<Expr>),
    /// `hot`, `lost.out_sold`: members by the expected type.
    Member(Vec<Ident>),
    /// `Account`: an entity of `A or B`.
    Entity(Ident),
    /// `cold or none`.
    Or(Vec<Pattern>),
}

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// `find`, `exists`, …
    pub head: QueryHead,
    /// Where the head stands.
    pub head_span: Span,
    /// The bound name.
    pub name: Ident,
    /// An entity, a list or a reverse reference.
    pub source: Expr,
    /// `where`.
    pub condition: Option<Expr>,
    /// `group by e as k`.
    pub group: Option<(Expr, Ident)>,
    /// `order by e descending then by f`.
    pub order: Vec<OrderKey>,
    /// `limit n`.
    pub limit: Option<Expr>,
    /// `select e`.
    pub select: Option<Expr>,
}

/// What a query gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum QueryHead {
    Find,
    FindOne,
    Exists,
    Count,
    Sum,
    Average,
    Min,
    Max,
}

/// One key of `order by`.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderKey {
    /// What is compared.
    pub value: Expr,
    /// Written `descending`.
    pub descending: bool,
}
