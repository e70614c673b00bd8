//! An assembler: what the compiler writes functions with.
//!
//! Targets of jumps are labels until [`FunctionBuilder::finish`]: `Instruction::Jump { to: label.target() }`.
//! When all functions of a module are there, [`finish_points`] computes what is stored at each suspension point.

use super::{
    flow,
    isa::{Instruction, TableIdx, Target},
    layout,
    module::{Function, FunctionKind, Handler, JumpTable, LineEntry, LiveName, Module, NameScope},
    operands::Unresolved,
    types::{SlotIdx, SlotKind, TypeDef, TypeIdx},
};
use crate::base::limits::{CODE_MAX, SLOTS_MAX};

/// A place in the code of a function that is being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label(u16);

impl Label {
    /// As an operand, until the function is finished.
    #[must_use]
    pub fn target(self) -> Target {
        Target(self.0)
    }
}

/// Why a function cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// More than `CODE_MAX` instructions, labels or jump tables.
    CodeTooLong,
    /// More than `SLOTS_MAX` slots.
    TooManySlots,
    /// A label was used and never bound.
    LabelNotBound,
}

/// A finished function with its debug data.
#[derive(Clone, Debug, PartialEq)]
pub struct Built {
    /// The function.
    pub function: Function,
    /// Where its code came from.
    pub lines: Vec<LineEntry>,
    /// The names of its slots.
    pub names: Vec<NameScope>,
}

/// A handler with labels.
struct PendingHandler {
    start: Label,
    end: Label,
    target: Label,
    fault: SlotIdx,
    always: bool,
}

/// A jump table with labels.
struct PendingTable {
    first: i64,
    targets: Vec<Label>,
    otherwise: Label,
}

/// Builds one function.
pub struct FunctionBuilder {
    name: String,
    kind: FunctionKind,
    params: Vec<TypeIdx>,
    result: Option<TypeIdx>,
    slots: Vec<SlotKind>,
    code: Vec<Instruction>,
    labels: Vec<Option<u32>>,
    handlers: Vec<PendingHandler>,
    tables: Vec<PendingTable>,
    lines: Vec<LineEntry>,
    names: Vec<NameScope>,
}

impl FunctionBuilder {
    /// Begins a function; its parameters lie from slot 0 on.
    #[must_use]
    pub fn new(
        types: &[TypeDef],
        name: String,
        kind: FunctionKind,
        params: Vec<TypeIdx>,
        result: Option<TypeIdx>,
    ) -> Self {
        let mut slots = Vec::new();
        for param in &params {
            layout::push_kinds(types, *param, &mut slots);
        }
        Self {
            name,
            kind,
            params,
            result,
            slots,
            code: Vec::new(),
            labels: Vec::new(),
            handlers: Vec::new(),
            tables: Vec::new(),
            lines: Vec::new(),
            names: Vec::new(),
        }
    }

    /// New consecutive slots of these kinds; gives the first.
    pub fn add_slots(&mut self, kinds: &[SlotKind]) -> SlotIdx {
        let first = u16::try_from(self.slots.len()).unwrap_or(u16::MAX);
        self.slots.extend_from_slice(kinds);
        SlotIdx(first)
    }

    /// New slots for a value of this type; gives the first.
    pub fn add_value(&mut self, types: &[TypeDef], ty: TypeIdx) -> SlotIdx {
        self.add_slots(&layout::kinds(types, ty))
    }

    /// The kinds of the slots so far.
    #[must_use]
    pub fn slots(&self) -> &[SlotKind] {
        &self.slots
    }

    /// Appends an instruction; gives its place.
    pub fn emit(&mut self, instruction: Instruction) -> u32 {
        let pc = self.here();
        self.code.push(instruction);
        pc
    }

    /// The place of the next instruction.
    #[must_use]
    pub fn here(&self) -> u32 {
        u32::try_from(self.code.len()).unwrap_or(u32::MAX)
    }

    /// The instruction before the next one.
    #[must_use]
    pub fn last(&self) -> Option<Instruction> {
        self.code.last().copied()
    }

    /// A new label.
    pub fn label(&mut self) -> Label {
        let label = Label(u16::try_from(self.labels.len()).unwrap_or(u16::MAX));
        self.labels.push(None);
        label
    }

    /// Puts a label before the next instruction.
    pub fn bind(&mut self, label: Label) {
        let here = self.here();
        if let Some(place) = self.labels.get_mut(usize::from(label.0)) {
            *place = Some(here);
        }
    }

    /// A new label before the next instruction.
    pub fn bound_label(&mut self) -> Label {
        let label = self.label();
        self.bind(label);
        label
    }

    /// A handler for what lies between two labels. Inner ones come first.
    pub fn handler(&mut self, start: Label, end: Label, target: Label, fault: SlotIdx, always: bool) {
        self.handlers.push(PendingHandler { start, end, target, fault, always });
    }

    /// A jump table.
    pub fn table(&mut self, first: i64, targets: Vec<Label>, otherwise: Label) -> TableIdx {
        let index = TableIdx(u16::try_from(self.tables.len()).unwrap_or(u16::MAX));
        self.tables.push(PendingTable { first, targets, otherwise });
        index
    }

    /// What follows comes from this place of the source.
    pub fn line(&mut self, file: u32, line: u32, column: u32, stage: &str) {
        let entry = LineEntry { pc: self.here(), file, line, column, stage: stage.to_owned() };
        match self.lines.last_mut() {
            Some(last) if last.pc == entry.pc => *last = entry,
            Some(last) if LineEntry { pc: entry.pc, ..last.clone() } == entry => {}
            _ => self.lines.push(entry),
        }
    }

    /// Gives slots a name.
    pub fn name(&mut self, name: &str, slot: SlotIdx, ty: TypeIdx) {
        let name = LiveName { name: name.to_owned(), slot, ty, private: false };
        self.names.push(NameScope { name, from: 0, to: u32::MAX });
    }

    /// Resolves labels.
    ///
    /// # Errors
    /// Where the function is too large, or a label was not bound.
    pub fn finish(self) -> Result<Built, BuildError> {
        if self.code.len() > CODE_MAX || self.labels.len() > CODE_MAX || self.tables.len() > CODE_MAX {
            return Err(BuildError::CodeTooLong);
        }
        if self.slots.len() > usize::from(SLOTS_MAX) {
            return Err(BuildError::TooManySlots);
        }
        let labels = self.labels;
        let place = |label: Label| labels.get(usize::from(label.0)).copied().flatten().ok_or(BuildError::LabelNotBound);
        let mut code = Vec::with_capacity(self.code.len());
        for instruction in self.code {
            let missing = std::cell::Cell::new(None);
            let resolved = instruction.retarget(|target| match place(Label(target.0)) {
                Ok(pc) => flow::target(pc as usize).unwrap_or_default(),
                Err(error) => {
                    missing.set(Some(error));
                    target
                }
            });
            if let Some(error) = missing.get() {
                return Err(error);
            }
            code.push(resolved.encode());
        }
        let mut handlers = Vec::with_capacity(self.handlers.len());
        for pending in &self.handlers {
            let (start, end, target) = (place(pending.start)?, place(pending.end)?, place(pending.target)?);
            if start < end {
                handlers.push(Handler { start, end, target, fault: pending.fault, always: pending.always });
            }
        }
        let mut tables = Vec::with_capacity(self.tables.len());
        for pending in self.tables {
            let targets = pending.targets.into_iter().map(place).collect::<Result<_, _>>()?;
            tables.push(JumpTable { first: pending.first, targets, otherwise: place(pending.otherwise)? });
        }
        let function = Function {
            name: self.name,
            kind: self.kind,
            params: self.params,
            result: self.result,
            slots: self.slots,
            code,
            handlers,
            tables,
        };
        Ok(Built { function, lines: self.lines, names: self.names })
    }
}

/// Computes `live`, `names` and `size_bound` of all suspension points: the last step of building a module.
///
/// # Errors
/// Where an instruction makes no sense.
pub fn finish_points(module: &mut Module) -> Result<(), Unresolved> {
    let mut found = Vec::new();
    for (index, function) in module.functions.iter().enumerate() {
        let code: Option<Vec<Instruction>> = function.code.iter().map(|word| Instruction::decode(*word)).collect();
        let code = code.ok_or(Unresolved::Index("code"))?;
        for (point, live) in flow::live_at_points(module, function, &code)? {
            found.push((point, index, live));
        }
    }
    for (point, function, live) in found {
        let names = module.debug.names.get(function).map_or(Vec::new(), |names| {
            let lives = |name: &&LiveName| {
                let width = layout::width(&module.types, name.ty);
                (0..width).all(|offset| live.binary_search(&SlotIdx(name.slot.0.saturating_add(offset))).is_ok())
            };
            names.iter().map(|scope| &scope.name).filter(lives).cloned().collect()
        });
        if let Some(def) = module.points.get_mut(point.index()) {
            def.size_bound = size_bound(live.len());
            def.live = live;
            def.names = names;
        }
    }
    Ok(())
}

/// The largest snapshot with so many live slots, without what texts, lists and records hold.
#[must_use]
pub fn size_bound(live: usize) -> u32 {
    // Header and checksum, then at most ten bytes a slot.
    u32::try_from(live.saturating_mul(10).saturating_add(64)).unwrap_or(u32::MAX)
}
