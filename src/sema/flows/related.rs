//! What the declarations of entities say about each other, before any of them has a number: which entities a reference
//! leads to, and which may take part in flows.

use std::collections::BTreeMap;

use crate::sema::collect::SourceTree;
use crate::syntax::ast::{EntityDecl, Ident, ItemKind, TypeExpr, TypeKind};

/// The entity that every reference to any record leads to.
const ANY: &str = "any";
/// `A or B` of names within names.
const ALIASES_MAX: usize = 8;

/// The entities and names of types that all files declare.
#[derive(Debug, Default)]
pub(super) struct Related<'a> {
    entities: BTreeMap<&'a str, Vec<&'a EntityDecl>>,
    aliases: BTreeMap<&'a str, &'a TypeExpr>,
}

/// Where a reference leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The entities; `any` for every one.
    pub(super) entities: Vec<String>,
}

impl Target {
    pub(super) fn leads_to(&self, entity: &str) -> bool {
        self.entities.iter().any(|target| target == entity || target == ANY)
    }

    /// Whether it leads to this entity and no other.
    pub(super) fn is_only(&self, entity: &str) -> bool {
        matches!(self.entities.as_slice(), [one] if one == entity)
    }
}

impl<'a> Related<'a> {
    pub(super) fn of(trees: &[SourceTree<'a>]) -> Self {
        let mut related = Self::default();
        for item in trees.iter().flat_map(|tree| &tree.tree.items) {
            match &item.kind {
                ItemKind::Entity(decl) => related.entities.entry(&decl.name.name).or_default().push(decl),
                ItemKind::Type { name, ty } => drop(related.aliases.insert(&name.name, ty)),
                _ => {}
            }
        }
        related
    }

    /// The declaration of an entity, without what extends it.
    pub(super) fn declaration(&self, entity: &str) -> Option<&'a EntityDecl> {
        self.entities.get(entity)?.iter().find(|decl| !decl.extend).copied()
    }

    pub(super) fn has_flag(&self, entity: &str, flag: &str) -> bool {
        self.declaration(entity).is_some_and(|decl| decl.flags.iter().any(|written| written.name == flag))
    }

    /// Where a field leads, if it is a reference; nothing also where there is no such field, which is told elsewhere.
    pub(super) fn target(&self, entity: &str, field: &str) -> Option<Target> {
        let entities = match field {
            "created_by" | "modified_by" => vec!["User".to_owned()],
            "owner" => vec!["User".to_owned(), "Team".to_owned()],
            "regarding" if self.has_flag(entity, "activity") => vec![ANY.to_owned()],
            _ => {
                let decls = self.entities.get(entity)?;
                let declared = decls.iter().flat_map(|decl| &decl.fields).find(|decl| decl.name.name == field)?;
                let mut found = Vec::new();
                self.targets(&declared.ty, ALIASES_MAX, &mut found);
                found
            }
        };
        (!entities.is_empty()).then_some(Target { entities })
    }

    /// Whether an entity has a field of this name, or would have it by itself.
    pub(super) fn has_field(&self, entity: &str, field: &str) -> bool {
        let Some(decls) = self.entities.get(entity) else { return false };
        let declared = decls.iter().flat_map(|decl| &decl.fields).any(|decl| decl.name.name == field);
        declared || self.target(entity, field).is_some()
    }

    fn targets(&self, ty: &TypeExpr, depth: usize, found: &mut Vec<String>) {
        match &ty.kind {
            TypeKind::Optional(inner) => self.targets(inner, depth, found),
            TypeKind::Union(all) => all.iter().for_each(|one| self.targets(one, depth, found)),
            TypeKind::Builtin(Ident { name, .. }) if name == ANY => found.push(ANY.to_owned()),
            TypeKind::Named(name) if self.entities.contains_key(name.name.as_str()) => found.push(name.name.clone()),
            TypeKind::Named(name) if depth > 0 => {
                if let Some(alias) = self.aliases.get(name.name.as_str()) {
                    self.targets(alias, depth - 1, found);
                }
            }
            _ => {}
        }
    }
}
