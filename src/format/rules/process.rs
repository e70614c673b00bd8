//! Everything with a head, clauses and a body: workflows, actions, dialogs, activities.

use super::Formatter;
use crate::format::doc::{Doc, concat, group, join, nest, text};
use crate::syntax::ast::{
    Clause, ClauseKind, Event, EventKind, Ident, Keep, Primary, ProcessDecl, ProcessKind, ResultDecl, Using,
};

impl Formatter<'_> {
    pub(super) fn process(&mut self, process: &ProcessDecl) -> Doc {
        let word = match process.kind {
            ProcessKind::Background => "workflow",
            ProcessKind::Realtime => "realtime workflow",
            ProcessKind::Action => "action",
            ProcessKind::Activity => "activity",
            ProcessKind::Dialog => "dialog",
            ProcessKind::Rule => "rule",
        };
        let head = text(format!("{word} {}", self.name(&process.name)));
        let params = if process.params.is_empty() && !self.follows(process.name.span.end, "(") {
            Doc::Nil
        } else {
            self.params("(", &process.params, process.name.span.end, ")")
        };
        let primary = process.primary.as_ref().map_or(Doc::Nil, |primary| self.primary(primary));
        let result = self.result(process.result.as_ref());
        let mut head = concat([head, params, primary, result]);
        let is_inline = matches!(
            process.clauses.as_slice(),
            [Clause { kind: ClauseKind::Independent | ClauseKind::On(_), .. }] | []
        );
        if is_inline {
            for clause in &process.clauses {
                head = concat([head, text(" "), self.clause(clause)]);
            }
        } else {
            let clauses = self.clauses(&process.clauses);
            head = concat([head, nest(clauses)]);
        }
        match (&process.body, &process.using) {
            (Some(body), _) if is_inline => self.block(body).after(concat([head, text(" ")])),
            (Some(body), _) => concat([head, Doc::HardLine, self.block(body).broken]),
            (None, Some(using)) => concat([head, nest(self.using(using))]),
            (None, None) => head,
        }
    }

    /// ` for deal: Opportunity`.
    pub(super) fn primary(&mut self, primary: &Primary) -> Doc {
        concat([text(format!(" for {}: ", self.name(&primary.name))), self.type_expr(&primary.ty)])
    }

    fn result(&mut self, result: Option<&ResultDecl>) -> Doc {
        match result {
            None => Doc::Nil,
            Some(ResultDecl::Type(ty)) => concat([text(" -> "), self.type_expr(ty)]),
            Some(ResultDecl::Named(params)) => {
                let start = params.first().map_or(0, |param| param.span.start);
                concat([text(" -> "), self.params("(", params, start, ")")])
            }
        }
    }

    /// Each on a line of its own.
    fn clauses(&mut self, clauses: &[Clause]) -> Doc {
        let mut docs = Vec::new();
        for clause in clauses {
            docs.push(Doc::HardLine);
            docs.push(self.comments.lead(clause.span.start, true, false));
            docs.push(self.clause(clause));
            docs.push(self.comments.before(clause.span.end));
            docs.push(self.comments.trail(clause.span.end));
        }
        Doc::Concat(docs)
    }

    fn clause(&mut self, clause: &Clause) -> Doc {
        match &clause.kind {
            ClauseKind::Error => self.verbatim(clause.span),
            ClauseKind::When(events) => self.events("when ", events),
            ClauseKind::Before(events) => self.events("before ", events),
            ClauseKind::After(events) => self.events("after ", events),
            ClauseKind::OnlyIf(condition) => concat([text("only if "), self.expr(condition)]),
            ClauseKind::RunAs(who) => text(format!("run as {}", who.name)),
            ClauseKind::Scope(words) => text(format!("scope {}", words.name)),
            ClauseKind::Rank(rank) => text(format!("rank {rank}")),
            ClauseKind::Keep(Keep::ForEver) => text("keep for ever"),
            ClauseKind::Keep(Keep::Nothing) => text("keep nothing"),
            ClauseKind::Keep(Keep::For(time)) => concat([text("keep "), self.expr(time)]),
            ClauseKind::Limit { count, per, policy } => {
                let count = concat([text("limit "), self.expr(count), text(" at once")]);
                let per = self.optional(" per ", per.as_ref());
                let policy = policy.as_ref().map_or_else(String::new, |policy| format!(" {}", policy.name));
                concat([count, per, text(policy)])
            }
            ClauseKind::InZone(zone) => concat([text("in zone "), self.expr(zone)]),
            ClauseKind::Independent => text("independent"),
            ClauseKind::On(words) => text(format!("on {}", self.names(words))),
        }
    }

    fn events(&mut self, word: &'static str, events: &[Event]) -> Doc {
        let mut docs = Vec::new();
        for event in events {
            let before = self.comments.before(event.span.start);
            let words = self.event(event);
            let inside = self.comments.before(event.span.end);
            docs.push(concat([before, words, inside, self.comments.trail(event.span.end)]));
        }
        group(concat([text(word), nest(join(docs, &concat([text(","), Doc::Line])))]))
    }

    fn event(&mut self, event: &Event) -> Doc {
        let states = |f: &Self, word: &str, ends: &[Vec<Ident>]| match ends {
            [] => String::new(),
            ends => format!(" {word} {}", ends.iter().map(|end| f.path(end)).collect::<Vec<_>>().join(" or ")),
        };
        match &event.kind {
            EventKind::Error => self.verbatim(event.span),
            EventKind::Created => text("created"),
            EventKind::Updated(fields) => text(format!("updated({})", self.names(fields))),
            EventKind::Written(fields) => text(format!("written({})", self.names(fields))),
            EventKind::StatusChanged { from, to } => {
                text(format!("status changed{}{}", states(self, "from", from), states(self, "to", to)))
            }
            EventKind::Assigned => text("assigned"),
            EventKind::Deleted => text("deleted"),
            EventKind::OnDemand => text("on demand"),
            EventKind::Called => text("called"),
            EventKind::Signal(name) => text(format!("on {}", self.name(name))),
            EventKind::Action(name) => text(format!("action {}", self.name(name))),
            EventKind::Schedule { cron: true, .. } => self.verbatim(event.span),
            EventKind::Schedule { cron: false, .. } => self.spaced(event.span),
        }
    }

    fn using(&mut self, using: &Using) -> Doc {
        let mut head = format!("using {}", using.kind.name);
        if let Some(method) = &using.method {
            head.push_str(&format!(" {}", method.name));
        }
        let lead = self.comments.lead(using.span.start, true, false);
        let mut docs = vec![Doc::HardLine, lead, text(head), self.optional(" ", using.target.as_ref())];
        for (name, value) in &using.headers {
            docs.extend([Doc::HardLine, text("header "), self.expr(name), text(" "), self.expr(value)]);
        }
        if let Some(timeout) = &using.timeout {
            docs.extend([Doc::HardLine, text("timeout "), self.expr(timeout)]);
        }
        if let Some(retry) = &using.retry {
            docs.extend([Doc::HardLine, self.retry(retry)]);
        }
        docs.push(self.comments.before(using.span.end));
        Doc::Concat(docs)
    }
}
