//! Forms of the typed program: what `ask` and pages of dialogs ask people.

use super::{Expr, LocalId};
use crate::{base::value::Value, sema::ty::Ty};

/// `ask ann "…" { … } due …`.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Who: a user or a team.
    pub user: Expr,
    /// What people see in the inbox: text.
    pub title: Expr,
    /// When it should be answered: `datetime?`.
    pub due: Option<Expr>,
    /// The type of the answers: [`Ty::Named`].
    pub answers: Ty,
    /// The longest text of each answer.
    pub text_max: Vec<Option<u32>>,
    /// What is answered where nothing is given.
    pub fixed: Vec<Option<Value>>,
}

/// `page "…" { … }`.
#[derive(Clone, Debug)]
pub struct Page {
    /// What stands above it: text.
    pub title: Expr,
    /// What it shows.
    pub parts: Vec<PagePart>,
    /// The type of the answers: [`Ty::Named`].
    pub answers: Ty,
    /// Where they go.
    pub into: LocalId,
}

/// What a page shows.
#[derive(Clone, Debug)]
pub enum PagePart {
    /// `say "…"`: text.
    Say(Expr),
    /// A question.
    Ask(Box<Question>),
}

/// `ask budget: money? "…" help "…" default e from query as radio`.
#[derive(Clone, Debug)]
pub struct Question {
    /// The words: text.
    pub words: Expr,
    /// `help`: text.
    pub help: Option<Expr>,
    /// `default`: a value of the answer's type, which may be absent.
    pub default: Option<Expr>,
    /// `from`: a list of what may be answered.
    pub choices: Option<Expr>,
    /// `as radio`.
    pub radio: bool,
    /// The longest text.
    pub text_max: Option<u32>,
}

impl Page {
    /// Its expressions.
    pub(crate) fn expressions(&self) -> Vec<&Expr> {
        let mut all = vec![&self.title];
        for part in &self.parts {
            match part {
                PagePart::Say(words) => all.push(words),
                PagePart::Ask(question) => {
                    all.push(&question.words);
                    all.extend(question.help.iter().chain(&question.default).chain(&question.choices));
                }
            }
        }
        all
    }
}
