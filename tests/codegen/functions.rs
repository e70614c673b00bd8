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

/// What the functions of the tables may use.
const PRELUDE: &str = r#"
enum Rating { cold = 1 "Cold", warm = 2 "Warm", hot = 3 "Hot" }
record Point { x: int, y: int }
record Line { from: Point, to: Point, label: text? }
error Refused { reason: text }
error Other { count: int }

fn fact(n: int) -> int { return if n < 2 then 1 else n * fact(n - 1) }
fn half(n: int) -> int? {
    if n mod 2 == 0 { return n div 2 }
    return none
}
fn half_text(n: int) -> text? { return if n mod 2 == 0 then "half" else none }
fn grade(n: int) -> text {
    return match n { 1 => "one", 2 or 3 => "few", 4 => "four", 5 => "five", else => if n > 100 then "many" else "some" }
}
fn label_of(r: Rating) -> text { return "{r.label} {r.value} {r}" }
fn is_hot(r: Rating) -> bool { return r == hot }
fn rate(r: Rating?) -> text {
    return match r { none => "none", hot => "hot", cold or warm => "not hot" }
}
fn moved(p: Point, by: int) -> Point {
    var next = p
    set next.x = p.x + by
    return next
}
fn checked(n: int) -> int {
    if n > 3 { raise Refused { reason: "{n} is too much" } }
    return n
}
fn tried(n: int) -> text {
    var log = ""
    try {
        set log = log ++ "a"
        let m = checked(n)
        set log = log ++ "b{m}"
        if n == 2 { return log ++ "r" }
    } catch e: Refused {
        set log = log ++ "c[{e.reason}]"
    } finally {
        set log = log ++ "f"
    }
    return log ++ "e"
}
type Code = text(3)
record Named { code: Code? }
fn at_most_three(t: Code) -> text { return t }
fn codes(all: list of Code) -> list of Code { return all }
fn at_most_two(t: text?) -> text(2)? { return t }
fn stored(t: text) -> text {
    var c: Code = ""
    set c = t
    return c
}
fn named(t: text) -> text? {
    let n = Named { code: t }
    return n.code
}
fn loops(n: int) -> text {
    var out = ""
    for each i in range(1, n) {
        if i == 2 { continue }
        try {
            if i == 5 { break }
            set out = out ++ "{i}"
        } finally {
            set out = out ++ "."
        }
    }
    return out
}
fn deep(n: int) -> int {
    try {
        return 10 div n
    } catch e {
        return if e.code == "R0102" then -1 else -2
    }
}
fn updated_line() -> Line {
    var line = Line { from: Point { x: 1, y: 2 }, to: Point { x: 3, y: 4 }, label: none }
    let copy = line
    set line.to.x = 30
    set line.label = "moved"
    return if copy.to.x == 3 then line else copy
}
"#;

/// Each is true.
const TRUTHS: &[&str] = &[
    // Texts of limited length.
    "at_most_three(\"a\" ++ \"bä\") == \"abä\"",
    "at_most_two(none) is none and at_most_two(\"a\" ++ \"b\") == \"ab\"",
    "stored(\"a\" ++ \"bc\") == \"abc\" and named(\"a\" ++ \"bc\") == \"abc\"",
    "length(codes([\"ab\", \"a\" ++ \"b\"])) == 2",
    // Floats.
    "1.5f + 2f == 3.5f and 1f / 4f == 0.25f and -7f mod 3f == 2f and -(2f) == -2f",
    "float(3) == 3f and float(0.1) == 0.1f and decimal(0.1f) == 0.1 and whole(-2.7f) == -2",
    "0.1f + 0.2f != 0.3f and 0.1f + 0.2f > 0.3f",
    "round(2.5f) == 2f and round(2.345f, 2) == 2.35f and abs(-1f) == 1f and min(1f, 2f) == 1f",
    "\"{1.5f} {1e3f} {-0.25f}\" == \"1.5 1000 -0.25\" and text(2f) == \"2\"",
    "sum([1.5f, 2f]) == 3.5f and average([1f, 2f]) == 1.5f and max([1f, 3f, 2f]) == 3f and sorted([2f, 1f]) == [1f, 2f]",
    "decimal(1e-30f) == 0 and decimal(123456789.125f) == 123456789.125",
    // Whole numbers and decimals.
    "7 div 2 == 3",
    "-7 div 2 == -4",
    "-7 mod 2 == 1",
    "7 / 2 == 3.5",
    "1 + 2 * 3 == 7",
    "fact(10) == 3_628_800",
    "1.10 == 1.1",
    "0.1 + 0.2 == 0.3",
    "20% * 50 == 10",
    "round(2.5) == 2 and round(3.5) == 4 and round(2.345, 2) == 2.34",
    "whole(-2.7) == -2",
    "- (3 - 5) == 2",
    // Absent values.
    "half(4) == 2",
    "half(3) is none",
    "half(3) != 2",
    "half(3) == half(5)",
    "not (half(3) < 2) and not (half(3) >= 2)",
    "(half(3) ?? 9) == 9 and (half(4) ?? 9) == 2",
    "half(8)! + 1 == 5",
    // Choices.
    "grade(1) == \"one\" and grade(3) == \"few\" and grade(5) == \"five\" and grade(101) == \"many\" and grade(50) == \"some\"",
    "rate(none) == \"none\" and rate(hot) == \"hot\" and rate(cold) == \"not hot\"",
    "(if 1 < 2 then \"a\" else \"b\") == \"a\"",
    "1 < 2 and 2 <= 2 and 3 > 2 and 3 >= 3 and 1 != 2",
    "false or not false",
    "5 between 1 and 5 and not (6 between 1 and 5)",
    // Texts.
    "\"a\" ++ \"b\" == \"ab\"",
    "\"{1 + 1} is {true}\" == \"2 is true\"",
    "\"<{half(3)}>\" == \"<>\" and \"<{half(4)}>\" == \"<2>\"",
    "\"abc\" contains \"bc\" and \"abc\" starts with \"ab\" and \"abc\" ends with \"c\"",
    "\"abc\" < \"abd\"",
    "length(\"äöü\") == 3",
    "\"DE-42\" matches r\"^[A-Z]{2}-[0-9]+$\" and not (\"de\" matches \"[A-Z]\") and not (half_text(3) matches \"\")",
    // Lists.
    "2 in [1, 2, 3] and not (4 in [1, 2, 3])",
    "[1, 2, 3] contains 3",
    "[1, 2] == [1, 2] and [1, 2] != [2, 1]",
    "length([1, 2, 3]) == 3",
    "[10, 20, 30][1] == 20",
    "sum([1, 2, 3]) == 6",
    "(find x in [3, 1, 2] where x > 1 order by x select x * 10) == [20, 30]",
    "(find x in [3, 1, 2] order by x limit 2) == [1, 2]",
    "(count x in [3, 1, 2] where x > 1) == 2",
    "exists x in [3, 1, 2] where x == 2",
    "(find one x in [3, 1, 2] where x < 3) == 1",
    "(find one x in [3, 1, 2] order by x) == 1",
    "first([4, 5]) == 4 and last([4, 5]) == 5",
    "join([\"a\", \"b\"], \"-\") == \"a-b\"",
    // Records.
    "Point { x: 1, y: 2 } == Point { x: 1, y: 2 }",
    "moved(Point { x: 1, y: 2 }, 5).x == 6",
    "updated_line().to.x == 30 and updated_line().from.y == 2 and updated_line().label == \"moved\"",
    // Enums.
    "label_of(hot) == \"Hot 3 Hot\"",
    "is_hot(hot) and not is_hot(cold)",
    // Money.
    "10 USD * 3 == 30 USD",
    "10 USD / 4 == 2.50 USD",
    "10 USD / 4 USD == 2.5",
    "10 USD - 12 USD < 0 USD",
    // Time.
    "@2026-01-31 + 1 month == @2026-02-28",
    "@2026-03-01 - @2026-02-01 == 28 days",
    "@2026-03-28T09:00[Europe/Berlin] + 1 day == @2026-03-29T09:00[Europe/Berlin]",
    "@2026-03-28T09:00[Europe/Berlin] + 24 hours == @2026-03-29T10:00[Europe/Berlin]",
    "2 weeks == 14 days",
    "@09:30 + 90 minutes == @11:00 and @23:00 + 2 hours == @01:00 and @01:00 - 2 hours == @23:00",
    "@09:30 - @11:00 == -(90 minutes) and @11:00 - @09:30 == 1 hour 30 minutes",
    "@09:30 < @09:31 and min(@10:00, @09:00) == @09:00 and @09:30 between @09:30 and @10:00",
    "hour(@09:30) == 9 and minute(@09:30:59) == 30",
    "sorted([@10:00, @09:00]) == [@09:00, @10:00]",
    // Faults.
    "tried(1) == \"ab1fe\"",
    "tried(4) == \"ac[4 is too much]fe\"",
    "tried(2) == \"ab2r\"",
    "loops(9) == \"1.3.4..\"",
    "deep(0) == -1 and deep(5) == 2",
];

/// Each ends with a fault of this code.
const FAULTS: &[(&str, &str)] = &[
    ("9_223_372_036_854_775_807 + 1 == 0", "R0101"),
    ("1 div 0 == 0", "R0102"),
    ("half(3)! == 1", "R0103"),
    ("[1, 2][2] == 1", "R0104"),
    ("@09:30 + days(1) == @09:30", "R0202"),
    ("checked(4) == 1", "Refused"),
    ("1e308f * 10f == 0f", "R0107"),
    ("1f / 0f == 0f", "R0102"),
    ("decimal(1e30f) == 0", "R0101"),
    ("whole(1e19f) == 0", "R0101"),
    ("length(codes([\"ab\", \"abc\" ++ \"d\"])) == 2", "R0110"),
    ("at_most_three(\"fo\" ++ \"ur\") == \"\"", "R0110"),
    ("at_most_two(\"ab\" ++ \"c\") is none", "R0110"),
    ("stored(\"fo\" ++ \"ur\") == \"\"", "R0110"),
    ("named(\"fo\" ++ \"ur\") is none", "R0110"),
];

/// A program with a function for each entry of the tables, and their names.
pub(super) fn program_of_the_tables() -> (String, Vec<String>) {
    let mut source = PRELUDE.to_owned();
    let mut names = Vec::new();
    let mut add = |name: String, body: String| {
        source.push_str(&format!("fn {name}() -> bool {{ {body} }}\n"));
        names.push(name);
    };
    for (index, truth) in TRUTHS.iter().enumerate() {
        add(format!("truth_{index}"), format!("return {truth}"));
        add(format!("branch_{index}"), format!("if {truth} {{ return true }} return false"));
    }
    for (index, (fault, _)) in FAULTS.iter().enumerate() {
        add(format!("fault_{index}"), format!("return {fault}"));
    }
    (source, names)
}

#[test]
fn expressions_mean_what_the_language_says() {
    let program = compile(&program_of_the_tables().0);
    let mut wrong = Vec::new();
    for (index, truth) in TRUTHS.iter().enumerate() {
        for kind in ["truth", "branch"] {
            let result = run(&program, &format!("{kind}_{index}"), &[]);
            if result != Ok(Value::Bool(true)) {
                wrong.push(format!("{kind} {truth}: {result:?}"));
            }
        }
    }
    for (index, (fault, code)) in FAULTS.iter().enumerate() {
        let result = run(&program, &format!("fault_{index}"), &[]);
        if result != Err((*code).to_owned()) {
            wrong.push(format!("{fault}: {result:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
