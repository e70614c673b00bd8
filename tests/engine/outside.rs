//! Who does what processes want to have done outside, for tests: the answers follow from what is asked.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use abide::{
    base::value::Value,
    engine::{
        faults::Answer,
        jobs::{HTTP, Ticket},
        outbox::{Courier, Reply, Request},
    },
};

use super::world::World;

/// What the world outside answers.
pub(super) type Answering = Box<dyn FnMut(Ticket, &Request) -> Option<Reply> + Send>;

/// A courier that answers at once, and can be told to take no more.
pub(super) struct Echo {
    pub(super) most: Arc<AtomicUsize>,
    pub(super) replies: Arc<Mutex<Vec<(Ticket, Reply)>>>,
    pub(super) answer: Answering,
    pub(super) open: usize,
}

impl Echo {
    pub(super) fn new(answer: impl FnMut(Ticket, &Request) -> Option<Reply> + Send + 'static) -> Self {
        let most = Arc::new(AtomicUsize::new(64));
        Self { most, replies: Arc::default(), answer: Box::new(answer), open: 0 }
    }
}

impl Courier for Echo {
    fn room(&self) -> usize {
        self.most.load(Ordering::Relaxed).saturating_sub(self.open)
    }

    fn under_way(&self) -> usize {
        self.open
    }

    fn send(&mut self, ticket: Ticket, request: Request) {
        self.open += 1;
        if let Some(reply) = (self.answer)(ticket, &request) {
            self.replies.lock().unwrap().push((ticket, reply));
        }
    }

    fn collect(&mut self, _: Duration) -> Vec<(Ticket, Reply)> {
        let found: Vec<_> = self.replies.lock().unwrap().drain(..).collect();
        self.open = self.open.saturating_sub(found.len());
        found
    }
}

pub(super) fn failed(message: &str, may_pass: bool) -> Reply {
    Reply::Failed { message: message.to_owned(), may_pass, after: None }
}

/// What `https://rates.example` answers.
fn rated(ticket: Ticket, body: &str) -> Reply {
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    match body["title"].as_str().unwrap() {
        "gone" => failed("404 Not Found", false),
        "late" if ticket.tries == 1 => failed("503 Service Unavailable", true),
        _ => Reply::Answered(format!("{{\"points\": {}, \"more\": true}}", 10 * body["score"].as_i64().unwrap())),
    }
}

/// Does all that is to be done, one by one: what somebody has first, then what was asked for first. So it does not matter
/// where a crash comes; what was taken then is answered after it, as others have not crashed.
pub(super) fn work(w: &mut World) -> Answer<()> {
    let echo = Echo::new(|ticket, request| Some(rated(ticket, request.body.as_deref().unwrap())));
    let (most, replies) = (Arc::clone(&echo.most), Arc::clone(&echo.replies));
    most.store(0, Ordering::Relaxed);
    w.engine.send_with(Box::new(echo));
    loop {
        w.engine.run_until_idle()?;
        let now = w.engine.now();
        let store = w.engine.store();
        let mut open = store.lapsed_jobs(i64::MAX, 1)?;
        if open.is_empty() {
            open = store.due_jobs(HTTP, now, 1)?;
            open.extend(store.due_jobs("check", now, 1)?);
        }
        let Some(job) = open.into_iter().min_by_key(|job| job.instance) else { return Ok(()) };
        let ticket = Ticket { instance: job.instance, tries: job.tries };
        match (job.queue.as_str(), job.is_taken) {
            (HTTP, false) => {
                most.store(1, Ordering::Relaxed);
                w.engine.run_until_idle()?;
                most.store(0, Ordering::Relaxed);
            }
            (HTTP, true) => {
                let call = w.engine.store().instance(job.instance)?.unwrap();
                let [Value::Text(title), Value::Int(score)] = call.arguments.as_slice() else { panic!("{call:?}") };
                let body = serde_json::json!({"title": title, "score": score}).to_string();
                replies.lock().unwrap().push((ticket, rated(ticket, &body)));
            }
            (_, false) => drop(w.engine.fetch_job("check", None)?),
            (_, true) => w.engine.complete_job(ticket, "true")?,
        }
    }
}
