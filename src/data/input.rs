//! The bytes of a data file, a piece at a time: what stands at one place can be read again later.

use std::io::{self, Read, Seek, SeekFrom};

use crate::base::limits::DATA_BYTES_MAX;

/// Where a data file comes from.
pub trait Input: Read + Seek + Send {}

impl<T: Read + Seek + Send> Input for T {}

/// How much is read at a time.
const PIECE: usize = 64 << 10;

/// A window on the bytes that moves forward by itself.
pub(super) struct Window {
    input: Box<dyn Input>,
    piece: Vec<u8>,
    /// Where the next byte stands in the piece.
    next: usize,
    /// Where the piece begins in the file.
    begin: u64,
}

impl Window {
    pub(super) fn new(input: Box<dyn Input>) -> Self {
        Self { input, piece: Vec::with_capacity(PIECE), next: 0, begin: 0 }
    }

    /// The next byte, unless the file is at its end.
    #[inline]
    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        match self.piece.get(self.next) {
            Some(byte) => Ok(Some(*byte)),
            None => self.refill().map(|rest| rest.first().copied()),
        }
    }

    /// What is left of the piece; nothing at the end of the file.
    pub(super) fn rest(&mut self) -> io::Result<&[u8]> {
        if self.next >= self.piece.len() {
            self.refill()?;
        }
        Ok(self.piece.get(self.next..).unwrap_or_default())
    }

    /// Passes over bytes of the piece.
    #[inline]
    pub(super) fn pass(&mut self, bytes: usize) {
        self.next += bytes;
    }

    /// Where the next byte stands in the file.
    pub(super) fn at(&self) -> u32 {
        // LIMIT: DATA_BYTES_MAX, below which all places are.
        u32::try_from(self.begin).ok().zip(u32::try_from(self.next).ok()).map_or(u32::MAX, |(a, b)| a.saturating_add(b))
    }

    /// Goes to a place of the file.
    pub(super) fn go_to(&mut self, at: u32) -> io::Result<()> {
        let at = u64::from(at);
        let within = at.checked_sub(self.begin).and_then(|n| usize::try_from(n).ok());
        if let Some(next) = within.filter(|next| *next <= self.piece.len()) {
            self.next = next;
            return Ok(());
        }
        self.input.seek(SeekFrom::Start(at))?;
        self.piece.clear();
        (self.begin, self.next) = (at, 0);
        Ok(())
    }

    fn refill(&mut self) -> io::Result<&[u8]> {
        self.begin = self.begin.saturating_add(self.piece.len() as u64);
        self.next = 0;
        self.piece.resize(PIECE, 0);
        let read = loop {
            match self.input.read(&mut self.piece) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.piece.truncate(*read.as_ref().unwrap_or(&0));
        read?;
        if self.begin.saturating_add(self.piece.len() as u64) > DATA_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it has grown beyond what can be read"));
        }
        Ok(&self.piece)
    }
}
