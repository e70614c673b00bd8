//! `// allow W0501: reason`: lints that an author has switched off at a place.
//!
//! The comment covers its own line and the next one; right above a declaration it covers the whole declaration.

use super::errors::names as errors;
use crate::base::span::{FileId, Span};
use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::File;

/// One comment that allows a lint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// The code.
    pub code: String,
    /// Whether a reason follows.
    pub has_reason: bool,
    /// The comment.
    pub span: Span,
    /// Where the lint is switched off.
    pub covers: Span,
}

impl Allow {
    /// Whether it is about a lint; nothing else can be switched off.
    fn is_of_lint(&self) -> bool {
        self.code.starts_with('W')
    }
}

/// The comments of a file that allow lints.
#[must_use]
pub fn read(file: FileId, text: &str, comments: impl IntoIterator<Item = Span>, tree: &File) -> Vec<Allow> {
    let mut allows = Vec::new();
    for span in comments {
        let comment = text.get(span.start as usize..span.end as usize).unwrap_or("");
        let words = comment.trim_start_matches('/').trim();
        let Some(rest) = words.strip_prefix("allow ").map(str::trim) else { continue };
        let (listed, reason) = rest.split_once(':').unwrap_or((rest, ""));
        let listed: Vec<&str> = listed.split(',').map(str::trim).collect();
        if !listed.iter().all(|code| is_code(code)) {
            continue;
        }
        let covers = covered(file, text, span, tree);
        let has_reason = !reason.trim().is_empty();
        let allow = |code: &&str| Allow { code: (*code).to_owned(), has_reason, span, covers };
        allows.extend(listed.iter().map(allow));
    }
    allows
}

fn is_code(word: &str) -> bool {
    let mut chars = word.chars();
    matches!(chars.next(), Some('W' | 'E' | 'R')) && chars.clone().count() == 4 && chars.all(|c| c.is_ascii_digit())
}

fn covered(file: FileId, text: &str, comment: Span, tree: &File) -> Span {
    let below = tree.items.iter().find(|item| item.span.start >= comment.end);
    let is_above = |item: &&crate::syntax::ast::Item| {
        let between = text.get(comment.end as usize..item.span.start as usize).unwrap_or("");
        between.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with("//"))
            && !between.trim_end_matches([' ', '\t']).ends_with("\n\n")
    };
    if let Some(item) = below.filter(is_above) {
        return comment.to(item.span);
    }
    let start = text.get(..comment.start as usize).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let rest = text.get(comment.end as usize..).unwrap_or("");
    let length: usize = rest.split_inclusive('\n').take(2).map(str::len).sum();
    let end = comment.end as usize + length;
    Span::new(file, u32::try_from(start).unwrap_or(0), u32::try_from(end).unwrap_or(u32::MAX))
}

/// Drops the lints that are switched off, and reports comments that switch nothing off.
#[must_use]
pub fn apply(diagnostics: Vec<Diagnostic>, allows: &[Allow]) -> Vec<Diagnostic> {
    let mut used = vec![false; allows.len()];
    let mut kept = Vec::with_capacity(diagnostics.len());
    for diagnostic in diagnostics {
        let place = allows.iter().position(|allow| {
            allow.has_reason
                && allow.is_of_lint()
                && diagnostic.code.0 == allow.code
                && allow.covers.contains(diagnostic.primary.span)
        });
        match place {
            Some(index) => used.iter_mut().skip(index).take(1).for_each(|used| *used = true),
            None => kept.push(diagnostic),
        }
    }
    for (allow, used) in allows.iter().zip(used) {
        if !allow.is_of_lint() {
            kept.push(errors::allow_of_error(&allow.code, allow.span));
        } else if !allow.has_reason {
            kept.push(errors::allow_without_reason(&allow.code, allow.span));
        } else if codes::lookup(&allow.code).is_none() {
            kept.push(errors::allow_unknown(&allow.code, allow.span));
        } else if !used {
            kept.push(errors::allow_without_effect(&allow.code, allow.span));
        }
    }
    kept.sort_by_key(|diagnostic| (diagnostic.primary.span, diagnostic.code));
    kept
}
