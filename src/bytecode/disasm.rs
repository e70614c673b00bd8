//! Listings of modules: what was compiled, for people and for the golden files of tests.
//!
//! A line is an instruction: its place, its name, its operands. Slots are `s3`, or `s3:deal` where they have a name.
//! Damaged modules are listed too, as far as they make sense; nothing here relies on the verifier.

use std::fmt::Write;

use super::{
    isa::{Instruction, Operand, Role, Table},
    module::{Function, Module, ProcessDef, Scope},
    types::{FuncIdx, TypeDef, TypeIdx},
};
use crate::base::value::Value;

/// The listing of a module: its functions, then its suspension points.
#[must_use]
pub fn module(module: &Module) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "; {} {}", module.meta.name, module.meta.version);
    for index in 0..module.functions.len() {
        if let Ok(index) = u32::try_from(index) {
            out.push('\n');
            out.push_str(&function(module, FuncIdx(index)));
        }
    }
    let clauses: Vec<String> = module.processes.iter().filter_map(|process| clauses(module, process)).collect();
    if !clauses.is_empty() {
        let _ = writeln!(out, "\n{}", clauses.join("\n"));
    }
    if !module.points.is_empty() {
        out.push('\n');
    }
    for point in &module.points {
        let names: Vec<&str> = point.names.iter().map(|live| live.name.as_str()).collect();
        let live = point.live.len();
        let _ = writeln!(out, "point {} ({:?}): {live} slots live, {}", point.name, point.kind, names.join(", "));
    }
    out
}

/// What the engine keeps to when it starts a process, if anything.
fn clauses(module: &Module, process: &ProcessDef) -> Option<String> {
    let limit = process.limit.as_ref().map(|limit| {
        let per = limit.per.as_ref().and_then(|per| module.function(per.function));
        let per = per.map_or_else(String::new, |function| format!(" per {}", function.name));
        format!("limit {} at once{per} {:?}", limit.count, limit.when_full)
    });
    let scope = (process.scope != Scope::Organization).then(|| format!("scope {:?}", process.scope));
    let all: Vec<String> = limit.into_iter().chain(scope).collect();
    (!all.is_empty()).then(|| format!("process {}: {}", process.name, all.join(", ")))
}

/// The listing of one function; empty if there is no such function.
#[must_use]
pub fn function(module: &Module, index: FuncIdx) -> String {
    let Some(function) = module.function(index) else { return String::new() };
    let mut out = String::new();
    let params: Vec<String> = function.params.iter().map(|ty| type_name(module, *ty)).collect();
    let result = function.result.map_or(String::new(), |ty| format!(" -> {}", type_name(module, ty)));
    let slots = function.slots.len();
    let kind = format!("{:?}", function.kind).to_lowercase();
    let _ = writeln!(out, "{kind} {}({}){result}, {slots} slots", function.name, params.join(", "));
    let mut lines = module.debug.lines.get(index.index()).into_iter().flatten().peekable();
    for (pc, word) in function.code.iter().enumerate() {
        let mut place = String::new();
        while let Some(line) = lines.next_if(|line| line.pc as usize <= pc) {
            place = format!("; line {}", line.line);
        }
        let text = match Instruction::decode(*word) {
            Some(instruction) => listing(module, index, function, instruction),
            None => format!("?? {:016x}", word.0),
        };
        let _ = writeln!(out, "{}", format!("{pc:5}  {text:<60}{place}").trim_end());
    }
    for handler in &function.handlers {
        let always = if handler.always { ", always" } else { "" };
        let (start, end, target, fault) = (handler.start, handler.end, handler.target, handler.fault.0);
        let _ = writeln!(out, "       handler {start}..{end} -> {target}, fault in s{fault}{always}");
    }
    out
}

/// An instruction with its operands.
fn listing(module: &Module, index: FuncIdx, function: &Function, instruction: Instruction) -> String {
    let operands: Vec<String> = instruction
        .operands()
        .iter()
        .zip(instruction.numbers())
        .map(|(operand, number)| operand_text(module, index, function, *operand, number))
        .collect();
    format!("{} {}", instruction.name(), operands.join(", ")).trim_end().to_owned()
}

fn operand_text(module: &Module, index: FuncIdx, function: &Function, operand: Operand, number: u32) -> String {
    let at = number as usize;
    match operand.role {
        Role::Put(_) | Role::Get(_) | Role::Edit(_) => slot(module, index, number),
        Role::Target => format!("-> {number}"),
        Role::Number => match operand.name {
            "value" if number > 0xFFFF => number.cast_signed().to_string(),
            "value" => u16::try_from(number).unwrap_or_default().cast_signed().to_string(),
            _ => number.to_string(),
        },
        Role::Index(Table::Const | Table::TextConst) => module.consts.get(at).map_or_else(String::new, constant),
        Role::Index(Table::Currency) => {
            let [a, b, c, _] = number.to_le_bytes();
            String::from_utf8_lossy(&[a, b, c]).into_owned()
        }
        Role::Index(Table::Entity) => module.entities.get(at).map_or_else(String::new, |def| def.name.clone()),
        Role::Index(Table::Enum) => module.enums.get(at).map_or_else(String::new, |def| def.name.clone()),
        Role::Index(Table::Function) => module.functions.get(at).map_or_else(String::new, |def| def.name.clone()),
        Role::Index(Table::Jumps) => jumps(function, at),
        Role::Index(Table::Point) => module.points.get(at).map_or_else(String::new, |def| format!("`{}`", def.name)),
        Role::Index(Table::Record) => module.records.get(at).map_or_else(String::new, |def| def.name.clone()),
        Role::Index(Table::Site) => module.sites.get(at).map_or_else(String::new, |def| format!("{:?}", def.op)),
        Role::Index(Table::Trap) => format!("R{number:04}"),
        Role::Index(Table::Type) => {
            u16::try_from(number).map_or_else(|_| String::new(), |ty| type_name(module, TypeIdx(ty)))
        }
    }
}

fn slot(module: &Module, index: FuncIdx, number: u32) -> String {
    let names = module.debug.names.get(index.index());
    match names.and_then(|names| names.iter().find(|scope| u32::from(scope.name.slot.0) == number)) {
        Some(scope) => format!("s{number}:{}", scope.name.name),
        None => format!("s{number}"),
    }
}

fn jumps(function: &Function, index: usize) -> String {
    let Some(table) = function.tables.get(index) else { return String::new() };
    let targets: Vec<String> = table.targets.iter().map(ToString::to_string).collect();
    format!("from {}: {}, else {}", table.first, targets.join(" "), table.otherwise)
}

fn constant(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        other => format!("{other:?}"),
    }
}

/// A type in words.
#[must_use]
pub fn type_name(module: &Module, ty: TypeIdx) -> String {
    let named = |name: Option<&String>| name.cloned().unwrap_or_else(|| "?".to_owned());
    // INVARIANT: parts of a type stand before it; what does not is not followed.
    let part = |inner: TypeIdx| if inner < ty { type_name(module, inner) } else { "?".to_owned() };
    match module.ty(ty) {
        None => "?".to_owned(),
        Some(TypeDef::AnyRef) => "any".to_owned(),
        Some(TypeDef::Enum(index)) => named(module.enum_def(*index).map(|def| &def.name)),
        Some(TypeDef::List(inner)) => format!("list of {}", part(*inner)),
        Some(TypeDef::MoneyIn(currency)) => format!("money({currency})"),
        Some(TypeDef::Optional(inner)) => format!("{}?", part(*inner)),
        Some(TypeDef::Record(index)) => named(module.record(*index).map(|def| &def.name)),
        Some(TypeDef::Ref(entity)) => named(module.entity(*entity).map(|def| &def.name)),
        Some(TypeDef::Set(inner)) => format!("set of {}", part(*inner)),
        Some(simple) => format!("{simple:?}").to_lowercase(),
    }
}
