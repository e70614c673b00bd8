//! Leaving blocks: `break`, `continue`, `return` and `stop` pass through `finally`, `atomic` and `act as`.
//!
//! A `finally` block exists once. Who wants to pass through it notes where to go on in a number, jumps to it, and at
//! its end the number decides. `atomic` and `act as` have one instruction to end them, which each exit repeats. Code
//! that leaves a block is not covered by the block's own handler.

use super::{code::Label, function::Lowerer, slots::Reg};
use crate::bytecode::{
    host::HostOp,
    isa::Instruction,
    types::{SlotIdx, TypeDef},
};

/// A way out of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Of the innermost loop.
    Break,
    /// To the next round of the innermost loop.
    Continue,
    /// Of the function; its result rests in the result's slots.
    Return,
    /// Of the process; the message rests in its slot.
    Stop {
        /// `canceled`.
        canceled: bool,
    },
}

/// A block with something to do when it is left.
pub(super) struct Scope {
    pub(super) kind: ScopeKind,
    /// The instructions so far that the scope's handler covers.
    pub(super) ranges: Vec<(usize, usize)>,
    /// Where the present range began.
    pub(super) open: Option<usize>,
}

/// What kind of block.
pub(super) enum ScopeKind {
    /// `act as U { }`.
    ActAs,
    /// `atomic { }`.
    Atomic,
    /// The body of a `try` with `catch`.
    Catch,
    /// The statements of a `catch`: what `raise` raises again.
    Caught {
        /// The fault.
        fault: Reg,
    },
    /// What a `finally` belongs to.
    Finally {
        /// Where the block begins.
        entry: Label,
        /// How it is left.
        selector: Reg,
        /// The exits that pass through it.
        exits: Vec<Exit>,
    },
    /// The body before `on cancel`.
    OnCancel,
    /// What starts the branches of a `parallel` and waits for them.
    Parallel,
    /// `saga { }`.
    Saga {
        /// What was noted after this is its own.
        mark: Reg,
        /// A saga is around it.
        hands_over: bool,
    },
    /// A loop.
    Loop {
        /// Behind it.
        end: Label,
        /// Its next round.
        next: Label,
    },
}

/// The first number that stands for an exit: 0 is the end of the block, 1 a fault.
const FIRST_EXIT: i16 = 2;

impl Lowerer<'_> {
    /// Enters a block; its handler covers what follows.
    pub(super) fn open_scope(&mut self, kind: ScopeKind) {
        let open = Some(self.code.pc());
        self.scopes.push(Scope { kind, ranges: Vec::new(), open });
    }

    /// Leaves a block at its end: the ranges that its handler covers.
    pub(super) fn close_scope(&mut self) -> Scope {
        let pc = self.code.pc();
        let mut scope = self.scopes.pop().unwrap_or(Scope { kind: ScopeKind::Catch, ranges: Vec::new(), open: None });
        if let Some(start) = scope.open.take() {
            scope.ranges.push((start, pc));
        }
        scope
    }

    /// Gives the ranges of a block their handler.
    pub(super) fn guard(&mut self, scope: &Scope, target: Label, fault: SlotIdx, always: bool) {
        for (start, end) in &scope.ranges {
            self.code.guard(*start, *end, target, fault, always);
        }
    }

    /// Leaves by an exit.
    pub(super) fn leave(&mut self, exit: Exit) {
        let mut paused = Vec::new();
        let mut done = false;
        for index in (0..self.scopes.len()).rev() {
            let pc = self.code.pc();
            let Some(scope) = self.scopes.get_mut(index) else { break };
            // A `stop canceled` is raised where the handler of `on cancel` covers it.
            let stays = matches!(scope.kind, ScopeKind::OnCancel) && exit == (Exit::Stop { canceled: true });
            if !stays && let Some(start) = scope.open.take() {
                scope.ranges.push((start, pc));
                paused.push(index);
            }
            match &mut scope.kind {
                ScopeKind::ActAs => self.host(HostOp::ActAsEnd, &[], None),
                ScopeKind::Atomic => self.host(HostOp::AtomicCommit, &[], None),
                ScopeKind::Catch | ScopeKind::Caught { .. } | ScopeKind::OnCancel | ScopeKind::Parallel => {}
                ScopeKind::Saga { mark, hands_over } => {
                    let (mark, hands_over) = (*mark, *hands_over);
                    if exit == (Exit::Stop { canceled: true }) {
                        self.host(HostOp::SagaUndo, &[mark], None);
                    } else if !hands_over {
                        self.host(HostOp::SagaEnd, &[mark], None);
                    }
                }
                ScopeKind::Finally { entry, selector, exits } => {
                    let known = exits.iter().position(|known| *known == exit).unwrap_or(exits.len());
                    if known == exits.len() {
                        exits.push(exit);
                    }
                    let (entry, selector) = (*entry, *selector);
                    let value = i32::from(FIRST_EXIT).saturating_add(i32::try_from(known).unwrap_or(i32::MAX));
                    self.emit(Instruction::LoadInt { into: selector.slot(), value });
                    self.code.jump(entry);
                    done = true;
                }
                ScopeKind::Loop { end, next } => {
                    let target = match exit {
                        Exit::Break => *end,
                        Exit::Continue => *next,
                        Exit::Return | Exit::Stop { .. } => continue,
                    };
                    self.code.jump(target);
                    done = true;
                }
            }
            if done {
                break;
            }
        }
        if !done {
            self.leave_function(exit);
        }
        let pc = self.code.pc();
        for index in paused {
            if let Some(scope) = self.scopes.get_mut(index) {
                scope.open = Some(pc);
            }
        }
    }

    fn leave_function(&mut self, exit: Exit) {
        match exit {
            Exit::Return => match (self.result, self.result_reg) {
                (Some(_), Some(reg)) => self.emit(Instruction::Return { from: reg.slot() }),
                _ => self.emit(Instruction::ReturnNothing {}),
            },
            Exit::Stop { canceled } => {
                let message = self.message_slot();
                self.emit(Instruction::Stop { message: message.slot(), canceled });
            }
            Exit::Break | Exit::Continue => self.unreachable(),
        }
    }

    /// Where the message of `stop` rests.
    pub(super) fn message_slot(&mut self) -> Reg {
        if let Some(reg) = self.message_reg {
            return reg;
        }
        let ty = self.tables.types.intern(TypeDef::Text);
        let reg = self.keep(ty);
        self.message_reg = Some(reg);
        reg
    }

    /// Whether leaving the function does something on its way.
    pub(super) fn exits_do_something(&self) -> bool {
        self.scopes.iter().any(|scope| {
            let kind = &scope.kind;
            matches!(kind, ScopeKind::ActAs | ScopeKind::Atomic | ScopeKind::Finally { .. } | ScopeKind::Saga { .. })
        })
    }

    /// After a `finally` block: goes on where its number says.
    pub(super) fn dispatch(&mut self, selector: Reg, fault: Reg, exits: &[Exit]) {
        let end = self.code.label();
        self.code.emit_jump(end, |to| Instruction::JumpEqualTo { left: selector.slot(), value: 0, to });
        let mut number = FIRST_EXIT;
        for exit in exits {
            let next = self.code.label();
            let value = number;
            self.code.emit_jump(next, |to| Instruction::JumpNotEqualTo { left: selector.slot(), value, to });
            self.leave(*exit);
            self.code.bind(next);
            number = number.saturating_add(1);
        }
        self.emit(Instruction::RaiseAgain { from: fault.slot() });
        self.code.bind(end);
    }
}
