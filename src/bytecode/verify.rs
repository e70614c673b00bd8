//! The verifier: the only way from a module to a program.
//!
//! A module that is accepted can only stop with a listed trap: every index is in range, every operand is of the exact
//! kinds that the instruction table asks for, jumps end on instructions, no function is fallen off, requests to the
//! host have the signature of their operation, and what suspension points store is what liveness computes.
//!
//! In order: types and records, tables, requests, functions one by one, suspension points.

mod code;
mod flows;
mod sites;
mod tables;
mod types;

use std::fmt;

use super::{
    isa::Instruction,
    module::Module,
    types::{FuncIdx, RecordIdx, TypeDef, TypeIdx},
};
use crate::base::value::Value;

/// Why a module is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// The function, if it is about one.
    pub function: Option<FuncIdx>,
    /// The instruction, if it is about one.
    pub pc: Option<u32>,
    /// What is wrong.
    pub reason: String,
}

impl VerifyError {
    /// About the module's tables.
    fn table(reason: impl Into<String>) -> Self {
        Self { function: None, pc: None, reason: reason.into() }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.function, self.pc) {
            (Some(function), Some(pc)) => write!(f, "function {}, instruction {pc}: {}", function.0, self.reason),
            (Some(function), None) => write!(f, "function {}: {}", function.0, self.reason),
            _ => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for VerifyError {}

/// What the verifier found out, for who prepares the program.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// The instructions of each function.
    pub code: Vec<Vec<Instruction>>,
}

/// Checks a module.
///
/// # Errors
/// With the first thing that is wrong.
pub fn verify(module: &Module) -> Result<Verified, VerifyError> {
    types::check(module)?;
    tables::check(module)?;
    flows::check(module)?;
    sites::check(module)?;
    code::check(module)
}

/// Refuses unless it holds.
fn ensure(holds: bool, reason: impl FnOnce() -> String) -> Result<(), VerifyError> {
    if holds { Ok(()) } else { Err(VerifyError::table(reason())) }
}

/// Whether a constant is a value of a type. Types were checked before, so this ends.
pub(crate) fn fits(module: &Module, value: &Value, ty: TypeIdx) -> bool {
    let Some(def) = module.ty(ty) else { return false };
    match (def, value) {
        (TypeDef::Optional(_), Value::None) => true,
        (TypeDef::Optional(inner), value) => fits(module, value, *inner),
        (TypeDef::Bool, Value::Bool(_))
        | (TypeDef::Date, Value::Date(_))
        | (TypeDef::DateTime, Value::DateTime(_))
        | (TypeDef::Decimal, Value::Decimal(_))
        | (TypeDef::Duration, Value::Duration(_))
        | (TypeDef::Enum(_), Value::Enum(_))
        | (TypeDef::Instance, Value::Instance(_))
        | (TypeDef::Int, Value::Int(_))
        | (TypeDef::Money, Value::Money(_))
        | (TypeDef::AnyRef, Value::Ref(_)) => true,
        (TypeDef::Float, Value::Float(number)) => number.is_finite(),
        (TypeDef::Time, Value::Time(micros)) => (0..86_400_000_000).contains(micros),
        (TypeDef::Text, Value::Text(text)) => text.len() <= crate::base::limits::TEXT_BYTES_MAX,
        (TypeDef::MoneyIn(currency), Value::Money(money)) => money.currency == *currency,
        (TypeDef::Ref(entity), Value::Ref(record)) => record.entity == *entity,
        (TypeDef::List(element) | TypeDef::Set(element), Value::List(values)) => {
            values.iter().all(|value| fits(module, value, *element))
        }
        (TypeDef::Record(record), value) => fits_record(module, value, *record),
        _ => false,
    }
}

/// Whether a value is one of a record type.
pub(crate) fn fits_record(module: &Module, value: &Value, record: RecordIdx) -> bool {
    let Value::Record(values) = value else { return false };
    module.record(record).is_some_and(|def| {
        def.fields.len() == values.len()
            && def.fields.iter().zip(values).all(|(field, value)| fits(module, value, field.ty))
    })
}
