//! Secrets: words that are known where requests are sent, and nowhere else.

use std::{collections::BTreeMap, fmt};

use crate::engine::outbox::Piece;

/// What the names of environment variables begin with that hold secrets.
pub const PREFIX: &str = "ABIDE_SECRET_";

/// What stands for a secret where people could read it.
const HIDDEN: &str = "***";

/// The secrets of a deployment by name.
#[derive(Clone, Default)]
pub struct Secrets {
    known: BTreeMap<String, String>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.known.keys()).finish()
    }
}

impl Secrets {
    /// Those of environment variables: `secret.crm_key` is `ABIDE_SECRET_CRM_KEY`.
    pub fn of_variables(variables: impl Iterator<Item = (String, String)>) -> Self {
        let named = variables.filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_lowercase(), value)));
        Self { known: named.collect() }
    }

    /// Adds those of a file: lines `name=value`; empty ones and those that begin with `#` say nothing.
    ///
    /// # Errors
    /// With the number of the first line that is none.
    pub fn add_lines(&mut self, text: &str) -> Result<(), usize> {
        for (number, line) in (1usize..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, value) = line.split_once('=').ok_or(number)?;
            self.known.insert(name.trim().to_lowercase(), value.trim().to_owned());
        }
        Ok(())
    }

    /// A text from its pieces; else the name of the secret that nobody gave.
    ///
    /// # Errors
    /// With that name.
    pub fn fill<'p>(&self, pieces: &'p [Piece]) -> Result<String, &'p str> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Secret(name) => text.push_str(self.known.get(name).ok_or(name.as_str())?),
            }
        }
        Ok(text)
    }

    /// A message in which no secret stands.
    #[must_use]
    pub fn hide(&self, message: &str) -> String {
        let told = self.known.values().filter(|secret| !secret.is_empty());
        told.fold(message.to_owned(), |message, secret| message.replace(secret.as_str(), HIDDEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Secrets::of_variables([variable("ABIDE_SECRET_KEY", "k1"), variable("HOME", "/")].into_iter())
    }

    #[test]
    fn secrets_come_from_variables_and_lines() {
        let mut secrets = secrets();
        secrets.add_lines("# those of the shop\n\nshop = a=b \nKEY=k2").unwrap();
        let pieces = [Piece::Text("Bearer ".to_owned()), Piece::Secret("key".to_owned())];
        assert_eq!(secrets.fill(&pieces), Ok("Bearer k2".to_owned()));
        assert_eq!(secrets.fill(&[Piece::Secret("shop".to_owned())]), Ok("a=b".to_owned()));
        assert_eq!(secrets.fill(&[Piece::Secret("other".to_owned())]), Err("other"));
        assert_eq!(secrets.add_lines("a=1\nb"), Err(2));
    }

    #[test]
    fn nobody_reads_a_secret() {
        assert_eq!(secrets().hide("401: k1 is no key"), "401: *** is no key");
        assert_eq!(format!("{:?}", secrets()), "{\"key\"}");
    }
}
