//! Statements: one arm for each form, blocks, branches and loops.

use super::{
    checker::{Checker, Host, Loop, Primary, error, read},
    facts::{Flow, Path},
};
use crate::{
    base::{span::Span, value::Value},
    sema::{
        errors::{calls, names, records, types, waits},
        hir::{
            Block, Conversion, Expr, ExprKind, LocalId, MatchArm, Place, Query, QueryHead, QuerySource, Stmt, StmtKind,
            TextPiece,
        },
        ty::Ty,
    },
    syntax::ast::{self, ProcessKind},
};

impl Checker<'_> {
    /// Statements in a scope of their own.
    pub(super) fn block(&mut self, block: &ast::Block) -> Block {
        let stmts = self.scoped(|checker| {
            let mut out = Vec::new();
            let mut is_told = false;
            for stmt in &block.stmts {
                if checker.flow.dead && !is_told && !matches!(stmt.kind, ast::StmtKind::Error) {
                    is_told = true;
                    checker.report(waits::unreachable(stmt.span));
                }
                checker.stmt(stmt, &mut out);
            }
            out
        });
        Block { stmts }
    }

    /// One statement; `let x = do …` may become several.
    pub(super) fn stmt(&mut self, stmt: &ast::Stmt, out: &mut Vec<Stmt>) {
        let span = stmt.span;
        let kind = match &stmt.kind {
            ast::StmtKind::Error => StmtKind::Error,
            ast::StmtKind::Let { name, ty, value } => {
                return self.let_stmt(name, ty.as_ref(), value.as_ref(), false, span, out);
            }
            ast::StmtKind::Var { name, ty, value } => {
                return self.let_stmt(name, ty.as_ref(), value.as_ref(), true, span, out);
            }
            ast::StmtKind::Set { target, op, value } => return self.set_stmt(target, *op, value, span, out),
            ast::StmtKind::Effect(effect) => self.effect(effect, None, span).0,
            ast::StmtKind::Update { target, fields } => self.update(target, fields, span),
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
            ast::StmtKind::ActAs { user, body } => self.act_as(user, body.as_ref(), span),
            ast::StmtKind::Cancel(handle) => self.cancel(handle, span),
            ast::StmtKind::Test(test) => return self.test_stmt(test, span, out),
            other => self.later_stmt(other, span),
        };
        out.push(Stmt { kind, span });
    }

    /// A statement of a later version.
    fn later_stmt(&mut self, kind: &ast::StmtKind, span: Span) -> StmtKind {
        let words = match kind {
            ast::StmtKind::Route { .. } => "queues (`route`)",
            ast::StmtKind::Share { .. } => "shared access (`share`, `unshare`)",
            ast::StmtKind::Link { .. } => "relations of many to many (`link`, `unlink`)",
            ast::StmtKind::Saga(_) | ast::StmtKind::Undo { .. } | ast::StmtKind::Compensate => "sagas",
            ast::StmtKind::Emit { .. } => "signals (`emit`)",
            ast::StmtKind::OnCancel(_) => "`on cancel` blocks",
            ast::StmtKind::Give(_) => "parallel branches (`give`)",
            ast::StmtKind::Page { .. } => "dialogs and their pages",
            _ => "effects of rules",
        };
        self.report(names::later(words, span));
        StmtKind::Error
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
        self.exhaustive(&state, span.at_start(), subject.span);
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

    fn while_stmt(&mut self, condition: &ast::Expr, body: &ast::Block) -> StmtKind {
        let trace = self.trial(|checker| {
            let condition = checker.condition(condition);
            checker.flow.learn(checker.facts_of(&condition, true));
            checker.loop_body(body);
        });
        self.flow.after(&trace);
        let condition = self.condition(condition);
        let (yes, no) = (self.facts_of(&condition, true), self.facts_of(&condition, false));
        let mut head = self.flow.clone();
        self.flow.learn(yes);
        let body = self.loop_body(body);
        let breaks = body.1;
        head.dead |= matches!(condition.kind, ExprKind::Const(Value::Bool(true)));
        head.learn(no);
        self.flow = head;
        self.meet(breaks);
        StmtKind::While { condition, body: body.0 }
    }

    fn loop_body(&mut self, body: &ast::Block) -> (Block, Vec<Flow>) {
        self.loops.push(Loop::default());
        let body = self.block(body);
        let breaks = self.loops.pop().map(|done| done.breaks).unwrap_or_default();
        (body, breaks)
    }

    fn for_stmt(&mut self, name: &ast::Ident, source: &ast::Expr, body: &ast::Block) -> StmtKind {
        if let ast::ExprKind::Query(query) = &unparenthesized(source).kind
            && query.head == ast::QueryHead::Find
            && query.group.is_none()
            && query.order.is_empty()
            && query.limit.is_none()
            && query.select.is_none()
            && let Some(kind) = self.for_query(name, query, body)
        {
            return kind;
        }
        if let Some((source, element)) = self.plain_source(source) {
            return self.for_stored(name, (source, element), None, body);
        }
        let source = self.expr(source, None);
        let source = self.present(source);
        let element = match source.ty.clone() {
            Ty::List(item) | Ty::Set(item) => *item,
            Ty::Error => Ty::Error,
            other => {
                let shown = self.show(&other);
                self.report(types::not_a_list(&shown, source.span));
                Ty::Error
            }
        };
        let (bind, _, body) = self.for_loop(name, &element, None, body);
        StmtKind::ForList { bind, source, body }
    }

    /// `for each x in Entity`, `for each n in deal.notes`.
    fn plain_source(&mut self, written: &ast::Expr) -> Option<(QuerySource, Ty)> {
        let is_entity = matches!(&unparenthesized(written).kind, ast::ExprKind::TypeName(_));
        let is_member = matches!(&unparenthesized(written).kind, ast::ExprKind::Member { .. });
        if !is_entity && !is_member {
            return None;
        }
        let messages = self.messages.len();
        match self.source(written) {
            Some((QuerySource::List(_), _)) | None => {
                self.messages.truncate(messages);
                None
            }
            found => found,
        }
    }

    /// `for each x in find d in Deal where …`: keeps only its place.
    fn for_query(&mut self, name: &ast::Ident, query: &ast::Query, body: &ast::Block) -> Option<StmtKind> {
        let messages = self.messages.len();
        let (source, element) = match self.source(&query.source) {
            Some((QuerySource::List(_), _)) | None => {
                self.messages.truncate(messages);
                return None;
            }
            Some(found) => found,
        };
        Some(self.for_stored(name, (source, element), Some(query), body))
    }

    fn for_stored(
        &mut self,
        name: &ast::Ident,
        (source, element): (QuerySource, Ty),
        query: Option<&ast::Query>,
        body: &ast::Block,
    ) -> StmtKind {
        let (bind, condition, body) = self.for_loop(name, &element, query, body);
        let select = read(bind, element, name.span);
        let query = Query { head: QueryHead::Find, bind, source, condition, order: Vec::new(), limit: None, select };
        StmtKind::ForQuery { query: Box::new(query), body }
    }

    /// The body of a `for`; afterwards what is known holds whether or not it ran.
    fn for_loop(
        &mut self,
        name: &ast::Ident,
        element: &Ty,
        query: Option<&ast::Query>,
        body: &ast::Block,
    ) -> (LocalId, Option<Expr>, Block) {
        let trace = self.trial(|checker| drop(checker.for_inner(name, element, query, body)));
        self.flow.after(&trace);
        let head = self.flow.clone();
        let (bind, condition, body, breaks) = self.for_inner(name, element, query, body);
        self.flow = head;
        self.meet(breaks);
        (bind, condition, body)
    }

    /// The query's own name and the loop's stand for one record: one local under two names.
    fn for_inner(
        &mut self,
        name: &ast::Ident,
        element: &Ty,
        query: Option<&ast::Query>,
        body: &ast::Block,
    ) -> (LocalId, Option<Expr>, Block, Vec<Flow>) {
        self.scoped(|checker| {
            let bind = checker.unnamed(name, element.clone(), false);
            let condition = query.and_then(|query| {
                checker.scoped(|checker| {
                    checker.bind(&query.name, bind);
                    query.condition.as_ref().map(|condition| checker.condition(condition))
                })
            });
            checker.bind(name, bind);
            if let Some(condition) = &condition {
                checker.flow.learn(checker.facts_of(condition, true));
            }
            let (body, breaks) = checker.loop_body(body);
            (bind, condition, body, breaks)
        })
    }

    fn break_stmt(&mut self, span: Span) -> StmtKind {
        let flow = self.flow.clone();
        match self.loops.last_mut() {
            Some(around) => {
                around.breaks.push(flow);
                self.flow.dead = true;
            }
            None => self.report(calls::outside_loop("break", span)),
        }
        StmtKind::Break
    }

    fn continue_stmt(&mut self, span: Span) -> StmtKind {
        if self.loops.is_empty() {
            self.report(calls::outside_loop("continue", span));
        } else {
            self.flow.dead = true;
        }
        StmtKind::Continue
    }

    fn stop(&mut self, canceled: bool, message: Option<&ast::Expr>, span: Span) -> StmtKind {
        let message = message.map(|message| self.expr_as(message, &Ty::Text, None));
        match self.host {
            Host::Process(..) => {}
            _ => self.report(calls::stop_outside_process(span)),
        }
        self.flow.dead = true;
        StmtKind::Stop { canceled, message }
    }

    fn return_stmt(&mut self, value: Option<&ast::Rhs>, span: Span, out: &mut Vec<Stmt>) {
        let result = match self.host {
            Host::Function(head) => head.result.clone(),
            Host::Process(head) => head.result.clone(),
            _ => {
                self.report(calls::return_outside(span));
                Ty::Error
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
                Some(self.coerce(value, &result, None))
            }
            (None, Ty::Void | Ty::Error) => None,
            (None, _) => {
                let shown = self.show(&result);
                self.report(calls::return_needs_value(&shown, span));
                Some(error(span))
            }
        };
        self.flow.dead = true;
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
                } else if head.kind != ProcessKind::Background {
                    let kind = match head.kind {
                        ProcessKind::Action => "an action",
                        _ => "a real-time workflow",
                    };
                    self.report(waits::waits_in_transaction(verb, kind, &head.name, span, head.span));
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

/// The expression within parentheses.
pub(super) fn unparenthesized(written: &ast::Expr) -> &ast::Expr {
    match &written.kind {
        ast::ExprKind::Paren(inner) => unparenthesized(inner),
        _ => written,
    }
}
