//! Why an instance does not go on: what it waits for in the words of its source, and where.

use crate::base::value::RecordRef;

use super::{
    Engine,
    faults::Answer,
    jobs::HTTP,
    store::{InstanceFilter, Status, Subscription},
    view::{BranchView, InstanceView},
    words,
};

/// Why an instance does not go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// Where it stands.
    pub view: InstanceView,
    /// The arms of its wait in the words of the source.
    pub arms: Option<String>,
    /// The line that it rests at: `deals.proc:24`.
    pub place: Option<String>,
    /// The title of the stage there.
    pub stage: String,
    /// Signals that would wake it.
    pub signals: Vec<String>,
    /// Instances whose end it waits for, with their statuses.
    pub children: Vec<(i64, String, Status)>,
    /// Forms that it waits for.
    pub forms: Vec<RecordRef>,
    /// The session of a dialog that shows a page.
    pub session: Option<RecordRef>,
    /// Mails that it waits for and that have not gone out.
    pub mails: Vec<String>,
    /// What is done outside for it, and how that stands.
    pub outside: Vec<String>,
    /// The branches that run, those within others behind them.
    pub branches: Vec<BranchView>,
    /// Somebody asked for its cancellation, for this reason.
    pub cancel: Option<String>,
    /// Whether it belongs to another build than the current one, and to which.
    pub earlier_build: Option<String>,
}

impl Engine {
    /// Why an instance does not go on.
    ///
    /// # Errors
    /// R0402 if there is none; or the store's error.
    pub fn why(&mut self, id: i64) -> Answer<Why> {
        let instance = self.known_instance(id)?;
        let view = self.show(id)?;
        let mut why = Why {
            arms: None,
            place: None,
            stage: String::new(),
            signals: Vec::new(),
            children: Vec::new(),
            forms: self.forms_of(&instance),
            session: instance.asks.session,
            mails: Vec::new(),
            outside: self.told_outside(id)?,
            branches: Vec::new(),
            cancel: instance.cancel.clone(),
            earlier_build: (instance.build != self.current.hash).then(|| instance.build.clone()),
            view,
        };
        if !instance.status.is_live() {
            return Ok(why);
        }
        let (name, due) = (instance.point.clone(), instance.due.filter(|_| instance.status == Status::Waiting));
        self.in_build(&instance.build, |engine| {
            let Some(point) = name.and_then(|name| engine.point(&name).cloned()) else { return Ok(()) };
            let place = engine.program().place(point.function, point.pc as usize);
            why.place = place.as_ref().map(words::place);
            why.stage = place.map(|place| place.stage).unwrap_or_default();
            let first: Vec<i64> = due.into_iter().collect();
            // With several, the clock's next moment does not say whose it is.
            let is_many = !first.is_empty() && point.arms.iter().filter(|arm| arm.is_timed).count() > 1;
            let known = if is_many { engine.moments_now(&instance)? } else { None };
            let moments = known.unwrap_or(first);
            let arms = words::waiting(&point.arms, &moments, &engine.showing());
            why.arms = (!point.arms.is_empty()).then_some(arms);
            Ok(())
        })?;
        why.branches = self.in_build(&instance.build, |engine| engine.branch_views(instance.whole()))?;
        for subscription in self.store.subscriptions(id)? {
            match subscription {
                Subscription::Signal { signal, .. } => why.signals.push(signal.to_string()),
                Subscription::End { instance } => {
                    why.children.extend(self.store.instance(instance)?.map(|i| (i.id, i.process, i.status)));
                }
                Subscription::Field { entity, id, .. } => {
                    let told = self.standing_of_mail(RecordRef { entity, id })?;
                    why.mails.extend(told.filter(|told| !why.mails.contains(told)));
                }
                Subscription::Referring { .. } => {}
            }
        }
        Ok(why)
    }

    /// How the job of an instance stands.
    fn told_outside(&mut self, id: i64) -> Answer<Vec<String>> {
        let Some(job) = self.store.job(id)? else { return Ok(Vec::new()) };
        let who =
            if job.queue == HTTP { "an answer over HTTP".to_owned() } else { format!("the queue `{}`", job.queue) };
        let (now, show) = (self.clock.now(), self.showing());
        let mut told = vec![match (job.is_taken, job.due) {
            (true, due) => format!("{who}: taken as {id}-{}, until {}", job.tries, show.moment(due)),
            (false, i64::MAX) => format!("{who}: rests"),
            (false, due) if due > now => format!("{who}: from {} on", show.moment(due)),
            (false, _) => format!("{who}: may be taken"),
        }];
        if !job.error.is_empty() {
            told.push(format!("the last try: {}", job.error));
        }
        Ok(told)
    }

    /// What is wrong with a store: what its file says, builds that cannot be loaded, instances that nothing can wake.
    /// Nothing if all is well.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn examine(&mut self) -> Answer<Vec<String>> {
        let mut wrong = self.store.damage()?;
        for hash in self.store.builds()? {
            let filter = InstanceFilter { build: Some(hash.clone()), live: true, ..InstanceFilter::default() };
            let live = self.store.count_instances(&filter)?;
            if let (1.., Err(error)) = (live, self.definitions_of(&hash)) {
                let (who, need) = if live == 1 { ("1 instance has", "needs") } else { ("instances have", "need") };
                let many = if live == 1 { String::new() } else { format!("{live} ") };
                wrong.push(format!("{many}{who} not ended and {need} a build that cannot be loaded: {error}"));
            }
        }
        wrong.extend(self.failed_mails()?);
        wrong.extend(self.lost_forms()?);
        for (host, circuit) in self.open_circuits()? {
            let until = self.showing().moment(circuit.until);
            wrong.push(format!("calls of {host} are held back until {until}: {} failed in a row", circuit.failures));
        }
        for id in self.forgotten()? {
            let process = self.known_instance(id)?.process;
            wrong.push(format!("{process} #{id} is suspended, and nothing can wake it"));
        }
        Ok(wrong)
    }
}
