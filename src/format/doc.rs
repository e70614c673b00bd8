//! The document algebra: what may be broken into lines, and the printer that decides where.
//!
//! A group is printed on one line if it fits, else all its own lines are broken. After Oppen and Wadler, with
//! comments that wait for the end of their line.

use std::borrow::Cow;

/// The width that lines are broken to.
pub(super) const WIDTH: usize = 100;
const INDENT: usize = 4;

/// A piece of layout.
#[derive(Clone, Debug)]
pub(super) enum Doc {
    /// Nothing.
    Nil,
    /// Words without a line break, or a literal that is printed as it stands, line breaks and all.
    Text(Cow<'static, str>),
    /// A space, or a line break in a broken group.
    Line,
    /// Nothing, or a line break in a broken group.
    SoftLine,
    /// A line break; every group around it is broken.
    HardLine,
    /// Text only in a broken group.
    IfBroken(&'static str),
    /// A comment that is printed at the end of the line it falls on.
    Suffix(String),
    /// More indentation after the line breaks inside.
    Nest(Box<Doc>),
    /// Broken as a whole or not at all.
    Group {
        /// What it holds.
        doc: Box<Doc>,
        /// Whether a hard line inside decides already.
        is_broken: bool,
        /// Whether a comment is inside that waits for the end of its line.
        has_comment: bool,
    },
    /// One after the other.
    Concat(Vec<Doc>),
    /// A line of its own making if it fits, else another layout of the same.
    Either {
        /// On one line.
        flat: String,
        /// On several.
        broken: Box<Doc>,
    },
}

/// Words.
pub(super) fn text(words: impl Into<Cow<'static, str>>) -> Doc {
    Doc::Text(words.into())
}

/// One after the other.
pub(super) fn concat(docs: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Concat(docs.into_iter().collect())
}

/// On one line if it fits.
pub(super) fn group(doc: Doc) -> Doc {
    let mut has_comment = false;
    let is_broken = doc.find_break(&mut has_comment);
    Doc::Group { doc: Box::new(doc), is_broken, has_comment }
}

/// Indented after each line break inside.
pub(super) fn nest(doc: Doc) -> Doc {
    Doc::Nest(Box::new(doc))
}

/// The documents with `separator` between them.
pub(super) fn join(docs: impl IntoIterator<Item = Doc>, separator: &Doc) -> Doc {
    let mut all = Vec::new();
    for doc in docs {
        if !all.is_empty() {
            all.push(separator.clone());
        }
        all.push(doc);
    }
    Doc::Concat(all)
}

impl Doc {
    /// Whether nothing at all is printed.
    #[must_use]
    pub(super) fn is_nil(&self) -> bool {
        match self {
            Self::Nil => true,
            Self::Concat(docs) => docs.iter().all(Self::is_nil),
            _ => false,
        }
    }

    /// Whether it can only be printed on several lines: a hard line, or a comment at the end of a line before one of
    /// its own lines. A text of several lines does not count: it stays as it is.
    fn find_break(&self, has_comment: &mut bool) -> bool {
        match self {
            Self::HardLine => true,
            Self::Line | Self::SoftLine => *has_comment,
            Self::Suffix(_) => {
                *has_comment = true;
                false
            }
            Self::Nest(doc) => doc.find_break(has_comment),
            Self::Group { is_broken: true, .. } => true,
            Self::Group { has_comment: inside, .. } => {
                *has_comment |= *inside;
                false
            }
            Self::Concat(docs) => docs.iter().any(|doc| doc.find_break(has_comment)),
            Self::Nil | Self::Text(_) | Self::IfBroken(_) | Self::Either { .. } => false,
        }
    }

    /// The same without the group that it ends with, so that the group around breaks both.
    #[must_use]
    pub(super) fn opened(self) -> Self {
        match self {
            Self::Group { doc, .. } => *doc,
            Self::Concat(mut docs) => {
                if let Some(at) = docs.iter().rposition(|doc| !doc.is_nil()) {
                    let tail = docs.split_off(at);
                    docs.extend(tail.into_iter().map(Self::opened));
                }
                Self::Concat(docs)
            }
            other => other,
        }
    }

    /// The text on one line, if there is such and it is not longer than a line.
    #[must_use]
    pub(super) fn flat(&self) -> Option<String> {
        let mut out = String::new();
        self.push_flat(&mut out)?;
        Some(out)
    }

    fn push_flat(&self, out: &mut String) -> Option<()> {
        match self {
            Self::Nil | Self::SoftLine | Self::IfBroken(_) => {}
            Self::Text(words) if words.contains('\n') => return None,
            Self::Text(words) => out.push_str(words),
            Self::Line => out.push(' '),
            Self::HardLine | Self::Suffix(_) => return None,
            Self::Nest(doc) | Self::Group { doc, .. } => doc.push_flat(out)?,
            Self::Concat(docs) => docs.iter().try_for_each(|doc| doc.push_flat(out))?,
            Self::Either { flat, .. } => out.push_str(flat),
        }
        (out.len() <= WIDTH * 4).then_some(())
    }

    /// `flat` on one line where there is such and it fits, else `broken`.
    #[must_use]
    pub(super) fn either(flat: Option<String>, broken: Doc) -> Self {
        match flat {
            Some(flat) => Self::Either { flat, broken: Box::new(broken) },
            None => broken,
        }
    }

    /// The text that it stands for.
    #[must_use]
    pub(super) fn print(&self) -> String {
        let mut printer = Printer { stack: vec![(0, true, self)], ..Printer::default() };
        printer.run();
        printer.finish()
    }
}

/// Indentation, whether the group around is broken, what to print.
type Task<'a> = (usize, bool, &'a Doc);

#[derive(Default)]
struct Printer<'a> {
    out: String,
    column: usize,
    stack: Vec<Task<'a>>,
    /// Indentation that is printed before the next text, so that empty lines stay empty.
    indent: Option<usize>,
    suffixes: Vec<(usize, &'a str)>,
    /// Room for looking ahead.
    ahead: Vec<(bool, &'a Doc)>,
}

impl<'a> Printer<'a> {
    fn run(&mut self) {
        while let Some((indent, broken, doc)) = self.stack.pop() {
            match doc {
                Doc::Nil => {}
                Doc::Text(words) => self.words(words),
                Doc::IfBroken(words) if broken => self.words(words),
                Doc::IfBroken(_) => {}
                Doc::Line if !broken => self.words(" "),
                Doc::SoftLine if !broken => {}
                Doc::Line | Doc::SoftLine | Doc::HardLine => self.newline(indent),
                Doc::Suffix(comment) => self.suffixes.push((indent, comment)),
                Doc::Nest(doc) => self.stack.push((indent + INDENT, broken, doc)),
                Doc::Group { doc, is_broken, .. } => {
                    let broken = *is_broken || !self.fits(doc);
                    self.stack.push((indent, broken, doc));
                }
                Doc::Concat(docs) => self.stack.extend(docs.iter().rev().map(|doc| (indent, broken, doc))),
                Doc::Either { flat, .. } if self.fits(doc) => self.words(flat),
                Doc::Either { broken: doc, .. } => self.stack.push((indent, broken, doc)),
            }
        }
    }

    fn words(&mut self, words: &str) {
        if let Some(indent) = self.indent.take() {
            self.out.extend(std::iter::repeat_n(' ', indent));
            self.column = indent;
        }
        self.out.push_str(words);
        match words.rsplit_once('\n') {
            Some((_, last)) => self.column = last.chars().count(),
            None => self.column += words.chars().count(),
        }
    }

    fn newline(&mut self, indent: usize) {
        self.flush();
        self.trim();
        self.out.push('\n');
        self.indent = Some(indent);
        self.column = indent;
    }

    /// Prints the comments that wait: the first at the end of this line, others on lines of their own.
    fn flush(&mut self) {
        for (number, (indent, comment)) in std::mem::take(&mut self.suffixes).into_iter().enumerate() {
            if number > 0 {
                self.out.push('\n');
                self.indent = Some(indent);
            } else if self.indent.is_none() && !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
                self.words(" ");
            }
            self.words(comment);
        }
    }

    fn trim(&mut self) {
        let length = self.out.trim_end_matches(' ').len();
        self.out.truncate(length);
    }

    fn finish(mut self) -> String {
        self.flush();
        self.trim();
        self.out
    }

    /// Whether `doc` and what follows it up to the next line break fit on the rest of the line.
    fn fits(&mut self, doc: &'a Doc) -> bool {
        let mut tasks = std::mem::take(&mut self.ahead);
        tasks.clear();
        tasks.push((false, doc));
        let fits = self.fits_ahead(&mut tasks);
        self.ahead = tasks;
        fits
    }

    fn fits_ahead(&self, tasks: &mut Vec<(bool, &'a Doc)>) -> bool {
        let mut room = WIDTH.saturating_sub(self.column);
        let mut rest = self.stack.iter().rev();
        loop {
            let Some((broken, doc)) = tasks.pop().or_else(|| rest.next().map(|task| (task.1, task.2))) else {
                return true;
            };
            match doc {
                Doc::Nil | Doc::Suffix(_) => {}
                Doc::Text(words) => {
                    let (first, more) = words.split_once('\n').map_or((&**words, false), |(first, _)| (first, true));
                    let width = first.chars().count();
                    if width > room {
                        return false;
                    }
                    if more {
                        return true;
                    }
                    room -= width;
                }
                Doc::Either { broken: doc, .. } if broken => tasks.push((broken, doc)),
                Doc::Either { flat, .. } => match room.checked_sub(flat.chars().count()) {
                    Some(left) => room = left,
                    None => return false,
                },
                Doc::IfBroken(words) if broken => room = room.saturating_sub(words.len()),
                Doc::IfBroken(_) => {}
                Doc::Line | Doc::SoftLine if broken => return true,
                Doc::HardLine => return true,
                Doc::SoftLine => {}
                Doc::Line if room == 0 => return false,
                Doc::Line => room -= 1,
                Doc::Nest(doc) => tasks.push((broken, doc)),
                Doc::Group { doc, .. } => tasks.push((broken, doc)),
                Doc::Concat(docs) => tasks.extend(docs.iter().rev().map(|doc| (broken, doc))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &[&'static str]) -> Doc {
        let items = join(words.iter().map(|w| text(*w)), &concat([text(","), Doc::Line]));
        group(concat([text("["), nest(concat([Doc::SoftLine, items, Doc::IfBroken(",")])), Doc::SoftLine, text("]")]))
    }

    #[test]
    fn a_group_is_flat_if_it_fits_and_broken_as_a_whole_else() {
        assert_eq!(list(&["a", "b"]).print(), "[a, b]");
        let long = "x".repeat(60);
        let long: &'static str = long.leak();
        assert_eq!(list(&[long, long]).print(), format!("[\n    {long},\n    {long},\n]"));
        assert_eq!(concat([list(&["a"]), text(long), list(&["b", long])]).print().lines().count(), 4);
    }

    #[test]
    fn what_follows_a_group_counts_up_to_its_line() {
        let tail: &'static str = "y".repeat(95).leak();
        assert_eq!(concat([list(&["a", "b"]), text(tail)]).print().lines().count(), 4);
        assert_eq!(concat([list(&["a", "b"]), Doc::HardLine, text(tail)]).print().lines().count(), 2);
    }

    #[test]
    fn comments_wait_for_the_end_of_their_line() {
        let doc = concat([text("a"), Doc::Suffix("// one".into()), text(" b"), Doc::HardLine, text("c")]);
        assert_eq!(doc.print(), "a b // one\nc");
        let two = concat([text("a"), Doc::Suffix("// one".into()), Doc::Suffix("// two".into())]);
        assert_eq!(two.print(), "a // one\n// two");
    }

    #[test]
    fn empty_lines_have_no_indentation() {
        let doc = nest(concat([text("{"), Doc::HardLine, Doc::HardLine, text("x")]));
        assert_eq!(doc.print(), "{\n\n    x");
    }
}
