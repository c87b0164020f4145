//! Finds the processes that a run left behind, by a mark in the environment: every descendant inherits it, daemons
//! included.

use crate::support::{is_gone, until};

/// The variable that holds the mark.
pub(crate) const MARK: &str = "MONOFY_TEST_MARK";

/// The running processes that have a mark, with their names.
pub(crate) fn marked(mark: &str) -> Vec<(i32, String)> {
    let wanted = format!("{MARK}={mark}");
    let all = std::fs::read_dir("/proc").expect("/proc is mounted");
    let pids = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let has_mark = |pid: &i32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|b| *b == 0).any(|entry| entry == wanted.as_bytes())
    };
    let name =
        |pid| std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned();
    pids.filter(has_mark).filter(|pid| !is_gone(*pid)).map(|pid| (pid, name(pid))).collect()
}

/// Returns the processes that are left, and kills them.
pub(crate) fn take(mark: &str) -> Vec<(i32, String)> {
    let left = marked(mark);
    if !left.is_empty() {
        until("the end of the processes that were left", || {
            let now = marked(mark);
            for (pid, _) in &now {
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(*pid), nix::sys::signal::SIGKILL);
            }
            now.is_empty().then_some(())
        });
    }
    left
}
