//! Statements: one arm for each form, blocks and branches.

use super::{
    checker::{Checker, Host, Primary, error, read},
    facts::{Flow, Path},
};
use crate::{
    base::{span::Span, value::Value},
    sema::{
        errors::{calls, forms, records, waits},
        flows::code::told,
        hir::{Block, Conversion, Expr, ExprKind, LocalId, MatchArm, Place, Stmt, StmtKind, TextPiece},
        ty::Ty,
    },
    syntax::ast::{self, ProcessKind},
};

/// The words of the tail of a body.
const ON_CANCEL: &str = "on cancel";

impl Checker<'_> {
    /// Statements in a scope of their own.
    pub(super) fn block(&mut self, block: &ast::Block) -> Block {
        self.statements(&block.stmts)
    }

    fn statements(&mut self, stmts: &[ast::Stmt]) -> Block {
        let mut stmts = self.scoped(|checker| {
            let mut out = Vec::with_capacity(stmts.len());
            let mut is_told = false;
            for stmt in stmts {
                if checker.flow.dead && !checker.flow.unread && !is_told && !matches!(stmt.kind, ast::StmtKind::Error) {
                    is_told = true;
                    checker.report(waits::unreachable(stmt.span));
                }
                checker.stmt_with_answers(stmt, &mut out);
            }
            // What could not be read may have left here: what follows is not judged by this way.
            if stmts.iter().any(|stmt| matches!(stmt.kind, ast::StmtKind::Error)) {
                checker.flow.dead = true;
                checker.flow.unread = true;
            }
            out
        });
        stmts.shrink_to_fit();
        Block { stmts }
    }

    /// The body of a process. What its `on cancel` finds may have been left anywhere in the body, whose names it does
    /// not see.
    pub(super) fn process_block(&mut self, block: &ast::Block) -> Block {
        let Some((ast::Stmt { kind: ast::StmtKind::OnCancel(cancel), span }, rest)) = block.stmts.split_last() else {
            return self.block(block);
        };
        let words = Span { end: span.start.saturating_add(9), ..*span };
        let mut anywhere = self.flow.clone();
        let (body, trace) = self.traced(|checker| checker.statements(rest));
        anywhere.after(&trace);
        let end = std::mem::replace(&mut self.flow, anywhere);
        if self.host.kind() != Some(ProcessKind::Background) {
            self.report(calls::on_cancel_of_kind(words));
        }
        self.unsuspendable.push((ON_CANCEL, words));
        let cancel = self.block(cancel);
        self.unsuspendable.pop();
        self.flow = end;
        Block { stmts: vec![Stmt { kind: StmtKind::OnCancel { body, cancel }, span: *span }] }
    }

    /// A message where a process ends that has ended already.
    fn refuse_second_end(&mut self, verb: &str, span: Span) {
        if let Some((_, around)) = self.unsuspendable.iter().find(|(block, _)| *block == ON_CANCEL).copied() {
            self.report(calls::ends_twice(verb, span, around));
        } else if verb == "return" || self.around.is_undo() {
            self.leaves(verb, span);
        }
    }

    /// One statement; `let x = do …` may become several.
    pub(super) fn stmt(&mut self, stmt: &ast::Stmt, out: &mut Vec<Stmt>) {
        let span = stmt.span;
        if self.refused_in_rule(stmt) {
            return out.push(Stmt { kind: StmtKind::Error, span });
        }
        let kind = match &stmt.kind {
            ast::StmtKind::Error => StmtKind::Error,
            ast::StmtKind::Let { name, ty, value } => {
                return self.let_stmt(name, ty.as_deref(), value.as_ref(), false, span, out);
            }
            ast::StmtKind::Var { name, ty, value } => {
                return self.let_stmt(name, ty.as_deref(), value.as_ref(), true, span, out);
            }
            ast::StmtKind::Set { target, op, value } => return self.set_stmt(target, *op, value, span, out),
            ast::StmtKind::Effect(effect) => {
                let (kind, _) = self.effect(effect, span);
                out.append(&mut self.before);
                kind
            }
            ast::StmtKind::Update { target, fields } => self.update(target, fields, span),
            ast::StmtKind::Change { target, to } if self.is_rule() => self.change_in_rule(target, to, span),
            ast::StmtKind::Change { target, to } => self.change(target, to, span),
            ast::StmtKind::Assign { target, to } => self.assign_owner(target, to, span),
            ast::StmtKind::Delete { target } => self.delete(target, span),
            ast::StmtKind::If { branches, otherwise } => self.if_stmt(branches, otherwise.as_ref()),
            ast::StmtKind::Match { subject, arms } => return self.match_stmt(subject, arms, span, out),
            ast::StmtKind::For { name, source, body } => self.for_stmt(name, source, body),
            ast::StmtKind::While { condition, body } => self.while_stmt(condition, body),
            ast::StmtKind::Break => self.break_stmt(span),
            ast::StmtKind::Continue => self.continue_stmt(span),
            ast::StmtKind::Stage { title, body, .. } => {
                StmtKind::Stage { title: title.clone(), body: self.block(body) }
            }
            ast::StmtKind::WaitFor(duration) => self.wait_for(duration, span),
            ast::StmtKind::WaitUntil(value) => self.wait_until(value, span),
            ast::StmtKind::WaitArms(arms) => self.wait_arms(arms, span),
            ast::StmtKind::Try { body, catches, finally } => self.try_stmt(body, catches, finally.as_ref()),
            ast::StmtKind::Raise { error } => self.raise(error.as_ref(), span),
            ast::StmtKind::Atomic(body) => self.atomic(body, span),
            ast::StmtKind::Checkpoint => self.checkpoint(span),
            ast::StmtKind::Stop { canceled, message } => self.stop(*canceled, message.as_ref(), span),
            ast::StmtKind::Return(value) => return self.return_stmt(value.as_ref(), span, out),
            ast::StmtKind::Log(value) => self.log(value, span),
            ast::StmtKind::OnCancel(body) => {
                self.report(calls::on_cancel_not_last(Span { end: span.start.saturating_add(9), ..span }));
                drop(self.block(body));
                StmtKind::Error
            }
            ast::StmtKind::ActAs { user, body } => self.act_as(user, body.as_ref(), span),
            ast::StmtKind::Cancel(handle) => self.cancel(handle, span),
            ast::StmtKind::Emit { signal, fields, to } => self.emit(signal, fields, to.as_ref(), span),
            ast::StmtKind::Route { target, to } => return self.route(target, to, span, out),
            ast::StmtKind::Share { target, with, rights, undo: false } => {
                return self.share(target, with, rights, span, out);
            }
            ast::StmtKind::Share { target, with, rights, undo: true } => {
                return self.unshare(target, with, rights, span, out);
            }
            ast::StmtKind::Link { item, to, undo } => return self.link(item, to, *undo, span, out),
            ast::StmtKind::Page { title, elements } => return self.page_stmt(title, elements, span, out),
            ast::StmtKind::Test(test) => return self.test_stmt(test, span, out),
            ast::StmtKind::Give(value) => self.give(value, span),
            ast::StmtKind::Saga(body) => self.saga(body, span),
            ast::StmtKind::Undo { stmt, undo } => return self.undo(stmt, undo, span, out),
            ast::StmtKind::Compensate => self.compensate(span),
            ast::StmtKind::Rule(effect) => return self.rule_effect(effect, span, out),
        };
        out.push(Stmt { kind, span });
    }

    /// Whether this place may write or start something; a message if not.
    pub(super) fn may_act(&mut self, verb: &str, span: Span) -> bool {
        let is_pure = matches!(self.host, Host::Function(_) | Host::Constant | Host::ShownAs(_) | Host::OnlyIf(_));
        if is_pure {
            self.report(calls::acts_in_function(verb, span));
        }
        !is_pure
    }

    fn if_stmt(&mut self, branches: &[(ast::Expr, ast::Block)], otherwise: Option<&ast::Block>) -> StmtKind {
        let mut ends: Vec<Flow> = Vec::new();
        let mut typed = Vec::new();
        for (condition, body) in branches {
            let condition = self.condition(condition);
            let (yes, no) = (self.facts_of(&condition, true), self.facts_of(&condition, false));
            let before = self.flow.clone();
            self.flow.learn(yes);
            let body = self.block(body);
            ends.push(std::mem::replace(&mut self.flow, before));
            self.flow.learn(no);
            typed.push((condition, body));
        }
        let otherwise = otherwise.map(|block| self.block(block));
        self.meet(ends);
        StmtKind::If { branches: typed, otherwise }
    }

    /// Joins the ends of other ways into this one.
    pub(super) fn meet(&mut self, ends: Vec<Flow>) {
        let mut flow = std::mem::take(&mut self.flow);
        for end in ends {
            flow = flow.join(end);
        }
        self.flow = flow;
    }

    fn match_stmt(&mut self, subject: &ast::Expr, arms: &[ast::MatchArm], span: Span, out: &mut Vec<Stmt>) {
        let (mut state, local) = self.match_subject(subject);
        let mut ends: Vec<Flow> = Vec::new();
        let mut typed: Vec<MatchArm<Block>> = Vec::new();
        for arm in arms {
            let before = self.flow.clone();
            let (patterns, guard) = self.arm(&mut state, &arm.pattern, arm.guard.as_ref());
            let body = self.block(&arm.body);
            ends.push(std::mem::replace(&mut self.flow, before));
            typed.push(MatchArm { patterns, guard, body });
        }
        self.exhaustive(&state, subject.span);
        match self.match_rest(&state) {
            Some(open) => self.flow.learn(open),
            None => self.flow.dead = true,
        }
        self.meet(ends);
        let subject = Self::into_subject(state);
        let place = Place::Local { local, path: Vec::new() };
        out.push(Stmt { kind: StmtKind::Assign { place, value: subject.clone() }, span: subject.span });
        out.push(Stmt { kind: StmtKind::Match { subject: local, arms: typed }, span });
    }

    fn stop(&mut self, canceled: bool, message: Option<&ast::Expr>, span: Span) -> StmtKind {
        let message = message.map(|message| self.expr_as(message, &Ty::Text, None));
        self.refuse_second_end("stop", span);
        match self.host {
            Host::Process(..) => self.flow.dead = true,
            _ => self.report(calls::stop_outside_process(span)),
        }
        StmtKind::Stop { canceled, message }
    }

    fn return_stmt(&mut self, value: Option<&ast::Rhs>, span: Span, out: &mut Vec<Stmt>) {
        self.refuse_second_end("return", span);
        let (result, text_max) = match self.host {
            Host::Function(head) => (head.result.clone(), head.result_max),
            Host::Process(head) => (head.result.clone(), head.result_max),
            _ => {
                self.report(calls::return_outside(span));
                (Ty::Error, None)
            }
        };
        let value = match (value, &result) {
            (Some(value), Ty::Void) => {
                let value = self.rhs(value, Some(&Ty::Error), out);
                self.report(calls::returns_nothing(value.span));
                None
            }
            (Some(value), _) => {
                let value = self.rhs(value, Some(&result), out);
                let value = self.coerce(value, &result, None);
                Some(self.limited(value, text_max, None))
            }
            (None, Ty::Void | Ty::Error) => None,
            (None, _) => {
                let shown = self.show(&result);
                self.report(calls::return_needs_value(&shown, span));
                Some(error(span))
            }
        };
        self.flow.dead |= !matches!(self.host, Host::Test) && !self.around.is_apart();
        out.push(Stmt { kind: StmtKind::Return(value), span });
    }

    fn log(&mut self, value: &ast::Expr, span: Span) -> StmtKind {
        let value = self.expr(value, None);
        let value = self.printable(value);
        let value = match value.ty {
            Ty::Text | Ty::Error => value,
            _ => {
                let slot = TextPiece::Slot { value, format: None };
                Expr { kind: ExprKind::Interpolate(vec![slot]), ty: Ty::Text, span }
            }
        };
        self.may_act("log", span);
        StmtKind::Log(value)
    }

    fn act_as(&mut self, user: &ast::Expr, body: Option<&ast::Block>, span: Span) -> StmtKind {
        let ty = self.core_entity("User");
        let user = self.expr_as(user, &ty, None);
        match body {
            Some(body) => {
                self.may_act("act as", span);
                StmtKind::ActAsBlock { user, body: self.block(body) }
            }
            None => {
                if !matches!(self.host, Host::Test) {
                    self.report(calls::act_as_needs_block(span));
                }
                StmtKind::ActAs(user)
            }
        }
    }

    fn atomic(&mut self, body: &ast::Block, span: Span) -> StmtKind {
        self.may_act("atomic", span);
        self.unsuspendable.push(("atomic", Span { end: span.start.saturating_add(6), ..span }));
        let body = self.block(body);
        self.unsuspendable.pop();
        StmtKind::Atomic(body)
    }

    fn checkpoint(&mut self, span: Span) -> StmtKind {
        self.suspends("checkpoint", span);
        StmtKind::Checkpoint
    }

    /// Facts about stored records end here; a message where a process cannot wait.
    pub(super) fn suspends(&mut self, verb: &str, span: Span) {
        match self.host {
            Host::Process(head) => {
                if let Some((block, around)) = self.unsuspendable.last().copied() {
                    self.report(waits::waits_in_block(verb, block, span, around));
                } else if head.kind == ProcessKind::Dialog {
                    self.report(forms::waits_in_dialog(verb, &head.name, span, head.span));
                } else if head.kind != ProcessKind::Background {
                    let kind = match head.kind {
                        ProcessKind::Action => "an action",
                        _ => "a real-time workflow",
                    };
                    self.report(waits::waits_in_transaction(verb, kind, told(&head.name), span, head.span));
                }
            }
            Host::Test => self.report(waits::waits_in_test(verb, span)),
            Host::Function(_) | Host::Constant | Host::ShownAs(_) | Host::OnlyIf(_) => {
                self.report(calls::acts_in_function(verb, span));
            }
        }
        self.flow.suspend(span);
        self.trace.suspended.get_or_insert(span);
    }

    /// A message where a value may not be set any more, and what its setting makes known.
    pub(super) fn assigned(&mut self, local: LocalId, value: &Expr, span: Span) {
        let path = Path::local(local);
        self.flow.forget(&path);
        self.trace.assigned.insert(local, span);
        let is_present = match &value.kind {
            ExprKind::Convert(Conversion::Present, _) => Some(true),
            ExprKind::Const(Value::None) => Some(false),
            _ => None,
        };
        if let Some(is_present) = is_present {
            let value = read(local, self.local_ty(local), span);
            let facts = self.presence(&value, is_present);
            self.flow.learn(facts);
        }
    }

    /// Whether this is the primary record where it cannot be written as others are; then there is a message.
    pub(super) fn refuse_primary(&mut self, target: &Expr, verb: &str) -> bool {
        let mut target = target;
        while let ExprKind::Convert(_, inner) | ExprKind::Unwrap(inner) = &target.kind {
            target = inner;
        }
        let ExprKind::Local(local) = target.kind else { return false };
        if !self.is_primary(local) {
            return false;
        }
        let name = self.local(local).map(|local| local.name.clone()).unwrap_or_default();
        match self.host.primary() {
            Primary::Before => self.report(records::set_only(&name, verb, target.span)),
            Primary::Leaving => self.report(records::is_leaving(&name, verb, target.span)),
            Primary::Stored | Primary::Pending | Primary::Gone => return false,
        }
        true
    }
}
