//! Entities: fields, states, keys.

use pest::iterators::Pair;

use super::{Builder, Built, Nodes};
use crate::base::span::Span;
use crate::syntax::ast::{Arrow, EntityDecl, EnumMember, FieldDecl, Ident, StateDecl, StatesDecl, TypeExpr, TypeKind};
use crate::syntax::errors;
use crate::syntax::grammar::Rule;

/// A field of which only the name is known.
fn plain_field(name: Ident, span: Span) -> FieldDecl {
    FieldDecl {
        doc: None,
        name,
        physical: None,
        ty: TypeExpr { kind: TypeKind::Error, span },
        bounds: None,
        autonumber: None,
        flags: Vec::new(),
        on_delete: None,
        default: None,
        computed: None,
        span,
    }
}

/// A member of which only the name is known.
pub(super) fn plain_member(name: Ident) -> EnumMember {
    EnumMember { doc: None, name, value: None, label: None }
}

impl Builder<'_> {
    /// `entity Opportunity owned by user { … }`.
    pub(super) fn entity(&mut self, mut nodes: Nodes<'_>) -> Built<EntityDecl> {
        let extend = nodes.has(Rule::k_extend);
        let name = self.new_type(&mut nodes)?;
        let physical = self.physical(&mut nodes)?;
        let owned_by = nodes.option(Rule::owned_by).map(|owned| self.only_ident(owned)).transpose()?;
        let mut flags = Vec::new();
        while let Some(flag) = nodes.option(Rule::entity_flag) {
            flags.push(self.phrase(&flag));
        }
        let mut entity = EntityDecl {
            extend,
            name,
            physical,
            owned_by,
            flags,
            fields: Vec::new(),
            states: None,
            unique: Vec::new(),
            shown_as: None,
        };
        for part in self.nodes(nodes.presume(Rule::entity_body)?) {
            self.entity_part(&mut entity, part)?;
        }
        if let Some(states) = entity.states.as_mut().filter(|_| !extend) {
            self.states_in_arrows(states);
        }
        Ok(entity)
    }

    fn entity_part(&mut self, entity: &mut EntityDecl, part: Pair<'_, Rule>) -> Built<()> {
        match part.as_rule() {
            Rule::hole => {
                let span = self.span(&part);
                entity.fields.extend(self.word_in_hole(span).map(|name| plain_field(name, span)));
            }
            Rule::field => {
                let field = self.field(part)?;
                entity.fields.push(field);
            }
            Rule::states => {
                let body = self.nodes(part).presume_next()?;
                let states = self.states(body)?;
                match &mut entity.states {
                    None => entity.states = Some(states),
                    Some(first) => {
                        first.states.extend(states.states);
                        first.arrows.extend(states.arrows);
                    }
                }
            }
            Rule::unique => entity.unique.push(self.idents(part)),
            _ => entity.shown_as = Some(self.only_expr(part)?),
        }
        Ok(())
    }

    fn physical(&mut self, nodes: &mut Nodes<'_>) -> Built<Option<String>> {
        let Some(physical) = nodes.option(Rule::physical) else { return Ok(None) };
        let text = self.nodes(physical).presume_next()?;
        Ok(Some(self.fixed_text(&text, false)))
    }

    fn field(&mut self, pair: Pair<'_, Rule>) -> Built<FieldDecl> {
        let mut nodes = self.nodes(pair);
        let span = nodes.span;
        let name = self.ident(&nodes.presume(Rule::word)?);
        let physical = self.physical(&mut nodes)?;
        let mut field = FieldDecl { doc: self.doc(span.start), physical, ..plain_field(name, span) };
        for detail in nodes {
            self.field_detail(&mut field, detail)?;
        }
        Ok(field)
    }

    fn field_detail(&mut self, field: &mut FieldDecl, detail: Pair<'_, Rule>) -> Built<()> {
        match detail.as_rule() {
            Rule::type_expr => field.ty = self.type_expr(detail)?,
            Rule::bounds => {
                let (low, high) = self.bounds(detail)?;
                field.bounds = high.map(|high| (low, high));
            }
            Rule::autonumber => {
                let text = self.nodes(detail).presume_next()?;
                field.autonumber = Some((self.fixed_text(&text, true), self.span(&text)));
            }
            Rule::on_delete => field.on_delete = Some(self.only_ident(detail)?),
            Rule::computed => field.computed = Some(self.only_expr(detail)?),
            Rule::default_value => field.default = Some(self.only_expr(detail)?),
            _ => field.flags.push(self.ident(&detail)),
        }
        Ok(())
    }

    fn states(&mut self, pair: Pair<'_, Rule>) -> Built<StatesDecl> {
        let nodes = self.nodes(pair);
        let mut states = StatesDecl { states: Vec::new(), arrows: Vec::new(), span: nodes.span };
        for part in nodes {
            match part.as_rule() {
                Rule::state => {
                    let mut members = self.nodes(part);
                    let state = members.presume_next()?;
                    let state = self.enum_member(state)?;
                    let statuses = members.each(|m| self.enum_member(m))?;
                    states.states.push(StateDecl { state, statuses });
                }
                Rule::arrow => {
                    let mut sides = self.nodes(part);
                    let span = sides.span;
                    let from = sides.presume_next()?;
                    let to = sides.presume_next()?;
                    states.arrows.push(Arrow { from: self.ends(from), to: self.ends(to), span });
                }
                _ => {
                    let known = |name: &Ident| states.states.iter().any(|state| state.state.name.name == name.name);
                    let name = self.word_in_hole(self.span(&part)).filter(|name| !known(name));
                    let state = |name| StateDecl { state: plain_member(name), statuses: Vec::new() };
                    states.states.extend(name.map(state));
                }
            }
        }
        let members = states.states.iter().flat_map(|state| std::iter::once(&state.state).chain(&state.statuses));
        self.lower_members(members);
        Ok(states)
    }

    /// `open, won, open -> won`: the comma before the last end makes states that are declared nowhere else ends of the
    /// arrow.
    fn states_in_arrows(&mut self, states: &mut StatesDecl) {
        let mut found: Vec<Ident> = Vec::new();
        for arrow in &mut states.arrows {
            let is_known = |end: &[Ident]| match end {
                [state] => states.states.iter().any(|known| known.state.name.name == state.name),
                _ => true,
            };
            let [first, .., last] = arrow.from.as_slice() else { continue };
            if is_known(first) {
                continue;
            }
            let start = last.first().map_or(arrow.span.start, |name| name.span.start);
            let comma = self.tokens.partition_point(|token| token.start < start).checked_sub(1);
            let Some(comma) = comma.and_then(|comma| self.tokens.get(comma)) else { continue };
            self.diagnostics.push(errors::comma_between_arrows(comma.span(self.file)));
            let ends = arrow.from.iter().chain(&arrow.to).filter(|end| !is_known(end)).flatten();
            found.extend(ends.cloned());
            arrow.from = vec![last.clone()];
        }
        for name in found {
            if !states.states.iter().any(|known| known.state.name.name == name.name) {
                states.states.push(StateDecl { state: plain_member(name), statuses: Vec::new() });
            }
        }
    }

    /// States, each with or without a status.
    pub(super) fn ends(&self, pair: Pair<'_, Rule>) -> Vec<Vec<Ident>> {
        self.nodes(pair).map(|end| self.idents(end)).collect()
    }
}
