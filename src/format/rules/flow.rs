//! Business process flows.

use super::{Formatter, quote};
use crate::base::span::Span;
use crate::format::doc::{Doc, concat, nest, text};
use crate::syntax::ast::{Block, FlowDecl, FlowElement, FlowStage, Ident};

/// What stands in a flow.
enum Part<'a> {
    Stage(&'a FlowStage),
    Hook(&'a (Ident, Block)),
}

impl Formatter<'_> {
    pub(super) fn flow(&mut self, flow: &FlowDecl) -> Doc {
        let mut clauses = Vec::new();
        if let Some(condition) = &flow.on_created {
            clauses.extend([Doc::HardLine, text("on created"), self.optional(" only if ", condition.as_ref())]);
        }
        if let Some(order) = flow.order {
            clauses.extend([Doc::HardLine, text(format!("order {order}"))]);
        }
        if !flow.roles.is_empty() {
            clauses.extend([Doc::HardLine, text(format!("for roles {}", self.names(&flow.roles)))]);
        }
        let line = if clauses.is_empty() { text(" ") } else { Doc::HardLine };
        let head = concat([text(format!("flow {}", self.name(&flow.name))), nest(Doc::Concat(clauses)), line]);
        let mut parts: Vec<((u32, u32), Part<'_>)> = Vec::new();
        for stage in &flow.stages {
            let Span { start, end, .. } = stage.span;
            parts.push(((start, end), Part::Stage(stage)));
        }
        for hook in &flow.hooks {
            parts.push(((hook.0.span.start, hook.1.span.end), Part::Hook(hook)));
        }
        parts.sort_by_key(|part| part.0);
        let first = parts.first().map_or(flow.name.span.end, |part| part.0.0);
        let open = self.word_before("{", first) + 1;
        let open = if parts.is_empty() { self.open_brace(flow.name.span.end) } else { open };
        let body = self.lines(
            open,
            &parts,
            |part| part.0,
            |f, part| match &part.1 {
                Part::Stage(stage) => f.flow_stage(stage),
                Part::Hook((word, block)) => f.with_block(text(format!("on {}", word.name)), block),
            },
        );
        concat([head, body])
    }

    fn flow_stage(&mut self, stage: &FlowStage) -> Doc {
        let mut head = vec![text(format!("stage {}", self.name(&stage.name)))];
        if stage.title.is_some() {
            let (start, end) = self.literal_after(stage.name.span.end);
            head.push(text(format!(" {}", self.slice(start, end))));
        }
        head.push(text(format!(" for {}", self.name(&stage.record))));
        let mut end = stage.record.span.end;
        if let Some(entity) = &stage.entity {
            head.push(text(format!(": {}", self.name(entity))));
            end = entity.span.end;
        }
        if let Some(via) = &stage.via {
            head.extend([text(" via "), self.expr(via)]);
            end = via.span.end;
        }
        if let Some(category) = &stage.category {
            head.push(text(format!(" category {}", category.name)));
            end = category.span.end;
        }
        head.push(text(" "));
        let open = self.open_brace(end);
        let is_one_line = !self.slice(open, stage.span.end).contains(['\n', '/']);
        let head = Doc::Concat(head);
        let printed = self.printed();
        let body = self.lines(open, &stage.elements, element_place, Self::flow_element);
        let flat = match stage.elements.as_slice() {
            [FlowElement::Next { stage: None, condition: None, .. }] if is_one_line && self.printed() == printed => {
                head.flat().map(|head| head + "{ finish }")
            }
            _ => None,
        };
        Doc::either(flat, concat([head, body]))
    }

    fn flow_element(&mut self, element: &FlowElement) -> Doc {
        match element {
            FlowElement::Error(span) => self.verbatim(*span),
            FlowElement::Step { field, title, required } => {
                let mut docs = vec![text("step "), self.expr(field)];
                if title.is_some() {
                    let (start, end) = self.literal_after(field.span.end);
                    docs.push(text(format!(" {}", self.slice(start, end))));
                }
                if let Some(condition) = required {
                    docs.extend([text(" required"), self.optional(" if ", condition.as_ref())]);
                }
                Doc::Concat(docs)
            }
            FlowElement::Button { title, stmt } => concat([text(format!("button {} ", quote(title))), self.stmt(stmt)]),
            FlowElement::Hook { stmt, on_exit } => {
                concat([self.stmt(stmt), text(if *on_exit { " on exit" } else { " on enter" })])
            }
            FlowElement::Next { stage, condition, .. } => {
                let words = match stage {
                    Some(stage) => format!("next {}", self.name(stage)),
                    None => "finish".to_owned(),
                };
                concat([text(words), self.optional(" if ", condition.as_ref())])
            }
        }
    }
}

fn element_place(element: &FlowElement) -> (u32, u32) {
    match element {
        FlowElement::Error(span) | FlowElement::Next { span, .. } => (span.start, span.end),
        FlowElement::Step { field, required, .. } => {
            let condition = required.as_ref().and_then(Option::as_ref);
            (field.span.start, condition.map_or(field.span.end, |condition| condition.span.end))
        }
        FlowElement::Button { stmt, .. } | FlowElement::Hook { stmt, .. } => (stmt.span.start, stmt.span.end),
    }
}
