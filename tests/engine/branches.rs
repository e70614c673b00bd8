//! Branches and sagas: what operators do to them, how they travel, and rows that make no sense.

use abide::{
    base::value::{Duration, Value},
    engine::{
        operate::Operation,
        store::{Branches, Instance, InstanceFilter, Status, memory::MemoryStore, sqlite::SqliteStore},
    },
};

use super::world::{DAY, World, compile, fault, on_both, text};

const SIDES: &str = r#"
entity Deal { title: text  score: int = 0 }
workflow Sides for deal: Deal when created {
    var sum = 0
    var by = ""
    saga {
        log "begun" undo { log "undone {deal.title}" }
        parallel {
            branch "timed" {
                log "timed" undo { log "not timed" }
                try { wait 2 days } finally { log "looked" }
                set by = "time"
            }
            branch "each" {
                let all = parallel for each n in [1, 2, 3] limit 2 at once { wait 1 day  give n }
                set sum = sum(all)
            }
            branch "score" {
                wait { until deal.score != 0 => log "scored", after 9 days => log "late" }
                log "share {10 div deal.score}"
            }
        }
    }
    log "{by} {sum}"
    on cancel { log "canceled" }
}
"#;

/// The rows of an instance and its branches, in order.
fn rows(w: &mut World) -> Vec<Instance> {
    let filter = InstanceFilter { branches: true, ..InstanceFilter::default() };
    w.engine.store().instances(&filter).unwrap()
}

fn begun(w: &mut World) -> i64 {
    w.create("Deal", &[("title", text("a"))]);
    w.instances("Sides")[0]
}

#[test]
fn a_branch_is_a_row_of_its_own_and_no_instance() {
    on_both(SIDES, |w| {
        let id = begun(w);
        assert_eq!(w.statuses("Sides"), [Status::Waiting]);
        let all = rows(w);
        assert_eq!(all.len(), 1 + 3 + 2);
        let each = all.iter().find(|row| row.branches.is_some() && row.id != id).unwrap();
        assert_eq!((each.parent, each.ordinal, each.whole()), (Some(id), Some(2), id));
        let why = w.engine.why(id).unwrap();
        assert_eq!(why.view.waits_for, ["the end of 3 branches"]);
        let names: Vec<String> = why.branches.iter().map(|branch| branch.name.clone()).collect();
        assert_eq!(
            names,
            [
                "the branch \"timed\"",
                "the branch \"each\"",
                "the branch \"score\"",
                "the branch of element 1",
                "the branch of element 2"
            ]
        );
        assert_eq!(why.branches[3].point.as_deref(), Some("Sides/parallel/1/each/parallel/1/each/wait/1"));
        w.advance(2 * DAY);
        assert_eq!(w.engine.store().instances(&InstanceFilter::default()).unwrap().len(), 1);
        w.advance(7 * DAY);
        assert_eq!(w.statuses("Sides"), [Status::Parked], "a division by zero");
        let branch = rows(w).into_iter().find(|row| row.branch.is_some()).unwrap().id;
        assert_eq!(
            fault(w.engine.operate(branch, &Operation::Retry)),
            format!("R0507: {branch} is a branch of instance {id}: what is done to that one is done to all of it")
        );
        w.engine.operate(id, &Operation::Fail).unwrap();
        w.idle();
        assert_eq!(w.statuses("Sides"), [Status::Failed]);
        assert_eq!(rows(w).len(), 1);
        let notes = w.notes();
        assert!(notes.ends_with(&["given up by an operator".into()]) || notes.contains(&"undone a".to_owned()));
        assert_eq!(notes.iter().filter(|note| note.contains("undone") || note.contains("not timed")).count(), 2);
    });
}

#[test]
fn what_is_done_to_an_instance_is_done_to_its_branches() {
    on_both(SIDES, |w| {
        let id = begun(w);
        w.engine.operate(id, &Operation::Pause).unwrap();
        assert!(rows(w).iter().all(|row| row.status == Status::Paused));
        w.advance(5 * DAY);
        assert_eq!(w.notes(), ["begun", "timed", "paused by an operator"]);
        w.engine.operate(id, &Operation::Resume).unwrap();
        w.idle();
        assert!(w.notes().contains(&"looked".to_owned()));
        let later = Operation::Postpone(Duration { months: 0, days: 1, micros: 0 });
        w.engine.operate(id, &later).unwrap();
        assert!(rows(w).iter().filter(|row| row.status.is_live()).all(|row| row.status == Status::Postponed));
        w.advance(2 * DAY);
        assert_eq!(w.statuses("Sides"), [Status::Waiting]);
        w.engine.operate(id, &Operation::Cancel("enough".into())).unwrap();
        w.idle();
        assert_eq!(w.statuses("Sides"), [Status::Canceled]);
        assert_eq!(rows(w).len(), 1);
        let notes = w.notes();
        assert_eq!(notes[notes.len() - 3..], ["not timed", "undone a", "canceled"]);
    });
}

#[test]
fn what_is_terminated_leaves_nothing_and_runs_nothing() {
    on_both(SIDES, |w| {
        let id = begun(w);
        w.engine.operate(id, &Operation::Terminate).unwrap();
        w.idle();
        assert_eq!(w.statuses("Sides"), [Status::Canceled]);
        assert_eq!((rows(w).len(), w.notes().len()), (1, 2));
        assert_eq!(w.engine.store().undo_notes(id).unwrap(), []);
        w.advance(20 * DAY);
        assert_eq!(w.notes().len(), 2);
    });
}

#[test]
fn an_instance_travels_with_its_branches_and_undo_blocks() {
    on_both(SIDES, |w| {
        let id = begun(w);
        w.advance(DAY);
        let bytes = w.engine.export(id).unwrap();
        let program = compile(SIDES);
        for cancel in [false, true] {
            let mut there = World::on(Box::new(SqliteStore::open_in_memory().unwrap()), &program);
            assert_eq!(there.engine.import(&bytes).unwrap(), id);
            there.idle();
            if cancel {
                there.engine.cancel(id, "enough").unwrap();
                there.idle();
                assert_eq!(there.notes().iter().filter(|n| *n == "not timed" || *n == "undone a").count(), 2);
                continue;
            }
            let deal = there.ids("Deal")[0];
            let deal = abide::base::value::RecordRef { entity: there.entity("Deal"), id: deal };
            there.update(deal, &[("score", Value::Int(5))]);
            there.advance(2 * DAY);
            assert_eq!(there.statuses("Sides"), [Status::Succeeded]);
            assert_eq!(there.notes().last().unwrap(), "time 6");
            assert_eq!(rows(&mut there).len(), 1);
        }
        for cut in (0..bytes.len()).step_by(97) {
            let mut damaged = bytes.clone();
            damaged[cut] ^= 0x21;
            let mut there = World::on(Box::new(MemoryStore::new()), &program);
            assert!(there.engine.import(&damaged).is_err(), "byte {cut}");
        }
    });
}

/// Rows that no run has written: they are parked with a fault, or told, and nothing panics.
#[test]
fn rows_that_make_no_sense_do_no_harm() {
    type Damage = fn(&mut Instance, &[Instance]);
    let damages: [Damage; 6] = [
        // The snapshot of another function, in both directions.
        |row, all| row.snapshot.clone_from(&all[0].snapshot),
        |row, all| row.snapshot.clone_from(&all[5].snapshot),
        |row, _| row.branch = None,
        |row, _| row.branches = Some(Branches { running: 7, ..Branches::default() }),
        |row, _| row.parent = Some(row.id),
        |row, _| {
            if let Some(branch) = &mut row.branch {
                branch.function.0 = 0;
            }
        },
    ];
    for (number, damage) in damages.iter().enumerate() {
        for victim in 0..6 {
            on_both(SIDES, |w| {
                begun(w);
                let all = rows(w);
                w.engine
                    .together(|engine| {
                        let mut row = all[victim].clone();
                        damage(&mut row, &all);
                        row.due = Some(engine.now());
                        Ok(engine.store().put_instance(&row)?)
                    })
                    .unwrap();
                // It may come to rest, be parked or fail; the store may be told to be damaged.
                let ran = w.engine.run_ready(200);
                assert!(ran.is_err() || ran.is_ok_and(|ran| ran.turns <= 200), "{number} {victim}");
            });
        }
    }
}
