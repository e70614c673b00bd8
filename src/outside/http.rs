//! Calls over HTTP on threads of their own, several at a time, with connections that are used again.

use std::{
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, SystemTime},
};

use ureq::{
    Agent,
    http::{self, Request as Built, header},
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};

use super::{Secrets, answers};
use crate::{
    base::limits::ANSWER_BYTES_MAX,
    engine::{
        jobs::Ticket,
        outbox::{Courier, Reply, Request},
    },
};

/// The stack of a thread that makes calls.
const STACK: usize = 512 << 10;
/// How this program names itself.
const AGENT: &str = concat!("abide/", env!("CARGO_PKG_VERSION"));

/// Makes calls on threads, which begin when they are needed.
pub struct HttpCourier {
    caller: Arc<Caller>,
    at_once: usize,
    threads: usize,
    under_way: usize,
    tasks: Sender<(Ticket, Request)>,
    waiting: Arc<Mutex<Receiver<(Ticket, Request)>>>,
    answers: Sender<(Ticket, Reply)>,
    replies: Receiver<(Ticket, Reply)>,
}

/// What all threads share.
struct Caller {
    agent: Agent,
    secrets: Secrets,
}

impl HttpCourier {
    /// One that makes so many calls at once. `roots` are certificates, as PEM, that are trusted besides those that are
    /// known to all.
    ///
    /// # Errors
    /// If `roots` holds no certificate.
    pub fn new(at_once: usize, secrets: Secrets, roots: Option<&[u8]>) -> Result<Self, String> {
        let mut tls = TlsConfig::builder();
        if let Some(pem) = roots {
            tls = tls.root_certs(trusted(pem)?);
        }
        let agent = Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(at_once)
            .max_idle_connections_per_host(at_once)
            .user_agent(AGENT)
            .build()
            .new_agent();
        let (tasks, waiting) = mpsc::channel();
        let (answers, replies) = mpsc::channel();
        Ok(Self {
            caller: Arc::new(Caller { agent, secrets }),
            at_once: at_once.max(1),
            threads: 0,
            under_way: 0,
            tasks,
            waiting: Arc::new(Mutex::new(waiting)),
            answers,
            replies,
        })
    }

    /// One more thread; it ends with the courier.
    fn begin_thread(&mut self) -> bool {
        let (caller, answers) = (Arc::clone(&self.caller), self.answers.clone());
        let waiting = Arc::clone(&self.waiting);
        let work = move || {
            loop {
                let next = waiting.lock().map(|waiting| waiting.recv());
                let Ok(Ok((ticket, request))) = next else { return };
                if answers.send((ticket, caller.reply(&request))).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new().name("call".to_owned()).stack_size(STACK).spawn(work).is_ok()
    }
}

impl Courier for HttpCourier {
    fn room(&self) -> usize {
        self.at_once.saturating_sub(self.under_way)
    }

    fn under_way(&self) -> usize {
        self.under_way
    }

    fn send(&mut self, ticket: Ticket, request: Request) {
        self.under_way += 1;
        if self.threads < self.under_way.min(self.at_once) && self.begin_thread() {
            self.threads += 1;
        }
        let sent = if self.threads == 0 { Err(()) } else { self.tasks.send((ticket, request)).map_err(drop) };
        if sent.is_err() {
            let message = "this machine has no room for a thread".to_owned();
            // The other end is here.
            let _ = self.answers.send((ticket, Reply::Failed { message, may_pass: true, after: None }));
        }
    }

    fn collect(&mut self, patience: Duration) -> Vec<(Ticket, Reply)> {
        let mut found = Vec::new();
        if self.under_way > 0 && !patience.is_zero() {
            found.extend(self.replies.recv_timeout(patience).ok());
        }
        found.extend(self.replies.try_iter());
        self.under_way = self.under_way.saturating_sub(found.len());
        found
    }
}

impl Caller {
    fn reply(&self, request: &Request) -> Reply {
        match self.call(request) {
            Reply::Failed { message, may_pass, after } => {
                Reply::Failed { message: self.secrets.hide(&message), may_pass, after }
            }
            reply => reply,
        }
    }

    fn call(&self, request: &Request) -> Reply {
        let failed = |message: String| Reply::Failed { message, may_pass: false, after: None };
        let missing =
            |name: &str| failed(format!("the secret `{name}` has no value: set ABIDE_SECRET_{}", name.to_uppercase()));
        let url = match self.secrets.fill(&request.url) {
            Ok(url) => url,
            Err(name) => return missing(name),
        };
        let mut builder = Built::builder().method(request.method.to_uppercase().as_str()).uri(url);
        for (name, value) in &request.headers {
            match self.secrets.fill(value) {
                Ok(value) => builder = builder.header(name, value),
                Err(name) => return missing(name),
            }
        }
        builder = builder.header("Idempotency-Key", &request.key);
        let timeout = Duration::from_micros(u64::try_from(request.timeout).unwrap_or(0));
        let answer = match &request.body {
            Some(body) => {
                let built = builder.header(header::CONTENT_TYPE, "application/json").body(body.as_str());
                built.map_err(ureq::Error::from).and_then(|built| {
                    self.agent.run(self.agent.configure_request(built).timeout_global(Some(timeout)).build())
                })
            }
            None => builder.body(()).map_err(ureq::Error::from).and_then(|built| {
                self.agent.run(self.agent.configure_request(built).timeout_global(Some(timeout)).build())
            }),
        };
        answer.and_then(read).unwrap_or_else(|error| answers::of_error(&error))
    }
}

fn read(answer: http::Response<ureq::Body>) -> Result<Reply, ureq::Error> {
    let status = answer.status();
    let after = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let after = after.and_then(|value| answers::retry_after(value, SystemTime::now()));
    // LIMIT: ANSWER_BYTES_MAX
    let body = answer.into_body().into_with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
    let body = match body {
        Ok(body) => String::from_utf8_lossy(&body).into_owned(),
        // What a failure says besides is of no importance.
        Err(_) if !status.is_success() => String::new(),
        Err(error) => return Err(error),
    };
    Ok(answers::of_status(status, body, after))
}

/// The certificates of a file, besides those that are known to all.
fn trusted(pem: &[u8]) -> Result<RootCerts, String> {
    let mut found: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    if found.is_empty() { Err("it holds no certificate".to_owned()) } else { Ok(RootCerts::from(found)) }
}
