//! A build as a file: header, sections, and the hash of everything before it, which is the build's identity.
//!
//! `FORMAT.md` describes every byte. Reading refuses what it does not know, never trusts a length, and gives a module
//! that is still to be verified.

use sha2::{Digest, Sha256};

use super::{
    checksum::crc32,
    codec::{self, Budget, CodecError, Wire},
    module::Module,
};
use crate::base::limits::{BUILD_BYTES_MAX, BUILD_MEMORY_MAX};

/// The first bytes of a build.
pub const MAGIC: [u8; 8] = *b"ABIDE\x1A\r\n";
/// The format that this program writes and reads.
pub const FORMAT: u16 = 15;
/// How many sections there are; they stand in order of their numbers, from 1.
pub const SECTIONS: u16 = 18;
/// Bytes of the hash at the end.
const HASH: usize = 32;

/// The identity of a build: the hash of its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BuildId(pub [u8; 32]);

impl std::fmt::Display for BuildId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Why bytes are no build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerError {
    /// They do not begin like one.
    NotABuild,
    /// They have another format: theirs, and the one that this program reads.
    Format(u16, u16),
    /// They are damaged: how.
    Damaged(String),
    /// They are too many.
    TooLarge,
}

impl std::fmt::Display for ContainerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ContainerError::NotABuild => f.write_str("this is no build"),
            ContainerError::Format(found, known) => {
                write!(f, "the build has the format {found}, this program reads {known}")
            }
            ContainerError::Damaged(how) => write!(f, "the build is damaged: {how}"),
            ContainerError::TooLarge => f.write_str("the build is larger than a build may be"),
        }
    }
}

impl std::error::Error for ContainerError {}

impl From<CodecError> for ContainerError {
    fn from(error: CodecError) -> Self {
        ContainerError::Damaged(error.0)
    }
}

/// A module as bytes.
///
/// # Errors
/// If it is too large.
pub fn encode(module: &Module) -> Result<Vec<u8>, ContainerError> {
    let mut writer = Writer { bytes: MAGIC.to_vec(), next: 1 };
    writer.bytes.extend(FORMAT.to_le_bytes());
    writer.bytes.extend(SECTIONS.to_le_bytes());
    writer.section(&module.meta)?;
    writer.section(&module.types)?;
    writer.section(&module.enums)?;
    writer.section(&module.records)?;
    writer.section(&module.entities)?;
    writer.section(&module.consts)?;
    writer.section(&module.functions)?;
    writer.section(&module.processes)?;
    writer.section(&module.sites)?;
    writer.section(&module.queries)?;
    writer.section(&module.configs)?;
    writer.section(&module.particulars)?;
    writer.section(&module.forms)?;
    writer.section(&module.flows)?;
    writer.section(&module.points)?;
    writer.section(&module.roles)?;
    writer.section(&module.tests)?;
    writer.section(&module.debug)?;
    let mut bytes = writer.bytes;
    let hash = identity(&bytes);
    bytes.extend(hash.0);
    // LIMIT: BUILD_BYTES_MAX
    if bytes.len() > BUILD_BYTES_MAX { Err(ContainerError::TooLarge) } else { Ok(bytes) }
}

/// A module from exactly these bytes, with its identity. It is still to be verified.
///
/// # Errors
/// If they are no build, of another format, or damaged.
pub fn decode(bytes: &[u8]) -> Result<(Module, BuildId), ContainerError> {
    // LIMIT: BUILD_BYTES_MAX
    if bytes.len() > BUILD_BYTES_MAX {
        return Err(ContainerError::TooLarge);
    }
    // LIMIT: BUILD_MEMORY_MAX
    let mut reader = Reader { bytes, next: 1, budget: Budget::new(BUILD_MEMORY_MAX) };
    if reader.take(MAGIC.len()) != Ok(&MAGIC[..]) {
        return Err(ContainerError::NotABuild);
    }
    let format = reader.u16()?;
    if format != FORMAT {
        return Err(ContainerError::Format(format, FORMAT));
    }
    let content = bytes.len().checked_sub(HASH).and_then(|end| bytes.split_at_checked(end));
    let Some((content, hash)) = content else { return Err(damaged("it is cut off")) };
    let id = identity(content);
    if id.0.as_slice() != hash {
        return Err(damaged("the hash of its content is another one"));
    }
    if reader.u16()? != SECTIONS {
        return Err(damaged("it has other sections"));
    }
    let module = Module {
        meta: reader.section()?,
        types: reader.section()?,
        enums: reader.section()?,
        records: reader.section()?,
        entities: reader.section()?,
        consts: reader.section()?,
        functions: reader.section()?,
        processes: reader.section()?,
        sites: reader.section()?,
        queries: reader.section()?,
        configs: reader.section()?,
        particulars: reader.section()?,
        forms: reader.section()?,
        flows: reader.section()?,
        points: reader.section()?,
        roles: reader.section()?,
        tests: reader.section()?,
        debug: reader.section()?,
    };
    if reader.bytes.len() == HASH { Ok((module, id)) } else { Err(damaged("bytes are left over")) }
}

/// The identity of the build that a module gives.
///
/// # Errors
/// If it is too large.
pub fn identify(module: &Module) -> Result<BuildId, ContainerError> {
    let bytes = encode(module)?;
    let content = bytes.len().saturating_sub(HASH);
    Ok(identity(bytes.get(..content).unwrap_or_default()))
}

fn identity(content: &[u8]) -> BuildId {
    BuildId(Sha256::digest(content).into())
}

fn damaged(how: &str) -> ContainerError {
    ContainerError::Damaged(how.to_owned())
}

/// Writes sections.
struct Writer {
    bytes: Vec<u8>,
    next: u16,
}

impl Writer {
    fn section<T: Wire>(&mut self, table: &T) -> Result<(), ContainerError> {
        let content = codec::encode(table)?;
        let length = u32::try_from(content.len()).map_err(|_| ContainerError::TooLarge)?;
        self.bytes.extend(self.next.to_le_bytes());
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(crc32(&content).to_le_bytes());
        self.bytes.extend(content);
        self.next += 1;
        Ok(())
    }
}

/// Reads sections.
struct Reader<'a> {
    bytes: &'a [u8],
    next: u16,
    budget: Budget,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ContainerError> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or_else(|| damaged("it is cut off"))?;
        self.bytes = rest;
        Ok(taken)
    }

    fn u16(&mut self) -> Result<u16, ContainerError> {
        let bytes = self.take(2)?.try_into().map_err(|_| damaged("it is cut off"))?;
        Ok(u16::from_le_bytes(bytes))
    }

    fn u32(&mut self) -> Result<u32, ContainerError> {
        let bytes = self.take(4)?.try_into().map_err(|_| damaged("it is cut off"))?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn section<T: Wire>(&mut self) -> Result<T, ContainerError> {
        if self.u16()? != self.next {
            return Err(damaged("a section is missing"));
        }
        self.next += 1;
        let length = self.u32()?;
        let sum = self.u32()?;
        let content = self.take(length as usize)?;
        if crc32(content) != sum {
            return Err(ContainerError::Damaged(format!("the checksum of section {} is another one", self.next - 1)));
        }
        Ok(codec::decode(content, &self.budget)?)
    }
}
