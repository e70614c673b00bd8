//! Messages as commands of a GitHub workflow: `::error file=a.proc,line=3,…::text`, one line each.

use super::place::place;
use super::severity_word;
use crate::base::source::Sources;
use crate::diag::diagnostic::Diagnostic;

/// All messages, one command each. Only the place that is wrong is shown there, so causes follow as text.
#[must_use]
pub fn github(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    diagnostics.iter().map(|diagnostic| command(diagnostic, sources) + "\n").collect()
}

fn command(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let at = place(diagnostic.primary.span, sources);
    let mut properties = Vec::new();
    if !at.path.is_empty() {
        properties.push(format!("file={}", property(at.path)));
        properties.push(format!("line={},endLine={}", at.start.line, at.end.line));
        // Columns are understood within one line only.
        if at.start.line == at.end.line {
            properties.push(format!("col={},endColumn={}", at.start.column, at.end.column));
        }
    }
    properties.push(format!("title={}", property(diagnostic.code.0)));
    let mut lines = vec![diagnostic.message.clone(), diagnostic.primary.text.clone()];
    lines.extend(diagnostic.labels.iter().map(|label| {
        let cause = place(label.span, sources);
        format!("{}:{}: {}", cause.path, cause.start.line, label.text)
    }));
    lines.extend(diagnostic.notes.iter().map(|note| format!("note: {note}")));
    lines.extend(diagnostic.help.iter().map(|help| format!("help: {help}")));
    let word = severity_word(diagnostic.severity);
    format!("::{word} {}::{}", properties.join(","), data(&lines.join("\n")))
}

/// The text of a command: it ends at the line end.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property: it ends at a comma or colon, too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::SourceFile;
    use crate::base::span::{FileId, Span};
    use crate::diag::codes;

    #[test]
    fn what_ends_a_command_is_escaped() {
        let mut sources = Sources::default();
        sources.add(SourceFile::new("a,b:c.proc".into(), "one\ntwo\n".into(), false));
        let one_line = Span::new(FileId(0), 4, 7);
        let message = Diagnostic::error(codes::E0301, "100% wrong:\r\nyes, it is", one_line, "here").note("so");
        let two_lines = Diagnostic::warning(codes::W0601, "both", Span::new(FileId(0), 0, 7), "these");
        assert_eq!(
            github(&[message, two_lines], &sources),
            "::error file=a%2Cb%3Ac.proc,line=2,endLine=2,col=1,endColumn=4,title=E0301::100%25 wrong:%0D%0Ayes, it \
             is%0Ahere%0Anote: so\n::warning file=a%2Cb%3Ac.proc,line=1,endLine=2,title=W0601::both%0Athese\n"
        );
    }
}
