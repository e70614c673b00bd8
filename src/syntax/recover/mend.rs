//! Finds the parts of a chunk that do not parse, tells what is wrong with each, and fills it with holes.

mod holes;

use pest::Parser;

use super::brackets::partners;
use super::kinds::{Kind, body_kind};
use super::repair::HOLE;
use super::{Work, explain, habits, verbs};
use crate::base::distance::did_you_mean;
use crate::diag::Diagnostic;
use crate::syntax::chunks::DECLARATIONS;
use crate::syntax::errors;
use crate::syntax::grammar::{ProcParser, Rule};
use crate::syntax::scan::{self, Token, TokenKind};

/// So many mistakes of one part are mended one by one, those of its bodies not counted; what is left is a hole.
const MENDED_MAX: usize = 20;

/// Mends one chunk.
pub(super) struct Mender<'a> {
    work: &'a mut Work,
    /// The tokens of the chunk before any hole.
    tokens: Vec<Token>,
    partner: Vec<Option<usize>>,
    /// The text before any hole.
    original: String,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Mender<'a> {
    pub(super) fn new(work: &'a mut Work, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        let original = work.text().to_owned();
        let tokens = scan::scan(&original);
        let partner = partners(&original, &tokens);
        Self { work, tokens, partner, original, diagnostics }
    }

    /// Mends the chunk until it parses.
    pub(super) fn mend(&mut self) {
        self.list(Kind::Item, 0, self.tokens.len());
    }

    /// The parts of a body, as tokens `from..to`.
    fn list(&mut self, kind: Kind, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            let prefix = self.prefix(kind, at, to).filter(|end| *end > at);
            let end = match prefix {
                Some(end) => self.part_end(kind, at, end, to),
                None => Err(self.boundary_after(kind, at, at, to)),
            };
            at = match end {
                Ok(end) => end,
                Err(end) => {
                    self.part(kind, at, end);
                    end.max(at + 1)
                }
            };
        }
    }

    /// Where a part ends of which the tokens up to `end` parse; an error if it is bad all the same.
    fn part_end(&self, kind: Kind, from: usize, end: usize, to: usize) -> Result<usize, usize> {
        if let Some(swallowed) = self.swallowed(kind, from, end, to) {
            return Err(swallowed);
        }
        let rest = self.tokens.get(end).filter(|next| end < to && !next.first_on_line);
        let begins_another = kind == Kind::Stmt && verbs::ends_before(self.word(end)) && !self.is_named(end);
        let is_foreign = kind == Kind::Stmt && matches!(self.word(end.saturating_sub(1)), "await" | "new" | "call");
        if rest.is_some() && is_foreign && self.tokens.get(end).is_some_and(|next| next.kind == TokenKind::Name) {
            return Err(self.boundary_after(kind, from, end, to));
        }
        if rest.is_some() && !begins_another && self.prefix(kind, end, to).is_none() {
            return Err(self.boundary_after(kind, from, end.saturating_sub(1).max(from), to).max(end));
        }
        Ok(end)
    }

    /// Whether a token is a name that something is done with, and no verb.
    fn is_named(&self, token: usize) -> bool {
        matches!(self.word(token + 1), "." | ":" | "=" | "+=" | "-=" | "*=" | "++=" | "," | ")")
    }

    fn start_of(&self, token: usize) -> usize {
        self.tokens.get(token).map_or(self.original.len(), |token| token.start as usize)
    }

    fn end_of(&self, token: usize) -> usize {
        self.tokens.get(token).map_or(self.original.len(), |token| token.end as usize)
    }

    fn word(&self, token: usize) -> &str {
        self.tokens.get(token).map_or("", |token| token.text(&self.original))
    }

    /// Parses one part at the token `at`; gives the token behind it.
    fn prefix(&self, kind: Kind, at: usize, to: usize) -> Option<usize> {
        let start = self.start_of(at);
        let text = self.work.slice(start, self.limit(to));
        let parsed = ProcParser::parse(kind.rule(), text).ok()?.next()?;
        let end = start + parsed.as_str().trim_end().len();
        Some(self.tokens.partition_point(|token| (token.end as usize) <= end))
    }

    /// Where the text of a body ends that goes up to the token `to`.
    fn limit(&self, to: usize) -> usize {
        if to < self.tokens.len() { self.start_of(to) } else { self.work.text().len() }
    }

    fn parses(&self, rule: Rule, from: usize, to: usize) -> bool {
        let text = self.work.slice(self.start_of(from), self.end_of(to.saturating_sub(1)));
        let parsed = ProcParser::parse(rule, text).ok().and_then(|mut pairs| pairs.next());
        parsed.is_some_and(|pair| pair.as_str().trim_end().len() == text.trim_end().len())
    }

    /// `let x =` before a line that begins with a contextual verb takes the verb for a name, and `a: int =` the name
    /// of the next field. Such a word is given back.
    fn swallowed(&self, kind: Kind, from: usize, end: usize, to: usize) -> Option<usize> {
        let last = end.checked_sub(1).filter(|last| *last > from)?;
        let is_word = |token: &&Token| matches!(token.kind, TokenKind::Word | TokenKind::Name);
        let word = self.tokens.get(last).filter(|token| token.first_on_line).filter(is_word)?;
        let next = self.tokens.get(end).filter(|next| end < to && !next.first_on_line)?;
        let sign = next.text(&self.original);
        let swallowed = match kind {
            Kind::Stmt => {
                let after_value = matches!(next.kind, TokenKind::Word | TokenKind::Name);
                (after_value || verbs::is_contextual(word.text(&self.original)))
                    && !matches!(next.kind, TokenKind::Symbol | TokenKind::Close(_))
            }
            Kind::EntityPart if matches!(word.text(&self.original), "states" | "unique" | "shown") => true,
            Kind::Field | Kind::Param | Kind::EntityPart | Kind::StatePart => matches!(sign, ":" | "as"),
            _ => false,
        };
        swallowed.then_some(last)
    }

    /// The token after `last` at which the bad part that begins at `from` ends.
    fn boundary_after(&self, kind: Kind, from: usize, last: usize, to: usize) -> usize {
        let line = self.tokens.get(from).filter(|token| token.first_on_line).map(|_| self.column(from));
        let mut at = self.after(last, to);
        while at < to {
            let goes_on = match self.word(from) {
                "update" => self.word(at) == "set" && at == from + 2,
                "given" => matches!(self.word(at), "let" | "var") && at == from + 1,
                "if" | "while" if at == from + 1 => matches!(self.word(at), "let" | "var"),
                "while" => self.word(at) == "do" && self.is_on_line(from, at) && !self.has_brace(from, at),
                _ => false,
            };
            if !goes_on && kind.may_begin(&self.original, &self.tokens, at, line, self.column(at)) {
                return at;
            }
            at = self.after(at, to);
        }
        to
    }

    /// Whether a token stands on the line that begins with another.
    fn is_on_line(&self, first: usize, at: usize) -> bool {
        !self.tokens.get(first + 1..=at).unwrap_or(&[]).iter().any(|token| token.first_on_line)
    }

    fn has_brace(&self, from: usize, to: usize) -> bool {
        (from..to).any(|at| self.word(at) == "{")
    }

    /// The token after `at`, or after what `at` opens.
    fn after(&self, at: usize, to: usize) -> usize {
        let closing = self.partner.get(at).copied().flatten().filter(|closing| *closing < to);
        closing.unwrap_or(at) + 1
    }

    /// Columns before a token that begins its line.
    fn column(&self, token: usize) -> usize {
        let start = self.start_of(token);
        let before = self.original.get(..start).unwrap_or("");
        start - before.rfind('\n').map_or(0, |n| n + 1)
    }

    /// A part that does not parse: first what it holds, then the part itself.
    fn part(&mut self, kind: Kind, from: usize, to: usize) {
        let mut reached = None;
        // LIMIT: MENDED_MAX
        for _ in 0..MENDED_MAX {
            let Some(failed) = self.mend_first(kind, from, to) else { return };
            // Each time the part is read further than before.
            if reached.is_some_and(|reached| failed <= reached) {
                break;
            }
            reached = Some(failed);
        }
        self.work.fill(self.start_of(from), self.end_of(to - 1), HOLE);
    }

    /// Mends the first mistake of a part, and those in its bodies: where it stood, if the part has to be looked at again.
    fn mend_first(&mut self, kind: Kind, from: usize, to: usize) -> Option<usize> {
        let known = self.diagnostics.len();
        if kind == Kind::Item && self.is_prefix(from) && from + 1 < to {
            let (start, end) = (self.start_of(from), self.end_of(from));
            self.tell(kind, from, from, to, &explain::failure(kind, self.work, start, end, &self.tokens));
            self.work.fill(start, end, b' ');
            self.list(kind, from + 1, to);
            return None;
        }
        if self.is_foreign_arm(kind, from) {
            self.work.fill(self.start_of(from), self.end_of(to - 1), HOLE);
            return None;
        }
        if self.is_foreign(kind, from) {
            self.tell(
                kind,
                from,
                from,
                to,
                &explain::failure(kind, self.work, self.start_of(from), self.end_of(from), &self.tokens),
            );
            self.work.fill(self.start_of(from), self.end_of(to - 1), HOLE);
            return None;
        }
        let bad_inside = self.prefix(kind, from, to).is_none();
        self.bodies(kind, from, to);
        if self.parses(kind.rule(), from, to) {
            return None;
        }
        // Only its bodies were at fault; what follows is for itself.
        if bad_inside && let Some(end) = self.prefix(kind, from, to).filter(|end| *end > from) {
            self.list(kind, end, to);
            return None;
        }
        let failure = explain::failure(kind, self.work, self.start_of(from), self.end_of(to - 1), &self.tokens);
        let behind = self.tokens.partition_point(|token| (token.end as usize) <= failure.at).clamp(from, to);
        // Only more letters would have helped: the word itself is wrong.
        let in_word = failure.expected.is_empty() && behind > from && self.end_of(behind - 1) == failure.at;
        let at = if in_word { behind - 1 } else { behind };
        let told = self.work.slice(failure.at, failure.at + 1).as_bytes() == [HOLE]
            || (at > from && self.work.slice(self.start_of(at - 1), self.end_of(at - 1)).as_bytes().contains(&HOLE));
        let stray = at.checked_sub(1).is_some_and(|before| self.work.is_stray(self.end_of(before), self.start_of(at)));
        if !stray && (!told || self.diagnostics.len() == known) {
            self.tell(kind, from, at, to, &failure);
        }
        let is_mended = self.write_instead(kind, from, to, known)
            || self.drop_base(kind, from, to, at)
            || self.drop_comma(kind, from, to, at);
        if is_mended {
            return Some(failure.at);
        }
        let closed = self.add_bracket(kind, from, to, at, failure.at);
        if closed && at >= to {
            return None;
        }
        let leads_on = closed || self.add_colon(kind, from, to, at, &failure) || self.punch(kind, from, to, at);
        leads_on.then_some(failure.at)
    }

    /// `title text(20)`: the colon that is missing between a name and a type or value is put into the gap, so that what
    /// is declared stays known. Says whether the part goes on behind it.
    fn add_colon(&mut self, kind: Kind, from: usize, to: usize, at: usize, failure: &explain::Failure) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.tokens.get(before)).copied();
        let Some((name, next)) = before.zip(self.tokens.get(at).copied()) else {
            return false;
        };
        let is_type = matches!(next.kind, TokenKind::Name)
            || explain::is_type_word(self.word(at))
            || matches!(self.word(at), "list" | "set" | "many" | "handle");
        let fits = match kind {
            Kind::Item | Kind::Param | Kind::EntityPart => is_type && !explain::is_type_word(self.word(at - 1)),
            Kind::Field => matches!(next.kind, TokenKind::Text | TokenKind::Number | TokenKind::Moment),
            _ => false,
        };
        // `many Line lines` has its name behind the type.
        let fits = fits && !(self.word(at - 1) == "many" && next.kind == TokenKind::Name);
        let gap = name.end as usize;
        let is_gap = name.kind == TokenKind::Word && !next.first_on_line && gap < next.start as usize;
        if at <= from || at >= to || !fits || !is_gap || !failure.expects(":") {
            return false;
        }
        self.work.fill(gap, gap + 1, b':');
        let (start, end) = (self.start_of(from), self.end_of(to - 1));
        let goes_on = self.parses(kind.rule(), from, to)
            || explain::failure(kind, self.work, start, end, &self.tokens).at > next.end as usize;
        if !goes_on {
            self.work.fill(gap, gap + 1, b' ');
        }
        goes_on
    }

    /// `f(a: int for …`: the bracket that is missing is put into the gap. Says whether the part goes on behind it.
    fn add_bracket(&mut self, kind: Kind, from: usize, to: usize, at: usize, failed: usize) -> bool {
        let Some((_, bracket)) = explain::open_bracket(&self.place(kind, from, at, to)) else { return false };
        let gap = self.end_of(at.saturating_sub(1));
        if at <= from || !self.work.slice(gap, gap + 1).trim().is_empty() {
            return false;
        }
        let before = self.work.copy(gap, gap + 1);
        self.work.fill(gap, gap + 1, if bracket == '(' { b')' } else { b']' });
        let (start, end) = (self.start_of(from), self.end_of(to - 1).max(gap + 1));
        let goes_on = ProcParser::parse(kind.whole(), self.work.slice(start, end)).is_ok()
            || (at < to && explain::failure(kind, self.work, start, end, &self.tokens).at > failed.max(gap + 1));
        if goes_on {
            self.work.guesses.push(self.work.base + scan::offset(gap));
        } else {
            self.work.restore(gap, &before);
        }
        goes_on
    }

    /// Says what is wrong with a part.
    fn tell(&mut self, kind: Kind, from: usize, at: usize, to: usize, failure: &explain::Failure) {
        let message = explain::explain(&self.place(kind, from, at, to), failure);
        self.diagnostics.push(message);
    }

    fn place(&self, kind: Kind, from: usize, at: usize, to: usize) -> explain::Place<'_> {
        explain::Place {
            file: self.work.file,
            base: self.work.base,
            written: &self.work.written,
            source: &self.original,
            tokens: &self.tokens,
            partner: &self.partner,
            kind,
            from,
            at,
            to,
        }
    }

    /// `entity Line extends Deal {`: what stands between the name and the body is taken out.
    fn drop_base(&mut self, kind: Kind, from: usize, to: usize, at: usize) -> bool {
        let is_base = matches!(self.word(at), "extends" | "inherits" | ":") && at == from + 2;
        let Some(open) = (at + 1..to).take(4).find(|open| self.word(*open) == "{") else { return false };
        let is_entity = kind == Kind::Item && self.word(from) == "entity";
        if is_base && is_entity {
            self.work.fill(self.start_of(at), self.end_of(open - 1), b' ');
        }
        is_base && is_entity
    }

    /// `open -> won, won -> open`: the comma is taken out.
    fn drop_comma(&mut self, kind: Kind, from: usize, to: usize, at: usize) -> bool {
        let place = self.place(kind, from, at, to);
        let Some(comma) = habits::comma_between_arrows(&place).filter(|_| kind == Kind::StatePart) else {
            return false;
        };
        let (start, end) = (self.start_of(comma), self.end_of(comma));
        if self.work.slice(start, end) != "," {
            return false;
        }
        self.work.fill(start, end, b' ');
        true
    }

    /// Whether an arm before this one has a word of another language, which is told once.
    fn is_foreign_arm(&self, kind: Kind, from: usize) -> bool {
        let is_arm = matches!(kind, Kind::Arm | Kind::ValueArm);
        if !is_arm || !matches!(self.word(from), "case" | "when" | "default") {
            return false;
        }
        let open =
            (0..from).rev().find(|at| self.partner.get(*at).copied().flatten().is_some_and(|close| close > from));
        let mut at = open.map_or(from, |open| open + 1);
        while at < from {
            if self.word(at) == "case" && !self.is_named(at) {
                return true;
            }
            at = self.after(at, from);
        }
        false
    }

    /// `public entity Deal {`: whether the word is only too much before a declaration.
    fn is_prefix(&self, from: usize) -> bool {
        let (word, next) = (self.word(from), self.word(from + 1));
        let is_named = self.tokens.get(from + 2).is_some_and(|name| name.kind == TokenKind::Name);
        let is_item = is_named && DECLARATIONS.contains(&next) && !DECLARATIONS.contains(&word);
        is_item && did_you_mean(word, DECLARATIONS).is_empty()
    }

    /// Whether a part is of another language as a whole, so that nothing in its body can be judged.
    fn is_foreign(&self, kind: Kind, from: usize) -> bool {
        let word = self.word(from);
        match kind {
            Kind::Stmt => {
                matches!(word, "switch" | "case") && self.prefix(kind, from, from + 1).is_none() && !self.is_named(from)
            }
            Kind::Item => {
                !DECLARATIONS.contains(&word)
                    && errors::habits::declaration(word).is_some()
                    && matches!(self.word(from + 1), next if !next.is_empty() && !DECLARATIONS.contains(&next))
            }
            _ => false,
        }
    }

    /// Mends the bodies in braces that a part holds.
    fn bodies(&mut self, kind: Kind, from: usize, to: usize) {
        let mut opens = Vec::new();
        let mut at = from;
        while at < to {
            if self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Open('{'))
                && let Some(closing) = self.partner.get(at).copied().flatten().filter(|closing| *closing < to)
            {
                opens.push((at, closing));
            }
            at = self.after(at, to);
        }
        let mut head: Vec<Token> = Vec::new();
        let mut next = from;
        for (index, (open, close)) in opens.iter().copied().enumerate() {
            head.extend(self.tokens.get(next..open).unwrap_or(&[]));
            next = close + 1;
            let inside = self.tokens.get(open + 1..close).unwrap_or(&[]);
            let inner = body_kind(kind, &self.original, &head, inside, index + 1 == opens.len());
            if let Some(inner) = inner {
                self.list(inner, open + 1, close);
            }
        }
    }
}
