//! Mails on their way. A mail that shall be sent is a record of `Email` with the status `pending_send`: the record itself
//! stands in the queue, so that it is there if and only if what asked for it was committed.
//!
//! - `addresses`: whom a line of a mail means, and where people find a record.
//! - `outbox`: what is due is taken under a lease, handed over, and becomes sent, failed, or is tried again later.
//! - `office`: a worker hands mails to another thread, so that a slow server does not stop the processes.
//!
//! A mail is handed over at least once, and each time with the same identity: a server or a reader can tell a second copy,
//! which there is only if the program dies between the answer of the server and the commit.

mod addresses;
mod office;
mod outbox;

use crate::{
    base::value::EntityIdx,
    bytecode::{module::Module, types::FieldIdx},
};

pub(crate) use office::Office;
pub use outbox::SentMail;

/// Hands mails over to whoever delivers them.
pub trait Mailer: Send {
    /// Hands one over.
    ///
    /// # Errors
    /// If it was not taken: for now, or for good.
    fn send(&mut self, letter: &Letter) -> Result<(), MailError>;
}

/// Why a mail was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailError {
    /// For now: it is tried again after growing delays.
    Passing(String),
    /// For good: the mail has failed.
    Refused(String),
}

/// A mail as it is handed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    /// The id of its record.
    pub id: i64,
    /// The same at each try, and no other mail has it: `<7.68f3a1@abide>`.
    pub message_id: String,
    /// The moment it is handed over, in microseconds since 1970.
    pub at: i64,
    /// The address of the sender.
    pub from: String,
    /// Addresses that the reader sees.
    pub to: Vec<String>,
    /// Addresses that get a copy.
    pub cc: Vec<String>,
    /// Addresses that get a copy which nobody sees.
    pub bcc: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The body.
    pub body: String,
    /// Whether the body is html.
    pub is_html: bool,
    /// What goes with it.
    pub enclosures: Vec<Enclosure>,
}

/// Something that goes with a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enclosure {
    /// Its name.
    pub name: String,
    /// What it is: `text/plain`.
    pub media_type: String,
    /// A text, or bytes in base64.
    pub content: String,
    /// Whether it is bytes in base64.
    pub is_base64: bool,
}

/// Where the parts of a mail lie in its record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MailFields {
    pub(crate) entity: EntityIdx,
    status: FieldIdx,
    next_try: FieldIdx,
    tries: FieldIdx,
    sent_on: FieldIdx,
    failure: FieldIdx,
    outgoing: FieldIdx,
    template: FieldIdx,
    sender: FieldIdx,
    to: FieldIdx,
    cc: FieldIdx,
    bcc: FieldIdx,
    subject: FieldIdx,
    body: FieldIdx,
    is_html: FieldIdx,
    attachments: FieldIdx,
    pending: i32,
    sent: i32,
    failed: i32,
}

impl MailFields {
    /// Those of a build, if it has mails.
    pub(crate) fn of(module: &Module) -> Option<Self> {
        let (entity, def) = module.entity_by_name("Email")?;
        let field = |name| def.field_by_name(name).map(|(field, _)| field);
        let statuses = module.enum_def(def.states.as_ref()?.status)?;
        let status = |name| statuses.members.iter().find(|member| member.name == name).map(|member| member.value);
        Some(Self {
            entity,
            status: field("status")?,
            next_try: field("next_try")?,
            tries: field("tries")?,
            sent_on: field("sent_on")?,
            failure: field("failure")?,
            outgoing: field("outgoing")?,
            template: field("template")?,
            sender: field("sender")?,
            to: field("to")?,
            cc: field("cc")?,
            bcc: field("bcc")?,
            subject: field("subject")?,
            body: field("body")?,
            is_html: field("is_html")?,
            attachments: field("attachments")?,
            pending: status("pending_send")?,
            sent: status("sent")?,
            failed: status("failed")?,
        })
    }
}

/// How the way to a server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// TLS from the beginning: `smtps://`.
    Tls,
    /// TLS once both have said so, or nothing is sent: `smtp://`.
    StartTls,
    /// Not at all: `smtp+plain://`.
    None,
}

/// A server that takes mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub protection: Protection,
}

impl Server {
    /// `smtp://mail.example.com:587`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, place) = text.split_once("://")?;
        let (protection, usual) = match scheme {
            "smtp" => (Protection::StartTls, 587),
            "smtps" => (Protection::Tls, 465),
            "smtp+plain" => (Protection::None, 25),
            _ => return None,
        };
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (place, usual),
        };
        let is_name = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
        is_name.then(|| Self { host: host.to_owned(), port, protection })
    }
}

/// Whether a text can be a mail address.
#[must_use]
pub fn is_address(text: &str) -> bool {
    addresses::usable(text) == Some(text)
}
