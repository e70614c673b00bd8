//! Exactness against an independent oracle: the tables of this folder were written by `make.py` with Python's `decimal`,
//! `datetime` and `zoneinfo`. Each row is a call of a function of `functions.proc`.

use std::sync::Arc;

use abide::{
    base::{
        rates,
        value::{Duration, Value},
    },
    bytecode::types::{FuncIdx, TypeDef, TypeIdx},
    data::convert,
    pipeline, project,
    vm::{
        machine::{Machine, Outcome},
        program::Program,
    },
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

fn program() -> Arc<Program> {
    let front = pipeline::check(project::load_text("functions.proc", include_str!("functions.proc").into()));
    assert!(!front.has_errors(), "{}", abide::diag::render::short(&front.diagnostics, &front.sources));
    pipeline::compile(&front.sources, &front.projects[0]).unwrap()
}

/// A cell as a value of the type.
fn read(program: &Program, ty: TypeIdx, cell: &str) -> Value {
    match program.module().ty(ty).unwrap() {
        TypeDef::Date => {
            let days = "1970-01-01".parse::<Date>().unwrap().duration_until(cell.parse().unwrap()).as_secs() / 86_400;
            Value::Date(i32::try_from(days).unwrap())
        }
        TypeDef::DateTime => Value::DateTime(cell.parse::<Timestamp>().unwrap().as_microsecond()),
        TypeDef::Decimal => Value::Decimal(convert::decimal(cell).unwrap()),
        TypeDef::Duration => {
            let parts: Vec<i64> = cell.split('/').map(|part| part.parse().unwrap()).collect();
            let [months, days] = [parts[0], parts[1]].map(|part| i32::try_from(part).unwrap());
            Value::Duration(Duration { months, days, micros: parts[2] })
        }
        TypeDef::Int => Value::Int(cell.parse().unwrap()),
        TypeDef::List(item) => Value::List(cell.split(", ").map(|item_cell| read(program, *item, item_cell)).collect()),
        TypeDef::MoneyIn(_) => Value::Money(convert::money(cell).unwrap()),
        TypeDef::Text => Value::Text(cell.to_owned()),
        other => panic!("no table has a {other:?}"),
    }
}

/// Compares each row of a table with what the machine gives.
fn agree(table: &str) {
    let program = program();
    let functions = &program.module().functions;
    let mut zone = TimeZone::UTC;
    let mut wrong = Vec::new();
    let mut rows = 0;
    for line in table.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        if cells[0] == "zone" {
            zone = TimeZone::get(cells[1]).unwrap();
            continue;
        }
        let index = functions.iter().position(|f| f.name == cells[0]).unwrap_or_else(|| panic!("no {}", cells[0]));
        let function = &functions[index];
        let (args, expected) = (&cells[1..cells.len() - 1], cells[cells.len() - 1]);
        let args: Vec<Value> = function.params.iter().zip(args).map(|(ty, cell)| read(&program, *ty, cell)).collect();
        let expected = match expected.strip_prefix('R') {
            Some(_) => Err(expected.to_owned()),
            None => Ok(read(&program, function.result.unwrap(), expected)),
        };
        let index = FuncIdx(u32::try_from(index).unwrap());
        let mut machine = Machine::new(&program, index, &args, zone.clone()).unwrap();
        let actual = match machine.step(&mut 100_000) {
            Outcome::Done(value) => Ok(value.unwrap()),
            Outcome::Faulted(fault) => Err(fault.code),
            other => panic!("{line} came to {other:?}"),
        };
        rows += 1;
        if actual != expected {
            wrong.push(format!("{line}: {actual:?}"));
        }
    }
    assert!(rows > 800, "the table is cut: {rows} rows");
    let first: Vec<&String> = wrong.iter().take(40).collect();
    assert!(wrong.is_empty(), "{} of {rows}: {first:#?}", wrong.len());
}

#[test]
fn decimals_are_exact() {
    agree(include_str!("decimal.tsv"));
}

#[test]
fn amounts_are_exact() {
    agree(include_str!("money.tsv"));
}

#[test]
fn conversions_are_exact() {
    let mut rows = 0;
    for line in include_str!("rates.tsv").lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let [amount, from, to, expected] = [1, 2, 3, 4].map(|index| cells[index]);
        let money = |cell: &str| convert::money(&format!("{cell} EUR")).unwrap().amount;
        let amount = money(amount);
        let [from, to] = [from, to].map(|cell| convert::decimal(cell).unwrap());
        let expected = expected.strip_prefix('R').map_or_else(|| Some(money(expected)), |_| None);
        assert_eq!(rates::converted(amount, from, to), expected, "{line}");
        rows += 1;
    }
    assert!(rows > 1_000, "the table is cut: {rows} rows");
}

#[test]
fn time_follows_calendar_and_zones() {
    agree(include_str!("time.tsv"));
}
