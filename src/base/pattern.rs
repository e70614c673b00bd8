//! Patterns of `matches`: regular expressions that take linear time, whatever text they meet.

use regex::{Regex, RegexBuilder};

use super::limits::{PATTERN_BYTES_MAX, PATTERN_NESTING_MAX, PATTERN_SIZE_MAX};

/// A pattern, ready to look for.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in a few words.
    pub fn new(text: &str) -> Result<Self, String> {
        // LIMIT: PATTERN_BYTES_MAX
        if text.len() > PATTERN_BYTES_MAX {
            return Err("it is too long".to_owned());
        }
        // LIMIT: PATTERN_SIZE_MAX, PATTERN_NESTING_MAX
        let mut builder = RegexBuilder::new(text);
        builder.size_limit(PATTERN_SIZE_MAX).dfa_size_limit(PATTERN_SIZE_MAX).nest_limit(PATTERN_NESTING_MAX);
        builder.build().map(Self).map_err(|error| reason(&error))
    }

    /// Whether it is somewhere in the text.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

/// The last line of the message: the others draw the pattern.
fn reason(error: &regex::Error) -> String {
    let message = error.to_string();
    let last = message.lines().last().unwrap_or_default();
    let last = last.strip_prefix("error: ").unwrap_or(last);
    if matches!(error, regex::Error::CompiledTooBig(_)) { "it is too large".to_owned() } else { last.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_looked_for_anywhere() {
        let code = Pattern::new(r"^[A-Z]{2}-\d+$").unwrap();
        assert!(code.is_in("DE-42") && !code.is_in("de-42") && !code.is_in("DE-42 "));
        assert!(Pattern::new("ä").unwrap().is_in("Bär"));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        assert_eq!(Pattern::new("(a").unwrap_err(), "unclosed group");
        assert_eq!(Pattern::new("a{1000}{1000}{1000}").unwrap_err(), "it is too large");
        assert_eq!(Pattern::new(&"a".repeat(2_000)).unwrap_err(), "it is too long");
        assert!(Pattern::new(r"(a)\1").is_err(), "what looks back takes more than linear time");
    }
}
