//! Numbers and dates by a pattern that the author wrote: `{x:"dd.MM.yyyy"}`, `{n:"#,##0.00"}`.
//!
//! Dates: `yyyy yy MMMM MMM MM M dd d EEEE EEE`; times: `HH H mm m ss s SSS`; text in single quotes and everything
//! that is no letter stands for itself. Numbers: zeros are digits that are always there, `#` digits that may be, a
//! comma groups by thousands, `%` stands for the number times a hundred; text before and after stands for itself.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{
    Context, Done, Raised,
    format::{push_digits, within},
    time,
};
use crate::{
    bytecode::{isa::Instruction, traps::TrapCode},
    vm::window::Slots,
};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

#[inline(always)]
pub(super) fn execute(context: &mut Context<'_>, instruction: Instruction) -> Option<Done> {
    let (days, micros, pattern) = match instruction {
        Instruction::PushDateAs { from, pattern } => (context.window.int(from), 0, pattern),
        Instruction::PushTimeAs { from, pattern } => (0, context.window.int(from), pattern),
        Instruction::PushDateTimeAs { from, pattern } => {
            let (days, micros) = time::wall(context.zone, context.window.int(from));
            (days, micros, pattern)
        }
        Instruction::PushIntAs { from, pattern } => {
            let number = Decimal::from(context.window.int(from));
            return Some(push_number(context, number, context.program.text(pattern)));
        }
        Instruction::PushDecimalAs { from, pattern } => {
            let number = context.window.decimal(from);
            return Some(push_number(context, number, context.program.text(pattern)));
        }
        _ => return None,
    };
    push_moment(context.builder, days, micros, context.program.text(pattern));
    Some(within(context))
}

fn push_number(context: &mut Context<'_>, number: Decimal, pattern: &str) -> Done {
    push_decimal(context.builder, number, pattern).map_err(Raised::trap)?;
    within(context)
}

/// A number by a pattern.
fn push_decimal(out: &mut String, number: Decimal, pattern: &str) -> Result<(), TrapCode> {
    let is_digit = |c: char| matches!(c, '0' | '#' | ',' | '.');
    let start = pattern.find(is_digit).unwrap_or(pattern.len());
    let (before, rest) = pattern.split_at_checked(start).unwrap_or((pattern, ""));
    let end = rest.find(|c| !is_digit(c)).unwrap_or(rest.len());
    let (digits, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let percent = before.contains('%') || after.contains('%');
    let number = if percent { number.checked_mul(Decimal::ONE_HUNDRED).ok_or(TrapCode::Overflow)? } else { number };
    let most = u32::try_from(fraction.len()).unwrap_or(u32::MAX);
    let number = number.round_dp_with_strategy(most, RoundingStrategy::MidpointNearestEven);
    let text = number.abs().to_string();
    let (whole_digits, fraction_digits) = text.split_once('.').unwrap_or((&text, ""));
    out.push_str(before);
    if number.is_sign_negative() && !number.is_zero() {
        out.push('-');
    }
    push_whole(out, whole_digits, whole);
    let least = fraction.chars().filter(|c| *c == '0').count();
    let mut shown = fraction_digits.trim_end_matches('0').to_owned();
    while shown.len() < least {
        shown.push('0');
    }
    if !shown.is_empty() {
        out.push('.');
        out.push_str(&shown);
    }
    out.push_str(after);
    Ok(())
}

/// Digits before the point: filled up with zeros, and grouped if the pattern has a comma.
fn push_whole(out: &mut String, digits: &str, pattern: &str) {
    let least = pattern.chars().filter(|c| *c == '0').count();
    let digits = digits.trim_start_matches('0');
    let filled: String = std::iter::repeat_n('0', least.saturating_sub(digits.len())).chain(digits.chars()).collect();
    let grouped = pattern.contains(',');
    for (index, digit) in filled.chars().enumerate() {
        if grouped && index > 0 && (filled.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
}

/// A date and time by a pattern.
fn push_moment(out: &mut String, days: i64, micros: i64, pattern: &str) {
    let date = time::civil(days);
    let seconds = micros.unsigned_abs() / 1_000_000;
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let quoted = rest.get(1..).unwrap_or_default();
            let (text, after) = quoted.split_once('\'').unwrap_or((quoted, ""));
            out.push_str(if text.is_empty() { "'" } else { text });
            rest = after;
            continue;
        }
        let length = rest.find(|c| c != first).unwrap_or(rest.len());
        let (run, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let month = usize::try_from(date.month()).unwrap_or(1).saturating_sub(1);
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
        let year = u64::from(date.year().unsigned_abs());
        match (first, run.len()) {
            ('y', 2) => push_digits(out, year % 100, 2),
            ('y', width) => push_digits(out, year, width),
            ('M', 4) => out.push_str(MONTHS.get(month).copied().unwrap_or_default()),
            ('M', 3) => out.push_str(MONTHS.get(month).and_then(|name| name.get(..3)).unwrap_or_default()),
            ('M', width) => push_digits(out, u64::from(date.month().unsigned_abs()), width),
            ('d', width) => push_digits(out, u64::from(date.day().unsigned_abs()), width),
            ('E', 4) => out.push_str(WEEKDAYS.get(weekday).copied().unwrap_or_default()),
            ('E', _) => out.push_str(WEEKDAYS.get(weekday).and_then(|name| name.get(..3)).unwrap_or_default()),
            ('H', width) => push_digits(out, seconds / 3600, width),
            ('m', width) => push_digits(out, seconds / 60 % 60, width),
            ('s', width) => push_digits(out, seconds % 60, width),
            ('S', _) => push_digits(out, micros.unsigned_abs() / 1000 % 1000, 3),
            _ => out.push_str(run),
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_their_pattern() {
        let shown = |number: &str, pattern: &str| {
            let mut out = String::new();
            push_decimal(&mut out, number.parse().unwrap(), pattern).unwrap();
            out
        };
        assert_eq!(shown("1234567.891", "#,##0.00"), "1,234,567.89");
        assert_eq!(shown("-0.5", "0.00"), "-0.50");
        assert_eq!(shown("-0.001", "0.00"), "0.00");
        assert_eq!(shown("7", "00000"), "00007");
        assert_eq!(shown("0.256", "0.#%"), "25.6%");
        assert_eq!(shown("0.5", "#.#"), ".5");
        assert_eq!(shown("2.50", "about 0.## pieces"), "about 2.5 pieces");
    }

    #[test]
    fn moments_follow_their_pattern() {
        let shown = |pattern: &str| {
            let mut out = String::new();
            push_moment(&mut out, 20_779, 34_201_500_000, pattern);
            out
        };
        assert_eq!(shown("dd.MM.yyyy"), "22.11.2026");
        assert_eq!(shown("EEEE, d MMMM yy"), "Sunday, 22 November 26");
        assert_eq!(shown("HH:mm:ss.SSS 'o''clock'"), "09:30:01.500 oclock");
    }
}
