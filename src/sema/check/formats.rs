//! Patterns in the slots of texts: `{day:"dd.MM.yyyy"}`, `{share:"0.0%"}`.
//!
//! The machine shows whatever it is given; that a pattern says something about its value is seen here.

use super::checker::Checker;
use crate::{
    base::span::Span,
    sema::{errors::types, ty::Ty},
};

/// The letters of a date and how often each may stand in a row.
const DATE: [(char, &[usize]); 4] = [('y', &[2, 4]), ('M', &[1, 2, 3, 4]), ('d', &[1, 2]), ('E', &[3, 4])];
/// The letters of a time of day.
const TIME: [(char, &[usize]); 4] = [('H', &[1, 2]), ('m', &[1, 2]), ('s', &[1, 2]), ('S', &[3])];

impl Checker<'_> {
    /// A message where the pattern does not say how to show a value of the type.
    pub(super) fn check_format(&mut self, ty: &Ty, pattern: &str, span: Span) {
        let letters: Vec<(char, &[usize])> = match ty.present() {
            Ty::Error => return,
            Ty::Int | Ty::Decimal => {
                if !pattern.contains(['0', '#']) {
                    self.report(types::pattern_without_digits(pattern, span));
                }
                return;
            }
            Ty::Date => DATE.to_vec(),
            Ty::Time => TIME.to_vec(),
            Ty::DateTime => DATE.into_iter().chain(TIME).collect(),
            Ty::Float => {
                self.report(types::pattern_of_type(&self.show(ty), Some("write `decimal(…)`"), span));
                return;
            }
            Ty::Money | Ty::MoneyIn(_) => {
                self.report(types::pattern_of_type(&self.show(ty), Some("write `amount(…)` for the number"), span));
                return;
            }
            _ => {
                self.report(types::pattern_of_type(&self.show(ty), None, span));
                return;
            }
        };
        let runs = runs(pattern);
        if let Some(run) = runs.iter().find(|run| !is_part(run, &letters)) {
            let known: Vec<String> =
                letters.iter().flat_map(|(letter, all)| all.iter().map(|n| letter.to_string().repeat(*n))).collect();
            self.report(types::pattern_part(run, &self.show(ty), &known, span));
        } else if runs.is_empty() {
            self.report(types::pattern_part(pattern, &self.show(ty), &[], span));
        }
    }
}

fn is_part(run: &str, letters: &[(char, &[usize])]) -> bool {
    run.chars().next().is_some_and(|first| letters.iter().any(|(letter, n)| *letter == first && n.contains(&run.len())))
}

/// The runs of one letter each, but for what stands in quotes.
fn runs(pattern: &str) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    let mut is_quoted = false;
    let mut before = None;
    for letter in pattern.chars() {
        is_quoted ^= letter == '\'';
        if is_quoted || !letter.is_ascii_alphabetic() {
            before = None;
            continue;
        }
        match runs.last_mut() {
            Some(run) if before == Some(letter) => run.push(letter),
            _ => runs.push(letter.to_string()),
        }
        before = Some(letter);
    }
    runs
}
