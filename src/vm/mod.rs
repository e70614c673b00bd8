//! The machine that runs programs: no input or output, no clock, no recursion over calls of the language.
//!
//! A [`program::Program`] is a verified module, prepared to run. A [`machine::Machine`] is one running function body:
//! [`step`](machine::Machine::step) runs it until it ends, waits, asks the host or runs out of fuel. What it waits at
//! can be frozen to bytes and thawed by another machine ([`snapshot`]).
//!
//! - `run`: the loop with the instructions that are hot.
//! - `ops`: all other instructions, one file a family.
//! - `heap`, `collect`: texts, lists, records, faults, and the copy that leaves the dead behind.
//! - `values`: between slots and [`crate::base::value::Value`], by type.

mod collect;
pub mod fault;
mod heap;
pub mod machine;
mod ops;
pub mod program;
mod run;
mod shape;
pub mod snapshot;
#[cfg(test)]
mod tests;
mod values;
mod window;

pub(crate) use ops::multiply_amount;
