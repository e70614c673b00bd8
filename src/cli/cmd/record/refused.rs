//! The file of the rows that an import refused: they can be mended there and imported again.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::rows::Row;
use crate::data::json::{Json, JsonKind};

/// The column or key that says why. An import passes over it.
pub(super) const REASON: &str = "$reason";

/// Rows that were refused; the file is made with the first of them.
pub(super) struct Refused {
    pub(super) path: PathBuf,
    /// The names of the columns, if the rows are CSV.
    columns: Option<Vec<String>>,
    /// Which of them hold the reasons of an earlier import.
    reasons: Vec<usize>,
    file: Option<BufWriter<File>>,
    /// How long the file is in which it may go on: as the import has noted it, else as it is.
    left: Left,
    /// What a batch that was cut short has written behind that: its rows are refused again, and stand there once.
    ahead: Vec<u8>,
}

/// The file that an import may find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// There is none.
    Nothing,
    /// Of another call: what is there stays.
    Other,
    /// Its own, so long when the last batch was committed.
    Own(u64),
}

/// Bytes that one batch may have written.
const AHEAD_MAX: u64 = 64 << 20;

impl Refused {
    pub(super) fn new(path: PathBuf, columns: Option<Vec<String>>, left: Left) -> Self {
        let named = columns.iter().flatten().enumerate();
        let reasons = named.filter(|(_, name)| *name == REASON).map(|(place, _)| place).collect();
        Self { path, columns, reasons, file: None, left, ahead: Vec::new() }
    }

    /// The cells of a row behind the reason.
    fn csv_line(&self, cells: &[String], reason: &str) -> io::Result<String> {
        let others = cells.iter().enumerate().filter(|(place, _)| !self.reasons.contains(place));
        csv_line([reason].into_iter().chain(others.map(|(_, cell)| cell.as_str())))
    }

    /// `deals.csv` is refused into `deals.refused.csv`.
    pub(super) fn beside(path: &Path) -> PathBuf {
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        path.with_file_name(format!("{name}.refused.{}", if is_csv { "csv" } else { "jsonl" }))
    }

    pub(super) fn add(&mut self, row: &Row, reason: &str) -> io::Result<()> {
        let line = match row {
            Row::Cells(cells, _) => {
                let width = self.columns.as_ref().map_or(0, Vec::len);
                let mut cells = cells.clone();
                cells.resize(cells.len().max(width), String::new());
                self.csv_line(&cells, reason)?
            }
            Row::Object(json, text) => {
                let rest = behind_reason(json, text).trim_start();
                let comma = if rest.starts_with('}') { "" } else { ", " };
                format!("{{\"{REASON}\": {}{comma}{rest}\n", json!(reason))
            }
            Row::Bad(text, _) if self.columns.is_some() => csv_line([reason, text.as_str()].into_iter())?,
            Row::Bad(text, _) => format!("{}\n", json!({REASON: reason, "$text": text})),
        };
        if self.file.is_none() {
            self.open()?;
        }
        self.write(line.as_bytes())
    }

    fn open(&mut self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let is_there = self.left != Left::Nothing && self.path.exists();
        let file = if is_there { options.read(true).append(true) } else { options.write(true).create_new(true) };
        let mut file = file.open(&self.path)?;
        if let (Left::Own(noted), true) = (self.left, is_there) {
            file.seek(SeekFrom::Start(noted))?;
            // LIMIT: AHEAD_MAX
            (&mut file).take(AHEAD_MAX).read_to_end(&mut self.ahead)?;
        }
        self.file = Some(BufWriter::new(file));
        match &self.columns {
            Some(columns) if !is_there || self.left == Left::Own(0) => {
                let head = self.csv_line(columns, REASON)?;
                self.write(head.as_bytes())
            }
            _ => Ok(()),
        }
    }

    /// Writes what does not stand there yet.
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let known = self.ahead.len().min(line.len());
        let (there, rest) = line.split_at(known);
        if self.ahead.drain(..known).as_slice() != there {
            return Err(other_rows());
        }
        self.file.as_mut().map_or_else(|| Err(io::Error::other("it is not open")), |file| file.write_all(rest))
    }

    /// Makes certain that what was added is on disk, and gives how long the file is: 0 if there is none.
    pub(super) fn flush(&mut self) -> io::Result<u64> {
        let Some(file) = &mut self.file else {
            let known = std::fs::metadata(&self.path).ok().map_or(0, |known| known.len());
            return Ok(match self.left {
                Left::Nothing => 0,
                Left::Other => known,
                Left::Own(noted) => noted.min(known),
            });
        };
        if !self.ahead.is_empty() {
            return Err(other_rows());
        }
        file.flush()?;
        file.get_ref().sync_data()?;
        Ok(file.get_ref().metadata()?.len())
    }

    /// Takes back what was added since the file was so long.
    pub(super) fn cut(&mut self, bytes: u64) -> io::Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        // What is not written yet is not to be written.
        let (file, _) = file.into_parts();
        if bytes > 0 {
            self.left = Left::Own(bytes);
            return file.set_len(bytes);
        }
        drop(file);
        std::fs::remove_file(&self.path)
    }
}

/// The file was changed since the import wrote it.
fn other_rows() -> io::Error {
    io::Error::other("it has other rows than the import has refused: name another file with --refused, or remove it")
}

/// What stands in an object behind its brace, and behind the reason of an earlier import.
fn behind_reason<'t>(json: &Json, text: &'t str) -> &'t str {
    if let JsonKind::Object(entries) = &json.kind
        && let Some((_, value)) = entries.first().filter(|(key, _)| key.node == REASON)
        && let Some(rest) = text.get(value.span.end.saturating_sub(json.span.start) as usize..)
    {
        let rest = rest.trim_start();
        return rest.strip_prefix(',').unwrap_or(rest);
    }
    text.trim_start().strip_prefix('{').unwrap_or(text)
}

fn csv_line<'a>(cells: impl Iterator<Item = &'a str>) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells)?;
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}
