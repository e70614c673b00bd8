//! Declarations.

use pest::iterators::Pair;

use super::entity::plain_member;
use super::{Builder, Built, Nodes};
use crate::syntax::ast::{EmailLine, EnumDecl, EnumMember, Ident, Item, ItemKind, Param, Primary, Right};
use crate::syntax::errors;
use crate::syntax::grammar::Rule;

impl Builder<'_> {
    /// A declaration with its doc comment.
    pub(super) fn item(&mut self, pair: Pair<'_, Rule>) -> Built<Item> {
        let mut nodes = self.nodes(pair);
        let span = nodes.span;
        let inner = nodes.presume_next()?;
        let kind = self.item_kind(inner)?;
        Ok(Item { doc: self.doc(span.start), kind, span })
    }

    fn item_kind(&mut self, pair: Pair<'_, Rule>) -> Built<ItemKind> {
        let rule = pair.as_rule();
        let mut nodes = self.nodes(pair);
        Ok(match rule {
            Rule::hole => ItemKind::Error { name: self.name_in_hole(nodes.span) },
            Rule::use_item => {
                let library = self.ident(&nodes.presume(Rule::name)?);
                ItemKind::Use { library, names: nodes.next().map(|names| self.idents(names)) }
            }
            Rule::enum_item => self.enum_item(nodes)?,
            Rule::record_item => {
                let (name, fields) = self.name_and_fields(nodes)?;
                ItemKind::Record { name, fields }
            }
            Rule::error_item => {
                let (name, fields) = self.name_and_fields(nodes)?;
                ItemKind::Error_ { name, fields }
            }
            Rule::signal_item => {
                let (name, fields) = self.name_and_fields(nodes)?;
                ItemKind::Signal { name, fields }
            }
            Rule::type_item => {
                let name = self.new_type(&mut nodes)?;
                let ty = nodes.presume(Rule::type_expr)?;
                ItemKind::Type { name, ty: self.type_expr(ty)? }
            }
            Rule::config_item => {
                let param = nodes.presume(Rule::param)?;
                ItemKind::Config(self.param(param)?)
            }
            Rule::secret_item => ItemKind::Secret(self.ident(&nodes.presume(Rule::word)?)),
            Rule::entity_item => ItemKind::Entity(self.entity(nodes)?),
            Rule::fn_item => {
                let name = self.new_name(&mut nodes)?;
                let params = nodes.presume(Rule::params)?;
                let params = self.params(params)?;
                let result = nodes.presume(Rule::type_expr)?;
                let result = self.type_expr(result)?;
                ItemKind::Function { name, params, result, body: self.presume_block(&mut nodes)? }
            }
            Rule::process_item => ItemKind::Process(Box::new(self.process(nodes)?)),
            Rule::activity_item => ItemKind::Activity(Box::new(self.activity(nodes)?)),
            Rule::rule_item => ItemKind::Rule(Box::new(self.rule(nodes)?)),
            Rule::flow_item => ItemKind::Flow(Box::new(self.flow(nodes)?)),
            _ => self.small_item(rule, nodes)?,
        })
    }

    fn small_item(&mut self, rule: Rule, mut nodes: Nodes<'_>) -> Built<ItemKind> {
        if rule == Rule::test_item {
            return self.test_item(nodes);
        }
        let name = self.new_type(&mut nodes)?;
        Ok(match rule {
            Rule::email_item => {
                let params = nodes.option(Rule::params).map_or(Ok(Vec::new()), |params| self.params(params))?;
                let body = nodes.presume(Rule::email_body)?;
                ItemKind::Email { name, params, lines: self.email_lines(body)? }
            }
            Rule::role_item => {
                let body = nodes.presume(Rule::role_body)?;
                ItemKind::Role { name, rights: self.rights(body)? }
            }
            Rule::calendar_item => ItemKind::Calendar { name, body: self.span(&nodes.presume(Rule::raw_body)?) },
            Rule::migrate_item => {
                let from = self.fixed_text(&nodes.presume(Rule::plain_text)?, false);
                ItemKind::Migrate { process: name, from, body: self.span(&nodes.presume(Rule::raw_body)?) }
            }
            _ => return nodes.defect(),
        })
    }

    fn name_and_fields(&mut self, mut nodes: Nodes<'_>) -> Built<(Ident, Vec<Param>)> {
        let name = self.new_type(&mut nodes)?;
        let fields = nodes.next().map_or(Ok(Vec::new()), |fields| self.params(fields))?;
        Ok((name, fields))
    }

    fn enum_item(&mut self, mut nodes: Nodes<'_>) -> Built<ItemKind> {
        let extend = nodes.has(Rule::k_extend);
        let name = self.new_type(&mut nodes)?;
        let body = self.nodes(nodes.presume(Rule::enum_body)?);
        let mut members: Vec<EnumMember> = Vec::new();
        for part in body {
            if part.as_rule() == Rule::enum_member {
                members.push(self.enum_member(part)?);
                continue;
            }
            let name = self.word_in_hole(self.span(&part));
            let is_new = |name: &Ident| members.iter().all(|member| member.name.name != name.name);
            members.extend(name.filter(is_new).map(plain_member).into_iter().collect::<Vec<_>>());
        }
        self.lower_members(members.iter());
        Ok(ItemKind::Enum(EnumDecl { extend, name, members }))
    }

    /// `low = 1 "Low"`.
    pub(super) fn enum_member(&mut self, pair: Pair<'_, Rule>) -> Built<EnumMember> {
        let mut nodes = self.nodes(pair);
        let doc = self.doc(nodes.span.start);
        let mut name = self.ident(&nodes.presume(Rule::word)?);
        if name.name.starts_with(|first: char| first.is_ascii_uppercase()) {
            name.name = errors::first_letter(&name.name, char::to_ascii_lowercase);
        }
        let value = nodes.option(Rule::stored).map(|value| (self.stored(&value), self.span(&value)));
        let label = nodes.option(Rule::plain_text).map(|label| self.fixed_text(&label, false));
        Ok(EnumMember { doc, name, value, label })
    }

    /// `for deal: Opportunity`.
    pub(super) fn primary_record(&mut self, pair: Pair<'_, Rule>) -> Built<Primary> {
        let mut nodes = self.nodes(pair);
        let name = self.new_name(&mut nodes)?;
        let ty = nodes.presume(Rule::type_expr)?;
        Ok(Primary { name, ty: self.type_expr(ty)? })
    }

    fn email_lines(&mut self, body: Pair<'_, Rule>) -> Built<Vec<EmailLine>> {
        let mut lines = Vec::new();
        for line in self.nodes(body).filter(|line| line.as_rule() == Rule::email_line) {
            let span = self.span(&line);
            let word = line.as_str().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("").to_owned();
            let mut line = self.nodes(line);
            let html = line.has(Rule::k_html);
            let end = span.start + crate::syntax::scan::offset(word.len());
            let word = Ident { name: word, span: crate::base::span::Span { end, ..span } };
            lines.push(EmailLine { word, html, value: self.presume_expr(&mut line)? });
        }
        Ok(lines)
    }

    fn rights(&mut self, body: Pair<'_, Rule>) -> Built<Vec<Right>> {
        let mut rights = Vec::new();
        for right in self.nodes(body).filter(|right| right.as_rule() == Rule::right) {
            let mut right = self.nodes(right);
            let span = right.span;
            let verbs = right.presume(Rule::words)?;
            let targets = right.option(Rule::right_targets).map_or_else(Vec::new, |targets| self.idents(targets));
            let depth = right.next().map(|depth| self.phrase(&depth));
            rights.push(Right { verbs: self.idents(verbs), targets, depth, span });
        }
        Ok(rights)
    }

    fn test_item(&mut self, mut nodes: Nodes<'_>) -> Built<ItemKind> {
        let title = nodes.presume(Rule::plain_text)?;
        let title_span = self.span(&title);
        let title = self.fixed_text(&title, false);
        let at = nodes.option(Rule::test_at).map(|at| self.only_expr(at)).transpose()?;
        let zone = nodes.option(Rule::in_zone).map(|zone| self.only_expr(zone)).transpose()?;
        Ok(ItemKind::Test { title, title_span, at, zone, body: self.presume_block(&mut nodes)? })
    }
}
