//! Expressions. The grammar gives them flat; precedence is here.

use std::vec::IntoIter;

use pest::iterators::Pair;

use super::{Builder, Built, Defect, Nodes, exact};
use crate::base::span::Span;
use crate::syntax::ast::{
    Arg, AssignOp, BinaryOp, Expr, ExprKind, FieldInit, Ident, IsTest, Near, Period, PeriodLength, TypeExpr, TypeKind,
    UnaryOp,
};
use crate::syntax::errors;
use crate::syntax::grammar::Rule;

/// Operators, or postfixes, in one expression: its tree is as deep as it is long.
const CHAIN_MAX: usize = 250;

/// How tightly an operator binds, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Coalesce,
    Negate,
}

type Pieces<'i> = std::iter::Peekable<IntoIter<Pair<'i, Rule>>>;

impl Builder<'_> {
    /// An expression, flat or not.
    pub(super) fn expr(&mut self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let nodes = self.nodes(pair);
        let span = nodes.span;
        let pieces: Vec<_> = nodes.collect();
        // LIMIT: CHAIN_MAX
        if pieces.len() > 2 * CHAIN_MAX {
            self.diagnostics.push(errors::too_long(span));
            return Ok(error_at(span));
        }
        let mut pieces = pieces.into_iter().peekable();
        let built = self.deeper(span, |b| b.climb(&mut pieces, Level::Or, span))?;
        Ok(built.unwrap_or(error_at(span)))
    }

    /// The expression that is the only child.
    pub(super) fn only_expr(&mut self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let inner = self.nodes(pair).presume_next()?;
        self.expr_like(inner)
    }

    /// Whatever rule an expression may hide behind.
    pub(super) fn expr_like(&mut self, pair: Pair<'_, Rule>) -> Built<Expr> {
        match pair.as_rule() {
            Rule::expr | Rule::flat_sum => self.expr(pair),
            Rule::target | Rule::source | Rule::term | Rule::share_party | Rule::path => self.term(pair),
            _ => self.primary(pair),
        }
    }

    pub(super) fn presume_expr(&mut self, nodes: &mut Nodes<'_>) -> Built<Expr> {
        let next = nodes.presume_next()?;
        self.expr_like(next)
    }

    fn climb(&mut self, pieces: &mut Pieces<'_>, least: Level, whole: Span) -> Built<Expr> {
        let mut left = self.operand(pieces, whole)?;
        let mut compared = false;
        while let Some(next) = pieces.peek() {
            let (level, op) = self.operator(next)?;
            if level < least {
                break;
            }
            let piece = pieces.next().ok_or(Defect { span: whole })?;
            let op_span = self.span(&piece);
            self.foreign_operator(&piece, op_span);
            let is_chained = level == Level::Comparison && compared;
            if is_chained {
                self.diagnostics.push(errors::chained_comparison(op_span, left.span));
            }
            compared = level == Level::Comparison;
            left = match op {
                Some(op) => {
                    let right = self.climb(pieces, level.tighter(), whole)?;
                    let span = left.span.to(right.span);
                    let (left, right) = (Box::new(left), Box::new(right));
                    let value = Expr { kind: ExprKind::Binary { op, op_span, left, right }, span };
                    let may_be_date = matches!(op, BinaryOp::Subtract | BinaryOp::Divide);
                    if may_be_date && self.bare_date(&value) { error_at(span) } else { value }
                }
                None => self.test(left, piece)?,
            };
            if is_chained {
                left.kind = ExprKind::Error;
            }
        }
        Ok(left)
    }

    /// `between a and b`, `is none`.
    fn test(&mut self, value: Expr, piece: Pair<'_, Rule>) -> Built<Expr> {
        let span = value.span.to(self.span(&piece));
        let value = Box::new(value);
        let rule = piece.as_rule();
        let mut nodes = self.nodes(piece);
        let kind = if rule == Rule::in_period {
            let negated = nodes.has(Rule::k_not);
            let period = nodes.presume(Rule::period)?;
            ExprKind::InPeriod { value, period: self.period(period)?, negated }
        } else if rule == Rule::older {
            let than = Box::new(self.presume_expr(&mut nodes)?);
            ExprKind::Older { value, than }
        } else if rule == Rule::between {
            let low = Box::new(self.presume_expr(&mut nodes)?);
            let high = Box::new(self.presume_expr(&mut nodes)?);
            ExprKind::Between { value, low, high }
        } else {
            let negated = nodes.has(Rule::k_not);
            let what = nodes.presume_next()?;
            let at = self.span(&what);
            let test = match what.as_rule() {
                Rule::nothing => IsTest::None,
                Rule::is_deleted => IsTest::Deleted,
                rule => {
                    let kind = if rule == Rule::Name { TypeKind::Named(self.ident(&what)) } else { TypeKind::Error };
                    IsTest::Entity(Box::new(TypeExpr { kind, span: at }))
                }
            };
            ExprKind::Is { value, test, negated }
        };
        Ok(Expr { kind, span })
    }

    /// `this month`, `next 3 days`.
    fn period(&mut self, pair: Pair<'_, Rule>) -> Built<Period> {
        let mut nodes = self.nodes(pair);
        let span = nodes.span;
        let near = match nodes.presume_next()?.as_str().trim_end() {
            "last" => Near::Last,
            "next" => Near::Next,
            _ => Near::This,
        };
        let length = nodes.presume_next()?;
        let length = match (length.as_rule(), length.as_str().trim_end()) {
            (Rule::duration, _) => PeriodLength::For(self.duration(length)?.unwrap_or_default()),
            (_, "day") => PeriodLength::Day,
            (_, "week") => PeriodLength::Week,
            (_, "month") => PeriodLength::Month,
            (_, "quarter") => PeriodLength::Quarter,
            _ => PeriodLength::Year,
        };
        Ok(Period { near, length, span })
    }

    fn operand(&mut self, pieces: &mut Pieces<'_>, whole: Span) -> Built<Expr> {
        let piece = pieces.next().ok_or(Defect { span: whole })?;
        let (op, level) = match piece.as_rule() {
            Rule::negate => (UnaryOp::Negate, Level::Negate),
            Rule::negation => (UnaryOp::Not, Level::Not),
            Rule::foreign_not => {
                let span = self.span(&piece);
                self.diagnostics.push(errors::foreign_operator("!", span));
                (UnaryOp::Not, Level::Negate)
            }
            _ => return self.term(piece),
        };
        let start = self.span(&piece);
        if op == UnaryOp::Negate
            && let Some(lowest) = pieces.peek().and_then(|next| self.lowest_integer(next, start))
        {
            pieces.next();
            return Ok(lowest);
        }
        let built = self.deeper(start, |b| b.climb(pieces, level, whole))?;
        let Some(inner) = built else {
            pieces.by_ref().for_each(drop);
            return Ok(error_at(whole));
        };
        let span = start.to(inner.span);
        Ok(Expr { kind: ExprKind::Unary(op, Box::new(inner)), span })
    }

    /// `-9223372036854775808` has no positive counterpart, so sign and digits are read together.
    fn lowest_integer(&self, term: &Pair<'_, Rule>, sign: Span) -> Option<Expr> {
        let digits = term.as_str().trim_end();
        let is_lowest = digits.replace('_', "").trim_start_matches('0') == i64::MIN.unsigned_abs().to_string();
        is_lowest.then(|| Expr { kind: ExprKind::Int(i64::MIN), span: sign.to(self.span(term)) })
    }

    /// The level and meaning of an operator; no meaning for `between` and `is`.
    fn operator(&self, pair: &Pair<'_, Rule>) -> Built<(Level, Option<BinaryOp>)> {
        if matches!(pair.as_rule(), Rule::between | Rule::is_test | Rule::in_period | Rule::older) {
            return Ok((Level::Comparison, None));
        }
        let span = self.span(pair);
        let mut inner = pair.clone().into_inner().next().ok_or(Defect { span })?;
        if inner.as_rule() == Rule::sum_operator {
            inner = inner.into_inner().next().ok_or(Defect { span })?;
        }
        let (level, op) = match (inner.as_rule(), inner.as_str().trim_end()) {
            (Rule::op_not_in, _) => (Level::Comparison, BinaryOp::NotIn),
            (Rule::op_not_under, _) => (Level::Comparison, BinaryOp::NotUnder),
            (Rule::op_under_or_equal, _) => (Level::Comparison, BinaryOp::UnderOrEqual),
            (Rule::op_starts, _) => (Level::Comparison, BinaryOp::StartsWith),
            (Rule::op_ends, _) => (Level::Comparison, BinaryOp::EndsWith),
            (Rule::op_in, _) => (Level::Comparison, BinaryOp::In),
            (_, "or" | "||") => (Level::Or, BinaryOp::Or),
            (_, "and" | "&&") => (Level::And, BinaryOp::And),
            (_, "contains") => (Level::Comparison, BinaryOp::Contains),
            (_, "matches") => (Level::Comparison, BinaryOp::Matches),
            (_, "under") => (Level::Comparison, BinaryOp::Under),
            (_, "==" | "=" | "===") => (Level::Comparison, BinaryOp::Equal),
            (_, "!=" | "!==" | "<>") => (Level::Comparison, BinaryOp::NotEqual),
            (_, "<") => (Level::Comparison, BinaryOp::Less),
            (_, "<=") => (Level::Comparison, BinaryOp::LessEqual),
            (_, ">") => (Level::Comparison, BinaryOp::Greater),
            (_, ">=") => (Level::Comparison, BinaryOp::GreaterEqual),
            (_, "+") => (Level::Sum, BinaryOp::Add),
            (_, "-") => (Level::Sum, BinaryOp::Subtract),
            (_, "++") => (Level::Sum, BinaryOp::Append),
            (_, "*") => (Level::Product, BinaryOp::Multiply),
            (_, "/") => (Level::Product, BinaryOp::Divide),
            (_, "div") => (Level::Product, BinaryOp::IntDivide),
            (_, "mod" | "%") => (Level::Product, BinaryOp::Modulo),
            (_, "??") => (Level::Coalesce, BinaryOp::Coalesce),
            _ => return Err(Defect { span }),
        };
        Ok((level, Some(op)))
    }

    /// A value with its postfixes: a term, a target, a source.
    pub(super) fn term(&mut self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let mut nodes = self.nodes(pair);
        let whole = nodes.span;
        let first = nodes.presume_next()?;
        let mut built = self.primary(first)?;
        for (count, postfix) in nodes.enumerate() {
            // LIMIT: CHAIN_MAX
            if count >= CHAIN_MAX {
                self.diagnostics.push(errors::too_long(whole));
                return Ok(error_at(whole));
            }
            built = self.postfix(built, postfix)?;
        }
        Ok(built)
    }

    fn postfix(&mut self, base: Expr, pair: Pair<'_, Rule>) -> Built<Expr> {
        let span = base.span.to(self.span(&pair));
        let base = Box::new(base);
        let rule = pair.as_rule();
        let kind = match rule {
            Rule::member | Rule::optional_member => {
                let name = self.ident(&self.nodes(pair).presume_next()?);
                ExprKind::Member { base, name, optional: rule == Rule::optional_member }
            }
            Rule::call => ExprKind::Call { callee: base, args: self.args(pair)? },
            Rule::index => ExprKind::Index(base, Box::new(self.only_expr(pair)?)),
            Rule::unwrap => ExprKind::Unwrap(base),
            _ => return Err(Defect { span }),
        };
        Ok(Expr { kind, span })
    }

    fn primary(&mut self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::hole => ExprKind::Error,
            Rule::name => ExprKind::Name(self.ident(&pair)),
            Rule::type_name => ExprKind::TypeName(self.ident(&self.nodes(pair).presume_next()?)),
            Rule::Name => ExprKind::TypeName(self.ident(&pair)),
            Rule::self_record => ExprKind::SelfRecord,
            Rule::paren => ExprKind::Paren(Box::new(self.only_expr(pair)?)),
            Rule::named => ExprKind::Named(self.field_inits(pair)?),
            Rule::list => {
                let nodes = self.nodes(pair);
                ExprKind::List(nodes.each(|one| self.expr(one))?)
            }
            Rule::conditional => {
                let mut nodes = self.nodes(pair);
                let condition = Box::new(self.presume_expr(&mut nodes)?);
                let then = Box::new(self.presume_expr(&mut nodes)?);
                let otherwise = Box::new(self.presume_expr(&mut nodes)?);
                ExprKind::If { condition, then, otherwise }
            }
            Rule::match_value => self.match_value(pair)?,
            Rule::query => self.query(pair)?,
            Rule::all_query => self.all_query(pair)?,
            Rule::type_term => self.type_term(pair)?,
            _ => return self.literal(pair),
        };
        Ok(Expr { kind, span })
    }

    /// `Opportunity`, `Team["Sales"]`, `Address { … }`.
    fn type_term(&mut self, pair: Pair<'_, Rule>) -> Built<ExprKind> {
        let mut nodes = self.nodes(pair);
        let name = self.ident(&nodes.presume(Rule::Name)?);
        Ok(match nodes.next() {
            None => ExprKind::TypeName(name),
            Some(key) if key.as_rule() == Rule::particular => {
                ExprKind::Particular { entity: name, key: Box::new(self.only_expr(key)?) }
            }
            Some(fields) => ExprKind::Record { name, fields: self.field_inits(fields)? },
        })
    }

    /// What is passed in a call.
    pub(super) fn args(&mut self, pair: Pair<'_, Rule>) -> Built<Vec<Arg>> {
        let nodes = self.nodes(pair);
        nodes.each(|arg| self.arg(arg))
    }

    pub(super) fn arg(&mut self, pair: Pair<'_, Rule>) -> Built<Arg> {
        let mut nodes = self.nodes(pair);
        let name = match nodes.option(Rule::arg_name) {
            Some(name) => Some(self.only_ident(name)?),
            None => None,
        };
        let value = self.presume_expr(&mut nodes)?;
        let (meant, value) = self.argument_sign(value);
        Ok(Arg { name: name.or(meant), value })
    }

    /// The name that is the only child.
    pub(super) fn only_ident(&self, pair: Pair<'_, Rule>) -> Built<Ident> {
        Ok(self.ident(&self.nodes(pair).presume_next()?))
    }

    /// `{ title: "…", score += 10 }`.
    pub(super) fn field_inits(&mut self, pair: Pair<'_, Rule>) -> Built<Vec<FieldInit>> {
        let (mut fields, mut signs) = (Vec::new(), Vec::new());
        for init in self.nodes(pair) {
            let mut nodes = self.nodes(init);
            let span = nodes.span;
            let Some(name) = nodes.option(Rule::word).map(|word| self.ident(&word)) else {
                fields.push(self.field_in_hole(span));
                continue;
            };
            let sign = nodes.option(Rule::field_op);
            let op = sign.as_ref().map_or(AssignOp::Set, |sign| assign_op(sign.as_str()));
            signs.extend(sign);
            fields.push(FieldInit { name, op, value: self.presume_expr(&mut nodes)? });
        }
        self.field_signs(&signs);
        Ok(exact(fields))
    }

    /// A field that did not parse: what it is probably called, without a value. Its name is empty where nothing tells.
    fn field_in_hole(&self, span: Span) -> FieldInit {
        let name = self.word_in_hole(span).unwrap_or(Ident { name: String::new(), span });
        FieldInit { name, op: AssignOp::Set, value: error_at(span) }
    }
}

impl Level {
    /// The level of the right operand: all operators bind to the left.
    fn tighter(self) -> Self {
        match self {
            Level::Or => Level::And,
            Level::And => Level::Not,
            Level::Not => Level::Comparison,
            Level::Comparison => Level::Sum,
            Level::Sum => Level::Product,
            Level::Product => Level::Coalesce,
            Level::Coalesce | Level::Negate => Level::Negate,
        }
    }
}

/// The meaning of `=`, `:`, `+=`, ….
pub(super) fn assign_op(text: &str) -> AssignOp {
    match text.trim_end() {
        "++=" => AssignOp::Append,
        "+=" => AssignOp::Add,
        "-=" => AssignOp::Subtract,
        "*=" => AssignOp::Multiply,
        _ => AssignOp::Set,
    }
}

pub(super) fn error_at(span: Span) -> Expr {
    Expr { kind: ExprKind::Error, span }
}
