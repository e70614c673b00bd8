//! The command line itself.

use super::Call;

#[test]
fn versions() {
    let version = concat!("abide ", env!("CARGO_PKG_VERSION"), "\n");
    Call::new().run(&["--version"]).is(0, version, "");
    let verbose = Call::new().run(&["--version", "--verbose"]);
    let formats = format!("\nlanguage   0.1\nbuilds     format {}\n", abide::bytecode::container::FORMAT);
    assert!(verbose.out.starts_with(version) && verbose.out.contains(&formats), "{}", verbose.out);
}

#[test]
fn a_wrong_command_line_is_usage() {
    let outcome = Call::new().run(&["chekc"]);
    assert!(outcome.err.contains("unrecognized subcommand 'chekc'"), "{}", outcome.err);
    assert_eq!((outcome.code, outcome.out.as_str()), (2, ""));
    assert_eq!(Call::new().run(&[]).code, 2);
}

#[test]
fn help_is_a_result() {
    let outcome = Call::new().run(&["--help"]);
    assert!(outcome.out.starts_with("Business processes: write, check, run\n"), "{}", outcome.out);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
}

#[test]
fn a_filter_that_fits_no_test_is_a_mistake() {
    let call = Call::new().file("t.proc", "test \"one\" { expect 1 == 1 }\n");
    assert_eq!(call.run(&["test", "t.proc", "on"]).code, 0);
    let misspelt = call.run(&["test", "t.proc", "own"]);
    assert_eq!(misspelt.code, 2);
    assert!(misspelt.err.contains("no test has `own` in its title"), "{}", misspelt.err);
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let outcome = Call::new().run(&["completions", shell]);
        assert!(outcome.out.contains("explain"), "{shell}");
        assert_eq!((outcome.code, outcome.err.as_str()), (0, ""), "{shell}");
    }
}

#[test]
fn show_prints_a_library() {
    let outcome = Call::new().run(&["show", "crm"]);
    assert!(outcome.out.contains("\nentity Opportunity owned by user"), "{}", outcome.out);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    let misspelt = Call::new().run(&["show", "crn"]);
    assert!(misspelt.err.contains("did you mean `crm`?"), "{}", misspelt.err);
    assert_eq!(misspelt.code, 2);
    assert_eq!(Call::new().run(&["show", "7"]).code, 2);
}
