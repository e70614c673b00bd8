//! `scope`: whose records events start a process for.

use abide::base::value::{RecordRef, Value};

use super::world::{World, on_both, text};

const SOURCE: &str = r#"
signal Ring { }
entity Deal { title: text  score: int = 0  shown as "{title}" }
workflow Mine for deal: Deal when created, assigned, deleted scope user { log "mine {deal.title}" }
workflow Near for deal: Deal when created scope business unit { log "near {deal.title}" }
workflow Below for deal: Deal when created, on Ring scope business unit tree { log "below {deal.title}" }
workflow All for deal: Deal when created scope organization { log "all {deal.title}" }
workflow ByHand for deal: Deal when updated(score), on demand scope user { log "by hand {deal.title}" }
realtime workflow First for deal: Deal before created, updated(score) scope user { set deal.score += 10 }
"#;

struct People {
    ann: RecordRef,
    bo: RecordRef,
    cy: RecordRef,
    dee: RecordRef,
}

/// Ann owns the processes; Bo is in her unit, Cy in one below it, Dee in none.
fn people(w: &mut World) -> People {
    let above = w.create("BusinessUnit", &[("name", text("above"))]);
    let below = w.create("BusinessUnit", &[("name", text("below")), ("parent", Value::Ref(above))]);
    let mut user = |name: &str, unit: Option<RecordRef>| {
        w.create("User", &[("name", text(name)), ("unit", unit.map_or(Value::None, Value::Ref))])
    };
    let (ann, bo) = (user("Ann", Some(above)), user("Bo", Some(above)));
    let (cy, dee) = (user("Cy", Some(below)), user("Dee", None));
    for process in ["Mine", "Near", "Below", "All", "ByHand", "First"] {
        w.engine.set_owner(process, Some(ann.id)).unwrap();
    }
    People { ann, bo, cy, dee }
}

fn deal(w: &mut World, title: &str, owner: RecordRef) -> RecordRef {
    w.create("Deal", &[("title", text(title)), ("owner", Value::Ref(owner))])
}

#[test]
fn events_of_records_beyond_the_scope_start_nothing() {
    on_both(SOURCE, |w| {
        let people = people(w);
        deal(w, "a", people.ann);
        deal(w, "b", people.bo);
        deal(w, "c", people.cy);
        let last = deal(w, "d", people.dee);
        let told = ["mine a", "near a", "below a", "all a", "near b", "below b", "all b", "below c", "all c", "all d"];
        assert_eq!(w.notes(), told);
        w.engine.assign(None, last, people.ann).unwrap();
        w.idle();
        assert_eq!(w.notes()[told.len()..], ["mine d"], "the record as it is afterwards counts");
        w.delete(last);
        assert_eq!(w.notes()[told.len() + 1..], ["mine d"]);
    });
}

#[test]
fn real_time_processes_and_signals_have_a_scope_and_starts_by_hand_have_none() {
    on_both(SOURCE, |w| {
        let people = people(w);
        let (own, other) = (deal(w, "a", people.ann), deal(w, "b", people.bo));
        assert_eq!((w.field(own, "score"), w.field(other, "score")), (Value::Int(10), Value::Int(0)));
        let before = w.notes().len();
        w.update(other, &[("score", Value::Int(3))]);
        assert_eq!(w.notes().len(), before);
        w.engine.start(None, "ByHand", &[Value::Ref(other)]).unwrap();
        w.idle();
        assert_eq!(w.notes()[before..], ["by hand b"]);
        let far = deal(w, "d", people.dee);
        let before = w.notes().len();
        w.engine.emit(None, "Ring", &Value::Record(vec![]), Some(other)).unwrap();
        w.engine.emit(None, "Ring", &Value::Record(vec![]), Some(far)).unwrap();
        w.idle();
        assert_eq!(w.notes()[before..], ["Below does not apply", "below b"]);
    });
}

#[test]
fn a_process_that_nobody_owns_is_that_of_the_system() {
    on_both(SOURCE, |w| {
        let dee = w.create("User", &[("name", text("Dee"))]);
        deal(w, "a", dee);
        w.create("Deal", &[("title", text("b"))]);
        assert_eq!(w.notes(), ["all a", "mine b", "near b", "below b", "all b"], "b belongs to the system");
    });
}
