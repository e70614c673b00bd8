//! What callers from outside ask for: operations as a user, starts, the clock.

use std::sync::Arc;

use crate::{
    base::{
        limits::TURNS_MAX,
        value::{EntityIdx, RecordRef, Value},
    },
    bytecode::{
        module::{ProcessDef, ProcessKind, RunAs},
        types::{FieldIdx, FuncIdx, ProcessIdx},
    },
    vm::fault::Fault,
};

use super::{
    Engine, Ran, TestHost, Write,
    actor::Actor,
    faults::{self, Answer, Failure},
    instance::Start,
    log::Subject,
    machine::{End, Frame},
    store::{InstanceFilter, Row, Status, Store, StoreError},
    triggers::Kept,
};

/// Starts whose records are read together.
const READ_AHEAD: usize = 128;

/// What a start on demand came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Started {
    /// A background process: the instance.
    Instance(i64),
    /// A real-time process or an action: its result.
    Result(Option<Value>),
}

impl Engine {
    /// Creates a record as a user; none is the system.
    ///
    /// # Errors
    /// With what refused it, or the store's error.
    pub fn create(&mut self, user: Option<i64>, entity: EntityIdx, writes: &[Write]) -> Answer<RecordRef> {
        self.as_user(user, Subject::New(entity), |engine, actor| {
            engine.allow_create(user, entity, writes)?;
            engine.create_record(actor, entity, writes)
        })
    }

    /// Writes fields of a record as a user. `state`, `status` and `owner` are fields, too.
    ///
    /// # Errors
    /// With what refused it, or the store's error.
    pub fn update(&mut self, user: Option<i64>, record: RecordRef, writes: &[Write]) -> Answer<()> {
        self.as_user(user, Subject::Record(record), |engine, actor| {
            engine.allow_update(user, record, writes)?;
            engine.update_record(actor, record, writes)
        })
    }

    /// Changes the status of a record as a user.
    ///
    /// # Errors
    /// With what refused it, or the store's error.
    pub fn change(&mut self, user: Option<i64>, record: RecordRef, status: i32) -> Answer<()> {
        let field = self.definitions.index.system(record.entity).status;
        let field = field.ok_or_else(|| faults::unknown_request("a status"))?;
        self.update(user, record, &[Write::set(field, Value::Enum(status))])
    }

    /// Gives a record to another owner as a user.
    ///
    /// # Errors
    /// With what refused it, or the store's error.
    pub fn assign(&mut self, user: Option<i64>, record: RecordRef, owner: RecordRef) -> Answer<()> {
        let field = self.definitions.index.system(record.entity).owner;
        let field = field.ok_or_else(|| faults::unknown_request("an owner"))?;
        self.update(user, record, &[Write::set(field, Value::Ref(owner))])
    }

    /// Deletes a record as a user.
    ///
    /// # Errors
    /// With what refused it, or the store's error.
    pub fn delete(&mut self, user: Option<i64>, record: RecordRef) -> Answer<()> {
        self.as_user(user, Subject::Record(record), |engine, actor| {
            engine.allow_delete(user, record)?;
            engine.delete_record(actor, record)
        })
    }

    /// Does several things as one transaction: committed together, or undone together where `work` fails.
    ///
    /// # Errors
    /// With what `work` fails with, or the store's error.
    pub fn together<T>(&mut self, work: impl FnOnce(&mut Self) -> Answer<T>) -> Answer<T> {
        self.transaction(work)
    }

    /// Does something as one transaction together with a note about it, such as that it is done: after a crash the
    /// store has both or neither. What the rules refuse is noted, too.
    ///
    /// # Errors
    /// With what `work` fails with, or the store's error.
    pub fn noting<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Answer<T>,
        note: impl FnOnce(&mut dyn Store, &Answer<T>) -> Result<(), StoreError>,
    ) -> Answer<T> {
        self.group(work, note)
    }

    /// The record as it is stored.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn get(&mut self, record: RecordRef) -> Answer<Option<Row>> {
        Ok(self.store.get(record)?)
    }

    /// A field of a record, if both exist.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn field(&mut self, record: RecordRef, field: FieldIdx) -> Answer<Option<Value>> {
        Ok(self.get(record)?.and_then(|row| row.get(field.index()).cloned()))
    }

    /// Starts a process by hand: `args` are its primary record, if it has one, and its inputs, of which the last may
    /// be left out where they have defaults.
    ///
    /// # Errors
    /// With what refused it, or the store's error.
    pub fn start(&mut self, user: Option<i64>, process: &str, args: &[Value]) -> Answer<Started> {
        let program = Arc::clone(&self.definitions.program);
        let found = self.process_named(process).map(|(index, _)| index);
        let index = found.ok_or_else(|| faults::not_startable(process, "because the build has no such process"))?;
        let def = program.module().process(index).ok_or_else(|| faults::unknown_request("a process"))?;
        if def.kind != ProcessKind::Action && !def.on_demand {
            return Err(faults::not_startable(process, "by hand: it is not `on demand`"));
        }
        self.refuse_inactive(index)?;
        let args = with_defaults(def, args);
        let primary = match args.first() {
            Some(Value::Ref(record)) if def.primary.is_some() => Some(*record),
            _ => None,
        };
        self.as_user(user, primary.map_or(Subject::Other, Subject::Record), |engine, actor| match def.kind {
            ProcessKind::Action => engine.call_action(actor, index, &args).map(Started::Result),
            ProcessKind::Activity => Err(faults::not_startable(process, "by hand: it is an activity")),
            ProcessKind::Rule => Err(faults::not_startable(process, "by hand: it is a rule")),
            ProcessKind::Background | ProcessKind::Dialog | ProcessKind::Realtime => {
                engine.start_by_hand(actor, index, def, &args)
            }
        })
    }

    /// Starts a process by hand many times, as one transaction; each start is accepted or refused by itself. Background
    /// instances that may begin come to their first rest in it, so that a million of them cost neither memory nor a row
    /// that is written twice. Some 1,000 at a time are a good number: others that write wait for them.
    ///
    /// # Errors
    /// With the store's error: then none of them is started.
    pub fn start_each(
        &mut self,
        user: Option<i64>,
        process: &str,
        starts: &[Vec<Value>],
    ) -> Answer<Vec<Result<Started, Box<Fault>>>> {
        if self.open {
            self.start_all(user, process, starts)
        } else {
            self.group(|engine| engine.start_all(user, process, starts), |_, _| Ok(()))
        }
    }

    fn start_all(
        &mut self,
        user: Option<i64>,
        process: &str,
        starts: &[Vec<Value>],
    ) -> Answer<Vec<Result<Started, Box<Fault>>>> {
        let mut answers = Vec::with_capacity(starts.len());
        for some in starts.chunks(READ_AHEAD) {
            let primaries = some.iter().filter_map(|args| match args.first() {
                Some(Value::Ref(record)) => Some(*record),
                _ => None,
            });
            self.read_ahead(&primaries.collect::<Vec<_>>())?;
            for args in some {
                answers.push(match self.start_and_run(user, process, args) {
                    Err(Failure::Fault(fault)) => Err(fault),
                    answer => Ok(answer?),
                });
            }
        }
        Ok(answers)
    }

    /// Starts a process; an instance that may begin comes to its first rest.
    fn start_and_run(&mut self, user: Option<i64>, process: &str, args: &[Value]) -> Answer<Started> {
        let started = self.start(user, process, args)?;
        if let Started::Instance(id) = started
            && let Some(instance) = self.store.instance(id)?.filter(|i| i.status == Status::Ready)
        {
            self.turn_of(instance)?;
        }
        Ok(started)
    }

    fn start_by_hand(
        &mut self,
        actor: &Actor,
        index: ProcessIdx,
        process: &ProcessDef,
        args: &[Value],
    ) -> Answer<Started> {
        self.allow_run(actor.user, &process.name)?;
        let (primary, inputs) = super::children::split_call(process, args)?;
        if let Some(record) = primary
            && self.stored(record)?.is_none()
        {
            return Err(faults::gone(self.identity(record)));
        }
        let kept = Kept {
            event: None,
            kind: "on demand",
            stage: "background",
            user: actor.user,
            inputs,
            result: None,
            signal: None,
        };
        if !self.condition_holds(process, primary, &kept)? {
            return Err(faults::does_not_apply(&process.name));
        }
        let owner = self.owner(&process.name);
        let user = if process.run_as == Some(RunAs::Owner) { owner } else { actor.user };
        let arguments = self.arguments(process, primary, inputs, &kept)?;
        let per = self.per_arguments(process, primary, inputs, &kept);
        if process.kind == ProcessKind::Realtime {
            let frame_actor = Actor {
                user,
                caller: actor.user,
                owner,
                instance: None,
                branch: None,
                process: Some(Arc::from(process.name.as_str())),
                depth: 1,
            };
            let (end, _) = self.run_body(process.body, &arguments, Frame::new(frame_actor, &process.zone))?;
            return self.end_of_realtime(end, &process.name).map(Started::Result);
        }
        let start = Start {
            process: index,
            primary,
            arguments,
            slot: self.slot(process, &per)?,
            condition: None,
            owner,
            caller: actor.user,
            user,
            parent: None,
            owned: false,
            depth: 1,
        };
        let begun = self.begin_instance(start, None)?;
        begun.map(Started::Instance).ok_or_else(|| faults::limit_reached(&process.name))
    }

    /// Runs the body of a test: its statements are transactions of their own, its `Test…` requests go to `host`.
    ///
    /// # Errors
    /// With the fault that leaves the body, or the store's error.
    pub fn run_test(&mut self, body: FuncIdx, zone: &str, host: &mut dyn TestHost) -> Answer<()> {
        let frame = Frame { test: Some(host), ..Frame::new(Actor::default(), zone) };
        let (end, _) = self.run_body(body, &[], frame)?;
        match end {
            End::Faulted(fault) => Err(Failure::Fault(fault)),
            _ => Ok(()),
        }
    }

    /// Runs a function that only reads, for listings.
    ///
    /// # Errors
    /// With the fault that leaves it, or the store's error.
    pub fn call_function(&mut self, function: FuncIdx, args: &[Value]) -> Answer<Option<Value>> {
        self.evaluate(function, args)
    }

    /// Runs everything that is ready or due until nothing is.
    ///
    /// # Errors
    /// If the store fails.
    pub fn run_until_idle(&mut self) -> Answer<Ran> {
        // LIMIT: TURNS_MAX
        self.run_ready(TURNS_MAX)
    }

    /// The next moment at which a timer or a schedule is due.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn next_due(&mut self) -> Answer<Option<i64>> {
        let timer = self.store.next_due()?.map(|(due, _)| due);
        Ok(timer.into_iter().chain(self.next_scheduled()).min())
    }

    /// Moves a virtual clock; what falls due on the way runs at its moment, in order.
    ///
    /// # Errors
    /// If the store fails.
    pub fn advance_to(&mut self, moment: i64) -> Answer<Ran> {
        let mut ran = self.run_until_idle()?;
        while let Some(due) = self.next_due()?.filter(|due| *due <= moment) {
            if !ran.idle || !self.set_clock(due)? {
                return Ok(Ran { idle: false, ..ran });
            }
            let more = self.run_until_idle()?;
            ran = Ran { turns: ran.turns + more.turns, idle: more.idle };
        }
        self.set_clock(moment)?;
        Ok(ran)
    }

    /// Moves a virtual clock while nothing runs. What fell due meanwhile is late when things run again.
    ///
    /// # Errors
    /// If the store fails.
    pub fn set_clock(&mut self, moment: i64) -> Answer<bool> {
        if !self.clock.set(moment) {
            return Ok(false);
        }
        self.now = self.clock.now();
        let now = self.now.to_string();
        self.transaction(|engine| Ok(engine.store.set_meta("clock", &now)?))?;
        Ok(true)
    }

    /// How many instances of a process are in a status.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn count_instances(&mut self, process: &str, status: Option<Status>, live: bool) -> Answer<usize> {
        let filter = InstanceFilter { process: Some(process.to_owned()), status, live, ..InstanceFilter::default() };
        Ok(self.store.instances(&filter)?.len())
    }
}

/// The arguments of a call with the defaults of the inputs that were left out.
fn with_defaults(process: &ProcessDef, args: &[Value]) -> Vec<Value> {
    let primary = usize::from(process.primary.is_some());
    let given = args.len().saturating_sub(primary);
    let missing = process.inputs.iter().skip(given).map_while(|input| input.default.clone());
    args.iter().cloned().chain(missing).collect()
}
