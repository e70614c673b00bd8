//! Comparisons: equality, order, membership, parts of texts.

use super::{
    checker::{Checker, constant, error},
    convert::wrap,
    operators::{boolean, negated},
};
use crate::{
    base::{pattern::Pattern, span::Span, value::Value},
    sema::{
        errors::types,
        hir::{Comparison, Conversion, Expr, ExprKind},
        schema::{EntityId, FieldId},
        ty::Ty,
    },
    syntax::ast,
};

impl Checker<'_> {
    /// Both sides; a bare member takes its type from the other side.
    fn both_sides(&mut self, left: &ast::Expr, right: &ast::Expr) -> (Expr, Expr) {
        if self.is_bare(left) && !self.is_bare(right) {
            let right = self.expr(right, None);
            let ty = right.ty.clone();
            (self.expr(left, Some(&ty)), right)
        } else {
            let left = self.expr(left, None);
            let ty = left.ty.clone();
            let right = self.expr(right, Some(&ty));
            (left, right)
        }
    }

    /// Whether this may be a bare member: a name that is not in scope, or two of them.
    fn is_bare(&self, written: &ast::Expr) -> bool {
        match &written.kind {
            ast::ExprKind::Name(name) => self.lookup(&name.name).is_none(),
            // The stage of a flow.
            ast::ExprKind::TypeName(_) => true,
            ast::ExprKind::Member { base, .. } => {
                matches!(&base.kind, ast::ExprKind::Name(_)) && self.is_bare(base) && !is_word(base)
            }
            ast::ExprKind::Paren(inner) => self.is_bare(inner),
            _ => false,
        }
    }

    /// `a == b`, `a < b`.
    pub(super) fn comparison(
        &mut self,
        op: Comparison,
        op_span: Span,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Expr {
        if let Some(test) = self.state_of_status(op, left, right, span) {
            return test;
        }
        let (left, right) = self.both_sides(left, right);
        if left.ty == Ty::Error || right.ty == Ty::Error {
            return Expr { ty: Ty::Bool, ..error(span) };
        }
        let is_equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
        if is_equality && (left.ty == Ty::None || right.ty == Ty::None) {
            let value = if left.ty == Ty::None { right } else { left };
            let test = self.none_test(value, span);
            return if op == Comparison::Equal { test } else { negated(test) };
        }
        self.compare(op, op_span, left, right, span)
    }

    /// Compares two values of types that fit.
    pub(super) fn compare(&mut self, op: Comparison, op_span: Span, left: Expr, right: Expr, span: Span) -> Expr {
        let is_equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
        let (a, b) = (left.ty.present().clone(), right.ty.present().clone());
        if let (Ty::MoneyIn(x), Ty::MoneyIn(y)) = (&a, &b)
            && x != y
        {
            return self.refuse(types::currencies_differ(*x, *y, right.span, Some(left.span)), span);
        }
        if !overlap(&a, &b) {
            let message = types::entities_never_equal(&self.show(&a), &self.show(&b), op_span, left.span, right.span);
            return self.refuse(message, span);
        }
        let Some(common) =
            self.common(&a, &b).filter(|ty| if is_equality { has_equality(ty) } else { ty.is_ordered() })
        else {
            let message = types::cannot_compare(&self.show(&a), &self.show(&b), is_equality, op_span, span);
            let message = match (self.literal_instead(&left, &b), self.literal_instead(&right, &a)) {
                (_, Some(written)) => types::write_literal(message, written, right.span),
                (Some(written), None) => types::write_literal(message, written, left.span),
                (None, None) => message,
            };
            return self.refuse(message, span);
        };
        let fit = |ty: &Ty| if ty.is_optional() { common.clone().optional() } else { common.clone() };
        let (to_left, to_right) = (fit(&left.ty), fit(&right.ty));
        let left = self.coerce(left, &to_left, None);
        let right = self.coerce(right, &to_right, None);
        let (left, right) = self.without_case(left, right);
        boolean(ExprKind::Compare(op, Box::new(left), Box::new(right)), span)
    }

    /// Both sides in small letters, where one of them is a caseless field.
    fn without_case(&self, left: Expr, right: Expr) -> (Expr, Expr) {
        let (is_left, is_right) = (self.is_caseless(&left), self.is_caseless(&right));
        if is_left || is_right { (fold(left, is_left), fold(right, is_right)) } else { (left, right) }
    }

    /// Whether a value is that of a caseless field.
    pub(super) fn is_caseless(&self, value: &Expr) -> bool {
        let caseless = |entity: EntityId, field: FieldId| {
            let declared = self.schema.entity(entity).and_then(|e| e.fields.get(usize::from(field.0)));
            declared.is_some_and(|field| field.caseless)
        };
        match &value.kind {
            ExprKind::Field { entity, field, .. } => caseless(*entity, *field),
            ExprKind::UnionField { fields, .. } => fields.iter().any(|(entity, field)| caseless(*entity, *field)),
            ExprKind::Convert(_, inner) | ExprKind::Unwrap(inner) => self.is_caseless(inner),
            ExprKind::IfPresent { then, .. } => self.is_caseless(then),
            _ => false,
        }
    }

    /// `deal.status == lost`: any of its statuses.
    fn state_of_status(&mut self, op: Comparison, left: &ast::Expr, right: &ast::Expr, span: Span) -> Option<Expr> {
        let is_equal = match op {
            Comparison::Equal => true,
            Comparison::NotEqual => false,
            _ => return None,
        };
        let ast::ExprKind::Name(name) = &right.kind else { return None };
        if self.lookup(&name.name).is_some() {
            return None;
        }
        let ast::ExprKind::Member { name: field, .. } = &left.kind else { return None };
        if field.name != "status" {
            return None;
        }
        let value = self.expr(left, None);
        let Some((_, declared)) = self.expected_enum(Some(&value.ty)) else {
            return (value.ty == Ty::Error).then(|| Expr { ty: Ty::Bool, ..error(span) });
        };
        let entity = declared.entity?;
        if let Some(status) = declared.members.iter().find(|member| member.name == name.name) {
            let status = constant(Value::Enum(status.value), value.ty.present().clone(), name.span);
            return Some(self.compare(op, span, value, status, span));
        }
        let members = self.statuses_of(entity, &name.name)?;
        let test = boolean(ExprKind::OneOf(Box::new(value), members), span);
        Some(if is_equal { test } else { negated(test) })
    }

    /// The statuses of a state, by the state's name.
    pub(super) fn statuses_of(&self, entity: EntityId, state: &str) -> Option<Vec<i32>> {
        let states = self.schema.entity(entity)?.states.as_ref()?;
        let number = self.schema.enumeration(states.state)?.members.iter().find(|m| m.name == state)?.value;
        let statuses = &self.schema.enumeration(states.status)?.members;
        Some(statuses.iter().zip(&states.state_of).filter(|(_, of)| **of == number).map(|(m, _)| m.value).collect())
    }

    /// `x in xs`.
    pub(super) fn within(&mut self, left: &ast::Expr, right: &ast::Expr, is_negated: bool, span: Span) -> Expr {
        let left = self.expr(left, None);
        let element = left.ty.present().clone();
        let list = Ty::List(Box::new(element.clone()));
        let right = self.expr(right, Some(&list));
        let right = self.present(right);
        let item = match &right.ty {
            Ty::List(item) | Ty::Set(item) => (**item).clone(),
            Ty::Error => return error(span),
            other => {
                let shown = self.show(other);
                return self.refuse(types::not_a_list(&shown, right.span), span);
            }
        };
        let wanted = if left.ty.is_optional() { item.clone().optional() } else { item };
        let left = self.coerce(left, &wanted, Some(right.span));
        let is_optional = left.ty.is_optional();
        let (left, right) = match self.without_case_in(left, right) {
            Ok(sides) => sides,
            Err(message) => return self.refuse(*message, span),
        };
        let there = is_optional.then(|| negated(boolean(ExprKind::IsNone(Box::new(left.clone())), span)));
        let test = match constant_members(&right) {
            Some(members) if matches!(element, Ty::Enum(_)) => ExprKind::OneOf(Box::new(left), members),
            _ => ExprKind::Compare(Comparison::In, Box::new(left), Box::new(right)),
        };
        let test = boolean(test, span);
        match (is_negated, there) {
            (false, _) => test,
            (true, None) => negated(test),
            (true, Some(there)) => boolean(ExprKind::And(Box::new(there), Box::new(negated(test))), span),
        }
    }

    /// A caseless field and the texts of a list, which has to be written out.
    fn without_case_in(&self, left: Expr, right: Expr) -> Result<(Expr, Expr), Box<crate::diag::Diagnostic>> {
        if !self.is_caseless(&left) {
            return Ok((left, right));
        }
        match right.kind {
            ExprKind::List(items) => {
                let items = items.into_iter().map(|item| fold(item, false)).collect();
                Ok((fold(left, true), Expr { kind: ExprKind::List(items), ..right }))
            }
            _ => Err(Box::new(types::caseless_in_list(left.span, right.span))),
        }
    }

    /// `text contains text`, `list contains element`.
    pub(super) fn contains(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let left = self.expr(left, None);
        let (wanted, is_text) = match left.ty.present() {
            Ty::Text => (Ty::Text, true),
            Ty::List(item) | Ty::Set(item) => ((**item).clone(), false),
            Ty::Error => {
                self.expr(right, Some(&Ty::Error));
                return error(span);
            }
            other => {
                let shown = self.show(other);
                return self.refuse(types::contains_nothing(&shown, left.span), span);
            }
        };
        let right = self.expr(right, Some(&wanted));
        let wanted = if is_text && right.ty.is_optional() { wanted.optional() } else { wanted };
        let right = self.coerce(right, &wanted, None);
        let (left, right) = if is_text { self.without_case(left, right) } else { (left, right) };
        boolean(ExprKind::Compare(Comparison::Contains, Box::new(left), Box::new(right)), span)
    }

    /// `a starts with b`.
    pub(super) fn text_test(&mut self, op: Comparison, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let text = Ty::Text.optional();
        let mut side = |written: &ast::Expr| {
            let value = self.expr(written, Some(&Ty::Text));
            if value.ty == Ty::Text { value } else { self.coerce(value, &text, None) }
        };
        let (left, right) = (side(left), side(right));
        let (left, right) = self.without_case(left, right);
        boolean(ExprKind::Compare(op, Box::new(left), Box::new(right)), span)
    }

    /// `code matches r"^[A-Z]+$"`: the pattern is a fixed text that can be read.
    pub(super) fn matches(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let test = self.text_test(Comparison::Matches, left, right, span);
        let ExprKind::Compare(_, left, pattern) = &test.kind else { return test };
        if left.ty == Ty::Error || pattern.ty == Ty::Error {
            return error(span);
        }
        let refused = match &pattern.kind {
            ExprKind::Const(Value::Text(text)) => match Pattern::new(text) {
                Ok(_) => return test,
                Err(reason) => types::unreadable_pattern(&reason, pattern.span),
            },
            _ => types::pattern_not_fixed(pattern.span),
        };
        self.refuse(refused, span)
    }

    /// `x between a and b`: absent operands make it false.
    pub(super) fn between(&mut self, value: &ast::Expr, low: &ast::Expr, high: &ast::Expr, span: Span) -> Expr {
        let value = self.expr(value, None);
        let ty = value.ty.clone();
        let low = self.expr(low, Some(&ty));
        let high = self.expr(high, Some(&ty));
        if [&value, &low, &high].iter().any(|side| side.ty == Ty::Error) {
            return error(span);
        }
        let above = self.compare(Comparison::GreaterEqual, span, value.clone(), low, span);
        if above.ty == Ty::Error {
            return above;
        }
        let below = self.compare(Comparison::LessEqual, span, value, high, span);
        boolean(ExprKind::And(Box::new(above), Box::new(below)), span)
    }
}

/// A text in small letters.
pub(super) fn fold(value: Expr, stored: bool) -> Expr {
    let ty = value.ty.clone();
    if *ty.present() == Ty::Text { wrap(Conversion::Fold { stored }, ty, value) } else { value }
}

/// Whether the base of a member is a word of the language.
fn is_word(base: &ast::Expr) -> bool {
    matches!(&base.kind, ast::ExprKind::Name(name)
        if matches!(name.name.as_str(), "old" | "trigger" | "process" | "inputs" | "result" | "config" | "secret" | "me"))
}

/// The stored numbers of a list of constant members.
fn constant_members(list: &Expr) -> Option<Vec<i32>> {
    let ExprKind::List(items) = &list.kind else { return None };
    items
        .iter()
        .map(|item| match item.kind {
            ExprKind::Const(Value::Enum(member)) => Some(member),
            _ => None,
        })
        .collect()
}

/// Whether two references may be of one record; true for other types.
fn overlap(a: &Ty, b: &Ty) -> bool {
    let (left, right) = (a.entities(), b.entities());
    left.is_empty() || right.is_empty() || left.iter().any(|entity| right.contains(entity))
}

fn has_equality(ty: &Ty) -> bool {
    !matches!(ty, Ty::Fault | Ty::Void | Ty::Pending(_))
}
