//! Types as written, parameters and results.

use pest::iterators::Pair;

use super::{Builder, Built};
use crate::base::limits::NESTING_MAX;
use crate::base::span::Span;
use crate::syntax::ast::{Param, TypeExpr, TypeKind};
use crate::syntax::errors;
use crate::syntax::grammar::Rule;

impl Builder<'_> {
    /// `A or B`, `list of text?`.
    pub(super) fn type_expr(&mut self, pair: Pair<'_, Rule>) -> Built<TypeExpr> {
        let span = self.span(&pair);
        let nodes = self.nodes(pair);
        let built = self.deeper(span, |b| {
            let mut parts = nodes.map(|one| b.type_one(one)).collect::<Built<Vec<_>>>()?;
            match (parts.pop(), parts.is_empty()) {
                (Some(only), true) => Ok(only),
                (last, _) => {
                    parts.extend(last);
                    Ok(TypeExpr { kind: TypeKind::Union(parts), span })
                }
            }
        })?;
        Ok(built.unwrap_or(TypeExpr { kind: TypeKind::Error, span }))
    }

    fn type_one(&mut self, pair: Pair<'_, Rule>) -> Built<TypeExpr> {
        let whole = self.span(&pair);
        let mut nodes = self.nodes(pair);
        let mut prefixes: Vec<(bool, u32)> = Vec::new();
        while let Some(prefix) = nodes.option(Rule::type_prefix) {
            let start = self.span(&prefix).start;
            prefixes.push((self.nodes(prefix).has(Rule::k_list), start));
        }
        let atom = nodes.presume_next()?;
        let mut ty = self.type_atom(atom)?;
        let marks: Vec<Pair<'_, Rule>> = nodes.collect();
        // LIMIT: NESTING_MAX, in types.
        if prefixes.len() + marks.len() > NESTING_MAX {
            self.diagnostics.push(errors::too_deep(whole));
            return Ok(TypeExpr { kind: TypeKind::Error, span: whole });
        }
        for mark in marks {
            let span = ty.span.to(self.span(&mark));
            ty = TypeExpr { kind: TypeKind::Optional(Box::new(ty)), span };
        }
        for (is_list, start) in prefixes.into_iter().rev() {
            let span = Span { start, ..ty.span };
            let inner = Box::new(ty);
            ty = TypeExpr { kind: if is_list { TypeKind::List(inner) } else { TypeKind::Set(inner) }, span };
        }
        Ok(ty)
    }

    fn type_atom(&mut self, pair: Pair<'_, Rule>) -> Built<TypeExpr> {
        let span = self.span(&pair);
        if pair.as_rule() == Rule::hole {
            return Ok(TypeExpr { kind: TypeKind::Error, span });
        }
        let inner = self.nodes(pair).presume_next()?;
        let rule = inner.as_rule();
        let mut nodes = self.nodes(inner);
        let first = nodes.presume_next()?;
        let kind = match rule {
            Rule::type_paren => return self.type_expr(first).map(|ty| TypeExpr { span, ..ty }),
            Rule::type_handle => TypeKind::Handle(self.ident(&first)),
            Rule::type_member => match nodes.next() {
                Some(member) => TypeKind::Member(self.ident(&first), self.ident(&member)),
                None => TypeKind::Named(self.ident(&first)),
            },
            Rule::type_builtin => match nodes.next() {
                Some(size) => self.sized(&first, &size),
                None => TypeKind::Builtin(self.ident(&first)),
            },
            Rule::type_many => {
                let entity = self.ident(&first);
                let rest = nodes.presume_next()?;
                let via = rest.as_rule() == Rule::via_field;
                let mut rest = self.nodes(rest);
                let name = self.ident(&rest.presume_next()?);
                if via {
                    TypeKind::ManyVia { entity, field: name }
                } else {
                    let sides = rest.next().zip(rest.next()).map(|(a, b)| Box::new((self.ident(&a), self.ident(&b))));
                    TypeKind::ManyThrough { entity, link: name, sides }
                }
            }
            _ => return nodes.defect(),
        };
        Ok(TypeExpr { kind, span })
    }

    /// `text(200)`, `decimal(2)`, `money(USD)`.
    fn sized(&mut self, name: &Pair<'_, Rule>, size: &Pair<'_, Rule>) -> TypeKind {
        let number = size.as_str().replace('_', "").parse::<u32>().ok();
        match (name.as_str().trim_end(), size.as_rule(), number) {
            ("text", Rule::integer, Some(length)) => TypeKind::TextMax(length),
            ("decimal", Rule::integer, Some(places)) => TypeKind::DecimalScale(places),
            ("money", Rule::Name, _) => TypeKind::MoneyIn(self.ident(size)),
            (word, ..) => {
                let diagnostic = errors::wrong_type_argument(word, size.as_str().trim_end(), self.span(size));
                self.diagnostics.push(diagnostic);
                TypeKind::Error
            }
        }
    }

    /// `name: T = default`.
    pub(super) fn param(&mut self, pair: Pair<'_, Rule>) -> Built<Param> {
        let mut nodes = self.nodes(pair);
        let span = nodes.span;
        let name = self.ident(&nodes.presume(Rule::word)?);
        let ty = self.type_expr(nodes.presume(Rule::type_expr)?)?;
        let default = nodes.next().map(|value| self.only_expr(value)).transpose()?;
        Ok(Param { doc: self.doc(span.start), name, ty, default, span })
    }

    /// The parameters, or fields of a form; of places that did not parse only the name.
    pub(super) fn params(&mut self, pair: Pair<'_, Rule>) -> Built<Vec<Param>> {
        let nodes = self.nodes(pair);
        let mut params = Vec::new();
        for part in nodes {
            if part.as_rule() == Rule::param {
                params.push(self.param(part)?);
                continue;
            }
            let span = self.span(&part);
            let ty = TypeExpr { kind: TypeKind::Error, span };
            params.extend(self.word_in_hole(span).map(|name| Param { doc: None, name, ty, default: None, span }));
        }
        Ok(params)
    }
}
