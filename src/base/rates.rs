//! Amounts in other currencies. A rate is how many units of a currency one unit of the base currency is.

use rust_decimal::Decimal;

/// The decimals of a rate.
pub const RATE_PLACES: u32 = 10;

/// An amount of a currency with the rate `from` as one of a currency with the rate `to`: `amount * to / from`, exact,
/// rounded half to even. None if it does not fit, or a rate is none.
#[must_use]
pub fn converted(amount: i64, from: Decimal, to: Decimal) -> Option<i64> {
    let (from, to) = (units(from)?, units(to)?);
    // INVARIANT: both factors are below 2^64.
    let product = u128::from(amount.unsigned_abs()) * u128::from(to);
    let from = u128::from(from);
    let (quotient, rest) = (product / from, product % from);
    let up = rest > from - rest || rest == from - rest && quotient % 2 == 1;
    let size = i128::try_from(quotient).ok()? + i128::from(up);
    i64::try_from(if amount < 0 { -size } else { size }).ok()
}

/// A positive rate in its smallest unit.
fn units(rate: Decimal) -> Option<u64> {
    let mut scaled = rate;
    scaled.rescale(RATE_PLACES);
    (scaled == rate).then(|| u64::try_from(scaled.mantissa()).ok()).flatten().filter(|units| *units > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_that_are_none_convert_nothing() {
        assert_eq!(converted(1, Decimal::ZERO, Decimal::ONE), None);
        assert_eq!(converted(1, -Decimal::ONE, Decimal::ONE), None);
        assert_eq!(converted(i64::MAX, Decimal::new(1, 10), Decimal::ONE), None);
        assert_eq!(converted(i64::MIN, Decimal::ONE, Decimal::ONE), Some(i64::MIN));
    }
}
