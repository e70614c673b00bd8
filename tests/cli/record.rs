//! `abide record` and `abide backup` on a store of real processes.

use abide::engine::store::{Store, sqlite::SqliteStore};

use super::{Call, Outcome};

const PROJECT: &str = r#"
entity Account { name: text(40) unique name shown as "{name}" }
enum Kind { small, large }
entity Deal {
    title: text(20)
    value: money(EUR)?
    score: int = 3
    kind: Kind = small
    tags: list of text
    pin: text? private
    account: Account?
    unique title
    shown as "{title}"
}
realtime workflow NoTests for deal: Deal before created, updated(title) {
    if deal.title == "Test" { stop canceled "a test is no deal" }
}
realtime workflow Halves for deal: Deal before updated(score) { let half = 10 div deal.score if half > 20 { log "{half}" } }
workflow Grade for deal: Deal when created { if deal.score > 5 { update deal { kind: large } } }
"#;

fn call() -> Call {
    let call = Call::new().file("p.proc", PROJECT);
    let outcome = call.run(&["deploy", "p.proc", "--store", "s.db", "--activate"]);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    call
}

fn record(call: &Call, args: &[&str]) -> Outcome {
    let mut all = vec!["record"];
    all.extend(args);
    all.extend(["--store", "s.db"]);
    call.run(&all)
}

fn json(outcome: &Outcome) -> serde_json::Value {
    serde_json::from_str(&outcome.out).unwrap_or_else(|_| panic!("{outcome:?}"))
}

/// Creates the first record of a test.
fn first(call: &Call) -> String {
    let outcome = record(call, &["create", "Account", "name=Acme"]);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    outcome.out.trim().strip_prefix("created ").unwrap().to_owned()
}

#[test]
fn a_record_lives_and_its_history_says_who_did_what() {
    let call = call();
    let account = first(&call);
    let user = json(&record(&call, &["create", "User", "name=Ann", "--json"]))["record"].as_str().unwrap().to_owned();
    let fields = ["title=Turbines", "value=80.50 EUR", "score=7", "pin=1234", r#"tags=["a", "b"]"#];
    let own = format!("account={account}");
    let outcome = record(&call, &[&["create", "deal"][..], &fields, &[own.as_str(), "--as", &user]].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    let deal = outcome.out.trim().strip_prefix("created ").unwrap().to_owned();
    assert_eq!(call.run(&["worker", "--store", "s.db", "--until-idle"]).code, 0);
    record(&call, &["update", &deal, "title=Rotors", "pin=9999", "value=none"]).is(0, &format!("updated {deal}\n"), "");

    let got = record(&call, &["get", &deal]).out;
    for line in ["  title       \"Rotors\"", "  value       none", "  kind        Large", "  pin         (private)"] {
        assert!(got.contains(line), "{line} in {got}");
    }
    assert!(got.contains(&format!("{account} \"Acme\"")), "{got}");
    let object = json(&record(&call, &["get", &deal, "--json"]));
    assert_eq!(object["fields"]["tags"], serde_json::json!(["a", "b"]));
    assert_eq!((&object["fields"]["kind"], &object["fields"]["account"]), (&"large".into(), &account.as_str().into()));
    assert_eq!((&object["private"][0], &object["fields"]["pin"]), (&"pin".into(), &serde_json::Value::Null));

    let history = record(&call, &["history", &deal]).out;
    for words in ["(Ann)", "Grade #", "kind Small → Large", "title \"Turbines\" → \"Rotors\"", "pin (private)"] {
        assert!(history.contains(words), "{words} in {history}");
    }
    for secret in ["1234", "9999"] {
        assert!(!(got.clone() + &history + &object.to_string()).contains(secret));
    }
    record(&call, &["delete", &deal]).is(0, &format!("deleted {deal}\n"), "");
    let gone = format!("error[R0401]: {deal} does not exist, or no longer\n");
    record(&call, &["get", &deal]).is(1, "", &gone);
    assert!(record(&call, &["history", &deal]).out.contains("deleted"));
}

#[test]
fn what_is_refused_is_told_and_all_mistakes_at_once() {
    let call = call();
    first(&call);
    let vetoed = record(&call, &["create", "Deal", "title=Test"]);
    assert_eq!((vetoed.code, vetoed.out.as_str()), (1, ""));
    assert!(vetoed.err.contains("error[R0501]: refused by NoTests: a test is no deal"), "{}", vetoed.err);
    let wrong = record(&call, &["create", "Deal", "titel=a", "score=many", "kind=huge", "id=4"]);
    assert_eq!(wrong.code, 1);
    for words in ["did you mean `title`?", "`many` is not a whole number", "`huge`"] {
        assert!(wrong.err.contains(words), "{words} in {}", wrong.err);
    }
    assert!(record(&call, &["create", "Dael", "title=a"]).err.contains("did you mean `Deal`?"));
    assert_eq!(record(&call, &["get", "deal"]).code, 2);
    assert_eq!(record(&call, &["create", "Deal", "title=a", "--as", "user:999"]).code, 1);
    record(&call, &["find", "Deal"]).is(0, "No records.\n", "");
}

#[test]
fn a_fault_of_a_process_is_told_with_its_place() {
    let call = call();
    let deal = record(&call, &["create", "Deal", "title=Turbines"]).out.trim().replace("created ", "");
    let told = "error[R0102]: division by zero\n  at p.proc:18, in Halves\n";
    record(&call, &["update", &deal, "score=0"]).is(1, "", told);
}

#[test]
fn records_are_found_by_values_that_are_not_private() {
    let call = call();
    for title in ["a", "b", "c"] {
        let score = if title == "b" { "score=9" } else { "score=1" };
        assert_eq!(record(&call, &["create", "Deal", &format!("title={title}"), score, "pin=77"]).code, 0);
    }
    let found = record(&call, &["find", "Deal", "score=1"]);
    assert_eq!(found.out.lines().map(|line| line.split('"').nth(1).unwrap()).collect::<Vec<_>>(), ["a", "c"]);
    let page = json(&record(&call, &["find", "Deal", "value=none", "--limit", "2", "--json"]));
    assert_eq!(page["records"].as_array().unwrap().len(), 2);
    let next = page["next"].as_i64().unwrap().to_string();
    let rest = json(&record(&call, &["find", "Deal", "value=none", "--after", &next, "--json"]));
    assert_eq!((rest["records"][0]["name"].as_str(), &rest["next"]), (Some("c"), &serde_json::Value::Null));
    let hidden = record(&call, &["find", "Deal", "pin=77"]);
    assert_eq!((hidden.code, hidden.out.as_str()), (1, ""));
}

#[test]
fn an_import_goes_on_behind_rows_that_are_refused() {
    let rows: String = (0..700).map(|n| format!("Deal {n};{};\"x\"\n", if n == 450 { "many" } else { "5" })).collect();
    let call = call().file("deals.csv", format!("Name;score;Old\n{rows}Deal 1;1;y\nTest;2;z\nshort\n"));
    let args = ["import", "Deal", "deals.csv", "--map", "Name=title"];
    let outcome = record(&call, &args);
    assert_eq!((outcome.code, outcome.out.as_str()), (1, ""));
    assert!(outcome.err.contains("has no field `Old`"), "{}", outcome.err);
    let outcome = record(&call, &[&args[..], &["--map", "Old="]].concat());
    assert_eq!((outcome.code, outcome.out.as_str()), (1, "created 699 of Deal\n"), "{}", outcome.err);
    let refused = call.read("deals.refused.csv");
    let lines: Vec<&str> = refused.lines().collect();
    assert_eq!(lines.first(), Some(&"$reason,Name,score,Old"));
    assert_eq!(lines.len(), 5, "{refused}");
    for (line, words) in lines.iter().skip(1).zip(["many", "Deal 1,1,y", "a test is no deal", "it has 1 cells"]) {
        assert!(line.contains(words), "{words} in {line}");
    }
    // Mended, they are imported with the reasons in them.
    let call = call.file("more.csv", "Name,score,$reason\nDeal 450,5,because\n");
    let outcome = record(&call, &["import", "Deal", "more.csv", "--map", "Name=title", "--json"]);
    assert_eq!(json(&outcome)["created"], 1, "{}", outcome.err);
    // What is refused again has one reason.
    let outcome = record(&call, &[&args[..2], &["deals.refused.csv", "--map", "Name=title", "--map", "Old="]].concat());
    assert_eq!(outcome.code, 1);
    let again = call.read("deals.refused.refused.csv");
    assert_eq!(again.lines().map(|line| line.split(',').count()).collect::<Vec<_>>()[..2], [4, 4], "{again}");
    // Of two columns for one field neither is passed over.
    let call = call.file("twice.csv", "title,title,Name\na,b,\n,,c\n");
    let outcome = record(&call, &["import", "Deal", "twice.csv", "--map", "Name=title"]);
    let told = "row 1: it says more than once what `title` is\nrow 2: it says more than once what `title` is\n";
    assert!(outcome.code == 1 && outcome.out == "created 0 of Deal\n" && outcome.err.starts_with(told), "{outcome:?}");
}

#[test]
fn json_is_imported_as_lines_and_as_a_list() {
    let lines = "{\"title\": \"a\", \"value\": \"5 EUR\"}\n\nno json\n[1]\n{\"title\": \"b\", \"colour\": \"red\"}\n";
    let list = "[{\"title\": \"c\",\n \"tags\": [\"x\"]},\n {\"title\": \"d\", \"score\": \"x\"}, {\"title\": \"e\"}";
    let call = call().file("l.jsonl", lines).file("list.json", format!("{list}]")).file("cut.json", list);
    let outcome = record(&call, &["import", "Deal", "l.jsonl"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (1, "created 1 of Deal\n"), "{}", outcome.err);
    let refused = call.read("l.refused.jsonl");
    assert!(refused.contains("\"$text\":\"no json\"") && refused.contains("it is no object"), "{refused}");
    assert!(refused.contains("\"title\": \"b\", \"colour\": \"red\"}"), "{refused}");
    let outcome = record(&call, &["import", "Deal", "list.json", "--refused", "r.jsonl"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (1, "created 2 of Deal\n"), "{}", outcome.err);
    let refused: serde_json::Value = serde_json::from_str(call.read("r.jsonl").trim()).unwrap();
    assert_eq!(refused["title"], "d");
    assert_eq!(record(&call, &["import", "Deal", "r.jsonl", "--refused", "r2.jsonl"]).code, 1);
    assert_eq!(call.read("r2.jsonl").matches("$reason").count(), 1);
    // What stands before the place that is no JSON is in the store, unless it is there already.
    let outcome = record(&call, &["import", "Deal", "cut.json", "--refused", "cut.jsonl"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("error[E0912]") && outcome.err.contains("--skip 3"), "{}", outcome.err);
    // It is not imported twice, unless that is meant; then the file of the refused is not overwritten.
    let outcome = record(&call, &["import", "Deal", "l.jsonl"]);
    assert!(outcome.code == 1 && outcome.err.contains("has been imported already: 1 row became"), "{}", outcome.err);
    assert_eq!(record(&call, &["import", "Deal", "l.jsonl", "--skip", "0"]).code, 3);
}

#[test]
fn a_backup_is_a_whole_store_and_takes_no_place_of_one_in_use() {
    let call = call();
    assert_eq!(record(&call, &["create", "Deal", "title=a", "score=9"]).code, 0);
    // Somebody works on it.
    let mut open = SqliteStore::open(&call.path("s.db")).unwrap();
    open.begin().unwrap();
    open.set_meta("not committed", "").unwrap();
    let outcome = call.run(&["backup", "--store", "s.db", "-o", "b.db"]);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert_eq!(call.run(&["backup", "--store", "s.db", "-o", "s.db"]).code, 3);
    drop(open);
    assert_eq!(call.run(&["backup", "--store", "s.db", "-o", "b.db"]).code, 0, "it is replaced");
    let names: Vec<_> = std::fs::read_dir(call.path(".")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().ends_with(".tmp")), "{names:?}");
    // The copy goes on by itself.
    assert_eq!(call.run(&["worker", "--store", "b.db", "--until-idle"]).code, 0);
    let found = call.run(&["record", "find", "Deal", "kind=large", "--store", "b.db"]);
    assert!(found.out.contains("\"a\""), "{found:?}");
    record(&call, &["find", "Deal", "kind=large"]).is(0, "No records.\n", "");
    assert_eq!(call.run(&["backup", "--store", "none.db", "-o", "x.db"]).code, 3);
}

#[test]
fn none_is_no_value_in_all_types() {
    let call = call();
    let told = |outcome: &Outcome| outcome.err.contains("`none` is not a value, and this one is not optional");
    let refused = record(&call, &["create", "Deal", "title=none"]);
    assert!(
        refused.code == 1 && told(&refused) && refused.err.contains(r#"`"none"`, with its quotes"#),
        "{}",
        refused.err
    );
    assert_eq!(record(&call, &["create", "Deal", "title=a", "score=none"]).code, 1);
    let made = record(&call, &["create", "Deal", r#"title="none""#, "value=none", r#"pin="none""#]);
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(record(&call, &["find", "Deal", r#"title="none""#]).out.contains("none"));
}

#[test]
fn a_new_record_begins_where_all_begin() {
    let text =
        "entity Deal { title: text states { open, won, paid  open -> won  won -> paid } shown as \"{title}\" }\n";
    let call = Call::new().file("p.proc", text).file("deals.json", r#"[{"title": "b", "state": "paid"}]"#);
    assert_eq!(call.run(&["deploy", "p.proc", "--store", "s.db", "--activate"]).code, 0);
    let told = "error[R0303]: a new `Deal` is open\n  help: create it, then `abide record update` it; `abide record import` \
                takes any state\n";
    record(&call, &["create", "Deal", "title=a", "state=paid"]).is(1, "", told);
    assert_eq!(record(&call, &["create", "Deal", "title=a", "state=open"]).code, 0);
    assert_eq!(record(&call, &["import", "Deal", "deals.json"]).code, 0);
    assert!(record(&call, &["find", "Deal", "state=paid"]).out.contains("\"b\""));
}

#[test]
fn passing_over_more_rows_than_there_are_is_told() {
    let call = call().file("a.json", r#"[{"title": "a"}, {"title": "b"}]"#).file("a.csv", "title\na\n");
    let told = |file: &str, rows: &str| {
        let expected = format!("error: `--skip 5`: the file has {rows}\n");
        record(&call, &["import", "Deal", file, "--skip", "5"]).is(1, "", &expected);
    };
    told("a.json", "2 rows");
    told("a.csv", "1 row");
    record(&call, &["import", "Deal", "a.json", "--skip", "2"]).is(0, "created 0 of Deal\n", "");
    record(&call, &["import", "Deal", "a.json", "--skip", "1"]).is(0, "created 1 of Deal\n", "");
}

const QUOTES: &str = r#"
entity Quote { title: text(20), discount: decimal(2) = 0.0, reason: text(50)?, price: money(EUR)? }
rule Discounts for q: Quote on load, change, save {
    require q.reason "Explain a discount over 20 %" when q.discount > 20%
    refuse q.discount "A discount cannot be negative" when q.discount < 0%
    lock q.price when q.discount > 50%
}
rule Titles for q: Quote on save { if length(q.title) < 3 { refuse q.title "A title has three letters" } }
"#;

#[test]
fn rules_refuse_rows_of_an_import_with_all_their_messages() {
    let rows = "title,discount\nGears,0.1\nAB,-0.1\nWheels,0.3\n";
    let call = Call::new().file("q.proc", QUOTES).file("rows.csv", rows);
    assert_eq!(call.run(&["deploy", "q.proc", "--store", "s.db", "--activate"]).code, 0);
    let outcome = record(&call, &["import", "Quote", "rows.csv"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let refused = call.read("rows.refused.csv");
    assert!(refused.contains("A discount cannot be negative; Titles: A title has three letters"), "{refused}");
    assert!(refused.contains("refused by Discounts: Explain a discount over 20 %"), "{refused}");
    assert_eq!(record(&call, &["find", "Quote"]).out.lines().count(), 1);
}

#[test]
fn a_form_shows_what_the_rules_say() {
    let call = Call::new().file("q.proc", QUOTES);
    assert_eq!(call.run(&["deploy", "q.proc", "--store", "s.db", "--activate"]).code, 0);
    let outcome = call.run(&["form", "Quote", "title=Gears", "discount=0.6", "--store", "s.db"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    insta::assert_snapshot!(outcome.out);
    let outcome = call.run(&["form", "Quote", "discount=-0.5", "--store", "s.db", "--json"]);
    let form = json(&outcome);
    let field = form["fields"].as_array().unwrap().iter().find(|field| field["name"] == "discount").unwrap();
    assert_eq!(field["messages"][0]["text"], "A discount cannot be negative");
    assert_eq!(field["messages"][0]["rule"], "Discounts");
    assert_eq!(record(&call, &["find", "Quote"]).out, "No records.\n");
    assert_eq!(call.run(&["form", "Quote:7", "--store", "s.db"]).code, 1);
}
