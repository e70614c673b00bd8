//! The file format of builds (`.procb`).
//!
//! ```text
//! magic    8 bytes  "ABIDE\0PB"
//! format   u16      1
//! count    u16      number of sections
//! table    count x  { id u16, zero u16, length u32, checksum u64 }
//! sections in the order of the table, without gaps; nothing follows
//! ```
//!
//! Numbers of the frame are little-endian. A checksum is the first eight bytes of the SHA-256 of its section. Sections
//! stand in ascending order of their ids, all of them must be there. What is in a section is written by `codec`. The
//! identity of a build is the SHA-256 of the whole file.
//!
//! Reading checks the frame only; that indexes are in range and code is typed is the verifier's business.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{
    codec::{self, Decode, Encode},
    module::Module,
};
use crate::base::limits::BUILD_BYTES_MAX;
use crate::diag::{Code, codes};

/// The format that this program writes and reads.
pub const FORMAT: u16 = 1;

const MAGIC: &[u8; 8] = b"ABIDE\0PB";
const HEAD: usize = 12;
const ENTRY: usize = 16;
const COUNT: u16 = 9;

/// The sections, by id.
const NAMES: [&str; COUNT as usize] =
    ["meta", "types", "entities", "constants", "code", "processes", "requests", "points", "debug"];

/// Why bytes are not a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// It does not begin like one.
    NotABuild,
    /// It has a format that this program does not know.
    Format(u16),
    /// It exceeds `limits::BUILD_BYTES_MAX`.
    TooLarge(usize),
    /// Something in it cannot be what was written.
    Damaged {
        /// Where: the name of a section, or "frame".
        part: &'static str,
        /// What.
        reason: String,
    },
}

impl Error {
    /// The code of the message.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Error::NotABuild | Error::Damaged { .. } => codes::E0904,
            Error::Format(_) => codes::E0905,
            Error::TooLarge(_) => codes::E0903,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotABuild => f.write_str("this is not a build"),
            Error::Format(found) => {
                write!(f, "the build has format {found}, this program reads format {FORMAT}: build it again")
            }
            Error::TooLarge(bytes) => {
                write!(f, "the build has {bytes} bytes, at most {BUILD_BYTES_MAX} are read")
            }
            Error::Damaged { part, reason } => write!(f, "the build is damaged: {part}: {reason}"),
        }
    }
}

impl std::error::Error for Error {}

/// The bytes of a build. Tests are not a part of it.
///
/// # Errors
/// If it exceeds the limit.
pub fn encode(module: &Module) -> Result<Vec<u8>, Error> {
    let sections = [
        section(0, &module.meta)?,
        section(1, &(&module.types, &module.enums, &module.records))?,
        section(2, &module.entities)?,
        section(3, &module.consts)?,
        section(4, &module.functions)?,
        section(5, &module.processes)?,
        section(6, &(&module.sites, &module.queries, &module.particulars))?,
        section(7, &module.points)?,
        section(8, &module.debug)?,
    ];
    let mut out = Vec::new();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&FORMAT.to_le_bytes());
    out.extend_from_slice(&COUNT.to_le_bytes());
    for (id, bytes) in (0..COUNT).zip(&sections) {
        let length = u32::try_from(bytes.len()).map_err(|_| Error::TooLarge(bytes.len()))?;
        out.extend_from_slice(&id.to_le_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&checksum(bytes));
    }
    out.extend(sections.iter().flatten());
    // LIMIT: what `decode` reads.
    if out.len() > BUILD_BYTES_MAX { Err(Error::TooLarge(out.len())) } else { Ok(out) }
}

/// The module of a build. It must be verified before it runs.
///
/// # Errors
/// If the bytes are not a whole build of this format.
pub fn decode(bytes: &[u8]) -> Result<Module, Error> {
    // LIMIT: memory that hostile bytes can ask for.
    if bytes.len() > BUILD_BYTES_MAX {
        return Err(Error::TooLarge(bytes.len()));
    }
    let mut frame = Frame::read(bytes)?;
    let meta = frame.take(0)?;
    let (types, enums, records) = frame.take(1)?;
    let entities = frame.take(2)?;
    let consts = frame.take(3)?;
    let functions = frame.take(4)?;
    let processes = frame.take(5)?;
    let (sites, queries, particulars) = frame.take(6)?;
    let points = frame.take(7)?;
    let debug = frame.take(8)?;
    frame.finish()?;
    Ok(Module {
        meta,
        types,
        enums,
        records,
        entities,
        consts,
        functions,
        processes,
        sites,
        queries,
        particulars,
        points,
        tests: Vec::new(),
        debug,
    })
}

/// The identity of a build: the SHA-256 of its bytes in hexadecimal.
#[must_use]
pub fn hash(build: &[u8]) -> String {
    Sha256::digest(build).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn section<T: Encode>(id: usize, value: &T) -> Result<Vec<u8>, Error> {
    let part = NAMES.get(id).copied().unwrap_or("frame");
    codec::encode(value).map_err(|reason| Error::Damaged { part, reason })
}

fn checksum(bytes: &[u8]) -> [u8; 8] {
    let digest = Sha256::digest(bytes);
    let mut sum = [0; 8];
    sum.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
    sum
}

/// The table of sections and what follows it.
struct Frame<'a> {
    table: &'a [u8],
    rest: &'a [u8],
}

fn damaged(reason: &str) -> Error {
    Error::Damaged { part: "frame", reason: reason.to_owned() }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

impl<'a> Frame<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        if bytes.get(..MAGIC.len()) != Some(MAGIC.as_slice()) {
            return Err(Error::NotABuild);
        }
        let format = u16_at(bytes, 8).ok_or_else(|| damaged("it ends within its head"))?;
        if format != FORMAT {
            return Err(Error::Format(format));
        }
        let count = u16_at(bytes, 10).ok_or_else(|| damaged("it ends within its head"))?;
        if count != COUNT {
            return Err(damaged("it has a wrong number of sections"));
        }
        let end = HEAD + ENTRY * NAMES.len();
        let table = bytes.get(HEAD..end).ok_or_else(|| damaged("it ends within its table"))?;
        Ok(Self { table, rest: bytes.get(end..).unwrap_or_default() })
    }

    fn take<T: Decode<()>>(&mut self, id: usize) -> Result<T, Error> {
        let part = NAMES.get(id).copied().unwrap_or("frame");
        let fail = |reason: &str| Error::Damaged { part, reason: reason.to_owned() };
        let entry = self.table.get(id * ENTRY..(id + 1) * ENTRY).ok_or_else(|| fail("it is missing"))?;
        if u16_at(entry, 0).map(usize::from) != Some(id) || u16_at(entry, 2) != Some(0) {
            return Err(fail("its entry in the table is wrong"));
        }
        let length: [u8; 4] =
            entry.get(4..8).and_then(|b| b.try_into().ok()).ok_or_else(|| fail("it has no length"))?;
        let length = u32::from_le_bytes(length) as usize;
        let bytes = self.rest.get(..length).ok_or_else(|| fail("the file ends within it"))?;
        self.rest = self.rest.get(length..).unwrap_or_default();
        if entry.get(8..) != Some(checksum(bytes).as_slice()) {
            return Err(fail("its checksum is wrong"));
        }
        codec::decode(bytes).map_err(|reason| Error::Damaged { part, reason })
    }

    fn finish(self) -> Result<(), Error> {
        if self.rest.is_empty() { Ok(()) } else { Err(damaged("something follows its last section")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::{Currency, Value};
    use crate::bytecode::module::{Debug, Meta};

    fn sample() -> Module {
        let meta = Meta {
            name: "deals".into(),
            version: "1.0.0".into(),
            currency: Currency(*b"USD"),
            zone: "UTC".into(),
            tzdb: "2026a".into(),
            compiler: "0.1.0".into(),
        };
        Module {
            meta,
            types: Vec::new(),
            enums: Vec::new(),
            records: Vec::new(),
            entities: Vec::new(),
            consts: vec![Value::Int(1 << 40), Value::Text("x".into())],
            functions: Vec::new(),
            processes: Vec::new(),
            sites: Vec::new(),
            queries: Vec::new(),
            particulars: Vec::new(),
            points: Vec::new(),
            tests: Vec::new(),
            debug: Debug::default(),
        }
    }

    #[test]
    fn builds_come_back_as_they_were() {
        let bytes = encode(&sample()).unwrap();
        assert_eq!(decode(&bytes).unwrap(), sample());
        assert_eq!(hash(&bytes).len(), 64);
    }

    #[test]
    fn every_changed_byte_is_seen() {
        let bytes = encode(&sample()).unwrap();
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 0x10;
            assert!(decode(&other).is_err(), "byte {at}");
            assert!(decode(&bytes[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn an_unknown_format_is_named() {
        let mut bytes = encode(&sample()).unwrap();
        bytes[8] = 9;
        assert_eq!(decode(&bytes), Err(Error::Format(9)));
        assert_eq!(decode(b"#!/bin/sh\n"), Err(Error::NotABuild));
    }
}
