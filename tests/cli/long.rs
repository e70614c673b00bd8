//! Long commands that are cut short by a signal: nothing is lost, and nothing is done twice by the next call.

use std::{
    io::Read,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Call, Outcome};

const PROJECT: &str = r#"
entity Account { name: text(40) unique name }
entity Place { name: text(40) shown as "{name}" }
entity Deal { title: text(20) score: int = 3 account: Account? place: Place? }
workflow Review for deal: Deal when on demand { wait until deal.score > 10 }
"#;

/// Rows of the file; each tenth is refused.
const ROWS: usize = 3_000;

fn deployed() -> Call {
    let rows: String = (0..ROWS).map(|n| format!("D{n},{}\n", if n % 10 == 9 { "many" } else { "5" })).collect();
    let call = Call::new().file("p.proc", PROJECT).file("deals.csv", format!("title,score\n{rows}"));
    let outcome = call.run(&["deploy", "p.proc", "--store", "s.db", "--activate"]);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    call
}

fn count(call: &Call, table: &str) -> usize {
    let connection = rusqlite::Connection::open(call.path("s.db")).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    let count: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
    count.try_into().unwrap()
}

/// Begins a command, sends a signal once rows are in a table, and waits for its end. A kill has no exit code.
fn interrupted(call: &Call, args: &[&str], signal: &str, table: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_abide"))
        .args(args)
        .current_dir(call.path("."))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while count(call, table) == 0 && began.elapsed() < Duration::from_secs(20) {
        thread::yield_now();
    }
    let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let code = child.wait().unwrap().code();
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.unwrap().read_to_string(&mut out).unwrap();
    child.stderr.unwrap().read_to_string(&mut err).unwrap();
    (code, out, err)
}

fn import(call: &Call, more: &[&str]) -> Outcome {
    call.run(&[&["record", "import", "Deal", "deals.csv", "--store", "s.db"][..], more].concat())
}

#[cfg(unix)]
#[test]
fn an_import_that_was_cut_short_goes_on_without_doubles() {
    for signal in ["INT", "TERM", "KILL"] {
        let call = deployed();
        let args = ["record", "import", "Deal", "deals.csv", "--store", "s.db"];
        let (code, out, err) = interrupted(&call, &args, signal, "deal");
        let created = count(&call, "deal");
        assert!(created > 0 && created < ROWS * 9 / 10, "{created}: {err}");
        let rows = created * 10 / 9;
        if signal == "KILL" {
            assert_eq!(code, None);
        } else {
            assert_eq!((code, out), (Some(3), format!("created {created} of Deal\n")), "{err}");
            assert!(
                err.contains("stopped before the last row\n") && err.contains(&format!("`--skip {rows}`")),
                "{err}"
            );
        }
        if signal == "INT" {
            // As a batch leaves it that is killed between its refused rows and its commit: one is there, one in part.
            let refused = call.read("deals.refused.csv");
            let last = refused.lines().last().unwrap();
            let line = |row: usize| last.replace(&format!("D{}", rows - 1), &format!("D{row}"));
            let ahead = format!("{refused}{}\n{}", line(rows + 9), &line(rows + 19)[..5]);
            assert!(ahead.contains(&format!("D{},", rows + 9)), "{last}");
            std::fs::write(call.path("deals.refused.csv"), ahead).unwrap();
        }
        let rest = import(&call, &[]);
        assert_eq!(rest.code, 1, "{}", rest.err);
        assert!(rest.err.starts_with(&format!("goes on behind {rows} rows, done before\n")), "{}", rest.err);
        let told = format!("refused {} of {ROWS} rows: what was refused stands in `deals.refused.csv`\n", ROWS / 10);
        assert!(rest.err.ends_with(&told), "{}", rest.err);
        assert_eq!(count(&call, "deal"), ROWS * 9 / 10);
        assert_eq!(count(&call, "(SELECT DISTINCT title FROM deal)"), ROWS * 9 / 10);
        assert_eq!(call.read("deals.refused.csv").lines().count(), ROWS / 10 + 1);
        // All of it again is what nobody wants.
        std::fs::remove_file(call.path("deals.refused.csv")).unwrap();
        let again = import(&call, &[]);
        assert!(again.code == 1 && again.err.contains("has been imported already: 2700 rows became"), "{again:?}");
        assert_eq!(count(&call, "deal"), ROWS * 9 / 10);
    }
}

#[test]
fn a_file_that_was_changed_after_a_part_of_it_was_imported_is_not_begun_again() {
    let call = deployed();
    let list = "[{\"title\": \"a\"}, {\"title\": \"b\"}, ";
    let call = call.file("l.json", list);
    let args = ["record", "import", "Deal", "l.json", "--store", "s.db"];
    let cut = call.run(&args);
    assert!(
        cut.code == 1
            && cut.err.contains("  help: 2 rows done so far: the same call goes on behind, as does `--skip 2`"),
        "{cut:?}"
    );
    let call = call.file("l.json", format!("{list}{{\"title\": \"c\"}}]"));
    call.run(&args).is(
        1,
        "",
        "error: an import of `l.json` ended after 2 rows, and the file has been changed since\n  help: `--skip 2` goes on \
         behind, `--skip 0` imports all rows\n",
    );
    call.run(&[&args[..], &["--skip", "2"]].concat()).is(0, "created 1 of Deal\n", "");
    assert_eq!(count(&call, "deal"), 3);
    // Asked for, all are imported again.
    call.run(&[&args[..], &["--skip", "0"]].concat()).is(0, "created 3 of Deal\n", "");
}

#[cfg(unix)]
#[test]
fn starts_that_were_cut_short_are_not_done_twice() {
    let args = ["start", "Review", "--each", "--store", "s.db"];
    for signal in ["INT", "KILL"] {
        let call = deployed();
        assert_eq!(import(&call, &[]).code, 1);
        let (code, out, err) = interrupted(&call, &args, signal, "abide_instance");
        let started = count(&call, "abide_instance");
        assert!(started == 1_000 || started == 2_000, "{started}: {err}");
        if signal == "INT" {
            assert_eq!((code, out), (Some(3), format!("started Review on {started} of {started} records\n")), "{err}");
            assert!(err.starts_with("stopped before the last record\n"), "{err}");
        }
        let again = call.run(&args);
        assert!(again.code == 1 && again.out.is_empty(), "{again:?}");
        let after = again.err.split('`').nth(1).unwrap().strip_prefix("--after ").unwrap();
        assert_eq!(count(&call, "abide_instance"), started);
        let rest = call.run(&[&args[..], &["--after", after]].concat());
        let left = ROWS * 9 / 10 - started;
        rest.is(0, &format!("started Review on {left} of {left} records\n"), "");
        assert_eq!(count(&call, "(SELECT DISTINCT primary_id FROM abide_instance)"), ROWS * 9 / 10);
        // It was done to its end, so it may be done again.
        assert_eq!(call.run(&[&args[..], &["--where", "title=D0"]].concat()).code, 0);
    }
}

#[cfg(unix)]
#[test]
fn what_is_done_to_many_instances_ends_between_two_transactions() {
    let call = deployed();
    assert_eq!(import(&call, &[]).code, 1);
    assert_eq!(call.run(&["start", "Review", "--each", "--store", "s.db"]).code, 0);
    let all = ROWS * 9 / 10;
    let paused = "(SELECT 1 FROM abide_log WHERE message = 'paused by an operator')";
    let args = ["pause", "--all", "--yes", "--store", "s.db"];
    let (code, out, err) = interrupted(&call, &args, "INT", paused);
    let done = count(&call, paused);
    assert!(done >= 100 && done < all && done.is_multiple_of(100), "{done}: {err}");
    let told = format!(
        "stopped before the last instance: {} instances left\n  help: the same call goes on with them\n",
        all - done
    );
    assert_eq!((code, out, err), (Some(3), format!("paused {done} instances\n"), told));
    call.run(&args).is(0, &format!("paused {} instances\n", all - done), "");
    assert_eq!(count(&call, paused), all);
}

#[test]
fn references_are_given_by_key_and_by_shown_name() {
    let call = deployed();
    let call = call.file("a.jsonl", "{\"name\": \"Müller & Söhne\"}\n{\"name\": \"account:9\"}\n");
    let call = call.file("p.jsonl", "{\"name\": \"Ulm\"}\n{\"name\": \"Rom\"}\n{\"name\": \"Rom\"}\n");
    let record = |args: &[&str]| call.run(&[&["record"], args, &["--store", "s.db"]].concat());
    assert_eq!(record(&["import", "Account", "a.jsonl"]).code, 0);
    assert_eq!(record(&["import", "Place", "p.jsonl"]).code, 0);
    let made = record(&["create", "Deal", "title=x", "account=Müller & Söhne", "place=Ulm"]);
    assert_eq!(made.code, 0, "{}", made.err);
    for (word, told) in [
        ("place=Rom", "`place`: more than one record of `Place` has the unique key or the shown name `Rom`"),
        ("account=$ann", "`account`: no record of `Account` has the unique key or the shown name `$ann`"),
    ] {
        let wrong = record(&["create", "Deal", "title=y", word]);
        assert!(wrong.code == 1 && wrong.err.starts_with(&format!("error[E0915]: {told}\n")), "{wrong:?}");
    }
    let found = record(&["find", "Deal", "account=Müller & Söhne"]);
    assert!(found.out.contains("deal:"), "{found:?}");
    let rows = "title,account,place\na,Müller & Söhne,Ulm\nb,Meier,\nc,none,Rom\nd,,\n";
    let call = call.file("d.csv", rows);
    let done = call.run(&["record", "import", "Deal", "d.csv", "--store", "s.db"]);
    assert_eq!((done.code, done.out.as_str()), (1, "created 2 of Deal\n"), "{}", done.err);
    assert!(done.err.contains("row 2: account: no record of `Account` has"), "{}", done.err);
    assert!(done.err.contains("row 3: place: more than one record of `Place` has"), "{}", done.err);
}

#[test]
fn a_file_that_holds_no_rows_says_why() {
    let utf_16: Vec<u8> = "title\nä\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xFF, 0xFE][..], &utf_16].concat();
    let call =
        deployed().file("empty.csv", "").file("blank.jsonl", " \n\n").file("w.csv", utf_16).file("m.csv", marked);
    for (file, told) in [
        ("empty.csv", "it is empty"),
        ("blank.jsonl", "it is empty"),
        ("w.csv", "it is UTF-16, and not UTF-8"),
        ("m.csv", "it is UTF-16, and not UTF-8"),
    ] {
        let told = format!("error[E0912]: `{file}` has no rows that can be read: {told}\n");
        call.run(&["record", "import", "Deal", file, "--store", "s.db"]).is(1, "", &told);
    }
    // A mark at the beginning of UTF-8 is no part of the first name.
    let call = call.file("bom.csv", "\u{feff}title;score\nx;4\n").file("q.csv", "title,score\na,1\n\"b,2\nc,3\nd,4\n");
    call.run(&["record", "import", "Deal", "bom.csv", "--store", "s.db"]).is(0, "created 1 of Deal\n", "");
    let open = call.run(&["record", "import", "Deal", "q.csv", "--store", "s.db"]);
    assert_eq!((open.code, open.out.as_str()), (1, "created 1 of Deal\n"));
    let told = "error[E0912]: `q.csv` cannot be read on: the row that begins in line 3 has a quote that is not closed, so \
                that it holds the rest of the file\n";
    assert!(open.err.starts_with(told), "{}", open.err);
    // One that is closed by a later one is only likely; what follows is read.
    let call = call.file("r.csv", "title,score\na,1\n\"b,2\nc\",3,4\nd,4\n");
    let wide = call.run(&["record", "import", "Deal", "r.csv", "--store", "s.db"]);
    assert!(wide.err.contains("row 2: it has 3 cells, not 2, on 2 lines: is a quote not closed?\n"), "{}", wide.err);
    assert_eq!(wide.out, "created 2 of Deal\n");
}
