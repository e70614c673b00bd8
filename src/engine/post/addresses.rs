//! Whom a line of a mail means, and where people find a record.

use crate::{
    base::value::{RecordRef, Value},
    engine::{
        Engine,
        faults::{self, Answer},
        store::Condition,
        texts::StoreText,
    },
};

/// Characters of a mail address, as servers take them.
const ADDRESS_MAX: usize = 254;

/// Members of a team that one look at the store gives.
const MEMBERS_MAX: u32 = 256;

/// The address in a text, `ann@example.com` or `Ann <ann@example.com>`, if it can be one.
pub(crate) fn usable(text: &str) -> Option<&str> {
    let text = text.trim();
    let bare = match text.strip_suffix('>') {
        Some(rest) => rest.rsplit_once('<')?.1,
        None => text,
    };
    let (name, host) = bare.split_once('@')?;
    let is_plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_graphic() && !"<>()[],;:\\\"@".contains(c));
    let is_whole = |part: &str| !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
    let fits = bare.len() <= ADDRESS_MAX && [name, host].into_iter().all(|part| is_plain(part) && is_whole(part));
    fits.then_some(bare)
}

impl Engine {
    /// The addresses that a line of a mail means: its name, then whom it names.
    pub(crate) fn addresses(&mut self, args: &[Value]) -> Answer<Value> {
        let Some((Value::Text(line), parties)) = args.split_first() else {
            return Err(faults::unknown_request("a line of a mail"));
        };
        let mut found: Vec<String> = Vec::new();
        for party in parties {
            self.add_addresses(line, party, &mut found)?;
        }
        Ok(Value::List(found.into_iter().map(Value::Text).collect()))
    }

    fn add_addresses(&mut self, line: &str, party: &Value, into: &mut Vec<String>) -> Answer<()> {
        let mut add = |address: &str| {
            if !into.iter().any(|known| known == address) {
                into.push(address.to_owned());
            }
        };
        match party {
            Value::None => {}
            Value::Text(text) if text.trim().is_empty() => {}
            Value::Text(text) => match usable(text) {
                Some(address) => add(address),
                None => return Err(faults::no_address(format!("`{line}`"), format!("\"{text}\" is no address"))),
            },
            Value::Ref(record) => {
                let found = self.addresses_of(*record)?;
                found.iter().for_each(|address| add(address));
            }
            Value::List(parties) => {
                for party in parties {
                    self.add_addresses(line, party, into)?;
                }
            }
            _ => return Err(faults::unknown_request("somebody to write to")),
        }
        Ok(())
    }

    /// The address of a record; a team without one stands for its members.
    fn addresses_of(&mut self, record: RecordRef) -> Answer<Vec<String>> {
        let def = self.entity(record.entity)?;
        let (entity, field) = (def.name.clone(), def.field_by_name("email").map(|(field, _)| field));
        let field = field.ok_or_else(|| faults::unknown_request(format!("an address of `{entity}`")))?;
        let found = match self.read_field(record, field)? {
            Value::Text(text) => usable(&text).map(str::to_owned).ok_or(format!("\"{text}\" in `{entity}.email`")),
            _ if entity == "Team" => {
                let members = self.addresses_of_members(record)?;
                if !members.is_empty() {
                    return Ok(members);
                }
                Err("neither `Team.email` nor that of a member has one".to_owned())
            }
            _ => Err(format!("`{entity}.email` is empty")),
        };
        match found {
            Ok(address) => Ok(vec![address]),
            Err(why) => {
                let name = self.name_for_people(record)?;
                Err(faults::no_address(format!("{} \"{name}\"", self.identity(record)), why))
            }
        }
    }

    /// The addresses of the members of a team who have one.
    fn addresses_of_members(&mut self, team: RecordRef) -> Answer<Vec<String>> {
        let Some((entity, def)) = self.module().entity_by_name("TeamMember") else { return Ok(Vec::new()) };
        let fields = ["team", "user"].map(|name| def.field_by_name(name).map(|(field, _)| field));
        let [Some(of), Some(user)] = fields else { return Ok(Vec::new()) };
        let is_member = [Condition::equal(of, Value::Ref(team))];
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let batch = self.store.candidates(entity, &is_member, after, MEMBERS_MAX)?;
            let Some(last) = batch.last().copied() else { return Ok(found) };
            for id in batch {
                let Value::Ref(member) = self.read_field(RecordRef { entity, id }, user)? else { continue };
                let Some((email, _)) = self.entity(member.entity)?.field_by_name("email") else { continue };
                if let Value::Text(text) = self.read_field(member, email)? {
                    found.extend(usable(&text).map(str::to_owned));
                }
            }
            after = last;
        }
    }

    /// Where people find a record: the base address of this store, the table, the id.
    pub(crate) fn url(&self, record: RecordRef) -> String {
        let place = self.identity(record).replacen(':', "/", 1);
        format!("{}/{place}", self.text(StoreText::UrlBase).trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_texts() {
        for (text, address) in [
            ("ann@example.com", Some("ann@example.com")),
            (" Ann Bee <ann.bee+x@example.com> ", Some("ann.bee+x@example.com")),
            ("ann", None),
            ("ann@", None),
            ("@example.com", None),
            ("ann@b@example.com", None),
            ("ann..bee@example.com", None),
            ("ann@example.com, bo@example.com", None),
            ("ann\r\nBcc: x@example.com", None),
            ("ann <ann@example.com", None),
            ("änn@example.com", None),
        ] {
            assert_eq!(usable(text), address, "{text}");
        }
        assert_eq!(usable(&format!("{}@example.com", "a".repeat(243))), None);
    }
}
