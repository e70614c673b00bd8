//! Waits and child processes.
//!
//! A wait is level-triggered: its conditions are evaluated when it is entered and each time it is woken. Meanwhile the
//! host notes what is read; that is what the instance wakes for.

use super::{code::Label, function::Lowerer, slots::Reg, unwind::ScopeKind, walk};
use crate::{
    bytecode::{
        host::HostOp,
        isa::Instruction,
        module::{ArmWords, PointKind},
        traps::TrapCode,
        types::{ProcessIdx, TypeDef, TypeIdx},
    },
    sema::{
        hir::{Expr, LocalId, Place, Retry, StmtKind, WaitArm, WaitArmKind},
        schema::ProcessId,
    },
    syntax::ast::ProcessKind,
};

/// The longest condition that a build quotes in full, in characters.
const ARM_WORDS_MAX: usize = 120;

/// The code of what an activity failed with: it may go better the next time.
const ACTIVITY_FAILED: &str = "R0511";

/// The index of a process.
pub(super) fn process(id: ProcessId) -> ProcessIdx {
    ProcessIdx(id.0)
}

impl Lowerer<'_> {
    /// `wait`.
    pub(super) fn wait(&mut self, point: &str, arms: &[WaitArm]) {
        let mut dues = Vec::with_capacity(arms.len());
        for arm in arms {
            dues.push(match &arm.kind {
                WaitArmKind::After(duration) => Some(self.due(duration)),
                _ => None,
            });
        }
        let handles: Vec<Option<Reg>> = arms.iter().map(|arm| self.held(&arm.kind)).collect();
        let check = self.code.here();
        let mark = self.slots.mark();
        self.host(HostOp::WatchBegin, &[], None);
        let is_timed = |kind: &WaitArmKind| matches!(kind, WaitArmKind::After(_) | WaitArmKind::UntilMoment(_));
        let now = arms.iter().any(|arm| is_timed(&arm.kind)).then(|| self.now());
        let taken: Vec<Label> = arms.iter().map(|_| self.code.label()).collect();
        for (index, (arm, taken)) in arms.iter().zip(&taken).enumerate() {
            self.at(arm.span);
            let due = dues.get(index).copied().flatten();
            let handle = handles.get(index).copied().flatten();
            self.check_arm(&arm.kind, due, handle, now, *taken);
        }
        self.slots.release(mark);
        let kind = match arms {
            [WaitArm { kind: WaitArmKind::Handle { .. }, .. }] => PointKind::Child,
            _ => PointKind::Wait,
        };
        let has_primary = self.job.process.is_some_and(|process| {
            self.program.schema.processes.get(process).is_some_and(|head| head.primary.is_some())
        });
        let handles_deletion = has_primary && arms.iter().any(|arm| walk::awaits_deletion(&arm.kind, LocalId(0)));
        let words = arms.iter().map(|arm| self.words(arm)).collect();
        self.suspend(kind, point, words, handles_deletion);
        self.code.jump(check);
        let end = self.code.label();
        for (index, (arm, taken)) in arms.iter().zip(&taken).enumerate() {
            self.code.bind(*taken);
            self.at(arm.span);
            self.host(HostOp::WatchEnd, &[], None);
            if let Some(held) = handles.get(index).copied().flatten() {
                match &arm.kind {
                    WaitArmKind::Handle { process, into, .. } => self.child_result(*process, held, into.as_ref()),
                    WaitArmKind::Ask { ask, into } => self.form_answers(ask, held, into.as_ref()),
                    WaitArmKind::Signal { bind, into, .. } => self.take_signal(held, *bind, into.as_ref()),
                    _ => {}
                }
            }
            self.block(&arm.body);
            self.code.jump(end);
        }
        self.code.bind(end);
    }

    /// What an arm waits for, as it is written.
    fn words(&self, arm: &WaitArm) -> ArmWords {
        match &arm.kind {
            WaitArmKind::After(value) => self.quote("after", value, true),
            WaitArmKind::Until(value) => self.quote("until", value, false),
            WaitArmKind::UntilMoment(value) => self.quote("until", value, true),
            WaitArmKind::Ask { ask, .. } => self.quote("for the answer to", &ask.title, false),
            WaitArmKind::Handle { handle, .. } => self.quote("for", handle, false),
            WaitArmKind::Signal { signal, .. } => {
                let name = self.program.schema.record(*signal).map_or("", |signal| signal.name.as_str());
                ArmWords { words: format!("on {name}"), is_timed: false }
            }
        }
    }

    /// A part of the source behind a word, on one line.
    fn quote(&self, verb: &str, value: &Expr, is_timed: bool) -> ArmWords {
        let text = self.sources.get(value.span.file).map_or("", |file| file.slice(value.span));
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // LIMIT: ARM_WORDS_MAX
        let cut = text.char_indices().nth(ARM_WORDS_MAX).and_then(|(at, _)| text.get(..at));
        let words = cut.map_or_else(|| format!("{verb} {text}"), |start| format!("{verb} {start}…"));
        ArmWords { words, is_timed }
    }

    /// The moment a duration from here.
    fn due(&mut self, duration: &Expr) -> Reg {
        let due = self.take_def(TypeDef::DateTime);
        let mark = self.slots.mark();
        let duration = self.value(duration);
        self.due_after(duration, due);
        self.slots.release(mark);
        due
    }

    fn due_after(&mut self, duration: Reg, due: Reg) {
        let now = self.now();
        self.emit(Instruction::DateTimeAdd { into: due.slot(), left: now.slot(), right: duration.slot() });
    }

    /// What an arm holds as long as the process waits: a form, a handle, or the place of a signal in the mailbox.
    fn held(&mut self, kind: &WaitArmKind) -> Option<Reg> {
        match kind {
            WaitArmKind::Ask { ask, .. } => Some(self.open_form(ask)),
            WaitArmKind::Handle { handle, .. } => Some(self.value(handle)),
            WaitArmKind::Signal { .. } => Some(self.take_def(TypeDef::Int)),
            _ => None,
        }
    }

    /// Goes on at `taken` if the arm's time has come; else notes what may wake it.
    fn check_arm(&mut self, kind: &WaitArmKind, due: Option<Reg>, handle: Option<Reg>, now: Option<Reg>, taken: Label) {
        let mark = self.slots.mark();
        match kind {
            WaitArmKind::Until(condition) => self.branch(condition, taken, true),
            WaitArmKind::UntilMoment(moment) => {
                let not_known = self.code.label();
                let moment = self.value(moment);
                self.jump_absent(moment, not_known);
                if let Some(now) = now {
                    self.check_moment(self.present_part(moment), now, taken);
                }
                self.code.bind(not_known);
            }
            WaitArmKind::After(_) => {
                if let (Some(due), Some(now)) = (due, now) {
                    self.check_moment(due, now, taken);
                }
            }
            WaitArmKind::Handle { process: child, .. } => {
                if let Some(handle) = handle {
                    let ended = self.take_def(TypeDef::Bool);
                    self.host(HostOp::JoinChild(process(*child)), &[handle], Some(ended));
                    self.jump_if(ended.slot(), taken, true);
                }
            }
            WaitArmKind::Ask { .. } => {
                if let Some(form) = handle {
                    let answered = self.take_def(TypeDef::Bool);
                    self.host(HostOp::FormAnswered, &[form], Some(answered));
                    self.jump_if(answered.slot(), taken, true);
                }
            }
            WaitArmKind::Signal { signal, bind, condition, .. } => {
                if let Some(key) = handle {
                    self.look_for_signal(*signal, *bind, condition.as_ref(), key, taken);
                }
            }
        }
        self.slots.release(mark);
    }

    fn check_moment(&mut self, moment: Reg, now: Reg, taken: Label) {
        self.jump_less_equal(moment, now, taken);
        self.host(HostOp::WatchMoment, &[moment], None);
    }

    fn child_result(&mut self, child: ProcessId, handle: Reg, into: Option<&Place>) {
        if let (Some(place), Some(result)) = (into, self.process_result(child)) {
            self.host_into(HostOp::ChildResult(process(child)), &[handle], Some(result), Some(place));
        }
    }

    /// `do` of an action or of a child workflow.
    pub(super) fn lower_do(&mut self, stmt: &StmtKind) {
        let StmtKind::Do { process: id, retry, .. } = stmt else { return };
        let head = self.program.schema.processes.get(usize::from(id.0));
        // All tries of one `do` of an activity have one key, which is in the snapshot before the first of them.
        let key = head.filter(|head| head.kind == ProcessKind::Activity && !head.is_job()).map(|_| {
            let key = self.take_def(TypeDef::Text);
            self.host(HostOp::Uuid, &[], Some(key));
            key
        });
        match retry {
            None => self.do_once(stmt, key),
            Some(retry) => self.do_again(stmt, retry, key),
        }
    }

    fn do_once(&mut self, stmt: &StmtKind, key: Option<Reg>) {
        let StmtKind::Do { process: id, primary, args, into, .. } = stmt else { return };
        let program = self.program;
        let Some(head) = program.schema.processes.get(usize::from(id.0)) else { return };
        let point = format!("do {}", head.name);
        let is_instance = matches!(head.kind, ProcessKind::Background | ProcessKind::Dialog) || head.is_job();
        if is_instance && self.suspends() {
            self.do_child(stmt, &point);
            return;
        }
        // What a dialog does belongs to the page before.
        let commits = self.suspends() && !self.is_dialog();
        if commits {
            self.suspend(PointKind::Do, &point, Vec::new(), false);
        }
        if let (Some(key), Some(limits)) = (key, &head.limits) {
            self.do_activity(stmt, key, limits.timeout);
            return;
        }
        let run = self.process_args(*id, primary.as_ref(), args);
        let result = self.process_result(*id);
        self.host_into(HostOp::CallAction(process(*id)), &run, result, into.as_ref());
        if head.independent && commits {
            // What an independent action did is committed before its caller goes on.
            self.suspend(PointKind::Do, &format!("after {}", head.name), Vec::new(), false);
        }
    }

    /// The key of the call goes before its inputs.
    fn do_activity(&mut self, stmt: &StmtKind, key: Reg, timeout: i64) {
        let StmtKind::Do { process: id, primary, args, into, .. } = stmt else { return };
        let inputs = self.process_types(*id, primary.is_some());
        let types: Vec<TypeIdx> = std::iter::once(key.ty).chain(inputs).collect();
        let run = self.take_run(&types);
        if let Some((first, rest)) = run.split_first() {
            self.copy(*first, key);
            for (value, reg) in primary.iter().chain(args).zip(rest) {
                self.value_as(value, *reg);
            }
        }
        let result = self.process_result(*id);
        let op = HostOp::CallActivity { process: process(*id), timeout };
        self.host_into(op, &run, result, into.as_ref());
    }

    /// Starts a child and waits for its end, or for the time limit: then the child is cancelled.
    fn do_child(&mut self, stmt: &StmtKind, point: &str) {
        let StmtKind::Do { process: id, primary, args, into, timeout, .. } = stmt else { return };
        let handle = self.take_def(TypeDef::Instance);
        let mark = self.slots.mark();
        let run = self.process_args(*id, primary.as_ref(), args);
        self.host_run(HostOp::StartChild { process: process(*id), owned: true }, &run, Some(handle));
        self.slots.release(mark);
        let due = timeout.as_ref().map(|timeout| self.due(timeout));
        let (check, ended, late) = (self.code.here(), self.code.label(), self.code.label());
        let mark = self.slots.mark();
        self.host(HostOp::WatchBegin, &[], None);
        let has_ended = self.take_def(TypeDef::Bool);
        self.host(HostOp::JoinChild(process(*id)), &[handle], Some(has_ended));
        self.jump_if(has_ended.slot(), ended, true);
        if let Some(due) = due {
            let now = self.now();
            self.check_moment(due, now, late);
        }
        self.slots.release(mark);
        let name = point.strip_prefix("do ").unwrap_or(point);
        let mut words = vec![ArmWords { words: format!("until {name} has ended"), is_timed: false }];
        words.extend(timeout.as_ref().map(|timeout| self.quote("after", timeout, true)));
        self.suspend(PointKind::Child, point, words, false);
        self.code.jump(check);
        if due.is_some() {
            self.code.bind(late);
            self.host(HostOp::WatchEnd, &[], None);
            self.host(HostOp::CancelInstance, &[handle], None);
            self.emit(Instruction::Trap { code: TrapCode::TimeLimit.into() });
        }
        self.code.bind(ended);
        self.host(HostOp::WatchEnd, &[], None);
        self.child_result(*id, handle, into.as_ref());
    }

    /// `do … retry n times after d doubling up to m`: raised errors, time limits and failed activities are tried again, faults of the program are
    /// not.
    fn do_again(&mut self, stmt: &StmtKind, retry: &Retry, key: Option<Reg>) {
        let (left, fault) = (self.take_def(TypeDef::Int), self.take_def(TypeDef::Fault));
        self.value_as(&retry.times, left);
        let delay = retry.after.as_ref().map(|after| {
            let delay = self.take_def(TypeDef::Duration);
            self.value_as(after, delay);
            delay
        });
        let (caught, give_up, end) = (self.code.label(), self.code.label(), self.code.label());
        let again = self.code.here();
        self.open_scope(ScopeKind::Catch);
        self.do_once(stmt, key);
        let scope = self.close_scope();
        self.code.jump(end);
        self.code.bind(caught);
        self.guard(&scope, caught, fault.slot(), false);
        let mark = self.slots.mark();
        let left = left.slot();
        self.code.emit_jump(give_up, |to| Instruction::JumpAtMost { left, value: 0, to });
        let (code, holds, may) = (self.take_def(TypeDef::Text), self.take_def(TypeDef::Bool), self.code.label());
        self.emit(Instruction::FaultCode { into: code.slot(), from: fault.slot() });
        let (into, of) = (holds.slot(), code.slot());
        for retried in [TrapCode::TimeLimit.code(), ACTIVITY_FAILED] {
            let retried = self.text_constant(retried);
            self.emit(Instruction::TextStarts { into, left: of, right: retried.slot() });
            self.jump_if(into, may, true);
        }
        let program_faults = self.text_constant("R0");
        self.emit(Instruction::TextStarts { into, left: of, right: program_faults.slot() });
        self.jump_if(into, give_up, true);
        self.code.bind(may);
        self.emit(Instruction::IntAddConst { into: left, left, value: -1 });
        self.slots.release(mark);
        if let Some(delay) = delay {
            self.wait_between(stmt, retry, delay);
        }
        self.code.jump(again);
        self.code.bind(give_up);
        self.emit(Instruction::RaiseAgain { from: fault.slot() });
        self.code.bind(end);
    }

    /// Waits before the next try, and makes the delay after it longer.
    fn wait_between(&mut self, stmt: &StmtKind, retry: &Retry, delay: Reg) {
        let StmtKind::Do { process: id, .. } = stmt else { return };
        let program = self.program;
        let name = program.schema.processes.get(usize::from(id.0)).map_or("", |head| head.name.as_str());
        let due = self.take_def(TypeDef::DateTime);
        let mark = self.slots.mark();
        self.due_after(delay, due);
        let (check, come) = (self.code.here(), self.code.label());
        self.host(HostOp::WatchBegin, &[], None);
        let now = self.now();
        self.check_moment(due, now, come);
        let words = ArmWords { words: format!("until {name} is tried again"), is_timed: true };
        self.suspend(PointKind::Wait, &format!("retry {name}"), vec![words], false);
        self.code.jump(check);
        self.code.bind(come);
        self.host(HostOp::WatchEnd, &[], None);
        if retry.doubling {
            let slot = delay.slot();
            self.emit(Instruction::DurationAdd { into: slot, left: slot, right: slot });
        }
        if let Some(longest) = &retry.up_to {
            let short_enough = self.code.label();
            let longest = self.value(longest);
            self.jump_less_equal(delay, longest, short_enough);
            self.copy(delay, longest);
            self.code.bind(short_enough);
        }
        self.slots.release(mark);
    }
}
