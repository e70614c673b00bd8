//! Any bytes are a build that verifies, or an error. The hash is mended, so that it hides nothing.
#![no_main]

use abide::vm::program::Program;
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

fuzz_target!(|bytes: &[u8]| {
    let _ = Program::load(bytes);
    let mut mended = bytes.to_vec();
    let hash = Sha256::digest(&mended);
    mended.extend(hash);
    let _ = Program::load(&mended);
});
