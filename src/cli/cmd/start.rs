//! `abide start`: starts a process or runs an action, in a store of real processes.

use serde_json::json;

use crate::base::distance::did_you_mean;
use crate::base::value::{EntityIdx, RecordRef, Value};
use crate::bytecode::module::{Module, ProcessDef};
use crate::bytecode::types::{TypeDef, TypeIdx};
use crate::cli::args::StartArgs;
use crate::cli::exit::Exit;
use crate::cli::settings;
use crate::cli::store;
use crate::cli::term::Term;
use crate::data::show::Show;
use crate::diag::render;
use crate::engine::Started;
use crate::engine::faults::Failure;

pub(in crate::cli) fn run(args: &StartArgs, term: &Term) -> Exit {
    start(args, term).unwrap_or_else(|exit| exit)
}

fn start(args: &StartArgs, term: &Term) -> Result<Exit, Exit> {
    let mut engine = store::engine(&args.store.store, term)?;
    let module = engine.module();
    let Some(process) = module.processes.iter().find(|process| process.name == args.process) else {
        let near = did_you_mean(&args.process, module.processes.iter().map(|process| process.name.as_str()));
        let help = near
            .first()
            .map_or_else(|| "`abide definitions` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
        term.err(&format!("error[R0505]: the build has no process `{}`\n  help: {help}\n", args.process));
        return Err(Exit::Wrong);
    };
    let values = arguments(module, process, &args.args, term)?;
    let result = process.result;
    let user = args.user.as_deref().map(|word| user(module, word, term)).transpose()?;
    match engine.start(user, &args.process, &values) {
        Ok(Started::Instance(id)) if args.json => {
            term.out(&format!("{:#}\n", json!({"version": 1, "instance": id})));
        }
        Ok(Started::Instance(id)) => term.out(&format!("started {} #{id}\n", args.process)),
        Ok(Started::Result(value)) => {
            let zone = jiff::tz::TimeZone::get(&engine.module().meta.zone).unwrap_or(jiff::tz::TimeZone::UTC);
            let show = Show { module: engine.module(), zone };
            let shown = match (result, &value) {
                (Some(ty), Some(value)) => Some(show.value(ty, value, &|_| None)),
                _ => None,
            };
            if args.json {
                term.out(&format!("{:#}\n", json!({"version": 1, "result": shown})));
            } else {
                term.out(&shown.map_or_else(|| format!("{} is done\n", args.process), |shown| format!("{shown}\n")));
            }
        }
        Err(Failure::Fault(fault)) => {
            term.err(&format!("error[{}]: {}\n", fault.code, fault.message));
            return Err(Exit::Wrong);
        }
        Err(failure) => return Err(store::failed(term, failure)),
    }
    Ok(Exit::Fine)
}

/// `opportunity:42`.
pub(in crate::cli) fn record(module: &Module, word: &str) -> Option<RecordRef> {
    let (table, id) = word.split_once(':')?;
    let index = module.entities.iter().position(|entity| entity.table == table && !table.is_empty())?;
    Some(RecordRef { entity: EntityIdx(u16::try_from(index).ok()?), id: id.parse().ok()? })
}

/// The user of `--as`.
pub(in crate::cli) fn user(module: &Module, word: &str, term: &Term) -> Result<i64, Exit> {
    let found = record(module, word).filter(|record| module.entity(record.entity).is_some_and(|e| e.name == "User"));
    found.map(|record| record.id).ok_or_else(|| {
        term.err(&format!("error: `--as {word}` is no user\n  help: write one as user:7\n"));
        Exit::Usage
    })
}

/// The primary record, and the inputs in their order.
fn arguments(module: &Module, process: &ProcessDef, given: &[String], term: &Term) -> Result<Vec<Value>, Exit> {
    let usage = |what: String, help: String| {
        term.err(&format!("error: {what}\n  help: {help}\n"));
        Exit::Usage
    };
    let mut values = Vec::new();
    let mut rest = given.iter();
    if process.primary.is_some() {
        let word = rest.next().filter(|word| !word.contains('='));
        let found = word.and_then(|word| record(module, word));
        let help = || format!("write `abide start {} opportunity:42 …`", process.name);
        values
            .push(Value::Ref(found.ok_or_else(|| usage(format!("{} is started on a record", process.name), help()))?));
    }
    let mut inputs: Vec<Option<Value>> = vec![None; process.inputs.len()];
    for text in rest {
        let known = || process.inputs.iter().map(|input| input.name.as_str()).collect::<Vec<_>>().join(", ");
        let Some((name, value)) = text.split_once('=') else {
            return Err(usage(format!("`{text}` has no `=`"), "write inputs as NAME=VALUE".to_owned()));
        };
        let found = process.inputs.iter().zip(&mut inputs).find(|(input, _)| input.name == name);
        let Some((input, place)) = found else {
            return Err(usage(
                format!("{} has no input `{name}`", process.name),
                format!("its inputs are: {}", known()),
            ));
        };
        let resolve = |word: &str| record(module, word);
        *place = Some(settings::from_text(module, input.ty, value, &format!("{name}="), &resolve).map_err(
            |(problem, sources)| {
                term.err(&render::human(&[problem], &sources, &term.messages()));
                Exit::Wrong
            },
        )?);
    }
    for (input, value) in process.inputs.iter().zip(inputs) {
        let value =
            value.or_else(|| input.default.clone()).or_else(|| is_optional(module, input.ty).then_some(Value::None));
        let missing = || {
            usage(format!("{} needs the input `{}`", process.name, input.name), format!("write {}=VALUE", input.name))
        };
        values.push(value.ok_or_else(missing)?);
    }
    Ok(values)
}

fn is_optional(module: &Module, ty: TypeIdx) -> bool {
    matches!(module.ty(ty), Some(TypeDef::Optional(_)))
}
