//! Projects: which files belong together, and under which settings.
//!
//! A folder with `abide.toml` is a project of the `.proc` files below it; a nested `abide.toml` starts another. A
//! `.proc` file that no `abide.toml` stands above of is a project of its own. Files come through [`Files`], so that
//! tests and editors can give text; what cannot be read is a message with a code, never an end of the program.

pub mod disk;
pub mod errors;
pub mod files;
pub mod load;
pub mod manifest;

pub use disk::DiskFiles;
pub use files::Files;
pub use load::{Loaded, Project, load, load_text, load_unreadable, project_files};
pub use manifest::Manifest;
