//! Signals: emitted, kept in mailboxes until they are taken, and what begins with them.

use std::sync::Arc;

use crate::{
    base::{
        limits::MAILBOX_MAX,
        value::{RecordRef, Value},
    },
    bytecode::{
        host::HostOp,
        module::{ProcessDef, TriggerEvent},
        types::RecordIdx,
    },
};

use super::{
    Engine,
    actor::Actor,
    faults::{self, Answer},
    host::Arguments,
    log::{Line, Subject},
    machine::Frame,
    store::{Change, Instance, InstanceFilter, LogKind, Mail, Subscription},
    triggers::Kept,
};

impl Engine {
    /// Emits a signal as a user; none is the system. `value` is its fields in order. Gives the instances that got it.
    ///
    /// # Errors
    /// With what refused it, or the store's error.
    pub fn emit(&mut self, user: Option<i64>, signal: &str, value: &Value, to: Option<RecordRef>) -> Answer<Vec<i64>> {
        if self.module().signal_by_name(signal).is_none() {
            return Err(faults::unknown_request(format!("the signal {signal}")));
        }
        let to = to.map(Value::Ref);
        self.as_user(user, Subject::Other, |engine, actor| engine.emit_signal(actor, signal, value, to.as_ref()))
    }

    /// Requests about signals.
    pub(crate) fn mail(
        &mut self,
        frame: &mut Frame<'_>,
        op: &HostOp,
        args: &mut Arguments<'_>,
    ) -> Answer<Option<Value>> {
        if let HostOp::Emit(signal) = op {
            let actor = frame.actor.clone();
            let value = args.next()?;
            let to = args.rest().first();
            let name = self.signal_name(*signal)?;
            return self.statement(|engine| engine.emit_signal(&actor, &name, value, to)).map(|_| None);
        }
        let instance = frame.actor.instance.ok_or_else(|| faults::unknown_request("a mailbox"))?;
        let key = args.int()?;
        match op {
            HostOp::MailNext(signal) => {
                let name = self.signal_name(*signal)?;
                self.watch(Subscription::Signal { instance, signal: Arc::from(name.as_str()) });
                let mail = self.store.next_mail(instance, &name, key)?;
                Ok(Some(Value::Int(mail.map_or(0, |mail| mail.key))))
            }
            HostOp::MailRead(signal) => {
                let name = self.signal_name(*signal)?;
                let mail = self.store.next_mail(instance, &name, key.saturating_sub(1))?.filter(|mail| mail.key == key);
                mail.map(|mail| Some(mail.value)).ok_or_else(|| faults::unknown_request("a signal"))
            }
            _ => {
                self.store.remove_mail(key)?;
                Ok(None)
            }
        }
    }

    fn signal_name(&self, signal: RecordIdx) -> Answer<String> {
        let name = self.module().record(signal).map(|record| record.name.clone());
        name.ok_or_else(|| faults::unknown_request("a signal"))
    }

    /// Puts a signal into the mailboxes of those who may wait for it, then starts what begins with it.
    fn emit_signal(&mut self, actor: &Actor, signal: &str, value: &Value, to: Option<&Value>) -> Answer<Vec<i64>> {
        let record = match to {
            Some(Value::Ref(record)) if self.stored(*record)?.is_none() => {
                return Err(faults::gone(self.identity(*record)));
            }
            Some(Value::Ref(record)) => Some(*record),
            _ => None,
        };
        let receivers = self.receivers(signal, to)?;
        for id in &receivers {
            self.deliver(*id, signal, value)?;
        }
        let line = self.emission(actor, signal, value, record, receivers.is_empty());
        self.acted = true;
        self.log(line)?;
        self.in_current(|engine| engine.start_by_signal(actor, signal, value, record))?;
        Ok(receivers)
    }

    /// The instances that get a signal, ascending.
    fn receivers(&mut self, signal: &str, to: Option<&Value>) -> Answer<Vec<i64>> {
        let mut found = Vec::new();
        for definitions in self.all_definitions() {
            for process in definitions.receivers(signal) {
                match to {
                    Some(Value::Instance(id)) => {
                        let instance = self.store.instance(*id)?;
                        let is_one = |i: &Instance| {
                            i.process == process.name && i.build == definitions.hash && i.status.is_live()
                        };
                        found.extend(instance.filter(is_one).map(|i| i.id));
                    }
                    Some(Value::Ref(record)) => {
                        found.extend(self.live_of(&definitions.hash, process, Some(*record))?);
                    }
                    _ => found.extend(self.live_of(&definitions.hash, process, None)?),
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    fn live_of(&mut self, build: &str, process: &ProcessDef, primary: Option<RecordRef>) -> Answer<Vec<i64>> {
        let process = Some(process.name.clone());
        let filter = InstanceFilter { process, live: true, primary, ..InstanceFilter::default() };
        let found = self.store.instances(&filter)?.into_iter().filter(|instance| instance.build == build);
        Ok(found.map(|instance| instance.id).collect())
    }

    fn deliver(&mut self, id: i64, signal: &str, value: &Value) -> Answer<()> {
        // LIMIT: MAILBOX_MAX
        if self.store.mailbox_size(id)? >= MAILBOX_MAX {
            let process = self.store.instance(id)?.map(|instance| instance.process).unwrap_or_default();
            return Err(faults::mailbox_full(format!("{process} #{id}"), MAILBOX_MAX));
        }
        let key = self.store.count_up("mail")?;
        self.store.put_mail(&Mail { key, instance: id, signal: signal.to_owned(), value: value.clone() })?;
        // Its branches wait for themselves.
        for waiting in self.store.subscribers(Subscription::Signal { instance: id, signal: Arc::from(signal) })? {
            self.wake(waiting)?;
        }
        Ok(())
    }

    fn emission(&self, actor: &Actor, signal: &str, value: &Value, record: Option<RecordRef>, is_alone: bool) -> Line {
        let def = self.module().signal_by_name(signal).map(|(_, def)| def);
        let nobody = is_alone && self.current.started_by(signal).next().is_none();
        let message = if nobody { format!("{signal}, which nobody receives") } else { signal.to_owned() };
        let fields = def.map(|def| def.fields.as_slice()).unwrap_or_default();
        let values = if let Value::Record(values) = value { values.as_slice() } else { &[] };
        let change = |(field, value): (&crate::bytecode::module::ParamDef, &Value)| Change {
            field: field.name.clone(),
            old: Value::None,
            new: value.clone(),
        };
        let changes = fields.iter().zip(values).map(change).collect();
        Line { record, changes, ..self.line(actor, LogKind::Emit, message) }
    }

    fn start_by_signal(&mut self, actor: &Actor, signal: &str, value: &Value, record: Option<RecordRef>) -> Answer<()> {
        let definitions = Arc::clone(&self.definitions);
        let Some((number, _)) = definitions.program.module().signal_by_name(signal) else { return Ok(()) };
        for (index, process) in definitions.started_by(signal) {
            if self.is_inactive(index) {
                continue;
            }
            let primary = match (process.primary, record) {
                (None, _) => None,
                (Some(_), Some(record)) if begins_with(process, number, record) => Some(record),
                (Some(_), _) => continue,
            };
            let kept = Kept {
                event: None,
                kind: "signal",
                stage: "background",
                user: actor.user,
                inputs: &[],
                result: None,
                signal: Some(value),
            };
            if !self.start_caused(actor, index, process, primary, &kept)? {
                self.log_note(actor, format!("{} does not apply", process.name))?;
            }
        }
        Ok(())
    }
}

/// Whether a signal to this record starts the process.
pub(crate) fn begins_with(process: &ProcessDef, signal: RecordIdx, record: RecordRef) -> bool {
    process.triggers.iter().any(|t| t.entity == record.entity && t.event == TriggerEvent::Signal(signal))
}
