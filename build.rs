//! How the program is linked.

use std::process::Command;

/// The first version of the GNU C library that reads relocations in their packed form.
const PACKED_SINCE: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if !is("CARGO_CFG_TARGET_OS", "linux") || !is("PROFILE", "release") {
        return;
    }
    // A released program ends at a panic and never unwinds: it needs no index of how to. That is a hundredth of its size.
    println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
    // Where the program is loaded is decided at each start; packed, the list of what that moves is fifty times shorter.
    let is_native = std::env::var("HOST").ok() == std::env::var("TARGET").ok();
    if is_native && is("CARGO_CFG_TARGET_ENV", "gnu") && c_library().is_some_and(|version| version >= PACKED_SINCE) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of the C library here, which is the oldest one that the program will run with anyway.
fn c_library() -> Option<(u32, u32)> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
