//! What is put into the place of a mistake, so that what stands around it is read: what the message says to write, else
//! as small a hole as possible.

use pest::Parser;
use pest::error::InputLocation;

use super::Mender;
use crate::diag::Edit;
use crate::syntax::grammar::ProcParser;
use crate::syntax::recover::habits;
use crate::syntax::recover::kinds::Kind;
use crate::syntax::recover::repair::HOLE;
use crate::syntax::scan::TokenKind;

/// How many places to try for the smallest hole that mends a part.
const TRIES_MAX: usize = 12;

/// A part of at most this many bytes is searched for a small hole; a longer one becomes a hole as a whole.
const SEARCHED_MAX: usize = 20_000;

/// A piece of a part, as tokens; nothing but the place before `first` if both are equal.
#[derive(Clone, Copy)]
struct Piece {
    first: usize,
    last: usize,
}

/// How far a part is read with a hole in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// It parses.
    End,
    /// What is wrong then stands on another line.
    LaterLine,
    Nowhere,
}

impl Mender<'_> {
    /// Writes what the last message says to write, if there was one since `known`, there is room, and the part is read
    /// further then.
    pub(super) fn write_instead(&mut self, kind: Kind, from: usize, to: usize, known: usize) -> bool {
        let message = self.diagnostics.last().filter(|_| self.diagnostics.len() > known);
        let Some([edit]) = message.and_then(|message| message.fix.as_ref()).map(|fix| fix.edits.as_slice()) else {
            return false;
        };
        let edit = edit.clone();
        let Some((start, end)) = self.room_for(&edit) else { return false };
        let before = self.work.copy(start, end);
        let text = edit.text.trim();
        self.work.fill(start, end, b' ');
        self.work.restore(start, text.as_bytes());
        let behind = start + text.len();
        let first = self.tokens.get(from).is_some_and(|token| token.start == edit.span.start - self.work.base);
        let is_better = match self.read_to(kind, from, to) {
            None => true,
            Some(failed) => {
                !first
                    && failed > behind
                    && self.tokens.iter().any(|token| (behind..failed).contains(&(token.start as usize)))
            }
        };
        if !is_better {
            self.work.restore(start, &before);
        }
        is_better
    }

    /// Where the text of an edit fits, with the space around what it replaces.
    fn room_for(&self, edit: &Edit) -> Option<(usize, usize)> {
        let place = |at: u32| at.checked_sub(self.work.base).map(|at| at as usize);
        let (mut start, mut end) = (place(edit.span.start)?, place(edit.span.end)?);
        let text = edit.text.trim();
        if end > self.work.length {
            return None;
        }
        let is_space = |at: usize| self.work.slice(at, at + 1).chars().all(char::is_whitespace);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_word = text.starts_with(is_name) || text.ends_with(is_name);
        while end - start < text.len() && end < self.work.length && is_space(end) && (!is_word || is_space(end + 1)) {
            end += 1;
        }
        while end - start < text.len() && start > 1 && is_space(start - 1) && (!is_word || is_space(start - 2)) {
            start -= 1;
        }
        (end > start && end - start >= text.len()).then_some((start, end))
    }

    /// The place where a part cannot be read on; none if it can be as a whole.
    fn read_to(&self, kind: Kind, from: usize, to: usize) -> Option<usize> {
        let start = self.start_of(from);
        let text = self.work.slice(start, self.end_of(to.saturating_sub(1)));
        let error = ProcParser::parse(kind.whole(), text).err()?;
        let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
        Some(start + at)
    }

    /// Fills the smallest piece around the failing token with holes that makes the part parse, or lets it be read up to
    /// another line: says whether it has to be looked at again.
    pub(super) fn punch(&mut self, kind: Kind, from: usize, to: usize, at: usize) -> bool {
        let (start, end) = (self.start_of(from), self.end_of(to - 1));
        if let Some((first, last)) = habits::region(&self.place(kind, from, at, to)).filter(|(_, last)| *last <= to) {
            let before = self.work.copy(self.start_of(first), self.end_of(last - 1));
            self.fill(Piece { first, last }, HOLE);
            match self.read_to(kind, from, to) {
                None => return false,
                Some(failed) if self.is_later_line(last, failed) => return true,
                Some(_) => self.work.restore(self.start_of(first), &before),
            }
        }
        if end - start > SEARCHED_MAX {
            self.work.fill(start, end, HOLE);
            return false;
        }
        let pieces = self.pieces(kind, from, to, at);
        if let Some(leads_on) = self.drop_token(kind, from, to, at) {
            return leads_on;
        }
        let mut leading: Option<Piece> = None;
        let (on_line, longer): (Vec<Piece>, Vec<Piece>) =
            pieces.into_iter().partition(|piece| self.is_on_line(piece.first, piece.last.max(piece.first + 1) - 1));
        for piece in on_line {
            match self.reach(kind, from, to, piece) {
                Reach::End => return false,
                Reach::LaterLine => leading = leading.or(Some(piece)),
                Reach::Nowhere => {}
            }
        }
        if let Some(piece) = leading {
            self.fill(piece, HOLE);
            return true;
        }
        if !longer.into_iter().any(|piece| self.reach(kind, from, to, piece) == Reach::End) {
            self.work.fill(start, end, HOLE);
        }
        false
    }

    /// The pieces that may be holes, the likeliest first.
    fn pieces(&self, kind: Kind, from: usize, to: usize, at: usize) -> Vec<Piece> {
        let mut ends = self.hole_ends(from, to, at);
        // The head of a statement with a block is one thing: what stands before the block is not half of it.
        if kind == Kind::Stmt && matches!(self.word(from), "for" | "if" | "while" | "match") {
            ends.sort_by_key(|end| self.word(*end) != "{");
        }
        let starts = (from + 1..=at).rev().take(TRIES_MAX);
        starts.flat_map(|first| ends.iter().map(move |last| Piece { first, last: *last })).collect()
    }

    /// The bytes of a piece; none if there is no room.
    fn bytes(&self, piece: Piece) -> Option<(usize, usize)> {
        if piece.first < piece.last {
            return Some((self.start_of(piece.first), self.end_of(piece.last - 1)));
        }
        let gap = self.end_of(piece.first.checked_sub(1)?);
        let is_free = piece.first == piece.last && self.work.slice(gap, gap + 1).trim().is_empty();
        is_free.then_some((gap, gap + 1))
    }

    fn fill(&mut self, piece: Piece, with: u8) {
        if let Some((start, end)) = self.bytes(piece) {
            self.work.fill(start, end, with);
        }
    }

    /// How far the part is read with a hole in the place of a piece; the hole stays if that is to its end.
    fn reach(&mut self, kind: Kind, from: usize, to: usize, piece: Piece) -> Reach {
        let Some((start, end)) = self.bytes(piece) else { return Reach::Nowhere };
        let before = self.work.copy(start, end);
        self.work.fill(start, end, HOLE);
        let Some(failed) = self.read_to(kind, from, to) else { return Reach::End };
        self.work.restore(start, &before);
        if self.is_later_line(piece.last, failed) { Reach::LaterLine } else { Reach::Nowhere }
    }

    /// Whether the place stands on another line than the token before `last`, behind its first word.
    fn is_later_line(&self, last: usize, place: usize) -> bool {
        let line = self.tokens.iter().skip(last).find(|token| token.first_on_line);
        line.is_some_and(|line| place > line.end as usize)
    }

    /// Whether the place stands on another line than the token before `last`.
    fn is_on_later_line(&self, last: usize, place: usize) -> bool {
        let line = self.tokens.iter().skip(last).find(|token| token.first_on_line);
        line.is_some_and(|line| place >= line.start as usize)
    }

    /// Takes out a word that stands there twice, or a sign that is too much, if the part parses then, or leads on: says
    /// which.
    fn drop_token(&mut self, kind: Kind, from: usize, to: usize, at: usize) -> Option<bool> {
        let before = at.checked_sub(1).map_or("", |before| self.word(before));
        let is_sign = self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Symbol);
        if at <= from || at >= to || !(is_sign || self.word(at) == before) {
            return None;
        }
        let (start, end) = (self.start_of(at), self.end_of(at));
        let dropped = self.work.copy(start, end);
        self.work.fill(start, end, b' ');
        match self.read_to(kind, from, to) {
            None => return Some(false),
            Some(failed) if self.is_on_later_line(at + 1, failed) => return Some(true),
            Some(_) => self.work.restore(start, &dropped),
        }
        None
    }

    /// Where a hole may end: at the failing token, at the next token, before what follows at the same depth, at the end.
    fn hole_ends(&self, from: usize, to: usize, at: usize) -> Vec<usize> {
        let mut ends = vec![at];
        let mut next = at;
        while next < to {
            next = self.after(next, to);
            if ends.len() < TRIES_MAX && (ends.len() < 3 || matches!(self.word(next), "{" | "=>" | "," | ")")) {
                ends.push(next.min(to));
            }
        }
        let is_next_line = |end: &usize| self.tokens.get(*end).is_some_and(|token| token.first_on_line);
        ends.extend((at + 1..to).find(is_next_line));
        ends.push(to);
        ends.retain(|end| *end > from);
        ends.dedup();
        ends
    }
}
