//! JSON with places, so that a message can point at the words at fault. Strict JSON only.

use std::collections::HashMap;

use jsonc_parser::{CollectOptions, ParseOptions, ast, common::Ranged, parse_to_ast};

use super::errors;
use crate::base::{
    limits,
    span::{FileId, Span, Spanned},
};
use crate::diag::{Diagnostic, codes};

/// A JSON value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json {
    /// What it is.
    pub kind: JsonKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of JSON values. Numbers stay text, so that no digit is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object, keys in order; a key that stands twice was refused.
    Object(Vec<(Spanned<String>, Json)>),
}

impl Json {
    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            JsonKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key of an object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json> {
        match &self.kind {
            JsonKind::Object(entries) => entries.iter().find(|(k, _)| k.node == key).map(|(_, value)| value),
            _ => None,
        }
    }
}

/// Reads a whole file.
///
/// # Errors
/// E0903 if it is too large, E0912 if it is not JSON or has a key twice.
pub fn parse(file: FileId, text: &str) -> Result<Json, Diagnostic> {
    let whole = Span::new(file, 0, 0);
    // LIMIT: offsets are 32 bit, and a data file is held in memory.
    if text.len() > limits::DATA_BYTES_MAX {
        let message =
            format!("the data file has {} MB, at most {} are read", text.len() >> 20, limits::DATA_BYTES_MAX >> 20);
        return Err(Diagnostic::error(codes::E0903, message, whole, "too large"));
    }
    // LIMIT: each value but the first stands behind a comma or in a bracket of its own.
    let values = text.bytes().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
    if values > limits::DATA_VALUES_MAX {
        let message = format!("the data file has more than {} values", limits::DATA_VALUES_MAX);
        return Err(Diagnostic::error(codes::E0903, message, whole, "too large"));
    }
    let options = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| {
        let range = error.range();
        errors::not_json(span(file, range.start, range.end), &error.kind().to_string())
    })?;
    let value = parsed.value.ok_or_else(|| errors::not_json(whole, "the file is empty"))?;
    build(file, value)
}

fn span(file: FileId, start: usize, end: usize) -> Span {
    let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span::new(file, at(start), at(end))
}

fn build(file: FileId, value: ast::Value<'_>) -> Result<Json, Diagnostic> {
    let range = value.range();
    let here = span(file, range.start, range.end);
    let kind = match value {
        ast::Value::NullKeyword(_) => JsonKind::Null,
        ast::Value::BooleanLit(lit) => JsonKind::Bool(lit.value),
        ast::Value::NumberLit(lit) => JsonKind::Number(lit.value.to_owned()),
        ast::Value::StringLit(lit) => JsonKind::Text(lit.value.into_owned()),
        ast::Value::Array(array) => {
            JsonKind::List(array.elements.into_iter().map(|e| build(file, e)).collect::<Result<_, _>>()?)
        }
        ast::Value::Object(object) => {
            let mut entries: Vec<(Spanned<String>, Json)> = Vec::with_capacity(object.properties.len());
            let mut known: HashMap<String, Span> = HashMap::new();
            for property in object.properties {
                let range = property.name.range();
                let key = Spanned::new(property.name.into_string(), span(file, range.start, range.end));
                if let Some(first) = known.insert(key.node.clone(), key.span) {
                    let message = format!("`{}` stands twice", key.node);
                    return Err(Diagnostic::error(codes::E0912, message, key.span, "again").label(first, "first"));
                }
                entries.push((key, build(file, property.value)?));
            }
            JsonKind::Object(entries)
        }
    };
    Ok(Json { kind, span: here })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_words() {
        let json = parse(FileId(0), r#"{"a": [1.50, "x"]}"#).unwrap();
        let JsonKind::List(items) = &json.get("a").unwrap().kind else { panic!("no list") };
        assert_eq!(items[0].kind, JsonKind::Number("1.50".into()));
        assert_eq!((items[1].span.start, items[1].span.end), (13, 16));
    }

    #[test]
    fn only_strict_json_is_taken() {
        for bad in [
            "",
            "{a: 1}",
            "{\"a\": 1,}",
            "// x\n{}",
            "[1 2]",
            "{\"a\":1,\"a\":2}",
            "'x'",
            "\u{feff}",
            &"[".repeat(100_000),
        ] {
            assert_eq!(parse(FileId(0), bad).unwrap_err().code, codes::E0912, "{bad:.20}");
        }
    }
}
