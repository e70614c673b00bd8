//! Amounts: ten-thousandths in 64 bits, exact, rounded half to even. Money is an amount with its currency.

use rust_decimal::Decimal;

use super::{Context, Done, Raised, decimal::divide, sign};
use crate::{
    base::value::Currency,
    bytecode::{isa::Instruction, traps::TrapCode, types::SlotIdx},
    vm::window::{Slots, next, unpack_currency},
};

/// Ten-thousandths of a unit.
const UNIT: i64 = 10_000;
/// Their decimals.
const PLACES: u32 = 4;

/// A result or a trap.
type Computed<T = ()> = Result<T, TrapCode>;

#[inline(always)]
pub(super) fn execute(context: &mut Context<'_>, instruction: Instruction) -> Option<Done> {
    let window = &context.window;
    let (into, amount) = match instruction {
        Instruction::AmountAdd { into, left, right } => (into, sum(window.int(left), window.int(right))),
        Instruction::AmountSub { into, left, right } => (into, difference(window.int(left), window.int(right))),
        Instruction::AmountNegate { into, from } => (into, window.int(from).checked_neg().ok_or(TrapCode::Overflow)),
        Instruction::AmountAbsolute { into, from } => (into, window.int(from).checked_abs().ok_or(TrapCode::Overflow)),
        Instruction::AmountMulInt { into, left, right } => (into, product(window.int(left), window.int(right))),
        Instruction::AmountMulDecimal { into, left, right } => {
            (into, multiply(window.int(left), window.decimal(right)))
        }
        Instruction::AmountDivInt { into, left, right } => {
            (into, divide_amount(window.int(left), Decimal::from(window.int(right))))
        }
        Instruction::AmountDivDecimal { into, left, right } => {
            (into, divide_amount(window.int(left), window.decimal(right)))
        }
        Instruction::AmountRound { into, from, places } => (into, round(window.int(from), window.int(places))),
        Instruction::AmountOfDecimal { into, from } => (into, multiply(UNIT, window.decimal(from))),
        Instruction::AmountToDecimal { into, from } => {
            let number = as_decimal(window.int(from));
            context.window.put_decimal(into, number);
            return Some(Ok(()));
        }
        Instruction::AmountRatio { into, left, right } => {
            let ratio = divide(Decimal::from(window.int(left)), Decimal::from(window.int(right)));
            return Some(ratio.map(|ratio| context.window.put_decimal(into, ratio)).map_err(Raised::trap));
        }
        other => return money(context, other),
    };
    Some(amount.map(|amount| context.window.put_int(into, amount)).map_err(Raised::trap))
}

/// Money: the same, with the currency beside it.
#[inline(always)]
fn money(context: &mut Context<'_>, instruction: Instruction) -> Option<Done> {
    let done = match instruction {
        Instruction::MoneyAdd { into, left, right } => both(context, into, left, right, sum),
        Instruction::MoneySub { into, left, right } => both(context, into, left, right, difference),
        Instruction::MoneyNegate { into, from } => {
            one(context, into, from, |amount| amount.checked_neg().ok_or(TrapCode::Overflow))
        }
        Instruction::MoneyAbsolute { into, from } => {
            one(context, into, from, |amount| amount.checked_abs().ok_or(TrapCode::Overflow))
        }
        Instruction::MoneyMulInt { into, left, right } => {
            let right = context.window.int(right);
            one(context, into, left, |amount| product(amount, right))
        }
        Instruction::MoneyMulDecimal { into, left, right } => {
            let right = context.window.decimal(right);
            one(context, into, left, |amount| multiply(amount, right))
        }
        Instruction::MoneyDivInt { into, left, right } => {
            let right = Decimal::from(context.window.int(right));
            one(context, into, left, |amount| divide_amount(amount, right))
        }
        Instruction::MoneyDivDecimal { into, left, right } => {
            let right = context.window.decimal(right);
            one(context, into, left, |amount| divide_amount(amount, right))
        }
        Instruction::MoneyRound { into, from } => {
            let currency = unpack_currency(context.window.get(next(from)));
            let places = i64::from(currency.map_or(2, |currency| currency.minor_units()));
            one(context, into, from, |amount| round(amount, places))
        }
        Instruction::MoneyRoundTo { into, from, places } => {
            let places = context.window.int(places);
            one(context, into, from, |amount| round(amount, places))
        }
        Instruction::MoneyRatio { into, left, right } => currency(context, left, right).and_then(|_| {
            let window = &mut context.window;
            let ratio = divide(Decimal::from(window.int(left)), Decimal::from(window.int(right)))?;
            window.put_decimal(into, ratio);
            Ok(())
        }),
        Instruction::MoneyCompare { into, left, right } => currency(context, left, right).map(|_| {
            let ordering = context.window.int(left).cmp(&context.window.int(right));
            context.window.put_int(into, sign(ordering));
        }),
        Instruction::MoneyCurrency { into, from } => {
            let code = unpack_currency(context.window.get(next(from)));
            let code = code.unwrap_or(context.program.module().meta.currency);
            return Some(context.put_text(into, code.as_str()));
        }
        _ => return None,
    };
    Some(done.map_err(Raised::trap))
}

/// The currency of two amounts: an amount of zero agrees with each.
fn currency(context: &Context<'_>, left: SlotIdx, right: SlotIdx) -> Computed<u64> {
    let window = &context.window;
    let (left_currency, right_currency) = (window.get(next(left)), window.get(next(right)));
    if left_currency == right_currency || window.int(right) == 0 && left_currency != 0 {
        Ok(left_currency)
    } else if window.int(left) == 0 {
        Ok(if right_currency == 0 { left_currency } else { right_currency })
    } else if window.int(right) == 0 {
        Ok(left_currency)
    } else {
        Err(TrapCode::CurrencyMismatch)
    }
}

fn both(
    context: &mut Context<'_>,
    into: SlotIdx,
    left: SlotIdx,
    right: SlotIdx,
    compute: fn(i64, i64) -> Computed<i64>,
) -> Computed {
    let currency = currency(context, left, right)?;
    let amount = compute(context.window.int(left), context.window.int(right))?;
    context.window.put_int(into, amount);
    context.window.put(next(into), currency);
    Ok(())
}

fn one(context: &mut Context<'_>, into: SlotIdx, from: SlotIdx, compute: impl Fn(i64) -> Computed<i64>) -> Computed {
    let currency = context.window.get(next(from));
    let amount = compute(context.window.int(from))?;
    context.window.put_int(into, amount);
    context.window.put(next(into), currency);
    Ok(())
}

fn sum(left: i64, right: i64) -> Computed<i64> {
    left.checked_add(right).ok_or(TrapCode::Overflow)
}

fn difference(left: i64, right: i64) -> Computed<i64> {
    left.checked_sub(right).ok_or(TrapCode::Overflow)
}

fn product(left: i64, right: i64) -> Computed<i64> {
    left.checked_mul(right).ok_or(TrapCode::Overflow)
}

/// An amount as a decimal of its units.
pub(super) fn as_decimal(amount: i64) -> Decimal {
    Decimal::new(amount, PLACES)
}

/// The size of a decimal's mantissa, and the power of ten that divides it.
fn fraction(number: Decimal) -> (u128, u128) {
    (number.mantissa().unsigned_abs(), 10u128.pow(number.scale()))
}

/// `amount * factor`, rounded half to even.
pub(crate) fn multiply(amount: i64, factor: Decimal) -> Computed<i64> {
    let (mantissa, unit) = fraction(factor);
    scale(amount, factor.is_sign_negative(), mantissa, unit)
}

fn divide_amount(amount: i64, divisor: Decimal) -> Computed<i64> {
    if divisor.is_zero() {
        return Err(TrapCode::DivisionByZero);
    }
    let (mantissa, unit) = fraction(divisor);
    scale(amount, divisor.is_sign_negative(), unit, mantissa)
}

/// Half to even to so many places of a unit.
fn round(amount: i64, places: i64) -> Computed<i64> {
    let digits = i64::from(PLACES).saturating_sub(places);
    if digits <= 0 {
        return Ok(amount);
    }
    let unit = u32::try_from(digits).ok().and_then(|digits| 10i64.checked_pow(digits));
    let Some(unit) = unit else { return Ok(0) };
    let units = scale(amount, false, 1, u128::from(unit.unsigned_abs()))?;
    product(units, unit)
}

/// Ten-thousandths of the smallest coin.
pub(super) fn coin(currency: Currency) -> i64 {
    10i64.pow(PLACES.saturating_sub(currency.minor_units()))
}

/// `parts` amounts with this sum: whole coins, of which the first parts have one more where they do not come out even.
/// What is less than a coin goes to the first.
pub(super) fn shares(amount: i64, coin: i64, parts: usize) -> impl Iterator<Item = i64> {
    let count = i64::try_from(parts).unwrap_or(i64::MAX);
    let (coins, crumbs) = (amount / coin, amount % coin);
    let (share, left) = (coins / count, coins % count);
    (0..count).map(move |index| {
        let extra = if index < left.abs() { left.signum() } else { 0 };
        (share + extra) * coin + if index == 0 { crumbs } else { 0 }
    })
}

/// `amount * numerator / denominator`, exact, rounded half to even. Both are below 2^96.
fn scale(amount: i64, negate: bool, numerator: u128, denominator: u128) -> Computed<i64> {
    let size = u128::from(amount.unsigned_abs());
    let (quotient, rest) = match size.checked_mul(numerator) {
        Some(product) => (product / denominator, product % denominator),
        None => wide_division(size, numerator, denominator)?,
    };
    let up = rest > denominator - rest || rest == denominator - rest && quotient % 2 == 1;
    let quotient = i128::try_from(quotient).map_err(|_| TrapCode::Overflow)? + i128::from(up);
    let negative = (amount < 0) != negate;
    i64::try_from(if negative { -quotient } else { quotient }).map_err(|_| TrapCode::Overflow)
}

/// `left * right / denominator` with its rest where the product takes more than 128 bits: bit by bit. The rest stays
/// below the denominator, so doubling it and adding to it fits.
fn wide_division(left: u128, right: u128, denominator: u128) -> Computed<(u128, u128)> {
    let (step_quotient, step_rest) = (right / denominator, right % denominator);
    let (mut quotient, mut rest) = (0u128, 0u128);
    for bit in (0..u128::BITS - left.leading_zeros()).rev() {
        let set = left >> bit & 1 == 1;
        rest = rest * 2 + if set { step_rest } else { 0 };
        quotient = quotient.checked_mul(2).ok_or(TrapCode::Overflow)?;
        if set {
            quotient = quotient.checked_add(step_quotient).ok_or(TrapCode::Overflow)?;
        }
        quotient = quotient.checked_add(rest / denominator).ok_or(TrapCode::Overflow)?;
        rest %= denominator;
    }
    Ok((quotient, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_round_half_to_even() {
        let half = Decimal::new(5, 1);
        assert_eq!(multiply(1, half), Ok(0));
        assert_eq!(multiply(3, half), Ok(2));
        assert_eq!(multiply(-3, half), Ok(-2));
        assert_eq!(multiply(5, half), Ok(2));
        assert_eq!(divide_amount(10, Decimal::from(4)), Ok(2));
        assert_eq!(divide_amount(-14, Decimal::from(4)), Ok(-4));
        assert_eq!(round(12_350, 1), Ok(12_000));
        assert_eq!(round(12_350, 2), Ok(12_400));
        assert_eq!(round(12_450, 2), Ok(12_400));
        assert_eq!(round(123, -30), Ok(0));
    }

    #[test]
    fn products_of_more_than_128_bits_are_exact() {
        // 2^62 times 0.1 with 28 digits.
        let tenth = Decimal::from_i128_with_scale(1_000_000_000_000_000_000_000_000_000, 28);
        assert_eq!(multiply(1 << 62, tenth), Ok(461_168_601_842_738_790));
        assert_eq!(multiply(i64::MAX, Decimal::MAX), Err(TrapCode::Overflow));
        assert_eq!(multiply(i64::MAX, Decimal::ONE), Ok(i64::MAX));
        let third = Decimal::from_i128_with_scale(3_333_333_333_333_333_333_333_333_333, 28);
        assert_eq!(multiply(3_000_000_000_000_000_000, third), Ok(1_000_000_000_000_000_000));
    }
}
