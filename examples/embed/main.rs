//! A program that embeds Abide: it brings the project as text, a store, a clock, and what the project calls an activity.
//!
//! `cargo run --example embed` lives through some days in memory on a clock that it moves; `cargo run --example embed --
//! customers.db` works in real time on a file. `docs/embedding.md` explains it piece by piece.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use abide::base::value::Value;
use abide::engine::activities::{ActivityCall, ActivityError};
use abide::engine::clock::{SystemClock, VirtualClock};
use abide::engine::store::{memory::MemoryStore, sqlite::SqliteStore};
use abide::engine::{Engine, Settings};
use abide::pipeline::compile_text;
use abide::vm::program::Program;

const PROJECT: &str = r#"
activity ScoreCredit(customer: text) -> int
    using native
    timeout 10 seconds

entity Customer {
    name: text(100)
    score: int?
    approved: bool = false
    shown as "{name}"
}

workflow Rate for customer: Customer
    when created
{
    let score = do ScoreCredit(customer.name)
    update customer { score: score }
    wait {
        until customer.approved => log "{customer.name} is approved with {score}",
        after 3 days => log "nobody has approved {customer.name}",
    }
}
"#;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

fn main() -> Result<(), Box<dyn Error>> {
    let out = &mut std::io::stdout();
    match std::env::args().nth(1) {
        Some(path) => in_real_time(Path::new(&path), out),
        None => some_days(out),
    }
}

/// Who scores: the first call finds no line, which the engine tries again.
fn scorer() -> impl FnMut(&ActivityCall<'_>) -> Result<Option<Value>, ActivityError> + Send {
    let mut calls = 0;
    move |call| {
        calls += 1;
        match call.inputs {
            _ if calls == 1 => Err(ActivityError::Failed("the line is down".to_owned())),
            [Value::Text(customer)] => Ok(Some(Value::Int(i64::try_from(customer.len()).unwrap_or(i64::MAX) * 100))),
            _ => Err(ActivityError::Failed("it takes the name of a customer".to_owned())),
        }
    }
}

/// In memory, on a clock that stands until it is moved.
pub(crate) fn some_days(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let program: Arc<Program> = compile_text("customers.proc", PROJECT)?;
    let settings = Settings::of(&program, Box::new(VirtualClock::at(0)), 1);
    let mut engine = Engine::open(Box::new(MemoryStore::new()), program, settings)?;
    engine.implement("ScoreCredit", Box::new(scorer()))?;

    let acme = engine.create_named(None, "Customer", &[("name", "Acme".into())])?;
    engine.create_named(None, "Customer", &[("name", "Nobody".into())])?;
    engine.run_until_idle()?;
    assert_eq!(engine.value_named(acme, "score")?, Value::None);

    engine.advance_to(engine.now() + 10 * SECOND)?;
    assert_eq!(engine.value_named(acme, "score")?, Value::Int(400));

    engine.update_named(None, acme, &[("approved", true.into())])?;
    engine.run_until_idle()?;
    engine.advance_to(engine.now() + 3 * DAY)?;
    assert!(engine.forgotten()?.is_empty());

    for line in engine.timeline(None)? {
        let process = line.process.unwrap_or_default();
        writeln!(out, "{:>9} s  {:<7} {process:<5} {}", line.at / SECOND, line.kind.word(), line.message)?;
    }
    Ok(())
}

/// On a file, in real time: each call does what there is to do, and goes on where the one before stopped.
pub(crate) fn in_real_time(path: &Path, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let program = compile_text("customers.proc", PROJECT)?;
    let store = Box::new(SqliteStore::open(path)?);
    let mut engine = Engine::with_program(store, &program, Box::new(SystemClock), 1)?;
    engine.implement("ScoreCredit", Box::new(scorer()))?;

    engine.create_named(None, "Customer", &[("name", "Acme".into())])?;
    // A server sets this flag when it is told to stop, and leaves `until_idle` off.
    let stop = AtomicBool::new(false);
    engine.work(&stop, true)?;

    for instance in engine.list(&Default::default())? {
        let fault = instance.fault.map(|fault| format!(": {}", fault.message)).unwrap_or_default();
        writeln!(out, "{} #{} is {}{fault}", instance.process, instance.id, instance.status.word())?;
    }
    Ok(())
}
