//! The names in scope.

use std::collections::HashMap;

use crate::sema::hir::LocalId;

/// A name in scope.
#[derive(Debug)]
struct Binding {
    name: String,
    local: LocalId,
}

/// The names in scope, the newest last.
#[derive(Debug, Default)]
pub(super) struct Scope {
    bindings: Vec<Binding>,
    /// What a name stands for, the newest last.
    by_name: HashMap<String, Vec<LocalId>>,
}

impl Scope {
    pub(super) fn push(&mut self, name: &str, local: LocalId) {
        self.bindings.push(Binding { name: name.to_owned(), local });
        self.by_name.entry(name.to_owned()).or_default().push(local);
    }

    pub(super) fn find(&self, name: &str) -> Option<LocalId> {
        self.by_name.get(name)?.last().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.bindings.len()
    }

    /// Only the oldest ones stay.
    pub(super) fn truncate(&mut self, len: usize) {
        for binding in self.bindings.drain(len.min(self.bindings.len())..) {
            if let Some(locals) = self.by_name.get_mut(&binding.name) {
                locals.pop();
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, LocalId)> {
        self.bindings.iter().map(|binding| (binding.name.as_str(), binding.local))
    }
}
