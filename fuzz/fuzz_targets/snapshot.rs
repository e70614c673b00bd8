//! Any bytes are a snapshot of the program, or an error. Header and checksum are right, so that they hide nothing.
#![no_main]

use std::sync::{Arc, LazyLock};

use abide::{
    bytecode::checksum::crc32,
    pipeline, project,
    vm::{
        machine::Machine,
        program::Program,
        snapshot::{FORMAT, MAGIC},
    },
};
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

static PROGRAM: LazyLock<Arc<Program>> = LazyLock::new(|| {
    let source = r#"
        record Line { quantity: int, price: decimal, name: text }
        entity Deal { title: text(200) }
        workflow Chase for deal: Deal when created {
            let customer = "Acme"
            let steps = [1, 2, 3]
            let line = Line { quantity: 3, price: 2.25, name: "Bolt" }
            let share = 20%
            wait 3 days
            log "{deal.title} {customer} {length(steps)} {line.name} {line.price} {share}"
        }
    "#;
    let front = pipeline::check(project::load_text("a.proc", source.into()));
    pipeline::compile(&front.sources, &front.projects[0]).unwrap()
});

fuzz_target!(|body: &[u8]| {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(FORMAT.to_le_bytes());
    bytes.extend(PROGRAM.build().0);
    bytes.extend(body);
    bytes.extend(crc32(&bytes).to_le_bytes());
    if let Ok(machine) = Machine::thaw(&PROGRAM, &bytes, TimeZone::UTC) {
        let _ = machine.named_values();
        machine.freeze().unwrap();
    }
});
