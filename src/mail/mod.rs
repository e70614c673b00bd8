//! Handing mails over: as files into a folder, or to a server.
//!
//! `mime` writes a mail as servers and readers of mail take it; [`folder`] keeps it in a file, `smtp` gives it to a server
//! (feature `mail`).

pub mod folder;
mod mime;
#[cfg(feature = "mail")]
pub mod smtp;

pub use mime::compose;
