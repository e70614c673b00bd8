//! Strict JSON, read value by value from a file that need not fit into memory.
//!
//! Whoever reads steps into objects and lists himself ([`Reader::enter`], [`Reader::next_key`], [`Reader::next_item`])
//! and takes the values that fit as a whole ([`Reader::value`]). Each value knows its place, from where it can be read
//! again.

use std::io;

use super::{
    errors,
    input::{Input, Window},
    json::{Json, JsonKind},
};
use crate::base::{
    limits::{DATA_ITEM_BYTES_MAX, DATA_ITEM_VALUES_MAX, NESTING_MAX},
    span::{FileId, Span, Spanned},
};
use crate::diag::Diagnostic;

/// Why a data file cannot be read on.
#[derive(Debug)]
pub enum Trouble {
    /// It is wrong.
    Wrong(Box<Diagnostic>),
    /// It is not UTF-8: the byte here starts no character.
    NotText(u32),
    /// The file cannot be read.
    Io(io::Error),
}

impl From<Diagnostic> for Trouble {
    fn from(problem: Diagnostic) -> Self {
        Trouble::Wrong(Box::new(problem))
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Trouble::Io(error)
    }
}

/// What reading gives.
pub type Answer<T> = Result<T, Trouble>;

/// The kinds of values, by their first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// `{`.
    Object,
    /// `[`.
    List,
    /// Anything else.
    Plain,
}

/// Reads a data file.
pub struct Reader {
    window: Window,
    file: FileId,
    /// Where the value that is taken as a whole begins, and how many values it has.
    item: (u32, usize),
}

/// What was expected where an object or list goes on.
struct Expected {
    close: u8,
    words: &'static str,
}

const OBJECT: Expected = Expected { close: b'}', words: "expected `,` and the next key, or `}`" };
const LIST: Expected = Expected { close: b']', words: "expected `,` and the next value, or `]`" };

impl Reader {
    /// Reads from the beginning.
    #[must_use]
    pub fn new(input: Box<dyn Input>, file: FileId) -> Self {
        Self { window: Window::new(input), file, item: (0, 0) }
    }

    /// Goes to a place where a value was found.
    ///
    /// # Errors
    /// If the file cannot be read there.
    pub fn go_to(&mut self, at: u32) -> Answer<()> {
        Ok(self.window.go_to(at)?)
    }

    /// Where the reader stands.
    #[must_use]
    pub fn at(&self) -> u32 {
        self.window.at()
    }

    /// From a place to where the reader stands.
    #[must_use]
    pub fn since(&self, start: u32) -> Span {
        Span::new(self.file, start, self.at())
    }

    /// Passes over white space; what the next value is, and where it begins.
    ///
    /// # Errors
    /// If there is none.
    pub fn ahead(&mut self) -> Answer<(Begin, u32)> {
        let begin = match self.solid()? {
            Some(b'{') => Begin::Object,
            Some(b'[') => Begin::List,
            Some(_) => Begin::Plain,
            None if self.at() == 0 => return Err(self.not_json("the file is empty")),
            None => return Err(self.not_json("the file ends where a value is expected")),
        };
        Ok((begin, self.at()))
    }

    /// Steps into the object or list that is ahead.
    pub fn enter(&mut self) {
        self.window.pass(1);
    }

    /// The next key of the object that was entered; nothing at its end.
    ///
    /// # Errors
    /// If something else comes.
    pub fn next_key(&mut self, is_first: &mut bool) -> Answer<Option<Spanned<String>>> {
        if !self.goes_on(is_first, &OBJECT)? {
            return Ok(None);
        }
        if self.solid()? != Some(b'"') {
            return Err(self.not_json("expected a key in double quotes"));
        }
        let start = self.at();
        let key = Spanned::new(self.text()?, self.since(start));
        if self.solid()? != Some(b':') {
            return Err(self.not_json("expected `:` after the key"));
        }
        self.window.pass(1);
        Ok(Some(key))
    }

    /// Whether the list that was entered has another value.
    ///
    /// # Errors
    /// If something else comes.
    pub fn next_item(&mut self, is_first: &mut bool) -> Answer<bool> {
        self.goes_on(is_first, &LIST)
    }

    /// The whole value that is ahead.
    ///
    /// # Errors
    /// If it is no value, or too large.
    pub fn value(&mut self) -> Answer<Json> {
        let (_, start) = self.ahead()?;
        self.item = (start, 0);
        self.tree(0)
    }

    /// Passes over the value that is ahead, whatever its size.
    ///
    /// # Errors
    /// If it is no value.
    pub fn skip(&mut self) -> Answer<Span> {
        let (_, start) = self.ahead()?;
        self.pass_over(0)?;
        Ok(self.since(start))
    }

    /// That nothing follows.
    ///
    /// # Errors
    /// If something does.
    pub fn end(&mut self) -> Answer<()> {
        match self.solid()? {
            None => Ok(()),
            Some(_) => Err(self.not_json("expected the end of the file")),
        }
    }

    /// Passes over white space; the byte that follows.
    fn solid(&mut self) -> Answer<Option<u8>> {
        loop {
            match self.window.peek()? {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.window.pass(1),
                other => return Ok(other),
            }
        }
    }

    fn goes_on(&mut self, is_first: &mut bool, expected: &Expected) -> Answer<bool> {
        match (self.solid()?, std::mem::take(is_first)) {
            (Some(byte), _) if byte == expected.close => {
                self.window.pass(1);
                Ok(false)
            }
            (Some(_), true) => Ok(true),
            (Some(b','), false) => {
                self.window.pass(1);
                match self.solid()? {
                    Some(byte) if byte == expected.close => Err(self.not_json("nothing follows the comma before it")),
                    _ => Ok(true),
                }
            }
            _ => Err(self.not_json(expected.words)),
        }
    }

    fn tree(&mut self, depth: usize) -> Answer<Json> {
        let (begin, start) = self.ahead()?;
        self.count(start)?;
        let kind = match begin {
            Begin::Object => {
                self.deeper(depth)?;
                let mut entries = Vec::new();
                let mut is_first = true;
                while let Some(key) = self.next_key(&mut is_first)? {
                    entries.push((key, self.tree(depth + 1)?));
                }
                refuse_twice(&entries)?;
                JsonKind::Object(entries)
            }
            Begin::List => {
                self.deeper(depth)?;
                let mut items = Vec::new();
                let mut is_first = true;
                while self.next_item(&mut is_first)? {
                    items.push(self.tree(depth + 1)?);
                }
                JsonKind::List(items)
            }
            Begin::Plain => self.plain()?,
        };
        Ok(Json { kind, span: self.since(start) })
    }

    fn pass_over(&mut self, depth: usize) -> Answer<()> {
        let (begin, _) = self.ahead()?;
        let mut is_first = true;
        match begin {
            Begin::Object => {
                self.deeper(depth)?;
                while self.next_key(&mut is_first)?.is_some() {
                    self.pass_over(depth + 1)?;
                }
            }
            Begin::List => {
                self.deeper(depth)?;
                while self.next_item(&mut is_first)? {
                    self.pass_over(depth + 1)?;
                }
            }
            Begin::Plain => drop(self.plain()?),
        }
        Ok(())
    }

    /// Steps into an object or list within others.
    fn deeper(&mut self, depth: usize) -> Answer<()> {
        // LIMIT: NESTING_MAX
        if depth >= NESTING_MAX {
            return Err(self.not_json(&format!("more than {NESTING_MAX} objects and lists within each other")));
        }
        self.enter();
        Ok(())
    }

    fn count(&mut self, start: u32) -> Answer<()> {
        let (first, values) = self.item;
        self.item.1 += 1;
        // LIMIT: DATA_ITEM_VALUES_MAX, DATA_ITEM_BYTES_MAX
        if values >= DATA_ITEM_VALUES_MAX || start.saturating_sub(first) as usize > DATA_ITEM_BYTES_MAX {
            let span = self.since(first);
            let reason = format!(
                "has more than {DATA_ITEM_VALUES_MAX} values, or {} MB, which is what one record or event may have",
                DATA_ITEM_BYTES_MAX >> 20
            );
            return Err(errors::too_large(span, &reason).into());
        }
        Ok(())
    }

    fn plain(&mut self) -> Answer<JsonKind> {
        match self.solid()? {
            Some(b'"') => Ok(JsonKind::Text(self.text()?)),
            Some(b'-' | b'0'..=b'9') => Ok(JsonKind::Number(self.number()?)),
            _ => {
                let start = self.at();
                let word = self.word()?;
                match word.as_str() {
                    "null" => Ok(JsonKind::Null),
                    "true" => Ok(JsonKind::Bool(true)),
                    "false" => Ok(JsonKind::Bool(false)),
                    "" => Err(self.not_json("expected a value")),
                    _ => {
                        let reason = "expected a value; texts stand in double quotes";
                        Err(errors::not_json(self.since(start), reason).into())
                    }
                }
            }
        }
    }

    /// Letters and digits that follow each other, as far as a message needs them.
    fn word(&mut self) -> Answer<String> {
        let mut word = String::new();
        while let Some(byte) = self.window.peek()?.filter(|byte| byte.is_ascii_alphanumeric() && word.len() < 40) {
            word.push(char::from(byte));
            self.window.pass(1);
        }
        Ok(word)
    }

    fn number(&mut self) -> Answer<String> {
        let mut number = String::new();
        self.take(&mut number, b"-")?;
        if !self.take(&mut number, b"0")? {
            self.digits(&mut number)?;
        }
        if self.take(&mut number, b".")? {
            self.digits(&mut number)?;
        }
        if self.take(&mut number, b"eE")? {
            self.take(&mut number, b"+-")?;
            self.digits(&mut number)?;
        }
        match self.window.peek()? {
            Some(byte) if byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_' => {
                Err(self.not_json("is no part of a number"))
            }
            _ => Ok(number),
        }
    }

    fn take(&mut self, number: &mut String, any: &[u8]) -> Answer<bool> {
        match self.window.peek()? {
            Some(byte) if any.contains(&byte) => {
                number.push(char::from(byte));
                self.window.pass(1);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn digits(&mut self, number: &mut String) -> Answer<()> {
        if !self.take(number, b"0123456789")? {
            return Err(self.not_json("expected a digit"));
        }
        while self.take(number, b"0123456789")? {
            // LIMIT: DATA_ITEM_BYTES_MAX
            if number.len() > DATA_ITEM_BYTES_MAX {
                return Err(self.not_json("the number is too long"));
            }
        }
        Ok(())
    }

    /// The text that begins here.
    fn text(&mut self) -> Answer<String> {
        let start = self.at();
        self.window.pass(1);
        let mut bytes: Vec<u8> = Vec::new();
        loop {
            let rest = self.window.rest()?;
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len());
            bytes.extend(rest.get(..plain).unwrap_or_default());
            let stop = rest.get(plain).copied();
            let is_over = rest.is_empty();
            self.window.pass(plain);
            match stop {
                None if is_over => return Err(self.not_closed(start)),
                None => {}
                Some(b'"') => {
                    self.window.pass(1);
                    break;
                }
                Some(b'\\') => self.escape(&mut bytes)?,
                Some(b'\n' | b'\r') => return Err(self.not_closed(start)),
                Some(_) => return Err(self.not_json("write this character with an escape, such as `\\t`")),
            }
            // LIMIT: DATA_ITEM_BYTES_MAX
            if bytes.len() > DATA_ITEM_BYTES_MAX {
                return Err(self.not_json("the text is too long"));
            }
        }
        String::from_utf8(bytes).map_err(|error| {
            let before = u32::try_from(error.utf8_error().valid_up_to()).unwrap_or(u32::MAX);
            Trouble::NotText((start + 1).saturating_add(before))
        })
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Answer<()> {
        let start = self.at();
        self.window.pass(1);
        let Some(byte) = self.window.peek()? else { return Err(self.not_json("the text is not closed")) };
        // A message marks whole characters only.
        self.window.pass(usize::from(byte.is_ascii()));
        let plain = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let unknown = |reader: &Self| errors::not_json(reader.since(start), "this stands for no character");
                let first = self.four_digits()?;
                let code = match first {
                    Some(high @ 0xD800..0xDC00) => {
                        let low = self.low_surrogate()?;
                        low.map(|low| 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
                    }
                    other => other,
                };
                let Some(character) = code.and_then(char::from_u32) else { return Err(unknown(self).into()) };
                bytes.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(errors::not_json(self.since(start), "there is no such escape").into()),
        };
        bytes.push(plain);
        Ok(())
    }

    fn low_surrogate(&mut self) -> Answer<Option<u32>> {
        for expected in [b'\\', b'u'] {
            if self.window.peek()? != Some(expected) {
                return Ok(None);
            }
            self.window.pass(1);
        }
        Ok(self.four_digits()?.filter(|low| (0xDC00..0xE000).contains(low)))
    }

    fn four_digits(&mut self) -> Answer<Option<u32>> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.window.peek()?.and_then(|byte| char::from(byte).to_digit(16)) else {
                return Ok(None);
            };
            self.window.pass(1);
            code = code << 4 | digit;
        }
        Ok(Some(code))
    }

    fn not_closed(&self, start: u32) -> Trouble {
        errors::not_json(Span::new(self.file, start, start + 1), "the text that begins here is not closed").into()
    }

    /// That something else was expected where the reader stands.
    fn not_json(&mut self, reason: &str) -> Trouble {
        let start = self.at();
        let rest = self.window.rest().map(|rest| rest.get(..4.min(rest.len())).unwrap_or_default().to_vec());
        let found = rest.unwrap_or_default();
        let first = match std::str::from_utf8(&found) {
            Ok(text) => text.chars().next(),
            Err(error) if error.valid_up_to() == 0 && error.error_len().is_some() => return Trouble::NotText(start),
            Err(error) => {
                let valid = found.get(..error.valid_up_to()).unwrap_or_default();
                std::str::from_utf8(valid).ok().and_then(|text| text.chars().next())
            }
        };
        let length = first.map_or(0, |c| u32::try_from(c.len_utf8()).unwrap_or(1));
        errors::not_json(Span::new(self.file, start, start.saturating_add(length)), reason).into()
    }
}

/// Refuses a key that stands twice in an object.
fn refuse_twice(entries: &[(Spanned<String>, Json)]) -> Answer<()> {
    let mut keys: Vec<&Spanned<String>> = entries.iter().map(|(key, _)| key).collect();
    keys.sort_by(|a, b| a.node.cmp(&b.node));
    let twice = keys.windows(2).filter_map(|pair| match pair {
        [first, second] if first.node == second.node => Some((*first, *second)),
        _ => None,
    });
    match twice.min_by_key(|(_, second)| second.span.start) {
        Some((first, second)) => Err(errors::twice(&second.node, second.span, first.span).into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::diag::codes;

    fn parse(text: &[u8]) -> Answer<Json> {
        let mut reader = Reader::new(Box::new(Cursor::new(text.to_vec())), FileId(0));
        let value = reader.value()?;
        reader.end()?;
        Ok(value)
    }

    #[test]
    fn places_are_those_of_the_words() {
        let json = parse(br#"{"a": [1.50, "x"]}"#).unwrap();
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
            "[1,]",
            "{\"a\":1,\"a\":2}",
            "'x'",
            "\u{feff}",
            "01",
            "1.",
            "-",
            "+1",
            "1e",
            "0x1",
            "NaN",
            "\"a\nb\"",
            "\"a\tb\"",
            "\"a",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "{} {}",
            &"[".repeat(100_000),
        ] {
            let Err(Trouble::Wrong(problem)) = parse(bad.as_bytes()) else { panic!("{bad:.20}") };
            assert_eq!(problem.code, codes::E0912, "{bad:.20}");
        }
    }

    #[test]
    fn texts_are_read_as_they_are_meant() {
        let json = parse(r#""\u00e9\ud83d\ude00\n\"\/ü""#.as_bytes()).unwrap();
        assert_eq!(json.as_text(), Some("é😀\n\"/ü"));
        for (bad, at) in [(&b"\"ab\xffc\""[..], 3), (b"[\xff]", 1)] {
            assert!(matches!(parse(bad), Err(Trouble::NotText(found)) if found == at), "{bad:?}");
        }
    }

    #[test]
    fn a_value_is_found_again() {
        let long = "x".repeat(200_000);
        let text = format!("[\"{long}\", {{\"a\": 7}}, \"{long}\"]");
        let mut reader = Reader::new(Box::new(Cursor::new(text.into_bytes())), FileId(0));
        reader.ahead().unwrap();
        reader.enter();
        let mut places = Vec::new();
        let mut is_first = true;
        while reader.next_item(&mut is_first).unwrap() {
            places.push(reader.ahead().unwrap().1);
            reader.skip().unwrap();
        }
        for place in [places[1], places[0], places[1]] {
            reader.go_to(place).unwrap();
            let value = reader.value().unwrap();
            assert_eq!(value.span.start, place);
            assert_eq!(value.get("a").is_some(), place == places[1]);
        }
    }
}
