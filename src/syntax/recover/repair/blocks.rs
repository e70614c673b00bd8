//! `if … then … else … end` and `while … do … done`: blocks without braces.
//!
//! Such a statement is told once, and its words are taken as braces, so that what stands within is read as it is meant.

use super::Repair;
use crate::syntax::chunks::DECLARATIONS;
use crate::syntax::errors::habits;
use crate::syntax::recover::verbs;
use crate::syntax::scan::{self, Token, TokenKind};

/// Words that end such a block.
const ENDS: [&str; 5] = ["done", "end", "endif", "endwhile", "fi"];

/// A block that is open: its words, by token.
struct Open {
    /// `if`, `while`.
    head: usize,
    /// `then`, `do`; of the first branch and of those behind `else if`.
    begins: Vec<usize>,
    /// `else`, with whether a condition follows.
    others: Vec<(usize, bool)>,
}

impl Repair<'_> {
    /// Finds the blocks of a file, innermost first, and puts braces in the place of their words.
    pub(super) fn worded_blocks(&mut self, tokens: &[Token]) {
        let mut open: Vec<Open> = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            let word = token.text(self.source);
            if token.first_column && DECLARATIONS.contains(&word) {
                open.clear();
            }
            match word {
                "if" | "while" if self.begins_statement(tokens, at) => {
                    open.push(Open { head: at, begins: Vec::new(), others: Vec::new() });
                }
                "then" | "do" => {
                    if let Some(block) = open.last_mut().filter(|block| block.begins.len() == block.conditions()) {
                        let fits = (tokens.get(block.head).map(|head| head.text(self.source)) == Some("if"))
                            == (word == "then");
                        if fits && self.begins_block(tokens, at) {
                            block.begins.push(at);
                        }
                    }
                }
                "else" | "elif" | "elsif" | "elseif" => {
                    let is_if = word != "else" || self.word(tokens, at + 1) == "if";
                    let goes_on = is_if || self.begins_block(tokens, at);
                    if let Some(block) = open.last_mut().filter(|block| goes_on && !block.begins.is_empty()) {
                        block.others.push((at, is_if));
                    }
                }
                "{" => {
                    // A block in braces is no block of these words.
                    if let Some(block) = open.last_mut().filter(|block| block.begins.len() == block.conditions())
                        && block.others.pop().is_none()
                    {
                        open.pop();
                    }
                }
                _ if ENDS.contains(&word) && self.begins_block(tokens, at) => {
                    if let Some(block) = open.pop_if(|block| !block.begins.is_empty()) {
                        self.in_braces(tokens, &block, at);
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether there is nothing but spaces around a word where its text goes.
    fn has_room(&self, (token, start, text): &Put<'_>) -> bool {
        let end = start.saturating_add(scan::offset(text.len())).max(token.end);
        let bytes = |from: u32, to: u32| self.bytes.get(from as usize..to as usize);
        let around = [bytes((*start).min(token.start), token.start), bytes(token.end, end)];
        around.iter().all(|part| part.is_some_and(|part| part.iter().all(u8::is_ascii_whitespace)))
    }

    fn word(&self, tokens: &[Token], at: usize) -> &str {
        tokens.get(at).map_or("", |token| token.text(self.source))
    }

    fn begins_statement(&self, tokens: &[Token], at: usize) -> bool {
        let before = at.checked_sub(1).map_or("", |before| self.word(tokens, before));
        let is_first = tokens.get(at).is_some_and(|token| token.first_on_line);
        before != "else" && (is_first || matches!(before, "{" | "}" | "then" | "do"))
    }

    /// Whether a statement, a line or the end follows.
    fn begins_block(&self, tokens: &[Token], at: usize) -> bool {
        tokens.get(at + 1).is_none_or(|next| {
            let word = next.text(self.source);
            let is_word = next.kind == TokenKind::Word;
            next.first_on_line || word == "}" || (is_word && (verbs::is_verb(word) || ENDS.contains(&word)))
        })
    }

    /// Tells the block, and puts braces in the place of its words if there is room for all of them.
    fn in_braces(&mut self, tokens: &[Token], block: &Open, end: usize) {
        let (Some(head), Some(last)) = (tokens.get(block.head), tokens.get(end)) else { return };
        let mut puts: Vec<Put> = vec![(last, last.start, "}")];
        // `end if`.
        if let Some(next) = tokens.get(end + 1).filter(|next| !next.first_on_line)
            && matches!(next.text(self.source), "if" | "while")
        {
            puts.push((next, next.start, ""));
        }
        puts.extend(block.begins.iter().filter_map(|at| tokens.get(*at)).map(|token| (token, token.start, "{")));
        for (at, has_condition) in &block.others {
            let Some(token) = tokens.get(*at) else { return };
            let text = match (has_condition, token.text(self.source)) {
                (true, "else") => "}else",
                (true, _) => "}else if",
                // The brace takes the place of the space behind the word.
                (false, _) => "}else{",
            };
            let end = token.end + u32::from(!has_condition);
            let Some(start) = end.checked_sub(scan::offset(text.len())) else { return };
            puts.push((token, start, text));
        }
        if block.begins.is_empty() || !puts.iter().all(|put| self.has_room(put)) {
            return;
        }
        let first = block.begins.first().and_then(|at| tokens.get(*at)).unwrap_or(head);
        self.diagnostics.push(habits::no_braces(
            head.text(self.source),
            first.text(self.source),
            first.span(self.file),
            last.span(self.file),
        ));
        for (token, start, text) in puts {
            self.blank(token.start, token.end);
            (start..).zip(text.bytes()).for_each(|(at, byte)| self.put(at, byte));
        }
    }
}

/// A word, where the text begins that takes its place, and the text.
type Put<'t> = (&'t Token, u32, &'static str);

impl Open {
    /// How many conditions were seen, each of which a block follows.
    fn conditions(&self) -> usize {
        self.others.iter().filter(|(_, has_condition)| *has_condition).count()
    }
}
