//! The rows of an import, one after the other, each with its own words.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use crate::base::limits::DATA_ITEM_BYTES_MAX;
use crate::base::span::{FileId, Span};
use crate::data::json::{Json, JsonKind};
use crate::data::reader::{Begin, Reader, Trouble};

/// A row as it stands in its file.
pub(super) enum Row {
    /// A row of CSV, and on how many lines it stands.
    Cells(Vec<String>, u64),
    /// An object, with its text.
    Object(Json, String),
    /// What is no row: its text, and why not.
    Bad(String, String),
}

/// Where rows come from.
pub(super) enum Rows {
    /// With what stands between its cells, and the file once more, to look at its end.
    Csv(Box<csv::Reader<File>>, u8, File),
    /// A JSON value a line.
    Lines(BufReader<File>),
    /// A list, whether its first value is still to come, and the file once more, for the texts of the values.
    List(Reader, bool, File),
}

impl Rows {
    /// Opens a file; of CSV also gives the names of the columns.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Option<Vec<String>>)> {
        let mut file = File::open(path)?;
        refuse_other_text(&mut file)?;
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
            let delimiter = delimiter(&mut file)?;
            let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(file);
            let columns = reader.headers().map_err(|error| match error.kind() {
                csv::ErrorKind::Utf8 { .. } => no_text("its line of names is not UTF-8"),
                _ => io::Error::other(error),
            })?;
            let columns = columns.iter().map(|name| name.trim().to_owned()).collect();
            return Ok((Rows::Csv(Box::new(reader), delimiter, File::open(path)?), Some(columns)));
        }
        let is_list = first_solid(&file)? == Some(b'[');
        file.seek(SeekFrom::Start(0))?;
        if !is_list {
            return Ok((Rows::Lines(BufReader::new(file)), None));
        }
        let mut reader = Reader::new(Box::new(file.try_clone()?), FileId::default());
        if reader.ahead().map_err(|trouble| io::Error::other(words(&trouble)))?.0 == Begin::List {
            reader.enter();
        }
        // A handle of its own: a clone would share the place with the reader.
        Ok((Rows::List(reader, true, File::open(path)?), None))
    }

    /// The next row, unless that was the last. Where an error ends the file, no row can be found behind it.
    pub(super) fn next(&mut self) -> io::Result<Option<Row>> {
        match self {
            Rows::Csv(reader, delimiter, file) => cells(reader, *delimiter, file),
            Rows::Lines(reader) => line(reader),
            Rows::List(reader, is_first, file) => item(reader, is_first, file),
        }
    }
}

/// What is said of a file that holds no rows.
fn no_text(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// A file without rows, or one whose letters are not those of UTF-8, is told to be so.
fn refuse_other_text(file: &mut File) -> io::Result<()> {
    if first_solid(file)?.is_none() {
        return Err(no_text("it is empty"));
    }
    file.seek(SeekFrom::Start(0))?;
    let mut start = Vec::new();
    Read::by_ref(file).take(2).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(0))?;
    // Every second byte of Latin letters is 0 there, and no text begins with U+FFFE.
    if matches!(start.as_slice(), [0xFF, 0xFE] | [0xFE, 0xFF] | [0, _] | [_, 0]) {
        return Err(no_text("it is UTF-16, and not UTF-8"));
    }
    Ok(())
}

/// What stands between the cells: what the line of the names has most of.
fn delimiter(file: &mut File) -> io::Result<u8> {
    let mut line = Vec::new();
    BufReader::new(&*file).take(DATA_ITEM_BYTES_MAX as u64).read_until(b'\n', &mut line)?;
    file.seek(SeekFrom::Start(0))?;
    let count = |delimiter: u8| line.iter().filter(|byte| **byte == delimiter).count();
    Ok([b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b','))
}

fn first_solid(file: &File) -> io::Result<Option<u8>> {
    for byte in BufReader::new(file).bytes() {
        let byte = byte?;
        if !byte.is_ascii_whitespace() {
            return Ok(Some(byte));
        }
    }
    Ok(None)
}

fn cells(reader: &mut csv::Reader<File>, delimiter: u8, file: &mut File) -> io::Result<Option<Row>> {
    let before = reader.position().line();
    let mut record = csv::ByteRecord::new();
    if !reader.read_byte_record(&mut record).map_err(io::Error::other)? {
        return Ok(None);
    }
    let (first, end) = (record.position().map_or(before, csv::Position::line), reader.position());
    if end.byte() == file.metadata()?.len()
        && let Some(start) = record.position()
        && is_open(file, start.byte(), delimiter)?
    {
        return Err(io::Error::other(format!(
            "the row that begins in line {first} has a quote that is not closed, so that it holds the rest of the file"
        )));
    }
    let lines = end.line().saturating_sub(first).max(1);
    let cells: Result<Vec<String>, _> = record.iter().map(|cell| String::from_utf8(cell.to_vec())).collect();
    Ok(Some(match cells {
        Ok(cells) => Row::Cells(cells, lines),
        Err(_) => Row::Bad(String::from_utf8_lossy(record.as_slice()).into_owned(), "it is not UTF-8".to_owned()),
    }))
}

/// Whether a quote is open at the end of a file whose last row begins here. A quote within quotes is written twice; both
/// of them leave things as they are.
fn is_open(file: &mut File, start: u64, delimiter: u8) -> io::Result<bool> {
    file.seek(SeekFrom::Start(start))?;
    let (mut is_open, mut is_first) = (false, true);
    for byte in BufReader::new(file).bytes() {
        let byte = byte?;
        // Within a cell that has none at its beginning it is a letter like others.
        if byte == b'"' && (is_open || is_first) {
            is_open = !is_open;
            is_first = true;
        } else {
            is_first = !is_open && (byte == delimiter || matches!(byte, b'\n' | b'\r'));
        }
    }
    Ok(is_open)
}

fn line(reader: &mut BufReader<File>) -> io::Result<Option<Row>> {
    loop {
        let mut bytes = Vec::new();
        // LIMIT: DATA_ITEM_BYTES_MAX
        reader.by_ref().take(DATA_ITEM_BYTES_MAX as u64 + 1).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.len() > DATA_ITEM_BYTES_MAX {
            return Err(io::Error::other(format!("a line is longer than {} MB", DATA_ITEM_BYTES_MAX >> 20)));
        }
        let Ok(text) = String::from_utf8(bytes) else {
            return Ok(Some(Row::Bad(String::new(), "it is not UTF-8".to_owned())));
        };
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let mut reader = Reader::new(Box::new(Cursor::new(text.as_bytes().to_vec())), FileId::default());
        let json = reader.value().and_then(|json| reader.end().map(|()| json));
        return Ok(Some(
            json.map_or_else(|trouble| Row::Bad(text.to_owned(), words(&trouble)), |json| row(json, text.to_owned())),
        ));
    }
}

fn item(reader: &mut Reader, is_first: &mut bool, file: &mut File) -> io::Result<Option<Row>> {
    let wrong = |trouble: Trouble| io::Error::other(words(&trouble));
    if !reader.next_item(is_first).map_err(wrong)? {
        reader.end().map_err(wrong)?;
        return Ok(None);
    }
    let json = reader.value().map_err(wrong)?;
    let text = text_at(file, json.span)?;
    Ok(Some(row(json, text)))
}

fn row(json: Json, text: String) -> Row {
    match json.kind {
        JsonKind::Object(_) => Row::Object(json, text),
        _ => Row::Bad(text, "it is no object".to_owned()),
    }
}

/// The text of a value, on one line: line breaks stand between its words only.
fn text_at(file: &mut File, span: Span) -> io::Result<String> {
    file.seek(SeekFrom::Start(u64::from(span.start)))?;
    let mut text = String::new();
    file.take(u64::from(span.end.saturating_sub(span.start))).read_to_string(&mut text)?;
    Ok(text.replace(['\n', '\r'], " "))
}

fn words(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Wrong(problem) => format!("{}: {}", problem.message, problem.primary.text),
        Trouble::NotText(_) => "it is not UTF-8".to_owned(),
        Trouble::Io(error) => error.to_string(),
    }
}
