//! Workflows, actions, dialogs and activities: their heads and clauses.

use pest::iterators::Pair;

use super::{Builder, Built, Nodes};
use crate::base::span::Span;
use crate::syntax::ast::{
    Clause, ClauseKind, Event, EventKind, Ident, Keep, Param, Primary, ProcessDecl, ProcessKind, ResultDecl, Using,
};
use crate::syntax::grammar::Rule;

/// What process and activity have in common.
struct Head {
    name: Ident,
    params: Vec<Param>,
    primary: Option<Primary>,
    result: Option<ResultDecl>,
}

impl Builder<'_> {
    /// `workflow`, `realtime workflow`, `action`, `dialog`.
    pub(super) fn process(&mut self, mut nodes: Nodes<'_>) -> Built<ProcessDecl> {
        let whole = nodes.span;
        let kind = self.phrase(&nodes.presume(Rule::process_kind)?);
        let kind = match kind.name.as_str() {
            "workflow" => ProcessKind::Background,
            "action" => ProcessKind::Action,
            "dialog" => ProcessKind::Dialog,
            _ => ProcessKind::Realtime,
        };
        let head = self.head(&mut nodes)?;
        let mut clauses = Vec::new();
        while let Some(clause) = nodes.option(Rule::clause) {
            clauses.push(self.clause(clause)?);
        }
        let last = nodes.presume_next()?;
        let last_span = self.span(&last);
        let before = self.source.get(whole.start as usize..last_span.start as usize).unwrap_or("");
        let head_span = self.trimmed(before, whole.start, last_span.start);
        let (body, using) = match last.as_rule() {
            Rule::block => (Some(self.block(last)?), None),
            _ => (None, Some(self.using(last)?)),
        };
        let Head { name, params, primary, result } = head;
        Ok(ProcessDecl { kind, name, params, primary, result, clauses, body, using, head_span })
    }

    /// `activity ScoreCredit(…) -> … using …`.
    pub(super) fn activity(&mut self, mut nodes: Nodes<'_>) -> Built<ProcessDecl> {
        let whole = nodes.span;
        let Head { name, params, primary, result } = self.head(&mut nodes)?;
        let using = nodes.presume(Rule::using)?;
        let start = self.span(&using).start;
        let before = self.source.get(whole.start as usize..start as usize).unwrap_or("");
        let head_span = self.trimmed(before, whole.start, start);
        let using = Some(self.using(using)?);
        let kind = ProcessKind::Activity;
        Ok(ProcessDecl { kind, name, params, primary, result, clauses: Vec::new(), body: None, using, head_span })
    }

    /// `rule DiscountNeedsReason for q: Quote on save rank 5 { … }`.
    pub(super) fn rule(&mut self, mut nodes: Nodes<'_>) -> Built<ProcessDecl> {
        let whole = nodes.span;
        let Head { name, params, primary, result } = self.head(&mut nodes)?;
        let mut clauses = Vec::new();
        let body = loop {
            let part = nodes.presume_next()?;
            match part.as_rule() {
                Rule::block => break part,
                Rule::rule_on => {
                    let span = self.span(&part);
                    let words = self.nodes(part).presume(Rule::words)?;
                    clauses.push(Clause { kind: ClauseKind::On(self.idents(words)), span });
                }
                _ => clauses.push(self.clause(part)?),
            }
        };
        let start = self.span(&body).start;
        let before = self.source.get(whole.start as usize..start as usize).unwrap_or("");
        let head_span = self.trimmed(before, whole.start, start);
        let body = Some(self.block(body)?);
        Ok(ProcessDecl {
            kind: ProcessKind::Rule,
            name,
            params,
            primary,
            result,
            clauses,
            body,
            using: None,
            head_span,
        })
    }

    fn head(&mut self, nodes: &mut Nodes<'_>) -> Built<Head> {
        let name = self.new_type(nodes)?;
        let params = nodes.option(Rule::params).map_or(Ok(Vec::new()), |params| self.params(params))?;
        let primary = nodes.option(Rule::primary_record).map(|p| self.primary_record(p)).transpose()?;
        let result = nodes.option(Rule::result).map(|result| self.result(result)).transpose()?;
        Ok(Head { name, params, primary, result })
    }

    fn result(&mut self, pair: Pair<'_, Rule>) -> Built<ResultDecl> {
        let inner = self.nodes(pair).presume_next()?;
        if inner.as_rule() == Rule::result_fields {
            return self.params(inner).map(ResultDecl::Named);
        }
        self.type_expr(inner).map(ResultDecl::Type)
    }

    fn clause(&mut self, pair: Pair<'_, Rule>) -> Built<Clause> {
        let inner = self.nodes(pair).presume_next()?;
        let rule = inner.as_rule();
        let mut nodes = self.nodes(inner);
        let span = nodes.span;
        let kind = match rule {
            Rule::hole => ClauseKind::Error,
            Rule::when | Rule::before | Rule::after => {
                let events = self.nodes(nodes.presume(Rule::events)?);
                let events = events.each(|event| self.event(event))?;
                match rule {
                    Rule::when => ClauseKind::When(events),
                    Rule::before => ClauseKind::Before(events),
                    _ => ClauseKind::After(events),
                }
            }
            Rule::only_if => ClauseKind::OnlyIf(self.presume_expr(&mut nodes)?),
            Rule::run_as => ClauseKind::RunAs(self.ident(&nodes.presume_next()?)),
            Rule::scope => ClauseKind::Scope(self.phrase(&nodes.presume_next()?)),
            Rule::rank => ClauseKind::Rank(self.stored(&nodes.presume_next()?)),
            Rule::keep => ClauseKind::Keep(match nodes.peek() {
                Some(Rule::keep_for_ever) => Keep::ForEver,
                Some(Rule::keep_nothing) => Keep::Nothing,
                _ => Keep::For(self.presume_expr(&mut nodes)?),
            }),
            Rule::limit => {
                let count = self.presume_expr(&mut nodes)?;
                let per = nodes.option(Rule::per).map(|per| self.only_expr(per)).transpose()?;
                ClauseKind::Limit { count, per, policy: nodes.next().map(|policy| self.phrase(&policy)) }
            }
            Rule::in_zone => ClauseKind::InZone(self.presume_expr(&mut nodes)?),
            Rule::independent => ClauseKind::Independent,
            _ => return nodes.defect(),
        };
        Ok(Clause { kind, span })
    }

    fn event(&mut self, pair: Pair<'_, Rule>) -> Built<Event> {
        let inner = self.nodes(pair).presume_next()?;
        let rule = inner.as_rule();
        let word = self.phrase(&inner);
        let mut nodes = self.nodes(inner);
        let kind = match rule {
            Rule::hole => EventKind::Error,
            Rule::event_word => match word.name.as_str() {
                "created" => EventKind::Created,
                "assigned" => EventKind::Assigned,
                "deleted" => EventKind::Deleted,
                _ => EventKind::Called,
            },
            Rule::on_demand => EventKind::OnDemand,
            Rule::updated => EventKind::Updated(self.event_fields(nodes)?),
            Rule::written => EventKind::Written(self.event_fields(nodes)?),
            Rule::on_signal => EventKind::Signal(self.ident(&nodes.presume_next()?)),
            Rule::on_action => EventKind::Action(self.ident(&nodes.presume_next()?)),
            Rule::status_changed => {
                let from = nodes.option(Rule::from_states).map_or(Vec::new(), |from| self.ends(from));
                let to = nodes.option(Rule::to_states).map_or(Vec::new(), |to| self.ends(to));
                EventKind::StatusChanged { from, to }
            }
            Rule::schedule => {
                let cron = nodes.has(Rule::k_cron);
                let times = nodes.presume_next()?;
                let text =
                    if cron { self.fixed_text(&times, false) } else { format!("every {}", self.phrase(&times).name) };
                let zone = match nodes.next() {
                    Some(zone) => Some(self.nodes(zone).presume_next()?),
                    None => None,
                };
                EventKind::Schedule { text, cron, zone: zone.map(|zone| self.fixed_text(&zone, false)) }
            }
            _ => return nodes.defect(),
        };
        Ok(Event { kind, span: word.span })
    }

    fn event_fields(&self, mut nodes: Nodes<'_>) -> Built<Vec<Ident>> {
        let mut fields = self.nodes(nodes.presume(Rule::event_fields)?);
        Ok(fields.next().map_or(Vec::new(), |words| self.idents(words)))
    }

    /// `using http post "…" header … timeout … retry …`.
    fn using(&mut self, pair: Pair<'_, Rule>) -> Built<Using> {
        let mut nodes = self.nodes(pair);
        let span = nodes.span;
        let first = nodes.presume_next()?;
        let kind = first_word(&self.phrase(&first));
        let mut what = self.nodes(first);
        let method = what.option(Rule::http_method).map(|method| self.ident(&method));
        let target = what.next().map(|target| self.expr_like(target)).transpose()?;
        let mut using = Using { kind, method, target, headers: Vec::new(), timeout: None, retry: None, span };
        for part in nodes {
            match part.as_rule() {
                Rule::header => {
                    let mut header = self.nodes(part);
                    let name = self.presume_expr(&mut header)?;
                    using.headers.push((name, self.presume_expr(&mut header)?));
                }
                Rule::timeout => using.timeout = Some(self.only_expr(part)?),
                _ => using.retry = Some(self.retry(part)?),
            }
        }
        Ok(using)
    }
}

fn first_word(phrase: &Ident) -> Ident {
    let word = phrase.name.split(' ').next().unwrap_or("");
    let end = phrase.span.start + crate::syntax::scan::offset(word.len());
    Ident { name: word.to_owned(), span: Span { end, ..phrase.span } }
}
