//! What goes wrong with operations: faults with their codes, and failures of the store.

use std::fmt;

use crate::vm::fault::{Fault, told};

use super::store::StoreError;

/// Why a request was not carried out. The store is as it was before.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The rules or a process refused it, or it faulted.
    Fault(Box<Fault>),
    /// The store could not do its part.
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Store(error)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Failure::Fault(Box::new(fault))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Fault(fault) => f.write_str(&told(&fault.code, ": ", &fault.message)),
            Failure::Store(error) => write!(f, "{}: {error}", error.code().0),
        }
    }
}

impl std::error::Error for Failure {}

/// The same of a cause that may pass by itself.
pub(crate) fn passing(failure: Failure) -> Failure {
    match failure {
        Failure::Fault(fault) => Failure::Fault(Box::new(Fault { may_pass: true, ..*fault })),
        failure => failure,
    }
}

/// The code of a required field that has no value.
pub(crate) const REQUIRED: &str = "R0302";

/// What requests answer with.
pub type Answer<T> = Result<T, Failure>;

/// Declares a function for each fault that the engine raises.
macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident($($arg:ident),*) $code:literal $message:literal;)*) => {
        $(
            $(#[$doc])*
            pub(crate) fn $name($($arg: impl fmt::Display),*) -> Failure {
                Fault::new($code, format!($message)).into()
            }
        )*
    };
}

faults! {
    /// The amounts of a record are in different currencies.
    currency_of_record(entity, field, currency) "R0201" "`{entity}.{field}` is in {currency}, another amount of the record is not";
    /// There is no rate of a currency.
    no_rate(currency, day) "R0205" "there is no exchange rate of {currency} on {day}";
    /// Another record has this unique key.
    duplicate(entity, fields) "R0301" "there is another `{entity}` with the same {fields}";
    /// A required field has no value.
    required(entity, field) "R0302" "`{entity}.{field}` needs a value";
    /// The status may not follow the present one.
    transition(entity, from, to) "R0303" "a `{entity}` cannot change from {from} to {to}";
    /// Other records refer to it.
    still_referenced(record, field) "R0304" "{record} cannot be deleted: `{field}` of another record still refers to it";
    /// A value is lower or higher than its field allows.
    out_of_bounds(entity, field, bounds) "R0305" "`{entity}.{field}` takes {bounds}";
    /// A text is longer than its field allows.
    text_too_long(entity, field, max) "R0306" "`{entity}.{field}` takes at most {max} characters";
    /// A reference leads to no record that the field takes.
    bad_reference(entity, field) "R0307" "`{entity}.{field}` refers to a record that does not exist";
    /// The entity cannot be created by programs.
    not_creatable(entity) "R0308" "a `{entity}` cannot be created";
    /// A value is not of its field's type.
    wrong_type(entity, field) "R0309" "`{entity}.{field}` does not take such a value";
    /// The field is written by the engine alone.
    not_writable(entity, field) "R0310" "`{entity}.{field}` cannot be written";
    /// A record would come to be above itself.
    hierarchy_ring(entity, field) "R0311" "`{entity}.{field}` would lead back to the record itself";
    /// The record does not exist, or no longer.
    gone(record) "R0401" "{record} does not exist, or no longer";
    /// The instance does not exist, or no longer.
    instance_gone(id) "R0402" "there is no instance {id}, or no longer";
    /// A real-time process stopped the operation.
    refused(process, message) "R0501" "refused by {process}: {message}";
    /// A child was given up.
    child_failed(process, message) "R0502" "{process} failed: {message}";
    /// A child was cancelled.
    child_canceled(process, message) "R0503" "{process} was canceled: {message}";
    /// The condition of a process that was asked for is false.
    does_not_apply(process) "R0504" "{process} does not apply: its condition is false";
    /// The process cannot be started this way.
    not_startable(process, way) "R0505" "{process} cannot be started {way}";
    /// A record constant leads to no record, or to several.
    particular(entity, key, count) "R0506" "`{entity}[\"{key}\"]` should be one record, and is {count}";
    /// A setting that has no default was not given a value.
    no_setting(name) "R0513" "the setting `config.{name}` has no value: this deployment gives none";
    /// The value that a setting was given is not of its type.
    setting_of_other_type(name) "R0513" "the setting `config.{name}` has a value of another type, or one that is too long: this deployment has to give a new one";
    /// The status of an instance does not allow it.
    wrong_status(id, status, verb) "R0507" "instance {id} is {status} and cannot be {verb}";
    /// What is done to an instance is done to its branches, not the other way.
    is_branch(id, whole) "R0507" "{id} is a branch of instance {whole}: what is done to that one is done to all of it";
    /// What an instance rests at cannot be taken up by this build.
    unusable_snapshot(reason) "R0508" "the instance cannot go on: {reason}";
    /// As many run as may at once, and more are left out.
    limit_reached(process) "R0514" "{process} is not started: as many run as may at once";
    /// A run asks for another one, which could begin only when it has ended itself.
    waits_for_itself(process) "R0514" "{process} is not started: it would wait for the end of the run that asks for it";
    /// Somebody whom a mail should go to has no usable address.
    no_address(who, why) "R0515" "no mail can go to {who}: {why}";
    /// A mail has nobody to go to.
    nobody_to_send_to(subject) "R0516" "the mail \"{subject}\" has nobody to go to: `to`, `cc` and `bcc` are empty";
    /// No role of the user allows it.
    not_allowed(user, verb, what, would) "R0530" "{user} may not {verb} {what}: {would}";
    /// Nobody does the activity.
    no_implementation(activity) "R0510" "nobody does {activity}: the embedding program has registered no implementation, and there is no mock";
    /// The activity is done outside, and nobody does it here.
    done_outside(activity) "R0510" "nobody does {activity} here: it is done outside, and there is no `mock` that fits";
    /// The activity could not be done.
    activity_failed(activity, message) "R0511" "{activity} failed: {message}";
    /// The activity answered with something else than it promises.
    bad_answer(activity) "R0512" "{activity} has answered with something else than it promises";
    /// What was answered is not what was asked.
    bad_answers(why) "R0517" "the answers do not fit: {why}";
    /// A form was canceled while a process waited for it.
    form_withdrawn(form) "R0518" "the form \"{form}\" was canceled";
    /// A form takes no answers any more.
    form_closed(form, state) "R0518" "{form} is {state} and takes no answers";
    /// A record that is no form.
    not_a_form(record) "R0518" "{record} is no form";
    /// Somebody else is asked.
    form_of_other(form, owner) "R0518" "{form} is for {owner}: only they answer it";
    /// Nothing is asked of a user.
    empty_inbox(user) "R0518" "there is no form in the inbox of {user}";
    /// No session of a dialog is open.
    no_open_session(dialog) "R0519" "no session of {dialog} is open";
    /// A session that shows no page.
    session_without_page(session, status) "R0519" "{session} shows no page now: its dialog is {status}";
    /// A session that has ended.
    session_over(session, state) "R0519" "{session} is {state}: it goes on no more";
    /// A session that somebody else runs.
    session_of_other(session) "R0519" "{session} is the session of somebody else";
    /// There is no page to go back to.
    no_page_before(session) "R0519" "{session} cannot go back: there is no page before, or something was done since";
    /// A record that is no session.
    no_session(record) "R0519" "{record} is no session of a dialog";
    /// The same, with what is wrong.
    bad_answer_because(activity, problem) "R0512" "{activity} has answered with something else than it promises: {problem}";
    /// A job that somebody answers for.
    job_gone(ticket) "R0520" "there is no job {ticket}, or no longer: it is done, canceled, or with somebody else";
    /// The activity took too long.
    activity_late(activity) "R0509" "{activity} has not ended within its time limit";
    /// A chain of processes that start each other is too long.
    chain_too_long(process) "R0906" "{process} is not started: the chain of processes that started each other is too long";
    /// A process is started on one record too often.
    too_many_starts(process) "R0907" "{process} is not started: processes started it too often on this record within an hour";
    /// Operations cause each other too deeply.
    nested_too_deeply() "R0908" "operations cause each other too deeply";
    /// The mailbox of an instance holds as many signals as it can.
    mailbox_full(instance, max) "R0909" "the mailbox of {instance} holds {max} signals that it has not taken";
    /// The program asked for something that its build does not describe.
    unknown_request(what) "R0109" "the build does not describe {what}";
}
