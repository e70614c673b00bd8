//! A machine at rest as bytes: where it rests, and what lives there.
//!
//! Freezing copies what live slots reach, so it leaves the dead behind. A reference to a text, list, record or fault
//! is the number of an entry that stands before it, so what is read is never circular. Thawing trusts nothing: build,
//! point, kinds, ranges and references are checked. `src/bytecode/FORMAT.md` describes every byte.

mod read;
mod write;

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{machine::Machine, program::Program};
use crate::{
    base::limits::SNAPSHOT_BYTES_MAX,
    bytecode::{checksum::crc32, container::BuildId, types::PointIdx},
};

/// The first bytes of a snapshot.
pub const MAGIC: [u8; 4] = *b"ABSN";
/// The format that this program writes and reads.
pub const FORMAT: u16 = 3;

/// Why a machine cannot be frozen or thawed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// The machine does not rest at a suspension point.
    NotAtRest,
    /// What lives is more than a snapshot may hold.
    TooLarge,
    /// The bytes are no snapshot.
    NotASnapshot,
    /// They have another format: theirs, and the one that this program reads.
    Format(u16, u16),
    /// They are of another build: theirs.
    OtherBuild(BuildId),
    /// They are damaged: how.
    Damaged(&'static str),
}

impl std::fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SnapshotError::NotAtRest => f.write_str("the process does not rest at a suspension point"),
            SnapshotError::TooLarge => f.write_str("the values of the process are more than a snapshot may hold"),
            SnapshotError::NotASnapshot => f.write_str("this is no snapshot"),
            SnapshotError::Format(found, known) => {
                write!(f, "the snapshot has the format {found}, this program reads {known}")
            }
            SnapshotError::OtherBuild(build) => write!(f, "the snapshot is of the build {build}"),
            SnapshotError::Damaged(how) => write!(f, "the snapshot is damaged: {how}"),
        }
    }
}

impl std::error::Error for SnapshotError {}

/// What a snapshot says of itself before its values are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The build.
    pub build: BuildId,
    /// The suspension point.
    pub point: PointIdx,
}

impl Machine {
    /// The machine as bytes. It must rest at a suspension point.
    ///
    /// # Errors
    /// If it does not, or if its values are too large.
    pub fn freeze(&self) -> Result<Vec<u8>, SnapshotError> {
        let point = self.waiting_at().ok_or(SnapshotError::NotAtRest)?;
        let mut bytes = Vec::with_capacity(256);
        bytes.extend(MAGIC);
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(self.program().build().0);
        write::write(self, point, &mut bytes)?;
        bytes.extend(crc32(&bytes).to_le_bytes());
        // LIMIT: SNAPSHOT_BYTES_MAX
        if bytes.len() > SNAPSHOT_BYTES_MAX { Err(SnapshotError::TooLarge) } else { Ok(bytes) }
    }

    /// A machine that rests where the frozen one did.
    ///
    /// # Errors
    /// If the bytes are no snapshot of this program.
    pub fn thaw(program: &Arc<Program>, bytes: &[u8], zone: TimeZone) -> Result<Self, SnapshotError> {
        let (header, body) = open(bytes)?;
        if header.build != program.build() {
            return Err(SnapshotError::OtherBuild(header.build));
        }
        read::read(program, header.point, body, zone)
    }
}

/// What a snapshot says of itself.
///
/// # Errors
/// If the bytes are no snapshot, or damaged.
pub fn header(bytes: &[u8]) -> Result<Header, SnapshotError> {
    open(bytes).map(|(header, _)| header)
}

/// The header and what follows it, without the checksum.
fn open(bytes: &[u8]) -> Result<(Header, &[u8]), SnapshotError> {
    // LIMIT: SNAPSHOT_BYTES_MAX
    if bytes.len() > SNAPSHOT_BYTES_MAX {
        return Err(SnapshotError::TooLarge);
    }
    let rest = bytes.strip_prefix(&MAGIC).ok_or(SnapshotError::NotASnapshot)?;
    let (format, rest) = rest.split_first_chunk().ok_or(SnapshotError::NotASnapshot)?;
    let format = u16::from_le_bytes(*format);
    if format != FORMAT {
        return Err(SnapshotError::Format(format, FORMAT));
    }
    let cut = SnapshotError::Damaged("it is cut off");
    let (rest, sum) = rest.split_last_chunk().ok_or(cut.clone())?;
    let content = bytes.get(..bytes.len() - sum.len()).unwrap_or_default();
    if crc32(content) != u32::from_le_bytes(*sum) {
        return Err(SnapshotError::Damaged("its checksum is another one"));
    }
    let (build, mut body) = rest.split_first_chunk().ok_or(cut.clone())?;
    let point = read::varint(&mut body).and_then(|point| u32::try_from(point).ok()).ok_or(cut)?;
    Ok((Header { build: BuildId(*build), point: PointIdx(point) }, body))
}
