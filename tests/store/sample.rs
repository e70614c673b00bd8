//! A schema with a column of each kind.

use std::sync::Arc;

use abide::{
    base::value::{Currency, EntityIdx, RecordRef, Value},
    bytecode::types::FieldIdx,
    engine::store::{
        Instance, LogEntry, LogKind, Row, Schema, Status,
        schema::{Column, Kind, Member, Table},
    },
};

pub(super) const COMPANY: EntityIdx = EntityIdx(0);
pub(super) const DEAL: EntityIdx = EntityIdx(1);

pub(super) const NAME: FieldIdx = FieldIdx(1);
pub(super) const PARENT: FieldIdx = FieldIdx(2);

pub(super) const TITLE: FieldIdx = FieldIdx(1);
pub(super) const CUSTOMER: FieldIdx = FieldIdx(2);
pub(super) const REGARDING: FieldIdx = FieldIdx(3);
pub(super) const SCORE: FieldIdx = FieldIdx(4);
pub(super) const VALUE: FieldIdx = FieldIdx(5);
pub(super) const CLOSE_ON: FieldIdx = FieldIdx(8);

fn column(field: &str, kind: Kind, optional: bool) -> Column {
    Column { field: field.into(), name: field.into(), kind, optional }
}

pub(super) fn schema() -> Arc<Schema> {
    let company = Table {
        entity: "Company".into(),
        name: "company".into(),
        columns: vec![
            column("id", Kind::Int, false),
            column("name", Kind::Text, false),
            column("parent", Kind::Ref(COMPANY), true),
            column("created_by", Kind::Ref(COMPANY), true),
        ],
        unique: vec![vec![NAME, PARENT]],
    };
    let address = vec![
        ("street".to_owned(), Member { kind: Kind::Text, optional: false }),
        ("number".to_owned(), Member { kind: Kind::Int, optional: true }),
    ];
    let deal = Table {
        entity: "Deal".into(),
        name: "deal".into(),
        columns: vec![
            column("id", Kind::Int, false),
            column("title", Kind::Text, false),
            column("customer", Kind::Ref(COMPANY), false),
            column("regarding", Kind::AnyRef, true),
            column("score", Kind::Int, false),
            column("value", Kind::Money(Currency(*b"USD")), true),
            column("rating", Kind::Enum, false),
            column("open", Kind::Bool, false),
            column("close_on", Kind::Date, true),
            column("at", Kind::Time, true),
            column("seen", Kind::DateTime, true),
            column("patience", Kind::Duration, true),
            column("rate", Kind::Decimal, true),
            column("weight", Kind::Float, true),
            column("tags", Kind::List(Box::new(Member { kind: Kind::Text, optional: false })), false),
            column("address", Kind::Record(address), true),
            column("order", Kind::Instance, true),
        ],
        unique: vec![vec![TITLE, CUSTOMER]],
    };
    Arc::new(Schema { tables: vec![company, deal] })
}

pub(super) fn at(entity: EntityIdx, id: i64) -> RecordRef {
    RecordRef { entity, id }
}

pub(super) fn text(t: &str) -> Value {
    Value::Text(t.into())
}

pub(super) fn company(id: i64, name: &str, parent: Option<i64>) -> Row {
    let parent = parent.map_or(Value::None, |id| Value::Ref(at(COMPANY, id)));
    vec![Value::Int(id), text(name), parent, Value::None]
}

pub(super) fn deal(id: i64, title: &str, customer: i64, score: i64) -> Row {
    let mut row = vec![
        Value::Int(id),
        text(title),
        Value::Ref(at(COMPANY, customer)),
        Value::None,
        Value::Int(score),
        Value::None,
        Value::Enum(2),
        Value::Bool(true),
    ];
    row.resize(14, Value::None);
    row.extend([Value::List(vec![]), Value::None, Value::None]);
    row
}

pub(super) fn instance(id: i64) -> Instance {
    Instance {
        id,
        process: "Chase".into(),
        build: "b1".into(),
        primary: None,
        owner: None,
        caller: None,
        user: None,
        acting: vec![],
        asks: abide::engine::store::Asks::default(),
        parent: None,
        branch: None,
        branches: None,
        ordinal: None,
        owned: false,
        status: Status::Waiting,
        queue: None,
        due: None,
        arguments: vec![],
        slot: None,
        condition: None,
        snapshot: None,
        point: None,
        fault: None,
        message: String::new(),
        result: None,
        depth: 1,
        cancel: None,
        created: 10,
        changed: 10,
    }
}

pub(super) fn note(message: &str) -> LogEntry {
    LogEntry { message: message.into(), ..LogEntry::new(5, LogKind::Note) }
}
