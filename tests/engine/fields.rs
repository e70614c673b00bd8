//! What fields of each type hold, on both stores.

use abide::{
    base::value::Value,
    engine::store::{InstanceFilter, LogKind, Status},
};

use super::world::{DAY, World, fault, on_both, text};

#[test]
fn a_record_is_found_by_its_stored_name_also_while_it_gets_another() {
    let source = r#"
entity Desk { name: text shown as "{name}" }
realtime workflow Look for desk: Desk before updated(name) {
    try { if Desk["Old"] == desk { log "found {desk.name}" } } catch e { log e.code }
    try { if Desk["New"] == desk { log "found too early" } } catch e { log e.code }
}
"#;
    on_both(source, |w| {
        let desk = w.create("Desk", &[("name", text("Old"))]);
        w.update(desk, &[("name", text("New"))]);
        assert_eq!(w.notes()[0], "found New");
        assert!(w.notes()[1].starts_with("R0"), "{:?}", w.notes());
    });
}

#[test]
fn times_of_day_are_stored_compared_and_bounded() {
    let source = r#"
entity Course { title: text, begins: time @07:00..@20:00, ends: time? }
entity Found { title: text }

workflow Plan for course: Course
    when updated(begins)
{
    update course { ends: course.begins + 90 minutes }
    for each other in (find c in Course where c.begins < @12:00 order by c.begins) {
        create Found { title: "{other.title} {other.begins} {other.ends} {course.begins:"HH.mm"}" }
    }
    let moment = datetime(@2026-03-29, course.begins)
    create Found { title: "{moment} {time(moment)} {hour(moment)} {minute(course.begins)}" }
}
"#;
    on_both(source, |w| {
        let hour = 3_600_000_000;
        let at = |hours: i64| Value::Time(hours * hour);
        let ann = w.create("Course", &[("title", text("ann")), ("begins", at(11))]);
        let bo = w.create("Course", &[("title", text("bo")), ("begins", Value::Time(9 * hour + 500_000))]);
        w.create("Course", &[("title", text("eve")), ("begins", at(20))]);
        w.update(ann, &[("begins", Value::Time(8 * hour + hour / 2))]);
        assert_eq!(w.field(ann, "ends"), at(10));
        assert_eq!(w.field(bo, "ends"), Value::None);
        let expected = ["ann 08:30 10:00 08.30", "bo 09:00:00.5  08.30", "2026-03-29 08:30 08:30 8 30"];
        assert_eq!(w.texts("Found", "title"), expected);
        let late = w.try_update(ann, &[("begins", at(21))]);
        assert_eq!(fault(late), "R0305: `Course.begins` takes 07:00 to 20:00");
    });
}

#[test]
fn private_values_are_stored_but_not_told() {
    let source = r#"
entity Person { title: text, pin: text? private, code: int? private, divisor: int }
entity Found { title: text }

fn divided(hidden: int, by: int) -> int {
    let double = hidden * 2
    return double div by
}

workflow Check for person: Person
    when updated(pin)
{
    let hidden = person.code ?? 0
    let open = person.divisor
    wait 1 day
    if divided(hidden, open) > 3 { create Found { title: "{person.title} {person.pin == old.pin}" } }
    if hidden div open > 3 { log "never reached" }
}
"#;
    on_both(source, |w| {
        let person =
            w.create("Person", &[("title", text("ann")), ("code", Value::Int(4711)), ("divisor", Value::Int(1))]);
        w.update(person, &[("pin", text("hush"))]);
        assert_eq!(w.field(person, "pin"), text("hush"));
        w.advance(DAY);
        assert_eq!(w.texts("Found", "title"), ["ann false"]);
        w.update(person, &[("pin", text("hush hush")), ("divisor", Value::Int(0))]);
        w.advance(DAY);
        let parked = InstanceFilter { status: Some(Status::Parked), ..InstanceFilter::default() };
        let fault = w.engine.store().instances(&parked).unwrap().remove(0).fault.unwrap();
        assert_eq!((fault.code.as_str(), fault.values), ("R0102", vec![("by".to_owned(), "0".to_owned())]));
        let told = format!("{:?}", w.engine.timeline(None).unwrap());
        assert!(!told.contains("hush") && !told.contains("4711") && told.contains("pin"), "{told}");
        let notes = w.engine.timeline(None).unwrap().into_iter().filter(|line| line.kind == LogKind::Update);
        assert_eq!(notes.filter(|line| line.changes.iter().any(|change| change.field == "pin")).count(), 2);
    });
}

#[test]
fn deletions_cascade_clear_or_are_refused() {
    let source = r#"
entity Account { title: text, parent: Account? on delete cascade }
entity Contract { title: text, account: Account on delete cascade, next: Contract? on delete cascade }
entity Visit { title: text, account: Account? on delete clear }
entity Invoice { title: text, contract: Contract }
entity Found { title: text }

workflow Gone for contract: Contract
    when deleted
{
    create Found { title: "{contract.title} gone" }
}

workflow Cleared for visit: Visit
    when updated(account)
{
    create Found { title: "{visit.title} without account" }
}

realtime workflow Keep for contract: Contract
    before deleted
{
    if contract.title == "kept" { stop canceled "we keep this" }
}
"#;
    on_both(source, |w| {
        let account = |w: &mut World, title: &str, parent: Value| {
            w.create("Account", &[("title", text(title)), ("parent", parent)])
        };
        let top = account(w, "top", Value::None);
        let low = account(w, "low", Value::Ref(top));
        // A ring of references is deleted as a whole.
        w.update(top, &[("parent", Value::Ref(low))]);
        let contract = |w: &mut World, title: &str, account| {
            w.create("Contract", &[("title", text(title)), ("account", Value::Ref(account))])
        };
        let first = contract(w, "first", low);
        let second = contract(w, "second", low);
        w.update(first, &[("next", Value::Ref(second))]);
        w.update(second, &[("next", Value::Ref(second))]);
        let visit = w.create("Visit", &[("title", text("visit")), ("account", Value::Ref(low))]);
        let invoice = w.create("Invoice", &[("title", text("i")), ("contract", Value::Ref(second))]);
        let refused = fault(w.engine.delete(None, top));
        assert!(refused.starts_with("R0304: contract:"), "{refused}");
        assert_eq!((w.ids("Account").len(), w.ids("Contract").len()), (2, 2), "nothing was deleted");
        assert_eq!(w.field(visit, "account"), Value::Ref(low));
        w.delete(invoice);
        let kept = contract(w, "kept", low);
        assert_eq!(fault(w.engine.delete(None, top)), "R0501: refused by Keep: we keep this");
        assert_eq!(w.ids("Contract").len(), 3);
        w.update(kept, &[("title", text("free"))]);
        w.delete(top);
        assert_eq!((w.ids("Account").len(), w.ids("Contract").len()), (0, 0));
        assert_eq!(w.field(visit, "account"), Value::None);
        let mut found = w.texts("Found", "title");
        found.sort();
        assert_eq!(found, ["first gone", "free gone", "second gone", "visit without account"]);
    });
}

#[test]
fn nothing_comes_to_be_above_itself() {
    let source = r#"
entity Region { name: text(9), parent: Region? hierarchy }
workflow Swap for region: Region when on demand {
    let above = region.parent
    if above is not none {
        update region { parent: above.parent }
        update above { parent: region }
    }
}
"#;
    on_both(source, |w| {
        let region = |w: &mut World, parent: Value| w.create("Region", &[("name", text("r")), ("parent", parent)]);
        let top = region(w, Value::None);
        let middle = region(w, Value::Ref(top));
        let low = region(w, Value::Ref(middle));
        for above in [top, middle, low] {
            let ring = w.try_update(top, &[("parent", Value::Ref(above))]);
            assert_eq!(fault(ring), "R0311: `Region.parent` would lead back to the record itself");
        }
        w.update(low, &[("parent", Value::Ref(top))]);
        w.update(middle, &[("parent", Value::Ref(low))]);
        w.update(middle, &[("parent", Value::None)]);
        w.update(top, &[("parent", Value::Ref(middle))]);
        w.engine.start(None, "Swap", &[Value::Ref(top)]).unwrap();
        w.idle();
        assert_eq!((w.field(top, "parent"), w.field(middle, "parent")), (Value::None, Value::Ref(top)));
    });
}

#[test]
fn numbers_are_counted_by_prefix_and_without_gaps() {
    let source = r#"
entity Offer { number: text(12) autonumber "O{yy}-{seq:3}", title: text(5), unique title }
"#;
    on_both(source, |w| {
        let first = w.create("Offer", &[("title", text("a"))]);
        assert_eq!(w.field(first, "number"), text("O26-001"));
        assert!(fault(w.try_create("Offer", &[("title", text("too long"))])).starts_with("R0306"));
        assert!(fault(w.try_create("Offer", &[("title", text("a"))])).starts_with("R0301"));
        let own = w.try_create("Offer", &[("title", text("b")), ("number", text("O26-009"))]);
        assert_eq!(fault(own), "R0310: `Offer.number` cannot be written");
        let second = w.create("Offer", &[("title", text("b"))]);
        assert_eq!(w.field(second, "number"), text("O26-002"));
        w.delete(second);
        w.advance(365 * DAY);
        let third = w.create("Offer", &[("title", text("c"))]);
        assert_eq!(w.field(third, "number"), text("O27-001"));
        let renumbered = w.try_update(third, &[("number", text("O27-002"))]);
        assert_eq!(fault(renumbered), "R0310: `Offer.number` cannot be written");
    });
}

#[test]
fn computed_fields_are_evaluated_when_they_are_read() {
    let source = r#"
entity Order {
    title: text
    parts: int
    total: int computed = sum l in Line where l.order == self select l.amount
    each: int computed = total div parts
    shown as "{title} {each}"
}
entity Line { order: Order, amount: int }
entity Found { title: text }

workflow Wait for order: Order
    when created
{
    wait until order.total > 10
    create Found { title: "{order} {order.total} {order.each}" }
    for each other in (find o in Order where o.each > 4 order by o.each) {
        create Found { title: other.title }
    }
}

realtime workflow Check for order: Order
    before updated(parts)
{
    if order.parts > 0 and order.each > 9 { stop canceled "each {order.each}" }
}
"#;
    on_both(source, |w| {
        let order = w.create("Order", &[("title", text("a")), ("parts", Value::Int(2))]);
        let line = |w: &mut World, amount| {
            w.create("Line", &[("order", Value::Ref(order)), ("amount", Value::Int(amount))]);
        };
        line(w, 8);
        assert_eq!(w.texts("Found", "title"), [""; 0]);
        line(w, 4);
        assert_eq!(w.texts("Found", "title"), ["a 6 12 6", "a"]);
        let refused = w.try_update(order, &[("parts", Value::Int(1))]);
        assert_eq!(fault(refused), "R0501: refused by Check: each 12");
        w.update(order, &[("parts", Value::Int(0))]);
        assert_eq!(fault(w.engine.shown_name(order)), "R0102: division by zero");
    });
}

#[test]
fn lists_sets_and_records_are_stored_whole() {
    let source = r#"
enum Size { small, large }
record Place { city: text, at: time?, sizes: set of Size }
entity Box {
    title: text
    tags: set of text = ["b", "a", "b"]
    numbers: (list of int?)?
    place: Place?
    near: list of Box
}
entity Found { title: text }

workflow Look for box: Box
    when updated(tags)
{
    var all: set of text = box.tags
    set all = all ++ ["z", "a"]
    let same = count b in Box where b.tags == box.tags and b.near contains box
    create Found { title: "{length(all)} {same} {box.place?.city} {first(all)} {old.tags contains "c"}" }
    update box { numbers: [1, none, 3], place: Place { city: "Ulm", at: @09:30, sizes: [large, small, large] } }
}
"#;
    on_both(source, |w| {
        let texts = |items: &[&str]| Value::List(items.iter().map(|item| text(item)).collect());
        let given = w.create("Box", &[("title", text("a"))]);
        assert_eq!(w.field(given, "tags"), texts(&["a", "b"]));
        assert_eq!((w.field(given, "numbers"), w.field(given, "near")), (Value::None, Value::List(Vec::new())));
        w.update(given, &[("near", Value::List(vec![Value::Ref(given)]))]);
        w.update(given, &[("tags", texts(&["c", "b", "c"]))]);
        assert_eq!(w.field(given, "tags"), texts(&["b", "c"]));
        assert_eq!(w.texts("Found", "title"), ["4 1  a false"]);
        assert_eq!(w.field(given, "numbers"), Value::List(vec![Value::Int(1), Value::None, Value::Int(3)]));
        let sizes = Value::List(vec![Value::Enum(0), Value::Enum(1)]);
        assert_eq!(
            w.field(given, "place"),
            Value::Record(vec![text("Ulm"), Value::Time(9 * 3_600_000_000 + 1_800_000_000), sizes])
        );
        w.update(given, &[("tags", texts(&["b"]))]);
        assert_eq!(w.texts("Found", "title")[1], "3 1 Ulm a true");
        let lost = Value::List(vec![Value::Ref(abide::base::value::RecordRef { id: 999, ..given })]);
        assert_eq!(fault(w.try_update(given, &[("near", lost)])).split(':').next(), Some("R0307"));
    });
}

#[test]
fn caseless_texts_are_compared_sorted_and_unique_without_case() {
    let source = r#"
entity Person { title: text caseless, alias: text? caseless, other: text, unique title }
entity Found { title: text }

workflow Look for person: Person
    when updated(other)
{
    let same = count p in Person where p.title == person.other
    let after = find p in Person where p.title >= "ann" order by p.title select p.title
    let alias = count p in Person where p.alias == person.other and p.alias != "x"
    let absent = count p in Person where p.alias is none
    let mixed = count p in Person where p.other == p.title
    create Found { title: "{same} {join(after, ",")} {alias} {absent} {mixed} {person.title contains "NN"}" }
}
"#;
    on_both(source, |w| {
        let person = |w: &mut World, title: &str, alias: Value| {
            w.create("Person", &[("title", text(title)), ("alias", alias), ("other", text(""))])
        };
        person(w, "bO", text("ANN"));
        let ann = person(w, "Ann", Value::None);
        person(w, "Ännchen", text("x"));
        assert!(fault(w.try_create("Person", &[("title", text("ANN")), ("other", text(""))])).starts_with("R0301"));
        w.update(ann, &[("other", text("aNN"))]);
        assert_eq!(w.texts("Found", "title"), ["1 Ann,bO,Ännchen 1 1 1 true"]);
        assert_eq!(w.field(ann, "title"), text("Ann"));
        w.update(ann, &[("title", text("ANN"))]);
        assert_eq!(w.field(ann, "title"), text("ANN"));
    });
}

#[test]
fn floats_and_lists_of_short_texts_are_fields() {
    let source = r#"
entity Sample {
    title: text(20)
    weight: float 0f..1e6f = 0.1f
    offset: float?
    codes: list of text(3)
    tags: set of text(2)
}
workflow Notice for sample: Sample when created, updated(weight) {
    let light = count s in Sample where s.weight < 1f
    let same = count s in Sample where s.offset == sample.offset and s.offset is not none
    let total = sum s in Sample select s.weight
    log "{sample.weight} {sample.offset} {light} {same} {total} {join(sample.codes, ",")}"
    let before = sample.weight
    wait 1 hour
    log "{before} {average s in Sample select s.offset}"
}
"#;
    on_both(source, |w| {
        let texts = |all: &[&str]| Value::List(all.iter().map(|one| text(one)).collect());
        let first = w.create("Sample", &[("title", text("a")), ("codes", texts(&["abc", "äöü"]))]);
        assert_eq!(w.field(first, "weight"), Value::Float(0.1));
        w.update(first, &[("weight", Value::Float(1e5)), ("offset", Value::Float(-0.5))]);
        w.advance(DAY);
        assert_eq!(w.notes(), ["0.1  1 0 0.1 abc,äöü", "100000 -0.5 0 1 100000 abc,äöü", "0.1 -0.5", "100000 -0.5"]);
        let faults = [
            w.try_update(first, &[("weight", Value::Float(-1.0))]),
            w.try_update(first, &[("codes", texts(&["abcd"]))]),
            w.try_update(first, &[("tags", texts(&["ab", "abc"]))]),
        ];
        assert_eq!(
            faults.map(fault),
            [
                "R0305: `Sample.weight` takes 0 to 1000000",
                "R0306: `Sample.codes` takes at most 3 characters",
                "R0306: `Sample.tags` takes at most 2 characters"
            ]
        );
    });
}

#[test]
fn what_a_query_calls_for_its_elements_reads_the_store_before_a_write() {
    let source = r#"
entity Deal { title: text(20)  score: int = 0  double: int computed = score * 2  shown as "{title}" }
fn score_of(deal: Deal) -> int { return deal.score }
fn through(deal: Deal, least: int) -> bool { let d = deal return score_of(d) > least and d.double > least }
realtime workflow Look for deal: Deal before updated(score) {
    let called = count d in Deal where through(d, 5)
    let computed = count d in Deal where d.double > 10
    let own = count d in Deal where d.score < score_of(deal)
    log "{called} {computed} {own} {score_of(deal)} {deal.double} {through(deal, 5)}"
}
"#;
    on_both(source, |w| {
        let deal = w.create("Deal", &[("title", text("a")), ("score", Value::Int(1))]);
        w.update(deal, &[("score", Value::Int(7))]);
        w.update(deal, &[("score", Value::Int(2))]);
        assert_eq!(w.notes(), ["0 0 1 7 14 true", "1 1 0 2 4 false"]);
    });
}
