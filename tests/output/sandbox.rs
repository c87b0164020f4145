//! System calls that a sandbox refuses (contract, 5.5): each has another way.

use super::line::run;
use super::support::{Finished, Folder, Run, monofy, numbered, probe};

/// Runs monofy in a sandbox that refuses these calls in one of the two ways.
fn sandboxed(how: &str, calls: &[&str], words: &[&str]) -> Finished {
    let mut all = vec!["with".to_owned()];
    all.extend(calls.iter().map(|call| format!("{how}={call}")));
    all.extend(["--".to_owned(), monofy().display().to_string()]);
    all.extend(words.iter().map(|word| (*word).to_owned()));
    Run::of(probe(), all).env("PROBE", probe()).finish()
}

/// With EPERM, as by Docker's profile, and with ENOSYS, as by gVisor.
const WAYS: [&str; 2] = ["deny", "missing"];

/// All that monofy can do without.
const CALLS: [&str; 10] = [
    "TIOCGPTPEER",
    "clone3",
    "close_range",
    "getrandom",
    "memfd_create",
    "pidfd_open",
    "pidfd_send_signal",
    "pwritev2",
    "statx",
    "timer_create",
];

#[test]
fn no_line_is_lost_without_pwritev2() {
    for how in WAYS {
        for calls in [&["pwritev2"][..], &CALLS] {
            let words = ["-qoprefix", "--name", "a", "sh", "-c", "seq 50000; seq 50000 >&2; exit 3"];
            let finished = sandboxed(how, calls, &words);
            finished.assert_status(3);
            assert_eq!(finished.stdout, numbered("a      | ", 50_000), "{how}");
            let lines = finished.stderr.lines().filter(|line| line.starts_with("a ")).count();
            assert_eq!(lines, 50_000, "{how}");
            let finished = sandboxed(how, calls, &["-qojson", "seq", "50000"]);
            assert_eq!(finished.assert_status(0).stdout.lines().count(), 50_000, "{how}");
        }
    }
}

#[test]
fn notices_come_without_pwritev2() {
    for how in WAYS {
        let finished = sandboxed(how, &["pwritev2"], &["true"]);
        finished
            .assert_status(0)
            .assert_reported("monofy: ended with status 0, because true exited with status 0");
    }
}

#[test]
fn a_pseudo_terminal_and_all_kinds_of_checks_work_in_a_sandbox() {
    for how in WAYS {
        let words = [
            "-oprefix",
            "--name",
            "a",
            "--tty",
            "--ready=log:up",
            "sh",
            "-c",
            "echo up; exec sleep 1000",
            "|||",
            "--name",
            "b",
            "--after=a",
            "--ready=notify",
            "sh",
            "-c",
            "\"$$PROBE\" report notify:READY=1; exec sleep 1000",
            "|||",
            "--name",
            "c",
            "--after=b",
            "--ready=exec:true",
            "sleep",
            "1000",
            "|||",
            "--name",
            "d",
            "--after=c",
            "sh",
            "-c",
            "exit 4",
        ];
        let finished = sandboxed(how, &CALLS, &words);
        finished.assert_status(4).assert_stdout("a      | up\n");
    }
}

#[test]
fn descendants_are_asked_to_stop_without_pidfds() {
    for how in WAYS {
        for calls in [&["pidfd_open"][..], &["pidfd_send_signal"]] {
            let folder = Folder::new();
            let out = folder.file("out", "");
            // A grandchild, since a child is sent its signals by its number alone.
            let script = format!(
                "(\"$$PROBE\" wait below >{0} & exec sleep 1000) & until grep -q ready {0}; do sleep 0.01; done; exit 4",
                out.display()
            );
            sandboxed(how, calls, &["sh", "-c", &script]).assert_status(4);
            let out = std::fs::read_to_string(out).expect("it is there");
            assert!(out.contains("below got 15 from "), "{how} {calls:?}: {out}");
        }
    }
}

#[test]
fn a_warning_says_that_health_will_not_find_the_run_without_a_memory_file() {
    let warning = "--health and --status will not find this run: ";
    for how in WAYS {
        // A run that ends at once publishes nothing.
        let finished = sandboxed(how, &["memfd_create"], &["-q", "sleep", "0.2"]);
        finished.assert_status(0).assert_reported(warning);
        assert_eq!(finished.stderr.matches(warning).count(), 1, "{finished:?}");
    }
    let finished = run(&["sleep", "0.2"]).finish();
    assert!(!finished.stderr.contains(warning), "{finished:?}");
}
