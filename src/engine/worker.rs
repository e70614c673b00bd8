//! Running in real time, until somebody says stop.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    Engine,
    faults::{Answer, Failure},
    store::StoreError,
    turn::Ran,
};

/// How often a worker without work looks whether another program has written to the store.
const LOOK: Duration = Duration::from_millis(50);
/// How long a worker waits before it looks again for what is not kept any longer, in microseconds.
const TIDY_PAUSE: i64 = 60_000_000;
/// The first delay after the store was in use by others; it doubles up to `DELAY_MAX`.
const DELAY: Duration = Duration::from_millis(20);
/// How long a worker waits at a time for answers to calls while mails are on the way, too.
const GLANCE: Duration = Duration::from_millis(5);
/// How long a worker that was asked to stop waits for calls that are under way.
const LEAVE: Duration = Duration::from_secs(10);
/// The longest delay.
const DELAY_MAX: Duration = Duration::from_secs(5);

impl Engine {
    /// Runs what is ready or due, and waits for more, until `stop` is set; turns that have begun are finished. What is
    /// due is slept for, nothing is polled but whether another program wrote. With `until_idle` it does not wait. Gives
    /// the number of turns.
    ///
    /// # Errors
    /// If the store fails in a way that trying again does not mend; what is committed until then stays.
    pub fn work(&mut self, stop: &AtomicBool, until_idle: bool) -> Answer<u64> {
        let mut ran = Ran::default();
        let mut delay = DELAY;
        let mut tidy_at = 0;
        while !stop.load(Ordering::Relaxed) {
            match self.work_once(&mut ran, &mut tidy_at, stop, until_idle) {
                Ok(()) if ran.idle && until_idle => break,
                Ok(()) => delay = DELAY,
                Err(Failure::Store(StoreError::InUse(_))) => {
                    thread::sleep(delay);
                    delay = (delay * 2).min(DELAY_MAX);
                }
                Err(failure) => return Err(failure),
            }
        }
        self.take_leave()?;
        self.close_post()?;
        Ok(ran.turns)
    }

    /// A group of turns, and what there is to tidy up; if nothing is left then, waits for more.
    fn work_once(&mut self, ran: &mut Ran, tidy_at: &mut i64, stop: &AtomicBool, until_idle: bool) -> Answer<()> {
        ran.idle = false;
        self.run_one_group(ran, u64::MAX)?;
        if self.post()? {
            ran.idle = false;
        }
        let now = self.clock.now();
        if now >= *tidy_at {
            if self.tidy()? {
                ran.idle = false;
            } else {
                *tidy_at = now.saturating_add(TIDY_PAUSE);
            }
        }
        if ran.idle && until_idle && (self.is_mail_on_the_way() || self.calls_under_way() > 0) {
            ran.idle = false;
            self.doze(LOOK);
        }
        if ran.idle && !until_idle { self.wait_for_work(stop, *tidy_at) } else { Ok(()) }
    }

    /// Records what calls answer that are under way, as long as that takes little time; the others are made again later.
    fn take_leave(&mut self) -> Answer<()> {
        let until = Instant::now() + LEAVE;
        while self.calls_under_way() > 0 && Instant::now() < until {
            self.await_replies(LOOK);
            if self.has_replies() {
                self.transaction(Engine::record_replies)?;
                self.send_taken();
            }
        }
        Ok(())
    }

    /// Sleeps until something is due, another program has written, or `stop` is set.
    fn wait_for_work(&mut self, stop: &AtomicBool, tidy_at: i64) -> Answer<()> {
        let mail = if self.office.is_some() { self.next_mail()?.map(|(due, _)| due) } else { None };
        let due = self.next_due()?.into_iter().chain(mail).chain(self.next_job()?).chain([tidy_at]).min();
        while !stop.load(Ordering::Relaxed) {
            let left = due.map(|due| due.saturating_sub(self.clock.now()));
            let left = left.map(|micros| Duration::from_micros(u64::try_from(micros).unwrap_or(0)));
            if left == Some(Duration::ZERO) {
                return Ok(());
            }
            if self.doze(left.unwrap_or(LOOK).min(LOOK)) {
                return Ok(());
            }
            if self.store.version()? != self.version {
                return Ok(());
            }
        }
        Ok(())
    }

    fn is_mail_on_the_way(&self) -> bool {
        self.office.as_ref().is_some_and(|office| office.on_the_way() > 0)
    }

    /// Sleeps, at most until a mail on the way or a call is answered for; whether one was. Who waits for both looks often.
    fn doze(&mut self, at_most: Duration) -> bool {
        if self.calls_under_way() > 0 {
            let at_most = if self.is_mail_on_the_way() { at_most.min(GLANCE) } else { at_most };
            self.await_replies(at_most);
            return self.has_replies() || self.is_mail_on_the_way() && self.doze_for_mail(Duration::ZERO);
        }
        self.doze_for_mail(at_most)
    }

    fn doze_for_mail(&mut self, at_most: Duration) -> bool {
        match self.office.as_mut().filter(|office| office.on_the_way() > 0) {
            Some(office) => office.wait(at_most),
            None => {
                thread::sleep(at_most);
                false
            }
        }
    }
}
