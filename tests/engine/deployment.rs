//! Several builds on one store: the current one, and those that instances began with.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use abide::{
    base::value::Value,
    bytecode::container,
    engine::{
        Engine, Settings,
        clock::{Clock, VirtualClock},
        deploy, export,
        migration::Plan,
        store::{Status, Store, memory::MemoryStore, sqlite::SqliteStore},
    },
    vm::program::Program,
};

use super::world::{DAY, START, World, fault, module, text};

/// A clock of real time that tests move.
#[derive(Clone)]
pub(super) struct Moved(Arc<AtomicI64>);

impl Moved {
    pub(super) fn new() -> Self {
        Self::at(START)
    }

    pub(super) fn at(micros: i64) -> Self {
        Self(Arc::new(AtomicI64::new(micros)))
    }

    pub(super) fn pass(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Clock for Moved {
    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&mut self, _: i64) -> bool {
        false
    }

    fn resume_at(&mut self, _: i64) {}

    fn is_virtual(&self) -> bool {
        false
    }
}

/// The bytes of a build.
pub(super) fn build(text: &str) -> Vec<u8> {
    container::encode(&module(text)).unwrap()
}

pub(super) fn words(plan: &Plan) -> Vec<String> {
    let refused = |why: &String| format!(" [{why}]");
    let step =
        |s: &abide::engine::migration::Step| s.words.clone() + &s.refused.as_ref().map(refused).unwrap_or_default();
    plan.steps.iter().map(step).collect()
}

/// A store with this build as its current one.
pub(super) fn with_build(mut store: Box<dyn Store>, text: &str, clock: &Moved) -> World {
    let (hash, is_new) = deploy::deploy(&mut *store, &build(text)).unwrap();
    assert!(is_new);
    let (plan, done) = deploy::activate(&mut *store, &hash, false).unwrap();
    assert_eq!((words(&plan), done), (vec![], true));
    World::of(Engine::attach(store, Box::new(clock.clone()), 1).unwrap())
}

/// Deploys another build and makes it the current one.
pub(super) fn go_over(w: &mut World, text: &str, lossy: bool) -> (Vec<String>, bool) {
    let (hash, _) = w.engine.deploy(&build(text)).unwrap();
    let (plan, done) = w.engine.activate(&hash, lossy).unwrap();
    (words(&plan), done)
}

fn on_both(text: &str, mut check: impl FnMut(&mut World, &Moved)) {
    let clock = Moved::new();
    check(&mut with_build(Box::new(MemoryStore::new()), text, &clock), &clock);
    let folder = tempfile::tempdir().unwrap();
    let (clock, path) = (Moved::new(), folder.path().join("store.db"));
    let store = || Box::new(SqliteStore::open(&path).unwrap());
    check(&mut with_build(store(), text, &clock), &clock);
    // What is there can be opened again.
    drop(Engine::attach(store(), Box::new(clock), 1).unwrap());
}

const OLD: &str = r#"
signal Said { what: text }
entity Company { name: text shown as "{name}" }
entity Deal { title: text score: int = 0 company: Company? shown as "{title}" }
entity Remark { body: text about: Deal or Company }
workflow Visit for deal: Deal when called { wait 1 day log "old visit of {deal.title}" }
workflow Chase for deal: Deal when created {
    let note = create Remark { body: "old", about: deal.company ?? deal }
    let about = note.about
    wait until deal.score > 5
    log "old woke for {about}"
    wait on Said
    log "old heard"
    do Visit(deal)
    update deal { title: "old was here" }
    wait { until exists r in Remark where r.about == deal and r.body == "go" => log "old saw it", after 9 days => log "late" }
    wait 30 days
    on cancel { log "old is canceled" }
}
"#;

/// The same with entities and fields in another order and in the middle, other processes, other code.
const NEW: &str = r#"
signal Said { what: text }
entity Branch { name: text shown as "{name}" }
entity Remark { about: Deal or Branch or Company body: text urgent: bool = false }
entity Deal { stage: text? company: Company? rank: int = 7 score: int = 0 title: text shown as "{title}" }
entity Company { city: text? name: text shown as "{name}" }
workflow Visit for deal: Deal when called { log "new visit" }
realtime workflow Mark for deal: Deal before updated(title) { set deal.stage = "marked" }
workflow Chase for deal: Deal when created {
    wait on Said
    log "new heard"
}
workflow Look for deal: Deal when updated(title) { log "new sees {deal.title}" }
"#;

#[test]
fn an_instance_goes_on_with_the_build_that_it_began_with() {
    on_both(OLD, |w, clock| {
        let company = w.create("Company", &[("name", text("Acme"))]);
        let deal = w.create("Deal", &[("title", text("a")), ("company", Value::Ref(company))]);
        let (steps, done) = go_over(w, NEW, false);
        assert_eq!(
            steps,
            ["adds Company.city", "adds Deal.stage", "adds Deal.rank", "adds Remark.urgent", "makes the table branch",]
        );
        assert!(done);
        assert_eq!(w.field(deal, "rank"), Value::Int(7));
        let other = w.create("Deal", &[("title", text("b"))]);
        assert_eq!(w.statuses("Chase"), [Status::Waiting, Status::Waiting]);
        w.update(deal, &[("score", Value::Int(6))]);
        assert_eq!(w.notes(), ["old woke for Acme"]);
        w.engine.emit(None, "Said", &Value::Record(vec![text("x")]), None).unwrap();
        w.idle();
        assert_eq!(w.notes(), ["old woke for Acme", "old heard", "new heard"]);
        clock.pass(DAY);
        w.idle();
        assert_eq!(w.notes()[3..], ["old visit of a", "new sees old was here"], "its child is of its build");
        assert_eq!(w.field(deal, "stage"), text("marked"), "its write goes through the new build");
        assert_eq!(w.field(other, "stage"), Value::None);
        w.create("Remark", &[("body", text("go")), ("about", Value::Ref(deal))]);
        assert_eq!(w.notes()[5..], ["old saw it"]);
        let chase = w.instances("Chase")[0];
        w.engine.cancel(chase, "enough").unwrap();
        w.idle();
        assert_eq!(w.notes()[6..], ["old is canceled"]);
        let log = w.engine.timeline(Some(chase)).unwrap();
        let woke = log.iter().find(|line| line.message == "old woke for Acme").unwrap();
        assert_eq!(woke.place, "test.proc:11", "the line of the old source");
    });
}

#[test]
fn an_engine_that_is_opened_later_knows_what_wakes_the_instances_of_earlier_builds() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, path) = (Moved::new(), folder.path().join("store.db"));
    let mut w = with_build(Box::new(SqliteStore::open(&path).unwrap()), OLD, &clock);
    let deal = w.create("Deal", &[("title", text("a")), ("score", Value::Int(9))]);
    w.engine.emit(None, "Said", &Value::Record(vec![text("x")]), None).unwrap();
    w.idle();
    clock.pass(DAY);
    w.idle();
    let mut other =
        World::of(Engine::attach(Box::new(SqliteStore::open(&path).unwrap()), Box::new(clock.clone()), 1).unwrap());
    assert!(go_over(&mut w, NEW, false).1);
    // The other one notices the activation.
    other.create("Remark", &[("body", text("no")), ("about", Value::Ref(deal))]);
    assert_eq!(other.field(deal, "rank"), Value::Int(7));
    drop((w, other));
    let mut w = World::of(Engine::attach(Box::new(SqliteStore::open(&path).unwrap()), Box::new(clock), 1).unwrap());
    w.create("Remark", &[("body", text("go")), ("about", Value::Ref(deal))]);
    assert_eq!(w.notes().last().unwrap(), "old saw it");
}

#[test]
fn what_live_instances_need_stays() {
    on_both(OLD, |w, _| {
        w.create("Deal", &[("title", text("a"))]);
        let without =
            NEW.replace("score: int = 0 ", "").replace("signal Said { what: text }", "signal Said { what: int }");
        let (steps, done) = go_over(w, &without, true);
        assert!(!done);
        let refused: Vec<&str> = steps.iter().filter_map(|step| Some(step.split_once('[')?.1)).collect();
        assert_eq!(
            refused,
            [
                "Deal.score is gone, and their code uses it]",
                "the signal Said has other fields, and their code uses it]"
            ]
        );
        let chase = w.instances("Chase")[0];
        w.engine.cancel(chase, "so that it can go").unwrap();
        w.idle();
        assert!(go_over(w, &without, true).1);
    });
}

/// What a build says to one that lacks `Item.done`, while `W` waits.
fn without_done(used_by: &str, w: &str) -> Vec<String> {
    let source = format!(
        "entity Item {{ title: text done: bool? shown as \"{{title}}\" }}
entity Other {{ name: text about: Item? }}
{used_by}
workflow W for item: Item when created {{ {w} }}"
    );
    let mut told = Vec::new();
    on_both(&source, |world, _| {
        world.create("Item", &[("title", text("a"))]);
        let (steps, _) = go_over(world, "entity Item { title: text } entity Other { name: text }", true);
        told.push(steps.into_iter().filter(|step| step.contains("keeps the build")).collect::<Vec<_>>());
    });
    assert_eq!(told[0], told[1], "memory and SQLite");
    told.remove(0)
}

#[test]
fn what_no_live_instance_comes_to_may_go() {
    let none = Vec::<String>::new();
    let wait = "wait 30 days log item.title";
    let action = "action X for item: Item { update item { done: true } }";
    assert_eq!(without_done(action, wait), none);
    let other = "workflow Other1 for item: Item when on demand { log \"{item.done ?? false}\" }
workflow Other2 for item: Item when updated(done) { wait until item.done == true }
realtime workflow Check for item: Item before updated(done) { if item.done == true { set item.title = \"done\" } }
fn is_done(item: Item) -> bool { return item.done ?? false }";
    assert_eq!(without_done(other, wait), none);
    assert_eq!(without_done("", &format!("{wait} log \"{{item}}\"")), none);
}

#[test]
fn what_a_live_instance_may_come_to_stays() {
    let refused = |used_by: &str, w: &str| {
        let [step] = &without_done(used_by, w)[..] else { panic!("{used_by} {w}") };
        assert!(step.contains(" for 1 instance of W [Item.done is gone, and their code uses it]"), "{step}");
    };
    refused("", "wait 30 days log \"{item.done ?? false}\"");
    refused("", "wait 30 days on cancel { update item { done: true } }");
    refused("", "wait 30 days if exists i in Item where i.done == true { log \"x\" }");
    refused("action X for item: Item { update item { done: true } }", "wait 30 days do X(item)");
    refused("workflow X for item: Item when called { update item { done: true } }", "wait 30 days start X(item)");
    refused(
        "fn is_done(item: Item) -> bool { return item.done ?? false }
workflow X for item: Item when called only if is_done(item) { log \"x\" }",
        "wait 30 days do X(item)",
    );
    let before = "action X(n: int) { log \"{n}\" }
realtime workflow Before before action X { for each i in Item { update i { done: true } } }";
    refused(before, "wait 30 days do X(1)");
}

#[test]
fn what_is_gone_with_its_table_is_told_once() {
    let source = "entity Item { title: text done: bool? }
entity Deal { name: text }
workflow W for deal: Deal when created { wait 1 day for each i in Item { log \"{i.title} {i.done ?? false}\" } }";
    on_both(source, |w, _| {
        w.create("Deal", &[("name", text("a"))]);
        let (steps, done) = go_over(w, "entity Deal { name: text }", true);
        assert!(!done);
        let refused: Vec<&str> = steps.iter().filter_map(|step| Some(step.split_once(" for ")?.1)).collect();
        assert_eq!(refused, ["1 instance of W [Item is gone, and their code uses it]"]);
    });
}

#[test]
fn callers_from_outside_are_told_of() {
    let old = r#"
enum Color { red, green }
record Part { name: text size: int = 1 }
signal Said { what: text }
signal Heard { what: text }
entity Item { title: text }
entity Deal { title: text }
action Mk(t: text) { log t }
action Same(a: int, b: text?, c: Color, p: Part) -> int? { return none }
action Gone() { log "gone" }
action More(a: int, b: int = 3, c: Color) -> int { return a + b }
workflow Hand for item: Item when on demand { log "x" }
workflow Called(n: int) when on demand, called { log "{n}" }
workflow Inner(n: int) when called { log "{n}" }
"#;
    let new = r#"
enum Color { green, red, blue }
record Part { size: int = 1 name: text note: text? }
signal Said { what: int loud: bool = false }
entity Item { title: text }
entity Deal { title: text }
action Mk(t: int) { log "{t}" }
action Same(more: int = 1, b: text?, p: Part, c: Color, a: int?) -> int { return 1 }
action More(b: int, c: Color, d: text) -> int? { return b }
workflow Hand for deal: Deal when on demand { log "x" }
workflow Called(n: int) when called { log "{n}" }
workflow Inner(n: text) when called { log n }
"#;
    on_both(old, |w, _| {
        let (hash, _) = w.engine.deploy(&build(new)).unwrap();
        let (plan, done) = w.engine.activate(&hash, false).unwrap();
        assert!(done && plan.steps.is_empty(), "{plan:?}");
        assert_eq!(
            plan.notes,
            [
                "the action Mk: its input t is int, and was text",
                "the action Gone is gone",
                "the action More: its input a is gone",
                "the action More: its input b must be given",
                "the action More: its input d is new and must be given",
                "the action More: its result is int?, and was int",
                "Hand: the record that it is for is Deal, and was Item",
                "Called can no longer be started by hand",
                "the signal Said: its field what is int, and was text",
                "the signal Heard is gone",
            ]
        );
        let (hash, _) = w.engine.deploy(&build(&new.replace(", red, blue", ""))).unwrap();
        let (plan, _) = w.engine.activate(&hash, false).unwrap();
        let notes =
            ["Same", "More"].map(|name| format!("the action {name}: the type Color of its input c has changed"));
        assert_eq!(plan.notes, notes);
    });
}

#[test]
fn a_record_of_an_entity_that_is_gone_keeps_its_name() {
    on_both("entity Deal { title: text } entity BigItem { title: text }", |w, _| {
        let item = w.create("BigItem", &[("title", text("a"))]);
        let name = w.engine.module().identity(item);
        assert!(name.starts_with("big_item:"), "{name}");
        assert!(go_over(w, "entity Deal { title: text }", true).1);
        assert_eq!(w.engine.module().identity(item), name);
    });
}

#[test]
fn what_is_deactivated_does_not_start_in_any_way_and_what_runs_goes_on() {
    let source = r#"
signal Said { what: text }
entity Deal { title: text score: int = 0 }
workflow Chase for deal: Deal when created, on demand, called, on Said { wait until deal.score > 5 log "done" }
workflow Hourly when every 1 hour { log "hour" }
realtime workflow Set for deal: Deal before updated(title) { set deal.score = 1 }
action Rate for deal: Deal { log "rated" }
workflow Parent for deal: Deal when on demand { try { start Chase(deal) } catch e { log "{e.code}" } }
"#;
    on_both(source, |w, clock| {
        let deal = w.create("Deal", &[("title", text("a"))]);
        for name in ["Chase", "Hourly", "Set", "Rate"] {
            assert!(w.engine.set_active(name, false).unwrap());
            assert!(!w.engine.set_active(name, false).unwrap());
        }
        let other = w.create("Deal", &[("title", text("b"))]);
        let start = |w: &mut World, name: &str| fault(w.engine.start(None, name, &[Value::Ref(other)]));
        assert_eq!(start(w, "Chase"), "R0505: Chase cannot be started because it is deactivated");
        assert_eq!(start(w, "Rate"), "R0505: Rate cannot be started because it is deactivated");
        w.engine.start(None, "Parent", &[Value::Ref(other)]).unwrap();
        w.engine.emit(None, "Said", &Value::Record(vec![text("x")]), Some(other)).unwrap();
        clock.pass(DAY);
        w.update(deal, &[("title", text("c"))]);
        assert_eq!(w.field(deal, "score"), Value::Int(0));
        w.update(deal, &[("score", Value::Int(6))]);
        assert_eq!(w.statuses("Chase"), [Status::Succeeded]);
        assert_eq!(w.notes(), ["R0505", "done"]);
        assert!(w.engine.set_active("Hourly", true).unwrap());
        clock.pass(DAY);
        w.idle();
        assert_eq!(w.notes()[2..], ["hour"], "what was missed runs once");
        assert_eq!(
            fault(w.engine.set_active("Nothing", false)),
            "R0505: Nothing cannot be started because the build has no such process"
        );
    });
}

#[test]
fn an_instance_of_an_earlier_build_travels_as_that_build_sees_it() {
    const EARLIER: &str = r#"
entity Company { name: text shown as "{name}" }
entity Deal { title: text rank: int = 3 score: int = 0 company: Company? about: Company or Deal shown as "{title}" }
workflow Chase for deal: Deal when created {
    let company = deal.company
    wait until deal.score > 5
    log "{deal.title} of {company?.name ?? "nobody"}"
    wait until exists d in Deal where d.company == company and d.score == 7
    log "seen"
}
"#;
    // Without `rank`, which the code does not use; `title` has another number by itself.
    const LATER: &str = r#"
entity Branch { name: text shown as "{name}" }
entity Company { city: text? name: text shown as "{name}" }
entity Deal { stage: text? branch: Branch? about: Branch or Company or Deal company: Company? score: int = 0 title: text shown as "{title}" }
config greeting: text = "hello"
"#;
    on_both(EARLIER, |w, _| {
        let company = w.create("Company", &[("name", text("Acme"))]);
        let fields = [("title", text("a")), ("company", Value::Ref(company)), ("about", Value::Ref(company))];
        let deal = w.create("Deal", &fields);
        assert!(go_over(w, LATER, true).1);
        w.engine.configure("greeting", text("hi")).unwrap();
        let branch = w.create("Branch", &[("name", text("North"))]);
        w.update(deal, &[("stage", text("new")), ("branch", Value::Ref(branch)), ("about", Value::Ref(branch))]);
        let chase = w.instances("Chase")[0];
        let bytes = w.engine.export(chase).unwrap();
        let open = |source: &str, store: Box<dyn Store>| {
            let program = Program::load_into(&build(source), &export::numbering(&bytes).unwrap()).unwrap();
            let (build, clock) = (program.build().to_string(), Box::new(VirtualClock::at(0)));
            Engine::open(store, Arc::new(program), Settings { clock, seed: 1, build }).unwrap()
        };
        let sqlite = || Box::new(SqliteStore::open_in_memory().unwrap());
        for store in [Box::new(MemoryStore::new()) as Box<dyn Store>, sqlite()] {
            let mut elsewhere = World::of(open(EARLIER, store));
            assert_eq!(elsewhere.engine.import(&bytes).unwrap(), chase);
            assert_eq!(elsewhere.field(deal, "rank"), Value::Int(3), "dropped, and not used");
            elsewhere.update(deal, &[("score", Value::Int(6))]);
            elsewhere.update(deal, &[("score", Value::Int(7))]);
            assert_eq!(elsewhere.notes(), ["a of Acme", "seen"]);
            assert_eq!(elsewhere.statuses("Chase"), [Status::Succeeded]);
        }
        let refused = open(LATER, sqlite()).import(&bytes).unwrap_err().to_string();
        assert!(refused.starts_with("E0917: the snapshot is of another build: "), "{refused}");
        let (program, clock) = (Program::load(&build(EARLIER)).unwrap(), Box::new(VirtualClock::at(0)));
        let settings = Settings { clock, seed: 1, build: program.build().to_string() };
        let refused = Engine::open(sqlite(), Arc::new(program), settings).unwrap().import(&bytes).unwrap_err();
        assert_eq!(refused.to_string(), "E0917: the snapshot numbers entities and fields otherwise than this build");
    });
}
