//! Rules: they run with the values that are about to be written, and say what is required and refused.

use std::sync::Arc;

use crate::{
    base::value::{RecordRef, Value},
    bytecode::{
        host::RuleEffect,
        module::ProcessKind,
        types::{FieldIdx, ProcessIdx},
    },
};

use super::{
    Engine,
    actor::Actor,
    faults::{self, Answer, Failure},
    host::Arguments,
    machine::Frame,
    triggers::Kept,
};

/// What a rule said of its record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) rule: ProcessIdx,
    pub(crate) effect: RuleEffect,
    /// None is the record as a whole.
    pub(crate) field: Option<FieldIdx>,
    /// What it recommends, or had set as a default.
    pub(crate) value: Value,
    /// The message, or title and details.
    pub(crate) texts: Vec<String>,
}

impl Engine {
    /// Whether a process is a rule.
    pub(crate) fn is_rule(&self, process: ProcessIdx) -> bool {
        self.module().process(process).is_some_and(|process| process.kind == ProcessKind::Rule)
    }

    /// Runs a rule with the values that are about to be written, and adds what it says.
    pub(crate) fn run_rule(
        &mut self,
        actor: &Actor,
        rule: ProcessIdx,
        record: RecordRef,
        kept: &Kept<'_>,
        said: &mut Vec<Said>,
    ) -> Answer<()> {
        let program = Arc::clone(&self.definitions.program);
        let process = program.module().process(rule).ok_or_else(|| faults::unknown_request("a rule"))?;
        let arguments = self.arguments(process, Some(record), &[], kept)?;
        let own = Actor { user: actor.user, caller: actor.user, depth: actor.depth, ..Actor::default() };
        let (end, frame) = self.run_body(process.body, &arguments, Frame::new(own, &process.zone))?;
        self.end_of_realtime(end, &process.name)?;
        said.extend(frame.said.into_iter().map(|one| Said { rule, ..one }));
        Ok(())
    }

    /// Keeps what a rule says; a default is set at once, where the field is empty.
    pub(super) fn said(
        &mut self,
        frame: &mut Frame<'_>,
        (effect, field): (RuleEffect, Option<FieldIdx>),
        args: &mut Arguments<'_>,
    ) -> Answer<()> {
        let value = match effect {
            RuleEffect::Default | RuleEffect::Recommend => args.next()?.clone(),
            _ => Value::None,
        };
        if let (RuleEffect::Default, Some(field)) = (effect, field) {
            let is_empty = self.pending.last().and_then(|(_, row)| row.get(field.index())).is_none_or(Value::is_none);
            if !is_empty {
                return Ok(());
            }
            self.set_pending(field, &value)?;
        }
        let mut texts = Vec::with_capacity(args.rest().len());
        while !args.rest().is_empty() {
            texts.push(args.text()?);
        }
        frame.said.push(Said { rule: ProcessIdx(0), effect, field, value, texts });
        Ok(())
    }

    /// Refuses the operation if a rule said so, or if something is missing that one requires: with all messages.
    pub(crate) fn refuse_as_said(&mut self, said: &[Said]) -> Answer<()> {
        let mut reasons: Vec<(ProcessIdx, String)> = Vec::new();
        for (place, one) in said.iter().enumerate() {
            let is_told = match one.effect {
                RuleEffect::Refuse => true,
                RuleEffect::Require => is_last_word(said, place) && self.is_missing(one.field),
                _ => false,
            };
            if is_told {
                reasons.push((one.rule, self.reason(one)));
            }
        }
        let Some(((first, reason), rest)) = reasons.split_first() else { return Ok(()) };
        let name = |rule: ProcessIdx| self.module().process(rule).map_or("", |process| process.name.as_str());
        let (blamed, mut message, mut last) = (name(*first).to_owned(), reason.clone(), *first);
        for (rule, reason) in rest {
            let rule_name = if *rule == last { String::new() } else { format!("{}: ", name(*rule)) };
            message.push_str(&format!("; {rule_name}{reason}"));
            last = *rule;
        }
        let failure = faults::refused(&blamed, message);
        if let Failure::Fault(fault) = &failure {
            self.blame(&blamed, fault);
        }
        Err(failure)
    }

    /// Whether the record that is about to be written lacks a field.
    fn is_missing(&self, field: Option<FieldIdx>) -> bool {
        let row = self.pending.last().map(|(_, row)| row);
        field.zip(row).is_some_and(|(field, row)| row.get(field.index()).is_none_or(Value::is_none))
    }

    /// The words of a refusal or requirement.
    pub(crate) fn reason(&self, said: &Said) -> String {
        match said.texts.first().filter(|text| !text.is_empty()) {
            Some(text) => text.clone(),
            None => {
                let entity = self.pending.last().map(|(record, _)| record.entity);
                let name = entity.zip(said.field).map(|(entity, field)| self.field_name(entity, field));
                format!("`{}` needs a value", name.unwrap_or_default())
            }
        }
    }
}

/// Whether no later rule says otherwise of the same field.
pub(crate) fn is_last_word(said: &[Said], place: usize) -> bool {
    let Some((one, later)) = said.get(place..).and_then(<[Said]>::split_first) else { return false };
    let kind = subject(one.effect);
    later.iter().all(|other| (subject(other.effect), other.field) != (kind, one.field))
}

/// What effects are about that replace each other.
fn subject(effect: RuleEffect) -> u8 {
    match effect {
        RuleEffect::Optional | RuleEffect::Require => 0,
        RuleEffect::Lock | RuleEffect::Unlock => 1,
        RuleEffect::Hide | RuleEffect::Show => 2,
        RuleEffect::Default => 3,
        RuleEffect::Recommend => 4,
        RuleEffect::Refuse => 5,
    }
}
