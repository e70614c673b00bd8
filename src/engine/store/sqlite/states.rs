//! The rows of instances. New ones are inserted together. A row that is known is changed only where the instance differs,
//! so that the indexes of other columns are left alone.

use std::sync::LazyLock;

use rusqlite::{
    params_from_iter,
    types::{ToSqlOutput, ValueRef},
};
use serde_json::{Value as Json, json};

use crate::{
    bytecode::types::FuncIdx,
    engine::store::{Asks, Branch, Branches, Instance, Result, Status, StoreError, StoredFault, codec},
};

use super::{
    SqliteStore,
    bulk::{Bulk, integer, made, null, optional, text},
    instances::damaged,
    repeated::Repeated,
    resident::Resident,
};

/// A column: its name, whether two instances have the same there, and its value.
struct Column {
    name: &'static str,
    is_same: fn(&Instance, &Instance) -> bool,
    value: for<'a> fn(&'a SqliteStore, &'a Instance) -> Result<ToSqlOutput<'a>>,
}

/// Declares the columns; one that stands in no field of its own says how it is compared.
macro_rules! columns {
    ($($name:ident $(of $($field:ident).+)? = |$store:pat_param, $i:ident| $value:expr;)*) => {
        /// The columns, in the order of a row that is read.
        const COLUMNS: &[Column] = &[$(Column {
            name: stringify!($name),
            is_same: |a, b| columns!(@of a, $name $($($field).+)?) == columns!(@of b, $name $($($field).+)?),
            value: |$store, $i| Ok($value),
        }),*];
    };
    (@of $i:ident, $name:ident) => { $i.$name };
    (@of $i:ident, $name:ident primary) => { $i.primary };
    (@of $i:ident, $name:ident branch) => { $i.branch };
    (@of $i:ident, $name:ident live) => { $i.status.is_live() };
}

columns! {
    id = |_, i| integer(i.id);
    process = |_, i| text(&i.process);
    build = |store, i| integer(store.number_of_build(&i.build)?);
    primary_entity of primary = |store, i| match i.primary {
        Some(primary) => text(store.entity_name(primary.entity)?),
        None => null(),
    };
    primary_id of primary = |_, i| optional(i.primary.map(|primary| primary.id));
    owner = |_, i| optional(i.owner);
    caller = |_, i| optional(i.caller);
    user = |_, i| optional(i.user);
    parent = |_, i| optional(i.parent);
    ordinal = |_, i| optional(i.ordinal.map(i64::from));
    owned = |_, i| integer(i64::from(i.owned));
    status = |_, i| text(i.status.word());
    queue = |_, i| optional(i.queue);
    due = |_, i| optional(i.due);
    arguments = |_, i| made(Some(codec::values_to_text(&i.arguments)));
    condition = |_, i| made(i.condition.as_deref().map(codec::values_to_text));
    snapshot = |_, i| i.snapshot.as_deref().map_or(null(), |bytes| ToSqlOutput::Borrowed(ValueRef::Blob(bytes)));
    point = |_, i| i.point.as_deref().map_or(null(), text);
    fault = |_, i| made(i.fault.as_ref().map(fault_to_text));
    message = |_, i| text(&i.message);
    result = |_, i| made(i.result.as_ref().map(|value| codec::to_json(value).to_string()));
    depth = |_, i| integer(i64::from(i.depth));
    cancel = |_, i| i.cancel.as_deref().map_or(null(), text);
    created = |_, i| integer(i.created);
    changed = |_, i| integer(i.changed);
    acting = |_, i| made(acting_to_text(&i.acting));
    asks = |_, i| made((!i.asks.is_empty()).then(|| i.asks.to_json().to_string()));
    slot = |_, i| i.slot.as_deref().map_or(null(), text);
    live of live = |_, i| integer(i64::from(i.status.is_live()));
    branch = |_, i| optional(i.branch.map(|branch| i64::from(branch.function.0)));
    whole of branch = |_, i| optional(i.branch.map(|branch| branch.whole));
    kept of branch = |_, i| optional(i.branch.map(|branch| i64::from(branch.kept)));
    branches = |_, i| made(i.branches.as_ref().map(branches_to_text));
}

fn fault_to_text(fault: &StoredFault) -> String {
    let values: Vec<_> = fault.values.iter().map(|(name, value)| json!([name, value])).collect();
    let (code, tries) = (&fault.code, fault.tries);
    json!({ "code": code, "message": fault.message, "place": fault.place, "values": values, "tries": tries })
        .to_string()
}

fn fault_from_text(text: &str) -> Option<StoredFault> {
    let json: Json = serde_json::from_str(text).ok()?;
    let part = |name: &str| Some(json.get(name)?.as_str()?.to_owned());
    let values = json.get("values")?.as_array()?.iter();
    let pair = |pair: &Json| Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.as_str()?.to_owned()));
    Some(StoredFault {
        code: part("code")?,
        message: part("message")?,
        place: part("place")?,
        values: values.map(pair).collect::<Option<_>>()?,
        tries: u32::try_from(json.get("tries")?.as_u64()?).ok()?,
    })
}

/// Nearly always there is none.
fn acting_to_text(acting: &[Option<i64>]) -> Option<String> {
    (!acting.is_empty()).then(|| json!(acting).to_string())
}

fn acting_from_text(text: &str) -> Option<Vec<Option<i64>>> {
    serde_json::from_str(text).ok()
}

fn asks_from_text(text: &str) -> Option<Asks> {
    Asks::from_json(&serde_json::from_str(text).ok()?)
}

fn branches_to_text(b: &Branches) -> String {
    json!([b.started, b.running, b.ended, b.wanted, b.awaited]).to_string()
}

fn branches_from_text(text: &str) -> Option<Branches> {
    let [started, running, ended, wanted, awaited] = serde_json::from_str(text).ok()?;
    Some(Branches { started, running, ended, wanted, awaited })
}

/// The names of the columns, as a query has them.
pub(super) static NAMES: LazyLock<String> =
    LazyLock::new(|| COLUMNS.iter().map(|column| column.name).collect::<Vec<_>>().join(", "));

static SELECT: LazyLock<String> = LazyLock::new(|| format!("SELECT {} FROM abide_instance WHERE id = ?1", *NAMES));

/// The column that says which fields of the primary record wake the instance.
const WATCHES: &str = "watches";

/// The columns of a new row.
static NEW: LazyLock<Vec<&str>> = LazyLock::new(|| COLUMNS.iter().map(|column| column.name).chain([WATCHES]).collect());

impl SqliteStore {
    /// Writes instances: the row of one that has none, else the columns in which it differs from its row.
    pub(super) fn write_rows<'a>(&'a self, instances: impl Iterator<Item = &'a Resident>) -> Result<()> {
        let mut statements = Repeated::new(&self.connection);
        let mut bulk = Bulk::new(&self.connection, "abide_instance", &NEW);
        for instance in instances {
            match &instance.written {
                None => {
                    let watches = self.watches(instance).map(made);
                    bulk.push(COLUMNS.iter().map(|column| (column.value)(self, &instance.now)).chain([watches]))?;
                }
                Some(written) => self.change_instance(&mut statements, written, instance)?,
            }
        }
        bulk.finish()
    }

    fn change_instance(&self, statements: &mut Repeated<'_>, written: &Instance, resident: &Resident) -> Result<()> {
        let instance = &*resident.now;
        let mut sql = String::with_capacity(160);
        sql.push_str("UPDATE abide_instance SET ");
        let start = sql.len();
        let mut values = Vec::with_capacity(8);
        for column in COLUMNS.iter().filter(|column| !(column.is_same)(written, instance)) {
            if sql.len() > start {
                sql.push_str(", ");
            }
            sql.push_str(column.name);
            sql.push_str(" = ?");
            values.push((column.value)(self, instance)?);
        }
        if !resident.is_watch_written() {
            sql.push_str(if sql.len() > start { ", watches = ?" } else { "watches = ?" });
            values.push(made(self.watches(resident)?));
        }
        if values.is_empty() {
            return Ok(());
        }
        sql.push_str(" WHERE id = ?");
        values.push(integer(instance.id));
        match statements.statement(&sql)?.execute(params_from_iter(values))? {
            1 => Ok(()),
            _ => Err(StoreError::Constraint(format!("no row of instance {} to write", instance.id))),
        }
    }

    pub(super) fn instance_of(&self, row: &rusqlite::Row<'_>) -> Result<Instance> {
        let id: i64 = row.get(0)?;
        let status: String = row.get(11)?;
        let arguments: String = row.get(14)?;
        let condition: Option<String> = row.get(15)?;
        let fault: Option<String> = row.get(18)?;
        let result: Option<String> = row.get(20)?;
        let acting: Option<String> = row.get(25)?;
        let asks: Option<String> = row.get(26)?;
        let branches: Option<String> = row.get(32)?;
        let result = result.map(|text| {
            let json = serde_json::from_str(&text).map_err(|_| damaged(id))?;
            codec::from_json(&json, 0)
        });
        Ok(Instance {
            id,
            process: row.get(1)?,
            build: self.hash_of_build(row.get(2)?)?,
            primary: self.reference(row.get(3)?, row.get(4)?)?,
            owner: row.get(5)?,
            caller: row.get(6)?,
            user: row.get(7)?,
            parent: row.get(8)?,
            ordinal: row.get(9)?,
            owned: row.get(10)?,
            status: Status::parse(&status).ok_or_else(|| damaged(id))?,
            queue: row.get(12)?,
            due: row.get(13)?,
            arguments: codec::values_from_text(&arguments)?,
            condition: condition.as_deref().map(codec::values_from_text).transpose()?,
            snapshot: row.get(16)?,
            point: row.get(17)?,
            fault: fault.map(|text| fault_from_text(&text).ok_or_else(|| damaged(id))).transpose()?,
            message: row.get(19)?,
            result: result.transpose()?,
            depth: row.get(21)?,
            cancel: row.get(22)?,
            created: row.get(23)?,
            changed: row.get(24)?,
            acting: acting
                .map(|text| acting_from_text(&text).ok_or_else(|| damaged(id)))
                .transpose()?
                .unwrap_or_default(),
            asks: asks.map(|text| asks_from_text(&text).ok_or_else(|| damaged(id))).transpose()?.unwrap_or_default(),
            slot: row.get(27)?,
            branch: match row.get::<_, Option<u32>>(29)? {
                Some(function) => Some(Branch { function: FuncIdx(function), whole: row.get(30)?, kept: row.get(31)? }),
                None => None,
            },
            branches: branches.map(|text| branches_from_text(&text).ok_or_else(|| damaged(id))).transpose()?,
        })
    }

    pub(super) fn select_instance(&self, id: i64) -> Result<Option<Instance>> {
        let mut statement = self.connection.prepare_cached(&SELECT)?;
        let mut rows = statement.query([id])?;
        rows.next()?.map(|row| self.instance_of(row)).transpose()
    }
}
