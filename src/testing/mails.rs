//! Mails of tests: users get an address from their name, and what was sent is looked for.

use crate::{
    base::value::{EntityIdx, Value},
    bytecode::module::Module,
    engine::{Engine, Write, faults::Answer, post::SentMail},
};

/// What the addresses of users end with.
const HOST: &str = "example.test";

/// The address of a user whom a test is given without one.
pub(super) fn address_of_user(module: &Module, entity: EntityIdx, writes: &[Write]) -> Option<Write> {
    let (_, def) = module.entity_by_name("User").filter(|(user, _)| *user == entity)?;
    let (name, _) = def.field_by_name("name")?;
    let (email, _) = def.field_by_name("email")?;
    if writes.iter().any(|write| write.field == email) {
        return None;
    }
    match &writes.iter().find(|write| write.field == name)?.value {
        Value::Text(name) => Some(Write::set(email, Value::Text(address(name)))),
        _ => None,
    }
}

/// `Ann Bee` is `ann.bee@example.test`.
fn address(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_ascii_lowercase).collect();
    let name = if words.is_empty() { "user".to_owned() } else { words.join(".") };
    format!("{name}@{HOST}")
}

/// What is wrong with the mails that were sent, if anything is.
pub(super) fn expect_sent(
    engine: &mut Engine,
    template: &str,
    to: Option<&Value>,
    negated: bool,
) -> Answer<Option<String>> {
    let wanted: Vec<&str> = match to {
        Some(Value::List(addresses)) => addresses
            .iter()
            .filter_map(|address| match address {
                Value::Text(address) => Some(address.as_str()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let all = engine.sent_mails()?;
    let fits = |mail: &&SentMail| {
        let got = |address: &&str| mail.to.iter().any(|to| to.eq_ignore_ascii_case(address));
        mail.template == template && wanted.iter().all(got)
    };
    // Nobody is not everybody: a list that is empty was not written to.
    let is_sent = all.iter().any(|mail| fits(&mail)) && (to.is_none() || !wanted.is_empty());
    if is_sent != negated {
        return Ok(None);
    }
    let whom = if to.is_some() { format!(" to {}", words(&wanted)) } else { String::new() };
    if negated {
        return Ok(Some(format!("expected that no {template} was sent{whom}, and one was")));
    }
    let sent: Vec<String> = all.iter().map(told).collect();
    let sent = if sent.is_empty() { "no mail was".to_owned() } else { format!("what was sent is {}", sent.join("; ")) };
    Ok(Some(format!("expected that {template} was sent{whom}; {sent}")))
}

fn words<S: AsRef<str>>(addresses: &[S]) -> String {
    let all: Vec<&str> = addresses.iter().map(AsRef::as_ref).collect();
    if all.is_empty() { "nobody".to_owned() } else { all.join(", ") }
}

fn told(mail: &SentMail) -> String {
    let template = if mail.template.is_empty() { "a mail without template" } else { mail.template.as_str() };
    format!("{template} to {}", words(&mail.to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_get_an_address_from_their_name() {
        assert_eq!(address("Ann Bee"), "ann.bee@example.test");
        assert_eq!(address(" Dr. O'Neil "), "dr.o.neil@example.test");
        assert_eq!(address("李"), "user@example.test");
    }
}
