//! Declarations without a body of statements, and the way to all others.

use super::{Formatter, quote};
use crate::format::doc::{Doc, concat, text};
use crate::syntax::ast::{EmailLine, EnumDecl, EnumMember, Ident, Item, ItemKind, Param, Right};

impl Formatter<'_> {
    pub(in crate::format) fn item(&mut self, item: &Item) -> Doc {
        match &item.kind {
            ItemKind::Error { .. } => self.verbatim(item.span),
            ItemKind::Use { library, names } => {
                let names = names.as_ref().map_or_else(String::new, |names| format!(".{{{}}}", self.names(names)));
                text(format!("use {}{names}", self.name(library)))
            }
            ItemKind::Enum(decl) => self.enum_decl(decl),
            ItemKind::Record { name, fields } => self.fields_item("record", name, fields),
            ItemKind::Error_ { name, fields } => self.fields_item("error", name, fields),
            ItemKind::Signal { name, fields } => self.fields_item("signal", name, fields),
            ItemKind::Type { name, ty } => concat([text(format!("type {} = ", self.name(name))), self.type_expr(ty)]),
            ItemKind::Config(param) => concat([text("config "), self.param(param)]),
            ItemKind::Secret(name) => text(format!("secret {}", self.name(name))),
            ItemKind::Entity(decl) => self.entity(decl),
            ItemKind::Function { name, params, result, body } => {
                let head = text(format!("fn {}", self.name(name)));
                let params = self.params("(", params, name.span.end, ")");
                let result = concat([text(" -> "), self.type_expr(result), text(" ")]);
                self.block(body).after(concat([head, params, result]))
            }
            ItemKind::Process(process) => self.process(process),
            ItemKind::Activity(activity) => self.process(activity),
            ItemKind::Flow(flow) => self.flow(flow),
            ItemKind::Rule(rule) => self.process(rule),
            ItemKind::Email { name, params, lines } => self.email(name, params, lines),
            ItemKind::Role { name, rights } => {
                let head = text(format!("role {} ", self.name(name)));
                let open = self.open_brace(name.span.end);
                concat([head, self.lines(open, rights, |right| (right.span.start, right.span.end), Self::right)])
            }
            ItemKind::Calendar { name, body } => {
                concat([text(format!("calendar {} ", self.name(name))), self.verbatim(*body)])
            }
            ItemKind::Test { title, title_span, at, zone, body } => {
                let mut head = vec![text(format!("test {}", self.title(*title_span, title)))];
                head.push(self.optional(" at ", at.as_ref()));
                head.push(self.optional(" in zone ", zone.as_ref()));
                head.push(text(" "));
                self.block(body).after(Doc::Concat(head))
            }
            ItemKind::Migrate { process, from, body } => {
                let head = format!("migrate {} from {} ", self.name(process), quote(from));
                concat([text(head), self.verbatim(*body)])
            }
        }
    }

    fn fields_item(&mut self, word: &str, name: &Ident, fields: &[Param]) -> Doc {
        let head = format!("{word} {}", self.name(name));
        if fields.is_empty() && !self.follows(name.span.end, "{") {
            return text(head);
        }
        concat([text(head + " "), self.params("{", fields, name.span.end, "}")])
    }

    fn enum_decl(&mut self, decl: &EnumDecl) -> Doc {
        let extend = if decl.extend { "extend " } else { "" };
        let head = text(format!("{extend}enum {} ", self.name(&decl.name)));
        let one = |member: &EnumMember| {
            let (start, end) = self.member_place(member);
            self.element(start, end, |f| text(f.member(member)))
        };
        let elements = decl.members.iter().map(one).collect();
        let end = decl.members.last().map(|member| self.member_place(member).1);
        let end = end.unwrap_or_else(|| self.open_brace(decl.name.span.end));
        concat([head, self.list("{", elements, end, "}")])
    }

    /// Where a member of an enum, a state or a status begins and ends.
    pub(super) fn member_place(&self, member: &EnumMember) -> (u32, u32) {
        let end = member.value.map_or(member.name.span.end, |(_, span)| span.end);
        let end = match member.label {
            Some(_) => self.literal_after(end).1,
            None => end,
        };
        (member.name.span.start, end)
    }

    /// `low = 1 "Low"`.
    pub(super) fn member(&self, member: &EnumMember) -> String {
        let mut words = self.name(&member.name);
        let mut end = member.name.span.end;
        if let Some((_, span)) = member.value {
            words.push_str(&format!(" = {}", self.slice(span.start, span.end)));
            end = span.end;
        }
        if member.label.is_some() {
            let (start, end) = self.literal_after(end);
            words.push_str(&format!(" {}", self.slice(start, end)));
        }
        words
    }

    /// The next text without slots from a place on.
    pub(super) fn literal_after(&self, at: u32) -> (u32, u32) {
        let mut start = at;
        loop {
            start = self.next_token(start);
            let rest = self.slice(start, u32::try_from(self.source.len()).unwrap_or(u32::MAX));
            let mut escaped = false;
            match rest.chars().next() {
                Some('"') => {
                    let inner = rest.get(1..).unwrap_or("");
                    let close = inner.find(|c| {
                        let closes = c == '"' && !escaped;
                        escaped = c == '\\' && !escaped;
                        closes
                    });
                    let length = close.map_or(rest.len(), |close| close + 2);
                    return (start, start + u32::try_from(length).unwrap_or(0));
                }
                Some(c) => start += u32::try_from(c.len_utf8()).unwrap_or(1),
                None => return (start, start),
            }
        }
    }

    fn email(&mut self, name: &Ident, params: &[Param], lines: &[EmailLine]) -> Doc {
        let mut head = vec![text(format!("email {}", self.name(name)))];
        let mut end = name.span.end;
        if !params.is_empty() || self.follows(end, "(") {
            head.push(self.params("(", params, end, ")"));
            end = params.last().map_or_else(|| self.next_token(end) + 1, |param| param.span.end);
            end = self.next_token(end) + 1;
        }
        head.push(text(" "));
        let open = self.open_brace(end);
        let place = |line: &EmailLine| (line.word.span.start, line.value.span.end);
        head.push(self.lines(open, lines, place, |f, line| {
            let html = if line.html { "html " } else { "" };
            concat([text(format!("{} {html}", line.word.name)), f.expr(&line.value)])
        }));
        Doc::Concat(head)
    }

    fn right(&mut self, right: &Right) -> Doc {
        let depth = right.depth.as_ref().map_or_else(String::new, |depth| format!(" in {}", depth.name));
        let targets = if right.targets.is_empty() { String::new() } else { format!(" {}", self.names(&right.targets)) };
        text(format!("allow {}{targets}{depth}", self.names(&right.verbs)))
    }
}
