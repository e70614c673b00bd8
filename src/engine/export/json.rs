//! Instances and what wakes them as the JSON of an export, and back. Everything has its name there, not its number.

use serde_json::{Value as Json, json};

use crate::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::types::FuncIdx,
    engine::{
        Engine,
        store::{
            Asks, Branch, Branches, Instance, Status, StoredFault, Subscription,
            asks::{from_hex, to_hex},
            codec,
        },
    },
};

impl Engine {
    fn record_to_json(&self, entity: EntityIdx, id: i64) -> Json {
        json!([self.entity_name(entity), id])
    }

    fn record_from_json(&self, json: &Json) -> Option<RecordRef> {
        let (entity, _) = self.module().entity_by_name(json.get(0)?.as_str()?)?;
        Some(RecordRef { entity, id: json.get(1)?.as_i64()? })
    }

    /// The session by its name, not by its number.
    fn asks_to_json(&self, asks: &Asks) -> Json {
        let session = asks.session.map(|session| self.record_to_json(session.entity, session.id));
        json!([session, Asks { session: None, ..asks.clone() }.to_json()])
    }

    fn asks_from_json(&self, json: &Json) -> Option<Asks> {
        let session = match json.get(0)? {
            Json::Null => None,
            session => Some(self.record_from_json(session)?),
        };
        Some(Asks { session, ..Asks::from_json(json.get(1)?)? })
    }

    pub(super) fn instance_to_json(&self, i: &Instance, subscriptions: &[Subscription]) -> Json {
        let values = |values: &[Value]| values.iter().map(codec::to_json).collect::<Vec<_>>();
        let subscriptions: Vec<Json> = subscriptions.iter().map(|s| self.subscription_to_json(s.clone())).collect();
        json!({
            "id": i.id,
            "process": i.process,
            "build": i.build,
            "primary": i.primary.map(|p| self.record_to_json(p.entity, p.id)),
            "owner": i.owner,
            "caller": i.caller,
            "user": i.user,
            "acting": i.acting,
            "asks": self.asks_to_json(&i.asks),
            "parent": i.parent,
            "branch": i.branch.map(|b| json!([b.function.0, b.whole, b.kept])),
            "ordinal": i.ordinal,
            "branches": i.branches.map(|b| json!([b.started, b.running, b.ended, b.wanted, b.awaited])),
            "owned": i.owned,
            "status": i.status.word(),
            "due": i.due,
            "arguments": values(&i.arguments),
            "slot": i.slot,
            "condition": i.condition.as_deref().map(values),
            "snapshot": i.snapshot.as_deref().map(to_hex),
            "point": i.point,
            "fault": i.fault.as_ref().map(|f| json!([f.code, f.message, f.place, f.values, f.tries])),
            "message": i.message,
            "result": i.result.as_ref().map(|r| vec![codec::to_json(r)]),
            "depth": i.depth,
            "cancel": i.cancel,
            "created": i.created,
            "changed": i.changed,
            "subscriptions": subscriptions,
        })
    }

    pub(super) fn instance_from_json(&self, json: &Json) -> Option<(Instance, Vec<Subscription>)> {
        let text = |key: &str| json.get(key)?.as_str().map(str::to_owned);
        let number = |key: &str| json.get(key)?.as_i64();
        let values = |key: &str| {
            let items = json.get(key)?.as_array()?.iter();
            items.map(|item| codec::from_json(item, 0).ok()).collect::<Option<Vec<Value>>>()
        };
        let primary = match json.get("primary")? {
            Json::Null => None,
            primary => Some(self.record_from_json(primary)?),
        };
        let snapshot = match text("snapshot") {
            Some(hex) => Some(from_hex(&hex)?),
            None => None,
        };
        let subscriptions = json.get("subscriptions")?.as_array()?.iter();
        let subscriptions = subscriptions.map(|s| self.subscription_from_json(s)).collect::<Option<_>>()?;
        let instance = Instance {
            id: number("id").filter(|id| *id > 0)?,
            process: text("process")?,
            build: text("build")?,
            primary,
            owner: number("owner"),
            caller: number("caller"),
            user: number("user"),
            acting: json.get("acting")?.as_array()?.iter().map(Json::as_i64).collect(),
            parent: number("parent"),
            branch: match json.get("branch")? {
                Json::Null => None,
                branch => Some(branch_from_json(branch)?),
            },
            branches: match json.get("branches")? {
                Json::Null => None,
                branches => Some(branches_from_json(branches)?),
            },
            ordinal: number("ordinal").and_then(|n| u32::try_from(n).ok()),
            owned: json.get("owned")?.as_bool()?,
            status: Status::parse(&text("status")?)?,
            queue: None,
            due: number("due"),
            arguments: values("arguments")?,
            slot: text("slot"),
            condition: values("condition"),
            snapshot,
            point: text("point"),
            fault: json.get("fault").and_then(fault_from_json),
            message: text("message")?,
            result: values("result").and_then(|mut values| values.pop()),
            depth: u32::try_from(number("depth")?).ok()?,
            cancel: text("cancel"),
            asks: self.asks_from_json(json.get("asks")?)?,
            created: number("created")?,
            changed: number("changed")?,
        };
        Some((instance, subscriptions))
    }

    fn subscription_to_json(&self, subscription: Subscription) -> Json {
        match subscription {
            Subscription::Field { entity, id, field } => {
                json!(["field", self.entity_name(entity), self.field_name(entity, field), id])
            }
            Subscription::Referring { entity, field, id } => {
                json!(["referring", self.entity_name(entity), self.field_name(entity, field), id])
            }
            Subscription::End { instance } => json!(["end", "", "", instance]),
            Subscription::Signal { instance, signal } => {
                json!(["signal", *signal, "", instance])
            }
        }
    }

    fn subscription_from_json(&self, json: &Json) -> Option<Subscription> {
        let (kind, id) = (json.get(0)?.as_str()?, json.get(3)?.as_i64()?);
        if kind == "end" {
            return Some(Subscription::End { instance: id });
        }
        if kind == "signal" {
            let (_, signal) = self.module().signal_by_name(json.get(1)?.as_str()?)?;
            return Some(Subscription::Signal { instance: id, signal: signal.name.as_str().into() });
        }
        let (entity, def) = self.module().entity_by_name(json.get(1)?.as_str()?)?;
        let (field, _) = def.field_by_name(json.get(2)?.as_str()?)?;
        match kind {
            "field" => Some(Subscription::Field { entity, id, field }),
            "referring" => Some(Subscription::Referring { entity, field, id }),
            _ => None,
        }
    }
}

fn branch_from_json(json: &Json) -> Option<Branch> {
    let function = FuncIdx(u32::try_from(json.get(0)?.as_u64()?).ok()?);
    Some(Branch { function, whole: json.get(1)?.as_i64()?, kept: json.get(2)?.as_bool()? })
}

fn branches_from_json(json: &Json) -> Option<Branches> {
    let number = |index: usize| u32::try_from(json.get(index)?.as_u64()?).ok();
    Some(Branches {
        started: number(0)?,
        running: number(1)?,
        ended: number(2)?,
        wanted: number(3)?,
        awaited: number(4)?,
    })
}

fn fault_from_json(json: &Json) -> Option<StoredFault> {
    let text = |index: usize| json.get(index)?.as_str().map(str::to_owned);
    let pair = |pair: &Json| Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.as_str()?.to_owned()));
    let values = json.get(3)?.as_array()?.iter().map(pair).collect::<Option<_>>()?;
    let tries = u32::try_from(json.get(4)?.as_u64()?).ok()?;
    Some(StoredFault { code: text(0)?, message: text(1)?, place: text(2)?, values, tries })
}
