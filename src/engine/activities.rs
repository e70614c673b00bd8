//! Activities: what the embedding program does for a process.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    base::value::Value,
    bytecode::{
        host::HostOp,
        module::{ActivityBy, Module, ProcessDef, ProcessKind, RecordKind},
        types::{ProcessIdx, RecordIdx, TypeIdx},
        verify,
    },
    data::show::Show,
    vm::fault::Fault,
};

use super::{
    Engine,
    actor::Actor,
    faults::{self, Answer, Failure},
    store::LogKind,
};

/// Does an activity that is declared `using native`. It runs within the transaction of the process, on the thread of the
/// engine, and its result is recorded with the turn. If the turn is lost, by a crash or a fault after it, the call is made
/// again with the same key.
pub trait Activity: Send {
    /// Does it.
    ///
    /// # Errors
    /// With what the process sees: an error that the program declares, or a failure that may be tried again.
    fn call(&mut self, call: &ActivityCall<'_>) -> Result<Option<Value>, ActivityError>;
}

impl<F> Activity for F
where
    F: FnMut(&ActivityCall<'_>) -> Result<Option<Value>, ActivityError> + Send,
{
    fn call(&mut self, call: &ActivityCall<'_>) -> Result<Option<Value>, ActivityError> {
        self(call)
    }
}

/// A call of an activity.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityCall<'a> {
    /// Its name.
    pub name: &'a str,
    /// The primary record, if it has one, and the inputs in order, of the declared types.
    pub inputs: &'a [Value],
    /// The same for each try of this call, and no other call has it.
    pub key: &'a str,
    /// How long it may take, in microseconds. An answer that comes later is thrown away.
    pub timeout: i64,
    /// The moment of the turn.
    pub now: i64,
}

/// Why an activity gives no result.
#[derive(Clone, Debug, PartialEq)]
pub enum ActivityError {
    /// An error that the program declares, with its fields in order: `catch` sees it.
    Raised {
        /// The name of the error.
        error: String,
        /// Its fields.
        fields: Vec<Value>,
    },
    /// It could not be done now, for a reason that people read. `retry` tries it again; without one the engine does, after
    /// growing delays, if no `catch` deals with it.
    Failed(String),
}

/// What an activity answers in a test.
#[derive(Clone, Debug, PartialEq)]
pub struct Mock {
    /// The activity.
    pub process: ProcessIdx,
    /// The inputs that must be so, by their place; the primary record is the first.
    pub inputs: Vec<(u16, Value)>,
    /// The result, or an error.
    pub answer: Result<Option<Value>, (RecordIdx, Value)>,
}

/// The activities that the code of a build calls and that are declared `using native`: only a program that embeds the
/// engine can do them.
#[must_use]
pub fn native(module: &Module) -> Vec<&str> {
    let mut called = BTreeSet::new();
    for site in &module.sites {
        if let HostOp::CallActivity { process, .. } = site.op {
            let process = module.process(process).filter(|process| !is_plugin(process));
            called.extend(process.map(|process| process.name.as_str()));
        }
    }
    called.into_iter().collect()
}

impl Engine {
    /// Registers who does an activity; a second one takes the place of the first.
    ///
    /// # Errors
    /// If the build has no activity of this name.
    pub fn implement(&mut self, name: &str, activity: Box<dyn Activity>) -> Answer<()> {
        let is_known = self.module().processes.iter().any(|p| p.name == name && p.kind == ProcessKind::Activity);
        if !is_known {
            return Err(faults::unknown_request(format!("an activity `{name}`")));
        }
        self.activities.insert(name.to_owned(), activity);
        Ok(())
    }

    /// Lets an activity answer so in what follows, where its inputs fit. Of two answers that fit, the later one holds.
    pub fn mock(&mut self, mock: Mock) {
        self.mocks.push(mock);
    }

    /// Has an activity done; the first argument is the key.
    pub(crate) fn call_activity(
        &mut self,
        actor: &Actor,
        index: ProcessIdx,
        timeout: i64,
        args: &[Value],
    ) -> Answer<Option<Value>> {
        let program = Arc::clone(&self.definitions.program);
        let module = program.module();
        let process = module.process(index).ok_or_else(|| faults::unknown_request("an activity"))?;
        let Some((Value::Text(key), inputs)) = args.split_first() else {
            return Err(faults::unknown_request("the key of an activity"));
        };
        let name = process.name.as_str();
        let answer = match self.mocked(index, inputs) {
            Some(answer) => answer,
            None if is_plugin(process) => return self.call_plugin(actor, index, timeout, inputs),
            None => {
                let activity = self.activities.get_mut(name).ok_or_else(|| faults::no_implementation(name))?;
                let began = self.clock.now();
                let call = ActivityCall { name, inputs, key, timeout, now: self.now };
                let answer = activity.call(&call).map_err(|error| failure(module, name, error));
                if self.clock.now().saturating_sub(began) > timeout {
                    return Err(faults::passing(faults::activity_late(name)));
                }
                answer
            }
        };
        let line = self.line(actor, LogKind::Note, format!("{name} was done"));
        let answer = answer.and_then(|value| checked(module, name, process.result, value))?;
        self.log(line)?;
        Ok(answer)
    }
}

fn is_plugin(process: &ProcessDef) -> bool {
    process.activity.as_ref().is_some_and(|activity| matches!(activity.by, ActivityBy::Wasm(_)))
}

/// The result, if it is what the activity promises.
fn checked(module: &Module, name: &str, result: Option<TypeIdx>, value: Option<Value>) -> Answer<Option<Value>> {
    let is_right = match (result, &value) {
        (None, None) => true,
        (Some(ty), Some(value)) => verify::fits(module, value, ty),
        _ => false,
    };
    if is_right { Ok(value) } else { Err(faults::bad_answer(name)) }
}

fn failure(module: &Module, name: &str, error: ActivityError) -> Failure {
    let (error, fields) = match error {
        ActivityError::Failed(message) => return faults::passing(faults::activity_failed(name, message)),
        ActivityError::Raised { error, fields } => (error, fields),
    };
    let found = (0u16..).zip(&module.records).find(|(_, def)| def.kind == RecordKind::Error && def.name == error);
    let value = Value::Record(fields);
    match found.map(|(index, _)| RecordIdx(index)).filter(|index| verify::fits_record(module, &value, *index)) {
        Some(index) => raised(module, index, value),
        None => faults::bad_answer(name),
    }
}

fn raised(module: &Module, record: RecordIdx, value: Value) -> Failure {
    Fault::raised(&Show { whole: true, ..Show::new(module, false) }, record, value).into()
}
