//! The engine: what happens to records, and the life of process instances, on a store.

pub mod store;
