//! Functions: one pass over the instructions of each, then what its suspension points store.

use std::collections::BTreeSet;

use super::{Verified, VerifyError, fits};
use crate::{
    base::{
        limits::{CODE_MAX, NESTING_MAX, SLOTS_MAX},
        value::Value,
    },
    bytecode::{
        flow,
        host::HostOp,
        isa::{Instruction, Role, Table},
        layout,
        module::{Function, FunctionKind, Module, RecordKind},
        operands::{self, Unresolved},
        traps::TrapCode,
        types::{FuncIdx, PointIdx, SlotIdx, SlotKind, TypeDef},
    },
};

/// Handlers of one function, so that the analysis of a hostile build stays short.
const HANDLERS_MAX: usize = 4096;

pub(super) fn check(module: &Module) -> Result<Verified, VerifyError> {
    let mut verified = Verified::default();
    let mut seen = BTreeSet::new();
    for (index, function) in module.functions.iter().enumerate() {
        let index = FuncIdx(u32::try_from(index).unwrap_or(u32::MAX));
        let checker = Checker { module, function, index };
        let code = checker.check()?;
        for (point, live) in checker.live(&code)? {
            checker.check_point(point, &live)?;
            seen.insert(point);
        }
        verified.code.push(code);
    }
    super::ensure(seen.len() == module.points.len(), || "a suspension point has no place in the code".to_owned())?;
    Ok(verified)
}

/// Checks one function.
struct Checker<'a> {
    module: &'a Module,
    function: &'a Function,
    index: FuncIdx,
}

impl Checker<'_> {
    fn fail(&self, pc: Option<usize>, reason: impl Into<String>) -> VerifyError {
        let pc = pc.and_then(|pc| u32::try_from(pc).ok());
        VerifyError { function: Some(self.index), pc, reason: reason.into() }
    }

    fn ensure(&self, holds: bool, pc: Option<usize>, reason: &str) -> Result<(), VerifyError> {
        if holds { Ok(()) } else { Err(self.fail(pc, reason)) }
    }

    fn check(&self) -> Result<Vec<Instruction>, VerifyError> {
        let function = self.function;
        self.ensure(function.code.len() <= CODE_MAX, None, "the function is too long")?;
        self.ensure(function.slots.len() <= usize::from(SLOTS_MAX), None, "the function has too many slots")?;
        self.check_slots()?;
        self.check_handlers()?;
        for table in &function.tables {
            let inside = table.targets.iter().chain([&table.otherwise]).all(|to| self.inside(*to as usize));
            self.ensure(inside, None, "a jump table leaves the function")?;
        }
        let mut code = Vec::with_capacity(function.code.len());
        for (pc, word) in function.code.iter().enumerate() {
            let instruction = Instruction::decode(*word).ok_or_else(|| self.fail(Some(pc), "no instruction"))?;
            self.check_instruction(pc, instruction)?;
            code.push(instruction);
        }
        let last = code.last().copied();
        self.ensure(last.is_some_and(|last| !flow::falls_through(last)), None, "the function is fallen off")?;
        Ok(code)
    }

    fn inside(&self, pc: usize) -> bool {
        pc < self.function.code.len()
    }

    fn check_slots(&self) -> Result<(), VerifyError> {
        let mut params = Vec::new();
        for param in &self.function.params {
            self.ensure(self.module.ty(*param).is_some(), None, "a parameter has no type")?;
            layout::push_kinds(&self.module.types, *param, &mut params);
            self.ensure(params.len() <= usize::from(SLOTS_MAX), None, "too many parameters")?;
        }
        self.ensure(self.function.slots.starts_with(&params), None, "the first slots are not the parameters")?;
        self.ensure(self.function.result.is_none_or(|ty| self.module.ty(ty).is_some()), None, "no such result")?;
        for kind in &self.function.slots {
            let known = match *kind {
                SlotKind::Enum(index) => self.module.enum_def(index).is_some(),
                SlotKind::Record(index) => self.module.record(index).is_some(),
                SlotKind::Ref(entity) => self.module.entity(entity).is_some(),
                SlotKind::List(ty) => matches!(self.module.ty(ty), Some(TypeDef::List(_) | TypeDef::Set(_))),
                _ => true,
            };
            self.ensure(known, None, "a slot is of a kind that does not exist")?;
        }
        Ok(())
    }

    fn check_handlers(&self) -> Result<(), VerifyError> {
        let handlers = &self.function.handlers;
        self.ensure(handlers.len() <= HANDLERS_MAX, None, "too many handlers")?;
        for handler in handlers {
            let right = handler.start < handler.end
                && handler.end as usize <= self.function.code.len()
                && self.inside(handler.target as usize)
                && self.function.slots.get(handler.fault.index()) == Some(&SlotKind::Fault);
            self.ensure(right, None, "a handler makes no sense")?;
        }
        // How many handlers cover one instruction: changes at starts and ends.
        let mut edges: Vec<(u32, i32)> = handlers.iter().flat_map(|h| [(h.start, 1), (h.end, -1)]).collect();
        edges.sort_unstable();
        let mut depth = 0i32;
        for (_, change) in edges {
            depth += change;
            let within = usize::try_from(depth).unwrap_or_default() <= 2 * NESTING_MAX;
            self.ensure(within, None, "handlers nest too deeply")?;
        }
        Ok(())
    }

    fn check_instruction(&self, pc: usize, instruction: Instruction) -> Result<(), VerifyError> {
        let at = Some(pc);
        for (operand, number) in instruction.operands().iter().zip(instruction.numbers()) {
            let right = match operand.role {
                Role::Target => self.inside(number as usize),
                Role::Index(table) => self.index_exists(table, number),
                _ => true,
            };
            self.ensure(right, at, &format!("{}: `{}` is out of range", instruction.name(), operand.name))?;
        }
        let accesses = operands::accesses(self.module, self.function, instruction)
            .map_err(|error| self.fail(at, format!("{}: {}", instruction.name(), describe(error))))?;
        for access in &accesses {
            let first = usize::from(access.first);
            let actual = self.function.slots.get(first..first + access.kinds.len());
            let equal = actual == Some(access.kinds.as_slice());
            self.ensure(equal, at, &format!("{}: `{}` is of another kind", instruction.name(), access.name))?;
        }
        self.check_more(instruction).map_err(|reason| self.fail(at, format!("{}: {reason}", instruction.name())))
    }

    fn index_exists(&self, table: Table, number: u32) -> bool {
        let index = number as usize;
        match table {
            Table::Const => index < self.module.consts.len(),
            Table::TextConst => matches!(self.module.consts.get(index), Some(Value::Text(_))),
            Table::Currency => {
                let [a, b, c, _] = number.to_le_bytes();
                [a, b, c].iter().all(u8::is_ascii_uppercase)
            }
            Table::Entity => index < self.module.entities.len(),
            Table::Enum => index < self.module.enums.len(),
            Table::Function => self.module.functions.get(index).is_some_and(|callee| callee.kind == FunctionKind::Pure),
            Table::Jumps => index < self.function.tables.len(),
            Table::Point => index < self.module.points.len(),
            Table::Record => index < self.module.records.len(),
            Table::Site => index < self.module.sites.len(),
            Table::Trap => u16::try_from(number).is_ok_and(|number| TrapCode::from_number(number).is_some()),
            Table::Type => index < self.module.types.len(),
        }
    }

    /// What the table of instructions cannot say.
    fn check_more(&self, instruction: Instruction) -> Result<(), &'static str> {
        let refuse = |wrong: bool, reason| if wrong { Err(reason) } else { Ok(()) };
        match instruction {
            Instruction::LoadInt { into, value } => {
                let right = match self.kind(into) {
                    Some(SlotKind::Bool) => (0..=1).contains(&value),
                    Some(SlotKind::Ref(_) | SlotKind::Instance) => value == 0,
                    Some(SlotKind::Time) => value >= 0,
                    _ => true,
                };
                refuse(!right, "the number is no value of the slot's kind")
            }
            Instruction::LoadConst { ty, constant, .. } => {
                let value = self.module.consts.get(constant.index());
                refuse(!value.is_some_and(|value| fits(self.module, value, ty)), "the constant is of another type")
            }
            Instruction::PushEnum { from, members } => {
                refuse(self.kind(from) != Some(SlotKind::Enum(members)), "the slot is of another enum")
            }
            Instruction::ListPush { list, .. }
            | Instruction::ListSort { list, .. }
            | Instruction::ListSortBy { list, .. }
            | Instruction::ListConcat { into: list, .. } => {
                refuse(!self.is_list(list), "a set cannot be changed like a list")
            }
            Instruction::SetOfList { into, .. } => refuse(self.is_list(into), "the result is no set"),
            Instruction::ListOfSet { into, .. } => refuse(!self.is_list(into), "the result is no list"),
            Instruction::Raise { from } => {
                let Some(SlotKind::Record(record)) = self.kind(from) else { return Err("no record") };
                refuse(
                    !self.module.record(record).is_some_and(|def| def.kind == RecordKind::Error),
                    "the record is no error",
                )
            }
            Instruction::FaultIs { record, .. } => refuse(
                !self.module.record(record).is_some_and(|def| def.kind == RecordKind::Error),
                "the record is no error",
            ),
            Instruction::ReturnNothing {} => refuse(self.function.result.is_some(), "the function has a result"),
            Instruction::Wait { .. } => {
                let suspends = matches!(self.function.kind, FunctionKind::Process | FunctionKind::Branch);
                refuse(!suspends, "only the body of a process suspends")
            }
            Instruction::Stop { .. } => {
                let process = matches!(
                    self.function.kind,
                    FunctionKind::Process | FunctionKind::Branch | FunctionKind::Undo | FunctionKind::Test
                );
                refuse(!process, "only the body of a process stops")
            }
            Instruction::HostCall { site, .. } => {
                let op = self.module.sites.get(site.index()).map(|site| &site.op);
                refuse(!op.is_some_and(|op| may_ask(self.function.kind, op)), "the function may not ask this")
            }
            _ => Ok(()),
        }
    }

    fn kind(&self, slot: SlotIdx) -> Option<SlotKind> {
        self.function.slots.get(slot.index()).copied()
    }

    fn is_list(&self, slot: SlotIdx) -> bool {
        match self.kind(slot) {
            Some(SlotKind::List(ty)) => matches!(self.module.ty(ty), Some(TypeDef::List(_))),
            _ => false,
        }
    }

    fn live(&self, code: &[Instruction]) -> Result<Vec<(PointIdx, Vec<SlotIdx>)>, VerifyError> {
        let mut points = BTreeSet::new();
        for (pc, instruction) in code.iter().enumerate() {
            if let Instruction::Wait { point } = instruction {
                self.ensure(points.insert(*point), Some(pc), "a suspension point stands in two places")?;
                let def = self.module.point(*point);
                let here = def.is_some_and(|def| def.function == self.index && def.pc as usize == pc);
                self.ensure(here, Some(pc), "the suspension point says that it stands elsewhere")?;
            }
        }
        let live = flow::live_at_points(self.module, self.function, code);
        Ok(live.map_err(|error| self.fail(None, describe(error)))?.into_iter().collect())
    }

    fn check_point(&self, point: PointIdx, live: &[SlotIdx]) -> Result<(), VerifyError> {
        let Some(def) = self.module.point(point) else { return Ok(()) };
        let at = Some(def.pc as usize);
        self.ensure(def.live == live, at, "the suspension point does not store what lives on")?;
        for name in &def.names {
            let kinds = layout::kinds(&self.module.types, name.ty);
            let first = name.slot.index();
            let right = self.function.slots.get(first..first + kinds.len()) == Some(kinds.as_slice());
            self.ensure(right, at, "a live name is of another type")?;
        }
        for slot in live {
            self.ensure(self.kind(*slot).is_some(), at, "no such slot")?;
        }
        Ok(())
    }
}

/// What functions of a kind may ask of the host.
fn may_ask(kind: FunctionKind, op: &HostOp) -> bool {
    let reads = op.is_read() || matches!(op, HostOp::Random | HostOp::Uuid);
    let facts = op.is_fact();
    let is_said = matches!(op, HostOp::Rule { .. } | HostOp::SetPending { .. });
    let tests = matches!(
        op,
        HostOp::TestGiven { .. }
            | HostOp::TestGivenConfig(_)
            | HostOp::TestGivenProcess(_)
            | HostOp::TestActAs
            | HostOp::TestAdvance
            | HostOp::TestAdvanceTo
            | HostOp::TestStandstill
            | HostOp::TestIdle
            | HostOp::TestCount { .. }
            | HostOp::TestCountAll(_)
            | HostOp::TestFail
            | HostOp::TestGiveUp(_)
            | HostOp::TestMock { .. }
            | HostOp::TestRetry(_)
            | HostOp::TestAnswerForm { .. }
            | HostOp::TestAnswerPage { .. }
            | HostOp::TestBack(_)
    );
    match kind {
        FunctionKind::Pure => reads,
        FunctionKind::Condition => reads || facts,
        FunctionKind::Rule => reads || facts || is_said,
        FunctionKind::Process | FunctionKind::Branch | FunctionKind::Undo => {
            !tests && !matches!(op, HostOp::Rule { .. })
        }
        FunctionKind::Test => true,
    }
}

fn describe(error: Unresolved) -> String {
    match error {
        Unresolved::Slot(name, slot) => format!("`{name}`: there is no slot {slot}"),
        Unresolved::Kind(name, kind) => format!("`{name}` cannot be of the kind {kind:?}"),
        Unresolved::Index(name) => format!("`{name}` is out of range"),
    }
}
