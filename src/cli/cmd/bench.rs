//! `abide bench`: how long a pure function takes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use crate::base::value::Value;
use crate::bytecode::module::{FunctionKind, Module};
use crate::bytecode::types::{FuncIdx, TypeDef, TypeIdx};
use crate::cli::args::BenchArgs;
use crate::cli::exit::Exit;
use crate::cli::target;
use crate::cli::term::Term;
use crate::vm::fault::told;
use crate::vm::machine::{Machine, Outcome};
use crate::vm::program::Program;

/// Calls are repeated until this much time has passed.
const MEASURED: Duration = Duration::from_millis(500);

pub(in crate::cli) fn run(args: &BenchArgs, term: &Term) -> Exit {
    let target = match target::load(&args.path, &args.report, term) {
        Ok(target) => target,
        Err(exit) => return exit,
    };
    let refused = |message: String| {
        term.err(&format!("error: {message}\n"));
        Exit::Usage
    };
    let module = target.program.module();
    let is_wanted = |name: &str, kind| name == args.function && kind == FunctionKind::Pure;
    let found = (0..).zip(&module.functions).find(|(_, function)| is_wanted(&function.name, function.kind));
    let Some((index, function)) = found else {
        return refused(format!("there is no `fn {}`", args.function));
    };
    if function.params.len() != args.args.len() {
        return refused(format!("`{}` takes {} arguments", args.function, function.params.len()));
    }
    let mut values = Vec::with_capacity(args.args.len());
    for (ty, text) in function.params.iter().zip(&args.args) {
        match value(module, *ty, text) {
            Some(value) => values.push(value),
            None => return refused(format!("`{text}` is no value of the parameter's type")),
        }
    }
    match measure(&target.program, FuncIdx(index), &values) {
        Ok((result, best)) => {
            term.out(&report(&args.function, &values, &result, best));
            Exit::Fine
        }
        Err(problem) => {
            term.err(&format!("error: {problem}\n"));
            Exit::Wrong
        }
    }
}

/// Simple values as they are written in the language; texts without quotes.
fn value(module: &Module, ty: TypeIdx, text: &str) -> Option<Value> {
    match module.ty(ty)? {
        TypeDef::Bool => text.parse().ok().map(Value::Bool),
        TypeDef::Decimal => text.parse().ok().map(Value::Decimal),
        TypeDef::Float => text.parse().ok().map(Value::Float),
        TypeDef::Int => text.replace('_', "").parse().ok().map(Value::Int),
        TypeDef::Text => Some(Value::Text(text.to_owned())),
        _ => None,
    }
}

/// The result and the time of the fastest call.
fn measure(program: &Arc<Program>, function: FuncIdx, args: &[Value]) -> Result<(Value, Duration), String> {
    let begun = Instant::now();
    let mut best = Duration::MAX;
    loop {
        let mut machine = Machine::new(program, function, args, TimeZone::UTC).map_err(|error| format!("{error:?}"))?;
        let mut fuel = u64::MAX;
        let start = Instant::now();
        let outcome = machine.step(&mut fuel);
        best = best.min(start.elapsed());
        let result = match outcome {
            Outcome::Done(result) => result.unwrap_or(Value::None),
            Outcome::Faulted(fault) => return Err(told(&fault.code, ": ", &fault.message)),
            _ => return Err("the function reads records, which a bench has none of".to_owned()),
        };
        if begun.elapsed() >= MEASURED {
            return Ok((result, best));
        }
    }
}

/// A last argument that is a whole number is how many iterations a call makes.
fn report(name: &str, args: &[Value], result: &Value, best: Duration) -> String {
    let nanos = best.as_nanos();
    let whole = format!("{name}: {result:?}, {nanos} ns a call");
    match args.last() {
        Some(Value::Int(n)) if *n > 1 => {
            let tenths = nanos * 10 / u128::from(n.unsigned_abs());
            format!("{whole}, {}.{} ns an iteration of {n}\n", tenths / 10, tenths % 10)
        }
        _ => format!("{whole}\n"),
    }
}
