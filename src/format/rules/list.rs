//! Lists between brackets and blocks of lines, with the comments between their elements.

use super::Formatter;
use crate::format::doc::{Doc, concat, group, nest, text};
use crate::syntax::ast::{Arg, AssignOp, Block, FieldInit, Ident, Param, Stmt};

/// One element of a list: the comments behind the bracket that opens the list, those above, itself, those behind.
pub(super) struct Element {
    opening: Doc,
    lead: Doc,
    body: Doc,
    trail: Doc,
}

/// A block in both its forms.
pub(super) struct BlockDoc {
    /// `{ stop }`, if it was written on one line.
    pub flat: Option<String>,
    /// From brace to brace on several lines.
    pub broken: Doc,
}

impl BlockDoc {
    /// On one line where it fits, with `head` before it: a document that ends with a space or nothing.
    pub(super) fn after(self, head: Doc) -> Doc {
        let flat = head.flat().zip(self.flat).map(|(head, block)| head + &block);
        Doc::either(flat, concat([head, self.broken]))
    }
}

impl Formatter<'_> {
    /// An element of a list that may stand on one line.
    pub(super) fn element(&mut self, start: u32, end: u32, build: impl FnOnce(&mut Self) -> Doc) -> Element {
        let opening = self.comments.opening(start);
        let lead = self.comments.lead(start, true, false);
        let body = build(self);
        let rest = self.comments.before(end);
        let trail = concat([rest, self.comments.trail(end)]);
        Element { opening, lead, body, trail }
    }

    /// `open a, b, c close` on one line if it fits, else an element a line with a comma behind each.
    pub(super) fn list(&mut self, open: &'static str, elements: Vec<Element>, end: u32, close: &'static str) -> Doc {
        let is_spaced = open == "{";
        let closing = self.comments.close(self.next_token(end), true);
        if elements.is_empty() && closing.is_nil() {
            return text(if is_spaced { format!("{open} {close}") } else { format!("{open}{close}") });
        }
        let line = if is_spaced { Doc::Line } else { Doc::SoftLine };
        let mut inner = Vec::new();
        let last = elements.len().saturating_sub(1);
        for (number, element) in elements.into_iter().enumerate() {
            inner.push(element.opening);
            inner.push(if number == 0 { line.clone() } else { Doc::Line });
            inner.extend([element.lead, element.body, element.trail]);
            inner.push(if number == last { Doc::IfBroken(",") } else { text(",") });
        }
        inner.push(closing);
        group(concat([text(open), nest(Doc::Concat(inner)), line, text(close)]))
    }

    /// `{ a: 1, b += 2 }`. `start` is where to look for its end when it is empty.
    pub(super) fn field_inits(&mut self, fields: &[FieldInit], start: u32) -> Doc {
        let elements = self.field_elements(fields);
        let end = fields.last().map_or_else(|| self.next_token(start) + 1, |field| field.value.span.end);
        self.list("{", elements, end, "}")
    }

    /// `(a: 1, b: 2)`.
    pub(super) fn named(&mut self, fields: &[FieldInit], start: u32) -> Doc {
        let elements = self.field_elements(fields);
        let end = fields.last().map_or(start + 1, |field| field.value.span.end);
        self.list("(", elements, end, ")")
    }

    fn field_elements(&mut self, fields: &[FieldInit]) -> Vec<Element> {
        let one = |field: &FieldInit| {
            self.element(field.name.span.start, field.value.span.end, |f| {
                let op = if field.op == AssignOp::Set { ":" } else { assign_op(field.op) };
                let space = if field.op == AssignOp::Set { "" } else { " " };
                concat([text(format!("{}{space}{op} ", f.name(&field.name))), f.expr(&field.value)])
            })
        };
        fields.iter().map(one).collect()
    }

    /// `(a, name: b)`; `start` is the end of what is called.
    pub(super) fn args(&mut self, args: &[Arg], start: u32) -> Doc {
        let one = |arg: &Arg| {
            let begin = arg.name.as_ref().map_or(arg.value.span.start, |name| name.span.start);
            self.element(begin, arg.value.span.end, |f| {
                let name = arg.name.as_ref().map_or(Doc::Nil, |name| text(format!("{}: ", f.name(name))));
                concat([name, f.expr(&arg.value)])
            })
        };
        let elements = args.iter().map(one).collect();
        let end = args.last().map_or_else(|| self.next_token(start) + 1, |arg| arg.value.span.end);
        self.list("(", elements, end, ")")
    }

    /// Parameters between `open` and `close`; `start` is the end of what stands before them.
    pub(super) fn params(&mut self, open: &'static str, params: &[Param], start: u32, close: &'static str) -> Doc {
        let elements =
            params.iter().map(|param| self.element(param.span.start, param.span.end, |f| f.param(param))).collect();
        let end = params.last().map_or_else(|| self.next_token(start) + 1, |param| param.span.end);
        self.list(open, elements, end, close)
    }

    /// `name: T = default`.
    pub(super) fn param(&mut self, param: &Param) -> Doc {
        let ty = self.type_expr(&param.ty);
        let default = match &param.default {
            Some(default) => concat([text(" = "), self.expr(default)]),
            None => Doc::Nil,
        };
        concat([text(format!("{}: ", self.name(&param.name))), ty, default])
    }

    /// Lines between braces, always broken: each part with its start, its end and how it is printed.
    pub(super) fn lines<T>(
        &mut self,
        open: u32,
        parts: &[T],
        place: impl Fn(&T) -> (u32, u32),
        print: impl Fn(&mut Self, &T) -> Doc,
    ) -> Doc {
        let mut inner = vec![self.comments.at_rest(|comments| comments.trail(open))];
        let mut end = open;
        for (number, part) in parts.iter().enumerate() {
            let (start, part_end) = place(part);
            inner.push(Doc::HardLine);
            inner.push(self.comments.at_rest(|comments| comments.lead(start, number == 0, true)));
            inner.push(print(self, part));
            inner.push(self.comments.before(part_end));
            inner.push(self.comments.at_rest(|comments| comments.trail(part_end)));
            end = part_end;
        }
        let close = self.next_token(end);
        let closing = self.comments.at_rest(|comments| comments.close(close, parts.is_empty()));
        if parts.is_empty() && closing.is_nil() && inner.iter().all(Doc::is_nil) {
            return text("{ }");
        }
        inner.push(closing);
        concat([text("{"), nest(Doc::Concat(inner)), Doc::HardLine, text("}")])
    }

    /// The place behind the brace that opens what follows `at`.
    pub(super) fn open_brace(&self, at: u32) -> u32 {
        self.next_token(at) + 1
    }

    /// `{ … }` of statements.
    pub(super) fn block(&mut self, block: &Block) -> BlockDoc {
        let before = self.comments.before(block.span.start);
        let is_one_line = !self.slice(block.span.start, block.span.end).contains('\n');
        let place = |stmt: &Stmt| (stmt.span.start, stmt.span.end);
        let mut flat = None;
        let broken = match block.stmts.as_slice() {
            [stmt] if is_one_line => {
                let lead = self.comments.before(stmt.span.start);
                let body = concat([lead, self.stmt(stmt), self.comments.before(block.span.end)]);
                flat = body.flat().map(|body| format!("{{ {body} }}"));
                concat([text("{"), nest(concat([Doc::HardLine, body])), Doc::HardLine, text("}")])
            }
            stmts => self.lines(block.span.start + 1, stmts, place, Self::stmt),
        };
        if broken.flat().is_some() {
            flat = broken.flat();
        }
        if !before.is_nil() {
            flat = None;
        }
        BlockDoc { flat, broken: concat([before, broken]) }
    }

    /// `as name`.
    pub(super) fn bind(&self, bind: Option<&Ident>) -> Doc {
        bind.map_or(Doc::Nil, |name| text(format!(" as {}", self.name(name))))
    }
}

pub(super) fn assign_op(op: AssignOp) -> &'static str {
    match op {
        AssignOp::Set => "=",
        AssignOp::Add => "+=",
        AssignOp::Subtract => "-=",
        AssignOp::Multiply => "*=",
        AssignOp::Append => "++=",
    }
}
