//! What was changed within the savepoints of a transaction, and what it was before. Whatever is kept in memory beside the
//! file has one of these, so that it is undone with the file.

/// The changes of a transaction, the newest last.
#[derive(Clone, Debug)]
pub(super) struct Changes<T> {
    /// Within how many savepoints each was made, and what undoes it.
    all: Vec<(u32, T)>,
}

impl<T> Default for Changes<T> {
    fn default() -> Self {
        Self { all: Vec::new() }
    }
}

impl<T> Changes<T> {
    pub(super) fn push(&mut self, savepoints: u32, before: T) {
        self.all.push((savepoints, before));
    }

    /// The transaction is over.
    pub(super) fn clear(&mut self) {
        self.all.clear();
    }

    /// Only so many savepoints are left; the others became part of what is around them.
    pub(super) fn release(&mut self, left: u32) {
        for (depth, _) in self.all.iter_mut().rev().take_while(|(depth, _)| *depth > left) {
            *depth = left;
        }
    }

    /// The newest change that was made within this savepoint, which is undone; with 0, within the transaction.
    pub(super) fn undo_one(&mut self, savepoint: u32) -> Option<T> {
        self.all.pop_if(|(depth, _)| *depth >= savepoint).map(|(_, before)| before)
    }
}
