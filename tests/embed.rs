//! The example that embeds the engine runs, and the page about it shows pieces of it.

#[expect(dead_code, reason = "the example is a program of its own")]
#[path = "../examples/embed/main.rs"]
mod example;

fn told(run: impl FnOnce(&mut dyn std::io::Write) -> Result<(), Box<dyn std::error::Error>>) -> String {
    let mut out = Vec::new();
    run(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn it_lives_through_some_days() {
    insta::assert_snapshot!(told(|out| example::some_days(out)));
}

#[test]
fn it_goes_on_in_real_time_on_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("customers.db");
    let line = "is postponed: ScoreCredit failed: the line is down\n";
    let first = told(|out| example::in_real_time(&path, out));
    assert!(first.starts_with("Rate #") && first.ends_with(line) && first.lines().count() == 1, "{first}");
    let second = told(|out| example::in_real_time(&path, out));
    assert!(second.starts_with(first.trim_end()) && second.lines().count() == 2, "{second}");
}

/// Each block of the page stands in the example as it is, but for its indentation.
#[test]
fn the_page_shows_the_example() {
    let lines = |text: &str| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    let example = lines(include_str!("../examples/embed/main.rs"));
    let page = include_str!("../docs/embedding.md");
    let mut count = 0;
    for block in page.split("```rust\n").skip(1) {
        let block = lines(block.split("```").next().unwrap());
        assert!(example.windows(block.len()).any(|window| window == block), "not in the example: {block:#?}");
        count += 1;
    }
    assert!(count > 4, "{count}");
    let told = told(|out| example::some_days(out));
    assert!(page.contains(&told), "the page shows another output than\n{told}");
}
