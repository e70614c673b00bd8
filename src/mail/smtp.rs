//! Mails to a server, by SMTP.

use std::time::Duration;

use lettre::{
    Address, SmtpTransport, Transport,
    address::Envelope,
    transport::smtp::{
        Error,
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};

use crate::engine::post::{Letter, MailError, Mailer, Protection, Server};

use super::compose;

/// How long the server may take for each answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers that are about who we are and not about the mail: somebody can mend that.
const ABOUT_US: [u16; 5] = [421, 530, 534, 535, 538];

/// A server that takes mails.
pub struct Smtp {
    transport: SmtpTransport,
    host: String,
}

impl Smtp {
    /// A server, with a name and a password if it asks for them. It is first spoken to with the first mail.
    ///
    /// # Errors
    /// If no encrypted connection to a server of this name can be thought of.
    pub fn new(server: &Server, login: Option<(String, String)>) -> Result<Self, String> {
        let encrypted = || TlsParameters::new(server.host.clone()).map_err(|error| error.to_string());
        let tls = match server.protection {
            Protection::Tls => Tls::Wrapper(encrypted()?),
            Protection::StartTls => Tls::Required(encrypted()?),
            Protection::None => Tls::None,
        };
        let mut builder = SmtpTransport::builder_dangerous(server.host.clone());
        builder = builder.port(server.port).tls(tls).timeout(Some(PATIENCE));
        if let Some((user, password)) = login {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self { transport: builder.build(), host: server.host.clone() })
    }

    fn failed(&self, error: &Error) -> MailError {
        let code = error.status().map(u16::from);
        let reason = format!("{}: {error}", self.host);
        if error.is_permanent() && !code.is_some_and(|code| ABOUT_US.contains(&code)) {
            MailError::Refused(reason)
        } else {
            MailError::Passing(reason)
        }
    }
}

impl Mailer for Smtp {
    fn send(&mut self, letter: &Letter) -> Result<(), MailError> {
        let address = |text: &String| text.parse::<Address>();
        let all = [&letter.to, &letter.cc, &letter.bcc].into_iter().flatten();
        let envelope = all.map(address).collect::<Result<Vec<_>, _>>().and_then(|to| {
            let from = address(&letter.from)?;
            Ok((from, to))
        });
        let (from, to) = envelope.map_err(|error| MailError::Refused(format!("an address cannot be one: {error}")))?;
        let envelope = Envelope::new(Some(from), to).map_err(|error| MailError::Refused(error.to_string()))?;
        // The end of the last line is written with the end of the mail.
        let bytes = compose(letter);
        let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(&bytes);
        self.transport.send_raw(&envelope, bytes).map(drop).map_err(|error| self.failed(&error))
    }
}
