//! Operating instances of a real store, each command by hand as a user would.

use serde_json::Value as Json;

use super::{Call, fine};

const PROJECT: &str = r#"
config large: int = 5
signal Approved { level: int, by: text = "nobody" }
entity Deal { title: text score: int = 0 unique title shown as "{title}" }
action Make(title: text, score: int = 0) { create Deal { title: title, score: score } }
action Score(score: int) for deal: Deal { update deal { score: score } }
workflow Chase for deal: Deal when created {
    wait {
        until deal.score > 10 => log "much",
        on Approved as a => log "approved {a.level} by {a.by}",
        after 30 days => log "late",
    }
    log "over"
    on cancel { log "cancelled {deal.title}" }
}
workflow Divide for deal: Deal when on demand { log "{10 div deal.score}" }
workflow Parent for deal: Deal when on demand { do Child(deal) on cancel { log "parent unwinds" } }
workflow Child for deal: Deal when called { wait on Approved on cancel { log "child unwinds" } }
"#;

/// A store with deals 1 to `count`, whose chases wait.
fn deployed(count: usize) -> Call {
    let call = Call::new().file("p.proc", PROJECT);
    fine(&call, &["deploy", "p.proc", "--activate", "--store", "s.db"]);
    for n in 0..count {
        fine(&call, &["start", "Make", &format!("title=D{n}"), "--store", "s.db"]);
    }
    work(&call);
    call
}

fn work(call: &Call) {
    fine(call, &["worker", "--until-idle", "--store", "s.db"]);
}

#[track_caller]
fn json(call: &Call, args: &[&str]) -> Json {
    let outcome = call.run(args);
    serde_json::from_str(&outcome.out).unwrap_or_else(|error| panic!("{args:?}: {error}: {outcome:?}"))
}

/// Number, status and record of each instance.
fn instances(call: &Call, process: &str) -> Vec<(i64, String, String)> {
    let listed = json(call, &["list", process, "--all", "--json", "--store", "s.db"]);
    let one = |i: &Json| {
        (i["id"].as_i64().unwrap(), i["status"].as_str().unwrap().to_owned(), i["record"].as_str().unwrap().to_owned())
    };
    listed["instances"].as_array().unwrap().iter().map(one).collect()
}

fn only(call: &Call, process: &str) -> (String, String) {
    let found = instances(call, process);
    assert_eq!(found.len(), 1, "{found:?}");
    (found[0].0.to_string(), found[0].2.clone())
}

fn status(call: &Call, process: &str) -> String {
    instances(call, process).last().unwrap().1.clone()
}

fn log(call: &Call, id: &str) -> String {
    fine(call, &["log", id, "--store", "s.db"]).out
}

#[test]
fn what_happens_while_it_is_paused_is_not_lost() {
    let call = deployed(1);
    let (id, deal) = only(&call, "Chase");
    let told = format!("paused Chase #{id}\n");
    call.run(&["pause", &id, "--store", "s.db"]).is(0, &told, "");
    fine(&call, &["start", "Score", &deal, "score=11", "--store", "s.db"]);
    work(&call);
    assert_eq!(status(&call, "Chase"), "paused");
    assert!(!log(&call, &id).contains("much"));
    call.run(&["pause", &id, "--store", "s.db"]).is(
        1,
        "",
        &format!(
            "error[R0507]: instance {id} is paused and cannot be paused\n  help: `abide resume {id} --store s.db` lets \
             it go on\n"
        ),
    );
    call.run(&["resume", &id, "--store", "s.db"]).is(0, &format!("resumed Chase #{id}\n"), "");
    work(&call);
    assert_eq!(status(&call, "Chase"), "succeeded");
    let log = log(&call, &id);
    let at = |what: &str| log.find(what).unwrap_or_else(|| panic!("{what}: {log}"));
    assert!(at("paused by an operator") < at("resumed by an operator") && at("resumed") < at("much"), "{log}");
    let outcome = call.run(&["cancel", &id, "--store", "s.db"]);
    let told = format!(
        "error[R0507]: instance {id} is succeeded and cannot be canceled\n  help: it has ended; `abide show {id} --store \
         s.db` tells how\n"
    );
    outcome.is(1, "", &told);
}

#[test]
fn a_signal_reaches_a_paused_one_and_is_read_when_it_goes_on() {
    let call = deployed(2);
    let (first, _, deal) = instances(&call, "Chase")[0].clone();
    fine(&call, &["pause", &first.to_string(), "--store", "s.db"]);
    call.run(&["signal", "Approved", &deal, "level=7", "by=Ann", "--store", "s.db"]).is(
        0,
        &format!("sent Approved to {deal}\n  got by Chase #{first}\n"),
        "",
    );
    work(&call);
    assert_eq!(instances(&call, "Chase")[0].1, "paused");
    fine(&call, &["resume", &first.to_string(), "--store", "s.db"]);
    work(&call);
    assert!(log(&call, &first.to_string()).contains("approved 7 by Ann"));
    assert_eq!(instances(&call, "Chase")[1].1, "waiting");
    let sent = json(&call, &["signal", "Approved", &deal, "level=1", "--json", "--store", "s.db"]);
    assert_eq!((sent["record"].as_str(), sent["instances"].as_array().unwrap().len()), (Some(deal.as_str()), 0));
    let outcome = fine(&call, &["signal", "Approved", &deal, "level=1", "--store", "s.db"]);
    assert_eq!(outcome.out, format!("sent Approved to {deal}\n  nobody receives it\n"));
}

#[test]
fn a_wrong_signal_says_what_would_be_right() {
    let call = deployed(1);
    for (args, code, told) in [
        (&["Aproved"][..], 1, "error: the build has no signal `Aproved`\n  help: did you mean `Approved`?\n"),
        (&["Approved"], 1, "error: Approved needs the field `level`\n  help: write level=VALUE\n"),
        (&["Approved", "lvel=1"], 1, "error: Approved has no field `lvel`\n  help: its fields are: level, by\n"),
        (&["Approved", "deal"], 2, "error: `deal`: there is no `:`\n  help: write a record as opportunity:42\n"),
        (&["Approved", "deal:99", "level=1"], 1, "error[R0401]: deal:99 does not exist, or no longer\n"),
    ] {
        let args = [&["signal", "--store", "s.db"], args].concat();
        call.run(&args).is(code, "", told);
    }
}

#[test]
fn a_parked_one_says_why_and_is_retried_or_given_up() {
    let call = deployed(2);
    let deals: Vec<String> = instances(&call, "Chase").into_iter().map(|(_, _, deal)| deal).collect();
    for deal in &deals {
        fine(&call, &["start", "Divide", deal, "--store", "s.db"]);
    }
    work(&call);
    let ids: Vec<String> = instances(&call, "Divide").iter().map(|(id, ..)| id.to_string()).collect();
    let why = fine(&call, &["why", &ids[0], "--store", "s.db"]).out;
    for part in [
        &format!("Divide #{} on {} \"D0\" is parked since ", ids[0], deals[0]),
        "  at        p.proc:16\n",
        "            deal = ",
        &format!("  abide retry {} --store s.db", ids[0]),
        &format!("  abide fail {} --store s.db", ids[0]),
        "  abide explain R0",
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
    call.run(&["resume", &ids[0], "--store", "s.db"]).is(
        1,
        "",
        &format!(
            "error[R0507]: instance {0} is parked and cannot be resumed\n  help: `abide retry {0} --store s.db` lets it \
             go on\n",
            ids[0]
        ),
    );
    fine(&call, &["start", "Score", &deals[0], "score=5", "--store", "s.db"]);
    call.run(&["retry", &ids[0], "--store", "s.db"]).is(0, &format!("retried Divide #{}\n", ids[0]), "");
    work(&call);
    call.run(&["fail", &ids[1], "--store", "s.db"]).is(0, &format!("given up Divide #{}\n", ids[1]), "");
    let ends: Vec<String> = instances(&call, "Divide").into_iter().map(|(_, status, _)| status).collect();
    assert_eq!(ends, ["succeeded", "failed"]);
    assert!(log(&call, &ids[1]).contains("given up by an operator"));
    let why = fine(&call, &["why", &ids[1], "--store", "s.db"]).out;
    assert!(why.contains("has failed"), "{why}");
}

#[test]
fn why_tells_what_would_wake_it() {
    let call = deployed(1);
    let (id, deal) = only(&call, "Chase");
    let why = fine(&call, &["why", &id, "--store", "s.db"]).out;
    for part in [
        &format!("Chase #{id} on {deal} \"D0\" waits since "),
        "  rests at  p.proc:11\n",
        "until deal.score > 10, or on Approved, or after 30 days (",
        &format!("  woken by  score of {deal}\n"),
        "  woken by  the signal Approved\n",
        &format!("  abide signal Approved {deal} --store s.db"),
        &format!("  abide cancel {id} --store s.db"),
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
    let why = json(&call, &["why", &id, "--json", "--store", "s.db"]);
    assert_eq!((why["place"].as_str(), why["next"].as_array().unwrap().len()), (Some("p.proc:11"), 2));
    call.run(&["why", "99", "--store", "s.db"]).is(
        1,
        "",
        "error[R0402]: there is no instance 99, or no longer\n  help: `abide list --store s.db` names them\n",
    );
}

#[test]
fn postponed_wakes_by_the_clock() {
    let call = deployed(1);
    let (id, deal) = only(&call, "Chase");
    for bad in ["soon", "0 hours", "-1 days"] {
        let option = format!("--for={bad}");
        let told = format!("error: `--for {bad}` is not a duration such as \"2 hours\"\n");
        call.run(&["postpone", &id, &option, "--store", "s.db"]).is(2, "", &told);
    }
    fine(&call, &["postpone", &id, "--for", "2 hours", "--store", "s.db"]);
    fine(&call, &["start", "Score", &deal, "score=11", "--store", "s.db"]);
    work(&call);
    assert_eq!(status(&call, "Chase"), "postponed");
    let why = fine(&call, &["why", &id, "--store", "s.db"]).out;
    assert!(why.contains("is postponed since") && why.contains("  until     "), "{why}");
    // The clock is the machine's: a second is soon over.
    fine(&call, &["postpone", &id, "--for", "1 second", "--store", "s.db"]);
    let connection = rusqlite::Connection::open(call.path("s.db")).unwrap();
    connection.execute("UPDATE abide_instance SET due = 1 WHERE status = 'postponed'", []).unwrap();
    work(&call);
    assert_eq!(status(&call, "Chase"), "succeeded");
}

#[test]
fn cancel_unwinds_and_terminate_does_not() {
    let call = deployed(1);
    let (id, deal) = only(&call, "Chase");
    let told = |id: &str, process: &str| format!("canceling {process} #{id}: it unwinds in its next turn\n");
    let cancel = |id: &str, more: &[&str]| fine(&call, &[&["cancel", id], more, &["--store", "s.db"]].concat()).out;
    assert_eq!(cancel(&id, &["--reason", "enough"]), told(&id, "Chase"));
    assert_eq!(status(&call, "Chase"), "ready");
    work(&call);
    let log_of = log(&call, &id);
    assert!(log_of.contains("cancelled D0") && log_of.contains("canceled by an operator"), "{log_of}");
    fine(&call, &["start", "Parent", &deal, "--store", "s.db"]);
    fine(&call, &["start", "Parent", &deal, "--store", "s.db"]);
    work(&call);
    let parents: Vec<String> = instances(&call, "Parent").iter().map(|(id, ..)| id.to_string()).collect();
    let why = fine(&call, &["why", &parents[0], "--store", "s.db"]).out;
    assert!(why.contains("  child     Child #") && why.contains(" is waiting\n"), "{why}");
    fine(&call, &["terminate", &parents[0], "--store", "s.db"]);
    assert_eq!(cancel(&parents[1], &[]), told(&parents[1], "Parent"));
    work(&call);
    for process in ["Parent", "Child"] {
        let ends: Vec<String> = instances(&call, process).into_iter().map(|(_, status, _)| status).collect();
        assert_eq!(ends, ["canceled", "canceled"], "{process}");
    }
    let all = fine(&call, &["log", "--store", "s.db"]).out;
    assert_eq!((all.matches("parent unwinds").count(), all.matches("child unwinds").count()), (1, 1), "{all}");
    assert!(log(&call, &parents[0]).contains("canceled: terminated by an operator"));
    for score in ["score=1", "score=2"] {
        fine(&call, &["start", "Make", &format!("title={score}"), score, "--store", "s.db"]);
    }
    work(&call);
    fine(&call, &["start", "Divide", &deal, "--store", "s.db"]);
    // That one has not begun, so that there is nothing to unwind.
    let both = "canceling 2 instances: they unwind in their next turns\ncanceled 1 instance\n";
    call.run(&["cancel", "--all", "--yes", "--store", "s.db"]).is(0, both, "");
}

#[test]
fn a_filter_counts_first() {
    let call = deployed(3);
    let all = ["pause", "--process", "Chase", "--store", "s.db"];
    let told = "nothing was done; the same with --yes does it\n";
    call.run(&all).is(1, "3 instances would be paused\n", told);
    let would = json(&call, &[&all[..], &["--json"]].concat());
    assert_eq!((would["done"].as_array().unwrap().len(), would["would_touch"].as_array().unwrap().len()), (0, 3));
    let deal = instances(&call, "Chase")[1].2.clone();
    call.run(&["pause", "--record", &deal, "--yes", "--store", "s.db"]).is(0, "paused 1 instance\n", "");
    call.run(&[&all[..], &["--yes"]].concat()).is(0, "paused 2 instances\n", "");
    let done = json(&call, &["resume", "--all", "--status", "paused", "--yes", "--json", "--store", "s.db"]);
    assert_eq!(done["done"].as_array().unwrap().len(), 3);
    assert!(instances(&call, "Chase").iter().all(|(_, status, _)| status == "ready"));
    call.run(&["retry", "--all", "--store", "s.db"]).is(1, "0 instances would be retried\n", "");
}

#[test]
fn one_that_cannot_does_not_hold_up_the_others() {
    let call = deployed(2);
    let ids: Vec<String> = instances(&call, "Chase").iter().map(|(id, ..)| id.to_string()).collect();
    let outcome = call.run(&["pause", &ids[0], "99", &ids[1], "--store", "s.db"]);
    let told = format!("paused Chase #{}\npaused Chase #{}\n", ids[0], ids[1]);
    let wrong = "error[R0402]: there is no instance 99, or no longer\n  help: `abide list --store s.db` names them\n";
    outcome.is(1, &told, wrong);
    let answer = json(&call, &["retry", &ids[0], "--json", "--store", "s.db"]);
    assert_eq!(answer["refused"][0]["code"].as_str(), Some("R0507"));
}

#[test]
fn a_wrong_choice_is_usage() {
    let call = deployed(1);
    let named = "`abide pause 42 --store FILE`, or a filter: --process, --status, --record, --all";
    for (args, code, told) in [
        (&["pause"][..], 2, format!("error: no instance is named\n  help: {named}\n")),
        (
            &["pause", "3", "--all"],
            2,
            "error: instances are named by number or by a filter, not both\n  help: leave one out\n".to_owned(),
        ),
        (
            &["retry", "--status", "waiting"],
            2,
            "error: instances that are waiting cannot be retried\n  help: those that are parked can\n".to_owned(),
        ),
        (
            &["pause", "--process", "Chas"],
            1,
            "error[R0505]: the build has no process `Chas`\n  help: did you mean `Chase`?\n".to_owned(),
        ),
        (
            &["pause", "--record", "deal"],
            2,
            "error: `--record deal` is no record\n  help: write one as opportunity:42\n".to_owned(),
        ),
    ] {
        let args = [args, &["--store", "s.db"]].concat();
        call.run(&args).is(code, "", &told);
    }
    call.run(&["pause", "3", "--store", "gone.db"]).is(
        3,
        "",
        "error[E0918]: there is no store `gone.db`\n  help: `abide deploy PROJECT --store gone.db` makes one\n",
    );
}

#[test]
fn an_empty_file_is_no_store() {
    let call = Call::new().file("s.db", "");
    for args in [&["list"][..], &["doctor"]] {
        let outcome = call.run(&[args, &["--store", "s.db"]].concat());
        assert_eq!((outcome.code, outcome.out.as_str()), (3, ""), "{args:?}");
        let told = "error[E0920]: the file is no store: `s.db` is empty\n";
        assert!(outcome.err.starts_with(told), "{args:?}: {}", outcome.err);
    }
}

#[test]
fn the_store_of_a_simulation_is_not_operated() {
    let data = r#"{ "version": 1, "now": "2026-01-05T09:00Z", "records": { "Deal": [{ "title": "A" }] } }"#;
    let call = Call::new().file("p.proc", PROJECT).file("p.json", data);
    fine(&call, &["run", "p.proc", "--data", "p.json", "--store", "k.db"]);
    for args in [&["pause", "3"][..], &["retry", "--all"], &["signal", "Approved", "level=1"]] {
        let outcome = call.run(&[args, &["--store", "k.db"]].concat());
        assert_eq!(outcome.code, 3);
        assert!(outcome.err.starts_with("error[E0920]: the store `k.db` is that of a simulation\n"), "{}", outcome.err);
    }
    fine(&call, &["doctor", "--store", "k.db"]);
    let listed = json(&call, &["list", "--json", "--store", "k.db"]);
    let id = listed["instances"][0]["id"].to_string();
    let why = fine(&call, &["why", &id, "--store", "k.db"]).out;
    assert!(why.contains("abide run PROJECT --store k.db --until \"2026-02-04T"), "{why}");
}

#[test]
fn resume_has_two_meanings_and_one_error_for_a_mixture() {
    let call = deployed(1);
    let (id, _) = only(&call, "Chase");
    fine(&call, &["snapshot", &id, "--store", "s.db", "-o", "x.snap"]);
    fine(&call, &["resume", "x.snap", "p.proc"]);
    let mixed = "error: a snapshot goes on by itself, without --store; paused instances of a store take their numbers or \
                 a filter\n  help: `abide resume x.snap BUILD` for a snapshot, `abide resume 42 --store FILE` for a paused \
                 instance\n";
    call.run(&["resume", "x.snap", "p.proc", "--store", "s.db"]).is(2, "", mixed);
    call.run(&["resume", &id, "--store", "s.db", "--advance", "3 days"]).is(2, "", mixed);
    let told = "error: a paused instance is in a store, and none is named\n  help: abide resume 42 --store FILE\n";
    call.run(&["resume", "42"]).is(2, "", told);
    let told = "error: the build of `x.snap` is missing\n  help: abide resume x.snap BUILD\n";
    call.run(&["resume", "x.snap"]).is(2, "", told);
}

#[test]
fn the_log_goes_on_where_it_stopped() {
    let call = deployed(2);
    let all = json(&call, &["log", "--json", "--store", "s.db"]);
    let lines = all["log"].as_array().unwrap().clone();
    let mut found: Vec<Json> = Vec::new();
    let mut after = "0".to_owned();
    loop {
        let part = json(&call, &["log", "--json", "--limit", "3", "--after", &after, "--store", "s.db"]);
        let some = part["log"].as_array().unwrap();
        if some.is_empty() {
            break;
        }
        assert!(some.len() <= 3);
        found.extend(some.iter().cloned());
        after = part["last"].to_string();
    }
    assert!(lines.len() > 5 && found == lines, "{lines:?}\n{found:?}");
    let first = fine(&call, &["log", "--limit", "1", "--store", "s.db"]).out;
    assert!(first.contains("\nNext:\n  abide log --store s.db --after 1 --limit 1\n"), "{first}");
    let unknown = call.run(&["log", "99", "--store", "s.db"]);
    assert!(unknown.code == 1 && unknown.err.starts_with("error[R0402]: "), "{unknown:?}");
}

#[test]
fn the_doctor_finds_what_is_wrong() {
    let call = deployed(2);
    let sound = "`s.db` is sound, and every suspended instance can be woken.\n";
    call.run(&["doctor", "--store", "s.db"]).is(0, sound, "");
    let ids: Vec<i64> = instances(&call, "Chase").iter().map(|(id, ..)| *id).collect();
    let connection = rusqlite::Connection::open(call.path("s.db")).unwrap();
    let asleep = "UPDATE abide_instance SET due = NULL WHERE id = ?1";
    connection.execute(asleep, [ids[0]]).unwrap();
    connection.execute("UPDATE abide_instance SET watches = NULL WHERE id = ?1", [ids[0]]).unwrap();
    connection.execute("DELETE FROM abide_subscription WHERE instance = ?1", [ids[0]]).unwrap();
    connection.execute("INSERT INTO abide_build (number, hash) VALUES (99, 'gone')", []).unwrap();
    connection.execute("UPDATE abide_instance SET build = 99 WHERE id = ?1", [ids[1]]).unwrap();
    drop(connection);
    let told = format!(
        "the build gone is missing: instances that have not ended need it (1, the first is {})\nChase #{} is suspended, \
         and nothing can wake it\n",
        ids[1], ids[0]
    );
    let outcome = call.run(&["doctor", "--store", "s.db"]);
    assert_eq!((outcome.code, outcome.out), (1, told));
    let wrong = json(&call, &["doctor", "--json", "--store", "s.db"]);
    assert_eq!(wrong["wrong"].as_array().unwrap().len(), 2);
}

#[test]
fn settings_lists_all_limits_and_those_of_the_store() {
    let call = deployed(0);
    let listed = json(&call, &["settings", "--json"]);
    let limits = listed["limits"].as_array().unwrap();
    let fuel = limits.iter().find(|limit| limit["name"] == "TURN_FUEL").unwrap();
    assert_eq!(fuel["value"].as_u64(), Some(5_000_000));
    assert!(fuel["reason"].as_str().unwrap().starts_with("Fuel of one turn: "), "{fuel}");
    assert!(limits.iter().all(|limit| limit["reason"].as_str().unwrap().ends_with('.')), "{limits:?}");
    let text = fine(&call, &["settings", "--store", "s.db"]).out;
    assert!(text.starts_with("config.large = 5  (as the project says)\n"), "{text}");
    assert!(text.contains("  SNAPSHOT_BYTES_MAX                   1 MiB  One snapshot of an instance"), "{text}");
}

#[test]
fn why_gives_each_arm_its_own_moment_after_a_date_was_moved() {
    let project = r#"
entity Deal { title: text due: datetime? shown as "{title}" }
workflow Remind for deal: Deal when created {
    try {
        wait { until deal.due => log "due", after 30 days => log "late", after 40 days => log "very late" }
    } catch e { log "never" }
}
"#;
    let call = Call::new().file("p.proc", project);
    fine(&call, &["deploy", "p.proc", "--activate", "--store", "s.db"]);
    fine(&call, &["record", "create", "Deal", "title=a", "due=2031-05-06T07:08[UTC]", "--store", "s.db"]);
    work(&call);
    let (id, deal) = only(&call, "Remind");
    let waits = || {
        let why = fine(&call, &["why", &id, "--store", "s.db"]).out;
        why.lines().find_map(|line| line.strip_prefix("  waits     ")).unwrap_or_else(|| panic!("{why}")).to_owned()
    };
    let after = waits().split_once(", or after 30 days (").unwrap().1.to_owned();
    assert_eq!(waits(), format!("until deal.due (2031-05-06 07:08), or after 30 days ({after}"));
    fine(&call, &["record", "update", &deal, "due=2029-01-02T03:04[UTC]", "--store", "s.db"]);
    work(&call);
    assert_eq!(waits(), format!("until deal.due (2029-01-02 03:04), or after 30 days ({after}"));
    assert!(!after.contains("2029") && !after.contains("2031"), "{after}");
    fine(&call, &["record", "update", &deal, "due=none", "--store", "s.db"]);
    work(&call);
    assert!(waits().starts_with("until deal.due, or after 30 days, or after 40 days; by the clock 20"), "{}", waits());
    // One that holds already is told as it is; looking at it does nothing.
    let lines = log(&call, &id);
    fine(&call, &["record", "update", &deal, "due=2020-01-02T03:04[UTC]", "--store", "s.db"]);
    assert!(fine(&call, &["why", &id, "--store", "s.db"]).out.contains(" is ready to run"));
    assert_eq!(log(&call, &id), lines);
}
