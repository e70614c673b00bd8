//! The registry of codes: one line a code. The text of `codes/<CODE>.md` is part of the program, so that a code
//! without a page does not compile.
//!
//! A code is its family and two digits in order of landing. It is never renumbered and never used again. Lines are
//! sorted within their family. `E` and `W` pages have the headings *What it means*, *Example*, *Why it is an error*,
//! *How to fix it*, *See also*; `R` pages have *What it means*, *When it happens*, *What to do*.

use super::diagnostic::Code;

/// What is known about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The code.
    pub code: Code,
    /// Its name in words: `file-not-readable`.
    pub name: &'static str,
    /// One line: what it says.
    pub summary: &'static str,
    /// The page as Markdown.
    pub page: &'static str,
}

macro_rules! codes {
    ($($code:ident $name:literal $summary:literal)*) => {
        $(
            #[doc = $summary]
            pub const $code: Code = Code(stringify!($code));
        )*

        /// All codes, family by family.
        pub static ALL: &[Entry] = &[$(
            Entry {
                code: $code,
                name: $name,
                summary: $summary,
                page: include_str!(concat!("codes/", stringify!($code), ".md")),
            },
        )*];
    };
}

codes! {
    // ---- E01: syntax -----------------------------------------------------------------------------------------------

    E0101 "syntax" "the text does not follow the grammar"
    E0102 "nested-too-deeply" "brackets, blocks or expressions within each other, or chained, beyond the limit"
    E0103 "number-too-large" "a number that its type cannot hold"
    E0104 "bad-moment" "a date, time or instant that means nothing"
    E0105 "unknown-escape" "a backslash before something that is no escape"
    E0106 "fixed-text" "a slot where the text must be the same every time"
    E0107 "chained-comparison" "a comparison of a comparison"
    E0108 "type-argument" "a type with something in parentheses that it does not take"
    E0109 "foreign-operator" "an operator of another language"
    E0110 "equals-sign" "`=`, `==` or `:` in the place of another"
    E0111 "else-if" "`else if` written as one word"
    E0112 "statement-without-verb" "a call or an assignment without its verb"
    E0113 "missing-comma" "two arms without a comma between them"
    E0114 "reserved-word" "a word of the language as a name"
    E0115 "wrong-case" "a name that begins with a letter of the wrong case"
    E0116 "semicolon" "a semicolon"
    E0117 "unclosed-text" "a text or comment without its end"
    E0118 "stray-character" "characters that the language does not use"
    E0119 "merge-conflict" "marks of an unfinished merge"
    E0120 "unbalanced-braces" "a brace or bracket without its counterpart"
    E0121 "unknown-verb" "a statement or declaration that begins with an unknown word"
    E0122 "unknown-unit" "a word after a number that is no unit"
    E0123 "question-mark" "a question mark that chooses between values"
    E0124 "lone-try" "a `try` that neither catches nor ends anything"

    // ---- E02: names ------------------------------------------------------------------------------------------------

    E0201 "duplicate-declaration" "two declarations have one name"
    E0202 "unknown-type" "a type, entity or process that nothing declares"
    E0203 "duplicate-part" "a field, parameter, member, state or status stands twice in one declaration"
    E0204 "wrong-kind-of-name" "a name stands for something that does not fit its place"
    E0205 "type-circle" "a type that is made of itself"
    E0206 "later-version" "a part of the language that comes with a later version"
    E0207 "reserved-name" "a name that the language uses itself"
    E0208 "unknown-library" "a library, or a name of one, that does not exist"
    E0209 "not-an-alternative" "an alternative of `A or B` that is no entity"
    E0210 "not-a-currency" "a currency that no code of ISO 4217 stands for"
    E0211 "unknown-field" "a field that its entity or record does not have"
    E0212 "unknown-name" "a name that nothing in reach has"
    E0213 "unknown-member" "a member that its enum, or a state that its entity, does not have"
    E0214 "unknown-argument" "an input that what is called does not take"
    E0215 "shadowing" "a name that is in use already"
    E0216 "ambiguous-member" "a name that is both in scope and a member of the expected enum"
    E0217 "given-twice" "a field or input that is given twice"
    E0218 "bad-setting" "a setting of a type that a deployment cannot give"

    // ---- E03: types ------------------------------------------------------------------------------------------------

    E0301 "type-mismatch" "a value of another type than its place expects"
    E0302 "absent-value" "a value that may be absent where one must be"
    E0303 "currencies-differ" "amounts of two currencies"
    E0304 "cannot-calculate" "arithmetic of values that have none"
    E0305 "cannot-compare" "a comparison of values that have no order or no common type"
    E0306 "different-entities" "a comparison that can never hold"
    E0307 "not-exhaustive" "a `match` without an arm for every value"
    E0308 "unassigned" "a name that may have no value yet"
    E0309 "set-again" "a fixed value that is set again"
    E0311 "no-such-part" "a field of a value that does not have it"
    E0312 "unknown-type-of-value" "a value whose type nothing tells"
    E0313 "missing-fields" "a record value without all of its fields"
    E0314 "wrong-number-of-values" "a call with too many or too few values"
    E0315 "no-result" "a result where there is none, or none where there is one"
    E0316 "not-fixed" "a value that must be fixed"
    E0317 "not-printable" "a value that cannot stand in a text"
    E0318 "beyond-its-limits" "a fixed value that is longer, lower or higher than its place allows"
    E0319 "bad-pattern" "a pattern in a text that does not fit the value it shows"
    E0320 "bad-search-pattern" "a pattern of `matches` that is not fixed or cannot be read"
    E0321 "bad-group" "a query with `group by` that does not say what it wants of each group"
    E0322 "not-a-party" "somebody whom no mail can go to or come from"
    E0323 "bad-mail" "a mail that goes to nobody, or whose subject or body cannot be as it is written"
    E0324 "not-in-time" "a period of something that is no day and no moment"
    E0325 "branches-in-conflict" "branches that get in each other's way, or a name that cannot be handed to one"

    // ---- E04: entities ---------------------------------------------------------------------------------------------

    E0401 "bad-bounds" "bounds that no value can keep, or of a type that has none"
    E0402 "bad-default" "a default that is not a value of its type and bounds"
    E0403 "bad-hierarchy" "a hierarchy that `under` could not follow"
    E0404 "no-members" "an enum without members, or states without a state"
    E0405 "unknown-state" "a state or status that the entity does not have"
    E0406 "not-a-reference" "`many … via` a field that does not refer to this entity"
    E0407 "bad-extension" "an extension that changes, removes or requires something"
    E0408 "bad-stored-value" "stored values that are used twice or are too large"
    E0409 "activity-states" "an activity without the states that every activity has"
    E0410 "unknown-flag" "a flag of an entity or field that means nothing"
    E0411 "not-storable" "a field of a type that cannot be stored"
    E0412 "bad-unique-key" "a unique key of something that is not stored, or is named twice"
    E0413 "not-creatable" "a new record of an entity that is not creatable"
    E0414 "required-field" "a new record without a required field"
    E0415 "kept-by-the-system" "a field that processes do not write"
    E0416 "nobody-owns" "an assignment of a record that nobody can own"
    E0417 "no-states" "a change of state of an entity without states"
    E0418 "impossible-change" "a change of state that no arrow allows"
    E0419 "used-after-delete" "a record that is used after its deletion"
    E0420 "no-hierarchy" "`under` of an entity without a hierarchy"
    E0421 "not-one-record" "a statement that needs a record of one entity"
    E0422 "cannot-change-by" "`+=` and its like where they mean nothing"
    E0423 "reverse-as-value" "the records that refer to one, used as a value"
    E0424 "bad-on-delete" "`on delete` where it means nothing"
    E0425 "bad-number-pattern" "an automatic number that cannot be counted or stored"
    E0426 "bad-computed" "a computed field that is computed from itself, or has what only stored fields have"
    E0427 "bad-relation" "`many … through` an entity that cannot join the two sides"
    E0428 "not-a-relation" "`link` or `unlink` of something that is no relation"
    E0429 "share-rights" "`share` without rights, or `unshare` with some"

    // ---- E05: triggers ---------------------------------------------------------------------------------------------

    E0501 "not-triggerable" "an event of an entity that starts nothing"
    E0502 "assigned-without-owner" "`assigned` of a record that nobody owns"
    E0503 "status-without-states" "`status changed` of an entity without states"
    E0504 "bad-trigger-field" "`updated` or `written` of no field, or of one that updates never write"
    E0505 "impossible-change-event" "`status changed` between states that no arrow joins"
    E0506 "same-event-twice" "one event stands twice"
    E0507 "phase-of-kind" "`when`, `before` or `after` where the kind of process has none"
    E0508 "nothing-starts" "a process that nothing starts"
    E0509 "narrow-scope" "a narrower scope on records that nobody owns"
    E0510 "bad-action-event" "`before action` or `after action` of something else"
    E0511 "no-old-values" "old values where there are none"
    E0512 "not-stored-yet" "the primary record before it is created, as a whole"
    E0513 "already-deleted" "the primary record after or during its deletion"
    E0514 "set-only" "the primary record is written in its own operation"
    E0515 "inputs-and-result" "inputs or result of an action at the wrong moment"
    E0516 "no-signal" "the signal that started a process, where none or one of several did"
    E0517 "bad-schedule" "a schedule that never comes, or of a process for a record"
    E0518 "rule-events" "a rule that does not say when it applies, or says so twice"

    // ---- E06: kinds and waits --------------------------------------------------------------------------------------

    E0601 "clause-of-kind" "a clause that means nothing for the kind of process"
    E0602 "clause-twice" "a clause that stands twice"
    E0603 "no-primary-record" "a process for a record that is none, or events without a record"
    E0604 "no-statements" "a process that does nothing"
    E0605 "input-without-value" "an input that nothing gives"
    E0606 "bad-clause-value" "a clause with a word, number, time or zone that it does not take"
    E0607 "cannot-wait" "a wait where nothing can wait"
    E0608 "functions-only-read" "a function that acts"
    E0609 "not-called" "a process that cannot be called"
    E0610 "wrong-kind-of-call" "`do` or `start` of a process that cannot be called so"
    E0611 "wrong-record" "a call without the record it is for, or with another one"
    E0612 "nothing-wakes" "a condition that nothing would look at again"
    E0613 "until-now" "a wait for something that the clock itself moves or would have to wake"
    E0614 "kind-of-wait" "a wait for something that is neither condition, moment nor duration"
    E0615 "misplaced-statement" "a statement that means nothing at its place"
    E0616 "cannot-be-called-so" "a call of something that is no function, or not so"
    E0617 "instances-in-tests" "an expectation about instances that cannot hold"
    E0618 "not-an-activity" "`mock` of something that is no activity, or answers with nothing"
    E0619 "not-counted-by" "`per` of something that runs cannot be counted by"
    E0620 "cannot-be-asked" "a form that asks for nothing, or for something that nobody can fill in"
    E0621 "wrong-answer" "an answer to something that is not asked"
    E0622 "page-outside-dialog" "a page where nobody sees it"
    E0623 "dialog-with-trigger" "a dialog that should begin by itself"
    E0624 "dialog-without-pages" "a dialog that shows nothing"
    E0625 "way-of-an-activity" "a clause or a type that the way an activity is done does not take"
    E0626 "effect-of-rule" "an effect outside of a rule, or not as it is written"
    E0627 "rules-only-read" "a rule that acts, or searches"
    E0630 "leaves-branch" "a statement that would lead out of a branch or an undo block, or means nothing there"
    E0631 "no-saga" "`undo` or `compensate` without a saga, or a saga where there is none"

    // ---- E07: flows ------------------------------------------------------------------------------------------------

    E0701 "stage-not-reached" "a stage that no other leads to, or a flow without stages"
    E0702 "stage-not-left" "a stage that may be impossible to leave, or a way out that is never taken"
    E0703 "stage-circle" "stages that lead to each other in a circle"
    E0704 "bad-via" "a record of a flow that no reference leads to"
    E0705 "not-asked" "a condition of a flow over a field that nobody was asked for"
    E0706 "not-flow-enabled" "a record of an entity that takes no part in flows"
    E0707 "not-of-the-flow" "a step or stage for a record that the flow does not have by then"

    // ---- E08: access -----------------------------------------------------------------------------------------------

    E0801 "private-value" "a private value where others would see it"
    E0802 "secret-outside" "a secret outside of the clauses of an activity"
    E0803 "not-a-right" "a right that cannot be given"
    E0804 "nobody-may" "a step that no role allows to anybody"

    // ---- E09: projects, files, builds, snapshots -------------------------------------------------------------------

    E0901 "file-not-readable" "a file or folder cannot be read"
    E0902 "not-utf8" "a source file is not UTF-8"
    E0903 "too-large" "a file, a project or a build exceeds a limit"
    E0904 "build-damaged" "a build is damaged"
    E0905 "unknown-format" "a file has a format that this program does not know"
    E0906 "manifest-syntax" "`abide.toml` is not valid TOML"
    E0907 "manifest-unknown-key" "`abide.toml` has a key that means nothing"
    E0908 "manifest-wrong-value" "a value in `abide.toml` is not one that its key takes"
    E0909 "manifest-missing-key" "`abide.toml` lacks a key that it needs"
    E0910 "no-source-files" "a project has no `.proc` file"
    E0911 "folder-read-twice" "a link leads to a folder that is read already"
    E0912 "json-syntax" "a data file is not valid JSON"
    E0913 "data-unknown-key" "a key of a data file that means nothing, or one that is missing"
    E0914 "data-wrong-value" "a value of a data file is not one that its place takes"
    E0915 "data-unknown-name" "a data file names something that does not exist"
    E0916 "build-refused" "the content of a build makes no sense"
    E0917 "snapshot-refused" "a snapshot is damaged, or of another build"
    E0918 "store-unusable" "a store cannot be opened, read or written"
    E0919 "store-damaged" "a store holds what this program cannot have written"
    E0920 "store-of-another" "a store belongs to something else"
    E0921 "file-not-writable" "a file cannot be written"
    E0922 "store-in-use" "another program has a store now"
    E0923 "data-cut-short" "a store has had a part of a data file that is not here"
    E0924 "no-rest" "processes go on without end at one moment"
    E0925 "tables-cannot-follow" "the tables of a store cannot become those of a build"
    E0926 "plug-in" "a plug-in that is not there, or cannot do what it is for"

    // ---- W01 to W04: lints of the families above -------------------------------------------------------------------

    W0201 "useless-allow" "a comment `allow` that switches nothing off"
    W0202 "unused-name" "a name that nothing reads"
    W0301 "negated-comparison" "the negation of a comparison with a value that may be absent"
    W0302 "never-absent" "a test for a value that is always there"
    W0303 "arm-never-reached" "an arm of a `match` that is never reached"

    // ---- W05: lints about triggers ---------------------------------------------------------------------------------

    W0501 "self-trigger" "a process whose write starts the process itself"
    W0502 "trigger-ring" "processes that start each other in a ring"
    W0503 "synchronous-ring" "processes that start each other within one operation"
    W0504 "endless-calls" "a process that does itself on every way"
    W0505 "unseen-effect" "what only forms show, in a rule that none runs"
    W0506 "rules-in-a-ring" "two rules of which each sets what the other reads"

    // ---- W06: lints about waits ------------------------------------------------------------------------------------

    W0601 "unreachable" "a statement that is never reached"
    W0602 "wait-without-limit" "a wait that may last for ever"
    W0603 "never-finishes" "a loop that nothing leaves"
    W0604 "long-turn" "a loop that does the work of many turns in one"
    W0605 "nobody-emits" "a signal that nobody emits"
    W0606 "no-time-limit" "an activity that does not say how long it may take"

    // ---- W08: lints about access -----------------------------------------------------------------------------------

    W0801 "only-the-system-may" "a step that no role allows, of a process that runs as its owner"
    // ---- W07: lints about flows ------------------------------------------------------------------------------------

    W0701 "too-many-for-people" "a flow with more stages, steps or entities than people can follow"

    // ---- R01: values -----------------------------------------------------------------------------------------------

    R0101 "overflow" "a number does not fit its type"
    R0102 "division-by-zero" "a number or an amount is divided by zero"
    R0103 "absent" "a value that has to be there is absent"
    R0104 "index" "a list has no element of this number, a text no such part"
    R0105 "conversion" "a value cannot be converted"
    R0106 "unknown-stored-number" "a stored number is no member of its enum"
    R0107 "not-finite" "a float would be infinite or not a number"
    R0108 "wrong-entity" "a reference is not of the expected entity"
    R0109 "reached-the-unreachable" "the program came to a place that cannot be reached"
    R0110 "longer-than-its-type" "a text is longer than the type of its place allows"

    // ---- R02: money and time ---------------------------------------------------------------------------------------

    R0201 "currency-mismatch" "amounts of different currencies meet"
    R0202 "mixed-duration" "months, days and exact time do not convert into each other"
    R0203 "time-range" "a moment lies outside of the years 1 to 9999"
    R0204 "bad-split" "an amount is split into less than one part"
    R0205 "no-rate" "there is no exchange rate of a currency on a day"

    // ---- R03: records ----------------------------------------------------------------------------------------------

    R0301 "duplicate" "another record has the same unique key"
    R0302 "required" "a required field has no value"
    R0303 "transition" "the status may not follow the present one"
    R0304 "still-referenced" "the record cannot be deleted, others refer to it"
    R0305 "out-of-bounds" "a value is lower or higher than its field allows"
    R0306 "text-too-long" "a text is longer than its field allows"
    R0307 "bad-reference" "a reference leads to no record"
    R0308 "creation-refused" "the entity cannot be created"
    R0309 "wrong-type" "a value does not fit its field"
    R0310 "not-writable" "the field is written by the engine alone"
    R0311 "hierarchy-ring" "a record would come to be above itself in its hierarchy"

    // ---- R04: gone -------------------------------------------------------------------------------------------------

    R0401 "gone" "a record does not exist, or no longer"
    R0402 "instance-gone" "there is no such process instance"

    // ---- R05: others -----------------------------------------------------------------------------------------------

    R0501 "refused" "a real-time process refused the operation"
    R0502 "child-failed" "a process that was started has failed"
    R0503 "child-canceled" "a process that was started was cancelled"
    R0504 "does-not-apply" "the condition of the process is false"
    R0505 "not-startable" "the process cannot be started this way"
    R0506 "particular" "a record constant is not one record"
    R0507 "wrong-status" "the status of the instance does not allow it"
    R0508 "snapshot-unusable" "what an instance rests at cannot be taken up by this build"
    R0509 "time-limit" "a process has not ended within its time limit"
    R0510 "no-implementation" "nobody does the activity"
    R0511 "activity-failed" "an activity has failed"
    R0512 "bad-answer" "an activity has answered with something else than it promises"
    R0513 "setting-without-value" "a setting has neither a default nor a value"
    R0514 "limit-reached" "as many runs of the process as may run at once"
    R0515 "no-address" "somebody whom a mail should go to has no usable address"
    R0516 "nobody-to-send-to" "a mail has nobody to go to"
    R0517 "bad-answers" "the answers to a form or page are not what it asks"
    R0518 "form-closed" "a form that takes no answers, or not from this user"
    R0519 "no-such-page" "a session of a dialog that does not go on, or not so"
    R0520 "job-gone" "a job that is done, canceled, or with somebody else"
    R0530 "not-allowed" "no role of the user allows it"

    // ---- R09: limits -----------------------------------------------------------------------------------------------

    R0901 "fuel" "a turn took more steps than it may"
    R0902 "depth" "functions call each other too deeply"
    R0903 "heap" "the values of an instance take too much memory"
    R0904 "text-limit" "a text is longer than a text may be"
    R0905 "list-too-long" "a list is longer than a list may be"
    R0906 "chain-too-long" "processes that start each other form too long a chain"
    R0907 "too-many-starts" "processes started one process on one record too often"
    R0908 "operations-too-deep" "operations cause each other too deeply"
    R0909 "mailbox-full" "an instance has not taken the signals that it got"
}

/// The entry of a code such as `E0901`, in capitals or not.
#[must_use]
pub fn lookup(text: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.code.0.eq_ignore_ascii_case(text))
}

/// The entries of a family such as `E09`.
pub fn family(prefix: &str) -> impl Iterator<Item = &'static Entry> {
    ALL.iter().filter(move |entry| entry.code.0.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookup_ignores_case_and_refuses_the_unknown() {
        assert_eq!(lookup("e0901").map(|e| e.code), Some(E0901));
        assert!(lookup("E0999").is_none());
        assert!(lookup("").is_none());
    }
}
