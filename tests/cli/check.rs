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

const WRONG: &str = "fn f(a: int) -> bool { return a = 3 }\n";

#[test]
fn github_gets_commands() {
    Call::new().file("a.proc", WRONG).run(&["check", "a.proc", "--format", "github"]).is(
        1,
        "::error file=a.proc,line=1,endLine=1,col=33,endColumn=34,title=E0110::a comparison is written \
         `==`%0Aone `=` gives a name its value%0Ahelp: write `==`\n",
        "",
    );
}

#[test]
fn sarif_has_what_its_schema_requires() {
    let outcome = Call::new().file("a.proc", WRONG).run(&["check", "a.proc", "--format", "sarif"]);
    let log: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!((outcome.code, outcome.err.as_str(), log["version"].as_str()), (1, "", Some("2.1.0")));
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "abide");
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "E0110");
    let result = &run["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&"E0110".into(), &"error".into()));
    assert!(result["message"]["text"].is_string());
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a.proc");
    assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&1.into(), &33.into()));
    let replacement = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "==");
}

#[test]
fn junit_has_a_case_for_each_file() {
    let call = Call::new().file("abide.toml", "name = \"p\"\n").file("a.proc", WRONG).file("b.proc", GOOD);
    let outcome = call.run(&["check", "--format", "junit"]);
    assert!(outcome.out.contains("<testsuite name=\"abide check\" tests=\"3\" failures=\"1\""), "{}", outcome.out);
    assert!(outcome.out.contains("<testcase name=\"b.proc\" classname=\"abide.check\"/>"), "{}", outcome.out);
    assert_eq!((outcome.code, outcome.err.as_str()), (1, ""));
}

#[test]
fn fix_changes_what_is_right_for_sure() {
    let call = Call::new().file("a.proc", WRONG);
    call.run(&["check", "a.proc", "--fix", "--dry-run"]);
    assert_eq!(call.read("a.proc"), WRONG, "a dry run changes nothing");
    let outcome = call.run(&["check", "a.proc", "--fix"]);
    outcome.is(0, "checked 1 file: no errors\n", "fixed a.proc:1:33: write `==` (E0110)\n");
    assert_eq!(call.read("a.proc"), "fn f(a: int) -> bool { return a == 3 }\n");
}

#[test]
fn fix_leaves_guesses_unless_all_is_wanted() {
    let text = "entity Deal { title: text }\nfn f(d: Deal) -> text { return d.titel }\n";
    let call = Call::new().file("a.proc", text);
    assert_eq!(call.run(&["check", "a.proc", "--fix"]).code, 1);
    assert_eq!(call.read("a.proc"), text);
    let told = "guessed a.proc:2:34: write `title` (E0211)\n1 change guessed: read what is new before you keep it\n";
    call.run(&["check", "a.proc", "--fix=all"]).is(0, "checked 1 file: no errors\n", told);
    assert_eq!(call.read("a.proc"), text.replace("titel", "title"));
    assert_eq!(call.run_with(&["check", "-", "--fix"], text).code, 2, "standard input is no file");
}

#[test]
fn a_ring_has_a_label_on_each_write_in_each_file() {
    let call = Call::new()
        .file("abide.toml", "name = \"p\"\n")
        .file(
            "a.proc",
            "entity Deal { rank: int = 0, score: int = 0 }\n\
             realtime workflow First for deal: Deal after updated(rank) { update deal { score += 1 } }\n",
        )
        .file("b.proc", "realtime workflow Second for deal: Deal after updated(score) { update deal { rank += 1 } }\n");
    let outcome = call.run(&["check"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (1, "checked 2 files: 1 error\n"));
    for words in ["error[W0503]", "a.proc:2:", "this starts `Second`", "b.proc:1:", "this starts `First`"] {
        assert!(outcome.err.contains(words), "{words} is missing in {}", outcome.err);
    }
}

#[test]
fn a_name_of_the_file_beside_is_of_another_project() {
    let call = Call::new()
        .file("a.proc", "entity Node {\n    n: int\n}\n")
        .file("b.proc", "action Act() for node: Node {\n    let other = Node[1]\n    log \"{node.n} {other}\"\n}\n");
    let outcome = call.run(&["check", "."]);
    let notes = outcome.err.matches("note: `Node` is declared in `a.proc`, which is another project").count();
    assert_eq!((outcome.code, notes), (1, 1), "{}", outcome.err);
    assert!(outcome.err.contains("help: put an `abide.toml` into the folder"), "{}", outcome.err);
    assert!(!outcome.err.contains("did you mean"), "{}", outcome.err);
}
