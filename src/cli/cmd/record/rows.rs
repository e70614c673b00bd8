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
    /// A line of CSV.
    Cells(Vec<String>),
    /// An object, with its text.
    Object(Json, String),
    /// What is no row: its text, and why not.
    Bad(String, String),
}

/// Where rows come from.
pub(super) enum Rows {
    Csv(Box<csv::Reader<File>>),
    /// A JSON value a line.
    Lines(BufReader<File>),
    /// A list, whether its first value is still to come, and the file once more, for the texts of the values.
    List(Reader, bool, File),
}

impl Rows {
    /// Opens a file; of CSV also gives the names of the columns.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Option<Vec<String>>)> {
        let mut file = File::open(path)?;
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
            let delimiter = delimiter(&mut file)?;
            let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(file);
            let columns = reader.headers().map_err(io::Error::other)?.iter().map(|name| name.trim().to_owned());
            let columns = columns.collect();
            return Ok((Rows::Csv(Box::new(reader)), Some(columns)));
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
            Rows::Csv(reader) => cells(reader),
            Rows::Lines(reader) => line(reader),
            Rows::List(reader, is_first, file) => item(reader, is_first, file),
        }
    }
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

fn cells(reader: &mut csv::Reader<File>) -> io::Result<Option<Row>> {
    let mut record = csv::ByteRecord::new();
    if !reader.read_byte_record(&mut record).map_err(io::Error::other)? {
        return Ok(None);
    }
    let cells: Result<Vec<String>, _> = record.iter().map(|cell| String::from_utf8(cell.to_vec())).collect();
    Ok(Some(match cells {
        Ok(cells) => Row::Cells(cells),
        Err(_) => Row::Bad(String::from_utf8_lossy(record.as_slice()).into_owned(), "it is not UTF-8".to_owned()),
    }))
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
