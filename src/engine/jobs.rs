//! Jobs: activities that are done outside of the transaction, by somebody who answers over HTTP or by a program that
//! takes them from a queue.
//!
//! A call is an instance of the activity: a child of who does it, with a row in the table of jobs as long as it waits
//! for its answer. Who takes a job has it until its lease ends, and shows his ticket with the answer. So whatever is
//! lost on the way, an answer is recorded once: in the transaction that removes the job and ends the instance.

use std::{fmt, sync::Arc};

use serde_json::Value as Json;

use crate::{
    base::{
        limits::{JOB_DELAY_MAX, JOB_ERROR_MAX},
        value::{self, Value},
    },
    bytecode::{
        module::{ActivityBy, ActivityDef, Keep, ProcessDef, RecordKind},
        types::{ProcessIdx, RecordIdx},
        verify,
    },
    data::show::{self, Show},
    vm::fault::Fault,
};

use super::{
    Engine, exchange,
    faults::{self, Answer, Failure},
    log::Line,
    retries::Retries,
    store::{Instance, InstanceFilter, Job, LogKind, Status},
};

/// The queue of what is asked over HTTP: no queue of a program has such a name.
pub const HTTP: &str = "#http";

/// Who took a job: the instance, and how often the job was taken until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket {
    /// The instance.
    pub instance: i64,
    /// Which time.
    pub tries: u32,
}

impl Ticket {
    /// The ticket of these words, such as `42-1`.
    #[must_use]
    pub fn parse(words: &str) -> Option<Self> {
        let (instance, tries) = words.trim_start_matches('#').split_once('-')?;
        Some(Self { instance: instance.parse().ok()?, tries: tries.parse().ok()? })
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.instance, self.tries)
    }
}

/// A job as who takes it gets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// What is shown with the answer.
    pub ticket: Ticket,
    /// The activity.
    pub activity: String,
    /// The same for each try of this call, and no other call has it.
    pub key: String,
    /// The inputs.
    pub inputs: Json,
    /// Until when it is his.
    pub until: i64,
}

impl Engine {
    /// Lets activities be done outside, or not: on a virtual clock nobody does them, unless this is said.
    pub fn let_out(&mut self, is_outward: bool) {
        self.outbox.is_outward = Some(is_outward);
    }

    fn is_outward(&self) -> bool {
        self.outbox.is_outward.unwrap_or(!self.clock.is_virtual())
    }

    /// Whether an instance is a call of an activity that is done outside.
    pub(crate) fn is_job(&mut self, instance: &Instance) -> Answer<bool> {
        self.in_build(&instance.build, |engine| {
            Ok(engine.process_named(&instance.process).is_some_and(|(_, process)| job_of(process).is_some()))
        })
    }

    /// The turn of an instance that is such a call: it goes to who does it. Any other instance is given back.
    pub(crate) fn offer_job(&mut self, mut instance: Instance) -> Answer<Option<Instance>> {
        let program = Arc::clone(&self.definitions.program);
        let found = self.process_named(&instance.process).map(|(index, _)| index);
        let process = found.and_then(|index| program.module().process(index));
        let (Some(index), Some(activity)) = (found, process.and_then(job_of)) else { return Ok(Some(instance)) };
        if let Some(answer) = self.mocked(index, &instance.arguments) {
            self.end_job(instance, answer)?;
            return Ok(None);
        }
        if !self.is_outward() {
            return Err(faults::done_outside(&instance.process));
        }
        let queue = queue_of(activity).to_owned();
        let new = Job { instance: instance.id, queue, due: 0, tries: 0, is_taken: false, error: String::new() };
        let known = self.store.job(instance.id)?.unwrap_or(new);
        self.store.put_job(&Job { due: self.now, is_taken: false, ..known })?;
        (instance.status, instance.queue, instance.due) = (Status::Waiting, None, None);
        (instance.fault, instance.changed) = (None, self.now);
        self.store.subscribe(instance.id, &[])?;
        self.store.put_instance(&instance)?;
        let message = match &activity.by {
            ActivityBy::Worker(queue) => format!("waits in the queue `{queue}`"),
            _ => "waits for an answer over HTTP".to_owned(),
        };
        self.log(Line { kind: LogKind::Wait, message, ..Line::of(&instance) })?;
        Ok(None)
    }

    /// Ends a call with its answer.
    pub(crate) fn end_job(&mut self, mut instance: Instance, answer: Answer<Option<Value>>) -> Answer<()> {
        let fault = match answer {
            Ok(value) => return self.end_instance(instance, Status::Succeeded, String::new(), value),
            Err(Failure::Fault(fault)) => fault,
            Err(failure) => return Err(failure),
        };
        instance.fault = Some(self.stored_fault(&fault));
        let fields = fault.payload.map(|(_, value)| value);
        self.end_instance(instance, Status::Failed, fault.message, fields)
    }

    /// What a call failed with, for who waits for it.
    pub(crate) fn fault_of_job(&mut self, call: &Instance) -> Answer<Option<Failure>> {
        let Some(fault) = call.fault.clone().filter(|_| call.status == Status::Failed) else { return Ok(None) };
        if !self.is_job(call)? {
            return Ok(None);
        }
        let module = self.module();
        let errors = (0u16..).zip(&module.records).filter(|(_, def)| def.kind == RecordKind::Error);
        let error = errors.into_iter().find(|(_, def)| def.name == fault.code).map(|(index, _)| RecordIdx(index));
        let fields = call.result.clone().filter(|_| error.is_some());
        if let (Some(index), Some(fields)) = (error, fields)
            && verify::fits_record(module, &fields, index)
        {
            let show = Show { whole: true, ..Show::new(module, false) };
            return Ok(Some(Fault::raised(&show, index, fields).into()));
        }
        Ok(Some(Fault::new(fault.code, fault.message).into()))
    }

    /// A try has failed: the next one comes later, or this was the last one. `after` is what the other side asked for.
    pub(crate) fn fail_try(
        &mut self,
        mut job: Job,
        instance: Instance,
        (message, may_pass): (&str, bool),
        after: Option<i64>,
    ) -> Answer<()> {
        let message = exchange::cut(message, JOB_ERROR_MAX);
        let name = instance.process.clone();
        let retries = self.retries();
        let activity = self.process_named(&name).and_then(|(_, process)| job_of(process));
        let delay = activity.filter(|_| may_pass).and_then(|activity| delay(activity, retries, job.tries));
        let Some(delay) = delay else {
            return self.end_job(instance, Err(faults::activity_failed(name, message)));
        };
        // LIMIT: JOB_DELAY_MAX
        let delay = delay.max(after.unwrap_or(0)).min(JOB_DELAY_MAX);
        (job.due, job.is_taken) = (self.now.saturating_add(delay), false);
        let again = show::duration(value::Duration { micros: delay, ..value::Duration::default() });
        self.log(Line { message: format!("{message}; it is tried again in {again}"), ..Line::of(&instance) })?;
        job.error = message;
        Ok(self.store.put_job(&job)?)
    }

    /// A job that nobody answered for in time.
    pub(crate) fn lapse(&mut self, job: Job) -> Answer<()> {
        let instance = self.known_instance(job.instance)?;
        self.in_build(&instance.build.clone(), |engine| {
            engine.fail_try(job, instance, ("nobody answered before the end of its lease", true), None)
        })
    }

    /// An instance that has a job but does not wait for it rests with it until it goes on.
    pub(crate) fn rest_job(&mut self, job: Job) -> Answer<()> {
        Ok(self.store.put_job(&Job { due: i64::MAX, is_taken: false, ..job })?)
    }

    /// Takes the next job of a queue, if there is one that is due. It is his who takes it for the time of the lease, or as
    /// long as the activity may take.
    ///
    /// # Errors
    /// If the store fails.
    pub fn fetch_job(&mut self, queue: &str, lease: Option<i64>) -> Answer<Option<Offer>> {
        self.transaction(|engine| {
            while let Some(job) = engine.store.due_jobs(queue, engine.now, 1)?.pop() {
                if job.is_taken {
                    engine.lapse(job)?;
                    continue;
                }
                let instance = engine.known_instance(job.instance)?;
                if instance.status != Status::Waiting {
                    engine.rest_job(job)?;
                    continue;
                }
                let build = instance.build.clone();
                return engine.in_build(&build, |engine| engine.hand_out(job, &instance, lease)).map(Some);
            }
            Ok(None)
        })
    }

    fn hand_out(&mut self, mut job: Job, instance: &Instance, lease: Option<i64>) -> Answer<Offer> {
        let program = Arc::clone(&self.definitions.program);
        let process = self.process_named(&instance.process).and_then(|(index, _)| program.module().process(index));
        let activity = process.and_then(|process| process.activity.as_ref());
        let (Some(process), Some(activity)) = (process, activity) else {
            return Err(faults::unknown_request("an activity"));
        };
        (job.tries, job.is_taken) = (job.tries.saturating_add(1), true);
        job.due = self.now.saturating_add(lease.unwrap_or(activity.timeout));
        self.store.put_job(&job)?;
        let ticket = Ticket { instance: job.instance, tries: job.tries };
        self.log(Line { message: format!("taken as {ticket}"), ..Line::of(instance) })?;
        Ok(Offer {
            ticket,
            activity: process.name.clone(),
            key: self.key_of_job(instance.id)?,
            inputs: exchange::inputs(program.module(), process, &instance.arguments),
            until: job.due,
        })
    }

    /// Each call has one key, whatever becomes of its tries; it follows from the store and the instance.
    pub(crate) fn key_of_job(&mut self, instance: i64) -> Answer<String> {
        let founded = self.store.meta(super::FOUNDED)?.unwrap_or_default();
        Ok(exchange::key(&self.module().meta.name, &founded, instance))
    }

    fn held_job(&mut self, ticket: Ticket) -> Answer<(Job, Instance)> {
        let job = self.store.job(ticket.instance)?.filter(|job| job.tries == ticket.tries);
        let job = job.filter(|job| job.queue != HTTP).ok_or_else(|| faults::job_gone(ticket))?;
        let instance = self.known_instance(ticket.instance)?;
        Ok((job, instance))
    }

    /// Keeps a job for so long from now on. Gives until when.
    ///
    /// # Errors
    /// R0520 if it is done, canceled, or somebody else has it; or the store's error.
    pub fn extend_job(&mut self, ticket: Ticket, lease: i64) -> Answer<i64> {
        self.transaction(|engine| {
            let (job, _) = engine.held_job(ticket)?;
            let due = engine.now.saturating_add(lease);
            engine.store.put_job(&Job { due, is_taken: true, ..job })?;
            Ok(due)
        })
    }

    /// Records the result of a job: a JSON text. It ends the call, once.
    ///
    /// # Errors
    /// R0520 as above, R0512 if the result is not what the activity promises; or the store's error.
    pub fn complete_job(&mut self, ticket: Ticket, result: &str) -> Answer<()> {
        self.transaction(|engine| {
            let (_, instance) = engine.held_job(ticket)?;
            engine.in_build(&instance.build.clone(), |engine| {
                let value = engine.result_of_job(&instance, result, true)?;
                engine.end_job(instance, Ok(value))
            })
        })
    }

    /// Says that a job could not be done, now or at all.
    ///
    /// # Errors
    /// R0520 as above; or the store's error.
    pub fn fail_job(&mut self, ticket: Ticket, message: &str, may_pass: bool) -> Answer<()> {
        self.transaction(|engine| {
            let (job, instance) = engine.held_job(ticket)?;
            engine.in_build(&instance.build.clone(), |engine| engine.fail_try(job, instance, (message, may_pass), None))
        })
    }

    /// The result that an answer is.
    pub(crate) fn result_of_job(&self, call: &Instance, text: &str, is_strict: bool) -> Answer<Option<Value>> {
        let process = self.process_named(&call.process).map(|(_, process)| process);
        let Some(ty) = process.and_then(|process| process.result) else { return Ok(None) };
        exchange::result(self.module(), ty, text, is_strict)
            .map(Some)
            .map_err(|problem| faults::bad_answer_because(&call.process, problem))
    }

    /// Tries failed calls again that an instance waits for, before it goes on itself.
    pub(crate) fn reopen_jobs(&mut self, parent: i64) -> Answer<()> {
        let failed = Some(Status::Failed);
        let filter = InstanceFilter { parent: Some(parent), status: failed, ..InstanceFilter::default() };
        for mut call in self.store.instances(&filter)?.into_iter().filter(|call| call.owned) {
            if self.is_job(&call)? {
                (call.fault, call.result) = (None, None);
                call.message.clear();
                self.make_ready(&mut call)?;
                self.store.put_instance(&call)?;
                self.log(Line { message: "tried again".to_owned(), ..Line::of(&call) })?;
            }
        }
        Ok(())
    }

    /// A caller has the answer of a call of its own, which is of no use to anybody else; unless its turn is undone.
    pub(crate) fn note_answered(&mut self, call: &Instance) -> Answer<()> {
        if call.owned && !self.probing && self.is_job(call)? {
            self.outbox.answered.push(call.id);
        }
        Ok(())
    }

    /// Forgets calls whose answers were taken in the turn that ends.
    pub(crate) fn forget_answered(&mut self) -> Answer<()> {
        for id in std::mem::take(&mut self.outbox.answered) {
            self.store.delete_instance(id)?;
        }
        Ok(())
    }

    /// How long a process is kept, and whether it is a call that is done outside.
    pub(crate) fn kept_and_job(&mut self, instance: &Instance) -> Answer<(Keep, bool)> {
        self.in_build(&instance.build, |engine| {
            let process = engine.process_named(&instance.process).map(|(_, process)| process);
            Ok(process.map_or((Keep::ForEver, false), |process| (process.keep, job_of(process).is_some())))
        })
    }

    /// What a mock answers to a call.
    pub(crate) fn mocked(&self, index: ProcessIdx, inputs: &[Value]) -> Option<Answer<Option<Value>>> {
        let fits = |mock: &&super::activities::Mock| {
            let is_so = |(place, wanted): &(u16, Value)| inputs.get(usize::from(*place)) == Some(wanted);
            mock.process == index && mock.inputs.iter().all(is_so)
        };
        let answer = self.mocks.iter().rev().find(fits)?.answer.clone();
        let show = Show { whole: true, ..Show::new(self.module(), false) };
        Some(answer.map_err(|(error, value)| Fault::raised(&show, error, value).into()))
    }
}

/// How a process is done, if it is an activity that is done outside.
pub(crate) fn job_of(process: &ProcessDef) -> Option<&ActivityDef> {
    process.activity.as_ref().filter(|activity| activity.by.is_job())
}

fn queue_of(activity: &ActivityDef) -> &str {
    match &activity.by {
        ActivityBy::Worker(queue) => queue,
        _ => HTTP,
    }
}

/// The delay after so many tries that failed, if there is another one.
fn delay(activity: &ActivityDef, retries: Retries, failed: u32) -> Option<i64> {
    match activity.retry {
        None => (failed <= retries.times).then(|| retries.delay(failed)),
        Some(retry) if failed > retry.times => None,
        Some(retry) => {
            let doubled = if retry.doubling { failed.saturating_sub(1) } else { 0 };
            let delay = retry.after.saturating_mul(2_i64.saturating_pow(doubled));
            Some(delay.min(retry.up_to.unwrap_or(i64::MAX)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::module::RetryDef;

    #[test]
    fn delays_double_up_to_the_longest_and_end() {
        let retry = Some(RetryDef { times: 4, after: 10, doubling: true, up_to: Some(30) });
        let activity = ActivityDef { timeout: 1, retry, record: None, by: ActivityBy::Native };
        let delays: Vec<_> = (1..=5).map(|failed| delay(&activity, Retries::default(), failed)).collect();
        assert_eq!(delays, [Some(10), Some(20), Some(30), Some(30), None]);
    }

    #[test]
    fn a_ticket_is_read_as_it_is_written() {
        let ticket = Ticket { instance: 42, tries: 3 };
        assert_eq!(Ticket::parse(&ticket.to_string()), Some(ticket));
        assert_eq!(["42", "42-", "-1", "a-b"].map(Ticket::parse), [None; 4]);
    }
}
