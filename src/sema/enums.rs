//! Enums: members, stored numbers, labels. The members of states and statuses are numbered here, too.

use std::collections::{BTreeMap, HashMap};

use super::{
    build::Builder,
    collect::Declared,
    errors::{entities as errors, names},
    names::Def,
    schema::{Enum, EnumId, Member},
    types,
};
use crate::base::limits::{MEMBERS_MAX, STATUSES_MAX};
use crate::base::span::Span;
use crate::diag::Sink;
use crate::syntax::ast::{EnumDecl, EnumMember};

impl Builder<'_, '_> {
    pub(super) fn build_enums(&mut self) {
        let enums = std::mem::take(&mut self.declarations.enums);
        for declared in &enums {
            let decl = declared.decl;
            if decl.members.is_empty() {
                self.sink.push(errors::no_members(
                    &format!("the enum `{}` has no member", decl.name.name),
                    "member",
                    decl.name.span,
                ));
            }
            let mut members = Members::default();
            for member in &decl.members {
                members.add(member, &member.name.name, &declared.name.name, "member", self.sink);
            }
            self.schema.enums.push(Enum {
                name: decl.name.name.clone(),
                members: members.members,
                entity: None,
                from_library: declared.from_library,
                span: decl.name.span,
            });
        }
        self.declarations.enums = enums;
        for extension in std::mem::take(&mut self.declarations.enum_extensions) {
            self.extend_enum(&extension);
        }
    }

    fn extend_enum(&mut self, extension: &Declared<'_, (), EnumDecl>) {
        let name = extension.name;
        let found = types::find(&self.names, extension.file, name, types::Wanted::Type, self.sink);
        let Some((def, span)) = found.map(|entry| (entry.def.clone(), entry.span)) else { return };
        let Def::Enum(id) = def else {
            let is = types::kind_words(&def);
            self.sink.push(names::wrong_kind(&name.name, is, "an enum", name.span, span));
            return;
        };
        let Some(target) = self.schema.enums.get_mut(usize::from(id.0)) else { return };
        let mut members = Members::continued(std::mem::take(&mut target.members));
        for member in &extension.decl.members {
            members.add(member, &member.name.name, &name.name, "member", self.sink);
        }
        target.members = members.members;
    }

    /// The members of an enum, for messages and constants.
    pub(super) fn members(&self, id: EnumId) -> &[Member] {
        self.schema.enumeration(id).map_or(&[], |e| &e.members)
    }
}

/// Numbers members: each has the number written, else the next free one.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) members: Vec<Member>,
    taken: BTreeMap<i32, Span>,
    named: HashMap<String, Span>,
    next: i32,
    is_full: bool,
}

impl Members {
    /// Goes on after the members of a declaration that is extended.
    pub(super) fn continued(members: Vec<Member>) -> Self {
        let taken = members.iter().map(|member| (member.value, member.span)).collect();
        let next = members.last().map_or(0, |member| member.value.saturating_add(1)).max(0);
        let named = members.iter().map(|member| (member.name.clone(), member.span)).collect();
        Self { members, taken, named, next, is_full: false }
    }

    /// Adds a member under `name` and gives its number; nothing after a message.
    pub(super) fn add(
        &mut self,
        written: &EnumMember,
        name: &str,
        owner: &str,
        what: &str,
        sink: &mut Sink,
    ) -> Option<i32> {
        let span = written.name.span;
        // LIMIT: `MEMBERS_MAX`, and for states and statuses `STATUSES_MAX`
        let max = if what == "member" { MEMBERS_MAX } else { STATUSES_MAX };
        if self.members.len() >= max {
            if !self.is_full {
                sink.push(names::too_many("members", max, span));
                self.is_full = true;
            }
            return None;
        }
        if let Some(first) = self.named.get(name) {
            sink.push(names::duplicate_part(what, name, &format!("`{owner}`"), span, *first));
            return None;
        }
        self.named.insert(name.to_owned(), span);
        let value = self.number(written, sink);
        self.taken.insert(value, written.value.map_or(span, |(_, span)| span));
        if value >= 0 {
            self.next = value.saturating_add(1);
        }
        let label = written.label.clone().unwrap_or_else(|| label_of(&written.name.name));
        self.members.push(Member { name: name.to_owned(), value, label, span });
        Some(value)
    }

    fn number(&self, written: &EnumMember, sink: &mut Sink) -> i32 {
        if let Some((value, span)) = written.value {
            match i32::try_from(value) {
                Err(_) => sink.push(errors::stored_too_large(span)),
                Ok(value) => match self.taken.get(&value) {
                    None => return value,
                    Some(first) => sink.push(errors::stored_twice(i64::from(value), span, *first)),
                },
            }
        }
        // A refused number must not take one that a later member has: such members count up from the lowest.
        let mut value = if written.value.is_some() { i32::MIN } else { self.next };
        while self.taken.contains_key(&value) {
            value = value.saturating_add(1);
        }
        value
    }
}

/// `in_progress` is shown as `In progress`.
pub(super) fn label_of(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut chars = spaced.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => spaced,
    }
}

#[cfg(test)]
mod tests {
    use super::label_of;

    #[test]
    fn labels_read_like_words() {
        assert_eq!(label_of("in_progress"), "In progress");
        assert_eq!(label_of("won"), "Won");
    }
}
