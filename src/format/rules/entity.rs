//! Entities: a field a line, without commas.

use super::Formatter;
use crate::base::span::Span;
use crate::format::doc::{Doc, concat, text};
use crate::syntax::ast::{Arrow, EntityDecl, Expr, FieldDecl, Ident, StateDecl, StatesDecl};

/// What stands in an entity.
enum Part<'a> {
    Field(&'a FieldDecl),
    States(&'a StatesDecl),
    Unique(&'a [Ident]),
    ShownAs(&'a Expr),
}

/// What stands in `states { }`.
enum StatePart<'a> {
    State(&'a StateDecl),
    Arrow(&'a Arrow),
}

impl Formatter<'_> {
    pub(super) fn entity(&mut self, decl: &EntityDecl) -> Doc {
        let (head, end) = self.entity_head(decl);
        let mut parts: Vec<((u32, u32), Part<'_>)> = Vec::new();
        for field in &decl.fields {
            parts.push((self.field_place(field), Part::Field(field)));
        }
        if let Some(states) = &decl.states {
            parts.push(((self.word_before("states", states.span.start), states.span.end), Part::States(states)));
        }
        for names in &decl.unique {
            let start = names.first().map_or(0, |name| self.word_before("unique", name.span.start));
            let end = names.last().map_or(0, |name| name.span.end);
            parts.push(((start, end), Part::Unique(names)));
        }
        if let Some(shown) = &decl.shown_as {
            parts.push(((self.word_before("shown", shown.span.start), shown.span.end), Part::ShownAs(shown)));
        }
        parts.sort_by_key(|part| part.0);
        let open = self.open_brace(end);
        let is_one_line = parts.last().is_some_and(|last| !self.slice(open, last.0.1).contains('\n'));
        let printed = self.printed();
        let body = self.lines(open, &parts, |part| part.0, |f, part| f.entity_part(&part.1));
        let flat = match parts.as_slice() {
            [part] if is_one_line && self.printed() == printed => self.entity_part(&part.1).flat(),
            _ => None,
        };
        let flat = flat.map(|part| format!("{head}{{ {part} }}"));
        Doc::either(flat, concat([text(head), body]))
    }

    fn entity_head(&self, decl: &EntityDecl) -> (String, u32) {
        let mut head = if decl.extend { "extend entity ".to_owned() } else { "entity ".to_owned() };
        head.push_str(&self.name(&decl.name));
        let mut end = decl.name.span.end;
        if decl.physical.is_some() {
            let (start, literal_end) = self.literal_after(end);
            head.push_str(&format!(" as {}", self.slice(start, literal_end)));
            end = literal_end;
        }
        if let Some(owner) = &decl.owned_by {
            head.push_str(&format!(" owned by {}", owner.name));
            end = owner.span.end;
        }
        for (number, flag) in decl.flags.iter().enumerate() {
            let comma = if number == 0 && decl.owned_by.is_none() { "" } else { "," };
            head.push_str(&format!("{comma} {}", flag.name));
            end = flag.span.end;
        }
        head.push(' ');
        (head, end)
    }

    /// The last place of a word before another place.
    pub(super) fn word_before(&self, word: &str, at: u32) -> u32 {
        self.slice(0, at).rfind(word).and_then(|start| u32::try_from(start).ok()).unwrap_or(at)
    }

    fn entity_part(&mut self, part: &Part<'_>) -> Doc {
        match part {
            Part::Field(field) => self.field(field),
            Part::States(states) => self.states(states),
            Part::Unique(names) => text(format!("unique {}", self.names(names))),
            Part::ShownAs(shown) => concat([text("shown as "), self.expr(shown)]),
        }
    }

    fn field_place(&self, field: &FieldDecl) -> (u32, u32) {
        (field.name.span.start, field.span.end)
    }

    fn field(&mut self, field: &FieldDecl) -> Doc {
        let mut docs = vec![text(self.name(&field.name))];
        if field.physical.is_some() {
            let (start, end) = self.literal_after(field.name.span.end);
            docs.push(text(format!(" as {}", self.slice(start, end))));
        }
        docs.extend([text(": "), self.type_expr(&field.ty)]);
        if let Some((low, high)) = &field.bounds {
            docs.extend([text(" "), self.expr(low), text(".."), self.expr(high)]);
        }
        for flag in &field.flags {
            docs.push(text(format!(" {}", flag.name)));
        }
        if let Some((value, span)) = &field.autonumber {
            docs.push(text(format!(" autonumber {}", self.title(*span, value))));
        }
        if let Some(action) = &field.on_delete {
            docs.push(text(format!(" on delete {}", action.name)));
        }
        docs.push(self.optional(" = ", field.default.as_ref()));
        docs.push(self.optional(" computed = ", field.computed.as_ref()));
        Doc::Concat(docs)
    }

    fn states(&mut self, states: &StatesDecl) -> Doc {
        let mut parts: Vec<((u32, u32), StatePart<'_>)> = Vec::new();
        for state in &states.states {
            let (start, own_end) = self.member_place(&state.state);
            let end = state.statuses.last().map_or(own_end, |status| self.member_place(status).1);
            parts.push(((start, end), StatePart::State(state)));
        }
        for arrow in &states.arrows {
            let Span { start, end, .. } = arrow.span;
            parts.push(((start, end), StatePart::Arrow(arrow)));
        }
        parts.sort_by_key(|part| part.0);
        let open = match self.slice(states.span.start, states.span.end).find('{') {
            Some(at) => states.span.start + u32::try_from(at).unwrap_or(0) + 1,
            None => states.span.start + 1,
        };
        let body = self.lines(
            open,
            &parts,
            |part| part.0,
            |f, part| match &part.1 {
                StatePart::State(state) => text(f.state(state)),
                StatePart::Arrow(arrow) => text(f.arrow(arrow)),
            },
        );
        concat([text("states "), body])
    }

    fn state(&self, decl: &StateDecl) -> String {
        let state = self.member(&decl.state);
        if decl.statuses.is_empty() {
            return state;
        }
        let statuses: Vec<String> = decl.statuses.iter().map(|status| self.member(status)).collect();
        format!("{state}: {}", statuses.join(", "))
    }

    fn arrow(&self, arrow: &Arrow) -> String {
        let ends = |ends: &[Vec<Ident>]| ends.iter().map(|end| self.path(end)).collect::<Vec<_>>().join(", ");
        format!("{} -> {}", ends(&arrow.from), ends(&arrow.to))
    }
}
