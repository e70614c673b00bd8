//! What people are asked in a project: `answer` in tests takes the types of its values from here.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    hir::{Block, ProcessBody, StmtKind, WaitArmKind},
    schema::ProcessId,
    ty::Ty,
    visit::blocks_of,
};

/// The types of the answers of one name.
pub type Types = BTreeMap<String, Vec<Ty>>;

/// The questions of a project.
#[derive(Debug, Default)]
pub struct Answers {
    /// Of all forms that processes put into inboxes.
    pub forms: Types,
    /// Of the pages of each dialog and of the dialogs that follow it.
    pub pages: BTreeMap<ProcessId, Types>,
}

/// A project without questions.
pub static NO_ANSWERS: Answers = Answers { forms: BTreeMap::new(), pages: BTreeMap::new() };

impl Answers {
    /// What typed processes ask.
    #[must_use]
    pub fn of(processes: &[ProcessBody]) -> Self {
        let mut answers = Self::default();
        let mut called: BTreeMap<ProcessId, BTreeSet<ProcessId>> = BTreeMap::new();
        for (id, process) in (0u16..).map(ProcessId).zip(processes) {
            let mut found = Found::default();
            found.block(&process.body.block);
            found.forms.into_iter().for_each(|ty| add(&mut answers.forms, &ty));
            let pages = answers.pages.entry(id).or_default();
            found.pages.into_iter().for_each(|ty| add(pages, &ty));
            called.insert(id, found.called);
        }
        let own = answers.pages.clone();
        for (id, pages) in &mut answers.pages {
            let mut open: Vec<ProcessId> = vec![*id];
            let mut seen = BTreeSet::new();
            while let Some(next) = open.pop() {
                if !seen.insert(next) {
                    continue;
                }
                open.extend(called.get(&next).into_iter().flatten());
                for (name, types) in own.get(&next).into_iter().flatten() {
                    types.iter().for_each(|ty| note(pages, name, ty));
                }
            }
        }
        answers
    }
}

fn add(types: &mut Types, answers: &Ty) {
    let Ty::Named(fields) = answers else { return };
    fields.iter().for_each(|(name, ty)| note(types, name, ty));
}

fn note(types: &mut Types, name: &str, ty: &Ty) {
    let known = types.entry(name.to_owned()).or_default();
    if !known.contains(ty) {
        known.push(ty.clone());
    }
}

#[derive(Default)]
struct Found {
    forms: Vec<Ty>,
    pages: Vec<Ty>,
    called: BTreeSet<ProcessId>,
}

impl Found {
    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            match &stmt.kind {
                StmtKind::Do { process, .. } => drop(self.called.insert(*process)),
                StmtKind::Page(page) => self.pages.push(page.answers.clone()),
                StmtKind::Wait { arms, .. } => {
                    self.forms.extend(arms.iter().filter_map(|arm| match &arm.kind {
                        WaitArmKind::Ask { ask, .. } => Some(ask.answers.clone()),
                        _ => None,
                    }));
                }
                _ => {}
            }
            blocks_of(&stmt.kind).into_iter().for_each(|block| self.block(block));
        }
    }
}
