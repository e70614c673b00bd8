//! Expressions.

use super::Formatter;
use crate::format::doc::{Doc, concat, group, join, nest, text};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, IsTest, Pattern, PatternKind, UnaryOp, ValueArm};

impl Formatter<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) -> Doc {
        let before = self.comments.before(expr.span.start);
        let body = self.expr_kind(expr);
        let rest = self.comments.before(expr.span.end);
        concat([before, body, rest, self.comments.trail(expr.span.end)])
    }

    fn expr_kind(&mut self, expr: &Expr) -> Doc {
        match &expr.kind {
            ExprKind::Bool(value) => text(if *value { "true" } else { "false" }),
            ExprKind::None => text("none"),
            ExprKind::SelfRecord => text("self"),
            ExprKind::Error | ExprKind::Text(_) => self.verbatim(expr.span),
            ExprKind::Int(_) | ExprKind::Decimal(_) | ExprKind::Percent(_) | ExprKind::Float(_) => {
                self.verbatim(expr.span)
            }
            ExprKind::Date(_) | ExprKind::Time(_) | ExprKind::DateTime(_) => self.verbatim(expr.span),
            ExprKind::Money(..) | ExprKind::Duration(_) => self.spaced(expr.span),
            ExprKind::List(items) => {
                let one = |item: &Expr| self.element(item.span.start, item.span.end, |f| f.expr(item));
                let elements = items.iter().map(one).collect();
                let end = items.last().map_or(expr.span.start + 1, |item| item.span.end);
                self.list("[", elements, end, "]")
            }
            ExprKind::Record { name, fields } => {
                let head = text(format!("{} ", self.name(name)));
                concat([head, self.field_inits(fields, name.span.end)])
            }
            ExprKind::Named(fields) => self.named(fields, expr.span.start),
            ExprKind::Paren(inner) => concat([text("("), self.expr(inner), text(")")]),
            ExprKind::Particular { entity, key } => {
                concat([text(format!("{}[", self.name(entity))), self.expr(key), text("]")])
            }
            ExprKind::Name(name) | ExprKind::TypeName(name) => text(self.name(name)),
            ExprKind::Member { base, name, optional } => {
                let sign = if *optional { "?." } else { "." };
                concat([
                    self.expr(base),
                    self.comments.before(name.span.start),
                    text(format!("{sign}{}", self.name(name))),
                ])
            }
            ExprKind::Call { callee, args } => concat([self.expr(callee), self.args(args, callee.span.end)]),
            ExprKind::Index(base, index) => concat([self.expr(base), text("["), self.expr(index), text("]")]),
            ExprKind::Unwrap(base) => concat([self.expr(base), text("!")]),
            ExprKind::Unary(UnaryOp::Negate, operand) => concat([text("-"), self.expr(operand)]),
            ExprKind::Unary(UnaryOp::Not, operand) => concat([text("not "), self.expr(operand)]),
            ExprKind::Binary { op, .. } => self.binary(expr, rank(*op)),
            ExprKind::Between { value, low, high } => {
                let value = self.expr(value);
                let low = concat([Doc::Line, text("between "), self.expr(low)]);
                let high = concat([text(" and "), self.expr(high)]);
                group(concat([value, nest(concat([low, high]))]))
            }
            ExprKind::InPeriod { value, period, negated } => {
                let word = if *negated { " not in " } else { " in " };
                concat([self.expr(value), text(word), self.spaced(period.span)])
            }
            ExprKind::Older { value, than } => concat([self.expr(value), text(" older than "), self.expr(than)]),
            ExprKind::Is { value, test, negated } => {
                let value = self.expr(value);
                let word = if *negated { " is not " } else { " is " };
                let test = match test {
                    IsTest::None => text("none"),
                    IsTest::Deleted => text("deleted"),
                    IsTest::Entity(ty) => self.type_expr(ty),
                };
                concat([value, text(word), test])
            }
            ExprKind::If { condition, then, otherwise } => self.conditional(condition, then, otherwise),
            ExprKind::Match { subject, arms } => self.match_value(subject, arms),
            ExprKind::Query(query) => self.query(query),
            ExprKind::All { name, source, condition } => {
                let head = concat([text(format!("all {} in ", self.name(name))), self.expr(source)]);
                let tail = concat([Doc::Line, text("satisfy "), self.expr(condition)]);
                group(concat([head, nest(tail)]))
            }
        }
    }

    /// A chain of operators of one rank: on one line, or each operator on a line of its own.
    fn binary(&mut self, expr: &Expr, chain: u8) -> Doc {
        let mut tails = Vec::new();
        let mut first = expr;
        while let ExprKind::Binary { op, left, right, .. } = &first.kind
            && rank(*op) == chain
        {
            tails.push((*op, right));
            first = left;
        }
        let head = self.expr(first);
        let mut lines = Vec::new();
        for (op, right) in tails.into_iter().rev() {
            lines.push(Doc::Line);
            lines.push(text(format!("{} ", sign(op))));
            lines.push(self.expr(right));
        }
        group(concat([head, nest(Doc::Concat(lines))]))
    }

    fn conditional(&mut self, condition: &Expr, then: &Expr, otherwise: &Expr) -> Doc {
        let condition = concat([text("if "), self.expr(condition)]);
        let then = concat([Doc::Line, text("then "), self.expr(then)]);
        let otherwise = concat([Doc::Line, text("else "), self.expr(otherwise)]);
        group(concat([condition, nest(concat([then, otherwise]))]))
    }

    fn match_value(&mut self, subject: &Expr, arms: &[ValueArm]) -> Doc {
        let head = concat([text("match "), self.expr(subject), text(" ")]);
        let one = |arm: &ValueArm| self.element(arm.span.start, arm.value.span.end, |f| f.value_arm(arm));
        let elements = arms.iter().map(one).collect();
        let end = arms.last().map_or_else(|| self.open_brace(subject.span.end), |arm| arm.value.span.end);
        concat([head, self.list("{", elements, end, "}")])
    }

    fn value_arm(&mut self, arm: &ValueArm) -> Doc {
        let head = self.pattern_and_guard(&arm.pattern, arm.guard.as_ref());
        group(concat([head, nest(concat([Doc::Line, self.expr(&arm.value)]))]))
    }

    /// `hot or warm if c =>`.
    pub(super) fn pattern_and_guard(&mut self, pattern: &Pattern, guard: Option<&Expr>) -> Doc {
        let pattern = self.pattern(pattern);
        let guard = match guard {
            Some(guard) => concat([text(" if "), self.expr(guard)]),
            None => Doc::Nil,
        };
        concat([pattern, guard, text(" =>")])
    }

    fn pattern(&mut self, pattern: &Pattern) -> Doc {
        let before = self.comments.before(pattern.span.start);
        let body = self.pattern_kind(pattern);
        concat([before, body, self.comments.trail(pattern.span.end)])
    }

    fn pattern_kind(&mut self, pattern: &Pattern) -> Doc {
        match &pattern.kind {
            PatternKind::Error => self.verbatim(pattern.span),
            PatternKind::Else => text("else"),
            PatternKind::None => text("none"),
            PatternKind::Value(value) => match &value.kind {
                ExprKind::Between { .. } => self.verbatim(pattern.span),
                _ => self.expr(value),
            },
            PatternKind::Member(path) => text(self.path(path)),
            PatternKind::Entity(name) => text(self.name(name)),
            PatternKind::Or(patterns) => {
                let patterns: Vec<Doc> = patterns.iter().map(|one| self.pattern(one)).collect();
                group(nest(join(patterns, &concat([Doc::Line, text("or ")]))))
            }
        }
    }
}

/// Operators of one rank may follow each other without parentheses, and break together.
fn rank(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 0,
        BinaryOp::And => 1,
        BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Append => 3,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::IntDivide | BinaryOp::Modulo => 4,
        BinaryOp::Coalesce => 5,
        _ => 2,
    }
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::In => "in",
        BinaryOp::NotIn => "not in",
        BinaryOp::Contains => "contains",
        BinaryOp::StartsWith => "starts with",
        BinaryOp::EndsWith => "ends with",
        BinaryOp::Matches => "matches",
        BinaryOp::Under => "under",
        BinaryOp::NotUnder => "not under",
        BinaryOp::UnderOrEqual => "under or equal",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Append => "++",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::IntDivide => "div",
        BinaryOp::Modulo => "mod",
        BinaryOp::Coalesce => "??",
    }
}
