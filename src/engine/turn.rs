//! A turn: from one suspension point of an instance to its next, in one transaction with the snapshot that follows.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    base::{limits::TURN_FUEL, value},
    bytecode::{
        module::PointKind,
        traps::TrapCode,
        types::{PointIdx, ProcessIdx},
    },
    data::show,
    vm::{
        fault::{Fault, told},
        machine::Machine,
        snapshot::SnapshotError,
    },
};

use super::{
    Engine,
    clock::HOUR,
    faults::{self, Answer, Failure},
    log::Line,
    machine::{End, Frame},
    slots::Room,
    store::{Instance, LogKind, Status, StoredFault},
    words,
};

/// How long turns may share one commit.
const GROUP_TIME: Duration = Duration::from_millis(10);

/// What running until idle came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// How many turns.
    pub turns: u64,
    /// Whether nothing is left to do now.
    pub idle: bool,
}

impl Engine {
    /// Runs everything that is ready or due, in order, until nothing is, or until so many turns were run.
    ///
    /// # Errors
    /// If the store fails; what is committed until then stays.
    pub fn run_ready(&mut self, turns_max: u64) -> Answer<Ran> {
        let mut ran = Ran::default();
        if self.open {
            // Within a transaction of the caller nothing runs in the background.
            return Ok(Ran { idle: true, ..ran });
        }
        while !ran.idle && ran.turns < turns_max {
            self.run_one_group(&mut ran, turns_max)?;
            if ran.idle && self.clock.is_virtual() && self.mails_arrive()? {
                ran.idle = false;
            }
        }
        Ok(ran)
    }

    /// Turns that share one commit.
    pub(crate) fn run_one_group(&mut self, ran: &mut Ran, turns_max: u64) -> Answer<()> {
        self.begin_group()?;
        let before = *ran;
        let answer = self.run_group(ran, turns_max);
        if answer.is_err() {
            self.abandon_group();
        }
        answer.and_then(|()| self.commit_group()).inspect_err(|_| *ran = before)?;
        self.send_taken();
        Ok(())
    }

    /// What came from outside, turns, and what goes outside, in the open transaction.
    fn run_group(&mut self, ran: &mut Ran, turns_max: u64) -> Answer<()> {
        self.record_replies()?;
        self.run_turns(ran, turns_max)?;
        self.take_jobs()
    }

    /// Runs turns in the open transaction, as long as they may share one commit.
    fn run_turns(&mut self, ran: &mut Ran, turns_max: u64) -> Answer<()> {
        let began = Instant::now();
        while ran.turns < turns_max {
            let is_more = self.fire_due()?;
            let Some(id) = self.store.next_ready()? else {
                ran.idle = !is_more;
                return Ok(());
            };
            self.turn(id)?;
            ran.turns += 1;
            if began.elapsed() > GROUP_TIME {
                return Ok(());
            }
        }
        Ok(())
    }

    /// One turn of an instance. A fault undoes it and parks the instance.
    pub(crate) fn turn(&mut self, id: i64) -> Answer<()> {
        let instance = self.known_instance(id)?;
        self.turn_of(instance)
    }

    pub(crate) fn turn_of(&mut self, instance: Instance) -> Answer<()> {
        let id = instance.id;
        match self.attempt(instance) {
            Err(Failure::Fault(fault)) => {
                let instance = self.known_instance(id)?;
                self.put_aside(instance, &fault)
            }
            answer => answer,
        }
    }

    /// One turn of an instance. A fault undoes it and goes to the caller.
    pub(crate) fn attempt(&mut self, instance: Instance) -> Answer<()> {
        let id = instance.id;
        self.now = self.clock.now();
        self.fuel = TURN_FUEL;
        self.acted = false;
        self.opened.clear();
        self.crossed = false;
        self.running.push(id);
        let build = instance.build.clone();
        let answer = self.in_build(&build, |engine| {
            engine.statement(|engine| {
                engine.run_turn(instance)?;
                engine.forget_answered()
            })
        });
        self.outbox.answered.clear();
        self.running.pop();
        self.watching = None;
        self.pending.clear();
        self.opened.clear();
        answer
    }

    /// What becomes of an instance whose turn failed: if the cause may pass by itself, the turn is tried again later, each
    /// time after a longer delay; else, and in the end, the instance is parked.
    fn put_aside(&mut self, mut instance: Instance, fault: &Fault) -> Answer<()> {
        let before = instance.fault.take().map_or(0, |fault| fault.tries);
        let tries = if fault.may_pass { before.saturating_add(1) } else { 0 };
        let retries = self.retries();
        // LIMIT: RETRIES_MAX
        if tries == 0 || tries > retries.times {
            return self.park(&mut instance, fault, tries);
        }
        let delay = retries.delay(tries);
        let stored = StoredFault { tries, ..self.stored_fault(fault) };
        (instance.status, instance.queue) = (Status::Postponed, None);
        (instance.due, instance.changed) = (Some(self.now.saturating_add(delay)), self.now);
        let again = show::duration(value::Duration { micros: delay, ..value::Duration::default() });
        let line = Line {
            place: stored.place.clone(),
            stage: fault.at.as_ref().map(|at| at.stage.clone()).unwrap_or_default(),
            message: format!("{}; it is tried again in {again}", told(&stored.code, ": ", &stored.message)),
            ..Line::of(&instance)
        };
        instance.fault = Some(stored);
        self.store.subscribe(instance.id, &[])?;
        self.store.put_instance(&instance)?;
        self.log(line)
    }

    fn run_turn(&mut self, mut instance: Instance) -> Answer<()> {
        // A wait of an hour or more begins a new causal chain.
        if self.now.saturating_sub(instance.changed) >= HOUR {
            instance.depth = 1;
        }
        if let (Some(reason), None) = (&instance.cancel, &instance.snapshot) {
            let reason = reason.clone();
            return self.end_instance(instance, Status::Canceled, reason, None);
        }
        if !self.may_begin(&mut instance)? {
            return Ok(());
        }
        let Some(mut instance) = self.offer_job(instance)? else { return Ok(()) };
        if let Some(result) = self.run_started_action(&instance)? {
            return self.end_instance(instance, Status::Succeeded, String::new(), result);
        }
        let (mut machine, mut frame) = self.prepare(&instance)?;
        let cancel = instance.cancel.take();
        match &cancel {
            Some(reason) => machine.cancel(reason),
            None => machine.resume(),
        }
        frame.leaving = cancel.is_some();
        let end = self.drive(&mut machine, &mut frame)?;
        self.come_out(instance, &machine, &frame, end)
    }

    /// Whether a start that was put aside may begin now; another one may.
    fn may_begin(&mut self, instance: &mut Instance) -> Answer<bool> {
        let Some(entry) = instance.condition.take() else { return Ok(true) };
        let program = Arc::clone(&self.definitions.program);
        let (index, _) = self.known_process(&instance.process)?;
        let process = program.module().process(index).ok_or_else(|| faults::unknown_request("a process"))?;
        // That of a child has held where it was called.
        let condition = process.only_if.as_ref().filter(|_| instance.parent.is_none());
        let function = condition.and_then(|condition| program.module().function(condition.function));
        let (arguments, per) = entry.split_at_checked(function.map_or(0, |f| f.params.len())).unwrap_or_default();
        if condition.is_some() && !self.evaluate_condition(process, arguments)? {
            return self.leave_out(instance, "does not apply");
        }
        instance.slot = self.slot(process, per)?;
        let Some(slot) = &instance.slot else { return Ok(true) };
        match self.room(process, slot)? {
            Room::Free => {}
            Room::Full => self.take_place(instance, Room::Full)?,
            Room::Skipped => return self.leave_out(instance, "is left out: as many run as may at once"),
        }
        self.store.put_instance(instance)?;
        Ok(instance.status == Status::Ready)
    }

    fn leave_out(&mut self, instance: &Instance, reason: &str) -> Answer<bool> {
        self.log(Line { message: reason.to_owned(), ..Line::of(instance) })?;
        self.store.delete_instance(instance.id)?;
        Ok(false)
    }

    fn known_process(&self, name: &str) -> Answer<(ProcessIdx, String)> {
        let found = self.process_named(name).map(|(index, process)| (index, process.zone.clone()));
        found.ok_or_else(|| faults::unknown_request(format!("the process {name}")))
    }

    /// The machine of an instance, where it stopped or at its beginning.
    pub(super) fn prepare(&mut self, instance: &Instance) -> Answer<(Machine, Frame<'static>)> {
        let (index, zone) = self.known_process(&instance.process)?;
        let own = self.module().process(index).map(|p| p.body);
        let body = instance.branch.map(|branch| branch.function).or(own);
        let body = body.ok_or_else(|| faults::unknown_request("a body"))?;
        let acting = instance.acting.clone();
        let frame = Frame { acting, ..Frame::new(self.actor_of(instance), &zone) };
        let machine = match &instance.snapshot {
            None => self.new_machine(body, &instance.arguments, &zone)?,
            Some(bytes) => {
                let zone = self.zone(&zone);
                let machine = Machine::thaw(&self.definitions.program, bytes, zone).map_err(unusable)?;
                if machine.position().is_none_or(|(function, _)| function != body) {
                    return Err(faults::unusable_snapshot("it rests in code of something else"));
                }
                machine
            }
        };
        Ok((machine, frame))
    }

    pub(super) fn come_to_rest(&mut self, mut instance: Instance, machine: &Machine, index: PointIdx) -> Answer<()> {
        if let Some(stored) = self.store.instance(instance.id)? {
            // While it ran its branches were counted, and somebody may have asked for its cancellation.
            (instance.branches, instance.cancel) = (stored.branches, stored.cancel);
        }
        let program = Arc::clone(&self.definitions.program);
        let point = program.module().point(index).ok_or_else(|| faults::unknown_request("a point"))?;
        let bytes = machine.freeze().map_err(unusable)?;
        let again = instance.point.as_ref() == Some(&point.name) && !self.acted;
        instance.snapshot = Some(bytes);
        instance.point = Some(point.name.clone());
        (instance.fault, instance.changed) = (None, self.now);
        let watch = self.watching.take().unwrap_or_default();
        let subscriptions: Vec<_> = watch.subscriptions.into_iter().collect();
        self.withdraw_forms(&mut instance, &subscriptions)?;
        if self.crossed {
            instance.asks.earlier.clear();
        }
        let goes_on = matches!(point.kind, PointKind::Checkpoint | PointKind::Do) || instance.cancel.is_some();
        if goes_on {
            self.make_ready(&mut instance)?;
            self.store.subscribe(instance.id, &[])?;
        } else {
            instance.status = Status::Waiting;
            (instance.queue, instance.due) = (None, watch.moments.iter().min().copied());
            self.store.subscribe(instance.id, &subscriptions)?;
        }
        self.store.put_instance(&instance)?;
        if instance.status == Status::Waiting && !again {
            let place = program.place(point.function, point.pc as usize);
            self.log(Line {
                kind: LogKind::Wait,
                stage: place.as_ref().map(|p| p.stage.clone()).unwrap_or_default(),
                message: words::waiting(&point.arms, &watch.moments, &self.showing()),
                place: point.name.clone(),
                ..Line::of(&instance)
            })?;
        }
        Ok(())
    }

    /// Runs what an instance left open: `finally` and undo blocks.
    pub(crate) fn unwind(&mut self, instance: &Instance, reason: &str) -> Answer<()> {
        if instance.snapshot.is_none() {
            return Ok(());
        }
        self.in_build(&instance.build, |engine| engine.unwind_here(instance, reason))
    }

    fn unwind_here(&mut self, instance: &Instance, reason: &str) -> Answer<()> {
        self.fuel = TURN_FUEL;
        let (mut machine, mut frame) = self.prepare(instance)?;
        machine.give_up(reason);
        frame.leaving = true;
        match self.drive(&mut machine, &mut frame)? {
            End::Faulted(fault) => Err(Failure::Fault(fault)),
            _ => Ok(()),
        }
    }
}

/// What a snapshot that cannot be written or read means.
fn unusable(error: SnapshotError) -> Failure {
    match error {
        SnapshotError::NotAtRest => faults::unknown_request("a place to rest"),
        SnapshotError::TooLarge => Fault::new(TrapCode::Heap.code(), error.to_string()).into(),
        error => faults::unusable_snapshot(error),
    }
}
