//! Messages as a JUnit report, for programs that show the results of tests.

use super::place::place;
use super::short::line;
use crate::base::source::Sources;
use crate::diag::diagnostic::{Diagnostic, Severity};

/// One case for each file that was checked: its errors are failures, its warnings output. Messages without a file
/// stand in a case of their own.
#[must_use]
pub fn junit(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut cases: Vec<(&str, Vec<&Diagnostic>)> =
        sources.iter().filter(|(_, file)| !file.is_library).map(|(_, file)| (file.path.as_str(), Vec::new())).collect();
    for diagnostic in diagnostics {
        let path = place(diagnostic.primary.span, sources).path;
        match cases.iter_mut().find(|(known, _)| *known == path) {
            Some((_, messages)) => messages.push(diagnostic),
            None => cases.push((path, vec![diagnostic])),
        }
    }
    let is_error = |diagnostic: &&&Diagnostic| diagnostic.severity == Severity::Error;
    let failed = cases.iter().filter(|(_, messages)| messages.iter().any(|d| is_error(&d))).count();
    let counts = format!("tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\"", cases.len());
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text += &format!("<testsuites {counts}>\n  <testsuite name=\"abide check\" {counts}>\n");
    for (path, messages) in &cases {
        let name = if path.is_empty() { "check" } else { path };
        text += &format!("    <testcase name=\"{}\" classname=\"abide.check\"", escaped(name));
        if messages.is_empty() {
            text += "/>\n";
            continue;
        }
        text += ">\n";
        let shown = |wanted: Severity| -> Vec<String> {
            messages.iter().filter(|d| d.severity == wanted).map(|d| line(d, sources)).collect()
        };
        let (errors, warnings) = (shown(Severity::Error), shown(Severity::Warning));
        // A case has at most one failure: the first error names it, all are its text.
        if let Some(first) = messages.iter().find(is_error) {
            let (message, code) = (escaped(&first.message), first.code.0);
            let all = escaped(&errors.join("\n"));
            text += &format!("      <failure type=\"{code}\" message=\"{message}\">{all}</failure>\n");
        }
        if !warnings.is_empty() {
            text += &format!("      <system-out>{}</system-out>\n", escaped(&warnings.join("\n")));
        }
        text += "    </testcase>\n";
    }
    text + "  </testsuite>\n</testsuites>\n"
}

/// Text between tags or quotes. What XML cannot hold is replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::SourceFile;
    use crate::base::span::{FileId, Span};
    use crate::diag::codes;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        let mut sources = Sources::default();
        sources.add(SourceFile::new("a&b.proc".into(), "one\n".into(), false));
        sources.add(SourceFile::new("fine.proc".into(), "one\n".into(), false));
        let place = Span::new(FileId(0), 0, 3);
        let message = Diagnostic::error(codes::E0301, "`a < \"b\"`\u{1b}", place, "here");
        let lint = Diagnostic::warning(codes::W0601, "`'`", place, "here");
        assert_eq!(
            junit(&[message, lint], &sources),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\">\n\
             \x20 <testsuite name=\"abide check\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\">\n\
             \x20   <testcase name=\"a&amp;b.proc\" classname=\"abide.check\">\n\
             \x20     <failure type=\"E0301\" message=\"`a &lt; &quot;b&quot;`\u{fffd}\">\
             a&amp;b.proc:1:1: error[E0301]: `a &lt; &quot;b&quot;`\u{fffd}</failure>\n\
             \x20     <system-out>a&amp;b.proc:1:1: warning[W0601]: `&apos;`</system-out>\n\
             \x20   </testcase>\n\
             \x20   <testcase name=\"fine.proc\" classname=\"abide.check\"/>\n\
             \x20 </testsuite>\n</testsuites>\n"
        );
    }
}
