//! Source files and the way from byte offsets to lines and columns.

use std::io::{self, BufRead, BufReader, Read, Seek};

use super::{
    limits::DATA_TOLD_BYTES_MAX,
    span::{FileId, Span},
};

/// One file of a project, or a library file that ships with the program.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The path as messages show it, with forward slashes; libraries are `<core>`.
    pub path: String,
    /// The whole text; of a very large file that is no source, some lines.
    pub text: String,
    /// Whether the file belongs to a library that ships with the program.
    pub is_library: bool,
    /// Where each line of the text begins in it.
    line_starts: Vec<u32>,
    /// The lines that the text has, if not all: the number of each, from 1, and where it begins in the file.
    kept: Option<Vec<(u32, u32)>>,
}

/// Lines around a marked one that messages show, or that lie between two marks shown together.
const LINES_AROUND: u32 = 8;

/// What is kept of one line.
const LINE_BYTES_MAX: usize = 64 << 10;

/// A place for people: both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

fn offset(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl SourceFile {
    /// Indexes the lines of `text`. The caller has checked `limits::SOURCE_BYTES_MAX`.
    #[must_use]
    pub fn new(path: String, text: String, is_library: bool) -> Self {
        let mut line_starts = vec![0];
        line_starts.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| offset(i + 1)));
        Self { path, text, is_library, line_starts, kept: None }
    }

    /// A file of any size, of which messages show these places.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of_places(path: String, mut input: impl Read + Seek, places: &[Span]) -> io::Result<Self> {
        let size = input.seek(io::SeekFrom::End(0))?;
        input.rewind()?;
        // LIMIT: DATA_TOLD_BYTES_MAX
        if size > DATA_TOLD_BYTES_MAX {
            return Self::some_lines(path, input, places);
        }
        let mut text = Vec::new();
        input.read_to_end(&mut text)?;
        Ok(Self::new(path, String::from_utf8_lossy(&text).into_owned(), false))
    }

    fn some_lines(path: String, input: impl Read + Seek, places: &[Span]) -> io::Result<Self> {
        let mut places: Vec<u32> = places.iter().map(|span| span.start).collect();
        places.sort_unstable();
        let mut file = Self { path, text: String::new(), is_library: false, line_starts: Vec::new(), kept: None };
        let mut kept: Vec<(u32, u32)> = Vec::new();
        let mut input = BufReader::with_capacity(1 << 20, input);
        let mut places = places.into_iter().peekable();
        let (mut number, mut start, mut wanted_to) = (1u32, 0u32, 0);
        // The line before a marked one is shown, too.
        let mut before: Option<(u32, u32, String)> = None;
        while places.peek().is_some() || number <= wanted_to {
            let mut line = Vec::new();
            let length = line_of(&mut input, &mut line)?;
            if length == 0 {
                break;
            }
            let end = start.saturating_add(length);
            let text = String::from_utf8_lossy(&line).into_owned();
            while places.next_if(|place| *place < end).is_some() {
                wanted_to = number + LINES_AROUND;
            }
            if number <= wanted_to {
                for (number, start, text) in before.take().into_iter().chain([(number, start, text)]) {
                    kept.push((number, start));
                    file.line_starts.push(offset(file.text.len()));
                    file.text.push_str(&text);
                    file.text.push('\n');
                }
            } else {
                before = Some((number, start, text));
            }
            (number, start) = (number + 1, end);
        }
        file.kept = Some(kept);
        Ok(file)
    }

    /// The line that holds a byte of the file, by its index, and where the line begins in the file.
    fn line_at(&self, at: u32) -> (usize, u32) {
        let index = match &self.kept {
            None => self.line_starts.partition_point(|start| *start <= at),
            Some(kept) => kept.partition_point(|(_, start)| *start <= at),
        };
        let index = index.saturating_sub(1);
        let start = match &self.kept {
            None => self.line_starts.get(index).copied(),
            Some(kept) => kept.get(index).map(|(_, start)| *start),
        };
        (index, start.unwrap_or(0))
    }

    /// Where a byte of the file stands in the text.
    fn place(&self, at: u32) -> usize {
        match &self.kept {
            None => at as usize,
            Some(_) => {
                let (index, start) = self.line_at(at);
                let line = self.line_starts.get(index).copied().unwrap_or(0);
                (line as usize).saturating_add(at.saturating_sub(start) as usize)
            }
        }
    }

    /// Line and column of a byte offset; offsets past the end give the end.
    #[must_use]
    pub fn position(&self, at: u32) -> Position {
        let (index, _) = self.line_at(at);
        let start = self.line_starts.get(index).copied().unwrap_or(0) as usize;
        let before = self.text.get(start..self.place(at).min(self.text.len())).unwrap_or("");
        let number = self.kept.as_ref().and_then(|kept| kept.get(index)).map_or(offset(index + 1), |(line, _)| *line);
        Position { line: number, column: offset(before.chars().count() + 1) }
    }

    /// The text of a span, or nothing if it does not fit this file.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        let start = self.place(span.start);
        let end = start.saturating_add(span.end.saturating_sub(span.start) as usize);
        // Of a place that goes on behind what is kept, the line that it begins on says enough.
        let end = if self.kept.is_some() { end.min(self.text.len()) } else { end };
        self.text.get(start..end).unwrap_or("")
    }

    /// The text of line `line` (from 1), without its line end.
    #[must_use]
    pub fn line(&self, line: u32) -> &str {
        let index = match &self.kept {
            None => line.saturating_sub(1) as usize,
            Some(kept) => kept.binary_search_by_key(&line, |(number, _)| *number).unwrap_or(usize::MAX - 1),
        };
        if self.kept.is_some() && index >= self.line_starts.len() {
            return "";
        }
        let start = self.line_starts.get(index).copied().unwrap_or(0) as usize;
        let end = self.line_starts.get(index + 1).map_or(self.text.len(), |next| *next as usize);
        self.text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }
}

/// Reads a line, of which at most [`LINE_BYTES_MAX`] are kept, without its end; how long it is with it.
fn line_of(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<u32> {
    let mut length = 0;
    loop {
        let piece = input.fill_buf()?;
        let end = piece.iter().position(|byte| *byte == b'\n');
        let text = piece.get(..end.unwrap_or(piece.len())).unwrap_or_default();
        let room = LINE_BYTES_MAX.saturating_sub(line.len());
        line.extend(text.iter().take(room));
        let used = end.map_or(piece.len(), |end| end + 1);
        input.consume(used);
        length += used;
        if end.is_some() || used == 0 {
            return Ok(offset(length));
        }
    }
}

/// All files of one compilation, in the order they were added.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file and gives its number.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId(offset(self.files.len() - 1))
    }

    /// The file with this number, if there is one.
    #[must_use]
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, file)| (FileId(offset(i)), file))
    }

    /// The text of a span, or nothing if the file is unknown.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).map_or("", |file| file.slice(span))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn some_lines_tell_the_same_as_all() {
        let text: String = (1..=1_000).map(|number| format!("line {number} ü x\n")).collect();
        let whole = SourceFile::new("a".into(), text.clone(), false);
        let at = |word: &str| {
            let start = offset(text.find(word).unwrap());
            Span::new(FileId(0), start, start + offset(word.len()))
        };
        let places = [at("line 1 "), at("line 500 "), at("line 503 ü"), at("1000 ü x")];
        let some = SourceFile::some_lines("a".into(), Cursor::new(text.clone()), &places).unwrap();
        assert!(some.text.len() < 1_000, "{}", some.text.len());
        for place in places {
            assert_eq!(some.position(place.start), whole.position(place.start));
            assert_eq!(some.slice(place), whole.slice(place));
            let line = whole.position(place.start).line;
            for near in line.saturating_sub(1).max(1)..=(line + 1).min(1_000) {
                assert_eq!(some.line(near), whole.line(near), "{near}");
            }
        }
        assert_eq!(some.line(250), "");
    }
}
