//! Signals: mailboxes, what begins with a signal, and what becomes of both when instances travel.

use abide::{
    base::value::{RecordRef, Value},
    engine::{Engine, store::LogKind, store::Status, store::memory::MemoryStore},
};

use super::world::{DAY, World, compile, fault, on_both, settings, text};

const SOURCE: &str = r#"
signal Approved { by: text, level: int = 1 }
signal Closed

entity Deal {
    title: text
    score: int = 0
    shown as "{title}"
}

workflow Chase for deal: Deal when created {
    wait {
        on Approved where it.level > deal.score as a => log "approved by {a.by} on {a.level}",
        on Closed => stop canceled "closed",
        after 9 days => log "late",
    }
    wait 1 day
    let next = wait on Approved
    log "then by {next.by}"
}

workflow Archive for deal: Deal when on Closed { log "{deal.title} is closed" }
workflow Count when on Approved only if trigger.signal.level > 4 { log "counted {trigger.signal.by}" }
workflow Tell for deal: Deal when updated(score) { emit Approved { by: "Tell", level: deal.score + 1 } to deal }
"#;

fn emit(w: &mut World, by: &str, level: i64, to: Option<RecordRef>) {
    let value = Value::Record(vec![text(by), Value::Int(level)]);
    w.engine.emit(None, "Approved", &value, to).unwrap();
    w.idle();
}

fn close(w: &mut World, to: Option<RecordRef>) {
    w.engine.emit(None, "Closed", &Value::Record(Vec::new()), to).unwrap();
    w.idle();
}

#[test]
fn signals_wait_in_order_until_they_are_taken() {
    on_both(SOURCE, |w| {
        let (a, b) = (w.create("Deal", &[("title", text("a"))]), w.create("Deal", &[("title", text("b"))]));
        emit(w, "low", 0, Some(a));
        emit(w, "ann", 1, Some(a));
        emit(w, "bo", 2, Some(a));
        assert_eq!(w.notes()[..2], ["Count does not apply", "Count does not apply"]);
        assert_eq!(w.notes()[2], "approved by ann on 1", "the first for which the condition holds");
        w.advance(2 * DAY);
        assert_eq!(w.notes().last().unwrap(), "then by low", "what was passed over is still there");
        assert_eq!(w.statuses("Chase"), [Status::Succeeded, Status::Waiting]);
        let first = w.instances("Chase")[0];
        assert!(w.engine.store().mailbox(first).unwrap().is_empty(), "a mailbox ends with its instance");
        close(w, Some(b));
        assert_eq!(w.notes().last().unwrap(), "b is closed");
        assert_eq!(w.statuses("Chase")[1], Status::Canceled);
    });
}

#[test]
fn a_signal_without_a_receiver_reaches_all_and_starts_what_has_no_record() {
    on_both(SOURCE, |w| {
        w.create("Deal", &[("title", text("a"))]);
        w.create("Deal", &[("title", text("b"))]);
        emit(w, "ann", 5, None);
        let approved: Vec<String> = w.notes().into_iter().filter(|n| n.starts_with("approved")).collect();
        assert_eq!(approved, ["approved by ann on 5"; 2]);
        assert_eq!(w.notes().iter().filter(|n| *n == "counted ann").count(), 1);
        close(w, None);
        assert!(w.notes().iter().all(|n| !n.ends_with("is closed")), "it was for no record");
    });
}

#[test]
fn what_a_condition_reads_wakes_the_wait() {
    on_both(SOURCE, |w| {
        let deal = w.create("Deal", &[("title", text("a")), ("score", Value::Int(3))]);
        emit(w, "ann", 2, Some(deal));
        assert!(w.notes().iter().all(|n| !n.starts_with("approved")));
        w.update(deal, &[("score", Value::Int(1))]);
        assert!(w.notes().contains(&"approved by ann on 2".to_owned()));
    });
}

#[test]
fn emissions_are_in_the_log_and_gone_records_get_none() {
    on_both(SOURCE, |w| {
        let deal = w.create("Deal", &[("title", text("a"))]);
        emit(w, "ann", 5, Some(deal));
        let log = w.engine.timeline(None).unwrap();
        let line = log.iter().find(|line| line.kind == LogKind::Emit).unwrap();
        assert_eq!((line.message.as_str(), line.record), ("Approved", Some(deal)));
        assert_eq!((line.changes[0].field.as_str(), &line.changes[0].new), ("by", &text("ann")));
        w.delete(deal);
        let value = Value::Record(vec![text("ann"), Value::Int(1)]);
        assert!(fault(w.engine.emit(None, "Approved", &value, Some(deal))).starts_with("R0401"));
    });
}

#[test]
fn a_full_mailbox_refuses_and_nobody_gets_the_signal() {
    let source = r#"
signal S { n: int }
entity Deal { title: text }
workflow Wait for deal: Deal when created { wait 9 days wait on S }
"#;
    on_both(source, |w| {
        let deals = ["a", "b"].map(|t| w.create("Deal", &[("title", text(t))]));
        let value = Value::Record(vec![Value::Int(1)]);
        w.engine
            .together(|engine| (0..1000).try_for_each(|_| engine.emit(None, "S", &value, Some(deals[1])).map(drop)))
            .unwrap();
        assert!(fault(w.engine.emit(None, "S", &value, None)).starts_with("R0909"));
        let first = w.instances("Wait")[0];
        assert!(w.engine.store().mailbox(first).unwrap().is_empty(), "whole or not at all");
    });
}

#[test]
fn a_mailbox_travels_with_its_instance() {
    let program = compile(SOURCE);
    let mut w = World::on(Box::new(MemoryStore::new()), &program);
    let deal = w.create("Deal", &[("title", text("a")), ("score", Value::Int(3))]);
    emit(&mut w, "ann", 2, Some(deal));
    let id = w.instances("Chase")[0];
    let bytes = w.engine.export(id).unwrap();
    let mut there = World::of(Engine::open(Box::new(MemoryStore::new()), program, settings()).unwrap());
    assert_eq!(there.engine.import(&bytes).unwrap(), id);
    there.idle();
    there.update(deal, &[("score", Value::Int(1))]);
    assert!(there.notes().contains(&"approved by ann on 2".to_owned()));
    emit(&mut there, "bo", 1, None);
    there.advance(DAY);
    assert_eq!(there.statuses("Chase"), [Status::Succeeded]);
}
