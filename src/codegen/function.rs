//! One function while it is lowered: its slots, its code, the scopes around the statement at hand.
//!
//! [`Lowerer`] is given the body by one of the `lower_…` functions at the end of this file; its methods stand in one
//! file for each part of the language: `stmt`, `expr`, `compare`, `text`, `queries`, `waits`, `calls`, `faults`.

use super::{
    apart::Region,
    code::{Code, Finished, Lifetime},
    points::Pending,
    slots::{Reg, Slots},
    tables::Tables,
    unwind::Scope,
};
use crate::{
    base::{source::Sources, span::Span},
    bytecode::{
        isa::Instruction,
        layout,
        module::{Function, FunctionKind, LineEntry, LiveName, NameScope},
        operands::is_handle,
        traps::TrapCode,
        types::{FuncIdx, TypeDef, TypeIdx},
    },
    sema::{
        hir::{self, LocalId},
        schema::Schema,
        ty::Ty,
    },
};

/// What is lowered.
pub(super) struct Job<'a> {
    /// Its number in the module.
    pub(super) index: FuncIdx,
    /// Its name.
    pub(super) name: String,
    /// What it is for.
    pub(super) kind: FunctionKind,
    /// The process, for bodies of processes.
    pub(super) process: Option<usize>,
    /// All names; parameters first.
    pub(super) locals: &'a [hir::Local],
    /// The names that are its parameters, in order.
    pub(super) params: Vec<LocalId>,
    /// What is passed after the parameters.
    pub(super) captures: &'a [hir::Captured],
    /// Its result.
    pub(super) result: &'a Ty,
    /// Whether it may suspend.
    pub(super) suspends: bool,
    /// Whether it is called with elements of queries, which see the store.
    pub(super) of_element: bool,
    /// The title of the stage around all of it.
    pub(super) stage: String,
}

/// The first names of a body.
pub(super) fn first_names(count: usize) -> Vec<LocalId> {
    (0..u16::try_from(count).unwrap_or(u16::MAX)).map(LocalId).collect()
}

/// What a function became.
pub(super) struct Lowered {
    pub(super) function: Function,
    pub(super) lines: Vec<LineEntry>,
    pub(super) names: Vec<NameScope>,
}

/// A function that is being lowered.
pub(super) struct Lowerer<'a> {
    pub(super) program: &'a hir::Program,
    pub(super) sources: &'a Sources,
    pub(super) tables: &'a mut Tables,
    pub(super) job: Job<'a>,
    pub(super) code: Code,
    pub(super) slots: Slots,
    pub(super) scopes: Vec<Scope>,
    pub(super) stages: Vec<String>,
    pub(super) points: Vec<Pending>,
    /// The `parallel`s whose branches are started around the statement, innermost last.
    pub(super) regions: Vec<Region>,
    /// How many blocks around the statement run within one turn: `atomic` and `finally`.
    pub(super) one_turn: usize,
    pub(super) result: Option<TypeIdx>,
    /// Where the result rests while `finally` blocks run.
    pub(super) result_reg: Option<Reg>,
    /// Where the message of `stop` rests while `finally` blocks run.
    pub(super) message_reg: Option<Reg>,
    /// The elements of the queries around the expression: what is read of them is read from the store.
    pub(super) elements: Vec<LocalId>,
    params: Vec<TypeIdx>,
    regs: Vec<Option<Reg>>,
    capture_regs: Vec<Reg>,
}

impl<'a> Lowerer<'a> {
    /// Begins a function: parameters and captures take the first slots.
    pub(super) fn new(program: &'a hir::Program, sources: &'a Sources, tables: &'a mut Tables, job: Job<'a>) -> Self {
        let mut lowerer = Self {
            program,
            sources,
            tables,
            regs: vec![None; job.locals.len()],
            job,
            code: Code::default(),
            slots: Slots::default(),
            scopes: Vec::new(),
            stages: Vec::new(),
            points: Vec::new(),
            regions: Vec::new(),
            one_turn: 0,
            result: None,
            result_reg: None,
            message_reg: None,
            elements: Vec::new(),
            params: Vec::new(),
            capture_regs: Vec::new(),
        };
        lowerer.result = lowerer.tables.types.lower_result(lowerer.job.result);
        for id in lowerer.job.params.clone() {
            let index = usize::from(id.0);
            let ty = lowerer.job.locals.get(index).map_or(&Ty::Error, |local| &local.ty);
            let ty = lowerer.tables.types.lower(ty);
            let base = lowerer.slots.keep(&lowerer.tables.types.kinds(ty));
            lowerer.bind_local(id, Reg { base, ty });
            lowerer.params.push(ty);
        }
        for captured in lowerer.job.captures {
            let ty = lowerer.tables.types.lower(&captured.ty);
            let base = lowerer.slots.keep(&lowerer.tables.types.kinds(ty));
            lowerer.capture_regs.push(Reg { base, ty });
            lowerer.params.push(ty);
        }
        lowerer
    }

    /// The slots of a local; taken when it is first met.
    pub(super) fn local(&mut self, id: LocalId) -> Reg {
        if let Some(reg) = self.regs.get(usize::from(id.0)).copied().flatten() {
            return reg;
        }
        let ty = self.job.locals.get(usize::from(id.0)).map_or(&Ty::Error, |local| &local.ty);
        let ty = self.tables.types.lower(ty);
        let reg = self.keep(ty);
        self.bind_local(id, reg);
        self.code.begin_local(usize::from(id.0));
        reg
    }

    /// The local is what lies in these slots already.
    pub(super) fn bind_local(&mut self, id: LocalId, reg: Reg) {
        if let Some(place) = self.regs.get_mut(usize::from(id.0)) {
            *place = Some(reg);
        }
    }

    /// The slots of a capture.
    pub(super) fn capture(&mut self, index: u16) -> Reg {
        let known = self.capture_regs.get(usize::from(index)).copied();
        known.unwrap_or(Reg { base: 0, ty: TypeIdx(0) })
    }

    /// Where what is kept of the event lies.
    pub(super) fn captures(&self) -> &[Reg] {
        &self.capture_regs
    }

    /// Slots for a value until the mark before is released.
    pub(super) fn take(&mut self, ty: TypeIdx) -> Reg {
        let kinds = self.tables.types.kinds(ty);
        Reg { base: self.slots.take(&kinds), ty }
    }

    /// Slots for a value until the function ends.
    pub(super) fn keep(&mut self, ty: TypeIdx) -> Reg {
        let kinds = self.tables.types.kinds(ty);
        Reg { base: self.slots.keep(&kinds), ty }
    }

    /// Slots for a value of a simple type until the mark before is released.
    pub(super) fn take_def(&mut self, def: TypeDef) -> Reg {
        let ty = self.tables.types.intern(def);
        self.take(ty)
    }

    /// Where something of the event lies, if the body reads it.
    pub(super) fn captured(&self, capture: &hir::Capture) -> Option<Reg> {
        let index = self.job.captures.iter().position(|captured| captured.capture == *capture)?;
        self.capture_regs.get(index).copied()
    }

    /// How many slots a type takes.
    pub(super) fn width(&self, ty: TypeIdx) -> u16 {
        layout::width(self.tables.types.defs(), ty)
    }

    /// The type behind an index.
    pub(super) fn def(&self, ty: TypeIdx) -> TypeDef {
        self.tables.types.def(ty)
    }

    /// The index of a checker's type.
    pub(super) fn ty(&mut self, ty: &Ty) -> TypeIdx {
        self.tables.types.lower(ty)
    }

    /// Whether a statement may be a suspension point here.
    pub(super) fn suspends(&self) -> bool {
        self.job.suspends && self.one_turn == 0
    }

    /// Appends an instruction.
    pub(super) fn emit(&mut self, instruction: Instruction) {
        self.code.emit(instruction);
    }

    /// What follows comes from this place.
    pub(super) fn at(&mut self, span: Span) {
        self.code.mark(span, self.stages.last().unwrap_or(&self.job.stage));
    }

    /// Copies a value; lists and records get a second owner.
    pub(super) fn copy(&mut self, into: Reg, from: Reg) {
        if into.base == from.base {
            return;
        }
        let kinds = self.tables.types.kinds(into.ty);
        let mut offset = 0u16;
        while let Some(kind) = kinds.get(usize::from(offset)) {
            let (to, of) = (into.at(offset), from.at(offset));
            let next_is_plain = kinds.get(usize::from(offset) + 1).is_some_and(|kind| !is_handle(*kind));
            if is_handle(*kind) {
                self.emit(Instruction::Share { into: to, from: of });
                offset += 1;
            } else if next_is_plain {
                self.emit(Instruction::Move2 { into: to, from: of });
                offset += 2;
            } else {
                self.emit(Instruction::Move { into: to, from: of });
                offset += 1;
            }
        }
    }

    /// Sets a value to zero: absent, empty, 0.
    pub(super) fn clear(&mut self, reg: Reg) {
        let count = self.width(reg.ty);
        self.emit(Instruction::Clear { into: reg.slot(), count });
    }

    /// A trap that says that the program cannot come here.
    pub(super) fn unreachable(&mut self) {
        self.emit(Instruction::Trap { code: TrapCode::Unreachable.into() });
    }

    /// What follows the last statement of a body.
    pub(super) fn end_of_body(&mut self) {
        if self.code.ends() {
            return;
        }
        if self.result.is_none() {
            self.emit(Instruction::ReturnNothing {});
        } else {
            self.unreachable();
        }
    }

    /// Ends the function; what is missing at the end of its code was written by the caller.
    pub(super) fn finish(self) -> Result<Lowered, TooLarge> {
        let too_large = |what| TooLarge { function: self.job.name.clone(), what };
        if self.slots.is_full() {
            return Err(too_large("values at once"));
        }
        let Some(finished) = self.code.finish() else { return Err(too_large("instructions")) };
        let slots = self.slots.finish();
        let Finished { instructions, handlers, tables, marks, lifetimes } = finished;
        let locals: Vec<(Option<Reg>, &hir::Local)> = self.regs.iter().copied().zip(self.job.locals).collect();
        let mut names = names(&locals, &self.job.params, &lifetimes);
        names.extend(captures(&self.program.schema, &self.capture_regs, self.job.captures));
        names.sort_by(|a, b| (a.name.slot, &a.name.name).cmp(&(b.name.slot, &b.name.name)));
        let lines = marks.iter().filter_map(|mark| line_entry(self.sources, mark)).collect();
        let function = Function {
            name: self.job.name.clone(),
            kind: self.job.kind,
            params: self.params,
            result: self.result,
            slots,
            code: instructions.iter().map(|instruction| instruction.encode()).collect(),
            handlers,
            tables,
        };
        for pending in self.points {
            let waits = |at: &Instruction| matches!(at, Instruction::Wait { point } if *point == pending.index);
            let pc = instructions.iter().position(waits).and_then(|pc| u32::try_from(pc).ok());
            if let (Some(place), Some(pc)) = (self.tables.points.get_mut(pending.index.index()), pc) {
                place.pc = pc;
            }
        }
        Ok(Lowered { function, lines, names })
    }
}

/// A function that is too large for its tables.
#[derive(Debug)]
pub(super) struct TooLarge {
    pub(super) function: String,
    pub(super) what: &'static str,
}

/// The names of locals. Parameters have a value everywhere; a name for a part of another value has none of its own.
fn names(locals: &[(Option<Reg>, &hir::Local)], params: &[LocalId], lifetimes: &[Lifetime]) -> Vec<NameScope> {
    let named = locals.iter().enumerate().filter(|(_, (_, local))| !local.name.is_empty());
    named
        .filter_map(|(index, (reg, local))| {
            let reg = (*reg)?;
            let name = LiveName { name: local.name.clone(), slot: reg.slot(), ty: reg.ty, private: local.private };
            if params.iter().any(|param| usize::from(param.0) == index) {
                return Some(NameScope { name, from: 0, to: u32::MAX });
            }
            let lifetime = lifetimes.iter().find(|lifetime| lifetime.local == index);
            let from = lifetime.map_or(Some(0), |l| u32::try_from(l.start).ok())?;
            let to = lifetime.map_or(0, |l| l.end.and_then(|end| u32::try_from(end).ok()).unwrap_or(u32::MAX));
            Some(NameScope { name, from, to })
        })
        .collect()
}

fn captures(schema: &Schema, regs: &[Reg], captures: &[hir::Captured]) -> Vec<NameScope> {
    let name = |(reg, captured): (&Reg, &hir::Captured)| NameScope {
        name: LiveName {
            name: capture_name(schema, &captured.capture),
            slot: reg.slot(),
            ty: reg.ty,
            private: captured.private,
        },
        from: 0,
        to: u32::MAX,
    };
    regs.iter().zip(captures).map(name).collect()
}

/// As an author writes it; names outlive the numbers of fields.
fn capture_name(schema: &Schema, capture: &hir::Capture) -> String {
    use hir::Capture;
    // The field has the same name in all entities.
    let field = |places: &hir::FieldPlaces| {
        let place = places.first().and_then(|(entity, field)| {
            schema.entity(*entity)?.fields.get(usize::from(field.0)).map(|field| field.name.clone())
        });
        place.unwrap_or_default()
    };
    match capture {
        Capture::Changed(places) => format!("changed({})", field(places)),
        Capture::Input(input) => format!("input {input}"),
        Capture::Last(places) => format!("last.{}", field(places)),
        Capture::Old(places) => format!("old.{}", field(places)),
        Capture::OldPresent => "old".to_owned(),
        Capture::Result => "result".to_owned(),
        Capture::TriggerAt => "trigger.at".to_owned(),
        Capture::TriggerSignal => "trigger.signal".to_owned(),
        Capture::TriggerKind => "trigger.kind".to_owned(),
        Capture::TriggerStage => "trigger.stage".to_owned(),
        Capture::TriggerUser => "trigger.user".to_owned(),
    }
}

fn line_entry(sources: &Sources, mark: &super::code::Mark) -> Option<LineEntry> {
    let position = sources.get(mark.span.file)?.position(mark.span.start);
    Some(LineEntry {
        pc: u32::try_from(mark.pc).ok()?,
        file: mark.span.file.0,
        line: position.line,
        column: position.column,
        stage: mark.stage.clone(),
    })
}
