//! `abide.toml`: the name of a project and what its dates and amounts depend on.

use jiff::tz::TimeZone;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::errors;
use crate::base::currencies;
use crate::base::distance::did_you_mean;
use crate::base::span::{FileId, Span};
use crate::base::value::Currency;
use crate::diag::Diagnostic;

/// The settings of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The name by which a store knows the project.
    pub name: String,
    /// The project's own version: three numbers.
    pub version: String,
    /// The base currency.
    pub currency: Currency,
    /// The time zone: a name of the IANA database.
    pub zone: String,
    /// The calendar that business time is counted in, with its place.
    pub calendar: Option<(String, Span)>,
    /// The versions of libraries: name, version, place.
    pub libraries: Vec<(String, String, Span)>,
}

const KEYS: [&str; 6] = ["name", "version", "currency", "zone", "calendar", "libraries"];

impl Manifest {
    /// The settings of a project without `abide.toml`: UTC and dollars.
    #[must_use]
    pub fn of_single_file(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            currency: Currency(*b"USD"),
            zone: "UTC".to_owned(),
            calendar: None,
            libraries: Vec::new(),
        }
    }

    /// Reads the text of `abide.toml`. Settings that are wrong are reported and keep their defaults.
    #[must_use]
    pub fn parse(file: FileId, text: &str, default_name: &str) -> (Self, Vec<Diagnostic>) {
        let mut reader =
            Reader { file, manifest: Self::of_single_file(default_name), diagnostics: Vec::new(), has_name: false };
        match DeTable::parse(text) {
            Ok(table) => reader.table(table.get_ref()),
            Err(error) => {
                let range = error.span().unwrap_or(0..0);
                let span = reader.span(range);
                reader.diagnostics.push(errors::manifest_syntax(span, error.message()));
            }
        }
        (reader.manifest, reader.diagnostics)
    }
}

struct Reader {
    file: FileId,
    manifest: Manifest,
    diagnostics: Vec<Diagnostic>,
    /// Whether there is a `name`, or a key that was meant to be it.
    has_name: bool,
}

impl Reader {
    fn span(&self, range: std::ops::Range<usize>) -> Span {
        let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span::new(self.file, offset(range.start), offset(range.end))
    }

    fn table(&mut self, table: &DeTable<'_>) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let span = self.span(key.span());
            self.entry(key.get_ref(), span, value);
        }
        if !self.has_name {
            self.diagnostics.push(errors::missing_name(self.file));
        }
    }

    fn entry(&mut self, key: &str, key_span: Span, value: &Spanned<DeValue<'_>>) {
        match key {
            "name" => {
                self.has_name = true;
                let expected = "a text of letters, digits, `-` and `_`";
                if let Some(text) = self.text(key, expected, value, is_name) {
                    self.manifest.name = text;
                }
            }
            "version" => {
                if let Some(text) = self.text(key, "a text of three numbers such as \"1.4.0\"", value, is_version) {
                    self.manifest.version = text;
                }
            }
            "currency" => {
                let expected = "the code of a currency such as \"EUR\"";
                if let Some(text) = self.text(key, expected, value, |text| currencies::known(text).is_some()) {
                    self.manifest.currency = currencies::known(&text).unwrap_or(self.manifest.currency);
                }
            }
            "zone" => self.zone(value),
            "calendar" => {
                if let Some(text) = self.text(key, "the name of a calendar as a text", value, is_declared_name) {
                    self.manifest.calendar = Some((text, self.span(value.span())));
                }
            }
            "libraries" => self.libraries(value),
            _ => {
                let mut near = did_you_mean(key, KEYS);
                if near.is_empty() {
                    near = KEYS.into_iter().filter(|known| key.contains(known)).collect();
                }
                self.has_name |= near.contains(&"name");
                self.diagnostics.push(errors::unknown_key(key_span, key, &near, &KEYS));
            }
        }
    }

    fn text(
        &mut self,
        key: &str,
        expected: &str,
        value: &Spanned<DeValue<'_>>,
        is_right: impl Fn(&str) -> bool,
    ) -> Option<String> {
        if let DeValue::String(text) = value.get_ref()
            && is_right(text)
        {
            return Some(text.to_string());
        }
        let span = self.span(value.span());
        self.diagnostics.push(errors::wrong_value(span, key, expected));
        None
    }

    fn zone(&mut self, value: &Spanned<DeValue<'_>>) {
        let expected = "a time zone of the IANA database such as \"Europe/Berlin\"";
        let DeValue::String(text) = value.get_ref() else {
            let span = self.span(value.span());
            self.diagnostics.push(errors::wrong_value(span, "zone", expected));
            return;
        };
        let known = TimeZone::get(text).ok().and_then(|zone| zone.iana_name().map(str::to_owned));
        if known.as_deref() == Some(text) {
            self.manifest.zone = text.to_string();
            return;
        }
        let span = self.span(value.span());
        let mut diagnostic = errors::wrong_value(span, "zone", expected);
        let names: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
        let near = known.map_or_else(
            || did_you_mean(text, names.iter().map(String::as_str)).first().map(|name| (*name).to_owned()),
            Some,
        );
        if let Some(near) = near {
            diagnostic = diagnostic.help(format!("write `zone = \"{near}\"`"));
        }
        self.diagnostics.push(diagnostic);
    }

    fn libraries(&mut self, value: &Spanned<DeValue<'_>>) {
        let DeValue::Table(table) = value.get_ref() else {
            let span = self.span(value.span());
            self.diagnostics.push(errors::wrong_value(span, "libraries", "a section of names and versions"));
            return;
        };
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let expected = "a version as a text such as \"0.1.0\"";
            if let Some(version) = self.text(key.get_ref(), expected, value, is_version) {
                let span = self.span(key.span());
                self.manifest.libraries.push((key.get_ref().to_string(), version, span));
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !text.is_empty() && text.len() <= 100 && text.chars().all(fits)
}

fn is_declared_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase()) && is_name(text)
}

fn is_version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::{SourceFile, Sources};
    use crate::diag::render;

    fn shown(text: &str) -> String {
        let (_, diagnostics) = Manifest::parse(FileId(0), text, "folder");
        let mut sources = Sources::default();
        sources.add(SourceFile::new("abide.toml".into(), text.into(), false));
        render::short(&diagnostics, &sources)
    }

    #[test]
    fn all_settings_are_read() {
        let text = "name = \"orders\"\nversion = \"1.4.0\"\ncurrency = \"EUR\"\nzone = \"Europe/Berlin\"\n\n[libraries]\ncrm = \"0.1.0\"\n";
        let (manifest, diagnostics) = Manifest::parse(FileId(0), text, "folder");
        assert_eq!(diagnostics, []);
        assert_eq!((manifest.name.as_str(), manifest.zone.as_str()), ("orders", "Europe/Berlin"));
        assert_eq!(manifest.currency.as_str(), "EUR");
        assert_eq!(manifest.libraries.first().map(|l| (l.0.as_str(), l.1.as_str())), Some(("crm", "0.1.0")));
    }

    #[test]
    fn each_mistake_has_its_place_and_a_way_out() {
        let text = "nam = \"x\"\ncurrency = \"Euro\"\nzone = \"europe/berlin\"\nversion = 1.0\nlibraries = 3\n";
        let (_, diagnostics) = Manifest::parse(FileId(0), text, "folder");
        let mut sources = Sources::default();
        sources.add(SourceFile::new("abide.toml".into(), text.into(), false));
        insta::assert_snapshot!(render::human(&diagnostics, &sources, &render::Options::default()));
    }

    #[test]
    fn a_key_that_says_more_is_recognized() {
        let (_, diagnostics) = Manifest::parse(FileId(0), "name = \"x\"\ntime_zone = \"UTC\"\n", "folder");
        let fix = diagnostics.first().and_then(|d| d.fix.as_ref());
        assert_eq!(fix.map(|f| f.title.as_str()), Some("write `zone`"));
    }

    #[test]
    fn a_project_has_a_name() {
        assert_eq!(shown("zone = \"UTC\"\n"), "abide.toml:1:1: error[E0909]: `abide.toml` has no `name`\n");
    }

    #[test]
    fn broken_toml_is_one_message() {
        assert_eq!(shown("name = orders\n").lines().count(), 1);
        assert!(shown("name = orders\n").starts_with("abide.toml:1:8: error[E0906]: "), "{}", shown("name = orders\n"));
        assert!(shown(&"[".repeat(100_000)).contains("E0906"));
    }
}
