//! Listings of what constructs compile to, one golden file a construct.

use abide::bytecode::disasm;

use super::{compile, function};

/// The listing of one function or process of a program.
fn listing(source: &str, name: &str) -> String {
    let program = compile(source);
    disasm::function(program.module(), function(program.module(), name))
}

#[test]
fn a_loop_jumps_back_once_a_round() {
    insta::assert_snapshot!(listing("fn f(n: int) -> int {\n    var t = 0\n    while t < n { set t += 2 }\n    return t\n}\n", "f"), @r"
pure f(int) -> int, 2 slots
    0  LoadInt s1:t, 0                                             ; line 2
    1  Jump -> 3                                                   ; line 3
    2  IntAddConst s1:t, s1:t, 2                                   ; line 3
    3  JumpLess s1:t, s0:n, -> 2                                   ; line 3
    4  Return s1:t                                                 ; line 4
");
}
