//! E04: declarations of entities, enums and records.
