//! First pass: gives every declaration its name and number, and reports names that stand twice.
//!
//! Knows nothing of what declarations hold. A declaration whose name is taken is left out of all later passes; one of
//! a later version is reported here, once, and its name is silent everywhere else.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    errors::names as errors,
    library,
    names::{Brought, Def, Entry, Names},
    schema::{ConfigId, EmailId, EntityId, EnumId, FunctionId, ProcessId, RecordId, RoleId},
    ty::Ty,
};
use crate::base::distance::did_you_mean;
use crate::base::limits::DECLARATIONS_MAX;
use crate::base::span::{FileId, Span};
use crate::diag::Sink;
use crate::syntax::ast::{
    Block, EmailLine, EntityDecl, EnumDecl, File, Ident, Item, ItemKind, Param, ProcessDecl, ProcessKind, Right,
    TypeExpr,
};

/// One file that is checked.
#[derive(Clone, Copy, Debug)]
pub struct SourceTree<'a> {
    /// Its number, which all its spans have.
    pub file: FileId,
    /// What it declares.
    pub tree: &'a File,
    /// Its text: tests show the words of what they expect.
    pub text: &'a str,
    /// The library it belongs to; `None` for files of the project.
    pub library: Option<&'static str>,
}

/// A declaration with where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a, Id, T: ?Sized> {
    /// Its number.
    pub id: Id,
    /// Its file.
    pub file: FileId,
    /// Whether a library declares it.
    pub from_library: bool,
    /// Its name.
    pub name: &'a Ident,
    /// What was written.
    pub decl: &'a T,
}

/// A `fn` as written.
#[derive(Clone, Copy, Debug)]
pub struct FunctionDecl<'a> {
    /// Its number.
    pub id: FunctionId,
    /// Its file.
    pub file: FileId,
    /// Its name.
    pub name: &'a Ident,
    /// Its parameters.
    pub params: &'a [Param],
    /// Its result.
    pub result: &'a TypeExpr,
    /// Its body.
    pub body: &'a Block,
}

/// An e-mail template as written.
#[derive(Clone, Copy, Debug)]
pub struct EmailDecl<'a> {
    /// Its number.
    pub id: EmailId,
    /// Its file.
    pub file: FileId,
    /// Its name.
    pub name: &'a Ident,
    /// Its parameters.
    pub params: &'a [Param],
    /// Its lines.
    pub lines: &'a [EmailLine],
}

/// Everything that is declared, kind by kind, in the order of the numbers.
#[derive(Debug, Default)]
pub struct Declarations<'a> {
    /// `config`.
    pub configs: Vec<Declared<'a, ConfigId, Param>>,
    /// `type`.
    pub aliases: Vec<Declared<'a, (), TypeExpr>>,
    /// `email`.
    pub emails: Vec<EmailDecl<'a>>,
    /// `entity`.
    pub entities: Vec<Declared<'a, EntityId, EntityDecl>>,
    /// `extend entity`.
    pub entity_extensions: Vec<Declared<'a, (), EntityDecl>>,
    /// `enum`.
    pub enums: Vec<Declared<'a, EnumId, EnumDecl>>,
    /// `extend enum`.
    pub enum_extensions: Vec<Declared<'a, (), EnumDecl>>,
    /// States and statuses of the entities that have them.
    pub states: BTreeMap<EntityId, (EnumId, EnumId)>,
    /// `fn`.
    pub functions: Vec<FunctionDecl<'a>>,
    /// Workflows, real-time workflows, actions.
    pub processes: Vec<Declared<'a, ProcessId, ProcessDecl>>,
    /// `record`, `error` and `signal`.
    pub records: Vec<Declared<'a, RecordId, [Param]>>,
    /// `role`.
    pub roles: Vec<Declared<'a, (), [Right]>>,
    /// `test`, with their files.
    pub tests: Vec<(FileId, &'a Item)>,
}

/// Names that always mean something inside processes.
pub const RESERVED: [&str; 6] = ["config", "me", "old", "process", "secret", "trigger"];

/// Functions of the language that a `fn` cannot replace.
const LANGUAGE_FUNCTIONS: [&str; 40] = [
    "abs",
    "amount",
    "append",
    "average",
    "changed",
    "convert",
    "currency",
    "date",
    "datetime",
    "day",
    "days",
    "decimal",
    "distinct",
    "first",
    "float",
    "hour",
    "join",
    "last",
    "length",
    "lower",
    "max",
    "min",
    "month",
    "months_between",
    "now",
    "random",
    "range",
    "replace",
    "round",
    "sorted",
    "split",
    "substring",
    "sum",
    "text",
    "time",
    "today",
    "upper",
    "url",
    "uuid",
    "whole",
];

/// Collects the declarations of all files. Libraries come first, so that the project's second declaration of a name
/// is the one at fault.
pub fn collect<'a>(trees: &[SourceTree<'a>], sink: &mut Sink) -> (Names, Declarations<'a>) {
    let mut collector =
        Collector { names: Names::default(), declarations: Declarations::default(), sink, enums: 0, is_full: false };
    let libraries = trees.iter().filter(|tree| tree.library.is_some());
    let project = trees.iter().filter(|tree| tree.library.is_none());
    for tree in libraries.chain(project) {
        for item in &tree.tree.items {
            collector.item(tree, item);
        }
    }
    collector.number_states();
    (collector.names, collector.declarations)
}

struct Collector<'a, 's> {
    names: Names,
    declarations: Declarations<'a>,
    sink: &'s mut Sink,
    enums: usize,
    /// Whether it was said that there are too many declarations.
    is_full: bool,
}

/// Ids have 16 bits; `DECLARATIONS_MAX` keeps the count below.
fn number(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

impl<'a> Collector<'a, '_> {
    fn item(&mut self, tree: &SourceTree<'a>, item: &'a Item) {
        let file = tree.file;
        let from_library = tree.library.is_some();
        match &item.kind {
            ItemKind::Error { name } => {
                if let Some(name) = name {
                    self.declare_silently(tree, name, Def::Broken);
                }
            }
            ItemKind::Use { library, names } => self.use_library(tree, library, names.as_deref()),
            ItemKind::Enum(decl) if decl.extend => {
                let name = &decl.name;
                self.declarations.enum_extensions.push(Declared { id: (), file, from_library, name, decl });
            }
            ItemKind::Enum(decl) => self.enumeration(tree, decl),
            ItemKind::Record { name, fields } => self.record(tree, name, fields, Def::Record),
            ItemKind::Error_ { name, fields } => self.record(tree, name, fields, Def::Error),
            ItemKind::Type { name, ty } => {
                if self.declare(tree, name, Def::Alias(Ty::Error)) {
                    self.declarations.aliases.push(Declared { id: (), file, from_library, name, decl: ty });
                }
            }
            ItemKind::Entity(decl) if decl.extend => {
                let name = &decl.name;
                self.declarations.entity_extensions.push(Declared { id: (), file, from_library, name, decl });
            }
            ItemKind::Entity(decl) => self.entity(tree, decl),
            ItemKind::Function { name, params, result, body } => {
                let id = FunctionId(number(self.declarations.functions.len()));
                if LANGUAGE_FUNCTIONS.contains(&name.name.as_str()) || RESERVED.contains(&name.name.as_str()) {
                    self.sink.push(errors::reserved_name(&name.name, name.span));
                } else if self.declare(tree, name, Def::Function(id)) {
                    self.declarations.functions.push(FunctionDecl { id, file, name, params, result, body });
                }
            }
            ItemKind::Process(decl) | ItemKind::Activity(decl) | ItemKind::Rule(decl) => self.process(tree, decl),
            ItemKind::Test { .. } => self.declarations.tests.push((file, item)),
            ItemKind::Calendar { name, .. } => self.later(tree, name, "calendar", "calendars"),
            ItemKind::Config(param) => {
                let (id, name) = (ConfigId(number(self.declarations.configs.len())), &param.name);
                if self.declare_within(tree, "config", name, Def::Config(id)) {
                    self.declarations.configs.push(Declared { id, file, from_library, name, decl: param });
                }
            }
            ItemKind::Email { name, params, lines } => {
                let id = EmailId(number(self.declarations.emails.len()));
                if self.declare(tree, name, Def::Email(id)) {
                    self.declarations.emails.push(EmailDecl { id, file, name, params, lines });
                }
            }
            // What it stands for is declared in its place: see `flows`.
            ItemKind::Flow(_) => {}
            ItemKind::Migrate { process, .. } => {
                self.sink.push(errors::later("migrations", process.span));
            }
            ItemKind::Role { name, rights } => {
                let id = RoleId(number(self.declarations.roles.len()));
                if self.declare(tree, name, Def::Role(id)) {
                    let decl = rights.as_slice();
                    self.declarations.roles.push(Declared { id: (), file, from_library, name, decl });
                }
            }
            ItemKind::Secret(name) => {
                self.declare_within(tree, "secret", name, Def::Secret);
            }
            ItemKind::Signal { name, fields } => self.record(tree, name, fields, Def::Signal),
        }
    }

    /// Takes the name, or reports that it is taken.
    fn declare(&mut self, tree: &SourceTree<'a>, name: &Ident, def: Def) -> bool {
        // LIMIT: `DECLARATIONS_MAX`
        if self.names.entries.len() >= DECLARATIONS_MAX {
            if !self.is_full {
                self.sink.push(errors::too_many("declarations", DECLARATIONS_MAX, name.span));
                self.is_full = true;
            }
            return false;
        }
        if let Some(first) = self.names.entries.get(&name.name) {
            let library = first.library;
            self.sink.push(errors::duplicate_declaration(&name.name, name.span, first.span, library));
            return false;
        }
        self.insert(tree, name.name.clone(), name.span, def);
        true
    }

    /// Takes the name if it is free: a broken declaration has its message already.
    fn declare_silently(&mut self, tree: &SourceTree<'a>, name: &Ident, def: Def) {
        if !self.names.entries.contains_key(&name.name) {
            self.insert(tree, name.name.clone(), name.span, def);
        }
    }

    fn insert(&mut self, tree: &SourceTree<'a>, name: String, span: Span, def: Def) {
        self.names.entries.insert(name, Entry { def, span, library: tree.library });
    }

    fn later(&mut self, tree: &SourceTree<'a>, name: &Ident, kind: &'static str, plural: &str) {
        self.sink.push(errors::later(plural, name.span));
        self.declare_silently(tree, name, Def::Later(kind));
    }

    /// `config x` and `secret x` are found as `config.x` and `secret.x`.
    fn declare_within(&mut self, tree: &SourceTree<'a>, kind: &str, name: &Ident, def: Def) -> bool {
        self.declare(tree, &Ident { name: format!("{kind}.{}", name.name), span: name.span }, def)
    }

    fn enumeration(&mut self, tree: &SourceTree<'a>, decl: &'a EnumDecl) {
        let id = EnumId(number(self.enums));
        if self.declare(tree, &decl.name, Def::Enum(id)) {
            self.enums += 1;
            let from_library = tree.library.is_some();
            let name = &decl.name;
            self.declarations.enums.push(Declared { id, file: tree.file, from_library, name, decl });
        }
    }

    fn record(
        &mut self,
        tree: &SourceTree<'a>,
        name: &'a Ident,
        fields: &'a [Param],
        def: impl FnOnce(RecordId) -> Def,
    ) {
        let id = RecordId(number(self.declarations.records.len()));
        if self.declare(tree, name, def(id)) {
            let from_library = tree.library.is_some();
            self.declarations.records.push(Declared { id, file: tree.file, from_library, name, decl: fields });
        }
    }

    fn entity(&mut self, tree: &SourceTree<'a>, decl: &'a EntityDecl) {
        let id = EntityId(number(self.declarations.entities.len()));
        if self.declare(tree, &decl.name, Def::Entity(id)) {
            let from_library = tree.library.is_some();
            let name = &decl.name;
            self.declarations.entities.push(Declared { id, file: tree.file, from_library, name, decl });
        }
    }

    fn process(&mut self, tree: &SourceTree<'a>, decl: &'a ProcessDecl) {
        if decl.using.is_some() && decl.kind == ProcessKind::Action {
            return self.later(tree, &decl.name, "action", "actions with `using`");
        }
        let id = ProcessId(number(self.declarations.processes.len()));
        if self.declare(tree, &decl.name, Def::Process(id)) {
            let from_library = tree.library.is_some();
            let name = &decl.name;
            self.declarations.processes.push(Declared { id, file: tree.file, from_library, name, decl });
        }
    }

    fn use_library(&mut self, tree: &SourceTree<'a>, used: &Ident, names: Option<&[Ident]>) {
        let Some(library) = library::find(&used.name) else {
            let near = own(did_you_mean(&used.name, library::ALL.map(|library| library.name)));
            self.sink.push(errors::unknown_library(&used.name, used.span, &near));
            for name in names.unwrap_or_default() {
                self.declare_silently(tree, name, Def::Broken);
            }
            return;
        };
        for name in names.unwrap_or_default() {
            let is_of_library = |entry: &Entry| entry.library == Some(library.name);
            if !self.names.entries.get(&name.name).is_some_and(is_of_library) {
                let near = own(did_you_mean(&name.name, library.declared().iter().map(|(known, _)| *known)));
                self.sink.push(errors::unknown_library_name(library.name, &name.name, name.span, &near));
                self.declare_silently(tree, name, Def::Broken);
            }
        }
        if library.name != library::CORE.name {
            self.bring_in((tree.file, library.name), names);
        }
    }

    fn bring_in(&mut self, place: (FileId, &'static str), names: Option<&[Ident]>) {
        let before = self.names.used.entry(place).or_insert_with(|| Brought::Names(BTreeSet::new()));
        match (before, names) {
            (Brought::All, _) => {}
            (Brought::Names(before), Some(names)) => before.extend(names.iter().map(|name| name.name.clone())),
            (before, None) => *before = Brought::All,
        }
    }

    /// Entities with states get two enums after all declared ones: `Deal.State`, `Deal.Status`.
    fn number_states(&mut self) {
        for entity in &self.declarations.entities {
            let is_activity = entity.decl.flags.iter().any(|flag| flag.name == "activity");
            if entity.decl.states.is_none() && !is_activity {
                continue;
            }
            let ids = (EnumId(number(self.enums)), EnumId(number(self.enums + 1)));
            self.enums += 2;
            self.declarations.states.insert(entity.id, ids);
            let library = self.names.entries.get(&entity.name.name).and_then(|entry| entry.library);
            for (part, id) in [("State", ids.0), ("Status", ids.1)] {
                let entry = Entry { def: Def::Enum(id), span: entity.name.span, library };
                self.names.entries.insert(format!("{}.{part}", entity.name.name), entry);
            }
        }
    }
}

fn own(near: Vec<&str>) -> Vec<String> {
    near.into_iter().map(str::to_owned).collect()
}
