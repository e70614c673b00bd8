//! `base.name` and `base?.name`: fields, members of enums, states, and what an event left.

use super::{
    checker::{Checker, OldValues, Primary, constant, error},
    convert::wrap,
    facts::{Path, Root, Step},
    names::Enumerated,
};
use crate::{
    base::{distance::did_you_mean, span::Span, value::Value},
    diag::Diagnostic,
    sema::{
        errors::{quoted_list, records, settings, types, uses},
        hir::{Builtin, Capture, Conversion, Expr, ExprKind, FieldPlaces, ProcessInfo},
        names::Def,
        schema::{Computed, ConfigId, Entity, EntityId, EnumId, Phase, RecordId},
        ty::Ty,
    },
    syntax::ast::{self, Ident},
};

impl Checker<'_> {
    /// `base.name`.
    pub(super) fn member(
        &mut self,
        base: &ast::Expr,
        name: &Ident,
        optional: bool,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        match &base.kind {
            ast::ExprKind::TypeName(owner) => return self.member_of_type(owner, name, span),
            ast::ExprKind::Member { base: inner, name: part, .. } => {
                if let ast::ExprKind::TypeName(entity) = &inner.kind
                    && part.name.starts_with(|first: char| first.is_ascii_uppercase())
                {
                    return self.member_of_states(entity, part, name, span);
                }
            }
            ast::ExprKind::Name(first) if self.lookup(&first.name).is_none() => {
                if let Some(value) = self.member_of_language(first, name, optional, span) {
                    return value;
                }
                if let Some(value) = self.dotted_status(first, name, expected, span) {
                    return value;
                }
                // What it is compared with was refused, so nothing says whose member it is.
                if expected.is_some_and(|ty| *ty.present() == Ty::Error) && self.is_unknown(first) {
                    return error(span);
                }
            }
            _ => {}
        }
        if name.name == "base"
            && let Some(value) = self.base_amount(base, name, optional, span)
        {
            return value;
        }
        let base = match &base.kind {
            ast::ExprKind::Name(first) => match self.lookup(&first.name) {
                Some(local) if self.is_primary(local) && self.host.primary() == Primary::Gone => {
                    let record = self.local_or_pending(local, base.span);
                    return self.last_value(&record, name, span);
                }
                Some(local) => self.local_or_pending(local, base.span),
                None => self.expr(base, None),
            },
            _ => self.expr(base, None),
        };
        self.member_of_value(base, name, optional, span)
    }

    /// A field of a value that may be absent.
    fn member_of_value(&mut self, base: Expr, name: &Ident, optional: bool, span: Span) -> Expr {
        match (&base.ty, optional) {
            (Ty::Error, _) => error(span),
            (Ty::None, _) => self.refuse(types::none_not_allowed("a value", base.span), span),
            (Ty::Optional(_), true) => {
                let mapped = self.map_present(base, |checker, present| {
                    let then = checker.member_of_present(present, name, span);
                    if then.ty == Ty::Error { Err(then) } else { Ok(then) }
                });
                match mapped {
                    Ok(value) => self.narrowed(Expr { span, ..value }),
                    Err(_) => error(span),
                }
            }
            (Ty::Optional(_), false) => {
                let is_lost = self.path(&base).is_some_and(|path| self.flow.loss(&path).is_some());
                let message = self.absent(&base);
                let help = format!("write `?.{}`, or test for `is none` before", name.name);
                self.refuse(if is_lost { message } else { message.help(help) }, span)
            }
            (_, _) => {
                if optional && !matches!(base.kind, ExprKind::Convert(Conversion::Known, _)) {
                    self.report(types::never_none(&self.show(&base.ty), base.span).help("write `.`"));
                }
                let value = self.member_of_present(base, name, span);
                self.narrowed(value)
            }
        }
    }

    fn member_of_present(&mut self, base: Expr, name: &Ident, span: Span) -> Expr {
        match base.ty.clone() {
            Ty::Ref(entity) | Ty::Pending(entity) => self.field(base, entity, name, span),
            Ty::Union(entities) => self.union_field(base, &entities, name, span),
            Ty::Named(fields) => self.named_field(base, &fields, name, span),
            Ty::Record(record) => self.record_field(base, record, name, span),
            Ty::Fault => self.fault_field(base, name, span),
            Ty::Enum(_) => self.enum_part(base, name, span),
            Ty::AnyRef => self.refuse(records::field_of_any(&name.name, base.span, name.span), span),
            Ty::Error => error(span),
            other => {
                let shown = self.show(&other);
                self.refuse(types::no_members(&shown, &name.name, base.span, name.span), span)
            }
        }
    }

    fn field(&mut self, base: Expr, entity: EntityId, name: &Ident, span: Span) -> Expr {
        self.refuse_deleted(&base);
        let Some(declared) = self.schema.entity(entity) else { return error(span) };
        if let Some((field, declared)) = declared.field(&name.name) {
            let kind = ExprKind::Field { base: Box::new(base), entity, field };
            return Expr { kind, ty: declared.ty.clone(), span };
        }
        if let Some(computed) = declared.computed(&name.name) {
            return self.computed(base, (entity, computed), name, span);
        }
        let message = match declared.reverses.iter().find(|reverse| reverse.name == name.name) {
            Some(reverse) => records::reverse_as_value(&declared.name, &name.name, name.span, reverse.span),
            None => self.unknown_field(entity, name),
        };
        self.refuse(message, span)
    }

    /// A field of a record by its name alone.
    pub(super) fn member_of_record(&mut self, base: Expr, name: &Ident) -> Expr {
        self.member_of_present(base, name, name.span)
    }

    /// A computed field: a call of its hidden function.
    fn computed(&mut self, base: Expr, (entity, computed): (EntityId, &Computed), name: &Ident, span: Span) -> Expr {
        if matches!(base.ty, Ty::Pending(_)) {
            return self.refuse(records::computed_of_pending(&name.name, span, computed.span), span);
        }
        let base = Expr { ty: Ty::Ref(entity), ..base };
        match computed.function {
            Some(function) if computed.ty != Ty::Error => {
                Expr { kind: ExprKind::Call { function, args: vec![base] }, ty: computed.ty.clone(), span }
            }
            _ => error(span),
        }
    }

    /// A message about a field that an entity lacks.
    pub(super) fn unknown_field(&self, entity: EntityId, name: &Ident) -> Diagnostic {
        let Some(declared) = self.schema.entity(entity) else {
            return uses::unknown_field("", &name.name, name.span, name.span, &[]);
        };
        if let Some(computed) = declared.computed(&name.name) {
            return records::computed_elsewhere(&declared.name, &name.name, name.span, computed.span);
        }
        let computed = declared.computed.iter().map(|computed| computed.name.as_str());
        let known = declared.fields.iter().map(|field| field.name.as_str()).chain(computed);
        let known = known.chain(declared.reverses.iter().map(|reverse| reverse.name.as_str()));
        let near = did_you_mean(&name.name, known);
        uses::unknown_field(&declared.name, &name.name, name.span, declared.span, &near)
    }

    fn union_field(&mut self, base: Expr, entities: &[EntityId], name: &Ident, span: Span) -> Expr {
        self.refuse_deleted(&base);
        match self.common_field(entities, name, records::TEST_WHICH) {
            Ok((fields, ty)) => Expr { kind: ExprKind::UnionField { base: Box::new(base), fields }, ty, span },
            Err(message) => self.refuse(*message, span),
        }
    }

    /// The stored field of this name in each of the entities.
    fn places(&self, entities: &[EntityId], name: &Ident, advice: &str) -> Result<FieldPlaces, Box<Diagnostic>> {
        let place = |entity: &EntityId| match self.schema.entity(*entity) {
            Some(declared) => match declared.field(&name.name) {
                Some((field, _)) => Ok((*entity, field)),
                None => Err(Box::new(self.field_lacking(entities, (*entity, declared), name, advice))),
            },
            None => Err(Box::new(self.unknown_field(*entity, name))),
        };
        entities.iter().map(place).collect()
    }

    fn field_lacking(
        &self,
        all: &[EntityId],
        (id, entity): (EntityId, &Entity),
        name: &Ident,
        advice: &str,
    ) -> Diagnostic {
        if let [_] = all {
            return self.unknown_field(id, name);
        }
        if let Some(computed) = entity.computed(&name.name) {
            let message = records::computed_elsewhere(&entity.name, &name.name, name.span, computed.span);
            return message.help(advice);
        }
        let shown = self.show(&Ty::Union(all.to_vec()));
        records::field_of_some(&shown, &entity.name, &name.name, name.span, entity.span, advice)
    }

    /// The same with its type, which is that of all.
    fn common_field(
        &self,
        entities: &[EntityId],
        name: &Ident,
        advice: &str,
    ) -> Result<(FieldPlaces, Ty), Box<Diagnostic>> {
        let places = self.places(entities, name, advice)?;
        let fields = places.iter().filter_map(|(entity, field)| {
            self.schema.entity(*entity)?.fields.get(usize::from(field.0)).map(|field| &field.ty)
        });
        let mut types = fields.clone();
        let ty = types.next().cloned().unwrap_or(Ty::Error);
        match types.find(|other| **other != ty) {
            Some(other) => {
                let (a, b) = (self.show(&ty), self.show(other));
                Err(Box::new(records::field_types_differ(&name.name, &a, &b, name.span, advice)))
            }
            None => Ok((places, ty)),
        }
    }

    fn record_field(&mut self, base: Expr, record: RecordId, name: &Ident, span: Span) -> Expr {
        let Some(declared) = self.schema.record(record) else { return error(span) };
        let found = declared.fields.iter().zip(0_u16..).find(|(field, _)| field.name == name.name);
        if let Some((field, index)) = found {
            let kind = ExprKind::RecordField { base: Box::new(base), index };
            return Expr { kind, ty: field.ty.clone(), span };
        }
        let near = did_you_mean(&name.name, declared.fields.iter().map(|field| field.name.as_str()));
        let message = uses::unknown_field(&declared.name, &name.name, name.span, declared.span, &near);
        self.refuse(message, span)
    }

    /// A field of a value that a query has selected.
    fn named_field(&mut self, base: Expr, fields: &[(String, Ty)], name: &Ident, span: Span) -> Expr {
        if let Some(((_, ty), index)) = fields.iter().zip(0_u16..).find(|((field, _), _)| *field == name.name) {
            return Expr { kind: ExprKind::RecordField { base: Box::new(base), index }, ty: ty.clone(), span };
        }
        let shown = self.show(&base.ty);
        let near = did_you_mean(&name.name, fields.iter().map(|(field, _)| field.as_str()));
        let message = types::no_members(&shown, &name.name, base.span, name.span);
        let message = match near.as_slice() {
            [] => message,
            near => message.help(format!("did you mean {}?", quoted_list(near, "or"))),
        };
        self.refuse(message, span)
    }

    fn fault_field(&mut self, base: Expr, name: &Ident, span: Span) -> Expr {
        let (index, ty) = match name.name.as_str() {
            "code" => (0, Ty::Text),
            "message" => (1, Ty::Text),
            "at" => (2, Ty::Text),
            _ => return self.refuse(types::fault_part(&name.name, name.span), span),
        };
        Expr { kind: ExprKind::FaultField { base: Box::new(base), index }, ty, span }
    }

    fn enum_part(&mut self, base: Expr, name: &Ident, span: Span) -> Expr {
        let (builtin, ty) = match name.name.as_str() {
            "label" => (Builtin::Label, Ty::Text),
            "value" => (Builtin::StoredValue, Ty::Int),
            _ => {
                let shown = self.show(&base.ty);
                return self.refuse(types::no_members(&shown, &name.name, base.span, name.span), span);
            }
        };
        Expr { kind: ExprKind::Builtin { builtin, args: vec![base] }, ty, span }
    }

    /// `Rating.hot`, `Rating.values`.
    fn member_of_type(&mut self, owner: &Ident, name: &Ident, span: Span) -> Expr {
        match self.names.get(self.file, &owner.name).map(|entry| entry.def.clone()) {
            Some(Def::Enum(id)) => self.member_of_enum(id, name, span),
            Some(Def::Broken | Def::Later(_)) => error(span),
            Some(def) => self.refuse(uses::not_a_value(&owner.name, &def, owner.span), span),
            None => {
                let near = self.near_upper(&owner.name);
                self.refuse(uses::unknown_upper(&owner.name, owner.span, &near), span)
            }
        }
    }

    fn member_of_enum(&mut self, id: EnumId, name: &Ident, span: Span) -> Expr {
        let Some(declared) = self.schema.enumeration(id) else { return error(span) };
        if let Some(member) = declared.members.iter().find(|member| member.name == name.name) {
            return constant(Value::Enum(member.value), Ty::Enum(id), span);
        }
        if name.name == "values" {
            let all = declared.members.iter().map(|m| constant(Value::Enum(m.value), Ty::Enum(id), span)).collect();
            return Expr { kind: ExprKind::List(all), ty: Ty::List(Box::new(Ty::Enum(id))), span };
        }
        let all: Vec<&str> = declared.members.iter().map(|member| member.name.as_str()).collect();
        let near = did_you_mean(&name.name, all.iter().copied());
        let message = uses::unknown_member(&name.name, &declared.name, name.span, declared.span, &near, &all);
        self.refuse(message, span)
    }

    /// `Opportunity.State.open`.
    fn member_of_states(&mut self, entity: &Ident, part: &Ident, name: &Ident, span: Span) -> Expr {
        if self.enum_named(entity) == Enumerated::Broken {
            return error(span);
        }
        let whole = Ident { name: format!("{}.{}", entity.name, part.name), span: entity.span.to(part.span) };
        match self.enum_named(&whole) {
            Enumerated::Is(id) => self.member_of_enum(id, name, span),
            Enumerated::Broken => error(span),
            Enumerated::No => {
                let near = self.near_upper(&whole.name);
                self.refuse(uses::unknown_upper(&whole.name, whole.span, &near), span)
            }
        }
    }

    /// `lost.out_sold` where a status is expected.
    fn dotted_status(&mut self, state: &Ident, status: &Ident, expected: Option<&Ty>, span: Span) -> Option<Expr> {
        let (id, declared) = self.expected_enum(expected)?;
        let entity = self.schema.entity(declared.entity?)?;
        let states = entity.states.as_ref()?;
        if states.status != id {
            let message = records::status_for_state(&entity.name, &state.name, &status.name, span);
            return Some(self.refuse(message, span));
        }
        Some(match self.status_named(states, state, Some(status)) {
            Ok(found) => constant(Value::Enum(found), Ty::Enum(id), span),
            Err(message) => self.refuse(*message, span),
        })
    }

    /// `deal.title` of a record that is deleted: its last value.
    fn last_value(&mut self, record: &Expr, name: &Ident, span: Span) -> Expr {
        match self.common_field(&record.ty.entities(), name, records::TEST_WHICH) {
            Ok((places, ty)) => {
                let value = self.capture(Capture::Last(places), ty, span);
                self.narrowed(value)
            }
            Err(message) => self.refuse(*message, span),
        }
    }

    /// `old.f`, `trigger.user`, `process.owner`, `inputs.reason`.
    fn member_of_language(&mut self, first: &Ident, name: &Ident, optional: bool, span: Span) -> Option<Expr> {
        match first.name.as_str() {
            "config" => return Some(self.config(name, span)),
            "secret" => return Some(self.secret(name, span)),
            _ => self.host.head()?,
        };
        match first.name.as_str() {
            "old" => Some(self.old_field(first, name, optional, span)),
            "trigger" => Some(self.trigger_part(name, span)),
            "process" => Some(self.process_part(name, span)),
            "inputs" if self.host.action().is_some() => Some(self.action_input(name, span)),
            _ => None,
        }
    }

    /// `config.name`.
    fn config(&mut self, name: &Ident, span: Span) -> Expr {
        let Some(id) = self.config_named(name, span) else { return error(span) };
        let Some(head) = self.schema.config(id) else { return error(span) };
        let value = Expr { kind: ExprKind::Config(id), ty: head.ty.clone(), span };
        self.narrowed(value)
    }

    /// The setting of this name; `None` after a message.
    pub(super) fn config_named(&mut self, name: &Ident, span: Span) -> Option<ConfigId> {
        let found = self.names.get(self.file, &format!("config.{}", name.name)).map(|entry| entry.def.clone());
        if let Some(Def::Config(id)) = found {
            return Some(id);
        }
        self.no_setting("config", name, span);
        None
    }

    /// `secret.name`: only an activity may have it.
    fn secret(&mut self, name: &Ident, span: Span) -> Expr {
        match self.names.get(self.file, &format!("secret.{}", name.name)).map(|entry| &entry.def) {
            Some(Def::Secret) => self.refuse(settings::secret_outside(&name.name, span), span),
            _ => self.no_setting("secret", name, span),
        }
    }

    fn no_setting(&mut self, kind: &str, name: &Ident, span: Span) -> Expr {
        let known = self.names.entries.keys().filter_map(|known| known.strip_prefix(kind)?.strip_prefix('.'));
        let near = did_you_mean(&name.name, known);
        let message = settings::unknown(kind, &name.name, name.span, &near);
        self.refuse(message, span)
    }

    fn old_field(&mut self, old: &Ident, name: &Ident, optional: bool, span: Span) -> Expr {
        let mode = self.host.old_values();
        if mode == OldValues::Never {
            return self.no_old(old.span);
        }
        let (places, ty) = match self.common_field(&self.primary_entities(), name, records::ONE_FOR_EACH) {
            Ok(found) => found,
            Err(message) => return self.refuse(*message, span),
        };
        let value = self.capture(Capture::Old(places), ty.clone(), span);
        if mode == OldValues::Always {
            return self.narrowed(value);
        }
        if !optional {
            return self.refuse(records::old_may_lack(&name.name, old.span), span);
        }
        let is_there = self.capture(Capture::OldPresent, Ty::Bool, old.span);
        let ty = ty.optional();
        let value = if value.ty == ty { value } else { wrap(Conversion::Present, ty.clone(), value) };
        let absent = constant(Value::None, ty.clone(), span);
        Expr { kind: ExprKind::If(Box::new(is_there), Box::new(value), Box::new(absent)), ty, span }
    }

    fn trigger_part(&mut self, name: &Ident, span: Span) -> Expr {
        let (capture, ty) = match name.name.as_str() {
            "kind" => (Capture::TriggerKind, Ty::Text),
            "user" => (Capture::TriggerUser, self.core_entity("User")),
            "at" => (Capture::TriggerAt, Ty::DateTime),
            "stage" => (Capture::TriggerStage, Ty::Text),
            "signal" => return self.trigger_signal(span),
            other => {
                let near = did_you_mean(other, ["kind", "user", "at", "stage", "signal"]);
                return self.refuse(uses::unknown_part("trigger", other, name.span, &near), span);
            }
        };
        self.capture(capture, ty, span)
    }

    fn process_part(&mut self, name: &Ident, span: Span) -> Expr {
        let (info, ty) = match name.name.as_str() {
            "user" => (ProcessInfo::User, self.core_entity("User")),
            "caller" => (ProcessInfo::Caller, self.core_entity("User")),
            "owner" => (ProcessInfo::Owner, self.core_entity("User")),
            "instance" => (ProcessInfo::Instance, Ty::Int),
            "depth" => (ProcessInfo::Depth, Ty::Int),
            other => {
                let near = did_you_mean(other, ["user", "caller", "owner", "instance", "depth"]);
                return self.refuse(uses::unknown_part("process", other, name.span, &near), span);
            }
        };
        Expr { kind: ExprKind::Process(info), ty, span }
    }

    fn action_input(&mut self, name: &Ident, span: Span) -> Expr {
        match self.input_of_action(name) {
            Some((index, ty)) => self.capture(Capture::Input(index), ty, span),
            None => error(span),
        }
    }

    /// An input of the action that this process stands before or after, or a message.
    pub(super) fn input_of_action(&mut self, name: &Ident) -> Option<(u16, Ty)> {
        let (action, _) = self.host.action()?;
        let head = self.schema.process(action)?;
        let found = head.params.iter().zip(0_u16..).find(|(param, _)| param.name == name.name);
        if let Some((param, index)) = found {
            return Some((index, param.ty.clone()));
        }
        let near = did_you_mean(&name.name, head.params.iter().map(|param| param.name.as_str()));
        self.report(uses::unknown_argument(&head.name, &name.name, name.span, head.span, &near));
        None
    }

    /// `result` in `after action X`.
    pub(super) fn action_result(&mut self, span: Span) -> Expr {
        let ty = match self.host.action() {
            Some((action, Phase::After)) => self.schema.process(action).map(|head| head.result.clone()),
            _ => None,
        };
        match ty {
            Some(ty) => self.capture(Capture::Result, ty, span),
            None => self.refuse(records::no_result_yet(span), span),
        }
    }

    /// `changed(f)`.
    pub(super) fn changed(&mut self, args: &[ast::Arg], span: Span) -> Expr {
        let [ast::Arg { name: None, value: ast::Expr { kind: ast::ExprKind::Name(name), .. } }] = args else {
            return self.refuse(records::changed_needs_field(span), span);
        };
        if self.host.old_values() == OldValues::Never {
            return self.no_old(span);
        }
        match self.places(&self.primary_entities(), name, records::ONE_FOR_EACH) {
            Ok(places) => self.capture(Capture::Changed(places), Ty::Bool, span),
            Err(message) => self.refuse(*message, span),
        }
    }

    /// A message where a record was deleted on every way to here.
    pub(super) fn refuse_deleted(&mut self, record: &Expr) {
        let Some(path) = self.path(record) else { return };
        if let Some(deleted) = self.flow.deleted.get(&path).copied() {
            let name = self.path_words(&path);
            self.report(records::used_after_delete(&name, record.span, deleted));
            self.flow.deleted.remove(&path);
        }
    }

    /// The entities that the primary record may be of.
    fn primary_entities(&self) -> Vec<EntityId> {
        let primary = self.host.head().and_then(|head| head.primary.as_ref());
        primary.map(|primary| primary.ty.entities()).unwrap_or_default()
    }

    /// A path as its author writes it.
    pub(super) fn path_words(&self, path: &Path) -> String {
        let mut words = match path.root {
            Root::Local(local) => self.local(local).map(|local| local.name.clone()).unwrap_or_default(),
            Root::Capture(_) => "old".to_owned(),
        };
        for step in &path.steps {
            if let Step::Stored(entity, field) = step
                && let Some(field) = self.schema.entity(*entity).and_then(|e| e.fields.get(usize::from(field.0)))
            {
                words.push('.');
                words.push_str(&field.name);
            }
        }
        words
    }
}
