//! Activities that are done outside: what goes out, what is recorded, and what becomes of who waits.

use std::sync::{Arc, Mutex};

use abide::{
    base::value::Value,
    engine::{
        clock::SECOND,
        jobs::Ticket,
        operate::Operation,
        outbox::{Piece, Reply, Request},
        store::Status,
    },
};

use super::{
    outside::{Echo, failed},
    world::{World, fault, on_both, text},
};

const SOURCE: &str = r#"
config rates: text = "https://rates.example"
secret key
error Refused { reason: text }
activity Rate(title: text, score: int?) for deal: Deal -> (points: int, advice: text?)
    using http post "{config.rates}/{title}/x?a={score ?? 0}"
    header "Authorization" "Bearer {secret.key}"
    timeout 1 minute
    retry 2 times after 10 seconds doubling
activity Ping() using http get "https://ping.example" timeout 5 seconds
activity Check(title: text) -> int using worker "check" timeout 1 minute retry 1 times after 1 minute

entity Deal { title: text  points: int = 0 }

workflow Judge for deal: Deal when created {
    let rate = do Rate(deal, deal.title)
    update deal { points += rate.points }
}
workflow Weigh(title: text) when on demand {
    try {
        let weight = do Check(title)
        log "{weight}"
    } catch e {
        log "{e.code} {e.message}"
    }
}
realtime workflow Tell for deal: Deal after updated(title) { start Ping() }
"#;

type Sent = Arc<Mutex<Vec<(Ticket, Request)>>>;

/// Answers what is asked with these replies in order; then not at all.
fn answering(w: &mut World, replies: Vec<Reply>) -> Sent {
    let sent = Sent::default();
    let (seen, mut replies) = (Arc::clone(&sent), replies.into_iter());
    w.engine.let_out(true);
    w.engine.send_with(Box::new(Echo::new(move |ticket, request| {
        seen.lock().unwrap().push((ticket, request.clone()));
        replies.next()
    })));
    sent
}

fn points(points: i64) -> Reply {
    Reply::Answered(format!("{{\"points\": {points}, \"version\": 3}}"))
}

/// Runs until what came is recorded.
fn settle(w: &mut World) {
    w.idle();
    w.idle();
}

#[test]
fn a_call_goes_out_after_the_commit_and_its_answer_is_recorded_once() {
    on_both(SOURCE, |w| {
        let sent = answering(w, vec![points(7)]);
        let deal = w.create("Deal", &[("title", text("a b/c"))]);
        settle(w);
        assert_eq!(w.field(deal, "points"), Value::Int(7));
        assert_eq!(w.statuses("Judge"), [Status::Succeeded]);
        assert_eq!(w.instances("Rate"), [0; 0], "nobody needs the call any more");
        let sent = sent.lock().unwrap();
        let [(ticket, request)] = sent.as_slice() else { panic!("{sent:?}") };
        let url: Vec<String> = request.url.iter().map(|piece| format!("{piece:?}")).collect();
        assert_eq!(url.concat(), r#"Text("https://rates.example/")Text("a%20b%2Fc")Text("/x?a=")Text("0")"#);
        let bearer = [Piece::Text("Bearer ".to_owned()), Piece::Secret("key".to_owned())];
        assert_eq!(request.headers, [("Authorization".to_owned(), bearer.to_vec())]);
        assert_eq!((request.host.as_str(), request.timeout), ("rates.example", 60 * SECOND));
        assert_eq!(request.body.as_deref(), Some(r#"{"deal":"deal:2","title":"a b/c","score":null}"#));
        assert_eq!(request.key.len(), 36);
        assert_eq!(ticket.tries, 1);
    });
}

#[test]
fn what_may_pass_is_tried_again_with_the_same_key() {
    on_both(SOURCE, |w| {
        let sent = answering(w, vec![failed("no connection", true), failed("503", true), points(1)]);
        let deal = w.create("Deal", &[("title", text("a"))]);
        settle(w);
        assert_eq!(sent.lock().unwrap().len(), 1);
        w.advance(10 * SECOND);
        settle(w);
        assert_eq!(sent.lock().unwrap().len(), 2);
        w.advance(20 * SECOND);
        settle(w);
        assert_eq!(w.field(deal, "points"), Value::Int(1));
        let sent = sent.lock().unwrap();
        assert!(sent.iter().all(|(_, request)| request.key == sent[0].1.key));
        assert_eq!(
            w.notes()[..2],
            ["no connection; it is tried again in 10 seconds", "503; it is tried again in 20 seconds"]
        );
    });
}

#[test]
fn a_failure_reaches_who_waits_and_a_retry_asks_again() {
    on_both(SOURCE, |w| {
        let sent = answering(w, vec![failed("404 Not Found", false), points(2)]);
        let deal = w.create("Deal", &[("title", text("a"))]);
        settle(w);
        assert_eq!(w.statuses("Judge"), [Status::Parked]);
        let id = w.instances("Judge")[0];
        let fault = w.engine.store().instance(id).unwrap().unwrap().fault.unwrap();
        assert_eq!((fault.code.as_str(), fault.message.as_str()), ("R0511", "Rate failed: 404 Not Found"));
        w.engine.operate(id, &Operation::Retry).unwrap();
        settle(w);
        assert_eq!(w.statuses("Judge"), [Status::Succeeded]);
        assert_eq!(w.field(deal, "points"), Value::Int(2));
        let sent = sent.lock().unwrap();
        assert_eq!(sent[0].1.key, sent[1].1.key, "it is still the same call");
    });
}

#[test]
fn an_answer_that_is_none_is_refused() {
    on_both(SOURCE, |w| {
        let wrong = ["", "[]", "{}", "{\"points\": \"x\"}", "{\"points\": 1} 2"];
        answering(w, wrong.iter().map(|text| Reply::Answered((*text).to_owned())).collect());
        for _ in wrong {
            w.create("Deal", &[("title", text("a"))]);
        }
        settle(w);
        let mut told = Vec::new();
        for id in w.instances("Judge") {
            let instance = w.engine.store().instance(id).unwrap().unwrap();
            assert_eq!(instance.status, Status::Parked);
            told.push(instance.fault.unwrap().sentence());
        }
        let refused = "R0512 Rate has answered with something else than it promises: ";
        let told: Vec<_> = told.iter().filter_map(|told| told.strip_prefix(refused)?.split(" (").next()).collect();
        let missing = ["`points` is missing", "`points` is not a whole number", "it is no JSON"];
        assert_eq!(told[..2], ["it is no JSON", "the result is not an object"]);
        assert_eq!(told[2..], missing);
    });
}

#[test]
fn answers_that_come_too_late_or_twice_count_for_nothing() {
    on_both(SOURCE, |w| {
        w.engine.let_out(true);
        let echo = Echo::new(|_, _| None);
        let replies = Arc::clone(&echo.replies);
        w.engine.send_with(Box::new(echo));
        let deal = w.create("Deal", &[("title", text("a"))]);
        settle(w);
        let call = w.instances("Rate")[0];
        // The worker that made the call is gone; its lease ends, and the next try is answered.
        w.advance(91 * SECOND);
        w.advance(10 * SECOND);
        settle(w);
        let tries = w.engine.store().job(call).unwrap().unwrap().tries;
        assert_eq!(tries, 2);
        let ticket = |tries| Ticket { instance: call, tries };
        replies.lock().unwrap().push((ticket(1), points(100)));
        settle(w);
        assert_eq!(w.field(deal, "points"), Value::Int(0));
        replies.lock().unwrap().extend([(ticket(2), points(3)), (ticket(2), points(4))]);
        settle(w);
        assert_eq!(w.field(deal, "points"), Value::Int(3));
    });
}

#[test]
fn a_call_is_canceled_with_who_waits_for_it() {
    on_both(SOURCE, |w| {
        let sent = answering(w, Vec::new());
        let deal = w.create("Deal", &[("title", text("a"))]);
        settle(w);
        let call = w.instances("Rate")[0];
        w.delete(deal);
        settle(w);
        assert_eq!(w.statuses("Judge"), [Status::Canceled]);
        assert_eq!(w.instances("Rate"), [0; 0], "it is gone with him");
        assert_eq!(w.engine.store().job(call).unwrap(), None);
        assert_eq!(sent.lock().unwrap().len(), 1);
    });
}

#[test]
fn real_time_code_starts_a_call_that_goes_out_after_its_commit() {
    on_both(SOURCE, |w| {
        let sent = answering(w, vec![points(1), Reply::Answered("whatever".to_owned())]);
        let deal = w.create("Deal", &[("title", text("a"))]);
        settle(w);
        w.update(deal, &[("title", text("b"))]);
        settle(w);
        assert_eq!(w.statuses("Ping"), [Status::Succeeded]);
        let (_, request) = sent.lock().unwrap()[1].clone();
        assert_eq!((request.method.as_str(), request.body), ("get", None));
        w.advance(8 * 86_400 * SECOND);
        assert_eq!(w.instances("Ping"), [0; 0], "it was kept for a week");
    });
}

#[test]
fn without_anybody_outside_nothing_is_pretended() {
    on_both(SOURCE, |w| {
        w.create("Deal", &[("title", text("a"))]);
        w.idle();
        assert_eq!(w.statuses("Rate"), [Status::Parked]);
        let id = w.instances("Rate")[0];
        let fault = w.engine.store().instance(id).unwrap().unwrap().fault.unwrap();
        assert_eq!(fault.code, "R0510");
        assert_eq!(w.statuses("Judge"), [Status::Waiting]);
        answering(w, vec![points(5)]);
        w.engine.retry(id).unwrap();
        settle(w);
        assert_eq!(w.statuses("Judge"), [Status::Succeeded]);
    });
}

#[test]
fn a_host_that_fails_is_left_in_peace_and_tried_at_growing_distances() {
    on_both(SOURCE, |w| {
        let mut replies = vec![failed("no connection", true); 11];
        replies.extend((0..12).map(points));
        let sent = answering(w, replies);
        for n in 0..12 {
            w.create("Deal", &[("title", text(&n.to_string()))]);
            settle(w);
        }
        assert_eq!(sent.lock().unwrap().len(), 10, "the eleventh is held back");
        let [(host, circuit)] = w.engine.open_circuits().unwrap().try_into().unwrap();
        assert_eq!((host.as_str(), circuit.failures), ("rates.example", 10));
        let told = w.notes().into_iter().filter(|note| note.contains("held back")).collect::<Vec<_>>();
        assert_eq!(
            told,
            ["calls of rates.example are held back until 2026-01-05 09:00:30, after 10 failures in a row"]
        );
        w.advance(30 * SECOND);
        settle(w);
        assert_eq!(sent.lock().unwrap().len(), 11, "one tries whether it is back");
        w.advance(30 * SECOND);
        settle(w);
        assert_eq!(sent.lock().unwrap().len(), 11);
        w.advance(40 * SECOND);
        settle(w);
        w.advance(3_600 * SECOND);
        settle(w);
        assert_eq!(w.engine.open_circuits().unwrap(), []);
        assert!(w.statuses("Judge").iter().all(|status| *status == Status::Succeeded), "{:?}", w.statuses("Judge"));
    });
}

#[test]
fn a_worker_takes_extends_completes_and_fails_jobs() {
    on_both(SOURCE, |w| {
        w.engine.let_out(true);
        for title in ["a", "b"] {
            w.engine.start(None, "Weigh", &[text(title)]).unwrap();
        }
        w.idle();
        assert_eq!(w.engine.fetch_job("other", None).unwrap(), None);
        let a = w.engine.fetch_job("check", None).unwrap().unwrap();
        let b = w.engine.fetch_job("check", Some(5 * SECOND)).unwrap().unwrap();
        assert_eq!(w.engine.fetch_job("check", None).unwrap(), None);
        assert_eq!((a.activity.as_str(), a.inputs.to_string().as_str()), ("Check", r#"{"title":"a"}"#));
        assert_ne!(a.key, b.key);
        for wrong in ["\"x\"", "1.5", "null", ""] {
            assert!(fault(w.engine.complete_job(a.ticket, wrong)).starts_with("R0512"), "{wrong}");
        }
        w.engine.extend_job(a.ticket, 3_600 * SECOND).unwrap();
        // The lease of the second ends: it counts as a try that failed.
        w.advance(10 * SECOND);
        assert_eq!(w.engine.fetch_job("check", None).unwrap(), None);
        w.advance(60 * SECOND);
        let again = w.engine.fetch_job("check", None).unwrap().unwrap();
        assert_eq!((again.ticket.instance, again.ticket.tries), (b.ticket.instance, 2));
        assert_eq!(again.key, b.key);
        assert!(fault(w.engine.complete_job(b.ticket, "5")).starts_with("R0520"));
        w.engine.complete_job(a.ticket, "5").unwrap();
        assert!(fault(w.engine.complete_job(a.ticket, "5")).starts_with("R0520"));
        w.engine.fail_job(again.ticket, "no scales", true).unwrap();
        w.idle();
        assert_eq!(w.statuses("Weigh"), [Status::Succeeded, Status::Succeeded]);
        let said: Vec<_> = w.notes().into_iter().filter(|note| !note.starts_with("taken")).collect();
        let lapsed = "nobody answered before the end of its lease; it is tried again in 1 minute";
        assert_eq!(said, [lapsed, "5", "R0511 Check failed: no scales"]);
    });
}

#[test]
fn a_paused_call_rests_and_goes_on() {
    on_both(SOURCE, |w| {
        w.engine.let_out(true);
        w.engine.start(None, "Weigh", &[text("a")]).unwrap();
        w.idle();
        let call = w.instances("Check")[0];
        w.engine.operate(call, &Operation::Pause).unwrap();
        assert_eq!(w.engine.fetch_job("check", None).unwrap(), None);
        w.engine.operate(call, &Operation::Resume).unwrap();
        w.idle();
        assert!(w.engine.fetch_job("check", None).unwrap().is_some());
    });
}
