//! Statements that write records: `create`, `update`, `change`, `assign`, `delete`.

use std::collections::BTreeSet;

use super::{
    checker::{Checker, Host, error},
    effects::WriteKind,
};
use crate::{
    base::{distance::did_you_mean, span::Span},
    diag::Diagnostic,
    sema::{
        errors::{flows as flow_errors, records, uses},
        flows,
        hir::{Expr, StmtKind, Write, WriteOp},
        schema::{EntityId, Field, FieldId, States, SystemField},
        ty::Ty,
    },
    syntax::ast::{self, AssignOp, FieldInit, Ident},
};

impl Checker<'_> {
    /// `create Task { … }`, `given User { … }`.
    pub(super) fn create(&mut self, entity: &Ident, fields: &[FieldInit], given: bool, span: Span) -> (StmtKind, Ty) {
        self.may_act("create", span);
        let Some(id) = self.entity_named(entity) else {
            self.values_for_anything(fields.iter().map(|field| &field.value));
            return (StmtKind::Error, Ty::Error);
        };
        let Some(declared) = self.schema.entity(id) else { return (StmtKind::Error, Ty::Error) };
        // A library creates its own records, and a test is given them.
        let may_create = declared.from_library && (given || declared.span.file == self.file);
        if !declared.creatable && !may_create {
            self.report(records::not_creatable(&declared.name, entity.span, declared.span));
        }
        let mut values: Vec<(FieldId, Expr)> = Vec::new();
        let mut is_broken = false;
        for init in fields {
            match self.field_to_create(id, init) {
                Some((field, value)) => {
                    if values.iter().any(|(known, _)| *known == field) {
                        self.report(uses::given_twice(&init.name.name, init.name.span));
                    }
                    values.push((field, value));
                }
                None => is_broken = true,
            }
        }
        let missing: Vec<&Field> = (0_u16..)
            .zip(&declared.fields)
            .filter(|(index, field)| field.is_required() && !values.iter().any(|(known, _)| known.0 == *index))
            .map(|(_, field)| field)
            .collect();
        if !missing.is_empty() && !is_broken {
            let names: Vec<&str> = missing.iter().map(|field| field.name.as_str()).collect();
            let first = missing.first().map_or(declared.span, |field| field.span);
            self.report(records::required_fields(&declared.name, &names, entity.span, first));
        }
        self.writes(id, WriteKind::Create, span);
        (StmtKind::Create { entity: id, fields: values, into: None, given }, Ty::Ref(id))
    }

    pub(super) fn field_to_create(&mut self, entity: EntityId, init: &FieldInit) -> Option<(FieldId, Expr)> {
        if init.op != AssignOp::Set {
            self.report(records::operator_in_create(init.name.span));
        }
        let (id, field) = self.written_field(entity, &init.name, &init.value, true)?;
        let value = self.expr_as(&init.value, &field.0, Some(field.1));
        self.refuse_field(entity, id, &value);
        Some((id, value))
    }

    /// A message about a fixed value beyond the limits of its field.
    fn refuse_field(&mut self, entity: EntityId, field: FieldId, value: &Expr) {
        let schema = self.schema;
        if let Some(field) = schema.entity(entity).and_then(|entity| entity.fields.get(usize::from(field.0))) {
            self.refuse_beyond(value, field);
        }
    }

    /// A field that may be written, with its type and declaration; `None` after a message.
    fn written_field(
        &mut self,
        entity: EntityId,
        name: &Ident,
        value: &ast::Expr,
        is_create: bool,
    ) -> Option<(FieldId, (Ty, Span))> {
        let declared = self.schema.entity(entity)?;
        let Some((id, field)) = declared.field(&name.name) else {
            // A field that could not be read was told.
            if matches!(value.kind, ast::ExprKind::Error) {
                return None;
            }
            if let Some(computed) = declared.computed(&name.name) {
                self.expr(value, Some(&computed.ty));
                self.report(records::computed_written(&declared.name, &name.name, name.span, computed.span));
                return None;
            }
            let message = match declared.reverses.iter().find(|reverse| reverse.name == name.name) {
                Some(reverse) => records::reverse_written(&declared.name, &name.name, name.span, reverse.span),
                None => self.unknown_field(entity, name),
            };
            self.report(message);
            self.expr(value, Some(&Ty::Error));
            return None;
        };
        let is_owner = is_create && field.system == Some(SystemField::Owner);
        if let Some(system) = field.system.filter(|_| !is_owner) {
            self.expr(value, Some(&field.ty));
            self.report(records::system_field(&declared.name, &name.name, system, Some(is_create), name.span));
            return None;
        }
        if flows::code::is_kept(self.names, &declared.name, &name.name) {
            self.expr(value, Some(&field.ty));
            self.report(flow_errors::kept(&declared.name, &name.name, name.span));
            return None;
        }
        if !field.numbering.is_empty() {
            self.expr(value, Some(&field.ty));
            self.report(records::number_written(&declared.name, &name.name, name.span, field.span));
            return None;
        }
        Some((id, (field.ty.clone(), field.span)))
    }

    /// `update deal { score += 10 }`.
    pub(super) fn update(&mut self, target: &ast::Expr, fields: &[FieldInit], span: Span) -> StmtKind {
        self.may_act("update", span);
        let Some((target, entity)) = self.record_target(target, "update") else {
            fields.iter().for_each(|field| drop(self.expr(&field.value, Some(&Ty::Error))));
            return StmtKind::Error;
        };
        let mut writes: Vec<Write> = Vec::new();
        for init in fields {
            let Some((field, (ty, cause))) = self.written_field(entity, &init.name, &init.value, false) else {
                continue;
            };
            if writes.iter().any(|write| write.field == field) {
                self.report(uses::given_twice(&init.name.name, init.name.span));
            }
            let value = match init.op {
                AssignOp::Set => {
                    let value = self.expr_as(&init.value, &ty, Some(cause));
                    self.refuse_field(entity, field, &value);
                    value
                }
                op => self.operand(op, &ty, init, cause),
            };
            writes.push(Write { field, op: write_op(init.op), value });
        }
        self.writes(entity, WriteKind::Update, span);
        StmtKind::Update { target, entity, writes }
    }

    /// The operand of `+=` and its like on a stored value.
    fn operand(&mut self, op: AssignOp, ty: &Ty, init: &FieldInit, cause: Span) -> Expr {
        let stored = ty.present().clone();
        let value = self.expr(&init.value, if op == AssignOp::Multiply { None } else { Some(&stored) });
        let value = self.present(value);
        if value.ty == Ty::Error || *ty == Ty::Error {
            return error(value.span);
        }
        if ty.is_optional() {
            let operator = match op {
                AssignOp::Append => "++",
                AssignOp::Multiply => "*",
                AssignOp::Subtract => "-",
                _ => "+",
            };
            let message = records::compound_on_optional(&init.name.name, operator, init.name.span, cause);
            return self.refuse(message, value.span);
        }
        let wanted = match (op, ty) {
            (AssignOp::Append, Ty::Text | Ty::List(_) | Ty::Set(_)) | (AssignOp::Subtract, Ty::Set(_)) => ty.clone(),
            (AssignOp::Append, _) => Ty::Void,
            (AssignOp::Multiply, Ty::Money | Ty::MoneyIn(_)) if value.ty == Ty::Int => Ty::Int,
            (AssignOp::Multiply, Ty::Money | Ty::MoneyIn(_)) => Ty::Decimal,
            (AssignOp::Multiply, Ty::Int | Ty::Decimal | Ty::Float) => ty.clone(),
            (AssignOp::Multiply, _) => Ty::Void,
            (_, Ty::Int | Ty::Decimal | Ty::Float | Ty::Money | Ty::MoneyIn(_) | Ty::Duration) => ty.clone(),
            (_, Ty::Date | Ty::DateTime) => Ty::Duration,
            _ => Ty::Void,
        };
        if wanted == Ty::Void {
            let (field, operand) = (self.show(ty), self.show(&value.ty));
            let message = records::compound_on_type(symbol(op), &field, &operand, init.name.span, cause);
            return self.refuse(message, value.span);
        }
        self.coerce(value, &wanted, Some(cause))
    }

    /// `change deal to lost.out_sold`.
    pub(super) fn change(&mut self, target: &ast::Expr, to: &ast::Expr, span: Span) -> StmtKind {
        self.may_act("change", span);
        let Some((target, entity)) = self.record_target(target, "change") else { return StmtKind::Error };
        let Some(declared) = self.schema.entity(entity) else { return StmtKind::Error };
        let Some(states) = declared.states.as_ref() else {
            self.report(records::no_states(&declared.name, target.span, declared.span));
            return StmtKind::Error;
        };
        let Some(status) = self.status_to(states, to) else { return StmtKind::Error };
        self.refuse_impossible(&target, entity, states, status, to.span);
        self.writes(entity, WriteKind::Update, span);
        StmtKind::ChangeStatus { target, entity, status }
    }

    /// The status that is named behind `to`; `None` after a message.
    pub(super) fn status_to(&mut self, states: &States, to: &ast::Expr) -> Option<i32> {
        let found = match &to.kind {
            ast::ExprKind::Name(state) => self.status_named(states, state, None),
            ast::ExprKind::Member { base, name, optional: false } => match &base.kind {
                ast::ExprKind::Name(state) => self.status_named(states, state, Some(name)),
                _ => Err(Box::new(records::state_must_be_named(to.span))),
            },
            ast::ExprKind::Error => return None,
            ast::ExprKind::TypeName(state) => {
                let name = state.name.to_ascii_lowercase();
                Err(Box::new(uses::member_in_upper_case(&state.name, &name, state.span)))
            }
            _ => Err(Box::new(records::state_must_be_named(to.span))),
        };
        found.map_err(|message| self.report(*message)).ok()
    }

    /// A message where no status that the record may have leads to the new one.
    fn refuse_impossible(&mut self, target: &Expr, entity: EntityId, states: &States, to: i32, span: Span) {
        if self.is_expected_to_fail {
            return;
        }
        let Some(declared) = self.schema.entity(entity) else { return };
        let known = |system| {
            let path = self.path(target)?.then(super::facts::Step::Stored(entity, declared.system_field(system)?));
            self.flow.known(&path)?.members.clone()
        };
        let statuses = self.schema.enumeration(states.status).map(|e| e.members.as_slice()).unwrap_or_default();
        let (of_status, of_state) = (known(SystemField::Status), known(SystemField::State));
        if of_status.is_none() && of_state.is_none() {
            return;
        }
        let possible: Vec<(i32, i32)> = statuses
            .iter()
            .zip(&states.state_of)
            .filter(|(status, state)| {
                of_status.as_ref().is_none_or(|known| known.contains(&status.value))
                    && of_state.as_ref().is_none_or(|known| known.contains(state))
            })
            .map(|(status, state)| (status.value, *state))
            .collect();
        let is_possible = possible.iter().any(|(from, _)| *from == to || states.changes.contains(&(*from, to)));
        if is_possible || possible.is_empty() {
            return;
        }
        let names = self.schema.enumeration(states.state).map(|e| e.members.as_slice()).unwrap_or_default();
        let from: BTreeSet<&str> = possible
            .iter()
            .filter_map(|(_, state)| names.iter().find(|m| m.value == *state).map(|m| m.name.as_str()))
            .collect();
        let from: Vec<&str> = from.into_iter().collect();
        let reached: Vec<i32> = possible.iter().map(|(status, _)| *status).collect();
        let causes = states.causes(&reached);
        self.report(records::impossible_change(&declared.name, &from, span, declared.span, &causes));
    }

    /// The status that `lost` or `lost.out_sold` means.
    pub(super) fn status_named(
        &self,
        states: &States,
        state: &Ident,
        status: Option<&Ident>,
    ) -> Result<i32, Box<Diagnostic>> {
        let (Some(of_state), Some(of_status)) =
            (self.schema.enumeration(states.state), self.schema.enumeration(states.status))
        else {
            return Err(Box::new(records::state_must_be_named(state.span)));
        };
        let all: Vec<&str> = of_state.members.iter().map(|member| member.name.as_str()).collect();
        let Some(number) = of_state.members.iter().find(|member| member.name == state.name).map(|m| m.value) else {
            let near = did_you_mean(&state.name, all.iter().copied());
            let home = of_status.members.iter().zip(&states.state_of).find(|(m, _)| m.name == state.name);
            let home = home.and_then(|(_, state)| of_state.members.iter().find(|m| m.value == *state));
            return Err(Box::new(match home {
                Some(home) => records::status_without_state(&state.name, &home.name, state.span),
                None => uses::unknown_member(&state.name, &of_state.name, state.span, of_state.span, &near, &all),
            }));
        };
        let Some(status) = status else {
            let default = states.default_status(self.schema, number);
            return default.ok_or_else(|| Box::new(records::state_must_be_named(state.span)));
        };
        let whole = format!("{}.{}", state.name, status.name);
        let mut of_this = of_status.members.iter().zip(&states.state_of).filter(|(_, of)| **of == number);
        let found = of_this.clone().find(|(m, _)| m.name == status.name || m.name == whole);
        match found {
            Some((member, _)) => Ok(member.value),
            None => {
                let names: Vec<&str> = of_this.by_ref().map(|(m, _)| m.name.as_str()).collect();
                let near = did_you_mean(&status.name, names.iter().copied());
                let owner = format!("{}.{}", of_state.name, state.name);
                Err(Box::new(uses::unknown_member(&status.name, &owner, status.span, of_status.span, &near, &names)))
            }
        }
    }

    /// `assign deal to ann`.
    pub(super) fn assign_owner(&mut self, target: &ast::Expr, to: &ast::Expr, span: Span) -> StmtKind {
        self.may_act("assign", span);
        let target = self.expr(target, None);
        let principal = self.principal();
        let to = self.expr_as(to, &principal, None);
        let Some((target, entities)) = self.records_target(target, "assign") else { return StmtKind::Error };
        for entity in &entities {
            if let Some(declared) = self.schema.entity(*entity).filter(|declared| !declared.owned_by_user) {
                self.report(records::nobody_owns(&declared.name, target.span, declared.span));
                return StmtKind::Error;
            }
        }
        entities.iter().for_each(|entity| self.writes(*entity, WriteKind::Update, span));
        StmtKind::AssignOwner { target, to }
    }

    /// `delete deal`.
    pub(super) fn delete(&mut self, target: &ast::Expr, span: Span) -> StmtKind {
        self.may_act("delete", span);
        let target = self.expr(target, None);
        let Some((target, entities)) = self.records_target(target, "delete") else { return StmtKind::Error };
        entities.iter().for_each(|entity| self.writes(*entity, WriteKind::Delete, span));
        if let Some(path) = self.path(&target)
            && !self.is_expected_to_fail
        {
            self.flow.deleted.insert(path, span);
        }
        StmtKind::Delete { target }
    }

    /// The record of `update` and `change`: one entity.
    fn record_target(&mut self, written: &ast::Expr, verb: &str) -> Option<(Expr, EntityId)> {
        let target = self.expr(written, None);
        let (target, entities) = self.records_target(target, verb)?;
        match entities.as_slice() {
            [entity] => Some((target, *entity)),
            _ => {
                let shown = self.show(&target.ty);
                self.report(records::several_entities_written(&shown, verb, target.span));
                None
            }
        }
    }

    /// The record of a statement; `None` after a message.
    pub(super) fn records_target(&mut self, target: Expr, verb: &str) -> Option<(Expr, Vec<EntityId>)> {
        let target = self.present(target);
        match &target.ty {
            Ty::Error => return None,
            Ty::Ref(_) | Ty::Union(_) => {}
            other => {
                let shown = self.show(other);
                self.report(match other {
                    Ty::AnyRef => records::several_entities_written(&shown, verb, target.span),
                    _ => records::not_a_record(&shown, target.span),
                });
                return None;
            }
        }
        self.refuse_deleted(&target);
        if self.refuse_primary(&target, verb) {
            return None;
        }
        let entities = target.ty.entities();
        Some((target, entities))
    }

    /// Facts about what a write may write end here.
    pub(super) fn writes(&mut self, entity: EntityId, kind: WriteKind, span: Span) {
        self.footprint.writes.insert((entity, kind));
        let written = self.effects.of_write((entity, kind));
        self.flow.write(&written, span);
        self.runs_on(span);
        self.trace.writes.extend(written.into_iter().map(|entity| (entity, span)));
    }

    /// In a test, background work follows each statement.
    pub(super) fn runs_on(&mut self, span: Span) {
        if matches!(self.host, Host::Test) {
            self.flow.suspend(span);
        }
    }
}

fn write_op(op: AssignOp) -> WriteOp {
    match op {
        AssignOp::Set => WriteOp::Set,
        AssignOp::Add => WriteOp::Add,
        AssignOp::Subtract => WriteOp::Subtract,
        AssignOp::Multiply => WriteOp::Multiply,
        AssignOp::Append => WriteOp::Append,
    }
}

fn symbol(op: AssignOp) -> &'static str {
    match op {
        AssignOp::Set => "=",
        AssignOp::Add => "+=",
        AssignOp::Subtract => "-=",
        AssignOp::Multiply => "*=",
        AssignOp::Append => "++=",
    }
}
