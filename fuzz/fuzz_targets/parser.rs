//! Any text gives a tree and messages.
#![no_main]

use abide::{base::span::FileId, syntax::parse_file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = parse_file(FileId(0), text);
});
