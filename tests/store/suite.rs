//! What every store does.

use abide::{
    base::value::{Currency, Duration, Money, Value},
    bytecode::{module::CompareOp, types::FieldIdx},
    engine::store::{
        CausedStart, Change, Condition, InstanceFilter, LogEntry, LogKind, Mail, Status, Store, StoreError,
        StoredFault, Subscription, Sweep,
    },
};
use rust_decimal::Decimal;

use super::{Fixture, memory, sample::*, sqlite, sqlite_in_memory};

/// Each check as a test of each store.
macro_rules! suite {
    ($($check:ident)*) => {
        mod in_memory { $(#[test] fn $check() { super::$check(super::memory()); })* }
        mod in_sqlite { $(#[test] fn $check() { super::$check(super::sqlite()); })* }
        mod in_sqlite_in_memory { $(#[test] fn $check() { super::$check(super::sqlite_in_memory()); })* }
    };
}

suite! {
    values_of_each_kind_come_back
    savepoints_nest
    a_rolled_back_transaction_leaves_nothing
    writes_need_a_transaction
    rows_must_fit
    unique_keys_with_an_absent_part_do_not_collide
    references_lead_somewhere_at_commit
    conditions_treat_absent_values_as_the_language_does
    conditions_follow_references
    candidates_come_in_pieces
    instances_come_back_whole
    the_history_of_a_record_is_what_was_done_to_it_and_refused
    a_long_log_is_found_by_what_it_is_about
    a_build_is_in_use_as_long_as_one_of_its_instances_lives
    the_ready_queue_and_the_clock_have_an_order
    subscriptions_are_replaced_together
    mailboxes_keep_their_order
    starts_are_forgotten_after_their_hour
    the_log_only_grows
    lines_are_swept_but_for_the_last
    settings_and_builds
}

fn ids(store: &mut dyn Store, conditions: &[Condition]) -> Vec<i64> {
    let found = store.candidates(DEAL, conditions, 0, 100).unwrap();
    assert_eq!(store.count(DEAL, conditions).unwrap(), i64::try_from(found.len()).unwrap());
    found
}

fn two_companies(store: &mut dyn Store) {
    store.begin().unwrap();
    store.insert(COMPANY, &company(1, "Acme", None)).unwrap();
    store.insert(COMPANY, &company(2, "Acme North", Some(1))).unwrap();
}

fn values_of_each_kind_come_back(mut f: Fixture) {
    let store = &mut *f.store;
    two_companies(store);
    let mut row = deal(3, "Turbines \u{1F600} \"", 1, i64::MAX);
    row[3] = Value::Ref(at(DEAL, 3));
    row[5] = Value::Money(Money { amount: -15_000, currency: Currency(*b"USD") });
    row[8] = Value::Date(20_458);
    row[9] = Value::Time(34_200_000_001);
    row[10] = Value::DateTime(-1);
    row[11] = Value::Duration(Duration { months: 14, days: -3, micros: 7 });
    row[12] = Value::Decimal(Decimal::new(25, 2));
    row[13] = Value::Float(0.1);
    row[14] = Value::List(vec![text("a"), text("")]);
    row[15] = Value::Record(vec![text("Main"), Value::None]);
    row[16] = Value::Instance(77);
    store.insert(DEAL, &row).unwrap();
    store.commit().unwrap();
    assert_eq!(store.get(at(DEAL, 3)).unwrap(), Some(row.clone()));

    store.begin().unwrap();
    store.update(at(DEAL, 3), &[(SCORE, Value::Int(4)), (REGARDING, Value::None)]).unwrap();
    store.commit().unwrap();
    (row[3], row[4]) = (Value::None, Value::Int(4));
    assert_eq!(store.get(at(DEAL, 3)).unwrap(), Some(row));
    assert_eq!(store.get(at(COMPANY, 3)).unwrap(), None);
}

fn savepoints_nest(mut f: Fixture) {
    let store = &mut *f.store;
    two_companies(store);
    let outer = store.savepoint().unwrap();
    store.insert(DEAL, &deal(3, "a", 1, 1)).unwrap();
    let inner = store.savepoint().unwrap();
    store.update(at(DEAL, 3), &[(SCORE, Value::Int(2))]).unwrap();
    store.count_up("id").unwrap();
    store.append_log(note("x")).unwrap();
    store.put_instance(&instance(9)).unwrap();
    store.subscribe(9, &[Subscription::End { instance: 4 }]).unwrap();
    store.rollback_to(inner).unwrap();
    assert_eq!(store.get(at(DEAL, 3)).unwrap().unwrap()[4], Value::Int(1));
    assert_eq!(store.count_up("id").unwrap(), 1);
    assert_eq!(store.log(0, None, 9).unwrap(), []);
    assert_eq!(store.instance(9).unwrap(), None);
    assert_eq!(store.subscribers(Subscription::End { instance: 4 }).unwrap(), [0; 0]);
    let again = store.savepoint().unwrap();
    store.delete(at(DEAL, 3)).unwrap();
    store.release(again).unwrap();
    store.rollback_to(outer).unwrap();
    store.commit().unwrap();
    assert_eq!(store.get(at(DEAL, 3)).unwrap(), None);
    assert!(store.get(at(COMPANY, 2)).unwrap().is_some());
}

fn a_rolled_back_transaction_leaves_nothing(mut f: Fixture) {
    let store = &mut *f.store;
    two_companies(store);
    store.set_meta("a", "b").unwrap();
    store.rollback().unwrap();
    assert_eq!(store.count(COMPANY, &[]).unwrap(), 0);
    assert_eq!(store.meta("a").unwrap(), None);
    two_companies(store);
    store.commit().unwrap();
    assert_eq!(store.count(COMPANY, &[]).unwrap(), 2);
}

fn writes_need_a_transaction(mut f: Fixture) {
    let store = &mut *f.store;
    assert!(matches!(store.insert(COMPANY, &company(1, "Acme", None)), Err(StoreError::Io(_))));
    assert!(matches!(store.append_log(note("x")), Err(StoreError::Io(_))));
    assert!(matches!(store.count_up("id"), Err(StoreError::Io(_))));
    store.begin().unwrap();
    assert!(matches!(store.begin(), Err(StoreError::Io(_))));
}

fn rows_must_fit(mut f: Fixture) {
    let store = &mut *f.store;
    two_companies(store);
    let mut required = company(5, "x", None);
    required[1] = Value::None;
    let mut kind = company(5, "x", None);
    kind[1] = Value::Int(3);
    for row in [required, kind, company(1, "again", None), vec![Value::Int(7)]] {
        assert!(matches!(store.insert(COMPANY, &row), Err(StoreError::Constraint(_))), "{row:?}");
    }
    let nothing = store.update(at(COMPANY, 99), &[(NAME, text("x"))]);
    assert!(matches!(nothing, Err(StoreError::Constraint(_))));
    assert!(matches!(store.delete(at(COMPANY, 99)), Err(StoreError::Constraint(_))));
    assert!(matches!(store.count(COMPANY, &[Condition::equal(FieldIdx(40), Value::None)]), Err(StoreError::Schema(_))));
}

fn unique_keys_with_an_absent_part_do_not_collide(mut f: Fixture) {
    let store = &mut *f.store;
    two_companies(store);
    store.insert(COMPANY, &company(3, "Acme", None)).unwrap();
    store.insert(COMPANY, &company(4, "Acme North", Some(3))).unwrap();
    let taken = store.insert(COMPANY, &company(5, "Acme North", Some(1)));
    assert!(matches!(taken, Err(StoreError::Constraint(_))));
    let taken = store.update(at(COMPANY, 4), &[(PARENT, Value::Ref(at(COMPANY, 1)))]);
    assert!(matches!(taken, Err(StoreError::Constraint(_))));
    store.update(at(COMPANY, 4), &[(NAME, text("Acme South"))]).unwrap();
}

fn references_lead_somewhere_at_commit(mut f: Fixture) {
    let store = &mut *f.store;
    store.begin().unwrap();
    store.insert(COMPANY, &company(2, "child first", Some(1))).unwrap();
    store.insert(COMPANY, &company(1, "parent", None)).unwrap();
    store.commit().unwrap();
    store.begin().unwrap();
    store.delete(at(COMPANY, 1)).unwrap();
    assert!(matches!(store.commit(), Err(StoreError::Constraint(_))));
    assert_eq!(store.count(COMPANY, &[]).unwrap(), 2);
    store.begin().unwrap();
    store.insert(DEAL, &deal(3, "a", 77, 1)).unwrap();
    assert!(matches!(store.commit(), Err(StoreError::Constraint(_))));
    assert_eq!(store.count(DEAL, &[]).unwrap(), 0);
}

fn conditions_treat_absent_values_as_the_language_does(mut f: Fixture) {
    let store = &mut *f.store;
    two_companies(store);
    let usd = |amount| Value::Money(Money { amount, currency: Currency(*b"USD") });
    let mut with = deal(3, "a", 1, 1);
    (with[5], with[8]) = (usd(500_000), Value::Date(20_458));
    store.insert(DEAL, &with).unwrap();
    store.insert(DEAL, &deal(4, "b", 1, 2)).unwrap();
    let value = |op, argument| vec![Condition { path: vec![VALUE], op, argument }];
    let store = &mut *store;
    assert_eq!(ids(store, &value(CompareOp::Equal, Value::None)), [4]);
    assert_eq!(ids(store, &value(CompareOp::NotEqual, Value::None)), [3]);
    assert_eq!(ids(store, &value(CompareOp::NotEqual, usd(1))), [3, 4]);
    assert_eq!(ids(store, &value(CompareOp::Equal, usd(500_000))), [3]);
    assert_eq!(ids(store, &value(CompareOp::LessEqual, usd(500_000))), [3]);
    assert_eq!(ids(store, &value(CompareOp::Less, Value::None)), [0; 0]);
    assert_eq!(ids(store, &value(CompareOp::IsNone, Value::None)), [4]);
    assert_eq!(ids(store, &value(CompareOp::IsPresent, Value::None)), [3]);
    let closes = |op, day| vec![Condition { path: vec![CLOSE_ON], op, argument: Value::Date(day) }];
    assert_eq!(ids(store, &closes(CompareOp::GreaterEqual, 20_458)), [3]);
    assert_eq!(ids(store, &closes(CompareOp::Greater, 20_458)), [0; 0]);
    let regarding = Condition { path: vec![REGARDING], op: CompareOp::NotEqual, argument: Value::Ref(at(DEAL, 3)) };
    assert_eq!(ids(store, std::slice::from_ref(&regarding)), [3, 4]);
    store.update(at(DEAL, 4), &[(REGARDING, Value::Ref(at(DEAL, 3)))]).unwrap();
    assert_eq!(ids(store, &[regarding]), [3]);
    assert_eq!(ids(store, &[Condition::equal(REGARDING, Value::Ref(at(DEAL, 3)))]), [4]);
    assert_eq!(ids(store, &[Condition::equal(REGARDING, Value::Ref(at(COMPANY, 3)))]), [0; 0]);
    let id = Condition { path: vec![FieldIdx(0)], op: CompareOp::NotEqual, argument: Value::Ref(at(DEAL, 3)) };
    assert_eq!(ids(store, &[id]), [4]);
}

fn conditions_follow_references(mut f: Fixture) {
    let store = &mut *f.store;
    two_companies(store);
    store.insert(DEAL, &deal(3, "a", 1, 1)).unwrap();
    store.insert(DEAL, &deal(4, "b", 2, 1)).unwrap();
    let path = |op, name| Condition { path: vec![CUSTOMER, PARENT, NAME], op, argument: name };
    assert_eq!(ids(store, &[path(CompareOp::Equal, text("Acme"))]), [4]);
    assert_eq!(ids(store, &[path(CompareOp::NotEqual, text("Acme"))]), [3]);
    assert_eq!(ids(store, &[path(CompareOp::IsNone, Value::None)]), [3]);
    let both = [path(CompareOp::Equal, text("Acme")), Condition::equal(SCORE, Value::Int(2))];
    assert_eq!(ids(store, &both), [0; 0]);
}

fn candidates_come_in_pieces(mut f: Fixture) {
    let store = &mut *f.store;
    two_companies(store);
    for id in 3..20 {
        store.insert(DEAL, &deal(id, &format!("d{id}"), 1, id % 2)).unwrap();
    }
    let odd = [Condition::equal(SCORE, Value::Int(1))];
    assert_eq!(store.candidates(DEAL, &odd, 0, 3).unwrap(), [3, 5, 7]);
    assert_eq!(store.candidates(DEAL, &odd, 7, 3).unwrap(), [9, 11, 13]);
    assert_eq!(store.candidates(DEAL, &odd, 19, 3).unwrap(), [0; 0]);
}

fn instances_come_back_whole(mut f: Fixture) {
    let store = &mut *f.store;
    store.begin().unwrap();
    let mut full = instance(8);
    full.primary = Some(at(DEAL, 3));
    (full.owner, full.caller, full.user, full.parent) = (Some(1), Some(2), Some(1), Some(7));
    (full.ordinal, full.owned, full.queue, full.due) = (Some(3), true, Some(4), Some(99));
    full.arguments = vec![Value::Ref(at(DEAL, 3)), Value::None, Value::Date(3)];
    full.slot = Some("\"a\"".into());
    full.condition = Some(vec![]);
    full.acting = vec![None, Some(3)];
    full.snapshot = Some(vec![0, 255]);
    full.point = Some("Chase/wait/1".into());
    full.fault = Some(StoredFault {
        code: "R0101".into(),
        message: "overflow".into(),
        place: "a.proc:1:2".into(),
        values: vec![("n".into(), "7".into())],
        tries: 3,
    });
    full.result = Some(Value::None);
    full.cancel = Some("over".into());
    store.put_instance(&full).unwrap();
    store.put_instance(&instance(9)).unwrap();
    let mut ended = instance(9);
    ended.status = Status::Failed;
    store.put_instance(&ended).unwrap();
    store.commit().unwrap();
    assert_eq!(store.instance(8).unwrap(), Some(full.clone()));
    assert_eq!(store.instances(&InstanceFilter::default()).unwrap(), [full.clone(), ended.clone()]);
    let filters = [
        InstanceFilter { live: true, ..InstanceFilter::default() },
        InstanceFilter { primary: Some(at(DEAL, 3)), ..InstanceFilter::default() },
        InstanceFilter { parent: Some(7), process: Some("Chase".into()), ..InstanceFilter::default() },
        InstanceFilter { status: Some(Status::Waiting), ..InstanceFilter::default() },
    ];
    for filter in filters {
        assert_eq!(store.instances(&filter).unwrap(), std::slice::from_ref(&full), "{filter:?}");
    }
    store.begin().unwrap();
    store.subscribe(8, &[Subscription::End { instance: 9 }]).unwrap();
    store.delete_instance(8).unwrap();
    store.commit().unwrap();
    assert_eq!(store.instance(8).unwrap(), None);
    assert_eq!(store.subscriptions(8).unwrap(), []);
}

fn the_ready_queue_and_the_clock_have_an_order(mut f: Fixture) {
    let store = &mut *f.store;
    store.begin().unwrap();
    for (id, queue, due) in [(5, Some(2), Some(30)), (6, Some(1), None), (7, None, Some(20)), (8, None, Some(20))] {
        let mut i = instance(id);
        (i.queue, i.due) = (queue, due);
        i.status = if queue.is_some() { Status::Ready } else { Status::Waiting };
        store.put_instance(&i).unwrap();
    }
    store.commit().unwrap();
    assert_eq!(store.next_ready().unwrap(), Some(6));
    assert_eq!(store.next_due().unwrap(), Some((20, 7)));
}

fn subscriptions_are_replaced_together(mut f: Fixture) {
    let store = &mut *f.store;
    let field = |field| Subscription::Field { entity: DEAL, id: 3, field };
    let referring = Subscription::Referring { entity: DEAL, field: CUSTOMER, id: 3 };
    store.begin().unwrap();
    store.subscribe(9, &[field(TITLE), referring.clone(), field(SCORE), field(TITLE)]).unwrap();
    store.subscribe(8, &[field(SCORE), Subscription::End { instance: 3 }]).unwrap();
    assert_eq!(store.subscriptions(9).unwrap(), [field(TITLE), field(SCORE), referring.clone()]);
    assert_eq!(store.subscribers(field(SCORE)).unwrap(), [8, 9]);
    assert_eq!(store.subscribers(referring).unwrap(), [9]);
    assert_eq!(store.field_subscribers(at(DEAL, 3)).unwrap(), [(TITLE, 9), (SCORE, 8), (SCORE, 9)]);
    assert_eq!(store.field_subscribers(at(COMPANY, 3)).unwrap(), []);
    store.subscribe(9, &[]).unwrap();
    assert_eq!(store.subscribers(field(SCORE)).unwrap(), [8]);
    assert_eq!(store.subscribers(Subscription::End { instance: 3 }).unwrap(), [8]);
    store.commit().unwrap();
}

fn mailboxes_keep_their_order(mut f: Fixture) {
    let store = &mut *f.store;
    let mail = |key, instance, signal: &str| Mail { key, instance, signal: signal.into(), value: Value::Int(key) };
    let all = [mail(1, 9, "Said"), mail(2, 8, "Said"), mail(3, 9, "Told"), mail(5, 9, "Said")];
    store.begin().unwrap();
    all.iter().for_each(|mail| store.put_mail(mail).unwrap());
    store.commit().unwrap();
    assert_eq!(store.mailbox(9).unwrap(), [all[0].clone(), all[2].clone(), all[3].clone()]);
    assert_eq!(store.next_mail(9, "Said", 1).unwrap(), Some(all[3].clone()));
    assert_eq!(store.next_mail(9, "Said", 5).unwrap(), None);
    store.begin().unwrap();
    let savepoint = store.savepoint().unwrap();
    store.remove_mail(1).unwrap();
    assert_eq!(store.mailbox_size(9).unwrap(), 2);
    store.rollback_to(savepoint).unwrap();
    store.clear_mailbox(9).unwrap();
    store.delete_instance(8).unwrap();
    store.commit().unwrap();
    assert_eq!((store.mailbox_size(9).unwrap(), store.mailbox_size(8).unwrap()), (0, 0));
}

fn starts_are_forgotten_after_their_hour(mut f: Fixture) {
    let store = &mut *f.store;
    store.begin().unwrap();
    for when in [10, 20, 30] {
        store.note_start(&CausedStart { process: "Chase".into(), record: at(DEAL, 3), at: when }).unwrap();
    }
    assert_eq!(store.starts_since("Chase", at(DEAL, 3), 20).unwrap(), 2);
    assert_eq!(store.starts_since("Chase", at(DEAL, 3), 0).unwrap(), 2);
    assert_eq!(store.starts_since("Chase", at(COMPANY, 3), 0).unwrap(), 0);
    assert_eq!(store.starts_since("Other", at(DEAL, 3), 0).unwrap(), 0);
}

fn the_log_only_grows(mut f: Fixture) {
    let store = &mut *f.store;
    store.begin().unwrap();
    let full = LogEntry {
        kind: LogKind::Update,
        instance: Some(9),
        process: Some("Chase".into()),
        stage: "First".into(),
        place: "a.proc:1:2".into(),
        user: Some(1),
        record: Some(at(DEAL, 3)),
        changes: vec![Change { field: "score".into(), old: Value::None, new: Value::Int(2) }],
        ..note("done")
    };
    assert_eq!(store.append_log(note("first")).unwrap(), 1);
    assert_eq!(store.append_log(full.clone()).unwrap(), 2);
    store.commit().unwrap();
    let full = LogEntry { key: 2, ..full };
    assert_eq!(store.log(1, None, 10).unwrap(), std::slice::from_ref(&full));
    assert_eq!(store.log(0, Some(9), 10).unwrap(), [full]);
    assert_eq!(store.log(0, None, 1).unwrap().len(), 1);
}

fn the_history_of_a_record_is_what_was_done_to_it_and_refused(mut f: Fixture) {
    let store = &mut *f.store;
    store.begin().unwrap();
    for record in [at(DEAL, 3), at(DEAL, 4)] {
        for kind in LogKind::ALL {
            store.append_log(LogEntry { kind, record: Some(record), ..note("x") }).unwrap();
        }
    }
    store.commit().unwrap();
    let kinds = |lines: Vec<LogEntry>| lines.iter().map(|line| (line.key, line.kind)).collect::<Vec<_>>();
    let all = kinds(store.log_of(at(DEAL, 4), 0, 99).unwrap());
    assert_eq!(
        all,
        [(11, LogKind::Create), (12, LogKind::Update), (13, LogKind::Delete), (14, LogKind::Refuse)],
        "in order"
    );
    assert_eq!(kinds(store.log_of(at(DEAL, 4), 11, 2).unwrap()), all[1..3]);
}

fn a_long_log_is_found_by_what_it_is_about(mut f: Fixture) {
    let store = &mut *f.store;
    let line = |n: i64| LogEntry {
        kind: [LogKind::Note, LogKind::Update, LogKind::Refuse][(n % 3) as usize],
        instance: Some(n % 7).filter(|id| *id > 0),
        record: Some(at(DEAL, 5 + n % 4)),
        at: n,
        ..note("x")
    };
    let mut next = 0;
    for round in 0..14 {
        store.begin().unwrap();
        let outer = store.savepoint().unwrap();
        for part in 0..5 {
            let inner = store.savepoint().unwrap();
            for n in next..next + 17 {
                store.append_log(line(n)).unwrap();
            }
            if (round + part) % 3 == 0 {
                store.rollback_to(inner).unwrap();
            } else {
                // Of what is undone, a part is written already.
                assert_eq!(store.log(0, Some(3), u32::MAX).unwrap(), of_log(store, |l| l.instance == Some(3)));
                store.release(inner).unwrap();
                next += 17;
            }
        }
        store.release(outer).unwrap();
        store.commit().unwrap();
        is_found(store);
    }
    assert!(next > 600, "several blocks of lines");
    store.begin().unwrap();
    store.put_build("b1", b"a build").unwrap();
    store.put_instance(&instance(4)).unwrap();
    assert_eq!(store.sweep_log(Sweep::History, 100, 500, 200).unwrap(), Some(300));
    assert!(store.forget_lines(4, i64::MAX, 50).unwrap() == 50);
    is_found(store);
    while store.forget_lines(4, i64::MAX, 50).unwrap() > 0 {}
    assert_eq!(store.log(0, Some(4), 9).unwrap(), []);
    store.commit().unwrap();
    is_found(store);
}

/// The lines of the whole log that are meant.
fn of_log(store: &mut dyn Store, is_meant: impl Fn(&LogEntry) -> bool) -> Vec<LogEntry> {
    let mut all = store.log(0, None, u32::MAX).unwrap();
    all.retain(is_meant);
    all
}

/// What is found of instances and records is what the log says of them.
fn is_found(store: &mut dyn Store) {
    for id in 1..=8 {
        let all = of_log(store, |line| line.instance == Some(id));
        assert_eq!(store.log(0, Some(id), u32::MAX).unwrap(), all);
        let after = all.len() / 2;
        let Some(middle) = all.get(after).map(|line| line.key) else { continue };
        assert_eq!(
            store.log(middle, Some(id), 7).unwrap(),
            all.iter().skip(after + 1).take(7).cloned().collect::<Vec<_>>()
        );
    }
    for id in 4..=9 {
        let record = at(DEAL, id);
        let all = of_log(store, |line| line.record == Some(record) && line.kind != LogKind::Note);
        assert_eq!(store.log_of(record, 0, u32::MAX).unwrap(), all);
    }
    assert_eq!(store.damage().unwrap(), Vec::<String>::new());
}

fn a_build_is_in_use_as_long_as_one_of_its_instances_lives(mut f: Fixture) {
    let store = &mut *f.store;
    store.begin().unwrap();
    assert!(!store.is_in_use("b1").unwrap());
    store.put_instance(&instance(8)).unwrap();
    assert_eq!((store.is_in_use("b1"), store.is_in_use("b2")), (Ok(true), Ok(false)));
    let mut ended = instance(8);
    ended.status = Status::Failed;
    store.put_instance(&ended).unwrap();
    assert!(!store.is_in_use("b1").unwrap());
    store.commit().unwrap();
}

fn lines_are_swept_but_for_the_last(mut f: Fixture) {
    let store = &mut *f.store;
    let of = |kind, instance| LogEntry { kind, instance, at: 10, ..note("x") };
    store.begin().unwrap();
    store.put_instance(&instance(5)).unwrap();
    for line in [
        of(LogKind::Refuse, None),
        of(LogKind::Note, Some(5)),
        of(LogKind::Note, Some(9)),
        of(LogKind::Update, Some(9)),
        of(LogKind::Update, None),
        of(LogKind::Update, Some(5)),
        LogEntry { at: 30, ..of(LogKind::Refuse, None) },
        LogEntry { at: 10, ..of(LogKind::Refuse, None) },
    ] {
        store.append_log(line).unwrap();
    }
    store.commit().unwrap();
    let keys = |store: &mut dyn Store| store.log(0, None, 99).unwrap().iter().map(|e| e.key).collect::<Vec<_>>();
    store.begin().unwrap();
    assert_eq!(store.sweep_log(Sweep::Talk, 0, 20, 3).unwrap(), Some(3));
    assert_eq!(keys(store), [2, 4, 5, 6, 7, 8]);
    assert_eq!(store.sweep_log(Sweep::Talk, 3, 20, 99).unwrap(), Some(6), "the seventh is too young");
    let point = store.savepoint().unwrap();
    assert_eq!(store.sweep_log(Sweep::History, 0, 20, 99).unwrap(), Some(6));
    assert_eq!(keys(store), [2, 6, 7, 8]);
    store.rollback_to(point).unwrap();
    assert_eq!(keys(store), [2, 4, 5, 6, 7, 8]);
    assert_eq!(store.forget_lines(5, 10, 9).unwrap(), 1, "what it did to records is not older");
    assert_eq!(store.forget_lines(5, 11, 9).unwrap(), 1);
    assert_eq!(store.sweep_log(Sweep::Talk, 6, 99, 99).unwrap(), Some(7));
    assert_eq!(store.sweep_log(Sweep::Talk, 7, 99, 99).unwrap(), None);
    assert_eq!(keys(store), [4, 5, 8]);
    assert_eq!(store.instance_builds(0, 9).unwrap(), [(5, "b1".to_owned())]);
    assert_eq!(store.instance_builds(5, 9).unwrap(), []);
    store.commit().unwrap();
}

fn settings_and_builds(mut f: Fixture) {
    let store = &mut *f.store;
    store.begin().unwrap();
    store.set_meta("project", "a").unwrap();
    store.set_meta("project", "b").unwrap();
    store.put_build("h", &[1, 2]).unwrap();
    assert_eq!(store.count_up("id").unwrap(), 1);
    assert_eq!(store.count_up("id").unwrap(), 2);
    assert_eq!(store.count_up("other").unwrap(), 1);
    store.raise_counter("id", 1).unwrap();
    assert_eq!(store.count_up("id").unwrap(), 3);
    store.raise_counter("id", 9).unwrap();
    assert_eq!(store.count_up("id").unwrap(), 10);
    store.commit().unwrap();
    assert_eq!(store.meta("project").unwrap().as_deref(), Some("b"));
    assert_eq!(store.build("h").unwrap(), Some(vec![1, 2]));
    assert_eq!(store.build("x").unwrap(), None);
}
