//! What operators do to instances of a store: stop them for a while, let them go on, end them. Each leaves a line in the
//! log of its instance.

use crate::{
    base::value::{Duration, RecordRef, Value},
    bytecode::{module::ProcessDef, traps::TrapCode},
    vm::fault::Fault,
};

use super::{
    Engine,
    clock::HOUR,
    faults::{self, Answer, Failure},
    log::Line,
    signals::begins_with,
    store::{Instance, InstanceFilter, Status},
    words,
};

/// Numbers of instances that are read at a time.
const NUMBERS: u32 = 1_000;

/// What an operator does to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Stops it where it rests, until it is resumed.
    Pause,
    /// Lets a paused or postponed one go on.
    Resume,
    /// Lets a parked one go on.
    Retry,
    /// Stops it where it rests, until so much time has passed.
    Postpone(Duration),
    /// Lets it unwind: `on cancel` and undo blocks run.
    Cancel(String),
    /// Gives a parked one up.
    Fail,
    /// Ends it and the children that it owns; nothing of them runs any more.
    Terminate,
}

impl Operation {
    /// What is done, as in `instance 7 cannot be paused`.
    #[must_use]
    pub fn done(&self) -> &'static str {
        match self {
            Operation::Pause => "paused",
            Operation::Resume => "resumed",
            Operation::Retry => "retried",
            Operation::Postpone(_) => "postponed",
            Operation::Cancel(_) => "canceled",
            Operation::Fail => "given up",
            Operation::Terminate => "terminated",
        }
    }

    /// The statuses of the instances that it may be done to.
    #[must_use]
    pub fn takes(&self) -> &'static [Status] {
        use Status::{Parked, Paused, Postponed, Queued, Ready, Waiting};
        match self {
            // A queued one has no place among those that run, and keeps its place in the queue.
            Operation::Pause => &[Ready, Waiting, Postponed],
            Operation::Resume => &[Paused, Postponed],
            Operation::Retry | Operation::Fail => &[Parked],
            Operation::Postpone(_) => &[Ready, Waiting, Postponed, Parked, Paused],
            Operation::Cancel(_) | Operation::Terminate => &[Ready, Queued, Waiting, Postponed, Parked, Paused],
        }
    }
}

/// Who got a signal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// The instances with their processes.
    pub to: Vec<(i64, String)>,
    /// The processes that begin with it.
    pub starts: Vec<String>,
}

impl Engine {
    /// The numbers of instances, ascending, with no more of them in memory than that.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn instance_numbers(&mut self, filter: &InstanceFilter) -> Answer<Vec<i64>> {
        let mut all: Vec<i64> = Vec::new();
        loop {
            let batch = self.store.instance_ids(filter, all.last().copied().unwrap_or(0), NUMBERS)?;
            let is_all = batch.len() < NUMBERS as usize;
            all.extend(batch);
            if is_all {
                return Ok(all);
            }
        }
    }

    /// Does something to instances, in one transaction: to each of them, or not to it, with the reason.
    ///
    /// # Errors
    /// If the store fails; then nothing was done.
    pub fn operate_on(&mut self, ids: &[i64], operation: &Operation) -> Answer<Vec<(i64, Answer<Instance>)>> {
        self.transaction(|engine| {
            let mut answers = Vec::with_capacity(ids.len());
            for id in ids {
                match engine.operate(*id, operation) {
                    Err(Failure::Store(error)) => return Err(error.into()),
                    answer => answers.push((*id, answer)),
                }
            }
            Ok(answers)
        })
    }

    /// Does something to an instance. Gives it as it was before.
    ///
    /// # Errors
    /// R0402 and R0507 if there is no such instance, or its status does not allow it; or the store's error.
    pub fn operate(&mut self, id: i64, operation: &Operation) -> Answer<Instance> {
        self.transaction(|engine| {
            let instance = engine.known_whole(id)?;
            if !operation.takes().contains(&instance.status) {
                return Err(faults::wrong_status(id, instance.status.word(), operation.done()));
            }
            let before = instance.clone();
            match operation {
                Operation::Pause => engine.pause(instance)?,
                Operation::Resume => engine.resume(instance)?,
                Operation::Retry => engine.retry(id)?,
                Operation::Postpone(duration) => engine.postpone(instance, *duration)?,
                Operation::Cancel(reason) => {
                    engine.note(&instance, "canceled by an operator".to_owned())?;
                    engine.cancel(id, reason)?;
                }
                Operation::Fail => {
                    engine.note(&instance, "given up by an operator".to_owned())?;
                    engine.give_up(id)?;
                }
                Operation::Terminate => engine.terminate(&instance)?,
            }
            Ok(before)
        })
    }

    fn note(&mut self, instance: &Instance, message: String) -> Answer<()> {
        self.log(Line { message, user: None, ..Line::of(instance) })
    }

    /// What wakes it keeps doing so for nobody: it looks itself when it goes on.
    fn pause(&mut self, instance: Instance) -> Answer<()> {
        self.note(&instance, "paused by an operator".to_owned())?;
        let of = Operation::Pause;
        self.each_branch(instance.id, of.takes(), |engine, branch| engine.hold(branch, Status::Paused, None))?;
        self.hold(instance, Status::Paused, None)
    }

    fn postpone(&mut self, instance: Instance, duration: Duration) -> Answer<()> {
        let due = words::later(self.now, duration, &self.module().meta.zone);
        let due = due.ok_or_else(|| Fault::from(TrapCode::TimeRange))?;
        let until = self.showing().moment(due);
        self.note(&instance, format!("postponed by an operator until {until}"))?;
        let of = Operation::Postpone(duration);
        let hold = |engine: &mut Self, branch| engine.hold(branch, Status::Postponed, Some(due));
        self.each_branch(instance.id, of.takes(), hold)?;
        self.hold(instance, Status::Postponed, Some(due))
    }

    fn hold(&mut self, mut instance: Instance, status: Status, due: Option<i64>) -> Answer<()> {
        if self.now.saturating_sub(instance.changed) >= HOUR {
            instance.depth = 1;
        }
        (instance.status, instance.queue, instance.due) = (status, None, due);
        (instance.fault, instance.changed) = (None, self.now);
        Ok(self.store.put_instance(&instance)?)
    }

    fn resume(&mut self, mut instance: Instance) -> Answer<()> {
        self.note(&instance, "resumed by an operator".to_owned())?;
        self.each_branch(instance.id, Operation::Resume.takes(), |engine, mut branch| {
            engine.make_ready(&mut branch)?;
            Ok(engine.store.put_instance(&branch)?)
        })?;
        self.make_ready(&mut instance)?;
        Ok(self.store.put_instance(&instance)?)
    }

    /// Children first: who waits for one of them does not learn of its end.
    fn terminate(&mut self, instance: &Instance) -> Answer<()> {
        let mut family = vec![instance.id];
        let mut at = 0;
        while let Some(parent) = family.get(at).copied() {
            let filter = InstanceFilter { parent: Some(parent), branches: true, ..InstanceFilter::default() };
            let children = self.store.instances(&filter)?;
            let children = children.iter().filter(|child| child.owned && child.id > parent);
            family.extend(
                children.filter(|child| child.branch.is_some() || child.status.is_live()).map(|child| child.id),
            );
            at += 1;
        }
        for id in family.into_iter().rev() {
            let Some(member) = self.store.instance(id)? else { continue };
            if member.branch.is_some() {
                self.store.delete_instance(id)?;
                continue;
            }
            self.end_instance(member, Status::Canceled, "terminated by an operator".to_owned(), None)?;
        }
        Ok(())
    }

    /// Emits a signal as a user; none is the system. `value` is its fields in order. Gives who got it.
    ///
    /// # Errors
    /// With what refused it, or the store's error.
    pub fn send(&mut self, user: Option<i64>, signal: &str, value: &Value, record: Option<RecordRef>) -> Answer<Sent> {
        let to = self.emit(user, signal, value, record)?;
        let mut sent = Sent { starts: self.started_by(signal, record), to: Vec::new() };
        for id in to {
            // One without a `keep` may have ended meanwhile.
            let process = self.store.instance(id)?.map(|instance| instance.process).unwrap_or_default();
            sent.to.push((id, process));
        }
        Ok(sent)
    }

    /// The processes that are active and begin with a signal.
    fn started_by(&self, signal: &str, record: Option<RecordRef>) -> Vec<String> {
        let Some((number, _)) = self.current.program.module().signal_by_name(signal) else { return Vec::new() };
        let begins = |process: &ProcessDef| match record {
            _ if process.primary.is_none() => true,
            Some(record) => begins_with(process, number, record),
            None => false,
        };
        let found = self.current.started_by(signal).filter(|(_, process)| begins(process));
        found.filter(|(index, _)| !self.is_inactive(*index)).map(|(_, process)| process.name.clone()).collect()
    }
}
