//! Who may do what. The roles of the current build say it, whatever build an instance belongs to; where there is no role,
//! everybody may do everything. The system may do everything, and so may those whose role is `administrator`.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{
    base::{
        directory::is_directory,
        limits::QUERY_BATCH,
        value::{EntityIdx, RecordRef, Value},
    },
    bytecode::{
        host::HostOp,
        module::{Module, ProcessKind, RightDef, RightDepth, RightTarget, RightVerb, RunAs, SystemField},
        types::ProcessIdx,
    },
};

use super::{
    Engine,
    faults::{self, Answer, Failure},
    operation::Write,
    reach,
    store::{Condition, Row},
};

/// The number of the role that allows everything among the members of `Role`.
const ADMINISTRATOR: i32 = 0;

/// How far a right reaches, and the unit that this is seen from.
type Reach = (RightDepth, Option<RecordRef>);

/// What one user may do: by the roles of the user and those of the user's teams.
#[derive(Debug, Default)]
pub(crate) struct Access {
    /// The user, then the teams.
    principals: Vec<RecordRef>,
    rights: HashMap<(RightVerb, RightTarget), Vec<Reach>>,
    is_administrator: bool,
}

impl Access {
    /// How far a right reaches for records of an entity, or for a process.
    fn reaches(&self, verb: RightVerb, target: RightTarget) -> impl Iterator<Item = Reach> {
        [target, RightTarget::Any]
            .into_iter()
            .filter_map(move |target| self.rights.get(&(verb, target)))
            .flatten()
            .copied()
    }
}

impl Engine {
    /// What a user may do; none if that is everything.
    fn access(&mut self, user: Option<i64>) -> Answer<Option<Arc<Access>>> {
        let Some(id) = user.filter(|id| Some(*id) != self.system_user) else { return Ok(None) };
        let Some(entity) = self.current.index.user.filter(|_| !self.current.program.module().roles.is_empty()) else {
            return Ok(None);
        };
        let known = match self.access.get(&id) {
            Some(known) => Arc::clone(known),
            None => {
                let found = Arc::new(self.access_of(RecordRef { entity, id })?);
                if self.open {
                    self.access.insert(id, Arc::clone(&found));
                }
                found
            }
        };
        Ok((!known.is_administrator).then_some(known))
    }

    fn access_of(&mut self, user: RecordRef) -> Answer<Access> {
        let current = Arc::clone(&self.current);
        let module = current.program.module();
        let mut access = Access { principals: vec![user], ..Access::default() };
        if let Some((members, def)) = module.entity_by_name("TeamMember")
            && let (Some((of, _)), Some((team, _))) = (def.field_by_name("user"), def.field_by_name("team"))
        {
            let is_user = [Condition::equal(of, Value::Ref(user))];
            let mut after = 0;
            while let Some(id) = self.store.candidates(members, &is_user, after, 1)?.first().copied() {
                after = id;
                let row = self.stored(RecordRef { entity: members, id })?;
                if let Some(Value::Ref(team)) = row.as_ref().and_then(|row| row.get(team.index())) {
                    access.principals.push(*team);
                }
            }
        }
        for principal in access.principals.clone() {
            let roles = self.roles_of(principal)?;
            access.is_administrator |= roles.contains(&ADMINISTRATOR);
            let unit = self.unit_of(principal)?;
            for right in module.roles.iter().filter(|role| roles.contains(&role.member)).flat_map(|role| &role.rights) {
                access.rights.entry((right.verb, right.target)).or_default().push((right.depth, unit));
            }
        }
        Ok(access)
    }

    /// The roles of a user or a team.
    fn roles_of(&mut self, principal: RecordRef) -> Answer<Vec<i32>> {
        let field = self.entity(principal.entity)?.field_by_name("roles").map(|(field, _)| field);
        let (Some(field), Some(row)) = (field, self.stored(principal)?) else { return Ok(Vec::new()) };
        Ok(match row.get(field.index()) {
            Some(Value::List(roles)) => {
                roles.iter().filter_map(|role| if let Value::Enum(role) = role { Some(*role) } else { None }).collect()
            }
            _ => Vec::new(),
        })
    }

    /// Forgets what users may do, where a record was written that says so.
    pub(crate) fn forget_access(&mut self, entity: EntityIdx) {
        if !self.access.is_empty() && self.module().entity(entity).is_some_and(|entity| is_directory(&entity.name)) {
            self.access.clear();
        }
    }

    /// Whether a right with such a reach holds for a record with this owner.
    fn is_within(&mut self, access: &Access, reach: Reach, owner: Option<RecordRef>) -> Answer<bool> {
        let (depth, unit) = reach;
        let Some(owner) = owner else { return Ok(depth == RightDepth::Organization) };
        if depth == RightDepth::Organization || access.principals.contains(&owner) {
            return Ok(true);
        }
        let (Some(of_owner), Some(unit)) = (self.unit_of(owner)?, unit) else { return Ok(false) };
        Ok(match depth {
            RightDepth::Unit => of_owner == unit,
            RightDepth::UnitTree => self.is_below(of_owner, unit)?,
            _ => false,
        })
    }

    /// Whether a unit is another one or below it.
    fn is_below(&mut self, low: RecordRef, high: RecordRef) -> Answer<bool> {
        let Some(field) = self.entity(low.entity)?.hierarchy else { return Ok(low == high) };
        let (mut at, mut seen) = (low, HashSet::new());
        while seen.insert(at) {
            if at == high {
                return Ok(true);
            }
            match self.stored(at)?.as_ref().and_then(|row| row.get(field.index())) {
                Some(Value::Ref(above)) => at = *above,
                _ => return Ok(false),
            }
        }
        Ok(false)
    }

    /// Whether a user may do something with a record whose row this is.
    fn may(&mut self, access: &Access, verb: RightVerb, record: RecordRef, row: &Row) -> Answer<bool> {
        let field = self.definitions.index.system(record.entity).owner;
        let is_unowned = field.is_none();
        let owner = match field.and_then(|field| row.get(field.index())) {
            Some(Value::Ref(owner)) => Some(*owner),
            _ => None,
        };
        let reaches: Vec<Reach> = access.reaches(verb, RightTarget::Entity(record.entity)).collect();
        for reach in reaches {
            if is_unowned || self.is_within(access, reach, owner)? {
                return Ok(true);
            }
        }
        if is_unowned { Ok(false) } else { self.is_shared(access, verb, record) }
    }

    /// Whether a record is shared with a user, or with one of the user's teams, for this.
    fn is_shared(&mut self, access: &Access, verb: RightVerb, record: RecordRef) -> Answer<bool> {
        let current = Arc::clone(&self.current);
        let Some((shares, def)) = current.program.module().entity_by_name("RecordShare") else { return Ok(false) };
        let field = |name| def.field_by_name(name).map(|(field, _)| field);
        let (Some(item), Some(principal), Some(rights)) = (field("item"), field("principal"), field("rights")) else {
            return Ok(false);
        };
        // The numbers of `ShareRight` are part of the library.
        let number = match verb {
            RightVerb::Read => 1,
            RightVerb::Update => 2,
            RightVerb::Delete => 3,
            RightVerb::Assign => 4,
            RightVerb::Share => 5,
            _ => return Ok(false),
        };
        for with in access.principals.clone() {
            let conditions =
                [Condition::equal(item, Value::Ref(record)), Condition::equal(principal, Value::Ref(with))];
            for id in self.store.candidates(shares, &conditions, 0, 1)? {
                let row = self.stored(RecordRef { entity: shares, id })?;
                let given = row.as_ref().and_then(|row| row.get(rights.index()));
                if matches!(given, Some(Value::List(given)) if given.contains(&Value::Enum(number))) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Refuses to create a record, where no role allows it for such an owner.
    pub(crate) fn allow_create(&mut self, user: Option<i64>, entity: EntityIdx, writes: &[Write]) -> Answer<()> {
        let Some(access) = self.access(user)? else { return Ok(()) };
        if let Some(item) = self.shared_item(entity, writes)? {
            return self.allow(user, &access, RightVerb::Share, item);
        }
        let field = self.definitions.index.system(entity).owner;
        let given = writes.iter().find(|write| Some(write.field) == field).map(|write| &write.value);
        let owner = match given {
            Some(Value::Ref(owner)) => Some(*owner),
            _ => access.principals.first().copied(),
        };
        let reaches: Vec<Reach> = access.reaches(RightVerb::Create, RightTarget::Entity(entity)).collect();
        for reach in reaches {
            if field.is_none() || self.is_within(&access, reach, owner)? {
                return Ok(());
            }
        }
        let name = self.entity_name(entity);
        Err(self.not_allowed(user, RightVerb::Create, RightTarget::Entity(entity), &format!("a {name}"))?)
    }

    /// The record that a share is about: what is shared is written as a record, too.
    fn shared_item(&self, entity: EntityIdx, writes: &[Write]) -> Answer<Option<RecordRef>> {
        let def = self.entity(entity)?;
        let item = def.field_by_name("item").filter(|_| def.name == "RecordShare").map(|(field, _)| field);
        Ok(writes.iter().find(|write| Some(write.field) == item).and_then(|write| match write.value {
            Value::Ref(item) => Some(item),
            _ => None,
        }))
    }

    /// Refuses to write a record, where no role allows it.
    pub(crate) fn allow_update(&mut self, user: Option<i64>, record: RecordRef, writes: &[Write]) -> Answer<()> {
        let Some(access) = self.access(user)? else { return Ok(()) };
        if let Some(item) = self.item_of(record)? {
            return self.allow(user, &access, RightVerb::Share, item);
        }
        let owner = self.definitions.index.system(record.entity).owner;
        let (assigns, writes): (Vec<&Write>, Vec<&Write>) = writes.iter().partition(|write| Some(write.field) == owner);
        if !assigns.is_empty() {
            self.allow(user, &access, RightVerb::Assign, record)?;
        }
        if writes.is_empty() { Ok(()) } else { self.allow(user, &access, RightVerb::Update, record) }
    }

    /// Refuses to delete a record, where no role allows it.
    pub(crate) fn allow_delete(&mut self, user: Option<i64>, record: RecordRef) -> Answer<()> {
        let Some(access) = self.access(user)? else { return Ok(()) };
        match self.item_of(record)? {
            Some(item) => self.allow(user, &access, RightVerb::Share, item),
            None => self.allow(user, &access, RightVerb::Delete, record),
        }
    }

    fn item_of(&mut self, record: RecordRef) -> Answer<Option<RecordRef>> {
        let def = self.entity(record.entity)?;
        let Some((item, _)) = def.field_by_name("item").filter(|_| def.name == "RecordShare") else { return Ok(None) };
        Ok(match self.stored(record)?.as_ref().and_then(|row| row.get(item.index())) {
            Some(Value::Ref(item)) => Some(*item),
            _ => None,
        })
    }

    /// Refuses to read a record, where no role allows it. Who is about to write a record may see it.
    pub(crate) fn allow_read(&mut self, user: Option<i64>, record: RecordRef) -> Answer<()> {
        let Some(access) = self.access(user)? else { return Ok(()) };
        let is_pending = self.pending.iter().any(|(pending, _)| *pending == record);
        if is_pending || is_directory(&self.entity(record.entity)?.name) {
            return Ok(());
        }
        self.allow(user, &access, RightVerb::Read, record)
    }

    /// Refuses to start or call a process, where no role allows it.
    pub(crate) fn allow_run(&mut self, user: Option<i64>, process: &str) -> Answer<()> {
        self.allow_process(user, RightVerb::Run, process)
    }

    /// Refuses to do something with a process, or with the project, where no role allows it.
    ///
    /// # Errors
    /// R0530 if nothing allows it; or the store's error.
    pub fn allow_process(&mut self, user: Option<i64>, verb: RightVerb, process: &str) -> Answer<()> {
        let Some(access) = self.access(user)? else { return Ok(()) };
        let found = self.current.program.module().processes.iter().position(|def| def.name == process);
        let index = found.and_then(|index| u16::try_from(index).ok()).map(ProcessIdx);
        let target = index.map_or(RightTarget::Any, RightTarget::Process);
        if access.reaches(verb, target).next().is_some() {
            return Ok(());
        }
        Err(self.not_allowed(user, verb, target, process)?)
    }

    fn allow(&mut self, user: Option<i64>, access: &Access, verb: RightVerb, record: RecordRef) -> Answer<()> {
        // What is gone is told by what comes after.
        let Some(row) = self.stored(record)? else { return Ok(()) };
        if self.may(access, verb, record, &row)? {
            return Ok(());
        }
        let what = self.identity(record);
        Err(self.not_allowed(user, verb, RightTarget::Entity(record.entity), &what)?)
    }

    /// The fault of what is not allowed, with the roles that would allow it.
    fn not_allowed(&mut self, user: Option<i64>, verb: RightVerb, target: RightTarget, what: &str) -> Answer<Failure> {
        let who = match (user, self.current.index.user) {
            (Some(id), Some(entity)) => {
                let user = RecordRef { entity, id };
                let name = self.entity(entity)?.field_by_name("name").map(|(field, _)| field);
                let row = self.stored(user)?;
                match (name, row.as_ref()) {
                    (Some(name), Some(row)) => match row.get(name.index()) {
                        Some(Value::Text(name)) => name.clone(),
                        _ => self.identity(user),
                    },
                    _ => self.identity(user),
                }
            }
            _ => String::new(),
        };
        let roles = &self.current.program.module().roles;
        let is_such =
            |right: &RightDef| right.verb == verb && (right.target == target || right.target == RightTarget::Any);
        let names: Vec<&str> =
            roles.iter().filter(|role| role.rights.iter().any(is_such)).map(|role| role.name.as_str()).collect();
        let would = match names.as_slice() {
            [] => "no role allows it".to_owned(),
            [name] => format!("the role {name} may allow it"),
            names => format!("the roles {} may allow it", names.join(", ")),
        };
        Ok(faults::not_allowed(who, verb.word(), what, would))
    }

    /// The records that a query finds, but for those that the user may not read: they are not seen.
    pub(crate) fn readable(
        &mut self,
        user: Option<i64>,
        entity: EntityIdx,
        conditions: &[Condition],
        mut after: i64,
        limit: u32,
    ) -> Answer<Vec<i64>> {
        let Some(access) = self.limited_reader(user, entity)? else {
            return Ok(self.store.candidates(entity, conditions, after, limit)?);
        };
        let mut found = Vec::new();
        loop {
            let batch = self.store.candidates(entity, conditions, after, limit)?;
            let Some(last) = batch.last().copied() else { return Ok(found) };
            for id in batch {
                let record = RecordRef { entity, id };
                let Some(row) = self.stored(record)? else { continue };
                if self.may(&access, RightVerb::Read, record, &row)? {
                    found.push(id);
                }
                if found.len() >= limit as usize {
                    return Ok(found);
                }
            }
            after = last;
        }
    }

    /// How many records a query finds that the user may read.
    pub(crate) fn count_readable(
        &mut self,
        user: Option<i64>,
        entity: EntityIdx,
        conditions: &[Condition],
    ) -> Answer<i64> {
        if self.limited_reader(user, entity)?.is_none() {
            return Ok(self.store.count(entity, conditions)?);
        }
        let (mut count, mut after) = (0, 0);
        loop {
            let batch = self.readable(user, entity, conditions, after, QUERY_BATCH)?;
            let Some(last) = batch.last() else { return Ok(count) };
            after = *last;
            count += i64::try_from(batch.len()).unwrap_or(i64::MAX);
        }
    }

    /// What a user may do who may not read all records of an entity.
    fn limited_reader(&mut self, user: Option<i64>, entity: EntityIdx) -> Answer<Option<Arc<Access>>> {
        let Some(access) = self.access(user)? else { return Ok(None) };
        let def = self.entity(entity)?;
        let is_owned = def.system_field(SystemField::Owner).is_some();
        let reads_all = is_directory(&def.name)
            || access
                .reaches(RightVerb::Read, RightTarget::Entity(entity))
                .any(|(depth, _)| !is_owned || depth == RightDepth::Organization);
        Ok((!reads_all).then_some(access))
    }

    /// Refuses an owner who lacks what a process needs that runs as its owner.
    pub(crate) fn allow_owner(&mut self, process: ProcessIdx, user: Option<i64>) -> Answer<()> {
        let Some(access) = self.access(user)? else { return Ok(()) };
        let current = Arc::clone(&self.current);
        let module = current.program.module();
        let Some(def) = module.process(process).filter(|def| def.kind != ProcessKind::Activity) else { return Ok(()) };
        if def.run_as == Some(RunAs::Caller) {
            return Ok(());
        }
        for (verb, target) in needs(module, process, def.kind == ProcessKind::Realtime) {
            let is_read = |entity: EntityIdx| module.entity(entity).is_some_and(|entity| is_directory(&entity.name));
            let is_free = matches!((verb, target), (RightVerb::Read, RightTarget::Entity(entity)) if is_read(entity));
            if !is_free && access.reaches(verb, target).next().is_none() {
                let what = match target {
                    RightTarget::Entity(entity) => module.entity(entity).map_or("", |entity| entity.name.as_str()),
                    RightTarget::Process(process) => module.process(process).map_or("", |def| def.name.as_str()),
                    RightTarget::Any => "",
                };
                let what = format!("{what}, as {} does", def.name);
                return Err(self.not_allowed(user, verb, target, &what)?);
            }
        }
        Ok(())
    }
}

/// What the code of a process does, as rights. A real-time process sees the record that it runs for.
fn needs(module: &Module, process: ProcessIdx, is_realtime: bool) -> Vec<(RightVerb, RightTarget)> {
    let mut found = Vec::new();
    for site in reach::requests(module, process) {
        let first = || site.args.first().map(|ty| reach::referred(module, *ty)).unwrap_or_default();
        let (verb, entities): (RightVerb, Vec<EntityIdx>) = match &site.op {
            HostOp::Create { entity, .. } => (RightVerb::Create, vec![*entity]),
            HostOp::Update { entity, .. } | HostOp::ChangeStatus { entity, .. } => (RightVerb::Update, vec![*entity]),
            HostOp::AssignOwner => (RightVerb::Assign, first()),
            HostOp::Delete => (RightVerb::Delete, first()),
            HostOp::ReadField { entity, .. } if !is_realtime => (RightVerb::Read, vec![*entity]),
            HostOp::Query(query) | HostOp::Count(query) => {
                (RightVerb::Read, module.query(*query).map(|query| query.entity).into_iter().collect())
            }
            HostOp::CallAction(process) | HostOp::StartChild { process, .. } => {
                found.push((RightVerb::Run, RightTarget::Process(*process)));
                continue;
            }
            _ => continue,
        };
        // WHY: of `any` record nobody can say beforehand which it will be.
        if entities.len() == 1 {
            found.extend(entities.into_iter().map(|entity| (verb, RightTarget::Entity(entity))));
        }
    }
    found
}
