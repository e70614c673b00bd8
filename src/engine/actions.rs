//! Actions: named operations that run in their caller's transaction.

use std::sync::Arc;

use crate::{
    base::{limits::OPERATION_DEPTH_MAX, value::Value},
    bytecode::{
        module::{Phase, ProcessDef, ProcessKind},
        types::ProcessIdx,
    },
};

use super::{
    Engine,
    actor::Actor,
    children::split_call,
    faults::{self, Answer},
    machine::Frame,
    store::Instance,
    triggers::Kept,
    words,
};

impl Engine {
    /// Runs an action with what stands before and after it, whole or not at all.
    pub(crate) fn call_action(&mut self, actor: &Actor, index: ProcessIdx, args: &[Value]) -> Answer<Option<Value>> {
        // LIMIT: OPERATION_DEPTH_MAX
        if self.nesting >= OPERATION_DEPTH_MAX {
            return Err(faults::nested_too_deeply());
        }
        let program = Arc::clone(&self.definitions.program);
        let process = program.module().process(index).ok_or_else(|| faults::unknown_request("an action"))?;
        self.allow_run(actor.user, &process.name)?;
        self.nesting += 1;
        let answer = self.statement(|engine| engine.call_now(actor, index, process, args));
        self.nesting -= 1;
        answer
    }

    /// The whole turn of an instance that is an independent action, started after the commit of its caller: a call like
    /// every other, with what stands before and after it. `None` if the instance is a workflow.
    pub(crate) fn run_started_action(&mut self, instance: &Instance) -> Answer<Option<Option<Value>>> {
        let program = Arc::clone(&self.definitions.program);
        let Some(index) = self.process_named(&instance.process).map(|(index, _)| index) else { return Ok(None) };
        let Some(process) = program.module().process(index).filter(|p| p.kind == ProcessKind::Action) else {
            return Ok(None);
        };
        let count = usize::from(process.primary.is_some()) + process.inputs.len();
        let args: Vec<Value> = instance.arguments.iter().take(count).cloned().collect();
        let actor = self.actor_of(instance);
        self.call_action(&actor, index, &args).map(Some)
    }

    fn call_now(
        &mut self,
        actor: &Actor,
        index: ProcessIdx,
        process: &ProcessDef,
        args: &[Value],
    ) -> Answer<Option<Value>> {
        let (primary, inputs) = split_call(process, args)?;
        let mut inputs = inputs.to_vec();
        for number in 0..self.definitions.index.action_triggers(index, Phase::Before).len() {
            let handler = self.definitions.index.action_triggers(index, Phase::Before).get(number).copied();
            let Some(handler) = handler.filter(|handler| !self.is_inactive(*handler)) else { continue };
            let given = inputs.clone();
            let kept = kept("before", actor, &given, None);
            let changed = self.run_realtime(actor, handler, primary, &kept, Some(inputs.clone()))?;
            inputs = changed.unwrap_or(inputs);
        }
        let called = Kept { kind: "called", ..kept("background", actor, &inputs, None) };
        if !self.condition_holds(process, primary, &called)? {
            return Err(faults::does_not_apply(&process.name));
        }
        let arguments = self.arguments(process, primary, &inputs, &called)?;
        let frame_actor = Actor {
            user: actor.user,
            caller: actor.user,
            owner: self.owner(&process.name),
            instance: actor.instance,
            branch: actor.branch,
            process: Some(Arc::from(words::told_process(&process.name))),
            depth: actor.depth,
        };
        let (end, _) = self.run_body(process.body, &arguments, Frame::new(frame_actor, &process.zone))?;
        let result = self.end_of_realtime(end, &process.name)?;
        for number in 0..self.definitions.index.action_triggers(index, Phase::After).len() {
            let handler = self.definitions.index.action_triggers(index, Phase::After).get(number).copied();
            let Some(handler) = handler.filter(|handler| !self.is_inactive(*handler)) else { continue };
            let kept = kept("after", actor, &inputs, result.as_ref());
            self.run_realtime(actor, handler, primary, &kept, None)?;
        }
        Ok(result)
    }
}

fn kept<'a>(stage: &'static str, actor: &Actor, inputs: &'a [Value], result: Option<&'a Value>) -> Kept<'a> {
    Kept { event: None, kind: "action", stage, user: actor.user, inputs, result, signal: None }
}
