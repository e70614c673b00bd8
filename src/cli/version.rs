//! What `abide --version` prints.

use crate::bytecode::container;
use crate::engine::store;
use crate::vm::snapshot;

/// The version of the language: changes when the meaning of a correct `.proc` file may change.
const LANGUAGE: &str = "0.1";

/// One line; with `verbose` one more for each number that files and other programs depend on.
pub(super) fn text(verbose: bool) -> String {
    let mut text = format!("abide {}\n", env!("CARGO_PKG_VERSION"));
    if verbose {
        text.push_str(&format!("language   {LANGUAGE}\n"));
        text.push_str(&format!("builds     format {}\n", container::FORMAT));
        text.push_str(&format!("snapshots  format {}\n", snapshot::FORMAT));
        text.push_str(&format!("stores     format {}\n", store::FORMAT));
    }
    text
}
