//! Loops over queries whose bodies change what they go through, and queries in `before` workflows.

use abide::base::value::Value;

use super::world::{DAY, World, on_both, text};

const DEAL: &str = r#"
entity Deal { title: text  score: int = 0  shown as "{title}" }
"#;

fn deals(w: &mut World, scores: &[i64]) {
    for (score, title) in scores.iter().zip(["a", "b", "c", "d", "e"]) {
        w.create("Deal", &[("title", text(title)), ("score", Value::Int(*score))]);
    }
}

#[test]
fn records_created_by_the_body_are_left_out() {
    for rest in ["checkpoint", "wait 1 day", ""] {
        let source = format!(
            "{DEAL} workflow Copy when on demand {{
                for each d in find d in Deal where d.score >= 0 {{ create Deal {{ title: \"copy of {{d.title}}\" }} {rest} }}
                log \"done\"
            }}"
        );
        on_both(&source, |w| {
            deals(w, &[1, 2]);
            w.engine.start(None, "Copy", &[]).unwrap();
            w.idle();
            w.advance(3 * DAY);
            assert_eq!(w.texts("Deal", "title"), ["a", "b", "copy of a", "copy of b"], "{rest}");
            assert_eq!(w.notes(), ["done"]);
        });
    }
}

#[test]
fn the_condition_is_asked_for_each_record_when_it_is_its_turn() {
    // The store answers the first form by itself, the second one is left to the program.
    for condition in ["d.score > least", "d.score + 0 > least + 0"] {
        for rest in ["wait 1 day", ""] {
            let source = format!(
                "{DEAL} workflow Go when on demand {{
                    var least = 2
                    for each d in find d in Deal where {condition} {{
                        log d.title
                        for each other in find o in Deal where o.title == \"d\" {{ update other {{ score: 9 }} }}
                        {rest}
                        set least = 5
                    }}
                }}"
            );
            on_both(&source, |w| {
                deals(w, &[1, 3, 4, 0, 6]);
                w.engine.start(None, "Go", &[]).unwrap();
                w.idle();
                w.advance(9 * DAY);
                assert_eq!(w.notes(), ["b", "d", "e"], "{condition}, {rest}");
            });
        }
    }
}

#[test]
fn a_deleted_record_is_passed_over() {
    let source = format!(
        "{DEAL} workflow Go when on demand {{
            for each d in Deal {{
                log d.title
                for each other in find o in Deal where o.score == d.score and o.id != d.id {{ delete other }}
            }}
        }}"
    );
    on_both(&source, |w| {
        deals(w, &[1, 2, 1, 2, 3]);
        w.engine.start(None, "Go", &[]).unwrap();
        w.idle();
        assert_eq!(w.notes(), ["a", "b", "e"]);
    });
}

#[test]
fn queries_before_a_write_see_the_store_in_all_their_parts() {
    // The store answers the first form of each pair by itself, the second one is left to the program.
    let source = format!(
        r#"{DEAL} entity Line {{ deal: Deal?  n: int = 0 }}
        realtime workflow Check for deal: Deal before updated(score) {{
            log "{{count d in Deal where d.score > 5}} {{count d in Deal where d.score + 0 > 5}}"
            log "{{count d in Deal where d.score < deal.score}} {{count d in Deal where d.score + 0 < deal.score + 0}}"
            log "{{count l in Line where l.deal?.score == 7}} {{count l in Line where (l.deal?.score ?? 0) + 0 == 7}}"
            log "{{sum d in Deal select d.score}} {{deal.score}}"
            let same = find one d in Deal where d.score == 7
            if same is not none {{ log "{{same.score}}" }}
        }}"#
    );
    on_both(&source, |w| {
        deals(w, &[1, 7]);
        let last = *w.ids("Deal").last().unwrap();
        let last = abide::base::value::RecordRef { entity: w.entity("Deal"), id: last };
        w.create("Line", &[("deal", Value::Ref(last))]);
        w.update(last, &[("score", Value::Int(2))]);
        assert_eq!(w.notes(), ["1 1", "1 1", "1 1", "8 2", "2"], "what is found is the record itself");
    });
}
