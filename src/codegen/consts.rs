//! The pool of constants that do not fit an instruction. Equal constants share an entry.

use std::collections::HashMap;

use crate::{base::value::Value, bytecode::types::ConstIdx};

/// The pool while it grows.
#[derive(Default)]
pub(super) struct Consts {
    values: Vec<Value>,
    known: HashMap<String, ConstIdx>,
    full: bool,
}

impl Consts {
    /// The index of a constant, added where it is new.
    pub(super) fn intern(&mut self, value: &Value) -> ConstIdx {
        // WHY: values hold floats and have no order or hash of their own; their debug form tells all of them apart.
        let key = format!("{value:?}");
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        // LIMIT: a constant's index has 16 bits.
        let Ok(index) = u16::try_from(self.values.len()) else {
            self.full = true;
            return ConstIdx(0);
        };
        self.values.push(value.clone());
        self.known.insert(key, ConstIdx(index));
        ConstIdx(index)
    }

    /// Whether there were more constants than an index can name.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// The pool.
    pub(super) fn finish(self) -> Vec<Value> {
        self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_constants_share_an_entry() {
        let mut consts = Consts::default();
        let one = consts.intern(&Value::Decimal("1.0".parse().unwrap()));
        assert_ne!(one, consts.intern(&Value::Decimal("1.00".parse().unwrap())));
        assert_eq!(one, consts.intern(&Value::Decimal("1.0".parse().unwrap())));
        assert_ne!(consts.intern(&Value::Date(1)), consts.intern(&Value::Time(1)));
    }
}
