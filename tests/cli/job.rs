//! `abide job`: programs take jobs from the queues of a store, and answer for them.

use serde_json::Value;

use super::{Call, Outcome};

const SOURCE: &str = r#"
activity PrintLabel(address: text, copies: int) -> text
    using worker "labels"
    timeout 5 minutes
    retry 1 times after 1 second
workflow Ship(address: text) when on demand, called {
    try {
        let label = do PrintLabel(address, 2)
        log label
    } catch e {
        log "{e.code} {e.message}"
    }
}
"#;

#[track_caller]
fn fine(outcome: Outcome) -> String {
    assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
    outcome.out
}

/// A store in which so many calls wait.
fn waiting(calls: usize) -> Call {
    let call = Call::new().file("p.proc", SOURCE);
    fine(call.run(&["deploy", "p.proc", "--store", "s.db", "--activate"]));
    for n in 0..calls {
        fine(call.run(&["start", "Ship", &format!("address=Kiel {n}"), "--store", "s.db"]));
    }
    fine(call.run(&["worker", "--store", "s.db", "--until-idle"]));
    call
}

fn fetch(call: &Call) -> Value {
    let out = fine(call.run(&["job", "fetch", "labels", "--store", "s.db", "--json"]));
    serde_json::from_str::<Value>(&out).unwrap()["job"].clone()
}

fn ticket(job: &Value) -> String {
    job["ticket"].as_str().unwrap().to_owned()
}

#[test]
fn a_job_is_fetched_completed_and_recorded_once() {
    let call = waiting(1);
    assert_eq!(fine(call.run(&["job", "list", "--store", "s.db"])), "`labels`: 1, of which 0 are under way\n");
    let job = fetch(&call);
    assert_eq!(job["inputs"], serde_json::json!({"address": "Kiel 0", "copies": 2}));
    assert_eq!(fetch(&call), Value::Null);
    let ticket = ticket(&job);
    let call_of = ticket.split('-').next().unwrap().to_owned();
    let why = fine(call.run(&["why", &call_of, "--store", "s.db"]));
    assert!(why.contains(&format!("the queue `labels`: taken as {ticket}, until")), "{why}");
    let complete = |result: &str| call.run(&["job", "complete", &ticket, "--result", result, "--store", "s.db"]);
    let wrong = complete("5");
    assert_eq!(wrong.code, 1);
    assert!(wrong.err.contains("error[R0512]") && wrong.err.contains("the result is not a text"), "{}", wrong.err);
    fine(call.run(&["job", "extend", &ticket, "--lease", "5m", "--store", "s.db"]));
    assert_eq!(fine(complete("\"L-1\"")), format!("{ticket} is done\n"));
    let again = complete("\"L-2\"");
    assert!(again.code == 1 && again.err.contains("error[R0520]"), "{}", again.err);
    fine(call.run(&["worker", "--store", "s.db", "--until-idle"]));
    let log = fine(call.run(&["log", "--store", "s.db"]));
    assert_eq!(log.matches("L-1").count(), 1, "{log}");
}

#[test]
fn a_job_that_fails_is_tried_again_and_then_given_up() {
    let call = waiting(1);
    let first = ticket(&fetch(&call));
    fine(call.run(&["job", "fail", &first, "--error", "no paper", "--store", "s.db"]));
    let out = fine(call.run(&["job", "fetch", "labels", "--wait", "20s", "--store", "s.db", "--json"]));
    let second = ticket(&serde_json::from_str::<Value>(&out).unwrap()["job"]);
    assert_eq!(second, first.replace("-1", "-2"));
    fine(call.run(&["job", "fail", &second, "--error", "still no paper", "--store", "s.db"]));
    fine(call.run(&["worker", "--store", "s.db", "--until-idle"]));
    let log = fine(call.run(&["log", "--store", "s.db"]));
    assert!(log.contains("no paper; it is tried again in 1 second"), "{log}");
    assert!(log.contains("R0511 PrintLabel failed: still no paper"), "{log}");
}

#[test]
fn several_programs_take_each_job_once() {
    const JOBS: usize = 6;
    let call = waiting(JOBS);
    let taken: Vec<String> = std::thread::scope(|scope| {
        let taking: Vec<_> = (0..JOBS).map(|_| scope.spawn(|| ticket(&fetch(&call)))).collect();
        taking.into_iter().map(|taken| taken.join().unwrap()).collect()
    });
    let mut different = taken.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), JOBS, "{taken:?}");
    assert_eq!(fetch(&call), Value::Null);
}

#[test]
fn what_is_no_ticket_or_no_time_is_told() {
    let call = waiting(0);
    let wrong = call.run(&["job", "complete", "42", "--result", "1", "--store", "s.db"]);
    assert_eq!((wrong.code, wrong.err.contains("`42` is no ticket")), (2, true), "{}", wrong.err);
    let gone = call.run(&["job", "complete", "42-1", "--result", "1", "--store", "s.db"]);
    assert_eq!((gone.code, gone.err.contains("R0520")), (1, true), "{}", gone.err);
    let late = call.run(&["job", "fetch", "labels", "--wait", "soon", "--store", "s.db"]);
    assert_eq!(late.code, 2);
    assert_eq!(fine(call.run(&["job", "list", "--store", "s.db"])), "nothing waits to be done outside\n");
}
