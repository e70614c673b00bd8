//! Relations of many to many: `members: many Contact through Membership`. The link entity has one record for each pair,
//! with a reference to each side; `link` creates it, `unlink` deletes it.

use super::{
    build::Builder,
    errors::{entities as errors, names},
    schema::{Entity, EntityId, FieldId, Reverse, Schema, Through},
    ty::Ty,
    types,
};
use crate::base::{distance::did_you_mean, span::FileId};
use crate::diag::{Diagnostic, Sink};
use crate::syntax::ast::{FieldDecl, Ident, TypeKind};

impl Builder<'_, '_> {
    /// Adds `many X through L` to its entity. A pair is linked once, so its references are a key of the link entity.
    pub(super) fn add_relation(&mut self, id: EntityId, file: FileId, written: &FieldDecl) {
        let TypeKind::ManyThrough { entity: other, link, sides } = &written.ty.kind else { return };
        let other = types::entity(&self.names, file, other, self.sink);
        let link_id = types::entity(&self.names, file, link, self.sink);
        let (Some(other), Some(link_id)) = (other, link_id) else { return };
        if self.is_taken(id, &written.name) {
            return;
        }
        let Some(declared) = self.schema.entity(link_id) else { return };
        let found = match sides.as_deref() {
            Some((this, far)) => self.named_sides(declared, (this, id), (far, other)),
            None => self.only_sides(declared, link, id, other),
        };
        let (this, far) = match found {
            Ok(Some(sides)) => sides,
            Ok(None) => return,
            Err(message) => {
                self.sink.push(*message);
                return;
            }
        };
        let through = Some(Through { other, field: far });
        let reverse =
            Reverse { name: written.name.name.clone(), entity: link_id, field: this, through, span: written.name.span };
        if let Some(entity) = self.schema.entities.get_mut(usize::from(id.0)) {
            entity.reverses.push(reverse);
        }
        if let Some(entity) = self.schema.entities.get_mut(usize::from(link_id.0)) {
            let is_known = |key: &Vec<FieldId>| key.len() == 2 && key.contains(&this) && key.contains(&far);
            if !entity.unique.iter().any(is_known) {
                entity.unique.push(vec![this, far]);
            }
        }
    }

    /// The references that are written: `through Membership(list, contact)`.
    fn named_sides(
        &self,
        link: &Entity,
        this: (&Ident, EntityId),
        far: (&Ident, EntityId),
    ) -> Result<Option<(FieldId, FieldId)>, Box<Diagnostic>> {
        let mut found = Vec::with_capacity(2);
        for (name, target) in [this, far] {
            let target_name = self.schema.entity(target).map_or("", |entity| entity.name.as_str());
            let Some((field, declared)) = link.field(&name.name) else {
                let fitting = link.fields.iter().filter(|field| field.ty == Ty::Ref(target));
                let near = did_you_mean(&name.name, fitting.map(|field| field.name.as_str()));
                let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
                let message = names::unknown_field(&link.name, &name.name, name.span, &near, Some(link.span));
                return Err(Box::new(message));
            };
            match &declared.ty {
                Ty::Error => return Ok(None),
                Ty::Ref(entity) if *entity == target => found.push(field),
                other => {
                    let shown = self.schema.show(other);
                    let message = errors::bad_side(&name.name, target_name, &shown, name.span, declared.span);
                    return Err(Box::new(message));
                }
            }
        }
        match found.as_slice() {
            [this, far] if this != far => Ok(Some((*this, *far))),
            _ => Err(Box::new(errors::same_side_twice(&far.0.name, far.0.span, this.0.span))),
        }
    }

    /// The references, where the link entity has one to each side.
    fn only_sides(
        &self,
        link: &Entity,
        written: &Ident,
        this: EntityId,
        far: EntityId,
    ) -> Result<Option<(FieldId, FieldId)>, Box<Diagnostic>> {
        if link.fields.iter().any(|field| field.ty == Ty::Error) {
            return Ok(None);
        }
        let to = |target: EntityId| -> Vec<(FieldId, &str)> {
            let fields = (0_u16..).zip(&link.fields).filter(|(_, field)| field.system.is_none());
            let fields = fields.filter(|(_, field)| field.ty == Ty::Ref(target));
            fields.map(|(index, field)| (FieldId(index), field.name.as_str())).collect()
        };
        match (to(this).as_slice(), to(far).as_slice()) {
            ([(this, _)], [(far, _)]) if this != far => Ok(Some((*this, *far))),
            (of_this, of_far) => {
                let name = |id| self.schema.entity(id).map_or("", |entity: &Entity| entity.name.as_str());
                let names = |fields: &[(FieldId, &str)]| -> Vec<String> {
                    fields.iter().map(|(_, name)| (*name).to_owned()).collect()
                };
                let sides = [(name(this), names(of_this)), (name(far), names(of_far))];
                Err(Box::new(errors::unclear_sides(&link.name, &sides, written.span, link.span)))
            }
        }
    }
}

/// A link entity is created by `link`, which gives nothing but the two references. Defaults are known by now.
pub(super) fn check(schema: &Schema, sink: &mut Sink) {
    for reverse in schema.entities.iter().flat_map(|entity| &entity.reverses) {
        let (Some(through), Some(link)) = (reverse.through, schema.entity(reverse.entity)) else { continue };
        let other = (0_u16..).zip(&link.fields).find(|(index, field)| {
            let index = FieldId(*index);
            field.is_required() && index != reverse.field && index != through.field
        });
        if let Some((_, field)) = other {
            sink.push(errors::link_needs_more(&reverse.name, &link.name, &field.name, reverse.span, field.span));
        }
    }
}
