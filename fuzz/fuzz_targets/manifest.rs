//! Any text is an `abide.toml`, or messages with places in it.
#![no_main]

use abide::{base::span::FileId, project::Manifest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for diagnostic in Manifest::parse(FileId(0), text, "folder").1 {
        let span = diagnostic.primary.span;
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{diagnostic:?}");
    }
});
