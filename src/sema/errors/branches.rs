//! Branches of a `parallel`, sagas and their undo blocks.

use crate::{
    base::span::Span,
    diag::{Diagnostic, codes},
};

/// Two branches that set one name.
#[must_use]
pub fn set_by_two(name: &str, span: Span, other: Span) -> Diagnostic {
    Diagnostic::error(codes::E0325, format!("two branches set `{name}`"), span, "set here")
        .label(other, "and in another branch")
        .note("branches take turns in any order, so nobody can say which value would stay")
        .help("give each branch a name of its own, and bring the values together behind the `parallel`")
}

/// A branch that sets what another one reads.
#[must_use]
pub fn read_by_other(name: &str, read: Span, set: Span) -> Diagnostic {
    let message = format!("a branch reads `{name}`, which another one sets");
    Diagnostic::error(codes::E0325, message, read, "the value from before the `parallel`")
        .label(set, "set here, and seen when the `parallel` has ended")
        .note("a branch sees names as they were when it began")
        .help("read it behind the `parallel`, or write the value into a record")
}

/// A body for each element that sets a name from outside.
#[must_use]
pub fn set_by_each(name: &str, span: Span, declared: Option<Span>) -> Diagnostic {
    let message = format!("every branch of a `parallel for each` would set `{name}`");
    let message = Diagnostic::error(codes::E0325, message, span, "set once for each element");
    let message = match declared {
        Some(declared) => message.label(declared, "declared outside"),
        None => message,
    };
    message.help("let each branch `give` its value, and work on the list that the `parallel for each` gives")
}

/// An undo block that sets a name from outside.
#[must_use]
pub fn set_by_undo(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0325, format!("an undo block sets `{name}`"), span, "nobody would see that")
        .note("an undo block works on copies of the names, as they were when its statement had succeeded")
        .help("write what has to be known into a record")
}

/// A caught fault that is read in a branch or an undo block.
#[must_use]
pub fn fault_read_apart(name: &str, what: &str, span: Span) -> Diagnostic {
    let message = format!("{what} cannot read the caught fault `{name}`");
    Diagnostic::error(codes::E0325, message, span, "only values are handed on")
        .help(format!("keep what is needed of it before: `let message = {name}.message`"))
}

/// `break`, `continue`, `return` or `stop` that would leave a branch or an undo block.
#[must_use]
pub fn leaves(verb: &str, what: &str, span: Span, around: Span) -> Diagnostic {
    let message = Diagnostic::error(codes::E0630, format!("`{verb}` does not leave {what}"), span, "leads out of it")
        .label(around, "what runs for itself begins here");
    match (what, verb) {
        ("an undo block", _) => message.help("put what is to be done only sometimes into an `if`"),
        (_, "return") => message.help("set a name in the branch and return it behind the `parallel`, or `stop` it all"),
        _ => message.help("put what is to be done only sometimes into an `if`; `stop` ends the whole instance"),
    }
}

/// `give` outside of a `parallel for each`.
#[must_use]
pub fn give_outside(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0630, "`give` belongs to a `parallel for each`", span, "nobody takes it")
        .help("`let xs = parallel for each l in lines { give l.amount }` collects one value for each element")
}

/// A way through the body of a `parallel for each` without `give`.
#[must_use]
pub fn without_give(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0630, "a branch may end without giving a value", span, "no `give` on some way")
        .note("there is one value for each element, in order")
        .help("end every way through the body with `give`")
}

/// Two branches of one title.
#[must_use]
pub fn title_twice(title: &str, span: Span, other: Span) -> Diagnostic {
    Diagnostic::error(codes::E0630, format!("two branches are called \"{title}\""), span, "the second one")
        .label(other, "the first one")
        .note("the title stands in the names of the places where the branch waits")
        .help("give each branch a title of its own")
}

/// `undo` outside of a saga.
#[must_use]
pub fn undo_outside(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0631, "`undo` belongs to a statement of a `saga`", span, "nothing would run it")
        .help("put the statements that belong together into `saga { … }`")
}

/// `compensate` outside of a saga.
#[must_use]
pub fn compensate_outside(span: Span, branch: Option<Span>) -> Diagnostic {
    let message =
        Diagnostic::error(codes::E0631, "`compensate` belongs into a `saga`", span, "there is nothing to undo");
    match branch {
        Some(branch) => message
            .label(branch, "the saga around this branch holds what other branches did, too")
            .help("raise an error, which leaves the saga, or put a `saga` into the branch"),
        None => message,
    }
}

/// A saga in what runs in one transaction.
#[must_use]
pub fn saga_of_kind(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0631, "a saga belongs to background workflows", span, "all of this is one transaction")
        .note("what runs inside the transaction of its caller is undone with it")
        .help("leave `saga` out; where only a part is to be undone, use `atomic { … }`")
}
