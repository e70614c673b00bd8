//! `abide start`: starts a process or runs an action, in a store of real processes.

mod each;

use serde_json::json;

use crate::base::distance::did_you_mean;
use crate::base::value::{EntityIdx, RecordRef, Value};
use crate::bytecode::module::{Module, ParamDef, ProcessDef};
use crate::bytecode::types::{TypeDef, TypeIdx};
use crate::cli::args::StartArgs;
use crate::cli::cmd::record::fields;
use crate::cli::exit::Exit;
use crate::cli::settings;
use crate::cli::store;
use crate::cli::term::Term;
use crate::data::show::Show;
use crate::data::write;
use crate::diag::render;
use crate::engine::Started;

pub(in crate::cli) fn run(args: &StartArgs, term: &Term) -> Exit {
    start(args, term).unwrap_or_else(|exit| exit)
}

fn start(args: &StartArgs, term: &Term) -> Result<Exit, Exit> {
    let mut engine = store::engine(&args.write.store.store, term)?;
    let module = engine.module();
    let Some(process) = module.processes.iter().find(|process| process.name == args.process) else {
        let near = did_you_mean(&args.process, module.processes.iter().map(|process| process.name.as_str()));
        let help = near
            .first()
            .map_or_else(|| "`abide definitions` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
        term.err(&format!("error[R0505]: the build has no process `{}`\n  help: {help}\n", args.process));
        return Err(Exit::Wrong);
    };
    if args.each {
        return each::start(&mut engine, args, term);
    }
    let values = arguments(module, process, &args.args, term)?;
    let result = process.result;
    let user = args.write.user.as_deref().map(|word| user(module, word, term)).transpose()?;
    match engine.start(user, &args.process, &values) {
        Ok(Started::Instance(id)) if args.write.json => {
            term.out(&format!("{:#}\n", json!({"version": 1, "instance": id})));
        }
        Ok(Started::Instance(id)) => term.out(&format!("started {} #{id}\n", args.process)),
        Ok(Started::Result(value)) => {
            let result = result.zip(value.as_ref());
            if args.write.json {
                let json = result.map(|(ty, value)| write::to_json(engine.module(), ty, value));
                term.out(&format!("{:#}\n", json!({"version": 1, "result": json})));
            } else {
                let show = Show { whole: true, ..Show::new(engine.module(), false) };
                let shown = result.map(|(ty, value)| show.value(ty, value, &|_| None));
                term.out(&shown.map_or_else(|| format!("{} is done\n", args.process), |shown| format!("{shown}\n")));
            }
        }
        Err(failure) => return Err(store::refused(term, failure)),
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
        if word.contains(':') { Exit::Wrong } else { Exit::Usage }
    })
}

/// The primary record, and the inputs in their order.
pub(super) fn arguments(
    module: &Module,
    process: &ProcessDef,
    given: &[String],
    term: &Term,
) -> Result<Vec<Value>, Exit> {
    let mut values = Vec::new();
    let mut rest = given.iter();
    if process.primary.is_some() {
        let Some(word) = rest.next().filter(|word| !word.contains('=')) else {
            term.err(&format!("error: {} is started on a record\n", process.name));
            term.err(&format!("  help: write `abide start {} opportunity:42 …`\n", process.name));
            return Err(Exit::Wrong);
        };
        values.push(Value::Ref(fields::record(module, word, term)?));
    }
    let rest: Vec<&String> = rest.collect();
    values.extend(named(module, (&process.name, "input"), &process.inputs, &rest, term)?);
    Ok(values)
}

/// Values that are given as NAME=VALUE, in the order of those they are for: `of` is whose they are, and the word for one.
pub(in crate::cli) fn named(
    module: &Module,
    of: (&str, &str),
    params: &[ParamDef],
    given: &[&String],
    term: &Term,
) -> Result<Vec<Value>, Exit> {
    let (owner, word) = of;
    let told = |what: String, help: String, exit: Exit| {
        term.err(&format!("error: {what}\n  help: {help}\n"));
        exit
    };
    let mut found: Vec<Option<Value>> = vec![None; params.len()];
    for text in given {
        let Some((name, value)) = text.split_once('=') else {
            let help = format!("write {word}s as NAME=VALUE");
            return Err(told(format!("`{text}` has no `=`"), help, Exit::Usage));
        };
        let Some((param, place)) = params.iter().zip(&mut found).find(|(param, _)| param.name == name) else {
            let known: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
            let help = if known.is_empty() {
                "it has none".to_owned()
            } else {
                format!("its {word}s are: {}", known.join(", "))
            };
            return Err(told(format!("{owner} has no {word} `{name}`"), help, Exit::Wrong));
        };
        let resolve = |word: &str| record(module, word);
        let value = settings::from_text(module, param.ty, value, &format!("{name}="), &resolve);
        *place = Some(value.map_err(|(problem, sources)| {
            term.err(&render::human(&[problem], &sources, &term.messages()));
            Exit::Wrong
        })?);
    }
    let whole = params.iter().zip(found).map(|(param, value)| {
        let none = || is_optional(module, param.ty).then_some(Value::None);
        value.or_else(|| param.default.clone()).or_else(none).ok_or_else(|| {
            let help = format!("write {}=VALUE", param.name);
            told(format!("{owner} needs the {word} `{}`", param.name), help, Exit::Wrong)
        })
    });
    whole.collect()
}

fn is_optional(module: &Module, ty: TypeIdx) -> bool {
    matches!(module.ty(ty), Some(TypeDef::Optional(_)))
}
