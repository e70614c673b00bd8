//! `abide deploy`, `activate`, `deactivate`, `definitions`: which builds a store has, and what they may start.

use std::path::Path;

use serde_json::json;

use crate::bytecode::module::{Module, ProcessKind};
use crate::cli::args::{ActivateArgs, DeactivateArgs, DefinitionsArgs, DeployArgs};
use crate::cli::cmd::run::quoted;
use crate::cli::exit::Exit;
use crate::cli::settings as words;
use crate::cli::store;
use crate::cli::target;
use crate::cli::term::{Term, counted};
use crate::engine::activities;
use crate::engine::clock::SECOND;
use crate::engine::deploy::{self, Deployed, short};
use crate::engine::faults::{Answer, Failure};
use crate::engine::migration::{Plan, Step};
use crate::engine::settings::{self, Change};
use crate::engine::store::Store;
use crate::simulation::json as shown;
use crate::vm::program::Program;

pub(in crate::cli) fn deploy(args: &DeployArgs, term: &Term) -> Exit {
    deploy_to(args, term).unwrap_or_else(|exit| exit)
}

fn deploy_to(args: &DeployArgs, term: &Term) -> Result<Exit, Exit> {
    let target = target::load(&args.path, &args.report, term)?;
    let module = target.program.module();
    let given = words::parse(module, &args.config, term)?;
    let changes: Vec<Change> = given.into_iter().map(|(name, value)| Change::Config(name, Some(value))).collect();
    let path = &args.store.store;
    let deploy = |store: &mut dyn Store| {
        let deployed = deploy::deploy(store, &target.build).map_err(|failure| store::failed(term, failure))?;
        if !changes.is_empty() {
            settings::keep(store, &changes).map_err(|failure| store::failed(term, failure))?;
        }
        Ok(deployed)
    };
    let mut deployed = None;
    let is_made = store::make_whole(path, term, |mut store| {
        deployed = Some(deploy(&mut *store)?);
        Ok(())
    })?;
    let mut store = store::make(path, term)?;
    let (hash, is_new) = deployed.filter(|_| is_made).map_or_else(|| deploy(&mut *store), Ok)?;
    let lacks = Lacks::warned(&mut *store, module, path, term)?;
    let meta = &module.meta;
    let name = format!("{} {} ({})", meta.name, meta.version, short(&hash));
    if args.activate {
        let way = Way { path, lacks, lossy: args.lose_data, dry: false, json: args.json };
        return activate_build(store, &hash, &way, term);
    }
    if args.json {
        let Lacks { values, activities } = lacks;
        let answer = json!({
            "version": 1, "build": hash, "new": is_new, "without_value": values, "native": activities
        });
        term.out(&format!("{answer:#}\n"));
    } else {
        let what = if is_new { "deployed" } else { "was there already:" };
        let path = quoted(&path.to_string_lossy());
        term.out(&format!("{what} {name}\n\nNext:\n  abide activate --store {path}  # it becomes the current build\n"));
    }
    Ok(Exit::Fine)
}

pub(in crate::cli) fn activate(args: &ActivateArgs, term: &Term) -> Exit {
    let answer = if args.processes.is_empty() {
        activate_newest(args, term)
    } else {
        set_active(&args.processes, &args.store.store, true, term)
    };
    answer.unwrap_or_else(|exit| exit)
}

fn activate_newest(args: &ActivateArgs, term: &Term) -> Result<Exit, Exit> {
    let path = &args.store.store;
    let mut store = store::real(path, term)?;
    let builds = deploy::deployed(&mut *store).map_err(|failure| store::failed(term, failure))?;
    let hash = chosen(&builds, args.build.as_deref(), path, term)?;
    let build = deploy::build(&mut *store, &hash).map_err(|failure| store::failed(term, failure))?;
    let lacks = Lacks::warned(&mut *store, build.module(), path, term)?;
    let way = Way { path, lacks, lossy: args.lose_data, dry: args.dry_run, json: args.json };
    activate_build(store, &hash, &way, term)
}

/// The build that is meant.
fn chosen(builds: &[Deployed], named: Option<&str>, path: &Path, term: &Term) -> Result<String, Exit> {
    let found: Vec<&Deployed> = match named {
        Some(start) => builds.iter().filter(|build| build.hash.starts_with(start)).collect(),
        None => builds.iter().filter(|build| build.is_newest).collect(),
    };
    if let [one] = found.as_slice() {
        return Ok(one.hash.clone());
    }
    let what = match (named, found.is_empty()) {
        (None, _) => "no build was deployed yet".to_owned(),
        (Some(start), true) => format!("no build begins with `{start}`"),
        (Some(start), false) => format!("{} builds begin with `{start}`", found.len()),
    };
    let path = path.display();
    term.err(&format!("error: {what}\n  help: `abide definitions --store {path}` lists them\n"));
    Err(Exit::Wrong)
}

/// What a build would not find in a store, or in the programs that work on it.
struct Lacks {
    /// Settings without a value.
    values: Vec<String>,
    /// Activities that `abide worker` cannot do.
    activities: Vec<String>,
}

impl Lacks {
    /// Finds it, and warns of it.
    fn warned(store: &mut dyn Store, module: &Module, path: &Path, term: &Term) -> Result<Self, Exit> {
        let values = super::settings::warn_of_missing(store, module, path, term)?;
        let activities: Vec<String> = activities::native(module).into_iter().map(str::to_owned).collect();
        for name in &activities {
            term.err(&format!(
                "warning[R0510]: `abide worker` cannot do the activity `{name}`, which is `using native`: processes that call \
                 it are parked\n  help: let a program work on the store that embeds Abide and registers `{name}`\n"
            ));
        }
        Ok(Self { values, activities })
    }
}

/// How a build is activated.
struct Way<'a> {
    path: &'a Path,
    lacks: Lacks,
    lossy: bool,
    dry: bool,
    json: bool,
}

fn activate_build(mut store: Box<dyn Store>, hash: &str, way: &Way<'_>, term: &Term) -> Result<Exit, Exit> {
    let answer = if way.dry {
        deploy::plan(&mut *store, hash).map(|plan| (plan, false))
    } else {
        deploy::activate(&mut *store, hash, way.lossy)
    };
    let (plan, done) = answer.map_err(|failure| store::failed(term, failure))?;
    drop(store);
    if done {
        // What the first engine on a store notes there, those who only look at it cannot.
        store::engine(way.path, term)?;
    }
    if way.json {
        let steps: Vec<_> = plan.steps.iter().map(step_to_json).collect();
        let Lacks { values, activities } = &way.lacks;
        let answer = json!({
            "version": 1, "build": hash, "activated": done, "steps": steps, "notes": plan.notes,
            "without_value": values, "native": activities
        });
        term.out(&format!("{answer:#}\n"));
    } else {
        term.out(&steps(&plan));
        if done {
            term.out(&format!("activated {}\n", short(hash)));
        }
    }
    if done || way.dry {
        return Ok(Exit::Fine);
    }
    let refused = plan.refusals().count();
    if refused > 0 {
        term.err(&format!(
            "error[E0925]: the build cannot become the current one: {} cannot be done\n",
            counted(refused, "step")
        ));
        term.err("  help: mend what the steps name, and deploy again\n");
    } else {
        let loses = counted(plan.loses(), "value or record").replace("value or records", "values or records");
        term.err(&format!("error[E0925]: nothing was done: {loses} would be lost\n"));
        let path = quoted(&way.path.to_string_lossy());
        term.err(&format!("  help: if that is meant, `abide activate --store {path} --lose-data`\n"));
    }
    Err(Exit::Wrong)
}

fn steps(plan: &Plan) -> String {
    let mut text = String::new();
    for step in &plan.steps {
        let mark = if step.refused.is_some() || step.loses > 0 { "!" } else { " " };
        text += &format!("{mark} {}\n", step.words);
        if let Some(why) = &step.refused {
            text += &format!("    cannot be done: {why}\n");
        }
    }
    for note in &plan.notes {
        text += &format!("  note for callers from outside: {note}\n");
    }
    text
}

fn step_to_json(step: &Step) -> serde_json::Value {
    json!({"step": step.words, "loses": step.loses, "refused": step.refused})
}

pub(in crate::cli) fn deactivate(args: &DeactivateArgs, term: &Term) -> Exit {
    set_active(&args.processes, &args.store.store, false, term).unwrap_or_else(|exit| exit)
}

fn set_active(processes: &[String], path: &Path, active: bool, term: &Term) -> Result<Exit, Exit> {
    let mut engine = store::engine(path, term)?;
    let mut exit = Exit::Fine;
    for process in processes {
        match engine.set_active(process, active) {
            Ok(changed) => {
                let state = if active { "active" } else { "inactive" };
                let was = if changed { "is" } else { "was already" };
                term.out(&format!("{process} {was} {state}\n"));
            }
            Err(failure @ Failure::Fault(_)) => exit = store::refused(term, failure),
            Err(failure) => return Err(store::failed(term, failure)),
        }
    }
    Ok(exit)
}

pub(in crate::cli) fn definitions(args: &DefinitionsArgs, term: &Term) -> Exit {
    list(args, term).unwrap_or_else(|exit| exit)
}

fn list(args: &DefinitionsArgs, term: &Term) -> Result<Exit, Exit> {
    let path = &args.store.store;
    let mut store = store::open(path, term)?;
    let builds = of_store(&mut *store).map_err(|failure| store::failed(term, failure))?;
    drop(store);
    let is_active = builds.iter().any(|build| build.is_current);
    let simulation = if is_active { Some(store::simulation(path, term)?) } else { None };
    let engine = simulation.as_ref().map(|simulation| &simulation.engine);
    let inactive: Vec<&str> = engine.into_iter().flat_map(|engine| engine.inactive()).collect();
    let module = engine.map(|engine| engine.module());
    if args.json {
        let builds: Vec<_> = builds
            .iter()
            .map(|build| {
                let at = (build.at != 0).then(|| shown::moment(build.at));
                json!({"build": build.hash, "version": build.version, "deployed": at, "current": build.is_current})
            })
            .collect();
        let processes = processes(module);
        let processes: Vec<_> = processes
            .iter()
            .map(|(name, kind)| json!({"name": name, "kind": kind, "active": !inactive.contains(name)}))
            .collect();
        term.out(&format!("{:#}\n", json!({"version": 1, "builds": builds, "processes": processes})));
        return Ok(Exit::Fine);
    }
    if builds.is_empty() {
        term.out("No build was deployed yet.\n");
    }
    for build in &builds {
        let state = if build.is_current {
            "current"
        } else if build.is_newest {
            "draft"
        } else {
            "earlier"
        };
        let deployed = match build.at {
            0 => "of a simulation".to_owned(),
            at => format!("deployed {}", shown::moment(at - at.rem_euclid(SECOND))),
        };
        term.out(&format!("{state:<8} {} {:<10} {deployed}\n", short(&build.hash), build.version));
    }
    for (name, kind) in processes(module) {
        let state = if inactive.contains(&name) { "inactive" } else { "active" };
        term.out(&format!("  {state:<9} {kind:<10} {name}\n"));
    }
    Ok(Exit::Fine)
}

/// The builds of a store; of a simulation the one that it runs.
fn of_store(store: &mut dyn Store) -> Answer<Vec<Deployed>> {
    let builds = deploy::deployed(store)?;
    if !builds.is_empty() {
        return Ok(builds);
    }
    let build = |build: &Program| Deployed {
        hash: build.build().to_string(),
        version: build.module().meta.version.clone(),
        at: 0,
        is_current: true,
        is_newest: true,
    };
    Ok(deploy::declaring(store)?.iter().map(build).collect())
}

/// The processes of a build, with the words for their kinds.
fn processes(module: Option<&Module>) -> Vec<(&str, &'static str)> {
    let word = |kind| match kind {
        ProcessKind::Background => "background",
        ProcessKind::Realtime => "real-time",
        ProcessKind::Action => "action",
        ProcessKind::Activity => "activity",
        ProcessKind::Dialog => "dialog",
        ProcessKind::Rule => "rule",
    };
    let all = module.map(|module| module.processes.as_slice()).unwrap_or_default();
    let flows = module.map(|module| module.flows.as_slice()).unwrap_or_default();
    // What a flow does stands in processes that are named behind it: `SalesPipeline.move`.
    let own = all.iter().filter(|process| !process.name.contains('.'));
    let own = own.map(|process| (process.name.as_str(), word(process.kind)));
    own.chain(flows.iter().map(|flow| (flow.name.as_str(), "flow"))).collect()
}
