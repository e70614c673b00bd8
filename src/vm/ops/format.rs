//! Values as text, independent of place: `80000 USD`, `2026-11-22`, `2026-11-22 09:30`, `1 year 2 months`.

use std::fmt::Write as _;

use super::{Context, Done, Raised, pattern, time};
use crate::{
    base::{
        limits::TEXT_BYTES_MAX,
        value::{Currency, Duration},
    },
    bytecode::{
        isa::Instruction,
        traps::TrapCode,
        types::{EnumIdx, SlotIdx},
    },
    vm::window::{Slots, next, unpack_currency},
};

#[inline(always)]
pub(super) fn execute(context: &mut Context<'_>, instruction: Instruction) -> Option<Done> {
    match instruction {
        Instruction::TextBegin {} => context.builder.clear(),
        Instruction::TextEnd { into } => {
            let built = context.heap.new_text(context.builder);
            let length = context.builder.len();
            context.charge(length);
            return Some(built.map(|bits| context.window.put(into, bits)).map_err(Raised::trap));
        }
        Instruction::PushConst { constant } => context.builder.push_str(context.program.text(constant)),
        Instruction::PushText { from } => {
            let text = context.heap.text(context.program, context.window.get(from));
            context.builder.push_str(text);
        }
        Instruction::PushInt { from } => push_int(context.builder, context.window.int(from)),
        Instruction::PushBool { from } => {
            context.builder.push_str(if context.window.get(from) == 0 { "false" } else { "true" });
        }
        Instruction::PushEnum { from, members } => push_member(context, from, members),
        Instruction::PushDecimal { from } => push_shown(context, |window| window.decimal(from).normalize()),
        Instruction::PushFloat { from } => push_shown(context, |window| positive_zero(window.float(from))),
        Instruction::PushAmount { from, currency } => {
            push_money(context.builder, context.window.int(from), currency);
        }
        Instruction::PushMoney { from } => {
            let currency = unpack_currency(context.window.get(next(from)));
            let currency = currency.unwrap_or(context.program.module().meta.currency);
            push_money(context.builder, context.window.int(from), currency);
        }
        Instruction::PushDate { from } => push_date(context.builder, context.window.int(from)),
        Instruction::PushTime { from } => push_time(context.builder, context.window.int(from)),
        Instruction::PushDateTime { from } => {
            let (days, micros) = time::wall(context.zone, context.window.int(from));
            push_date(context.builder, days);
            context.builder.push(' ');
            push_time(context.builder, micros);
        }
        Instruction::PushDuration { from } => push_duration(context.builder, context.window.duration(from)),
        other => return pattern::execute(context, other),
    }
    Some(within(context))
}

/// The text so far is as long as a text may be.
pub(super) fn within(context: &Context<'_>) -> Done {
    // LIMIT: TEXT_BYTES_MAX
    if context.builder.len() > TEXT_BYTES_MAX { Err(Raised::trap(TrapCode::TextTooLong)) } else { Ok(()) }
}

/// Writing to a `String` cannot fail.
fn push_shown<T: std::fmt::Display>(context: &mut Context<'_>, value: impl Fn(&crate::vm::window::Window) -> T) {
    let value = value(context.window);
    let _ = write!(context.builder, "{value}");
}

/// The zero below zero is shown as the other one, which it is equal to.
fn positive_zero(number: f64) -> f64 {
    if number == 0.0 { 0.0 } else { number }
}

/// A whole number, without the detour over formatting.
pub(super) fn push_int(out: &mut String, number: i64) {
    if number < 0 {
        out.push('-');
    }
    push_digits(out, number.unsigned_abs(), 1);
}

/// Digits of a number, with zeros before them up to a width.
pub(super) fn push_digits(out: &mut String, mut number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut used = 0;
    for place in digits.iter_mut().rev() {
        *place = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        used += 1;
        if number == 0 {
            break;
        }
    }
    let used = used.max(width.min(digits.len()));
    let shown = digits.get(digits.len() - used..).unwrap_or_default();
    out.push_str(std::str::from_utf8(shown).unwrap_or_default());
}

/// No more decimals than there are, at least two if there are any.
fn push_money(out: &mut String, amount: i64, currency: Currency) {
    if amount < 0 {
        out.push('-');
    }
    let size = amount.unsigned_abs();
    push_digits(out, size / 10_000, 1);
    let part = size % 10_000;
    if part != 0 {
        out.push('.');
        if part.is_multiple_of(100) {
            push_digits(out, part / 100, 2);
        } else if part.is_multiple_of(10) {
            push_digits(out, part / 10, 3);
        } else {
            push_digits(out, part, 4);
        }
    }
    out.push(' ');
    out.push_str(currency.as_str());
}

fn push_member(context: &mut Context<'_>, from: SlotIdx, members: EnumIdx) {
    let number = context.window.int(from);
    let def = context.program.module().enum_def(members);
    let member = def.and_then(|def| def.members.iter().find(|member| i64::from(member.value) == number));
    match member {
        Some(member) => context.builder.push_str(&member.label),
        None => push_int(context.builder, number),
    }
}

fn push_date(out: &mut String, days: i64) {
    let date = time::civil(days);
    push_digits(out, u64::from(date.year().unsigned_abs()), 4);
    out.push('-');
    push_digits(out, u64::from(date.month().unsigned_abs()), 2);
    out.push('-');
    push_digits(out, u64::from(date.day().unsigned_abs()), 2);
}

/// Hours and minutes, seconds where there are some, and their fraction where there is one.
fn push_time(out: &mut String, micros: i64) {
    let micros = micros.unsigned_abs();
    let seconds = micros / 1_000_000;
    push_digits(out, seconds / 3600, 2);
    out.push(':');
    push_digits(out, seconds / 60 % 60, 2);
    let fraction = micros % 1_000_000;
    if !seconds.is_multiple_of(60) || fraction != 0 {
        out.push(':');
        push_digits(out, seconds % 60, 2);
    }
    if fraction != 0 {
        out.push('.');
        push_digits(out, fraction, 6);
        out.truncate(out.trim_end_matches('0').len());
    }
}

/// `1 year 2 months 3 days 4 hours`.
fn push_duration(out: &mut String, duration: Duration) {
    let seconds = duration.micros / 1_000_000;
    let parts = [
        (i64::from(duration.months / 12), "year"),
        (i64::from(duration.months % 12), "month"),
        (i64::from(duration.days), "day"),
        (seconds / 3600, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
        (duration.micros % 1_000_000, "microsecond"),
    ];
    let mut first = true;
    for (number, unit) in parts.into_iter().filter(|(number, _)| *number != 0) {
        if !first {
            out.push(' ');
        }
        first = false;
        push_int(out, number);
        out.push(' ');
        out.push_str(unit);
        if number.unsigned_abs() != 1 {
            out.push('s');
        }
    }
    if first {
        out.push_str("0 seconds");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(push: impl Fn(&mut String)) -> String {
        let mut out = String::new();
        push(&mut out);
        out
    }

    #[test]
    fn numbers_and_money() {
        let usd = Currency(*b"USD");
        assert_eq!(shown(|out| push_int(out, i64::MIN)), i64::MIN.to_string());
        assert_eq!(shown(|out| push_int(out, 0)), "0");
        let money: Vec<String> = [800_000_000, -99_900, 12_345, 5, 12_340, 0]
            .into_iter()
            .map(|amount| shown(|out| push_money(out, amount, usd)))
            .collect();
        assert_eq!(money, ["80000 USD", "-9.99 USD", "1.2345 USD", "0.0005 USD", "1.234 USD", "0 USD"]);
    }

    #[test]
    fn times_show_what_there_is() {
        assert_eq!(shown(|out| push_date(out, 20_779)), "2026-11-22");
        assert_eq!(shown(|out| push_time(out, 34_200_000_000)), "09:30");
        assert_eq!(shown(|out| push_time(out, 34_201_500_000)), "09:30:01.5");
        let duration = Duration { months: 13, days: 1, micros: 5_400_000_000 };
        assert_eq!(shown(|out| push_duration(out, duration)), "1 year 1 month 1 day 1 hour 30 minutes");
    }
}
