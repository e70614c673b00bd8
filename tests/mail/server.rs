//! A small server that takes mails, on a port of its own.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// A mail as the server got it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Got {
    /// Who sent it.
    pub(crate) from: String,
    /// Who shall have it.
    pub(crate) to: Vec<String>,
    /// Headers and body.
    pub(crate) data: String,
}

/// The server. It refuses `refused@…` for good and `later@…` for now.
pub(crate) struct TestServer {
    /// Its port on this machine.
    pub(crate) port: u16,
    mails: Arc<Mutex<Vec<Got>>>,
}

impl TestServer {
    /// Begins to listen; with a name and a password, for those who know them.
    pub(crate) fn begin(login: Option<(&'static str, &'static str)>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let mails = Arc::<Mutex<Vec<Got>>>::default();
        let got = Arc::clone(&mails);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let got = Arc::clone(&got);
                thread::spawn(move || drop(talk(&stream, login, &got)));
            }
        });
        Self { port, mails }
    }

    /// What it has got.
    pub(crate) fn mails(&self) -> Vec<Got> {
        self.mails.lock().unwrap().clone()
    }
}

/// The address between angle brackets.
fn address(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

/// Base64 as `AUTH PLAIN` writes it.
fn plain_login(user: &str, password: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes = format!("\0{user}\0{password}").into_bytes();
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, at| bits << 8 | u32::from(group.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at > group.len() { '=' } else { char::from(digit) });
        }
    }
    out
}

fn talk(stream: &TcpStream, login: Option<(&str, &str)>, got: &Mutex<Vec<Got>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut out = stream.try_clone()?;
    let mut say = |text: &str| out.write_all(format!("{text}\r\n").as_bytes());
    let mut mail = Got::default();
    let mut known = login.is_none();
    say("220 test server")?;
    while let Some(line) = lines.next() {
        let line = line?;
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" if login.is_some() => say("250-test server\r\n250 AUTH PLAIN")?,
            "EHLO" => say("250-test server\r\n250 8BITMIME")?,
            "AUTH" => {
                let right = login.is_some_and(|(user, password)| line.ends_with(&plain_login(user, password)));
                known |= right;
                say(if right { "235 welcome" } else { "535 who are you" })?;
            }
            "MAIL" if !known => say("530 who are you")?,
            "MAIL" => {
                mail = Got { from: address(&line), ..Got::default() };
                say("250 fine")?;
            }
            "RCPT" if line.contains("refused@") => say("550 no such user")?,
            "RCPT" if line.contains("later@") => say("451 try again later")?,
            "RCPT" => {
                mail.to.push(address(&line));
                say("250 fine")?;
            }
            "DATA" => {
                say("354 go on")?;
                for line in lines.by_ref() {
                    let line = line?;
                    if line == "." {
                        break;
                    }
                    // What begins with a dot got a second one on its way.
                    mail.data.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.data.push_str("\r\n");
                }
                got.lock().unwrap().push(mail.clone());
                say("250 taken")?;
            }
            "QUIT" => return say("221 bye"),
            "NOOP" | "RSET" => say("250 fine")?,
            _ => say("502 what")?,
        }
    }
    Ok(())
}
