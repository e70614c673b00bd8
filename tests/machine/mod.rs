//! Builds and snapshots as bytes: their format, and what becomes of them when they are damaged.

#[path = "../../benches/fixtures/approval.rs"]
mod approval;
mod damage;
mod formats;
mod golden;
mod reader;

use std::sync::Arc;

use abide::{
    base::value::{RecordRef, Value},
    bytecode::{
        host::{HostCall, HostOp},
        types::TypeDef,
    },
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
    let rate = -3.5
    let due = @2026-05-01
    let month = 1 month
    let open = true
    let steps = [1, 2, 3]
    let note: text? = none
    let value = deal.value
    var count = 7
    let line = Line { quantity: 3, price: 2.25, name: "Bolt" }
    let all = lines(2)
    wait 3 days
    set count += 1
    log "{deal.title} {customer} {amount} {rate} {due} {month} {open} {length(steps)} {note ?? "-"} {count} {line.name}"
    log "{length(all)} {value ?? 0 USD}"
    try {
        if count > 3 { raise Refused { reason: "too many" } }
    } catch e {
        wait 2 days
        log "{e.code} {e.message}"
    }
}
"#;

fn program() -> Arc<Program> {
    compile(SOURCE)
}

fn compile(source: &str) -> Arc<Program> {
    let front = pipeline::check(project::load_text("test.proc", source.into()));
    assert!(!front.has_errors(), "{:#?}", front.diagnostics);
    pipeline::compile(&front.sources, &front.projects[0]).unwrap()
}

/// The body of the process with its argument, at the beginning.
fn begin(program: &Arc<Program>) -> Machine {
    let entity = program.module().entity_by_name("Deal").unwrap().0;
    let deal = Value::Ref(RecordRef { entity, id: 42 });
    Machine::new(program, program.module().processes[0].body, &[deal], TimeZone::UTC).unwrap()
}

/// 2026-01-05T08:00Z.
const START: i64 = 1_767_600_000_000_000;
const DAY: i64 = 86_400_000_000;

/// Answers requests until something else happens. Gives that, and what was logged.
fn advance(machine: &mut Machine) -> (Outcome, Vec<String>) {
    advance_at(machine, START)
}

/// The same at some moment.
fn advance_at(machine: &mut Machine, now: i64) -> (Outcome, Vec<String>) {
    let mut logged = Vec::new();
    loop {
        match machine.step(&mut 100_000) {
            Outcome::Call(call) => {
                let program = Arc::clone(machine.program());
                let reply = match &program.module().sites[call.site.index()].op {
                    HostOp::Now => Value::DateTime(now),
                    HostOp::ReadField { .. } if is_text(&program, &call) => Value::Text("Turbines".to_owned()),
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

fn is_text(program: &Program, call: &HostCall) -> bool {
    let result = program.module().sites[call.site.index()].result;
    result.and_then(|ty| program.module().ty(ty)) == Some(&TypeDef::Text)
}

/// A machine at its first wait.
fn resting(program: &Arc<Program>) -> Machine {
    let mut machine = begin(program);
    assert!(matches!(advance(&mut machine).0, Outcome::Wait(_)));
    machine
}
