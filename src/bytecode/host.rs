//! What a program asks of its host: reads and writes of records, other processes, the clock.
//!
//! A request is an instruction that names a [`HostSite`]: the operation with its signature. Arguments lie in
//! consecutive slots in the order of `args`, each laid out by its type; the reply goes to consecutive slots. The
//! machine hands the request out as data ([`HostCall`]) and goes on when it is given the reply. The host may answer
//! with a fault instead, which is raised at the instruction.

use super::types::{
    ConfigIdx, FieldIdx, FormIdx, FuncIdx, ParticularIdx, ProcessIdx, QueryIdx, RecordIdx, SiteIdx, TypeIdx,
};
use crate::base::value::{Currency, EntityIdx, Value};

/// How a stored value changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the name of its operator")]
pub enum WriteOp {
    Set,
    Add,
    Subtract,
    Multiply,
    Append,
}

/// A field and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldWrite {
    /// The field.
    pub field: FieldIdx,
    /// How.
    pub op: WriteOp,
}

/// The states of an instance that tests ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum InstanceState {
    Ready,
    Waiting,
    Postponed,
    Parked,
    Paused,
    Queued,
    Running,
    Succeeded,
    Failed,
    Canceled,
}

/// What a rule does with a field of its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum RuleEffect {
    /// What a new record has where nothing else is given.
    Default,
    Hide,
    Lock,
    Optional,
    Recommend,
    Refuse,
    Require,
    Show,
    Unlock,
}

/// The operations. Each line says `arguments -> reply`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HostOp {
    // Reads.
    /// `Ref -> field's type`. Fault R04 if the record is gone. In a `before` process the primary record's fields read
    /// as they are about to be written.
    ReadField {
        /// The entity.
        entity: EntityIdx,
        /// The field.
        field: FieldIdx,
    },
    /// The same of an element of a query: as it is stored, also in a `before` process.
    ReadStored {
        /// The entity.
        entity: EntityIdx,
        /// The field.
        field: FieldIdx,
    },
    /// `-> Int`: the greatest id that was given to a record or an instance.
    LastId,
    /// `AnyRef -> the type that the field has in all alternatives`.
    ReadUnionField {
        /// The field in each alternative.
        fields: Vec<(EntityIdx, FieldIdx)>,
        /// Whether it is read of an element of a query: as it is stored.
        stored: bool,
    },
    /// `Ref or AnyRef -> Bool`: whether the record is gone.
    IsDeleted,
    /// `Ref or AnyRef -> Text`: the shown name; of a record that is gone `(deleted)`.
    ShownName {
        /// Whether it is that of an element of a query: of the record as it is stored.
        stored: bool,
    },
    /// `arguments of the conjuncts…, Int after, Int limit -> List(Ref)`: candidates with an id greater than `after`,
    /// ascending, at most `limit` (and `limits::QUERY_BATCH`).
    Query(QueryIdx),
    /// `arguments of the conjuncts… -> Int`: how many.
    Count(QueryIdx),
    /// `Ref low, Ref high -> Bool`: whether `low` is below `high` in the entity's hierarchy.
    Under {
        /// The entity.
        entity: EntityIdx,
        /// Whether a record is under itself.
        or_equal: bool,
    },
    /// `-> Ref`.
    Particular(ParticularIdx),
    /// `Money, Date -> MoneyIn(C)`: the amount in this currency at the rates of a day. Fault R0205 without a rate.
    Convert(Currency),
    /// `-> T`: the value of a setting.
    Config(ConfigIdx),
    /// `-> DateTime`: the moment of the turn's beginning in real time, the virtual clock in simulations.
    Now,
    /// `Int low, Int high -> Int`: both inclusive.
    Random,
    /// `-> Text`.
    Uuid,
    /// `-> Optional(Ref User)`: whose rights the steps have; none is the system.
    ProcessUser,
    /// `-> Optional(Ref User)`: who caused the start.
    ProcessCaller,
    /// `-> Optional(Ref User)`.
    ProcessOwner,
    /// `-> Int`.
    ProcessInstance,
    /// `-> Int`: the place in the causal chain, from 1.
    ProcessDepth,

    // Writes. Each is one statement: it happens whole or not at all.
    /// `values… -> Ref`.
    Create {
        /// The entity.
        entity: EntityIdx,
        /// The fields given.
        fields: Vec<FieldIdx>,
    },
    /// `Ref, operands… ->`.
    Update {
        /// The entity.
        entity: EntityIdx,
        /// What is written.
        writes: Vec<FieldWrite>,
    },
    /// `value ->`: a field of the primary record in a `before` process.
    SetPending {
        /// The entity.
        entity: EntityIdx,
        /// The field.
        field: FieldIdx,
    },
    /// `value ->`: an input of the action that a `before action` process stands before.
    SetInput(u16),
    /// `Ref ->`.
    ChangeStatus {
        /// The entity.
        entity: EntityIdx,
        /// The new status.
        status: i32,
    },
    /// `Ref or AnyRef, AnyRef owner ->`.
    AssignOwner,
    /// `Ref or AnyRef ->`.
    Delete,
    /// `Text ->`: a line in the log of the instance.
    Log,
    /// `->`: what follows happens whole or not at all.
    AtomicBegin,
    /// `->`: keeps it.
    AtomicCommit,
    /// `->`: undoes it.
    AtomicRollback,

    // Rules.
    /// What a rule says of its record: `default` takes `field's type ->`, `recommend` `field's type, Text title, Text
    /// details ->`, `refuse` and `require` `Text ->`, the others `->`.
    Rule {
        /// What.
        effect: RuleEffect,
        /// The entity.
        entity: EntityIdx,
        /// The field; none where the record as a whole is refused.
        field: Option<FieldIdx>,
    },

    // Other processes.
    /// `primary (if it has one), inputs… -> result (if it has one)`: runs the action in this transaction.
    CallAction(ProcessIdx),
    /// `primary (if it has one), inputs… -> Instance`: a child that is cancelled with its parent (`owned`, from `do`),
    /// or lives on (`start`).
    StartChild {
        /// The process.
        process: ProcessIdx,
        /// From `do`.
        owned: bool,
    },
    /// `Instance -> Bool ended`: in a wait also what to be woken by. If the child failed or was cancelled the reply is
    /// a fault.
    JoinChild(ProcessIdx),
    /// `Instance -> result`: of an ended child that has one.
    ChildResult(ProcessIdx),
    /// `Instance ->`.
    CancelInstance,
    /// `Optional(Ref User) ->`: `act as U { }` begins: the steps have these rights until `ActAsEnd`.
    ActAsBegin,
    /// `->`.
    ActAsEnd,

    // Activities.
    /// `Text key, primary (if it has one), inputs… -> result (if it has one)`: has the activity done by whom the embedding
    /// program registered. All tries of one call have one key.
    CallActivity {
        /// The activity.
        process: ProcessIdx,
        /// How long it may take, in microseconds.
        timeout: i64,
    },

    // Signals.
    /// `Record, Ref or AnyRef or Instance (if it has a receiver) ->`: into the mailboxes of those who may wait for it,
    /// and starts what begins with it.
    Emit(RecordIdx),
    /// `Int after -> Int key`: the first such signal in the mailbox of this instance behind `after`, or 0; in a wait
    /// also what to be woken by.
    MailNext(RecordIdx),
    /// `Int key -> Record`.
    MailRead(RecordIdx),
    /// `Int key ->`: it leaves the mailbox.
    MailTake,

    // Mails.
    /// `Text line, parties… -> List(Text)`: the addresses of users, teams, queues, texts and lists of them, for a line of a
    /// mail; absent ones are skipped. Fault R0515 where one has no usable address.
    Addresses,
    /// `Ref or AnyRef -> Text`: where people find the record.
    Url,
    // Forms.
    /// `Ref or AnyRef owner, Text title, Optional(DateTime) due -> Ref Form`: a form in the inbox of a user or team; it is
    /// withdrawn when the instance comes to rest without waiting for it, and when the instance ends.
    FormOpen(FormIdx),
    /// `Ref Form -> Bool`: whether it is answered; in a wait also what to be woken by. Fault R0518 if it was canceled.
    FormAnswered,
    /// `Ref Form -> Record`: the answers.
    FormAnswers(RecordIdx),
    /// `Text title, then for each part: Text (say); Text question, Text help, default, List choices (ask, as far as the
    /// form has them) ->`: shows a page in the session of the dialog.
    PageShow(FormIdx),
    /// `-> Bool`: whether the turn began with the answers of the page that is shown.
    PageAnswered,
    /// `-> Record`: these answers.
    PageAnswers(RecordIdx),

    // Branches.
    /// `Int wanted ->`: a `parallel` begins; when so many branches have ended the others are cancelled, 0 stands for all.
    BranchesBegin,
    /// `values… ->`: a branch that begins in a turn of its own, with the parameters of its function.
    BranchStart {
        /// The function.
        function: FuncIdx,
        /// Whether what it gives is kept until the `parallel` ends.
        kept: bool,
    },
    /// `Int -> Bool`: whether at most so many branches run; in a wait also what to be woken by.
    BranchesAtMost,
    /// `-> Bool`: whether as many have ended as are wanted.
    BranchesEnough,
    /// `->`: cancels the branches that run; their `finally` and undo blocks have run then.
    BranchesCancel,
    /// `Int ordinal -> Bool`: whether this branch, from 1, has come to its end by itself.
    BranchDone,
    /// `Int ordinal -> result of the function`: what a branch has given.
    BranchResult(FuncIdx),
    /// `-> List(result of the function)`: what the branches have given, in order.
    BranchResults(FuncIdx),
    /// `->`: the `parallel` ends, and its branches with it.
    BranchesEnd,

    // Sagas.
    /// `-> Int`: a saga begins; what is noted from here on is behind this number.
    SagaBegin,
    /// `values… ->`: notes an undo block with the parameters of its function.
    UndoNote(FuncIdx),
    /// `Int ->`: runs what was noted behind the number, the last first, and forgets it.
    SagaUndo,
    /// `Int ->`: forgets what was noted behind the number.
    SagaEnd,

    // Waiting.
    /// `->`: forget what was watched; from here on every record read, every query by a reference and every joined
    /// child is noted as something that wakes the instance, until it suspends or `WatchEnd`.
    WatchBegin,
    /// `DateTime ->`: also wake at this moment.
    WatchMoment,
    /// `->`: an arm was taken; forget what was watched.
    WatchEnd,

    // Tests.
    /// `values… -> Ref`: create with the rights of the system.
    TestGiven {
        /// The entity.
        entity: EntityIdx,
        /// The fields given.
        fields: Vec<FieldIdx>,
    },
    /// `Ref User ->`: the owner of the process from here on.
    TestGivenProcess(ProcessIdx),
    /// `Optional(Ref User) ->`: for what follows.
    TestActAs,
    /// `Duration ->`: moves the clock; what falls due runs in order.
    TestAdvance,
    /// `DateTime ->`.
    TestAdvanceTo,
    /// `Duration ->`: moves the clock while nothing runs, then runs what is late.
    TestStandstill,
    /// `->`: background work runs until idle; after each statement of a test.
    TestIdle,
    /// `-> Int`: how many instances of the process are in the state.
    TestCount {
        /// The process.
        process: ProcessIdx,
        /// The state.
        state: InstanceState,
    },
    /// `-> Int`: how many instances of the process there are.
    TestCountAll(ProcessIdx),
    /// `Text ->`: the test has failed here with this message.
    TestFail,
    /// `inputs…, answer (if there is one) ->`: what the activity answers from here on where these inputs are so.
    TestMock {
        /// The activity.
        process: ProcessIdx,
        /// Which inputs; the primary record is the first.
        inputs: Vec<u16>,
        /// The answer is an error.
        raises: Option<RecordIdx>,
    },
    /// `->`: gives up parked instances of the process.
    TestGiveUp(ProcessIdx),
    /// `->`: retries parked instances of the process.
    TestRetry(ProcessIdx),
    /// `value ->`: what the setting is from here on.
    TestGivenConfig(ConfigIdx),
    /// `Text template, List(Text) addresses (if it says to whom) ->`: fails unless such a mail was sent.
    TestSent {
        /// Fails if one was.
        negated: bool,
    },
    /// `Ref User, values… ->`: fills in the oldest form in the inbox of a user.
    TestAnswerForm {
        /// The names of the answers.
        fields: Vec<String>,
    },
    /// `values… ->`: submits the page that is shown in the oldest open session of a dialog.
    TestAnswerPage {
        /// The dialog.
        process: ProcessIdx,
        /// The names of the answers.
        fields: Vec<String>,
    },
    /// `->`: goes back to the page before, in the oldest open session of a dialog.
    TestBack(ProcessIdx),
}

impl HostOp {
    /// Whether it reads records, settings or the clock, and changes nothing.
    #[must_use]
    pub fn is_read(&self) -> bool {
        matches!(
            self,
            HostOp::ReadField { .. }
                | HostOp::ReadStored { .. }
                | HostOp::LastId
                | HostOp::ReadUnionField { .. }
                | HostOp::IsDeleted
                | HostOp::ShownName { .. }
                | HostOp::Under { .. }
                | HostOp::Query(_)
                | HostOp::Count(_)
                | HostOp::Particular(_)
                | HostOp::Convert(_)
                | HostOp::Config(_)
                | HostOp::Now
                | HostOp::Addresses
                | HostOp::Url
        )
    }

    /// Whether it reads a fact of the running process.
    #[must_use]
    pub fn is_fact(&self) -> bool {
        matches!(
            self,
            HostOp::ProcessUser
                | HostOp::ProcessCaller
                | HostOp::ProcessOwner
                | HostOp::ProcessInstance
                | HostOp::ProcessDepth
        )
    }
}

/// A request with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSite {
    /// What is asked.
    pub op: HostOp,
    /// The arguments.
    pub args: Vec<TypeIdx>,
    /// The reply.
    pub result: Option<TypeIdx>,
}

/// A request as the machine hands it out.
#[derive(Clone, Debug, PartialEq)]
pub struct HostCall {
    /// Which: the operation is `module.sites[site].op`.
    pub site: SiteIdx,
    /// The arguments.
    pub args: Vec<Value>,
}
