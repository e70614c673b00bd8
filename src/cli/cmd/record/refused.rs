//! The file of the rows that an import refused: they can be mended there and imported again.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
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
    /// Whether it may go on in a file that is there.
    goes_on: bool,
}

impl Refused {
    pub(super) fn new(path: PathBuf, columns: Option<Vec<String>>, goes_on: bool) -> Self {
        let named = columns.iter().flatten().enumerate();
        let reasons = named.filter(|(_, name)| *name == REASON).map(|(place, _)| place).collect();
        Self { path, columns, reasons, file: None, goes_on }
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
        self.file()?.write_all(line.as_bytes())
    }

    fn file(&mut self) -> io::Result<&mut BufWriter<File>> {
        if self.file.is_none() {
            let mut options = OpenOptions::new();
            let is_there = self.goes_on && self.path.exists();
            let file = if is_there { options.append(true) } else { options.write(true).create_new(true) };
            let mut file = BufWriter::new(file.open(&self.path)?);
            if let (Some(columns), false) = (&self.columns, is_there) {
                file.write_all(self.csv_line(columns, REASON)?.as_bytes())?;
            }
            self.file = Some(file);
        }
        self.file.as_mut().ok_or_else(|| io::Error::other("it is not open"))
    }

    /// Makes certain that what was added is on disk, and gives how long the file is: 0 if there is none.
    pub(super) fn flush(&mut self) -> io::Result<u64> {
        let Some(file) = &mut self.file else {
            let known = std::fs::metadata(&self.path).ok().filter(|_| self.goes_on);
            return Ok(known.map_or(0, |known| known.len()));
        };
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
            self.goes_on = true;
            return file.set_len(bytes);
        }
        drop(file);
        std::fs::remove_file(&self.path)
    }
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
