//! What was asked for in the open transaction and is written later, in order; what is undone is taken back.

/// Things that are to be written, the newest last.
#[derive(Debug)]
pub(super) struct Tail<T> {
    /// All that may have to be written again.
    all: Vec<T>,
    /// How many of them are written.
    written: usize,
    /// Both at each savepoint.
    marks: Vec<(usize, usize)>,
}

impl<T> Default for Tail<T> {
    fn default() -> Self {
        Self { all: Vec::new(), written: 0, marks: Vec::new() }
    }
}

impl<T> Tail<T> {
    pub(super) fn push(&mut self, one: T) {
        self.all.push(one);
    }

    pub(super) fn unwritten(&self) -> &[T] {
        self.all.get(self.written..).unwrap_or_default()
    }

    /// All are written; within savepoints that may be undone.
    pub(super) fn note_written(&mut self) {
        self.written = self.all.len();
        self.forget_written();
    }

    /// The transaction is over.
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.marks.clear();
        self.written = 0;
    }

    /// A savepoint begins.
    pub(super) fn mark(&mut self) {
        self.marks.push((self.all.len(), self.written));
    }

    /// Only so many savepoints are left; the others became part of what is around them.
    pub(super) fn release(&mut self, left: u32) {
        self.marks.truncate(left as usize);
        self.forget_written();
    }

    /// Takes back what came within this savepoint.
    pub(super) fn undo(&mut self, savepoint: u32) {
        if let Some((length, written)) = self.marks.get((savepoint as usize).saturating_sub(1)).copied() {
            self.all.truncate(length);
            self.written = written;
        }
    }

    fn forget_written(&mut self) {
        if self.marks.is_empty() && self.written == self.all.len() {
            self.all.clear();
            self.written = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tail;

    #[test]
    fn what_was_written_within_a_savepoint_that_is_undone_is_to_be_written_again() {
        let mut tail = Tail::default();
        tail.push('a');
        tail.mark();
        tail.push('b');
        tail.note_written();
        assert_eq!(tail.unwritten(), [' '; 0]);
        tail.undo(1);
        assert_eq!(tail.unwritten(), ['a']);
        tail.release(0);
        tail.push('c');
        assert_eq!(tail.unwritten(), ['a', 'c']);
        tail.note_written();
        assert!(tail.all.is_empty());
    }
}
