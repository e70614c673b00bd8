//! `abide start PROCESS --each`: on every record that the process takes, or on those with some values.

use serde_json::json;

use super::{named, user};
use crate::base::value::{EntityIdx, RecordRef, Value};
use crate::bytecode::module::ProcessDef;
use crate::bytecode::types::TypeDef;
use crate::cli::args::StartArgs;
use crate::cli::cmd::record::fields;
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::{Term, counted};
use crate::engine::Engine;
use crate::vm::fault::Fault;

/// Starts of one transaction.
const AT_ONCE: u32 = 1_000;
/// Starts after which progress is told.
const TOLD: u64 = 100_000;
/// Refusals that are told one by one.
const SHOWN_MAX: usize = 10;

/// What came of it.
#[derive(Default)]
struct Outcome {
    started: u64,
    refused: u64,
    shown: Vec<(String, Box<Fault>)>,
}

pub(super) fn start(engine: &mut Engine, args: &StartArgs, term: &Term) -> Result<Exit, Exit> {
    let module = engine.module();
    let process = module.processes.iter().find(|process| process.name == args.process);
    let entity = |process: &ProcessDef| match module.ty(process.primary?) {
        Some(TypeDef::Ref(entity)) => Some(*entity),
        _ => None,
    };
    let Some((process, entity)) = process.and_then(|process| Some((process, entity(process)?))) else {
        term.err(&format!(
            "error: {} is not started on records of one entity\n  help: leave out --each\n",
            args.process
        ));
        return Err(Exit::Usage);
    };
    let conditions = fields::conditions(module, entity, &args.conditions, term)?;
    let given: Vec<&String> = args.args.iter().collect();
    let inputs = named(module, (&process.name, "input"), &process.inputs, &given, term)?;
    let user = args.write.user.as_deref().map(|word| user(module, word, term)).transpose()?;
    let mut outcome = Outcome::default();
    let mut after = 0;
    loop {
        let found = engine.store().candidates(entity, &conditions, after, AT_ONCE);
        let found = found.map_err(|error| store::failed(term, error))?;
        let Some(last) = found.last().copied() else { break };
        outcome.add(engine, user, args, (entity, &found, &inputs), term)?;
        after = last;
    }
    Ok(outcome.tell(args, term))
}

impl Outcome {
    fn add(
        &mut self,
        engine: &mut Engine,
        user: Option<i64>,
        args: &StartArgs,
        (entity, ids, inputs): (EntityIdx, &[i64], &[Value]),
        term: &Term,
    ) -> Result<(), Exit> {
        let record = |id: &i64| RecordRef { entity, id: *id };
        let starts: Vec<Vec<Value>> = ids.iter().map(|id| [&[Value::Ref(record(id))], inputs].concat()).collect();
        let answers = engine.start_each(user, &args.process, &starts);
        for (id, answer) in ids.iter().zip(answers.map_err(|failure| store::failed(term, failure))?) {
            match answer {
                Ok(_) => self.started += 1,
                Err(fault) => {
                    self.refused += 1;
                    if self.shown.len() < SHOWN_MAX {
                        self.shown.push((engine.identity(record(id)), fault));
                    }
                }
            }
            if (self.started + self.refused).is_multiple_of(TOLD) {
                term.err(&format!("{} so far\n", self.started + self.refused));
            }
        }
        Ok(())
    }

    fn tell(&self, args: &StartArgs, term: &Term) -> Exit {
        if args.write.json {
            let shown = self.shown.iter();
            let shown: Vec<_> = shown
                .map(|(record, fault)| json!({"record": record, "code": fault.code, "message": fault.message}))
                .collect();
            let told = json!({"version": 1, "started": self.started, "refused": self.refused, "reasons": shown});
            term.out(&format!("{told:#}\n"));
        } else {
            for (record, fault) in &self.shown {
                term.err(&format!("error[{}]: {record}: {}\n", fault.code, fault.message));
            }
            let all = self.started + self.refused;
            term.out(&format!("started {} on {} of {}\n", args.process, self.started, counted(all, "record")));
        }
        if self.refused == 0 { Exit::Fine } else { Exit::Wrong }
    }
}
