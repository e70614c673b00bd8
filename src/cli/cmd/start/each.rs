//! `abide start PROCESS --each`: on every record that the process takes, or on those with some values.
//!
//! Up to which record the starts are committed is noted with them in the store, until the last one: so a call that was cut
//! short, however it was, is known to the next one.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;

use super::{named, user};
use crate::base::value::{EntityIdx, RecordRef, Value};
use crate::bytecode::module::ProcessDef;
use crate::bytecode::types::TypeDef;
use crate::cli::args::StartArgs;
use crate::cli::cmd::record::fields;
use crate::cli::exit::Exit;
use crate::cli::term::{Term, counted};
use crate::cli::{stop, store};
use crate::engine::Engine;
use crate::engine::store::StoreError;
use crate::simulation::progress::identify;
use crate::vm::fault::Fault;

/// Starts of one transaction.
const AT_ONCE: u32 = 1_000;
/// Starts after which progress is told.
const TOLD: u64 = 100_000;
/// Refusals that are told one by one.
const SHOWN_MAX: usize = 10;

/// What the settings of a store begin with that say how far such calls have come.
const KEY: &str = "each";

/// What came of it.
#[derive(Default)]
struct Outcome {
    started: u64,
    refused: u64,
    shown: Vec<(String, Box<Fault>)>,
    /// The last record whose start is committed.
    last: i64,
}

/// What is started.
struct Call<'a> {
    args: &'a StartArgs,
    entity: EntityIdx,
    user: Option<i64>,
    inputs: Vec<Value>,
    /// The setting that says how far it has come.
    key: String,
}

pub(super) fn start(engine: &mut Engine, args: &StartArgs, term: &Term) -> Result<Exit, Exit> {
    let stop = stop::on_signals(term)?;
    let program = Arc::clone(engine.program());
    let module = program.module();
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
    let conditions = fields::conditions(engine, entity, &args.conditions, term)?;
    let given: Vec<&String> = args.args.iter().collect();
    let inputs = named(module, (&process.name, "input"), &process.inputs, &given, term)?;
    let user = args.write.user.as_deref().map(|word| user(module, word, term)).transpose()?;
    let call = Call { args, entity, user, inputs, key: key(args)? };
    let mut outcome = Outcome { last: call.begin(engine, term)?, ..Outcome::default() };
    loop {
        let found = engine.store().candidates(entity, &conditions, outcome.last, AT_ONCE);
        let found = found.map_err(|error| store::failed(term, error))?;
        let is_last = found.len() < AT_ONCE as usize;
        if let Err(exit) = call.start(engine, &found, is_last, &mut outcome, term) {
            call.tell_rest(engine, &outcome, term);
            return Err(exit);
        }
        if is_last {
            return Ok(outcome.tell(args, term));
        }
        if stop.load(Ordering::Relaxed) {
            term.err("stopped before the last record\n");
            call.tell_rest(engine, &outcome, term);
            outcome.tell(args, term);
            return Ok(Exit::Environment);
        }
    }
}

/// What stands for the same call with other progress.
fn key(args: &StartArgs) -> Result<String, Exit> {
    let call = json!([args.conditions, args.args, args.write.user]).to_string();
    let call = identify(call.as_bytes()).map_err(|_| Exit::Bug)?;
    Ok(format!("{KEY}/{}/{call}", args.process))
}

impl Call<'_> {
    /// The record behind which it begins. A call that would start anew what an earlier one has started is refused.
    fn begin(&self, engine: &mut Engine, term: &Term) -> Result<i64, Exit> {
        if let Some(word) = &self.args.after {
            if word == "0" {
                return Ok(0);
            }
            let record = fields::record(engine.module(), word, term)?;
            if record.entity == self.entity {
                return Ok(record.id);
            }
            term.err(&format!("error: `--after {word}`: {} is not started on such records\n", self.args.process));
            return Err(Exit::Usage);
        }
        let known = engine.store().meta(&self.key).map_err(|error| store::failed(term, error))?;
        let Some(known) = known else { return Ok(0) };
        let damaged = || store::failed(term, StoreError::Damaged("the note about `start --each`".to_owned()));
        let last = engine.identity(RecordRef { entity: self.entity, id: known.parse().map_err(|_| damaged())? });
        term.err(&format!("error: this call was cut short before; up to {last} all is started\n"));
        term.err(&format!("  help: `--after {last}` goes on behind it, `--after 0` starts all again\n"));
        Err(Exit::Wrong)
    }

    /// Starts it on some records, in one transaction with the note of how far it has come.
    fn start(
        &self,
        engine: &mut Engine,
        ids: &[i64],
        is_last: bool,
        outcome: &mut Outcome,
        term: &Term,
    ) -> Result<(), Exit> {
        let record = |id: &i64| RecordRef { entity: self.entity, id: *id };
        let starts: Vec<Vec<Value>> =
            ids.iter().map(|id| [&[Value::Ref(record(id))], self.inputs.as_slice()].concat()).collect();
        let last = ids.last().copied().unwrap_or(outcome.last);
        let answers = engine.noting(
            |engine| engine.start_each(self.user, &self.args.process, &starts),
            |store, _| {
                if is_last { store.remove_meta(&self.key) } else { store.set_meta(&self.key, &last.to_string()) }
            },
        );
        let answers = answers.map_err(|failure| store::failed(term, failure))?;
        outcome.last = last;
        for (id, answer) in ids.iter().zip(answers) {
            match answer {
                Ok(_) => outcome.started += 1,
                Err(fault) => {
                    outcome.refused += 1;
                    if outcome.shown.len() < SHOWN_MAX {
                        outcome.shown.push((engine.identity(record(id)), fault));
                    }
                }
            }
            if (outcome.started + outcome.refused).is_multiple_of(TOLD) {
                term.err(&format!("{} so far\n", outcome.started + outcome.refused));
            }
        }
        Ok(())
    }

    fn tell_rest(&self, engine: &Engine, outcome: &Outcome, term: &Term) {
        if outcome.last > 0 {
            let last = engine.identity(RecordRef { entity: self.entity, id: outcome.last });
            term.err(&format!("  help: up to {last} all is started; `--after {last}` goes on behind it\n"));
        }
    }
}

impl Outcome {
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
                term.err(&format!("error[{}]: {record}: {}\n", fault.code, fault.beside_code()));
            }
            let all = self.started + self.refused;
            term.out(&format!("started {} on {} of {}\n", args.process, self.started, counted(all, "record")));
        }
        if self.refused == 0 { Exit::Fine } else { Exit::Wrong }
    }
}
