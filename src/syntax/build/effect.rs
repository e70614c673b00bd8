//! Statements that give a value, pages of dialogs, and effects of rules.

use pest::iterators::Pair;

use super::{Builder, Built, Nodes};
use crate::syntax::ast::{Early, Effect, EffectKind, Expr, PageElement, Param, Recipient, Retry, RuleEffect, StmtKind};
use crate::syntax::grammar::Rule;

impl Builder<'_> {
    /// The effect that an `effect` holds.
    pub(super) fn effect(&mut self, pair: Pair<'_, Rule>) -> Built<Effect> {
        let inner = self.nodes(pair).presume_next()?;
        self.effect_of(inner)
    }

    pub(super) fn effect_of(&mut self, pair: Pair<'_, Rule>) -> Built<Effect> {
        let rule = pair.as_rule();
        let mut nodes = self.nodes(pair);
        let span = nodes.span;
        let kind = match rule {
            Rule::create => {
                let entity = self.new_type(&mut nodes)?;
                let fields = nodes.presume(Rule::record_body)?;
                EffectKind::Create { entity, fields: self.field_inits(fields)? }
            }
            Rule::do_call => self.do_call(nodes)?,
            Rule::start => {
                let callee = self.called_type(&mut nodes)?;
                let args = nodes.presume(Rule::call)?;
                EffectKind::Start { callee, args: self.args(args)? }
            }
            Rule::ask => {
                let user = Box::new(self.presume_expr(&mut nodes)?);
                let title = nodes.presume(Rule::text)?;
                let title = Box::new(self.text_expr(title)?);
                let fields = nodes.presume(Rule::form_fields)?;
                let fields = self.params(fields)?;
                let due = nodes.option(Rule::due).map(|due| self.only_expr(due).map(Box::new)).transpose()?;
                EffectKind::Ask { user, title, fields, due }
            }
            Rule::send => self.send(nodes)?,
            Rule::parallel => self.parallel(nodes)?,
            Rule::wait_handle => EffectKind::WaitHandle(self.presume_expr(&mut nodes)?),
            Rule::wait_signal => {
                let signal = self.ident(&nodes.presume(Rule::Name)?);
                let (condition, bind) = self.signal_rest(&mut nodes)?;
                EffectKind::WaitSignal { signal, condition, bind }
            }
            _ => return nodes.defect(),
        };
        Ok(Effect { kind, span })
    }

    fn do_call(&mut self, mut nodes: Nodes<'_>) -> Built<EffectKind> {
        let callee = self.called_type(&mut nodes)?;
        let args = nodes.presume(Rule::call)?;
        let args = self.args(args)?;
        let (mut retry, mut timeout) = (None, None);
        for suffix in nodes {
            if suffix.as_rule() == Rule::retry {
                retry = Some(Box::new(self.retry(suffix)?));
            } else {
                timeout = Some(Box::new(self.only_expr(suffix)?));
            }
        }
        Ok(EffectKind::Do { callee, args, retry, timeout })
    }

    /// `retry 3 times after 10 seconds doubling up to 5 minutes`.
    pub(super) fn retry(&mut self, pair: Pair<'_, Rule>) -> Built<Retry> {
        let mut nodes = self.nodes(pair);
        let span = nodes.span;
        let (has_after, doubling, has_limit) =
            (nodes.has(Rule::k_after), nodes.has(Rule::k_doubling), nodes.has(Rule::k_up));
        let times = self.presume_expr(&mut nodes)?;
        let after = if has_after { Some(self.presume_expr(&mut nodes)?) } else { None };
        let up_to = if has_limit { Some(self.presume_expr(&mut nodes)?) } else { None };
        Ok(Retry { times, after, doubling, up_to, span })
    }

    fn send(&mut self, mut nodes: Nodes<'_>) -> Built<EffectKind> {
        if let Some(fields) = nodes.option(Rule::record_body) {
            return Ok(EffectKind::SendFields(self.field_inits(fields)?));
        }
        let template = self.ident(&nodes.presume(Rule::Name)?);
        let args = nodes.presume(Rule::call)?;
        let args = self.args(args)?;
        let mut to = Vec::new();
        for recipient in nodes {
            let mut recipient = self.nodes(recipient);
            let words = [
                (Rule::k_cc, Recipient::Cc),
                (Rule::k_bcc, Recipient::Bcc),
                (Rule::k_from, Recipient::From),
                (Rule::k_attach, Recipient::Attach),
            ];
            let line = words.into_iter().find(|(word, _)| recipient.has(*word)).map_or(Recipient::To, |(_, line)| line);
            to.push((line, self.presume_expr(&mut recipient)?));
        }
        Ok(EffectKind::SendTemplate { template, args, to })
    }

    fn parallel(&mut self, mut nodes: Nodes<'_>) -> Built<EffectKind> {
        let mut early = Early::default();
        if let Some(first) = nodes.option(Rule::first_of) {
            let mut first = self.nodes(first);
            early.first = first.has(Rule::k_first);
            early.count = first.option(Rule::flat_sum).map(|count| self.expr(count)).transpose()?;
        }
        if let Some(until) = nodes.option(Rule::until_of) {
            early.until = Some(self.only_expr(until)?);
        }
        let early = Box::new(early);
        if let Some(each) = nodes.option(Rule::parallel_for) {
            let mut each = self.nodes(each);
            self.each_after_for(&mut each);
            let name = self.new_name(&mut each)?;
            let source = Box::new(self.presume_expr(&mut each)?);
            let limit = each.option(Rule::at_once).map(|limit| self.only_expr(limit).map(Box::new)).transpose()?;
            return Ok(EffectKind::ParallelFor { early, name, source, limit, body: self.presume_block(&mut each)? });
        }
        let mut branches = Vec::new();
        for branch in self.nodes(nodes.presume(Rule::branches)?).filter(|b| b.as_rule() == Rule::branch) {
            let mut branch = self.nodes(branch);
            let title = self.fixed_text(&branch.presume(Rule::plain_text)?, false);
            branches.push((title, self.presume_block(&mut branch)?));
        }
        Ok(EffectKind::Parallel { early, branches })
    }

    /// `page "Title" { … }`.
    pub(super) fn page(&mut self, mut nodes: Nodes<'_>) -> Built<StmtKind> {
        let title = nodes.presume(Rule::text)?;
        let title = self.text_expr(title)?;
        let body = self.nodes(nodes.presume(Rule::page_body)?);
        let elements = body.map(|part| self.page_part(part)).collect::<Built<_>>()?;
        Ok(StmtKind::Page { title, elements })
    }

    fn page_part(&mut self, pair: Pair<'_, Rule>) -> Built<PageElement> {
        let rule = pair.as_rule();
        let mut nodes = self.nodes(pair);
        let span = nodes.span;
        match rule {
            Rule::hole => return Ok(PageElement::Error(span)),
            Rule::say => return Ok(PageElement::Say(self.presume_expr(&mut nodes)?)),
            _ => {}
        }
        let name = self.ident(&nodes.presume(Rule::word)?);
        let ty = nodes.presume(Rule::type_expr)?;
        let ty = self.type_expr(ty)?;
        let question = self.presume_expr(&mut nodes)?;
        let (mut help, mut default, mut from, mut style) = (None, None, None, None);
        for detail in nodes {
            match detail.as_rule() {
                Rule::ask_help => help = Some(self.only_expr(detail)?),
                Rule::ask_default => default = Some(self.only_expr(detail)?),
                Rule::ask_from => from = Some(self.only_expr(detail)?),
                _ => style = Some(self.only_ident(detail)?),
            }
        }
        let param = Param { doc: self.doc(span.start), name, ty, default, span };
        Ok(PageElement::Ask { param, question, help, from, style })
    }

    /// `require`, `refuse`, `lock`, ….
    pub(super) fn rule_effect(&mut self, mut nodes: Nodes<'_>) -> Built<StmtKind> {
        let verb = self.ident(&nodes.presume(Rule::rule_verb)?);
        let target = self.presume_expr(&mut nodes)?;
        let (mut value, mut messages, mut when) = (None, Vec::new(), None);
        for part in nodes {
            match part.as_rule() {
                Rule::text => messages.push(self.text_expr(part)?),
                Rule::rule_when => when = Some(self.only_expr(part)?),
                _ => value = Some(self.expr_like(part)?),
            }
        }
        Ok(StmtKind::Rule(Box::new(RuleEffect { verb, target, value, messages, when })))
    }

    /// `change q.price = e when c` in a rule.
    pub(super) fn rule_change(&mut self, target: Expr, mut nodes: Nodes<'_>) -> Built<StmtKind> {
        let span = crate::base::span::Span { end: nodes.span.start + 6, ..nodes.span };
        let verb = crate::syntax::ast::Ident { name: "change".into(), span };
        let value = Some(self.presume_expr(&mut nodes)?);
        let when = nodes.option(Rule::rule_when).map(|when| self.only_expr(when)).transpose()?;
        Ok(StmtKind::Rule(Box::new(RuleEffect { verb, target, value, messages: Vec::new(), when })))
    }
}
