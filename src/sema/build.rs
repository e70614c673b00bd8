//! Second pass: from declarations to the [`Schema`]. The order of the steps matters; see [`Builder::run`].

use std::collections::BTreeMap;

use super::{collect::Declarations, errors::names as errors, names::Names, schema::Schema, ty::Ty, types};
use crate::base::span::{FileId, Span};
use crate::diag::Sink;
use crate::syntax::ast::{Ident, TypeExpr};

/// What the steps share. Each step is an `impl` in a file of its own.
pub(super) struct Builder<'a, 's> {
    pub(super) names: Names,
    pub(super) schema: Schema,
    pub(super) declarations: Declarations<'a>,
    pub(super) sink: &'s mut Sink,
}

impl<'a, 's> Builder<'a, 's> {
    pub(super) fn new(names: Names, declarations: Declarations<'a>, sink: &'s mut Sink) -> Self {
        Self { names, schema: Schema::default(), declarations, sink }
    }

    /// Runs the steps: what a type stands for comes before everything that has a type; enums and states before the
    /// entities that hold them; all fields before keys and reverse references, which name fields of others; entities
    /// before heads of processes, whose triggers name fields and states.
    pub(super) fn run(&mut self) {
        self.name_activities();
        self.build_aliases();
        self.build_enums();
        self.name_roles();
        self.build_records();
        self.build_entities();
        self.build_states();
        self.build_keys();
        self.build_configs();
        self.build_functions();
        self.build_emails();
        self.build_processes();
        self.build_roles();
    }

    pub(super) fn resolve(&mut self, file: FileId, written: &TypeExpr) -> Ty {
        types::resolve(&self.names, file, written, self.sink)
    }

    /// Reports names that stand twice in one declaration.
    pub(super) fn report_repeated<'n>(&mut self, what: &str, owner: &str, names: impl IntoIterator<Item = &'n Ident>) {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for name in names {
            match seen.get(name.name.as_str()) {
                Some(first) => self.sink.push(errors::duplicate_part(what, &name.name, owner, name.span, *first)),
                None => {
                    seen.insert(&name.name, name.span);
                }
            }
        }
    }
}
