//! Damaged and hostile bytes: whatever is changed, nothing panics, hangs or takes memory without bound. Changes are
//! made with a fixed seed; checksums are mended afterwards, so that they reach what lies behind.

use abide::{
    base::value::Value,
    bytecode::{
        checksum::crc32,
        container,
        module::{Module, Word},
        types::{FuncIdx, TypeDef, TypeIdx},
    },
    vm::machine::{Machine, Outcome},
};
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::*;

/// Numbers that are always the same ones.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// Flips some bits.
    fn flip(&mut self, bytes: &mut [u8]) {
        for _ in 0..=self.below(4) {
            let place = self.below(bytes.len());
            bytes[place] ^= 1 << self.below(8);
        }
    }
}

/// Makes the checksums and the hash of a build fit its bytes again, as far as its sections can be found.
fn mend_build(bytes: &mut [u8]) {
    let end = bytes.len() - 32;
    let mut at = 12;
    while at + 10 <= end {
        let length = u32::from_le_bytes(bytes[at + 2..at + 6].try_into().unwrap()) as usize;
        let content = at + 10;
        if content + length > end {
            break;
        }
        let sum = crc32(&bytes[content..content + length]);
        bytes[at + 6..content].copy_from_slice(&sum.to_le_bytes());
        at = content + length;
    }
    let hash = Sha256::digest(&bytes[..end]);
    bytes[end..].copy_from_slice(&hash);
}

/// Some value of a type.
fn some(module: &Module, ty: TypeIdx) -> Value {
    match module.ty(ty) {
        Some(TypeDef::Bool) => Value::Bool(true),
        Some(TypeDef::Int) => Value::Int(3),
        Some(TypeDef::Text) => Value::Text("x".to_owned()),
        Some(TypeDef::Enum(_)) => Value::Enum(7),
        Some(TypeDef::Date) => Value::Date(20_779),
        _ => Value::None,
    }
}

/// Runs every function for a while, answering with values of the wrong and of the right type.
fn exercise(program: &Arc<Program>) {
    for (index, function) in program.module().functions.iter().enumerate() {
        let args: Vec<Value> = function.params.iter().map(|ty| some(program.module(), *ty)).collect();
        let index = FuncIdx(u32::try_from(index).unwrap());
        let Ok(mut machine) = Machine::new(program, index, &args, TimeZone::UTC) else { continue };
        let mut fuel = 5_000;
        for _ in 0..50 {
            match machine.step(&mut fuel) {
                Outcome::Call(call) => {
                    let result = program.module().sites[call.site.index()].result;
                    machine.reply(&result.map_or(Value::None, |ty| some(program.module(), ty)));
                }
                Outcome::Wait(_) => {
                    let bytes = machine.freeze().unwrap();
                    machine = Machine::thaw(program, &bytes, TimeZone::UTC).unwrap();
                    machine.resume();
                }
                _ => break,
            }
        }
    }
}

#[test]
fn damaged_builds_are_refused_or_run() {
    let good = container::encode(program().module()).unwrap();
    let mut numbers = Numbers(0x0A81_DE00_0000_0001);
    let mut accepted = 0;
    for _ in 0..1_500 {
        let mut bytes = good.clone();
        numbers.flip(&mut bytes[12..]);
        assert!(Program::load(&bytes).is_err(), "the hash must find it");
        mend_build(&mut bytes);
        if let Ok(program) = Program::load(&bytes) {
            accepted += 1;
            exercise(&Arc::new(program));
        }
    }
    assert!(accepted > 10, "no change was harmless: is the mending right? {accepted}");
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
            exercise(&Arc::new(program));
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
        numbers.flip(&mut bytes[38..]);
        if numbers.below(4) == 0 {
            bytes.truncate(38 + numbers.below(bytes.len() - 38));
            bytes.extend([0; 4]);
        }
        let end = bytes.len() - 4;
        let sum = crc32(&bytes[..end]);
        bytes[end..].copy_from_slice(&sum.to_le_bytes());
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
