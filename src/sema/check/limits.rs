//! Limits of values that stand beside their types: the length of a text, the bounds of a field.
//!
//! A fixed value beyond its limits is refused. Of other values a field checks its limits itself when it is written; the
//! length of a text in a name, an input, a result or a record value is checked where the value is stored.

use super::{checker::Checker, convert::wrap, literal::constant_value};
use crate::{
    base::{span::Span, value::Value},
    sema::{
        constants,
        errors::types,
        hir::{Conversion, Expr, ExprKind, LocalId, Place},
        schema::{Field, RecordId},
        ty::Ty,
    },
};

impl Checker<'_> {
    /// Notes the longest text of a name.
    pub(super) fn limit_text(&mut self, local: LocalId, max: Option<u32>) {
        if let Some(max) = max {
            self.text_limits.insert(local, max);
        }
    }

    /// The value as one of at most `max` characters; `cause` is the declaration that says so.
    pub(super) fn limited(&mut self, value: Expr, max: Option<u32>, cause: Option<Span>) -> Expr {
        let Some(max) = max.filter(|_| holds_texts(&value.ty)) else { return value };
        if let ExprKind::List(items) = value.kind {
            let items = items.into_iter().map(|item| self.limited(item, Some(max), cause)).collect();
            return Expr { kind: ExprKind::List(items), ..value };
        }
        match constant_value(&value) {
            Some(fixed) if !self.is_expected_to_fail => {
                self.refuse_longer_in(&fixed, max, value.span, cause);
                value
            }
            None if self.text_max(&value).is_some_and(|known| known <= max) => value,
            // A statement that is expected to fail runs into it.
            _ => {
                let ty = value.ty.clone();
                wrap(Conversion::AtMost(max), ty, value)
            }
        }
    }

    /// A message about a fixed value that its field can never take.
    pub(super) fn refuse_beyond(&mut self, value: &Expr, field: &Field) {
        if self.is_expected_to_fail {
            return;
        }
        let Some(fixed) = constant_value(value) else { return };
        if let Some(max) = field.text_max {
            self.refuse_longer_in(&fixed, max, value.span, Some(field.span));
        }
        let Some((low, high)) = field.bounds.as_deref() else { return };
        let is_below = constants::compare(&fixed, low).is_some_and(std::cmp::Ordering::is_lt);
        let is_above = constants::compare(&fixed, high).is_some_and(std::cmp::Ordering::is_gt);
        if is_below || is_above {
            self.report(types::out_of_bounds(&field.name, is_below, value.span, field.span));
        }
    }

    /// A text, or each one in a list.
    fn refuse_longer_in(&mut self, fixed: &Value, max: u32, span: Span, cause: Option<Span>) {
        match fixed {
            Value::Text(text) => self.refuse_longer(text, max, span, cause),
            Value::List(items) => items.iter().for_each(|item| self.refuse_longer_in(item, max, span, cause)),
            _ => {}
        }
    }

    fn refuse_longer(&mut self, text: &str, max: u32, span: Span, cause: Option<Span>) {
        let length = text.chars().count();
        if u32::try_from(length).is_ok_and(|length| length <= max) {
            return;
        }
        self.report(types::text_too_long(length, max, span, cause));
    }

    /// The longest text of what `set` writes, and whether the place leaves it to the process to look.
    pub(super) fn place_max(&self, place: &Place) -> Option<u32> {
        match place {
            Place::Local { local, path } => match path.last() {
                None => self.text_limits.get(local).copied(),
                Some((record, index)) => self.record_max(*record, *index),
            },
            Place::Input(index) => {
                let (action, _) = self.host.action()?;
                self.schema.process(action)?.params.get(usize::from(*index))?.text_max
            }
            Place::Pending { .. } => None,
        }
    }

    fn record_max(&self, record: RecordId, index: u16) -> Option<u32> {
        self.schema.record(record)?.fields.get(usize::from(index))?.text_max
    }

    /// The longest text that a value can be, where its declaration says so.
    fn text_max(&self, value: &Expr) -> Option<u32> {
        match &value.kind {
            ExprKind::Call { function, .. } => self.schema.function(*function)?.result_max,
            ExprKind::Convert(Conversion::AtMost(max), _) => Some(*max),
            ExprKind::Convert(Conversion::Known | Conversion::Present, inner) | ExprKind::Unwrap(inner) => {
                self.text_max(inner)
            }
            ExprKind::Field { entity, field, .. } => {
                self.schema.entity(*entity)?.fields.get(usize::from(field.0))?.text_max
            }
            ExprKind::Local(local) => self.text_limits.get(local).copied(),
            ExprKind::RecordField { base, index } => match base.ty.present() {
                Ty::Record(record) => self.record_max(*record, *index),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether values of a type are texts, or lists and sets of them.
fn holds_texts(ty: &Ty) -> bool {
    match ty.present() {
        Ty::List(item) | Ty::Set(item) => holds_texts(item),
        other => *other == Ty::Text,
    }
}
