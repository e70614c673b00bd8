//! Builds and snapshots as bytes: their format, and what becomes of them when they are damaged.

mod damage;
mod formats;

use std::sync::Arc;

use abide::{
    base::value::{RecordRef, Value},
    bytecode::host::HostOp,
    pipeline, project,
    vm::{
        machine::{Machine, Outcome},
        program::Program,
    },
};
use jiff::tz::TimeZone;

/// A process that holds values of many types at a wait, and functions of many kinds.
const SOURCE: &str = r#"
enum Rating { cold, hot = 7 "Hot!" }
record Line { quantity: int, price: decimal, name: text }
error Refused { reason: text }
entity Deal { title: text(200), value: money(USD)?, rating: Rating = cold }

fn sum_to(n: int) -> int {
    var total = 0
    var i = 0
    while i < n { set total += i set i += 1 }
    return total
}
fn factorial(n: int) -> int { if n < 2 { return 1 } return n * factorial(n - 1) }
fn lines(n: int) -> list of Line {
    var all: list of Line = []
    for each i in range(1, n) { set all = append(all, Line { quantity: i, price: 1.5, name: "No. {i}" }) }
    return all
}
fn describe(r: Rating, due: date, m: money(USD), d: decimal?) -> text {
    let kind = match r { hot => "warm", else => "cold" }
    return "{kind} {r} {due} {m} {d ?? 0.5} {lower(kind)}"
}
fn guarded(n: int) -> text {
    try {
        if n == 1 { raise Refused { reason: "one" } }
        return "{10 div n}"
    } catch e: Refused {
        return e.reason
    } catch e {
        return e.code
    }
}

workflow Chase for deal: Deal when created {
    let customer = "Acme Corporation, Springfield"
    let amount = 80_000 USD
    let rate = 3.5
    let due = @2026-05-01
    let share = 20%
    let open = true
    let steps = [1, 2, 3]
    let note: text? = none
    var count = 7
    let line = Line { quantity: 3, price: 2.25, name: "Bolt" }
    wait 3 days
    set count += 1
    log "{deal.title} {customer} {amount} {rate} {due} {share} {open} {length(steps)} {note ?? "-"} {count} {line.name}"
}
"#;

fn program() -> Arc<Program> {
    let front = pipeline::check(project::load_text("test.proc", SOURCE.into()));
    assert!(!front.has_errors(), "{:#?}", front.diagnostics);
    pipeline::compile(&front.sources, &front.projects[0]).unwrap()
}

/// The body of the process with its argument, at the beginning.
fn begin(program: &Arc<Program>) -> Machine {
    let entity = program.module().entity_by_name("Deal").unwrap().0;
    let deal = Value::Ref(RecordRef { entity, id: 42 });
    Machine::new(program, program.module().processes[0].body, &[deal], TimeZone::UTC).unwrap()
}

/// Answers requests until something else happens. Gives that, and what was logged.
fn advance(machine: &mut Machine) -> (Outcome, Vec<String>) {
    let mut logged = Vec::new();
    loop {
        match machine.step(&mut 100_000) {
            Outcome::Call(call) => {
                let program = Arc::clone(machine.program());
                let reply = match &program.module().sites[call.site.index()].op {
                    // The moment moves on with the last log, so that the second evaluation of the wait is over.
                    HostOp::Now => Value::DateTime(1_767_600_000_000_000),
                    HostOp::ReadField { .. } => Value::Text("Turbines".to_owned()),
                    HostOp::Log => {
                        logged.extend(call.args.iter().map(|text| format!("{text:?}")));
                        Value::None
                    }
                    _ => Value::None,
                };
                machine.reply(&reply);
            }
            other => return (other, logged),
        }
    }
}

/// A machine at its wait.
fn resting(program: &Arc<Program>) -> Machine {
    let mut machine = begin(program);
    assert!(matches!(advance(&mut machine).0, Outcome::Wait(_)));
    machine
}
