//! What happens to a project from outside.

use abide::{
    base::value::{Currency, Money, RecordRef, Value},
    bytecode::module::{EntityDef, Module},
    engine::store::{LogEntry, Status},
    testing::reference::Seen,
};
use rust_decimal::Decimal;

use super::{
    project::{Callable, ENTITIES, Project},
    random::Random,
};

/// 2026-01-05T09:00Z.
pub(super) const START: i64 = 1_767_603_600_000_000;
/// The same as a day.
const START_DAY: i32 = 20_458;
const HOUR: i64 = 3_600_000_000;

/// A record: of an entity the so-manieth that there is.
pub(super) type Pick = (usize, usize);

/// Something that happens.
#[derive(Clone, Debug)]
pub(super) enum Event {
    User(&'static str),
    Create {
        user: usize,
        entity: usize,
        name: &'static str,
        n: i64,
        up: Option<usize>,
    },
    Update {
        user: usize,
        record: Pick,
        field: &'static str,
        value: Value,
    },
    Change {
        user: usize,
        record: Pick,
        status: usize,
    },
    Assign {
        record: Pick,
        to: usize,
    },
    Delete {
        user: usize,
        record: Pick,
    },
    Start {
        user: usize,
        process: Callable,
        record: usize,
        input: i64,
    },
    Advance(i64),
    /// The clock goes on, and nothing runs.
    StandStill(i64),
    Queue(&'static str),
    /// A unit below the so-manieth, if there is one.
    Unit(usize),
    /// A user (the first is the system) belongs to a unit.
    Member {
        user: usize,
        unit: usize,
    },
    /// A user becomes the owner of a process.
    Own {
        user: usize,
        process: String,
    },
    /// A rate from a day on, in hundredths.
    Rate {
        currency: &'static str,
        from: i32,
        rate: i64,
    },
    Configure(&'static str, Value),
    Emit {
        user: usize,
        to: Option<Pick>,
        n: i64,
    },
    Link {
        first: usize,
        second: usize,
    },
    Retry(String),
    GiveUp(String),
    Cancel(String, Status),
}

/// Something that runs the project.
pub(super) trait Side {
    fn create(&mut self, user: Option<i64>, entity: u16, fields: &[(u16, Value)]);
    fn update(&mut self, user: Option<i64>, record: RecordRef, fields: &[(u16, Value)]);
    fn delete(&mut self, user: Option<i64>, record: RecordRef);
    fn start(&mut self, user: Option<i64>, process: &str, record: RecordRef, inputs: &[Value]);
    fn advance(&mut self, micros: i64);
    fn stand_still(&mut self, micros: i64);
    fn configure(&mut self, name: &str, value: Value);
    fn own(&mut self, process: &str, user: Option<i64>);
    fn emit(&mut self, user: Option<i64>, signal: &str, value: &Value, to: Option<RecordRef>);
    fn settle(&mut self);
    fn instances_of(&mut self, process: &str, status: Status) -> Vec<i64>;
    fn retry(&mut self, instance: i64);
    fn give_up(&mut self, instance: i64);
    fn cancel(&mut self, instance: i64);
    fn rows(&mut self, entity: u16) -> Vec<(RecordRef, Vec<Value>)>;
    fn log(&mut self) -> Vec<LogEntry>;
    fn instances(&mut self) -> Vec<(i64, Seen)>;
}

/// Random events.
pub(super) fn generate(project: &Project, seed: u64) -> Vec<Event> {
    let mut random = Random::new(seed ^ 0x5EED);
    let mut events = vec![Event::User("Ann"), Event::User("Bo"), Event::Queue("Desk")];
    if random.chance(90) {
        events.push(Event::Rate { currency: "EUR", from: START_DAY - 4, rate: 80 });
        events.push(Event::Rate { currency: "CHF", from: START_DAY - 90, rate: 93 });
    }
    if random.chance(60) {
        events.extend((0..3).map(Event::Unit));
        events.extend((0..3).map(|user| Event::Member { user, unit: random.below(4) }));
    }
    for process in &project.scoped {
        if random.chance(60) {
            events.push(Event::Own { user: random.below(3), process: process.clone() });
        }
    }
    events.extend((0..ENTITIES.len()).map(|entity| create(&mut random, entity)));
    events.extend((0..random.between(8, 20)).map(|_| one(project, &mut random)));
    events.push(Event::Advance(12 * 24 * HOUR));
    events
}

fn create(random: &mut Random, entity: usize) -> Event {
    let up = if random.chance(70) { Some(random.below(3)) } else { None };
    let n = i64::try_from(random.below(12)).unwrap() - 2;
    Event::Create { user: random.below(3), entity, name: random.pick(&["a", "b", "c", "a rather long name"]), n, up }
}

fn one(project: &Project, random: &mut Random) -> Event {
    let user = random.below(3);
    let record = (random.below(3), random.below(4));
    let on_demand = &project.on_demand;
    match random.below(24) {
        19 => Event::Emit { user, to: Some(record).filter(|_| user != 1), n: i64::try_from(random.below(5)).unwrap() },
        20 => Event::Link { first: random.below(4), second: random.below(4) },
        21 => match random.below(4) {
            0 => Event::Configure("cap", Value::Int(i64::try_from(random.below(9)).unwrap())),
            1 => Event::Configure("tone", Value::Enum([0, 5, 6][random.below(3)])),
            2 => Event::Configure("word", Value::Text("so".to_owned())),
            _ => Event::Queue(random.pick(&["Attic", "Desk"])),
        },
        22 => {
            let from = START_DAY + i32::try_from(random.below(9)).unwrap();
            let rate = 50 + i64::try_from(random.below(90)).unwrap();
            Event::Rate { currency: random.pick(&["EUR", "CHF", "SEK"]), from, rate }
        }
        23 if random.chance(40) => Event::StandStill([HOUR, 50 * HOUR][random.below(2)]),
        0..=3 => create(random, record.0),
        4..=9 => {
            let field = random
                .pick(&["n", "n", "m", "flag", "mood", "amount", "notes", "due", "up", "net", "tax", "ratio", "part"]);
            Event::Update { user, record, field, value: value(random, field) }
        }
        10 | 11 => Event::Change { user, record, status: random.below(5) },
        12 => Event::Assign { record, to: random.below(3) },
        13 => Event::Delete { user, record },
        14 | 15 if !on_demand.is_empty() => {
            let process = on_demand[random.below(on_demand.len())].clone();
            Event::Start { user, process, record: record.1, input: i64::try_from(random.below(9)).unwrap() }
        }
        16 if !project.background.is_empty() => {
            let process = project.background[random.below(project.background.len())].clone();
            match random.below(5) {
                0 => Event::Retry(process),
                1 => Event::GiveUp(process),
                2 => Event::Cancel(process, Status::Parked),
                3 => Event::Cancel(process, Status::Queued),
                _ => Event::Cancel(process, Status::Waiting),
            }
        }
        _ => Event::Advance([HOUR / 2, HOUR, 5 * HOUR, 24 * HOUR, 73 * HOUR][random.below(5)]),
    }
}

fn value(random: &mut Random, field: &str) -> Value {
    let number = i64::try_from(random.below(12)).unwrap() - 2;
    match field {
        "amount" => Value::Money(Money { amount: number * 12_345, currency: Currency(*b"USD") }),
        "due" => Value::DateTime(START + number * 9 * HOUR),
        "flag" => Value::Bool(number % 2 == 0),
        "m" if number < 1 => Value::None,
        "mood" => Value::Enum([0, 5, 6][random.below(3)]),
        "net" | "tax" if number < 1 => Value::None,
        "net" | "tax" => {
            let currency = Currency([*b"EUR", *b"EUR", *b"CHF", *b"USD", *b"SEK"][random.below(5)]);
            Value::Money(Money { amount: (number - 2) * 12_345, currency })
        }
        "part" => Value::Decimal(Decimal::new(number * 1_125, 3)),
        "ratio" => Value::Float([0.5, -0.0, 2.25, 1e300, 0.1][random.below(5)]),
        "notes" => Value::Text("note".to_owned()),
        // The record is known when the event comes.
        "up" => Value::Int(number),
        _ => Value::Int(number),
    }
}

fn entity(module: &Module, name: &str) -> (u16, EntityDef) {
    let (index, def) = module.entity_by_name(name).unwrap();
    (index.0, def.clone())
}

fn field(def: &EntityDef, name: &str) -> u16 {
    def.field_by_name(name).unwrap().0.0
}

/// Does an event to a side. The module tells the numbers of entities and fields.
pub(super) fn perform(event: &Event, module: &Module, side: &mut dyn Side) {
    let users = side.rows(entity(module, "User").0);
    // The first is the built-in one: nobody in particular.
    let user_of =
        |index: &usize| users.get(index % users.len().max(1)).filter(|_| *index > 0).map(|(record, _)| record.id);
    let picked = |side: &mut dyn Side, (of, number): Pick| {
        let rows = side.rows(entity(module, ENTITIES[of]).0);
        if rows.is_empty() { None } else { Some(rows[number % rows.len()].0) }
    };
    match event {
        Event::User(name) => {
            let (index, def) = entity(module, "User");
            side.create(None, index, &[(field(&def, "name"), Value::Text((*name).to_owned()))]);
        }
        Event::Create { user, entity: of, name, n, up } => {
            let (index, def) = entity(module, ENTITIES[*of]);
            let mut fields =
                vec![(field(&def, "name"), Value::Text((*name).to_owned())), (field(&def, "n"), Value::Int(*n))];
            if let Some(above) = up.and_then(|number| picked(side, (of.saturating_sub(1), number))) {
                fields.push((field(&def, "up"), Value::Ref(above)));
            }
            side.create(user_of(user), index, &fields);
        }
        Event::Update { user, record, field: name, value } => {
            let Some(target) = picked(side, *record) else { return };
            let (_, def) = entity(module, ENTITIES[record.0]);
            let value = match (*name, value) {
                ("up", Value::Int(number)) => {
                    let number = usize::try_from(*number).ok();
                    let above = number.and_then(|number| picked(side, (record.0.saturating_sub(1), number)));
                    above.map_or(Value::None, Value::Ref)
                }
                _ => value.clone(),
            };
            side.update(user_of(user), target, &[(field(&def, name), value)]);
        }
        Event::Change { user, record, status } => {
            let Some(target) = picked(side, *record) else { return };
            let (_, def) = entity(module, ENTITIES[record.0]);
            let statuses = module.enum_def(def.states.as_ref().unwrap().status).unwrap();
            let number = statuses.members[*status % statuses.members.len()].value;
            side.update(user_of(user), target, &[(field(&def, "status"), Value::Enum(number))]);
        }
        Event::Assign { record, to } => {
            let Some(target) = picked(side, *record) else { return };
            let (_, def) = entity(module, ENTITIES[record.0]);
            let owner = users[to % users.len()].0;
            side.update(None, target, &[(field(&def, "owner"), Value::Ref(owner))]);
        }
        Event::Delete { user, record } => {
            if let Some(target) = picked(side, *record) {
                side.delete(user_of(user), target);
            }
        }
        Event::Start { user, process, record, input } => {
            if let Some(target) = picked(side, (process.entity, *record)) {
                let inputs = if process.gives { vec![Value::Int(*input)] } else { Vec::new() };
                side.start(user_of(user), &process.name, target, &inputs);
            }
        }
        Event::Advance(micros) => side.advance(*micros),
        Event::StandStill(micros) => side.stand_still(*micros),
        Event::Queue(name) => {
            let (index, def) = entity(module, "Queue");
            side.create(None, index, &[(field(&def, "name"), Value::Text((*name).to_owned()))]);
        }
        Event::Unit(above) => {
            let (index, def) = entity(module, "BusinessUnit");
            let above = side.rows(index).get(*above).map_or(Value::None, |(unit, _)| Value::Ref(*unit));
            let fields = [(field(&def, "name"), Value::Text("unit".to_owned())), (field(&def, "parent"), above)];
            side.create(None, index, &fields);
        }
        Event::Member { user, unit } => {
            let units = side.rows(entity(module, "BusinessUnit").0);
            let unit = units.get(*unit).map_or(Value::None, |(unit, _)| Value::Ref(*unit));
            let (_, def) = entity(module, "User");
            side.update(None, users[user % users.len()].0, &[(field(&def, "unit"), unit)]);
        }
        Event::Own { user, process } => side.own(process, user_of(user)),
        Event::Rate { currency, from, rate } => {
            let (index, def) = entity(module, "ExchangeRate");
            let fields = [
                (field(&def, "currency"), Value::Text((*currency).to_owned())),
                (field(&def, "from"), Value::Date(*from)),
                (field(&def, "rate"), Value::Decimal(Decimal::new(*rate, 2))),
            ];
            side.create(None, index, &fields);
        }
        Event::Configure(name, value) => side.configure(name, value.clone()),
        Event::Emit { user, to, n } => {
            let target = to.and_then(|pick| picked(side, pick));
            side.emit(user_of(user), "Ping", &Value::Record(vec![Value::Int(*n), Value::None]), target);
        }
        Event::Link { first, second } => {
            let (Some(one), Some(other)) = (picked(side, (0, *first)), picked(side, (1, *second))) else { return };
            let (index, def) = entity(module, "Bond");
            side.create(
                None,
                index,
                &[(field(&def, "one"), Value::Ref(one)), (field(&def, "other"), Value::Ref(other))],
            );
        }
        Event::Retry(process) => {
            side.instances_of(process, Status::Parked).into_iter().for_each(|id| side.retry(id));
        }
        Event::GiveUp(process) => {
            side.instances_of(process, Status::Parked).into_iter().for_each(|id| side.give_up(id));
        }
        Event::Cancel(process, status) => {
            side.instances_of(process, *status).into_iter().for_each(|id| side.cancel(id));
        }
    }
    side.settle();
}
