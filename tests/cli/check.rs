//! `abide check`.

use super::Call;

const GOOD: &str = "enum Rating { cold, warm, hot }\n";

#[test]
fn a_good_file_is_fine() {
    Call::new().file("a.proc", GOOD).run(&["check", "a.proc"]).is(0, "checked 1 file: no errors\n", "");
}

#[test]
fn standard_input_is_a_project_of_one_file() {
    Call::new().run_with(&["check", "-"], GOOD).is(0, "checked 1 file: no errors\n", "");
}

#[test]
fn every_project_below_a_folder_is_checked() {
    let call = Call::new()
        .file("p/abide.toml", "name = \"p\"\n")
        .file("p/a.proc", GOOD)
        .file("p/q/abide.toml", "name = \"q\"\n")
        .file("p/q/a.proc", GOOD);
    call.run(&["check", "p"]).is(0, "checked 2 files of 2 projects: no errors\n", "");
}

#[test]
fn without_a_path_the_current_folder_is_checked() {
    let call = Call::new().file("abide.toml", "name = \"p\"\nzon = \"UTC\"\n").file("a.proc", GOOD);
    call.run(&["check", "--format", "short"]).is(
        1,
        "checked 1 file: 1 error\n",
        "abide.toml:2:1: error[E0907]: `abide.toml` has no key `zon`\n",
    );
}

#[test]
fn messages_show_the_source() {
    let call = Call::new().file("p/abide.toml", "name = \"p\"\ncurrency = \"Euro\"\n").file("p/a.proc", GOOD);
    let outcome = call.run(&["check", "p"]);
    insta::assert_snapshot!(outcome.err);
    assert_eq!((outcome.code, outcome.out.as_str()), (1, "checked 1 file: 1 error\n"));
}

#[test]
fn json_is_all_there_is_on_standard_output() {
    let outcome = Call::new().run(&["check", "gone", "--format", "json"]);
    let start = r#"{"version":1,"diagnostics":[{"code":"E0901","severity":"error","message":"cannot read `gone`"#;
    assert!(outcome.out.starts_with(start), "{}", outcome.out);
    assert!(outcome.out.ends_with("\"errors\":1,\"warnings\":0}\n"), "{}", outcome.out);
    assert_eq!((outcome.code, outcome.err.as_str()), (3, ""));
}

#[test]
fn what_cannot_be_read_is_the_environment() {
    Call::new().run(&["check", "gone.proc"]).is(
        3,
        "checked 0 files: 1 error\n",
        "error[E0901]: cannot read `gone.proc`: there is no such file or folder\n  more: abide explain E0901\n\n",
    );
}

#[test]
fn bytes_that_are_no_text_are_a_message() {
    let outcome = Call::new().file("a.proc", b"// ok\n\xff\xfe").run(&["check", "a.proc", "--format", "short"]);
    outcome.is(1, "checked 0 files: 1 error\n", "a.proc:2:1: error[E0902]: `a.proc` is not UTF-8\n");
}

#[test]
fn colour_only_where_it_is_wanted() {
    let call = Call::new();
    assert!(call.run(&["check", "gone", "--color", "always"]).err.contains("\u{1b}[1;31merror[E0901]"));
    assert!(!call.run(&["check", "gone"]).err.contains('\u{1b}'));
}
