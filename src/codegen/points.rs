//! Suspension points and their names: `ChaseLargeDeals/First contact/wait/1`.
//!
//! A wait in code that nothing reaches leaves no instruction; its point is dropped when the module is finished.

use std::collections::HashMap;

use super::function::Lowerer;
use crate::bytecode::{
    isa::Instruction,
    module::{ArmWords, PointDef, PointKind},
    types::PointIdx,
};

/// A point whose instruction has no final place yet.
pub(super) struct Pending {
    pub(super) index: PointIdx,
}

/// How many points of each name there were so far.
#[derive(Default)]
pub(super) struct PointNames(HashMap<String, u32>);

impl PointNames {
    /// The next name that begins so.
    fn next(&mut self, prefix: String) -> String {
        let number = self.0.entry(prefix.clone()).or_insert(0);
        *number = number.saturating_add(1);
        format!("{prefix}/{number}")
    }
}

impl Lowerer<'_> {
    /// The name of a form that is asked here.
    pub(super) fn form_name(&mut self, what: &str) -> String {
        let prefix = self.place_name(what);
        self.tables.form_names.next(prefix)
    }

    /// The process, the stages around the statement, and what it is.
    fn place_name(&self, what: &str) -> String {
        let mut name = self.job.name.clone();
        for part in self.stages.iter().map(String::as_str).chain([what]) {
            name.push('/');
            name.push_str(part);
        }
        name
    }

    /// The next name of this verb and target within the innermost stage.
    pub(super) fn point_name(&mut self, what: &str) -> String {
        let prefix = self.place_name(what);
        self.tables.point_names.next(prefix)
    }

    /// Suspends here. `what` is the verb and target of the point's name, `arms` say what is waited for.
    pub(super) fn suspend(&mut self, kind: PointKind, what: &str, arms: Vec<ArmWords>, handles_deletion: bool) {
        let name = self.point_name(what);
        self.suspend_at(kind, name, arms, handles_deletion);
    }

    /// The same at a point whose name is known.
    pub(super) fn suspend_at(&mut self, kind: PointKind, name: String, arms: Vec<ArmWords>, handles_deletion: bool) {
        let index = self.tables.point(PointDef {
            name,
            kind,
            function: self.job.index,
            pc: u32::MAX,
            live: Vec::new(),
            names: Vec::new(),
            arms,
            handles_deletion,
            size_bound: 0,
        });
        self.points.push(Pending { index });
        self.emit(Instruction::Wait { point: index });
    }
}
