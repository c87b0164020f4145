//! The tests give the same results whatever signals their own parent ignored.

use std::process::Command;

use crate::support::{Folder, Run, probe};

const IGNORED: &str = "trap '' HUP INT QUIT TERM USR1; exec \"$0\" \"$@\"";
/// 32 and 33, which `posix_spawn` of glibc ignores in each child.
const OF_THE_C_LIBRARY: u64 = 0b11 << 31;

#[test]
fn processes_of_a_test_start_with_default_dispositions() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    Run::of(probe(), ["state".as_ref(), file.as_os_str()]).finish().assert_status(0);
    let state = std::fs::read_to_string(file).expect("the probe wrote its state");
    let ignored =
        state.lines().find_map(|line| line.strip_prefix("SigIgn: ")).expect("the kernel reports it");
    let ignored = u64::from_str_radix(ignored, 16).expect("it is a mask");
    assert_eq!(ignored & !OF_THE_C_LIBRARY, 0, "ignored signals: {ignored:x}");
}

#[test]
fn processes_of_a_test_whose_parent_ignores_signals_start_with_default_dispositions() {
    let tests = std::env::current_exe().expect("a test knows its own path");
    let name = "dispositions::processes_of_a_test_start_with_default_dispositions";
    let output = Command::new("sh")
        .args(["-c", IGNORED])
        .arg(tests)
        .args([name, "--exact"])
        .output()
        .expect("there is a sh");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}");
}
