//! Which braces are wrong, in a chunk that is laid out as people do: a brace that its line does not close is closed by
//! one that begins a line, as far to the right as the line that opened it, and what is between stands further right.

use super::{OpenBrace, indentation, partners, report};
use crate::diag::Diagnostic;
use crate::syntax::chunks::{CLAUSES, DECLARATIONS};
use crate::syntax::errors;
use crate::syntax::recover::Work;
use crate::syntax::scan::{self, Token, TokenKind};

/// What is wrong with a brace, by token.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// It should be closed before the line that begins with the token `before`.
    Unclosed { open: usize, indentation: usize, before: usize },
    /// It is open at the end of the chunk.
    OpenAtEnd { open: usize },
    /// It closes nothing: the block whose head ends with the token lacks its brace.
    Headless { head: usize },
    /// It closes nothing.
    Extra { close: usize, indentation: usize },
    /// It stands twice.
    Double { open: usize },
    /// Another bracket stands in its place.
    Instead { bracket: usize, brace: char },
}

/// Words that statements with a block begin with.
const HEADS: [&str; 15] = [
    "act", "atomic", "branch", "catch", "else", "finally", "for", "if", "match", "on", "saga", "stage", "states",
    "try", "while",
];

/// What is wrong with the braces; none if they are laid out in a way that says nothing.
pub(super) fn faults(work: &Work, tokens: &[Token]) -> Option<Vec<Fault>> {
    let mut faults: Vec<Fault> = Vec::new();
    let mut open: Vec<(usize, OpenBrace)> = Vec::new();
    let mut line = 0;
    for (at, token) in tokens.iter().enumerate() {
        let closes = token.kind == TokenKind::Close('}');
        if token.first_on_line {
            line = at;
            let column = indentation(work, token);
            while let Some((unclosed, brace)) =
                open.pop_if(|(_, brace)| if closes { brace.indentation > column } else { brace.indentation >= column })
            {
                faults.push(Fault::Unclosed { open: unclosed, indentation: brace.indentation, before: at });
            }
            if closes && open.pop_if(|(_, brace)| brace.indentation == column).is_none() {
                // `}else`, where the brace was put in for a word: its column says nothing.
                if tokens.get(at + 1).is_some_and(|next| next.start == token.end && next.kind == TokenKind::Word) {
                    return None;
                }
                faults.push(match headless(work, tokens, at, column) {
                    Some(head) if tokens.get(head).is_some_and(|last| last.kind == TokenKind::Open('(')) => {
                        Fault::Instead { bracket: head, brace: '{' }
                    }
                    Some(head) => Fault::Headless { head },
                    None => Fault::Extra { close: at, indentation: column },
                });
            }
        } else if closes {
            let column = tokens.get(line).map_or(0, |first| indentation(work, first));
            let is_double = at
                .checked_sub(1)
                .and_then(|before| tokens.get(before))
                .is_some_and(|before| before.kind == TokenKind::Close('}') && before.end == token.start);
            let is_here = |(opened, brace): &(usize, OpenBrace)| *opened > line || brace.indentation == column;
            if is_double && !open.last().is_some_and(is_here) {
                faults.push(Fault::Extra { close: at, indentation: usize::MAX });
                continue;
            }
            // A brace that ends a line which others began says nothing.
            let (opened, _) = open.pop()?;
            if opened < line && !tokens.get(line).is_some_and(|first| first.kind == TokenKind::Close('}')) {
                return None;
            }
        }
        if token.kind == TokenKind::Open('{') {
            let column = tokens.get(line).map_or(0, |first| indentation(work, first));
            open.push((at, OpenBrace { token: *token, indentation: column }));
        }
    }
    let last = open.last().map(|(at, _)| *at);
    cancel(&mut faults);
    faults.extend(last.map(|open| Fault::OpenAtEnd { open }));
    let partner = partners(work.text(), tokens);
    for fault in &mut faults {
        *fault = instead(work, tokens, &partner, *fault);
    }
    Some(faults)
}

/// What a fault is when other brackets are looked at: a brace that stands twice, or in the place of a parenthesis.
fn instead(work: &Work, tokens: &[Token], partner: &[Option<usize>], fault: Fault) -> Fault {
    let (Fault::Unclosed { open, .. } | Fault::OpenAtEnd { open }) = fault else { return fault };
    let touches = |one: usize, other: usize| {
        let pair = tokens.get(one).zip(tokens.get(other));
        pair.is_some_and(|(one, other)| one.end == other.start && one.kind == other.kind)
    };
    if touches(open, open + 1) {
        return Fault::Double { open: open + 1 };
    }
    if open > 0 && touches(open - 1, open) {
        return Fault::Double { open };
    }
    let rest = tokens.get(open + 1..).unwrap_or(&[]).iter().take_while(|token| !token.first_on_line);
    let mut closing = (open + 1..).zip(rest).filter(|(_, token)| token.text(work.text()) == ")");
    let is_alone = closing.any(|(at, _)| !partner.contains(&Some(at)));
    if is_alone { Fault::Instead { bracket: open, brace: '(' } } else { fault }
}

/// A block within which lines stand too far left: what seemed to lack its end has it further down.
fn cancel(faults: &mut Vec<Fault>) {
    let mut at = 0;
    while let Some(fault) = faults.get(at).copied() {
        let Fault::Extra { indentation: column, .. } = fault else {
            at += 1;
            continue;
        };
        let is_same = |fault: &Fault| matches!(fault, Fault::Unclosed { indentation, .. } if *indentation == column);
        match faults.iter().take(at).rposition(is_same) {
            Some(unclosed) => {
                faults.remove(at);
                faults.remove(unclosed);
                at -= 1;
            }
            None => at += 1,
        }
    }
}

/// The last token of the head of the block that ends with the brace `close`, if its head lacks its brace.
fn headless(work: &Work, tokens: &[Token], close: usize, column: usize) -> Option<usize> {
    let mut end = close;
    let mut has_body = false;
    for at in (0..close).rev() {
        let token = tokens.get(at)?;
        if !token.first_on_line {
            continue;
        }
        let word = token.text(work.text());
        let here = indentation(work, token);
        let is_clause = CLAUSES.contains(&word) && column == 0;
        if is_clause && here > 0 && has_body {
            // The head of a declaration goes on here.
        } else if here > column {
            has_body = true;
        } else {
            let is_head = here == column && has_body && (HEADS.contains(&word) || DECLARATIONS.contains(&word));
            let head = tokens.get(at..end)?;
            let is_bare = !head.iter().any(|token| matches!(token.kind, TokenKind::Open('{') | TokenKind::Close('}')));
            return (is_head && is_bare).then(|| end.checked_sub(1)).flatten();
        }
        if !is_clause {
            end = at;
        }
    }
    None
}

/// Puts in what is missing and takes out what is too much.
pub(super) fn mend(work: &mut Work, tokens: &[Token], faults: &[Fault], diagnostics: &mut Vec<Diagnostic>) {
    let mut put: Option<(usize, usize)> = None;
    for fault in faults {
        match *fault {
            Fault::Unclosed { open, before, .. } => {
                let (Some(open), Some(next)) = (tokens.get(open), tokens.get(before)) else { continue };
                // Several braces may be missing before one line.
                let room = put.filter(|(line, _)| *line == before).map_or(next.start as usize, |(_, room)| room);
                let Some(room) = room.checked_sub(1).filter(|at| work.slice(*at, room).trim().is_empty()) else {
                    continue;
                };
                put = Some((before, room));
                report(work, open, room, diagnostics);
                work.fill(room, room + 1, b'}');
                work.guesses.push(work.base + scan::offset(room));
            }
            Fault::OpenAtEnd { open } => {
                let Some(last) = tokens.get(open) else { continue };
                let end = work.slice(0, work.length).trim_end().len();
                report(work, last, end, diagnostics);
            }
            Fault::Headless { head } => {
                let Some(last) = tokens.get(head) else { continue };
                let end = last.end as usize;
                let (gap, before) = (work.span(end, end), last.text(work.text()).to_owned());
                diagnostics.push(errors::unopened_block(&before, gap));
                work.fill(end, end + 1, b'{');
            }
            Fault::Instead { bracket, brace } => {
                let Some(token) = tokens.get(bracket) else { continue };
                let (start, end) = (token.start as usize, token.end as usize);
                diagnostics.push(errors::other_bracket(work.slice(start, end), brace, work.span(start, end)));
                work.fill(start, end, if brace == '{' { b'{' } else { b'(' });
            }
            Fault::Extra { close, .. } | Fault::Double { open: close } => {
                let Some(extra) = tokens.get(close) else { continue };
                let (start, end) = (extra.start as usize, extra.end as usize);
                let span = work.span(start, end);
                diagnostics.push(match fault {
                    Fault::Double { .. } => errors::double_brace(span),
                    _ => errors::extra_brace(span),
                });
                work.fill(start, end, b' ');
            }
        }
    }
    close_rest(work);
}

/// What is still open ends with the chunk.
fn close_rest(work: &mut Work) {
    let mut open = 0usize;
    for token in scan::scan(work.text()) {
        match token.kind {
            TokenKind::Open('{') => open += 1,
            TokenKind::Close('}') => open = open.saturating_sub(1),
            _ => {}
        }
    }
    let start = work.length;
    work.fill(start, start + open, b'}');
    work.guesses.extend((start..start + open).map(|at| work.base + scan::offset(at)));
}
