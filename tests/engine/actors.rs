//! Who acts: where nobody is named it is the built-in user, as a record like any other.

use abide::base::value::Value;

use super::world::{DAY, on_both, text};

#[test]
fn the_system_is_the_built_in_user() {
    let source = r#"entity Ord { subject: text(40) who: User? }
realtime workflow R for o: Ord after created {
    create Task { subject: "by {process.user.name} for {process.caller.name}, {trigger.user.name}" }
}
workflow Started for o: Ord when created {
    log "{process.user == o.owner} {process.owner == o.owner} {trigger.user == o.created_by}"
    update o { who: process.user }
    assign o to process.owner
    act as process.caller { log "acts as {process.user.name}" }
    log "{process.caller.name} {trigger.user.name}"
}
workflow Daily when every day at 09:30 { log "{process.user.name}, {process.owner.name}" }
"#;
    on_both(source, |w| {
        let order = w.create("Ord", &[("subject", text("a"))]);
        w.advance(DAY);
        assert_eq!(w.texts("Task", "subject"), ["by System for System, System"]);
        assert_eq!(w.notes(), ["true true true", "acts as System", "System System", "System, System"]);
        let Value::Ref(who) = w.field(order, "who") else { panic!("nobody") };
        assert_eq!(Some(who.id), w.engine.system_user());
    });
}
