//! What is not kept any longer goes, on both stores, with a clock that a real store believes.

use abide::{
    base::value::Value,
    bytecode::container,
    engine::{
        Engine, Settings, deploy,
        store::{LogKind, Store, memory::MemoryStore, sqlite::SqliteStore},
    },
};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{
    deployment::Moved,
    world::{DAY, World, compile, text},
};

/// Lets days pass, and what is due then happen.
fn pass(clock: &Moved, days: i64, w: &mut World) {
    clock.pass(days * DAY);
    w.idle();
    while w.engine.tidy().unwrap() {}
}

const SOURCE: &str = r#"
entity Deal { title: text score: int = 0 }
workflow Grade for deal: Deal when created keep 2 days { log "graded" update deal { score: 1 } }
workflow Pass for deal: Deal when created keep nothing { log "passed" }
realtime workflow Guard for deal: Deal before updated(score) { if deal.score > 5 { stop canceled "full" } }
"#;

fn open(store: Box<dyn Store>) -> (Moved, World) {
    let clock = Moved::new();
    let settings = Settings { clock: Box::new(clock.clone()), seed: 1, build: "test".into() };
    (clock, World::of(Engine::open(store, compile(SOURCE), settings).unwrap()))
}

fn on_both(check: impl Fn(Moved, World)) {
    let (clock, w) = open(Box::new(MemoryStore::new()));
    check(clock, w);
    let folder = TempDir::new().unwrap();
    let (clock, w) = open(Box::new(SqliteStore::open(&folder.path().join("s.db")).unwrap()));
    check(clock, w);
}

/// How many lines there are: of refusals, of what instances said, of what was done to records.
fn lines(w: &mut World) -> (usize, usize, usize) {
    let all = w.engine.timeline(None).unwrap();
    let refused = all.iter().filter(|entry| entry.kind == LogKind::Refuse).count();
    let done = all.iter().filter(|entry| entry.kind.is_of_record()).count();
    (refused, all.len() - refused - done, done)
}

#[test]
fn what_is_told_goes_before_what_was_done() {
    on_both(|clock, mut w| {
        let deal = w.create("Deal", &[("title", text("a"))]);
        assert!(w.try_update(deal, &[("score", Value::Int(6))]).is_err());
        assert_eq!((lines(&mut w), w.instances("Grade").len()), ((1, 6, 2), 1));
        pass(&clock, 3, &mut w);
        assert_eq!((lines(&mut w), w.instances("Grade").len()), ((1, 3, 2), 0), "Pass says a week what it did");
        pass(&clock, 5, &mut w);
        w.create("Deal", &[("title", text("b"))]);
        pass(&clock, 3, &mut w);
        assert_eq!(lines(&mut w).0, 0, "a week is over");
        let history = w.engine.history(deal).unwrap();
        assert_eq!(history.len(), 2, "{history:?}");
        assert_eq!(history[1].process.as_deref(), Some("Grade"));
        pass(&clock, 402, &mut w);
        assert_eq!(w.engine.history(deal).unwrap(), []);
        let left = lines(&mut w);
        assert!(left.0 + left.1 + left.2 <= 1, "the last line stays: {left:?}");
        let last = w.engine.store().last_log().unwrap();
        w.create("Deal", &[("title", text("c"))]);
        assert!(w.engine.timeline(None).unwrap().iter().all(|entry| entry.key >= last), "no key comes again");
    });
}

#[test]
fn many_that_end_together_go_some_at_a_time() {
    on_both(|clock, mut w| {
        let (entity, title) = (w.entity("Deal"), w.field_idx(w.entity("Deal"), "title"));
        let write = abide::engine::Write::set(title, text("a"));
        let many = |engine: &mut Engine| {
            (0..600).try_for_each(|_| engine.create(None, entity, std::slice::from_ref(&write)).map(drop))
        };
        w.engine.together(many).unwrap();
        w.idle();
        assert_eq!(w.instances("Grade").len(), 600);
        clock.pass(3 * DAY);
        w.idle();
        assert_eq!(w.instances("Grade").len(), 0);
        pass(&clock, 8, &mut w);
        assert!(lines(&mut w).1 <= 1, "{:?}", lines(&mut w));
    });
}

#[test]
fn a_file_does_not_grow_under_steady_load() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("s.db");
    let (clock, mut w) = open(Box::new(SqliteStore::open(&path).unwrap()));
    let looker = Connection::open(&path).unwrap();
    let number = |pragma: &str| looker.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0)).unwrap();
    let (entity, title) = (w.entity("Deal"), w.field_idx(w.entity("Deal"), "title"));
    let write = abide::engine::Write::set(title, text(&"a".repeat(200)));
    let mut used = Vec::new();
    for _ in 0..20 {
        let deals: Vec<_> = w
            .engine
            .together(|engine| (0..40).map(|_| engine.create(None, entity, std::slice::from_ref(&write))).collect())
            .unwrap();
        w.idle();
        w.engine.together(|engine| deals.iter().try_for_each(|deal| engine.delete(None, *deal))).unwrap();
        pass(&clock, 50, &mut w);
        used.push(number("page_count") - number("freelist_count"));
    }
    let (early, late) = (used[9..12].iter().max().unwrap(), used[17..].iter().max().unwrap());
    assert!(used[4] > used[0], "history grows at first: {used:?}");
    assert!(*late <= early + 2, "{used:?}");
}

#[test]
fn builds_go_that_nothing_refers_to() {
    let build = |title: &str| {
        let source = format!("{SOURCE}\nworkflow More for deal: Deal when created keep 9 days {{ log \"{title}\" }}");
        container::encode(compile(&source).module()).unwrap()
    };
    let folder = TempDir::new().unwrap();
    let mut store: Box<dyn Store> = Box::new(SqliteStore::open(&folder.path().join("s.db")).unwrap());
    let hashes: Vec<String> = ["a", "b", "c"]
        .iter()
        .map(|title| {
            let (hash, _) = deploy::deploy(&mut *store, &build(title)).unwrap();
            assert!(deploy::activate(&mut *store, &hash, false).unwrap().1);
            hash
        })
        .collect();
    let at = deploy::deployed(&mut *store).unwrap()[0].at;
    let clock = Moved::at(at);
    let mut w = World::of(Engine::attach(store, Box::new(clock.clone()), 1).unwrap());
    w.create("Deal", &[("title", text("a"))]);
    let id = w.instances("Grade")[0];
    let mut of_second = w.engine.store().instance(id).unwrap().unwrap();
    of_second.build.clone_from(&hashes[1]);
    of_second.due = Some(at + 60 * DAY);
    w.engine.store().begin().unwrap();
    w.engine.store().put_instance(&of_second).unwrap();
    w.engine.store().commit().unwrap();
    let builds = |w: &mut World| -> Vec<bool> {
        let all = w.engine.store().builds().unwrap();
        hashes.iter().map(|hash| all.contains(hash)).collect()
    };
    pass(&clock, 20, &mut w);
    assert_eq!(builds(&mut w), [true; 3], "one may go back for a month");
    pass(&clock, 20, &mut w);
    assert_eq!(builds(&mut w), [false, true, true], "an instance refers to the second");
    pass(&clock, 40, &mut w);
    assert_eq!(builds(&mut w), [false, false, true]);
    assert_eq!(deploy::deployed(w.engine.store()).unwrap().len(), 1);
}
