//! Any bytes are a build that verifies and only stops with a listed trap, or an error. Checksums and hash are mended, so
//! that they hide nothing.
#![no_main]

use std::sync::Arc;

use abide::{bytecode::checksum::crc32, vm::program::Program};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

#[path = "../exercise.rs"]
mod exercise;

/// Makes checksums and hash fit, as far as sections can be found.
fn mend(bytes: &mut Vec<u8>) {
    bytes.truncate(bytes.len().saturating_sub(32));
    let mut at = 12;
    while let Some(head) = bytes.get(at + 2..at + 6) {
        let length = u32::from_le_bytes(head.try_into().unwrap()) as usize;
        let Some(content) = bytes.get(at + 10..at + 10 + length) else { break };
        let sum = crc32(content).to_le_bytes();
        bytes[at + 6..at + 10].copy_from_slice(&sum);
        at += 10 + length;
    }
    let hash = Sha256::digest(&*bytes);
    bytes.extend(hash);
}

fuzz_target!(|bytes: &[u8]| {
    let _ = Program::load(bytes);
    let mut mended = bytes.to_vec();
    mend(&mut mended);
    if let Ok(program) = Program::load(&mended) {
        exercise::exercise(&Arc::new(program));
    }
});
