//! The integration tests: one binary, one module for each subject.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "all of it is tests; the lints know only their functions as such"
)]

mod cli;
mod codegen;
mod crm;
mod differential;
mod docs;
mod embed;
mod engine;
mod examples;
mod format;
mod input;
mod machine;
mod mail;
mod mutate;
mod oracle;
mod sema;
mod store;
mod syntax;
mod tidy;
