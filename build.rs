//! How the program is linked.

use std::{path::PathBuf, process::Command};

/// The first version of the GNU C library that reads relocations in their packed form.
const PACKED_SINCE: (u32, u32) = (2, 36);

/// Added to the linker's own script.
const NO_TABLES: &str = "SECTIONS { /DISCARD/ : { *(.eh_frame) *(.eh_frame.*) } } INSERT AFTER .text;\n";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if !is("CARGO_CFG_TARGET_OS", "linux") || !is("PROFILE", "release") {
        return;
    }
    // Another linker than the one that comes with the compiler may not know these requests.
    let is_chosen = std::env::var("RUSTC_LINKER").is_ok()
        || std::env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("link") || flags.contains("ld="));
    if is_chosen {
        return;
    }
    // A released program ends at a panic and never unwinds: it needs neither the tables that say how to, which are a
    // twelfth of its size, nor their index.
    println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
    if is("CARGO_CFG_TARGET_ARCH", "x86_64") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        let script = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("unwinding.ld");
        match std::fs::write(&script, NO_TABLES) {
            Ok(()) => println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display()),
            Err(error) => println!("cargo::warning=the tables for unwinding stay in the program: {error}"),
        }
    }
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
