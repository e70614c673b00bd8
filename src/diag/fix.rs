//! Applying the changes that messages carry: none overlaps another, and a file is changed as a whole.

use super::diagnostic::{Applicability, Diagnostic, Fix};
use crate::base::span::FileId;

/// What is to be changed in one file.
#[derive(Clone, Debug, Default)]
pub struct Fixed<'a> {
    /// The new text.
    pub text: String,
    /// The messages whose changes were made, by place.
    pub applied: Vec<(&'a Diagnostic, &'a Fix)>,
    /// How many changes were left out, since they touch one that was made.
    pub left: usize,
}

/// Which changes are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Only those that are right for sure.
    Safe,
    /// Also those that are probably right.
    Suggested,
}

/// The text of a file with the changes that its messages carry. Each change is made as a whole; of two that touch, the
/// first is made, and the other is found again in the next run if it is still needed.
#[must_use]
pub fn apply<'a>(file: FileId, text: &str, diagnostics: &'a [Diagnostic], wanted: Wanted) -> Fixed<'a> {
    let is_wanted = |fix: &&Fix| wanted == Wanted::Suggested || fix.applicability == Applicability::Safe;
    let fits = |fix: &&Fix| {
        let in_text = |start: u32, end: u32| text.get(start as usize..end as usize).is_some();
        fix.edits.iter().all(|edit| edit.span.file == file && in_text(edit.span.start, edit.span.end))
    };
    let mut fixed = Fixed::default();
    let mut edits: Vec<(u32, u32, &str)> = Vec::new();
    for diagnostic in diagnostics {
        let Some(fix) = diagnostic.fix.as_ref().filter(is_wanted).filter(fits) else { continue };
        let touches = |(start, end, _): &(u32, u32, &str)| {
            fix.edits.iter().any(|edit| edit.span.start <= *end && *start <= edit.span.end)
        };
        if edits.iter().any(touches) {
            fixed.left += 1;
            continue;
        }
        edits.extend(fix.edits.iter().map(|edit| (edit.span.start, edit.span.end, edit.text.as_str())));
        fixed.applied.push((diagnostic, fix));
    }
    edits.sort_unstable();
    let mut at = 0;
    for (start, end, new) in edits {
        fixed.text.push_str(text.get(at..start as usize).unwrap_or(""));
        fixed.text.push_str(new);
        at = end as usize;
    }
    fixed.text.push_str(text.get(at..).unwrap_or(""));
    fixed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::span::Span;
    use crate::diag::codes;

    const FILE: FileId = FileId(0);

    fn message(start: u32, end: u32, new: &str, applicability: Applicability) -> Diagnostic {
        let span = Span::new(FILE, start, end);
        Diagnostic::error(codes::E0101, "wrong", span, "here").fix("mend it", span, new, applicability)
    }

    #[test]
    fn changes_that_touch_wait_for_the_next_run() {
        let messages = [
            message(0, 3, "ONE", Applicability::Safe),
            message(3, 3, "!", Applicability::Safe),
            message(8, 13, "", Applicability::Safe),
        ];
        let fixed = apply(FILE, "one two three", &messages, Wanted::Safe);
        assert_eq!((fixed.text.as_str(), fixed.applied.len(), fixed.left), ("ONE two ", 2, 1));
    }

    #[test]
    fn only_what_is_wanted_is_changed() {
        let messages = [message(4, 7, "TWO", Applicability::Suggested), message(0, 0, ">", Applicability::Safe)];
        assert_eq!(apply(FILE, "one two", &messages, Wanted::Safe).text, ">one two");
        assert_eq!(apply(FILE, "one two", &messages, Wanted::Suggested).text, ">one TWO");
        assert_eq!(apply(FileId(1), "one two", &messages, Wanted::Suggested).text, "one two");
    }

    #[test]
    fn a_change_beyond_the_text_is_left_out() {
        let messages = [message(4, 99, "x", Applicability::Safe), message(1, 2, "x", Applicability::Safe)];
        assert_eq!(apply(FILE, "äb", &messages, Wanted::Safe).text, "äb");
    }
}
