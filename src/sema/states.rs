//! States and statuses: their numbers, and the complete list of allowed changes.

use std::collections::BTreeSet;

use super::{
    build::Builder,
    enums::Members,
    errors::entities as errors,
    schema::{Entity, EntityId, Enum, EnumId, Member, Schema, States, WrittenArrow},
    types,
};
use crate::base::{distance::did_you_mean, span::Span};
use crate::diag::Sink;
use crate::syntax::ast::{Arrow, EnumMember, Ident, StatesDecl};

/// What every activity has.
const ACTIVITY_STATES: [&str; 3] = ["open", "completed", "canceled"];

/// The states of one entity while they are put together.
#[derive(Debug, Default)]
struct Draft {
    states: Members,
    statuses: Members,
    /// The state of each status, in the order of the statuses.
    state_of: Vec<i32>,
    /// The plain name of each status.
    plain: Vec<String>,
    arrows: BTreeSet<(End, End)>,
    /// The ends that each written arrow leaves.
    written: Vec<(Vec<End>, Span)>,
}

/// One end of an arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    State(i32),
    Status(i32),
}

impl Builder<'_, '_> {
    pub(super) fn build_states(&mut self) {
        let numbered: Vec<(EntityId, (EnumId, EnumId))> =
            self.declarations.states.iter().map(|(id, enums)| (*id, *enums)).collect();
        for (id, enums) in numbered {
            self.entity_states(id, enums);
        }
        let extensions = std::mem::take(&mut self.declarations.entity_extensions);
        for extension in extensions.iter().filter(|extension| extension.decl.states.is_some()) {
            let mut silent = Sink::default();
            let id = types::entity(&self.names, extension.file, extension.name, &mut silent);
            let Some(entity) = id.and_then(|id| self.schema.entity(id)) else { continue };
            if let (None, Some(states)) = (&entity.states, &extension.decl.states) {
                self.sink.push(errors::extension_states(&entity.name, states.span));
            }
        }
        self.declarations.entity_extensions = extensions;
    }

    fn entity_states(&mut self, id: EntityId, (state, status): (EnumId, EnumId)) {
        let Some(entity) = self.schema.entity(id) else { return };
        let (name, span, from_library) = (entity.name.clone(), entity.span, entity.from_library);
        let declared = self.declarations.entities.iter().find(|declared| declared.id == id);
        let written = declared.and_then(|declared| declared.decl.states.as_ref());
        let mut draft = Draft::default();
        match written {
            Some(written) => {
                if written.states.is_empty() {
                    self.sink.push(errors::no_members(
                        &format!("the `states` of `{name}` name no state"),
                        "state",
                        written.span,
                    ));
                }
                draft.add(&name, written, self.sink);
                if entity.activity {
                    draft.check_activity(&name, written.span, self.sink);
                }
            }
            None => draft.add_activity_states(span),
        }
        let extensions = std::mem::take(&mut self.declarations.entity_extensions);
        for extension in extensions.iter().filter(|extension| extension.name.name == name) {
            if let Some(states) = &extension.decl.states {
                draft.add(&name, states, self.sink);
            }
        }
        self.declarations.entity_extensions = extensions;
        let (changes, arrows) = (draft.changes(), draft.written_arrows());
        let as_enum = |part: &str, members: Members| Enum {
            name: format!("{name}.{part}"),
            members: members.members,
            entity: Some(id),
            from_library,
            span,
        };
        self.schema.enums.push(as_enum("State", draft.states));
        self.schema.enums.push(as_enum("Status", draft.statuses));
        if let Some(entity) = self.schema.entities.get_mut(usize::from(id.0)) {
            entity.states = Some(States { state, status, state_of: draft.state_of, changes, arrows });
        }
        self.set_state_defaults(id);
    }

    /// The first state and its first status are the defaults of the fields `state` and `status`.
    fn set_state_defaults(&mut self, id: EntityId) {
        use super::schema::{FieldDefault, SystemField};
        use crate::base::value::Value;
        let Some(states) = self.schema.entity(id).and_then(|entity| entity.states.as_ref()) else { return };
        let first = |id: EnumId| self.schema.enumeration(id).and_then(|e| e.members.first()).map(|member| member.value);
        let (state, status) = (first(states.state), first(states.status));
        let Some(entity) = self.schema.entities.get_mut(usize::from(id.0)) else { return };
        for field in &mut entity.fields {
            let value = match field.system {
                Some(SystemField::State) => state,
                Some(SystemField::Status) => status,
                _ => continue,
            };
            field.default = value.map(|value| FieldDefault::Const(Value::Enum(value)));
        }
    }
}

impl Draft {
    fn add(&mut self, entity: &str, written: &StatesDecl, sink: &mut Sink) {
        let shared = shared_statuses(written);
        for state in &written.states {
            let name = &state.state.name.name;
            let known = self.states.members.iter().find(|member| member.name == *name).map(|member| member.value);
            let value = match known {
                Some(value) if !state.statuses.is_empty() && state.state.value.is_none() => value,
                _ => match self.states.add(&state.state, name, entity, "state", sink) {
                    Some(value) => value,
                    None => continue,
                },
            };
            if state.statuses.is_empty() {
                let own = EnumMember { value: None, ..state.state.clone() };
                self.add_status(entity, &own, name, value, &shared, sink);
            }
            for status in &state.statuses {
                self.add_status(entity, status, name, value, &shared, sink);
            }
        }
        for arrow in &written.arrows {
            self.add_arrow(entity, arrow, written.span, sink);
        }
    }

    fn add_status(
        &mut self,
        entity: &str,
        written: &EnumMember,
        state: &str,
        value: i32,
        shared: &BTreeSet<String>,
        sink: &mut Sink,
    ) {
        let plain = &written.name.name;
        let is_taken = self.statuses.members.iter().any(|member| member.name == *plain);
        let of_state = self.plain.iter().zip(&self.state_of).any(|(name, of)| name == plain && *of == value);
        let name =
            if shared.contains(plain) || (is_taken && !of_state) { format!("{state}.{plain}") } else { plain.clone() };
        if self.statuses.add(written, &name, entity, "status", sink).is_some() {
            self.state_of.push(value);
            self.plain.push(plain.clone());
        }
    }

    /// `open`, `completed`, `canceled`: numbered from 0, each with a status of its own name.
    fn add_activity_states(&mut self, span: Span) {
        for (value, name) in (0..).zip(ACTIVITY_STATES) {
            let member = Member { name: name.to_owned(), value, label: super::enums::label_of(name), span };
            self.states.members.push(member.clone());
            self.statuses.members.push(member);
            self.state_of.push(value);
            self.plain.push(name.to_owned());
        }
        self.states = Members::continued(std::mem::take(&mut self.states.members));
        self.statuses = Members::continued(std::mem::take(&mut self.statuses.members));
        let [open, completed, canceled] = [0, 1, 2].map(End::State);
        self.arrows.extend([(open, completed), (open, canceled), (completed, open), (canceled, open)]);
    }

    fn check_activity(&self, entity: &str, span: Span, sink: &mut Sink) {
        let has = |name: &&str| self.states.members.iter().any(|member| member.name == *name);
        let missing: Vec<&str> = ACTIVITY_STATES.into_iter().filter(|name| !has(name)).collect();
        if !missing.is_empty() && !self.states.members.is_empty() {
            sink.push(errors::activity_states(entity, &missing, span));
        }
    }

    fn add_arrow(&mut self, entity: &str, arrow: &Arrow, states: Span, sink: &mut Sink) {
        let lookup = StateNames { entity, states: &self.states.members, span: states };
        let mut ends = |side: &[Vec<Ident>]| -> Vec<End> {
            side.iter().filter_map(|path| lookup.end(path, &self.plain, &self.state_of, &self.statuses, sink)).collect()
        };
        let (from, to) = (ends(&arrow.from), ends(&arrow.to));
        self.arrows.extend(from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to))));
        self.written.push((from, arrow.span));
    }

    /// The written arrows with the statuses that they leave.
    fn written_arrows(&self) -> Vec<WrittenArrow> {
        let leaves = |ends: &[End], status: i32, state: i32| {
            ends.iter().any(|end| *end == End::State(state) || *end == End::Status(status))
        };
        let arrow = |(ends, span): &(Vec<End>, Span)| WrittenArrow {
            from: (self.statuses.members.iter().zip(&self.state_of))
                .filter(|(member, state)| leaves(ends, member.value, **state))
                .map(|(member, _)| member.value)
                .collect(),
            span: *span,
        };
        self.written.iter().map(arrow).collect()
    }

    /// All `(from, to)` pairs of statuses that may follow each other.
    ///
    /// Within a state, arrows of a status restrict that status. Between states, arrows of a state restrict all its
    /// statuses, and an arrow of a status that leaves the state restricts that status. An arrow from a state to itself
    /// restricts it to itself: nothing leaves it.
    fn changes(&self) -> Vec<(i32, i32)> {
        let statuses: Vec<(i32, i32)> =
            self.statuses.members.iter().zip(&self.state_of).map(|(member, state)| (member.value, *state)).collect();
        let state_of = |end: End| match end {
            End::State(state) => Some(state),
            End::Status(value) => statuses.iter().find(|(status, _)| *status == value).map(|(_, state)| *state),
        };
        let covers = |end: End, status: i32, state: i32| end == End::State(state) || end == End::Status(status);
        let mut changes = Vec::new();
        for &(from, from_state) in &statuses {
            let leaving = self.arrows.iter().filter(|(start, _)| covers(*start, from, from_state));
            let (within, between): (Vec<_>, Vec<_>) =
                leaving.copied().partition(|(start, end)| start != end && state_of(*end) == Some(from_state));
            let within: Vec<(End, End)> = within.into_iter().filter(|(start, _)| *start == End::Status(from)).collect();
            for &(to, to_state) in statuses.iter().filter(|(to, _)| *to != from) {
                let restricting = if from_state == to_state { &within } else { &between };
                if restricting.is_empty() || restricting.iter().any(|(_, end)| covers(*end, to, to_state)) {
                    changes.push((from, to));
                }
            }
        }
        changes
    }
}

/// Status names that two states of one declaration share.
fn shared_statuses(written: &StatesDecl) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut shared = BTreeSet::new();
    for state in &written.states {
        let own = state.statuses.is_empty().then_some(&state.state);
        let names: BTreeSet<&String> = state.statuses.iter().chain(own).map(|status| &status.name.name).collect();
        for name in names {
            if !seen.insert(name.clone()) {
                shared.insert(name.clone());
            }
        }
    }
    shared
}

struct StateNames<'d> {
    entity: &'d str,
    states: &'d [Member],
    span: Span,
}

impl StateNames<'_> {
    fn end(
        &self,
        path: &[Ident],
        plain: &[String],
        state_of: &[i32],
        statuses: &Members,
        sink: &mut Sink,
    ) -> Option<End> {
        let (state, status) = match path {
            [state] => (state, None),
            [state, status] => (state, Some(status)),
            _ => return None,
        };
        let Some(value) = self.states.iter().find(|member| member.name == state.name).map(|member| member.value) else {
            self.report_unknown_state(state, status.is_none(), plain, state_of, sink);
            return None;
        };
        let Some(status) = status else { return Some(End::State(value)) };
        let of_state = || plain.iter().zip(state_of).zip(&statuses.members).filter(|((_, of), _)| **of == value);
        match of_state().find(|((name, _), _)| **name == status.name) {
            Some((_, member)) => Some(End::Status(member.value)),
            None => {
                let near = did_you_mean(&status.name, of_state().map(|((name, _), _)| name.as_str()));
                let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
                sink.push(errors::unknown_status(
                    self.entity,
                    &state.name,
                    &status.name,
                    status.span,
                    &near,
                    self.span,
                ));
                None
            }
        }
    }

    fn report_unknown_state(&self, name: &Ident, alone: bool, plain: &[String], state_of: &[i32], sink: &mut Sink) {
        let status = plain.iter().position(|status| *status == name.name).filter(|_| alone);
        let state = status.and_then(|index| state_of.get(index));
        if let Some(state) = state.and_then(|value| self.states.iter().find(|member| member.value == *value)) {
            let whole = format!("{}.{}", state.name, name.name);
            sink.push(errors::status_without_state(&name.name, &whole, name.span));
            return;
        }
        let near = did_you_mean(&name.name, self.states.iter().map(|member| member.name.as_str()));
        let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
        sink.push(errors::unknown_state(self.entity, &name.name, name.span, &near, self.span));
    }
}

/// The statuses that `state` or `state.status` names; nothing after a message.
pub(super) fn statuses_named(schema: &Schema, entity: &Entity, path: &[Ident], sink: &mut Sink) -> Option<Vec<i32>> {
    let states = entity.states.as_ref()?;
    let names = schema.enumeration(states.state)?;
    let statuses = schema.enumeration(states.status)?;
    let plain: Vec<String> = statuses.members.iter().map(|member| plain_name(&member.name)).collect();
    let members = Members::continued(statuses.members.clone());
    let lookup = StateNames { entity: &entity.name, states: &names.members, span: entity.span };
    match lookup.end(path, &plain, &states.state_of, &members, sink)? {
        End::Status(status) => Some(vec![status]),
        End::State(state) => {
            let of = statuses.members.iter().zip(&states.state_of).filter(|(_, of)| **of == state);
            Some(of.map(|(member, _)| member.value).collect())
        }
    }
}

/// `closed` of `won.closed`.
pub(super) fn plain_name(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_owned()
}
