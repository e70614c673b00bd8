//! Decimals by the library, and conversions between numbers and texts.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};

use super::{Context, Done, Raised, sign};
use crate::{
    bytecode::{isa::Instruction, traps::TrapCode, types::SlotIdx},
    vm::window::Slots,
};

#[inline(always)]
pub(super) fn execute(context: &mut Context<'_>, instruction: Instruction) -> Option<Done> {
    let done = match instruction {
        // Of these, those of few digits do not come here: `small::execute`.
        Instruction::DecimalAdd { into, left, right } => library(context, (into, left, right), Decimal::checked_add),
        Instruction::DecimalSub { into, left, right } => library(context, (into, left, right), Decimal::checked_sub),
        Instruction::DecimalMul { into, left, right } => library(context, (into, left, right), Decimal::checked_mul),
        Instruction::DecimalDiv { into, left, right } => binary(context, into, left, right, divide),
        Instruction::DecimalMod { into, left, right } => binary(context, into, left, right, modulo),
        Instruction::DecimalFloor { into, left, right } => binary(context, into, left, right, floor),
        Instruction::DecimalNegate { into, from } => unary(context, into, from, |number| -number),
        Instruction::DecimalAbsolute { into, from } => unary(context, into, from, |number| number.abs()),
        Instruction::DecimalRound { into, from, places } => {
            let places = context.window.int(places);
            round(context.window.decimal(from), places).map(|number| context.window.put_decimal(into, number))
        }
        Instruction::DecimalCompare { into, left, right } => {
            let ordering = context.window.decimal(left).cmp(&context.window.decimal(right));
            context.window.put_int(into, sign(ordering));
            Ok(())
        }
        Instruction::DecimalToInt { into, from } => {
            let whole = context.window.decimal(from).trunc().to_i64().ok_or(TrapCode::Overflow);
            whole.map(|whole| context.window.put_int(into, whole))
        }
        Instruction::DecimalToFloat { into, from } => {
            // The nearest float: reading its digits rounds once.
            let number = context.window.decimal(from).to_string().parse::<f64>().map_err(|_| TrapCode::Conversion);
            number.map(|number| context.window.put(into, number.to_bits()))
        }
        Instruction::DecimalOfText { into, from } => return Some(of_text(context, into, from)),
        Instruction::IntOfText { into, from } => return Some(int_of_text(context, into, from)),
        _ => return None,
    };
    Some(done.map_err(Raised::trap))
}

/// A result or a trap.
type Computed<T = ()> = Result<T, TrapCode>;

fn unary(context: &mut Context<'_>, into: SlotIdx, from: SlotIdx, compute: impl Fn(Decimal) -> Decimal) -> Computed {
    let number = compute(context.window.decimal(from));
    context.window.put_decimal(into, number);
    Ok(())
}

fn binary(
    context: &mut Context<'_>,
    into: SlotIdx,
    left: SlotIdx,
    right: SlotIdx,
    compute: impl Fn(Decimal, Decimal) -> Computed<Decimal>,
) -> Computed {
    let number = compute(context.window.decimal(left), context.window.decimal(right))?;
    context.window.put_decimal(into, number);
    Ok(())
}

/// An operation of the library that tells where the result is too large.
fn library(
    context: &mut Context<'_>,
    (into, left, right): (SlotIdx, SlotIdx, SlotIdx),
    compute: impl Fn(Decimal, Decimal) -> Option<Decimal>,
) -> Computed {
    binary(context, into, left, right, |left, right| compute(left, right).ok_or(TrapCode::Overflow))
}

pub(super) fn divide(left: Decimal, right: Decimal) -> Computed<Decimal> {
    if right.is_zero() {
        return Err(TrapCode::DivisionByZero);
    }
    left.checked_div(right).ok_or(TrapCode::Overflow)
}

/// The quotient of the sizes cut to a whole number, and what is left, which has the sign of the left side. Exact: the
/// digits that the left side lacks against the right one are brought down one by one.
fn cut(left: Decimal, right: Decimal) -> Computed<(u128, Decimal)> {
    let (mut rest, divisor) = (left.mantissa().unsigned_abs(), right.mantissa().unsigned_abs());
    let mut quotient = 0;
    let more = right.scale().saturating_sub(left.scale());
    if left.scale() <= right.scale() {
        (quotient, rest) = (rest / divisor, rest % divisor);
        for _ in 0..more {
            rest *= 10;
            // A mantissa has 96 bits, so there is room for the next digit wherever the quotient is still of use.
            quotient = u128::checked_mul(quotient, 10).ok_or(TrapCode::Overflow)? + rest / divisor;
            rest %= divisor;
        }
    } else if let Some(divisor) = divisor.checked_mul(10u128.pow(left.scale() - right.scale())) {
        (quotient, rest) = (rest / divisor, rest % divisor);
    }
    let rest = i128::try_from(rest).map_err(|_| TrapCode::Overflow)?;
    let rest = if left.is_sign_negative() { -rest } else { rest };
    let scale = left.scale().max(right.scale());
    Ok((quotient, Decimal::try_from_i128_with_scale(rest, scale).map_err(|_| TrapCode::Overflow)?))
}

/// Whether the quotient that is rounded down is one less than the one that is cut.
fn is_below(rest: Decimal, right: Decimal) -> bool {
    !rest.is_zero() && rest.is_sign_negative() != right.is_sign_negative()
}

fn modulo(left: Decimal, right: Decimal) -> Computed<Decimal> {
    if right.is_zero() {
        return Err(TrapCode::DivisionByZero);
    }
    let rest = left.checked_rem(right).ok_or(TrapCode::Overflow)?;
    if is_below(rest, right) { rest.checked_add(right).ok_or(TrapCode::Overflow) } else { Ok(rest) }
}

fn floor(left: Decimal, right: Decimal) -> Computed<Decimal> {
    if right.is_zero() {
        return Err(TrapCode::DivisionByZero);
    }
    let (quotient, rest) = cut(left, right)?;
    let quotient = i128::try_from(quotient).map_err(|_| TrapCode::Overflow)?;
    let quotient = if left.is_sign_negative() == right.is_sign_negative() { quotient } else { -quotient };
    let quotient = quotient - i128::from(is_below(rest, right));
    Decimal::try_from_i128_with_scale(quotient, 0).map_err(|_| TrapCode::Overflow)
}

/// Half to even. Negative places round before the point.
pub(super) fn round(number: Decimal, places: i64) -> Computed<Decimal> {
    if places >= 0 {
        let places = u32::try_from(places).unwrap_or(u32::MAX);
        return Ok(number.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven));
    }
    let digits = u32::try_from(places.unsigned_abs()).unwrap_or(u32::MAX);
    let unit = 10i128.checked_pow(digits).and_then(|unit| Decimal::try_from_i128_with_scale(unit, 0).ok());
    let Some(unit) = unit else {
        // The unit has one digit more than the largest decimal, which may be more than half of it, or many more.
        let is_nearer = digits == 29 && number.abs() > Decimal::from_i128_with_scale(5 * 10i128.pow(28), 0);
        return if is_nearer { Err(TrapCode::Overflow) } else { Ok(Decimal::ZERO) };
    };
    let units = divide(number, unit)?.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven);
    units.checked_mul(unit).ok_or(TrapCode::Overflow)
}

fn of_text(context: &mut Context<'_>, into: SlotIdx, from: SlotIdx) -> Done {
    let text = context.text(from).trim();
    let number = Decimal::from_str_exact(text).map_err(|_| unreadable(text, "a decimal"))?;
    context.window.put_decimal(into, number);
    Ok(())
}

fn int_of_text(context: &mut Context<'_>, into: SlotIdx, from: SlotIdx) -> Done {
    let text = context.text(from).trim();
    let number: i64 = text.parse().map_err(|_| unreadable(text, "a whole number"))?;
    context.window.put_int(into, number);
    Ok(())
}

/// A text that is not what it should be.
pub(super) fn unreadable(text: &str, what: &str) -> Raised {
    let shown: String = text.chars().take(40).collect();
    Raised::said(TrapCode::Conversion, format!("the text `{shown}` is not {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_places_than_a_number_has_change_nothing() {
        let number = Decimal::new(15, 1);
        for places in [1, 28, 29, 99_999_999_999, i64::MAX] {
            assert_eq!(round(number, places).ok(), Some(number), "{places}");
        }
        assert_eq!(round(number, 0).ok(), Some(Decimal::from(2)));
        assert_eq!(round(number, i64::MIN).ok(), Some(Decimal::ZERO));
    }
}
