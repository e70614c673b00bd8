//! Balances the braces of a chunk. Where one is missing or too much, the indentation of the lines says which.

mod layout;

use super::{Work, verbs};
use crate::diag::Diagnostic;
use crate::syntax::errors;
use crate::syntax::scan::{self, Token, TokenKind};

/// For each token the index of the bracket that closes it, where one does. A line that begins with the verb of a
/// statement ends what parentheses around it hold: one of them lacks its end.
pub(super) fn partners(source: &str, tokens: &[Token]) -> Vec<Option<usize>> {
    let mut partner = vec![None; tokens.len()];
    let mut open: Vec<(usize, char)> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.first_on_line && verbs::begins_line(source, tokens, index) {
            let block = open.iter().rposition(|(_, bracket)| *bracket == '{');
            open.truncate(block.map_or(0, |block| block + 1));
        }
        match token.kind {
            TokenKind::Open(bracket) => open.push((index, bracket)),
            TokenKind::Close(bracket) => {
                let wanted = opening(bracket);
                // A brace closes every parenthesis within it; a parenthesis never closes a brace.
                let found = open.iter().rposition(|(_, b)| *b == wanted);
                let barrier = open.iter().rposition(|(_, b)| *b == '{');
                if let Some(found) = found.filter(|at| bracket == '}' || barrier.is_none_or(|b| *at > b)) {
                    let opener = open.get(found).map(|(at, _)| *at);
                    open.truncate(found);
                    if let Some(place) = opener.and_then(|at| partner.get_mut(at)) {
                        *place = Some(index);
                    }
                }
            }
            _ => {}
        }
    }
    partner
}

fn opening(closing: char) -> char {
    match closing {
        ')' => '(',
        ']' => '[',
        _ => '{',
    }
}

/// A brace that is open, and how far its line is indented.
struct OpenBrace {
    token: Token,
    indentation: usize,
}

/// Adds and removes braces until they are balanced, each with a message.
pub(super) fn balance(work: &mut Work, diagnostics: &mut Vec<Diagnostic>) {
    let tokens = scan::scan(work.text());
    if let Some(faults) = layout::faults(work, &tokens) {
        return layout::mend(work, &tokens, &faults, diagnostics);
    }
    let count = |kind: TokenKind| tokens.iter().filter(|token| token.kind == kind).count();
    let (opened, closed) = (count(TokenKind::Open('{')), count(TokenKind::Close('}')));
    if opened < closed {
        remove_extra(work, &tokens, closed - opened, diagnostics);
    } else {
        add_missing(work, &tokens, opened - closed, diagnostics);
    }
}

/// Columns before the first token of the line of a token.
fn indentation(work: &Work, token: &Token) -> usize {
    let before = work.slice(0, token.start as usize);
    let line = before.rsplit('\n').next().unwrap_or("");
    let text = line.trim_start();
    if text.is_empty() { line.len() } else { line.len() - text.len() }
}

fn remove_extra(work: &mut Work, tokens: &[Token], mut extra: usize, diagnostics: &mut Vec<Diagnostic>) {
    let mut open: Vec<OpenBrace> = Vec::new();
    for token in tokens {
        match token.kind {
            TokenKind::Open('{') => open.push(OpenBrace { token: *token, indentation: indentation(work, token) }),
            TokenKind::Close('}') => {
                let at = indentation(work, token);
                let too_far_right = token.first_on_line && open.last().is_some_and(|o| at > o.indentation);
                if extra > 0 && (open.is_empty() || too_far_right) {
                    extra -= 1;
                    let span = work.span(token.start as usize, token.end as usize);
                    diagnostics.push(errors::extra_brace(span));
                    work.fill(token.start as usize, token.end as usize, b' ');
                } else {
                    open.pop();
                }
            }
            _ => {}
        }
    }
}

fn add_missing(work: &mut Work, tokens: &[Token], mut missing: usize, diagnostics: &mut Vec<Diagnostic>) {
    let mut open: Vec<OpenBrace> = Vec::new();
    for token in tokens {
        if missing > 0 && token.first_on_line {
            let at = indentation(work, token);
            let mut room = token.start as usize;
            while missing > 0
                && room > 0
                && work.slice(room - 1, room).trim().is_empty()
                && let Some(unclosed) = open.pop_if(|o| ends_before(o, token, at))
            {
                missing -= 1;
                room -= 1;
                report(work, &unclosed.token, room, diagnostics);
                work.fill(room, room + 1, b'}');
                work.guesses.push(work.base + scan::offset(room));
            }
        }
        match token.kind {
            TokenKind::Open('{') => open.push(OpenBrace { token: *token, indentation: indentation(work, token) }),
            TokenKind::Close('}') => {
                open.pop();
            }
            _ => {}
        }
    }
    // What is still open ends with the chunk: one message for all of it.
    if let Some(last) = open.last() {
        let end = work.slice(0, work.length).trim_end().len();
        report(work, &last.token, end, diagnostics);
        let start = work.length;
        work.fill(start, start + open.len(), b'}');
        work.guesses.extend((start..start + open.len()).map(|at| work.base + scan::offset(at)));
    }
}

/// Whether a line that begins with `token` cannot stand within an open brace any more.
fn ends_before(open: &OpenBrace, token: &Token, indentation: usize) -> bool {
    let closes = matches!(token.kind, TokenKind::Close(_));
    if closes {
        indentation < open.indentation
    } else {
        indentation <= open.indentation && token.start > open.token.start
    }
}

fn report(work: &Work, open: &Token, end: usize, diagnostics: &mut Vec<Diagnostic>) {
    let opened = work.span(open.start as usize, open.end as usize);
    let end = work.slice(0, end).trim_end().len();
    diagnostics.push(errors::unclosed_brace(opened, work.span(end, end)));
}
