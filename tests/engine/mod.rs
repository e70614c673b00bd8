//! The engine on both stores: operations, instances, and what is left after a crash.

mod activities;
mod amounts;
mod calls;
mod deployment;
mod disk;
mod failures;
mod faults;
mod fields;
mod groups;
mod instances;
mod kill;
mod load;
mod loops;
mod migration;
mod mortal;
mod numbering;
mod operations;
mod power;
mod relations;
mod retention;
mod scenarios;
mod scope;
mod settings;
mod signals;
mod slots;
mod world;
