//! Numbers that the engine gives to new records: `autonumber "OPP-{yyyy}-{seq:5}"`.

use std::fmt::Write as _;

/// The most digits that a pattern may ask for.
const DIGITS_MAX: u16 = 18;

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberPiece {
    /// Characters as they are.
    Text(String),
    /// `{yyyy}`.
    Year,
    /// `{yy}`.
    ShortYear,
    /// `{MM}`.
    Month,
    /// `{dd}`.
    Day,
    /// `{seq}`, `{seq:5}`: the number, filled up to so many digits.
    Sequence(u16),
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadPattern {
    /// A brace without its counterpart.
    Brace,
    /// No `{seq}`, or several.
    Sequences(usize),
    /// A slot that means nothing.
    Slot(String),
}

/// The day of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberDay {
    /// From 1 to 9999.
    pub year: i16,
    /// From 1.
    pub month: i8,
    /// From 1.
    pub day: i8,
}

/// Reads a pattern.
///
/// # Errors
/// If it does not have exactly one `{seq}`, or a slot that means nothing.
pub fn parse(pattern: &str) -> Result<Vec<NumberPiece>, BadPattern> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some((before, slot)) = rest.split_once('{') {
        let (slot, after) = slot.split_once('}').ok_or(BadPattern::Brace)?;
        push_text(&mut pieces, before)?;
        pieces.push(piece(slot)?);
        rest = after;
    }
    push_text(&mut pieces, rest)?;
    match pieces.iter().filter(|piece| matches!(piece, NumberPiece::Sequence(_))).count() {
        1 => Ok(pieces),
        count => Err(BadPattern::Sequences(count)),
    }
}

fn push_text(pieces: &mut Vec<NumberPiece>, text: &str) -> Result<(), BadPattern> {
    if text.contains('}') {
        return Err(BadPattern::Brace);
    }
    if !text.is_empty() {
        pieces.push(NumberPiece::Text(text.to_owned()));
    }
    Ok(())
}

fn piece(slot: &str) -> Result<NumberPiece, BadPattern> {
    let unknown = || BadPattern::Slot(slot.to_owned());
    Ok(match slot {
        "yyyy" => NumberPiece::Year,
        "yy" => NumberPiece::ShortYear,
        "MM" => NumberPiece::Month,
        "dd" => NumberPiece::Day,
        "seq" => NumberPiece::Sequence(1),
        _ => {
            let digits = slot.strip_prefix("seq:").and_then(|digits| digits.parse().ok());
            let digits: Option<u16> = digits.filter(|digits| (1..=DIGITS_MAX).contains(digits));
            NumberPiece::Sequence(digits.ok_or_else(unknown)?)
        }
    })
}

/// The number of this place in the sequence.
#[must_use]
pub fn render(pieces: &[NumberPiece], day: NumberDay, number: i64) -> String {
    written(pieces, day, |out, digits| {
        let _ = write!(out, "{number:0digits$}");
    })
}

/// What is counted by itself: the number without its place in the sequence.
#[must_use]
pub fn counter(pieces: &[NumberPiece], day: NumberDay) -> String {
    written(pieces, day, |out, _| out.push_str("{seq}"))
}

fn written(pieces: &[NumberPiece], day: NumberDay, sequence: impl Fn(&mut String, usize)) -> String {
    let mut out = String::new();
    for piece in pieces {
        // Writing to a `String` cannot fail.
        let _ = match piece {
            NumberPiece::Text(text) => write!(out, "{text}"),
            NumberPiece::Year => write!(out, "{:04}", day.year),
            NumberPiece::ShortYear => write!(out, "{:02}", day.year.rem_euclid(100)),
            NumberPiece::Month => write!(out, "{:02}", day.month),
            NumberPiece::Day => write!(out, "{:02}", day.day),
            NumberPiece::Sequence(digits) => {
                sequence(&mut out, usize::from(*digits));
                Ok(())
            }
        };
    }
    out
}

/// The fewest characters of a number.
#[must_use]
pub fn shortest(pieces: &[NumberPiece]) -> usize {
    let length = |piece: &NumberPiece| match piece {
        NumberPiece::Text(text) => text.chars().count(),
        NumberPiece::Year => 4,
        NumberPiece::ShortYear | NumberPiece::Month | NumberPiece::Day => 2,
        NumberPiece::Sequence(digits) => usize::from(*digits),
    };
    pieces.iter().map(length).sum()
}

/// The counter and the place in its sequence of a number that a pattern gave.
#[must_use]
pub fn read(pieces: &[NumberPiece], number: &str) -> Option<(String, i64)> {
    let mut counter = String::new();
    let mut sequence = None;
    let mut rest = number;
    for (index, piece) in pieces.iter().enumerate() {
        let length = match piece {
            NumberPiece::Text(text) => rest.starts_with(text.as_str()).then_some(text.len())?,
            NumberPiece::Year => 4,
            NumberPiece::ShortYear | NumberPiece::Month | NumberPiece::Day => 2,
            // What follows the sequence has a fixed length.
            NumberPiece::Sequence(_) => {
                let after = pieces.get(index + 1..).unwrap_or_default();
                let after: usize = after.iter().map(bytes).sum();
                rest.len().checked_sub(after)?
            }
        };
        let (part, after) = rest.split_at_checked(length)?;
        rest = after;
        if matches!(piece, NumberPiece::Sequence(_)) {
            sequence = Some(part.parse().ok()?);
            counter.push_str("{seq}");
        } else {
            counter.push_str(part);
        }
    }
    sequence.filter(|_| rest.is_empty()).map(|sequence| (counter, sequence))
}

/// The length of a piece that is no sequence.
fn bytes(piece: &NumberPiece) -> usize {
    match piece {
        NumberPiece::Text(text) => text.len(),
        NumberPiece::Year => 4,
        NumberPiece::ShortYear | NumberPiece::Month | NumberPiece::Day => 2,
        NumberPiece::Sequence(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: NumberDay = NumberDay { year: 2026, month: 1, day: 5 };

    #[test]
    fn numbers_are_rendered_and_read_back() {
        for (pattern, first, later) in [
            ("OPP-{yyyy}-{seq:5}", "OPP-2026-00007", "OPP-2026-1234567"),
            ("{seq}/{yy}{MM}{dd}", "7/260105", "1234567/260105"),
            ("Nº{seq:2}", "Nº07", "Nº1234567"),
        ] {
            let pieces = parse(pattern).unwrap();
            assert_eq!(render(&pieces, DAY, 7), first);
            assert_eq!(render(&pieces, DAY, 1_234_567), later);
            assert_eq!(read(&pieces, later), Some((counter(&pieces, DAY), 1_234_567)));
            assert_eq!(shortest(&pieces), first.chars().count());
            assert_eq!(read(&pieces, "else"), None);
        }
    }

    #[test]
    fn a_pattern_has_one_sequence_and_known_slots() {
        assert_eq!(parse("A-{yyyy}"), Err(BadPattern::Sequences(0)));
        assert_eq!(parse("{seq}-{seq:3}"), Err(BadPattern::Sequences(2)));
        assert_eq!(parse("{year}-{seq}"), Err(BadPattern::Slot("year".to_owned())));
        assert_eq!(parse("{seq:0}"), Err(BadPattern::Slot("seq:0".to_owned())));
        assert_eq!(parse("{seq"), Err(BadPattern::Brace));
        assert_eq!(parse("{seq}}"), Err(BadPattern::Brace));
    }
}
