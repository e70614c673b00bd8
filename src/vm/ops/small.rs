//! Decimals whose digits fit 64 bits, which most amounts do, computed on the bits of their two slots.
//!
//! Each function gives the bits that the library would give, scale included, or none where it does not apply.

use std::cmp::Ordering;

use super::sign;
use crate::{
    bytecode::isa::Instruction,
    vm::window::{Slots, Window, next},
};

/// Executes an instruction, or says that it does not apply.
#[inline(never)]
pub(in crate::vm) fn execute(window: &mut Window, instruction: Instruction) -> bool {
    let of = |slot| (window.get(slot), window.get(next(slot)));
    let (into, result) = match instruction {
        Instruction::DecimalAdd { into, left, right } => (into, add(of(left), of(right), false)),
        Instruction::DecimalSub { into, left, right } => (into, add(of(left), of(right), true)),
        Instruction::DecimalMul { into, left, right } => (into, multiply(of(left), of(right))),
        Instruction::DecimalRound { into, from, places } => (into, round(of(from), window.int(places))),
        Instruction::IntToDecimal { into, from } => (into, Some(of_int(window.int(from)))),
        Instruction::DecimalCompare { into, left, right } => {
            let Some(ordering) = compare(of(left), of(right)) else { return false };
            window.put_int(into, sign(ordering));
            return true;
        }
        _ => return false,
    };
    let Some((low, high)) = result else { return false };
    window.put(into, low);
    window.put(next(into), high);
    true
}

/// The two slots of a decimal, low and high, as `window::pack_decimal` lays them out.
type Bits = (u64, u64);

/// The bits of the high slot that hold digits: none for a small decimal.
const DIGITS: u64 = 0xFFFF_FFFF;
/// Where the scale stands in the high slot.
const SCALE_SHIFT: u32 = 32;
const SCALE_MASK: u64 = 0xFF;
/// The most digits after the point.
const SCALE_MAX: u64 = 28;
/// The sign bit of the high slot.
const SIGN: u64 = 1 << 63;

/// The powers of ten that fit 64 bits.
const POWERS: [u64; 20] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
    100_000_000_000,
    1_000_000_000_000,
    10_000_000_000_000,
    100_000_000_000_000,
    1_000_000_000_000_000,
    10_000_000_000_000_000,
    100_000_000_000_000_000,
    1_000_000_000_000_000_000,
    10_000_000_000_000_000_000,
];

#[inline(always)]
fn scale((_, high): Bits) -> u64 {
    high >> SCALE_SHIFT & SCALE_MASK
}

#[inline(always)]
fn is_negative((_, high): Bits) -> bool {
    high & SIGN != 0
}

#[inline(always)]
fn are_small((_, left): Bits, (_, right): Bits) -> bool {
    (left | right) & DIGITS == 0
}

#[inline(always)]
fn bits(magnitude: u64, scale: u64, negative: bool) -> Bits {
    let high = scale << SCALE_SHIFT;
    (magnitude, if negative && magnitude != 0 { high | SIGN } else { high })
}

#[inline(always)]
fn power(exponent: u64) -> Option<u64> {
    POWERS.get(usize::try_from(exponent).ok()?).copied()
}

/// The digits as signed numbers of one scale, which is the larger one.
#[inline(always)]
fn aligned(left: Bits, right: Bits) -> Option<(i128, i128)> {
    let signed = |number: Bits, other: Bits| {
        let lacks = scale(other).saturating_sub(scale(number));
        let factor = if lacks == 0 { 1 } else { power(lacks)? };
        let magnitude = i128::try_from(u128::from(number.0) * u128::from(factor)).ok()?;
        Some(if is_negative(number) { -magnitude } else { magnitude })
    };
    Some((signed(left, right)?, signed(right, left)?))
}

/// The sum, or the difference.
#[inline(always)]
fn add(left: Bits, right: Bits, subtract: bool) -> Option<Bits> {
    if !are_small(left, right) {
        return None;
    }
    // Nothing changes the scale of the other side where it is nothing.
    if left.0 == 0 {
        return Some(bits(right.0, scale(right), is_negative(right) != subtract));
    }
    if right.0 == 0 {
        return Some(left);
    }
    let (one, other) = aligned(left, right)?;
    let sum = if subtract { one.checked_sub(other)? } else { one.checked_add(other)? };
    Some(bits(u64::try_from(sum.unsigned_abs()).ok()?, scale(left).max(scale(right)), sum < 0))
}

/// The product.
#[inline(always)]
fn multiply(left: Bits, right: Bits) -> Option<Bits> {
    if !are_small(left, right) {
        return None;
    }
    if left.0 == 0 || right.0 == 0 {
        return Some((0, 0));
    }
    let scale = scale(left) + scale(right);
    let product = left.0.checked_mul(right.0).filter(|_| scale <= SCALE_MAX)?;
    Some(bits(product, scale, is_negative(left) != is_negative(right)))
}

/// Half to even, to so many places after the point.
#[inline(always)]
fn round(number: Bits, places: i64) -> Option<Bits> {
    let places = u64::try_from(places).ok()?;
    let more = scale(number).saturating_sub(places);
    if more == 0 {
        return Some(number);
    }
    let unit = power(more).filter(|_| are_small(number, number))?;
    let (cut, rest) = (number.0 / unit, number.0 % unit);
    let up = match rest.cmp(&(unit / 2)) {
        Ordering::Less => 0,
        Ordering::Equal => cut & 1,
        Ordering::Greater => 1,
    };
    Some(bits(cut + up, places, is_negative(number)))
}

/// Which one is larger.
#[inline(always)]
fn compare(left: Bits, right: Bits) -> Option<Ordering> {
    if !are_small(left, right) {
        return None;
    }
    aligned(left, right).map(|(left, right)| left.cmp(&right))
}

/// A whole number.
#[inline(always)]
fn of_int(number: i64) -> Bits {
    bits(number.unsigned_abs(), 0, number < 0)
}

#[cfg(test)]
mod tests {
    use rust_decimal::{Decimal, RoundingStrategy};

    use super::*;
    use crate::vm::window::{pack_decimal, unpack_decimal};

    /// Digits of all lengths, with ties and the ends of 32, 64 and 96 bits, of all scales and both signs.
    fn numbers() -> Vec<Decimal> {
        let mut digits: Vec<i128> = vec![0, 1, 5, 15, 25, 1_999, 2_500, 24_999, 25_001, 99_999];
        digits.extend([31, 32, 63, 64].iter().flat_map(|bits| [(1 << bits) - 1, 1 << bits]));
        digits.extend([10i128.pow(18), 5 * 10i128.pow(17), (1 << 96) - 1]);
        let scales = [0, 1, 2, 3, 9, 10, 14, 18, 19, 20, 28];
        let all = digits.iter().flat_map(|digits| scales.map(|scale| Decimal::from_i128_with_scale(*digits, scale)));
        all.flat_map(|number| [number, -number]).map(settled).collect()
    }

    /// Slots hold no negative nothing.
    fn settled(number: Decimal) -> Decimal {
        if number.is_zero() { number.abs() } else { number }
    }

    fn same(found: Option<Bits>, expected: Option<Decimal>, what: &str) -> u32 {
        let Some((low, high)) = found else { return 0 };
        let found = unpack_decimal(low, high);
        let expected = expected.map(settled);
        assert_eq!(Some(found.unpack()), expected.map(|number| number.unpack()), "{what}: {found}, not {expected:?}");
        1
    }

    #[test]
    fn results_are_those_of_the_library_to_the_bit() {
        let numbers = numbers();
        let mut told = [0; 5];
        for left in &numbers {
            let one = pack_decimal(*left);
            for right in &numbers {
                let other = pack_decimal(*right);
                told[0] += same(add(one, other, false), left.checked_add(*right), &format!("{left} + {right}"));
                told[1] += same(add(one, other, true), left.checked_sub(*right), &format!("{left} - {right}"));
                told[2] += same(multiply(one, other), left.checked_mul(*right), &format!("{left} * {right}"));
                if let Some(ordering) = compare(one, other) {
                    assert_eq!(ordering, left.cmp(right), "{left} beside {right}");
                    told[3] += 1;
                }
            }
            for places in 0..29u32 {
                let expected = left.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven);
                told[4] += same(round(one, i64::from(places)), Some(expected), &format!("{left} to {places}"));
            }
        }
        // It applies to most of them, so the comparison above has compared something.
        assert!(told.iter().all(|count| *count > 10_000), "{told:?}");
    }

    #[test]
    fn whole_numbers_are_decimals_of_scale_nothing() {
        for number in [0, 1, -1, i64::MAX, i64::MIN] {
            assert_eq!(of_int(number), pack_decimal(Decimal::from(number)));
        }
    }

    #[test]
    fn places_before_the_point_are_left_to_the_library() {
        assert_eq!(round(of_int(15), -1), None);
    }
}
