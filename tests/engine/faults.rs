//! What a fault tells: to a `catch`, and to who looks at a parked instance.

use abide::{base::value::Value, engine::store::LogKind};

use super::world::{DAY, HOUR, World, on_both, text};

#[test]
fn a_caught_fault_tells_its_code_its_message_and_its_place() {
    let source = r#"entity Deal { title: text(40) score: int = 0 }
error Busy { seen: text }
action Ask for deal: Deal { raise Busy { seen: "twice" } }
workflow W for deal: Deal when created {
    try {
        log "{1 div deal.score}"
    } catch e {
        let at: text = e.at
        log "{e.code}, {e.message}, {at}"
        wait 1 day
        log "{e.at}"
    }
    try { do Ask(deal) } catch e { log "{e.code}, {e.message}, {e.at}" }
}
"#;
    on_both(source, |w| {
        w.create("Deal", &[("title", text("a"))]);
        w.advance(DAY);
        let told =
            ["R0102, division by zero, test.proc:6 in W", "test.proc:6 in W", "Busy, Busy: twice, test.proc:3 in Ask"];
        assert_eq!(w.notes(), told);
    });
}

/// The named values of the first parked instance of a process.
fn values(w: &mut World, process: &str) -> Vec<(String, String)> {
    let id = w.instances(process)[0];
    w.engine.show(id).unwrap().fault.unwrap().values
}

#[test]
fn a_parked_instance_shows_no_value_that_its_snapshot_left_out() {
    let source = r#"entity Deal { n: int = 0 }
workflow Dead for d: Deal when created {
    let first = 5
    let kept = 6
    log "{first}"
    wait 1 hour
    let later = kept + 1
    update d { n: 1 div d.n }
    log "{later}"
}
workflow Again for d: Deal when created {
    var n = 1
    log "{n}"
    wait 1 hour
    set n = 2
    update d { n: n div d.n }
}
workflow Loop for d: Deal when created {
    var last = 1
    while true {
        let seen = d.n
        log "{seen}, {1 div (2 - last)}"
        set last = last + 1
        wait 1 hour
    }
}
workflow Each for d: Deal when created {
    for each l in [1, 2] { log "{l}" }
    for each l in [3, 4] {
        log "{l}"
        wait 1 hour
        log "{1 div d.n}"
    }
}
"#;
    on_both(source, |w| {
        let deal = w.create("Deal", &[]);
        w.advance(HOUR);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let d = pair("d", &format!("deal:{}", deal.id));
        assert_eq!(values(w, "Dead"), [d.clone(), pair("kept", "6"), pair("later", "7")]);
        assert_eq!(values(w, "Again"), [d.clone(), pair("n", "2")]);
        assert_eq!(values(w, "Loop"), [d.clone(), pair("last", "2"), pair("seen", "0")]);
        assert_eq!(values(w, "Each"), [d]);
    });
}

#[test]
fn a_loop_shows_its_own_name_and_not_that_of_the_loop_before() {
    let source = r#"entity Deal { n: int = 0 }
workflow W for d: Deal when created {
    for each l in [1, 2] { log "{l}" }
    for each l in [3, 4] { log "{l div d.n}" }
}
"#;
    on_both(source, |w| {
        w.create("Deal", &[]);
        let names: Vec<String> = values(w, "W").into_iter().map(|(name, value)| format!("{name} = {value}")).collect();
        assert_eq!(names[1..], ["l = 3"]);
    });
}

#[test]
fn a_refusal_names_the_process_and_the_place_of_the_fault() {
    let source = r#"entity Ord { n: int = 0 }
entity Part { n: int = 0 }
fn share(n: int) -> int { return 1 div n }
realtime workflow R1 for o: Ord before updated(n) {
    stage "Look" {
        if o.n == 7 { log "{share(o.n - 7)}" }
    }
}
realtime workflow R2 for o: Ord after updated(n) {
    if o.n == 8 { create Part { n: 5 } }
}
realtime workflow R3 for p: Part after created {
    try { log "{1 div (p.n - 5)}" } catch e { log "caught" }
    log "{1 div (p.n - 5)}"
}
realtime workflow R4 for p: Part after created only if 1 div (p.n - 6) > 0 { log "6" }
"#;
    on_both(source, |w| {
        let order = w.create("Ord", &[]);
        assert!(w.try_update(order, &[("n", Value::Int(7))]).is_err());
        assert!(w.try_update(order, &[("n", Value::Int(8))]).is_err());
        assert!(w.try_create("Part", &[("n", Value::Int(6))]).is_err());
        let log = w.engine.timeline(None).unwrap();
        let refusals: Vec<String> = log
            .iter()
            .filter(|entry| entry.kind == LogKind::Refuse)
            .map(|e| format!("{} {:?} {} {}", e.process.as_deref().unwrap_or("?"), e.stage, e.place, e.message))
            .collect();
        let told = [
            r#"R1 "Look" test.proc:3, called at test.proc:6 R0102: division by zero"#,
            r#"R3 "" test.proc:14 R0102: division by zero"#,
            r#"R4 "" test.proc:16 R0102: division by zero (a new Part)"#,
        ];
        assert_eq!(refusals, told);
    });
}
