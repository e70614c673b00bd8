//! W06: signals that processes wait for or start with, and that no statement emits.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    errors::signals as errors,
    hir::{Block, Program, StmtKind, TestStmt, WaitArmKind},
    schema::{RecordId, TriggerEvent},
    visit::blocks_of,
};
use crate::base::span::Span;
use crate::diag::Sink;

/// Reports the signals that never come. What a test emits may come from outside.
pub(super) fn check(program: &Program, sink: &mut Sink) {
    let mut finder = Finder::default();
    for (head, process) in program.schema.processes.iter().zip(&program.processes) {
        for trigger in &head.triggers {
            if let TriggerEvent::Signal(signal) = trigger.event {
                finder.awaited.entry(signal).or_default().push(trigger.span);
            }
        }
        finder.block(&process.body.block);
    }
    for test in &program.tests {
        finder.block(&test.body.block);
    }
    for (signal, uses) in finder.awaited {
        if let Some(record) = program.schema.record(signal).filter(|_| !finder.emitted.contains(&signal)) {
            sink.push(errors::nobody_emits(&record.name, record.span, &uses));
        }
    }
}

#[derive(Default)]
struct Finder {
    awaited: BTreeMap<RecordId, Vec<Span>>,
    emitted: BTreeSet<RecordId>,
}

impl Finder {
    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            match &stmt.kind {
                StmtKind::Emit { signal, .. } => {
                    self.emitted.insert(*signal);
                }
                StmtKind::Wait { arms, .. } => {
                    for arm in arms {
                        if let WaitArmKind::Signal { signal, .. } = arm.kind {
                            self.awaited.entry(signal).or_default().push(arm.span);
                        }
                    }
                }
                StmtKind::Test(TestStmt::ExpectFails { body, .. }) => self.block(body),
                _ => {}
            }
            blocks_of(&stmt.kind).into_iter().for_each(|block| self.block(block));
        }
    }
}
