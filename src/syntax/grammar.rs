//! The parser that pest makes from `grammar/proc.pest`. Nothing outside `syntax` sees it.

use pest_derive::Parser;

/// The generated parser; [`Rule`] names the rules of the grammar.
#[derive(Parser)]
#[grammar = "../grammar/proc.pest"]
pub(crate) struct ProcParser;
