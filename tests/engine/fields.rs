//! What fields of each type hold, on both stores.

use abide::base::value::Value;

use super::world::{fault, on_both, text};

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
