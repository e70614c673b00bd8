//! Plug-ins: activities that are done in a sandbox, within the transaction.

use std::{collections::HashMap, sync::Arc};

use crate::{
    base::value::Value,
    bytecode::{module::ActivityBy, types::ProcessIdx},
    sandbox::Plugin,
};

use super::{
    Engine,
    actor::Actor,
    exchange,
    faults::{self, Answer},
    store::LogKind,
};

/// The plug-ins that were called, by build and activity.
#[derive(Default)]
pub(crate) struct Plugins {
    known: HashMap<String, HashMap<ProcessIdx, Arc<Plugin>>>,
}

impl Engine {
    /// The plug-in of an activity, ready to be asked.
    fn plugin(&mut self, index: ProcessIdx) -> Answer<Arc<Plugin>> {
        let known = self.plugins.known.get(&self.definitions.hash).and_then(|known| known.get(&index));
        if let Some(known) = known {
            return Ok(Arc::clone(known));
        }
        let process = self.module().process(index).ok_or_else(|| faults::unknown_request("an activity"))?;
        let Some(ActivityBy::Wasm(plugin)) = process.activity.as_ref().map(|activity| &activity.by) else {
            return Err(faults::unknown_request("a plug-in"));
        };
        let plugin = Plugin::new(&plugin.bytes, &plugin.function);
        let plugin = Arc::new(plugin.map_err(|problem| faults::activity_failed(&process.name, problem))?);
        let of_build = self.plugins.known.entry(self.definitions.hash.clone()).or_default();
        of_build.insert(index, Arc::clone(&plugin));
        Ok(plugin)
    }

    /// Asks a plug-in. What it answers once it answers always, so nothing is tried again.
    pub(crate) fn call_plugin(
        &mut self,
        actor: &Actor,
        index: ProcessIdx,
        timeout: i64,
        inputs: &[Value],
    ) -> Answer<Option<Value>> {
        let plugin = self.plugin(index)?;
        let program = Arc::clone(&self.definitions.program);
        let module = program.module();
        let process = module.process(index).ok_or_else(|| faults::unknown_request("an activity"))?;
        let question = exchange::inputs(module, process, inputs).to_string();
        let answer = plugin
            .call(question.as_bytes(), timeout)
            .map_err(|stop| faults::activity_failed(&process.name, stop.message()))?;
        let value = match process.result {
            None => None,
            Some(ty) => {
                let value = exchange::result(module, ty, &answer, true);
                Some(value.map_err(|problem| faults::bad_answer_because(&process.name, problem))?)
            }
        };
        let line = self.line(actor, LogKind::Note, format!("{} was done", process.name));
        self.log(line)?;
        Ok(value)
    }
}
