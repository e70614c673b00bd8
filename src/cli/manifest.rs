//! The manifest of a build as JSON: what rests where, and what a snapshot holds there.

use serde_json::{Value, json};

use crate::bytecode::{
    disasm::type_name,
    module::{Module, PointDef, PointKind, ProcessDef, Scope, WhenFull},
};

/// The version of this object.
const VERSION: u32 = 1;

/// The manifest of a module, with a line end.
pub(super) fn text(module: &Module, hash: &str) -> String {
    let processes: Vec<Value> = module.processes.iter().map(process).collect();
    let points: Vec<Value> = module.points.iter().map(|def| point(module, def)).collect();
    let manifest = json!({
        "version": VERSION,
        "name": module.meta.name,
        "build_version": module.meta.version,
        "hash": hash,
        "compiler": module.meta.compiler,
        "time_zones": module.meta.tzdb,
        "processes": processes,
        "points": points,
    });
    format!("{manifest:#}\n")
}

fn process(def: &ProcessDef) -> Value {
    let limit = def.limit.as_ref().map(|limit| {
        let when_full = match limit.when_full {
            WhenFull::Queue => "queue",
            WhenFull::Skip => "skip",
            WhenFull::NewestWins => "newest wins",
        };
        json!({ "at_once": limit.count, "per": limit.per.is_some(), "when_full": when_full })
    });
    let scope = match def.scope {
        Scope::Organization => "organization",
        Scope::User => "user",
        Scope::Unit => "business unit",
        Scope::UnitTree => "business unit tree",
    };
    json!({ "name": def.name, "limit": limit, "scope": scope })
}

fn point(module: &Module, def: &PointDef) -> Value {
    let live: Vec<Value> = def
        .names
        .iter()
        .map(|live| json!({ "name": live.name, "type": type_name(module, live.ty), "slot": live.slot.0 }))
        .collect();
    let lines = module.debug.lines.get(def.function.index()).into_iter().flatten();
    let line = lines.take_while(|line| line.pc <= def.pc).last();
    let file = line.and_then(|line| module.debug.files.get(line.file as usize));
    json!({
        "name": def.name,
        "kind": match def.kind {
            PointKind::Checkpoint => "checkpoint",
            PointKind::Child => "child",
            PointKind::Do => "do",
            PointKind::Page => "page",
            PointKind::Parallel => "parallel",
            PointKind::Wait => "wait",
        },
        "file": file,
        "line": line.map(|line| line.line),
        "live": live,
        "live_slots": def.live.len(),
        "handles_deletion": def.handles_deletion,
        "size_bound": def.size_bound,
    })
}
