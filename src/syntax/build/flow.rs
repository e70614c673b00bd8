//! Business process flows.

use pest::iterators::Pair;

use super::{Builder, Built, Nodes};
use crate::syntax::ast::{FlowDecl, FlowElement, FlowStage, Ident, Stmt, StmtKind};
use crate::syntax::grammar::Rule;

impl Builder<'_> {
    /// `flow SalesPipeline … { … }`.
    pub(super) fn flow(&mut self, mut nodes: Nodes<'_>) -> Built<FlowDecl> {
        let name = self.new_type(&mut nodes)?;
        let mut flow =
            FlowDecl { name, on_created: None, order: None, roles: Vec::new(), stages: Vec::new(), hooks: Vec::new() };
        for part in nodes {
            match part.as_rule() {
                Rule::flow_created => {
                    let only_if = self.nodes(part).next();
                    flow.on_created = Some(only_if.map(|c| self.only_expr(c)).transpose()?);
                }
                Rule::flow_order => flow.order = Some(self.stored(&self.nodes(part).presume_next()?)),
                Rule::flow_roles => flow.roles = self.idents(self.nodes(part).presume_next()?),
                _ => self.flow_body(&mut flow, part)?,
            }
        }
        Ok(flow)
    }

    fn flow_body(&mut self, flow: &mut FlowDecl, body: Pair<'_, Rule>) -> Built<()> {
        for part in self.nodes(body) {
            match part.as_rule() {
                Rule::flow_stage => {
                    let stage = self.flow_stage(part)?;
                    flow.stages.push(stage);
                }
                Rule::flow_hook => {
                    let words = self.phrase(&part);
                    let mut hook = self.nodes(part);
                    let event =
                        [(Rule::k_finish, "finish"), (Rule::k_abort, "abort"), (Rule::k_reactivate, "reactivate")];
                    let name = event.iter().find(|(rule, _)| hook.has(*rule)).map_or("", |(_, name)| name);
                    let block = self.presume_block(&mut hook)?;
                    let span = crate::base::span::Span { end: block.span.start, ..words.span };
                    flow.hooks.push((Ident { name: name.to_owned(), span }, block));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn flow_stage(&mut self, pair: Pair<'_, Rule>) -> Built<FlowStage> {
        let mut nodes = self.nodes(pair);
        let span = nodes.span;
        let name = self.ident(&nodes.presume(Rule::Name)?);
        let title = nodes.option(Rule::plain_text).map(|title| self.fixed_text(&title, false));
        let record = self.ident(&nodes.presume(Rule::name)?);
        let entity = nodes.option(Rule::Name).map(|entity| self.ident(&entity));
        let via = nodes.option(Rule::stage_via).map(|via| self.only_expr(via)).transpose()?;
        let category = nodes.option(Rule::stage_category).map(|c| self.only_ident(c)).transpose()?;
        let body = self.nodes(nodes.presume(Rule::stage_body)?);
        let elements = body.map(|part| self.stage_part(part)).collect::<Built<_>>()?;
        Ok(FlowStage { name, title, record, entity, via, category, elements, span })
    }

    fn stage_part(&mut self, pair: Pair<'_, Rule>) -> Built<FlowElement> {
        let rule = pair.as_rule();
        let mut nodes = self.nodes(pair);
        let span = nodes.span;
        Ok(match rule {
            Rule::hole => FlowElement::Error(span),
            Rule::step => {
                let field = self.presume_expr(&mut nodes)?;
                let title = nodes.option(Rule::plain_text).map(|title| self.fixed_text(&title, false));
                let required = match nodes.next() {
                    None => None,
                    Some(required) => Some(self.nodes(required).next().map(|c| self.expr_like(c)).transpose()?),
                };
                FlowElement::Step { field, title, required }
            }
            Rule::button => {
                let title = self.fixed_text(&nodes.presume(Rule::plain_text)?, false);
                FlowElement::Button { title, stmt: self.call_stmt(&mut nodes)? }
            }
            Rule::stage_hook => {
                let on_exit = nodes.has(Rule::k_exit);
                FlowElement::Hook { stmt: self.call_stmt(&mut nodes)?, on_exit }
            }
            Rule::next_stage => {
                let stage = Some(self.ident(&nodes.presume(Rule::Name)?));
                FlowElement::Next { stage, condition: self.condition(nodes)?, span }
            }
            Rule::finish_stage => FlowElement::Next { stage: None, condition: self.condition(nodes)?, span },
            _ => return nodes.defect(),
        })
    }

    fn condition(&mut self, mut nodes: Nodes<'_>) -> Built<Option<crate::syntax::ast::Expr>> {
        nodes.next().map(|condition| self.expr_like(condition)).transpose()
    }

    fn call_stmt(&mut self, nodes: &mut Nodes<'_>) -> Built<Stmt> {
        let effect = self.effect_of(nodes.presume_next()?)?;
        Ok(Stmt { span: effect.span, kind: StmtKind::Effect(Box::new(effect)) })
    }
}
