//! The thread that hands mails over while the processes go on.

use std::{
    collections::VecDeque,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

use super::{Letter, MailError, Mailer};

/// What became of a mail.
pub(crate) type Outcome = (i64, Result<(), MailError>);

/// A thread with a mailer, and what is on the way between.
pub(crate) struct Office {
    letters: Sender<Letter>,
    answers: Receiver<Outcome>,
    heard: VecDeque<Outcome>,
    on_the_way: usize,
}

impl Office {
    /// Begins the thread; it ends with the office.
    pub(crate) fn open(mut mailer: Box<dyn Mailer>) -> Self {
        let (letters, to_send) = channel::<Letter>();
        let (answer, answers) = channel();
        thread::spawn(move || {
            for letter in to_send {
                let outcome = mailer.send(&letter);
                if answer.send((letter.id, outcome)).is_err() {
                    break;
                }
            }
        });
        Self { letters, answers, heard: VecDeque::new(), on_the_way: 0 }
    }

    /// How many mails are handed over, and not answered for.
    pub(crate) fn on_the_way(&self) -> usize {
        self.on_the_way
    }

    /// Hands one over.
    pub(crate) fn send(&mut self, letter: Letter) {
        // Where the thread is gone the mail is tried again when its lease has ended.
        if self.letters.send(letter).is_ok() {
            self.on_the_way += 1;
        }
    }

    /// The first answer that was not dealt with.
    pub(crate) fn first(&mut self) -> Option<&Outcome> {
        while let Ok(outcome) = self.answers.try_recv() {
            self.hear(outcome);
        }
        self.heard.front()
    }

    /// It is dealt with.
    pub(crate) fn dealt_with(&mut self) {
        self.heard.pop_front();
    }

    /// Waits for an answer, at most so long; whether there is one.
    pub(crate) fn wait(&mut self, at_most: Duration) -> bool {
        if !self.heard.is_empty() {
            return true;
        }
        match self.answers.recv_timeout(at_most) {
            Ok(outcome) => self.hear(outcome),
            Err(RecvTimeoutError::Timeout) => {}
            // The mailer has failed as a whole; what it had is tried again when the leases have ended.
            Err(RecvTimeoutError::Disconnected) => self.on_the_way = 0,
        }
        !self.heard.is_empty()
    }

    fn hear(&mut self, outcome: Outcome) {
        self.on_the_way = self.on_the_way.saturating_sub(1);
        self.heard.push_back(outcome);
    }
}
