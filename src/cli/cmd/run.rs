//! `abide run`: a simulation of a project with its data, and what happened, as a timeline.

use std::path::{Path, PathBuf};

use crate::base::limits::DATA_BYTES_MAX;
use crate::base::source::{SourceFile, Sources};
use crate::cli::args::{ReportArgs, RunArgs};
use crate::cli::exit::Exit;
use crate::cli::report::report_aside;
use crate::cli::target::Target;
use crate::cli::term::Term;
use crate::cli::{input, store, story, target};
use crate::data::file::{DataFile, When};
use crate::data::moments::{parse_duration, parse_moment};
use crate::data::show::Show;
use crate::data::{file, json};
use crate::diag::Diagnostic;
use crate::engine::store::{Status, Store, sqlite::SqliteStore};
use crate::engine::view::InstanceView;
use crate::simulation::{Simulation, names::Order, plan};

/// The data file of a project where none is named.
const DATA_NAME: &str = "data.json";

pub(in crate::cli) fn run(args: &RunArgs, term: &Term) -> Exit {
    prepare(args, term).unwrap_or_else(|exit| exit)
}

fn prepare(args: &RunArgs, term: &Term) -> Result<Exit, Exit> {
    let advance = args.clock.advance(term)?;
    let target = target::load(&args.path, &args.report, term)?;
    let is_used = args.store.as_ref().is_some_and(|path| path.exists());
    let data = match data_path(args, &target.folder, is_used) {
        Some(path) => load_data(&path, &target, &args.report, term)?,
        None => (DataFile::default(), Order::default()),
    };
    let mut store: Box<dyn Store> = match &args.store {
        Some(path) => store::open(path, true, term)?,
        None => Box::new(SqliteStore::open_in_memory().map_err(|error| store::failed(term, &error))?),
    };
    let zone = target.program.module().meta.zone.clone();
    let beginning = data.0.now.unwrap_or_else(|| {
        let today = jiff::Timestamp::now().in_tz(&zone).map_or_else(|_| jiff::Zoned::now().date(), |t| t.date());
        Simulation::default_beginning(&zone, today)
    });
    store::keep_build(&mut *store, &target.hash, &target.build, term)?;
    let mut simulation =
        Simulation::open(store, target.program, target.hash, beginning).map_err(|error| store::failed(term, &error))?;
    let began = simulation.engine.now();
    let outcome = simulation.carry_out(&data.0, &data.1).and_then(|()| match advance {
        None => Ok(()),
        Some(when) => {
            let to = simulation.moment(simulation.engine.now(), when);
            simulation.advance_to(to)
        }
    });
    let next = Next { args };
    let told = story::tell(&mut simulation, began, args.json, term, &|open, show| next.commands(open, show));
    match outcome {
        Err(error) => Err(store::failed(term, &error)),
        Ok(()) => told,
    }
}

/// The data file that was named, or that of the project; a store that was used has had it.
fn data_path(args: &RunArgs, folder: &Path, is_used: bool) -> Option<PathBuf> {
    if args.data.is_some() {
        return args.data.clone();
    }
    let own = match args.path.extension() {
        Some(ending) if ending == "proc" => args.path.with_extension("json"),
        _ => Some(folder.join(DATA_NAME)).filter(|path| path.is_file()).or_else(|| beside_only_file(folder))?,
    };
    (!is_used && own.is_file()).then_some(own)
}

/// The data file of the one source file in a folder.
fn beside_only_file(folder: &Path) -> Option<PathBuf> {
    let paths = std::fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut sources = paths.filter(|path| path.extension().is_some_and(|ending| ending == "proc"));
    let only = sources.next()?;
    sources.next().is_none().then(|| only.with_extension("json"))
}

fn load_data(path: &Path, target: &Target, args: &ReportArgs, term: &Term) -> Result<(DataFile, Order), Exit> {
    let shown = path.to_string_lossy().replace('\\', "/");
    // LIMIT: DATA_BYTES_MAX
    let bytes = input::read_bytes(path, DATA_BYTES_MAX, term)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        term.err(&format!("error[E0902]: `{shown}` is not UTF-8: the byte at {at} starts no character\n"));
        Exit::Wrong
    })?;
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::new(shown.clone(), text, false));
    let text = sources.get(id).map_or("", |f| f.text.as_str());
    let read = || -> Result<(DataFile, Order), Vec<Diagnostic>> {
        let json = json::parse(id, text).map_err(|problem| vec![problem])?;
        let data = file::read(&json)?;
        let order = plan::plan(target.program.module(), &data)?;
        Ok((data, order))
    };
    read().map_err(|mut problems| {
        problems.sort_by_key(|d| (d.primary.span, d.code));
        report_aside(args, term, &problems, &sources);
        Exit::Wrong
    })
}

/// What the suggested commands begin with.
struct Next<'a> {
    args: &'a RunArgs,
}

impl Next<'_> {
    /// The exact next commands.
    fn commands(&self, open: &[InstanceView], show: &Show<'_>) -> String {
        let path = quoted(&self.args.path.to_string_lossy());
        let data = self.args.data.as_ref().map(|p| format!(" --data {}", quoted(&p.to_string_lossy())));
        let data = data.unwrap_or_default();
        let mut lines = Vec::new();
        let due = open.iter().filter_map(|o| Some((o.until?, o))).min_by_key(|(due, _)| *due);
        let (store, kept) = match &self.args.store {
            Some(store) => (quoted(&store.to_string_lossy()), true),
            None => ("simulation.db".to_owned(), false),
        };
        if let Some((due, instance)) = due {
            let until = story::moment(due, show);
            let kept = if kept { format!(" --store {store}") } else { data.clone() };
            lines.push((
                format!("abide run {path}{kept} --until \"{}\"", until),
                format!("{} #{} goes on", instance.process, instance.id),
            ));
        }
        if !kept {
            lines.push((format!("abide run {path}{data} --store {store}"), "keeps records and instances".to_owned()));
        }
        let parked = open.iter().find(|view| view.status == Status::Parked);
        if let Some(first) = parked.or(open.first().filter(|_| kept)) {
            let (process, id) = (&first.process, first.id);
            let why = if parked.is_some() { "why it is parked" } else { "what it did and waits for" };
            lines.push((format!("abide show {id} --store {store}"), format!("{process} #{id}: {why}")));
            let goes = if parked.is_some() { "takes it out; `abide resume` tries it again" } else { "takes it out" };
            lines.push((format!("abide snapshot {id} --store {store} -o x.snap"), goes.to_owned()));
        }
        let width = lines.iter().map(|(command, _)| command.chars().count()).max().unwrap_or(0);
        let shown: Vec<String> =
            lines.iter().map(|(command, what)| format!("  {command:<width$}  # {what}\n")).collect();
        if shown.is_empty() { String::new() } else { format!("\nNext:\n{}", shown.concat()) }
    }
}

/// A word as a shell takes it.
pub(in crate::cli) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

impl crate::cli::args::ClockArgs {
    /// How far the clock moves after the last event.
    pub(in crate::cli) fn advance(&self, term: &Term) -> Result<Option<When>, Exit> {
        let wrong = |what: &str, expected: &str| {
            term.err(&format!("error: {what} is not {expected}\n"));
            Exit::Usage
        };
        match (&self.advance, &self.until) {
            (Some(text), _) => parse_duration(text)
                .map(|duration| Some(When::After(duration)))
                .ok_or_else(|| wrong(&format!("`--advance {text}`"), "a duration such as \"3 days\"")),
            (None, Some(text)) => parse_moment(text).map(|moment| Some(When::At(moment))).ok_or_else(|| {
                let expected = "a moment with its zone, such as \"2026-01-05T09:00[Europe/Berlin]\"";
                wrong(&format!("`--until {text}`"), expected)
            }),
            (None, None) => Ok(None),
        }
    }
}
