//! Roles: who may do what, with whose records.

use crate::base::span::Span;

use super::{EntityId, EnumId, ProcessId};

/// A declared role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// The enum that users have a set of, and its member there.
    pub member: Option<(EnumId, i32)>,
    /// What those who have it may do.
    pub rights: Vec<Right>,
    /// Whether some of its lines were refused.
    pub is_broken: bool,
    /// The name in the declaration.
    pub span: Span,
}

/// One thing that a role allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// To do what.
    pub verb: Verb,
    /// With what.
    pub target: Target,
    /// With whose records.
    pub depth: Depth,
    /// The words.
    pub span: Span,
}

/// What a right is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum Verb {
    Create,
    Read,
    Update,
    Delete,
    Assign,
    Share,
    Run,
}

impl Verb {
    /// The verbs about records.
    pub const OF_RECORDS: [Verb; 6] = [Verb::Create, Verb::Read, Verb::Update, Verb::Delete, Verb::Assign, Verb::Share];

    /// All of them with their words.
    pub const WORDS: [(&'static str, Verb); 7] = [
        ("create", Verb::Create),
        ("read", Verb::Read),
        ("update", Verb::Update),
        ("delete", Verb::Delete),
        ("assign", Verb::Assign),
        ("share", Verb::Share),
        ("run", Verb::Run),
    ];

    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, verb)| *verb == self).map_or("", |(word, _)| word)
    }
}

/// With what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// `any`: all entities, or all processes, as the verb says.
    Any,
    /// Records of an entity.
    Entity(EntityId),
    /// A process.
    Process(ProcessId),
}

/// With whose records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// `own`: those of the user and of the user's teams.
    Own,
    /// `business unit`: those of everybody in the unit.
    Unit,
    /// `business unit tree`: those of everybody in the unit or below it.
    UnitTree,
    /// `organization`: all.
    Organization,
}
