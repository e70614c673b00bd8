//! Damaged and hostile bytes: whatever is changed, nothing panics, hangs or takes memory without bound. Changes are
//! made with a fixed seed; checksums are mended afterwards, so that they reach what lies behind.

use abide::bytecode::{checksum::crc32, container, module::Word};
use sha2::{Digest, Sha256};

use super::*;
use crate::mutate::Numbers;

#[path = "../../fuzz/exercise.rs"]
mod exercise;

/// Damages the content of one section of a build; its length, its checksum and the hash fit again, so that the damage
/// reaches what lies behind them.
fn damage_section(numbers: &mut Numbers, good: &[u8]) -> Vec<u8> {
    let (head, mut rest) = good[..good.len() - 32].split_at(12);
    let mut sections = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest[2..6].try_into().unwrap()) as usize;
        let (section, after) = rest.split_at(10 + length);
        sections.push(section[10..].to_vec());
        rest = after;
    }
    let damaged = numbers.below(sections.len());
    numbers.damage(&mut sections[damaged]);
    let mut bytes = head.to_vec();
    for (number, content) in (1u16..).zip(sections) {
        bytes.extend(number.to_le_bytes());
        bytes.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
        bytes.extend(crc32(&content).to_le_bytes());
        bytes.extend(content);
    }
    let hash = Sha256::digest(&bytes);
    bytes.extend(hash);
    bytes
}

#[test]
fn damaged_builds_are_refused() {
    let good = container::encode(program().module()).unwrap();
    let mut numbers = Numbers(0x0A81_DE00_0000_0006);
    for _ in 0..2_000 {
        let mut bytes = good.clone();
        numbers.damage(&mut bytes);
        assert!(bytes == good || Program::load(&bytes).is_err(), "the hash must find it");
    }
}

#[test]
fn damaged_sections_are_refused_or_run() {
    let mut numbers = Numbers(0x0A81_DE00_0000_0001);
    for program in [program(), approval::program()] {
        let good = container::encode(program.module()).unwrap();
        let mut accepted = 0;
        for _ in 0..2_000 {
            if let Ok(program) = Program::load(&damage_section(&mut numbers, &good)) {
                accepted += 1;
                exercise::exercise(&Arc::new(program));
            }
        }
        assert!(accepted > 10, "no change was harmless: are the sums right? {accepted}");
    }
}

#[test]
fn tables_that_take_too_much_memory_are_refused() {
    // A constant of 8 million absent values: a byte each in the file, forty in memory.
    let count = 8_000_000u32;
    let mut consts = vec![1, 252];
    consts.extend(count.to_le_bytes());
    consts.resize(consts.len() + count as usize, 0);
    let mut bytes = b"ABIDE\x1A\r\n".to_vec();
    bytes.extend(container::FORMAT.to_le_bytes());
    bytes.extend(container::SECTIONS.to_le_bytes());
    let empty_meta = [0, 0, b'U', b'S', b'D', 0, 0, 0];
    for (number, content) in (1u16..=6).zip([&empty_meta[..], &[0], &[0], &[0], &[0], &consts]) {
        bytes.extend(number.to_le_bytes());
        bytes.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
        bytes.extend(crc32(content).to_le_bytes());
        bytes.extend(content);
    }
    let hash = Sha256::digest(&bytes);
    bytes.extend(hash);
    let error = Program::load(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "the build is damaged: its tables take more memory than they may");
}

#[test]
fn damaged_code_is_refused_or_only_traps() {
    let good = program();
    let code: Vec<(usize, usize)> = good
        .module()
        .functions
        .iter()
        .enumerate()
        .flat_map(|(function, def)| (0..def.code.len()).map(move |pc| (function, pc)))
        .collect();
    let mut numbers = Numbers(0x0A81_DE00_0000_0002);
    let mut accepted = 0;
    for _ in 0..3_000 {
        let mut module = good.module().clone();
        let (function, pc) = code[numbers.below(code.len())];
        let word = &mut module.functions[function].code[pc];
        // Small changes of operands are the likeliest to be accepted.
        let change = if numbers.below(2) == 0 {
            1 << numbers.below(64)
        } else {
            (numbers.next() & 7) << (16 * numbers.below(4))
        };
        *word = Word(word.0 ^ change);
        if let Ok(program) = Program::new(module) {
            accepted += 1;
            exercise::exercise(&Arc::new(program));
        }
    }
    assert!(accepted > 100, "{accepted}");
}

#[test]
fn damaged_snapshots_are_refused_or_run() {
    let program = program();
    let good = resting(&program).freeze().unwrap();
    let mut numbers = Numbers(0x0A81_DE00_0000_0003);
    let mut accepted = 0;
    for _ in 0..20_000 {
        let mut bytes = good.clone();
        let mut body = bytes.split_off(38);
        body.truncate(body.len() - 4);
        numbers.damage(&mut body);
        bytes.extend(body);
        bytes.extend(crc32(&bytes).to_le_bytes());
        if let Ok(mut machine) = Machine::thaw(&program, &bytes, TimeZone::UTC) {
            accepted += 1;
            assert!(machine.named_values().len() >= 10);
            machine.freeze().unwrap();
            machine.resume();
            advance(&mut machine);
        }
    }
    assert!(accepted > 100, "{accepted}");
}
