//! The library `crm`: it is sound, a project gets just what it names, and the document about the old names is true.

use std::collections::{BTreeMap, BTreeSet};

use abide::diag::render;
use abide::pipeline::{self, Front};
use abide::sema::library::{CORE, CRM};
use abide::sema::schema::{Entity, Schema};

use crate::sema::check_text;

/// The names that the library declares, functions left out.
fn types_and_actions() -> Vec<&'static str> {
    CRM.declared().iter().filter(|(_, keyword)| *keyword != "fn").map(|(name, _)| *name).collect()
}

/// A project that uses all of the library.
fn everything() -> Front {
    check_text("all.proc", &format!("use crm.{{{}}}\n", types_and_actions().join(", ")))
}

fn told(front: &Front) -> String {
    render::short(&front.diagnostics, &front.sources)
}

fn schema(front: &Front) -> &Schema {
    &front.projects[0].checked.program.schema
}

/// The names of what a project got from the library.
fn taken(text: &str) -> BTreeSet<String> {
    let front = check_text("some.proc", text);
    assert!(!front.has_errors(), "{}", told(&front));
    let schema = schema(&front);
    let names = schema.entities.iter().map(|e| &e.name).chain(schema.processes.iter().map(|p| &p.name));
    let of_library: BTreeSet<&str> = types_and_actions().into_iter().collect();
    names.filter(|name| of_library.contains(name.as_str())).cloned().collect()
}

#[test]
fn the_library_has_no_mistakes_and_its_one_layout() {
    let front = everything();
    assert_eq!(told(&front), "");
    pipeline::compile(&front.sources, &front.projects[0]).unwrap();
    for library in [CORE, CRM] {
        let formatted = abide::format::format(library.text).unwrap();
        assert!(formatted == library.text, "{} is not formatted", library.path);
    }
}

#[test]
fn the_library_keeps_its_limits() {
    let front = everything();
    let own = |entity: &&Entity| CRM.declared().contains(&(entity.name.as_str(), "entity"));
    let counts = schema(&front).entities.iter().filter(own).map(|entity| {
        let declared = entity.fields.iter().filter(|field| field.system.is_none());
        (entity.name.as_str(), declared.count())
    });
    let counts: BTreeMap<&str, usize> = counts.collect();
    assert!(counts.len() > 50, "{}", counts.len());
    let long: Vec<_> = counts.iter().filter(|(_, fields)| **fields > 25).collect();
    assert!(long.is_empty(), "more than 25 fields: {long:?}");
}

#[test]
fn a_project_gets_what_it_names_and_what_that_names() {
    let one = "action Rename(name: text(200)) for territory: Territory { update territory { name: name } }\n";
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    assert_eq!(taken(&format!("use crm\n\n// Not Account.\n{one}")), names(&["Territory"]));
    assert_eq!(taken(&format!("use crm.{{Territory}}\n{one}")), names(&["Territory"]));
    assert_eq!(taken("use crm\nfn label(m: Metric) -> text { return \"{m}: {count r in RollupField}\" }\n"), {
        names(&["Metric", "RollupField"])
    });
    assert_eq!(taken("use crm\n"), names(&[]));
    let goal = taken("use crm.{Goal}\n");
    assert_eq!(goal, names(&["Goal", "Metric"]));
    let queued = taken("use crm\nworkflow W for t: Task\n    when created\n{\n    do AddToQueue(t, Queue[\"x\"])\n}\n");
    assert_eq!(queued, names(&["AddToQueue"]));
}

#[test]
fn a_project_that_does_not_use_the_library_does_not_read_it() {
    let paths = |text: &str| {
        let front = check_text("some.proc", text);
        (0..).map_while(|n| front.sources.get(abide::base::span::FileId(n))).map(|f| f.path.clone()).collect::<Vec<_>>()
    };
    assert_eq!(paths("entity Account { name: text }\n"), ["some.proc", "<core>"]);
    assert_eq!(paths("use crm\n"), ["some.proc", "<core>", "<crm>"]);
}

/// The tables of the document below a heading: the cells of each row, without the heads.
fn tables(document: &str, heading: &str) -> Vec<(String, Vec<String>)> {
    let start = document.find(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let part = &document[start + 1..];
    let part = &part[..part[1..].find("\n## ").map_or(part.len(), |end| end + 1)];
    let mut below = String::new();
    let mut rows = Vec::new();
    for line in part.lines() {
        if let Some(title) = line.strip_prefix("### ") {
            below = title.to_owned();
        } else if let Some(row) =
            line.strip_prefix("| ").filter(|row| !row.starts_with("there") && !row.starts_with("-"))
        {
            let cells = row.trim_end_matches('|').split(" | ").map(|cell| cell.trim().to_owned());
            rows.push((below.clone(), cells.collect()));
        }
    }
    assert!(!rows.is_empty(), "no table below {heading}");
    rows
}

/// The words of a cell that stand between back-ticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn document() -> String {
    std::fs::read_to_string("docs/from-dynamics.md").unwrap()
}

fn entity<'s>(schema: &'s Schema, name: &str) -> &'s Entity {
    schema.entities.iter().find(|entity| entity.name == name).unwrap_or_else(|| panic!("no entity `{name}`"))
}

#[test]
fn the_document_names_each_entity_with_its_flags() {
    let front = everything();
    let schema = schema(&front);
    let mut named = BTreeSet::new();
    for (_, row) in tables(&document(), "Entities") {
        let entity = entity(schema, quoted(&row[1])[0]);
        let flags = [entity.triggerable, entity.creatable].map(|flag| if flag { "yes" } else { "no" });
        assert_eq!([row[2].as_str(), row[3].as_str()], flags, "{}", entity.name);
        assert!(named.insert(entity.name.clone()), "{} stands twice", entity.name);
    }
    let all = schema
        .entities
        .iter()
        .map(|entity| entity.name.clone())
        .filter(|name| !matches!(name.as_str(), "ExchangeRate" | "Form" | "RecordShare" | "TeamMember"));
    let left_out: Vec<String> = all.filter(|name| !named.contains(name)).collect();
    assert!(left_out.is_empty(), "not in the document: {left_out:?}");
}

#[test]
fn the_document_names_fields_that_exist() {
    let front = everything();
    let schema = schema(&front);
    let mut entities = BTreeSet::new();
    for (title, row) in tables(&document(), "Fields") {
        let Some(name) = title.split(' ').next().filter(|name| !name.is_empty()) else { continue };
        let entity = entity(schema, name);
        let field = quoted(&row[1])[0];
        let is_known = entity.field(field).is_some() || entity.computed(field).is_some();
        assert!(is_known, "`{name}` has no field `{field}`");
        entities.insert(name.to_owned());
    }
    assert_eq!(entities.len(), 20, "{entities:?}");
}

#[test]
fn the_document_gives_the_stored_numbers_of_all_states() {
    let front = everything();
    let schema = schema(&front);
    let mut in_document: BTreeMap<String, BTreeSet<(i32, String, i32, String)>> = BTreeMap::new();
    for (_, row) in tables(&document(), "States and statuses") {
        if row[0] == "entity" {
            continue;
        }
        for status in row[3].split(", ") {
            let (number, name) = status.split_once(' ').unwrap();
            let status = (row[1].parse().unwrap(), row[2].clone(), number.parse().unwrap(), name.to_owned());
            in_document.entry(quoted(&row[0])[0].to_owned()).or_default().insert(status);
        }
    }
    let own = |entity: &&Entity| CRM.declared().contains(&(entity.name.as_str(), "entity"));
    for entity in schema.entities.iter().filter(own) {
        let Some(states) = &entity.states else { continue };
        let (names, statuses) = (schema.enumeration(states.state).unwrap(), schema.enumeration(states.status).unwrap());
        let declared = statuses.members.iter().zip(&states.state_of).map(|(status, of)| {
            let state = names.members.iter().find(|state| state.value == *of).unwrap();
            let plain = status.name.rsplit('.').next().unwrap();
            (state.value, format!("`{}`", state.name), status.value, format!("`{plain}`"))
        });
        assert_eq!(in_document.remove(&entity.name), Some(declared.collect()), "{}", entity.name);
    }
    assert!(in_document.is_empty(), "without states: {in_document:?}");
}

#[test]
fn the_document_names_each_action() {
    let actions = CRM.declared().iter().filter(|(_, keyword)| *keyword == "action").map(|(name, _)| (*name).to_owned());
    let rows = tables(&document(), "Messages");
    let words = rows.iter().flat_map(|(_, row)| quoted(&row[1]));
    let named = words.filter_map(|word| word.strip_prefix("do ")?.strip_suffix("(…)")).map(str::to_owned);
    assert_eq!(named.collect::<BTreeSet<String>>(), actions.collect::<BTreeSet<String>>());
}
