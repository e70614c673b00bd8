//! The lines of a file that a message shows: cut to a bearable width, free of characters that act on a terminal.

use std::ops::Range;

use crate::base::source::{Position, SourceFile};
use crate::base::span::Span;

/// Lines longer than this are cut around what is marked in them.
const COLUMNS_MAX: usize = 160;
/// What stays in front of the mark in a line that is cut.
const COLUMNS_BEFORE: usize = 40;
/// Marks at most this many lines apart share an excerpt.
const LINES_BETWEEN: u32 = 4;

/// A marked range of an excerpt's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Bytes of [`Excerpt::text`], within one line.
    pub range: Range<usize>,
    /// The words beside it; may be empty.
    pub text: String,
    /// Whether this is what the message is about.
    pub is_primary: bool,
}

/// Some neighbouring lines of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The place of the primary mark, or of the first.
    pub place: Position,
    /// The number of the first line, from 1.
    pub first_line: u32,
    /// The lines.
    pub text: String,
    /// What is marked in them, in order.
    pub marks: Vec<Mark>,
}

/// What is to be marked.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Where; only the first line of a longer span is marked.
    pub span: Span,
    /// The words beside it.
    pub text: &'a str,
    /// Whether this is what the message is about.
    pub is_primary: bool,
}

/// The excerpts that show all of `wanted`, which must be in `file`; the one with the primary mark comes first.
#[must_use]
pub fn excerpts(file: &SourceFile, wanted: &[Wanted<'_>]) -> Vec<Excerpt> {
    let mut placed: Vec<(Position, Wanted<'_>)> = wanted.iter().map(|w| (file.position(w.span.start), *w)).collect();
    placed.sort_by_key(|(at, w)| (*at, w.span.end));
    let mut groups: Vec<Vec<(Position, Wanted<'_>)>> = Vec::new();
    for item in placed {
        let near = |last: &(Position, Wanted<'_>)| item.0.line.saturating_sub(last.0.line) <= LINES_BETWEEN;
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(near) => group.push(item),
            _ => groups.push(vec![item]),
        }
    }
    let mut all: Vec<Excerpt> = groups.iter().map(|group| excerpt(file, group)).collect();
    all.sort_by_key(|e| !e.marks.iter().any(|m| m.is_primary));
    all
}

fn excerpt(file: &SourceFile, group: &[(Position, Wanted<'_>)]) -> Excerpt {
    let last_of_file = file.position(u32::MAX).line;
    let first = group.first().map_or(1, |g| g.0.line).saturating_sub(1).max(1);
    let last = (group.last().map_or(1, |g| g.0.line) + 1).min(last_of_file);
    let mut text = String::new();
    let mut marks = Vec::new();
    for number in first..=last {
        let here: Vec<_> = group.iter().filter(|g| g.0.line == number).collect();
        let is_edge = number == first || number == last;
        if here.is_empty() && is_edge && file.line(number).trim().is_empty() {
            // A blank line says nothing at the edge; the first line must stay where its number says.
            if number == first {
                text.push('\n');
            }
            continue;
        }
        let line = ShownLine::new(file.line(number), here.first().map_or(1, |g| g.0.column) as usize - 1);
        for (at, w) in here {
            let length = file.slice(w.span).lines().next().unwrap_or("").chars().count();
            let range = line.range(at.column as usize - 1, length);
            let range = text.len() + range.start..text.len() + range.end;
            marks.push(Mark { range, text: harmless(w.text), is_primary: w.is_primary });
        }
        text.push_str(&line.text);
        text.push('\n');
    }
    let place =
        group.iter().find(|g| g.1.is_primary).or(group.first()).map_or(Position { line: 1, column: 1 }, |g| g.0);
    Excerpt { place, first_line: first, text, marks }.without_blank_start()
}

impl Excerpt {
    fn without_blank_start(mut self) -> Self {
        if self.text.starts_with('\n') && self.marks.iter().all(|m| m.range.start > 0) {
            self.text.remove(0);
            self.first_line += 1;
            for mark in &mut self.marks {
                mark.range = mark.range.start - 1..mark.range.end - 1;
            }
        }
        self
    }
}

/// One line as it is shown: perhaps cut, with the way from its characters to the shown bytes.
struct ShownLine {
    text: String,
    /// Characters of the line that are left out in front.
    skipped: usize,
    /// The byte of `text` where each shown character starts, and the end.
    starts: Vec<usize>,
}

impl ShownLine {
    fn new(line: &str, column: usize) -> Self {
        let is_long = line.chars().nth(COLUMNS_MAX).is_some();
        let skipped = if is_long { column.saturating_sub(COLUMNS_BEFORE) } else { 0 };
        let mut text = String::new();
        if skipped > 0 {
            text.push('…');
        }
        let mut starts = Vec::new();
        for c in line.chars().skip(skipped).take(COLUMNS_MAX) {
            starts.push(text.len());
            text.push(harmless_char(c));
        }
        starts.push(text.len());
        if is_long && line.chars().nth(skipped + COLUMNS_MAX).is_some() {
            text.push('…');
        }
        Self { text, skipped, starts }
    }

    fn range(&self, column: usize, length: usize) -> Range<usize> {
        let end = self.starts.last().copied().unwrap_or(0);
        let byte = |at: usize| self.starts.get(at.saturating_sub(self.skipped)).copied().unwrap_or(end);
        byte(column)..byte(column + length)
    }
}

/// The text without characters that act on a terminal or turn its direction.
#[must_use]
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { c } else { harmless_char(c) }).collect()
}

fn harmless_char(c: char) -> char {
    match c {
        '\t' | '\r' => ' ',
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::span::FileId;

    fn shown(text: &str, spans: &[(u32, u32)]) -> Vec<Excerpt> {
        let file = SourceFile::new("a.proc".into(), text.into(), false);
        let wanted: Vec<Wanted<'_>> = spans
            .iter()
            .map(|(a, b)| Wanted { span: Span::new(FileId(0), *a, *b), text: "here", is_primary: (*a, *b) == spans[0] })
            .collect();
        excerpts(&file, &wanted)
    }

    #[test]
    fn marks_stay_on_their_words() {
        let all = shown("first\nsecond öl line\nthird\n", &[(17, 21)]);
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].first_line, all[0].place), (1, Position { line: 2, column: 11 }));
        assert_eq!(all[0].text.get(all[0].marks[0].range.clone()), Some("line"));
    }

    #[test]
    fn a_long_line_is_cut_around_its_mark() {
        let text = format!("{}needle{}\n", "x".repeat(100_000), "y".repeat(100_000));
        let all = shown(&text, &[(100_000, 100_006)]);
        assert!(all[0].text.chars().count() < 200, "{}", all[0].text.len());
        assert_eq!(all[0].text.get(all[0].marks[0].range.clone()), Some("needle"));
    }

    #[test]
    fn far_marks_get_excerpts_of_their_own_with_the_primary_first() {
        let text = "a\n".repeat(100);
        let all = shown(&text, &[(100, 101), (0, 1)]);
        assert_eq!(all.iter().map(|e| e.place.line).collect::<Vec<_>>(), [51, 1]);
    }

    #[test]
    fn nothing_that_acts_on_a_terminal_passes() {
        let all = shown("a \u{1b}[31m \u{202e}b\n", &[(0, 1)]);
        assert_eq!(all[0].text, "a \u{fffd}[31m \u{fffd}b\n");
    }

    #[test]
    fn the_end_of_a_file_can_be_marked() {
        let all = shown("abc", &[(3, 3)]);
        assert_eq!(all[0].marks[0].range, 3..3);
        let all = shown("abc\n", &[(4, 4), (900, 901)]);
        assert_eq!(all[0].place, Position { line: 2, column: 1 });
    }
}
