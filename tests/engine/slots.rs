//! `limit … at once`: places, the queue for them, and who makes room.

use abide::{
    base::value::{RecordRef, Value},
    engine::{
        Started,
        store::{InstanceFilter, Status},
    },
};

use super::world::{DAY, HOUR, World, fault, on_both, text};

const DEAL: &str = r#"
entity Account { name: text  shown as "{name}" }
entity Deal { title: text  score: int = 0  rate: decimal = 1  customer: Account?  shown as "{title}" }
"#;

fn with(processes: &str) -> String {
    format!("{DEAL}{processes}")
}

fn deal(w: &mut World, title: &str) -> RecordRef {
    w.create("Deal", &[("title", text(title))])
}

use Status::{Canceled, Parked, Queued, Succeeded, Waiting};

#[test]
fn those_who_wait_for_a_place_begin_in_the_order_of_their_starts() {
    let source = with(
        r#"workflow Call for deal: Deal when created limit 2 at once { log "call {deal.title}" wait 1 day log "end {deal.title}" }"#,
    );
    on_both(&source, |w| {
        for title in ["a", "b", "c", "d", "e"] {
            deal(w, title);
            w.advance(HOUR);
        }
        assert_eq!(w.statuses("Call"), [Waiting, Waiting, Queued, Queued, Queued]);
        assert_eq!(w.notes(), ["call a", "call b"]);
        w.advance(DAY - 5 * HOUR);
        assert_eq!(w.notes(), ["call a", "call b", "end a", "call c"], "one place became free");
        w.advance(HOUR);
        assert_eq!(w.statuses("Call"), [Succeeded, Succeeded, Waiting, Waiting, Queued]);
        w.advance(3 * DAY);
        assert_eq!(w.statuses("Call"), [Succeeded; 5]);
        assert_eq!(w.notes().last().unwrap(), "end e");
    });
}

#[test]
fn each_value_of_per_has_places_of_its_own() {
    let source = with(
        "workflow A for deal: Deal when created limit 1 at once per deal.customer { wait 1 day }
         workflow B for deal: Deal when created limit 1 at once per deal.rate { wait 1 day }
         workflow C(n: int) for deal: Deal when on demand limit 1 at once per n mod 2 { wait 1 day }",
    );
    on_both(&source, |w| {
        let account = w.create("Account", &[("name", text("Acme"))]);
        let rate = |text: &str| Value::Decimal(text.parse().unwrap());
        for (customer, rate) in [
            (Value::Ref(account), rate("1.0")),
            (Value::None, rate("1.00")),
            (Value::Ref(account), rate("2")),
            (Value::None, rate("3")),
        ] {
            w.create("Deal", &[("title", text("a")), ("customer", customer), ("rate", rate)]);
        }
        assert_eq!(w.statuses("A"), [Waiting, Waiting, Queued, Queued], "runs without a customer count together");
        assert_eq!(w.statuses("B"), [Waiting, Queued, Waiting, Waiting], "equal numbers are one value");
        let deal = deal(w, "b");
        for n in [1, 2, 3] {
            w.engine.start(None, "C", &[Value::Ref(deal), Value::Int(n)]).unwrap();
        }
        w.idle();
        assert_eq!(w.statuses("C"), [Waiting, Waiting, Queued]);
    });
}

#[test]
fn what_is_counted_by_is_fixed_when_a_run_is_let_in() {
    let source = with("workflow A for deal: Deal when created limit 1 at once per deal.score { wait 1 day }");
    on_both(&source, |w| {
        let first = deal(w, "a");
        w.update(first, &[("score", Value::Int(7))]);
        deal(w, "b");
        w.create("Deal", &[("title", text("c")), ("score", Value::Int(7))]);
        assert_eq!(w.statuses("A"), [Waiting, Queued, Waiting]);
    });
}

#[test]
fn a_start_beyond_the_limit_is_left_out_and_told() {
    let source = with(
        r#"workflow A for deal: Deal when created, on demand, called limit 1 at once skip { wait 1 day log "end {deal.title}" }
           workflow B for deal: Deal when on demand { try { do A(deal) } catch e { log e.code } }"#,
    );
    on_both(&source, |w| {
        deal(w, "a");
        let second = deal(w, "b");
        assert_eq!(w.notes(), ["A is left out: as many run as may at once"]);
        assert!(fault(w.engine.start(None, "A", &[Value::Ref(second)])).starts_with("R0514: A is not started"));
        w.engine.start(None, "B", &[Value::Ref(second)]).unwrap();
        w.idle();
        assert_eq!(w.notes()[1..], ["R0514"]);
        w.advance(DAY);
        deal(w, "c");
        assert_eq!(w.statuses("A"), [Succeeded, Waiting]);
    });
}

#[test]
fn the_newest_wins_when_the_oldest_has_cleaned_up() {
    let source = with(
        r#"workflow A for deal: Deal when created limit 1 at once newest wins {
            log "begin {deal.title}"
            wait 1 day
            on cancel { log "clean {deal.title}" }
        }"#,
    );
    on_both(&source, |w| {
        deal(w, "a");
        for title in ["b", "c"] {
            w.try_create("Deal", &[("title", text(title)), ("score", Value::Int(0))]).unwrap();
        }
        assert_eq!(w.statuses("A"), [Status::Ready, Canceled, Queued], "a cleans up, b had not begun");
        w.idle();
        assert_eq!(w.notes(), ["begin a", "clean a", "begin c"]);
        let ids = w.instances("A");
        assert_eq!(w.engine.show(ids[0]).unwrap().message, "a newer A has begun");
        w.advance(DAY);
        assert_eq!(w.statuses("A"), [Canceled, Canceled, Succeeded]);
    });
}

#[test]
fn a_parked_run_keeps_its_place_until_it_is_given_up() {
    let source = with(
        "workflow A for deal: Deal when created limit 1 at once { let n = 1 div deal.score wait 1 day log \"{n}\" }",
    );
    on_both(&source, |w| {
        deal(w, "a");
        let second = w.create("Deal", &[("title", text("b")), ("score", Value::Int(1))]);
        assert_eq!(w.statuses("A"), [Parked, Queued]);
        let ids = w.instances("A");
        let view = w.engine.show(ids[1]).unwrap();
        assert_eq!(view.waits_for, [format!("the end of A #{}", ids[0])]);
        w.engine.give_up(ids[0]).unwrap();
        w.idle();
        assert_eq!(w.statuses("A"), [Status::Failed, Waiting]);
        let third = deal(w, "c");
        w.delete(third);
        w.delete(second);
        assert_eq!(w.statuses("A"), [Status::Failed, Canceled, Canceled]);
    });
}

#[test]
fn a_start_that_was_put_aside_asks_for_a_place_when_it_is_retried() {
    let source = with(
        "workflow A for deal: Deal when created limit 1 at once per 10 div deal.score { wait 1 day }
         workflow B for deal: Deal when created only if 10 div deal.score > 0 limit 1 at once skip { wait 1 day }",
    );
    on_both(&source, |w| {
        let first = deal(w, "a");
        assert_eq!((w.statuses("A"), w.statuses("B")), (vec![Parked], vec![Parked]));
        w.create("Deal", &[("title", text("b")), ("score", Value::Int(5))]);
        w.update(first, &[("score", Value::Int(5))]);
        for id in [w.instances("A")[0], w.instances("B")[0]] {
            w.engine.retry(id).unwrap();
        }
        w.idle();
        assert_eq!((w.statuses("A"), w.statuses("B")), (vec![Queued, Waiting], vec![Waiting]));
        w.advance(DAY);
        assert_eq!(w.statuses("A"), [Waiting, Succeeded]);
    });
}

#[test]
fn a_child_that_was_put_aside_counts_as_it_would_have() {
    let source = with(
        r#"workflow A(n: int) for deal: Deal when called only if deal.score == 0 limit 1 at once per n { wait 1 day }
           workflow B for deal: Deal when created {
               for each n in range(1, 17) { let h = start A(deal, n) }
               update deal { score: 1 }
           }"#,
    );
    on_both(&source, |w| {
        deal(w, "a");
        let last = w.instances("A")[16];
        assert_eq!(w.statuses("A")[16], Parked, "more than 16 starts for one record within an hour");
        w.engine.retry(last).unwrap();
        w.idle();
        assert_eq!(w.statuses("A")[16], Waiting, "`only if` held when it was called");
    });
}

#[test]
fn a_child_does_not_wait_for_the_run_that_waits_for_it() {
    let source = with(
        r#"workflow A for deal: Deal when created, called limit 1 at once {
            if deal.score > 0 { return }
            try { do A(deal) } catch e { log e.code }
            let h = start A(deal)
            log "left"
        }"#,
    );
    on_both(&source, |w| {
        let first = deal(w, "a");
        assert_eq!(w.notes()[..2], ["R0514", "left"]);
        w.update(first, &[("score", Value::Int(1))]);
        assert!(w.statuses("A").iter().all(|status| *status != Queued));
    });
}

#[test]
fn a_queued_child_is_joined_and_cancelled_like_any_other() {
    let source = with(
        r#"workflow A for deal: Deal -> int when called limit 1 at once { wait 1 day return 7 }
           workflow B for deal: Deal when created { let n = do A(deal) log "{n}" }
           workflow C for deal: Deal when created { try { let n = do A(deal) timeout 1 hour log "{n}" } catch e { log e.code } }"#,
    );
    on_both(&source, |w| {
        deal(w, "a");
        assert_eq!(w.statuses("A"), [Waiting, Queued]);
        w.advance(2 * HOUR);
        assert_eq!(w.statuses("A"), [Waiting, Canceled], "its caller would not wait");
        w.advance(DAY);
        assert_eq!(w.notes(), ["R0509", "7"]);
    });
}

#[test]
fn an_exported_instance_that_was_queued_begins_where_nobody_else_is() {
    let source = with("workflow A for deal: Deal when created limit 1 at once { wait 1 day }");
    on_both(&source, |w| {
        deal(w, "a");
        deal(w, "b");
        let ids = w.instances("A");
        let bytes = w.engine.export(ids[1]).unwrap();
        let program = std::sync::Arc::clone(w.engine.program());
        let mut other = World::on(Box::new(abide::engine::store::memory::MemoryStore::new()), &program);
        other.engine.import(&bytes).unwrap();
        other.idle();
        assert_eq!(other.statuses("A"), [Waiting]);
        assert_eq!(other.engine.store().instances(&InstanceFilter::default()).unwrap()[0].slot.as_deref(), Some(""));
    });
}

#[test]
fn a_limit_is_found_by_its_index() {
    let source = with("workflow A for deal: Deal when created, on demand limit 1 at once { wait 1 day }");
    on_both(&source, |w| {
        let first = deal(w, "a");
        for _ in 0..300 {
            let started = w.engine.start(None, "A", &[Value::Ref(first)]).unwrap();
            assert!(matches!(started, Started::Instance(_)));
        }
        let ids = w.instances("A");
        assert_eq!(w.engine.store().running("A", "").unwrap(), 1);
        assert_eq!(w.engine.store().first_queued("A", "").unwrap(), Some(ids[1]));
        assert_eq!(w.engine.store().of_slot("A", "").unwrap(), ids);
        w.engine.cancel(ids[1], "no").unwrap();
        w.idle();
        assert_eq!(w.engine.store().first_queued("A", "").unwrap(), Some(ids[2]));
    });
}
