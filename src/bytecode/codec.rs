//! The only place that knows `bincode`: primitive values, and how each table of a module lies on the wire.
//!
//! Wire types are flat: structs are their fields in order, enums a number and their fields, lists a length and their
//! elements, constants a list of nodes without nesting. Numbers are little-endian with `bincode`'s variable length.
//! Lists grow with what was really read, so that a length that lies costs nothing, and what they take is counted against
//! a budget. `FORMAT.md` describes every byte.

use std::{cell::Cell, rc::Rc};

use bincode::{
    Decode, Encode,
    de::{Decoder, read::Reader},
    enc::Encoder,
    error::{DecodeError, EncodeError},
};
use rust_decimal::Decimal;

use super::{
    host::{FieldWrite, HostOp, HostSite, InstanceState, RuleEffect, WriteOp},
    module::*,
    types::*,
};
use crate::base::{
    limits::{BUILD_BYTES_MAX, NESTING_MAX},
    numbering::NumberPiece,
    schedule::{Schedule, WallTimes},
    value::{Currency, Duration, EntityIdx, Money, RecordRef, Value},
};

/// Bytes that do not mean what they should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecError(pub String);

/// Something that has a form on the wire.
pub trait Wire: Sized {
    /// Writes it.
    ///
    /// # Errors
    /// If the writer has no room.
    fn put<E: Encoder>(&self, to: &mut E) -> Result<(), EncodeError>;
    /// Reads it.
    ///
    /// # Errors
    /// If the bytes are no value of it.
    fn take<D: Decoder<Context = Budget>>(from: &mut D) -> Result<Self, DecodeError>;
}

/// Makes a `Wire` type known to `bincode`.
struct Flat<T>(T);

impl<T: Wire> Encode for Flat<&T> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.0.put(encoder)
    }
}

impl<T: Wire> Decode<Budget> for Flat<T> {
    fn decode<D: Decoder<Context = Budget>>(decoder: &mut D) -> Result<Self, DecodeError> {
        T::take(decoder).map(Flat)
    }
}

/// To bytes.
///
/// # Errors
/// If a length does not fit.
pub fn encode<T: Wire>(value: &T) -> Result<Vec<u8>, CodecError> {
    bincode::encode_to_vec(Flat(value), bincode::config::standard()).map_err(|error| CodecError(error.to_string()))
}

/// From exactly these bytes, within what the budget allows.
///
/// # Errors
/// If they are no value of the type, bytes are left, or the budget is used up.
pub fn decode<T: Wire>(bytes: &[u8], budget: &Budget) -> Result<T, CodecError> {
    // LIMIT: BUILD_BYTES_MAX
    let config = bincode::config::standard().with_limit::<BUILD_BYTES_MAX>();
    let (Flat(value), used) = bincode::decode_from_slice_with_context::<_, Flat<T>, _>(bytes, config, budget.clone())
        .map_err(|error| match error {
        DecodeError::Other(what) => CodecError(what.to_owned()),
        DecodeError::UnexpectedEnd { .. } => CodecError("a section is cut off".to_owned()),
        other => CodecError(other.to_string()),
    })?;
    if used == bytes.len() { Ok(value) } else { Err(CodecError("bytes are left over".to_owned())) }
}

/// How much memory what is decoded may still take. Clones share it.
#[derive(Clone, Debug)]
pub struct Budget(Rc<Cell<usize>>);

impl Budget {
    /// So many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self(Rc::new(Cell::new(bytes)))
    }

    fn spend(&self, bytes: usize) -> Result<(), DecodeError> {
        let left = self.0.get().checked_sub(bytes);
        self.0.set(left.ok_or(DecodeError::Other("its tables take more memory than they may"))?);
        Ok(())
    }
}

fn bad<T>(what: &'static str) -> Result<T, DecodeError> {
    Err(DecodeError::Other(what))
}

/// Numbers as `bincode` writes them.
macro_rules! wire_numbers {
    ($($ty:ty),*) => {
        $(impl Wire for $ty {
            fn put<E: Encoder>(&self, to: &mut E) -> Result<(), EncodeError> {
                Encode::encode(self, to)
            }
            fn take<D: Decoder<Context = Budget>>(from: &mut D) -> Result<Self, DecodeError> {
                Decode::decode(from)
            }
        })*
    };
}

wire_numbers!(u8, u16, u32, u64, i32, i64);

impl Wire for bool {
    fn put<E: Encoder>(&self, to: &mut E) -> Result<(), EncodeError> {
        u8::from(*self).put(to)
    }
    fn take<D: Decoder<Context = Budget>>(from: &mut D) -> Result<Self, DecodeError> {
        match u8::take(from)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => bad("a truth that is neither 0 nor 1"),
        }
    }
}

fn put_length<E: Encoder>(length: usize, to: &mut E) -> Result<(), EncodeError> {
    u32::try_from(length).map_err(|_| EncodeError::Other("a list is too long"))?.put(to)
}

impl Wire for String {
    fn put<E: Encoder>(&self, to: &mut E) -> Result<(), EncodeError> {
        put_length(self.len(), to)?;
        bincode::enc::write::Writer::write(to.writer(), self.as_bytes())
    }
    fn take<D: Decoder<Context = Budget>>(from: &mut D) -> Result<Self, DecodeError> {
        let length = u32::take(from)? as usize;
        from.claim_bytes_read(length)?;
        from.context().spend(length)?;
        let Some(bytes) = from.reader().peek_read(length) else { return bad("a text is cut off") };
        let text =
            std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| DecodeError::Other("a text is no UTF-8"))?;
        from.reader().consume(length);
        Ok(text)
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put<E: Encoder>(&self, to: &mut E) -> Result<(), EncodeError> {
        put_length(self.len(), to)?;
        self.iter().try_for_each(|item| item.put(to))
    }
    fn take<D: Decoder<Context = Budget>>(from: &mut D) -> Result<Self, DecodeError> {
        let length = u32::take(from)?;
        // Every element takes a byte at least: so a length that lies is found before much is allocated.
        let mut items = Vec::new();
        for _ in 0..length {
            from.context().spend(size_of::<T>())?;
            items.push(T::take(from)?);
        }
        Ok(items)
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put<E: Encoder>(&self, to: &mut E) -> Result<(), EncodeError> {
        self.is_some().put(to)?;
        self.iter().try_for_each(|item| item.put(to))
    }
    fn take<D: Decoder<Context = Budget>>(from: &mut D) -> Result<Self, DecodeError> {
        if bool::take(from)? { T::take(from).map(Some) } else { Ok(None) }
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn put<E: Encoder>(&self, to: &mut E) -> Result<(), EncodeError> {
        self.0.put(to)?;
        self.1.put(to)
    }
    fn take<D: Decoder<Context = Budget>>(from: &mut D) -> Result<Self, DecodeError> {
        Ok((A::take(from)?, B::take(from)?))
    }
}

impl Wire for Currency {
    fn put<E: Encoder>(&self, to: &mut E) -> Result<(), EncodeError> {
        self.0.iter().try_for_each(|byte| byte.put(to))
    }
    fn take<D: Decoder<Context = Budget>>(from: &mut D) -> Result<Self, DecodeError> {
        let currency = Self([u8::take(from)?, u8::take(from)?, u8::take(from)?]);
        if currency.0.iter().all(u8::is_ascii_uppercase) { Ok(currency) } else { bad("no currency") }
    }
}

/// Index newtypes are their numbers.
macro_rules! wire_indexes {
    ($($name:ident),*) => {
        $(impl Wire for $name {
            fn put<E: Encoder>(&self, to: &mut E) -> Result<(), EncodeError> {
                self.0.put(to)
            }
            fn take<D: Decoder<Context = Budget>>(from: &mut D) -> Result<Self, DecodeError> {
                Wire::take(from).map(Self)
            }
        })*
    };
}

wire_indexes!(
    ConfigIdx,
    ConstIdx,
    EntityIdx,
    EnumIdx,
    FieldIdx,
    FormIdx,
    FuncIdx,
    ParticularIdx,
    PointIdx,
    ProcessIdx,
    QueryIdx,
    RecordIdx,
    SiteIdx,
    SlotIdx,
    TypeIdx,
    Word
);

/// Structs are their fields in order.
macro_rules! wire_structs {
    ($($name:ident { $($field:ident),* $(,)? })*) => {
        $(impl Wire for $name {
            fn put<E: Encoder>(&self, to: &mut E) -> Result<(), EncodeError> {
                $(self.$field.put(to)?;)*
                Ok(())
            }
            fn take<D: Decoder<Context = Budget>>(from: &mut D) -> Result<Self, DecodeError> {
                Ok(Self { $($field: Wire::take(from)?),* })
            }
        })*
    };
}

/// Enums are a number and the fields of the variant.
macro_rules! wire_enums {
    ($($name:ident { $($tag:literal $variant:ident $(($($item:ident),*))? $({$($field:ident),*})?,)* })*) => {
        $(impl Wire for $name {
            fn put<E: Encoder>(&self, writer: &mut E) -> Result<(), EncodeError> {
                match self {
                    $($name::$variant $(($($item),*))? $({$($field),*})? => {
                        u8::put(&$tag, writer)?;
                        $($($item.put(writer)?;)*)?
                        $($($field.put(writer)?;)*)?
                    })*
                }
                Ok(())
            }
            fn take<D: Decoder<Context = Budget>>(reader: &mut D) -> Result<Self, DecodeError> {
                match u8::take(reader)? {
                    $($tag => {
                        $($(let $item = Wire::take(reader)?;)*)?
                        $($(let $field = Wire::take(reader)?;)*)?
                        Ok($name::$variant $(($($item),*))? $({$($field),*})?)
                    })*
                    _ => bad(concat!("no ", stringify!($name))),
                }
            }
        })*
    };
}

wire_structs! {
    Meta { name, version, currency, zone, tzdb, compiler }
    EnumDef { name, members }
    MemberDef { name, value, label }
    RecordDef { name, kind, fields }
    ParamDef { name, ty, default }
    FieldDef {
        name, column, ty, system, default, low, high, text_max, places, numbering, on_delete, caseless, private,
    }
    StatesDef { state, status, state_of, changes }
    EntityDef {
        name, table, owned_by_user, creatable, audited, activity, fields, states, unique, shown_as, hierarchy,
    }
    Function { name, kind, params, result, slots, code, handlers, tables }
    Handler { start, end, target, fault, always }
    JumpTable { first, targets, otherwise }
    TriggerDef { entity, phase, event }
    ConditionDef { function, captures }
    ProcessDef {
        name, kind, primary, inputs, result, body, captures, triggers, only_if, on_demand, called, run_as, rank, keep,
        zone, independent, limit, scope, activity,
    }
    ActivityDef { timeout, retry, record, by }
    RetryDef { times, after, doubling, up_to }
    HttpDef { method, texts, url, headers }
    HeaderDef { name, value }
    PluginDef { file, function, bytes }
    LimitDef { count, per, when_full }
    Conjunct { path, op, argument }
    QueryDef { entity, conjuncts, complete }
    ConfigDef { name, ty, text_max, default }
    ParticularDef { entity, key }
    FormDef { name, record, parts }
    AskDef { text_max, help, default, choices, fixed, radio }
    RoleDef { name, member, rights }
    RightDef { verb, target, depth }
    FlowDef { name, bindings, stages, next, missing, applied, order, roles }
    FlowBindingDef { record, entity, via }
    FlowViaDef { from, field, forward }
    FlowStageDef { name, record, category, steps, buttons, leads_to }
    FlowStepDef { title, record, fields, required }
    FlowButtonDef { title, process }
    PointDef { name, kind, function, pc, live, names, arms, handles_deletion, size_bound }
    ArmWords { words, is_timed }
    LiveName { name, slot, ty, private }
    NameScope { name, from, to }
    TestDef { title, body, at, zone, file, line }
    Debug { files, lines, names }
    LineEntry { pc, file, line, column, stage }
    HostSite { op, args, result }
    FieldWrite { field, op }
    Duration { months, days, micros }
    WallTimes { minutes, hours, days, months, weekdays, either, clamp }
    Money { amount, currency }
    RecordRef { entity, id }
}

wire_enums! {
    TypeDef {
        0 AnyRef, 1 Bool, 2 Date, 3 DateTime, 4 Decimal, 5 Duration, 6 Enum(a), 7 Fault, 8 Float, 9 Instance, 10 Int,
        11 List(a), 12 Money, 13 MoneyIn(a), 14 Optional(a), 15 Record(a), 16 Ref(a), 17 Set(a), 18 Text, 19 Time,
    }
    SlotKind {
        0 Bool, 1 Date, 2 DateTime, 3 DecimalHigh, 4 DecimalLow, 5 DurationDays, 6 DurationMicros, 7 Enum(a), 8 Fault,
        9 Float, 10 Instance, 11 Int, 12 List(a), 13 MoneyAmount, 14 MoneyCurrency, 15 Record(a), 16 Ref(a),
        17 RefEntity, 18 RefId, 19 Text, 20 Time,
    }
    SystemField {
        0 Id, 1 CreatedOn, 2 CreatedBy, 3 ModifiedOn, 4 ModifiedBy, 5 Version, 6 Owner, 7 OwningUnit, 8 State, 9 Status,
        10 Currency, 11 ExchangeRate,
    }
    DefaultDef { 0 None, 1 Const(a), 2 Function(a), }
    NumberPiece { 0 Text(a), 1 Year, 2 ShortYear, 3 Month, 4 Day, 5 Sequence(a), }
    OnDelete { 0 Restrict, 1 Clear, 2 Cascade, }
    Schedule { 0 Every(a), 1 Wall(a), }
    RecordKind { 0 Plain, 1 Error, 2 Signal, }
    FunctionKind { 0 Pure, 1 Condition, 2 Process, 3 Test, 4 Rule, 5 Branch, 6 Undo, }
    RunAs { 0 Owner, 1 Caller, }
    ProcessKind { 0 Background, 1 Realtime, 2 Action, 3 Activity, 4 Dialog, 5 Rule, }
    Phase { 0 Background, 1 Before, 2 After, 3 Form, }
    TriggerEvent {
        0 Created, 1 Updated(a), 2 Written(a), 3 StatusChanged { from, to }, 4 Assigned, 5 Deleted, 6 Action(a),
        7 Signal(a), 8 Schedule { schedule, zone }, 9 Loaded, 10 Edited, 11 Saved,
    }
    Capture {
        0 OldPresent, 1 Old(a), 2 Last(a), 3 Changed(a), 4 TriggerKind, 5 TriggerUser, 6 TriggerAt, 7 TriggerStage,
        8 Input(a), 9 Result, 10 TriggerSignal,
    }
    RightVerb {
        0 Create, 1 Read, 2 Update, 3 Delete, 4 Assign, 5 Share, 6 Run,
    }
    RightTarget { 0 Any, 1 Entity(a), 2 Process(a), }
    RightDepth { 0 Own, 1 Unit, 2 UnitTree, 3 Organization, }
    Keep { 0 ForEver, 1 Nothing, 2 For(a), }
    WhenFull { 0 Queue, 1 Skip, 2 NewestWins, }
    Scope { 0 Organization, 1 User, 2 Unit, 3 UnitTree, }
    ActivityBy { 0 Native, 1 Http(a), 2 Worker(a), 3 Wasm(a), }
    PieceDef { 0 Plain, 1 Escaped, 2 Secret(a), }
    CompareOp {
        0 Equal, 1 NotEqual, 2 Less, 3 LessEqual, 4 Greater, 5 GreaterEqual, 6 IsNone, 7 IsPresent,
    }
    FormPart { 0 Say, 1 Ask(a), }
    PointKind { 0 Checkpoint, 1 Do, 2 Child, 3 Wait, 4 Page, 5 Parallel, }
    StepRequired { 0 Never, 1 Sometimes, 2 Always, }
    WriteOp { 0 Set, 1 Add, 2 Subtract, 3 Multiply, 4 Append, }
    InstanceState {
        0 Ready, 1 Waiting, 2 Postponed, 3 Parked, 4 Paused, 5 Running, 6 Succeeded, 7 Failed, 8 Canceled,
        9 Queued,
    }
    HostOp {
        0 ReadField { entity, field }, 1 ReadUnionField { fields, stored }, 2 IsDeleted, 3 ShownName { stored }, 4 Query(a), 5 Count(a),
        6 Under { entity, or_equal }, 7 Particular(a), 8 Now, 9 Random, 10 Uuid, 11 ProcessUser, 12 ProcessCaller,
        13 ProcessOwner, 14 ProcessInstance, 15 ProcessDepth, 16 Create { entity, fields }, 17 Update { entity, writes },
        18 SetPending { entity, field }, 19 SetInput(a), 20 ChangeStatus { entity, status }, 21 AssignOwner, 22 Delete, 23 Log,
        24 AtomicBegin, 25 AtomicCommit, 26 AtomicRollback, 27 CallAction(a), 28 StartChild { process, owned },
        29 JoinChild(a), 30 ChildResult(a), 31 CancelInstance, 32 ActAsBegin, 33 ActAsEnd, 34 WatchBegin,
        35 WatchMoment, 36 WatchEnd, 37 TestGiven { entity, fields }, 38 TestGivenProcess(a), 39 TestActAs,
        40 TestAdvance, 41 TestAdvanceTo, 42 TestStandstill, 43 TestIdle, 44 TestCount { process, state },
        45 TestCountAll(a), 46 TestFail, 47 TestGiveUp(a), 48 TestRetry(a), 49 Emit(a), 50 MailNext(a),
        51 MailRead(a), 52 MailTake, 53 Convert(a), 54 CallActivity { process, timeout },
        55 TestMock { process, inputs, raises }, 56 Config(a), 57 ReadStored { entity, field }, 58 LastId,
        59 TestGivenConfig(a), 60 Addresses, 61 Url, 62 TestSent { negated },
        63 FormOpen(a), 64 FormAnswered, 65 FormAnswers(a), 66 PageShow(a), 67 PageAnswered, 68 PageAnswers(a),
        69 TestAnswerForm { fields }, 70 TestAnswerPage { process, fields }, 71 TestBack(a), 72 Rule { effect, entity, field },
        73 BranchesBegin, 74 BranchStart { function, kept }, 75 BranchesAtMost, 76 BranchesEnough, 77 BranchesCancel,
        78 BranchDone, 79 BranchResult(a), 80 BranchResults(a), 81 BranchesEnd, 82 SagaBegin, 83 UndoNote(a),
        84 SagaUndo, 85 SagaEnd,
    }
    RuleEffect {
        0 Default, 1 Hide, 2 Lock, 3 Optional, 4 Recommend, 5 Refuse, 6 Require, 7 Show, 8 Unlock,
    }
}

/// A constant, flat: what a list or record holds stands before it.
enum Node {
    None,
    Bool(bool),
    Int(i64),
    Decimal(PlainDecimal),
    Float(u64),
    Money(Money),
    Text(String),
    Date(i32),
    Time(i64),
    DateTime(i64),
    Duration(Duration),
    Enum(i32),
    Ref(RecordRef),
    Instance(i64),
    List(u32),
    Record(u32),
}

/// A decimal as numbers.
struct PlainDecimal {
    low: u64,
    high: u32,
    scale: u8,
    negative: bool,
}

wire_structs! { PlainDecimal { low, high, scale, negative } }

wire_enums! {
    Node {
        0 None, 1 Bool(a), 2 Int(a), 3 Decimal(a), 4 Float(a), 5 Money(a), 6 Text(a), 7 Date(a), 8 Time(a),
        9 DateTime(a), 10 Duration(a), 11 Enum(a), 12 Ref(a), 13 Instance(a), 14 List(a), 15 Record(a),
    }
}

impl Wire for Value {
    fn put<E: Encoder>(&self, to: &mut E) -> Result<(), EncodeError> {
        let mut nodes = Vec::new();
        flatten(self, &mut nodes)?;
        nodes.put(to)
    }
    fn take<D: Decoder<Context = Budget>>(from: &mut D) -> Result<Self, DecodeError> {
        // Values that are complete, with how deep each nests.
        let mut stack: Vec<(Value, usize)> = Vec::new();
        for _ in 0..u32::take(from)? {
            from.context().spend(size_of::<(Value, usize)>())?;
            let (value, depth) = match Node::take(from)? {
                Node::List(count) => gather(&mut stack, count, Value::List)?,
                Node::Record(count) => gather(&mut stack, count, Value::Record)?,
                other => (scalar(other)?, 1),
            };
            stack.push((value, depth));
        }
        match (stack.pop(), stack.is_empty()) {
            (Some((value, _)), true) => Ok(value),
            _ => bad("a constant is not one value"),
        }
    }
}

fn flatten(value: &Value, nodes: &mut Vec<Node>) -> Result<(), EncodeError> {
    let node = match value {
        Value::None => Node::None,
        Value::Bool(truth) => Node::Bool(*truth),
        Value::Int(number) => Node::Int(*number),
        Value::Decimal(number) => {
            let parts = number.unpack();
            let low = u64::from(parts.lo) | u64::from(parts.mid) << 32;
            let scale = u8::try_from(parts.scale).unwrap_or_default();
            Node::Decimal(PlainDecimal { low, high: parts.hi, scale, negative: parts.negative })
        }
        Value::Float(number) => Node::Float(number.to_bits()),
        Value::Money(money) => Node::Money(*money),
        Value::Text(text) => Node::Text(text.clone()),
        Value::Date(days) => Node::Date(*days),
        Value::Time(micros) => Node::Time(*micros),
        Value::DateTime(micros) => Node::DateTime(*micros),
        Value::Duration(duration) => Node::Duration(*duration),
        Value::Enum(number) => Node::Enum(*number),
        Value::Ref(record) => Node::Ref(*record),
        Value::Instance(id) => Node::Instance(*id),
        Value::List(values) | Value::Record(values) => {
            values.iter().try_for_each(|value| flatten(value, nodes))?;
            let count = u32::try_from(values.len()).map_err(|_| EncodeError::Other("a constant is too long"))?;
            if matches!(value, Value::List(_)) { Node::List(count) } else { Node::Record(count) }
        }
    };
    nodes.push(node);
    Ok(())
}

fn gather(
    stack: &mut Vec<(Value, usize)>,
    count: u32,
    make: fn(Vec<Value>) -> Value,
) -> Result<(Value, usize), DecodeError> {
    let Some(start) = stack.len().checked_sub(count as usize) else { return bad("a constant lacks elements") };
    let parts = stack.split_off(start);
    let depth = 1 + parts.iter().map(|(_, depth)| *depth).max().unwrap_or_default();
    // What drops or compares values walks them: they nest as deep as types may.
    if depth > 2 * NESTING_MAX {
        return bad("a constant nests too deeply");
    }
    Ok((make(parts.into_iter().map(|(value, _)| value).collect()), depth))
}

fn scalar(node: Node) -> Result<Value, DecodeError> {
    Ok(match node {
        Node::None => Value::None,
        Node::Bool(truth) => Value::Bool(truth),
        Node::Int(number) => Value::Int(number),
        Node::Decimal(plain) => {
            if u32::from(plain.scale) > Decimal::MAX_SCALE {
                return bad("a decimal has too many places");
            }
            let half = |bits: u64| u32::try_from(bits & 0xFFFF_FFFF).unwrap_or_default();
            let (lo, mid) = (half(plain.low), half(plain.low >> 32));
            Value::Decimal(Decimal::from_parts(lo, mid, plain.high, plain.negative, u32::from(plain.scale)))
        }
        Node::Float(bits) => Value::Float(f64::from_bits(bits)),
        Node::Money(money) => Value::Money(money),
        Node::Text(text) => Value::Text(text),
        Node::Date(days) => Value::Date(days),
        Node::Time(micros) => Value::Time(micros),
        Node::DateTime(micros) => Value::DateTime(micros),
        Node::Duration(duration) => Value::Duration(duration),
        Node::Enum(number) => Value::Enum(number),
        Node::Ref(record) => Value::Ref(record),
        Node::Instance(id) => Value::Instance(id),
        Node::List(_) | Node::Record(_) => return bad("a list is no scalar"),
    })
}
