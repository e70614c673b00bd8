//! What runs apart: branches of a `parallel` and undo blocks are functions of their own.
//!
//! The body of the process hands them copies of the names that they read, behind them what the process keeps of its event.
//! What a branch gives comes back as its result. The process itself rests at the join, or, in a `parallel for each`, where
//! as many branches run as may; both are loops that test and suspend, as waits are.

use super::{
    code::Label,
    function::Lowerer,
    slots::Reg,
    tables::Apart,
    unwind::{Scope, ScopeKind},
};
use crate::{
    base::limits::BRANCHES_AT_ONCE,
    bytecode::{
        host::HostOp,
        isa::Instruction,
        module::{ArmWords, FunctionKind, PointKind},
        types::{FuncIdx, TypeDef, TypeIdx},
    },
    sema::{
        hir::{self, Block, Expr, LocalId, Parallel},
        ty::Ty,
    },
};

/// The `parallel` whose branches are started.
#[derive(Clone)]
pub(super) struct Region {
    /// For each branch its function, the names that it reads, and whether its result is wanted.
    branches: Vec<(FuncIdx, Vec<LocalId>, bool)>,
    /// How many run at once, where that is limited.
    limit: Option<Reg>,
    /// Whether it may be over before all have ended.
    is_race: bool,
    until: Option<Expr>,
    /// Where it is tested whether it is over.
    join: Label,
    /// The name of the join.
    point: String,
}

impl Lowerer<'_> {
    /// Every form of `parallel`.
    pub(super) fn parallel(&mut self, parallel: &Parallel) {
        let point = self.point_name("parallel");
        let join = self.code.label();
        let wanted = self.take_def(TypeDef::Int);
        match &parallel.first {
            Some(first) => {
                self.value_as(first, wanted);
                let one = self.take_def(TypeDef::Int);
                self.emit(Instruction::LoadInt { into: one.slot(), value: 1 });
                let (into, left, right) = (wanted.slot(), wanted.slot(), one.slot());
                self.emit(Instruction::Maximum { into, left, right });
            }
            None => self.clear(wanted),
        }
        let is_each = matches!(parallel.branches.as_slice(), [branch] if branch.title.is_empty());
        let limit = is_each.then(|| self.limit_of_branches(parallel.limit.as_ref()));
        let mut branches = Vec::with_capacity(parallel.branches.len());
        for branch in &parallel.branches {
            let title = if branch.title.is_empty() { "each" } else { branch.title.as_str() };
            let is_wanted = branch.into.is_some() || parallel.into.is_some();
            let name = format!("{point}/{title}");
            let function = self.function_apart(FunctionKind::Branch, name, &branch.apart, &branch.result);
            branches.push((function, branch.apart.reads.clone(), is_wanted));
        }
        let region = Region {
            branches,
            limit,
            is_race: parallel.first.is_some(),
            until: parallel.until.clone(),
            join,
            point: point.clone(),
        };
        self.host(HostOp::BranchesBegin, &[wanted], None);
        self.open_scope(ScopeKind::Parallel);
        self.regions.push(region.clone());
        self.block(&parallel.starts);
        self.regions.pop();
        self.join(&region, parallel.branches.len(), is_each);
        let scope = self.close_scope();
        self.publish(parallel, &region);
        self.host(HostOp::BranchesEnd, &[], None);
        self.end_parallel(&scope);
    }

    fn limit_of_branches(&mut self, limit: Option<&Expr>) -> Reg {
        let reg = self.take_def(TypeDef::Int);
        match limit {
            Some(limit) => self.value_as(limit, reg),
            // LIMIT: BRANCHES_AT_ONCE
            None => self.emit(Instruction::LoadInt { into: reg.slot(), value: BRANCHES_AT_ONCE }),
        }
        reg
    }

    /// Waits until all branches have ended, or enough of them have, or the condition holds.
    fn join(&mut self, region: &Region, count: usize, is_each: bool) {
        let (cut, done) = (self.code.label(), self.code.label());
        self.code.bind(region.join);
        let mark = self.slots.mark();
        self.host(HostOp::WatchBegin, &[], None);
        if let Some(until) = &region.until {
            self.branch(until, cut, true);
        }
        self.jump_if_at_most(0, done);
        self.slots.release(mark);
        let words = match (is_each, count) {
            (true, _) => "until the branches of all elements have ended".to_owned(),
            (false, _) if region.is_race => "until enough of its branches have ended".to_owned(),
            (false, 1) => "until its branch has ended".to_owned(),
            (false, count) => format!("until its {count} branches have ended"),
        };
        let words = ArmWords { words, is_timed: false };
        self.suspend_at(PointKind::Parallel, region.point.clone(), vec![words], false);
        self.code.jump(region.join);
        self.code.bind(cut);
        self.host(HostOp::BranchesCancel, &[], None);
        self.code.bind(done);
        self.host(HostOp::WatchEnd, &[], None);
    }

    fn jump_if_at_most(&mut self, count: i32, to: Label) {
        let most = self.take_def(TypeDef::Int);
        self.emit(Instruction::LoadInt { into: most.slot(), value: count });
        let is = self.take_def(TypeDef::Bool);
        self.host(HostOp::BranchesAtMost, &[most], Some(is));
        self.jump_if(is.slot(), to, true);
    }

    /// Starts a branch, where many run when one of them has ended.
    pub(super) fn start_branch(&mut self, index: u16) {
        let Some(region) = self.regions.last().cloned() else { return self.unreachable() };
        let Some((function, reads, is_wanted)) = region.branches.get(usize::from(index)) else { return };
        if let Some(limit) = region.limit {
            self.wait_for_room(&region, limit);
        }
        let run = self.copies(reads);
        self.host_run(HostOp::BranchStart { function: *function, kept: *is_wanted }, &run, None);
    }

    fn wait_for_room(&mut self, region: &Region, limit: Reg) {
        let (check, room) = (self.code.here(), self.code.label());
        let mark = self.slots.mark();
        self.host(HostOp::WatchBegin, &[], None);
        if region.is_race {
            let is = self.take_def(TypeDef::Bool);
            self.host(HostOp::BranchesEnough, &[], Some(is));
            self.jump_if(is.slot(), region.join, true);
        }
        if let Some(until) = &region.until {
            self.branch(until, region.join, true);
        }
        let (most, is) = (self.take_def(TypeDef::Int), self.take_def(TypeDef::Bool));
        self.emit(Instruction::IntAddConst { into: most.slot(), left: limit.slot(), value: -1 });
        self.host(HostOp::BranchesAtMost, &[most], Some(is));
        self.jump_if(is.slot(), room, true);
        self.slots.release(mark);
        let words =
            ArmWords { words: "until one of the branches that may run at once has ended".into(), is_timed: false };
        let name = self.point_name("parallel limit");
        self.suspend_at(PointKind::Parallel, name, vec![words], false);
        self.code.jump(check);
        self.code.bind(room);
    }

    /// The values of names in consecutive slots, behind them what the process keeps of its event.
    fn copies(&mut self, reads: &[LocalId]) -> Vec<Reg> {
        let mut from: Vec<Reg> = reads.iter().map(|local| self.local(*local)).collect();
        from.extend(self.captures().iter().copied());
        let types: Vec<TypeIdx> = from.iter().map(|reg| reg.ty).collect();
        let run = self.take_run(&types);
        for (to, from) in run.iter().zip(&from) {
            self.copy(*to, *from);
        }
        run
    }

    /// Takes over what the branches gave.
    fn publish(&mut self, parallel: &Parallel, region: &Region) {
        if let (Some(place), Some(branch)) = (&parallel.into, parallel.branches.first())
            && let Some((function, ..)) = region.branches.first()
        {
            let list = self.ty(&Ty::List(Box::new(branch.result.clone())));
            self.host_into(HostOp::BranchResults(*function), &[], Some(list), Some(place));
        }
        let is_early = region.is_race || region.until.is_some();
        for ((ordinal, branch), (function, ..)) in (1i32..).zip(&parallel.branches).zip(&region.branches) {
            let Some(into) = branch.into else { continue };
            let mark = self.slots.mark();
            let next = self.code.label();
            let result = self.local(into);
            let number = self.take_def(TypeDef::Int);
            self.emit(Instruction::LoadInt { into: number.slot(), value: ordinal });
            if is_early {
                let is = self.take_def(TypeDef::Bool);
                self.host(HostOp::BranchDone, &[number], Some(is));
                self.jump_if(is.slot(), next, false);
            }
            self.host(HostOp::BranchResult(*function), &[number], Some(result));
            self.block(&branch.publish);
            self.code.bind(next);
            self.slots.release(mark);
        }
    }

    /// What leaves the `parallel` otherwise takes the branches with it.
    fn end_parallel(&mut self, scope: &Scope) {
        let (handler, end) = (self.code.label(), self.code.label());
        self.code.jump(end);
        let fault = self.take_def(TypeDef::Fault);
        self.code.bind(handler);
        self.guard(scope, handler, fault.slot(), true);
        self.host(HostOp::BranchesEnd, &[], None);
        self.emit(Instruction::RaiseAgain { from: fault.slot() });
        self.code.bind(end);
    }

    /// `saga { }`.
    pub(super) fn saga(&mut self, body: &Block, hands_over: bool) {
        let mark = self.take_def(TypeDef::Int);
        self.host(HostOp::SagaBegin, &[], Some(mark));
        self.open_scope(ScopeKind::Saga { mark, hands_over });
        self.block(body);
        let scope = self.close_scope();
        let (handler, end) = (self.code.label(), self.code.label());
        if !self.code.ends() {
            if !hands_over {
                self.host(HostOp::SagaEnd, &[mark], None);
            }
            self.code.jump(end);
        }
        let fault = self.take_def(TypeDef::Fault);
        self.code.bind(handler);
        self.guard(&scope, handler, fault.slot(), true);
        self.host(HostOp::SagaUndo, &[mark], None);
        self.emit(Instruction::RaiseAgain { from: fault.slot() });
        self.code.bind(end);
    }

    /// Notes an undo block.
    pub(super) fn undo(&mut self, undo: &hir::Apart) {
        let name = self.point_name("undo");
        let function = self.function_apart(FunctionKind::Undo, name, undo, &Ty::Void);
        let run = self.copies(&undo.reads);
        self.host_run(HostOp::UndoNote(function), &run, None);
    }

    /// `compensate`: runs what the nearest saga has noted.
    pub(super) fn compensate(&mut self) {
        let nearest = self.scopes.iter().rev().find_map(|scope| match scope.kind {
            ScopeKind::Saga { mark, .. } => Some(mark),
            _ => None,
        });
        match nearest {
            Some(mark) => self.host(HostOp::SagaUndo, &[mark], None),
            None => self.unreachable(),
        }
    }

    fn function_apart(&mut self, kind: FunctionKind, name: String, apart: &hir::Apart, result: &Ty) -> FuncIdx {
        let Some(process) = self.job.process else { return FuncIdx(u32::MAX) };
        let stage = self.stages.last().unwrap_or(&self.job.stage).clone();
        self.tables.apart(Apart { process, kind, name, stage, statements: apart.clone(), result: result.clone() })
    }
}
