//! Lower-case names where a value stands, and bare members of enums and states by the expected type.

use super::checker::{Checker, OldValues, Primary, constant, error, read};
use crate::{
    base::{distance::did_you_mean, span::Span, value::Value},
    sema::{
        errors::{facts, records, settings, types as type_errors, uses},
        hir::{Expr, ExprKind, LocalId, ProcessInfo},
        names::Def,
        schema::{EntityId, Enum, EnumId},
        ty::Ty,
        types::{self, Wanted},
    },
    syntax::ast::{self, Ident},
};

/// What an upper-case name is as an enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Enumerated {
    /// This enum.
    Is(EnumId),
    /// Something that was refused where it is declared.
    Broken,
    /// Nothing of the kind.
    No,
}

impl Checker<'_> {
    /// A lower-case name.
    pub(super) fn name(&mut self, name: &Ident, expected: Option<&Ty>) -> Expr {
        let span = name.span;
        if let Some(local) = self.lookup(&name.name) {
            if let Some(member) = self.bare_member(expected, &name.name) {
                let earlier = self.local(local).map_or(span, |local| local.span);
                let message = uses::ambiguous_member(&name.name, &member.0, span, earlier);
                return self.refuse(message, span);
            }
            return self.local_value(local, span);
        }
        if let Some(field) = self.shown_field(name) {
            return field;
        }
        if let Some(value) = self.name_of_language(name) {
            return value;
        }
        if let Some((_, number)) = self.bare_member(expected, &name.name)
            && let Some(ty) = expected
        {
            return constant(Value::Enum(number), ty.present().clone(), span);
        }
        // It may be an input that could not be read.
        let is_open = self.host.head().is_some_and(|head| head.is_broken);
        if is_open || expected.is_some_and(|ty| *ty.present() == Ty::Error) {
            return error(span);
        }
        if let Some(group) = self.group.as_ref().filter(|group| group.is_one_of_many(&name.name)) {
            let message = type_errors::one_of_many(&name.name, span, group.span());
            return self.refuse(message, span);
        }
        if self.is_for_anything && self.is_some_member(&name.name) {
            return error(span);
        }
        let message = self.unknown_name(name, expected);
        self.refuse(message, span)
    }

    /// Whether any enum has this member.
    fn is_some_member(&self, name: &str) -> bool {
        self.schema.enums.iter().flat_map(|e| &e.members).any(|member| member.name == name)
    }

    /// The value of a name, where the whole record is asked for.
    fn local_value(&mut self, local: LocalId, span: Span) -> Expr {
        if self.is_primary(local) {
            let name = self.local(local).map(|local| local.name.clone()).unwrap_or_default();
            match self.host.primary() {
                Primary::Pending => return self.refuse(records::not_stored_yet(&name, span), span),
                Primary::Gone => return self.refuse(records::gone(&name, span), span),
                _ => {}
            }
        }
        self.local_or_pending(local, span)
    }

    /// What is asked which entity it is of: also the primary record where only its fields are there.
    pub(super) fn tested_record(&mut self, written: &ast::Expr) -> Expr {
        if let ast::ExprKind::Name(name) = &written.kind
            && let Some(local) = self.lookup(&name.name)
            && self.is_primary(local)
        {
            return self.local_or_pending(local, written.span);
        }
        self.expr(written, None)
    }

    /// The value of a name, also of one that has only fields.
    pub(super) fn local_or_pending(&mut self, local: LocalId, span: Span) -> Expr {
        self.read.insert(local);
        if self.late.contains_key(&local) && !self.flow.assigned.contains(&local) && !self.flow.dead {
            let declared = self.local(local).map_or(span, |local| local.span);
            let name = self.local(local).map(|local| local.name.clone()).unwrap_or_default();
            let is_partly = self.flow.maybe_assigned.contains_key(&local);
            // Told once; what follows may take it as set.
            self.flow.assigned.insert(local);
            return self.refuse(facts::unassigned(&name, is_partly, span, declared), span);
        }
        let value = self.value_of(local, span);
        self.narrowed(value)
    }

    /// `self`, the record of a shown name or computed field.
    pub(super) fn own_record(&mut self, span: Span) -> Expr {
        match self.host {
            super::checker::Host::ShownAs(entity) => read(LocalId(0), Ty::Ref(entity), span),
            _ => self.refuse(uses::no_self(span), span),
        }
    }

    /// In `shown as` and computed fields, the fields of the record are names.
    fn shown_field(&mut self, name: &Ident) -> Option<Expr> {
        let super::checker::Host::ShownAs(entity) = self.host else { return None };
        let of = self.schema.entity(entity)?;
        if of.computed(&name.name).is_some() {
            let base = read(LocalId(0), Ty::Ref(entity), name.span);
            return Some(self.member_of_record(base, name));
        }
        let (field, declared) = of.field(&name.name)?;
        let base = Box::new(read(LocalId(0), Ty::Ref(entity), name.span));
        Some(Expr { kind: ExprKind::Field { base, entity, field }, ty: declared.ty.clone(), span: name.span })
    }

    /// `me`, and the names that only have members.
    fn name_of_language(&mut self, name: &Ident) -> Option<Expr> {
        let span = name.span;
        Some(match name.name.as_str() {
            "me" if self.host.head().is_some() => {
                Expr { kind: ExprKind::Process(ProcessInfo::User), ty: self.core_entity("User"), span }
            }
            "config" | "secret" => self.refuse(settings::alone(&name.name, span), span),
            "old" if self.host.old_values() == OldValues::Never => self.no_old(span),
            "old" => self.refuse(records::old_as_value(span), span),
            "trigger" | "process" if self.host.head().is_some() => {
                self.refuse(uses::only_members(&name.name, span), span)
            }
            "result" if self.host.action().is_some() => self.action_result(span),
            _ => return None,
        })
    }

    /// Whether a lower-case name stands for nothing but perhaps a member.
    pub(super) fn is_unknown(&self, name: &Ident) -> bool {
        let is_word = matches!(
            name.name.as_str(),
            "old" | "trigger" | "process" | "inputs" | "result" | "config" | "secret" | "me" | "self"
        );
        !is_word && self.lookup(&name.name).is_none() && !self.is_shown_field(name)
    }

    /// Whether it is a field of the record whose shown name or computed field this is.
    fn is_shown_field(&self, name: &Ident) -> bool {
        let super::checker::Host::ShownAs(entity) = self.host else { return false };
        let of = self.schema.entity(entity);
        of.is_some_and(|of| of.computed(&name.name).is_some() || of.field(&name.name).is_some())
    }

    /// The enum of this name.
    pub(super) fn enum_named(&self, name: &Ident) -> Enumerated {
        match self.names.get(self.file, &name.name).map(|entry| &entry.def) {
            Some(Def::Enum(id)) => Enumerated::Is(*id),
            Some(Def::Broken | Def::Later(_)) => Enumerated::Broken,
            _ => Enumerated::No,
        }
    }

    /// The entity of this name, or a message.
    pub(super) fn entity_named(&mut self, name: &Ident) -> Option<EntityId> {
        let mut sink = crate::diag::Sink::default();
        let id = types::entity(self.names, self.file, name, &mut sink);
        self.messages.extend(sink.finish());
        id
    }

    /// What an upper-case name stands for, or a message.
    pub(super) fn find_named(&mut self, name: &Ident, wanted: Wanted) -> Option<Def> {
        let mut sink = crate::diag::Sink::default();
        let def = types::find(self.names, self.file, name, wanted, &mut sink).map(|entry| entry.def.clone());
        self.messages.extend(sink.finish());
        def
    }

    /// A type as written, or a message.
    pub(super) fn resolve(&mut self, written: &ast::TypeExpr) -> Ty {
        let mut sink = crate::diag::Sink::default();
        let ty = types::resolve(self.names, self.file, written, &mut sink);
        self.messages.extend(sink.finish());
        ty
    }

    /// The enum that is expected.
    pub(super) fn expected_enum(&self, expected: Option<&Ty>) -> Option<(EnumId, &Enum)> {
        match expected?.present() {
            Ty::Enum(id) => Some((*id, self.schema.enumeration(*id)?)),
            _ => None,
        }
    }

    /// The member of the expected enum, as `Rating.hot`, with its number.
    fn bare_member(&self, expected: Option<&Ty>, name: &str) -> Option<(String, i32)> {
        let (_, expected) = self.expected_enum(expected)?;
        let member = expected.members.iter().find(|member| member.name == name)?;
        Some((format!("{}.{name}", expected.name), member.value))
    }

    fn unknown_name(&self, name: &Ident, expected: Option<&Ty>) -> crate::diag::Diagnostic {
        if let Some((_, expected)) = self.expected_enum(expected) {
            let members = expected.members.iter().map(|member| member.name.as_str());
            let near = did_you_mean(&name.name, members.clone().chain(self.visible()));
            let all: Vec<&str> = members.collect();
            return uses::unknown_member(&name.name, &expected.name, name.span, expected.span, &near, &all);
        }
        let homes: Vec<String> = self
            .schema
            .enums
            .iter()
            .filter(|e| e.entity.is_none() && e.members.iter().any(|member| member.name == name.name))
            .map(|e| format!("{}.{}", e.name, name.name))
            .take(3)
            .collect();
        let fields = self.fields_of_primary(&name.name);
        let near = did_you_mean(&name.name, self.visible());
        uses::unknown_name(&name.name, name.span, &near, &homes, fields.as_deref())
    }

    /// `deal.title` for `title`.
    fn fields_of_primary(&self, name: &str) -> Option<String> {
        let primary = self.host.head()?.primary.as_ref()?;
        let entity = primary.ty.entities().into_iter().next()?;
        self.schema.entity(entity)?.field(name)?;
        Some(format!("{}.{name}", primary.name))
    }

    /// Upper-case names that are near, of any kind.
    pub(super) fn near_upper(&self, name: &str) -> Vec<String> {
        let seen = self.names.entries.keys().map(String::as_str);
        let seen = seen.filter(|known| !known.contains('.') && self.names.get(self.file, known).is_some());
        let unread = self.names.unread(self.file).map(|(known, _)| known);
        did_you_mean(name, seen.chain(unread)).into_iter().map(str::to_owned).collect()
    }

    pub(super) fn no_old(&mut self, span: Span) -> Expr {
        let trigger = self.host.head().and_then(|head| head.triggers.first()).map(|trigger| trigger.span);
        self.refuse(records::no_old(span, trigger), span)
    }
}
