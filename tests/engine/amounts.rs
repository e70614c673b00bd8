//! Decimals of fixed places and amounts of any currency, as records keep them.

use abide::base::value::Value;

use super::world::{DAY, fault, on_both, text};

#[test]
fn decimals_of_fixed_places_are_rounded_when_they_are_written() {
    let source = r#"
entity Offer {
    name: text(20)
    discount: decimal(2) 0%..100% = 20%
    weight: decimal(3)?
    value: money(EUR) = 0 EUR
    unique weight
}
workflow Notice for offer: Offer when created, updated(discount) {
    log "{offer.discount} {count o in Offer where o.discount == 12%} {count o in Offer where o.weight == 1.0005}"
    log "{count o in Offer where o.discount < 0.125} {offer.weight}"
}
"#;
    on_both(source, |w| {
        let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
        let offer = w.create("Offer", &[("name", text("a")), ("weight", decimal("1.0005"))]);
        assert_eq!((w.field(offer, "discount"), w.field(offer, "weight")), (decimal("0.20"), decimal("1.000")));
        w.update(offer, &[("discount", decimal("0.125"))]);
        w.update(offer, &[("discount", decimal("0.135"))]);
        assert_eq!(w.notes(), ["0.2 0 0", "0 1", "0.12 1 0", "1 1", "0.14 0 0", "0 1"]);
        let faults = [
            w.try_update(offer, &[("discount", decimal("1.006"))]),
            w.try_update(offer, &[("weight", decimal("9223372036854775.808"))]),
            w.try_create("Offer", &[("name", text("b")), ("weight", decimal("1"))]).map(|_| ()),
        ];
        assert_eq!(
            faults.map(fault),
            [
                "R0305: `Offer.discount` takes 0 to 1",
                "R0101: the result does not fit its type",
                "R0301: there is another `Offer` with the same `weight`"
            ]
        );
    });
}

#[test]
fn the_amounts_of_a_record_share_its_currency() {
    let source = r#"
record Price { name: text, amount: money }
entity Invoice {
    net: money
    tax: money?
    unique net
}
workflow Notice for invoice: Invoice when created, updated(net) {
    log "{invoice.net} {invoice.tax} {invoice.currency} {count i in Invoice where i.net == invoice.net}"
    let price = Price { name: "net", amount: invoice.net }
    wait 1 hour
    log "{price.amount} {count i in Invoice where i.net == invoice.net}"
}
"#;
    on_both(source, |w| {
        let money = |text: &str| Value::Money(abide::data::convert::money(text).unwrap());
        for (code, rate) in [("EUR", "0.85"), ("CHF", "0.93")] {
            w.rate(code, 0, rate);
        }
        let first = w.create("Invoice", &[("net", money("5 EUR")), ("tax", money("0 CHF"))]);
        assert_eq!((w.field(first, "currency"), w.field(first, "tax")), (text("EUR"), money("0 EUR")));
        w.update(first, &[("net", money("7 CHF"))]);
        assert_eq!((w.field(first, "currency"), w.field(first, "tax")), (text("CHF"), money("0 CHF")));
        w.advance(DAY);
        assert_eq!(w.notes(), ["5 EUR 0 EUR EUR 1", "7 CHF 0 CHF CHF 1", "5 EUR 1", "7 CHF 1"]);
        w.create("Invoice", &[("net", money("7 EUR"))]);
        let faults = [
            w.try_create("Invoice", &[("net", money("7 CHF"))]).map(|_| ()),
            w.try_update(first, &[("tax", money("1 EUR"))]),
            w.try_update(first, &[("currency", text("EUR"))]),
        ];
        assert_eq!(
            faults.map(fault),
            [
                "R0301: there is another `Invoice` with the same `net`",
                "R0201: `Invoice.tax` is in EUR, another amount of the record is not",
                "R0310: `Invoice.currency` cannot be written"
            ]
        );
    });
}

#[test]
fn the_rate_of_a_record_is_fixed_when_its_amounts_are_written() {
    let source = r#"
entity Invoice {
    name: text(20)
    net: money
    tax: money?
}
realtime workflow Tax for invoice: Invoice before created, updated(net) {
    if invoice.net.base > 2 USD { set invoice.tax = invoice.net * 0.19 }
}
workflow Notice for invoice: Invoice when created, updated(net) {
    log "{invoice.exchange_rate} {invoice.net.base} {invoice.tax?.base}"
    let known = @2026-01-01
    wait 1 day
    log "{convert(invoice.net, JPY, at: known)} {convert(invoice.net, USD)} {sum i in Invoice select i.net.base}"
}
"#;
    on_both(source, |w| {
        let money = |text: &str| Value::Money(abide::data::convert::money(text).unwrap());
        let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
        // Days since 1970; the clock stands at 2026-01-05.
        for (code, day, rate) in
            [("EUR", 20_000, "0.5"), ("EUR", 20_458, "0.85"), ("EUR", 20_459, "0.9"), ("JPY", 19_000, "150.25")]
        {
            w.rate(code, day, rate);
        }
        let first = w.create("Invoice", &[("name", text("a")), ("net", money("1 EUR"))]);
        assert_eq!(w.field(first, "exchange_rate"), decimal("0.85"));
        w.advance(DAY);
        w.update(first, &[("name", text("b"))]);
        assert_eq!(w.field(first, "exchange_rate"), decimal("0.85"));
        w.update(first, &[("net", money("2 EUR"))]);
        assert_eq!(w.field(first, "exchange_rate"), decimal("0.9"));
        w.advance(DAY);
        assert_eq!(
            w.notes(),
            [
                "0.85 1.1765 USD ",
                "300.50 JPY 1.1111 USD 1.1765 USD",
                "0.9 2.2222 USD 0.4222 USD",
                "601 JPY 2.2222 USD 2.2222 USD"
            ]
        );
        let base = w.create("Invoice", &[("name", text("c")), ("net", money("5 USD"))]);
        assert_eq!(w.field(base, "exchange_rate"), decimal("1"));
        let faults = [
            w.try_create("Invoice", &[("name", text("d")), ("net", money("7 SEK"))]).map(|_| ()),
            w.try_update(first, &[("exchange_rate", decimal("2"))]),
        ];
        assert_eq!(
            faults.map(fault),
            [
                "R0205: there is no exchange rate of SEK on 2026-01-07",
                "R0310: `Invoice.exchange_rate` cannot be written"
            ]
        );
    });
}
