//! E06: clauses and parts that do not fit the kind of a process.
