//! Mails as files in a folder, which any reader of mail opens: what a store has that knows no server.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::engine::post::{Letter, MailError, Mailer};

use super::compose;

/// Writes each mail into a file of its own.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A folder; it is made with the first mail.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The one beside the file of a store: `sales.db.mail`.
    #[must_use]
    pub fn beside(store: &Path) -> Self {
        let mut name = store.as_os_str().to_owned();
        name.push(".mail");
        Self { path: name.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn keep(&self, letter: &Letter) -> std::io::Result<()> {
        fs::create_dir_all(&self.path)?;
        // A second copy of a mail takes the place of the first; half a file is never seen.
        let whole = self.path.join(format!("{}.eml", letter.id));
        let part = self.path.join(format!("{}.part", letter.id));
        fs::write(&part, compose(letter))?;
        fs::rename(&part, &whole)
    }
}

impl Mailer for Folder {
    fn send(&mut self, letter: &Letter) -> Result<(), MailError> {
        let shown = self.path.display();
        self.keep(letter)
            .map_err(|error| MailError::Passing(format!("the folder `{shown}` cannot be written: {error}")))
    }
}
