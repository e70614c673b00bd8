//! What a fault tells: to a `catch`, and to who looks at a parked instance.

use super::world::{DAY, on_both, text};

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
