//! `abide signal`: sends a signal in a store of real processes.

use serde_json::json;

use super::start;
use crate::base::distance::did_you_mean;
use crate::base::value::Value;
use crate::bytecode::module::{Module, RecordKind};
use crate::cli::args::SignalArgs;
use crate::cli::cmd::record::fields;
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::Term;
use crate::engine::operate::Sent;

pub(in crate::cli) fn run(args: &SignalArgs, term: &Term) -> Exit {
    send(args, term).unwrap_or_else(|exit| exit)
}

fn send(args: &SignalArgs, term: &Term) -> Result<Exit, Exit> {
    let mut engine = store::engine(&args.write.store.store, term)?;
    let module = engine.module();
    let Some((_, signal)) = module.signal_by_name(&args.signal) else {
        return Err(unknown(module, &args.signal, term));
    };
    let (record, rest) = match args.args.split_first() {
        Some((word, rest)) if !word.contains('=') => (Some(fields::record(module, word, term)?), rest),
        _ => (None, args.args.as_slice()),
    };
    let rest: Vec<&String> = rest.iter().collect();
    let values = start::named(module, (&args.signal, "field"), &signal.fields, &rest, term)?;
    let user = args.write.user.as_deref().map(|word| start::user(module, word, term)).transpose()?;
    match engine.send(user, &args.signal, &Value::Record(values), record) {
        Ok(sent) => tell(args, &sent, record.map(|record| engine.identity(record)), term),
        Err(failure) => return Err(store::refused(term, failure)),
    }
    Ok(Exit::Fine)
}

fn unknown(module: &Module, name: &str, term: &Term) -> Exit {
    let signals = module.records.iter().filter(|record| record.kind == RecordKind::Signal);
    let names: Vec<&str> = signals.map(|signal| signal.name.as_str()).collect();
    let help = match (did_you_mean(name, names.iter().copied()).as_slice(), names.as_slice()) {
        ([near, ..], _) => format!("did you mean `{near}`?"),
        ([], []) => "the build declares no signals".to_owned(),
        ([], names) => format!("its signals are: {}", names.join(", ")),
    };
    term.err(&format!("error: the build has no signal `{name}`\n  help: {help}\n"));
    Exit::Wrong
}

fn tell(args: &SignalArgs, sent: &Sent, record: Option<String>, term: &Term) {
    if args.write.json {
        let to: Vec<i64> = sent.to.iter().map(|(id, _)| *id).collect();
        let object =
            json!({"version": 1, "signal": args.signal, "record": record, "instances": to, "starts": sent.starts});
        return term.out(&format!("{object:#}\n"));
    }
    let to = record.map(|record| format!(" to {record}")).unwrap_or_default();
    term.out(&format!("sent {}{to}\n", args.signal));
    for (id, process) in &sent.to {
        term.out(&format!("  got by {process} #{id}\n"));
    }
    for process in &sent.starts {
        term.out(&format!("  {process} begins with it\n"));
    }
    if sent.to.is_empty() && sent.starts.is_empty() {
        term.out("  nobody receives it\n");
    }
}
