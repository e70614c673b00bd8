//! Types as written become types as checked.
//!
//! Needs only the names of a project, not the fields behind them; so it serves declarations and bodies alike. States
//! and statuses are found under their dotted names (`Deal.State`).

use super::{
    errors::{entities, names as errors},
    names::{Def, Entry, Names},
    schema::EntityId,
    ty::Ty,
};
use crate::base::{currencies, distance::did_you_mean, limits::ALTERNATIVES_MAX, span::FileId};
use crate::diag::{Diagnostic, Sink};
use crate::syntax::ast::{Ident, TypeExpr, TypeKind};

/// The types whose names are words of the language.
const BUILTIN: [(&str, Ty); 11] = [
    ("any", Ty::AnyRef),
    ("bool", Ty::Bool),
    ("date", Ty::Date),
    ("datetime", Ty::DateTime),
    ("decimal", Ty::Decimal),
    ("duration", Ty::Duration),
    ("float", Ty::Float),
    ("int", Ty::Int),
    ("money", Ty::Money),
    ("text", Ty::Text),
    ("time", Ty::Time),
];

/// What people write who know other languages.
const FAMILIAR: [(&str, &str); 22] = [
    ("Boolean", "bool"),
    ("Date", "date"),
    ("DateTime", "datetime"),
    ("Double", "decimal"),
    ("Int", "int"),
    ("Integer", "int"),
    ("Number", "decimal"),
    ("String", "text"),
    ("bigint", "int"),
    ("boolean", "bool"),
    ("currency", "money(EUR)"),
    ("double", "decimal"),
    ("integer", "int"),
    ("interval", "duration"),
    ("long", "int"),
    ("lookup", "any"),
    ("memo", "text"),
    ("number", "decimal"),
    ("numeric", "decimal"),
    ("string", "text"),
    ("timestamp", "datetime"),
    ("varchar", "text"),
];

/// The places of decimals that are stored as whole numbers of 64 bits.
const PLACES_MAX: u32 = 18;

/// What is looked for under a name, for messages and suggestions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Anything that is a type.
    Type,
    /// An entity.
    Entity,
    /// A workflow, real-time workflow or action.
    Process,
    /// An e-mail template.
    Email,
    /// A signal.
    Signal,
    /// An error.
    Error,
}

impl Wanted {
    fn fits(self, def: &Def) -> bool {
        match self {
            Wanted::Type => matches!(def, Def::Alias(_) | Def::Entity(_) | Def::Enum(_) | Def::Record(_)),
            Wanted::Entity => matches!(def, Def::Entity(_)),
            Wanted::Process => matches!(def, Def::Process(_)),
            Wanted::Email => matches!(def, Def::Email(_)),
            Wanted::Signal => matches!(def, Def::Signal(_)),
            Wanted::Error => matches!(def, Def::Error(_)),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Wanted::Type => "a type",
            Wanted::Entity => "an entity",
            Wanted::Process => "a process",
            Wanted::Email => "an e-mail template",
            Wanted::Signal => "a signal",
            Wanted::Error => "an error",
        }
    }

    /// Whether a declaration that begins with this word is what is wanted.
    fn fits_keyword(self, keyword: &str) -> bool {
        match self {
            Wanted::Type => matches!(keyword, "entity" | "enum" | "record" | "type"),
            Wanted::Entity => keyword == "entity",
            Wanted::Process => matches!(keyword, "action" | "workflow"),
            Wanted::Email => keyword == "email",
            Wanted::Signal => keyword == "signal",
            Wanted::Error => keyword == "error",
        }
    }
}

/// The type that `written` stands for; `Ty::Error` after a message, or where one was given for a declaration.
pub fn resolve(names: &Names, file: FileId, written: &TypeExpr, sink: &mut Sink) -> Ty {
    Resolver { names, file, sink, is_field: false }.resolve(written)
}

/// The type of a field of an entity, which may fix the places of its decimals.
pub fn resolve_field(names: &Names, file: FileId, written: &TypeExpr, sink: &mut Sink) -> Ty {
    Resolver { names, file, sink, is_field: true }.resolve(written)
}

/// The places of a field: `decimal(2)`, `decimal(2)?`.
#[must_use]
pub fn places(written: &TypeExpr) -> Option<u32> {
    match &written.kind {
        TypeKind::DecimalScale(places) => Some((*places).min(PLACES_MAX)),
        TypeKind::Optional(inner) => places(inner),
        _ => None,
    }
}

/// The entity of this name; a message if there is none.
pub fn entity(names: &Names, file: FileId, name: &Ident, sink: &mut Sink) -> Option<EntityId> {
    match find(names, file, name, Wanted::Entity, sink)?.def {
        Def::Entity(id) => Some(id),
        _ => None,
    }
}

/// What the name stands for if it is what is wanted. Else a message, but for names that were refused elsewhere.
pub fn find<'n>(names: &'n Names, file: FileId, name: &Ident, wanted: Wanted, sink: &mut Sink) -> Option<&'n Entry> {
    let Some(entry) = names.get(file, &name.name) else {
        let home = names.home(file, &name.name);
        let near = if home.is_some() { Vec::new() } else { near(names, file, &name.name, wanted) };
        let message = match wanted {
            Wanted::Type => errors::unknown_type(&name.name, name.span, &near),
            Wanted::Entity => errors::unknown_entity(&name.name, name.span, &near),
            Wanted::Process => errors::unknown_process("process", &name.name, name.span, &near),
            Wanted::Email => errors::unknown_process("e-mail template", &name.name, name.span, &near),
            Wanted::Signal => errors::unknown_process("signal", &name.name, name.span, &near),
            Wanted::Error => errors::unknown_process("error", &name.name, name.span, &near),
        };
        sink.push(errors::not_brought_in(message, &name.name, home));
        return None;
    };
    if wanted.fits(&entry.def) {
        return Some(entry);
    }
    if !matches!(entry.def, Def::Broken | Def::Later(_)) {
        sink.push(errors::wrong_kind(&name.name, kind_words(&entry.def), wanted.words(), name.span, entry.span));
    }
    None
}

/// Names that are near to `name` and are what is wanted, as this file sees them.
#[must_use]
pub fn near(names: &Names, file: FileId, name: &str, wanted: Wanted) -> Vec<String> {
    let seen = names
        .entries
        .iter()
        .filter(|(known, entry)| wanted.fits(&entry.def) && !known.contains('.') && names.get(file, known).is_some())
        .map(|(known, _)| known.as_str());
    let unread = names.unread(file).filter(|(_, keyword)| wanted.fits_keyword(keyword)).map(|(known, _)| known);
    did_you_mean(name, seen.chain(unread)).into_iter().map(str::to_owned).collect()
}

/// What a definition is, in a sentence.
#[must_use]
pub fn kind_words(def: &Def) -> &'static str {
    match def {
        Def::Alias(_) => "a type",
        Def::Broken | Def::Later(_) => "something else",
        Def::Config(_) => "a setting",
        Def::Email(_) => "an e-mail template",
        Def::Entity(_) => "an entity",
        Def::Enum(_) => "an enum",
        Def::Error(_) => "an error",
        Def::Function(_) => "a function",
        Def::Process(_) => "a process",
        Def::Record(_) => "a record type",
        Def::Role(_) => "a role",
        Def::Secret => "a secret",
        Def::Signal(_) => "a signal",
    }
}

/// The longest text that a type allows: `text(3)`, `text(3)?`, names of such types, and each element of a list or set.
#[must_use]
pub fn text_max(names: &Names, written: &TypeExpr) -> Option<u32> {
    match &written.kind {
        TypeKind::TextMax(max) => Some(*max).filter(|max| *max > 0),
        TypeKind::Optional(inner) | TypeKind::List(inner) | TypeKind::Set(inner) => text_max(names, inner),
        TypeKind::Named(name) => names.text_limits.get(&name.name).copied(),
        _ => None,
    }
}

struct Resolver<'a> {
    names: &'a Names,
    file: FileId,
    sink: &'a mut Sink,
    /// Whether the type is that of a field of an entity.
    is_field: bool,
}

impl Resolver<'_> {
    fn resolve(&mut self, written: &TypeExpr) -> Ty {
        self.is_field &= matches!(written.kind, TypeKind::DecimalScale(_) | TypeKind::Optional(_));
        match &written.kind {
            TypeKind::Error => Ty::Error,
            TypeKind::Builtin(name) => self.builtin(name),
            TypeKind::TextMax(0) => {
                self.sink.push(entities::text_length(written.span));
                Ty::Text
            }
            TypeKind::TextMax(_) => Ty::Text,
            TypeKind::DecimalScale(_) if !self.is_field => self.report(entities::places_here(written.span)),
            TypeKind::DecimalScale(places) if *places > PLACES_MAX => {
                self.report(entities::too_many_places(PLACES_MAX, written.span))
            }
            TypeKind::DecimalScale(_) => Ty::Decimal,
            TypeKind::MoneyIn(code) => self.money(code),
            TypeKind::Named(name) => self.named(name),
            TypeKind::Member(entity, part) => self.member(entity, part),
            TypeKind::Union(alternatives) => self.union(alternatives),
            TypeKind::List(item) => match self.resolve(item) {
                Ty::Error => Ty::Error,
                item => Ty::List(Box::new(item)),
            },
            TypeKind::Set(item) => match self.resolve(item) {
                Ty::Error => Ty::Error,
                item => Ty::Set(Box::new(item)),
            },
            TypeKind::Handle(process) => self.handle(process),
            TypeKind::Optional(inner) => self.resolve(inner).optional(),
            TypeKind::ManyVia { .. } | TypeKind::ManyThrough { .. } => {
                self.report(errors::many_outside_entity(written.span))
            }
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) -> Ty {
        self.sink.push(diagnostic);
        Ty::Error
    }

    fn builtin(&mut self, name: &Ident) -> Ty {
        let word = name.name.as_str();
        if let Some((_, ty)) = BUILTIN.iter().find(|(known, _)| *known == word) {
            return ty.clone();
        }
        let familiar = FAMILIAR.iter().find(|(known, _)| *known == word).map(|(_, meant)| vec![(*meant).to_owned()]);
        let suggestions = familiar.unwrap_or_else(|| {
            let declared = near(self.names, self.file, word, Wanted::Type);
            let builtin = did_you_mean(word, BUILTIN.iter().map(|(known, _)| *known));
            if declared.is_empty() { builtin.into_iter().map(str::to_owned).collect() } else { declared }
        });
        self.report(errors::unknown_type(word, name.span, &suggestions))
    }

    fn money(&mut self, code: &Ident) -> Ty {
        match currencies::known(&code.name) {
            Some(currency) => Ty::MoneyIn(currency),
            None => self.report(errors::bad_currency(&code.name, code.span)),
        }
    }

    fn named(&mut self, name: &Ident) -> Ty {
        match find(self.names, self.file, name, Wanted::Type, self.sink).map(|entry| &entry.def) {
            Some(Def::Alias(ty)) => ty.clone(),
            Some(Def::Entity(id)) => Ty::Ref(*id),
            Some(Def::Enum(id)) => Ty::Enum(*id),
            Some(Def::Record(id)) => Ty::Record(*id),
            _ => Ty::Error,
        }
    }

    /// `Deal.State`, `Deal.Status`.
    fn member(&mut self, entity: &Ident, part: &Ident) -> Ty {
        if find(self.names, self.file, entity, Wanted::Entity, self.sink).is_none() {
            return Ty::Error;
        }
        match self.names.entries.get(&format!("{}.{}", entity.name, part.name)).map(|entry| &entry.def) {
            Some(Def::Enum(id)) => Ty::Enum(*id),
            Some(_) => Ty::Error,
            None => {
                let known: Vec<String> = ["State", "Status"]
                    .into_iter()
                    .filter(|part| self.names.entries.contains_key(&format!("{}.{part}", entity.name)))
                    .map(|part| format!("{}.{part}", entity.name))
                    .collect();
                let whole = format!("{}.{}", entity.name, part.name);
                self.report(errors::unknown_type(&whole, entity.span.to(part.span), &known))
            }
        }
    }

    fn union(&mut self, alternatives: &[TypeExpr]) -> Ty {
        let mut entities = Vec::new();
        let mut is_broken = false;
        for alternative in alternatives {
            match self.resolve(alternative) {
                Ty::Ref(id) => entities.push(id),
                Ty::Union(ids) => entities.extend(ids),
                Ty::Error => is_broken = true,
                _ => {
                    self.sink.push(errors::union_of_others(&shown(alternative), alternative.span));
                    is_broken = true;
                }
            }
        }
        entities.sort_unstable();
        entities.dedup();
        match entities.as_slice() {
            _ if is_broken => Ty::Error,
            [] => Ty::Error,
            [one] => Ty::Ref(*one),
            // LIMIT: `ALTERNATIVES_MAX`
            many if many.len() > ALTERNATIVES_MAX => {
                let span = alternatives.iter().map(|each| each.span).reduce(|a, b| a.to(b)).unwrap_or_default();
                self.report(errors::too_many("alternatives", ALTERNATIVES_MAX, span))
            }
            _ => Ty::Union(entities),
        }
    }

    fn handle(&mut self, process: &Ident) -> Ty {
        match find(self.names, self.file, process, Wanted::Process, self.sink).map(|entry| &entry.def) {
            Some(Def::Process(id)) => Ty::Handle(*id),
            _ => Ty::Error,
        }
    }
}

/// The type roughly as written, for messages about one alternative.
fn shown(written: &TypeExpr) -> String {
    match &written.kind {
        TypeKind::Builtin(name) | TypeKind::Named(name) => name.name.clone(),
        TypeKind::TextMax(max) => format!("text({max})"),
        TypeKind::MoneyIn(code) => format!("money({})", code.name),
        TypeKind::Optional(inner) => format!("{}?", shown(inner)),
        TypeKind::List(item) => format!("list of {}", shown(item)),
        TypeKind::Set(item) => format!("set of {}", shown(item)),
        TypeKind::Member(entity, part) => format!("{}.{}", entity.name, part.name),
        _ => "this".to_owned(),
    }
}
