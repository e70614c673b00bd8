//! Input that is too much, or no file at all: a message with a code, in little time and memory.

#![cfg(unix)]

use std::{
    ffi::OsStr,
    os::unix::{ffi::OsStrExt, fs::symlink},
    process::Command,
};

use abide::bytecode::container::{FORMAT, SECTIONS};

use super::{Call, Outcome};

/// What the program may take: address space, most of it the stack that it reserves.
const KILOBYTES: u32 = 2_000_000;
/// Seconds of processor time.
const SECONDS: u32 = 60;

/// Calls the program within bounds that the system enforces.
fn bounded(call: &Call, args: &str) -> Outcome {
    let program = env!("CARGO_BIN_EXE_abide");
    let script = format!("ulimit -v {KILOBYTES}; ulimit -t {SECONDS}; exec {program} {args} </dev/null");
    let output = Command::new("sh").arg("-c").arg(script).current_dir(call.path("")).output().unwrap();
    Outcome {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().expect("it ended by itself"),
    }
}

#[track_caller]
fn refused(call: &Call, args: &str, exit: i32, beginning: &str) {
    let outcome = bounded(call, args);
    assert!(outcome.err.starts_with(beginning), "{args}: {}", outcome.err.get(..500).unwrap_or(&outcome.err));
    assert_eq!(outcome.code, exit, "{args}");
}

const PROGRAM: &str = "entity Deal { title: text(200)  value: int = 0  next: Deal? }\n";

#[test]
fn what_is_no_file() {
    let call = Call::new().file("good.proc", PROGRAM).file("project/a.proc", PROGRAM).file("folder.proc/x", "");
    let pipes = ["pipe.proc", "pipe.procb", "pipe.json", "pipe.snap", "project/abide.toml"];
    assert!(Command::new("mkfifo").args(pipes.map(|pipe| call.path(pipe))).status().unwrap().success());
    symlink("circle.proc", call.path("circle.proc")).unwrap();
    let not_a_file = "it is neither a file nor a folder";
    for (args, path) in [
        ("check pipe.proc", "pipe.proc"),
        ("check project", "project/abide.toml"),
        ("run pipe.procb", "pipe.procb"),
        ("disasm pipe.procb", "pipe.procb"),
        ("run good.proc --data pipe.json", "pipe.json"),
        ("resume pipe.snap good.proc", "pipe.snap"),
    ] {
        refused(&call, args, 3, &format!("error[E0901]: cannot read `{path}`: {not_a_file}\n"));
    }
    refused(&call, "check circle.proc", 3, "error[E0901]: cannot read `circle.proc`: ");
    refused(&call, "check folder.proc", 1, "error[E0910]: `folder.proc` holds no `.proc` file\n");
    refused(&call, "run folder.proc --data folder.proc", 1, "error[E0910]: ");
    refused(&call, "run good.proc --data folder.proc", 3, "error[E0901]: cannot read `folder.proc`: ");
}

#[test]
fn what_is_too_much() {
    let call = Call::new()
        .file("big.proc", "// line\n".repeat(3 << 20))
        .file("deep.proc", format!("fn f() -> int {{ return {} }}\n", "(".repeat(200_000)))
        .file("project/abide.toml", format!("name = \"x\"\n{}", "# line\n".repeat(200_000)))
        .file("project/a.proc", PROGRAM)
        .file("good.proc", PROGRAM)
        .file("many.json", format!("{{\"now\": [{}1]}}", "1,".repeat(2_100_000)))
        .file("deep.json", "[".repeat(1_000_000))
        .file(
            "keys.json",
            format!("{{{}\"version\": 1}}", (0..200_000).map(|n| format!("\"k{n}\":1,")).collect::<String>()),
        );
    refused(&call, "check big.proc", 1, "error[E0903]: `big.proc` is larger than 16 MB\n");
    refused(&call, "check deep.proc", 1, "error[E0102]: nested too deeply\n");
    refused(&call, "check project", 1, "error[E0903]: `project/abide.toml` is larger than 1 MB\n");
    refused(&call, "run good.proc --data many.json", 1, "error[E0903]: the data file has more than can be read\n");
    refused(&call, "run good.proc --data deep.json", 1, "error[E0912]: the data file is not valid JSON\n");
    refused(&call, "run good.proc --data keys.json", 1, "error[E0913]: `k0` means nothing here\n");
}

#[test]
fn bytes_that_are_no_text_and_no_build() {
    let lies = [
        b"ABIDE\x1A\r\n",
        &FORMAT.to_le_bytes()[..],
        &SECTIONS.to_le_bytes()[..],
        b"\x01\0\xFF\xFF\xFF\xFF\xFD\0\0\0\0\0\0\0\x80 and enough bytes for a hash",
    ];
    let call = Call::new()
        .file("nul.proc", "entity Deal { title: text\0 }")
        .file("latin.proc", b"entity Deal { title: t\xE9xt }")
        .file("latin.json", b"{\"version\": \"\xE9\"}")
        .file("good.proc", PROGRAM)
        .file("lies.procb", lies.concat())
        .file("text.procb", "#!/bin/sh\n")
        .file("later.procb", b"ABIDE\x1A\r\n\xE7\x03\x0E\0");
    refused(&call, "check nul.proc", 1, "error[E0118]: ");
    refused(&call, "check latin.proc", 1, "error[E0902]: `latin.proc` is not UTF-8\n");
    refused(&call, "run good.proc --data latin.json", 1, "error[E0902]: `latin.json` is not UTF-8");
    refused(&call, "run lies.procb", 1, "error[E0904]: `lies.procb`: the build is damaged: ");
    refused(&call, "run text.procb", 1, "error[E0905]: `text.procb`: this is no build\n");
    let format = format!("error[E0905]: `later.procb`: the build has the format 999, this program reads {FORMAT}\n");
    refused(&call, "run later.procb", 1, &format);
}

#[test]
fn files_that_may_not_grow() {
    let deals: String = (0..400).map(|n| format!(r#"{{"title": "{n} {}"}},"#, "x".repeat(150))).collect();
    let data = format!(r#"{{"version": 1, "records": {{"Deal": [{}]}}}}"#, deals.trim_end_matches(','));
    let call = Call::new().file("deal.proc", PROGRAM).file("data.json", &data);
    let program = env!("CARGO_BIN_EXE_abide");
    for (limit, args) in [(60, "run deal.proc --data data.json --store deals.db"), (0, "build deal.proc -o deal.procb")]
    {
        let script = format!("ulimit -f {limit}; exec {program} {args} </dev/null >/dev/null");
        let output = Command::new("sh").arg("-c").arg(script).current_dir(call.path("")).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{args}: {told}");
        assert!(told.starts_with("error[E09"), "{args}: {told}");
    }
    // With room it goes on from there.
    assert_eq!(call.run(&["run", "deal.proc", "--data", "data.json", "--store", "deals.db"]).code, 0);
}

#[test]
fn a_name_that_is_not_utf8_is_told() {
    let call = Call::new().file("p/a.proc", "fn one() -> int { return 1 }\n");
    let name = OsStr::from_bytes(b"p/b\xff.proc");
    std::fs::write(call.path("").join(name), "fn two() -> int { return 2 }\n").unwrap();
    let outcome = call.run(&["check", "p"]);
    assert!(outcome.code == 3 && outcome.err.contains("its name is not UTF-8"), "{}", outcome.err);
}
