//! Plug-ins: activities in a sandbox, within the transaction.

use std::{env, fs, path::Path};

use abide::{base::value::Value, engine::store::memory::MemoryStore, pipeline};
use tempfile::TempDir;

use super::world::{World, text};

const SOURCE: &str = r#"
activity CheckDigit(number: text) -> int using wasm "plugins/check_digit.wasm" timeout 1 second
activity Break(n: int) -> int using wasm "break.wasm" timeout 1 second
entity Card { number: text  digit: int? }
realtime workflow Check for card: Card before created, updated(number) {
    let digit = do CheckDigit(card.number)
    set card.digit = digit
}
action Try(n: int) -> text {
    try {
        let found = do Break(n)
        return "{found}"
    } catch e { return "{e.code} {e.message}" }
}
"#;

/// Answers with its input where that is 1; says that there is none for 2, gives no number for 3, and breaks else.
const BREAK: &str = r#"(module (memory (export "memory") 1)
    (data (i32.const 0) "no such thing") (data (i32.const 32) "\"x\"")
    (func (export "alloc") (param i32) (result i32) i32.const 100)
    (func (export "break") (param i32) (param i32) (result i64) (local $n i32)
      i32.const 105 i32.load8_u i32.const 48 i32.sub local.set $n
      (if (i32.eq (local.get $n) (i32.const 1)) (then (return (i64.const 0x6900000001))))
      (if (i32.eq (local.get $n) (i32.const 2)) (then (return (i64.const 0x800000000000000D))))
      (if (i32.eq (local.get $n) (i32.const 3)) (then (return (i64.const 0x2000000003))))
      (loop (br 0)) unreachable))"#;

fn example(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop/plugins").join(file)
}

fn world() -> World {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("plugins")).unwrap();
    fs::copy(example("check_digit.wasm"), folder.path().join("plugins/check_digit.wasm")).unwrap();
    fs::write(folder.path().join("break.wasm"), wat::parse_str(BREAK).unwrap()).unwrap();
    let path = folder.path().join("p.proc");
    fs::write(&path, SOURCE).unwrap();
    let program = pipeline::compile_path(&path).unwrap_or_else(|error| panic!("{error}"));
    World::on(Box::new(MemoryStore::new()), &program)
}

/// WebAssembly without the sections that only name things.
fn nameless(bytes: &[u8]) -> Vec<u8> {
    let (mut found, mut rest) = (bytes[..8].to_vec(), &bytes[8..]);
    while let Some(kind) = rest.first() {
        let (mut size, mut at) = (0, 1);
        loop {
            size |= usize::from(rest[at] & 0x7F) << (7 * (at - 1));
            at += 1;
            if rest[at - 1] & 0x80 == 0 {
                break;
            }
        }
        if *kind != 0 {
            found.extend(&rest[..at + size]);
        }
        rest = &rest[at + size..];
    }
    found
}

#[test]
fn the_plugin_of_the_example_is_what_its_source_says() {
    let built = wat::parse_file(example("check_digit.wat")).unwrap();
    if env::var("ABIDE_GOLDEN").is_ok_and(|how| how == "write") {
        fs::write(example("check_digit.wasm"), nameless(&built)).unwrap();
    }
    assert_eq!(nameless(&fs::read(example("check_digit.wasm")).unwrap()), nameless(&built));
}

#[test]
fn a_plugin_answers_within_the_transaction() {
    let mut w = world();
    for (number, digit) in [("4539 1488 0343 6467", 0), ("4539 1488 0343 6476", 1), ("", 0), ("18", 0), ("17", 9)] {
        let card = w.create("Card", &[("number", text(number))]);
        assert_eq!(w.field(card, "digit"), Value::Int(digit), "{number}");
    }
}

#[test]
fn what_goes_wrong_in_a_plugin_is_a_fault_of_its_caller() {
    let mut w = world();
    let mut told = String::new();
    for n in 1..=4 {
        match w.engine.start(None, "Try", &[Value::Int(n)]).unwrap() {
            abide::engine::Started::Result(Some(Value::Text(text))) => told.push_str(&format!("{n}: {text}\n")),
            other => panic!("{other:?}"),
        }
    }
    insta::assert_snapshot!(told, @r"
    1: 1
    2: R0511 Break failed: no such thing
    3: R0512 Break has answered with something else than it promises: the result is not a whole number
    4: R0511 Break failed: it took too long
    ");
}
