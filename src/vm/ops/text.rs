//! Texts: compared by code point, counted in characters.

use super::{Context, Done, Raised, sign};
use crate::{
    base::limits::TEXT_BYTES_MAX,
    bytecode::{isa::Instruction, traps::TrapCode, types::SlotIdx},
    vm::window::{Slots, next},
};

#[inline(always)]
pub(super) fn execute(context: &mut Context<'_>, instruction: Instruction) -> Option<Done> {
    match instruction {
        Instruction::TextLength { into, from } => {
            let text = context.text(from);
            let (characters, bytes) = (text.chars().count(), text.len());
            context.charge(bytes);
            context.window.put_int(into, i64::try_from(characters).unwrap_or(i64::MAX));
        }
        Instruction::TextEqual { into, left, right } => {
            let equal = context.text(left) == context.text(right);
            context.window.put_bool(into, equal);
        }
        Instruction::TextCompare { into, left, right } => {
            let ordering = context.text(left).cmp(context.text(right));
            context.window.put_int(into, sign(ordering));
        }
        Instruction::TextContains { into, left, right } => test(context, into, left, right, |a, b| a.contains(b)),
        Instruction::TextMatches { into, from, pattern } => {
            let text = context.text(from);
            let (length, found) = (text.len(), context.program.pattern(pattern).is_some_and(|p| p.is_in(text)));
            context.charge(length.saturating_mul(8));
            context.window.put_bool(into, found);
        }
        Instruction::TextStarts { into, left, right } => test(context, into, left, right, |a, b| a.starts_with(b)),
        Instruction::TextEnds { into, left, right } => test(context, into, left, right, |a, b| a.ends_with(b)),
        Instruction::TextConcat { into, left, right } => {
            let text = [context.text(left), context.text(right)].concat();
            return Some(context.put_text(into, &text));
        }
        Instruction::TextLower { into, from } => {
            let text = context.text(from).to_lowercase();
            return Some(context.put_text(into, &text));
        }
        Instruction::TextUpper { into, from } => {
            let text = context.text(from).to_uppercase();
            return Some(context.put_text(into, &text));
        }
        Instruction::TextTrim { into, from } => {
            let text = context.text(from).trim().to_owned();
            return Some(context.put_text(into, &text));
        }
        Instruction::TextSubstring { into, from, range } => {
            let (start, count) = (context.window.int(range), context.window.int(next(range)));
            let text = substring(context.text(from), start, count).map(str::to_owned);
            return Some(
                text.map_err(|trap| cut_below_zero(trap, start, count)).and_then(|text| context.put_text(into, &text)),
            );
        }
        Instruction::TextReplace { into, from, change } => return Some(replace(context, into, from, change)),
        _ => return None,
    }
    Some(Ok(()))
}

fn test(context: &mut Context<'_>, into: SlotIdx, left: SlotIdx, right: SlotIdx, holds: fn(&str, &str) -> bool) {
    let (left, right) = (context.text(left), context.text(right));
    let (answer, bytes) = (holds(left, right), left.len() + right.len());
    context.charge(bytes);
    context.window.put_bool(into, answer);
}

/// From a character on, so many; cut at the ends.
fn substring(text: &str, start: i64, count: i64) -> Result<&str, TrapCode> {
    let start = usize::try_from(start).map_err(|_| TrapCode::Index)?;
    let count = usize::try_from(count).map_err(|_| TrapCode::Index)?;
    let place = |text: &str, characters: usize| text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    let rest = text.get(place(text, start)..).unwrap_or_default();
    Ok(rest.get(..place(rest, count)).unwrap_or_default())
}

/// What is wrong with the place or the length of a part.
fn cut_below_zero(trap: TrapCode, start: i64, count: i64) -> Raised {
    let said = if start < 0 {
        format!("a text begins at 0, and the part at {start}")
    } else {
        format!("a part of a text has at least 0 characters, not {count}")
    };
    Raised::said(trap, said)
}

fn replace(context: &mut Context<'_>, into: SlotIdx, from: SlotIdx, change: SlotIdx) -> Done {
    let (text, old, new) = (context.text(from), context.text(change), context.text(next(change)));
    if old.is_empty() {
        let bits = context.window.get(from);
        context.window.put(into, bits);
        return Ok(());
    }
    // LIMIT: TEXT_BYTES_MAX, before anything is allocated.
    let found = text.matches(old).count();
    if new.len() > old.len() && found.saturating_mul(new.len() - old.len()) > TEXT_BYTES_MAX {
        return Err(Raised::trap(TrapCode::TextTooLong));
    }
    let text = text.replace(old, new);
    context.put_text(into, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substrings_are_cut_at_the_ends() {
        assert_eq!(substring("größe", 2, 2), Ok("öß"));
        assert_eq!(substring("größe", 4, 10), Ok("e"));
        assert_eq!(substring("größe", 9, 1), Ok(""));
        assert_eq!(substring("größe", -1, 1), Err(TrapCode::Index));
    }
}
