//! Rules: what they set and say of the values that are about to be written.

use super::{Evaluated, Fault, Reference, run::Run, triggers::Kept, world::Actor};
use crate::{
    base::value::{RecordRef, Value},
    sema::{
        hir::RuleEffect,
        schema::{FieldId, ProcessId},
    },
};

/// What a rule said.
#[derive(Clone, Debug)]
pub(super) struct Said {
    rule: Option<ProcessId>,
    effect: RuleEffect,
    field: Option<FieldId>,
    text: String,
}

impl<'a> Reference<'a> {
    /// Runs a rule; gives what it said.
    pub(super) fn run_rule(
        &mut self,
        actor: Actor,
        id: ProcessId,
        record: RecordRef,
        kept: &Kept<'_>,
    ) -> Evaluated<Vec<Said>> {
        let own = Actor { user: actor.user, caller: actor.user, depth: actor.depth, ..Actor::default() };
        let mut run = self.begin(id, Some(record), &[], kept, own)?;
        self.go(&mut run).in_transaction(&self.process_name(id))?;
        Ok(run.said.into_iter().map(|one| Said { rule: Some(id), ..one }).collect())
    }

    /// A statement of a rule: a default is set where the field is empty.
    pub(super) fn say(
        &mut self,
        effect: RuleEffect,
        field: Option<FieldId>,
        values: Vec<Value>,
        run: &mut Run<'a>,
    ) -> Evaluated<()> {
        let is_empty = |me: &Self| {
            let row = me.pending.last().map(|(_, row)| row);
            field.zip(row).is_some_and(|(field, row)| row.get(usize::from(field.0)).is_none_or(Value::is_none))
        };
        match (effect, field, values.first()) {
            (RuleEffect::Default, Some(field), Some(value)) if is_empty(self) => {
                self.set_pending(field, value.clone())?;
            }
            (RuleEffect::Refuse | RuleEffect::Require, _, Some(Value::Text(text))) => {
                run.said.push(Said { rule: None, effect, field, text: text.clone() });
            }
            (RuleEffect::Optional, ..) => run.said.push(Said { rule: None, effect, field, text: String::new() }),
            _ => {}
        }
        Ok(())
    }

    /// One refusal with all messages of all rules.
    pub(super) fn refuse_as_said(&self, said: &[Said]) -> Evaluated<()> {
        let Some((record, row)) = self.pending.last() else { return Ok(()) };
        let mut message = String::new();
        let mut last = None;
        for (place, one) in said.iter().enumerate() {
            let missing = one.field.and_then(|field| Some((field, row.get(usize::from(field.0))?)));
            let is_told = match (one.effect, missing) {
                (RuleEffect::Refuse, _) => true,
                (RuleEffect::Require, Some((_, Value::None))) => {
                    let later = said.iter().skip(place + 1);
                    later.filter(|later| later.effect != RuleEffect::Refuse).all(|later| later.field != one.field)
                }
                _ => false,
            };
            if !is_told {
                continue;
            }
            let name = one.rule.map(|rule| self.process_name(rule)).unwrap_or_default();
            match last {
                None => message = format!("refused by {name}: "),
                Some(rule) if rule == one.rule => message.push_str("; "),
                Some(_) => message.push_str(&format!("; {name}: ")),
            }
            last = Some(one.rule);
            if one.text.is_empty() {
                let fields = &self.entity(record.entity)?.fields;
                let field = one.field.and_then(|field| fields.get(usize::from(field.0)));
                message.push_str(&format!("`{}` needs a value", field.map_or("", |field| field.name.as_str())));
            } else {
                message.push_str(&one.text);
            }
        }
        if last.is_none() { Ok(()) } else { Err(Fault::refused("R0501", message)) }
    }
}
