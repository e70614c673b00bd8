//! Floats: never infinite, never not a number.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::{Context, Done, Raised, decimal::unreadable, sign};
use crate::{
    bytecode::{isa::Instruction, traps::TrapCode},
    vm::window::Slots,
};

/// The most places of a decimal.
const PLACES: usize = 28;

#[inline(always)]
pub(super) fn execute(context: &mut Context<'_>, instruction: Instruction) -> Option<Done> {
    let window = &context.window;
    let (into, result) = match instruction {
        Instruction::FloatAdd { into, left, right } => (into, Ok(window.float(left) + window.float(right))),
        Instruction::FloatSub { into, left, right } => (into, Ok(window.float(left) - window.float(right))),
        Instruction::FloatMul { into, left, right } => (into, Ok(window.float(left) * window.float(right))),
        Instruction::FloatDiv { into, left, right } => (into, divide(window.float(left), window.float(right))),
        Instruction::FloatMod { into, left, right } => (into, modulo(window.float(left), window.float(right))),
        Instruction::FloatNegate { into, from } => (into, Ok(-window.float(from))),
        Instruction::FloatAbsolute { into, from } => (into, Ok(window.float(from).abs())),
        Instruction::FloatRound { into, from, places } => (into, Ok(round(window.float(from), window.int(places)))),
        Instruction::IntToFloat { into, from } => (into, Ok(window.int(from) as f64)),
        Instruction::FloatOfText { into, from } => {
            let text = context.text(from).trim();
            match text.parse::<f64>() {
                Ok(number) => (into, Ok(number)),
                Err(_) => return Some(Err(unreadable(text, "a float"))),
            }
        }
        other => return convert(context, other),
    };
    let done = result.and_then(|number| if number.is_finite() { Ok(number) } else { Err(TrapCode::NotFinite) });
    Some(done.map(|number| context.window.put(into, number.to_bits())).map_err(Raised::trap))
}

#[inline(always)]
fn convert(context: &mut Context<'_>, instruction: Instruction) -> Option<Done> {
    let done = match instruction {
        Instruction::FloatCompare { into, left, right } => {
            let ordering = context.window.float(left).partial_cmp(&context.window.float(right));
            context.window.put_int(into, ordering.map_or(0, sign));
            Ok(())
        }
        Instruction::FloatToInt { into, from } => {
            whole(context.window.float(from)).map(|number| context.window.put_int(into, number))
        }
        Instruction::FloatToDecimal { into, from } => {
            // The shortest decimal that stands for the float.
            let number = shortest(context.window.float(from)).ok_or(TrapCode::Overflow);
            number.map(|number| context.window.put_decimal(into, number))
        }
        _ => return None,
    };
    Some(done.map_err(Raised::trap))
}

/// The shortest decimal that reads as this float, rounded half to even at the last digit that fits.
fn shortest(number: f64) -> Option<Decimal> {
    let digits = number.to_string();
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
    let (kept, rest) = part.split_at_checked(PLACES).unwrap_or((part, ""));
    let scale = u32::try_from(kept.len()).ok()?;
    let mantissa: i128 = format!("{whole}{kept}").parse().ok()?;
    let up = match rest.cmp("5") {
        Ordering::Less => false,
        Ordering::Equal => mantissa % 2 != 0,
        Ordering::Greater => true,
    };
    let away = if digits.starts_with('-') { -1 } else { 1 };
    Decimal::try_from_i128_with_scale(mantissa + if up { away } else { 0 }, scale).ok()
}

fn divide(left: f64, right: f64) -> Result<f64, TrapCode> {
    if right == 0.0 { Err(TrapCode::DivisionByZero) } else { Ok(left / right) }
}

fn modulo(left: f64, right: f64) -> Result<f64, TrapCode> {
    if right == 0.0 {
        return Err(TrapCode::DivisionByZero);
    }
    let rest = left % right;
    Ok(if rest != 0.0 && (rest < 0.0) != (right < 0.0) { rest + right } else { rest })
}

/// Half to even. More places than a float has leave it as it is.
fn round(number: f64, places: i64) -> f64 {
    let Ok(places) = i32::try_from(places) else { return number };
    let unit = 10f64.powi(places.clamp(-308, 308));
    let scaled = number * unit;
    if scaled.is_finite() && unit != 0.0 { scaled.round_ties_even() / unit } else { number }
}

/// Cut towards zero.
fn whole(number: f64) -> Result<i64, TrapCode> {
    let number = number.trunc();
    // The lowest whole number is a float; the highest is not, the next float above it is its negation.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number) {
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        Ok(number as i64)
    } else {
        Err(TrapCode::Overflow)
    }
}
