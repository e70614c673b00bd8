//! Who does what processes want to have done outside, for tests: the answers follow from what is asked.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use abide::engine::{
    faults::Answer,
    jobs::{HTTP, Ticket},
    outbox::{Courier, Reply, Request},
};

use super::world::World;

/// A courier that answers at once, and can be told to take no more.
pub(super) struct Echo {
    pub(super) has_room: Arc<AtomicBool>,
    pub(super) replies: Arc<Mutex<Vec<(Ticket, Reply)>>>,
    pub(super) answer: Box<dyn FnMut(Ticket, &Request) -> Option<Reply> + Send>,
    pub(super) open: usize,
}

impl Echo {
    pub(super) fn new(answer: impl FnMut(Ticket, &Request) -> Option<Reply> + Send + 'static) -> Self {
        let has_room = Arc::new(AtomicBool::new(true));
        Self { has_room, replies: Arc::default(), answer: Box::new(answer), open: 0 }
    }
}

impl Courier for Echo {
    fn room(&self) -> usize {
        if self.has_room.load(Ordering::Relaxed) { 64 - self.open } else { 0 }
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

/// Does all that is to be done. What was taken when a crash came is answered after it, too: others have not crashed.
pub(super) fn work(w: &mut World) -> Answer<()> {
    let mut echo = Echo::new(|ticket, request| Some(rated(ticket, request.body.as_deref().unwrap())));
    for job in w.engine.store().lapsed_jobs(i64::MAX, 100)? {
        let ticket = Ticket { instance: job.instance, tries: job.tries };
        if job.queue == HTTP {
            let call = w.engine.store().instance(job.instance)?.unwrap();
            let (title, score) = match call.arguments.as_slice() {
                [abide::base::value::Value::Text(title), abide::base::value::Value::Int(score)] => (title, score),
                other => panic!("{other:?}"),
            };
            let body = serde_json::json!({"title": title, "score": score}).to_string();
            echo.replies.lock().unwrap().push((ticket, rated(ticket, &body)));
            echo.open += 1;
        } else {
            w.engine.complete_job(ticket, "true")?;
        }
    }
    let has_room = Arc::clone(&echo.has_room);
    w.engine.send_with(Box::new(echo));
    loop {
        w.engine.run_until_idle()?;
        if let Some(offer) = w.engine.fetch_job("check", None)? {
            w.engine.complete_job(offer.ticket, "true")?;
        } else if w.engine.calls_under_way() == 0 {
            break;
        }
    }
    has_room.store(false, Ordering::Relaxed);
    Ok(())
}
