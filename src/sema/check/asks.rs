//! `ask` in processes: a form in somebody's inbox.

use super::{checker::Checker, literal::constant_value};
use crate::{
    base::span::Span,
    sema::{
        errors::{forms as errors, waits},
        hir::{Arithmetic, Ask, Block, Builtin, Expr, ExprKind, StmtKind, WaitArm, WaitArmKind},
        ty::Ty,
        types,
    },
    syntax::ast::{Effect, EffectKind, Ident, Param},
};

impl Checker<'_> {
    /// `ask` standing for itself: waits for the answers.
    pub(super) fn ask_stmt(&mut self, effect: &Effect, span: Span) -> (StmtKind, Ty) {
        let head = Span { end: span.start.saturating_add(3), ..span };
        let ask = self.ask(effect);
        self.suspends("ask", head);
        let Some(ask) = ask else { return (StmtKind::Error, Ty::Error) };
        let answers = ask.answers.clone();
        let kind = WaitArmKind::Ask { ask: Box::new(ask), into: None };
        let arm = WaitArm { kind, body: Block::default(), span };
        (StmtKind::Wait { point: "ask".to_owned(), arms: vec![arm] }, answers)
    }

    /// A form; nothing after a message that leaves it without questions.
    pub(super) fn ask(&mut self, effect: &Effect) -> Option<Ask> {
        let EffectKind::Ask { user, title, fields, due } = &effect.kind else { return None };
        let principal = self.principal();
        let user = self.expr_as(user, &principal, None);
        let title = self.expr_as(title, &Ty::Text, None);
        let due = due.as_deref().map(|due| {
            self.is_moment = true;
            let value = self.expr(due, None);
            self.is_moment = false;
            self.due(value)
        });
        if fields.is_empty() {
            self.report(errors::nothing_asked(effect.span));
            return None;
        }
        let asked: Vec<(Ident, Ty)> = fields.iter().map(|field| (field.name.clone(), self.asked_type(field))).collect();
        self.refuse_asked_twice(&asked);
        let text_max = fields.iter().map(|field| types::text_max(self.names, &field.ty)).collect();
        let fixed = fields.iter().zip(&asked).map(|(field, (_, ty))| {
            let written = field.default.as_ref()?;
            let value = self.expr_as(written, ty, Some(field.name.span));
            let found = constant_value(&value);
            if found.is_none() && value.ty != Ty::Error {
                self.report(crate::sema::errors::types::not_constant(value.span));
            }
            found
        });
        let fixed = fixed.collect();
        let answers = Ty::Named(asked.into_iter().map(|(name, ty)| (name.name, ty)).collect());
        Some(Ask { user, title, due, answers, text_max, fixed })
    }

    /// When a form should be answered: a moment, or so long from now.
    fn due(&mut self, value: Expr) -> Expr {
        let span = value.span;
        match value.ty.present() {
            Ty::Duration => {
                let value = self.present(value);
                let now = Expr {
                    kind: ExprKind::Builtin { builtin: Builtin::Now, args: Vec::new() },
                    ty: Ty::DateTime,
                    span,
                };
                let due = self.calculate(Arithmetic::Add, span, now, value, span);
                self.moment(due)
            }
            Ty::Date | Ty::DateTime | Ty::Error => self.moment(value),
            _ => {
                let shown = self.show(&value.ty);
                self.refuse(waits::neither_duration_nor_moment(&shown, span), span)
            }
        }
    }

    /// The type of a question, of which people can fill in a value.
    pub(super) fn asked_type(&mut self, field: &Param) -> Ty {
        let ty = self.resolve(&field.ty);
        let may_be_asked = match ty.present() {
            Ty::Bool
            | Ty::Date
            | Ty::DateTime
            | Ty::Decimal
            | Ty::Duration
            | Ty::Enum(_)
            | Ty::Error
            | Ty::Float
            | Ty::Int
            | Ty::Money
            | Ty::MoneyIn(_)
            | Ty::Ref(_)
            | Ty::Text
            | Ty::Time
            | Ty::Union(_) => true,
            Ty::Set(of) => matches!(**of, Ty::Enum(_)),
            _ => false,
        };
        if may_be_asked {
            return ty;
        }
        let shown = self.show(&ty);
        self.report(errors::cannot_be_asked(&field.name.name, &shown, field.ty.span));
        Ty::Error
    }

    fn refuse_asked_twice(&mut self, asked: &[(Ident, Ty)]) {
        for (index, (name, _)) in asked.iter().enumerate() {
            if let Some((first, _)) = asked.iter().take(index).find(|(first, _)| first.name == name.name) {
                self.report(errors::asked_twice(&name.name, name.span, first.span));
            }
        }
    }
}
