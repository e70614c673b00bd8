//! `abide snapshot` and `abide resume`: an instance as a file, and on from there.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::base::limits::EXPORT_BYTES_MAX;
use crate::base::value::{EntityIdx, RecordRef};
use crate::bytecode::container;
use crate::cli::args::{ResumeArgs, SnapshotArgs};
use crate::cli::cmd::run::quoted;
use crate::cli::exit::Exit;
use crate::cli::story::{self, Story};
use crate::cli::target::Target;
use crate::cli::term::Term;
use crate::cli::{input, output, settings, store, target};
use crate::diag::render;
use crate::engine::store::{InstanceFilter, Status, StoreError, sqlite::SqliteStore};
use crate::engine::{
    Write, export,
    faults::{Answer, Failure},
};
use crate::simulation::Simulation;
use crate::vm::program::Program;

/// Users that a message lists.
const KNOWN_MAX: usize = 10;

pub(in crate::cli) fn snapshot(args: &SnapshotArgs, term: &Term) -> Exit {
    take_out(args, term).unwrap_or_else(|exit| exit)
}

fn take_out(args: &SnapshotArgs, term: &Term) -> Result<Exit, Exit> {
    let mut simulation = store::simulation(&args.store.store, term)?;
    let bytes = match simulation.engine.export(args.instance) {
        Ok(bytes) => bytes,
        Err(failure) => return Err(store::refused(term, failure)),
    };
    output::put(&args.output, &bytes, term)?;
    term.out(&format!("wrote {} ({} bytes)\n", args.output.display(), bytes.len()));
    Ok(Exit::Fine)
}

/// Goes on with a snapshot and the build that it belongs to.
pub(in crate::cli) fn resume(snapshot: &Path, build: &Path, args: &ResumeArgs, term: &Term) -> Exit {
    go_on(snapshot, build, args, term).unwrap_or_else(|exit| exit)
}

fn go_on(snapshot: &Path, build: &Path, args: &ResumeArgs, term: &Term) -> Result<Exit, Exit> {
    let advance = args.clock.advance(term)?;
    // LIMIT: EXPORT_BYTES_MAX
    let bytes = input::read_bytes(snapshot, EXPORT_BYTES_MAX, term)?;
    refuse_swapped(snapshot, build, &bytes, term)?;
    let target = numbered(target::load(build, &args.report, term)?, &bytes);
    let given = settings::parse(target.program.module(), &args.config, term)?;
    let sqlite = SqliteStore::open_in_memory().map_err(|error| store::failed(term, error))?;
    let story = Story::new(Arc::clone(&target.program), args.json, term);
    let mut simulation = Simulation::open(Box::new(sqlite), target.program, target.hash, 0)
        .map_err(|error| store::failed(term, error))?;
    simulation.engine.import(&bytes).map_err(|failure| match failure {
        Failure::Store(StoreError::Export(message)) => {
            term.err(&format!("error[E0917]: `{}`: {message}\n", snapshot.display()));
            if message.contains("another build") {
                term.err(
                    "  help: name the build that the instance began with, or the project as it was then; `abide build` \
                     of the same sources gives the same build\n",
                );
            }
            Exit::Wrong
        }
        failure => store::failed(term, failure),
    })?;
    settings::configure(&mut simulation, given, term)?;
    let began = simulation.engine.now();
    let user = match &args.user {
        Some(word) => Some(find_user(&mut simulation, word, term)?),
        None => None,
    };
    let updates = args.update.iter().map(|update| parse_update(&simulation, update, term));
    let updates = updates.collect::<Result<Vec<_>, Exit>>()?;
    let to = match advance {
        Some(when) => simulation.moment(began, when).ok_or_else(|| store::too_late(term))?,
        None => began,
    };
    story.begin(&mut simulation);
    let mut refused = false;
    for (record, write) in updates {
        refused |= !simulation.update(user, record, write).map_err(|error| store::failed(term, error))?;
    }
    retry_parked(&mut simulation).map_err(|error| store::failed(term, error))?;
    simulation.advance_to(to).map_err(|error| store::failed(term, error))?;
    let (snapshot, build) = (snapshot.to_string_lossy(), build.to_string_lossy());
    let mut command = format!("abide resume {} {}", quoted(&snapshot), quoted(&build));
    let options = [("--config", &args.config), ("--update", &args.update)];
    for (option, value) in options.iter().flat_map(|(option, values)| values.iter().map(move |value| (option, value))) {
        command += &format!(" {option} {}", quoted(value));
    }
    if let Some(user) = &args.user {
        command += &format!(" --as {}", quoted(user));
    }
    let told = story.end(&mut simulation, &|open, show| match open.iter().filter_map(|view| view.until).min() {
        Some(due) => format!("\nNext:\n  {command} --until \"{}\"\n", story::moment(due, &show.zone)),
        None => String::new(),
    })?;
    // The story says why.
    Ok(if refused { Exit::Wrong } else { told })
}

/// The build with the numbers of the snapshot. If they do not go together, the engine says why.
fn numbered(target: Target, snapshot: &[u8]) -> Target {
    let numbering = export::numbering(snapshot).ok();
    match numbering.and_then(|numbering| Program::load_into(&target.build, &numbering).ok()) {
        Some(program) => Target { program: Arc::new(program), ..target },
        None => target,
    }
}

/// The two files are easily taken for each other.
fn refuse_swapped(snapshot: &Path, build: &Path, bytes: &[u8], term: &Term) -> Result<(), Exit> {
    let (first, second) = (snapshot.display(), build.display());
    let begins = |path: &Path, with: &[u8]| {
        let mut start = Vec::new();
        let file = path.is_file().then(|| File::open(path).ok()).flatten();
        file.is_some_and(|file| file.take(with.len() as u64).read_to_end(&mut start).is_ok()) && start == with
    };
    let what = match (bytes.starts_with(&container::MAGIC), begins(build, export::MAGIC)) {
        (true, true) => format!("`{first}` is the build, and `{second}` the snapshot"),
        (true, false) => format!("`{first}` is a build, no snapshot"),
        (false, true) => format!("`{second}` is a snapshot, no build"),
        (false, false) => return Ok(()),
    };
    term.err(&format!("error[E0917]: {what}\n"));
    let help = if bytes.starts_with(&container::MAGIC) && begins(build, export::MAGIC) {
        format!("abide resume {} {}", quoted(&second.to_string()), quoted(&first.to_string()))
    } else {
        "the snapshot comes first, then the build or the project: `abide resume x.snap BUILD`".to_owned()
    };
    term.err(&format!("  help: {help}\n"));
    Err(Exit::Usage)
}

/// What was parked when it was taken out is tried again: its cause may have been mended.
fn retry_parked(simulation: &mut Simulation<'_>) -> Answer<()> {
    let filter = InstanceFilter { status: Some(Status::Parked), ..InstanceFilter::default() };
    for instance in simulation.engine.list(&filter)? {
        simulation.engine.retry(instance.id)?;
    }
    Ok(())
}

/// The user of the snapshot that a word means: `user:7`, or a name that only one of them has.
fn find_user(simulation: &mut Simulation<'_>, word: &str, term: &Term) -> Result<i64, Exit> {
    let users = users(simulation).map_err(|error| store::failed(term, error))?;
    let named: Vec<i64> =
        users.iter().filter(|(id, name)| name == word || format!("user:{id}") == word).map(|(id, _)| *id).collect();
    if let [id] = named.as_slice() {
        return Ok(*id);
    }
    let known: Vec<String> = users.iter().take(KNOWN_MAX).map(|(id, name)| format!("user:{id} ({name})")).collect();
    let what = if named.is_empty() { "is no user" } else { "is the name of several users" };
    term.err(&format!("error: `--as {word}` {what} of the snapshot\n  help: it has {}\n", known.join(", ")));
    Err(Exit::Usage)
}

/// The users of a snapshot with their names; there are at most as many as records in it.
fn users(simulation: &mut Simulation<'_>) -> Answer<Vec<(i64, String)>> {
    let engine = &mut simulation.engine;
    let Some((entity, _)) = engine.module().entity_by_name("User") else { return Ok(Vec::new()) };
    let ids = engine.store().candidates(entity, &[], 0, u32::MAX)?;
    ids.into_iter().map(|id| Ok((id, engine.shown_name(RecordRef { entity, id })?))).collect()
}

/// `opportunity:42.state=won`.
fn parse_update(simulation: &Simulation<'_>, update: &str, term: &Term) -> Result<(RecordRef, Write), Exit> {
    let module = simulation.engine.module();
    let usage = |what: &str| {
        term.err(&format!("error: `--update {update}`: {what}\n  help: write `--update opportunity:42.state=won`\n"));
        Exit::Usage
    };
    let (place, value) = update.split_once('=').ok_or_else(|| usage("there is no `=`"))?;
    let (record, field) = place.split_once('.').ok_or_else(|| usage("there is no `.` before the field"))?;
    let (table, id) = record.split_once(':').ok_or_else(|| usage("there is no `:` in the record"))?;
    let index = module.entities.iter().position(|e| e.table == table);
    let index = index.and_then(|i| u16::try_from(i).ok()).ok_or_else(|| usage("there is no such entity"))?;
    let id = id.parse().map_err(|_| usage("the record has no number"))?;
    let record = RecordRef { entity: EntityIdx(index), id };
    let found = module.entity(record.entity).and_then(|e| e.field_by_name(field));
    let (field, def) = found.ok_or_else(|| usage("there is no such field"))?;
    match settings::from_text(module, def.ty, value, "--update", &|_| None) {
        Ok(value) => Ok((record, Write::set(field, value))),
        Err((problem, sources)) => {
            term.err(&render::human(&[problem], &sources, &term.messages()));
            Err(Exit::Wrong)
        }
    }
}
