//! Groups over stored records: both stores give the same ones, in the same order.

use abide::base::value::Value;

use super::world::{DAY, on_both, text};

const SOURCE: &str = r#"
enum Mood { calm, tense, wild }
entity Person { title: text(20) }
entity Visit {
    title: text(20) caseless
    person: Person?
    mood: Mood = calm
    day: date?
    weight: float = 1.5f
    cost: money
    states { open, closed }
}
workflow Report for person: Person when updated(title) {
    log join(find v in Visit group by v.person as p select "{p?.title ?? "?"} {count()} {sum(v.weight)}", ", ")
    log join(find v in Visit where v.mood != wild group by v.title as t select "{t} {count()} {max(v.cost)}", ", ")
    let parts = find v in Visit
        group by (month: if v.day is none then 0 else month(v.day), open: v.state == open) as k
        order by count() descending
        limit 2
        select (key: k, n: count(), first: min(v.day))
    wait 1 day
    log join(find p in parts select "{p.key.month} {p.key.open} {p.n} {p.first}", ", ")
    log join(find p in Person group by p.title as t select t, ", ")
}
"#;

#[test]
fn both_stores_give_the_same_groups() {
    on_both(SOURCE, |w| {
        let money = |text: &str| Value::Money(abide::data::convert::money(text).unwrap());
        let bo = w.create("Person", &[("title", text("Bo"))]);
        let ann = w.create("Person", &[("title", text("Ann"))]);
        for (title, person, mood, day) in [
            ("Tea", Value::Ref(bo), 0, Value::Date(20_500)),
            ("tea", Value::Ref(ann), 1, Value::Date(20_501)),
            ("TALK", Value::None, 2, Value::None),
            ("talk", Value::Ref(bo), 1, Value::None),
            ("tea", Value::None, 2, Value::Date(20_460)),
        ] {
            let cost = money(&format!("{}.5 USD", title.len() + mood));
            let mood = Value::Enum(i32::try_from(mood).unwrap());
            w.create(
                "Visit",
                &[("title", text(title)), ("person", person), ("mood", mood), ("day", day), ("cost", cost)],
            );
        }
        w.update(bo, &[("title", text("Bob"))]);
        w.advance(DAY);
        assert_eq!(
            w.notes(),
            [
                "Bob 2 3, Ann 1 1.5, ? 2 3",
                "talk 1 5.50 USD, Tea 2 4.50 USD",
                "0 true 2 , 2 true 2 2026-02-16",
                "Ann, Bob"
            ]
        );
    });
}
