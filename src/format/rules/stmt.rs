//! Statements.

use super::Formatter;
use super::list::{BlockDoc, assign_op};
use crate::format::doc::{Doc, concat, group, nest, text};
use crate::syntax::ast::{
    Block, Catch, Expr, FieldInit, Ident, MatchArm, PageElement, Rhs, RuleEffect, Stmt, StmtKind, TypeExpr, WaitArm,
    WaitArmKind,
};

impl Formatter<'_> {
    pub(super) fn stmt(&mut self, stmt: &Stmt) -> Doc {
        match &stmt.kind {
            StmtKind::Error => self.verbatim(stmt.span),
            StmtKind::Let { name, ty, value } => self.binding("let", name, ty.as_deref(), value.as_ref()),
            StmtKind::Var { name, ty, value } => self.binding("var", name, ty.as_deref(), value.as_ref()),
            StmtKind::Set { target, op, value } => {
                let target = self.expr(target);
                let op = text(format!(" {} ", assign_op(*op)));
                concat([text("set "), target, op, self.rhs(value)])
            }
            StmtKind::Effect(effect) => self.effect(effect),
            StmtKind::Emit { signal, fields, to } => {
                let fields = self.optional_fields(fields, signal);
                concat([text(format!("emit {}", self.name(signal))), fields, self.optional(" to ", to.as_ref())])
            }
            StmtKind::Raise { error: Some((name, fields)) } => {
                concat([text(format!("raise {}", self.name(name))), self.optional_fields(fields, name)])
            }
            StmtKind::Raise { error: None } => text("raise"),
            StmtKind::Return(value) => match value {
                Some(value) => concat([text("return "), self.rhs(value)]),
                None => text("return"),
            },
            StmtKind::Stop { canceled, message } => {
                let words = if *canceled { "stop canceled" } else { "stop succeeded" };
                concat([text(words), self.optional(" ", message.as_ref())])
            }
            StmtKind::Log(value) => concat([text("log "), self.expr(value)]),
            StmtKind::Cancel(handle) => concat([text("cancel "), self.expr(handle)]),
            StmtKind::Give(value) => concat([text("give "), self.expr(value)]),
            StmtKind::WaitFor(value) => concat([text("wait "), self.expr(value)]),
            StmtKind::WaitUntil(value) => concat([text("wait until "), self.expr(value)]),
            StmtKind::Break => text("break"),
            StmtKind::Continue => text("continue"),
            StmtKind::Checkpoint => text("checkpoint"),
            StmtKind::Compensate => text("compensate"),
            StmtKind::Rule(effect) => self.rule_effect(effect),
            StmtKind::Test(test) => self.test_stmt(stmt, test),
            StmtKind::Update { .. }
            | StmtKind::Change { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Route { .. }
            | StmtKind::Share { .. }
            | StmtKind::Delete { .. }
            | StmtKind::Link { .. } => self.record_stmt(&stmt.kind),
            _ => self.block_stmt(stmt),
        }
    }

    /// Statements that write a record.
    fn record_stmt(&mut self, kind: &StmtKind) -> Doc {
        match kind {
            StmtKind::Update { target, fields } => {
                let head = concat([text("update "), self.expr(target), text(" ")]);
                concat([head, self.field_inits(fields, target.span.end)])
            }
            StmtKind::Change { target, to } => self.verb("change ", target, " to ", to),
            StmtKind::Assign { target, to } => self.verb("assign ", target, " to ", to),
            StmtKind::Route { target, to } => self.verb("route ", target, " to ", to),
            StmtKind::Share { target, with, rights, undo } => {
                let verb = if *undo { "unshare " } else { "share " };
                let head = self.verb(verb, target, " with ", with);
                let rights = if rights.is_empty() { String::new() } else { format!(" ({})", self.names(rights)) };
                concat([head, text(rights)])
            }
            StmtKind::Delete { target } => concat([text("delete "), self.expr(target)]),
            StmtKind::Link { item, to, undo: false } => self.verb("link ", item, " to ", to),
            StmtKind::Link { item, to, undo: true } => self.verb("unlink ", item, " from ", to),
            _ => Doc::Nil,
        }
    }

    /// Statements with blocks or arms.
    fn block_stmt(&mut self, stmt: &Stmt) -> Doc {
        match &stmt.kind {
            StmtKind::If { branches, otherwise } => self.if_stmt(branches, otherwise.as_ref()),
            StmtKind::Match { subject, arms } => {
                let head = concat([text("match "), self.expr(subject), text(" ")]);
                let open = self.open_brace(subject.span.end);
                let place = |arm: &MatchArm| (arm.span.start, arm.span.end.max(arm.body.span.end));
                concat([head, self.lines(open, arms, place, Self::match_arm)])
            }
            StmtKind::For { name, source, body } => {
                let head = concat([text(format!("for each {} in ", self.name(name))), self.expr(source)]);
                self.with_block(head, body)
            }
            StmtKind::While { condition, body } => {
                let head = concat([text("while "), self.expr(condition)]);
                self.with_block(head, body)
            }
            StmtKind::Stage { title, title_span, body } => {
                let head = text(format!("stage {}", self.title(*title_span, title)));
                self.with_block(head, body)
            }
            StmtKind::WaitArms(arms) => {
                let open = self.open_brace(stmt.span.start + 4);
                let place = |arm: &WaitArm| (arm.span.start, arm.span.end.max(arm.body.span.end));
                concat([text("wait "), self.lines(open, arms, place, Self::wait_arm)])
            }
            StmtKind::Try { body, catches, finally } => self.try_stmt(body, catches, finally.as_ref()),
            StmtKind::Atomic(body) => self.with_block(text("atomic"), body),
            StmtKind::Saga(body) => self.with_block(text("saga"), body),
            StmtKind::OnCancel(body) => self.with_block(text("on cancel"), body),
            StmtKind::Undo { stmt, undo } => {
                let head = concat([self.stmt(stmt), self.comments.trail(stmt.span.end), text(" undo ")]);
                self.block(undo).after(head)
            }
            StmtKind::ActAs { user, body } => {
                let head = concat([text("act as "), self.expr(user)]);
                match body {
                    Some(body) => self.with_block(head, body),
                    None => head,
                }
            }
            StmtKind::Page { title, elements } => {
                let head = concat([text("page "), self.expr(title), text(" ")]);
                let open = self.open_brace(title.span.end);
                concat([head, self.lines(open, elements, page_place, Self::page_element)])
            }
            _ => Doc::Nil,
        }
    }

    fn binding(&mut self, word: &str, name: &Ident, ty: Option<&TypeExpr>, value: Option<&Rhs>) -> Doc {
        let head = text(format!("{word} {}", self.name(name)));
        let ty = match ty {
            Some(ty) => concat([text(": "), self.type_expr(ty)]),
            None => Doc::Nil,
        };
        let value = match value {
            Some(value) => concat([text(" = "), self.rhs(value)]),
            None => Doc::Nil,
        };
        concat([head, ty, value])
    }

    fn rhs(&mut self, value: &Rhs) -> Doc {
        match value {
            Rhs::Expr(value) => self.expr(value),
            Rhs::Effect(effect) => {
                let before = self.comments.before(effect.span.start);
                concat([before, self.effect(effect)])
            }
        }
    }

    pub(super) fn optional(&mut self, words: &'static str, value: Option<&Expr>) -> Doc {
        match value {
            Some(value) => concat([text(words), self.expr(value)]),
            None => Doc::Nil,
        }
    }

    /// ` { a: 1 }`, or nothing where there are no fields.
    pub(super) fn optional_fields(&mut self, fields: &[FieldInit], after: &Ident) -> Doc {
        if fields.is_empty() && !self.follows(after.span.end, "{") {
            return Doc::Nil;
        }
        concat([text(" "), self.field_inits(fields, after.span.end)])
    }

    fn verb(&mut self, verb: &'static str, target: &Expr, word: &'static str, other: &Expr) -> Doc {
        let target = self.expr(target);
        concat([text(verb), target, text(word), self.expr(other)])
    }

    /// `head { … }`; a head of several lines has the brace on a line of its own.
    pub(super) fn with_block(&mut self, head: Doc, body: &Block) -> Doc {
        let block = self.block(body);
        let flat = head.flat().zip(block.flat).map(|(head, block)| format!("{head} {block}"));
        Doc::either(flat, concat([group(concat([head.opened(), Doc::Line])), block.broken]))
    }

    fn if_stmt(&mut self, branches: &[(Expr, Block)], otherwise: Option<&Block>) -> Doc {
        let mut flat = Some(String::new());
        let mut broken = Vec::new();
        let mut add = |head: Doc, block: BlockDoc, is_first: bool| {
            let space = if is_first { "" } else { " " };
            let words = head.flat().zip(block.flat).map(|(head, block)| format!("{space}{head} {block}"));
            flat = flat.take().zip(words).map(|(before, words)| before + &words);
            broken.extend([text(space), group(concat([head.opened(), Doc::Line])), block.broken]);
        };
        for (number, (condition, body)) in branches.iter().enumerate() {
            let word = if number == 0 { "if " } else { "else if " };
            let head = concat([text(word), self.expr(condition)]);
            add(head, self.block(body), number == 0);
        }
        if let Some(body) = otherwise {
            add(text("else"), self.block(body), false);
        }
        Doc::either(flat, Doc::Concat(broken))
    }

    fn try_stmt(&mut self, body: &Block, catches: &[Catch], finally: Option<&Block>) -> Doc {
        let mut docs = vec![text("try "), self.block(body).broken];
        for catch in catches {
            let before = self.comments.before(catch.span.start);
            let errors = catch.errors.iter().map(|error| self.name(error)).collect::<Vec<_>>().join(" or ");
            let head = match (&catch.name, errors.is_empty()) {
                (Some(name), true) => format!(" catch {} ", self.name(name)),
                (Some(name), false) => format!(" catch {}: {errors} ", self.name(name)),
                (None, true) => " catch ".to_owned(),
                (None, false) => format!(" catch {errors} "),
            };
            docs.extend([before, text(head), self.block(&catch.body).broken]);
        }
        if let Some(body) = finally {
            docs.extend([text(" finally "), self.block(body).broken]);
        }
        Doc::Concat(docs)
    }

    /// What follows `=>`: a block, or one statement with a comma.
    fn arm_body(&mut self, head: Doc, body: &Block) -> Doc {
        if body.braces {
            return self.block(body).after(concat([head, text(" ")]));
        }
        let mut docs = vec![head, text(" ")];
        for stmt in &body.stmts {
            docs.extend([self.comments.before(stmt.span.start), self.stmt(stmt)]);
        }
        docs.push(text(","));
        Doc::Concat(docs)
    }

    fn match_arm(&mut self, arm: &MatchArm) -> Doc {
        let head = self.pattern_and_guard(&arm.pattern, arm.guard.as_ref());
        self.arm_body(head, &arm.body)
    }

    fn wait_arm(&mut self, arm: &WaitArm) -> Doc {
        let head = match &arm.kind {
            WaitArmKind::Error => return self.verbatim(arm.span),
            WaitArmKind::Until(condition) => concat([text("until "), self.expr(condition)]),
            WaitArmKind::After(time) => concat([text("after "), self.expr(time)]),
            WaitArmKind::Signal { signal, condition, bind } => {
                let head = text(format!("on {}", self.name(signal)));
                let condition = self.optional(" where ", condition.as_deref());
                concat([head, condition, self.bind(bind.as_ref())])
            }
            WaitArmKind::Handle { handle, bind } => concat([text("on "), self.expr(handle), self.bind(bind.as_ref())]),
            WaitArmKind::Ask { ask, bind } => concat([text("on "), self.effect(ask), self.bind(bind.as_ref())]),
        };
        self.arm_body(concat([group(nest(head)), text(" =>")]), &arm.body)
    }

    fn page_element(&mut self, element: &PageElement) -> Doc {
        match element {
            PageElement::Error(span) => self.verbatim(*span),
            PageElement::Say(words) => concat([text("say "), self.expr(words)]),
            PageElement::Ask { param, question, help, from, style } => {
                let head = text(format!("ask {}: ", self.name(&param.name)));
                let mut docs = vec![head, self.type_expr(&param.ty), text(" "), self.expr(question)];
                let mut parts = Vec::new();
                for (words, value) in [("help ", help), ("default ", &param.default), ("from ", from)] {
                    if let Some(value) = value {
                        parts.extend([Doc::Line, text(words), self.expr(value)]);
                    }
                }
                if let Some(style) = style {
                    parts.extend([Doc::Line, text(format!("as {}", self.name(style)))]);
                }
                docs.push(nest(Doc::Concat(parts)));
                group(Doc::Concat(docs))
            }
        }
    }

    fn rule_effect(&mut self, effect: &RuleEffect) -> Doc {
        let mut docs = vec![text(format!("{} ", self.name(&effect.verb))), self.expr(&effect.target)];
        docs.push(self.optional(" = ", effect.value.as_ref()));
        let gap = if effect.messages.len() > 1 { Doc::Line } else { text(" ") };
        for message in &effect.messages {
            docs.push(nest(concat([gap.clone(), self.expr(message)])));
        }
        if let Some(when) = &effect.when {
            docs.push(nest(concat([Doc::Line, text("when "), self.expr(when)])));
        }
        group(Doc::Concat(docs))
    }
}

fn page_place(element: &PageElement) -> (u32, u32) {
    match element {
        PageElement::Error(span) => (span.start, span.end),
        PageElement::Say(words) => (words.span.start, words.span.end),
        PageElement::Ask { param, question, help, from, style } => {
            let ends = [Some(question), help.as_ref(), param.default.as_ref(), from.as_ref()];
            let end = ends.into_iter().flatten().map(|value| value.span.end).max().unwrap_or(param.span.end);
            (param.name.span.start, end.max(style.as_ref().map_or(0, |style| style.span.end)))
        }
    }
}
