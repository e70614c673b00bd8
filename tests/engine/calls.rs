//! Calls that are transactions of their own, that are tried again, and that have a time limit.

use abide::{base::value::Value, engine::store::Status};

use super::world::{HOUR, World, on_both, text};

const MINUTE: i64 = HOUR / 60;

const GATE: &str = r#"
entity Gate { title: text  score: int = 0  open: bool = false }
error Busy { seen: int }
"#;

fn with(processes: &str) -> String {
    format!("{GATE}{processes}")
}

fn gate(w: &mut World, title: &str) -> abide::base::value::RecordRef {
    w.create("Gate", &[("title", text(title))])
}

#[test]
fn what_an_independent_action_did_survives_its_caller() {
    let source = with(
        r#"
action Keep(words: text) for gate: Gate -> int independent {
    create Task { subject: words, regarding: gate }
    return 7
}
action Lose(words: text) for gate: Gate { create Task { subject: words, regarding: gate } }
workflow Work for gate: Gate when created {
    let seven = do Keep(gate, "kept")
    do Lose(gate, "undone")
    raise Busy { seen: seven }
}
"#,
    );
    on_both(&source, |w| {
        let gate = gate(w, "a");
        assert_eq!(w.texts("Task", "subject"), ["kept"]);
        assert_eq!(w.statuses("Work"), [Status::Parked]);
        let id = w.instances("Work")[0];
        let fault = w.engine.show(id).unwrap().fault.unwrap();
        assert_eq!(
            fault.values,
            [("gate".to_owned(), format!("gate:{}", gate.id)), ("seven".to_owned(), "7".to_owned())]
        );
        w.engine.retry(id).unwrap();
        w.idle();
        assert_eq!(w.texts("Task", "subject"), ["kept"], "what was committed is not done again");
    });
}

#[test]
fn an_independent_action_that_is_started_runs_after_the_commit() {
    let source = with(
        r#"
action Remark(words: text) for gate: Gate independent {
    if gate.score == 3 { raise Busy { seen: 3 } }
    create Task { subject: words, regarding: gate }
}
realtime workflow Loud for gate: Gate before action Remark { set inputs.words = "{inputs.words}!" }
realtime workflow Tell for gate: Gate after created, updated(score) { start Remark(gate, "after {gate.title}") }
realtime workflow Guard for gate: Gate after created, updated(score) rank 9 {
    if gate.score > 5 { stop canceled "too much" }
}
workflow Careful for gate: Gate when updated(open) {
    atomic {
        start Remark(gate, "atomic")
        create Task { subject: "with it" }
    }
}
"#,
    );
    on_both(&source, |w| {
        let first = gate(w, "a");
        assert_eq!(w.texts("Task", "subject"), ["after a!"], "what stands before an action stands before this one");
        assert!(w.try_create("Gate", &[("title", text("b")), ("score", Value::Int(9))]).is_err());
        w.idle();
        assert_eq!(w.ids("Task").len(), 1, "the start was undone with its caller");
        w.update(first, &[("score", Value::Int(3))]);
        assert_eq!(w.field(first, "score"), Value::Int(3), "its fault does not undo the caller");
        assert_eq!(w.statuses("Remark"), [Status::Succeeded, Status::Parked]);
        w.update(first, &[("open", Value::Bool(true))]);
        assert_eq!(w.statuses("Remark").len(), 3);
    });
}

#[test]
fn three_tries_again_are_four_calls_with_growing_distances() {
    let source = with(
        r#"
action Pass() for gate: Gate { if not gate.open { raise Busy { seen: 1 } } }
workflow Try for gate: Gate when created {
    try {
        do Pass(gate) retry 3 times after 10 minutes doubling up to 30 minutes
        log "{gate.title} passed"
    } catch e: Busy {
        log "{gate.title} gave up, {e.seen}"
    }
}
"#,
    );
    on_both(&source, |w| {
        gate(w, "a");
        // Tried at once and after 10, 20 and 30 minutes more: 40 would be more than 30.
        w.advance(59 * MINUTE);
        assert_eq!(w.notes(), [""; 0]);
        w.advance(MINUTE);
        assert_eq!(w.notes(), ["a gave up, 1"]);
        let second = gate(w, "b");
        w.advance(11 * MINUTE);
        w.update(second, &[("open", Value::Bool(true))]);
        w.advance(18 * MINUTE);
        assert_eq!(w.notes().len(), 1);
        w.advance(MINUTE);
        assert_eq!(w.notes()[1], "b passed");
    });
}

#[test]
fn tries_again_without_a_distance_come_at_once_and_faults_of_the_program_are_not_tried_again() {
    let source = with(
        r#"
action Pass() for gate: Gate -> int { raise Busy { seen: random(1, 1000000) } }
action Divide() for gate: Gate -> int { return 1 div gate.score }
workflow Once for gate: Gate when created {
    try { do Pass(gate) } catch e: Busy { log "{e.seen}" }
    try { do Pass(gate) } catch e: Busy { log "{e.seen}" }
    try { do Pass(gate) } catch e: Busy { log "{e.seen}" }
    try { do Pass(gate) } catch e: Busy { log "{e.seen}" }
}
workflow Again for gate: Gate when updated(open) {
    try { do Pass(gate) retry 3 times } catch e: Busy { log "{e.seen}" }
    try { do Divide(gate) retry 3 times after 1 hour } catch e { log e.code }
}
"#,
    );
    on_both(&source, |w| {
        let first = gate(w, "a");
        w.update(first, &[("open", Value::Bool(true))]);
        let notes = w.notes();
        assert_eq!(notes.len(), 6, "nothing waits an hour: {notes:?}");
        assert_eq!(notes[5], "R0102");
    });
    // The seed is the same: the fourth call of one run sees what the fourth call of the other sees.
    let fourth = |statement: &str| {
        let body = format!("workflow Run for gate: Gate when created {{ {statement} }}");
        let pass = "action Pass() for gate: Gate -> int { raise Busy { seen: random(1, 1000000) } }";
        let found = std::cell::RefCell::new(Vec::new());
        on_both(&with(&format!("{pass}{body}")), |w| {
            gate(w, "a");
            found.borrow_mut().push(w.notes().last().unwrap().clone());
        });
        found.into_inner()
    };
    let one = "try { do Pass(gate) } catch e: Busy { log \"{e.seen}\" }\n";
    let again = "try { do Pass(gate) retry 3 times } catch e: Busy { log \"{e.seen}\" }";
    assert_eq!(fourth(&one.repeat(4)), fourth(again));
}

#[test]
fn a_child_that_takes_too_long_is_cancelled_and_may_be_tried_again() {
    let source = with(
        r#"
workflow Slow for gate: Gate -> int when called {
    wait until gate.open
    return 5
}
workflow Limited for gate: Gate when created {
    try {
        let five = do Slow(gate) timeout 2 hours
        log "{five}"
    } catch e {
        log "{e.code} {e.message}"
    }
}
workflow Patient for gate: Gate when updated(score) {
    let five = do Slow(gate) timeout 1 hour retry 2 times
    log "at last {five}"
}
"#,
    );
    on_both(&source, |w| {
        let first = gate(w, "a");
        w.advance(2 * HOUR - MINUTE);
        assert_eq!(w.statuses("Slow"), [Status::Waiting]);
        w.advance(MINUTE);
        assert_eq!(w.notes(), ["R0509 it has not ended within its time limit"]);
        assert_eq!(w.statuses("Slow"), [Status::Canceled]);
        w.update(first, &[("score", Value::Int(1))]);
        w.advance(2 * HOUR + MINUTE);
        assert_eq!(w.statuses("Slow")[1..], [Status::Canceled, Status::Canceled, Status::Waiting]);
        w.update(first, &[("open", Value::Bool(true))]);
        assert_eq!(w.notes().last().unwrap(), "at last 5");
        let second = w.create("Gate", &[("title", text("b")), ("open", Value::Bool(true))]);
        assert_eq!(w.notes().last().unwrap(), "5", "in time");
        w.update(second, &[("score", Value::Int(1))]);
        w.advance(HOUR);
        assert_eq!(w.statuses("Patient"), [Status::Succeeded; 2]);
    });
}
