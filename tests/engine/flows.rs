//! Runs of business process flows, as people move them: each answer, forward and back.

use abide::base::value::{RecordRef, Value};
use abide::engine::flow_view::StagePlace;
use abide::engine::flows::{Moved, Turn};

use super::world::{HOUR, World, fault, on_both, text};

const SOURCE: &str = r#"
entity Lead flow enabled { name: text  ready: bool = false  size: int?  shown as "{name}" }
entity Deal flow enabled { title: text  lead: Lead  shown as "{title}" }
entity Line { text: text }
action Refuse() for deal: Deal { if deal.title == "bad" { stop canceled "a bad deal" } }
action Remark() for lead: Lead { create Line { text: "noted {lead.name}" } }
flow Sales {
    stage Qualify "Qualify it" for lead: Lead category qualify {
        step lead.ready "Ready" required
        step lead.size "Size" required if lead.ready
        button "Note" do Remark(lead)
        next Small if lead.size < 10
        next Large
    }
    stage Small for lead { finish }
    stage Large for deal: Deal via deal.lead {
        do Refuse(deal) on exit
        next Close
    }
    stage Close for lead { }
    on finish { create Line { text: "finished {lead.name}" } }
}
flow Other { stage Only for lead: Lead { step lead.name required } }
"#;

fn lead(w: &mut World, ready: bool, size: Option<i64>) -> RecordRef {
    let size = size.map_or(Value::None, Value::Int);
    w.create("Lead", &[("name", text("Ann")), ("ready", Value::Bool(ready)), ("size", size)])
}

fn went(from: &str, to: &str) -> Moved {
    Moved::Moved { from: from.to_owned(), to: to.to_owned() }
}

#[test]
fn each_move_has_its_answer() {
    on_both(SOURCE, |w| {
        let lead = lead(w, false, None);
        let run = w.engine.flow_start(None, "Sales", lead).unwrap();
        assert_eq!(w.engine.flow_back(None, run).unwrap(), Moved::Beginning);
        assert_eq!(w.engine.flow_next(None, run, None).unwrap(), Moved::Required(vec!["Ready".into()]));
        w.update(lead, &[("ready", Value::Bool(true))]);
        let missing = Moved::Required(vec!["Size".into()]);
        assert_eq!(w.engine.flow_next(None, run, None).unwrap(), missing);
        assert_eq!(w.engine.flow_turn(None, run, Turn::Finished).unwrap(), missing);
        w.update(lead, &[("size", Value::Int(20))]);
        let Moved::NeedsRecord { stage, entity, field, candidates } = w.engine.flow_next(None, run, None).unwrap()
        else {
            panic!("no record is there");
        };
        assert_eq!((stage.as_str(), entity.as_str(), field.as_str(), candidates.len()), ("Large", "Deal", "deal", 0));
        let deals =
            ["bad", "good"].map(|title| w.create("Deal", &[("title", text(title)), ("lead", Value::Ref(lead))]));
        let answer = w.engine.flow_next(None, run, None).unwrap();
        assert!(matches!(answer, Moved::NeedsRecord { candidates, .. } if candidates == deals));
        assert_eq!(w.engine.flow_next(None, run, Some(deals[0])).unwrap(), went("Qualify it", "Large"));
        let Moved::Refused(why) = w.engine.flow_next(None, run, None).unwrap() else { panic!("a bad deal goes on") };
        assert!(why.contains("a bad deal"), "{why}");
        w.update(deals[0], &[("title", text("better"))]);
        assert_eq!(w.engine.flow_next(None, run, None).unwrap(), went("Large", "Close"));
        assert_eq!(w.engine.flow_next(None, run, None).unwrap(), Moved::End);
        assert_eq!(w.engine.flow_turn(None, run, Turn::Finished).unwrap(), went("active", "finished"));
        assert!(matches!(w.engine.flow_back(None, run).unwrap(), Moved::Refused(_)));
        assert_eq!(w.engine.flow_turn(None, run, Turn::Active).unwrap(), went("finished", "active"));
        assert_eq!(w.engine.flow_back(None, run).unwrap(), went("Close", "Large"));
        assert_eq!(w.engine.flow_turn(None, run, Turn::Aborted).unwrap(), went("active", "aborted"));
    });
}

#[test]
fn a_run_is_seen_with_its_way_and_its_time() {
    on_both(SOURCE, |w| {
        let lead = lead(w, true, Some(3));
        let run = w.engine.flow_start(None, "Sales", lead).unwrap();
        w.advance(3 * HOUR);
        w.engine.flow_next(None, run, None).unwrap();
        w.advance(HOUR);
        let view = w.engine.flow_view(run).unwrap();
        let stages: Vec<(&str, StagePlace)> = view.stages.iter().map(|s| (s.title.as_str(), s.place)).collect();
        let expected = [
            ("Qualify it", StagePlace::Done),
            ("Small", StagePlace::Here),
            ("Large", StagePlace::Aside),
            ("Close", StagePlace::Aside),
        ];
        assert_eq!(stages, expected);
        assert_eq!((view.spent, view.in_stage), (4 * HOUR, Some(HOUR)));
        assert_eq!(view.stages[0].steps[1].value.as_ref().map(|(_, value)| value.clone()), Some(Value::Int(3)));
        assert_eq!((view.about, view.state.as_str()), (lead, "active"));
    });
}

#[test]
fn several_flows_run_on_one_record() {
    on_both(SOURCE, |w| {
        let lead = lead(w, true, Some(3));
        let sales = w.engine.flow_start(None, "Sales", lead).unwrap();
        w.advance(HOUR);
        let other = w.engine.flow_switch(None, sales, "Other").unwrap();
        assert_eq!(w.engine.flow_runs(lead).unwrap(), [other, sales]);
        w.advance(HOUR);
        assert_eq!(w.engine.flow_switch(None, other, "Sales").unwrap(), sales);
        assert_eq!(w.engine.flow_runs(lead).unwrap(), [sales, other]);
        w.engine.flow_press(None, sales, "Note").unwrap();
        assert_eq!(w.ids("Line").len(), 1);
        assert!(w.engine.flow_press(None, other, "Note").is_err());
        let deal = w.create("Deal", &[("title", text("x")), ("lead", Value::Ref(lead))]);
        assert!(w.engine.flow_start(None, "Sales", deal).is_err());
        assert!(w.engine.flow_start(None, "Sales", lead).is_err(), "one run of a flow on a record");
        let refused = fault(w.try_update(sales, &[("path", Value::List(Vec::new()))]));
        assert!(
            refused.contains("refused by Sales: the path and the times of a run are kept by its flow"),
            "{refused}"
        );
    });
}
