//! Processes that processes start: `do`, `start`, `wait for`, `cancel`.

use std::sync::Arc;

use crate::{
    base::value::{RecordRef, Value},
    bytecode::{
        host::HostOp,
        module::{ProcessDef, RunAs},
        types::ProcessIdx,
    },
};

use super::{
    Engine,
    actor::Actor,
    faults::{self, Answer},
    host::Arguments,
    instance::Start,
    machine::Frame,
    store::{Instance, Status, Subscription},
    triggers::Kept,
};

/// The primary record and the inputs of a call.
pub(crate) fn split_call<'a>(process: &ProcessDef, args: &'a [Value]) -> Answer<(Option<RecordRef>, &'a [Value])> {
    let (primary, inputs) = match (process.primary, args) {
        (None, inputs) => (None, inputs),
        (Some(_), [Value::Ref(record), inputs @ ..]) => (Some(*record), inputs),
        (Some(_), _) => return Err(faults::gone(format!("the primary record of {}", process.name))),
    };
    if inputs.len() == process.inputs.len() {
        Ok((primary, inputs))
    } else {
        Err(faults::unknown_request(format!("the inputs of {}", process.name)))
    }
}

impl Engine {
    /// Requests about other instances.
    pub(crate) fn child(
        &mut self,
        frame: &mut Frame<'_>,
        op: &HostOp,
        args: &mut Arguments<'_>,
    ) -> Answer<Option<Value>> {
        let actor = frame.actor.clone();
        match op {
            HostOp::StartChild { process, owned } => {
                let id = self.start_child(&actor, *process, args.rest(), *owned)?;
                Ok(Some(Value::Instance(id)))
            }
            HostOp::JoinChild(_) => {
                let id = args.int()?;
                self.watch(Subscription::End { instance: id });
                let child = self.known_instance(id)?;
                self.ended(&child).map(|ended| Some(Value::Bool(ended)))
            }
            HostOp::ChildResult(_) => {
                let child = self.known_instance(args.int()?)?;
                child.result.map(Some).ok_or_else(|| faults::unknown_request("the result of a child"))
            }
            _ => {
                let id = args.int()?;
                if let Some(child) = self.store.instance(id)? {
                    let by = actor.process.as_deref();
                    let reason = by.map_or_else(|| "canceled".to_owned(), |by| format!("canceled by {by}"));
                    self.request_cancel(child, reason)?;
                }
                Ok(None)
            }
        }
    }

    fn start_child(&mut self, actor: &Actor, index: ProcessIdx, args: &[Value], owned: bool) -> Answer<i64> {
        let program = Arc::clone(&self.definitions.program);
        let process = program.module().process(index).ok_or_else(|| faults::unknown_request("a process"))?;
        self.refuse_inactive(index)?;
        self.allow_run(actor.user, &process.name)?;
        let (primary, inputs) = split_call(process, args)?;
        let kept = Kept {
            event: None,
            kind: "called",
            stage: "background",
            user: actor.user,
            inputs,
            result: None,
            signal: None,
        };
        if !self.condition_holds(process, primary, &kept)? {
            return Err(faults::does_not_apply(&process.name));
        }
        let per = self.per_arguments(process, primary, inputs, &kept);
        let slot = self.slot(process, &per)?;
        let refusal = self.guard(actor, process, primary)?;
        let owner = self.owner(&process.name);
        let start = Start {
            process: index,
            primary,
            arguments: self.arguments(process, primary, inputs, &kept)?,
            slot: slot.filter(|_| refusal.is_none()),
            condition: (process.limit.is_some() && refusal.is_some()).then_some(per),
            owner,
            caller: actor.user,
            user: if process.run_as == Some(RunAs::Owner) { owner } else { actor.user },
            parent: if owned { actor.row() } else { actor.instance },
            owned,
            depth: actor.depth + 1,
        };
        self.begin_instance(start, refusal)?.ok_or_else(|| faults::limit_reached(&process.name))
    }
}

impl Engine {
    /// Whether a child has come to its end; a fault if it was not a good one.
    fn ended(&mut self, child: &Instance) -> Answer<bool> {
        if child.status.is_live() {
            return Ok(false);
        }
        self.note_answered(child)?;
        match child.status {
            Status::Failed => {
                let fault = self.fault_of_job(child)?;
                Err(fault.unwrap_or_else(|| faults::child_failed(&child.process, &child.message)))
            }
            Status::Canceled => Err(faults::child_canceled(&child.process, &child.message)),
            _ => Ok(true),
        }
    }
}
