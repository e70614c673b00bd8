//! Pure functions through the machine.

use abide::base::value::Value;

use super::{compile, run};

#[test]
fn the_programs_of_the_benches_give_what_lua_gives() {
    let program = compile(include_str!("../../benches/fixtures/vm.proc"));
    for (name, n, expected) in [
        ("int_loop", 1_000, 999),
        ("fib", 15, 610),
        ("text_build", 100, 2_852),
        ("record_update", 1_000, 31_500),
        ("record_copy", 1_000, 31_500),
        ("rule_loop", 1_000, 99),
    ] {
        assert_eq!(run(&program, name, &[Value::Int(n)]), Ok(Value::Int(expected)), "{name}");
    }
}
