//! `abide doctor`: what is wrong with a store.

use serde_json::json;

use crate::cli::args::DoctorArgs;
use crate::cli::busy;
use crate::cli::cmd::run::quoted;
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::Term;

pub(in crate::cli) fn run(args: &DoctorArgs, term: &Term) -> Exit {
    examine(args, term).unwrap_or_else(|exit| exit)
}

fn examine(args: &DoctorArgs, term: &Term) -> Result<Exit, Exit> {
    let path = &args.store.store;
    let mut simulation = store::simulation(path, term)?;
    let what = format!("looks through `{}`", path.display());
    let damage = busy::told(&what, || simulation.engine.examine()).map_err(|failure| store::failed(term, failure))?;
    let missing = simulation.engine.settings_without_value();
    let told = |name: &&str| format!("the setting `config.{name}` has no value: processes that read it are parked");
    let wrong: Vec<String> = damage.iter().cloned().chain(missing.iter().map(told)).collect();
    if args.json {
        term.out(&format!("{:#}\n", json!({"version": 1, "wrong": wrong})));
    } else if wrong.is_empty() {
        term.out(&format!("`{}` is sound, and every suspended instance can be woken.\n", path.display()));
    } else {
        for what in &wrong {
            term.out(&format!("{what}\n"));
        }
        if !damage.is_empty() {
            term.err("  help: keep a copy of the file before anything else is done with it\n");
        }
        if let Some(name) = missing.first() {
            let path = quoted(&path.to_string_lossy());
            term.err(&format!("  help: abide settings {name}=VALUE --store {path}\n"));
        }
    }
    Ok(if wrong.is_empty() { Exit::Fine } else { Exit::Wrong })
}
