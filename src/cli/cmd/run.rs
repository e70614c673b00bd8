//! `abide run`: a simulation of a project with its data, and what happened, as a timeline.

use std::path::{Path, PathBuf};

use crate::base::limits::DATA_BYTES_MAX;
use crate::base::source::{SourceFile, Sources};
use crate::cli::args::{ReportArgs, RunArgs};
use crate::cli::exit::Exit;
use crate::cli::report::report_aside;
use crate::cli::target::Target;
use crate::cli::term::Term;
use crate::cli::{input, settings, store, story, target};
use crate::data::file::{DataFile, When};
use crate::data::moments::{parse_duration, parse_moment};
use crate::data::show::Show;
use crate::data::{file, json};
use crate::diag::Diagnostic;
use crate::engine::store::{Status, Store, sqlite::SqliteStore};
use crate::engine::view::InstanceView;
use crate::simulation::{
    Error, Simulation,
    names::Order,
    plan,
    progress::{self, Progress, Standing},
};

/// The data file of a project where none is named.
const DATA_NAME: &str = "data.json";

pub(in crate::cli) fn run(args: &RunArgs, term: &Term) -> Exit {
    prepare(args, term).unwrap_or_else(|exit| exit)
}

fn prepare(args: &RunArgs, term: &Term) -> Result<Exit, Exit> {
    let advance = args.clock.advance(term)?;
    let target = target::load(&args.path, &args.report, term)?;
    let given = settings::parse(target.program.module(), &args.config, term)?;
    let path = data_path(args, &target.folder);
    let is_new = args.store.as_ref().is_none_or(|store| !store.exists());
    // What is wrong in it is told before there is a store.
    let mut data = if is_new || args.data.is_some() { read(path.as_deref(), &target, args, term)? } else { None };
    let mut store: Box<dyn Store> = match &args.store {
        Some(path) => store::hold(path, term)?,
        None => Box::new(SqliteStore::open_in_memory().map_err(|error| store::failed(term, error))?),
    };
    let standing = progress::standing(&mut *store).map_err(|error| store::failed(term, error))?;
    if !is_new && args.data.is_none() && standing != Standing::Whole {
        data = read(path.as_deref(), &target, args, term)?;
    }
    let data = data.unwrap_or_default();
    let from = begin_with(&mut *store, standing, &data, term)?;
    let zone = target.program.module().meta.zone.clone();
    let beginning = data.file.now.unwrap_or_else(|| {
        let today = jiff::Timestamp::now().in_tz(&zone).map_or_else(|_| jiff::Zoned::now().date(), |t| t.date());
        Simulation::default_beginning(&zone, today)
    });
    let mut simulation = Simulation::open(store, target.program, target.hash.clone(), beginning)
        .map_err(|error| store::failed(term, error))?;
    store::keep_build(simulation.engine.store(), &target.hash, &target.build, term)?;
    settings::configure(&mut simulation, given, term)?;
    let began = simulation.engine.now();
    let outcome = carry_out(&mut simulation, &data, from).and_then(|()| match advance {
        None => Ok(()),
        Some(when) => {
            let now = simulation.engine.now();
            let to = simulation.moment(now, when);
            if to < now {
                term.err("note: the clock stands later than `--until` already, and does not go back\n");
            }
            simulation.advance_to(to)
        }
    });
    let next = Next { args };
    let told = story::tell(&mut simulation, began, args.json, term, &|open, show| next.commands(open, show));
    match outcome {
        Err(error) => Err(store::failed(term, error)),
        Ok(()) => told,
    }
}

/// A data file that fits the build.
#[derive(Default)]
struct Data {
    file: DataFile,
    order: Order,
    /// What stands for it in the store; empty where there is no file.
    id: String,
    path: String,
}

/// What is left to do of the data: all of it, the rest after a run that was cut short, or nothing.
fn begin_with(store: &mut dyn Store, standing: Standing, data: &Data, term: &Term) -> Result<Option<Progress>, Exit> {
    let had = progress::had(store, &data.id).map_err(|error| store::failed(term, error))?;
    match standing {
        Standing::Part(progress) if progress.file == data.id => {
            term.err(&format!(
                "note: an earlier run was cut short after step {} of {} of `{}`; this one goes on from there\n",
                progress.done, progress.steps, data.path
            ));
            Ok(Some(progress))
        }
        Standing::Part(Progress { path, done, steps, .. }) => {
            term.err(&format!(
                "error[E0923]: the store has had {done} of {steps} steps of `{path}`, and that file is not here as it was\n  \
                 help: put it back as it was and name it with --data, or begin anew with another --store\n",
            ));
            Err(Exit::Environment)
        }
        _ if had => {
            term.err(&format!(
                "note: the store has had all of `{}`; its records and events do not happen again\n",
                data.path
            ));
            Ok(None)
        }
        Standing::Whole if data.id.is_empty() => Ok(None),
        Standing::New | Standing::Whole => {
            Ok(Some(Progress { file: data.id.clone(), path: data.path.clone(), ..Progress::default() }))
        }
    }
}

fn carry_out(simulation: &mut Simulation, data: &Data, from: Option<Progress>) -> Result<(), Error> {
    match from {
        None => simulation.advance_to(simulation.engine.now()),
        Some(from) => simulation.carry_out(&data.file, &data.order, from),
    }
}

/// The data file that was named, or that of the project.
fn data_path(args: &RunArgs, folder: &Path) -> Option<PathBuf> {
    if args.data.is_some() {
        return args.data.clone();
    }
    let own = match args.path.extension() {
        Some(ending) if ending == "proc" => args.path.with_extension("json"),
        _ => Some(folder.join(DATA_NAME)).filter(|path| path.is_file()).or_else(|| beside_only_file(folder))?,
    };
    own.is_file().then_some(own)
}

/// The data file of the one source file in a folder.
fn beside_only_file(folder: &Path) -> Option<PathBuf> {
    let paths = std::fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut sources = paths.filter(|path| path.extension().is_some_and(|ending| ending == "proc"));
    let only = sources.next()?;
    sources.next().is_none().then(|| only.with_extension("json"))
}

fn read(path: Option<&Path>, target: &Target, args: &RunArgs, term: &Term) -> Result<Option<Data>, Exit> {
    path.map(|path| load_data(path, target, &args.report, term)).transpose()
}

fn load_data(path: &Path, target: &Target, args: &ReportArgs, term: &Term) -> Result<Data, Exit> {
    let shown = path.to_string_lossy().replace('\\', "/");
    // LIMIT: DATA_BYTES_MAX
    let bytes = input::read_bytes(path, DATA_BYTES_MAX, term)?;
    let id = progress::identify(&bytes);
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        term.err(&format!("error[E0902]: `{shown}` is not UTF-8: the byte at {at} starts no character\n"));
        Exit::Wrong
    })?;
    let mut sources = Sources::default();
    let source = sources.add(SourceFile::new(shown.clone(), text, false));
    let text = sources.get(source).map_or("", |f| f.text.as_str());
    let read = || -> Result<(DataFile, Order), Vec<Diagnostic>> {
        let json = json::parse(source, text).map_err(|problem| vec![problem])?;
        let data = file::read(&json)?;
        let order = plan::plan(target.program.module(), &data)?;
        Ok((data, order))
    };
    let (file, order) = read().map_err(|mut problems| {
        problems.sort_by_key(|d| (d.primary.span, d.code));
        report_aside(args, term, &problems, &sources);
        Exit::Wrong
    })?;
    Ok(Data { file, order, id, path: shown })
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
        let config = self.args.config.iter().map(|given| format!(" --config {}", quoted(given)));
        let data = data.unwrap_or_default() + &config.collect::<String>();
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
