//! The wording of all messages: one named constructor a mistake, one file a family.

pub mod activities;
pub mod branches;
pub mod calls;
pub mod entities;
pub mod facts;
pub mod flows;
pub mod forms;
pub mod kinds;
pub mod mails;
pub mod names;
pub mod private;
pub mod records;
pub mod roles;
pub mod rules;
pub mod settings;
pub mod signals;
pub mod triggers;
pub mod types;
pub mod uses;
pub mod waits;

/// `` `a` ``, `` `a` or `b` ``, `` `a`, `b` or `c` ``.
#[must_use]
pub fn quoted_list<S: AsRef<str>>(names: &[S], joiner: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {joiner} {last}", rest.join(", ")),
    }
}
