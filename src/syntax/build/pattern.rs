//! Patterns, and the arms of a `match` that is a value.

use pest::iterators::Pair;

use super::{Builder, Built};
use crate::syntax::ast::{Expr, ExprKind, Pattern, PatternKind, UnaryOp, ValueArm};
use crate::syntax::grammar::Rule;

impl Builder<'_> {
    /// `match e { hot => 1, else => 2 }` as a value.
    pub(super) fn match_value(&mut self, pair: Pair<'_, Rule>) -> Built<ExprKind> {
        let mut nodes = self.nodes(pair);
        let subject = Box::new(self.presume_expr(&mut nodes)?);
        let arms = nodes.each(|arm| self.value_arm(arm))?;
        Ok(ExprKind::Match { subject, arms })
    }

    fn value_arm(&mut self, pair: Pair<'_, Rule>) -> Built<ValueArm> {
        let mut nodes = self.nodes(pair);
        let span = nodes.span;
        if nodes.peek() == Some(Rule::hole) {
            let pattern = Pattern { kind: PatternKind::Error, span };
            return Ok(ValueArm { pattern, guard: None, value: super::expr::error_at(span), span });
        }
        let pattern = self.pattern(nodes.presume(Rule::pattern)?)?;
        let guard = self.guard(nodes.option(Rule::guard))?;
        let value = self.presume_expr(&mut nodes)?;
        self.comma_after(value.span, &mut nodes);
        let span = pattern.span.to(value.span);
        Ok(ValueArm { pattern, guard, value, span })
    }

    pub(super) fn guard(&mut self, pair: Option<Pair<'_, Rule>>) -> Built<Option<Expr>> {
        pair.map(|guard| self.only_expr(guard)).transpose()
    }

    /// `cold or none`.
    pub(super) fn pattern(&mut self, pair: Pair<'_, Rule>) -> Built<Pattern> {
        let nodes = self.nodes(pair);
        let span = nodes.span;
        let mut parts = nodes.map(|one| self.pattern_one(one)).collect::<Built<Vec<_>>>()?;
        match (parts.pop(), parts.is_empty()) {
            (Some(only), true) => Ok(only),
            (last, _) => {
                parts.extend(last);
                Ok(Pattern { kind: PatternKind::Or(parts), span })
            }
        }
    }

    fn pattern_one(&mut self, pair: Pair<'_, Rule>) -> Built<Pattern> {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::hole => PatternKind::Error,
            Rule::pattern_else => PatternKind::Else,
            Rule::nothing => PatternKind::None,
            Rule::pattern_member => PatternKind::Member(self.idents(pair)),
            Rule::pattern_type => {
                let mut nodes = self.nodes(pair);
                let name = nodes.presume(Rule::Name)?;
                if nodes.peek().is_none() {
                    return Ok(Pattern { kind: PatternKind::Entity(self.ident(&name)), span });
                }
                let start = Expr { kind: ExprKind::TypeName(self.ident(&name)), span: self.span(&name) };
                let value = nodes.fold(start, |base, member| {
                    let name = self.ident(&member);
                    let span = base.span.to(name.span);
                    Expr { kind: ExprKind::Member { base: Box::new(base), name, optional: false }, span }
                });
                PatternKind::Value(Box::new(value))
            }
            Rule::pattern_value => {
                let (low, high) = self.bounds(pair)?;
                PatternKind::Value(Box::new(match high {
                    None => low,
                    Some(high) => {
                        // What is matched has no expression of its own here.
                        let value = Box::new(Expr { kind: ExprKind::None, span: span.at_start() });
                        Expr { kind: ExprKind::Between { value, low: Box::new(low), high: Box::new(high) }, span }
                    }
                }))
            }
            _ => return self.nodes(pair).defect(),
        };
        Ok(Pattern { kind, span })
    }

    /// `1`, `0..100`.
    pub(super) fn bounds(&mut self, pair: Pair<'_, Rule>) -> Built<(Expr, Option<Expr>)> {
        let mut nodes = self.nodes(pair);
        let low = nodes.presume(Rule::pattern_bound)?;
        let low = self.bound(low)?;
        let high = nodes.next().map(|high| self.bound(high)).transpose()?;
        Ok((low, high))
    }

    fn bound(&mut self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let mut nodes = self.nodes(pair);
        let span = nodes.span;
        let negative = nodes.option(Rule::negate).is_some();
        let literal = self.literal(nodes.presume_next()?)?;
        if !negative {
            return Ok(literal);
        }
        Ok(Expr { kind: ExprKind::Unary(UnaryOp::Negate, Box::new(literal)), span })
    }
}
