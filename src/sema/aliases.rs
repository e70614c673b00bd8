//! `type A = …`: resolved in the order of their dependence, circles reported once.

use std::collections::BTreeMap;

use super::{
    build::Builder,
    circles,
    collect::Declared,
    errors::names as errors,
    names::{Def, Entry},
    ty::Ty,
    types,
};
use crate::syntax::ast::{TypeExpr, TypeKind};

impl Builder<'_, '_> {
    /// `Activity` stands for every entity with the flag `activity`.
    pub(super) fn name_activities(&mut self) {
        let activities: Vec<_> = self
            .declarations
            .entities
            .iter()
            .filter(|entity| entity.decl.flags.iter().any(|flag| flag.name == "activity"))
            .collect();
        let Some(first) = activities.iter().find(|entity| entity.from_library) else { return };
        let ids: Vec<_> = activities.iter().map(|entity| entity.id).collect();
        let ty = match ids.as_slice() {
            [one] => Ty::Ref(*one),
            _ => Ty::Union(ids),
        };
        let entry = Entry { def: Def::Alias(ty), span: first.name.span, library: Some("core") };
        self.names.entries.entry("Activity".to_owned()).or_insert(entry);
    }

    pub(super) fn build_aliases(&mut self) {
        let aliases = std::mem::take(&mut self.declarations.aliases);
        let numbers: BTreeMap<&str, usize> =
            aliases.iter().enumerate().map(|(index, alias)| (alias.name.name.as_str(), index)).collect();
        let dependencies: Vec<Vec<usize>> = aliases
            .iter()
            .map(|alias| {
                let mut used = Vec::new();
                names_in(alias.decl, &mut used);
                used.into_iter().filter_map(|name| numbers.get(name).copied()).collect()
            })
            .collect();
        let found = circles::order(&dependencies);
        for circle in &found.circles {
            self.refuse_circle(circle.iter().filter_map(|index| aliases.get(*index)).collect());
        }
        for alias in found.order.iter().filter_map(|index| aliases.get(*index)) {
            let is_open =
                self.names.entries.get(&alias.name.name).is_some_and(|entry| entry.def == Def::Alias(Ty::Error));
            if is_open {
                let ty = self.resolve(alias.file, alias.decl);
                if let Some(max) = types::text_max(&self.names, alias.decl) {
                    self.names.text_limits.insert(alias.name.name.clone(), max);
                }
                self.define(alias, if ty == Ty::Error { Def::Broken } else { Def::Alias(ty) });
            }
        }
        self.declarations.aliases = aliases;
    }

    fn refuse_circle(&mut self, members: Vec<&Declared<'_, (), TypeExpr>>) {
        let Some(first) = members.first() else { return };
        let names: Vec<String> = members.iter().map(|alias| alias.name.name.clone()).collect();
        self.sink.push(errors::type_circle(&names, first.name.span));
        for alias in members {
            self.define(alias, Def::Broken);
        }
    }

    fn define(&mut self, alias: &Declared<'_, (), TypeExpr>, def: Def) {
        if let Some(entry) = self.names.entries.get_mut(&alias.name.name) {
            entry.def = def;
        }
    }
}

/// The upper-case names in a type.
fn names_in<'t>(written: &'t TypeExpr, names: &mut Vec<&'t str>) {
    match &written.kind {
        TypeKind::Named(name) => names.push(&name.name),
        TypeKind::Union(alternatives) => alternatives.iter().for_each(|each| names_in(each, names)),
        TypeKind::List(inner) | TypeKind::Set(inner) | TypeKind::Optional(inner) => names_in(inner, names),
        _ => {}
    }
}
