//! Abide: a statically typed language for business processes, its compiler, and a durable runtime.
//!
#![doc = include_str!("ARCHITECTURE.md")]

pub mod base;
pub mod bytecode;
pub mod cli;
pub mod codegen;
pub mod data;
pub mod diag;
pub mod engine;
pub mod format;
pub mod mail;
pub mod outside;
pub mod pipeline;
pub mod project;
pub mod sandbox;
pub mod sema;
pub mod simulation;
pub mod syntax;
pub mod testing;
pub mod vm;
