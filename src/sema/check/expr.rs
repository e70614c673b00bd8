//! Expressions: one arm for each form.

use super::{
    checker::{Checker, constant, error},
    names::Enumerated,
};
use crate::{
    base::{currencies, distance::did_you_mean, span::Span, value::Value},
    sema::{
        constants,
        errors::{names, records, types, uses},
        hir::{Expr, ExprKind},
        names::Def,
        ty::Ty,
    },
    syntax::ast,
};

impl Checker<'_> {
    /// A typed expression. `expected` finds bare members and types `none` and `[]`; the result may have another type.
    pub(super) fn expr(&mut self, written: &ast::Expr, expected: Option<&Ty>) -> Expr {
        let span = written.span;
        match &written.kind {
            ast::ExprKind::Error => error(span),
            ast::ExprKind::Bool(value) => constant(Value::Bool(*value), Ty::Bool, span),
            ast::ExprKind::None => match expected {
                Some(ty @ Ty::Optional(_)) => constant(Value::None, ty.clone(), span),
                _ => constant(Value::None, Ty::None, span),
            },
            ast::ExprKind::SelfRecord => self.own_record(span),
            ast::ExprKind::Int(value) => constant(Value::Int(*value), Ty::Int, span),
            ast::ExprKind::Decimal(value) | ast::ExprKind::Percent(value) => {
                constant(Value::Decimal(*value), Ty::Decimal, span)
            }
            ast::ExprKind::Float(value) => constant(Value::Float(*value), Ty::Float, span),
            ast::ExprKind::Money(amount, code) => self.money(*amount, code, span),
            ast::ExprKind::Text(text) => self.text(text, span),
            ast::ExprKind::Date(days) => constant(Value::Date(*days), Ty::Date, span),
            ast::ExprKind::Time(micros) => constant(Value::Time(*micros), Ty::Time, span),
            ast::ExprKind::DateTime(micros) => constant(Value::DateTime(*micros), Ty::DateTime, span),
            ast::ExprKind::Duration(duration) => constant(Value::Duration(*duration), Ty::Duration, span),
            ast::ExprKind::List(items) => self.list(items, expected, span),
            ast::ExprKind::Record { name, fields } => self.record_value(name, fields, span),
            ast::ExprKind::Named(fields) => self.named_values(fields, expected, span),
            ast::ExprKind::Paren(inner) => self.expr(inner, expected),
            ast::ExprKind::Particular { entity, key } => self.particular(entity, key, span),
            ast::ExprKind::Name(name) => self.name(name, expected),
            ast::ExprKind::TypeName(name) => self.type_as_value(name, expected),
            ast::ExprKind::Member { base, name, optional } => self.member(base, name, *optional, expected, span),
            ast::ExprKind::Call { callee, args } => self.call(callee, args, expected, span),
            ast::ExprKind::Index(list, index) => self.index(list, index, span),
            ast::ExprKind::Unwrap(inner) => self.unwrap(inner, expected, span),
            ast::ExprKind::Unary(op, inner) => self.unary(*op, inner, expected, span),
            ast::ExprKind::Binary { op, op_span, left, right } => {
                self.binary((*op, *op_span), left, right, expected, span)
            }
            ast::ExprKind::Between { value, low, high } => self.between(value, low, high, span),
            ast::ExprKind::InPeriod { value, period, negated } => self.in_period(value, period, *negated, span),
            ast::ExprKind::Older { value, than } => self.older(value, than, span),
            ast::ExprKind::Is { value, test, negated } => self.is(value, test, *negated, span),
            ast::ExprKind::If { condition, then, otherwise } => {
                self.if_value(condition, then, otherwise, expected, span)
            }
            ast::ExprKind::Match { subject, arms } => self.match_value(subject, arms, expected, span),
            ast::ExprKind::Query(query) => self.query(query, span),
            ast::ExprKind::All { name, source, condition } => self.all(name, source, condition, span),
        }
    }

    /// A construct of a later version.
    pub(super) fn later(&mut self, words: &str, span: Span) -> Expr {
        self.refuse(names::later(words, span), span)
    }

    fn money(&mut self, amount: rust_decimal::Decimal, code: &ast::Ident, span: Span) -> Expr {
        if currencies::known(&code.name).is_none() {
            return self.refuse(names::bad_currency(&code.name, code.span), span);
        }
        match constants::money(amount, &code.name) {
            Some(money) => constant(Value::Money(money), Ty::MoneyIn(money.currency), span),
            None => self.refuse(types::amount_does_not_fit(span), span),
        }
    }

    fn particular(&mut self, entity: &ast::Ident, key: &ast::Expr, span: Span) -> Expr {
        let id = self.entity_named(entity);
        let key = self.expr_as(key, &Ty::Text, None);
        match (id, key.kind) {
            (Some(entity), ExprKind::Const(Value::Text(key))) => {
                Expr { kind: ExprKind::Particular { entity, key }, ty: Ty::Ref(entity), span }
            }
            (Some(_), kind) if !matches!(kind, ExprKind::Error) => {
                self.refuse(records::particular_needs_constant(key.span), span)
            }
            _ => error(span),
        }
    }

    fn index(&mut self, list: &ast::Expr, index: &ast::Expr, span: Span) -> Expr {
        let list = self.expr(list, None);
        let list = self.present(list);
        let index = self.expr_as(index, &Ty::Int, None);
        match list.ty.clone() {
            Ty::List(item) => Expr { kind: ExprKind::Index(Box::new(list), Box::new(index)), ty: *item, span },
            Ty::Error => error(span),
            other => {
                let found = self.show(&other);
                self.refuse(types::not_a_list(&found, list.span), span)
            }
        }
    }

    fn unwrap(&mut self, inner: &ast::Expr, expected: Option<&Ty>, span: Span) -> Expr {
        let wanted = expected.map(|ty| ty.clone().optional());
        let value = self.expr(inner, wanted.as_ref());
        match value.ty.clone() {
            Ty::Optional(ty) => Expr { kind: ExprKind::Unwrap(Box::new(value)), ty: *ty, span },
            Ty::Error => error(span),
            Ty::None => self.refuse(types::none_not_allowed("a value", value.span), span),
            // What is known to be there needs no `!`; it does no harm.
            _ => value,
        }
    }

    fn if_value(
        &mut self,
        condition: &ast::Expr,
        then: &ast::Expr,
        otherwise: &ast::Expr,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let condition = self.condition(condition);
        let (yes, no) = (self.facts_of(&condition, true), self.facts_of(&condition, false));
        let then = self.assuming(yes, |checker| checker.expr(then, expected));
        // A bare member takes its type from the other side.
        let like = expected.cloned().unwrap_or_else(|| then.ty.clone());
        let otherwise = self.assuming(no, |checker| checker.expr(otherwise, Some(&like)));
        let Some(ty) = self.joined(&[&then, &otherwise], expected) else { return error(span) };
        let then = self.coerce(then, &ty, None);
        let otherwise = self.coerce(otherwise, &ty, None);
        Expr { kind: ExprKind::If(Box::new(condition), Box::new(then), Box::new(otherwise)), ty, span }
    }

    /// The one type of several alternatives; a message where they have none.
    pub(super) fn joined(&mut self, values: &[&Expr], expected: Option<&Ty>) -> Option<Ty> {
        if let Some(expected) = expected.filter(|ty| **ty != Ty::Error) {
            return Some(expected.clone());
        }
        let mut all = values.iter();
        let mut ty = all.next()?.ty.clone();
        for value in all {
            match self.common(&ty, &value.ty) {
                Some(common) => ty = common,
                None => {
                    let (a, b) = (self.show(&ty), self.show(&value.ty));
                    let first = values.first().map_or(value.span, |first| first.span);
                    self.report(types::alternatives_differ(&a, first, &b, value.span));
                    return None;
                }
            }
        }
        Some(ty)
    }

    /// An upper-case name alone where a value is expected.
    fn type_as_value(&mut self, name: &ast::Ident, expected: Option<&Ty>) -> Expr {
        if let Some(Def::Role(role)) = self.names.get(self.file, &name.name).map(|entry| &entry.def) {
            let member = self.schema.roles.get(usize::from(role.0)).and_then(|role| role.member);
            return member
                .map_or(error(name.span), |(of, value)| constant(Value::Enum(value), Ty::Enum(of), name.span));
        }
        let members = self.expected_enum(expected).map_or(&[][..], |(_, known)| known.members.as_slice());
        // Only the stages of flows begin with a capital letter.
        if let Some((id, known)) = self.expected_enum(expected)
            && let Some(stage) = known.members.iter().find(|member| member.name == name.name)
        {
            return constant(Value::Enum(stage.value), Ty::Enum(id), name.span);
        }
        if let Some((_, known)) = self.expected_enum(expected)
            && known.members.iter().any(|member| member.name.starts_with(|first: char| first.is_ascii_uppercase()))
            && self.names.get(self.file, &name.name).is_none()
        {
            let all: Vec<&str> = known.members.iter().map(|member| member.name.as_str()).collect();
            let near = did_you_mean(&name.name, all.iter().copied());
            let message = uses::unknown_member(&name.name, &known.name, name.span, known.span, &near, &all);
            return self.refuse(message, name.span);
        }
        if let Some(member) = members.iter().find(|member| member.name.eq_ignore_ascii_case(&name.name)) {
            let member = member.name.clone();
            return self.refuse(uses::member_in_upper_case(&name.name, &member, name.span), name.span);
        }
        let enumeration = self.enum_named(name);
        let message = match (self.names.get(self.file, &name.name), enumeration) {
            (_, Enumerated::Broken) => return error(name.span),
            (None, _) => uses::unknown_upper(&name.name, name.span, &self.near_upper(&name.name)),
            (Some(entry), _) => uses::not_a_value(&name.name, &entry.def, name.span),
        };
        self.refuse(message, name.span)
    }
}
