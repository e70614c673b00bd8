//! `abide fmt`.

use super::Call;

const LOOSE: &str = "enum   Rating{cold,warm}\n";
const TIGHT: &str = "enum Rating { cold, warm }\n";

#[test]
fn files_are_written_and_counted() {
    let call = Call::new().file("a.proc", LOOSE).file("d/b.proc", TIGHT);
    call.run(&["fmt"]).is(0, "formatted 1 of 2 files\n", "");
    assert_eq!(call.read("a.proc"), TIGHT);
    call.run(&["fmt"]).is(0, "formatted 0 of 2 files\n", "");
    let left: Vec<_> = std::fs::read_dir(call.path(".")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn check_names_files_and_writes_nothing() {
    let call = Call::new().file("a.proc", LOOSE).file("b.proc", TIGHT);
    call.run(&["fmt", "--check"]).is(1, "a.proc would change\n1 of 2 files would change\n", "");
    assert_eq!(call.read("a.proc"), LOOSE);
}

#[test]
fn standard_input_goes_to_standard_output() {
    Call::new().run_with(&["fmt", "-"], LOOSE).is(0, TIGHT, "");
}

#[test]
fn what_does_not_parse_is_left_and_said() {
    let text = "enum   A{a}\n\nworkflow  Broken  for {\n  ???\n}\n\nenum   B{b}\n";
    let call = Call::new().file("a.proc", text);
    let outcome = call.run(&["fmt", "a.proc"]);
    assert!(outcome.err.contains("a.proc:"), "{outcome:?}");
    assert_eq!(outcome.code, 1);
    assert!(call.read("a.proc").contains("workflow  Broken  for {\n  ???\n}\n"), "{}", call.read("a.proc"));
}

#[test]
fn settings_that_are_wrong_do_not_matter() {
    let call = Call::new().file("abide.toml", "nonsense").file("a.proc", LOOSE);
    call.run(&["fmt"]).is(0, "formatted 1 of 1 file\n", "");
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let call = Call::new().file("real/a.txt", LOOSE);
    symlink(call.path("real/a.txt"), call.path("a.proc")).unwrap();
    std::fs::set_permissions(call.path("real/a.txt"), std::fs::Permissions::from_mode(0o640)).unwrap();
    call.run(&["fmt", "a.proc"]).is(0, "formatted 1 of 1 file\n", "");
    assert!(std::fs::symlink_metadata(call.path("a.proc")).unwrap().is_symlink());
    assert_eq!(call.read("real/a.txt"), TIGHT);
    assert_eq!(std::fs::metadata(call.path("real/a.txt")).unwrap().permissions().mode() & 0o777, 0o640);
}
