//! `abide settings`: all limits, and the settings of a store, which may be given other values.

use std::path::Path;

use serde_json::json;

use crate::base::limits;
use crate::base::value::{Duration, Value};
use crate::bytecode::module::{ConfigDef, Module};
use crate::cli::args::SettingsArgs;
use crate::cli::cmd::run::quoted;
use crate::cli::exit::Exit;
use crate::cli::term::Term;
use crate::cli::{settings as words, store};
use crate::data::moments::parse_duration;
use crate::data::show::{self, Show};
use crate::engine::settings::{self, Change};
use crate::engine::texts::{self, StoreText};
use crate::engine::tunables::{self, NEVER, Tunable};
use crate::engine::{deploy, store::Store};
use crate::vm::program::Program;

pub(in crate::cli) fn run(args: &SettingsArgs, term: &Term) -> Exit {
    change_and_list(args, term).unwrap_or_else(|exit| exit)
}

/// A setting of a store.
struct Setting {
    name: String,
    value: Option<String>,
    is_given: bool,
    /// What processes do that read it, or where its value is from.
    note: &'static str,
}

fn change_and_list(args: &SettingsArgs, term: &Term) -> Result<Exit, Exit> {
    let changes = !args.given.is_empty() || !args.unset.is_empty();
    let listed = match &args.store {
        Some(path) => {
            let mut store = if changes { store::not_simulated(path, term)? } else { store::open(path, term)? };
            let builds = deploy::declaring(&mut *store).map_err(|failure| store::failed(term, failure))?;
            if changes {
                let changes = parse(&builds, args, term)?;
                settings::keep(&mut *store, &changes).map_err(|failure| store::failed(term, failure))?;
            }
            Some(of_store(&mut *store, &builds).map_err(|failure| store::failed(term, failure))?)
        }
        None => None,
    };
    if args.json {
        as_json(listed.as_deref(), term);
    } else {
        as_text(listed.as_deref(), !changes, term);
    }
    Ok(Exit::Fine)
}

/// What is to be changed; all mistakes are told at once.
fn parse(builds: &[Program], args: &SettingsArgs, term: &Term) -> Result<Vec<Change>, Exit> {
    let given = args.given.iter().map(|given| change(builds, given, term));
    let unset = args.unset.iter().map(|name| unset(builds, name, term));
    let changes: Vec<Result<Change, Exit>> = given.chain(unset).collect();
    let mut names: Vec<&str> = changes.iter().flatten().map(name).collect();
    names.sort_unstable();
    if let Some([twice, _]) = names.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
        term.err(&format!("error: the setting `{twice}` stands twice\n"));
        return Err(Exit::Usage);
    }
    changes.into_iter().collect()
}

fn name(change: &Change) -> &str {
    match change {
        Change::Config(name, _) => name,
        Change::Tune(tunable, _) => tunable.name(),
        Change::Text(text, _) => text.name(),
    }
}

/// As it stands in listings, and without its `config.`.
fn bare(name: &str) -> &str {
    name.strip_prefix("config.").unwrap_or(name)
}

/// The build that declares a setting: the current one, else the one that was deployed last.
fn declares<'b>(builds: &'b [Program], name: &str) -> Option<&'b Module> {
    builds.iter().map(Program::module).find(|module| module.configs.iter().any(|config| config.name == name))
}

fn known(builds: &[Program]) -> Vec<&str> {
    let all = builds.iter().flat_map(|build| &build.module().configs).map(|config| config.name.as_str());
    let mut all: Vec<&str> = all.collect();
    all.extend(Tunable::ALL.map(Tunable::name));
    all.extend(StoreText::ALL.map(StoreText::name));
    all.sort_unstable();
    all.dedup();
    all
}

/// `NAME=VALUE`.
fn change(builds: &[Program], given: &str, term: &Term) -> Result<Change, Exit> {
    let given = bare(given);
    let Some((name, text)) = given.split_once('=') else {
        term.err(&format!("error: `{given}`: there is no `=`\n  help: write `NAME=VALUE`\n"));
        return Err(Exit::Usage);
    };
    if let Some(known) = StoreText::named(name) {
        return of_text(known, text, term);
    }
    match (Tunable::named(name), declares(builds, name)) {
        (Some(tunable), _) => tune(tunable, text, term),
        (None, Some(module)) => {
            words::setting(module, given, "", term).map(|(name, value)| Change::Config(name, Some(value)))
        }
        (None, None) => Err(no_setting(builds, name, term)),
    }
}

fn unset(builds: &[Program], name: &str, term: &Term) -> Result<Change, Exit> {
    let name = bare(name);
    if let Some(known) = StoreText::named(name) {
        return Ok(Change::Text(known, None));
    }
    match (Tunable::named(name), declares(builds, name)) {
        (Some(tunable), _) => Ok(Change::Tune(tunable, None)),
        (None, Some(_)) => Ok(Change::Config(name.to_owned(), None)),
        (None, None) => Err(no_setting(builds, name, term)),
    }
}

fn no_setting(builds: &[Program], name: &str, term: &Term) -> Exit {
    let help = words::unknown(name, &known(builds));
    term.err(&format!("error: the project has no setting `{name}`\n  help: {help}\n"));
    Exit::Wrong
}

/// `retry.first="10 seconds"`, `guard.starts=100`.
fn tune(tunable: Tunable, text: &str, term: &Term) -> Result<Change, Exit> {
    let is_never = text == "never" && tunable.usual() == NEVER;
    let value = if is_never {
        Some(NEVER)
    } else if tunable.is_time() {
        parse_duration(text).and_then(exact)
    } else {
        text.parse().ok()
    };
    value.filter(|value| tunable.range().contains(value)).map(|value| Change::Tune(tunable, Some(value))).ok_or_else(
        || {
            let (name, range) = (tunable.name(), tunable.range());
            let what = if tunable.usual() == NEVER {
                "an exact time such as \"30 days\", or never".to_owned()
            } else if tunable.is_time() {
                "an exact time such as \"10 seconds\"".to_owned()
            } else {
                format!("a whole number from {} to {}", range.start(), range.end())
            };
            term.err(&format!("error: `{name}={text}`: {name} is {what}\n"));
            Exit::Wrong
        },
    )
}

/// `mail.server=smtp://mail.example.com`.
fn of_text(known: StoreText, text: &str, term: &Term) -> Result<Change, Exit> {
    match known.refuses(text) {
        None => Ok(Change::Text(known, Some(text.to_owned()))),
        Some(expected) => {
            let name = known.name();
            term.err(&format!("error: `{name}={text}`: {name} is {expected}\n"));
            Err(Exit::Wrong)
        }
    }
}

/// The microseconds of a time that is the same everywhere.
fn exact(duration: Duration) -> Option<i64> {
    let days = i64::from(duration.days).checked_mul(86_400_000_000)?;
    days.checked_add(duration.micros).filter(|_| duration.months == 0)
}

/// An exact time, in days where it is as many: these are exact times here, too.
fn whole_days(micros: i64) -> Duration {
    const DAY: i64 = 86_400_000_000;
    match i32::try_from(micros / DAY) {
        Ok(days) if micros % DAY == 0 => Duration { days, ..Duration::default() },
        _ => Duration { micros, ..Duration::default() },
    }
}

fn of_store(store: &mut dyn Store, builds: &[Program]) -> crate::engine::faults::Answer<Vec<Setting>> {
    let given = settings::given(store)?;
    let mut all = Vec::new();
    for (at, module) in builds.iter().map(Program::module).enumerate() {
        let earlier = builds.get(..at).unwrap_or_default();
        let new = module.configs.iter().filter(|config| declares(earlier, &config.name).is_none());
        all.extend(new.map(|config| of_config(module, config, given.get(&config.name))));
    }
    let of_store = tunables::given(store)?;
    all.extend(Tunable::ALL.into_iter().map(|tunable| of_engine(tunable, of_store.get(&tunable).copied())));
    let texts = texts::given(store)?;
    all.extend(StoreText::ALL.into_iter().map(|text| of_store_text(text, texts.get(&text))));
    Ok(all)
}

/// A text that every store has.
fn of_store_text(text: StoreText, given: Option<&String>) -> Setting {
    let value = given.map_or(text.usual(), String::as_str);
    let note = if given.is_some() { "given here" } else { "as in all stores" };
    Setting { name: text.name().to_owned(), value: Some(show::text(value)), is_given: given.is_some(), note }
}

/// A setting that every store has.
fn of_engine(tunable: Tunable, given: Option<i64>) -> Setting {
    let value = given.unwrap_or_else(|| tunable.usual());
    let shown = match (value, tunable.is_time()) {
        (NEVER, _) => "never".to_owned(),
        (_, true) => show::duration(whole_days(value)),
        (_, false) => value.to_string(),
    };
    let note = if given.is_some() { "given here" } else { "as in all stores" };
    Setting { name: tunable.name().to_owned(), value: Some(shown), is_given: given.is_some(), note }
}

fn of_config(module: &Module, config: &ConfigDef, given: Option<&Value>) -> Setting {
    let fits = given.is_none_or(|value| settings::takes(module, config, value));
    let value = given.or(config.default.as_ref()).filter(|_| fits);
    let shown = value.map(|value| match value {
        // Also the key of a record.
        Value::Text(text) => show::text(text),
        value => Show::new(module, true).value(config.ty, value, &|_| None),
    });
    let note = match (&shown, given) {
        (Some(_), Some(_)) => "given here",
        (Some(_), None) => "as the project says",
        (None, Some(_)) => "it was given one of another type; processes that read it are parked",
        (None, None) => "processes that read it are parked",
    };
    Setting { name: format!("config.{}", config.name), value: shown, is_given: given.is_some(), note }
}

fn as_json(settings: Option<&[Setting]>, term: &Term) {
    let limits: Vec<_> = limits::ALL
        .iter()
        .map(|limit| json!({"name": limit.name, "value": limit.value, "reason": limit.reason.trim()}))
        .collect();
    let settings: Option<Vec<_>> = settings.map(|settings| {
        let one = |s: &Setting| json!({"name": bare(&s.name), "value": s.value, "given": s.is_given});
        settings.iter().map(one).collect()
    });
    term.out(&format!("{:#}\n", json!({"version": 1, "limits": limits, "settings": settings})));
}

fn as_text(settings: Option<&[Setting]>, with_limits: bool, term: &Term) {
    let mut text = String::new();
    for Setting { name, value, note, .. } in settings.into_iter().flatten() {
        text += &format!("{name} = {}  ({note})\n", value.as_deref().unwrap_or("has no value"));
    }
    if with_limits {
        text += if settings.is_some() { "\n" } else { "" };
        text += "Limits of this version, which are the same for all:\n";
        for limit in limits::ALL {
            text += &format!("  {:<28} {:>13}  {}\n", limit.name, readable(limit), limit.reason.trim());
        }
    }
    term.out(&text);
}

/// `16 MiB`, `5 000 000`.
fn readable(limit: &limits::Limit) -> String {
    let is_size = ["BYTES", "MEMORY", "SIZE"].iter().any(|word| limit.name.contains(word));
    if is_size && limit.value >= 1 << 20 && limit.value.is_multiple_of(1 << 20) {
        return format!("{} MiB", limit.value >> 20);
    }
    let digits = limit.value.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// Warns of settings that neither a build nor a store gives a value; gives their names.
pub(super) fn warn_of_missing(
    store: &mut dyn Store,
    module: &Module,
    path: &Path,
    term: &Term,
) -> Result<Vec<String>, Exit> {
    let given = settings::given(store).map_err(|failure| store::failed(term, failure))?;
    let missing = settings::without_value(module, &given);
    for name in &missing {
        let why = if given.contains_key(*name) { "a value that does not fit it" } else { "no value" };
        let path = quoted(&path.to_string_lossy());
        term.err(&format!(
            "warning[R0513]: the setting `config.{name}` has {why} in this store: processes that read it are parked\n  \
             help: abide settings {name}=VALUE --store {path}\n"
        ));
    }
    Ok(missing.into_iter().map(str::to_owned).collect())
}
