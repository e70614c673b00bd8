//! `abide explain CODE`: the page of a code, for a terminal.

use super::codes::{self, Entry};
use crate::base::distance::did_you_mean;

/// Why there is no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCode {
    /// What was asked for.
    pub asked: String,
    /// The codes that were probably meant, at most three.
    pub near: Vec<&'static str>,
    /// The codes of the family that was asked for, each with its summary.
    pub family: Vec<&'static Entry>,
}

/// The entry for a code (`E0901`, in capitals or not) or a name (`file-not-readable`).
///
/// # Errors
/// When there is no such code; the answer says which may have been meant.
pub fn find(asked: &str) -> Result<&'static Entry, UnknownCode> {
    let asked = asked.trim();
    if let Some(entry) = codes::lookup(asked).or_else(|| codes::ALL.iter().find(|entry| entry.name == asked)) {
        return Ok(entry);
    }
    let upper = asked.to_ascii_uppercase();
    let family: Vec<&Entry> = match upper.get(..3) {
        Some(prefix) => codes::family(prefix).collect(),
        None => Vec::new(),
    };
    let near = if family.is_empty() {
        let known = codes::ALL.iter().flat_map(|entry| [entry.code.0, entry.name]);
        did_you_mean(asked, known)
    } else {
        Vec::new()
    };
    Err(UnknownCode { asked: asked.to_owned(), near, family })
}

/// The page as text: headings without marks (bold where `colour` is on), code indented, everything else as written.
#[must_use]
pub fn page(entry: &Entry, colour: bool) -> String {
    let mut text = String::new();
    let mut in_code = false;
    for line in entry.page.trim_end().lines() {
        if line.starts_with("```") {
            in_code = !in_code;
            continue;
        }
        if in_code {
            if !line.is_empty() {
                text.push_str("    ");
            }
            text.push_str(line);
        } else if let Some(title) = line.strip_prefix("# ").or_else(|| line.strip_prefix("## ")) {
            if colour {
                text.push_str(&format!("\u{1b}[1m{title}\u{1b}[0m"));
            } else {
                text.push_str(title);
            }
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

impl std::fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no code `{}`", self.asked)?;
        if !self.near.is_empty() {
            write!(f, ", did you mean `{}`?", self.near.join("`, `"))?;
        } else if !self.family.is_empty() {
            write!(f, "; its family has")?;
            for entry in &self.family {
                write!(f, "\n  {}  {}", entry.code.0, entry.summary)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_found_by_code_and_by_name() {
        assert_eq!(find("e0902").map(|e| e.code.0), Ok("E0902"));
        assert_eq!(find("not-utf8").map(|e| e.code.0), Ok("E0902"));
    }

    #[test]
    fn the_unknown_gets_its_family_or_what_was_meant() {
        let text = find("E0999").map_err(|e| e.to_string()).unwrap_err();
        assert!(text.contains("\n  E0901  a file or folder cannot be read"), "{text}");
        let text = find("not-utf").map_err(|e| e.to_string()).unwrap_err();
        assert_eq!(text, "there is no code `not-utf`, did you mean `not-utf8`?");
        assert_eq!(find("Z").unwrap_err().to_string(), "there is no code `Z`");
    }

    #[test]
    fn a_page_has_indented_code_and_no_marks() {
        let text = page(find("E0909").unwrap(), false);
        assert!(text.starts_with("E0909: manifest-missing-key\n\nWhat it means\n"), "{text}");
        assert!(text.contains("\n    currency = \"EUR\"\n"), "{text}");
        assert!(!text.contains("```") && !text.contains("\n#"), "{text}");
    }
}
