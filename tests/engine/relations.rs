//! Relations of many to many: what a wait that looks at one is woken by.

use abide::engine::store::Status;

use super::world::{on_both, text};

const SOURCE: &str = r#"
entity Meeting {
    title: text
    guests: many Guest through Invitation
}
entity Guest { title: text, agreed: bool = false }
entity Invitation { meeting: Meeting, guest: Guest }

fn anybody(meeting: Meeting) -> bool {
    return exists g in meeting.guests where g.title == "boss" and g.agreed
}

workflow Hold for meeting: Meeting when created {
    wait {
        until (count g in meeting.guests) > 2 => log "crowded",
        until exists g in meeting.guests where g.agreed and g.title != "boss" => log "somebody comes",
        until anybody(meeting) => log "the boss comes",
    }
}

workflow Invite for guest: Guest when created {
    for each m in Meeting {
        checkpoint
        link guest to m.guests
        link guest to m.guests
    }
}
"#;

#[test]
fn a_wait_is_woken_by_links_and_by_what_it_reads_of_the_other_side() {
    for (wanted, guest) in [("somebody comes", "ann"), ("the boss comes", "boss")] {
        on_both(SOURCE, |w| {
            w.create("Meeting", &[("title", text("plan"))]);
            let first = w.create("Guest", &[("title", text(guest))]);
            w.idle();
            assert_eq!(w.statuses("Hold"), [Status::Waiting]);
            w.update(first, &[("agreed", abide::base::value::Value::Bool(true))]);
            w.idle();
            assert_eq!(w.notes().last().unwrap(), wanted);
            assert_eq!(w.statuses("Hold"), [Status::Succeeded]);
        });
    }
    on_both(SOURCE, |w| {
        w.create("Meeting", &[("title", text("plan"))]);
        for guest in ["a", "b", "c"] {
            w.create("Guest", &[("title", text(guest))]);
            w.idle();
        }
        assert_eq!(w.notes().last().unwrap(), "crowded");
    });
}
