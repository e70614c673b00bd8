//! The integration tests: one binary, one module for each subject.

mod codegen;
mod docs;
mod examples;
mod engine;
mod sema;
mod store;
