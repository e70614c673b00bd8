//! The bytes of builds and snapshots, beside those that a reader of `src/bytecode/FORMAT.md` reads.

use abide::{
    bytecode::container,
    vm::{
        machine::{Machine, Outcome},
        snapshot::{self, SnapshotError},
    },
};
use jiff::tz::TimeZone;

use super::{reader::Page, *};

#[test]
fn builds_are_what_their_description_says() {
    let page = Page::read();
    for program in [program(), approval::program(), constructs()] {
        let bytes = container::encode(program.module()).unwrap();
        assert_eq!(&bytes[bytes.len() - 32..], program.build().0);
        let (read, shown) = (reader::build_lines(&page, &bytes), golden::build_lines(program.module()));
        for (read, shown) in read.iter().zip(&shown) {
            assert_eq!(read, shown, "src/bytecode/FORMAT.md, then the program");
        }
        assert_eq!(read.len(), shown.len());
    }
}

/// A program with most constructs of the language.
fn constructs() -> Arc<Program> {
    compile(include_str!("../codegen/constructs.proc"))
}

#[test]
fn a_build_comes_back_as_it_went_out() {
    let program = program();
    let bytes = container::encode(program.module()).unwrap();
    let (module, build) = container::decode(&bytes).unwrap();
    assert_eq!(&module, program.module());
    assert_eq!(build, program.build());
    assert_eq!(container::encode(&module).unwrap(), bytes);
    assert_eq!(Program::load(&bytes).unwrap().build(), build);
}

#[test]
fn what_is_no_build_is_refused() {
    let bytes = container::encode(program().module()).unwrap();
    let refused = |bytes: &[u8]| Program::load(bytes).unwrap_err();
    assert_eq!(refused(b"").code(), "E0905");
    assert_eq!(refused(b"#!/bin/sh").code(), "E0905");
    let mut other = bytes.clone();
    other[8] = 250;
    assert_eq!(
        refused(&other).to_string(),
        format!("the build has the format 250, this program reads {}", container::FORMAT)
    );
    assert_eq!(refused(&bytes[..bytes.len() - 1]).code(), "E0904");
    let mut long = bytes;
    long.push(0);
    assert_eq!(refused(&long).code(), "E0904");
}

#[test]
fn snapshots_are_what_their_description_says() {
    let program = program();
    let mut machine = begin(&program);
    let mut shown = Vec::new();
    let mut now = START;
    while let Outcome::Wait(_) = advance_at(&mut machine, now).0 {
        now += 2 * DAY;
        let (build, bytes) = (container::encode(program.module()).unwrap(), machine.freeze().unwrap());
        shown.extend(reader::snapshot_lines(&Page::read(), &build, &bytes));
        machine.resume();
    }
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn a_snapshot_of_ten_values_is_small() {
    let machine = approval::resting(&approval::program());
    let live = &machine.program().module().points[0].live;
    assert!(live.len() >= 10, "{live:?}");
    let bytes = machine.freeze().unwrap();
    assert!(bytes.len() <= 400, "{}", bytes.len());
}

#[test]
fn a_thawed_machine_goes_on_like_the_frozen_one() {
    let program = program();
    let mut machine = resting(&program);
    let bytes = machine.freeze().unwrap();
    let header = snapshot::header(&bytes).unwrap();
    assert_eq!((header.build, Some(header.point)), (program.build(), machine.waiting_at()));
    let mut thawed = Machine::thaw(&program, &bytes, TimeZone::UTC).unwrap();
    assert_eq!(thawed.freeze().unwrap(), bytes);
    assert_eq!(thawed.named_values(), machine.named_values());
    machine.resume();
    thawed.resume();
    let after = advance_at(&mut machine, START + 9 * DAY);
    assert!(!after.1.is_empty());
    assert_eq!(advance_at(&mut thawed, START + 9 * DAY), after);
}

#[test]
fn what_is_no_snapshot_of_the_build_is_refused() {
    let program = program();
    let bytes = resting(&program).freeze().unwrap();
    assert_eq!(begin(&program).freeze(), Err(SnapshotError::NotAtRest));
    let refused = |bytes: &[u8]| Machine::thaw(&program, bytes, TimeZone::UTC).map(|_| ()).unwrap_err();
    assert_eq!(refused(b"ABSN"), SnapshotError::NotASnapshot);
    let mut other = bytes.clone();
    other[4] = 9;
    assert_eq!(refused(&other), SnapshotError::Format(9, abide::vm::snapshot::FORMAT));
    let mut damaged = bytes.clone();
    damaged[50] ^= 1;
    assert!(matches!(refused(&damaged), SnapshotError::Damaged(_)));
    let mut module = program.module().clone();
    module.meta.version = "2.0".to_owned();
    let later = Arc::new(Program::new(module).unwrap());
    let error = Machine::thaw(&later, &bytes, TimeZone::UTC).map(|_| ()).unwrap_err();
    assert_eq!(error, SnapshotError::OtherBuild(program.build()));
    assert!(matches!(advance(&mut resting(&later)).0, Outcome::Wait(_)));
}
