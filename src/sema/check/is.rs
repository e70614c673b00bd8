//! Tests of records: `is none`, `is Account`, `is deleted`, `under`.

use super::{
    checker::{Checker, constant, error},
    operators::{boolean, negated},
};
use crate::{
    base::{span::Span, value::Value},
    sema::{
        errors::{records, types},
        hir::{Conversion, Expr, ExprKind},
        ty::Ty,
    },
    syntax::ast::{self, IsTest},
};

impl Checker<'_> {
    /// `a under b`.
    pub(super) fn under(
        &mut self,
        op_span: Span,
        low: &ast::Expr,
        high: &ast::Expr,
        or_equal: bool,
        span: Span,
    ) -> Expr {
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

    /// Whether a value is absent.
    pub(super) fn none_test(&mut self, value: Expr, span: Span) -> Expr {
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
        let value = self.tested_record(value);
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
}
