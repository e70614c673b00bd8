//! Scenarios that can be cut short anywhere and taken up again.

use std::fmt::Write as _;

use abide::{
    base::value::{EntityIdx, RecordRef, Value},
    engine::{faults::Answer, store::InstanceFilter},
};

use super::outside;
use super::world::{DAY, START, World, text};

/// One thing that somebody does.
pub(super) enum Step {
    /// Creates a record of this title, with a value of `score`.
    Create(&'static str, &'static str, i64),
    /// Writes a number into a field of the record with this title.
    Update(&'static str, &'static str, &'static str, i64),
    /// Deletes the record with this title.
    Delete(&'static str, &'static str),
    /// Answers the form with this title.
    Answer(&'static str, &'static str),
    /// Starts a dialog for the `Deal` with this title.
    Begin(&'static str, &'static str),
    /// Submits the page with this title of the open session of a dialog.
    Page(&'static str, &'static str, &'static str),
    /// Moves the clock to so many days after the start.
    Days(i64),
    /// Does what processes want to have done outside, until nothing is left.
    Work,
}

/// A program and what happens to it.
pub(super) struct Scenario {
    pub(super) source: &'static str,
    pub(super) steps: &'static [Step],
}

fn titled(w: &mut World, entity: &str, title: &str) -> Answer<Option<RecordRef>> {
    let entity = w.entity(entity);
    let field = w.field_idx(entity, "title");
    for id in w.engine.store().candidates(entity, &[], 0, 100)? {
        let record = RecordRef { entity, id };
        if w.engine.field(record, field)? == Some(text(title)) {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// The open session of a dialog, with the title of the page that it shows.
fn page(w: &mut World, dialog: &str) -> Answer<Option<(RecordRef, String)>> {
    let Some(session) = w.engine.open_sessions(dialog)?.into_iter().next() else { return Ok(None) };
    let shown = w.engine.session_view(session)?.page.unwrap_or_default();
    Ok(Some((session, shown["title"].as_str().unwrap_or_default().to_owned())))
}

fn number(w: &World, entity: EntityIdx, field: &str, value: i64) -> Value {
    let small = i32::try_from(value).unwrap();
    let def = w.engine.module().entity(entity).unwrap();
    match def.fields[w.field_idx(entity, field).index()].system {
        Some(_) => Value::Enum(small),
        None => Value::Int(value),
    }
}

impl Step {
    /// Whether it has happened, though nobody was told.
    pub(super) fn is_done(&self, w: &mut World) -> Answer<bool> {
        match self {
            Step::Create(entity, title, _) => Ok(titled(w, entity, title)?.is_some()),
            Step::Delete(entity, title) => Ok(titled(w, entity, title)?.is_none()),
            Step::Update(entity, title, field, value) => {
                let Some(record) = titled(w, entity, title)? else { return Ok(false) };
                let (value, field) = (number(w, record.entity, field, *value), w.field_idx(record.entity, field));
                Ok(w.engine.field(record, field)? == Some(value))
            }
            Step::Days(_) | Step::Work => Ok(false),
            Step::Answer(title, _) => {
                let form = titled(w, "Form", title)?.unwrap();
                Ok(w.engine.form_view(form)?.unwrap().state != "open")
            }
            Step::Begin(dialog, _) => {
                let session = w.entity(&format!("{dialog}Session"));
                Ok(!w.engine.store().candidates(session, &[], 0, 1)?.is_empty())
            }
            Step::Page(dialog, title, _) => Ok(page(w, dialog)?.is_none_or(|(_, shown)| shown != *title)),
        }
    }

    pub(super) fn carry_out(&self, w: &mut World) -> Answer<()> {
        match self {
            Step::Create(entity, title, score) => {
                w.try_create(entity, &[("title", text(title)), ("score", Value::Int(*score))]).map(drop)
            }
            Step::Update(entity, title, field, value) => {
                let record = titled(w, entity, title)?.unwrap();
                let value = number(w, record.entity, field, *value);
                w.try_update(record, &[(*field, value)])
            }
            Step::Delete(entity, title) => {
                let record = titled(w, entity, title)?.unwrap();
                w.engine.delete(None, record)
            }
            Step::Days(days) => w.engine.advance_to(START + days * DAY).map(drop),
            Step::Answer(title, answers) => {
                let form = titled(w, "Form", title)?.unwrap();
                w.engine.answer_form(None, form, &serde_json::from_str(answers).unwrap())
            }
            Step::Begin(dialog, title) => {
                let deal = titled(w, "Deal", title)?.unwrap();
                w.engine.start_dialog(None, dialog, &[Value::Ref(deal)]).map(drop)
            }
            Step::Page(dialog, _, answers) => {
                let (session, _) = page(w, dialog)?.unwrap();
                w.engine.submit_page(None, session, &serde_json::from_str(answers).unwrap())
            }
            Step::Work => outside::work(w),
        }
    }
}

impl Scenario {
    /// Goes on with step `done`; counts the steps that are done.
    pub(super) fn go_on(&self, w: &mut World, done: &mut usize, tell: &mut dyn FnMut(usize)) -> Answer<()> {
        w.engine.let_out(true);
        while let Some(step) = self.steps.get(*done) {
            if !step.is_done(w)? {
                step.carry_out(w)?;
            }
            w.engine.run_until_idle()?;
            assert_eq!(w.engine.forgotten()?, [0; 0], "nobody waits for nothing");
            *done += 1;
            tell(*done);
        }
        Ok(())
    }
}

/// Everything that can be seen of a store.
pub(super) fn picture(w: &mut World) -> String {
    let mut out = String::new();
    let entities = w.engine.module().entities.len();
    for entity in (0..u16::try_from(entities).unwrap()).map(EntityIdx) {
        for id in w.engine.store().candidates(entity, &[], 0, 1000).unwrap() {
            let row = w.engine.get(RecordRef { entity, id }).unwrap();
            let _ = writeln!(out, "{} {row:?}", entity.0);
        }
    }
    for instance in w.engine.store().instances(&InstanceFilter::default()).unwrap() {
        let subscriptions = w.engine.store().subscriptions(instance.id).unwrap();
        let mailbox = w.engine.store().mailbox(instance.id).unwrap();
        let job = w.engine.store().job(instance.id).unwrap();
        let _ = writeln!(out, "{instance:?} {subscriptions:?} {mailbox:?} {job:?}");
    }
    for line in w.engine.timeline(None).unwrap() {
        let _ = writeln!(out, "{line:?}");
    }
    let _ = writeln!(out, "{}", w.engine.now());
    out
}

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        source: r#"
entity Deal { title: text  score: int = 0  states { open = 0 "Open" won = 1 "Won" } unique title shown as "{title}" }
workflow Chase for deal: Deal when created, updated(score) only if deal.score > 2 {
    let task = create Task { subject: "Call about {deal.title}", regarding: deal }
    wait {
        until task.state != open => log "called",
        until deal.state == won => { update task { subject: "done" } change task to completed },
        after 2 days => { log "late" update deal { score += 1 } }
    }
    wait 1 day
    log "{deal.title} {deal.score} {random(1, 1000)}"
}
realtime workflow Start for deal: Deal before created { if deal.score == 0 { set deal.score = 1 } }
"#,
        steps: &[
            Step::Create("Deal", "a", 3),
            Step::Create("Deal", "b", 0),
            Step::Days(1),
            Step::Update("Deal", "b", "score", 7),
            Step::Update("Deal", "a", "status", 1),
            Step::Days(2),
            Step::Delete("Deal", "a"),
            Step::Days(9),
        ],
    },
    Scenario {
        source: r#"
entity Deal { title: text  score: int = 0  unique title shown as "{title}" }
entity Trace { line: text }
error Refused { reason: text }
action Check(limit: int) for deal: Deal -> int {
    create Trace { line: "check {deal.title}" }
    if deal.score > limit { raise Refused { reason: "{deal.title} is too much" } }
    return limit - deal.score
}
realtime workflow Guard for trace: Trace after created { if trace.line == "check c" { stop canceled "no c" } }
workflow Parent for deal: Deal when created {
    try { let rest = do Check(deal, limit: 5) log "rest {rest}" } catch e: Refused { log e.reason } catch e { log e.message }
    let found = do Child(deal, by: 2)
    log "child {found}"
    checkpoint
    log "share {10 div deal.score}"
}
workflow Child(by: int) for deal: Deal -> int when called {
    var n = 0
    while n < 2 { wait 1 day set n += 1 create Trace { line: "{deal.title} day {n}" } }
    return n * by
}
"#,
        steps: &[
            Step::Create("Deal", "a", 1),
            Step::Create("Deal", "b", 9),
            Step::Create("Deal", "c", 0),
            Step::Days(1),
            Step::Update("Deal", "a", "score", 5),
            Step::Days(4),
        ],
    },
    Scenario {
        source: r#"
signal Said { by: text, n: int }
entity Deal { title: text  score: int = 0  unique title shown as "{title}" }
workflow Hear for deal: Deal when created {
    wait 1 day
    let first = wait on Said where it.n > 1
    log "{deal.title} hears {first.by}"
    wait on Said as second
    log "{deal.title} hears {second.by} {second.n}"
    stop canceled "heard"
    on cancel { log "{deal.title} has heard" }
}
workflow Say for deal: Deal when updated(score) {
    emit Said { by: deal.title, n: deal.score } to deal
    emit Said { by: "all", n: 1 }
}
workflow Archive for deal: Deal when on Said only if trigger.signal.n > 2 { log "noted {trigger.signal.n}" }
"#,
        steps: &[
            Step::Create("Deal", "a", 0),
            Step::Create("Deal", "b", 0),
            Step::Update("Deal", "a", "score", 1),
            Step::Update("Deal", "a", "score", 3),
            Step::Days(2),
            Step::Update("Deal", "b", "score", 5),
        ],
    },
    Scenario {
        source: r#"
entity Deal { title: text  score: int = 0  unique title shown as "{title}" }
workflow One for deal: Deal when created limit 1 at once {
    log "one {deal.title}"
    wait 1 day
    stop canceled "{deal.title} {random(1, 1000)}"
    on cancel { log "end {deal.title}" }
}
workflow Newest for deal: Deal when created limit 2 at once per deal.score mod 2 newest wins {
    wait { until deal.score > 5 => log "high", after 3 days => log "late" }
    log "newest {deal.title}"
    on cancel { log "{deal.title} made room" }
}
workflow Skipped for deal: Deal when created limit 1 at once skip { wait until deal.score > 5 log "did not skip" }
"#,
        steps: &[
            Step::Create("Deal", "a", 0),
            Step::Create("Deal", "b", 2),
            Step::Create("Deal", "c", 4),
            Step::Create("Deal", "d", 1),
            Step::Delete("Deal", "c"),
            Step::Update("Deal", "a", "score", 6),
            Step::Days(2),
            Step::Create("Deal", "e", 0),
            Step::Days(9),
        ],
    },
    Scenario {
        source: r#"
entity Deal { title: text  score: int = 0  unique title shown as "{title}" }
workflow Approve for deal: Deal when created {
    let boss = (find one u in User)!
    let a = ask boss "approve {deal.title}" { points: int, note: text? } due 1 day
    update deal { score: a.points }
    wait {
        on ask boss "again {deal.title}" { sure: bool } as b => log "sure: {b.sure}",
        after 2 days => log "withdrawn",
    }
    on cancel { log "no answer about {deal.title}" }
}
workflow Notice for form: Form when status changed { log "{form.title} is {form.state}" }
dialog Call for deal: Deal {
    page "First" { ask points: int "How many?" }
    page "Second" { ask more: int "More?" default points }
    update deal { score: points + more }
    do Finish(deal)
    page "Last" { say "{deal.score} {random(1, 1000)}" }
}
dialog Finish for deal: Deal {
    page "Word" { ask word: text "A word?" }
    log word
}
"#,
        steps: &[
            Step::Create("Deal", "a", 1),
            Step::Create("Deal", "b", 2),
            Step::Answer("approve a", r#"{"points": 3}"#),
            Step::Begin("Call", "a"),
            Step::Page("Call", "First", r#"{"points": 4}"#),
            Step::Page("Call", "Second", "{}"),
            Step::Days(1),
            Step::Page("Call", "Word", r#"{"word": "good"}"#),
            Step::Delete("Deal", "b"),
            Step::Days(3),
            Step::Page("Call", "Last", "{}"),
        ],
    },
    Scenario {
        source: r#"
secret key
activity Rate(title: text, score: int) -> (points: int)
    using http post "https://rates.example/{title}" header "Authorization" "Bearer {secret.key}"
    timeout 1 minute
    retry 2 times after 1 hour
activity Check(title: text) -> bool using worker "check" timeout 1 minute
entity Deal { title: text  score: int = 0  points: int = 0  unique title }
workflow Judge for deal: Deal when created {
    let rate = do Rate(deal.title, deal.score)
    update deal { points += rate.points }
    let good = do Check(deal.title)
    if good { start Check("again {deal.title}") }
    log "{deal.title} {deal.points} {good}"
    try { do Rate("gone", 0) } catch e { log "{e.code} {e.message}" }
}
"#,
        steps: &[
            Step::Create("Deal", "a", 3),
            Step::Create("Deal", "late", 4),
            Step::Work,
            Step::Create("Deal", "c", 5),
            Step::Delete("Deal", "c"),
            Step::Days(1),
            Step::Work,
            Step::Days(30),
        ],
    },
    Scenario {
        source: r#"
error Refused { reason: text }
entity Deal { title: text  score: int = 0  unique title shown as "{title}" }
workflow Sides for deal: Deal when created {
    var by = ""
    try {
        saga {
            log "{deal.title} begins" undo { log "{deal.title} is undone" }
            parallel first {
                branch "quick" { wait 2 days  set by = "quick" }
                branch "high" {
                    log "{deal.title} high" undo { log "{deal.title} not high" }
                    try { wait until deal.score > 5 } finally { log "looked" }
                    set by = "high"
                }
                branch "strict" {
                    wait until deal.score < 0
                    raise Refused { reason: "below" }
                }
            }
            let all = parallel for each n in [1, 2, 3] limit 2 at once { wait 1 day  give n * deal.score }
            log "{deal.title} {by} {sum(all)}"
            log "share {10 div deal.score}"
        }
    } catch e: Refused { log "{deal.title}: {e.reason}" }
}
"#,
        steps: &[
            Step::Create("Deal", "a", 1),
            Step::Create("Deal", "b", 2),
            Step::Create("Deal", "c", 0),
            Step::Update("Deal", "a", "score", 7),
            Step::Update("Deal", "b", "score", -1),
            Step::Days(4),
            Step::Update("Deal", "c", "score", 5),
            Step::Delete("Deal", "a"),
            Step::Days(9),
        ],
    },
];

/// The first scenario as a data file: a record that another one refers to before it is there, refusals, and each event.
pub(super) const DATA: &str = r#"{
    "version": 1,
    "as": "ann",
    "records": {
        "User": [{ "$id": "ann", "name": "Ann", "manager": "$bo" }, { "$id": "bo", "name": "Bo" }],
        "Deal": [{ "$id": "a", "title": "a", "score": 3 }, { "$id": "twice", "title": "a" }]
    },
    "events": [
        { "after": "1 day", "as": "bo", "create": "Deal", "$id": "b", "set": { "title": "b", "owner": "$ann" } },
        { "after": "2 days", "update": "$twice", "set": { "score": 5 } },
        { "after": "3 days", "update": "$b", "set": { "score": 7 } },
        { "after": "3 days", "assign": "$b", "to": "$bo" },
        { "after": "4 days", "delete": "$a" },
        { "after": "9 days", "update": "$b", "set": { "state": "won" } }
    ]
}"#;
