//! What processes ask people: `inbox`, `answer`, `dialog`.

use serde_json::Value as Json;

use super::{Call, fine};

const PROJECT: &str = r#"
enum Verdict { granted "Granted", refused "Refused" }
entity Product { name: text(100) shown as "{name}" }
entity Request {
    title: text(100)
    boss: User
    amount: money(EUR)?
    verdict: Verdict?
    product: Product?
    shown as "{title}"
}
workflow Approve for request: Request when created {
    let answer = ask request.boss "Grant {request.title}?" { verdict: Verdict, limit: money(EUR)? } due 2 days
    update request { verdict: answer.verdict, amount: answer.limit }
}
dialog Choose(hint: text?) for request: Request {
    page "Product" {
        say "Hint: {hint ?? "none"}"
        ask product: Product "Which product?" from find p in Product order by p.name
        ask sure: bool "Sure?"
    }
    if not sure {
        page "Doubt" { ask reason: text(10) "Why not?" }
        stop canceled "Not sure: {reason}"
    }
    page "Amount" { ask amount: int "How much?" default 5 }
    update request { product: product, amount: amount * 1 EUR }
    page "Done" { say "Thank you." }
}
"#;

fn deployed() -> Call {
    let call = Call::new().file("p.proc", PROJECT);
    fine(&call, &["deploy", "p.proc", "--activate", "--store", "s.db"]);
    for name in ["Ann", "Bo"] {
        fine(&call, &["record", "create", "User", &format!("name={name}"), "--store", "s.db"]);
    }
    fine(&call, &["record", "create", "Product", "name=Chair", "--store", "s.db"]);
    fine(&call, &["record", "create", "Request", "title=Seats", "boss=user:2", "--store", "s.db"]);
    fine(&call, &["worker", "--until-idle", "--store", "s.db"]);
    call
}

#[track_caller]
fn json(call: &Call, args: &[&str]) -> Json {
    serde_json::from_str(&fine(call, args).out).unwrap()
}

fn field(call: &Call, record: &str, name: &str) -> String {
    let found = json(call, &["record", "get", record, "--json", "--store", "s.db"]);
    found["fields"][name].to_string()
}

/// The only form of an inbox.
fn form(call: &Call, user: &str) -> Json {
    let listed = json(call, &["inbox", user, "--json", "--store", "s.db"]);
    let forms = listed["forms"].as_array().unwrap().clone();
    assert_eq!(forms.len(), 1, "{forms:?}");
    forms[0].clone()
}

#[test]
fn a_form_stands_in_an_inbox_until_it_is_answered() {
    let call = deployed();
    let asked = form(&call, "user:2");
    assert_eq!((asked["title"].as_str(), asked["owner_name"].as_str()), (Some("Grant Seats?"), Some("Ann")));
    assert_eq!(asked["questions"][0]["choices"][1]["label"], "Refused");
    let id = asked["form"].as_str().unwrap();
    call.run(&["inbox", "user:3", "--store", "s.db"]).is(0, "Nothing is asked of this user.\n", "");
    let told = fine(&call, &["inbox", "--store", "s.db"]).out;
    for words in
        ["Grant Seats?", "for Ann, from Approve #", "due ", "verdict: Granted, Refused", "money(EUR) (optional)"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }

    let refused = call.run(&["answer", id, "verdit=granted", "limit=much", "--store", "s.db"]);
    assert_eq!(refused.code, 1);
    for words in
        ["R0517", "`verdit` is not asked for (did you mean `verdict`?)", "`verdict` needs", "an amount such as"]
    {
        assert!(refused.err.contains(words), "{words}: {refused:?}");
    }
    let other = call.run(&["answer", id, "verdict=granted", "--as", "user:3", "--store", "s.db"]);
    assert!(other.code == 1 && other.err.contains("is for Ann"), "{other:?}");
    let nobody = call.run(&["answer", id, "--store", "s.db"]);
    assert!(nobody.code == 2 && nobody.err.contains("this is no terminal"), "{nobody:?}");

    let told = format!("answered {id}\n");
    call.run(&["answer", id, "verdict=Granted", "limit=90", "--as", "user:2", "--store", "s.db"]).is(0, &told, "");
    fine(&call, &["worker", "--until-idle", "--store", "s.db"]);
    let request = asked["regarding"].as_str().unwrap();
    assert_eq!(field(&call, request, "verdict"), "\"granted\"");
    assert_eq!(field(&call, request, "amount"), "\"90 EUR\"");
    let again = call.run(&["answer", id, "verdict=granted", "--store", "s.db"]);
    assert!(again.code == 1 && again.err.contains("is answered and takes no answers"), "{again:?}");
    fine(&call, &["doctor", "--store", "s.db"]);
}

#[test]
fn a_form_goes_with_its_owner_and_says_why_its_process_waits() {
    let call = deployed();
    let asked = form(&call, "user:2");
    let (id, instance) = (asked["form"].as_str().unwrap(), asked["instance"].to_string());
    fine(&call, &["record", "update", id, "owner=user:3", "--store", "s.db"]);
    assert_eq!(form(&call, "user:3")["form"].as_str(), Some(id));
    let why = fine(&call, &["why", &instance, "--store", "s.db"]).out;
    assert!(why.contains("for the answer to") && why.contains(&format!("abide answer {id} ")), "{why}");
    fine(&call, &["doctor", "--store", "s.db"]);
    fine(&call, &["cancel", &instance, "--store", "s.db"]);
    fine(&call, &["worker", "--until-idle", "--store", "s.db"]);
    assert!(call.run(&["inbox", "--store", "s.db"]).out.contains("Nothing is asked of anybody"));
}

#[test]
fn a_dialog_follows_a_file_of_answers() {
    let call = deployed()
        .file("half.json", r#"[{"product": "Chair", "sure": false}, "back", {"sure": true}]"#)
        .file("rest.json", r#"[{"amount": 7}, {}]"#)
        .file("wrong.json", r#"[{"product": "Stool", "sure": true}]"#)
        .file("cancel.json", r#"["cancel"]"#);
    let request = form(&call, "user:2")["regarding"].as_str().unwrap().to_owned();
    let start =
        |file: &str| call.run(&["dialog", "Choose", &request, "hint=wood", "--answers", file, "--store", "s.db"]);
    let half = start("half.json");
    assert_eq!(half.code, 0, "{half:?}");
    assert!(
        half.out.contains("Choose is incomplete (choose_session:") && half.out.contains("shows \"Amount\""),
        "{half:?}"
    );
    let session = half.out.split_once('(').unwrap().1.split_once(')').unwrap().0.to_owned();
    fine(&call, &["doctor", "--store", "s.db"]);
    let resumed = json(&call, &["dialog", "--resume", &session, "--answers", "rest.json", "--json", "--store", "s.db"]);
    assert_eq!(resumed["state"], "complete");
    assert_eq!(resumed["answers"][0]["label"], "Chair");
    assert_eq!(resumed["answers"][2]["answer"], 7);
    assert_eq!(field(&call, &request, "amount"), "\"7 EUR\"");
    let over = call.run(&["dialog", "--resume", &session, "--answers", "rest.json", "--store", "s.db"]);
    assert!(over.code == 1 && over.err.contains("R0519"), "{over:?}");

    let wrong = start("wrong.json");
    assert!(wrong.code == 1 && wrong.err.contains("there is no `Product` \"Stool\""), "{wrong:?}");
    let canceled = start("cancel.json");
    assert!(canceled.code == 0 && canceled.out.contains("Choose is canceled"), "{canceled:?}");
    let unknown = call.run(&["dialog", "Chose", &request, "--answers", "rest.json", "--store", "s.db"]);
    assert!(unknown.code == 1 && unknown.err.contains("did you mean `Choose`?"), "{unknown:?}");
    fine(&call, &["doctor", "--store", "s.db"]);
}
