//! Types as their author would write them.

use super::{
    schema::{EntityId, EnumId, ProcessId, RecordId, RecordKind, Schema},
    ty::Ty,
};

impl Schema {
    /// The entity with this id.
    #[must_use]
    pub fn entity(&self, id: EntityId) -> Option<&super::schema::Entity> {
        self.entities.get(usize::from(id.0))
    }

    /// The enum, states or statuses with this id.
    #[must_use]
    pub fn enumeration(&self, id: EnumId) -> Option<&super::schema::Enum> {
        self.enums.get(usize::from(id.0))
    }

    /// The record type with this id.
    #[must_use]
    pub fn record(&self, id: RecordId) -> Option<&super::schema::Record> {
        self.records.get(usize::from(id.0))
    }

    /// The head of the process with this id.
    #[must_use]
    pub fn process(&self, id: ProcessId) -> Option<&super::schema::ProcessHead> {
        self.processes.get(usize::from(id.0))
    }

    /// The head of the function with this id.
    #[must_use]
    pub fn function(&self, id: super::schema::FunctionId) -> Option<&super::schema::FunctionHead> {
        self.functions.get(usize::from(id.0))
    }

    /// The name of an entity; nothing for an id that is not of this schema.
    #[must_use]
    pub fn entity_name(&self, id: EntityId) -> &str {
        self.entity(id).map_or("", |entity| &entity.name)
    }

    /// The type as its author would write it.
    #[must_use]
    pub fn show(&self, ty: &Ty) -> String {
        match ty {
            Ty::AnyRef => "any".to_owned(),
            Ty::Bool => "bool".to_owned(),
            Ty::Date => "date".to_owned(),
            Ty::DateTime => "datetime".to_owned(),
            Ty::Decimal => "decimal".to_owned(),
            Ty::Duration => "duration".to_owned(),
            Ty::Enum(id) => self.enumeration(*id).map_or_else(String::new, |e| e.name.clone()),
            Ty::Error => "an unknown type".to_owned(),
            Ty::Fault => "a caught fault".to_owned(),
            Ty::Float => "float".to_owned(),
            Ty::Handle(id) => format!("handle of {}", self.process(*id).map_or("", |p| &p.name)),
            Ty::Int => "int".to_owned(),
            Ty::List(item) => format!("list of {}", self.show(item)),
            Ty::Money => "money".to_owned(),
            Ty::MoneyIn(currency) => format!("money({currency})"),
            Ty::Named(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(name, ty)| format!("{name}: {}", self.show(ty))).collect();
                format!("({})", fields.join(", "))
            }
            Ty::None => "none".to_owned(),
            Ty::Optional(inner) => self.show_optional(inner),
            Ty::Pending(id) | Ty::Ref(id) => self.entity_name(*id).to_owned(),
            Ty::Record(id) => self.show_record(*id),
            Ty::Set(item) => format!("set of {}", self.show(item)),
            Ty::Text => "text".to_owned(),
            Ty::Time => "time".to_owned(),
            Ty::Union(ids) => ids.iter().map(|id| self.entity_name(*id)).collect::<Vec<_>>().join(" or "),
            Ty::Void => "nothing".to_owned(),
        }
    }

    fn show_optional(&self, inner: &Ty) -> String {
        match inner {
            Ty::List(_) | Ty::Set(_) | Ty::Union(_) | Ty::Handle(_) => format!("({})?", self.show(inner)),
            _ => format!("{}?", self.show(inner)),
        }
    }

    fn show_record(&self, id: RecordId) -> String {
        let Some(record) = self.record(id) else { return String::new() };
        if record.kind != RecordKind::Results {
            return record.name.clone();
        }
        let fields: Vec<String> = record.fields.iter().map(|f| format!("{}: {}", f.name, self.show(&f.ty))).collect();
        format!("({})", fields.join(", "))
    }
}
