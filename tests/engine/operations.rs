//! Operations: checks, real-time processes around them, what they start.

use abide::{
    base::value::Value,
    engine::{
        Engine, Write,
        store::{LogKind, StoreError},
    },
};

use super::world::{fault, on_both, text};

const DEALS: &str = r#"
enum Rating { cold = 1 "Cold", warm = 2 "Warm" }
entity Account {
    name: text(10)
    parent: Account? hierarchy
    unique name
    shown as "{name}"
}
entity Deal {
    title: text(20)
    customer: Account
    score: int 0..100 = 5
    rating: Rating = warm
    close_on: date?
    states {
        open = 0 "Open": in_progress = 1 "In progress", on_hold = 2 "On hold"
        won = 1 "Won": signed = 3 "Signed"
        lost = 2 "Lost"
        open -> won, lost
        won -> lost
    }
    unique title, customer
    shown as "{title}"
}
"#;

#[test]
fn records_are_checked_before_they_are_written() {
    on_both(DEALS, |w| {
        let acme = w.create("Account", &[("name", text("Acme"))]);
        let deal = w.create("Deal", &[("title", text("Gears")), ("customer", Value::Ref(acme))]);
        assert_eq!(w.field(deal, "score"), Value::Int(5));
        assert_eq!(w.field(deal, "rating"), Value::Enum(2));
        assert_eq!((w.field(deal, "state"), w.field(deal, "status")), (Value::Enum(0), Value::Enum(1)));
        assert_eq!(w.field(deal, "version"), Value::Int(1));
        let customer = ("customer", Value::Ref(acme));
        let faults = [
            w.try_create("Account", &[("name", text("Acme"))]),
            w.try_create("Account", &[]),
            w.try_create("Account", &[("name", text("a name too long"))]),
            w.try_create("Deal", &[("title", text("Gears")), customer.clone()]),
            w.try_create("Deal", &[("title", text("a")), customer.clone(), ("score", Value::Int(101))]),
            w.try_create("Deal", &[("title", text("a")), customer.clone(), ("rating", Value::Enum(9))]),
            w.try_create("Deal", &[("title", text("a")), ("customer", Value::Ref(deal))]),
            w.try_create("Deal", &[("title", text("a")), customer, ("version", Value::Int(9))]),
        ]
        .map(fault);
        insta::assert_snapshot!("checks", faults.join("\n"));
        assert_eq!(w.ids("Deal").len(), 1);
    });
}

#[test]
fn an_operation_and_the_note_about_it_are_kept_together_or_not_at_all() {
    on_both(DEALS, |w| {
        let account = w.entity("Account");
        let name = w.field_idx(account, "name");
        let create = |title: &'static str| {
            move |engine: &mut Engine| engine.create(None, account, &[Write::set(name, text(title))])
        };
        w.engine.noting(create("Acme"), |store, _| store.set_meta("note", "done")).unwrap();
        let refused = w.engine.noting(create("Acme"), |store, answer| {
            assert!(answer.is_err());
            store.set_meta("note", "refused")
        });
        assert!(fault(refused).starts_with("R0301"));
        assert_eq!(w.engine.store().meta("note"), Ok(Some("refused".into())));
        let refusals = w.engine.timeline(None).unwrap();
        assert_eq!(refusals.iter().filter(|line| line.kind == LogKind::Refuse).count(), 1);
        let full = StoreError::Io("full".into());
        let failed = w.engine.noting(create("Other"), |store, _| {
            store.set_meta("note", "lost")?;
            Err(full.clone())
        });
        assert_eq!(failed, Err(full.into()));
        assert_eq!((w.ids("Account").len(), w.engine.store().meta("note")), (1, Ok(Some("refused".into()))));
        w.create("Account", &[("name", text("Other"))]);
    });
}

#[test]
fn states_and_statuses_follow_each_other() {
    on_both(DEALS, |w| {
        let acme = w.create("Account", &[("name", text("Acme"))]);
        let deal = w.create("Deal", &[("title", text("Gears")), ("customer", Value::Ref(acme))]);
        w.update(deal, &[("status", Value::Enum(2))]);
        assert_eq!(w.field(deal, "state"), Value::Enum(0));
        w.update(deal, &[("state", Value::Enum(1))]);
        assert_eq!((w.field(deal, "state"), w.field(deal, "status")), (Value::Enum(1), Value::Enum(3)));
        let refused = fault(w.try_update(deal, &[("state", Value::Enum(0))]));
        assert_eq!(refused, "R0303: a `Deal` cannot change from won.signed to open.in_progress");
        assert_eq!(w.field(deal, "version"), Value::Int(3));
    });
}

#[test]
fn what_is_referred_to_stays() {
    let source = format!("{DEALS}\n");
    on_both(&source, |w| {
        let acme = w.create("Account", &[("name", text("Acme"))]);
        let deal = w.create("Deal", &[("title", text("Gears")), ("customer", Value::Ref(acme))]);
        let refused = fault(w.engine.delete(None, acme));
        assert!(refused.contains("R0304") && refused.contains("Deal.customer"), "{refused}");
        let note = w.create("Note", &[("subject", text("n")), ("regarding", Value::Ref(deal))]);
        w.create("Note", &[("subject", text("of the note")), ("regarding", Value::Ref(note))]);
        w.create("Task", &[("subject", text("t")), ("regarding", Value::Ref(deal))]);
        w.delete(deal);
        assert_eq!((w.ids("Note"), w.ids("Task")), (vec![], vec![]));
        w.delete(acme);
        assert_eq!(
            fault(w.engine.delete(None, acme)),
            format!("R0401: account:{} does not exist, or no longer", acme.id)
        );
    });
}

#[test]
fn handlers_run_by_rank_and_see_what_the_others_wrote() {
    let source = r#"
entity Deal { title: text  score: int = 0  trace: text = "" }
realtime workflow Second for deal: Deal before created, updated(score) rank 20 { set deal.trace = "{deal.trace}b{deal.score}" }
realtime workflow First for deal: Deal before created rank 10 { set deal.score = deal.score + 1 set deal.trace = "{deal.trace}a{deal.score}" }
realtime workflow Third for deal: Deal after created, updated(score) rank 5 { log "{deal.title} {deal.trace}" }
"#;
    on_both(source, |w| {
        let deal = w.create("Deal", &[("title", text("x")), ("score", Value::Int(6))]);
        assert_eq!(w.field(deal, "trace"), text("a7b7"));
        w.update(deal, &[("score", Value::Int(7))]);
        w.update(deal, &[("score", Value::Int(8))]);
        assert_eq!(w.field(deal, "trace"), text("a7b7b8"));
        assert_eq!(w.notes(), ["x a7b7", "x a7b7b8"]);
    });
}

#[test]
fn a_veto_undoes_the_operation_and_what_it_caused() {
    let source = r#"
entity Deal { title: text  score: int = 0 }
entity Trace { line: text }
realtime workflow Tell for deal: Deal before updated(score) { create Trace { line: "{old.score} to {deal.score}" } }
realtime workflow Guard for deal: Deal after updated(score) { if deal.score > 3 { stop canceled "{deal.title} is full" } }
workflow Follow for deal: Deal when updated(score) { create Trace { line: "followed" } }
"#;
    on_both(source, |w| {
        let deal = w.create("Deal", &[("title", text("x"))]);
        w.update(deal, &[("score", Value::Int(3))]);
        let refused = fault(w.try_update(deal, &[("score", Value::Int(4))]));
        assert_eq!(refused, "R0501: refused by Guard: x is full");
        w.idle();
        assert_eq!(w.field(deal, "score"), Value::Int(3));
        assert_eq!(w.texts("Trace", "line"), ["0 to 3", "followed"]);
        let log = w.engine.timeline(None).unwrap();
        let refusals: Vec<&str> = log
            .iter()
            .filter(|e| e.kind == abide::engine::store::LogKind::Refuse)
            .map(|e| e.message.as_str())
            .collect();
        assert_eq!(refusals, ["R0501: refused by Guard: x is full"]);
    });
}

#[test]
fn a_statement_happens_whole_or_not_at_all() {
    let source = r#"
entity Deal { title: text  score: int = 0 }
entity Trace { line: text }
realtime workflow Guard for deal: Deal after updated(score) {
    create Trace { line: "guard" }
    if deal.score > 3 { stop canceled "full" }
}
action Raise(by: int) for deal: Deal -> text {
    create Trace { line: "before" }
    try { update deal { score += by } } catch e { create Trace { line: "caught {e.code}" } return "caught" }
    return "done"
}
action RaiseAll(by: int) for deal: Deal {
    try {
        atomic {
            create Trace { line: "undone" }
            update deal { score += 1 }
            update deal { score += by }
        }
    } catch e { log e.message }
}
"#;
    on_both(source, |w| {
        let deal = w.create("Deal", &[("title", text("x"))]);
        let call = |w: &mut super::world::World, name: &str, by| {
            format!("{:?}", w.engine.start(None, name, &[Value::Ref(deal), Value::Int(by)]))
        };
        assert!(call(w, "Raise", 2).contains("done"));
        assert!(call(w, "Raise", 5).contains("caught"));
        assert_eq!(w.field(deal, "score"), Value::Int(2));
        assert_eq!(w.texts("Trace", "line"), ["before", "guard", "before", "caught R0501"]);
        call(w, "RaiseAll", 1);
        assert_eq!(w.field(deal, "score"), Value::Int(2));
        assert_eq!(w.texts("Trace", "line").len(), 4);
        assert_eq!(w.notes(), ["refused by Guard: full"]);
    });
}

#[test]
fn one_operation_starts_a_process_once_with_what_it_saw() {
    let source = r#"
entity Deal {
    title: text
    score: int = 0
    states { open = 0 "Open" closed = 1 "Closed" open -> closed }
}
workflow Watch for deal: Deal
    when created, updated(score), status changed to closed, written(title)
    only if deal.title != "quiet"
{
    let before = if old?.score is none then "new" else "{old?.score}"
    log "{trigger.kind} {before} {deal.score} {changed(score)}"
}
workflow Farewell for deal: Deal when deleted { log "{deal.title} went with {deal.score}" }
"#;
    on_both(source, |w| {
        let deal = w.create("Deal", &[("title", text("x"))]);
        w.update(deal, &[("score", Value::Int(1)), ("state", Value::Enum(1)), ("title", text("y"))]);
        w.update(deal, &[("score", Value::Int(1))]);
        w.update(deal, &[("title", text("y"))]);
        w.update(deal, &[("title", text("quiet"))]);
        w.delete(deal);
        assert_eq!(w.notes(), ["created new 0 true", "updated 0 1 true", "updated 1 1 false", "quiet went with 1"]);
    });
}

#[test]
fn rings_are_stopped() {
    let source = r#"
entity Deal { title: text  score: int = 0  calm: int = 0 }
// allow W0501: the test is about this
workflow Ring for deal: Deal when updated(score) { update deal { score += 1 } }
"#;
    on_both(source, |w| {
        let deal = w.create("Deal", &[("title", text("x"))]);
        w.update(deal, &[("score", Value::Int(1))]);
        assert_eq!(w.field(deal, "score"), Value::Int(9));
        let statuses: Vec<&str> = w.statuses("Ring").iter().map(|s| s.word()).collect();
        assert_eq!(statuses.iter().filter(|s| **s == "succeeded").count(), 8);
        assert_eq!(statuses.last(), Some(&"parked"));
    });
}

#[test]
fn actions_run_in_the_caller_s_transaction_with_what_stands_around_them() {
    let source = r#"
entity Deal { title: text  score: int = 0 }
error Refused { reason: text }
action Raise(by: int = 2) for deal: Deal -> int {
    if by > 90 { raise Refused { reason: "{by} is too much" } }
    update deal { score += by }
    return deal.score
}
realtime workflow Halve for deal: Deal before action Raise { set inputs.by = inputs.by - 1 }
realtime workflow Tell for deal: Deal after action Raise { log "{deal.title} {inputs.by} {result}" }
"#;
    on_both(source, |w| {
        let deal = w.create("Deal", &[("title", text("x"))]);
        let answer = format!("{:?}", w.engine.start(None, "Raise", &[Value::Ref(deal)]).unwrap());
        assert_eq!(answer, "Result(Some(Int(1)))");
        let refused = w.engine.start(None, "Raise", &[Value::Ref(deal), Value::Int(99)]);
        assert_eq!(fault(refused), "Refused: Refused: 98 is too much");
        assert_eq!(w.field(deal, "score"), Value::Int(1));
        assert_eq!(w.notes(), ["x 1 1"]);
        assert!(fault(w.engine.start(None, "Nothing", &[])).contains("R0505"));
    });
}

#[test]
fn an_input_that_is_set_reads_as_it_is_by_now() {
    let source = r#"
entity Deal { title: text, score: int = 0 }
action Raise(by: int) for deal: Deal -> int {
    update deal { score += by }
    return by
}
realtime workflow Double for deal: Deal before action Raise {
    set inputs.by = inputs.by * 2
    set inputs.by += 1
    log "by {inputs.by}"
}
"#;
    on_both(source, |w| {
        let deal = w.create("Deal", &[("title", text("a"))]);
        w.engine.start(None, "Raise", &[Value::Ref(deal), Value::Int(5)]).unwrap();
        assert_eq!(w.notes(), ["by 11"]);
        assert_eq!(w.field(deal, "score"), Value::Int(11));
    });
}

#[test]
fn what_an_atomic_block_wanted_to_write_is_undone_with_it() {
    let source = r#"
error Bad { reason: text }
entity Deal { title: text, score: int = 1 }
realtime workflow Careful for deal: Deal before created {
    try {
        atomic {
            set deal.score = 5
            raise Bad { reason: "no" }
        }
    } catch e {
        log "{e.code} {deal.score}"
    }
}
"#;
    on_both(source, |w| {
        let deal = w.create("Deal", &[("title", text("a"))]);
        assert_eq!(w.notes(), ["Bad 1"]);
        assert_eq!(w.field(deal, "score"), Value::Int(1));
    });
}
