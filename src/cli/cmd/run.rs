//! `abide run`: a simulation of a project with its data, and what happened, as a timeline.

use std::io::{self, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::source::{SourceFile, Sources};
use crate::cli::args::RunArgs;
use crate::cli::exit::Exit;
use crate::cli::report::report_aside;
use crate::cli::story::{self, Story};
use crate::cli::target::Target;
use crate::cli::term::{Term, counted};
use crate::cli::{input, settings, store, target};
use crate::data::file::When;
use crate::data::moments::{parse_duration, parse_moment};
use crate::data::reader::Trouble;
use crate::data::show::Show;
use crate::engine::store::{Status, Store, sqlite::SqliteStore};
use crate::engine::view::InstanceView;
use crate::simulation::{
    Error, Simulation,
    plan::{self, Plan},
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
    if let (Some(path), true) = (&args.store, is_new) {
        let beginning = beginning(data.as_ref(), &target);
        store::make_whole(path, term, |store| open(store, &target, beginning, term).map(drop))?;
    }
    let mut store: Box<dyn Store> = match &args.store {
        Some(path) => store::hold(path, term)?,
        None => Box::new(SqliteStore::open_in_memory().map_err(|error| store::failed(term, error))?),
    };
    let standing = progress::standing(&mut *store).map_err(|error| store::failed(term, error))?;
    if !is_new && args.data.is_none() && standing != Standing::Whole {
        data = read(path.as_deref(), &target, args, term)?;
    }
    let mut data = data.unwrap_or_default();
    let from = begin_with(&mut *store, standing, &data, term)?;
    let beginning = beginning(Some(&data), &target);
    let story = Story::new(Arc::clone(&target.program), args.json, term);
    let mut simulation = open(store, &target, beginning, term)?;
    settings::configure(&mut simulation, given, term)?;
    let began = simulation.engine.now();
    if advance.is_some_and(|when| simulation.moment(began, when).is_none()) {
        return Err(store::too_late(term));
    }
    story.begin(&mut simulation);
    let outcome = carry_out(&mut simulation, &mut data, from).and_then(|()| match advance {
        None => Ok(()),
        Some(when) => {
            let now = simulation.engine.now();
            let to = simulation.moment(now, when).unwrap_or(now);
            if to < now {
                term.err("note: the clock stands later than `--until` already, and does not go back\n");
            }
            simulation.advance_to(to)
        }
    });
    let next = Next { args };
    let told = story.end(&mut simulation, &|open, show| next.commands(open, show));
    if let Err(error) = outcome {
        return Err(store::failed(term, error));
    }
    if simulation.refused > 0 {
        term.err(&format!("error: refused {} of the data file\n", counted(simulation.refused, "record")));
        return told.map(|_| Exit::Wrong);
    }
    told
}

/// Opens a store for the build, which it keeps.
fn open(store: Box<dyn Store>, target: &Target, beginning: i64, term: &Term) -> Result<Simulation<'static>, Exit> {
    let mut simulation = Simulation::open(store, Arc::clone(&target.program), target.hash.clone(), beginning)
        .map_err(|error| store::failed(term, error))?;
    store::keep_build(simulation.engine.store(), &target.hash, &target.build, term)?;
    Ok(simulation)
}

/// Where the clock of a new store begins.
fn beginning(data: Option<&Data>, target: &Target) -> i64 {
    let told = data.and_then(|data| data.plan.as_ref()).and_then(|plan| plan.data.now);
    told.unwrap_or_else(|| {
        let zone = &target.program.module().meta.zone;
        let today = jiff::Timestamp::now().in_tz(zone).map_or_else(|_| jiff::Zoned::now().date(), |t| t.date());
        Simulation::default_beginning(zone, today)
    })
}

/// A data file that fits the build.
#[derive(Default)]
struct Data {
    /// Nothing where there is no file.
    plan: Option<Plan>,
    /// What stands for it in the store; empty where there is no file, or where the store is not kept.
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

fn carry_out(simulation: &mut Simulation<'_>, data: &mut Data, from: Option<Progress>) -> Result<(), Error> {
    match (from, &mut data.plan) {
        (Some(from), Some(plan)) => simulation.carry_out(plan, from),
        (Some(from), None) => simulation.carry_out(&mut Plan::of_nothing(), from),
        (None, _) => simulation.advance_to(simulation.engine.now()),
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
    path.map(|path| load_data(path, target, args, term)).transpose()
}

fn load_data(path: &Path, target: &Target, args: &RunArgs, term: &Term) -> Result<Data, Exit> {
    let shown = path.to_string_lossy().replace('\\', "/");
    let cannot = |error: io::Error| {
        term.err(&format!("error[E0901]: cannot read `{shown}`: {error}\n"));
        Exit::Environment
    };
    let mut file = input::open_data(path, term)?;
    // A store that is not kept needs no notes about it.
    let id = if args.store.is_some() { progress::identify(&mut file).map_err(cannot)? } else { String::new() };
    file.rewind().map_err(cannot)?;
    let source = Sources::default().add(SourceFile::new(shown.clone(), String::new(), false));
    let troubles = match plan::plan(target.program.module(), Box::new(file), source) {
        Ok(plan) => return Ok(Data { plan: Some(plan), id, path: shown }),
        Err(troubles) => troubles,
    };
    let mut problems = Vec::new();
    for trouble in troubles {
        match trouble {
            Trouble::Wrong(problem) => problems.push(*problem),
            Trouble::Io(error) => return Err(cannot(error)),
            Trouble::NotText(at) => {
                term.err(&format!("error[E0902]: `{shown}` is not UTF-8: the byte at {at} starts no character\n"));
                return Err(Exit::Wrong);
            }
        }
    }
    problems.sort_by_key(|d| (d.primary.span, d.code));
    let mut sources = Sources::default();
    let marked = problems.iter().flat_map(|d| d.labels.iter().chain([&d.primary]).map(|label| label.span));
    let file = input::open_data(path, term)?;
    sources.add(SourceFile::of_places(shown.clone(), file, &marked.collect::<Vec<_>>()).map_err(cannot)?);
    report_aside(&args.report, term, &problems, &sources);
    Err(Exit::Wrong)
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
            let until = story::moment(due, &show.zone);
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
