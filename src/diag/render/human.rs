//! Messages for people: the words, the lines of the source with marks below them, reasons, and what to write instead.
//!
//! The only user of `miette`, which draws the marks below one excerpt at a time; a label in another file, or far away
//! in the same one, becomes a note with an excerpt of its own. The pointer to the page of a code is printed once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents,
};

use super::excerpt::{Excerpt, Mark, Wanted, excerpts, harmless};
use super::{Options, severity_word};
use crate::base::limits::MESSAGES_PER_FILE_MAX;
use crate::base::source::Sources;
use crate::base::span::FileId;
use crate::diag::diagnostic::{Code, Diagnostic, Label, Severity};

/// All messages in their order, at most [`MESSAGES_PER_FILE_MAX`] of each file, each followed by a blank line.
#[must_use]
pub fn human(diagnostics: &[Diagnostic], sources: &Sources, options: &Options) -> String {
    let mut text = String::new();
    let mut explained = BTreeSet::new();
    let mut by_file: BTreeMap<FileId, Vec<&Diagnostic>> = BTreeMap::new();
    let mut order = Vec::new();
    for diagnostic in diagnostics {
        let file = diagnostic.primary.span.file;
        by_file.entry(file).or_insert_with(|| {
            order.push(file);
            Vec::new()
        });
        by_file.entry(file).and_modify(|all| all.push(diagnostic));
    }
    for file in order {
        let all = by_file.remove(&file).unwrap_or_default();
        let shown = most_important(&all);
        for diagnostic in &shown {
            Message { sources, options, diagnostic }.write(&mut text, &mut explained);
            text.push('\n');
        }
        let hidden = all.len() - shown.len();
        if hidden > 0 {
            let path = sources.get(file).map_or("", |f| &f.path);
            text.push_str(&format!("… and {hidden} more in {}\n\n", harmless(path)));
        }
    }
    text
}

/// LIMIT: `MESSAGES_PER_FILE_MAX`. Errors have precedence over warnings; the order stays.
fn most_important<'a>(all: &[&'a Diagnostic]) -> Vec<&'a Diagnostic> {
    let errors = all.iter().filter(|d| d.severity == Severity::Error).count().min(MESSAGES_PER_FILE_MAX);
    let mut room = BTreeMap::from([(Severity::Error, errors), (Severity::Warning, MESSAGES_PER_FILE_MAX - errors)]);
    let mut has_room = |severity: Severity| match room.get_mut(&severity) {
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        _ => false,
    };
    all.iter().filter(|d| has_room(d.severity)).copied().collect()
}

struct Message<'a> {
    sources: &'a Sources,
    options: &'a Options,
    diagnostic: &'a Diagnostic,
}

impl Message<'_> {
    fn write(&self, text: &mut String, explained: &mut BTreeSet<Code>) {
        let diagnostic = self.diagnostic;
        let title = format!("{}[{}]", severity_word(diagnostic.severity), diagnostic.code.0);
        let style = match diagnostic.severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
        };
        self.paragraph(text, "", &title, style, &diagnostic.message);
        self.snippets(text);
        for note in &diagnostic.notes {
            self.paragraph(text, "  ", "note", "1", note);
        }
        let fix = || diagnostic.fix.as_ref().map(|fix| fix.title.as_str());
        if let Some(help) = diagnostic.help.as_deref().or_else(fix) {
            self.paragraph(text, "  ", "help", "36", help);
        }
        if explained.insert(diagnostic.code) {
            self.paragraph(text, "  ", "more", "2", &format!("abide explain {}", diagnostic.code.0));
        }
    }

    /// The excerpts of the message's own file, then one for each label elsewhere.
    fn snippets(&self, text: &mut String) {
        let primary = &self.diagnostic.primary;
        let file = primary.span.file;
        let near = self.diagnostic.labels.iter().filter(|label| label.span.file == file);
        let mut marked = vec![wanted(primary, true)];
        marked.extend(near.map(|label| wanted(label, false)));
        self.draw_all(text, file, &marked);
        for label in self.diagnostic.labels.iter().filter(|label| label.span.file != file) {
            self.draw_all(text, label.span.file, &[wanted(label, false)]);
        }
    }

    fn draw_all(&self, text: &mut String, file: FileId, wanted: &[Wanted<'_>]) {
        let Some(source) = self.sources.get(file) else { return };
        if source.text.is_empty() {
            // There is no line to draw.
            let told = wanted.iter().map(|mark| mark.text).find(|text| !text.is_empty());
            text.extend(told.map(|told| format!("  at {}: {told}\n", harmless(&source.path))));
            return;
        }
        for excerpt in excerpts(source, wanted) {
            self.draw(text, harmless(&source.path), excerpt);
        }
    }

    fn draw(&self, text: &mut String, path: String, excerpt: Excerpt) {
        let theme = if self.options.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(self.options.width);
        let mut drawn = String::new();
        let report = Drawing { path, excerpt };
        // Writing to a `String` fails only for an excerpt that cannot be drawn; the message above says it all then.
        if handler.render_report(&mut drawn, &report).is_ok() {
            // The first line is the place of the words, which stand above already.
            let picture = drawn.split_once('\n').map_or("", |(_, rest)| rest);
            for line in picture.lines() {
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
    }

    /// `indent title: words`, wrapped; later lines stand below the words, line breaks in them stay.
    fn paragraph(&self, text: &mut String, indent: &str, title: &str, style: &str, words: &str) {
        let hang = if indent.is_empty() { 2 } else { indent.len() + title.len() + 2 };
        let mut column = indent.len() + title.len() + 1;
        text.push_str(indent);
        if self.options.colour {
            text.push_str(&format!("\u{1b}[{style}m{title}\u{1b}[0m:"));
        } else {
            text.push_str(&format!("{title}:"));
        }
        for (number, line) in harmless(words).lines().enumerate() {
            if number > 0 {
                text.push_str(&format!("\n{:hang$}", ""));
                column = hang;
            }
            let leading = line.len() - line.trim_start().len();
            if number > 0 {
                text.push_str(&" ".repeat(leading));
                column += leading;
            }
            for (at, word) in line.split_whitespace().enumerate() {
                let length = word.chars().count();
                if column + 1 + length > self.options.width && column > hang {
                    text.push_str(&format!("\n{:hang$}", ""));
                    column = hang;
                } else if at > 0 || number == 0 {
                    text.push(' ');
                    column += 1;
                }
                text.push_str(word);
                column += length;
            }
        }
        text.push('\n');
    }
}

fn wanted(label: &Label, is_primary: bool) -> Wanted<'_> {
    Wanted { span: label.span, text: &label.text, is_primary }
}

/// One excerpt as `miette` wants it. It has no words of its own.
#[derive(Debug)]
struct Drawing {
    path: String,
    excerpt: Excerpt,
}

impl fmt::Display for Drawing {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Drawing {}

impl miette::Diagnostic for Drawing {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.excerpt.marks.iter().map(|mark: &Mark| {
            let text = (!mark.text.is_empty()).then(|| mark.text.clone());
            let (start, length) = (mark.range.start, mark.range.len());
            if mark.is_primary {
                LabeledSpan::new_primary_with_span(text, (start, length))
            } else {
                LabeledSpan::new(text, start, length)
            }
        })))
    }
}

impl SourceCode for Drawing {
    /// The whole excerpt; without context lines the place of the message, which `miette` prints above it.
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        context_lines_before: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let data = self.excerpt.text.as_bytes();
        let lines = self.excerpt.text.lines().count();
        let (line, column) = if context_lines_before == 0 {
            (self.excerpt.place.line as usize - 1, self.excerpt.place.column as usize - 1)
        } else {
            (self.excerpt.first_line as usize - 1, 0)
        };
        let whole = SourceSpan::new(0.into(), data.len());
        Ok(Box::new(MietteSpanContents::new_named(self.path.clone(), data, whole, line, column, lines)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::SourceFile;
    use crate::base::span::Span;
    use crate::diag::codes::{E0901, E0902, R0101};

    fn sources() -> Sources {
        let mut sources = Sources::default();
        let first = "workflow Chase for deal: Opportunity\n    when created\n{\n    set deal.titel = \"x\"\n}\n";
        sources.add(SourceFile::new("deals.proc".into(), first.into(), false));
        sources.add(SourceFile::new("<core>".into(), "entity Opportunity {\n    title: text\n}\n".into(), true));
        sources.add(SourceFile::new("missing".into(), String::new(), false));
        sources
    }

    fn span(file: u32, text: &str) -> Span {
        let sources = sources();
        let at = sources.get(FileId(file)).unwrap().text.find(text).unwrap();
        let at = u32::try_from(at).unwrap();
        Span::new(FileId(file), at, at + u32::try_from(text.len()).unwrap())
    }

    fn sample() -> Diagnostic {
        Diagnostic::error(E0901, "`Opportunity` has no field `titel`", span(0, "titel"), "not a field")
            .label(span(0, "Opportunity"), "`deal` is an `Opportunity`")
            .label(span(1, "title"), "declared here")
            .note("fields are looked up in the entity and in what `extend` adds to it, and in nothing else, whatever its name")
            .help("write `title`")
    }

    #[test]
    fn a_message_with_labels_in_two_files() {
        insta::assert_snapshot!(human(&[sample()], &sources(), &Options { colour: false, width: 80 }));
    }

    #[test]
    fn a_file_without_text_has_no_excerpt() {
        let gone = Diagnostic::error(E0901, "cannot read `missing`", Span::new(FileId(2), 0, 0), "");
        assert_eq!(
            human(&[gone], &sources(), &Options::default()),
            "error[E0901]: cannot read `missing`\n  more: abide explain E0901\n\n"
        );
    }

    #[test]
    fn the_page_is_pointed_to_once_and_errors_have_precedence() {
        let warning = Diagnostic::warning(E0902, "odd", span(0, "when"), "");
        let mut all = vec![warning; 30];
        all.push(Diagnostic::error(R0101, "wrong", span(0, "set"), ""));
        let text = human(&all, &sources(), &Options::default());
        assert_eq!(text.matches("abide explain E0902").count(), 1);
        assert_eq!(text.matches("warning[E0902]: odd").count(), 19);
        assert_eq!(text.matches("error[R0101]: wrong").count(), 1);
        assert!(text.ends_with("… and 11 more in deals.proc\n\n"), "{text}");
    }

    #[test]
    fn colour_is_only_where_it_is_asked_for() {
        let with = human(&[sample()], &sources(), &Options { colour: true, width: 80 });
        let without = human(&[sample()], &sources(), &Options { colour: false, width: 80 });
        assert!(with.contains("\u{1b}[1;31merror[E0901]\u{1b}[0m:"));
        assert!(!without.contains('\u{1b}'));
    }

    #[test]
    fn any_span_can_be_drawn() {
        let text = "a\r\n\u{1b}\tö\u{301}\n\n}";
        let mut sources = Sources::default();
        sources.add(SourceFile::new("a.proc".into(), text.into(), false));
        for start in 0..20 {
            for end in start..20 {
                let odd = Diagnostic::error(E0901, "odd", Span::new(FileId(0), start, end), "here")
                    .label(Span::new(FileId(0), end, end + 1), "there")
                    .label(Span::new(FileId(7), 0, 1), "nowhere");
                let shown = human(&[odd], &sources, &Options::default());
                assert!(shown.contains("╰────"), "{start}..{end}: {shown}");
            }
        }
    }

    #[test]
    fn short_and_json_forms() {
        let mut fixed = sample();
        fixed = fixed.fix("write `title`", span(0, "titel"), "title", crate::diag::Applicability::Safe);
        insta::assert_snapshot!(super::super::short(&[sample()], &sources()));
        insta::assert_snapshot!(super::super::json(&[fixed], &sources()));
    }
}
