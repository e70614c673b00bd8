//! Who does something: a user, or a process on somebody's behalf.

use std::sync::Arc;

/// Who does something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Actor {
    /// The user whose rights it has; none is the system.
    pub(crate) user: Option<i64>,
    /// Who caused it.
    pub(crate) caller: Option<i64>,
    /// The owner of the process.
    pub(crate) owner: Option<i64>,
    /// The instance.
    pub(crate) instance: Option<i64>,
    /// The branch of it.
    pub(crate) branch: Option<i64>,
    /// The process; none for users.
    pub(crate) process: Option<Arc<str>>,
    /// The place in the causal chain: 0 for users and the actions that they call, from 1 for other processes.
    pub(crate) depth: u32,
}

impl Actor {
    /// The row whose turn it is: the instance, or the branch of it.
    pub(crate) fn row(&self) -> Option<i64> {
        self.branch.or(self.instance)
    }

    /// A user, or the system.
    pub(crate) fn user(user: Option<i64>) -> Self {
        Self { user, caller: user, ..Self::default() }
    }
}
