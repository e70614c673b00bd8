//! The queue of mails: taken under a lease, handed over, and then sent, failed, or tried again later.

use std::{sync::Arc, time::Duration};

use crate::{
    base::{
        limits::{MAIL_LEASE_MICROS, MAILS_AT_ONCE, QUERY_BATCH},
        value::{self, EntityIdx, RecordRef, Value},
    },
    bytecode::types::FieldIdx,
    data::show,
    engine::{
        Engine, FOUNDED, Write,
        actor::Actor,
        faults::{self, Answer, Failure},
        log::Line,
        operation::set,
        store::{Condition, LogKind, Row},
        texts::StoreText,
    },
};

use super::{Enclosure, Letter, MailError, MailFields, Mailer, Office, is_address, office::Outcome};

/// How long the end of a worker waits for mails that are just being handed over.
const LAST_WAIT: Duration = Duration::from_secs(60);

/// Failed mails that a look through a store tells.
const TOLD_MAX: u32 = 20;

/// A mail that was sent or is about to be, for tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMail {
    /// The template.
    pub template: String,
    /// All to whom it went.
    pub to: Vec<String>,
}

/// What a row has in a field.
fn at(row: &Row, field: FieldIdx) -> &Value {
    row.get(field.index()).unwrap_or(&Value::None)
}

fn text(row: &Row, field: FieldIdx) -> String {
    match at(row, field) {
        Value::Text(text) => text.clone(),
        _ => String::new(),
    }
}

fn texts(row: &Row, field: FieldIdx) -> Vec<String> {
    let Value::List(items) = at(row, field) else { return Vec::new() };
    let texts = items.iter().filter_map(|item| match item {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    });
    texts.collect()
}

fn tries(row: &Row, mail: &MailFields) -> u32 {
    match at(row, mail.tries) {
        Value::Int(tries) => u32::try_from(*tries).unwrap_or(0),
        _ => 0,
    }
}

impl MailFields {
    fn record(&self, id: i64) -> RecordRef {
        RecordRef { entity: self.entity, id }
    }

    fn is_pending(&self, row: &Row) -> bool {
        *at(row, self.status) == Value::Enum(self.pending)
    }
}

impl Engine {
    /// Says who hands mails over while this engine works; without anybody they stay where they are.
    pub fn set_mailer(&mut self, mailer: Box<dyn Mailer>) {
        self.office = Some(Office::open(mailer));
    }

    /// Puts a mail that shall be sent into the queue, and takes every other one out of it.
    pub(crate) fn settle_mail(&self, entity: EntityIdx, row: &mut Row, old: Option<&Row>) -> Answer<()> {
        let Some(mail) = self.definitions.index.mail.filter(|mail| mail.entity == entity) else { return Ok(()) };
        if !mail.is_pending(row) {
            set(row, Some(mail.next_try), Value::None);
            return Ok(());
        }
        if !old.is_some_and(|old| mail.is_pending(old)) {
            if [mail.to, mail.cc, mail.bcc].into_iter().all(|line| texts(row, line).is_empty()) {
                return Err(faults::nobody_to_send_to(text(row, mail.subject)));
            }
            set(row, Some(mail.tries), Value::Int(0));
            set(row, Some(mail.failure), Value::None);
            set(row, Some(mail.next_try), Value::None);
        }
        if at(row, mail.next_try).is_none() {
            set(row, Some(mail.next_try), Value::DateTime(self.now));
        }
        Ok(())
    }

    /// The moment at which the first mail of the queue is due, and which.
    pub(crate) fn next_mail(&mut self) -> Answer<Option<(i64, i64)>> {
        match self.current.index.mail {
            Some(mail) => Ok(self.store.earliest(mail.entity, mail.next_try)?),
            None => Ok(None),
        }
    }

    fn is_mail_due(&mut self) -> Answer<bool> {
        let now = self.clock.now();
        Ok(self.next_mail()?.is_some_and(|(due, _)| due <= now))
    }

    /// Hands all mails over that are due, one after the other. Gives how many were taken.
    ///
    /// # Errors
    /// If the store fails; what was handed over until then is settled, but for at most one mail.
    pub fn hand_over_mails(&mut self, mailer: &mut dyn Mailer) -> Answer<u64> {
        let mut taken = 0;
        while self.is_mail_due()? {
            for letter in self.claim(1)? {
                let outcome = mailer.send(&letter);
                taken += u64::from(outcome.is_ok());
                self.settle_outcome(&(letter.id, outcome))?;
            }
        }
        Ok(taken)
    }

    /// In a simulation mails arrive at once. Whether there were some.
    pub(crate) fn mails_arrive(&mut self) -> Answer<bool> {
        if !self.is_mail_due()? {
            return Ok(false);
        }
        self.transaction(|engine| {
            for _ in 0..QUERY_BATCH {
                let Some((_, id)) = engine.next_mail()?.filter(|(due, _)| *due <= engine.now) else { break };
                engine.settle_now(&(id, Ok(())))?;
            }
            Ok(true)
        })
    }

    /// Deals with what the office answered, and hands over what is due. Whether there was anything to do.
    pub(crate) fn post(&mut self) -> Answer<bool> {
        let mut is_busy = false;
        while let Some(outcome) = self.office.as_mut().and_then(Office::first).cloned() {
            self.settle_outcome(&outcome)?;
            self.office.as_mut().map(Office::dealt_with);
            is_busy = true;
        }
        let room = self.office.as_ref().map_or(0, |office| MAILS_AT_ONCE.saturating_sub(office.on_the_way()));
        if room == 0 || !self.is_mail_due()? {
            return Ok(is_busy);
        }
        for letter in self.claim(room)? {
            if let Some(office) = &mut self.office {
                office.send(letter);
            }
        }
        Ok(true)
    }

    /// Waits for the answers to what was handed over, when a worker ends.
    pub(crate) fn close_post(&mut self) -> Answer<()> {
        while self.office.as_mut().is_some_and(|office| office.on_the_way() > 0 && office.wait(LAST_WAIT)) {
            while let Some(outcome) = self.office.as_mut().and_then(Office::first).cloned() {
                self.settle_outcome(&outcome)?;
                self.office.as_mut().map(Office::dealt_with);
            }
        }
        Ok(())
    }

    /// Takes mails that are due out of the queue for as long as handing over may last; after that they are due again.
    fn claim(&mut self, at_most: usize) -> Answer<Vec<Letter>> {
        let Some(mail) = self.current.index.mail else { return Ok(Vec::new()) };
        self.transaction(|engine| {
            let mut letters = Vec::new();
            while letters.len() < at_most {
                let Some((_, id)) = engine.next_mail()?.filter(|(due, _)| *due <= engine.now) else { break };
                let record = mail.record(id);
                let Some(row) = engine.stored(record)? else { break };
                let (tries, until) =
                    (tries(&row, &mail).saturating_add(1), engine.now.saturating_add(MAIL_LEASE_MICROS));
                let lease = Value::DateTime(until);
                engine.write_plainly(record, &[(mail.tries, Value::Int(tries.into())), (mail.next_try, lease)])?;
                match engine.letter(&mail, id, &row)? {
                    Ok(letter) => letters.push(letter),
                    Err(reason) => engine.settle_now(&(id, Err(MailError::Refused(reason))))?,
                }
            }
            Ok(letters)
        })
    }

    /// The mail of a record, or why there is none.
    fn letter(&mut self, mail: &MailFields, id: i64, row: &Row) -> Answer<Result<Letter, String>> {
        let mut enclosures = Vec::new();
        if let Value::List(attached) = at(row, mail.attachments) {
            for attached in attached.clone() {
                match self.enclosure(&attached)? {
                    Some(enclosure) => enclosures.push(enclosure),
                    None => return Ok(Err("something that was attached does not exist any longer".to_owned())),
                }
            }
        }
        let founded: i64 = self.number(FOUNDED)?.unwrap_or_default();
        let sender = text(row, mail.sender);
        let sender = if sender.is_empty() { self.text(StoreText::MailSender).to_owned() } else { sender };
        let lines = [mail.to, mail.cc, mail.bcc].map(|line| texts(row, line));
        // What programs write into a record by hand was looked at by nobody.
        if let Some(wrong) = lines.iter().flatten().chain([&sender]).find(|address| !is_address(address)) {
            return Ok(Err(format!("\"{wrong}\" is no address")));
        }
        let [to, cc, bcc] = lines;
        Ok(Ok(Letter {
            id,
            message_id: format!("<{id}.{founded:x}@abide>"),
            at: self.now,
            from: sender,
            to,
            cc,
            bcc,
            subject: text(row, mail.subject),
            body: text(row, mail.body),
            is_html: *at(row, mail.is_html) == Value::Bool(true),
            enclosures,
        }))
    }

    fn enclosure(&mut self, attached: &Value) -> Answer<Option<Enclosure>> {
        let Value::Ref(record) = attached else { return Ok(None) };
        let Some(row) = self.stored(*record)? else { return Ok(None) };
        let def = self.entity(record.entity)?;
        let field = |name| def.field_by_name(name).map(|(field, _)| field);
        let (Some(name), Some(media_type), Some(content), Some(is_base64)) =
            (field("name"), field("media_type"), field("content"), field("is_base64"))
        else {
            return Ok(None);
        };
        Ok(Some(Enclosure {
            name: text(&row, name),
            media_type: text(&row, media_type),
            content: text(&row, content),
            is_base64: *at(&row, is_base64) == Value::Bool(true),
        }))
    }

    /// What became of a mail that was handed over.
    fn settle_outcome(&mut self, outcome: &Outcome) -> Answer<()> {
        self.transaction(|engine| engine.settle_now(outcome))
    }

    fn settle_now(&mut self, (id, outcome): &Outcome) -> Answer<()> {
        let Some(mail) = self.current.index.mail else { return Ok(()) };
        let record = mail.record(*id);
        let Some(row) = self.stored(record)? else { return Ok(()) };
        if !mail.is_pending(&row) {
            // It was taken out of the queue meanwhile.
            return self.write_plainly(record, &[(mail.next_try, Value::None)]);
        }
        let (reason, is_final) = match outcome {
            Ok(()) => {
                let now = Value::DateTime(self.now);
                return self.close_mail(record, &[(mail.status, Value::Enum(mail.sent)), (mail.sent_on, now)]);
            }
            Err(MailError::Refused(reason)) => (reason, true),
            Err(MailError::Passing(reason)) => (reason, false),
        };
        let (retries, tries) = (self.retries(), tries(&row, &mail));
        let failure = (mail.failure, Value::Text(reason.clone()));
        // LIMIT: RETRIES_MAX
        if is_final || tries > retries.times {
            return self.close_mail(record, &[(mail.status, Value::Enum(mail.failed)), failure]);
        }
        let delay = retries.delay(tries);
        let due = Value::DateTime(self.now.saturating_add(delay));
        self.write_plainly(record, &[(mail.next_try, due), failure])?;
        let again = show::duration(value::Duration { micros: delay, ..value::Duration::default() });
        self.tell(record, format!("the mail could not be sent: {reason}; it is tried again in {again}"))
    }

    /// Writes the end of a mail. Processes may follow it, but none may undo it: the mail would go out again and again.
    fn close_mail(&mut self, record: RecordRef, fields: &[(FieldIdx, Value)]) -> Answer<()> {
        let writes: Vec<Write> = fields.iter().map(|(field, value)| Write::set(*field, value.clone())).collect();
        let refused = match self.statement(|engine| engine.update_record(&Actor::user(None), record, &writes)) {
            Err(Failure::Fault(fault)) => fault,
            answer => return answer,
        };
        let Some(old) = self.stored(record)? else { return Ok(()) };
        let program = Arc::clone(&self.current.program);
        let def = program.module().entity(record.entity).ok_or_else(|| faults::unknown_request("an entity"))?;
        let mut row = Row::clone(&old);
        self.apply(def, &mut row, &writes)?;
        self.settle_mail(record.entity, &mut row, Some(&old))?;
        let differing = row.iter().zip(old.iter()).zip(0u16..).filter(|((new, old), _)| new != old);
        let plain: Vec<(FieldIdx, Value)> = differing.map(|((new, _), field)| (FieldIdx(field), new.clone())).collect();
        self.write_plainly(record, &plain)?;
        self.tell(record, format!("what became of the mail was refused, and holds all the same: {}", refused.message))
    }

    /// Writes fields that only the queue reads: nothing follows from it.
    fn write_plainly(&mut self, record: RecordRef, fields: &[(FieldIdx, Value)]) -> Answer<()> {
        self.cache.remove(&record);
        Ok(self.store.update(record, fields)?)
    }

    fn tell(&mut self, record: RecordRef, message: String) -> Answer<()> {
        self.log(Line {
            kind: LogKind::Note,
            instance: None,
            process: None,
            stage: String::new(),
            place: String::new(),
            user: None,
            record: Some(record),
            changes: Vec::new(),
            message,
        })
    }

    /// The mails that were sent, or are about to be.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn sent_mails(&mut self) -> Answer<Vec<SentMail>> {
        let Some(mail) = self.current.index.mail else { return Ok(Vec::new()) };
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let outgoing = [Condition::equal(mail.outgoing, Value::Bool(true))];
            let batch = self.store.candidates(mail.entity, &outgoing, after, QUERY_BATCH)?;
            let Some(last) = batch.last().copied() else { return Ok(found) };
            for id in batch {
                let Some(row) = self.stored(mail.record(id))? else { continue };
                if [mail.pending, mail.sent].iter().any(|status| *at(&row, mail.status) == Value::Enum(*status)) {
                    let to = [mail.to, mail.cc, mail.bcc].into_iter().flat_map(|line| texts(&row, line)).collect();
                    found.push(SentMail { template: text(&row, mail.template), to });
                }
            }
            after = last;
        }
    }

    /// How it stands with a mail that has not gone out, for people; none of other records.
    pub(crate) fn standing_of_mail(&mut self, record: RecordRef) -> Answer<Option<String>> {
        let Some(mail) = self.current.index.mail.filter(|mail| mail.entity == record.entity) else { return Ok(None) };
        let Some(row) = self.stored(record)? else { return Ok(None) };
        let is_failed = *at(&row, mail.status) == Value::Enum(mail.failed);
        if !is_failed && !mail.is_pending(&row) {
            return Ok(None);
        }
        let name = self.name_for_people(record)?;
        let reason = match (text(&row, mail.failure), tries(&row, &mail)) {
            (reason, _) if is_failed => format!("could not be sent: {reason}"),
            (_, 0) => "waits to be handed over: a worker does it".to_owned(),
            (reason, tries) if reason.is_empty() => format!("was handed over, and is not answered for (try {tries})"),
            (reason, tries) => format!("was tried, {tries} so far, and is again: {reason}"),
        };
        Ok(Some(format!("{} \"{name}\" {reason}", self.identity(record))))
    }

    /// Mails that nobody could be given, for people.
    pub(crate) fn failed_mails(&mut self) -> Answer<Vec<String>> {
        let Some(mail) = self.current.index.mail else { return Ok(Vec::new()) };
        let is_failed = [Condition::equal(mail.status, Value::Enum(mail.failed))];
        let mut told = Vec::new();
        for id in self.store.candidates(mail.entity, &is_failed, 0, TOLD_MAX)? {
            let record = mail.record(id);
            let Some(row) = self.stored(record)? else { continue };
            let (name, reason) = (self.name_for_people(record)?, text(&row, mail.failure));
            told.push(format!("the mail {} \"{name}\" could not be sent: {reason}", self.identity(record)));
        }
        Ok(told)
    }
}
