//! The slots of one frame as instructions see them: an array of a fixed power of two, so that no slot number needs a
//! check.

use rust_decimal::Decimal;

use crate::{
    base::{
        limits::SLOTS_MAX,
        value::{Currency, Duration},
    },
    bytecode::types::SlotIdx,
};

/// Slots of a window.
pub(crate) const WINDOW: usize = SLOTS_MAX as usize;
/// Keeps a slot number inside.
const MASK: usize = WINDOW - 1;
const _: () = assert!(WINDOW.is_power_of_two(), "the mask needs a power of two");

/// The slots of a frame.
pub(crate) type Window = [u64; WINDOW];

/// Reading and writing of values in slots. A slot number beyond the window wraps around; the verifier refuses it.
pub(crate) trait Slots {
    /// The bits of a slot.
    fn get(&self, slot: SlotIdx) -> u64;
    /// Sets the bits of a slot.
    fn put(&mut self, slot: SlotIdx, bits: u64);

    /// A whole number or other scalar.
    #[inline(always)]
    fn int(&self, slot: SlotIdx) -> i64 {
        self.get(slot).cast_signed()
    }

    /// Sets a whole number or other scalar.
    #[inline(always)]
    fn put_int(&mut self, slot: SlotIdx, value: i64) {
        self.put(slot, value.cast_unsigned());
    }

    /// Sets a truth.
    #[inline(always)]
    fn put_bool(&mut self, slot: SlotIdx, value: bool) {
        self.put(slot, u64::from(value));
    }

    /// A float.
    #[inline]
    fn float(&self, slot: SlotIdx) -> f64 {
        f64::from_bits(self.get(slot))
    }

    /// A decimal.
    #[inline]
    fn decimal(&self, slot: SlotIdx) -> Decimal {
        unpack_decimal(self.get(slot), self.get(next(slot)))
    }

    /// Sets a decimal.
    #[inline]
    fn put_decimal(&mut self, slot: SlotIdx, value: Decimal) {
        let (low, high) = pack_decimal(value);
        self.put(slot, low);
        self.put(next(slot), high);
    }

    /// A duration.
    #[inline]
    fn duration(&self, slot: SlotIdx) -> Duration {
        unpack_duration(self.get(slot), self.get(next(slot)))
    }

    /// Sets a duration.
    #[inline]
    fn put_duration(&mut self, slot: SlotIdx, value: Duration) {
        let (days, micros) = pack_duration(value);
        self.put(slot, days);
        self.put(next(slot), micros);
    }
}

impl Slots for Window {
    #[inline(always)]
    fn get(&self, slot: SlotIdx) -> u64 {
        self.as_slice().get(usize::from(slot.0) & MASK).copied().unwrap_or_default()
    }

    #[inline(always)]
    fn put(&mut self, slot: SlotIdx, bits: u64) {
        if let Some(place) = self.as_mut_slice().get_mut(usize::from(slot.0) & MASK) {
            *place = bits;
        }
    }
}

/// The slot after this one.
#[inline(always)]
pub(crate) fn next(slot: SlotIdx) -> SlotIdx {
    SlotIdx(slot.0.wrapping_add(1))
}

/// So many slots further.
#[inline(always)]
pub(crate) fn at(slot: SlotIdx, offset: usize) -> SlotIdx {
    SlotIdx(slot.0.wrapping_add(u16::try_from(offset).unwrap_or_default()))
}

/// The lower or upper half of a slot.
#[inline]
fn half(bits: u64, upper: bool) -> u32 {
    let bits = if upper { bits >> 32 } else { bits & 0xFFFF_FFFF };
    u32::try_from(bits).unwrap_or_default()
}

const SIGN: u64 = 1 << 63;

/// Low: the lower 64 bits of the mantissa. High: the upper 32, above them the scale, at the top the sign.
#[inline]
pub(crate) fn pack_decimal(value: Decimal) -> (u64, u64) {
    let parts = value.unpack();
    let low = u64::from(parts.lo) | u64::from(parts.mid) << 32;
    let high = u64::from(parts.hi) | u64::from(parts.scale) << 32;
    (low, if parts.negative { high | SIGN } else { high })
}

/// The reverse of [`pack_decimal`].
#[inline]
pub(crate) fn unpack_decimal(low: u64, high: u64) -> Decimal {
    let scale = (half(high, true) & 0xFF).min(Decimal::MAX_SCALE);
    Decimal::from_parts(half(low, false), half(low, true), half(high, false), high & SIGN != 0, scale)
}

/// Days slot: months in the upper half, days in the lower. Then microseconds.
#[inline]
pub(crate) fn pack_duration(value: Duration) -> (u64, u64) {
    let days = u64::from(value.months.cast_unsigned()) << 32 | u64::from(value.days.cast_unsigned());
    (days, value.micros.cast_unsigned())
}

/// The reverse of [`pack_duration`].
#[inline]
pub(crate) fn unpack_duration(days: u64, micros: u64) -> Duration {
    Duration {
        months: half(days, true).cast_signed(),
        days: half(days, false).cast_signed(),
        micros: micros.cast_signed(),
    }
}

/// A currency as the bits of its slot; 0 for one that is not known.
#[inline]
pub(crate) fn pack_currency(currency: Currency) -> u64 {
    let [a, b, c] = currency.0;
    u64::from(u32::from_le_bytes([a, b, c, 0]))
}

/// The reverse of [`pack_currency`]; none for one that is not known.
#[inline]
pub(crate) fn unpack_currency(bits: u64) -> Option<Currency> {
    let [a, b, c, ..] = bits.to_le_bytes();
    let currency = Currency([a, b, c]);
    currency.0.iter().all(u8::is_ascii_uppercase).then_some(currency)
}
