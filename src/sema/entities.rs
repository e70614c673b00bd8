//! Entities: flags, system fields, declared fields, extensions.
//!
//! Field 0 is `id`; the other system fields follow, then those of activities, then the declared ones, then those of
//! extensions in the order of the files.

use super::{
    build::Builder,
    collect::Declared,
    errors::{entities as errors, names},
    names::Def,
    schema::{Computed, Entity, EntityId, Field, FieldDefault, OnDelete, SystemField},
    ty::Ty,
    types,
};
use crate::base::{
    distance::did_you_mean,
    limits::FIELDS_MAX,
    numbering::{self, NumberPiece},
    rates::RATE_PLACES,
    span::{FileId, Span},
    value::Value,
};
use crate::syntax::ast::{EntityDecl, FieldDecl, Ident, TypeKind};

/// The flags in the head of an entity.
const ENTITY_FLAGS: [&str; 5] = ["activity", "audited", "flow enabled", "not creatable", "not triggerable"];

/// The field that says the currency of the amounts of a record.
const CURRENCY: &str = "currency";
/// The field that says how many units of its currency one unit of the base currency was when its amounts were written.
const EXCHANGE_RATE: &str = "exchange_rate";
/// The letters of a code of ISO 4217.
const CURRENCY_LETTERS: u32 = 3;
/// How long the subject of an activity may be.
const SUBJECT_MAX: u32 = 200;

impl Builder<'_, '_> {
    pub(super) fn build_entities(&mut self) {
        let entities = std::mem::take(&mut self.declarations.entities);
        for declared in &entities {
            let entity = self.entity_head(declared);
            self.schema.entities.push(entity);
            let mut fields = self.system_fields(declared);
            if let Some(entity) = self.schema.entities.last_mut() {
                entity.fields.append(&mut fields);
            }
            for field in &declared.decl.fields {
                if !self.add_field(declared.id, declared.file, field) {
                    break;
                }
            }
        }
        self.declarations.entities = entities;
        let extensions = std::mem::take(&mut self.declarations.entity_extensions);
        for extension in &extensions {
            self.extend_entity(extension);
        }
        self.declarations.entity_extensions = extensions;
    }

    fn entity_head(&mut self, declared: &Declared<'_, EntityId, EntityDecl>) -> Entity {
        let decl = declared.decl;
        self.check_flags(decl);
        let owned_by_user = match decl.owned_by.as_ref() {
            None => true,
            Some(by) => {
                if !matches!(by.name.as_str(), "user" | "organization") {
                    let near = own(did_you_mean(&by.name, ["user", "organization"]));
                    let message = errors::unknown_flag("owner of an entity", &by.name, by.span, &near);
                    let help =
                        "write `owned by user`, which is a user or a team, or `owned by organization` for nobody";
                    self.sink.push(if near.is_empty() { message.help(help) } else { message });
                }
                by.name != "organization"
            }
        };
        let has = |flag: &str| decl.flags.iter().any(|written| written.name == flag);
        Entity {
            name: decl.name.name.clone(),
            physical: decl.physical.clone(),
            owned_by_user,
            triggerable: !has("not triggerable"),
            creatable: !has("not creatable"),
            flow_enabled: has("flow enabled"),
            audited: has("audited"),
            activity: has("activity"),
            from_library: declared.from_library,
            fields: Vec::new(),
            reverses: Vec::new(),
            computed: Vec::new(),
            states: None,
            unique: Vec::new(),
            shown_as: None,
            hierarchy: None,
            span: decl.name.span,
        }
    }

    fn check_flags(&mut self, decl: &EntityDecl) {
        for (index, flag) in decl.flags.iter().enumerate() {
            if !ENTITY_FLAGS.contains(&flag.name.as_str()) {
                let near = own(did_you_mean(&flag.name, ENTITY_FLAGS));
                self.sink.push(errors::unknown_flag("flag of an entity", &flag.name, flag.span, &near));
            } else if decl.flags.iter().take(index).any(|earlier| earlier.name == flag.name) {
                self.sink.push(errors::flag_twice(&flag.name, flag.span));
            }
        }
    }

    fn system_fields(&self, declared: &Declared<'_, EntityId, EntityDecl>) -> Vec<Field> {
        let user = self.library_entity("User").map_or(Ty::Error, Ty::Ref);
        let unit = self.library_entity("BusinessUnit").map_or(Ty::Error, |id| Ty::Ref(id).optional());
        let mut fields = vec![
            ("id", Ty::Int, SystemField::Id),
            ("created_on", Ty::DateTime, SystemField::CreatedOn),
            ("created_by", user.clone(), SystemField::CreatedBy),
            ("modified_on", Ty::DateTime, SystemField::ModifiedOn),
            ("modified_by", user, SystemField::ModifiedBy),
            ("version", Ty::Int, SystemField::Version),
        ];
        let owned_by_organization = declared.decl.owned_by.as_ref().is_some_and(|by| by.name == "organization");
        if !owned_by_organization {
            fields.push(("owner", self.principal(), SystemField::Owner));
            fields.push(("owning_unit", unit, SystemField::OwningUnit));
        }
        if let Some((state, status)) = self.declarations.states.get(&declared.id) {
            fields.push(("state", Ty::Enum(*state), SystemField::State));
            fields.push(("status", Ty::Enum(*status), SystemField::Status));
        }
        let span = declared.name.span;
        let system =
            fields.into_iter().map(|(name, ty, system)| Field { system: Some(system), ..plain_field(name, ty, span) });
        let is_activity = declared.decl.flags.iter().any(|flag| flag.name == "activity");
        system.chain(is_activity.then(|| self.activity_fields(span)).into_iter().flatten()).collect()
    }

    fn activity_fields(&self, span: Span) -> Vec<Field> {
        let (priority, normal) = match self.names.entries.get("ActivityPriority").map(|entry| &entry.def) {
            Some(Def::Enum(id)) => {
                let normal = self.members(*id).iter().find(|member| member.name == "normal");
                (Ty::Enum(*id), normal.map(|member| FieldDefault::Const(Value::Enum(member.value))))
            }
            _ => (Ty::Error, None),
        };
        vec![
            Field { text_max: Some(SUBJECT_MAX), ..plain_field("subject", Ty::Text, span) },
            Field { on_delete: OnDelete::Cascade, ..plain_field("regarding", Ty::AnyRef.optional(), span) },
            plain_field("due", Ty::DateTime.optional(), span),
            Field { default: normal, ..plain_field("priority", priority, span) },
        ]
    }

    fn library_entity(&self, name: &str) -> Option<EntityId> {
        match self.names.entries.get(name)?.def {
            Def::Entity(id) => Some(id),
            _ => None,
        }
    }

    /// `User or Team`.
    fn principal(&self) -> Ty {
        match (self.library_entity("User"), self.library_entity("Team")) {
            (Some(user), Some(team)) => Ty::Union(vec![user.min(team), user.max(team)]),
            _ => Ty::Error,
        }
    }

    /// Adds a field to an entity of the schema; reverse references are added once all fields are known.
    /// Says whether there is room for more.
    fn add_field(&mut self, id: EntityId, file: FileId, written: &FieldDecl) -> bool {
        let Some(entity) = self.schema.entity(id) else { return true };
        // LIMIT: `FIELDS_MAX`
        if entity.fields.len() >= FIELDS_MAX {
            let own = entity.fields.iter().filter(|field| field.span == entity.span).count();
            self.sink.push(errors::too_many_fields(&entity.name, FIELDS_MAX, own, written.name.span));
            return false;
        }
        self.add_new_field(id, file, written);
        true
    }

    /// Adds a field for which there is room.
    fn add_new_field(&mut self, id: EntityId, file: FileId, written: &FieldDecl) {
        let Some(entity) = self.schema.entity(id) else { return };
        let entity_name = entity.name.clone();
        let is_known = entity.field(&written.name.name).is_some() || entity.computed(&written.name.name).is_some();
        if is_known && matches!(written.ty.kind, TypeKind::Error) {
            return;
        }
        if let Some((_, first)) = entity.field(&written.name.name) {
            let message = if first.span == entity.span {
                names::system_name(&written.name.name, &entity_name, written.name.span)
            } else {
                let owner = format!("`{entity_name}`");
                names::duplicate_part("field", &written.name.name, &owner, written.name.span, first.span)
            };
            self.sink.push(message);
            return;
        }
        if let Some(first) = entity.computed(&written.name.name).map(|computed| computed.span) {
            let owner = format!("`{entity_name}`");
            let message = names::duplicate_part("field", &written.name.name, &owner, written.name.span, first);
            self.sink.push(message);
            return;
        }
        if matches!(written.ty.kind, TypeKind::ManyVia { .. } | TypeKind::ManyThrough { .. }) {
            return;
        }
        let ty = self.field_type(file, written);
        if written.computed.is_some() {
            self.add_computed(id, written, ty);
            return;
        }
        let is_hierarchy = self.check_field_flags(id, written, &ty);
        if *ty.present() == Ty::Money {
            self.add_currency(id);
        }
        let on_delete = self.on_delete(written, &ty);
        let numbering = self.numbering(written, &ty);
        let field = Field {
            name: written.name.name.clone(),
            physical: written.physical.clone(),
            text_max: types::text_max(&self.names, &written.ty),
            places: types::places(&written.ty),
            ty,
            system: None,
            default: None,
            bounds: None,
            numbering,
            on_delete,
            caseless: written.flags.iter().any(|flag| flag.name == "caseless"),
            private: written.flags.iter().any(|flag| flag.name == "private"),
            span: written.name.span,
        };
        let Some(entity) = self.schema.entities.get_mut(usize::from(id.0)) else { return };
        entity.fields.push(field);
        let index = u16::try_from(entity.fields.len() - 1).unwrap_or(u16::MAX);
        if is_hierarchy {
            entity.hierarchy.get_or_insert(super::schema::FieldId(index));
        }
    }

    /// Amounts of any currency share that of their record.
    fn add_currency(&mut self, id: EntityId) {
        let Some(entity) = self.schema.entities.get_mut(usize::from(id.0)) else { return };
        if entity.system_field(SystemField::Currency).is_some() {
            return;
        }
        for name in [CURRENCY, EXCHANGE_RATE] {
            if let Some(field) = entity.fields.iter().find(|field| field.name == name) {
                self.sink.push(names::system_name(name, &entity.name, field.span));
                return;
            }
        }
        let (currency, rate) = (Some(SystemField::Currency), Some(SystemField::ExchangeRate));
        let field = plain_field(CURRENCY, Ty::Text, entity.span);
        entity.fields.push(Field { system: currency, text_max: Some(CURRENCY_LETTERS), ..field });
        let field = plain_field(EXCHANGE_RATE, Ty::Decimal, entity.span);
        entity.fields.push(Field { system: rate, places: Some(RATE_PLACES), ..field });
    }

    /// A computed field stores nothing, so it has nothing that only stored fields have.
    fn add_computed(&mut self, id: EntityId, written: &FieldDecl, ty: Ty) {
        let flags = written.flags.iter().map(|flag| flag.span);
        let others = written.on_delete.iter().map(|action| action.span);
        let number = written.autonumber.iter().map(|(_, span)| *span);
        let values = written.default.iter().map(|value| value.span);
        let bounds = written.bounds.iter().map(|(low, high)| low.span.to(high.span));
        for span in flags.chain(others).chain(number).chain(values).chain(bounds) {
            self.sink.push(errors::computed_with(&written.name.name, span, written.name.span));
        }
        let computed = Computed {
            name: written.name.name.clone(),
            text_max: types::text_max(&self.names, &written.ty),
            ty,
            function: None,
            span: written.name.span,
        };
        if let Some(entity) = self.schema.entities.get_mut(usize::from(id.0)) {
            entity.computed.push(computed);
        }
    }

    fn field_type(&mut self, file: FileId, written: &FieldDecl) -> Ty {
        let ty = types::resolve_field(&self.names, file, &written.ty, self.sink);
        match innermost(&ty) {
            Ty::Handle(_) | Ty::Fault | Ty::Void => {
                let shown = match &ty {
                    Ty::Handle(id) => self
                        .declarations
                        .processes
                        .iter()
                        .find(|p| p.id == *id)
                        .map_or_else(|| "handle".to_owned(), |process| format!("handle of {}", process.name.name)),
                    other => self.schema.show(other),
                };
                self.sink.push(errors::not_storable(&shown, written.ty.span));
                Ty::Error
            }
            _ => ty,
        }
    }

    /// Reports flags that mean nothing; gives whether the field is a sound hierarchy.
    fn check_field_flags(&mut self, id: EntityId, written: &FieldDecl, ty: &Ty) -> bool {
        let mut is_hierarchy = false;
        for flag in &written.flags {
            match flag.name.as_str() {
                "hierarchy" => is_hierarchy = self.check_hierarchy(id, flag, written, ty),
                "caseless" if matches!(ty.present(), Ty::Text | Ty::Error) => {}
                "caseless" => {
                    let shown = self.schema.show(ty);
                    self.sink.push(errors::caseless_of_value(&shown, flag.span, written.ty.span));
                }
                "private" => {}
                other => {
                    let near = own(did_you_mean(other, ["caseless", "hierarchy", "private"]));
                    self.sink.push(errors::unknown_flag("flag of a field", other, flag.span, &near));
                }
            }
        }
        is_hierarchy
    }

    /// `on delete`: of references only, and `clear` of those that may be absent.
    fn on_delete(&mut self, written: &FieldDecl, ty: &Ty) -> OnDelete {
        let Some(action) = &written.on_delete else { return OnDelete::Restrict };
        let found = match action.name.as_str() {
            "restrict" => OnDelete::Restrict,
            "clear" => OnDelete::Clear,
            "cascade" => OnDelete::Cascade,
            other => {
                let near = own(did_you_mean(other, ["cascade", "clear", "restrict"]));
                self.sink.push(errors::unknown_flag("answer to a deletion", other, action.span, &near));
                return OnDelete::Restrict;
            }
        };
        if *ty == Ty::Error {
            return OnDelete::Restrict;
        }
        if !matches!(ty.present(), Ty::Ref(_) | Ty::Union(_) | Ty::AnyRef) {
            self.sink.push(errors::on_delete_of_value(&self.schema.show(ty), action.span, written.ty.span));
            return OnDelete::Restrict;
        }
        if found == OnDelete::Clear && !ty.is_optional() {
            self.sink.push(errors::clear_of_required(&self.schema.show(ty), action.span, written.ty.span));
            return OnDelete::Restrict;
        }
        found
    }

    /// `autonumber`: of texts without a value of their own, and never longer than the text may be.
    fn numbering(&mut self, written: &FieldDecl, ty: &Ty) -> Vec<NumberPiece> {
        let Some((pattern, span)) = &written.autonumber else { return Vec::new() };
        if *ty != Ty::Error && *ty != Ty::Text {
            self.sink.push(errors::number_of_type(&self.schema.show(ty), *span, written.ty.span));
        }
        if let Some(value) = &written.default {
            self.sink.push(errors::number_with_default(*span, value.span));
        }
        match numbering::parse(pattern) {
            Ok(pieces) => {
                let shortest = u32::try_from(numbering::shortest(&pieces)).unwrap_or(u32::MAX);
                if let Some(max) = types::text_max(&self.names, &written.ty).filter(|max| shortest > *max) {
                    self.sink.push(errors::number_too_long(shortest, max, *span, written.ty.span));
                }
                pieces
            }
            Err(mistake) => {
                self.sink.push(errors::bad_number_pattern(&mistake, *span));
                // The mistake is told; a `create` that leaves the field out must not be a second one.
                vec![NumberPiece::Sequence(1)]
            }
        }
    }

    fn check_hierarchy(&mut self, id: EntityId, flag: &Ident, written: &FieldDecl, ty: &Ty) -> bool {
        let Some(entity) = self.schema.entity(id) else { return false };
        if let Some(first) = entity.hierarchy.and_then(|f| entity.fields.get(usize::from(f.0))) {
            self.sink.push(errors::second_hierarchy(&entity.name, flag.span, first.span));
            return false;
        }
        match ty {
            Ty::Error => false,
            Ty::Optional(inner) if **inner == Ty::Ref(id) => true,
            _ => {
                self.sink.push(errors::hierarchy_type(&entity.name, written.ty.span));
                false
            }
        }
    }

    fn extend_entity(&mut self, extension: &Declared<'_, (), EntityDecl>) {
        let decl = extension.decl;
        let Some(id) = types::entity(&self.names, extension.file, extension.name, self.sink) else { return };
        let name = &extension.name.name;
        if let Some(by) = &decl.owned_by {
            self.sink.push(errors::extension_changes("the owner", name, by.span));
        }
        for flag in &decl.flags {
            self.sink.push(errors::extension_changes("the flags", name, flag.span));
        }
        if let Some(shown) = &decl.shown_as {
            self.sink.push(errors::extension_changes("the shown name", name, shown.span));
        }
        for field in &decl.fields {
            let before = self.schema.entity(id).map_or(0, |entity| entity.fields.len());
            if !self.add_field(id, extension.file, field) {
                break;
            }
            let added = self.schema.entity(id).filter(|entity| entity.fields.len() > before);
            let added = added.and_then(|entity| entity.fields.last());
            if added.is_some_and(|added| added.is_required() && field.default.is_none()) {
                self.sink.push(errors::extension_requires(&field.name.name, name, field.ty.span));
            }
        }
    }
}

/// The type of what is stored, within lists and sets.
fn innermost(ty: &Ty) -> &Ty {
    match ty {
        Ty::Optional(inner) | Ty::List(inner) | Ty::Set(inner) => innermost(inner),
        other => other,
    }
}

fn own(near: Vec<&str>) -> Vec<String> {
    near.into_iter().map(str::to_owned).collect()
}

fn plain_field(name: &str, ty: Ty, span: Span) -> Field {
    Field {
        name: name.to_owned(),
        physical: None,
        ty,
        system: None,
        default: None,
        bounds: None,
        text_max: None,
        places: None,
        numbering: Vec::new(),
        on_delete: OnDelete::Restrict,
        caseless: false,
        private: false,
        span,
    }
}
