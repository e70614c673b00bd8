//! Settings: their defaults, what a deployment gives instead, and how long it lasts.

use abide::{
    base::value::{Currency, Money, Value},
    engine::{
        Engine, Retries,
        settings::{self, Change},
        store::{Status, memory::MemoryStore},
        tunables::Tunable,
    },
};

use super::world::{self, World, compile, on_both, text};

const SOURCE: &str = r#"
enum Rating { cold, hot }

config large_deal: money(USD) = 50_000 USD
config desk: Team = Team["Sales desk"]
config mood: Rating = hot
config backup: Team? = none
config greeting: text(20)

entity Deal {
    title: text
    amount: money(USD)
    mood: Rating = config.mood
    big: bool computed = self.amount >= config.large_deal
}

fn is_large(amount: money(USD)) -> bool { return amount >= config.large_deal }

workflow Route for deal: Deal when created only if deal.amount >= config.large_deal {
    assign deal to config.backup ?? config.desk
    for each d in find e in Deal where e.amount >= config.large_deal { log "{d.title} is {d.mood}" }
    if is_large(deal.amount) and deal.big { log "{config.greeting} {deal.title}" }
}
"#;

fn usd(whole: i64) -> Value {
    Value::Money(Money { amount: whole * 10_000, currency: Currency::parse("USD").unwrap() })
}

/// What processes logged.
fn said(w: &mut World) -> Vec<String> {
    w.notes().into_iter().filter(|note| note.contains(" is ") || note.starts_with("Hello")).collect()
}

#[test]
fn a_deployment_gives_values_and_defaults_hold_else() {
    on_both(SOURCE, |w| {
        let desk = w.create("Team", &[("name", text("Sales desk"))]);
        w.create("Team", &[("name", text("Night"))]);
        let deal = w.create("Deal", &[("title", text("a")), ("amount", usd(60_000))]);
        assert_ne!(w.field(deal, "owner"), Value::Ref(desk), "what the parked turn did is undone");
        let [parked] = w.instances("Route")[..] else { panic!("one process") };
        let fault = w.engine.store().instance(parked).unwrap().unwrap().fault.unwrap();
        assert_eq!((fault.code.as_str(), fault.place.as_str()), ("R0513", "test.proc:22"));
        assert_eq!(fault.message, "the setting `config.greeting` has no value: this deployment gives none");

        w.engine.configure("greeting", text("Hello")).unwrap();
        w.engine.retry(parked).unwrap();
        w.idle();
        assert_eq!(w.statuses("Route"), [Status::Succeeded]);
        assert_eq!(w.field(deal, "owner"), Value::Ref(desk));
        assert_eq!(said(w), ["a is Hot", "Hello a"]);

        w.engine.configure("large_deal", usd(100)).unwrap();
        w.engine.configure("mood", Value::Enum(0)).unwrap();
        w.engine.configure("backup", text("Night")).unwrap();
        let small = w.create("Deal", &[("title", text("b")), ("amount", usd(100))]);
        assert_ne!(w.field(small, "owner"), Value::Ref(desk));
        assert_eq!(said(w)[2..], ["a is Hot", "b is Cold", "Hello b"]);
    });
}

#[test]
fn settings_travel_with_an_instance() {
    let program = compile(SOURCE);
    let mut w = World::on(Box::new(MemoryStore::default()), &program);
    w.create("Team", &[("name", text("Sales desk"))]);
    w.create("Deal", &[("title", text("a")), ("amount", usd(60_000))]);
    let parked = w.instances("Route")[0];
    w.engine.configure("greeting", text("Hello")).unwrap();
    let bytes = w.engine.export(parked).unwrap();
    let mut elsewhere = World::of(Engine::open(Box::new(MemoryStore::default()), program, world::settings()).unwrap());
    let id = elsewhere.engine.import(&bytes).unwrap();
    elsewhere.engine.retry(id).unwrap();
    elsewhere.idle();
    assert_eq!(said(&mut elsewhere), ["a is Hot", "Hello a"]);
}

#[test]
fn a_store_keeps_them() {
    let program = compile(SOURCE);
    let folder = tempfile::tempdir().unwrap();
    let open = || abide::engine::store::sqlite::SqliteStore::open(&folder.path().join("s.db")).unwrap();
    let mut w = World::on(Box::new(open()), &program);
    w.engine.configure("large_deal", usd(100)).unwrap();
    drop(w);
    let w = World::on(Box::new(open()), &program);
    assert_eq!(w.engine.settings().collect::<Vec<_>>(), [("large_deal", &usd(100))]);
}

#[test]
fn what_another_program_sets_holds_at_once() {
    let program = compile(SOURCE);
    let folder = tempfile::tempdir().unwrap();
    let open = || abide::engine::store::sqlite::SqliteStore::open(&folder.path().join("s.db")).unwrap();
    let mut w = World::on(Box::new(open()), &program);
    w.create("Team", &[("name", text("Sales desk"))]);
    let change = |name: &str, value| Change::Config(name.to_owned(), value);
    let delays = Retries { times: 3, factor: 4, ..Retries::default() };
    let retries = [Change::Tune(Tunable::RetryTimes, Some(3)), Change::Tune(Tunable::RetryFactor, Some(4))];
    let settings = [change("large_deal", Some(usd(100))), change("greeting", Some(text("Hello")))];
    settings::keep(&mut open(), &[&settings[..], &retries[..]].concat()).unwrap();
    w.create("Deal", &[("title", text("a")), ("amount", usd(100))]);
    assert_eq!(said(&mut w), ["a is Hot", "Hello a"]);
    assert_eq!(w.engine.retries(), delays);
    let undone = [change("greeting", None), Change::Tune(Tunable::RetryFactor, None)];
    settings::keep(&mut open(), &undone).unwrap();
    w.create("Deal", &[("title", text("b")), ("amount", usd(100))]);
    assert_eq!(w.statuses("Route"), [Status::Succeeded, Status::Parked]);
    assert_eq!(w.engine.retries(), Retries { times: 3, ..Retries::default() });
    // What code says holds where the store says nothing.
    w.engine.set_retries(Retries { times: 9, factor: 1, ..Retries::default() });
    assert_eq!(w.engine.retries(), Retries { times: 3, factor: 1, ..Retries::default() });
}

#[test]
fn values_of_another_type_are_refused_and_never_read() {
    let program = compile(SOURCE);
    let folder = tempfile::tempdir().unwrap();
    let open = || abide::engine::store::sqlite::SqliteStore::open(&folder.path().join("s.db")).unwrap();
    let mut w = World::on(Box::new(open()), &program);
    for (name, value) in
        [("large_deal", text("much")), ("greeting", text("more than twenty characters")), ("desk", usd(1))]
    {
        let refused = w.engine.configure(name, value).unwrap_err().to_string();
        assert!(refused.starts_with("R0513: "), "{refused}");
    }
    settings::keep(&mut open(), &[Change::Config("large_deal".to_owned(), Some(text("much")))]).unwrap();
    w.create("Team", &[("name", text("Sales desk"))]);
    w.create("Deal", &[("title", text("a")), ("amount", usd(100))]);
    assert_eq!(w.engine.settings_without_value(), ["large_deal", "greeting"]);
    let parked = w.instances("Route")[0];
    let fault = w.engine.store().instance(parked).unwrap().unwrap().fault.unwrap();
    assert!(fault.code == "R0513" && fault.message.contains("has a value of another type"), "{fault:?}");
}

#[test]
fn what_processes_may_start_is_a_setting_of_the_store() {
    let source = "entity Deal { title: text score: int = 0 }
workflow Next for deal: Deal when created only if deal.score < 12 { create Deal { title: \"next\", score: deal.score + 1 } }
workflow Again for deal: Deal when updated(title) { update deal { title: \"{deal.title}x\" } checkpoint }";
    let program = compile(source);
    let folder = tempfile::tempdir().unwrap();
    let open = || abide::engine::store::sqlite::SqliteStore::open(&folder.path().join("s.db")).unwrap();
    let mut w = World::on(Box::new(open()), &program);
    let runs = |w: &mut World| {
        let before = w.statuses("Next").len();
        w.create("Deal", &[("title", text("a"))]);
        w.statuses("Next").len() - before
    };
    // The one that is refused is there as well, and parked.
    assert_eq!(runs(&mut w), 9);
    settings::keep(
        &mut open(),
        &[Change::Tune(Tunable::GuardDepth, Some(3)), Change::Tune(Tunable::GuardStarts, Some(2))],
    )
    .unwrap();
    assert_eq!(runs(&mut w), 4);
    assert_eq!((w.engine.tuned(Tunable::GuardDepth), w.engine.tuned(Tunable::GuardStarts)), (3, 2));
    settings::keep(&mut open(), &[Change::Tune(Tunable::GuardDepth, Some(20))]).unwrap();
    assert_eq!(runs(&mut w), 12);
    let deal = w.create("Deal", &[("title", text("b")), ("score", Value::Int(20))]);
    w.update(deal, &[("title", text("c"))]);
    // One start by hand, and two by itself.
    assert_eq!(w.field(deal, "title"), text("cxxx"));
    settings::keep(&mut open(), &[Change::Tune(Tunable::GuardDepth, None), Change::Tune(Tunable::GuardStarts, None)])
        .unwrap();
    assert_eq!(runs(&mut w), 9);
}
