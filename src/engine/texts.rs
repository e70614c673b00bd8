//! Texts that a store may have of its own: where mails go, and where people find records. They are kept in the store, and
//! hold at once for all that work on it.

use std::collections::BTreeMap;

use super::{
    Engine,
    faults::Answer,
    store::{Store, StoreError},
};

/// What the settings of a store begin with that are such texts.
const KEY: &str = "text/";

/// Such a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreText {
    /// Who sends mails that do not say it.
    MailSender,
    /// The server that takes mails: `smtp://mail.example.com`; empty if they go into a folder beside the store.
    MailServer,
    /// The name by which the server knows this store; empty if it asks for none.
    MailUser,
    /// What the addresses of records begin with.
    UrlBase,
}

impl StoreText {
    /// All of them, as they are listed.
    pub const ALL: [StoreText; 4] =
        [StoreText::MailSender, StoreText::MailServer, StoreText::MailUser, StoreText::UrlBase];

    /// Its name among the settings: `mail.server`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            StoreText::MailSender => "mail.sender",
            StoreText::MailServer => "mail.server",
            StoreText::MailUser => "mail.user",
            StoreText::UrlBase => "url.base",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|text| text.name() == name)
    }

    /// What it is where nobody says otherwise.
    #[must_use]
    pub fn usual(self) -> &'static str {
        match self {
            StoreText::MailSender => "abide@localhost",
            StoreText::MailServer | StoreText::MailUser => "",
            StoreText::UrlBase => "http://localhost",
        }
    }

    /// What it has to be, where this text cannot be it.
    #[must_use]
    pub fn refuses(self, text: &str) -> Option<&'static str> {
        let is_plain = text.chars().all(|c| c.is_ascii_graphic());
        match self {
            StoreText::MailSender if super::post::is_address(text) => None,
            StoreText::MailSender => Some("an address such as `office@example.com`"),
            StoreText::MailServer if text.is_empty() || super::post::Server::parse(text).is_some() => None,
            StoreText::MailServer => Some(
                "`smtp://HOST` (encrypted by STARTTLS), `smtps://HOST` (by TLS), or `smtp+plain://HOST`; `:PORT` may follow",
            ),
            StoreText::MailUser if is_plain => None,
            StoreText::MailUser => Some("a name without spaces"),
            StoreText::UrlBase if is_plain && (text.starts_with("http://") || text.starts_with("https://")) => None,
            StoreText::UrlBase => Some("an address that begins with `http://` or `https://`"),
        }
    }

    /// Where a store keeps it.
    pub(super) fn key(self) -> String {
        format!("{KEY}{}", self.name())
    }
}

/// What a store says about them.
///
/// # Errors
/// If the store cannot be read.
pub fn given(store: &mut dyn Store) -> Answer<BTreeMap<StoreText, String>> {
    let mut found = BTreeMap::new();
    for (key, text) in store.metas(KEY)? {
        let known = StoreText::ALL.into_iter().find(|known| known.key() == key);
        let Some(known) = known.filter(|known| known.refuses(&text).is_none()) else {
            return Err(StoreError::Damaged(format!("the setting `{key}` makes no sense")).into());
        };
        found.insert(known, text);
    }
    Ok(found)
}

impl Engine {
    /// What a text is: what the store says, and else what all have.
    #[must_use]
    pub fn text(&self, text: StoreText) -> &str {
        self.texts.get(&text).map_or(text.usual(), String::as_str)
    }

    pub(super) fn read_texts(&mut self) -> Answer<()> {
        self.texts = given(&mut *self.store)?;
        Ok(())
    }
}
