//! Instances: waits, children, faults, cancellation.

use abide::{
    base::value::Value,
    engine::{
        Started,
        store::{LogKind, Status},
        tunables::Tunable,
    },
};

use super::world::{DAY, HOUR, World, fault, on_both, text};

const DEAL: &str = r#"
entity Deal {
    title: text
    score: int = 0
    close_on: date?
    states { open = 0 "Open" won = 1 "Won" lost = 2 "Lost" }
    shown as "{title}"
}
"#;

fn with(processes: &str) -> String {
    format!("{DEAL}{processes}")
}

#[test]
fn a_wait_ends_with_the_first_arm_that_comes() {
    let source = with(
        r#"
workflow Chase for deal: Deal when created {
    wait {
        until deal.state == won => log "won",
        until deal.score > 3 => log "scored",
        until deal.close_on => log "closed",
        after 3 days => log "late",
    }
}
"#,
    );
    on_both(&source, |w| {
        let deals = ["a", "b", "c", "d"].map(|t| w.create("Deal", &[("title", text(t))]));
        w.update(deals[0], &[("state", Value::Enum(1)), ("score", Value::Int(9))]);
        w.update(deals[1], &[("score", Value::Int(1))]);
        w.update(deals[1], &[("score", Value::Int(4))]);
        assert_eq!(w.notes(), ["won", "scored"]);
        w.update(deals[2], &[("close_on", Value::Date(20_459))]);
        w.advance(14 * HOUR);
        assert_eq!(w.notes().len(), 2);
        w.advance(2 * HOUR);
        assert_eq!(w.notes()[2], "closed");
        w.advance(5 * DAY);
        assert_eq!(w.notes(), ["won", "scored", "closed", "late"]);
        assert_eq!(w.statuses("Chase"), [Status::Succeeded; 4]);
        let last = w.instances("Chase")[3];
        let log = w.engine.timeline(Some(last)).unwrap();
        assert_eq!(log.last().unwrap().at, super::world::START + 3 * DAY, "at its moment, not when it was looked for");
    });
}

#[test]
fn each_entering_of_a_wait_is_told_but_not_each_look_at_it() {
    let source = with(
        r#"
workflow Remind for deal: Deal when created {
    var days = 0
    while days < 3 {
        wait { after 1 day => set days += 1, until deal.score > 9 => stop succeeded }
    }
}
"#,
    );
    on_both(&source, |w| {
        let deal = w.create("Deal", &[("title", text("a"))]);
        for score in 1..=5 {
            w.update(deal, &[("score", Value::Int(score))]);
        }
        w.advance(2 * DAY);
        let log = w.engine.timeline(None).unwrap();
        let waits: Vec<i64> = log.iter().filter(|e| e.kind == LogKind::Wait).map(|e| e.at).collect();
        assert_eq!(waits, [0, 1, 2].map(|days| super::world::START + days * DAY));
    });
}

#[test]
fn a_moment_that_moves_is_computed_anew() {
    let source = with("workflow Close for deal: Deal when created { wait until deal.close_on log \"closed\" }");
    on_both(&source, |w| {
        let deal = w.create("Deal", &[("title", text("a"))]);
        w.advance(DAY);
        w.update(deal, &[("close_on", Value::Date(20_488))]);
        w.advance(DAY);
        w.update(deal, &[("close_on", Value::Date(20_461))]);
        assert_eq!(w.notes(), [""; 0]);
        w.update(deal, &[("close_on", Value::Date(20_460))]);
        assert_eq!(w.notes(), ["closed"]);
    });
}

#[test]
fn a_wait_may_look_at_records_that_refer_to_one_it_holds() {
    let source = with(
        r#"
workflow Work for deal: Deal when created {
    let task = create Task { subject: "do", regarding: deal }
    wait until not (exists t in Task where t.regarding == deal and t.state == open)
    log "all done"
}
"#,
    );
    on_both(&source, |w| {
        let deal = w.create("Deal", &[("title", text("a"))]);
        let task = w.entity("Task");
        let ids = w.ids("Task");
        let first = abide::base::value::RecordRef { entity: task, id: ids[0] };
        let second = w.create("Task", &[("subject", text("more")), ("regarding", Value::Ref(deal))]);
        w.update(first, &[("state", Value::Enum(1))]);
        assert_eq!(w.notes(), [""; 0]);
        w.update(second, &[("regarding", Value::None)]);
        assert_eq!(w.notes(), ["all done"]);
    });
}

#[test]
fn deletion_of_the_primary_record_cancels_but_where_an_arm_waits_for_it() {
    let source = with(
        r#"
workflow Wait for deal: Deal when created { wait 3 days log "never" }
workflow Handle for deal: Deal when created { let t = deal.title wait until deal is deleted log "{t} is gone" }
"#,
    );
    on_both(&source, |w| {
        let deal = w.create("Deal", &[("title", text("a"))]);
        w.delete(deal);
        assert_eq!(w.notes(), ["a is gone"]);
        assert_eq!(w.statuses("Wait"), [Status::Canceled]);
        let id = w.instances("Wait")[0];
        assert_eq!(w.engine.show(id).unwrap().message, format!("deal:{} was deleted", deal.id));
    });
}

#[test]
fn children_give_results_and_are_cancelled_with_their_parents() {
    let source = with(
        r#"
workflow Parent for deal: Deal when created {
    let score = do Child(deal, add: 5)
    log "child gave {score}"
    let other = start Child(deal, add: 7)
    wait 1 day
    cancel other
    try { do Child(deal, add: 100) } catch e { log "{e.code}" }
    do Slow(deal)
}
workflow Child(add: int) for deal: Deal -> int when called {
    wait until deal.score > 0
    if add > 50 { stop canceled "too much" }
    if add > 6 { wait 10 days }
    return deal.score + add
}
workflow Slow for deal: Deal when called {
    try { wait 30 days } finally { log "slow unwinds" }
}
"#,
    );
    on_both(&source, |w| {
        let deal = w.create("Deal", &[("title", text("a"))]);
        assert_eq!(w.statuses("Child"), [Status::Waiting]);
        w.update(deal, &[("score", Value::Int(2))]);
        assert_eq!(w.notes(), ["child gave 7"]);
        w.advance(DAY);
        assert_eq!(w.notes(), ["child gave 7", "R0503"]);
        assert_eq!(w.statuses("Child"), [Status::Succeeded, Status::Canceled, Status::Canceled]);
        let parent = w.instances("Parent")[0];
        w.engine.cancel(parent, "enough").unwrap();
        w.idle();
        assert_eq!(w.statuses("Parent"), [Status::Canceled]);
        assert_eq!(w.statuses("Slow"), [Status::Canceled]);
        assert_eq!(w.notes()[2], "slow unwinds");
    });
}

#[test]
fn a_fault_parks_the_instance_where_it_last_rested() {
    let source = with(
        r#"
workflow Divide for deal: Deal when created {
    let weight = 12
    wait 1 day
    log "tried"
    log "share {weight div deal.score}"
}
"#,
    );
    on_both(&source, |w| {
        let deal = w.create("Deal", &[("title", text("a"))]);
        w.advance(DAY);
        assert_eq!(w.statuses("Divide"), [Status::Parked]);
        assert_eq!(w.notes(), [""; 0], "the turn is undone");
        let id = w.instances("Divide")[0];
        let parked = w.engine.show(id).unwrap().fault.unwrap();
        assert_eq!((parked.code.as_str(), parked.place.as_str()), ("R0102", "test.proc:14"));
        assert!(parked.values.contains(&("weight".into(), "12".into())), "{:?}", parked.values);
        w.engine.retry(id).unwrap();
        w.idle();
        assert_eq!(w.statuses("Divide"), [Status::Parked]);
        w.update(deal, &[("score", Value::Int(4))]);
        w.engine.retry(id).unwrap();
        w.idle();
        assert_eq!(w.notes(), ["retried", "retried", "tried", "share 3"]);
        assert!(fault(w.engine.retry(id)).contains("R0507"));
    });
}

#[test]
fn what_is_given_up_unwinds_and_fails_its_caller() {
    let source = with(
        r#"
workflow Parent for deal: Deal when created {
    try { do Child(deal) } catch e { log "{e.code} {e.message}" }
}
workflow Child for deal: Deal when called {
    try { wait 1 day log "{1 div deal.score}" } finally { log "unwound" }
}
"#,
    );
    on_both(&source, |w| {
        w.create("Deal", &[("title", text("a"))]);
        w.advance(DAY);
        assert_eq!(w.statuses("Parent"), [Status::Waiting]);
        let child = w.instances("Child")[0];
        w.engine.give_up(child).unwrap();
        w.idle();
        assert_eq!(w.statuses("Child"), [Status::Failed]);
        assert_eq!(w.notes(), ["unwound", "R0502 Child failed: division by zero"]);
        assert_eq!(w.statuses("Parent"), [Status::Succeeded]);
    });
}

#[test]
fn what_is_parked_for_longer_than_the_store_says_is_given_up_by_itself() {
    let source = with(
        r#"
workflow Parent for deal: Deal when created {
    try { do Child(deal) } catch e { log "{e.code} {e.message}" }
}
workflow Child for deal: Deal when called keep 1 day {
    try { wait 1 day log "{1 div deal.score}" } finally { log "unwound" }
}
"#,
    );
    on_both(&source, |w| {
        let after = |w: &mut World, time| w.engine.tune(Tunable::GiveUpAfter, time).unwrap();
        let due = |w: &mut World, child| w.engine.show(child).unwrap().until;
        // Before the store says so, for ever.
        w.create("Deal", &[("title", text("a"))]);
        w.advance(DAY);
        let first = w.instances("Child")[0];
        assert_eq!(due(w, first), None);
        after(w, Some(3 * DAY));
        w.advance(10 * DAY);
        w.create("Deal", &[("title", text("b"))]);
        w.advance(DAY);
        let child = w.instances("Child")[1];
        let parked = w.engine.show(child).unwrap().changed;
        assert_eq!(due(w, child), Some(parked + 3 * DAY));
        // It says more before the time is over, and is asked again then.
        after(w, Some(4 * DAY));
        w.advance(3 * DAY);
        assert_eq!((w.statuses("Child"), due(w, child)), (vec![Status::Parked; 2], Some(parked + 4 * DAY)));
        // What is tried again is parked anew.
        w.engine.retry(child).unwrap();
        w.idle();
        assert_eq!(due(w, child), Some(parked + 7 * DAY));
        w.advance(4 * DAY - 1);
        assert_eq!((w.statuses("Child"), w.notes()), (vec![Status::Parked; 2], vec!["retried".to_owned()]));
        w.advance(1);
        assert_eq!(w.statuses("Child"), [Status::Parked, Status::Failed]);
        assert_eq!(w.statuses("Parent"), [Status::Waiting, Status::Succeeded]);
        let by_itself = "given up by itself: nobody took care of it in time";
        assert_eq!(w.notes(), ["retried", by_itself, "unwound", "R0502 Child failed: division by zero"]);
        let told = w.engine.timeline(Some(child)).unwrap();
        assert!(told.iter().any(|entry| entry.message.starts_with("given up by itself")), "{told:?}");
        assert_eq!(w.engine.forgotten().unwrap(), [] as [i64; 0]);
        w.advance(2 * DAY);
        assert_eq!(w.instances("Child"), [first], "it is kept as long as it says");
        after(w, None);
        w.create("Deal", &[("title", text("c"))]);
        w.advance(DAY);
        let last = w.instances("Child")[1];
        assert_eq!(due(w, last), None);
    });
}

#[test]
fn a_fault_in_only_if_parks_the_start_and_not_the_event() {
    let source = with(
        r#"
workflow Careful for deal: Deal when created only if 10 div deal.score > 1 { log "began with {deal.score}" }
"#,
    );
    on_both(&source, |w| {
        let deal = w.create("Deal", &[("title", text("a"))]);
        assert_eq!(w.statuses("Careful"), [Status::Parked]);
        w.update(deal, &[("score", Value::Int(2))]);
        let id = w.instances("Careful")[0];
        w.engine.retry(id).unwrap();
        w.idle();
        assert_eq!(w.notes(), ["retried", "began with 2"]);
        w.create("Deal", &[("title", text("b")), ("score", Value::Int(9))]);
        assert_eq!(w.instances("Careful").len(), 1, "where it is false nothing starts");
    });
}

#[test]
fn instances_are_kept_as_long_as_their_process_says() {
    let source = with(
        r#"
workflow Nothing for deal: Deal when created keep nothing { log "x" }
workflow Days for deal: Deal when created keep 2 days { log "y" }
"#,
    );
    on_both(&source, |w| {
        w.create("Deal", &[("title", text("a"))]);
        assert_eq!((w.statuses("Nothing").len(), w.statuses("Days").len()), (0, 1));
        w.advance(3 * DAY);
        assert_eq!(w.statuses("Days").len(), 0);
    });
}

#[test]
fn processes_are_started_by_hand_where_they_allow_it() {
    let source = with(
        r#"
workflow Ask(times: int = 2) for deal: Deal when on demand only if deal.score > 0 { log "{deal.title} {times}" }
workflow Auto for deal: Deal when updated(title) { log "auto" }
"#,
    );
    on_both(&source, |w| {
        let deal = w.create("Deal", &[("title", text("a"))]);
        let target = [Value::Ref(deal)];
        assert!(fault(w.engine.start(None, "Ask", &target)).contains("R0504"));
        assert!(fault(w.engine.start(None, "Auto", &target)).contains("R0505"));
        w.update(deal, &[("score", Value::Int(1))]);
        assert!(matches!(w.engine.start(None, "Ask", &target), Ok(Started::Instance(_))));
        w.idle();
        assert_eq!(w.notes(), ["a 2"]);
    });
}

fn waiting(w: &mut World, process: &str) -> String {
    let id = w.instances(process)[0];
    let view = w.engine.show(id).unwrap();
    format!("{} {} {:?} {:?}", view.status.word(), view.point.unwrap(), view.waits_for, view.until)
}

#[test]
fn listings_say_what_is_waited_for() {
    let source = with(
        r#"
workflow Chase for deal: Deal when created {
    stage "First" { wait { until deal.state == won => log "w", until deal.score > 3 => log "s", after 1 hour => log "l" } }
    let child = start Other(deal)
    wait for child
}
workflow Other for deal: Deal when called { wait until exists t in Task where t.regarding == deal }
"#,
    );
    on_both(&source, |w| {
        let deal = w.create("Deal", &[("title", text("a"))]).id;
        let until = super::world::START + HOUR;
        let first = format!("waiting Chase/First/wait/1 [\"state or score of deal:{deal}\"] Some({until})");
        assert_eq!(waiting(w, "Chase"), first);
        w.advance(2 * HOUR);
        let other = w.instances("Other")[0];
        assert_eq!(waiting(w, "Chase"), format!("waiting Chase/wait handle/1 [\"the end of Other #{other}\"] None"));
        assert_eq!(
            waiting(w, "Other"),
            format!("waiting Other/wait/1 [\"a Task whose regarding is deal:{deal}\"] None")
        );
    });
}

#[test]
fn an_exported_instance_goes_on_in_an_empty_store() {
    let source = with(
        r#"
entity Note2 { about: Deal  line: text }
workflow Parent for deal: Deal when created {
    let other = create Note2 { about: deal, line: "kept" }
    let days = do Child(deal)
    wait until exists n in Note2 where n.about == deal and n.line == "go"
    log "{deal.title} {days} {other.line}"
}
workflow Child for deal: Deal -> int when called { wait 2 days return 2 }
"#,
    );
    let program = super::world::compile(&source);
    let new = || World::on(Box::new(abide::engine::store::memory::MemoryStore::new()), &program);
    let mut first = new();
    first.create("Deal", &[("title", text("unrelated"))]);
    let deal = first.create("Deal", &[("title", text("a"))]);
    first.advance(HOUR);
    let parent = first.instances("Parent")[1];
    let bytes = first.engine.export(parent).unwrap();

    let mut second = new();
    assert_eq!(second.engine.import(&bytes).unwrap(), parent);
    second.idle();
    assert_eq!(second.engine.now(), first.engine.now());
    assert_eq!(second.texts("Deal", "title"), ["a"]);
    second.advance(2 * DAY);
    assert_eq!(second.notes(), [""; 0]);
    second.create("Note2", &[("about", Value::Ref(deal)), ("line", text("go"))]);
    assert_eq!(second.notes(), ["a 2 kept"]);

    for cut in [0, 3, 5, 37, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[cut] ^= 1;
        assert!(new().engine.import(&damaged).is_err(), "byte {cut}");
        assert!(new().engine.import(&bytes[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn act_as_holds_across_waits() {
    let source = with(
        r#"
workflow Work(who: User) for deal: Deal when on demand {
    act as who {
        wait 1 day
        create Note { subject: "as {who.name}", regarding: deal }
    }
    create Note { subject: "as itself", regarding: deal }
}
"#,
    );
    on_both(&source, |w| {
        let ann = w.create("User", &[("name", text("Ann"))]);
        let deal = w.create("Deal", &[("title", text("a"))]);
        w.engine.start(None, "Work", &[Value::Ref(deal), Value::Ref(ann)]).unwrap();
        w.idle();
        w.advance(DAY);
        let note = w.entity("Note");
        let owners: Vec<Value> = w
            .ids("Note")
            .into_iter()
            .map(|id| w.field(abide::base::value::RecordRef { entity: note, id }, "owner"))
            .collect();
        let system = abide::base::value::RecordRef { entity: ann.entity, id: w.engine.system_user().unwrap() };
        assert_eq!(owners, [Value::Ref(ann), Value::Ref(system)]);
    });
}

#[test]
fn an_action_within_an_atomic_block_is_part_of_it() {
    let source = with(
        r#"
error Refused { reason: text }
action Raise(by: int) for deal: Deal -> int {
    update deal { score += by }
    if deal.score > 5 { raise Refused { reason: "too much" } }
    return deal.score
}
workflow Work for deal: Deal when created {
    try {
        atomic {
            let first = do Raise(deal, by: 3)
            log "first {first}"
            do Raise(deal, by: 3)
        }
    } catch e: Refused { log "{e.reason} {deal.score}" }
}
"#,
    );
    on_both(&source, |w| {
        let deal = w.create("Deal", &[("title", text("a"))]);
        assert_eq!(w.notes(), ["too much 0"]);
        assert_eq!(w.field(deal, "score"), Value::Int(0));
        assert_eq!(w.statuses("Work"), [Status::Succeeded]);
    });
}

#[test]
fn a_record_that_was_found_wakes_who_waits_for_what_refers_to_it() {
    let source = with(
        r#"
entity Part { of: Deal }
workflow Watch for deal: Deal when created {
    let first = find one d in Deal where d.title == "first"
    if first is not none {
        wait {
            until exists p in Part where p.of == first => log "a part of {first}",
            after 30 days => log "nothing",
        }
    }
}
"#,
    );
    on_both(&source, |w| {
        let first = w.create("Deal", &[("title", text("first"))]);
        w.create("Part", &[("of", Value::Ref(first))]);
        assert_eq!(w.notes(), ["a part of first"]);
    });
}

#[test]
fn on_cancel_runs_last_and_only_then() {
    let source = with(
        r#"
workflow Chase for deal: Deal when created {
    try {
        wait { until deal.state == won => stop canceled "won", after 2 days => log "over" }
        if deal.score > 0 { log "{1 div (deal.score - 1)}" }
    } finally { log "finally" }
    on cancel { log "canceled {deal.title}" }
}
"#,
    );
    on_both(&source, |w| {
        let deals = ["a", "b", "c", "d"].map(|t| w.create("Deal", &[("title", text(t))]));
        w.update(deals[0], &[("state", Value::Enum(1))]);
        assert_eq!(w.notes(), ["finally", "canceled a"]);
        let ids = w.instances("Chase");
        w.engine.cancel(ids[1], "enough").unwrap();
        w.idle();
        assert_eq!(w.notes()[2..], ["finally", "canceled b"]);
        w.update(deals[2], &[("score", Value::Int(1))]);
        w.advance(2 * DAY);
        w.engine.give_up(ids[2]).unwrap();
        w.idle();
        assert_eq!(w.notes()[4..], ["over", "finally", "finally"]);
        let canceled = Status::Canceled;
        assert_eq!(w.statuses("Chase"), [canceled, canceled, Status::Failed, Status::Succeeded]);
    });
}
