//! Forms and dialogs: on both stores, after a restart, and on their way to another store.

use abide::{
    base::value::{RecordRef, Value},
    engine::store::{Status, memory::MemoryStore},
};
use serde_json::{Map, Value as Json};

use super::world::{World, compile, fault, on_both, text};

const SOURCE: &str = r#"
entity Deal { title: text  score: int = 0  unique title shown as "{title}" }
workflow Approve for deal: Deal when created {
    let boss = (find one u in User)!
    let a = ask boss "approve {deal.title}" { points: int, note: text(10)? }
    update deal { score: a.points }
    log "{deal.title}: {a.note ?? "no note"}"
}
dialog Call for deal: Deal -> int {
    page "First" { ask points: int "How many?" }
    page "Second" { ask more: int "More?" default points }
    let sum = do Add(deal, points, more)
    page "Last" { say "{sum}" }
    return sum
}
dialog Add(a: int, b: int) for deal: Deal -> int {
    page "Sure" { ask sure: bool "Sure?" }
    if not sure { stop canceled "not sure" }
    update deal { score: a + b }
    return a + b
}
"#;

fn answers(json: &str) -> Map<String, Json> {
    serde_json::from_str(json).unwrap()
}

fn deal(w: &mut World) -> RecordRef {
    w.create("Deal", &[("title", text("a"))])
}

/// The title of the page that a session shows.
fn shown(w: &mut World, session: RecordRef) -> String {
    let page = w.engine.session_view(session).unwrap().page.unwrap_or_default();
    page["title"].as_str().unwrap_or_default().to_owned()
}

/// What `export` took out of one store, in another one.
fn moved(w: &mut World, instance: i64) -> World {
    let bytes = w.engine.export(instance).unwrap();
    let program = w.engine.program().clone();
    let mut other = World::on(Box::new(MemoryStore::new()), &program);
    other.engine.import(&bytes).unwrap();
    other.idle();
    other
}

#[test]
fn a_form_is_answered_where_its_process_has_gone() {
    let program = compile(SOURCE);
    let mut w = World::on(Box::new(MemoryStore::new()), &program);
    let deal = deal(&mut w);
    let instance = w.instances("Approve")[0];
    let mut other = moved(&mut w, instance);
    let form = other.engine.inbox(None).unwrap().remove(0);
    assert_eq!((form.title.as_str(), form.instance), ("approve a", instance));
    other.engine.answer_form(None, form.record, &answers(r#"{"points": "7", "note": "well"}"#)).unwrap();
    other.idle();
    assert_eq!(other.field(deal, "score"), Value::Int(7));
    assert_eq!(other.notes().last().unwrap(), "a: well");
}

#[test]
fn a_dialog_goes_on_and_back_where_it_has_gone() {
    let program = compile(SOURCE);
    let mut w = World::on(Box::new(MemoryStore::new()), &program);
    let deal = deal(&mut w);
    let session = w.engine.start_dialog(None, "Call", &[Value::Ref(deal)]).unwrap();
    w.engine.submit_page(None, session, &answers(r#"{"points": 4}"#)).unwrap();
    let instance = w.instances("Call")[0];
    let mut other = moved(&mut w, instance);
    assert_eq!(shown(&mut other, session), "Second");
    other.engine.back_to_page(None, session).unwrap();
    assert_eq!(shown(&mut other, session), "First");
    other.engine.submit_page(None, session, &answers("{}")).unwrap();
    other.engine.submit_page(None, session, &answers(r#"{"more": 5}"#)).unwrap();
    assert_eq!(shown(&mut other, session), "Sure");
    other.engine.submit_page(None, session, &answers(r#"{"sure": true}"#)).unwrap();
    assert_eq!(shown(&mut other, session), "Last");
    other.engine.submit_page(None, session, &answers("{}")).unwrap();
    assert_eq!(other.field(deal, "score"), Value::Int(9));
    assert_eq!(other.statuses("Call"), [Status::Succeeded]);
    assert_eq!(other.engine.session_view(session).unwrap().state, "complete");
}

#[test]
fn a_child_dialog_that_stops_is_a_fault_of_its_caller_and_leaves_the_page() {
    on_both(SOURCE, |w| {
        let deal = deal(w);
        let session = w.engine.start_dialog(None, "Call", &[Value::Ref(deal)]).unwrap();
        w.engine.submit_page(None, session, &answers(r#"{"points": 4}"#)).unwrap();
        w.engine.submit_page(None, session, &answers("{}")).unwrap();
        let refused = fault(w.engine.submit_page(None, session, &answers(r#"{"sure": false}"#)));
        assert_eq!(refused, "R0503: Add was canceled: not sure");
        assert_eq!(shown(w, session), "Sure");
        assert_eq!(w.statuses("Add"), [Status::Waiting]);
        w.engine.cancel_session(None, session, "enough").unwrap();
        assert_eq!((w.statuses("Call"), w.statuses("Add")), (vec![Status::Canceled], vec![Status::Canceled]));
        assert_eq!(w.engine.session_view(session).unwrap().message, "enough");
        let over = fault(w.engine.submit_page(None, session, &answers("{}")));
        assert!(over.starts_with("R0519: "), "{over}");
        w.idle();
    });
}

#[test]
fn only_who_is_asked_answers() {
    on_both(SOURCE, |w| {
        let deal = deal(w);
        let bo = w.create("User", &[("name", text("Bo"))]);
        let form = w.engine.inbox(None).unwrap().remove(0);
        let refused = fault(w.engine.answer_form(Some(bo.id), form.record, &answers(r#"{"points": 1}"#)));
        assert_eq!(refused, format!("R0518: {} is for System: only they answer it", w.engine.identity(form.record)));
        let refused =
            fault(w.engine.answer_form(None, form.record, &answers(r#"{"points": "many", "note": "far too long"}"#)));
        assert!(
            refused.starts_with("R0517: ") && refused.contains("whole number") && refused.contains("10"),
            "{refused}"
        );
        let refused = fault(w.engine.answer_form(None, deal, &answers("{}")));
        assert!(refused.starts_with("R0518: "), "{refused}");
        assert_eq!(w.engine.inbox(Some(bo.id)).unwrap(), []);
        w.engine.assign(None, form.record, bo).unwrap();
        w.engine.answer_oldest(bo.id, &answers(r#"{"points": 3}"#)).unwrap();
        w.idle();
        assert_eq!(w.field(deal, "score"), Value::Int(3));
        assert_eq!(w.engine.examine().unwrap(), [""; 0]);
    });
}
