//! Mails on their way: handed over after the commit, tried again, failed, and never lost or doubled by a crash.

use std::sync::{Arc, Mutex};

use abide::{
    base::value::{RecordRef, Value},
    engine::{
        clock::SECOND,
        post::{Letter, MailError, Mailer},
    },
};
use abide_disk::{Disk, Files, Loss};

use super::{
    disk::{open, seed},
    power::moments,
    world::{World, compile, fault, on_both, text},
};

const SOURCE: &str = r#"
entity Deal { title: text(100), email: text?, blocked: bool = false }

email Told(deal: Deal) {
    subject "About {deal.title}"
    body html """<p>{deal.title} {raw("<b>!</b>")}</p>"""
}

realtime workflow Tell for deal: Deal after created {
    send email Told(deal) to deal cc "copy@example.com"
}

realtime workflow Guard for mail: Email before updated(sent_on) {
    if exists d in Deal where d.blocked { stop canceled "no mail today" }
}

workflow Watch for mail: Email when created {
    wait {
        until mail.status == sent => log "sent {mail.subject}",
        until mail.status == failed => log "failed {mail.failure ?? "?"}",
    }
}
"#;

const MINUTE: i64 = 60 * SECOND;

/// Somebody who takes mails, or not.
#[derive(Clone, Default)]
struct Carrier {
    answers: Arc<Mutex<Vec<Result<(), MailError>>>>,
    seen: Arc<Mutex<Vec<Letter>>>,
}

impl Carrier {
    /// Answers so, one after the other, and takes everything then.
    fn answering(answers: &[Result<(), MailError>]) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.iter().rev().cloned().collect())), ..Self::default() }
    }

    fn seen(&self) -> Vec<Letter> {
        self.seen.lock().unwrap().clone()
    }
}

impl Mailer for Carrier {
    fn send(&mut self, letter: &Letter) -> Result<(), MailError> {
        self.seen.lock().unwrap().push(letter.clone());
        self.answers.lock().unwrap().pop().unwrap_or(Ok(()))
    }
}

fn deal(w: &mut World, title: &str, email: &str) -> RecordRef {
    // Without running until idle: in a simulation mails arrive by themselves then.
    w.try_create("Deal", &[("title", text(title)), ("email", text(email))]).unwrap()
}

fn mails(w: &mut World) -> Vec<RecordRef> {
    let entity = w.entity("Email");
    w.ids("Email").into_iter().map(|id| RecordRef { entity, id }).collect()
}

fn status(w: &mut World, mail: RecordRef) -> String {
    let Value::Enum(number) = w.field(mail, "status") else { panic!("no status") };
    let def = w.engine.module().entity(mail.entity).unwrap().states.as_ref().unwrap().status;
    w.engine.module().enum_def(def).unwrap().members.iter().find(|m| m.value == number).unwrap().name.clone()
}

/// Writes the status of this name, as a user does.
fn change(w: &mut World, mail: RecordRef, to: &str) {
    let def = w.engine.module().entity(mail.entity).unwrap().states.as_ref().unwrap().status;
    let number = w.engine.module().enum_def(def).unwrap().members.iter().find(|m| m.name == to).unwrap().value;
    w.engine.change(None, mail, number).unwrap();
}

fn wait(w: &mut World, micros: i64) {
    let now = w.engine.now();
    assert!(w.engine.set_clock(now + micros).unwrap());
}

#[test]
fn a_mail_is_handed_over_once_it_is_committed() {
    on_both(SOURCE, |w| {
        let mut carrier = Carrier::default();
        deal(w, "<a>", "Ann <ann@example.com>");
        let [mail] = mails(w)[..] else { panic!("one mail") };
        assert_eq!(status(w, mail), "pending_send");
        assert_eq!(w.engine.hand_over_mails(&mut carrier).unwrap(), 1);
        assert_eq!(status(w, mail), "sent");
        assert_eq!(w.field(mail, "sent_on"), Value::DateTime(w.engine.now()));
        w.idle();
        assert_eq!(w.notes(), ["sent About <a>"]);
        let [letter] = &carrier.seen()[..] else { panic!("one letter") };
        assert_eq!(
            (&letter.to[..], &letter.cc[..]),
            (&["ann@example.com".to_owned()][..], &["copy@example.com".to_owned()][..])
        );
        assert_eq!((letter.subject.as_str(), letter.from.as_str()), ("About <a>", "abide@localhost"));
        assert_eq!((letter.body.trim(), letter.is_html), ("<p>&lt;a&gt; <b>!</b></p>", true));
        assert_eq!(w.engine.hand_over_mails(&mut carrier).unwrap(), 0, "it is handed over once");
    });
}

#[test]
fn what_may_pass_is_tried_again_after_growing_delays() {
    on_both(SOURCE, |w| {
        let busy = || Err(MailError::Passing("busy".to_owned()));
        let mut carrier = Carrier::answering(&[busy(), busy()]);
        deal(w, "a", "ann@example.com");
        let mail = mails(w)[0];
        assert_eq!(w.engine.hand_over_mails(&mut carrier).unwrap(), 0);
        assert_eq!((status(w, mail).as_str(), w.field(mail, "failure")), ("pending_send", text("busy")));
        wait(w, 9 * SECOND);
        assert_eq!(w.engine.hand_over_mails(&mut carrier).unwrap(), 0);
        assert_eq!(carrier.seen().len(), 1, "it is not due yet");
        wait(w, SECOND);
        assert_eq!(w.engine.hand_over_mails(&mut carrier).unwrap(), 0);
        wait(w, 19 * SECOND);
        assert_eq!(w.engine.hand_over_mails(&mut carrier).unwrap(), 0);
        wait(w, SECOND);
        assert_eq!(w.engine.hand_over_mails(&mut carrier).unwrap(), 1);
        let seen = carrier.seen();
        assert_eq!(seen.len(), 3);
        assert!(seen.iter().all(|letter| letter.message_id == seen[0].message_id && letter.id == mail.id), "{seen:?}");
        assert_eq!((status(w, mail).as_str(), w.field(mail, "tries")), ("sent", Value::Int(3)));
        assert!(w.notes()[0].contains("busy; it is tried again in 10 seconds"), "{:?}", w.notes());
    });
}

#[test]
fn a_mail_that_is_refused_or_tried_too_often_has_failed() {
    on_both(SOURCE, |w| {
        let mut carrier = Carrier::answering(&[Err(MailError::Refused("no such user".to_owned()))]);
        deal(w, "a", "ann@example.com");
        let mail = mails(w)[0];
        assert_eq!(w.engine.hand_over_mails(&mut carrier).unwrap(), 0);
        assert_eq!((status(w, mail).as_str(), w.field(mail, "failure")), ("failed", text("no such user")));
        w.idle();
        assert_eq!(w.notes(), ["failed no such user"]);
        let told = w.engine.examine().unwrap().join("\n");
        assert!(told.contains("About a") && told.contains("no such user"), "{told}");
        change(w, mail, "pending_send");
        assert_eq!(w.engine.hand_over_mails(&mut carrier).unwrap(), 1);
        assert_eq!((status(w, mail).as_str(), w.field(mail, "failure")), ("sent", Value::None));

        let mut carrier = Carrier::answering(&vec![Err(MailError::Passing("busy".to_owned())); 100]);
        deal(w, "b", "bo@example.com");
        let mail = mails(w)[1];
        for _ in 0..100 {
            w.engine.hand_over_mails(&mut carrier).unwrap();
            wait(w, 61 * MINUTE);
        }
        assert_eq!((status(w, mail).as_str(), carrier.seen().len()), ("failed", 11), "ten tries after the first");
    });
}

#[test]
fn addresses_that_were_written_by_hand_are_looked_at() {
    on_both(SOURCE, |w| {
        let mut carrier = Carrier::default();
        let to = Value::List(vec![text("ann@example.com\r\nBcc: all@example.com")]);
        let mail = w.try_create("Email", &[("subject", text("x")), ("to", to), ("status", Value::Enum(6))]).unwrap();
        assert_eq!(w.engine.hand_over_mails(&mut carrier).unwrap(), 0);
        assert_eq!((status(w, mail).as_str(), carrier.seen().len()), ("failed", 0));
    });
}

#[test]
fn a_mail_that_is_taken_back_or_deleted_stays() {
    on_both(SOURCE, |w| {
        let mut carrier = Carrier::default();
        deal(w, "a", "ann@example.com");
        deal(w, "b", "ann@example.com");
        let mails = mails(w);
        change(w, mails[0], "canceled");
        w.engine.delete(None, mails[1]).unwrap();
        assert_eq!(w.field(mails[0], "next_try"), Value::None);
        assert_eq!(w.engine.hand_over_mails(&mut carrier).unwrap(), 0);
        assert!(carrier.seen().is_empty());
    });
}

#[test]
fn no_process_makes_a_mail_go_out_again() {
    on_both(SOURCE, |w| {
        let mut carrier = Carrier::default();
        let deal = deal(w, "a", "ann@example.com");
        w.try_update(deal, &[("blocked", Value::Bool(true))]).unwrap();
        assert_eq!(w.engine.hand_over_mails(&mut carrier).unwrap(), 1);
        let mail = mails(w)[0];
        assert_eq!(status(w, mail), "sent");
        wait(w, 60 * MINUTE);
        assert_eq!(w.engine.hand_over_mails(&mut carrier).unwrap(), 0);
        assert!(w.notes().concat().contains("no mail today"), "{:?}", w.notes());
    });
}

#[test]
fn somebody_without_an_address_stops_the_statement() {
    on_both(SOURCE, |w| {
        let mut create = |fields: &[(&str, Value)]| fault(w.try_create("Deal", fields));
        let nobody = create(&[("title", text("a"))]);
        assert!(nobody.starts_with("R0515") && nobody.contains("`Deal.email` is empty"), "{nobody}");
        let wrong = create(&[("title", text("a")), ("email", text("a@b@c"))]);
        assert!(wrong.starts_with("R0515") && wrong.contains("a@b@c"), "{wrong}");
        assert!(w.ids("Deal").is_empty() && w.ids("Email").is_empty());
        let empty = fault(w.try_create("Email", &[("subject", text("x")), ("status", Value::Enum(6))]));
        assert!(empty.starts_with("R0516"), "{empty}");
    });
}

/// Does what is left to do.
fn go_on(w: &mut World, carrier: &mut Carrier) {
    if w.ids("Deal").is_empty() {
        deal(w, "a", "ann@example.com");
    }
    w.engine.hand_over_mails(carrier).unwrap();
    wait(w, 20 * MINUTE);
    w.engine.hand_over_mails(carrier).unwrap();
}

/// Counts the changes of the disk at which it was handed a mail.
struct Watching<'a>(Carrier, &'a Disk, Vec<usize>);

impl Mailer for Watching<'_> {
    fn send(&mut self, letter: &Letter) -> Result<(), MailError> {
        self.2.push(self.1.recorded());
        self.0.send(letter)
    }
}

#[test]
fn after_every_crash_there_is_one_mail_and_it_was_handed_over() {
    let program = compile(SOURCE);
    let disk = Disk::new();
    disk.record();
    let mut world = open(&disk, &program).unwrap();
    let mut watching = Watching(Carrier::default(), &disk, Vec::new());
    deal(&mut world, "a", "ann@example.com");
    let told = disk.recorded();
    world.engine.hand_over_mails(&mut watching).unwrap();
    drop(world);
    let (record, seed) = (disk.take_record(), seed());
    let first = watching.0.seen();
    assert_eq!(first.len(), 1);
    let (mut crashes, mut doubled) = (0, 0);
    for (moment, loss) in moments(&record, seed) {
        let mut files = Files::default();
        record[..moment].iter().for_each(|action| files.apply(action));
        let disk = Disk::with(files.after(loss));
        let mut world = open(&disk, &program).unwrap();
        if moment >= told {
            assert_eq!(world.ids("Email").len(), 1, "what was told is there, at {moment} {loss:?}, ABIDE_SEED={seed}");
        }
        let mut carrier = Carrier::default();
        go_on(&mut world, &mut carrier);
        let mut seen = carrier.seen();
        let before = watching.2.iter().filter(|at| **at <= moment).count();
        seen.extend(first.iter().take(before).cloned());
        let mails = mails(&mut world);
        assert_eq!(
            (mails.len(), status(&mut world, mails[0]).as_str()),
            (1, "sent"),
            "at {moment} {loss:?}, ABIDE_SEED={seed}"
        );
        assert!(!seen.is_empty() && seen.len() <= 2, "at {moment} {loss:?}, ABIDE_SEED={seed}");
        assert!(seen.iter().all(|letter| letter.message_id == seen[0].message_id), "at {moment}, ABIDE_SEED={seed}");
        crashes += 1;
        doubled += usize::from(seen.len() == 2);
        assert!(matches!(loss, Loss::Everything | Loss::Nothing | Loss::Pieces(_)));
    }
    assert!(crashes > 20 && doubled > 0, "{crashes} crashes, {doubled} after which it went out twice");
}
