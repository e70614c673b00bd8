//! Periods: `d in this month`, `d in next 3 days`, `d older than 3 months`. Each becomes comparisons with moments that
//! are counted from now, so that a query can look them up.

use super::{
    checker::{Checker, constant, error},
    operators::boolean,
};
use crate::{
    base::{
        span::Span,
        value::{Duration, Value},
    },
    sema::{
        errors::types,
        hir::{Arithmetic, Builtin, Comparison, Expr, ExprKind},
        ty::Ty,
    },
    syntax::ast::{self, Near, Period, PeriodLength},
};

/// From where to where a period goes, and whether its end belongs to it.
struct Bounds {
    from: Expr,
    to: Expr,
    to_included: bool,
}

impl Checker<'_> {
    /// `d in this month`.
    pub(super) fn in_period(&mut self, value: &ast::Expr, period: &Period, negated: bool, span: Span) -> Expr {
        let value = self.expr(value, None);
        let Some(is_moment) = self.is_moment_of(&value, "in", period.span) else { return error(span) };
        let Some(Bounds { from, to, to_included }) = self.bounds(period, is_moment) else { return error(span) };
        // What is absent is neither in a period nor outside of it.
        let (first, second) = match (negated, to_included) {
            (false, true) => (Comparison::GreaterEqual, Comparison::LessEqual),
            (false, false) => (Comparison::GreaterEqual, Comparison::Less),
            (true, true) => (Comparison::Less, Comparison::Greater),
            (true, false) => (Comparison::Less, Comparison::GreaterEqual),
        };
        let first = Box::new(self.compare(first, span, value.clone(), from, span));
        let second = Box::new(self.compare(second, span, value, to, span));
        let kind = if negated { ExprKind::Or(first, second) } else { ExprKind::And(first, second) };
        boolean(kind, span)
    }

    /// `d older than 3 months`.
    pub(super) fn older(&mut self, value: &ast::Expr, than: &ast::Expr, span: Span) -> Expr {
        let value = self.expr(value, None);
        let than = self.expr_as(than, &Ty::Duration, None);
        let Some(is_moment) = self.is_moment_of(&value, "older than", than.span) else { return error(span) };
        let at = than.span;
        let limit = self.calculate(Arithmetic::Subtract, at, present(is_moment, at), than, at);
        if limit.ty == Ty::Error {
            return error(span);
        }
        self.compare(Comparison::Less, span, value, limit, span)
    }

    /// Whether a value is a moment, and not a day; none after a message.
    fn is_moment_of(&mut self, value: &Expr, word: &str, period: Span) -> Option<bool> {
        match value.ty.present() {
            Ty::Date => Some(false),
            Ty::DateTime => Some(true),
            Ty::Error => None,
            other => {
                let shown = self.show(other);
                self.report(types::not_in_time(word, &shown, value.span, period));
                None
            }
        }
    }

    fn bounds(&mut self, period: &Period, is_moment: bool) -> Option<Bounds> {
        let span = period.span;
        let unit = match period.length {
            PeriodLength::For(length) => return self.around_now(period, length, is_moment),
            PeriodLength::Day => (0, 1),
            PeriodLength::Week => (0, 7),
            PeriodLength::Month => (1, 0),
            PeriodLength::Quarter => (3, 0),
            PeriodLength::Year => (12, 0),
        };
        let length = |times: i32| duration(Duration { months: unit.0 * times, days: unit.1 * times, micros: 0 }, span);
        let first = first_of(period.length, span);
        let (from, to) = match period.near {
            Near::Last => (shifted(Arithmetic::Subtract, first.clone(), length(1)), first),
            Near::Next => {
                (shifted(Arithmetic::Add, first.clone(), length(1)), shifted(Arithmetic::Add, first, length(2)))
            }
            Near::This => (first.clone(), shifted(Arithmetic::Add, first, length(1))),
        };
        let at = |day: Expr| if is_moment { midnight(day) } else { day };
        Some(Bounds { from: at(from), to: at(to), to_included: false })
    }

    /// `last 3 days`, `next 2 hours`: both ends belong to it.
    fn around_now(&mut self, period: &Period, length: Duration, is_moment: bool) -> Option<Bounds> {
        let span = period.span;
        let now = present(is_moment, span);
        let op = if period.near == Near::Last { Arithmetic::Subtract } else { Arithmetic::Add };
        let other = self.calculate(op, span, now.clone(), duration(length, span), span);
        if other.ty == Ty::Error {
            return None;
        }
        let (from, to) = if period.near == Near::Last { (other, now) } else { (now, other) };
        Some(Bounds { from, to, to_included: true })
    }
}

/// `now()`, or `today()`.
fn present(is_moment: bool, span: Span) -> Expr {
    let (builtin, ty) = if is_moment { (Builtin::Now, Ty::DateTime) } else { (Builtin::Today, Ty::Date) };
    call(builtin, Vec::new(), ty, span)
}

fn call(builtin: Builtin, args: Vec<Expr>, ty: Ty, span: Span) -> Expr {
    Expr { kind: ExprKind::Builtin { builtin, args }, ty, span }
}

fn duration(value: Duration, span: Span) -> Expr {
    constant(Value::Duration(value), Ty::Duration, span)
}

fn number(value: i64, span: Span) -> Expr {
    constant(Value::Int(value), Ty::Int, span)
}

/// A day and a duration.
fn shifted(op: Arithmetic, day: Expr, by: Expr) -> Expr {
    let span = day.span;
    Expr { kind: ExprKind::Arithmetic(op, Box::new(day), Box::new(by)), ty: Ty::Date, span }
}

/// A part of today less `less`, as so many times the unit.
fn back(part: Builtin, less: i64, unit: Duration, span: Span) -> Expr {
    let part = call(part, vec![present(false, span)], Ty::Int, span);
    let count = ExprKind::Arithmetic(Arithmetic::Subtract, Box::new(part), Box::new(number(less, span)));
    times(unit, Expr { kind: count, ty: Ty::Int, span })
}

fn times(unit: Duration, count: Expr) -> Expr {
    let span = count.span;
    let kind = ExprKind::Arithmetic(Arithmetic::Multiply, Box::new(duration(unit, span)), Box::new(count));
    Expr { kind, ty: Ty::Duration, span }
}

/// The first day of the present week, month, quarter or year.
fn first_of(length: PeriodLength, span: Span) -> Expr {
    let (day, month) = (Duration { days: 1, ..Duration::default() }, Duration { months: 1, ..Duration::default() });
    let today = present(false, span);
    let of_month = || shifted(Arithmetic::Subtract, present(false, span), back(Builtin::Day, 1, day, span));
    match length {
        PeriodLength::Week => shifted(Arithmetic::Subtract, today, back(Builtin::Weekday, 1, day, span)),
        PeriodLength::Month => of_month(),
        PeriodLength::Year => shifted(Arithmetic::Subtract, of_month(), back(Builtin::Month, 1, month, span)),
        PeriodLength::Quarter => {
            let part = call(Builtin::Month, vec![today], Ty::Int, span);
            let less = ExprKind::Arithmetic(Arithmetic::Subtract, Box::new(part), Box::new(number(1, span)));
            let less = Expr { kind: less, ty: Ty::Int, span };
            let rest = ExprKind::Arithmetic(Arithmetic::Modulo, Box::new(less), Box::new(number(3, span)));
            let rest = Expr { kind: rest, ty: Ty::Int, span };
            shifted(Arithmetic::Subtract, of_month(), times(month, rest))
        }
        PeriodLength::Day | PeriodLength::For(_) => today,
    }
}

/// The beginning of a day, in the zone of the process.
fn midnight(day: Expr) -> Expr {
    let span = day.span;
    let time = constant(Value::Time(0), Ty::Time, span);
    call(Builtin::DateTimeOf, vec![day, time], Ty::DateTime, span)
}
