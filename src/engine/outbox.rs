//! What is asked over HTTP: the engine takes jobs and records answers within its transactions, and somebody else makes
//! the calls between them.

use std::{sync::Arc, time::Duration};

use crate::{
    base::{
        limits::{JOBS_AT_ONCE, LEASE_MARGIN_MICROS},
        value::Value,
    },
    bytecode::module::{ActivityBy, HttpDef, PieceDef},
    vm::fault::Fault,
};

use super::{
    Engine, exchange,
    faults::{self, Answer, Failure},
    jobs::{HTTP, Ticket, job_of},
    log::Line,
    store::{Instance, Job, Status},
};

/// A piece of a text that leaves the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Characters.
    Text(String),
    /// The secret of this name: only who sends the text knows it.
    Secret(String),
}

/// A call over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `get`, `post`, `put`, `patch` or `delete`.
    pub method: String,
    /// The address.
    pub url: Vec<Piece>,
    /// Whose address it is: `api.example.com:8080`.
    pub host: String,
    /// Headers by name.
    pub headers: Vec<(String, Vec<Piece>)>,
    /// What is sent with it: JSON.
    pub body: Option<String>,
    /// The same for each try of this call, and no other call has it.
    pub key: String,
    /// How long it may take, in microseconds.
    pub timeout: i64,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It was answered with this text.
    Answered(String),
    /// It failed.
    Failed {
        /// What happened, for people.
        message: String,
        /// Whether it may go better the next time.
        may_pass: bool,
        /// In how many microseconds, if the other side asked for that.
        after: Option<i64>,
    },
}

/// Who makes calls, several at a time, while the engine works.
pub trait Courier: Send {
    /// How many more it can take now.
    fn room(&self) -> usize;
    /// How many are under way.
    fn under_way(&self) -> usize;
    /// Takes a call; its answer comes with its ticket.
    fn send(&mut self, ticket: Ticket, request: Request);
    /// The answers that have come; waits so long for the first.
    fn collect(&mut self, patience: Duration) -> Vec<(Ticket, Reply)>;
}

/// What goes out and comes in.
#[derive(Default)]
pub(crate) struct Outbox {
    courier: Option<Box<dyn Courier>>,
    /// Calls of the open transaction, which go out when it is committed.
    taken: Vec<(Ticket, Request)>,
    /// Calls under way, with the host of each.
    hosts: std::collections::HashMap<Ticket, String>,
    /// Answers that are not on disk yet.
    replies: Vec<(Ticket, Reply)>,
    /// Calls whose answers the turn has taken.
    pub(super) answered: Vec<i64>,
    /// Whether activities are done outside; if nothing was said, where time is real.
    pub(super) is_outward: Option<bool>,
}

impl Engine {
    /// Says who makes the calls over HTTP of what this engine runs.
    pub fn send_with(&mut self, courier: Box<dyn Courier>) {
        self.outbox.courier = Some(courier);
    }

    /// Calls that are under way, or whose answers are not recorded yet.
    #[must_use]
    pub fn calls_under_way(&self) -> usize {
        let sent = self.outbox.courier.as_ref().map_or(0, |courier| courier.under_way());
        sent + self.outbox.replies.len()
    }

    /// Waits for an answer, at most so long.
    pub(crate) fn await_replies(&mut self, patience: Duration) {
        if let Some(courier) = &mut self.outbox.courier {
            self.outbox.replies.extend(courier.collect(patience));
        }
    }

    /// Whether answers wait to be recorded.
    pub(crate) fn has_replies(&self) -> bool {
        !self.outbox.replies.is_empty()
    }

    /// Records what has come. They stay here until they are on disk.
    pub(crate) fn record_replies(&mut self) -> Answer<()> {
        self.await_replies(Duration::ZERO);
        for at in 0..self.outbox.replies.len() {
            let Some((ticket, reply)) = self.outbox.replies.get(at).cloned() else { break };
            self.statement(|engine| engine.record_reply(ticket, &reply))?;
        }
        Ok(())
    }

    /// The transaction is on disk: what it recorded is forgotten here, what it took goes out.
    pub(crate) fn send_taken(&mut self) {
        let outbox = &mut self.outbox;
        for (ticket, _) in outbox.replies.drain(..) {
            outbox.hosts.remove(&ticket);
        }
        let Some(courier) = &mut outbox.courier else { return };
        for (ticket, request) in outbox.taken.drain(..) {
            outbox.hosts.insert(ticket, request.host.clone());
            courier.send(ticket, request);
        }
    }

    /// The transaction is undone: what it took was not taken.
    pub(crate) fn keep_taken(&mut self) {
        self.outbox.taken.clear();
        self.outbox.answered.clear();
    }

    /// The next moment at which a job wants something of this program.
    pub(crate) fn next_job(&mut self) -> Answer<Option<i64>> {
        let Some(courier) = &self.outbox.courier else { return Ok(None) };
        let has_room = courier.room() > 0;
        let lapse = self.store.lapsed_jobs(i64::MAX, 1)?.first().map(|job| job.due);
        let next = if has_room { self.store.due_jobs(HTTP, i64::MAX - 1, 1)?.first().map(|job| job.due) } else { None };
        Ok(lapse.into_iter().chain(next).min())
    }

    /// Takes calls that are due, as many as can be made.
    pub(crate) fn take_jobs(&mut self) -> Answer<()> {
        let Some(courier) = &self.outbox.courier else { return Ok(()) };
        let mut room = courier.room().saturating_sub(self.outbox.taken.len());
        // LIMIT: JOBS_AT_ONCE
        for job in self.store.lapsed_jobs(self.now, JOBS_AT_ONCE)? {
            self.lapse(job)?;
        }
        let mut seen = 0;
        while room > 0 && seen < JOBS_AT_ONCE {
            let limit = u32::try_from(room).unwrap_or(u32::MAX).min(JOBS_AT_ONCE - seen);
            let due = self.store.due_jobs(HTTP, self.now, limit)?;
            if due.is_empty() {
                break;
            }
            for job in due {
                seen += 1;
                room -= usize::from(self.take_job(job)?);
            }
        }
        Ok(())
    }

    /// Takes a call; false if it is not made now.
    fn take_job(&mut self, mut job: Job) -> Answer<bool> {
        let instance = self.known_instance(job.instance)?;
        if instance.status != Status::Waiting {
            return self.rest_job(job).map(|()| false);
        }
        let request = self.in_build(&instance.build, |engine| engine.statement(|engine| engine.request(&instance)));
        let request = match request {
            Ok(request) => request,
            Err(Failure::Fault(fault)) => {
                let fault = Fault { may_pass: false, ..*fault };
                return self.end_job(instance, Err(fault.into())).map(|()| false);
            }
            Err(failure) => return Err(failure),
        };
        if let Some(until) = self.held_back(&request.host)? {
            job.due = until;
            job.error = format!("calls of {} are held back, as they failed", request.host);
            self.store.put_job(&job)?;
            return Ok(false);
        }
        (job.tries, job.is_taken) = (job.tries.saturating_add(1), true);
        job.due = self.now.saturating_add(request.timeout).saturating_add(LEASE_MARGIN_MICROS);
        self.store.put_job(&job)?;
        self.outbox.taken.push((Ticket { instance: job.instance, tries: job.tries }, request));
        Ok(true)
    }

    /// What a call asks.
    fn request(&mut self, call: &Instance) -> Answer<Request> {
        let program = Arc::clone(&self.definitions.program);
        let process = self.process_named(&call.process).and_then(|(index, _)| program.module().process(index));
        let activity = process.and_then(job_of);
        let (Some(process), Some(activity)) = (process, activity) else {
            return Err(faults::unknown_request("an activity"));
        };
        let ActivityBy::Http(http) = &activity.by else { return Err(faults::unknown_request("an address")) };
        let texts = match self.evaluate(http.texts.function, &call.arguments)? {
            Some(Value::List(texts)) => texts,
            _ => return Err(faults::unknown_request("the texts of a request")),
        };
        let (url, headers) = put_together(http, &texts)?;
        let has_body = !matches!(http.method.as_str(), "get" | "delete");
        Ok(Request {
            method: http.method.clone(),
            host: host_of(&url),
            url,
            headers,
            body: has_body.then(|| exchange::inputs(program.module(), process, &call.arguments).to_string()),
            key: self.key_of_job(call.id)?,
            timeout: activity.timeout,
        })
    }

    /// Records what became of a call, unless it is over or somebody else has it.
    fn record_reply(&mut self, ticket: Ticket, reply: &Reply) -> Answer<()> {
        let job = self.store.job(ticket.instance)?.filter(|job| job.queue == HTTP && job.tries == ticket.tries);
        let Some(job) = job else { return Ok(()) };
        let instance = self.known_instance(ticket.instance)?;
        let host = self.outbox.hosts.get(&ticket).cloned().unwrap_or_default();
        let build = instance.build.clone();
        self.in_build(&build, |engine| match reply {
            Reply::Answered(text) => {
                engine.call_went_well(&host, &instance)?;
                let answer = engine.result_of_job(&instance, text, false);
                if answer.is_ok() {
                    let message = format!("{} was done", instance.process);
                    engine.log(Line { message, ..Line::of(&instance) })?;
                }
                engine.end_job(instance, answer)
            }
            Reply::Failed { message, may_pass, after } => {
                if *may_pass {
                    engine.call_went_wrong(&host, &instance)?;
                } else {
                    engine.call_went_well(&host, &instance)?;
                }
                engine.fail_try(job, instance, (message, *may_pass), *after)
            }
        })
    }
}

/// The address and the headers from their pieces.
#[expect(clippy::type_complexity, reason = "both are parts of a request")]
fn put_together(http: &HttpDef, texts: &[Value]) -> Answer<(Vec<Piece>, Vec<(String, Vec<Piece>)>)> {
    let mut texts = texts.iter();
    let mut pieces = |all: &[PieceDef]| -> Answer<Vec<Piece>> {
        let mut found = Vec::with_capacity(all.len());
        for piece in all {
            if let PieceDef::Secret(name) = piece {
                found.push(Piece::Secret(name.clone()));
                continue;
            }
            let Some(Value::Text(text)) = texts.next() else {
                return Err(faults::unknown_request("the texts of a request"));
            };
            let is_plain = *piece == PieceDef::Plain;
            found.push(Piece::Text(if is_plain { text.clone() } else { escaped(text) }));
        }
        Ok(found)
    };
    let url = pieces(&http.url)?;
    let headers = http.headers.iter().map(|header| Ok((header.name.clone(), pieces(&header.value)?)));
    Ok((url, headers.collect::<Answer<_>>()?))
}

/// A text that means nothing in an address.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Whose address it is, as far as it is no secret.
fn host_of(url: &[Piece]) -> String {
    let known = url.iter().map_while(|piece| match piece {
        Piece::Text(text) => Some(text.as_str()),
        Piece::Secret(_) => None,
    });
    let known: String = known.collect();
    let rest = known.split_once("://").map_or(known.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.rsplit('@').next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_mean_nothing_in_an_address() {
        assert_eq!(escaped("a b/../c?x=1&ä#~"), "a%20b%2F..%2Fc%3Fx%3D1%26%C3%A4%23~");
    }

    #[test]
    fn a_host_is_known_without_secrets() {
        let text = |text: &str| Piece::Text(text.to_owned());
        assert_eq!(host_of(&[text("https://API.example.com:8443/a?b")]), "api.example.com:8443");
        assert_eq!(host_of(&[text("https://x.example/"), Piece::Secret("key".to_owned())]), "x.example");
        assert_eq!(host_of(&[text("https://u:p@h/")]), "h");
        assert_eq!(host_of(&[]), "");
    }
}
