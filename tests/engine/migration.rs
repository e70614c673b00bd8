//! From the tables of one build to those of the next: what is planned, and what is there afterwards.

use abide::{
    base::value::{EntityIdx, RecordRef, Value},
    engine::store::{Store, memory::MemoryStore, sqlite::SqliteStore},
};

use super::{
    deployment::{Moved, go_over, with_build},
    world::{World, text},
};

/// The records that are no user, by names.
fn records(w: &mut World) -> Vec<String> {
    let module = w.engine.module().clone();
    let mut found = Vec::new();
    for (index, entity) in (0u16..).map(EntityIdx).zip(&module.entities) {
        if !["Deal", "Company", "Remark", "Offer"].contains(&entity.name.as_str()) || entity.table.is_empty() {
            continue;
        }
        for id in w.engine.store().candidates(index, &[], 0, 1000).unwrap() {
            let row = w.engine.get(RecordRef { entity: index, id }).unwrap().unwrap();
            let fields = entity.fields.iter().zip(&row).filter(|(f, _)| f.system.is_none() && !f.column.is_empty());
            let mut fields: Vec<String> = fields.map(|(f, value)| format!("{}={value:?}", f.name)).collect();
            fields.sort();
            found.push(format!("{} {}", entity.name, fields.join(" ")));
        }
    }
    found
}

/// Goes from one build to another on both stores: the plan, and the records if it was carried out, are the same.
fn change(old: &str, fill: impl Fn(&mut World), new: &str, lossy: bool) -> (Vec<String>, Option<Vec<String>>) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(&folder.path().join("store.db")).unwrap();
    let mut answers = Vec::new();
    for store in [Box::new(MemoryStore::new()) as Box<dyn Store>, Box::new(sqlite)] {
        let mut w = with_build(store, old, &Moved::new());
        fill(&mut w);
        let before = records(&mut w);
        let (steps, done) = go_over(&mut w, new, lossy);
        let after = records(&mut w);
        if !done {
            assert_eq!(before, after, "nothing happens");
        }
        // It can be written to as before.
        let deal = w.entity("Deal");
        for id in w.engine.store().candidates(deal, &[], 0, 1000).unwrap() {
            w.update(RecordRef { entity: deal, id }, &[("title", text(&format!("title {id}")))]);
        }
        answers.push((steps, done.then_some(after)));
    }
    assert_eq!(answers[0], answers[1], "memory and SQLite");
    answers.remove(0)
}

fn one(w: &mut World) {
    w.create("Deal", &[("title", text("a"))]);
}

const PLAIN: &str = "entity Deal { title: text }";

fn lines(of: &[&str]) -> Vec<String> {
    of.iter().map(|line| (*line).to_owned()).collect()
}

#[track_caller]
fn carried_out(answer: (Vec<String>, Option<Vec<String>>), steps: &[&str], records: &[&str]) {
    assert_eq!(answer, (lines(steps), Some(lines(records))));
}

#[track_caller]
fn refused(answer: (Vec<String>, Option<Vec<String>>), steps: &[&str]) {
    assert_eq!(answer, (lines(steps), None));
}

#[test]
fn fields_come() {
    let new = "entity Deal { note: text? title: text rank: int = 3 tags: list of text }";
    carried_out(
        change(PLAIN, one, new, false),
        &["adds Deal.note", "adds Deal.rank", "adds Deal.tags"],
        &[r#"Deal note=None rank=Int(3) tags=List([]) title=Text("a")"#],
    );
    let new = "entity Deal { title: text rank: int }";
    let why = "adds Deal.rank [it is required and has no default, and 1 record would have no value of it]";
    refused(change(PLAIN, one, new, true), &[why]);
    carried_out(change(PLAIN, |_| {}, new, false), &["adds Deal.rank"], &[]);
}

#[test]
fn fields_go_if_that_is_meant() {
    let old = "entity Deal { title: text rank: int = 3 note: text? }";
    let steps = ["drops Deal.rank, which 1 record has a value of", "drops Deal.note, which 0 records have a value of"];
    refused(change(old, one, PLAIN, false), &steps);
    carried_out(change(old, one, PLAIN, true), &steps, &[r#"Deal title=Text("a")"#]);
}

#[test]
fn types_are_widened_and_values_become_required() {
    let old = "entity Deal { title: text n: int = 3 d: decimal(2) = 1.5 name: text? note: text? }";
    let new = "entity Deal { title: text n: decimal = 3 d: decimal(4) = 1.5 name: text = \"none\" note: text? }";
    let (steps, records) = change(old, one, new, false);
    assert_eq!(
        steps,
        [
            "changes the type of Deal.n",
            "changes the type of Deal.d",
            "makes Deal.name required: 1 record gets the default"
        ]
    );
    assert!(records.unwrap()[0].contains(r#"name=Text("none")"#));
    let new = "entity Deal { title: text n: int = 3 d: decimal(2) = 1.5 name: text? note: text }";
    refused(
        change(old, one, new, true),
        &["makes Deal.note required [1 record has no value of it, and it has no default]"],
    );
    let new = "entity Deal { title: text n: text? d: decimal(2) = 1.5 name: text? note: text? }";
    let steps = ["changes the type of Deal.n, and drops its values, which 1 record has now"];
    refused(change(old, one, new, false), &steps);
    let (_, records) = change(old, one, new, true);
    assert!(records.unwrap()[0].contains("n=None"));
}

#[test]
fn members_of_enums_get_other_numbers() {
    let old = "enum Color { red, green, blue }\nentity Deal { title: text color: Color = blue all: list of Color }";
    let fill = |w: &mut World| {
        let list = Value::List(vec![Value::Enum(0), Value::Enum(2)]);
        w.create("Deal", &[("title", text("a")), ("all", list)]);
    };
    let new = old.replace("green, ", "green, yellow, ");
    let (steps, records) = change(old, fill, &new, false);
    assert_eq!(steps, ["gives Deal.color the new numbers of Color", "gives Deal.all the new numbers of Color"]);
    assert_eq!(records.unwrap(), [r#"Deal all=List([Enum(0), Enum(3)]) color=Enum(3) title=Text("a")"#]);
    let new = old.replace("red, ", "");
    let (steps, records) = change(old, fill, &new, true);
    assert_eq!(records, None);
    assert!(steps.contains(&"takes red away from Color [1 record has this value in Deal.all]".to_owned()), "{steps:?}");
    let new = old.replace("green, ", "");
    assert!(change(old, fill, &new, false).1.is_some(), "nobody has it");
}

#[test]
fn old_lines_of_the_log_follow_the_names_of_members() {
    let old = "enum Color { red, green, blue }\nentity Deal { title: text color: Color = blue all: list of Color }";
    let new = old.replace("red, green", "white, red, green");
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(&folder.path().join("store.db")).unwrap();
    for store in [Box::new(MemoryStore::new()) as Box<dyn Store>, Box::new(sqlite)] {
        let mut w = with_build(store, old, &Moved::new());
        let deal = w.create("Deal", &[("title", text("a")), ("all", Value::List(vec![Value::Enum(0)]))]);
        w.update(deal, &[("color", Value::Enum(1))]);
        assert!(go_over(&mut w, &new, false).1);
        w.update(deal, &[("color", Value::Enum(0))]);
        let told = |field: &str, w: &mut World| -> Vec<Value> {
            let lines = w.engine.store().log_of(deal, 0, 100).unwrap();
            let changes = lines.into_iter().flat_map(|line| line.changes).filter(|change| change.field == field);
            changes.flat_map(|change| [change.old, change.new]).filter(|value| !value.is_none()).collect()
        };
        assert_eq!(told("color", &mut w), [3, 3, 2, 2, 0].map(Value::Enum), "blue, to green, to white");
        assert_eq!(told("all", &mut w), [Value::List(vec![Value::Enum(1)])]);
    }
}

#[test]
fn values_beyond_new_bounds_are_told_and_stay() {
    let old = "entity Deal { title: text n: int 0..9 }";
    let fill = |w: &mut World| {
        for n in [3, 7, 8] {
            w.create("Deal", &[("title", text("a")), ("n", Value::Int(n))]);
        }
    };
    let steps = ["narrows Deal.n: 2 records have a value beyond it, which stays until it is written"];
    let (told, records) = change(old, fill, &old.replace("0..9", "0..5"), false);
    assert_eq!((told, records.unwrap().len()), (lines(&steps), 3));
    assert_eq!(change(old, fill, &old.replace("0..9", "0..20"), false).0, [""; 0]);
}

#[test]
fn sets_of_members_keep_what_they_hold() {
    let old = "enum Color { red, green, blue }\nentity Deal { title: text all: set of Color }";
    let fill = |w: &mut World| {
        let set = Value::List(vec![Value::Enum(0), Value::Enum(2)]);
        w.create("Deal", &[("title", text("a")), ("all", set)]);
    };
    let more = old.replace("blue }", "blue, white }");
    carried_out(change(old, fill, &more, false), &[], &[r#"Deal all=List([Enum(0), Enum(2)]) title=Text("a")"#]);
    let turned = old.replace("red, green, blue", "blue, green, red");
    let steps = ["gives Deal.all the new numbers of Color"];
    carried_out(change(old, fill, &turned, false), &steps, &[r#"Deal all=List([Enum(0), Enum(2)]) title=Text("a")"#]);
    let fewer = old.replace("red, ", "");
    let away = "takes red away from Color [1 record has this value in Deal.all]";
    refused(change(old, fill, &fewer, true), &[away, steps[0]]);
}

#[test]
fn lists_become_sets_with_what_they_hold_once() {
    let old = "entity Deal { title: text tags: list of text }";
    let fill = |tags: &'static [&str]| {
        move |w: &mut World| {
            let list = Value::List(tags.iter().map(|tag| text(tag)).collect());
            w.create("Deal", &[("title", text("a")), ("tags", list)]);
        }
    };
    let new = old.replace("list of", "set of");
    let kept = [r#"Deal tags=List([Text("a"), Text("b")]) title=Text("a")"#];
    carried_out(change(old, fill(&["b", "a"]), &new, false), &["makes the lists of Deal.tags sets"], &kept);
    let (steps, records) = change(old, fill(&["b", "a", "b"]), &new, false);
    let told = "makes the lists of Deal.tags sets: 1 record has a value there more than once";
    assert_eq!((steps, records), (lines(&[told]), None));
    assert_eq!(change(old, fill(&["b", "a", "b"]), &new, true).1.unwrap(), kept);
}

#[test]
fn keys_become_unique_if_they_are() {
    let new = "entity Deal { title: text unique title }";
    carried_out(change(PLAIN, one, new, false), &["makes title of deal unique"], &[r#"Deal title=Text("a")"#]);
    let two = |w: &mut World| (one(w), one(w)).1;
    refused(change(PLAIN, two, new, true), &["makes title of deal unique [1 record has it from another record]"]);
    let steps = ["lets title of deal repeat"];
    carried_out(change(new, one, PLAIN, false), &steps, &[r#"Deal title=Text("a")"#]);
}

#[test]
fn all_that_cannot_be_done_is_told_at_once() {
    let old = "entity Deal { title: text note: text? }";
    let new = "entity Deal { title: text note: text rank: int unique title unique rank, title }";
    let fill = |w: &mut World| (one(w), one(w)).1;
    refused(
        change(old, fill, new, true),
        &[
            "makes Deal.note required [2 records have no value of it, and it has no default]",
            "adds Deal.rank [it is required and has no default, and 2 records would have no value of it]",
            "makes rank and title of deal unique",
            "makes title of deal unique [1 record has it from another record]",
        ],
    );
    // A column that is refused for one record is compared for the others.
    let old = "entity Deal { title: text code: text? }";
    let new = "entity Deal { title: text code: text unique code }";
    let fill = |w: &mut World| {
        for fields in [&[("title", text("a"))][..], &[("title", text("b")), ("code", text("x"))]] {
            w.create("Deal", fields);
            w.create("Deal", fields);
        }
    };
    refused(
        change(old, fill, new, true),
        &[
            "makes Deal.code required [2 records have no value of it, and it has no default]",
            "makes code of deal unique [1 record has it from another record]",
        ],
    );
}

#[test]
fn tables_come_go_and_exchange_their_names() {
    let old = r#"
entity Company { name: text }
entity Offer { name: text company: Company? }
entity Deal { title: text company: Company? }
entity Remark { about: (Company or Deal)? }
"#;
    let fill = |w: &mut World| {
        let company = w.create("Company", &[("name", text("Acme"))]);
        let deal = w.create("Deal", &[("title", text("a")), ("company", Value::Ref(company))]);
        w.create("Offer", &[("name", text("o")), ("company", Value::Ref(company))]);
        w.create("Remark", &[("about", Value::Ref(company))]);
        w.create("Remark", &[("about", Value::Ref(deal))]);
    };
    let new = "entity Deal { title: text }\nentity Remark { about: Deal? }\nentity Offer { name: text }";
    let (steps, records) = change(old, fill, new, true);
    assert!(steps.contains(&"drops the table company with 1 record".to_owned()), "{steps:?}");
    assert!(records.is_some());
    let new = r#"
entity Offer as "company" { name: text company: Company? }
entity Company as "offer" { name: text }
entity Deal { title: text company: Company? }
entity Remark { about: (Company or Deal)? }
"#;
    let (steps, records) = change(old, fill, new, false);
    assert_eq!(steps, ["renames the table company to offer", "renames the table offer to company"]);
    assert_eq!(records.unwrap().len(), 5);
}
