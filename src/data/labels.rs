//! Names of a data file in little memory: their bytes one after the other, and a table of their numbers.

use std::hash::{BuildHasher, RandomState};

/// Different names, numbered in the order they came.
#[derive(Debug, Default)]
pub struct Labels {
    text: String,
    /// Where each name ends in the text.
    ends: Vec<u32>,
    /// Numbers of names, each at the first free place from that of its hash on; the length is a power of two.
    table: Vec<u32>,
    hashes: RandomState,
}

/// A place of the table that no name has.
const FREE: u32 = u32::MAX;

impl Labels {
    /// Adds a name and gives its number; nothing if it is there already.
    pub fn add(&mut self, name: &str) -> Option<u32> {
        if (self.ends.len() + 1) * 4 > self.table.len() * 3 {
            self.grow();
        }
        let place = match self.place(name) {
            Place::Of(_) => return None,
            Place::Free(place) => place,
        };
        let number = u32::try_from(self.ends.len()).ok().filter(|number| *number != FREE)?;
        let end = u32::try_from(self.text.len() + name.len()).ok()?;
        self.text.push_str(name);
        self.ends.push(end);
        *self.table.get_mut(place)? = number;
        Some(number)
    }

    /// The number of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<u32> {
        match self.place(name) {
            Place::Of(number) => Some(number),
            Place::Free(_) => None,
        }
    }

    /// The name of a number.
    #[must_use]
    pub fn name(&self, number: u32) -> Option<&str> {
        let index = usize::try_from(number).ok()?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(start as usize..*self.ends.get(index)? as usize)
    }

    /// All names in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0u32..).map_while(|number| self.name(number))
    }

    /// What it takes, in bytes.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        self.text.capacity() + (self.ends.capacity() + self.table.capacity()) * size_of::<u32>()
    }

    fn place(&self, name: &str) -> Place {
        let Some(mask) = self.table.len().checked_sub(1) else { return Place::Free(0) };
        let [a, b, c, d, ..] = self.hashes.hash_one(name).to_le_bytes();
        let mut place = u32::from_le_bytes([a, b, c, d]) as usize & mask;
        loop {
            match self.table.get(place) {
                Some(number) if *number != FREE => {
                    if self.name(*number) == Some(name) {
                        return Place::Of(*number);
                    }
                }
                _ => return Place::Free(place),
            }
            place = (place + 1) & mask;
        }
    }

    fn grow(&mut self) {
        self.table = vec![FREE; (self.table.len() * 2).max(16)];
        for number in (0u32..).take(self.ends.len()) {
            if let Place::Free(place) = self.place(self.name(number).unwrap_or_default())
                && let Some(free) = self.table.get_mut(place)
            {
                *free = number;
            }
        }
    }
}

enum Place {
    /// The name is there, with this number.
    Of(u32),
    /// It is not, and belongs here.
    Free(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_number_and_number_by_name() {
        let mut labels = Labels::default();
        assert_eq!((labels.find("a"), labels.name(0)), (None, None));
        for number in 0..10_000 {
            assert_eq!(labels.add(&format!("name {number}")), Some(number));
            assert_eq!(labels.add(&format!("name {number}")), None);
        }
        for number in 0..10_000 {
            assert_eq!(labels.find(&format!("name {number}")), Some(number));
            assert_eq!(labels.name(number), Some(format!("name {number}").as_str()));
        }
        assert_eq!((labels.find("name"), labels.iter().count()), (None, 10_000));
        assert_eq!((labels.add(""), labels.find(""), labels.name(10_000)), (Some(10_000), Some(10_000), Some("")));
        let bytes_a_name = labels.kept_bytes() / 10_000;
        assert!(bytes_a_name < 40, "{bytes_a_name}");
    }
}
