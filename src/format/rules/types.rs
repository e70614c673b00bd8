//! Types.

use super::Formatter;
use crate::format::doc::{Doc, concat, text};
use crate::syntax::ast::{TypeExpr, TypeKind};

impl Formatter<'_> {
    pub(super) fn type_expr(&mut self, ty: &TypeExpr) -> Doc {
        let before = self.comments.before(ty.span.start);
        let words = self.type_words(ty);
        let inside = self.comments.before(ty.span.end);
        concat([before, text(words), inside, self.comments.trail(ty.span.end)])
    }

    fn type_words(&self, ty: &TypeExpr) -> String {
        match &ty.kind {
            TypeKind::Error => self.slice(ty.span.start, ty.span.end).to_owned(),
            TypeKind::Builtin(name) | TypeKind::Named(name) => self.name(name),
            TypeKind::TextMax(_) | TypeKind::DecimalScale(_) => {
                let written: String = self.slice(ty.span.start, ty.span.end).split_whitespace().collect();
                match &ty.kind {
                    _ if !written.contains('/') => written,
                    TypeKind::TextMax(max) => format!("text({max})"),
                    TypeKind::DecimalScale(scale) => format!("decimal({scale})"),
                    _ => written,
                }
            }
            TypeKind::MoneyIn(currency) => format!("money({})", self.name(currency)),
            TypeKind::Member(name, member) => format!("{}.{}", self.name(name), self.name(member)),
            TypeKind::Union(types) => types.iter().map(|one| self.type_words(one)).collect::<Vec<_>>().join(" or "),
            TypeKind::List(element) => format!("list of {}", self.element_words(element)),
            TypeKind::Set(element) => format!("set of {}", self.element_words(element)),
            TypeKind::Handle(process) => format!("handle of {}", self.name(process)),
            TypeKind::Optional(inner) => match inner.kind {
                TypeKind::Union(_) | TypeKind::List(_) | TypeKind::Set(_) => format!("({})?", self.type_words(inner)),
                _ => format!("{}?", self.type_words(inner)),
            },
            TypeKind::ManyVia { entity, field } => format!("many {} via {}", self.name(entity), self.name(field)),
            TypeKind::ManyThrough { entity, link, sides } => {
                let sides = sides
                    .as_deref()
                    .map_or_else(String::new, |(this, other)| format!("({}, {})", self.name(this), self.name(other)));
                format!("many {} through {}{sides}", self.name(entity), self.name(link))
            }
        }
    }

    fn element_words(&self, element: &TypeExpr) -> String {
        match element.kind {
            TypeKind::Union(_) => format!("({})", self.type_words(element)),
            _ => self.type_words(element),
        }
    }
}
