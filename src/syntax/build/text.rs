//! Texts: escapes, slots, the indentation of `"""`.

use pest::iterators::Pair;

use super::{Builder, Built, Defect, Nodes, exact};
use crate::base::span::Span;
use crate::syntax::ast::{Expr, ExprKind, TextLiteral, TextPart};
use crate::syntax::errors;
use crate::syntax::grammar::Rule;

impl Builder<'_> {
    /// A text with its slots.
    pub(super) fn text(&mut self, pair: Pair<'_, Rule>) -> Built<TextLiteral> {
        let inner = self.nodes(pair).presume_next()?;
        let triple = inner.as_rule() == Rule::text_triple;
        let nodes = self.nodes(inner);
        let parts = exact(self.text_parts(nodes, triple)?);
        Ok(TextLiteral { parts: if triple { strip_indentation(parts) } else { parts } })
    }

    /// The text as an expression.
    pub(super) fn text_expr(&mut self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let span = self.span(&pair);
        Ok(Expr { kind: ExprKind::Text(self.text(pair)?), span })
    }

    fn text_parts(&mut self, nodes: Nodes<'_>, triple: bool) -> Built<Vec<TextPart>> {
        let mut parts = Vec::new();
        for piece in nodes {
            match piece.as_rule() {
                Rule::text_plain | Rule::raw_plain => add_plain(&mut parts, piece.as_str()),
                Rule::triple_plain => add_plain(&mut parts, &piece.as_str().replace("\r\n", "\n")),
                Rule::text_escape => {
                    let resolved = self.escape(piece.as_str(), self.span(&piece));
                    add_plain(&mut parts, &resolved);
                }
                Rule::text_slot => parts.push(self.slot(piece, triple)?),
                _ => return Err(Defect { span: self.span(&piece) }),
            }
        }
        Ok(parts)
    }

    fn slot(&mut self, pair: Pair<'_, Rule>, triple: bool) -> Built<TextPart> {
        let broken = !triple && pair.as_str().contains('\n');
        let mut nodes = self.nodes(pair);
        if broken {
            self.diagnostics.push(errors::slot_over_lines(nodes.span));
        }
        let value = self.presume_expr(&mut nodes)?;
        let format = nodes.next().map(|format| self.fixed_text(&format, true));
        Ok(TextPart::Slot { value, format })
    }

    /// The characters that an escape stands for.
    fn escape(&mut self, written: &str, span: Span) -> String {
        let resolved = match written {
            "\\n" => Some('\n'),
            "\\t" => Some('\t'),
            "\\r" => Some('\r'),
            "\\\"" => Some('"'),
            "\\\\" => Some('\\'),
            "\\{" => Some('{'),
            "\\}" => Some('}'),
            _ => {
                let digits = written.strip_prefix("\\u{").and_then(|rest| rest.strip_suffix('}'));
                digits.and_then(|d| u32::from_str_radix(d, 16).ok()).and_then(char::from_u32)
            }
        };
        match resolved {
            Some(character) => character.to_string(),
            None => {
                self.diagnostics.push(errors::unknown_escape(written, span));
                String::new()
            }
        }
    }

    /// A text that may not have slots: a title, a label, a physical name. With `braces`, `{` is an ordinary character.
    pub(super) fn fixed_text(&mut self, pair: &Pair<'_, Rule>, braces: bool) -> String {
        let span = self.span(pair);
        let written = pair.as_str().trim_end();
        let inside = written.strip_prefix('"').and_then(|w| w.strip_suffix('"')).unwrap_or(written);
        let mut result = String::new();
        let mut rest = inside;
        while let Some(next) = rest.chars().next() {
            let taken = if next == '\\' { escape_length(rest) } else { next.len_utf8() };
            let Some((piece, after)) = rest.split_at_checked(taken) else { break };
            if next == '\\' {
                let resolved = self.escape(piece, span);
                result.push_str(&resolved);
            } else {
                result.push(next);
            }
            if next == '{' && !braces {
                self.diagnostics.push(errors::slot_in_fixed_text(span));
                return result;
            }
            rest = after;
        }
        result
    }
}

fn escape_length(rest: &str) -> usize {
    if rest.starts_with("\\u{") {
        return rest.find('}').map_or(3, |end| end + 1);
    }
    rest.chars().take(2).map(char::len_utf8).sum()
}

fn add_plain(parts: &mut Vec<TextPart>, text: &str) {
    if text.is_empty() {
        return;
    }
    match parts.last_mut() {
        Some(TextPart::Plain(plain)) => plain.push_str(text),
        _ => parts.push(TextPart::Plain(text.to_owned())),
    }
}

/// `"""`: a line break after the opening marks and the last line's indentation go; what all lines share is removed.
fn strip_indentation(mut parts: Vec<TextPart>) -> Vec<TextPart> {
    let starts_with_break = matches!(parts.first(), Some(TextPart::Plain(p)) if p.starts_with('\n'));
    if !starts_with_break {
        return parts;
    }
    let shared = shared_indentation(&parts);
    for part in &mut parts {
        if let TextPart::Plain(plain) = part {
            *plain = remove_after_breaks(plain, shared);
        }
    }
    if let Some(TextPart::Plain(first)) = parts.first_mut() {
        first.remove(0);
    }
    if let Some(TextPart::Plain(last)) = parts.last_mut()
        && let Some((before, line)) = last.rsplit_once('\n')
        && line.trim().is_empty()
    {
        *last = before.to_owned();
    }
    parts.retain(|part| !matches!(part, TextPart::Plain(p) if p.is_empty()));
    parts
}

/// The least indentation of the lines that hold anything; the line of the closing marks counts too.
fn shared_indentation(parts: &[TextPart]) -> usize {
    let mut least = usize::MAX;
    for part in parts {
        let TextPart::Plain(plain) = part else { continue };
        let lines: Vec<&str> = plain.split('\n').collect();
        for (number, line) in lines.iter().enumerate().skip(1) {
            let ends_here = number + 1 == lines.len();
            let blank = line.trim_matches([' ', '\t', '\r']).is_empty();
            if !blank || ends_here {
                least = least.min(line.len() - line.trim_start_matches([' ', '\t']).len());
            }
        }
    }
    if least == usize::MAX { 0 } else { least }
}

fn remove_after_breaks(plain: &str, count: usize) -> String {
    let mut lines = plain.split('\n');
    let mut result = lines.next().unwrap_or("").to_owned();
    for line in lines {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        result.push('\n');
        result.push_str(line.get(indent.min(count)..).unwrap_or(""));
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Vec<TextPart> {
        vec![TextPart::Plain(text.into())]
    }

    #[test]
    fn shared_indentation_goes() {
        assert_eq!(strip_indentation(plain("\n    a\n\n      b\n    ")), plain("a\n\n  b"));
        assert_eq!(strip_indentation(plain("\n    a\n  ")), plain("  a"));
        assert_eq!(strip_indentation(plain("one line")), plain("one line"));
    }
}
