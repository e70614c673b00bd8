//! `try`, `catch`, `finally`, `raise`.

use super::{
    checker::{Checker, error},
    facts::Flow,
};
use crate::{
    base::span::Span,
    sema::{
        errors::{calls, uses},
        hir::{Catch, Expr, ExprKind, StmtKind},
        names::Def,
        schema::RecordId,
        ty::Ty,
        types::{self, Wanted},
    },
    syntax::ast::{self, FieldInit, Ident},
};

impl Checker<'_> {
    /// `try { } catch e: A { } finally { }`.
    pub(super) fn try_stmt(
        &mut self,
        body: &ast::Block,
        catches: &[ast::Catch],
        finally: Option<&ast::Block>,
    ) -> StmtKind {
        let before = self.flow.clone();
        let (body, trace) = self.traced(|checker| checker.block(body));
        let mut caught = before.clone();
        caught.after(&trace);
        let mut ends: Vec<Flow> = Vec::new();
        let mut typed = Vec::new();
        let mut whole = trace;
        for catch in catches {
            let end = std::mem::replace(&mut self.flow, caught.clone());
            ends.push(end);
            let (catch, trace) = self.traced(|checker| checker.catch(catch));
            whole.extend(trace);
            typed.push(catch);
        }
        self.meet(ends);
        let finally = finally.map(|finally| {
            let mut anywhere = before;
            anywhere.after(&whole);
            let after = std::mem::replace(&mut self.flow, anywhere);
            let span = finally.span;
            self.unsuspendable.push(("finally", Span { end: span.start.saturating_add(1), ..span }));
            let (block, trace) = self.traced(|checker| checker.block(finally));
            self.unsuspendable.pop();
            let is_dead = self.flow.dead;
            self.flow = after;
            self.flow.after(&trace);
            self.flow.dead |= is_dead;
            block
        });
        StmtKind::Try { body, catches: typed, finally }
    }

    fn catch(&mut self, catch: &ast::Catch) -> Catch {
        let errors: Vec<RecordId> = catch.errors.iter().filter_map(|name| self.error_named(name)).collect();
        let ty = match errors.as_slice() {
            _ if errors.len() < catch.errors.len() => Ty::Error,
            [one] => Ty::Record(*one),
            _ => Ty::Fault,
        };
        self.handlers += 1;
        let (bind, body) = self.scoped(|checker| {
            let bind = catch.name.as_ref().map(|name| checker.declare(name, ty, false));
            (bind, checker.block(&catch.body))
        });
        self.handlers -= 1;
        Catch { errors, bind, body }
    }

    /// The error of this name, or a message.
    fn error_named(&mut self, name: &Ident) -> Option<RecordId> {
        match self.names.get(self.file, &name.name).map(|entry| entry.def.clone()) {
            Some(Def::Error(error)) => Some(error),
            Some(Def::Broken | Def::Later(_)) => None,
            Some(def) => {
                self.report(uses::not_an_error(&name.name, &def, name.span));
                None
            }
            None => {
                let near = types::near(self.names, self.file, &name.name, Wanted::Error);
                self.report(uses::unknown_upper(&name.name, name.span, &near));
                None
            }
        }
    }

    /// `raise CreditRefused { reason: "…" }`, `raise`.
    pub(super) fn raise(&mut self, error: Option<&(Ident, Vec<FieldInit>)>, span: Span) -> StmtKind {
        let kind = match error {
            None => {
                if self.handlers == 0 {
                    self.report(calls::raise_outside_catch(span));
                    return StmtKind::Error;
                }
                StmtKind::RaiseAgain
            }
            Some((name, fields)) => {
                let value = self.raised(name, fields, span);
                match value.kind {
                    ExprKind::Error => StmtKind::Error,
                    _ => StmtKind::Raise(value),
                }
            }
        };
        self.flow.dead = true;
        kind
    }

    /// An error with its fields.
    pub(super) fn raised(&mut self, name: &Ident, fields: &[FieldInit], span: Span) -> Expr {
        match self.error_named(name) {
            Some(error) => self.record_fields(error, name.span, fields, span),
            None => {
                fields.iter().for_each(|field| drop(self.expr(&field.value, Some(&Ty::Error))));
                error(name.span)
            }
        }
    }
}
