//! A mail as bytes: headers, body, what goes with it. Lines have at most 76 characters of ASCII, whatever is in the mail.

use std::fmt::Write as _;

use crate::engine::post::{Enclosure, Letter};

/// Characters of a line in base64.
const LINE: usize = 76;
/// Bytes of an encoded word: what 75 characters hold with its marks.
const WORD: usize = 42;

/// Writes a mail.
#[must_use]
pub fn compose(letter: &Letter) -> Vec<u8> {
    let mut out = String::new();
    let mut header = |name: &str, value: &str| {
        let _ = write!(out, "{name}: {value}\r\n");
    };
    header("Message-ID", &letter.message_id);
    header("Date", &date(letter.at));
    header("From", &letter.from);
    for (name, addresses) in [("To", &letter.to), ("Cc", &letter.cc)] {
        if !addresses.is_empty() {
            header(name, &addresses.join(",\r\n "));
        }
    }
    header("Subject", &words(&letter.subject));
    header("MIME-Version", "1.0");
    header("Auto-Submitted", "auto-generated");
    let kind = if letter.is_html { "text/html; charset=utf-8" } else { "text/plain; charset=utf-8" };
    if letter.enclosures.is_empty() {
        part(&mut out, kind, "", &letter.body);
        return out.into_bytes();
    }
    // Base64 holds no `=_`, so that no part can hold the line between parts.
    let between = format!("=_{}", letter.message_id.trim_matches(['<', '>']));
    let _ = write!(out, "Content-Type: multipart/mixed; boundary=\"{between}\"\r\n\r\n--{between}\r\n");
    part(&mut out, kind, "", &letter.body);
    for enclosure in &letter.enclosures {
        let _ = write!(out, "--{between}\r\n");
        enclosed(&mut out, enclosure);
    }
    let _ = write!(out, "--{between}--\r\n");
    out.into_bytes()
}

/// A part of text.
fn part(out: &mut String, kind: &str, disposition: &str, text: &str) {
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    encoded(out, kind, disposition, &base64(text.as_bytes()));
}

/// A part whose content is in base64 already.
fn encoded(out: &mut String, kind: &str, disposition: &str, content: &str) {
    let _ = write!(out, "Content-Type: {kind}\r\n{disposition}Content-Transfer-Encoding: base64\r\n\r\n");
    let mut rest = content;
    while let Some((line, more)) = rest.split_at_checked(LINE) {
        let _ = write!(out, "{line}\r\n");
        rest = more;
    }
    if !rest.is_empty() || content.is_empty() {
        let _ = write!(out, "{rest}\r\n");
    }
}

fn enclosed(out: &mut String, enclosure: &Enclosure) {
    let disposition = format!("Content-Disposition: attachment;\r\n filename*=utf-8''{}\r\n", percent(&enclosure.name));
    let kind = Some(enclosure.media_type.as_str()).filter(|kind| is_media_type(kind));
    match kind {
        _ if enclosure.is_base64 => {
            let is_digit = |c: &char| c.is_ascii_alphanumeric() || "+/=".contains(*c);
            let content: String = enclosure.content.chars().filter(is_digit).collect();
            encoded(out, kind.unwrap_or("application/octet-stream"), &disposition, &content);
        }
        Some(kind) if kind.starts_with("text/") => {
            part(out, &format!("{kind}; charset=utf-8"), &disposition, &enclosure.content);
        }
        kind => encoded(
            out,
            kind.unwrap_or("application/octet-stream"),
            &disposition,
            &base64(enclosure.content.as_bytes()),
        ),
    }
}

/// `text/plain`, and nothing else that a header could hold.
fn is_media_type(kind: &str) -> bool {
    let is_token =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || ".+-_".contains(c));
    kind.split_once('/').is_some_and(|(first, second)| is_token(first) && is_token(second))
}

/// `Mon, 5 Jan 2026 09:00:00 +0000`.
fn date(at: i64) -> String {
    let moment = jiff::Timestamp::from_microsecond(at).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    moment.strftime("%a, %-d %b %Y %H:%M:%S +0000").to_string()
}

/// A text in a header: as it is where that is safe, else in encoded words.
fn words(text: &str) -> String {
    let is_plain = text.len() <= LINE - "Subject: ".len() && text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    if is_plain && !text.contains("=?") && text.trim() == text {
        return text.to_owned();
    }
    let mut pieces: Vec<String> = vec![String::new()];
    for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        match pieces.last_mut() {
            Some(piece) if piece.len() + c.len_utf8() <= WORD => piece.push(c),
            _ => pieces.push(c.to_string()),
        }
    }
    let encoded: Vec<String> = pieces.iter().map(|piece| format!("=?utf-8?B?{}?=", base64(piece.as_bytes()))).collect();
    encoded.join("\r\n ")
}

/// A name as the value of a parameter.
fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Bytes in letters and digits, six bits each.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4usize {
            let digit = (bits >> (18 - 6 * at)) & 63;
            let digit = DIGITS.get(digit as usize).copied().filter(|_| at <= group.len()).unwrap_or(b'=');
            out.push(char::from(digit));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (plain, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xFB, 0xFF, 0xFE]), "+//+");
    }

    #[test]
    fn no_header_leaves_its_line() {
        let letter = Letter {
            subject: "Hello\r\nBcc: everybody@example.com".to_owned(),
            from: "a@example.com".to_owned(),
            enclosures: vec![Enclosure {
                name: "x\"\r\nEvil: 1".to_owned(),
                media_type: "text/plain\r\nEvil: 1".to_owned(),
                ..Enclosure::default()
            }],
            ..Letter::default()
        };
        let text = String::from_utf8(compose(&letter)).unwrap();
        assert!(!text.lines().any(|line| line.starts_with("Bcc") || line.starts_with("Evil")), "{text}");
    }
}
