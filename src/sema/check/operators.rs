//! Operators: logic, comparisons, arithmetic, tests.

use super::checker::{Checker, constant, error};
use crate::{
    base::{span::Span, value::Value},
    sema::{
        errors::{records, types},
        hir::{Arithmetic, Comparison, Conversion, Expr, ExprKind},
        schema::EntityId,
        ty::Ty,
    },
    syntax::ast::{self, BinaryOp, IsTest, UnaryOp},
};

/// An operator with its place.
pub(super) type Operator = (BinaryOp, Span);

fn boolean(kind: ExprKind, span: Span) -> Expr {
    Expr { kind, ty: Ty::Bool, span }
}

fn negated(value: Expr) -> Expr {
    let span = value.span;
    boolean(ExprKind::Not(Box::new(value)), span)
}

impl Checker<'_> {
    /// `-x`, `not x`.
    pub(super) fn unary(&mut self, op: UnaryOp, inner: &ast::Expr, expected: Option<&Ty>, span: Span) -> Expr {
        if op == UnaryOp::Not {
            let value = self.condition(inner);
            if let ExprKind::Compare(comparison, a, b) = &value.kind
                && !matches!(comparison, Comparison::Equal | Comparison::NotEqual)
                && (a.ty.is_optional() || b.ty.is_optional())
            {
                self.report(types::negated_comparison(span));
            }
            return boolean(ExprKind::Not(Box::new(value)), span);
        }
        let value = self.expr(inner, expected);
        let value = self.present(value);
        match &value.ty {
            Ty::Int | Ty::Decimal | Ty::Money | Ty::MoneyIn(_) | Ty::Duration => {
                let ty = value.ty.clone();
                Expr { kind: ExprKind::Negate(Box::new(value)), ty, span }
            }
            Ty::Error => error(span),
            other => {
                let shown = self.show(other);
                self.refuse(types::cannot_negate(&shown, value.span), span)
            }
        }
    }

    /// `a + b`, `a and b`, `a == b`, …
    pub(super) fn binary(
        &mut self,
        op: Operator,
        left: &ast::Expr,
        right: &ast::Expr,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        match op.0 {
            BinaryOp::And | BinaryOp::Or => self.logic(op.0 == BinaryOp::And, left, right, span),
            BinaryOp::Coalesce => self.coalesce(left, right, expected, span),
            BinaryOp::Equal => self.comparison(Comparison::Equal, op.1, left, right, span),
            BinaryOp::NotEqual => self.comparison(Comparison::NotEqual, op.1, left, right, span),
            BinaryOp::Less => self.comparison(Comparison::Less, op.1, left, right, span),
            BinaryOp::LessEqual => self.comparison(Comparison::LessEqual, op.1, left, right, span),
            BinaryOp::Greater => self.comparison(Comparison::Greater, op.1, left, right, span),
            BinaryOp::GreaterEqual => self.comparison(Comparison::GreaterEqual, op.1, left, right, span),
            BinaryOp::In => self.within(left, right, false, span),
            BinaryOp::NotIn => self.within(left, right, true, span),
            BinaryOp::Contains => self.contains(left, right, span),
            BinaryOp::StartsWith => self.text_test(Comparison::StartsWith, left, right, span),
            BinaryOp::EndsWith => self.text_test(Comparison::EndsWith, left, right, span),
            BinaryOp::Matches => self.later("patterns (`matches`)", op.1),
            BinaryOp::Under => self.under(op.1, left, right, false, span),
            BinaryOp::UnderOrEqual => self.under(op.1, left, right, true, span),
            BinaryOp::NotUnder => negated(self.under(op.1, left, right, false, span)),
            BinaryOp::Add => self.arithmetic(Arithmetic::Add, op.1, left, right, span),
            BinaryOp::Subtract => self.arithmetic(Arithmetic::Subtract, op.1, left, right, span),
            BinaryOp::Append => self.arithmetic(Arithmetic::Append, op.1, left, right, span),
            BinaryOp::Multiply => self.arithmetic(Arithmetic::Multiply, op.1, left, right, span),
            BinaryOp::Divide => self.arithmetic(Arithmetic::Divide, op.1, left, right, span),
            BinaryOp::IntDivide => self.arithmetic(Arithmetic::IntDivide, op.1, left, right, span),
            BinaryOp::Modulo => self.arithmetic(Arithmetic::Modulo, op.1, left, right, span),
        }
    }

    fn logic(&mut self, is_and: bool, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let left = self.condition(left);
        let facts = self.facts_of(&left, is_and);
        let right = self.assuming(facts, |checker| checker.condition(right));
        let (left, right) = (Box::new(left), Box::new(right));
        boolean(if is_and { ExprKind::And(left, right) } else { ExprKind::Or(left, right) }, span)
    }

    fn coalesce(&mut self, left: &ast::Expr, right: &ast::Expr, expected: Option<&Ty>, span: Span) -> Expr {
        let wanted = expected.map(|ty| ty.clone().optional());
        let left = self.expr(left, wanted.as_ref());
        let inner = left.ty.present().clone();
        let facts = self.presence(&left, false);
        let right = self.assuming(facts, |checker| {
            checker.expr(right, Some(if inner == Ty::None { expected.unwrap_or(&inner) } else { &inner }))
        });
        match &left.ty {
            Ty::Error => return error(span),
            Ty::None => return right,
            Ty::Optional(_) => {}
            _ => {
                self.report(types::never_absent(left.span, right.span));
                return left;
            }
        }
        let Some(ty) = self.common(&inner, &right.ty) else {
            let (a, b) = (self.show(&inner), self.show(&right.ty));
            return self.refuse(types::alternatives_differ(&a, left.span, &b, right.span), span);
        };
        let right = self.coerce(right, &ty, None);
        let left = self.coerce(left, &ty.present().clone().optional(), None);
        Expr { kind: ExprKind::Coalesce(Box::new(left), Box::new(right)), ty, span }
    }

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
            ast::ExprKind::Member { base, .. } => {
                matches!(&base.kind, ast::ExprKind::Name(_)) && self.is_bare(base) && !is_word(base)
            }
            ast::ExprKind::Paren(inner) => self.is_bare(inner),
            _ => false,
        }
    }

    fn comparison(&mut self, op: Comparison, op_span: Span, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
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
        let Some(common) = self.common(&a, &b).filter(|ty| if is_equality { has_equality(ty) } else { has_order(ty) })
        else {
            let message = types::cannot_compare(&self.show(&a), &self.show(&b), is_equality, op_span, span);
            return self.refuse(message, span);
        };
        let fit = |ty: &Ty| if ty.is_optional() { common.clone().optional() } else { common.clone() };
        let (to_left, to_right) = (fit(&left.ty), fit(&right.ty));
        let left = self.coerce(left, &to_left, None);
        let right = self.coerce(right, &to_right, None);
        boolean(ExprKind::Compare(op, Box::new(left), Box::new(right)), span)
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
    fn within(&mut self, left: &ast::Expr, right: &ast::Expr, is_negated: bool, span: Span) -> Expr {
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

    /// `text contains text`, `list contains element`.
    fn contains(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
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
        boolean(ExprKind::Compare(Comparison::Contains, Box::new(left), Box::new(right)), span)
    }

    fn text_test(&mut self, op: Comparison, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let text = Ty::Text.optional();
        let mut side = |written: &ast::Expr| {
            let value = self.expr(written, Some(&Ty::Text));
            if value.ty == Ty::Text { value } else { self.coerce(value, &text, None) }
        };
        let (left, right) = (side(left), side(right));
        boolean(ExprKind::Compare(op, Box::new(left), Box::new(right)), span)
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

    /// `a under b`.
    fn under(&mut self, op_span: Span, low: &ast::Expr, high: &ast::Expr, or_equal: bool, span: Span) -> Expr {
        let low = self.expr(low, None);
        let high = self.expr(high, None);
        if low.ty == Ty::Error || high.ty == Ty::Error {
            return error(span);
        }
        let (Ty::Ref(a), Ty::Ref(b)) = (low.ty.present(), high.ty.present()) else {
            let message = types::cannot_compare(&self.show(&low.ty), &self.show(&high.ty), true, op_span, span);
            return self.refuse(message, span);
        };
        let entity = *a;
        if a != b {
            let (a, b) = (self.show(low.ty.present()), self.show(high.ty.present()));
            return self.refuse(types::entities_never_equal(&a, &b, op_span, low.span, high.span), span);
        }
        let declared = self.schema.entity(entity);
        if let Some(declared) = declared.filter(|declared| declared.hierarchy.is_none()) {
            return self.refuse(records::no_hierarchy(&declared.name, op_span, declared.span), span);
        }
        self.with_present(low, move |checker, low| {
            checker.with_present(high, move |_, high| {
                let kind = ExprKind::Under { entity, low: Box::new(low), high: Box::new(high), or_equal };
                boolean(kind, span)
            })
        })
    }

    /// A test of a value that is there; false where it is absent.
    fn with_present(&mut self, value: Expr, test: impl FnOnce(&mut Self, Expr) -> Expr) -> Expr {
        if !value.ty.is_optional() {
            return test(self, value);
        }
        let span = value.span;
        match self.map_present(value, |checker, present| Ok(test(checker, present))) {
            Ok(tested) => {
                let otherwise = Box::new(constant(Value::Bool(false), Ty::Bool, span));
                boolean(ExprKind::Coalesce(Box::new(tested), otherwise), span)
            }
            Err(value) => value,
        }
    }

    /// `x is none`, `x is Account`, `x is deleted`.
    pub(super) fn is(&mut self, value: &ast::Expr, test: &IsTest, is_negated: bool, span: Span) -> Expr {
        let result = match test {
            IsTest::None => {
                let value = self.expr(value, None);
                self.none_test(value, span)
            }
            IsTest::Deleted => self.deleted_test(value, span),
            IsTest::Entity(written) => self.entity_test(value, written, span),
        };
        if is_negated && result.ty != Ty::Error { negated(result) } else { result }
    }

    fn none_test(&mut self, value: Expr, span: Span) -> Expr {
        match &value.ty {
            Ty::Optional(_) => boolean(ExprKind::IsNone(Box::new(value)), span),
            Ty::Error => error(span),
            _ => {
                if !matches!(value.kind, ExprKind::Convert(Conversion::Known, _)) {
                    self.report(types::never_none(&self.show(&value.ty), value.span));
                }
                constant(Value::Bool(value.ty == Ty::None), Ty::Bool, span)
            }
        }
    }

    fn deleted_test(&mut self, value: &ast::Expr, span: Span) -> Expr {
        let value = self.expr(value, None);
        match value.ty.present() {
            Ty::Ref(_) | Ty::Union(_) | Ty::AnyRef => {
                let value = self.present(value);
                boolean(ExprKind::IsDeleted(Box::new(value)), span)
            }
            Ty::Error => error(span),
            other => {
                let shown = self.show(other);
                self.refuse(records::not_a_record(&shown, value.span), span)
            }
        }
    }

    fn entity_test(&mut self, value: &ast::Expr, written: &ast::TypeExpr, span: Span) -> Expr {
        let value = self.expr(value, None);
        let tested = self.resolve(written);
        if value.ty == Ty::Error || tested == Ty::Error {
            return error(span);
        }
        let entities = tested.entities();
        let possible = value.ty.entities();
        let is_any = *value.ty.present() == Ty::AnyRef;
        if entities.is_empty() || (!is_any && !entities.iter().any(|entity| possible.contains(entity))) {
            let (shown, tested) = (self.show(&value.ty), self.show(&tested));
            return self.refuse(types::never_is(&shown, &tested, value.span, written.span), span);
        }
        boolean(ExprKind::IsEntity(Box::new(value), entities), span)
    }

    fn arithmetic(&mut self, op: Arithmetic, op_span: Span, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let left = self.expr(left, None);
        let right = self.expr(right, None);
        if left.ty == Ty::Error || right.ty == Ty::Error {
            return error(span);
        }
        if self.is_moment && (left.ty.is_optional() || right.ty.is_optional()) {
            return self.lifted(op, op_span, left, right, span);
        }
        let left = self.present(left);
        let right = self.present(right);
        self.calculate(op, op_span, left, right, span)
    }

    /// In a moment, absent values are passed on.
    fn lifted(&mut self, op: Arithmetic, op_span: Span, left: Expr, right: Expr, span: Span) -> Expr {
        let (first, is_left) = if left.ty.is_optional() { (left.clone(), true) } else { (right.clone(), false) };
        let result = self.map_present(first, |checker, present| {
            let (left, right) = if is_left { (present, right) } else { (left, present) };
            let value = if left.ty.is_optional() || right.ty.is_optional() {
                checker.lifted(op, op_span, left, right, span)
            } else {
                checker.calculate(op, op_span, left, right, span)
            };
            if value.ty == Ty::Error { Err(value) } else { Ok(value) }
        });
        result.unwrap_or_else(|_| error(span))
    }

    /// Arithmetic of two present values.
    pub(super) fn calculate(&mut self, op: Arithmetic, op_span: Span, left: Expr, right: Expr, span: Span) -> Expr {
        if left.ty == Ty::Error || right.ty == Ty::Error {
            return error(span);
        }
        if let (Ty::MoneyIn(a), Ty::MoneyIn(b)) = (&left.ty, &right.ty)
            && a != b
            && matches!(op, Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Divide)
        {
            return self.refuse(types::currencies_differ(*a, *b, right.span, Some(left.span)), span);
        }
        let swaps = op == Arithmetic::Multiply
            && matches!(left.ty, Ty::Int | Ty::Decimal)
            && matches!(right.ty, Ty::Money | Ty::MoneyIn(_) | Ty::Duration);
        let (left, right) = if swaps { (right, left) } else { (left, right) };
        let Some((to_left, to_right, ty)) = arithmetic_types(op, &left.ty, &right.ty) else {
            let (a, b) = (self.show(&left.ty), self.show(&right.ty));
            return self.refuse(types::cannot_calculate(op, &a, &b, op_span, left.span, right.span), span);
        };
        if left.ty == Ty::Date
            && let ExprKind::Const(Value::Duration(duration)) = &right.kind
            && duration.micros != 0
        {
            return self.refuse(types::exact_time_on_date(right.span), span);
        }
        let left = self.coerce(left, &to_left, None);
        let right = self.coerce(right, &to_right, None);
        Expr { kind: ExprKind::Arithmetic(op, Box::new(left), Box::new(right)), ty, span }
    }
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

fn has_order(ty: &Ty) -> bool {
    matches!(
        ty,
        Ty::Int
            | Ty::Decimal
            | Ty::Float
            | Ty::Money
            | Ty::MoneyIn(_)
            | Ty::Text
            | Ty::Date
            | Ty::Time
            | Ty::DateTime
            | Ty::Duration
    )
}

/// What the operands become, and the type of the result.
fn arithmetic_types(op: Arithmetic, left: &Ty, right: &Ty) -> Option<(Ty, Ty, Ty)> {
    use Arithmetic::{Add, Append, Divide, IntDivide, Modulo, Multiply, Subtract};
    let same = |ty: &Ty| Some((ty.clone(), ty.clone(), ty.clone()));
    let keep = |ty: Ty| Some((left.clone(), right.clone(), ty));
    match (op, left, right) {
        (Append, Ty::Text, Ty::Text) => same(&Ty::Text),
        (Append, Ty::List(a), Ty::List(b)) if a == b => same(left),
        (Append, ..) => None,
        (Divide, Ty::Int | Ty::Decimal, Ty::Int | Ty::Decimal) => same(&Ty::Decimal),
        (_, Ty::Int, Ty::Int) => same(&Ty::Int),
        (IntDivide | Modulo, ..) => None,
        (_, Ty::Int | Ty::Decimal, Ty::Int | Ty::Decimal) => same(&Ty::Decimal),
        (Add | Subtract, Ty::MoneyIn(_), Ty::MoneyIn(_)) => same(left),
        (Add | Subtract, Ty::Money | Ty::MoneyIn(_), Ty::Money | Ty::MoneyIn(_)) => same(&Ty::Money),
        (Multiply | Divide, Ty::Money | Ty::MoneyIn(_), Ty::Int | Ty::Decimal) => keep(left.clone()),
        (Divide, Ty::MoneyIn(_), Ty::MoneyIn(_)) => keep(Ty::Decimal),
        (Divide, Ty::Money | Ty::MoneyIn(_), Ty::Money | Ty::MoneyIn(_)) => Some((Ty::Money, Ty::Money, Ty::Decimal)),
        (Add | Subtract, Ty::Date | Ty::DateTime, Ty::Duration) => keep(left.clone()),
        (Subtract, Ty::Date, Ty::Date) | (Subtract, Ty::DateTime, Ty::DateTime) => keep(Ty::Duration),
        (Add | Subtract, Ty::Duration, Ty::Duration) => same(&Ty::Duration),
        (Multiply, Ty::Duration, Ty::Int) => keep(Ty::Duration),
        _ => None,
    }
}
