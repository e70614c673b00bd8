//! A build with other numbers for its entities and fields does the same.

use std::{fmt::Write as _, fs, path::Path, sync::Arc};

use abide::{
    base::{
        cores::on_all_cores,
        value::{EntityIdx, RecordRef},
    },
    bytecode::{
        link::{self, Numbering},
        module::Module,
        types::FieldIdx,
    },
    codegen,
    engine::store::{InstanceFilter, Store, memory::MemoryStore, sqlite::SqliteStore},
    pipeline,
    project::{self, DiskFiles},
    testing,
    vm::program::Program,
};
use regex::{Captures, Regex};

use super::{
    scenarios::{ALL, Scenario},
    world::{World, module},
};

/// What the numbers of a build may be in a store that has known others.
fn numberings(module: &Module) -> Vec<(&'static str, Numbering)> {
    let own = Numbering::of(module);
    let mut reversed = own.clone();
    reversed.entities.reverse();
    for (_, fields) in &mut reversed.entities {
        fields[1..].reverse();
    }
    let mut among_others = own.clone();
    for (number, (_, fields)) in among_others.entities.iter_mut().enumerate() {
        fields.insert(1 + number % fields.len(), "gone_field".into());
        fields.push("gone_too".into());
    }
    let gone = |name: &str| (name.to_owned(), vec!["id".to_owned(), "title".to_owned()]);
    among_others.entities.insert(0, gone("GoneFirst"));
    among_others.entities.insert(own.entities.len() / 2, gone("GoneBetween"));
    among_others.entities.push(gone("GoneLast"));
    let mut turned = among_others.clone();
    turned.entities.rotate_left(3);
    for (_, fields) in &mut turned.entities {
        fields[1..].rotate_right(1);
    }
    vec![("reversed", reversed), ("among others", among_others), ("turned among others", turned)]
}

fn linked(module: &Module, numbering: &Numbering) -> Arc<Program> {
    let linked = link::link(module.clone(), numbering).unwrap();
    assert_eq!(&Numbering::of(&linked), numbering);
    Arc::new(Program::new(linked).unwrap_or_else(|error| panic!("the verifier refuses it: {error}")))
}

fn modules(path: &Path) -> Vec<Module> {
    let front = pipeline::check(project::load(&DiskFiles, path));
    assert!(!front.has_errors(), "{}", path.display());
    let lower = |project: &pipeline::CheckedProject| codegen::lower(&project.checked.program, &front.sources).unwrap();
    front.projects.iter().map(lower).collect()
}

#[test]
fn the_tests_of_all_examples_pass_with_other_numbers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for folder in ["examples", "examples/dynamics", "tests/language"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let is_source = path.extension().is_some_and(|extension| extension == "proc");
            if is_source || path.join("abide.toml").exists() {
                all.extend(modules(&path).into_iter().map(|module| (path.clone(), module)));
            }
        }
    }
    assert!(all.len() >= 15, "{}", all.len());
    let ran = on_all_cores(&all, |(path, module)| {
        let mut ran = 0;
        for (what, numbering) in numberings(module) {
            for outcome in testing::run(&linked(module, &numbering), "") {
                assert_eq!(outcome.problem, None, "{} of {}, {what}", outcome.title, path.display());
                ran += 1;
            }
        }
        ran
    });
    assert!(ran.iter().sum::<usize>() > 150, "{ran:?}");
}

/// What can be seen of a store, by names.
fn picture(w: &mut World) -> String {
    let mut parts = Vec::new();
    let module = w.engine.module().clone();
    for (index, entity) in (0u16..).map(EntityIdx).zip(&module.entities) {
        for id in w.engine.store().candidates(index, &[], 0, 1000).unwrap() {
            let row = w.engine.get(RecordRef { entity: index, id }).unwrap().unwrap();
            let mut fields: Vec<String> = entity
                .fields
                .iter()
                .zip(&row)
                .filter(|(field, _)| !field.column.is_empty())
                .map(|(field, value)| format!("{}: {value:?}", field.name))
                .collect();
            fields.sort();
            parts.push(format!("{} {fields:?}", entity.name));
        }
    }
    parts.sort();
    let mut out = parts.join("\n");
    for mut instance in w.engine.store().instances(&InstanceFilter::default()).unwrap() {
        // It holds numbers; that it goes on shows whether they are right.
        instance.snapshot = None;
        let mut subscriptions: Vec<String> = w
            .engine
            .store()
            .subscriptions(instance.id)
            .unwrap()
            .iter()
            .map(|s| named(&module, &format!("{s:?}")))
            .collect();
        subscriptions.sort();
        let _ = write!(out, "\n{instance:?} {subscriptions:?}");
    }
    for mut line in w.engine.timeline(None).unwrap() {
        line.changes.sort_by(|a, b| a.field.cmp(&b.field));
        let _ = write!(out, "\n{line:?}");
    }
    named(&module, &out)
}

/// A text with names for numbers.
fn named(module: &Module, text: &str) -> String {
    let entity = |number: &str| &module.entities[number.parse::<usize>().unwrap()];
    let of_field = Regex::new(r"entity: EntityIdx\((\d+)\), id: (\d+), field: FieldIdx\((\d+)\)").unwrap();
    let referring = Regex::new(r"entity: EntityIdx\((\d+)\), field: FieldIdx\((\d+)\)").unwrap();
    let any = Regex::new(r"EntityIdx\((\d+)\)").unwrap();
    let name = |at: &str, field: &str| {
        let field = FieldIdx(field.parse().unwrap());
        format!("{}.{}", entity(at).name, entity(at).fields[field.index()].name)
    };
    let text = of_field.replace_all(text, |c: &Captures<'_>| format!("{} of {}", name(&c[1], &c[3]), &c[2]));
    let text = referring.replace_all(&text, |c: &Captures<'_>| name(&c[1], &c[2]));
    any.replace_all(&text, |c: &Captures<'_>| entity(&c[1]).name.clone()).into_owned()
}

fn played(scenario: &Scenario, program: &Arc<Program>, store: Box<dyn Store>) -> String {
    let mut world = World::on(store, program);
    scenario.go_on(&mut world, &mut 0, &mut |_| {}).unwrap();
    picture(&mut world)
}

fn same(found: &str, expected: &str, what: &str) {
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected, "{what}");
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "{what}");
}

#[test]
fn scenarios_leave_the_same_with_other_numbers_on_both_stores() {
    for scenario in ALL {
        let module = module(scenario.source);
        let expected = played(scenario, &linked(&module, &Numbering::of(&module)), Box::new(MemoryStore::new()));
        for (what, numbering) in numberings(&module) {
            let program = linked(&module, &numbering);
            let in_memory = played(scenario, &program, Box::new(MemoryStore::new()));
            same(&in_memory, &expected, what);
            let folder = tempfile::tempdir().unwrap();
            let store = SqliteStore::open(&folder.path().join("store.db")).unwrap();
            same(&played(scenario, &program, Box::new(store)), &expected, what);
        }
    }
}

#[test]
fn what_a_store_does_not_know_is_refused_by_name() {
    let module = module("entity Deal { title: text }");
    let mut numbering = Numbering::of(&module);
    let place = numbering.entities.iter().position(|(name, _)| name == "Deal").unwrap();
    let title = numbering.entities[place].1.iter().position(|name| name == "title").unwrap();
    numbering.entities[place].1.remove(title);
    let error = link::link(module.clone(), &numbering).unwrap_err();
    assert_eq!(error.to_string(), "the store has no number for Deal.title");
    numbering.entities.remove(place);
    let error = link::link(module.clone(), &numbering).unwrap_err();
    assert_eq!(error.to_string(), "the store has no number for Deal");
    numbering.extend(&module);
    assert_eq!(numbering.entities.last().unwrap().0, "Deal");
    link::link(module, &numbering).unwrap();
}
