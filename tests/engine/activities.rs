//! Activities: who does them, what comes back, and what is done again.

use std::sync::{Arc, Mutex};

use abide::{
    base::value::Value,
    engine::{
        Retries,
        activities::{ActivityCall, ActivityError},
        clock::SECOND,
        operate::Operation,
        store::Status,
    },
};

use super::world::{World, fault, on_both, text};

const SOURCE: &str = r#"
error Down { reason: text, code: int }

activity Score(name: text, limit: int) -> (score: int, advice: text?)
    using native
    timeout 5 seconds
    retry 2 times after 1 minute
activity Tell(what: text) using native timeout 1 minute

entity Deal {
    title: text
    score: int?
}

workflow Rate for deal: Deal when created {
    log "before"
    let answer = do Score(deal.title, 3)
    update deal { score: answer.score }
    log "{answer.advice ?? "no advice"}"
}

realtime workflow Guard for deal: Deal before updated(title) {
    try {
        do Tell(deal.title)
    } catch e: Down {
        stop canceled "{e.reason} {e.code}"
    }
}
"#;

/// What was asked, with the keys.
type Asked = Arc<Mutex<Vec<(String, String)>>>;

fn answering(w: &mut World, answers: Vec<Result<Option<Value>, ActivityError>>) -> Asked {
    let asked = Asked::default();
    let (seen, mut answers) = (Arc::clone(&asked), answers.into_iter());
    let activity = move |call: &ActivityCall<'_>| {
        assert_eq!((call.name, call.timeout), ("Score", 5_000_000));
        seen.lock().unwrap().push((format!("{:?}", call.inputs), call.key.to_owned()));
        answers.next().unwrap()
    };
    w.engine.implement("Score", Box::new(activity)).unwrap();
    asked
}

fn score(n: i64) -> Value {
    Value::Record(vec![Value::Int(n), Value::None])
}

#[test]
fn a_result_is_recorded_once_and_all_tries_have_one_key() {
    on_both(SOURCE, |w| {
        let failed = || Err(ActivityError::Failed("no line".to_owned()));
        let down = Err(ActivityError::Raised { error: "Down".to_owned(), fields: vec![text("night"), Value::Int(5)] });
        let asked = answering(w, vec![failed(), down, Ok(Some(score(7))), Ok(Some(score(8)))]);
        let a = w.create("Deal", &[("title", text("a"))]);
        w.idle();
        assert_eq!(w.statuses("Rate"), [Status::Waiting], "it waits for the next try");
        w.advance(60_000_000);
        w.advance(60_000_000);
        assert_eq!(w.statuses("Rate"), [Status::Succeeded]);
        assert_eq!(w.field(a, "score"), Value::Int(7));
        w.create("Deal", &[("title", text("b"))]);
        w.idle();
        let asked = asked.lock().unwrap();
        assert_eq!(asked.len(), 4);
        assert!(asked[..3].iter().all(|(inputs, key)| *inputs == asked[0].0 && *key == asked[0].1), "{asked:?}");
        assert_ne!(asked[3].1, asked[0].1);
        assert_eq!(w.notes(), ["before", "Score was done", "no advice", "before", "Score was done", "no advice"]);
    });
}

#[test]
fn what_is_not_of_the_declared_type_is_refused() {
    on_both(SOURCE, |w| {
        let wrong = [
            Ok(None),
            Ok(Some(Value::Int(5))),
            Ok(Some(Value::Record(vec![Value::None, Value::None]))),
            Err(ActivityError::Raised { error: "Lost".to_owned(), fields: Vec::new() }),
            Err(ActivityError::Raised { error: "Down".to_owned(), fields: vec![text("night")] }),
        ];
        let count = wrong.len();
        answering(w, wrong.into());
        for n in 0..count {
            w.create("Deal", &[("title", text(&n.to_string()))]);
        }
        w.idle();
        for id in w.instances("Rate") {
            let instance = w.engine.store().instance(id).unwrap().unwrap();
            assert_eq!(instance.status, Status::Parked);
            assert_eq!(instance.fault.unwrap().code, "R0512");
        }
        assert_eq!(w.instances("Rate").len(), count);
    });
}

#[test]
fn without_an_implementation_nothing_is_pretended() {
    on_both(SOURCE, |w| {
        let unknown = |_: &ActivityCall<'_>| Ok(None);
        assert!(fault(w.engine.implement("Rate", Box::new(unknown))).contains("R0109"));
        let a = w.create("Deal", &[("title", text("a"))]);
        w.idle();
        assert_eq!(w.statuses("Rate"), [Status::Parked]);
        assert!(fault(w.try_update(a, &[("title", text("b"))])).contains("R0510"));
        assert_eq!(w.field(a, "title"), text("a"), "the transaction is undone");
        answering(w, vec![Ok(Some(score(1)))]);
        let id = w.instances("Rate")[0];
        w.engine.retry(id).unwrap();
        w.idle();
        assert_eq!(w.statuses("Rate"), [Status::Succeeded]);
    });
}

#[test]
fn in_a_transaction_an_error_is_caught_where_it_is_done() {
    on_both(SOURCE, |w| {
        let down = |_: &ActivityCall<'_>| {
            Err(ActivityError::Raised { error: "Down".to_owned(), fields: vec![text("night"), Value::Int(5)] })
        };
        w.engine.implement("Tell", Box::new(down)).unwrap();
        let a = w.create("Deal", &[("title", text("a"))]);
        let refused = fault(w.try_update(a, &[("title", text("b"))]));
        assert!(refused.contains("night 5"), "{refused}");
    });
}

/// A world in which `Score` fails so often before it answers.
fn failing(w: &mut World, times: usize) -> Asked {
    let mut answers = vec![Err(ActivityError::Failed("no line".to_owned())); times];
    answers.push(Ok(Some(score(7))));
    answering(w, answers)
}

fn without_retry() -> String {
    SOURCE.replace("\n    retry 2 times after 1 minute", "")
}

#[test]
fn what_may_pass_is_tried_again_after_growing_delays() {
    on_both(&without_retry(), |w| {
        let asked = failing(w, 3);
        let a = w.create("Deal", &[("title", text("a"))]);
        let id = w.instances("Rate")[0];
        let mut began = w.engine.now();
        for (tries, delay) in [(1, 10), (2, 20), (3, 40)] {
            let view = w.engine.show(id).unwrap();
            assert_eq!((view.status, view.until), (Status::Postponed, Some(began + delay * SECOND)));
            let fault = view.fault.unwrap();
            assert_eq!((fault.code.as_str(), fault.tries, fault.place.as_str()), ("R0511", tries, "test.proc:16"));
            w.advance(delay * SECOND - 1);
            assert_eq!(asked.lock().unwrap().len(), tries as usize, "not before its time");
            w.advance(1);
            began += delay * SECOND;
        }
        assert_eq!(w.field(a, "score"), Value::Int(7));
        let asked = asked.lock().unwrap();
        assert!(asked.len() == 4 && asked.iter().all(|one| *one == asked[0]), "{asked:?}");
        let tried = |again: &str| format!("R0511: Score failed: no line; it is tried again in {again}");
        assert_eq!(
            w.notes(),
            [
                "before".to_owned(),
                tried("10 seconds"),
                tried("20 seconds"),
                tried("40 seconds"),
                "Score was done".to_owned(),
                "no advice".to_owned()
            ]
        );
    });
}

#[test]
fn in_the_end_it_is_parked_and_an_operator_begins_anew() {
    on_both(&without_retry(), |w| {
        w.engine.set_retries(Retries { times: 2, first: SECOND, longest: SECOND, ..Retries::default() });
        let asked = failing(w, 5);
        w.create("Deal", &[("title", text("a"))]);
        let id = w.instances("Rate")[0];
        w.advance(2 * SECOND);
        assert_eq!(asked.lock().unwrap().len(), 3);
        assert_eq!(w.statuses("Rate"), [Status::Parked]);
        assert_eq!(w.engine.show(id).unwrap().fault.unwrap().tries, 3);
        w.engine.retry(id).unwrap();
        w.idle();
        assert_eq!(w.statuses("Rate"), [Status::Postponed]);
        w.engine.operate(id, &Operation::Resume).unwrap();
        w.idle();
        assert_eq!(w.engine.show(id).unwrap().fault.unwrap().tries, 2, "it was tried at once");
        w.engine.cancel(id, "enough").unwrap();
        w.idle();
        assert_eq!(w.statuses("Rate"), [Status::Canceled]);
    });
}

#[test]
fn what_the_program_deals_with_itself_is_its_own() {
    let caught = without_retry()
        .replace("let answer = do Score(deal.title, 3)", "try { do Score(deal.title, 3) } catch e { log e.code }");
    let caught =
        caught.replace("    update deal { score: answer.score }\n    log \"{answer.advice ?? \"no advice\"}\"\n", "");
    on_both(&caught, |w| {
        failing(w, 1);
        w.create("Deal", &[("title", text("a"))]);
        assert_eq!((w.statuses("Rate"), w.notes()), (vec![Status::Succeeded], vec!["before".into(), "R0511".into()]));
    });
    on_both(SOURCE, |w| {
        let asked = failing(w, 3);
        w.create("Deal", &[("title", text("a"))]);
        w.advance(120 * SECOND);
        assert_eq!(
            (asked.lock().unwrap().len(), w.statuses("Rate")),
            (3, vec![Status::Parked]),
            "its own retry is over"
        );
    });
}
