//! `abide explain`.

use super::Call;

#[test]
fn a_page_is_printed_for_a_code_and_for_its_name() {
    let by_code = Call::new().run(&["explain", "e0909"]);
    insta::assert_snapshot!(by_code.out);
    assert_eq!((by_code.code, by_code.err.as_str()), (0, ""));
    assert_eq!(Call::new().run(&["explain", "manifest-missing-key"]).out, by_code.out);
}

#[test]
fn an_unknown_code_gets_what_was_meant() {
    let error = "error: there is no code `file-not-readabel`, did you mean `file-not-readable`?\n";
    Call::new().run(&["explain", "file-not-readabel"]).is(2, "", error);
    let outcome = Call::new().run(&["explain", "E0999"]);
    assert!(outcome.err.starts_with("error: there is no code `E0999`; its family has\n  E0901  "), "{}", outcome.err);
    assert_eq!(outcome.code, 2);
}
