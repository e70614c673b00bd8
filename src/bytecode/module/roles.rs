//! Roles: who may do what, with whose records.

use crate::base::value::EntityIdx;
use crate::bytecode::types::ProcessIdx;

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDef {
    /// Its name.
    pub name: String,
    /// Its number among the members of the enum `Role`.
    pub member: i32,
    /// What it allows.
    pub rights: Vec<RightDef>,
}

/// One thing that a role allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RightDef {
    /// To do what.
    pub verb: RightVerb,
    /// With what.
    pub target: RightTarget,
    /// With whose records.
    pub depth: RightDepth,
}

/// What a right is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum RightVerb {
    Create,
    Read,
    Update,
    Delete,
    Assign,
    Share,
    Run,
}

impl RightVerb {
    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            RightVerb::Create => "create",
            RightVerb::Read => "read",
            RightVerb::Update => "update",
            RightVerb::Delete => "delete",
            RightVerb::Assign => "assign",
            RightVerb::Share => "share",
            RightVerb::Run => "run",
        }
    }
}

/// With what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RightTarget {
    /// Everything that the verb is about.
    Any,
    /// Records of an entity.
    Entity(EntityIdx),
    /// A process.
    Process(ProcessIdx),
}

/// With whose records, from the fewest to all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RightDepth {
    /// Those of the user and of the user's teams.
    Own,
    /// Those of everybody in the unit.
    Unit,
    /// Those of everybody in the unit or below it.
    UnitTree,
    /// All.
    Organization,
}
