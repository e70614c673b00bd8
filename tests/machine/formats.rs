//! The bytes of builds and snapshots, read by a decoder that knows `src/bytecode/FORMAT.md` and no code of the program.

use abide::{
    bytecode::container,
    vm::{
        machine::{Machine, Outcome},
        snapshot::{self, SnapshotError},
    },
};
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::*;

/// Bytes that are taken from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn little(&mut self, count: usize) -> u64 {
        self.take(count).iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// A number of builds: one byte up to 250, then a byte that says how many follow.
    fn number(&mut self) -> u64 {
        match self.little(1) {
            251 => self.little(2),
            252 => self.little(4),
            253 => self.little(8),
            small => small,
        }
    }

    fn text(&mut self) -> &'a str {
        let length = usize::try_from(self.number()).unwrap();
        std::str::from_utf8(self.take(length)).unwrap()
    }

    /// A number of snapshots: seven bits a byte, the lowest first.
    fn seven(&mut self) -> u64 {
        let byte = self.little(1);
        if byte < 0x80 { byte } else { byte & 0x7F | self.seven() << 7 }
    }

    fn signed(&mut self) -> i64 {
        let bits = self.seven();
        (bits >> 1).cast_signed() ^ -(bits & 1).cast_signed()
    }
}

/// CRC-32, bit by bit.
fn crc(bytes: &[u8]) -> u64 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 };
        }
    }
    u64::from(!sum)
}

#[test]
fn a_build_is_what_its_description_says() {
    let program = program();
    let bytes = container::encode(program.module()).unwrap();
    let (content, hash) = bytes.split_at(bytes.len() - 32);
    assert_eq!(Sha256::digest(content).as_slice(), hash);
    assert_eq!(hash, program.build().0);
    let mut rest = Bytes(content);
    assert_eq!(rest.take(8), b"ABIDE\x1A\r\n");
    assert_eq!((rest.little(2), rest.little(2)), (1, 14));
    let mut sections = Vec::new();
    for number in 1..=14 {
        assert_eq!(rest.little(2), number);
        let length = usize::try_from(rest.little(4)).unwrap();
        let sum = rest.little(4);
        let section = rest.take(length);
        assert_eq!(crc(section), sum);
        sections.push(section);
    }
    assert!(rest.0.is_empty());

    let mut meta = Bytes(sections[0]);
    assert_eq!(
        (meta.text(), meta.text(), meta.take(3)),
        (
            program.module().meta.name.as_str(),
            program.module().meta.version.as_str(),
            program.module().meta.currency.0.as_slice()
        )
    );
    assert_eq!(meta.text(), "UTC");

    let mut enums = Bytes(sections[2]);
    assert_eq!(enums.number() as usize, program.module().enums.len());
    for def in &program.module().enums {
        assert_eq!(enums.text(), def.name);
        assert_eq!(enums.number() as usize, def.members.len());
        for member in &def.members {
            assert_eq!(enums.text(), member.name);
            let bits = enums.number().cast_signed();
            assert_eq!(bits >> 1 ^ -(bits & 1), i64::from(member.value));
            assert_eq!(enums.text(), member.label);
        }
    }
    assert!(enums.0.is_empty());
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
    other[8] = 7;
    assert_eq!(refused(&other).to_string(), "the build has the format 7, this program reads 1");
    assert_eq!(refused(&bytes[..bytes.len() - 1]).code(), "E0904");
    let mut long = bytes;
    long.push(0);
    assert_eq!(refused(&long).code(), "E0904");
}

#[test]
fn a_snapshot_is_what_its_description_says() {
    let program = program();
    let bytes = resting(&program).freeze().unwrap();
    let (content, sum) = bytes.split_at(bytes.len() - 4);
    assert_eq!(Bytes(sum).little(4), crc(content));
    let mut rest = Bytes(content);
    assert_eq!((rest.take(4), rest.little(2), rest.take(32)), (&b"ABSN"[..], 1, &program.build().0[..]));
    let point = &program.module().points[usize::try_from(rest.seven()).unwrap()];
    assert_eq!(point.name, "Chase/wait/1");
    let texts: Vec<&str> = (0..rest.seven())
        .map(|_| {
            let length = usize::try_from(rest.seven()).unwrap();
            std::str::from_utf8(rest.take(length)).unwrap()
        })
        .collect();
    assert_eq!(texts, ["Acme Corporation, Springfield", "Bolt"]);
    // Two values: a list of three ints, and a record of int, decimal, text.
    assert_eq!(rest.seven(), 2);
    assert_eq!((rest.seven() & 1, rest.seven()), (0, 3));
    assert_eq!([rest.signed(), rest.signed(), rest.signed()], [1, 2, 3]);
    assert_eq!((rest.seven() & 1, rest.signed()), (1, 3));
    // 2.25: mantissa 225, scale 2 above the sign; the text is number 2.
    assert_eq!([rest.seven(), rest.seven(), rest.seven()], [225, 2 << 1, 2]);
    assert_eq!(rest.seven(), 0, "no faults");
    assert_eq!(rest.seven() as usize, point.live.len());
}

#[test]
fn a_thawed_machine_goes_on_like_the_frozen_one() {
    let program = program();
    let mut machine = resting(&program);
    let bytes = machine.freeze().unwrap();
    assert!(bytes.len() <= 400, "{}", bytes.len());
    let header = snapshot::header(&bytes).unwrap();
    assert_eq!((header.build, Some(header.point)), (program.build(), machine.waiting_at()));
    let mut thawed = Machine::thaw(&program, &bytes, TimeZone::UTC).unwrap();
    assert_eq!(thawed.freeze().unwrap(), bytes);
    assert_eq!(thawed.named_values(), machine.named_values());
    machine.resume();
    thawed.resume();
    assert_eq!(advance(&mut thawed), advance(&mut machine));
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
    assert_eq!(refused(&other), SnapshotError::Format(9, 1));
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
