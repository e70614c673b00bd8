//! Pages of dialogs: what they show and ask, and the names that their answers get.
//!
//! An answer belongs to the body around its page. Behind a block in which its page may have been left out it is there
//! as well, and may be absent: such a name lies in a local of its own, which the page fills besides.

use super::{
    checker::{Checker, Host},
    convert::wrap,
};
use crate::{
    base::{span::Span, value::Value},
    sema::{
        errors::forms as errors,
        hir::{Block, Conversion, Expr, ExprKind, LocalId, Page, PagePart, Place, Question, Stmt, StmtKind},
        schema::ProcessHead,
        ty::Ty,
        types,
        visit::blocks_of,
    },
    syntax::ast::{self, Ident, PageElement, Param, ProcessKind},
};

/// How choices may be shown.
const STYLES: [&str; 2] = ["list", "radio"];

/// An answer that is known behind the block that asks for it.
#[derive(Debug)]
pub(super) struct Hoisted {
    name: Ident,
    local: LocalId,
}

impl Checker<'_> {
    /// `page "…" { … }`.
    pub(super) fn page_stmt(&mut self, title: &ast::Expr, elements: &[PageElement], span: Span, out: &mut Vec<Stmt>) {
        let head = Span { end: span.start.saturating_add(4), ..span };
        self.refuse_page(head);
        if elements.is_empty() {
            self.report(errors::empty_page(span));
        }
        let title = self.expr_as(title, &Ty::Text, None);
        let mut parts = Vec::with_capacity(elements.len());
        let mut asked: Vec<(Ident, Ty)> = Vec::new();
        for element in elements {
            match element {
                PageElement::Error(_) => {}
                PageElement::Say(words) => parts.push(PagePart::Say(self.expr_as(words, &Ty::Text, None))),
                PageElement::Ask { param, question, help, from, style } => {
                    let ty = self.asked_type(param);
                    let question = self.question(param, &ty, (question, help.as_ref()), from.as_ref(), style.as_ref());
                    parts.push(PagePart::Ask(Box::new(question)));
                    asked.push((param.name.clone(), ty));
                }
            }
        }
        self.flow.suspend(span);
        self.trace.suspended.get_or_insert(span);
        let answers = Ty::Named(asked.iter().map(|(name, ty)| (name.name.clone(), ty.clone())).collect());
        let into = self.made(answers.clone(), span);
        let page = Page { title, parts, answers: answers.clone(), into };
        out.push(Stmt { kind: StmtKind::Page(Box::new(page)), span });
        for (index, (name, ty)) in (0u16..).zip(asked) {
            let base = Box::new(super::checker::read(into, answers.clone(), name.span));
            let value = Expr { kind: ExprKind::RecordField { base, index }, ty: ty.clone(), span: name.span };
            self.give_answer(&name, ty, value, out);
        }
    }

    /// Puts an answer into its name, and into those that stand for it behind the blocks around.
    fn give_answer(&mut self, name: &Ident, ty: Ty, value: Expr, out: &mut Vec<Stmt>) {
        let outer: Vec<LocalId> =
            self.hoisted.iter().filter(|hoisted| hoisted.name.name == name.name).map(|hoisted| hoisted.local).collect();
        // What stands behind the blocks has the name; operators see it once.
        let local = if outer.is_empty() {
            self.declare(name, ty.clone(), false)
        } else {
            let local = self.made(ty.clone(), name.span);
            self.bind(name, local);
            local
        };
        // The session keeps it, also where the dialog itself has no use for it.
        self.read.insert(local);
        let place = |local| Place::Local { local, path: Vec::new() };
        out.push(Stmt { kind: StmtKind::Assign { place: place(local), value }, span: name.span });
        for outer in outer {
            let wanted = self.local_ty(outer);
            let value = super::checker::read(local, ty.clone(), name.span);
            let value = match (&wanted, ty.is_optional()) {
                (Ty::Optional(inner), false) if **inner == ty => wrap(Conversion::Present, wanted.clone(), value),
                _ => self.coerce(value, &wanted, None),
            };
            out.push(Stmt { kind: StmtKind::Assign { place: place(outer), value }, span: name.span });
        }
    }

    /// A message where no page can be shown.
    fn refuse_page(&mut self, span: Span) {
        match self.host {
            Host::Process(head) if head.kind == ProcessKind::Dialog => {
                if let Some((block, around)) = self.unsuspendable.last().copied() {
                    self.report(crate::sema::errors::waits::waits_in_block("page", block, span, around));
                }
            }
            _ => self.report(errors::page_outside_dialog(span)),
        }
    }

    /// A message where a dialog shows nothing, neither itself nor by another dialog.
    pub(super) fn require_page(&mut self, head: &ProcessHead, body: &Block) {
        if head.kind == ProcessKind::Dialog && !body.stmts.is_empty() && !self.has_errors() && !self.shows(body) {
            self.report(errors::no_page(&head.name, head.span));
        }
    }

    fn shows(&self, block: &Block) -> bool {
        block.stmts.iter().any(|stmt| match &stmt.kind {
            StmtKind::Page(_) => true,
            StmtKind::Do { process, .. } => {
                self.schema.process(*process).is_some_and(|head| head.kind == ProcessKind::Dialog)
            }
            kind => blocks_of(kind).into_iter().any(|block| self.shows(block)),
        })
    }

    fn question(
        &mut self,
        param: &Param,
        ty: &Ty,
        (words, help): (&ast::Expr, Option<&ast::Expr>),
        from: Option<&ast::Expr>,
        style: Option<&Ident>,
    ) -> Question {
        let words = self.expr_as(words, &Ty::Text, None);
        let help = help.map(|help| self.expr_as(help, &Ty::Text, None));
        let default = param.default.as_ref().map(|default| {
            let wanted = ty.clone().optional();
            let value = self.expr(default, Some(&wanted));
            match self.convert(value, &wanted) {
                Ok(value) => value,
                Err(value) => self.coerce(value, ty, Some(param.name.span)),
            }
        });
        let choices = from.map(|from| {
            let wanted = Ty::List(Box::new(ty.present().clone()));
            let value = self.expr(from, Some(&wanted));
            self.coerce(value, &wanted, Some(param.name.span))
        });
        let radio = style.is_some_and(|style| {
            if !STYLES.contains(&style.name.as_str()) {
                let near = crate::base::distance::did_you_mean(&style.name, STYLES);
                let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
                self.report(crate::sema::errors::kinds::unknown_word("as", &style.name, style.span, &near));
            } else if choices.is_none() && !matches!(ty.present(), Ty::Bool | Ty::Enum(_) | Ty::Error) {
                self.report(errors::nothing_to_choose(&param.name.name, style.span));
            }
            style.name == "radio"
        });
        Question { words, help, default, choices, radio, text_max: types::text_max(self.names, &param.ty) }
    }

    /// One statement of a dialog, with what pages within its blocks ask for: behind it these answers are known.
    pub(super) fn stmt_with_answers(&mut self, stmt: &ast::Stmt, out: &mut Vec<Stmt>) {
        let mut found = Vec::new();
        if matches!(self.host, Host::Process(head) if head.kind == ProcessKind::Dialog) {
            asked_within(stmt, true, &mut found);
        }
        if found.is_empty() {
            return self.stmt(stmt, out);
        }
        let known = self.hoisted.len();
        for (param, is_sure) in found {
            let name = &param.name;
            if self.lookup(&name.name).is_some() || self.hoisted.iter().skip(known).any(|h| h.name.name == name.name) {
                continue;
            }
            let told = self.messages.len();
            let ty = self.resolve(&param.ty);
            self.messages.truncate(told);
            let ty = if is_sure { ty } else { ty.optional() };
            let is_outermost = !self.hoisted.iter().any(|h| h.name.name == name.name);
            let local =
                if is_outermost { self.unnamed(name, ty.clone(), false) } else { self.made(ty.clone(), name.span) };
            self.read.insert(local);
            if !is_sure && ty != Ty::Error {
                let none = super::checker::constant(Value::None, ty, name.span);
                let place = Place::Local { local, path: Vec::new() };
                out.push(Stmt { kind: StmtKind::Assign { place, value: none }, span: name.span });
            }
            self.hoisted.push(Hoisted { name: name.clone(), local });
        }
        self.stmt(stmt, out);
        for Hoisted { name, local } in self.hoisted.split_off(known) {
            self.bind(&name, local);
        }
    }
}

/// The answers that pages in the blocks of a statement ask for, and whether each is there for sure behind it.
fn asked_within<'a>(stmt: &'a ast::Stmt, is_sure: bool, answers: &mut Vec<(&'a Param, bool)>) {
    use ast::StmtKind as Kind;
    let (blocks, is_sure): (Vec<&ast::Block>, bool) = match &stmt.kind {
        Kind::Stage { body, .. } | Kind::ActAs { body: Some(body), .. } => (vec![body], is_sure),
        Kind::If { branches, otherwise } => (branches.iter().map(|(_, body)| body).chain(otherwise).collect(), false),
        Kind::Match { arms, .. } => (arms.iter().map(|arm| &arm.body).collect(), false),
        Kind::For { body, .. } | Kind::While { body, .. } => (vec![body], false),
        Kind::Try { body, catches, finally } => {
            (std::iter::once(body).chain(catches.iter().map(|catch| &catch.body)).chain(finally).collect(), false)
        }
        _ => return,
    };
    for inner in blocks.into_iter().flat_map(|block| &block.stmts) {
        if let Kind::Page { elements, .. } = &inner.kind {
            answers.extend(elements.iter().filter_map(|element| match element {
                PageElement::Ask { param, .. } => Some((param, is_sure)),
                PageElement::Error(_) | PageElement::Say(_) => None,
            }));
        }
        asked_within(inner, is_sure, answers);
    }
}
