//! `abide list` and `abide log` on stores of many instances: chosen, in pieces, and the last lines.

use serde_json::Value as Json;

use super::{Call, fine};

const PROJECT: &str = r#"
entity Deal { title: text score: int = 0 unique title shown as "{title}" }
workflow Chase for deal: Deal when created { log "chases {deal.title}" wait until deal.score > 10 }
workflow Divide for deal: Deal when created { if deal.score == 0 { log "{10 div deal.score}" } }
workflow Never for deal: Deal when on demand only if deal.score > 100 { log "never" }
"#;

/// Deals 1 to `count`; the first two have no score, so that what divides by it is parked.
fn deployed(count: usize) -> Call {
    let rows: String = (1..=count).map(|n| format!("D{n},{}\n", if n > 2 { 5 } else { 0 })).collect();
    let call = Call::new().file("p.proc", PROJECT).file("deals.csv", format!("title,score\n{rows}"));
    fine(&call, &["deploy", "p.proc", "--activate", "--store", "s.db"]);
    fine(&call, &["record", "import", "Deal", "deals.csv", "--store", "s.db"]);
    fine(&call, &["worker", "--until-idle", "--store", "s.db"]);
    call
}

#[track_caller]
fn json(call: &Call, args: &[&str]) -> Json {
    let outcome = fine(call, &[args, &["--json", "--store", "s.db"]].concat());
    serde_json::from_str(&outcome.out).unwrap_or_else(|error| panic!("{args:?}: {error}: {outcome:?}"))
}

fn ids(listed: &Json) -> Vec<i64> {
    listed["instances"].as_array().unwrap().iter().map(|instance| instance["id"].as_i64().unwrap()).collect()
}

#[test]
fn instances_are_chosen_and_listed_in_pieces() {
    let call = deployed(300);
    let all = ids(&json(&call, &["list", "--all"]));
    assert_eq!(all.len(), 600);
    assert_eq!(ids(&json(&call, &["list"])).len(), 302);
    let parked = json(&call, &["list", "--status", "parked"]);
    assert_eq!((ids(&parked).len(), &parked["next"]), (2, &Json::Null));
    assert_eq!(ids(&json(&call, &["list", "--status", "succeeded"])).len(), 298);
    assert_eq!(ids(&json(&call, &["list", "--process", "Divide"])), ids(&parked));
    let deal = parked["instances"][0]["record"].as_str().unwrap();
    let of_deal = json(&call, &["list", "--record", deal]);
    assert_eq!(ids(&of_deal).len(), 2, "{of_deal:#}");
    assert_eq!(ids(&json(&call, &["list", "Chase", "--status", "parked"])), [0; 0]);
    let mut found = Vec::new();
    let mut after = "0".to_owned();
    loop {
        let some = json(&call, &["list", "--all", "--limit", "70", "--after", &after]);
        found.extend(ids(&some));
        match some["next"].as_i64() {
            Some(next) => after = next.to_string(),
            None => break,
        }
    }
    assert_eq!(found, all);
    let text = fine(&call, &["list", "--limit", "2", "--store", "s.db"]).out;
    let next = ids(&json(&call, &["list", "--limit", "2"]))[1];
    assert!(text.ends_with(&format!("\nThere are more: the same with --after {next}\n")), "{text}");
    call.run(&["list", "Chas", "--store", "s.db"]).is(
        1,
        "",
        "error[R0505]: the build has no process `Chas`\n  help: did you mean `Chase`?\n",
    );
    call.run(&["list", "--status", "queued", "--store", "s.db"]).is(0, "No instance is one of these.\n", "");
    assert_eq!(call.run(&["list", "--status", "stuck", "--store", "s.db"]).code, 2);
}

#[test]
fn lines_of_the_log_are_chosen_and_the_last_ones_are_found() {
    let call = deployed(300);
    // Many refused starts do not hide what is parked.
    assert_eq!(call.run(&["start", "Never", "--each", "--store", "s.db"]).code, 1);
    let lines = |args: &[&str]| json(&call, &[&["log"], args].concat())["log"].as_array().unwrap().clone();
    let all = lines(&[]);
    assert!(all.len() > 1_500, "{}", all.len());
    let of = |take: &dyn Fn(&Json) -> bool| all.iter().filter(|line| take(line)).cloned().collect::<Vec<_>>();
    let parked = lines(&["--kind", "park"]);
    assert_eq!((parked.len(), &parked), (2, &of(&|line| line["kind"] == "park")));
    assert_eq!(lines(&["--kind", "refuse"]).len(), 300);
    let some = lines(&["--kind", "park,note", "--process", "Chase"]);
    assert_eq!((some.len(), &some), (300, &of(&|line| line["kind"] == "note" && line["process"] == "Chase")));
    let deal = parked[0]["record"].as_str().unwrap();
    assert_eq!(lines(&["--record", deal]), of(&|line| line["record"] == deal));
    // The last ones, also of those that stand far back.
    assert_eq!(lines(&["--last", "3"]), all[all.len() - 3..]);
    assert_eq!(lines(&["--last", "1200"]), all[all.len() - 1_200..]);
    assert_eq!(lines(&["--last", "1", "--kind", "park"]), parked[1..]);
    assert_eq!(lines(&["--last", "99999"]), all);
    let id = parked[0]["instance"].to_string();
    let own = lines(&[&id]);
    assert_eq!(lines(&[&id, "--last", "1"]), own[own.len() - 1..]);
    let first = fine(&call, &["log", "--kind", "park", "--limit", "1", "--store", "s.db"]).out;
    let key = &parked[0]["key"];
    assert!(first.ends_with(&format!("\n  abide log --store s.db --kind park --after {key} --limit 1\n")), "{first}");
    assert_eq!(lines(&["--kind", "park", "--after", &key.to_string(), "--limit", "1"]), parked[1..]);
    call.run(&["log", "--kind", "emit", "--store", "s.db"]).is(0, "No lines in the log of `s.db` are of these.\n", "");
    assert_eq!(call.run(&["log", "--last", "3", "--after", "7", "--store", "s.db"]).code, 2);
    assert_eq!(call.run(&["log", "--process", "Chas", "--store", "s.db"]).code, 1);
}

#[test]
fn lines_that_are_no_longer_kept_are_passed_over() {
    let call = deployed(3);
    let before = json(&call, &["log"]);
    let last = before["last"].as_i64().unwrap();
    let connection = rusqlite::Connection::open(call.path("s.db")).unwrap();
    connection.execute("UPDATE abide_log SET key = key + 9000000 WHERE key = ?1", [last]).unwrap();
    drop(connection);
    let all = json(&call, &["log", "--last", "100"]);
    let keys: Vec<i64> = all["log"].as_array().unwrap().iter().map(|line| line["key"].as_i64().unwrap()).collect();
    let lines = before["log"].as_array().unwrap();
    let mut wanted: Vec<i64> = lines.iter().map(|line| line["key"].as_i64().unwrap()).collect();
    *wanted.last_mut().unwrap() += 9_000_000;
    assert_eq!(keys, wanted);
}
