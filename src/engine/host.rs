//! What programs ask for: each request of `bytecode::host`, answered.

use std::sync::Arc;

use crate::{
    base::{
        limits::QUERY_BATCH,
        value::{EntityIdx, RecordRef, Value},
    },
    bytecode::{
        host::{HostCall, HostOp, WriteOp},
        types::FieldIdx,
    },
};

use super::{
    Engine,
    actor::Actor,
    dialogs,
    faults::{self, Answer},
    machine::{Atomic, Frame},
    operation::Write,
    probe,
    store::StoreError,
};

/// The arguments of a request, taken in order.
pub(crate) struct Arguments<'a> {
    rest: std::slice::Iter<'a, Value>,
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(values: &'a [Value]) -> Self {
        Self { rest: values.iter() }
    }

    pub(crate) fn next(&mut self) -> Answer<&'a Value> {
        self.rest.next().ok_or_else(|| faults::unknown_request("an argument"))
    }

    pub(crate) fn record(&mut self) -> Answer<RecordRef> {
        match self.next()? {
            Value::Ref(record) => Ok(*record),
            _ => Err(faults::gone("the record")),
        }
    }

    pub(crate) fn int(&mut self) -> Answer<i64> {
        match self.next()? {
            Value::Int(n) | Value::DateTime(n) | Value::Instance(n) => Ok(*n),
            Value::None => Ok(0),
            _ => Err(faults::unknown_request("a number")),
        }
    }

    pub(crate) fn text(&mut self) -> Answer<String> {
        match self.next()? {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(faults::unknown_request("a text")),
        }
    }

    /// A user, or the system.
    pub(crate) fn user(&mut self) -> Answer<Option<i64>> {
        match self.next()? {
            Value::Ref(record) => Ok(Some(record.id)),
            _ => Ok(None),
        }
    }

    pub(crate) fn rest(&self) -> &'a [Value] {
        self.rest.as_slice()
    }
}

impl Engine {
    /// Answers a request of a running body.
    pub(crate) fn perform(&mut self, frame: &mut Frame<'_>, call: &HostCall) -> Answer<Option<Value>> {
        let program = Arc::clone(&self.definitions.program);
        let site = program.module().sites.get(call.site.index());
        let op = &site.ok_or_else(|| faults::unknown_request("a request"))?.op;
        if self.probing && !probe::is_asked(op) {
            self.probing = false;
            return Err(StoreError::Other("a wait that is looked at is over".to_owned()).into());
        }
        self.crossed |= !dialogs::is_harmless(op);
        let mut args = Arguments::new(&call.args);
        match op {
            HostOp::ReadField { .. }
            | HostOp::ReadStored { .. }
            | HostOp::LastId
            | HostOp::ReadUnionField { .. }
            | HostOp::IsDeleted
            | HostOp::ShownName { .. }
            | HostOp::Query(_)
            | HostOp::Count(_)
            | HostOp::Under { .. }
            | HostOp::Convert(_)
            | HostOp::Particular(_)
            | HostOp::Config(_)
            | HostOp::Addresses
            | HostOp::Url => {
                // The body of a test sees everything.
                let user = frame.actor.user.filter(|_| frame.test.is_none());
                self.read(user, op, &mut args).map(Some)
            }
            HostOp::Now => Ok(Some(Value::DateTime(self.now))),
            HostOp::Random => {
                let (low, high) = (args.int()?, args.int()?);
                Ok(Some(Value::Int(self.random.between(low, high))))
            }
            HostOp::Uuid => Ok(Some(Value::Text(self.random.uuid()))),
            HostOp::ProcessUser
            | HostOp::ProcessCaller
            | HostOp::ProcessOwner
            | HostOp::ProcessInstance
            | HostOp::ProcessDepth => Ok(Some(self.process_info(frame, op))),
            HostOp::Create { .. }
            | HostOp::Update { .. }
            | HostOp::SetInput(_)
            | HostOp::ChangeStatus { .. }
            | HostOp::AssignOwner
            | HostOp::Delete
            | HostOp::Log => self.in_transaction(frame, |engine, frame| engine.write(frame, op, &mut args)),
            // What is about to be written stands in memory, also where a form is shown.
            HostOp::SetPending { field, .. } => self.set_pending(*field, args.next()?).map(|()| None),
            HostOp::Rule { effect, field, .. } => self.said(frame, (*effect, *field), &mut args).map(|()| None),
            HostOp::AtomicBegin | HostOp::AtomicCommit | HostOp::AtomicRollback => {
                self.atomic(frame, op).map(|()| None)
            }
            HostOp::CallAction(process) => {
                let process = *process;
                self.refuse_inactive(process)?;
                self.in_transaction(frame, |engine, frame| {
                    let actor = frame.actor.clone();
                    engine.call_action(&actor, process, args.rest())
                })
            }
            HostOp::CallActivity { process, timeout } => {
                let (process, timeout) = (*process, *timeout);
                self.in_transaction(frame, |engine, frame| {
                    let actor = frame.actor.clone();
                    engine.call_activity(&actor, process, timeout, args.rest())
                })
            }
            HostOp::StartChild { .. } | HostOp::JoinChild(_) | HostOp::ChildResult(_) | HostOp::CancelInstance => {
                self.in_transaction(frame, |engine, frame| engine.child(frame, op, &mut args))
            }
            HostOp::Emit(_) | HostOp::MailNext(_) | HostOp::MailRead(_) | HostOp::MailTake => {
                self.in_transaction(frame, |engine, frame| engine.mail(frame, op, &mut args))
            }
            HostOp::FormOpen(_) | HostOp::FormAnswered | HostOp::FormAnswers(_) => {
                self.in_transaction(frame, |engine, frame| engine.form_request(frame, op, &mut args))
            }
            HostOp::PageShow(_) | HostOp::PageAnswered | HostOp::PageAnswers(_) => {
                self.in_transaction(frame, |engine, frame| engine.page(frame, op, &mut args))
            }
            HostOp::BranchesBegin
            | HostOp::BranchStart { .. }
            | HostOp::BranchesAtMost
            | HostOp::BranchesEnough
            | HostOp::BranchesCancel
            | HostOp::BranchDone
            | HostOp::BranchResult(_)
            | HostOp::BranchResults(_)
            | HostOp::BranchesEnd => self.branches(frame, op, &mut args),
            HostOp::SagaBegin | HostOp::UndoNote(_) | HostOp::SagaUndo | HostOp::SagaEnd => {
                self.saga(frame, op, &mut args)
            }
            HostOp::ActAsBegin => {
                frame.acting.push(frame.actor.user);
                frame.actor.user = args.user()?;
                Ok(None)
            }
            HostOp::ActAsEnd => {
                frame.actor.user = frame.acting.pop().flatten();
                Ok(None)
            }
            HostOp::WatchBegin => {
                self.watch_begin();
                Ok(None)
            }
            HostOp::WatchMoment => {
                self.watch_moment(args.int()?);
                Ok(None)
            }
            HostOp::WatchEnd => {
                self.watch_end();
                Ok(None)
            }
            HostOp::TestGiven { .. }
            | HostOp::TestGivenConfig(_)
            | HostOp::TestGivenProcess(_)
            | HostOp::TestActAs
            | HostOp::TestAdvance
            | HostOp::TestAnswerForm { .. }
            | HostOp::TestAnswerPage { .. }
            | HostOp::TestBack(_)
            | HostOp::TestAdvanceTo
            | HostOp::TestStandstill
            | HostOp::TestIdle
            | HostOp::TestCount { .. }
            | HostOp::TestCountAll(_)
            | HostOp::TestFail
            | HostOp::TestGiveUp(_)
            | HostOp::TestMock { .. }
            | HostOp::TestRetry(_)
            | HostOp::TestSent { .. } => {
                let Some(host) = frame.test.as_deref_mut() else {
                    return Err(faults::unknown_request("a statement of a test outside of one"));
                };
                host.perform(self, &mut frame.actor.user, op, &call.args)
            }
        }
    }

    /// The body of a test has no transaction of its own: each of its statements is one.
    fn in_transaction<T>(
        &mut self,
        frame: &mut Frame<'_>,
        work: impl FnOnce(&mut Self, &mut Frame<'_>) -> Answer<T>,
    ) -> Answer<T> {
        if self.open || self.probing { work(self, frame) } else { self.transaction(|engine| work(engine, frame)) }
    }

    fn read(&mut self, user: Option<i64>, op: &HostOp, args: &mut Arguments<'_>) -> Answer<Value> {
        Ok(match op {
            HostOp::ReadField { field, .. } => {
                let record = args.record()?;
                self.allow_read(user, record)?;
                self.read_field(record, *field)?
            }
            HostOp::ReadStored { field, .. } => {
                let record = args.record()?;
                self.allow_read(user, record)?;
                self.read_stored(record, *field)?
            }
            HostOp::LastId => Value::Int(self.store.counter("id")?),
            HostOp::ReadUnionField { fields, stored } => {
                let record = args.record()?;
                self.allow_read(user, record)?;
                let field = fields.iter().find(|(entity, _)| *entity == record.entity);
                let (_, field) = field.ok_or_else(|| faults::unknown_request("a field of this entity"))?;
                if *stored { self.read_stored(record, *field)? } else { self.read_field(record, *field)? }
            }
            HostOp::Convert(to) => {
                let (Value::Money(money), Value::Date(day)) = (args.next()?, args.next()?) else {
                    return Err(faults::unknown_request("an amount and a day"));
                };
                Value::Money(self.converted(*money, *to, *day)?)
            }
            HostOp::IsDeleted => match args.next()? {
                Value::Ref(record) => Value::Bool(!self.exists(*record)?),
                _ => Value::Bool(false),
            },
            HostOp::ShownName { stored } => {
                let record = args.record()?;
                self.allow_read(user, record)?;
                Value::Text(if *stored { self.stored_name(record)? } else { self.shown_name(record)? })
            }
            HostOp::Query(query) => {
                let (entity, conditions) = self.conditions(*query, args.rest())?;
                let [.., Value::Int(after), Value::Int(limit)] = args.rest() else {
                    return Err(faults::unknown_request("the range of a query"));
                };
                // LIMIT: QUERY_BATCH
                let limit = u32::try_from((*limit).max(0)).unwrap_or(u32::MAX).min(QUERY_BATCH);
                let ids = self.readable(user, entity, &conditions, *after, limit)?;
                Value::List(ids.into_iter().map(|id| Value::Ref(RecordRef { entity, id })).collect())
            }
            HostOp::Count(query) => {
                let (entity, conditions) = self.conditions(*query, args.rest())?;
                Value::Int(self.count_readable(user, entity, &conditions)?)
            }
            HostOp::Under { or_equal, .. } => match (args.next()?, args.next()?) {
                (Value::Ref(low), Value::Ref(high)) => Value::Bool(self.under(*low, *high, *or_equal)?),
                _ => Value::Bool(false),
            },
            HostOp::Particular(particular) => Value::Ref(self.particular(*particular)?),
            HostOp::Config(config) => self.setting(*config)?,
            HostOp::Addresses => self.addresses(args.rest())?,
            HostOp::Url => Value::Text(self.url(args.record()?)),
            _ => return Err(faults::unknown_request("a read")),
        })
    }

    fn process_info(&self, frame: &Frame<'_>, op: &HostOp) -> Value {
        match op {
            HostOp::ProcessUser => self.user_value(frame.actor.user),
            HostOp::ProcessCaller => self.user_value(frame.actor.caller),
            HostOp::ProcessOwner => self.user_value(frame.actor.owner),
            HostOp::ProcessInstance => Value::Int(frame.actor.instance.unwrap_or(0)),
            _ => Value::Int(i64::from(frame.actor.depth.max(1))),
        }
    }

    fn write(&mut self, frame: &mut Frame<'_>, op: &HostOp, args: &mut Arguments<'_>) -> Answer<Option<Value>> {
        let actor = frame.actor.clone();
        match op {
            HostOp::Create { entity, fields } => {
                let writes = given(fields, args.rest());
                self.allow_create(actor.user, *entity, &writes)?;
                let record = self.create_record(&actor, *entity, &writes)?;
                return Ok(Some(Value::Ref(record)));
            }
            HostOp::Update { writes, .. } => {
                let record = args.record()?;
                let pairs = writes.iter().zip(args.rest());
                let writes: Vec<Write> =
                    pairs.map(|(w, value)| Write { field: w.field, op: w.op, value: value.clone() }).collect();
                self.update_allowed(&actor, record, &writes)?;
            }
            HostOp::ChangeStatus { entity, status } => {
                let record = args.record()?;
                let field = self.system_field(*entity, |system| system.status)?;
                self.update_allowed(&actor, record, &[Write::set(field, Value::Enum(*status))])?;
            }
            HostOp::AssignOwner => {
                let (record, owner) = (args.record()?, args.next()?);
                let field = self.system_field(record.entity, |system| system.owner)?;
                self.update_allowed(&actor, record, &[Write::set(field, owner.clone())])?;
            }
            HostOp::Delete => {
                let record = args.record()?;
                self.allow_delete(actor.user, record)?;
                self.delete_record(&actor, record)?;
            }
            HostOp::SetInput(input) => {
                let inputs = frame.inputs.as_mut().and_then(|inputs| inputs.get_mut(usize::from(*input)));
                let place = inputs.ok_or_else(|| faults::unknown_request("an input of an action"))?;
                place.clone_from(args.next()?);
            }
            HostOp::Log => {
                let text = args.text()?;
                self.log_note(&actor, text)?;
            }
            _ => return Err(faults::unknown_request("a write")),
        }
        Ok(None)
    }

    fn update_allowed(&mut self, actor: &Actor, record: RecordRef, writes: &[Write]) -> Answer<()> {
        self.allow_update(actor.user, record, writes)?;
        self.update_record(actor, record, writes)
    }

    fn system_field(
        &self,
        entity: EntityIdx,
        field: impl FnOnce(super::index::SystemFields) -> Option<FieldIdx>,
    ) -> Answer<FieldIdx> {
        field(self.definitions.index.system(entity)).ok_or_else(|| faults::unknown_request("a system field"))
    }

    /// A field of the primary record of a `before` process: with all that `update` would do to it.
    pub(super) fn set_pending(&mut self, field: FieldIdx, value: &Value) -> Answer<()> {
        let missing = || faults::unknown_request("a record that is about to be written");
        let (record, row) = self.pending.last().cloned().ok_or_else(missing)?;
        let program = Arc::clone(&self.definitions.program);
        let def = program.module().entity(record.entity).ok_or_else(missing)?;
        let mut row = Vec::clone(&row);
        self.apply(def, &mut row, &[Write { field, op: WriteOp::Set, value: value.clone() }])?;
        if let Some((_, place)) = self.pending.last_mut() {
            *place = Arc::new(row);
        }
        Ok(())
    }

    fn atomic(&mut self, frame: &mut Frame<'_>, op: &HostOp) -> Answer<()> {
        if *op == HostOp::AtomicBegin {
            let is_outermost = !self.open;
            if is_outermost {
                self.begin_group()?;
            }
            let pending = self.pending.clone();
            frame.atomics.push(Atomic { savepoint: self.store.savepoint()?, pending, is_outermost });
            return Ok(());
        }
        let missing = || faults::unknown_request("the end of an atomic block");
        let Atomic { savepoint, pending, is_outermost } = frame.atomics.pop().ok_or_else(missing)?;
        if *op == HostOp::AtomicCommit {
            self.store.release(savepoint)?;
        } else {
            self.forget_rows();
            self.pending = pending;
            self.store.rollback_to(savepoint)?;
        }
        if is_outermost { self.commit_group() } else { Ok(()) }
    }
}

/// The fields of a `create` with their values.
pub(crate) fn given(fields: &[FieldIdx], values: &[Value]) -> Vec<Write> {
    fields.iter().zip(values).map(|(field, value)| Write::set(*field, value.clone())).collect()
}
