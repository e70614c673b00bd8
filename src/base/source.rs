//! Source files and the way from byte offsets to lines and columns.

use super::span::{FileId, Span};

/// One file of a project, or a library file that ships with the program.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The path as messages show it, with forward slashes; libraries are `<core>`.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// Whether the file belongs to a library that ships with the program.
    pub is_library: bool,
    line_starts: Vec<u32>,
}

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
        Self { path, text, is_library, line_starts }
    }

    /// Line and column of a byte offset; offsets past the end give the end.
    #[must_use]
    pub fn position(&self, at: u32) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= at).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let before = self.text.get(start as usize..(at as usize).min(self.text.len())).unwrap_or("");
        Position { line: offset(line), column: offset(before.chars().count() + 1) }
    }

    /// The text of a span, or nothing if it does not fit this file.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// The text of line `line` (from 1), without its line end.
    #[must_use]
    pub fn line(&self, line: u32) -> &str {
        let index = line.saturating_sub(1) as usize;
        let start = self.line_starts.get(index).copied().unwrap_or(0) as usize;
        let end = self.line_starts.get(index + 1).map_or(self.text.len(), |next| *next as usize);
        self.text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r'])
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
