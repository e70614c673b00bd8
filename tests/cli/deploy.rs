//! Builds in a store, and workers that run them: real programs on one file.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rusqlite::Connection;

use super::{Call, Outcome, has_ended_before};

const FIRST: &str = r#"
entity Deal { title: text }
workflow Pair when on demand {
    create Deal { title: "one" }
    wait 1 second
    create Deal { title: "two" }
}
workflow Say(word: text) when on demand, called { log "first {word}" }
action Double(n: int) -> int { return n * 2 }
"#;

fn call() -> Call {
    let second = FIRST.replace("title: text", "title: text rank: int = 7").replace("first {", "second {");
    let third = second.replace("title: text ", "");
    let third = third.replace("title: \"one\"", "rank: 1").replace("title: \"two\"", "rank: 2");
    Call::new()
        .file("first/p.proc", FIRST)
        .file("first/abide.toml", "name = \"p\"\nversion = \"1.0.0\"\n")
        .file("second/p.proc", second)
        .file("second/abide.toml", "name = \"p\"\nversion = \"2.0.0\"\n")
        .file("third/p.proc", third)
        .file("third/abide.toml", "name = \"p\"\nversion = \"3.0.0\"\n")
        .file("other.proc", FIRST)
}

#[track_caller]
fn fine(outcome: Outcome) -> String {
    assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
    outcome.out
}

fn worker(call: &Call) -> Child {
    Command::new(env!("CARGO_BIN_EXE_abide"))
        .args(["worker", "--store", "s.db"])
        .current_dir(call.path("."))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Asks it to end, and gives its exit code.
fn end(mut child: Child) -> Option<i32> {
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(told.success(), "it has ended by itself");
    child.wait().unwrap().code()
}

fn count(store: &Path, sql: &str) -> i64 {
    Connection::open(store).and_then(|c| c.query_row(sql, [], |row| row.get(0))).unwrap_or(-1)
}

fn until(what: &str, test: impl Fn() -> bool) {
    let began = Instant::now();
    while !test() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::yield_now();
    }
}

const ENDED: &str = "SELECT count(*) FROM abide_log WHERE message = 'succeeded'";

#[test]
fn builds_are_deployed_activated_and_listed() {
    let call = call();
    let missing = call.run(&["definitions", "--store", "s.db"]);
    assert_eq!(missing.code, 3);
    assert!(missing.err.contains("there is no store `s.db`\n  help: `abide deploy PROJECT --store s.db` makes one"));
    let out = fine(call.run(&["deploy", "first", "--store", "s.db"]));
    assert!(out.starts_with("deployed p 1.0.0 (") && out.contains("abide activate --store s.db"), "{out}");
    assert!(fine(call.run(&["deploy", "first", "--store", "s.db"])).starts_with("was there already: p 1.0.0 ("));
    let early = call.run(&["worker", "--store", "s.db"]);
    assert_eq!(early.code, 3);
    assert!(early.err.contains("has no active build yet\n  help: abide activate --store s.db"), "{}", early.err);
    assert!(fine(call.run(&["definitions", "--store", "s.db"])).starts_with("draft    "));
    assert!(fine(call.run(&["activate", "--store", "s.db"])).starts_with("activated "));
    // Looking at it needs nobody who has worked on it before.
    assert_eq!(
        fine(call.run(&["list", "--store", "s.db"])),
        "No instance is open; --all lists those that have ended.\n"
    );
    let other = call.run(&["deploy", "other.proc", "--store", "s.db"]);
    assert_eq!(other.code, 3);
    assert!(other.err.contains("its project is `p`, not `other`"), "{}", other.err);
    let out = fine(call.run(&["deploy", "second", "--store", "s.db", "--activate"]));
    assert!(out.starts_with("  adds Deal.rank\nactivated "), "{out}");
    let out = fine(call.run(&["definitions", "--store", "s.db"]));
    let words: Vec<&str> = out.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(words[..2], ["current", "earlier"]);
    assert!(out.contains("  active    background Pair\n") && out.contains("action     Double\n"), "{out}");
    let unknown = call.run(&["activate", "--store", "s.db", "--build", "zz"]);
    unknown.is(1, "", "error: no build begins with `zz`\n  help: `abide definitions --store s.db` lists them\n");
}

#[test]
fn what_loses_values_is_shown_and_done_if_it_is_meant() {
    let call = call();
    fine(call.run(&["deploy", "first", "--store", "s.db", "--activate"]));
    fine(call.run(&["start", "Pair", "--store", "s.db"]));
    let mut child = worker(&call);
    until("it runs", || count(&call.path("s.db"), ENDED) == 1);
    assert!(child.try_wait().unwrap().is_none());
    assert_eq!(end(child), Some(0));
    let asked = call.run(&["deploy", "third", "--store", "s.db", "--activate"]);
    let step = "! drops Deal.title, which 2 records have a value of\n";
    assert!(asked.out.contains(step) && asked.code == 1, "{}", asked.out);
    assert!(
        asked.err.starts_with("error[E0925]: nothing was done: 2 values or records would be lost\n"),
        "{}",
        asked.err
    );
    let dry = fine(call.run(&["activate", "--store", "s.db", "--dry-run", "--lose-data"]));
    assert!(dry.contains(step) && !dry.contains("activated"), "{dry}");
    assert_eq!(count(&call.path("s.db"), "SELECT count(title) FROM deal"), 2);
    let alone = call.run(&["deploy", "third", "--store", "s.db", "--lose-data"]);
    assert_eq!(alone.code, 2, "only with --activate: {}", alone.err);
    fine(call.run(&["deploy", "third", "--store", "s.db", "--activate", "--lose-data"]));
    assert_eq!(count(&call.path("s.db"), "SELECT count(title) FROM deal"), -1);
    assert_eq!(count(&call.path("s.db"), "SELECT count(*) FROM deal WHERE rank = 7"), 2);
    // What is gone is unknown.
    let found = fine(call.run(&["record", "find", "Deal", "--json", "--store", "s.db"]));
    assert!(found.contains("\"rank\": 7") && !found.contains("title"), "{found}");
    let asked = call.run(&["record", "find", "Deal", "title=a", "--store", "s.db"]);
    assert!(asked.code == 1 && asked.err.contains("E0915") && asked.err.contains("no field `title`"), "{}", asked.err);
}

#[test]
fn processes_are_started_and_actions_answer() {
    let call = call();
    fine(call.run(&["deploy", "first", "--store", "s.db", "--activate"]));
    let start = |args: &[&str]| call.run(&[&["start"], args, &["--store", "s.db"]].concat());
    start(&["Double", "n=21"]).is(0, "42\n", "");
    start(&["Double"]).is(1, "", "error: Double needs the input `n`\n  help: write n=VALUE\n");
    start(&["Double", "m=1"]).is(1, "", "error: Double has no input `m`\n  help: its inputs are: n\n");
    start(&["Duble"]).is(1, "", "error[R0505]: the build has no process `Duble`\n  help: did you mean `Double`?\n");
    assert_eq!(start(&["Double", "n=x"]).code, 1);
    assert!(fine(start(&["Say", "word=hello"])).starts_with("started Say #"));
    fine(call.run(&["deactivate", "Say", "--store", "s.db"]));
    fine(call.run(&["deactivate", "Say", "--store", "s.db"]));
    let refused = "error[R0505]: Say cannot be started because it is deactivated\n";
    start(&["Say", "word=no"]).is(1, "", refused);
    assert!(fine(call.run(&["definitions", "--store", "s.db"])).contains("  inactive  background Say\n"));
    assert_eq!(call.run(&["deactivate", "Nobody", "--store", "s.db"]).code, 1);
    call.run(&["activate", "Say", "--store", "s.db"]).is(0, "Say is active\n", "");
    fine(call.run(&["worker", "--until-idle", "--store", "s.db"]));
    assert_eq!(count(&call.path("s.db"), "SELECT count(*) FROM abide_log WHERE message = 'first hello'"), 1);
}

#[test]
fn two_workers_lose_and_double_nothing_though_one_is_killed_again_and_again() {
    let call = call();
    let store = call.path("s.db");
    fine(call.run(&["deploy", "first", "--store", "s.db", "--activate"]));
    let steady = worker(&call);
    let mut mortal = worker(&call);
    for round in 0..24 {
        fine(call.run(&["start", "Pair", "--store", "s.db"]));
        if round % 6 == 5 {
            mortal.kill().unwrap();
            mortal.wait().unwrap();
            mortal = worker(&call);
        }
    }
    until("all end", || count(&store, ENDED) == 24);
    // Both notice what a third program activates, and what it deactivates.
    fine(call.run(&["deploy", "second", "--store", "s.db", "--activate"]));
    fine(call.run(&["start", "Say", "word=hello", "--store", "s.db"]));
    until("the new code runs", || count(&store, "SELECT count(*) FROM abide_log WHERE message = 'second hello'") == 1);
    assert_eq!((end(steady), end(mortal)), (Some(0), Some(0)));
    for title in ["one", "two"] {
        assert_eq!(count(&store, &format!("SELECT count(*) FROM deal WHERE title = '{title}'")), 24);
    }
}

#[test]
fn what_is_due_while_no_worker_runs_happens_once() {
    let call = call();
    let store = call.path("s.db");
    fine(call.run(&["deploy", "first", "--store", "s.db", "--activate"]));
    fine(call.run(&["start", "Pair", "--store", "s.db"]));
    fine(call.run(&["worker", "--until-idle", "--store", "s.db"]));
    assert_eq!(count(&store, "SELECT count(*) FROM deal"), 1);
    let due = count(&store, "SELECT max(due) FROM abide_instance");
    let now = || {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        i64::try_from(since.as_micros()).unwrap()
    };
    until("it is due", || now() > due);
    for _ in 0..2 {
        fine(call.run(&["worker", "--until-idle", "--store", "s.db"]));
        assert_eq!(count(&store, "SELECT count(*) FROM deal"), 2);
    }
}

#[test]
fn an_activation_that_is_killed_has_happened_or_not() {
    let call = call();
    let store = call.path("s.db");
    fine(call.run(&["deploy", "first", "--store", "s.db", "--activate"]));
    fine(call.run(&["start", "Pair", "--store", "s.db"]));
    fine(call.run(&["worker", "--until-idle", "--store", "s.db"]));
    let connection = Connection::open(&store).unwrap();
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info('deal') WHERE name <> 'id'").unwrap();
    let columns: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let columns = columns.join(", ");
    drop(statement);
    let sql = format!(
        "INSERT INTO deal (id, {columns}) WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
         SELECT i, {columns} FROM n, (SELECT {columns} FROM deal LIMIT 1)"
    );
    connection.execute_batch(&sql).unwrap();
    drop(connection);
    fine(call.run(&["deploy", "second", "--store", "s.db"]));
    let (mut killed, mut calls) = (0, 20);
    loop {
        let mut child = Command::new(env!("CARGO_BIN_EXE_abide"))
            .args(["activate", "--store", "s.db"])
            .current_dir(call.path("."))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Later each time, until it comes to its end.
        let is_over = has_ended_before(&mut child, calls);
        calls += calls / 4;
        child.kill().unwrap();
        child.wait().unwrap();
        let is_new = fine(call.run(&["definitions", "--store", "s.db"])).contains("earlier");
        let ranks = count(&store, "SELECT count(*) FROM deal WHERE rank = 7");
        assert_eq!(ranks, if is_new { 8002 } else { -1 });
        if is_new {
            assert!(is_over || killed > 0);
            break;
        }
        killed += 1;
    }
    assert!(killed > 3, "{killed}");
    assert_eq!(count(&store, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

#[test]
fn an_instance_of_an_earlier_build_goes_on_elsewhere_with_that_build() {
    let later = FIRST
        .replace("entity Deal { title: text", "entity Branch { name: text }\nentity Deal { rank: int = 7 title: text");
    let call = call().file("later/p.proc", later).file("later/abide.toml", "name = \"p\"\nversion = \"4.0.0\"\n");
    fine(call.run(&["deploy", "first", "--store", "s.db", "--activate"]));
    let started = fine(call.run(&["start", "Pair", "--store", "s.db"]));
    let id = started.trim().rsplit_once('#').unwrap().1;
    fine(call.run(&["worker", "--until-idle", "--store", "s.db"]));
    fine(call.run(&["deploy", "later", "--store", "s.db", "--activate"]));
    fine(call.run(&["snapshot", id, "--store", "s.db", "-o", "x.snap"]));
    let out = fine(call.run(&["resume", "x.snap", "first", "--advance", "1 minute"]));
    assert!(out.contains("created   deal:") && out.contains("title \"two\""), "{out}");
    assert!(!out.contains("rank"), "{out}");
    let refused = call.run(&["resume", "x.snap", "later"]);
    assert_eq!(refused.code, 1);
    let told = "help: name the build that the instance began with, or the project as it was then";
    let is_clear = refused.err.starts_with("error[E0917]: `x.snap`: the snapshot is of another build: ");
    assert!(is_clear && refused.err.contains(told), "{}", refused.err);
}

#[test]
fn a_process_is_started_on_each_record_with_some_values() {
    let text = "entity Deal { title: text open: bool = true }
workflow Chase for deal: Deal when on demand only if deal.title != \"no\" { wait 1 day }\n";
    let call = Call::new().file("p.proc", text);
    fine(call.run(&["deploy", "p.proc", "--store", "s.db", "--activate"]));
    for fields in [["title=a", "open=true"], ["title=no", "open=true"], ["title=b", "open=false"]] {
        fine(call.run(&[&["record", "create", "Deal", "--store", "s.db"], &fields[..]].concat()));
    }
    let outcome = call.run(&["start", "Chase", "--each", "--where", "open=true", "--store", "s.db"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (1, "started Chase on 1 of 2 records\n"));
    assert!(outcome.err.contains("error[R0504]: deal:"), "{}", outcome.err);
    // It has come to its rest already: nothing is ready for a worker.
    assert_eq!(count(&call.path("s.db"), "SELECT count(*) FROM abide_instance WHERE status = 'waiting'"), 1);
    assert_eq!(count(&call.path("s.db"), "SELECT count(*) FROM abide_log WHERE kind = 'wait'"), 1);
}

#[test]
fn what_only_an_embedding_program_does_is_warned_of() {
    let text = "entity Deal { title: text }
activity Print(title: text) using native timeout 1 second
activity Unused(title: text) using native timeout 1 second
workflow Send for deal: Deal when created { do Print(deal.title) }
action Mk(t: text) { log t }\n";
    let call =
        Call::new().file("a/p.proc", text).file("b/p.proc", text.replace("t: text) { log t", "t: int) { log \"{t}\""));
    let call =
        ["a", "b"].into_iter().fold(call, |call, folder| call.file(&format!("{folder}/abide.toml"), "name = \"p\"\n"));
    let warning = "warning[R0510]: `abide worker` cannot do the activity `Print`, which is `using native`: processes that call \
                   it are parked\n  help: let a program work on the store that embeds Abide and registers `Print`\n";
    let outcome = call.run(&["deploy", "a", "--store", "s.db", "--json"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, warning));
    assert!(outcome.out.contains("\"native\": [\n    \"Print\"\n  ]"), "{}", outcome.out);
    let outcome = call.run(&["activate", "--store", "s.db"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, warning));
    // The same is told of a build that callers see otherwise.
    let out = fine(call.run(&["deploy", "b", "--store", "s.db"]));
    assert!(out.starts_with("deployed "), "{out}");
    let note = "the action Mk: its input t is int, and was text";
    let out = fine(call.run(&["activate", "--dry-run", "--store", "s.db"]));
    assert_eq!(out, format!("  note for callers from outside: {note}\n"));
    let out = fine(call.run(&["activate", "--json", "--store", "s.db"]));
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&json["notes"][0], &json["native"][0], &json["activated"]),
        (&note.into(), &"Print".into(), &true.into())
    );
    assert_eq!(json["without_value"], serde_json::json!([]));
}

#[test]
fn counts_have_their_words_and_folders_are_no_stores() {
    let text = |fields: &str| format!("entity Deal {{ title: text{fields} }}\naction Only() {{ log \"x\" }}\n");
    let call = Call::new().file("a/p.proc", text(" rank: int = 3")).file("b/p.proc", text(""));
    let call =
        ["a", "b"].into_iter().fold(call, |call, folder| call.file(&format!("{folder}/abide.toml"), "name = \"p\"\n"));
    let built = fine(call.run(&["build", "a", "-o", "x.procb"]));
    assert!(built.contains(" 1 process, 0 suspension points, "), "{built}");
    fine(call.run(&["deploy", "a", "--store", "s.db", "--activate"]));
    fine(call.run(&["record", "create", "Deal", "title=a", "--store", "s.db"]));
    let asked = call.run(&["deploy", "b", "--store", "s.db", "--activate"]);
    assert!(
        asked.err.starts_with("error[E0925]: nothing was done: 1 value or record would be lost\n"),
        "{}",
        asked.err
    );
    for args in [&["deploy", "a", "--store", "b"][..], &["worker", "--store", "b"], &["list", "--store", "b"]] {
        let outcome = call.run(args);
        assert_eq!(outcome.code, 3, "{args:?}");
        assert!(outcome.err.starts_with("error[E0920]: the file is no store: `b` is a folder\n"), "{}", outcome.err);
    }
    let outcome = call.run(&["run", "a", "--store", "b"]);
    assert!(outcome.code == 3 && outcome.err.contains("`b` is a folder"), "{}", outcome.err);
}
