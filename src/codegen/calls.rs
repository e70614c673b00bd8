//! Calls of functions and requests to the host: their arguments lie in consecutive slots.

use super::{expr::place_of, function::Lowerer, module::FunctionNumbers, slots::Reg};
use crate::{
    bytecode::{
        host::HostOp,
        isa::{FunctionOperand, Instruction},
        layout,
        operands::is_handle,
        types::{SlotIdx, TypeIdx},
    },
    sema::{
        hir::{Expr, Place},
        schema::{FunctionId, ProcessId},
        ty::Ty,
    },
};

impl Lowerer<'_> {
    /// Consecutive slots for values of these types, until the mark before is released.
    pub(super) fn take_run(&mut self, types: &[TypeIdx]) -> Vec<Reg> {
        let mut kinds = Vec::new();
        for ty in types {
            layout::push_kinds(self.tables.types.defs(), *ty, &mut kinds);
        }
        let mut base = self.slots.take(&kinds);
        let mut regs = Vec::with_capacity(types.len());
        for ty in types {
            regs.push(Reg { base, ty: *ty });
            base = base.saturating_add(self.width(*ty));
        }
        regs
    }

    /// A request whose arguments are at hand.
    pub(super) fn host(&mut self, op: HostOp, args: &[Reg], result: Option<Reg>) {
        let mark = self.slots.mark();
        let run = if self.lie_in_order(args) { args.to_vec() } else { self.copy_to_run(args) };
        self.host_run(op, &run, result);
        self.slots.release(mark);
    }

    /// A request whose arguments lie in order.
    pub(super) fn host_run(&mut self, op: HostOp, run: &[Reg], result: Option<Reg>) {
        let types = run.iter().map(|reg| reg.ty).collect();
        let site = self.tables.site(op, types, result.map(|reg| reg.ty));
        let args = run.first().map_or(SlotIdx(0), |reg| reg.slot());
        let into = result.map_or(SlotIdx(0), Reg::slot);
        self.emit(Instruction::HostCall { into, args, site });
    }

    /// A request with one argument that is computed here.
    pub(super) fn host_of(&mut self, op: HostOp, arg: &Expr, result: Option<Reg>) {
        let mark = self.slots.mark();
        let arg = self.value(arg);
        self.host(op, &[arg], result);
        self.slots.release(mark);
    }

    /// Values that are computed into consecutive slots of these types.
    pub(super) fn lower_run(&mut self, exprs: &[(&Expr, TypeIdx)]) -> Vec<Reg> {
        let types: Vec<TypeIdx> = exprs.iter().map(|(_, ty)| *ty).collect();
        let run = self.take_run(&types);
        for ((expr, _), reg) in exprs.iter().zip(&run) {
            self.value_as(expr, *reg);
        }
        run
    }

    /// Whether arguments can be passed where they lie. Lists and records are taken from their slots and cannot.
    fn lie_in_order(&self, args: &[Reg]) -> bool {
        let mut next = args.first().map_or(0, |reg| reg.base);
        args.iter().all(|reg| {
            let fits = reg.base == next && !self.tables.types.kinds(reg.ty).into_iter().any(is_handle);
            next = next.saturating_add(self.width(reg.ty));
            fits
        })
    }

    fn copy_to_run(&mut self, args: &[Reg]) -> Vec<Reg> {
        let types: Vec<TypeIdx> = args.iter().map(|reg| reg.ty).collect();
        let run = self.take_run(&types);
        for (to, from) in run.iter().zip(args) {
            self.copy(*to, *from);
        }
        run
    }

    /// A call of a `fn`.
    pub(super) fn call(&mut self, function: FunctionId, args: &[Expr], into: Reg) {
        let Some(head) = self.program.schema.functions.get(usize::from(function.0)) else {
            self.unreachable();
            return;
        };
        let types: Vec<TypeIdx> = head.params.iter().map(|param| self.tables.types.lower(&param.ty)).collect();
        let exprs: Vec<(&Expr, TypeIdx)> = args.iter().zip(types).collect();
        let mark = self.slots.mark();
        let run = self.lower_run(&exprs);
        let args = run.first().map_or(SlotIdx(0), |reg| reg.slot());
        // LIMIT: calls name functions by 16 bits; ids of functions have no more.
        let index = if exprs.iter().any(|(arg, _)| is_reference(&arg.ty) && self.is_of_element(arg)) {
            self.tables.of_element(function)
        } else {
            u16::try_from(FunctionNumbers::function(function).0).unwrap_or(u16::MAX)
        };
        let function = FunctionOperand(index);
        self.emit(Instruction::Call { into: into.slot(), args, function });
        self.slots.release(mark);
    }

    /// Primary record and inputs of a process, in order.
    pub(super) fn process_args(&mut self, process: ProcessId, primary: Option<&Expr>, args: &[Expr]) -> Vec<Reg> {
        let Some(head) = self.program.schema.processes.get(usize::from(process.0)) else { return Vec::new() };
        let primary = primary.zip(head.primary.as_ref()).map(|(expr, param)| (expr, &param.ty));
        let inputs = args.iter().zip(head.params.iter().map(|param| &param.ty));
        let exprs: Vec<(&Expr, TypeIdx)> =
            primary.into_iter().chain(inputs).map(|(expr, ty)| (expr, self.tables.types.lower(ty))).collect();
        self.lower_run(&exprs)
    }

    /// The types of the primary record and the inputs of a process, in order.
    pub(super) fn process_types(&mut self, process: ProcessId, with_primary: bool) -> Vec<TypeIdx> {
        let program = self.program;
        let Some(head) = program.schema.processes.get(usize::from(process.0)) else { return Vec::new() };
        let primary = head.primary.iter().filter(|_| with_primary);
        primary.chain(&head.params).map(|param| self.tables.types.lower(&param.ty)).collect()
    }

    /// The result type of a process; `None` where it has none.
    pub(super) fn process_result(&mut self, process: ProcessId) -> Option<TypeIdx> {
        let head = self.program.schema.processes.get(usize::from(process.0))?;
        self.tables.types.lower_result(&head.result)
    }

    /// A request whose reply goes to a place, or nowhere.
    pub(super) fn host_into(&mut self, op: HostOp, run: &[Reg], result: Option<TypeIdx>, place: Option<&Place>) {
        let mark = self.slots.mark();
        let direct = place.and_then(place_of).map(|local| self.local(local)).filter(|reg| Some(reg.ty) == result);
        let reg = match (direct, result) {
            (Some(reg), _) => Some(reg),
            (None, Some(ty)) => Some(self.take(ty)),
            (None, None) => None,
        };
        self.host_run(op, run, reg);
        if let (None, Some(reg), Some(place)) = (direct, reg, place) {
            self.store(place, reg);
        }
        self.slots.release(mark);
    }
}

fn is_reference(ty: &Ty) -> bool {
    *ty.present() == Ty::AnyRef || !ty.entities().is_empty()
}
