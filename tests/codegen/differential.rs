//! The machine against the reference evaluator: a table of expressions, and seeded random ones.

use abide::{
    base::value::Value,
    pipeline::{self, Front},
    project,
    sema::schema::FunctionId,
    testing::reference::Reference,
};

use super::{functions, run};

/// A generator of expressions; the same seed gives the same ones.
struct Random(u64, u32);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    /// A name that no other query binds.
    fn name(&mut self) -> String {
        self.1 += 1;
        format!("v{}", self.1)
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[usize::try_from(self.next(all.len() as u64)).unwrap()]
    }

    fn int(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.pick(&["a", "b", "0", "1", "-3", "7", "100", "40_000", "n.x"]).to_owned();
        }
        let d = depth - 1;
        match self.next(12) {
            0..=4 => {
                let op = self.pick(&["+", "-", "*", "div", "mod"]);
                format!("({} {op} {})", self.int(d), self.int(d))
            }
            5 => format!("(if {} then {} else {})", self.truth(d), self.int(d), self.int(d)),
            6 => format!("({} ?? {})", self.maybe(d), self.int(d)),
            7 => format!("(- {})", self.int(d)),
            8 => format!(
                "(match {} {{ 1 => {}, 2 or 3 => {}, else => {} }})",
                self.int(d),
                self.int(d),
                self.int(d),
                self.int(d)
            ),
            9 => {
                let (v, op) = (self.name(), self.pick(&["<", ">=", "=="]));
                format!("(count {v} in [{}, {}] where {v} {op} {})", self.int(d), self.int(d), self.int(d))
            }
            10 => format!("length({})", self.text(d)),
            _ => format!("whole({})", self.decimal(d)),
        }
    }

    fn maybe(&mut self, depth: u32) -> String {
        if depth == 0 {
            return "c".to_owned();
        }
        let d = depth - 1;
        match self.next(3) {
            0 => {
                let v = self.name();
                format!("(find one {v} in [{}, {}] where {v} > {})", self.int(d), self.int(d), self.int(d))
            }
            1 => {
                let v = self.name();
                format!("first(find {v} in [{}, b] where {v} != {} order by {v})", self.int(d), self.int(d))
            }
            _ => "c".to_owned(),
        }
    }

    fn truth(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.pick(&["true", "false", "p"]).to_owned();
        }
        let d = depth - 1;
        let op = self.pick(&["==", "!=", "<", "<=", ">", ">="]);
        match self.next(9) {
            0 | 1 => format!("({} {op} {})", self.int(d), self.int(d)),
            2 => format!("({} {op} {})", self.maybe(d), self.int(d)),
            3 => format!("({} {op} {})", self.decimal(d), self.decimal(d)),
            4 => format!("({} and {})", self.truth(d), self.truth(d)),
            5 => format!("({} or {})", self.truth(d), self.truth(d)),
            6 => format!("(not {})", self.truth(d)),
            7 => format!("({} {op} {})", self.text(d), self.text(d)),
            _ => format!("({} in [{}, {}])", self.int(d), self.int(d), self.int(d)),
        }
    }

    fn decimal(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.pick(&["0.5", "1.25", "-3.75", "20%", "e"]).to_owned();
        }
        let d = depth - 1;
        match self.next(5) {
            0 | 1 => {
                let op = self.pick(&["+", "-", "*", "/"]);
                format!("({} {op} {})", self.decimal(d), self.decimal(d))
            }
            2 => format!("({} / {})", self.int(d), self.int(d)),
            3 => format!("round({}, {})", self.decimal(d), self.next(3)),
            _ => format!("(if {} then {} else {})", self.truth(d), self.decimal(d), self.decimal(d)),
        }
    }

    fn text(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.pick(&["\"\"", "\"a\"", "\"Äb\"", "t"]).to_owned();
        }
        let d = depth - 1;
        match self.next(3) {
            0 => format!("({} ++ {})", self.text(d), self.text(d)),
            1 => format!("(if {} then {} else {})", self.truth(d), self.text(d), self.text(d)),
            _ => format!("\"<{{{}}} {{{}}} {{{}}}>\"", self.int(d), self.maybe(d), self.truth(0)),
        }
    }
}

/// Both say the same of a function, for these arguments; what the reference does not know is an error.
fn compare(front: &Front, source: &str, cases: &[(String, Vec<Value>)]) {
    assert!(!front.has_errors(), "{}\n{source}", abide::diag::render::short(&front.diagnostics, &front.sources));
    let project = &front.projects[0];
    let program = pipeline::compile(&front.sources, project).unwrap();
    let typed = &project.checked.program;
    let mut wrong = Vec::new();
    for (name, args) in cases {
        let index = typed.schema.functions.iter().position(|head| head.name == *name).unwrap();
        let mut reference = Reference::new(typed, jiff::tz::TimeZone::get("Europe/Berlin").unwrap());
        let function = FunctionId(u16::try_from(index).unwrap());
        let expected = reference.call(function, args.clone()).map_err(|fault| reference.code(&fault));
        let actual = run(&program, name, args);
        if expected != actual {
            let line = source.lines().find(|line| line.contains(&format!("fn {name}("))).unwrap_or_default();
            wrong.push(format!("{line} of {args:?}: reference {expected:?}, machine {actual:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_reference_agrees_about_the_table_of_expressions() {
    let (source, names) = functions::program_of_the_tables();
    let front = pipeline::check(project::load_text("test.proc", source.clone().into()));
    let cases: Vec<(String, Vec<Value>)> = names.into_iter().map(|name| (name, Vec::new())).collect();
    compare(&front, &source, &cases);
}

#[test]
fn the_reference_agrees_about_random_expressions() {
    let mut random = Random(0x5EED_CAFE_F00D_0001, 0);
    let mut source = "record N { x: int }\n".to_owned();
    let mut cases = Vec::new();
    let params = "a: int, b: int, c: int?, p: bool, e: decimal, t: text, n: N";
    for index in 0..300 {
        let (ty, value) = match index % 5 {
            0 => ("int", random.int(3)),
            1 => ("bool", random.truth(3)),
            2 => ("decimal", random.decimal(3)),
            3 => ("text", random.text(2)),
            _ => ("int?", random.maybe(2)),
        };
        source.push_str(&format!("fn f{index}({params}) -> {ty} {{ return {value} }}\n"));
        for (a, b, c) in [(0, 1, None), (7, -2, Some(3)), (-40, 3, Some(0))] {
            let args = vec![
                Value::Int(a),
                Value::Int(b),
                c.map_or(Value::None, Value::Int),
                Value::Bool(a > b),
                Value::Decimal("2.5".parse().unwrap()),
                Value::Text("t".to_owned()),
                Value::Record(vec![Value::Int(b - a)]),
            ];
            cases.push((format!("f{index}"), args));
        }
    }
    let front = pipeline::check(project::load_text("test.proc", source.clone().into()));
    compare(&front, &source, &cases);
}
