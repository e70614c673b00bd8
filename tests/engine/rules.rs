//! Rules: on save whatever wrote the record, and for forms, where nothing is written.

use std::str::FromStr;

use abide::{
    base::value::{Currency, Money, Value},
    engine::{
        Write,
        form::{Form, FormField, Subject},
    },
};
use rust_decimal::Decimal;

use super::world::{World, fault, on_both, text};

const QUOTES: &str = r#"
entity Quote {
    title: text(50)
    number: text autonumber "Q-{seq:3}"
    discount: decimal(2) = 0.0
    reason: text(100)?
    price: money(EUR)?
    rival: money(EUR)?
    due: date?
    is_final: bool = false
}
rule Discounts for q: Quote on load, change, save {
    require q.reason "Explain a discount over 20 %" when q.discount > 20%
    refuse q.discount "A discount cannot be negative" when q.discount < 0%
    default q.due = @2026-03-01
    lock q.price when q.is_final
    hide q.rival when q.price is none
}
rule Titles for q: Quote on change, save {
    if length(q.title) < 3 { refuse q "A title has three letters" }
    if q.rival is not none and q.price is not none {
        recommend q.price = q.rival "Meet the rival" "They ask {q.rival}." when q.rival < q.price
    }
}
rule Opened for q: Quote on load {
    require q.price
    optional q.price when q.is_final
}
"#;

fn euros(amount: i64) -> Value {
    Value::Money(Money { amount: amount * 10_000, currency: Currency::parse("EUR").unwrap() })
}

fn decimal(number: &str) -> Value {
    Value::Decimal(Decimal::from_str(number).unwrap())
}

fn form(w: &mut World, subject: Subject, fields: &[(&str, Value)]) -> Form {
    let entity = w.entity("Quote");
    let writes: Vec<Write> =
        fields.iter().map(|(name, value)| Write::set(w.field_idx(entity, name), value.clone())).collect();
    w.engine.form(None, subject, &writes).unwrap()
}

fn field<'f>(w: &World, form: &'f Form, name: &str) -> &'f FormField {
    let field = w.field_idx(w.entity("Quote"), name);
    form.fields.iter().find(|found| found.field == field).unwrap()
}

fn texts(field: &FormField) -> Vec<&str> {
    field.messages.iter().map(|message| message.text.as_str()).collect()
}

#[test]
fn one_refusal_tells_all_that_rules_have_against_a_record() {
    on_both(QUOTES, |w| {
        let answer = w.try_create("Quote", &[("title", text("A")), ("discount", decimal("-0.5"))]);
        let told = fault(answer);
        assert_eq!(
            told,
            "R0501: refused by Discounts: A discount cannot be negative; Titles: A title has three letters"
        );
        let quote = w.create("Quote", &[("title", text("Gears"))]);
        assert_eq!(w.field(quote, "due"), Value::Date(20_513));
        assert_eq!(w.field(quote, "number"), text("Q-001"), "a refused record takes no number");
        let told = fault(w.try_update(quote, &[("discount", decimal("0.3"))]));
        assert_eq!(told, "R0501: refused by Discounts: Explain a discount over 20 %");
        assert_eq!(w.field(quote, "discount"), decimal("0.00"));
        w.update(quote, &[("discount", decimal("0.3")), ("reason", text("many"))]);
    });
}

#[test]
fn a_new_form_has_defaults_and_asks_for_what_is_missing() {
    on_both(QUOTES, |w| {
        let quote = w.entity("Quote");
        let shown = form(w, Subject::New(quote), &[]);
        assert!(field(w, &shown, "title").required && !field(w, &shown, "reason").required);
        assert!(field(w, &shown, "number").locked);
        assert_eq!(field(w, &shown, "due").value, Value::Date(20_513));
        assert_eq!(field(w, &shown, "due").default, Some(Value::Date(20_513)));
        assert_eq!(texts(field(w, &shown, "price")), ["`price` needs a value"]);
        assert!(field(w, &shown, "rival").hidden);
        assert!(shown.messages.is_empty(), "a rule that reads an empty required field says nothing yet");
        let filled = [("title", text("A")), ("discount", decimal("0.3")), ("price", euros(10)), ("rival", euros(8))];
        let shown = form(w, Subject::New(quote), &filled);
        assert_eq!(texts(field(w, &shown, "reason")), ["Explain a discount over 20 %"]);
        assert!(field(w, &shown, "reason").required && !field(w, &shown, "rival").hidden);
        assert_eq!(shown.messages[0].text, "A title has three letters");
        let [recommended] = field(w, &shown, "price").recommendations.as_slice() else { panic!("none") };
        assert_eq!((&recommended.value, recommended.title.as_str()), (&euros(8), "Meet the rival"));
        assert_eq!(recommended.details, "They ask 8 EUR.");
    });
}

#[test]
fn a_form_of_a_record_writes_nothing() {
    on_both(QUOTES, |w| {
        let quote = w.create("Quote", &[("title", text("Gears")), ("price", euros(10))]);
        let shown = form(w, Subject::Record(quote), &[("is_final", Value::Bool(true)), ("price", euros(12))]);
        assert!(field(w, &shown, "price").locked);
        assert!(field(w, &shown, "price").required, "what a rule says on load alone stays so");
        assert_eq!(field(w, &shown, "price").value, euros(12));
        assert_eq!(w.field(quote, "price"), euros(10));
        let shown = form(w, Subject::Record(quote), &[]);
        assert!(!field(w, &shown, "price").locked && field(w, &shown, "price").default.is_none());
    });
}

#[test]
fn a_rule_that_is_deactivated_has_nothing_to_say() {
    on_both(QUOTES, |w| {
        w.engine.set_active("Discounts", false).unwrap();
        w.create("Quote", &[("title", text("Gears")), ("discount", decimal("-0.5"))]);
    });
}
