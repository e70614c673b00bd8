//! What names fields of entities: unique keys and reverse references.

use super::{
    build::Builder,
    errors::{entities as errors, names},
    schema::{EntityId, Field, FieldId, Reverse},
    ty::Ty,
    types,
};
use crate::base::{distance::did_you_mean, span::FileId};
use crate::syntax::ast::{EntityDecl, FieldDecl, Ident, TypeKind};

impl Builder<'_, '_> {
    pub(super) fn build_keys(&mut self) {
        self.each_entity(Self::entity_keys);
        self.each_entity(Self::relations);
    }

    /// Does something for each declaration and each extension of an entity.
    fn each_entity(&mut self, work: fn(&mut Self, EntityId, FileId, &EntityDecl)) {
        let entities = std::mem::take(&mut self.declarations.entities);
        for declared in &entities {
            work(self, declared.id, declared.file, declared.decl);
        }
        self.declarations.entities = entities;
        let extensions = std::mem::take(&mut self.declarations.entity_extensions);
        for extension in &extensions {
            let id = types::entity(&self.names, extension.file, extension.name, &mut crate::diag::Sink::default());
            if let Some(id) = id {
                work(self, id, extension.file, extension.decl);
            }
        }
        self.declarations.entity_extensions = extensions;
    }

    /// Relations after all keys: a pair is a key of its link entity, which may declare it itself.
    fn relations(&mut self, id: EntityId, file: FileId, decl: &EntityDecl) {
        for field in &decl.fields {
            self.add_relation(id, file, field);
        }
    }

    fn entity_keys(&mut self, id: EntityId, file: FileId, decl: &EntityDecl) {
        for field in &decl.fields {
            self.add_reverse(id, file, field);
        }
        for key in &decl.unique {
            self.add_unique(id, key, decl);
        }
    }

    fn add_unique(&mut self, id: EntityId, key: &[Ident], decl: &EntityDecl) {
        let is_many =
            |field: &FieldDecl| matches!(field.ty.kind, TypeKind::ManyVia { .. } | TypeKind::ManyThrough { .. });
        let many = |name: &str| decl.fields.iter().any(|field| field.name.name == name && is_many(field));
        let Some(entity) = self.schema.entity(id) else { return };
        let mut fields: Vec<FieldId> = Vec::new();
        let mut messages = Vec::new();
        for name in key {
            match entity.field(&name.name) {
                Some((field, _)) if fields.contains(&field) => {
                    messages.push(errors::unique_field(format!("`{}` stands in this key twice", name.name), name.span));
                }
                Some((_, found)) if matches!(found.ty.present(), Ty::List(_) | Ty::Set(_) | Ty::Record(_)) => {
                    let message = format!("`{}` holds several values, which no key can look through", name.name);
                    messages.push(errors::unique_field(message, name.span));
                }
                Some((field, _)) => fields.push(field),
                None if entity.computed(&name.name).is_some()
                    || many(&name.name)
                    || entity.reverses.iter().any(|reverse| reverse.name == name.name) =>
                {
                    let message = format!("`{}` stores nothing in this record", name.name);
                    messages.push(errors::unique_field(message, name.span));
                }
                None => {
                    let near = did_you_mean(&name.name, entity.fields.iter().map(|field| field.name.as_str()));
                    let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
                    let declared = Some(entity.span);
                    messages.push(names::unknown_field(&entity.name, &name.name, name.span, &near, declared));
                }
            }
        }
        let is_sound = messages.is_empty();
        self.sink.extend(messages);
        if let Some(entity) = self.schema.entities.get_mut(usize::from(id.0)).filter(|_| is_sound) {
            entity.unique.push(fields);
        }
    }

    /// Whether the entity has something of this name already; then there is a message.
    pub(super) fn is_taken(&mut self, id: EntityId, name: &Ident) -> bool {
        let Some(entity) = self.schema.entity(id) else { return true };
        let earlier = entity.reverses.iter().find(|reverse| reverse.name == name.name).map(|reverse| reverse.span);
        let earlier = earlier.or_else(|| entity.computed(&name.name).map(|computed| computed.span));
        let first = earlier.or_else(|| entity.field(&name.name).map(|(_, field)| field.span));
        if let Some(first) = first {
            let owner = format!("`{}`", entity.name);
            self.sink.push(names::duplicate_part("field", &name.name, &owner, name.span, first));
        }
        first.is_some()
    }

    fn add_reverse(&mut self, id: EntityId, file: FileId, written: &FieldDecl) {
        let TypeKind::ManyVia { entity: other, field } = &written.ty.kind else { return };
        let Some(other_id) = types::entity(&self.names, file, other, self.sink) else {
            if self.schema.entity(id).is_some_and(|entity| entity.field(&written.name.name).is_none()) {
                let known = self.schema.entities.iter_mut().skip(usize::from(id.0)).take(1);
                known.for_each(|entity| entity.fields.push(Field::unread(&written.name)));
            }
            return;
        };
        if self.is_taken(id, &written.name) {
            return;
        }
        let (Some(entity), Some(target)) = (self.schema.entity(id), self.schema.entity(other_id)) else { return };
        let message = match target.field(&field.name) {
            None => {
                let refers = |ty: &Ty| *ty.present() == Ty::AnyRef || ty.entities().contains(&id);
                let fitting = target.fields.iter().filter(|f| refers(&f.ty)).map(|f| f.name.as_str());
                let near: Vec<String> = did_you_mean(&field.name, fitting).into_iter().map(str::to_owned).collect();
                Some(names::unknown_field(&target.name, &field.name, field.span, &near, Some(target.span)))
            }
            Some((_, found)) => match found.ty.present() {
                Ty::Error | Ty::AnyRef => None,
                _ if found.ty.entities().contains(&id) => None,
                _ => Some(errors::not_a_reference(&target.name, &field.name, &entity.name, field.span, found.span)),
            },
        };
        let via = target.field(&field.name).map(|(field, _)| field);
        let is_sound = message.is_none();
        self.sink.extend(message);
        if let (Some(field), true) = (via, is_sound) {
            let reverse = Reverse {
                name: written.name.name.clone(),
                entity: other_id,
                field,
                through: None,
                span: written.name.span,
            };
            self.schema.entities.iter_mut().skip(usize::from(id.0)).take(1).for_each(|entity| {
                entity.reverses.push(reverse.clone());
            });
        }
    }
}
