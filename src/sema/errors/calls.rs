//! E03 and E06: what is called from where, and with what.

use super::{names::suggest, quoted_list};
use crate::base::span::Span;
use crate::diag::{Diagnostic, codes};

/// `Escalate(case)` as a value.
#[must_use]
pub fn upper_case_call(name: &str, is_process: bool, span: Span) -> Diagnostic {
    let message = Diagnostic::error(codes::E0616, format!("`{name}` is not a function"), span, "cannot be called here");
    if is_process {
        message.note("a process acts, and an expression only reads").help(format!("write a statement: `do {name}(…)`"))
    } else {
        message
    }
}

/// `title.lower()`.
#[must_use]
pub fn method_call(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0616, "a function stands before its values", span, "not a function")
        .help(super::uses::foreign_function(name).map_or_else(|| format!("write `{name}(…)`"), str::to_owned))
}

/// `5(3)`.
#[must_use]
pub fn not_callable(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0616, "only a function can be called", span, "not a function")
}

/// `do discount(…)`.
#[must_use]
pub fn function_called_with_do(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0616, format!("`{name}` is a function, and only read"), span, "not a process")
        .help(format!("write `{name}(…)` without `do`"))
}

/// `discount(rating: hot, total)`.
#[must_use]
pub fn positional_after_named(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0314, "values without a name come first", span, "stands after a named one")
}

/// A call without all that it needs.
#[must_use]
pub fn missing_arguments(callee: &str, missing: &[&str], span: Span, declared: Span) -> Diagnostic {
    let list = quoted_list(missing, "and");
    let what = if missing.len() == 1 { "a value is missing" } else { "values are missing" };
    Diagnostic::error(codes::E0314, format!("`{callee}` needs {list}"), span, what).label(declared, "declared here")
}

/// A call with more than the function takes.
#[must_use]
pub fn too_many_arguments(callee: &str, takes: usize, span: Span, declared: Span) -> Diagnostic {
    let message = match takes {
        0 => format!("`{callee}` takes no input"),
        1 => format!("`{callee}` takes one input"),
        many => format!("`{callee}` takes {many} inputs"),
    };
    Diagnostic::error(codes::E0314, message, span, "one too many").label(declared, "declared here")
}

/// `lower("a", "b")`.
#[must_use]
pub fn builtin_arguments(name: &str, forms: &[String], span: Span) -> Diagnostic {
    let message = format!("`{name}` takes another number of values");
    Diagnostic::error(codes::E0314, message, span, "not with these").help(format!("write {}", quoted_list(forms, "or")))
}

/// `lower(text: "a")`.
#[must_use]
pub fn builtin_takes_no_names(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0314, format!("the values of `{name}` have no names"), span, "leave the name out")
}

/// `lower(5)`.
#[must_use]
pub fn builtin_types(name: &str, found: &[String], forms: &[String], span: Span) -> Diagnostic {
    let message = format!("`{name}` does not take {}", quoted_list(found, "and"));
    Diagnostic::error(codes::E0301, message, span, "of another type")
        .help(format!("write {}", quoted_list(forms, "or")))
}

/// The end of a body without `return`.
#[must_use]
pub fn missing_return(name: &str, result: &str, span: Span, head: Span) -> Diagnostic {
    let message = format!("`{name}` may end without a result");
    Diagnostic::error(codes::E0315, message, span, "reached without `return`")
        .label(head, format!("gives `{result}`"))
        .help("write `return …` on every way to the end")
}

/// `return 5` of a process without a result.
#[must_use]
pub fn returns_nothing(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0315, "this process has no result", span, "nothing takes this value")
        .help("write `return` alone, or declare the result: `-> …`")
}

/// `return` of a function.
#[must_use]
pub fn return_needs_value(result: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0315, format!("expected a value of `{result}`"), span, "returns nothing")
}

/// `create` in a `fn`.
#[must_use]
pub fn acts_in_function(verb: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0608, "a function only reads", span, format!("`{verb}` acts"))
        .note("functions are used in conditions, which are looked at any number of times")
        .help("move it to an `action`")
}

/// `do`, `start` of a workflow that is not `called`.
#[must_use]
pub fn not_called(name: &str, span: Span, head: Span) -> Diagnostic {
    Diagnostic::error(codes::E0609, format!("`{name}` cannot be called"), span, "starts by its events only")
        .label(head, "declared without `called`")
        .help("add `called` to its `when`")
}

/// `do` of a workflow in a real-time workflow or action.
#[must_use]
pub fn background_from_transaction(name: &str, caller: &str, span: Span) -> Diagnostic {
    let message = format!("`{caller}` cannot wait for the workflow `{name}`");
    Diagnostic::error(codes::E0610, message, span, "runs in transactions of its own")
        .help(format!("write `start {name}(…)`: it begins after this transaction"))
}

/// `do` of a workflow in a test.
#[must_use]
pub fn background_in_test(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0610, format!("a test does not wait for the workflow `{name}`"), span, "may wait")
        .help(format!("write `start {name}(…)`, then say what is expected"))
}

/// `do` of an `independent` action within a transaction: of a real-time workflow, an action, or an `atomic` block.
#[must_use]
pub fn independent_needs_start(name: &str, span: Span, head: Span) -> Diagnostic {
    Diagnostic::error(codes::E0610, format!("`{name}` cannot run in this transaction"), span, "is independent")
        .label(head, "declared `independent`")
        .help(format!("write `start {name}(…)`: it runs after this transaction"))
}

/// `do … timeout` of an action.
#[must_use]
pub fn timeout_of_action(name: &str, span: Span, head: Span) -> Diagnostic {
    Diagnostic::error(codes::E0610, format!("`{name}` cannot be given a time limit"), span, "limits nothing")
        .label(head, "an action ends in the turn it begins in")
        .help("leave `timeout` out: a turn is limited by its number of steps")
}

/// `start` of an action.
#[must_use]
pub fn start_of_action(name: &str, span: Span, head: Span) -> Diagnostic {
    Diagnostic::error(codes::E0610, format!("`{name}` is an action, which is done at once"), span, "not started")
        .label(head, "declared here")
        .help(format!("write `do {name}(…)`"))
}

/// `start` of a real-time workflow.
#[must_use]
pub fn start_of_realtime(name: &str, span: Span, head: Span) -> Diagnostic {
    let message = format!("`{name}` is a real-time workflow, which runs at once");
    Diagnostic::error(codes::E0610, message, span, "not started")
        .label(head, "declared here")
        .help(format!("write `do {name}(…)`"))
}

/// A child for another entity.
#[must_use]
pub fn other_entity(name: &str, wanted: &str, found: &str, span: Span, declared: Span) -> Diagnostic {
    let message = format!("`{name}` is for `{wanted}`, this is `{found}`");
    Diagnostic::error(codes::E0611, message, span, format!("this is `{found}`")).label(declared, "its primary record")
}

/// A call without the primary record.
#[must_use]
pub fn missing_primary(name: &str, primary: &str, ty: &str, span: Span, declared: Span) -> Diagnostic {
    let message = format!("`{name}` needs the record that it is for");
    Diagnostic::error(codes::E0611, message, span, format!("`{primary}` is missing"))
        .label(declared, format!("a record of `{ty}`"))
        .help(format!("give it first: `{name}({primary}, …)`"))
}

/// `break` outside of a loop.
#[must_use]
pub fn outside_loop(word: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0615, format!("`{word}` stands in no loop"), span, "nothing to leave")
}

/// `stop` in a function or test.
#[must_use]
pub fn stop_outside_process(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0615, "only a process can stop", span, "no process runs here")
}

/// `return` in a test.
#[must_use]
pub fn return_outside(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0615, "only a function or a process returns", span, "nothing to return from")
}

/// `on cancel` before other statements, or within a block.
#[must_use]
pub fn on_cancel_not_last(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0615, "`on cancel` is the end of the body of a workflow", span, "not at its end")
        .note("it stands for the whole body: wherever the process is when it is canceled, this runs last")
        .help("move it behind the last statement of the body")
}

/// `on cancel` in a real-time workflow or action.
#[must_use]
pub fn on_cancel_of_kind(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0615, "`on cancel` belongs to background workflows", span, "never runs")
        .note("what runs inside the transaction of its caller is undone with it")
}

/// `stop` or `return` in `on cancel`.
#[must_use]
pub fn ends_twice(verb: &str, span: Span, around: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0615,
        "a canceled process has ended already",
        span,
        format!("`{verb}` cannot end it again"),
    )
    .label(around, "this runs when it has been canceled")
}

/// `raise` alone outside of `catch`.
#[must_use]
pub fn raise_outside_catch(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0615, "`raise` alone raises what was caught", span, "nothing was caught")
        .help("write the error: `raise SomeError { … }`")
}

/// `act as ann` without a block in a process.
#[must_use]
pub fn act_as_needs_block(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0615, "in a process, `act as` needs a block", span, "for how long?")
        .help("write `act as … { … }`")
}

/// `expect` in a process.
#[must_use]
pub fn outside_test(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0615, "this statement belongs to tests", span, "not in a process")
}

/// `expect 1 sleeping P`.
#[must_use]
pub fn unknown_instance_state(name: &str, span: Span, near: &[&str]) -> Diagnostic {
    let near: Vec<String> = near.iter().map(|name| (*name).to_owned()).collect();
    let message = format!("a process is never `{name}`");
    let message = Diagnostic::error(codes::E0617, message, span, "unknown state");
    if near.is_empty() {
        return message.help(
            "it is ready, queued, waiting, postponed, parked, paused, running (not ended), succeeded, failed or canceled",
        );
    }
    suggest(message, span, &near)
}

/// `expect 1 waiting SomeAction`.
#[must_use]
pub fn has_no_instances(name: &str, span: Span, head: Span) -> Diagnostic {
    let message = format!("`{name}` leaves no instance that a test could look at");
    Diagnostic::error(codes::E0617, message, span, "runs within the operation that calls it")
        .label(head, "declared here")
}

/// `start` of an activity.
#[must_use]
pub fn start_of_activity(name: &str, span: Span, head: Span) -> Diagnostic {
    Diagnostic::error(codes::E0610, format!("`{name}` is done where it is called"), span, "not started")
        .label(head, "an activity of the embedding program")
        .help(format!("write `do {name}(…)`"))
}

/// `do … timeout` of an activity.
#[must_use]
pub fn timeout_of_activity(name: &str, span: Span, head: Span) -> Diagnostic {
    Diagnostic::error(codes::E0610, format!("`{name}` has its time limit where it is declared"), span, "a second limit")
        .label(head, "say `timeout` here")
}

/// `mock Escalate(_)` of something else than an activity.
#[must_use]
pub fn mock_of_other(name: &str, is: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0618, format!("`{name}` is {is}, and cannot be mocked"), span, "no activity")
        .label(declared, "declared here")
        .note("a mock answers for what is done outside the program; all else runs in tests as it does anywhere")
}

/// `mock Tell(_) => 5` of an activity without a result.
#[must_use]
pub fn mock_gives_nothing(name: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0618, format!("`{name}` gives nothing"), span, "an answer that nobody gets")
        .label(declared, "declared without a result")
        .help("write `none`")
}
