//! Branches of a `parallel`: each is a row of its own with turns of its own, and its parent keeps counts.
//!
//! A branch that ends well leaves what it gave; a fault that leaves it is raised where its parent rests, in the same
//! turn, so that it is parked itself if nobody catches it. What cancels branches is the code of the parent: it has a
//! handler around the `parallel`. Unwinding never waits, so it is a part of the turn that cancels.

use crate::{
    base::value::Value,
    bytecode::{
        host::HostOp,
        module::{Function, FunctionKind},
        types::FuncIdx,
    },
    vm::{fault::Fault, machine::Machine},
};

use super::{
    Engine,
    faults::{self, Answer, Failure},
    host::Arguments,
    log::Line,
    machine::{End, Frame},
    store::{Asks, Branch, Branches, Instance, InstanceFilter, Status, StoredFault},
};

/// Why a branch is cancelled that the others do not need.
const NOT_NEEDED: &str = "the other branches have ended without it";
/// Branches that are read at a time.
const AT_ONCE: u32 = 1_000;

impl Engine {
    /// Requests about branches.
    pub(crate) fn branches(
        &mut self,
        frame: &mut Frame<'_>,
        op: &HostOp,
        args: &mut Arguments<'_>,
    ) -> Answer<Option<Value>> {
        let row = frame.actor.row().ok_or_else(|| faults::unknown_request("a branch"))?;
        match op {
            HostOp::BranchesBegin => {
                let wanted = u32::try_from(args.int()?.max(0)).unwrap_or(u32::MAX);
                self.set_branches(row, Some(Branches { wanted, ..Branches::default() }))?;
                Ok(None)
            }
            HostOp::BranchStart { function, kept } => {
                self.start_branch(frame, row, *function, *kept, args.rest()).map(|()| None)
            }
            HostOp::BranchesAtMost => {
                let most = u32::try_from(args.int()?.max(0)).unwrap_or(u32::MAX);
                let branches = self.branches_of(row)?;
                if branches.awaited != most && !self.probing {
                    self.set_branches(row, Some(Branches { awaited: most, ..branches }))?;
                }
                Ok(Some(Value::Bool(branches.running <= most)))
            }
            HostOp::BranchesEnough => Ok(Some(Value::Bool(self.branches_of(row)?.are_enough()))),
            HostOp::BranchesCancel => self.cancel_branches(row, frame.leaving).map(|()| None),
            HostOp::BranchDone => {
                let ordinal = args.int()?;
                Ok(Some(Value::Bool(self.ended_branch(row, ordinal)?.is_some())))
            }
            HostOp::BranchResult(_) => {
                let ordinal = args.int()?;
                let result = self.ended_branch(row, ordinal)?.and_then(|branch| branch.result);
                result.map(Some).ok_or_else(|| faults::unknown_request("what a branch gives"))
            }
            HostOp::BranchResults(_) => self.given(row).map(|values| Some(Value::List(values))),
            _ => self.end_branches(row, frame.leaving).map(|()| None),
        }
    }

    fn branches_of(&mut self, row: i64) -> Answer<Branches> {
        self.known_instance(row)?.branches.ok_or_else(|| faults::unknown_request("the branches of a parallel"))
    }

    fn set_branches(&mut self, row: i64, branches: Option<Branches>) -> Answer<()> {
        let instance = self.known_instance(row)?;
        Ok(self.store.put_instance(&Instance { branches, ..instance })?)
    }

    fn start_branch(
        &mut self,
        frame: &Frame<'_>,
        row: i64,
        function: FuncIdx,
        kept: bool,
        arguments: &[Value],
    ) -> Answer<()> {
        let mut parent = self.known_instance(row)?;
        let branches = parent.branches.as_mut().ok_or_else(|| faults::unknown_request("a parallel"))?;
        branches.started = branches.started.saturating_add(1);
        branches.running = branches.running.saturating_add(1);
        let ordinal = Some(branches.started);
        self.store.put_instance(&parent)?;
        let whole = parent.whole();
        let mut branch = Instance {
            id: self.store.count_up("id")?,
            parent: Some(row),
            branch: Some(Branch { function, whole, kept }),
            ordinal,
            branches: None,
            owned: true,
            user: frame.actor.user,
            acting: Vec::new(),
            asks: Asks::default(),
            due: None,
            arguments: arguments.to_vec(),
            slot: None,
            condition: None,
            snapshot: None,
            point: None,
            fault: None,
            message: String::new(),
            result: None,
            cancel: None,
            queue: None,
            created: self.now,
            changed: self.now,
            ..parent
        };
        self.make_ready(&mut branch)?;
        Ok(self.store.put_instance(&branch)?)
    }

    /// The branches of an instance or a branch, by number; those that have not ended, or all. What something is a branch of is
    /// older than it.
    fn branch_ids(&mut self, row: i64, live: bool) -> Answer<Vec<i64>> {
        let filter = InstanceFilter { parent: Some(row), live, branches: true, ..InstanceFilter::default() };
        let mut ids = Vec::new();
        let mut after = row;
        loop {
            let batch = self.store.instance_ids(&filter, after, AT_ONCE)?;
            let Some(last) = batch.last() else { return Ok(ids) };
            after = *last;
            for id in batch {
                if self.store.instance(id)?.is_some_and(|instance| instance.branch.is_some()) {
                    ids.push(id);
                }
            }
        }
    }

    /// A branch that has come to its end by itself.
    fn ended_branch(&mut self, row: i64, ordinal: i64) -> Answer<Option<Instance>> {
        for id in self.branch_ids(row, false)? {
            let branch = self.known_instance(id)?;
            if branch.ordinal.is_some_and(|known| i64::from(known) == ordinal) {
                return Ok(Some(branch).filter(|branch| branch.status == Status::Succeeded));
            }
        }
        Ok(None)
    }

    /// What the branches gave that have ended, in the order of their starts.
    fn given(&mut self, row: i64) -> Answer<Vec<Value>> {
        let mut values = Vec::new();
        for id in self.branch_ids(row, false)? {
            let branch = self.known_instance(id)?;
            values.extend(branch.result.filter(|_| branch.status == Status::Succeeded));
        }
        Ok(values)
    }

    /// What becomes of an instance or a branch whose machine came to rest.
    pub(crate) fn come_out(
        &mut self,
        mut instance: Instance,
        machine: &Machine,
        frame: &Frame<'_>,
        end: End,
    ) -> Answer<()> {
        let is_branch = instance.branch.is_some();
        match end {
            End::Done(result) if is_branch => self.end_branch(instance, result),
            End::Done(result) => self.end_instance(instance, Status::Succeeded, String::new(), result),
            End::Stopped { canceled, message } if is_branch => self.stop_whole(&instance, canceled, &message),
            End::Stopped { canceled, message } => {
                let status = if canceled { Status::Canceled } else { Status::Succeeded };
                self.end_instance(instance, status, message, None)
            }
            End::Waiting(point) => {
                if !frame.atomics.is_empty() || frame.leaving {
                    return Err(faults::unknown_request("a wait that no program has"));
                }
                (instance.user, instance.acting) = (frame.actor.user, frame.acting.clone());
                self.come_to_rest(instance, machine, point)
            }
            End::Faulted(fault) if is_branch => self.leave_parallel(&instance, *fault),
            End::Faulted(fault) => Err(Failure::Fault(fault)),
        }
    }

    /// A branch has come to its end by itself.
    fn end_branch(&mut self, mut branch: Instance, result: Option<Value>) -> Answer<()> {
        let (id, parent) = (branch.id, parent_of(&branch)?);
        self.hand_over(id, parent)?;
        self.withdraw_forms(&mut branch, &[])?;
        self.end_children(id)?;
        if branch.branch.is_some_and(|branch| branch.kept) {
            self.store.subscribe(id, &[])?;
            (branch.status, branch.queue, branch.due) = (Status::Succeeded, None, None);
            (branch.snapshot, branch.point, branch.fault, branch.branches) = (None, None, None, None);
            (branch.arguments, branch.result, branch.changed) = (Vec::new(), result, self.now);
            self.store.put_instance(&branch)?;
        } else {
            self.store.delete_instance(id)?;
        }
        let mut branches = self.branches_of(parent)?;
        branches.running = branches.running.saturating_sub(1);
        branches.ended = branches.ended.saturating_add(1);
        self.set_branches(parent, Some(branches))?;
        if branches.are_enough() {
            self.cancel_branches(parent, false)?;
            return self.wake(parent);
        }
        if branches.running <= branches.awaited { self.wake(parent) } else { Ok(()) }
    }

    /// A fault has left a branch: it is raised where the parent rests, and takes the other branches with it.
    fn leave_parallel(&mut self, branch: &Instance, fault: Fault) -> Answer<()> {
        self.unwind_parent(branch, |machine, _| machine.raise(fault))
    }

    /// `stop` in a branch ends the whole instance.
    fn stop_whole(&mut self, branch: &Instance, canceled: bool, message: &str) -> Answer<()> {
        if !canceled {
            for id in self.family(branch.whole())? {
                self.store.clear_undo(id, 0)?;
            }
        }
        self.unwind_parent(branch, |machine, frame| {
            frame.leaving = true;
            if canceled { machine.cancel(message) } else { machine.give_up(message) }
        })
    }

    /// Takes a branch away, and goes on with what was around it.
    fn unwind_parent(&mut self, branch: &Instance, unwind: impl FnOnce(&mut Machine, &mut Frame<'_>)) -> Answer<()> {
        let parent = parent_of(branch)?;
        self.hand_over(branch.id, parent)?;
        self.withdraw_forms(&mut branch.clone(), &[])?;
        self.end_children(branch.id)?;
        self.store.delete_instance(branch.id)?;
        let mut branches = self.branches_of(parent)?;
        branches.running = branches.running.saturating_sub(1);
        self.set_branches(parent, Some(branches))?;
        self.watching = None;
        self.acted = true;
        let (mut machine, mut frame) = {
            let parent = self.known_instance(parent)?;
            self.prepare(&parent)?
        };
        unwind(&mut machine, &mut frame);
        self.running.push(parent);
        let answer = self.drive(&mut machine, &mut frame);
        self.running.pop();
        let end = answer?;
        let parent = self.known_instance(parent)?;
        self.come_out(parent, &machine, &frame, end)
    }

    /// Cancels the branches that run. Their undo blocks run now, or, where the whole instance ends, together with all others.
    fn cancel_branches(&mut self, row: i64, is_leaving: bool) -> Answer<()> {
        let ids = self.branch_ids(row, true)?;
        for id in &ids {
            let branch = self.known_instance(*id)?;
            self.unwind_branch(&branch)?;
            let what = self.branch_name(&branch);
            self.log(Line { message: format!("{what} is canceled"), ..Line::of(&branch) })?;
        }
        if is_leaving {
            ids.iter().try_for_each(|id| self.hand_over(*id, row))?;
        } else {
            self.undo_all(&ids)?;
        }
        for id in ids {
            self.store.delete_instance(id)?;
        }
        let instance = self.known_instance(row)?;
        let branches = instance.branches.map(|branches| Branches { running: 0, ..branches });
        Ok(self.store.put_instance(&Instance { branches, ..instance })?)
    }

    /// Runs what a branch left open; its children go.
    fn unwind_branch(&mut self, branch: &Instance) -> Answer<()> {
        if branch.snapshot.is_some() {
            let (mut machine, mut frame) = self.prepare(branch)?;
            frame.leaving = true;
            machine.cancel(NOT_NEEDED);
            match self.drive(&mut machine, &mut frame)? {
                End::Faulted(fault) => return Err(Failure::Fault(fault)),
                End::Waiting(_) => return Err(faults::unknown_request("a wait while a branch is canceled")),
                End::Done(_) | End::Stopped { .. } => {}
            }
        }
        self.withdraw_forms(&mut branch.clone(), &[])?;
        self.end_children(branch.id)
    }

    fn end_branches(&mut self, row: i64, is_leaving: bool) -> Answer<()> {
        self.cancel_branches(row, is_leaving)?;
        for id in self.branch_ids(row, false)? {
            self.store.delete_instance(id)?;
        }
        self.set_branches(row, None)
    }

    /// An instance with all branches within it, the outer before the inner.
    pub(crate) fn family(&mut self, whole: i64) -> Answer<Vec<i64>> {
        let mut family = vec![whole];
        let mut at = 0;
        while let Some(row) = family.get(at).copied() {
            if self.store.instance(row)?.is_some_and(|instance| instance.branches.is_some()) {
                family.extend(self.branch_ids(row, true)?);
            }
            at += 1;
        }
        Ok(family)
    }

    /// Does something to the branches of an instance that are in one of these statuses.
    pub(crate) fn each_branch(
        &mut self,
        whole: i64,
        of: &[Status],
        mut work: impl FnMut(&mut Self, Instance) -> Answer<()>,
    ) -> Answer<()> {
        for id in self.family(whole)?.into_iter().skip(1) {
            let branch = self.known_instance(id)?;
            if of.contains(&branch.status) {
                work(self, branch)?;
            }
        }
        Ok(())
    }

    /// A branch is parked: so is the instance that it is a part of.
    pub(crate) fn park_whole(&mut self, branch: &Instance, fault: &StoredFault) -> Answer<()> {
        let mut whole = self.known_instance(branch.whole())?;
        if whole.cancel.is_some() || !matches!(whole.status, Status::Ready | Status::Waiting) {
            return Ok(());
        }
        (whole.status, whole.queue, whole.due) = (Status::Parked, None, None);
        (whole.fault, whole.changed) = (Some(fault.clone()), self.now);
        Ok(self.store.put_instance(&whole)?)
    }

    /// Lets the parked branches of an instance go on.
    pub(crate) fn retry_branches(&mut self, whole: i64) -> Answer<()> {
        self.each_branch(whole, &[Status::Parked], |engine, mut branch| {
            branch.fault = None;
            engine.make_ready(&mut branch)?;
            Ok(engine.store.put_instance(&branch)?)
        })
    }

    /// Whether one of the instances whose turn it is is this one, or a branch of it.
    pub(crate) fn is_running(&mut self, whole: i64) -> Answer<bool> {
        for id in self.running.clone() {
            if id == whole || self.store.instance(id)?.is_some_and(|running| running.whole() == whole) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a branch of an instance rests where the deletion of the primary record is waited for.
    pub(crate) fn branches_handle_deletion(&mut self, whole: i64) -> Answer<bool> {
        let mut handles = false;
        self.each_branch(whole, &Status::ALL, |engine, branch| {
            let point = branch.point.as_deref().and_then(|name| engine.point(name));
            handles |= point.is_some_and(|point| point.handles_deletion);
            Ok(())
        })?;
        Ok(handles)
    }

    /// The branch "legal"; of a `parallel for each` the one of its third element.
    pub(crate) fn branch_name(&self, branch: &Instance) -> String {
        let function = branch.branch.and_then(|branch| self.module().function(branch.function));
        let name = function.map_or("", |function| function.name.as_str());
        let (of, title) = name.rsplit_once('/').unwrap_or(("", name));
        let ordinal = branch.ordinal.unwrap_or_default();
        // Elements share one function, branches with titles have one each; one of them may have the title `each`.
        let is_beside = |other: &&Function| other.name.rsplit_once('/').is_some_and(|(beside, _)| beside == of);
        let branches = self.module().functions.iter().filter(|other| other.kind == FunctionKind::Branch);
        if title == "each" && branches.filter(is_beside).count() == 1 {
            format!("the branch of element {ordinal}")
        } else {
            format!("the branch \"{title}\"")
        }
    }
}

/// What a branch is a branch of.
fn parent_of(branch: &Instance) -> Answer<i64> {
    branch.parent.filter(|parent| *parent < branch.id).ok_or_else(|| faults::unknown_request("what it is a branch of"))
}
