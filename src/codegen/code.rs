//! The instructions of one function while they are written: labels, handlers, places in the source.

use crate::{
    base::span::Span,
    bytecode::{
        flow,
        isa::{Instruction, Target},
        module::{Handler, JumpTable},
        types::SlotIdx,
    },
};

/// A place that jumps go to; bound once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(usize);

/// From this instruction on the code comes from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) pc: usize,
    pub(super) span: Span,
    pub(super) stage: String,
}

/// A jump table with labels.
struct Jumps {
    first: i64,
    targets: Vec<Label>,
    otherwise: Label,
}

/// A range of instructions with its handler.
struct Guarded {
    start: usize,
    end: usize,
    target: Label,
    fault: SlotIdx,
    always: bool,
}

/// Where a local has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lifetime {
    pub(super) local: usize,
    pub(super) start: usize,
    pub(super) end: Option<usize>,
}

/// The code of a function.
#[derive(Default)]
pub(super) struct Code {
    instructions: Vec<(Instruction, Option<Label>)>,
    labels: Vec<Option<usize>>,
    last_bound: usize,
    tables: Vec<Jumps>,
    guarded: Vec<Guarded>,
    marks: Vec<Mark>,
    lifetimes: Vec<Lifetime>,
}

/// The code of a function with all labels resolved.
pub(super) struct Finished {
    pub(super) instructions: Vec<Instruction>,
    pub(super) handlers: Vec<Handler>,
    pub(super) tables: Vec<JumpTable>,
    pub(super) marks: Vec<Mark>,
    pub(super) lifetimes: Vec<Lifetime>,
}

impl Code {
    /// Appends an instruction.
    pub(super) fn emit(&mut self, instruction: Instruction) {
        self.instructions.push((instruction, None));
    }

    /// Appends an instruction that jumps; `make` is given the place of its target.
    pub(super) fn emit_jump(&mut self, label: Label, make: impl FnOnce(Target) -> Instruction) {
        self.instructions.push((make(Target(0)), Some(label)));
    }

    /// `Jump`, where the code before can get here.
    pub(super) fn jump(&mut self, label: Label) {
        if !self.ends() {
            self.emit_jump(label, |to| Instruction::Jump { to });
        }
    }

    /// A new jump table.
    pub(super) fn jump_table(&mut self, first: i64, targets: Vec<Label>, otherwise: Label) -> u16 {
        self.tables.push(Jumps { first, targets, otherwise });
        u16::try_from(self.tables.len() - 1).unwrap_or(u16::MAX)
    }

    /// A label that is bound later.
    pub(super) fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// The label's place is here.
    pub(super) fn bind(&mut self, label: Label) {
        self.last_bound = self.instructions.len();
        if let Some(place) = self.labels.get_mut(label.0) {
            *place = Some(self.last_bound);
        }
    }

    /// A label bound here.
    pub(super) fn here(&mut self) -> Label {
        let label = self.label();
        self.bind(label);
        label
    }

    /// The index of the next instruction.
    pub(super) fn pc(&self) -> usize {
        self.instructions.len()
    }

    /// Whether the code so far never goes on to the next instruction.
    pub(super) fn ends(&self) -> bool {
        self.last_bound < self.instructions.len()
            && self.instructions.last().is_some_and(|(instruction, _)| !flow::falls_through(*instruction))
    }

    /// A handler for the instructions `start..end`. Inner ones come before outer ones.
    pub(super) fn guard(&mut self, start: usize, end: usize, target: Label, fault: SlotIdx, always: bool) {
        if start < end {
            self.guarded.push(Guarded { start, end, target, fault, always });
        }
    }

    /// What follows comes from this place.
    pub(super) fn mark(&mut self, span: Span, stage: &str) {
        let pc = self.pc();
        if let Some(last) = self.marks.last_mut()
            && last.pc == pc
        {
            last.span = span;
            stage.clone_into(&mut last.stage);
            return;
        }
        if self.marks.last().is_none_or(|last| last.span != span || last.stage != stage) {
            self.marks.push(Mark { pc, span, stage: stage.to_owned() });
        }
    }

    /// A local is met for the first time.
    pub(super) fn begin_local(&mut self, local: usize) {
        let start = self.pc();
        self.lifetimes.push(Lifetime { local, start, end: None });
    }

    /// How many locals were met so far.
    pub(super) fn locals_met(&self) -> usize {
        self.lifetimes.len()
    }

    /// The locals that were met since then have their value from here on: the statement that gives it ends here.
    pub(super) fn locals_given(&mut self, since: usize) {
        let pc = self.pc();
        let open = self.lifetimes.iter_mut().skip(since).filter(|lifetime| lifetime.end.is_none());
        open.for_each(|lifetime| lifetime.start = pc);
    }

    /// The block of the locals that were met since then ends here.
    pub(super) fn end_locals(&mut self, since: usize) {
        let pc = self.pc();
        for lifetime in self.lifetimes.iter_mut().skip(since) {
            lifetime.end.get_or_insert(pc);
        }
    }

    /// Resolves labels; `None` if a place is beyond what an instruction can name.
    pub(super) fn finish(mut self) -> Option<Finished> {
        while self.drop_idle_jumps() {}
        let place = |label: &Label| self.labels.get(label.0).copied().flatten();
        let wide = |label: &Label| place(label).and_then(|at| u32::try_from(at).ok());
        let mut instructions = Vec::with_capacity(self.instructions.len());
        for (instruction, label) in &self.instructions {
            instructions.push(match label {
                None => *instruction,
                // LIMIT: targets have 16 bits.
                Some(label) => {
                    let target = Target(u16::try_from(place(label)?).ok()?);
                    instruction.retarget(|_| target)
                }
            });
        }
        u16::try_from(instructions.len()).ok()?;
        let mut handlers = Vec::with_capacity(self.guarded.len());
        for g in &self.guarded {
            handlers.push(Handler {
                start: u32::try_from(g.start).ok()?,
                end: u32::try_from(g.end).ok()?,
                target: wide(&g.target)?,
                fault: g.fault,
                always: g.always,
            });
        }
        let mut tables = Vec::with_capacity(self.tables.len());
        for jumps in &self.tables {
            let targets = jumps.targets.iter().map(wide).collect::<Option<Vec<u32>>>()?;
            tables.push(JumpTable { first: jumps.first, targets, otherwise: wide(&jumps.otherwise)? });
        }
        Some(Finished { instructions, handlers, tables, marks: self.marks, lifetimes: self.lifetimes })
    }

    /// Drops jumps to the next instruction, and code after a jump that no label names; whether there were any.
    fn drop_idle_jumps(&mut self) -> bool {
        let mut named = vec![false; self.instructions.len() + 1];
        for at in self.labels.iter().flatten() {
            if let Some(named) = named.get_mut(*at) {
                *named = true;
            }
        }
        let mut places = Vec::with_capacity(self.instructions.len() + 1);
        let mut kept = Vec::with_capacity(self.instructions.len());
        let mut reached = true;
        for (pc, (instruction, label)) in self.instructions.iter().enumerate() {
            places.push(kept.len());
            reached |= named.get(pc).copied().unwrap_or(false);
            let target = label.and_then(|label| self.labels.get(label.0).copied().flatten());
            let idle = matches!(instruction, Instruction::Jump { .. }) && target == Some(pc + 1);
            if reached && !idle {
                kept.push((*instruction, *label));
                reached = flow::falls_through(*instruction);
            }
        }
        places.push(kept.len());
        if kept.len() == self.instructions.len() {
            return false;
        }
        let moved = |pc: usize| places.get(pc).copied().unwrap_or(kept.len());
        self.labels.iter_mut().flatten().for_each(|at| *at = moved(*at));
        for g in &mut self.guarded {
            (g.start, g.end) = (moved(g.start), moved(g.end));
        }
        self.guarded.retain(|g| g.start < g.end);
        self.marks.iter_mut().for_each(|mark| mark.pc = moved(mark.pc));
        for lifetime in &mut self.lifetimes {
            (lifetime.start, lifetime.end) = (moved(lifetime.start), lifetime.end.map(moved));
        }
        self.instructions = kept;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_to_the_next_instruction_is_left_out() {
        let mut code = Code::default();
        let end = code.label();
        code.jump(end);
        code.bind(end);
        code.emit(Instruction::ReturnNothing {});
        assert_eq!(code.finish().unwrap().instructions, [Instruction::ReturnNothing {}]);
    }

    #[test]
    fn what_cannot_be_reached_is_left_out_and_ranges_move_along() {
        let mut code = Code::default();
        let end = code.label();
        code.emit_jump(end, |to| Instruction::JumpIf { from: SlotIdx(0), to });
        code.emit(Instruction::ReturnNothing {});
        code.emit(Instruction::Not { into: SlotIdx(0), from: SlotIdx(0) });
        code.bind(end);
        code.emit(Instruction::Not { into: SlotIdx(0), from: SlotIdx(0) });
        code.emit(Instruction::ReturnNothing {});
        code.guard(2, 4, end, SlotIdx(1), false);
        let finished = code.finish().unwrap();
        assert_eq!(finished.instructions.len(), 4);
        assert_eq!(finished.instructions[0], Instruction::JumpIf { from: SlotIdx(0), to: Target(2) });
        assert_eq!((finished.handlers[0].start, finished.handlers[0].end), (2, 3));
    }
}
