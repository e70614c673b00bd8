//! Every limit of the program in one place. Each line says what is limited and why; the code that enforces it
//! marks the place with `// LIMIT:` and reports an ordinary error.

/// A limit, for listings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its name.
    pub name: &'static str,
    /// How much.
    pub value: u64,
    /// What is limited, and why.
    pub reason: &'static str,
}

/// Declares the limits, and lists them.
macro_rules! limits {
    ($($(#[doc = $reason:literal])+ $name:ident: $ty:ty = $value:expr;)*) => {
        $($(#[doc = $reason])+ pub const $name: $ty = $value;)*

        /// All of them, in order of the file.
        pub const ALL: &[Limit] = &[$(
            // None is negative or beyond 64 bits.
            Limit { name: stringify!($name), value: $value, reason: concat!($($reason),+) },
        )*];
    };
}

limits! {
    /// One source file. Offsets are 32 bit, and people do not write files of this size.
    SOURCE_BYTES_MAX: usize = 16 << 20;
    /// All sources of a project: what two cores check in half a minute.
    PROJECT_BYTES_MAX: usize = 256 << 20;
    /// Files of a project.
    PROJECT_FILES_MAX: usize = 20_000;
    /// Brackets, blocks and text slots within each other. Later stages walk the tree recursively and rely on it.
    NESTING_MAX: usize = 64;
    /// Messages of one file that people are shown; machine formats show all.
    MESSAGES_PER_FILE_MAX: usize = 20;
    /// A compiled build. Larger than any project that fits `PROJECT_BYTES_MAX` gives.
    BUILD_BYTES_MAX: usize = 256 << 20;
    /// What the tables of a build take in memory while it is read; small bytes may stand for large entries.
    BUILD_MEMORY_MAX: usize = 256 << 20;
    /// One snapshot of an instance; a row that is read and written at each step.
    SNAPSHOT_BYTES_MAX: usize = 1 << 20;
    /// An instance that was taken out of a store, with the records that it reaches.
    EXPORT_BYTES_MAX: usize = 64 << 20;
    /// A data file of `abide run`. Places in it have 32 bits; it is never in memory as a whole.
    DATA_BYTES_MAX: u64 = u32::MAX as u64;
    /// A data file whose text is in memory as a whole while its mistakes are told; of a larger one, some lines are.
    DATA_TOLD_BYTES_MAX: u64 = 64 << 20;
    /// Records of a data file, and its events: a few dozen bytes of each are kept.
    DATA_ITEMS_MAX: usize = 50_000_000;
    /// Values of one record or event of a data file: it is in memory as a whole, some hundred bytes a value. Two lists of
    /// `LIST_ITEMS_MAX` fit.
    DATA_ITEM_VALUES_MAX: usize = 2_000_100;
    /// The text of one record or event of a data file.
    DATA_ITEM_BYTES_MAX: usize = 64 << 20;
    /// Mistakes that are told of one data file. Each may look for names that are near, among all names of the file.
    DATA_MESSAGES_MAX: usize = 100;
    /// One text value: what a mail body or a log line may hold.
    TEXT_BYTES_MAX: usize = 1 << 20;
    /// Elements of one list value.
    LIST_ITEMS_MAX: usize = 1_000_000;
    /// Slots of one function: the window of registers that an instruction can reach.
    SLOTS_MAX: u16 = 1024;
    /// Instructions of one function: what a target of 16 bits reaches.
    CODE_MAX: usize = (1 << 16) - 1;
    /// Calls of `fn` within each other.
    CALL_DEPTH_MAX: usize = 200;
    /// Heap of one running instance.
    HEAP_BYTES_MAX: usize = 64 << 20;
    /// Fuel of one turn: a back-edge, a call, or 64 bytes of bulk work each cost one.
    TURN_FUEL: u64 = 5_000_000;
    /// Processes that start each other: the ninth in a chain is refused (decision 42).
    CAUSAL_DEPTH_MAX: u32 = 8;
    /// Turns at one moment, before a simulation says that it comes to no rest.
    TURNS_MAX: u64 = 1_000_000;
    /// Starts of one process on one record by processes within an hour; stops slow rings that depth cannot see.
    STARTS_PER_RECORD_HOUR_MAX: u32 = 16;
    /// The highest number that `limit … at once` takes.
    RUNS_AT_ONCE_MAX: u32 = 1_000_000;
    /// Branches of a `parallel for each` that run at once where its author says nothing (decision 4).
    BRANCHES_AT_ONCE: i32 = 64;
    /// Rows that a query fetches from the store at a time.
    QUERY_BATCH: u32 = 256;
    /// Signals that wait in the mailbox of one instance.
    MAILBOX_MAX: usize = 1_000;
    /// Nested operations (a trigger that writes, whose trigger writes …) within one transaction.
    OPERATION_DEPTH_MAX: u32 = 32;
    /// `abide.toml`: a page of settings.
    MANIFEST_BYTES_MAX: usize = 1 << 20;
    /// Declarations of a project. Their numbers have 16 bits, and each entity may need two for its states.
    DECLARATIONS_MAX: usize = 20_000;
    /// Stages of a business process flow before a lint says that people lose their way.
    FLOW_STAGES_MAX: usize = 30;
    /// Steps of a stage before a lint says so.
    FLOW_STEPS_MAX: usize = 30;
    /// Entities of a flow before a lint says so.
    FLOW_ENTITIES_MAX: usize = 5;
    /// Flows that begin with one entity before a lint says so: people choose among them.
    FLOWS_PER_ENTITY_MAX: usize = 10;
    /// Pairs of a write and a process that it starts: what the search for rings holds. A large project has a tenth.
    STARTS_MAX: usize = 100_000;
    /// Fields of an entity or a record, inputs of a process: what fits into the slots of one function.
    FIELDS_MAX: usize = 1_000;
    /// Members of an enum.
    MEMBERS_MAX: usize = 10_000;
    /// Statuses of an entity; the list of allowed changes grows with the square.
    STATUSES_MAX: usize = 250;
    /// Entities that one type `A or B` stands for.
    ALTERNATIVES_MAX: usize = 1_000;
    /// Names of more characters get no "did you mean": the comparison grows with the square.
    SUGGESTED_NAME_MAX: usize = 64;
    /// The text of one pattern of `matches`.
    PATTERN_BYTES_MAX: usize = 1_000;
    /// What a pattern takes in memory.
    PATTERN_SIZE_MAX: usize = 1 << 20;
    /// Groups of a pattern within each other.
    PATTERN_NESTING_MAX: u32 = 50;

    /// How often a turn is tried again that failed for a reason that may pass by itself, such as a lost connection of an
    /// activity; then its instance is parked. With the delays that follow it is some three hours.
    RETRIES_MAX: u32 = 10;
    /// The first delay before such a turn is tried again, in microseconds: 10 seconds.
    RETRY_MICROS: i64 = 10_000_000;
    /// How many times as long each of these delays is as the one before.
    RETRY_FACTOR: u32 = 2;
    /// The longest of these delays, in microseconds: an hour.
    RETRY_LONGEST_MICROS: i64 = 3_600_000_000;
    /// How long an activity may take that says nothing about it, in microseconds: 2 minutes.
    ACTIVITY_MICROS: i64 = 120_000_000;
    /// Turns that one submitted page leads to at once, by dialogs that call each other; a worker goes on with more.
    DIALOG_TURNS_MAX: usize = 100;
    /// Pages that a dialog can go back: each keeps what the dialog held there, and a loop may show thousands.
    PAGES_BACK_MAX: usize = 50;
    /// The longest file of answers, in bytes: a session has some dozens.
    ANSWERS_BYTES_MAX: u64 = 4 << 20;
    /// The longest delay between two tries of a call outside, whatever the other side asks for, in microseconds: a day.
    JOB_DELAY_MAX: i64 = 86_400_000_000;
    /// Characters that a job keeps of why its last try failed.
    JOB_ERROR_MAX: usize = 500;
    /// Calls that one transaction takes, or puts back: it stays short.
    JOBS_AT_ONCE: u32 = 250;
    /// How long after its time limit a call belongs to who makes it, in microseconds: its answer has to be recorded.
    LEASE_MARGIN_MICROS: i64 = 30_000_000;
    /// Calls over HTTP that a worker has under way at once, if nothing else is said.
    CALLS_AT_ONCE: u32 = 64;
    /// The most that may be said: each is a thread.
    CALLS_AT_ONCE_MAX: u32 = 1_024;
    /// Bytes of an answer over HTTP.
    ANSWER_BYTES_MAX: u64 = 4 << 20;
    /// Bytes of a plug-in: it is part of every build that calls it.
    PLUGIN_BYTES_MAX: usize = 1 << 20;
    /// Bytes of memory that a plug-in may have.
    PLUGIN_MEMORY_MAX: usize = 16 << 20;
    /// Fuel of a plug-in for each millisecond that it may take: about as many instructions as the slowest machine of use does.
    PLUGIN_FUEL_MILLISECOND: u64 = 200_000;
    /// The most fuel of a call of a plug-in, whatever its time limit: some seconds, in which the store belongs to it.
    PLUGIN_FUEL_MAX: u64 = 1_000_000_000;
    /// Failures in a row after which the calls of a host are held back.
    CIRCUIT_FAILURES: u32 = 10;
    /// How long they are held back first, in microseconds: 30 seconds; then twice as long each time.
    CIRCUIT_MICROS: i64 = 30_000_000;
    /// The longest that they are held back, in microseconds: 10 minutes.
    CIRCUIT_LONGEST_MICROS: i64 = 600_000_000;
    /// Rows of an import that share a transaction. Others that write wait for its end, some 20 ms; alone each row would wait
    /// for the disk.
    IMPORT_BATCH: usize = 200;
    /// Reasons of refused rows that an import shows; all of them stand in its file.
    IMPORT_SHOWN_MAX: u64 = 10;
    /// How long the log tells what was refused, and what instances said that are gone: a week, in which somebody asks.
    REFUSED_MICROS: i64 = 7 * 86_400_000_000;
    /// How long the log tells what was done to records: a year, and what an audit after its end takes.
    HISTORY_MICROS: i64 = 400 * 86_400_000_000;
    /// How long a build stays that nothing refers to: as long as one may want to go back to it.
    BUILD_MICROS: i64 = 30 * 86_400_000_000;
    /// Rows that are deleted, or looked at for that, in one transaction: some 10 microseconds each, so that nobody waits for
    /// more than a few milliseconds.
    TIDIED_AT_ONCE: u32 = 250;
    /// How long a mail is left to who hands it over, in microseconds, before it is due again: 15 minutes, longer than a server
    /// is waited for.
    MAIL_LEASE_MICROS: i64 = 900_000_000;
    /// Mails that are handed over and not answered for: what one connection after the other takes in a moment.
    MAILS_AT_ONCE: usize = 4;
    /// Instances that are made ready at once when very many are due: what is ready runs between, and a commit stays short.
    DUE_AT_ONCE: u32 = 250;
}
