//! Carries out what only tests have: `given`, `act as`, `advance`, `expect`.

use std::collections::BTreeSet;

use super::mails;
use crate::{
    base::value::{Duration, RecordRef, Value},
    bytecode::{
        host::{HostOp, InstanceState},
        traps::TrapCode,
        types::{ProcessIdx, RecordIdx},
    },
    engine::{
        Engine, TestHost, Write,
        activities::Mock,
        faults::{Answer, Failure},
        later,
        store::{InstanceFilter, Status},
    },
    vm::fault::{Fault, Place},
};

/// The code of the fault of an `expect` that does not hold.
pub(super) const EXPECT: &str = "expect";

/// The state of a test.
pub(super) struct Driver {
    /// The zone of its dates.
    zone: String,
    /// Processes whose parked instances the test has spoken of.
    parked: BTreeSet<String>,
    /// The process whose instances were counted last, and where.
    counted: Option<(ProcessIdx, Option<Place>)>,
}

fn fail(message: String) -> Failure {
    Fault::new(EXPECT, message).into()
}

fn broken() -> Failure {
    fail("the test was compiled wrongly".to_owned())
}

impl Driver {
    /// A moment later by a duration.
    fn later(&self, at: i64, duration: Duration) -> Answer<i64> {
        later(at, duration, &self.zone).ok_or_else(|| Fault::from(TrapCode::TimeRange).into())
    }

    pub(super) fn new(zone: String) -> Self {
        Self { zone, parked: BTreeSet::new(), counted: None }
    }

    /// What must hold at the end of every test: nothing is parked that was not spoken of, and nobody waits for nothing.
    pub(super) fn finish(&mut self, engine: &mut Engine) -> Answer<()> {
        idle(engine)?;
        let filter = InstanceFilter { status: Some(Status::Parked), ..InstanceFilter::default() };
        for instance in engine.store().instances(&filter)? {
            if self.parked.contains(&instance.process) {
                continue;
            }
            let fault = instance.fault.unwrap_or_default();
            return Err(fail(format!(
                "{} is parked, and no `expect` speaks of it: {}",
                instance.process,
                fault.sentence()
            )));
        }
        match engine.forgotten()?.first() {
            None => Ok(()),
            Some(id) => Err(fail(format!("instance {id} waits, and nothing can wake it"))),
        }
    }

    fn instances(&mut self, engine: &mut Engine, process: ProcessIdx, state: Option<InstanceState>) -> Answer<i64> {
        let name = process_name(engine, process)?;
        if state.is_some_and(|s| matches!(s, InstanceState::Parked | InstanceState::Failed)) {
            self.parked.insert(name.clone());
        }
        self.counted = Some((process, engine.requested_at()));
        let live = state == Some(InstanceState::Running);
        let count = engine.count_instances(&name, state.and_then(status), live)?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// Of an `expect` that has counted instances: those that are parked, with the reason of the first one.
    fn parked_too(&mut self, engine: &mut Engine) -> Answer<String> {
        let here = engine.requested_at();
        let Some((process, _)) = self.counted.take().filter(|(_, at)| *at == here) else { return Ok(String::new()) };
        let filter = InstanceFilter {
            process: Some(process_name(engine, process)?),
            status: Some(Status::Parked),
            ..InstanceFilter::default()
        };
        let parked = engine.store().instances(&filter)?;
        let Some(fault) = parked.first().and_then(|instance| instance.fault.as_ref()) else { return Ok(String::new()) };
        let verb = if parked.len() == 1 { "is" } else { "are" };
        Ok(format!("; {} {verb} parked: {}", parked.len(), fault.sentence()))
    }

    /// Instances of a process that are parked.
    fn parked_of(&mut self, engine: &mut Engine, process: ProcessIdx) -> Answer<Vec<i64>> {
        let name = process_name(engine, process)?;
        let filter =
            InstanceFilter { process: Some(name.clone()), status: Some(Status::Parked), ..InstanceFilter::default() };
        let ids: Vec<i64> = engine.store().instances(&filter)?.into_iter().map(|i| i.id).collect();
        if ids.is_empty() {
            return Err(fail(format!("no instance of {name} is parked")));
        }
        self.parked.insert(name);
        Ok(ids)
    }
}

impl TestHost for Driver {
    fn perform(
        &mut self,
        engine: &mut Engine,
        user: &mut Option<i64>,
        op: &HostOp,
        args: &[Value],
    ) -> Answer<Option<Value>> {
        match (op, args) {
            (HostOp::TestGiven { entity, fields }, values) => {
                let mut writes: Vec<Write> =
                    fields.iter().zip(values).map(|(field, value)| Write::set(*field, value.clone())).collect();
                writes.extend(mails::address_of_user(engine.module(), *entity, &writes));
                return engine.create(None, *entity, &writes).map(|record| Some(Value::Ref(record)));
            }
            (HostOp::TestGivenConfig(config), [value]) => {
                let name = engine.module().config(*config).map(|config| config.name.clone()).ok_or_else(broken)?;
                engine.configure(&name, value.clone())?;
            }
            (HostOp::TestGivenProcess(process), [Value::Ref(RecordRef { id, .. })]) => {
                let name = process_name(engine, *process)?;
                engine.set_owner(&name, Some(*id))?;
            }
            (HostOp::TestActAs, [Value::Ref(RecordRef { id, .. })]) => *user = Some(*id),
            (HostOp::TestActAs, [Value::None]) => *user = None,
            (HostOp::TestAdvance, [Value::Duration(duration)]) => {
                advance(engine, self.later(engine.now(), *duration)?)?;
            }
            (HostOp::TestAnswerForm { fields }, [Value::Ref(RecordRef { id, .. }), values @ ..]) => {
                let given: Vec<(String, Value)> = fields.iter().cloned().zip(values.iter().cloned()).collect();
                let form = engine.inbox(Some(*id))?.into_iter().next();
                let form = form.ok_or_else(|| fail("there is no form in the inbox of this user".to_owned()))?;
                engine.answer_form_values(Some(*id), form.record, &given)?;
            }
            (HostOp::TestAnswerPage { process, fields }, values) => {
                let given: Vec<(String, Value)> = fields.iter().cloned().zip(values.iter().cloned()).collect();
                let session = open_session(engine, *process)?;
                engine.submit_page_values(None, session, &given)?;
            }
            (HostOp::TestBack(process), []) => {
                let session = open_session(engine, *process)?;
                engine.back_to_page(None, session)?;
            }
            (HostOp::TestAdvanceTo, [Value::DateTime(moment)]) => advance(engine, *moment)?,
            (HostOp::TestStandstill, [Value::Duration(duration)]) => {
                engine.set_clock(self.later(engine.now(), *duration)?)?;
                idle(engine)?;
            }
            (HostOp::TestIdle, []) => idle(engine)?,
            (HostOp::TestCount { process, state }, []) => {
                return self.instances(engine, *process, Some(*state)).map(|n| Some(Value::Int(n)));
            }
            (HostOp::TestCountAll(process), []) => {
                return self.instances(engine, *process, None).map(|n| Some(Value::Int(n)));
            }
            (HostOp::TestFail, [Value::Text(message)]) => {
                return Err(fail(format!("{message}{}", self.parked_too(engine)?)));
            }
            (HostOp::TestSent { negated }, [Value::Text(template), to @ ..]) => {
                mails::expect_sent(engine, template, to.first(), *negated)
                    .and_then(|wrong| wrong.map_or(Ok(()), |wrong| Err(fail(wrong))))?;
            }
            (HostOp::TestMock { process, inputs, raises }, values) => {
                engine.mock(mock(*process, inputs, *raises, values))
            }
            (HostOp::TestGiveUp(process), []) => {
                for id in self.parked_of(engine, *process)? {
                    engine.give_up(id)?;
                }
            }
            (HostOp::TestRetry(process), []) => {
                for id in self.parked_of(engine, *process)? {
                    engine.retry(id)?;
                }
            }
            _ => return Err(broken()),
        }
        Ok(None)
    }
}

/// The inputs come first, then the answer, if there is one.
fn mock(process: ProcessIdx, inputs: &[u16], raises: Option<RecordIdx>, values: &[Value]) -> Mock {
    let answer = values.get(inputs.len()).cloned();
    let answer = match raises {
        Some(error) => Err((error, answer.unwrap_or(Value::None))),
        None => Ok(answer),
    };
    Mock { process, inputs: inputs.iter().copied().zip(values.iter().cloned()).collect(), answer }
}

/// The oldest open session of a dialog.
fn open_session(engine: &mut Engine, process: ProcessIdx) -> Answer<RecordRef> {
    let name = process_name(engine, process)?;
    let session = engine.open_sessions(&name)?.into_iter().next();
    session.ok_or_else(|| fail(format!("{name} shows no page: no session of it is open")))
}

fn process_name(engine: &Engine, process: ProcessIdx) -> Answer<String> {
    engine.module().process(process).map(|p| p.name.clone()).ok_or_else(broken)
}

fn advance(engine: &mut Engine, moment: i64) -> Answer<()> {
    if moment < engine.now() {
        return Err(fail("the clock cannot go back".to_owned()));
    }
    if engine.advance_to(moment)?.idle { Ok(()) } else { Err(endless()) }
}

fn idle(engine: &mut Engine) -> Answer<()> {
    if engine.run_until_idle()?.idle { Ok(()) } else { Err(endless()) }
}

fn endless() -> Failure {
    fail("the processes of this test start each other without end".to_owned())
}

/// The status of the store that a word of a test means; `running` is more than one.
fn status(state: InstanceState) -> Option<Status> {
    Some(match state {
        InstanceState::Ready => Status::Ready,
        InstanceState::Waiting => Status::Waiting,
        InstanceState::Postponed => Status::Postponed,
        InstanceState::Parked => Status::Parked,
        InstanceState::Paused => Status::Paused,
        InstanceState::Queued => Status::Queued,
        InstanceState::Running => return None,
        InstanceState::Succeeded => Status::Succeeded,
        InstanceState::Failed => Status::Failed,
        InstanceState::Canceled => Status::Canceled,
    })
}
