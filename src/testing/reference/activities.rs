//! Activities: what somebody else does for a process.

use super::{Evaluated, Fault, Reference, world::Actor};
use crate::{
    base::value::Value,
    engine::activities::{Activity, ActivityCall, ActivityError},
    sema::schema::{ProcessId, RecordId, RecordKind},
};

/// What an activity failed with.
pub(super) const FAILED: &str = "R0511";

impl<'a> Reference<'a> {
    /// Says who does an activity.
    pub fn implement(&mut self, name: &str, activity: Box<dyn Activity>) {
        self.activities.insert(name.to_owned(), activity);
    }

    /// Has an activity done. What it answers is of the declared types: no test here lets it lie.
    pub(super) fn call_activity(&mut self, actor: Actor, id: ProcessId, inputs: &[Value]) -> Evaluated {
        let (name, now) = (self.process_name(id), self.now);
        let activity = self.activities.get_mut(&name).ok_or(Fault::Trap("R0510"))?;
        let call = ActivityCall { name: &name, inputs, key: "", timeout: 0, now };
        let answer = activity.call(&call).map_err(|error| match error {
            ActivityError::Failed(message) => Fault::refused(FAILED, format!("{name} failed: {message}")),
            ActivityError::Raised { error, fields } => match self.error_named(&error) {
                Some(record) => Fault::Raised(record, fields),
                None => Fault::Trap("R0512"),
            },
        })?;
        self.note(actor, format!("{name} was done"));
        Ok(answer.unwrap_or(Value::None))
    }

    fn error_named(&self, name: &str) -> Option<RecordId> {
        let records = (0u16..).map(RecordId).zip(&self.program.schema.records);
        let mut errors = records.filter(|(_, record)| record.kind == RecordKind::Error && record.name == name);
        errors.next().map(|(id, _)| id)
    }
}
