//! `abide run --store` and the files that commands write, where something comes in the way: another program, a crash, a
//! full disk.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use abide::engine::{
    export::FORMAT,
    store::{Store, sqlite::SqliteStore},
};
use rusqlite::Connection;

use super::{Call, has_ended_before};

const PROJECT: &str = r#"
entity Deal { title: text score: int = 0 unique title shown as "{title}" }
workflow Chase for deal: Deal when created {
    wait 2 days
    update deal { score += random(1, 1000) }
    wait { until deal.score > 10_000 => log "much", after 30 days => log "late" }
}
"#;

/// A data file that takes a while.
fn data(records: usize) -> String {
    let records: Vec<String> = (0..records).map(|n| format!(r#"{{ "$id": "d{n}", "title": "Deal {n}" }}"#)).collect();
    let events: Vec<String> = (0..40)
        .map(|n| format!(r#"{{ "after": "{n} hours", "create": "Deal", "set": {{ "title": "Late {n}" }} }}"#))
        .chain((0..3).map(|n| format!(r#"{{ "after": "4 days", "update": "$d{n}", "set": {{ "score": 1 }} }}"#)))
        .collect();
    format!(
        r#"{{ "version": 1, "now": "2026-01-05T09:00Z", "records": {{ "Deal": [{}] }}, "events": [{}] }}"#,
        records.join(", "),
        events.join(", ")
    )
}

fn call(records: usize) -> Call {
    Call::new().file("p.proc", PROJECT).file("p.json", data(records))
}

fn spawn(call: &Call, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_abide"))
        .args(args)
        .current_dir(call.path("."))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Everything that is in the tables, but for what a note about the data file says.
fn content(store: &Path) -> Vec<String> {
    let connection = Connection::open(store).unwrap();
    let mut all = Vec::new();
    for table in ["deal", "abide_instance", "abide_subscription", "abide_log", "abide_counter", "abide_meta"] {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            let values = (0..columns).map(|n| row.get::<_, rusqlite::types::Value>(n).map(|v| format!("{v:?}")));
            Ok(format!("{table} {:?}", values.collect::<rusqlite::Result<Vec<_>>>()?))
        });
        all.extend(rows.unwrap().map(Result::unwrap));
    }
    all
}

fn count(store: &Path, table: &str) -> i64 {
    let connection = Connection::open(store);
    let count = |c: Connection| c.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0));
    connection.and_then(count).unwrap_or(0)
}

#[test]
fn of_two_that_begin_at_once_one_runs_and_the_other_is_told_why_not() {
    for round in 0..8 {
        let call = call(3);
        let children: Vec<Child> = (0..3).map(|_| spawn(&call, &["run", "p.proc", "--store", "two.db"])).collect();
        let mut done = 0;
        for child in children {
            let output = child.wait_with_output().unwrap();
            let told = String::from_utf8(output.stderr).unwrap();
            match output.status.code() {
                Some(0) => done += 1,
                code => {
                    assert_eq!(code, Some(3), "round {round}: {told}");
                    assert!(told.starts_with("error[E0922]: the store is in use: a simulation runs on it"), "{told}");
                }
            }
        }
        assert!(done >= 1);
        assert_eq!(count(&call.path("two.db"), "deal"), 43, "once, whoever came late");
        assert!(!call.path("two.db-lock").exists());
    }
}

#[test]
fn a_store_that_is_held_is_read_and_not_run() {
    let call = call(3);
    assert_eq!(call.run(&["run", "p.proc", "--store", "k.db"]).code, 0);
    let held = SqliteStore::hold(&call.path("k.db")).unwrap();
    let who = std::process::id();
    let told = format!(
        "error[E0922]: the store is in use: a simulation runs on it (process {who})\n  \
         help: wait until it has ended, or name another file with --store\n"
    );
    call.run(&["run", "p.proc", "--store", "k.db"]).is(3, "", &told);
    assert_eq!(call.run(&["list", "--store", "k.db"]).code, 0);
    drop(held);
    assert_eq!(call.run(&["run", "p.proc", "--store", "k.db"]).code, 0);
}

#[test]
fn a_killed_run_goes_on_where_it_stopped() {
    let whole = call(300);
    assert_eq!(whole.run(&["run", "p.proc", "--store", "k.db"]).code, 0);
    let expected = content(&whole.path("k.db"));
    for deals in [1, 120, 310] {
        let call = call(300);
        let store = call.path("k.db");
        let mut child = spawn(&call, &["run", "p.proc", "--store", "k.db"]);
        let began = Instant::now();
        while count(&store, "deal") < deals && began.elapsed() < Duration::from_secs(60) {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let had = count(&store, "deal");
        assert!((deals..340).contains(&had), "{had} of 340 deals: it should have been killed before its end");
        let outcome = call.run(&["run", "p.proc", "--store", "k.db"]);
        assert_eq!(outcome.code, 0, "{}", outcome.err);
        assert!(outcome.err.starts_with("note: an earlier run was cut short after step "), "{}", outcome.err);
        assert!(content(&store) == expected, "killed with {had} deals");
    }
}

/// A store whose run stopped within its data: its file grew beyond what the shell allows.
#[cfg(unix)]
fn cut_short(call: &Call) -> super::Outcome {
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 3000; exec \"$0\" run p.proc --store k.db", env!("CARGO_BIN_EXE_abide")])
        .current_dir(call.path("."))
        .output()
        .unwrap();
    super::Outcome {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap(),
    }
}

/// A command whose files cannot grow beyond so many blocks of 512 bytes.
#[cfg(unix)]
fn limited(call: &Call, blocks: u32, command: &str) -> i32 {
    let line = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" {command}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &line, env!("CARGO_BIN_EXE_abide")]).current_dir(call.path(".")).stdout(Stdio::null());
    shell.stderr(Stdio::null()).status().unwrap().code().unwrap()
}

/// The files of a folder beside those of the store `k.db`.
fn names(call: &Call) -> Vec<String> {
    let files = fs::read_dir(call.path(".")).unwrap();
    let names = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with("k.db")).collect();
    names.sort();
    names
}

fn remove_store(call: &Call) {
    for ending in ["", "-wal", "-shm", "-lock"] {
        let _ = fs::remove_file(call.path(&format!("k.db{ending}")));
    }
}

#[cfg(unix)]
#[test]
fn a_store_is_made_whole_or_not_at_all() {
    for (make, look) in [
        ("run p.proc --store k.db", &["list", "--store", "k.db"][..]),
        ("deploy p.proc --store k.db", &["definitions", "--store", "k.db"]),
    ] {
        let call = call(3);
        let mut made = 0;
        for blocks in [0, 1, 4, 8, 9, 16, 40, 80, 120, 200, 400, 600, 800, 1_200, 1_600, 2_000, 4_000] {
            let code = limited(&call, blocks, make);
            if call.path("k.db").exists() {
                made += 1;
                assert_eq!(call.run(look).code, 0, "{make} with {blocks} blocks");
                remove_store(&call);
            } else {
                assert_eq!(code, 3, "{make} with {blocks} blocks");
            }
            assert_eq!(names(&call), ["p.json", "p.proc"], "{make} with {blocks} blocks");
        }
        assert!((1..16).contains(&made), "{make}: made {made} times");
    }
}

#[test]
fn a_killed_command_leaves_a_whole_store_or_none() {
    let call = call(3);
    let (mut calls, mut killed) = (10, 0);
    loop {
        let mut child = spawn(&call, &["deploy", "p.proc", "--store", "k.db"]);
        if has_ended_before(&mut child, calls) {
            remove_store(&call);
            break;
        }
        calls += calls / 5;
        killed += 1;
        child.kill().unwrap();
        child.wait().unwrap();
        if call.path("k.db").exists() {
            assert_eq!(call.run(&["definitions", "--store", "k.db"]).code, 0);
            remove_store(&call);
        }
    }
    assert!(killed > 3, "{killed}");
    assert_eq!(call.run(&["deploy", "p.proc", "--store", "k.db"]).code, 0);
}

#[cfg(unix)]
#[test]
fn a_backup_is_whole_or_is_not_there() {
    let call = call(3);
    assert_eq!(call.run(&["run", "p.proc", "--store", "k.db"]).code, 0);
    let before = names(&call);
    let mut made = 0;
    for blocks in [0, 8, 80, 200, 400, 600, 700, 800, 1_000, 4_000] {
        let code = limited(&call, blocks, "backup --store k.db -o copy.db");
        if code == 0 {
            made += 1;
            assert!(content(&call.path("copy.db")) == content(&call.path("k.db")));
            fs::remove_file(call.path("copy.db")).unwrap();
        }
        assert_eq!(names(&call), before, "{blocks} blocks");
    }
    assert!((1..10).contains(&made), "made {made} times");
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_grow_loses_nothing() {
    let whole = call(300);
    assert_eq!(whole.run(&["run", "p.proc", "--store", "k.db"]).code, 0);
    let call = call(300);
    let outcome = cut_short(&call);
    assert_eq!(outcome.code, 3, "{}", outcome.err);
    assert!(outcome.err.starts_with("error[E0918]: the store cannot be used: "), "{}", outcome.err);
    assert!(outcome.err.contains("help: see that the disk has room"), "{}", outcome.err);
    assert_eq!(call.run(&["list", "--store", "k.db"]).code, 0);
    assert_eq!(call.run(&["run", "p.proc", "--store", "k.db"]).code, 0);
    assert!(content(&call.path("k.db")) == content(&whole.path("k.db")));
}

#[cfg(unix)]
#[test]
fn a_store_with_a_part_of_a_file_takes_no_other() {
    let call = call(300);
    assert_eq!(cut_short(&call).code, 3);
    let before = content(&call.path("k.db"));
    let call = call.file("p.json", data(299)).file("more.json", data(4));
    for args in
        [&["run", "p.proc", "--store", "k.db"][..], &["run", "p.proc", "--store", "k.db", "--data", "more.json"]]
    {
        let outcome = call.run(args);
        assert_eq!((outcome.code, outcome.out.as_str()), (3, ""));
        assert!(outcome.err.starts_with("error[E0923]: the store has had "), "{}", outcome.err);
        assert!(outcome.err.contains(" of 343 steps of `p.json`"), "{}", outcome.err);
    }
    assert_eq!(content(&call.path("k.db")), before);
    let call = call.file("p.json", data(300));
    assert_eq!(call.run(&["run", "p.proc", "--store", "k.db"]).code, 0);
    assert_eq!(count(&call.path("k.db"), "deal"), 340);
}

#[test]
fn a_data_file_happens_once() {
    let call = call(3).file("more.json", r#"{ "version": 1, "records": { "Deal": [{ "title": "More" }] } }"#);
    let with = ["run", "p.proc", "--store", "k.db", "--data", "p.json"];
    assert_eq!(call.run(&with).err, "");
    assert_eq!(call.run(&["run", "p.proc", "--store", "k.db"]).err, "");
    let told = "note: the store has had all of `p.json`; its records and events do not happen again\n";
    assert_eq!(call.run(&with).err, told);
    assert_eq!(call.run(&["run", "p.proc", "--store", "k.db", "--data", "more.json"]).err, "");
    assert_eq!(count(&call.path("k.db"), "deal"), 44);
}

#[test]
fn a_store_that_refuses_a_project_stays_as_it_is() {
    let call = call(3).file("q.proc", "entity Other { title: text }\n");
    assert_eq!(call.run(&["run", "p.proc", "--store", "k.db"]).code, 0);
    let before = content(&call.path("k.db"));
    let outcome = call.run(&["run", "q.proc", "--store", "k.db"]);
    assert_eq!(outcome.code, 3);
    assert!(outcome.err.starts_with("error[E0920]: the store does not fit: "), "{}", outcome.err);
    assert_eq!(content(&call.path("k.db")), before);
    assert_eq!(call.run(&["list", "--store", "k.db"]).code, 0);
}

#[test]
fn a_message_about_a_snapshot_has_one_code() {
    let call = call(3).file("x.snap", "ABEX and nothing that makes sense");
    call.run(&["resume", "x.snap", "p.proc"]).is(
        1,
        "",
        &format!("error[E0917]: `x.snap`: the snapshot has format 24864, this program knows format {FORMAT}\n"),
    );
    let call = call.file("y.snap", "");
    call.run(&["resume", "y.snap", "p.proc"]).is(
        1,
        "",
        "error[E0917]: `y.snap`: the snapshot has no usable beginning\n",
    );
}

#[test]
fn what_cannot_be_written_is_told_with_its_code() {
    let call = call(3);
    let outcome = call.run(&["build", "p.proc", "-o", "gone/p.procb"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (3, ""));
    assert!(outcome.err.starts_with("error[E0921]: cannot write `gone/p.procb`: "), "{}", outcome.err);
    assert_eq!(call.run(&["run", "p.proc", "--store", "k.db"]).code, 0);
    let outcome = call.run(&["snapshot", "3", "--store", "k.db", "-o", "."]);
    assert_eq!(outcome.code, 3);
    assert!(outcome.err.starts_with("error[E0921]: cannot write `.`: "), "{}", outcome.err);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_no_half_written_file() {
    let call = call(3);
    let outcome = call.run(&["build", "p.proc", "-o", "/dev/full"]);
    assert_eq!(outcome.code, 3);
    assert!(
        outcome.err.starts_with("error[E0921]: cannot write `/dev/full`: No space left on device"),
        "{}",
        outcome.err
    );
    let loose = format!("enum   Rating{{cold,warm}}\n// {}\n", "x".repeat(4000));
    let call = call.file("a/a.proc", &loose);
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" fmt a", env!("CARGO_BIN_EXE_abide")])
        .current_dir(call.path("."))
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.starts_with("error[E0921]: cannot write `a/a.proc`: "), "{told}");
    assert_eq!(call.read("a/a.proc"), loose);
    assert_eq!(fs::read_dir(call.path("a")).unwrap().count(), 1);
}

#[test]
fn many_make_one_new_store_together() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.db");
        let threads: Vec<_> = (0..6)
            .map(|_| {
                let path = path.clone();
                std::thread::spawn(move || {
                    let mut store = SqliteStore::open(&path)?;
                    store.prepare(&std::sync::Arc::default())
                })
            })
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Ok(()));
        }
    }
}

#[test]
fn a_file_that_is_no_store_is_called_so() {
    let call = call(3).file("s.db", "this is no store at all");
    let outcome = call.run(&["list", "--store", "s.db"]);
    assert_eq!(outcome.code, 3);
    assert!(outcome.err.starts_with("error[E0920]: the file is no store: "), "{}", outcome.err);
    rusqlite::Connection::open(call.path("t.db")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let outcome = call.run(&["list", "--store", "t.db"]);
    assert!(outcome.err.contains("is a database of something else"), "{}", outcome.err);
    assert_eq!(call.read("s.db"), "this is no store at all");
}

#[test]
fn looking_at_a_store_does_not_write() {
    let call = call(3);
    assert_eq!(call.run(&["run", "p.proc", "--store", "k.db"]).code, 0);
    let mut store = SqliteStore::open_to_read(&call.path("k.db")).unwrap();
    assert!(store.begin().and_then(|()| store.set_meta("a", "b")).is_err());
    let before = std::fs::read(call.path("k.db")).unwrap();
    for args in [&["list", "--store", "k.db"][..], &["show", "3", "--store", "k.db"]] {
        call.run(args);
    }
    assert_eq!(std::fs::read(call.path("k.db")).unwrap(), before);
}

#[test]
fn a_store_without_a_build_says_how_it_goes_on() {
    let call = call(3);
    drop(SqliteStore::open(&call.path("k.db")).unwrap());
    let outcome = call.run(&["list", "--store", "k.db"]);
    assert_eq!(outcome.code, 3);
    assert!(outcome.err.contains("help: `abide run PROJECT --store k.db` begins it again"), "{}", outcome.err);
    assert_eq!(call.run(&["run", "p.proc", "--store", "k.db"]).code, 0);
    assert_eq!(call.run(&["list", "--store", "k.db"]).code, 0);
}

#[test]
fn a_snapshot_and_a_build_are_told_from_each_other() {
    let call = call(3).file("x.snap", "ABEX");
    assert_eq!(call.run(&["build", "p.proc", "-o", "p.procb"]).code, 0);
    call.run(&["resume", "p.procb", "x.snap"]).is(
        2,
        "",
        "error[E0917]: `p.procb` is the build, and `x.snap` the snapshot\n  help: abide resume x.snap p.procb\n",
    );
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_told() {
    let call = call(3);
    for args in [&["run", "p.proc"][..], &["test", "p.proc"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_abide"))
            .args(args)
            .current_dir(call.path(""))
            .stdout(full)
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{err}");
        assert!(err.contains("error[E0921]: cannot write what there is to tell: "), "{err}");
    }
}
