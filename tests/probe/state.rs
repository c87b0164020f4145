//! The state that a process inherits.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use nix::libc;
use nix::unistd::{getpgrp, getpid, getppid, getsid};

/// The lines of /proc/self/status that a child inherits.
const INHERITED: [&str; 14] = [
    "Umask",
    "Uid",
    "Gid",
    "Groups",
    "SigBlk",
    "SigIgn",
    "SigCgt",
    "CapInh",
    "CapPrm",
    "CapEff",
    "CapBnd",
    "CapAmb",
    "NoNewPrivs",
    "Seccomp",
];

/// Writes the state into a file, which appears complete.
pub(crate) fn write(file: &str) -> i32 {
    // Before the file is opened, which takes a descriptor.
    let text = describe();
    let unfinished = format!("{file}.part");
    let is_written = fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, file));
    i32::from(is_written.is_err())
}

fn describe() -> String {
    let mut text = String::new();
    let mut tell = |name: &str, value: &str| {
        let _ = writeln!(text, "{name}: {value}");
    };
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    for (name, value) in status.lines().filter_map(|line| line.split_once(':')) {
        if INHERITED.contains(&name) {
            tell(name, value.trim());
        }
    }
    tell("descriptors", &descriptors());
    tell("death signal", &death_signal().to_string());
    tell("directory", &std::env::current_dir().unwrap_or_default().display().to_string());
    let arguments: Vec<_> =
        std::env::args_os().map(|word| word.as_bytes().escape_ascii().to_string()).collect();
    tell("arguments", &arguments.join(" "));
    let mut environment: Vec<_> =
        std::env::vars_os().map(|(name, value)| format!("{}={}", name.display(), value.display())).collect();
    environment.sort_unstable();
    tell("environment", &environment.join(" "));
    let group = getpgrp();
    tell("leads its group", &(group == getpid()).to_string());
    tell("leads its session", &(getsid(None) == Ok(getpid())).to_string());
    tell(
        "is in the group of its parent",
        &(getppid().as_raw() > 0 && nix::unistd::getpgid(Some(getppid())) == Ok(group)).to_string(),
    );
    text
}

/// The descriptors and their targets. The one that reads the directory is closed before the targets are read.
fn descriptors() -> String {
    let Ok(folder) = fs::read_dir("/proc/self/fd") else { return "unknown".to_owned() };
    let mut numbers: Vec<i32> =
        folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    let shown = numbers.iter().filter_map(|number| {
        let target = fs::read_link(format!("/proc/self/fd/{number}")).ok()?;
        Some(format!("{number}={}", target.display()))
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn death_signal() -> i32 {
    let mut number = 0;
    // By prctl(2) itself: nix has no name for a real-time signal.
    // SAFETY: the number's place is valid.
    unsafe { libc::prctl(libc::PR_GET_PDEATHSIG, &raw mut number) };
    number
}
