//! `type A = …`: resolved in the order of their dependence, circles reported once.

use super::{
    build::Builder,
    collect::Declared,
    errors::names as errors,
    names::{Def, Entry},
    ty::Ty,
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
        let entry = Entry { def: Def::Alias(ty), span: first.name.span, library: Some("core".to_owned()) };
        self.names.entries.entry("Activity".to_owned()).or_insert(entry);
    }

    pub(super) fn build_aliases(&mut self) {
        let aliases = std::mem::take(&mut self.declarations.aliases);
        let mut resolved = vec![State::Waiting; aliases.len()];
        for index in 0..aliases.len() {
            self.build_alias(&aliases, &mut resolved, &mut Vec::new(), index);
        }
        self.declarations.aliases = aliases;
    }

    fn build_alias(
        &mut self,
        aliases: &[Declared<'_, (), TypeExpr>],
        states: &mut [State],
        path: &mut Vec<usize>,
        index: usize,
    ) {
        let (Some(alias), Some(state)) = (aliases.get(index), states.get_mut(index)) else { return };
        if *state == State::Done {
            return;
        }
        if let Some(start) = path.iter().position(|earlier| *earlier == index) {
            let ring: Vec<usize> = path.iter().skip(start).copied().collect();
            self.report_ring(aliases, states, &ring);
            return;
        }
        path.push(index);
        let mut used = Vec::new();
        names_in(alias.decl, &mut used);
        for name in used {
            if let Some(next) = aliases.iter().position(|other| other.name.name == name) {
                self.build_alias(aliases, states, path, next);
            }
        }
        path.pop();
        if states.get(index) == Some(&State::Waiting) {
            let ty = self.resolve(alias.file, alias.decl);
            self.define(alias, if ty == Ty::Error { Def::Broken } else { Def::Alias(ty) });
            states.iter_mut().skip(index).take(1).for_each(|state| *state = State::Done);
        }
    }

    fn report_ring(&mut self, aliases: &[Declared<'_, (), TypeExpr>], states: &mut [State], ring: &[usize]) {
        let members: Vec<_> = ring.iter().filter_map(|index| aliases.get(*index)).collect();
        let Some(first) = members.first() else { return };
        let names: Vec<String> = members.iter().map(|alias| alias.name.name.clone()).collect();
        self.sink.push(errors::type_circle(&names, first.name.span));
        for alias in members {
            self.define(alias, Def::Broken);
        }
        for index in ring {
            states.iter_mut().skip(*index).take(1).for_each(|state| *state = State::Done);
        }
    }

    fn define(&mut self, alias: &Declared<'_, (), TypeExpr>, def: Def) {
        if let Some(entry) = self.names.entries.get_mut(&alias.name.name) {
            entry.def = def;
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Done,
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
