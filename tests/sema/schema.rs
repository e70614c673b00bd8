//! What declarations become: numbers, system fields, and which changes of status are allowed.

use abide::sema::schema::{Entity, Phase, Schema, TriggerEvent};

use super::check_text;

fn schema(text: &str) -> Schema {
    let mut front = check_text("schema.proc", text);
    assert!(!front.has_errors(), "{}", super::rendered(&front));
    front.projects.remove(0).checked.program.schema
}

fn entity<'s>(schema: &'s Schema, name: &str) -> &'s Entity {
    schema.entities.iter().find(|entity| entity.name == name).unwrap()
}

/// `open.a>won.b` for each allowed change, by the names of the statuses.
fn changes(schema: &Schema, name: &str) -> Vec<String> {
    let states = entity(schema, name).states.as_ref().unwrap();
    let members = &schema.enums[usize::from(states.status.0)].members;
    let shown = |value: i32| members.iter().find(|member| member.value == value).unwrap().name.clone();
    states.changes.iter().map(|(from, to)| format!("{}>{}", shown(*from), shown(*to))).collect()
}

#[test]
fn without_arrows_every_change_is_allowed() {
    let schema = schema("entity E { title: text\n states { a: x, y  b } }");
    assert_eq!(changes(&schema, "E"), ["x>y", "x>b", "y>x", "y>b", "b>x", "b>y"]);
}

#[test]
fn arrows_of_a_state_restrict_it_and_leave_its_statuses_free() {
    let schema = schema("entity E { title: text\n states { a: x, y  b  c  a -> b } }");
    assert_eq!(changes(&schema, "E"), ["x>y", "x>b", "y>x", "y>b", "b>x", "b>y", "b>c", "c>x", "c>y", "c>b"]);
}

#[test]
fn arrows_of_a_status_restrict_that_status() {
    let schema = schema("entity E { title: text\n states { a: x, y, z  b  a.x -> a.y  a -> b } }");
    assert_eq!(changes(&schema, "E"), ["x>y", "x>b", "y>x", "y>z", "y>b", "z>x", "z>y", "z>b", "b>x", "b>y", "b>z"]);
    let schema = self::schema("entity E { title: text\n states { a: x, y  b: p, q  a.x -> b.q } }");
    assert_eq!(changes(&schema, "E")[..2], ["x>y", "x>q"], "an arrow that leaves the state");
}

#[test]
fn extensions_add_statuses_and_arrows() {
    let schema = schema("extend entity Task { states { open: started  open.started -> open.open } }");
    assert_eq!(
        changes(&schema, "Task"),
        ["open>completed", "open>canceled", "open>started", "completed>open", "completed>started", "canceled>open"]
            .into_iter()
            .chain(["canceled>started", "started>open", "started>completed", "started>canceled"])
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_shared_status_has_the_name_of_its_state() {
    let schema = schema("entity E { title: text\n states { won: closed  lost: closed, other } }");
    let status = schema.enums.iter().find(|e| e.name == "E.Status").unwrap();
    let names: Vec<&str> = status.members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["won.closed", "lost.closed", "other"]);
    assert_eq!(status.members[1].value, 1);
}

#[test]
fn system_fields_come_first_then_those_of_activities() {
    let schema =
        schema("entity E owned by organization { title: text }\nentity V owned by user, activity { place: text? }");
    let names = |name: &str| entity(&schema, name).fields.iter().map(|f| f.name.clone()).collect::<Vec<_>>().join(" ");
    assert_eq!(names("E"), "id created_on created_by modified_on modified_by version title");
    assert_eq!(
        names("V"),
        "id created_on created_by modified_on modified_by version owner owning_unit state status subject regarding due \
         priority place"
    );
    assert!(entity(&schema, "V").shown_as.is_some());
}

#[test]
fn members_are_numbered_from_the_last_written_number() {
    let schema = schema("enum E { a, b = 5, c, d = 1, e }");
    let e = schema.enums.iter().find(|e| e.name == "E").unwrap();
    assert_eq!(e.members.iter().map(|member| member.value).collect::<Vec<_>>(), [0, 5, 6, 1, 2]);
    assert_eq!(e.members[0].label, "A");
}

#[test]
fn an_event_of_a_state_names_all_its_statuses() {
    let schema = schema(
        "entity E { title: text\n states { a: x, y  b } }\n\
         workflow W for e: E when status changed from a to b, updated(title) { log e.title }",
    );
    let triggers = &schema.processes[0].triggers;
    assert_eq!(triggers[0].event, TriggerEvent::StatusChanged { from: vec![0, 1], to: vec![2] });
    assert_eq!(triggers[0].phase, Phase::Background);
    assert!(matches!(&triggers[1].event, TriggerEvent::Updated(fields) if fields.len() == 1));
}

#[test]
fn an_entity_with_too_many_fields_is_told_once() {
    let fields: String = (0..3000).map(|number| format!("    f{number}: int\n")).collect();
    let front = check_text("many.proc", &format!("entity Many {{\n{fields}}}\n"));
    let told: Vec<(&str, &str)> = front.diagnostics.iter().map(|d| (d.code.0, d.message.as_str())).collect();
    assert_eq!(told, [("E0903", "`Many` has more than 1000 fields")]);
}
