//! Tests of the machine: programs written with the assembler.

mod control;
mod faults;
mod refusals;
mod values;

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{
    machine::{Machine, Outcome},
    program::Program,
};
use crate::{
    base::value::{Currency, EntityIdx, Value},
    bytecode::{
        builder::{Built, FunctionBuilder, finish_points},
        host::{HostOp, HostSite},
        isa::Instruction,
        module::DefaultDef,
        module::{
            Debug, EntityDef, EnumDef, FieldDef, FunctionKind, MemberDef, Meta, Module, OnDelete, ParamDef, PointDef,
            PointKind, RecordDef, RecordKind, SystemField,
        },
        types::{EnumIdx, FieldIdx, FuncIdx, PointIdx, RecordIdx, SiteIdx, SlotIdx, SlotKind, TypeDef, TypeIdx},
    },
};

pub(super) const BOOL: TypeIdx = TypeIdx(0);
pub(super) const INT: TypeIdx = TypeIdx(1);
pub(super) const DECIMAL: TypeIdx = TypeIdx(2);
pub(super) const TEXT: TypeIdx = TypeIdx(3);
pub(super) const MONEY: TypeIdx = TypeIdx(4);
pub(super) const USD: TypeIdx = TypeIdx(5);
pub(super) const INTS: TypeIdx = TypeIdx(6);
pub(super) const MAYBE_INT: TypeIdx = TypeIdx(7);
pub(super) const LINE: TypeIdx = TypeIdx(8);
pub(super) const LINES: TypeIdx = TypeIdx(9);
pub(super) const REF: TypeIdx = TypeIdx(10);
pub(super) const ANY: TypeIdx = TypeIdx(11);
pub(super) const RATING: TypeIdx = TypeIdx(13);
pub(super) const DATETIME: TypeIdx = TypeIdx(14);
pub(super) const DURATION: TypeIdx = TypeIdx(15);
pub(super) const TEXTS: TypeIdx = TypeIdx(16);
pub(super) const INT_SET: TypeIdx = TypeIdx(17);
pub(super) const FLOAT: TypeIdx = TypeIdx(18);
pub(super) const KEY: TypeIdx = TypeIdx(19);
pub(super) const KEYS: TypeIdx = TypeIdx(20);

/// `record Line { quantity: int, price: decimal, name: text }`.
pub(super) const LINE_RECORD: RecordIdx = RecordIdx(0);
/// `error Refused { reason: text }`.
pub(super) const REFUSED_RECORD: RecordIdx = RecordIdx(1);
/// Keys: `int?`, `text`.
pub(super) const KEY_RECORD: RecordIdx = RecordIdx(2);

fn param(name: &str, ty: TypeIdx) -> ParamDef {
    ParamDef { name: name.to_owned(), ty, default: None }
}

/// A module with a few types and no code.
pub(super) fn module() -> Module {
    let field = |name: &str, ty, system| FieldDef {
        name: name.to_owned(),
        column: name.to_owned(),
        ty,
        system,
        default: DefaultDef::None,
        low: None,
        high: None,
        text_max: None,
        places: None,
        numbering: Vec::new(),
        on_delete: OnDelete::Restrict,
        caseless: false,
        private: false,
    };
    let record = |name: &str, is_error, fields| RecordDef {
        name: name.to_owned(),
        kind: if is_error { RecordKind::Error } else { RecordKind::Plain },
        fields,
    };
    Module {
        meta: Meta {
            name: "test".to_owned(),
            version: "1.0".to_owned(),
            currency: Currency(*b"EUR"),
            zone: "Europe/Berlin".to_owned(),
            tzdb: String::new(),
            compiler: String::new(),
        },
        types: vec![
            TypeDef::Bool,
            TypeDef::Int,
            TypeDef::Decimal,
            TypeDef::Text,
            TypeDef::Money,
            TypeDef::MoneyIn(Currency(*b"USD")),
            TypeDef::List(INT),
            TypeDef::Optional(INT),
            TypeDef::Record(LINE_RECORD),
            TypeDef::List(LINE),
            TypeDef::Ref(EntityIdx(0)),
            TypeDef::AnyRef,
            TypeDef::Record(REFUSED_RECORD),
            TypeDef::Enum(EnumIdx(0)),
            TypeDef::DateTime,
            TypeDef::Duration,
            TypeDef::List(TEXT),
            TypeDef::Set(INT),
            TypeDef::Float,
            TypeDef::Record(KEY_RECORD),
            TypeDef::List(KEY),
        ],
        enums: vec![EnumDef {
            name: "Rating".to_owned(),
            members: vec![
                MemberDef { name: "cold".to_owned(), value: 0, label: "Cold".to_owned() },
                MemberDef { name: "hot".to_owned(), value: 7, label: "Hot!".to_owned() },
            ],
        }],
        records: vec![
            record("Line", false, vec![param("quantity", INT), param("price", DECIMAL), param("name", TEXT)]),
            record("Refused", true, vec![param("reason", TEXT)]),
            record("Key", false, vec![param("number", MAYBE_INT), param("name", TEXT)]),
        ],
        entities: vec![EntityDef {
            name: "Deal".to_owned(),
            table: "deal".to_owned(),
            owned_by_user: false,
            creatable: true,
            audited: false,
            activity: false,
            fields: vec![field("id", INT, Some(SystemField::Id)), field("title", TEXT, None)],
            states: None,
            unique: Vec::new(),
            shown_as: None,
            hierarchy: None,
        }],
        consts: Vec::new(),
        functions: Vec::new(),
        processes: Vec::new(),
        sites: vec![
            HostSite {
                op: HostOp::ReadField { entity: EntityIdx(0), field: FieldIdx(1) },
                args: vec![REF],
                result: Some(TEXT),
            },
            HostSite { op: HostOp::Log, args: vec![TEXT], result: None },
        ],
        queries: Vec::new(),
        configs: Vec::new(),
        particulars: Vec::new(),
        forms: Vec::new(),
        roles: Vec::new(),
        flows: Vec::new(),
        points: Vec::new(),
        tests: Vec::new(),
        debug: Debug { files: vec!["a.proc".to_owned()], ..Debug::default() },
    }
}

/// The reading of a deal's title.
pub(super) const READ_TITLE: SiteIdx = SiteIdx(0);
/// `log`.
pub(super) const LOG: SiteIdx = SiteIdx(1);

/// Adds a constant.
pub(super) fn constant(module: &mut Module, value: Value) -> crate::bytecode::types::ConstIdx {
    module.consts.push(value);
    crate::bytecode::types::ConstIdx(u16::try_from(module.consts.len() - 1).unwrap())
}

/// Begins a function of these parameters.
pub(super) fn function(
    module: &Module,
    kind: FunctionKind,
    params: &[TypeIdx],
    result: Option<TypeIdx>,
) -> FunctionBuilder {
    let mut builder = FunctionBuilder::new(&module.types, "body".to_owned(), kind, params.to_vec(), result);
    builder.line(0, 1, 1, "First");
    builder
}

/// Adds a built function.
pub(super) fn add(module: &mut Module, builder: FunctionBuilder) -> FuncIdx {
    let Built { function, lines, names } = builder.finish().unwrap();
    module.functions.push(function);
    module.debug.lines.push(lines);
    module.debug.names.push(names);
    FuncIdx(u32::try_from(module.functions.len() - 1).unwrap())
}

/// Adds a suspension point at an instruction that comes next in the function that comes next.
pub(super) fn point(module: &mut Module, builder: &mut FunctionBuilder) -> PointIdx {
    let point = PointIdx(u32::try_from(module.points.len()).unwrap());
    let function = FuncIdx(u32::try_from(module.functions.len()).unwrap());
    let pc = builder.emit(Instruction::Wait { point });
    module.points.push(PointDef {
        name: format!("P/wait/{}", point.0 + 1),
        kind: PointKind::Wait,
        function,
        pc,
        live: Vec::new(),
        names: Vec::new(),
        arms: Vec::new(),
        handles_deletion: false,
        size_bound: 0,
    });
    point
}

/// Verifies.
pub(super) fn program(mut module: Module) -> Arc<Program> {
    finish_points(&mut module).unwrap();
    Arc::new(Program::new(module).unwrap())
}

/// A machine at the beginning of a function.
pub(super) fn machine(program: &Arc<Program>, function: FuncIdx, args: &[Value]) -> Machine {
    Machine::new(program, function, args, TimeZone::get("Europe/Berlin").unwrap()).unwrap()
}

/// Runs a function to its end.
pub(super) fn run(program: &Arc<Program>, function: FuncIdx, args: &[Value]) -> Outcome {
    machine(program, function, args).step(&mut 10_000_000)
}

/// Runs a function that consists of what `write` emits: it is given the builder and the first slot after the
/// parameters, and returns the slot of the result.
pub(super) fn compute(
    params: &[TypeIdx],
    args: &[Value],
    result: TypeIdx,
    write: impl FnOnce(&mut Module, &mut FunctionBuilder) -> SlotIdx,
) -> Outcome {
    let mut module = module();
    let mut builder = function(&module, FunctionKind::Pure, params, Some(result));
    let from = write(&mut module, &mut builder);
    builder.emit(Instruction::Return { from });
    let function = add(&mut module, builder);
    run(&program(module), function, args)
}

/// The value of a function that ends.
pub(super) fn done(outcome: Outcome) -> Value {
    match outcome {
        Outcome::Done(Some(value)) => value,
        other => panic!("not done: {other:?}"),
    }
}

/// The code of a fault.
pub(super) fn code(outcome: Outcome) -> String {
    match outcome {
        Outcome::Faulted(fault) => fault.code,
        other => panic!("no fault: {other:?}"),
    }
}

/// A slot.
pub(super) fn slot(index: u16) -> SlotIdx {
    SlotIdx(index)
}

/// A slot of int.
pub(super) fn int(builder: &mut FunctionBuilder) -> SlotIdx {
    builder.add_slots(&[SlotKind::Int])
}
