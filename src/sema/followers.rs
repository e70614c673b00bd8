//! What changes along with a record that is deleted.

use std::collections::BTreeMap;

use super::{
    schema::{EntityId, FieldId, OnDelete, Schema},
    ty::Ty,
};

/// A reference whose records are deleted or cleared with the record that it refers to.
pub(super) type Follower = (EntityId, FieldId, OnDelete);

/// The references that do not keep their record from being deleted, by what they refer to.
#[derive(Debug, Default)]
pub(super) struct Followers {
    of: BTreeMap<EntityId, Vec<Follower>>,
    of_any: Vec<Follower>,
}

impl Followers {
    pub(super) fn of(schema: &Schema) -> Self {
        let mut followers = Self::default();
        for (entity, declared) in (0..).map(EntityId).zip(&schema.entities) {
            let fields = (0..).map(FieldId).zip(&declared.fields);
            for (field, declared) in fields.filter(|(_, field)| field.on_delete != OnDelete::Restrict) {
                let follower = (entity, field, declared.on_delete);
                match declared.ty.present() {
                    Ty::AnyRef => followers.of_any.push(follower),
                    ty => ty.entities().iter().for_each(|to| followers.of.entry(*to).or_default().push(follower)),
                }
            }
        }
        followers
    }

    /// The references whose records change when a record of an entity is deleted.
    pub(super) fn when_deleted(&self, entity: EntityId) -> impl Iterator<Item = Follower> {
        self.of.get(&entity).into_iter().flatten().chain(&self.of_any).copied()
    }
}
