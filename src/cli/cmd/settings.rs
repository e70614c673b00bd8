//! `abide settings`: all limits, and the settings of a store.

use serde_json::json;

use crate::base::limits;
use crate::base::value::Value;
use crate::cli::args::SettingsArgs;
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::Term;
use crate::data::show::{self, Show};
use crate::engine::Engine;

pub(in crate::cli) fn run(args: &SettingsArgs, term: &Term) -> Exit {
    list(args, term).unwrap_or_else(|exit| exit)
}

/// A setting of the project.
struct Setting {
    name: String,
    value: Option<String>,
    is_given: bool,
}

fn list(args: &SettingsArgs, term: &Term) -> Result<Exit, Exit> {
    let settings = match &args.store {
        Some(path) => Some(of_store(&store::simulation(path, term)?.engine)),
        None => None,
    };
    if args.json {
        let limits: Vec<_> = limits::ALL
            .iter()
            .map(|limit| json!({"name": limit.name, "value": limit.value, "reason": limit.reason.trim()}))
            .collect();
        let settings: Option<Vec<_>> = settings.map(|settings| {
            let one = |s: &Setting| json!({"name": s.name, "value": s.value, "given": s.is_given});
            settings.iter().map(one).collect()
        });
        term.out(&format!("{:#}\n", json!({"version": 1, "limits": limits, "settings": settings})));
        return Ok(Exit::Fine);
    }
    let mut text = String::new();
    for setting in settings.iter().flatten() {
        let value = setting.value.as_deref().unwrap_or("has no value");
        let from = match (setting.is_given, &setting.value) {
            (true, _) => "given here",
            (false, Some(_)) => "as the project says",
            (false, None) => "processes that read it are parked",
        };
        text += &format!("config.{} = {value}  ({from})\n", setting.name);
    }
    match &settings {
        Some(settings) if settings.is_empty() => text += "The project has no settings.\n\n",
        Some(_) => text += "\n",
        None => {}
    }
    text += "Limits of this version, which are the same for all:\n";
    for limit in limits::ALL {
        text += &format!("  {:<28} {:>13}  {}\n", limit.name, readable(limit), limit.reason.trim());
    }
    term.out(&text);
    Ok(Exit::Fine)
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

fn of_store(engine: &Engine) -> Vec<Setting> {
    let module = engine.module();
    let show = Show::new(module, true);
    let given = |name: &str| engine.settings().find(|(known, _)| *known == name).map(|(_, value)| value);
    let all = module.configs.iter().map(|config| {
        let value = given(&config.name).or(config.default.as_ref());
        let shown = value.map(|value| match value {
            // Also the key of a record.
            Value::Text(text) => show::text(text),
            value => show.value(config.ty, value, &|_| None),
        });
        Setting { name: config.name.clone(), value: shown, is_given: given(&config.name).is_some() }
    });
    all.collect()
}
