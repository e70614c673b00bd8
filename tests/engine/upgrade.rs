//! A store gets its first build, records, and a build with other tables, on a disk that fails in each call once or loses
//! its power after each change: either build is the current one, all of it, and going on ends the same.
//!
//! Points are chosen as in `power` and `failures`, with the same flags.

use std::sync::LazyLock;

use abide::{
    base::value::{RecordRef, Value},
    engine::{
        Engine,
        deploy::{activate, deploy, deployed},
        faults::Answer,
        store::{Store, sqlite::SqliteStore},
    },
};
use abide_disk::{Disk, Files, Loss};

use super::{
    deployment::{Moved, build},
    disk::{assert_same, seed, try_all},
    failures::{Point, points, told},
    power::moments,
    scenarios::picture,
    world::{World, text},
};

static OLD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    build(
        r#"
entity Gone { title: text }
entity Company { name: text shown as "{name}" }
entity Deal { title: text score: int = 0 company: Company? unique title shown as "{title}" }
workflow Chase for deal: Deal when created { wait until deal.score > 5 log "woke for {deal.title}" }
"#,
    )
});

static NEW: LazyLock<Vec<u8>> = LazyLock::new(|| {
    build(
        r#"
entity Company { city: text = "Kiel" name: text shown as "{name}" }
entity Deal { rank: int = 7 title: text company: Company? score: int = 0 unique title shown as "{title}" }
workflow Chase for deal: Deal when created, updated(rank) { log "new for {deal.title}" }
"#,
    )
});

fn open(disk: &Disk) -> Answer<Box<dyn Store>> {
    Ok(Box::new(SqliteStore::open_on(&disk.path("store.db"), abide_disk::NAME)?))
}

/// Does what is left to do, and shows what is there then.
fn finish(disk: &Disk) -> String {
    sound(&mut go_on(disk).unwrap())
}

/// What is there, which is whole and leaves nobody waiting for nothing.
fn sound(w: &mut World) -> String {
    assert_eq!(w.engine.forgotten().unwrap(), [0; 0]);
    assert_eq!(w.engine.store().damage().unwrap(), [""; 0]);
    picture(w)
}

/// Does what is left to do.
fn go_on(disk: &Disk) -> Answer<World> {
    let mut store = open(disk)?;
    if !deployed(&mut *store)?.iter().any(|build| build.is_current) {
        let (hash, _) = deploy(&mut *store, &OLD)?;
        activate(&mut *store, &hash, false)?;
    }
    let mut w = World::of(Engine::attach(store, Box::new(Moved::new()), 1)?);
    let deal = w.entity("Deal");
    if w.engine.module().entity(deal).unwrap().field_by_name("rank").is_none() {
        fill(&mut w)?;
        drop(w);
        let mut store = open(disk)?;
        let (hash, _) = deploy(&mut *store, &NEW)?;
        let (plan, done) = activate(&mut *store, &hash, true)?;
        assert!(done, "{plan:?}");
        w = World::of(Engine::attach(store, Box::new(Moved::new()), 1)?);
    }
    let first = RecordRef { entity: deal, id: w.engine.store().candidates(deal, &[], 0, 1)?[0] };
    if w.engine.field(first, w.field_idx(deal, "rank"))? == Some(Value::Int(7)) {
        w.try_update(first, &[("rank", Value::Int(8))])?;
    }
    w.engine.run_until_idle()?;
    Ok(w)
}

/// The records that are not there yet.
fn fill(w: &mut World) -> Answer<()> {
    for (entity, field, count) in [("Gone", "title", 1), ("Company", "name", 2), ("Deal", "title", 30)] {
        let index = w.entity(entity);
        let there = w.engine.store().candidates(index, &[], 0, 100)?.len();
        for n in there..count {
            let company = w.entity("Company");
            let mut fields = vec![(field, text(&format!("{entity} {n}")))];
            if entity == "Deal" {
                let id = w.engine.store().candidates(company, &[], 0, 1)?[0];
                let company = Value::Ref(RecordRef { entity: company, id });
                fields.extend([("score", Value::Int(3)), ("company", company)]);
            }
            w.try_create(entity, &fields)?;
        }
    }
    w.engine.run_until_idle().map(drop)
}

#[test]
fn a_change_of_the_tables_survives_every_power_loss() {
    let (disk, seed) = (Disk::new(), seed());
    disk.record();
    let expected = finish(&disk);
    assert!(expected.contains("Deal 29") && expected.contains("new for"), "{expected}");
    let record = disk.take_record();
    let moments = moments(&record, seed);
    println!("{} changes, {} crashes, ABIDE_SEED={seed}", record.len(), moments.len());
    try_all(&moments, seed, || {
        let (mut files, mut at) = (Files::default(), 0);
        let (record, expected) = (&record, &expected);
        move |(moment, loss): &(usize, Loss)| {
            record[at..*moment].iter().for_each(|action| files.apply(action));
            at = *moment;
            assert_same(&finish(&Disk::with(files.after(*loss))), expected);
        }
    });
}

#[test]
fn a_change_of_the_tables_survives_every_failure() {
    let (disk, seed) = (Disk::new(), seed());
    let expected = finish(&disk);
    let points = points(&disk, seed);
    try_all(&points, seed, || {
        |point: &Point| {
            let (disk, mut errors) = (Disk::new(), 0);
            disk.fail(point.fault);
            let mut world = loop {
                match go_on(&disk) {
                    Ok(world) => break world,
                    Err(failure) => told(failure, &disk, &mut errors),
                }
            };
            // Looking at it all is no part of what may fail.
            disk.mend();
            assert_same(&sound(&mut world), &expected);
            drop(world);
            assert_same(&finish(&Disk::with(disk.files().after(Loss::Everything))), &expected);
        }
    });
}
