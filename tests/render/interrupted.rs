//! What is there after a kill or an error in the middle of writing.

use std::path::Path;
use std::process::Command;

use crate::support::scenario::Scenario;
use crate::support::{has_tool, in_path, monofy};

const FILES: usize = 3;
/// rename(2), or renameat(2) where there is no other.
const RENAME: &str = "/^rename(at)?$";

/// Old files, and their templates.
fn scenario() -> Scenario {
    (0..FILES).fold(Scenario::new(), |scenario, number| {
        scenario.file(&format!("t/{number}.conf"), "$<A:-new>").file(&format!("conf.d/{number}.conf"), "old")
    })
}

/// Renders under strace, which does this to a call.
fn render(scenario: &Scenario, call: &str, injected: &str) -> Option<i32> {
    let status = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e"])
        .arg(format!("inject={call}:{injected}"))
        .arg(monofy())
        .args(["--render", "t:conf.d"])
        .current_dir(scenario.path())
        .stderr(std::process::Stdio::null())
        .status();
    status.expect("strace can be started").code()
}

/// The contents of the files that a program finds, and the number of those that it does not.
fn found(folder: &Path) -> (Vec<String>, usize) {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().expect("text")).collect();
    names.sort();
    let (hidden, shown): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| name.starts_with('.'));
    assert!(
        hidden.iter().all(|name| Path::new(name).extension().is_none_or(|end| end != "conf")),
        "{hidden:?}"
    );
    let read = |name: &String| std::fs::read_to_string(folder.join(name)).expect("it is a file");
    (shown.iter().map(read).collect(), hidden.len())
}

#[test]
fn a_kill_leaves_each_file_old_or_new() {
    if !has_tool("strace", in_path("strace")) {
        return;
    }
    // The calls before the first rename write and adjust the new files; each rename replaces one.
    for (call, number, new) in
        [("fchmod", 1, 0), ("fchmod", 3, 0), (RENAME, 1, 0), (RENAME, 2, 1), (RENAME, 3, 2)]
    {
        let scenario = scenario();
        let status = render(&scenario, call, &format!("signal=KILL:when={number}"));
        assert_ne!(status, Some(0), "{call} {number}");
        let (texts, _) = found(&scenario.path().join("conf.d"));
        let expected: Vec<_> = (0..FILES).map(|number| if number < new { "new" } else { "old" }).collect();
        assert_eq!(texts, expected, "{call} {number}");
    }
}

#[test]
fn an_error_before_the_first_rename_leaves_everything_as_it_was() {
    if !has_tool("strace", in_path("strace")) {
        return;
    }
    for error in ["ENOSPC", "EIO", "EDQUOT"] {
        let scenario = scenario();
        assert_eq!(render(&scenario, "fchmod", &format!("error={error}:when=3")), Some(125), "{error}");
        assert_eq!(found(&scenario.path().join("conf.d")), (vec!["old".to_owned(); FILES], 0), "{error}");
    }
}
