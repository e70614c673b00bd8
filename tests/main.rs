//! The integration tests: one binary, one module for each subject.

mod codegen;
mod docs;
mod examples;
mod sema;
mod store;
