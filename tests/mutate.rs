//! Damage to good files, always the same for a seed: bits, bytes and ranges that are changed, cut, inserted, copied from
//! elsewhere, and lengths that lie.

/// xorshift: the same numbers on every machine.
pub(crate) struct Numbers(pub(crate) u64);

/// What lengths that lie look like: zeros, and huge numbers of each encoding and of texts.
const LIES: [&[u8]; 8] = [
    &[0],
    &[0xFF; 4],
    &[250],
    &[252, 0xFF, 0xFF, 0xFF, 0xFF],
    &[253, 0, 0, 0, 0, 0, 0, 0, 0x80],
    &[0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
    &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
    b"99999999999999999999999999999999999999999",
];

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    /// A short range within so many bytes.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        start..start + self.below(24).min(length - start)
    }

    /// Damages bytes, up to four times.
    pub(crate) fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let range = self.range(bytes.len());
            let from = self.range(bytes.len());
            match self.below(8) {
                0..=2 if !bytes.is_empty() => {
                    let place = self.below(bytes.len());
                    bytes[place] ^= 1 << self.below(8);
                }
                3 => drop(bytes.drain(range)),
                4 => {
                    let inserted: Vec<u8> = range.clone().map(|_| self.next().to_le_bytes()[0]).collect();
                    bytes.splice(range.start..range.start, inserted);
                }
                5 => {
                    let other = bytes[from].to_vec();
                    bytes.splice(range, other);
                }
                6 => {
                    let lie = LIES[self.below(LIES.len())];
                    let end = bytes.len().min(range.start + lie.len());
                    let end = if self.below(2) == 0 { end } else { bytes.len().min(range.start + 1) };
                    bytes.splice(range.start..end, lie.iter().copied());
                }
                7 if self.below(8) == 0 => bytes.truncate(range.start),
                _ => {
                    if let Some(byte) = bytes.get_mut(range.start) {
                        *byte = byte.wrapping_add(1);
                    }
                }
            }
        }
    }
}
