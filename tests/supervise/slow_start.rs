//! Starts that never come to an end: they hold up neither signals nor the other processes (contract, 4.1).
//!
//! strace stops a new process at a system call, as a dead network file system would.

use super::line::{TERM, USR1, ready};
use super::support::{Folder, Run, Running, children, has_tool, in_path, monofy, probe, send, until};

/// monofy under strace, which stops every process that makes this system call on this path.
fn stopped_at(call: &str, path: &str, words: &[&str]) -> Running {
    let (monofy, probe) = (monofy(), probe());
    let trace = format!("trace={call}");
    let inject = format!("inject={call}:signal=STOP");
    let options = ["-f", "-qq", "-o", "/dev/null", "-P", path, "-e", &trace, "-e", &inject];
    let words = words.iter().map(|word| if *word == "probe" { probe.to_str().unwrap() } else { word });
    let all = options.into_iter().chain([monofy.to_str().unwrap()]).chain(words);
    Run::of("strace", all).start()
}

/// The process id of monofy, the child of strace.
fn traced(running: &Running) -> i32 {
    until("the child of strace", || children(running.pid()).first().copied())
}

#[test]
fn a_start_that_hangs_holds_up_neither_the_others_nor_a_stop() {
    if !has_tool("strace", in_path("strace")) {
        return;
    }
    let folder = Folder::new();
    let path = folder.path().to_str().unwrap();
    let words = ["--name", "a", "--workdir", path, "probe", "wait", "a", "|||", "probe", "wait", "b"];
    let running = stopped_at("chdir", path, &words);
    ready(&running, "b");
    send(traced(&running), TERM);
    let finished = running.finish();
    finished.assert_status(0).assert_reported("stopping probe, because SIGTERM was received");
    assert!(!finished.stdout.contains("a ready"), "{finished:?}");
    assert!(!finished.stderr.contains("a started"), "{finished:?}");
}

#[test]
fn a_setup_command_whose_start_hangs_holds_up_no_stop() {
    if !has_tool("strace", in_path("strace")) {
        return;
    }
    let folder = Folder::new();
    let path = folder.path().to_str().unwrap();
    let words =
        ["probe", "wait", "one", "USR1=0", "&&", "--workdir", path, "probe", "wait", "two", "&&", "true"];
    let running = stopped_at("chdir", path, &words);
    let one = ready(&running, "one");
    let monofy = traced(&running);
    send(one, USR1);
    running.stderr.wait_for("setup probe exited with status 0");
    until("the start of the second command", || children(monofy).first().copied());
    send(monofy, TERM);
    running.finish().assert_status(0);
}

#[test]
fn a_lookup_that_hangs_holds_up_no_stop() {
    if !has_tool("strace", in_path("strace")) {
        return;
    }
    let folder = Folder::new();
    let path = folder.path().to_str().unwrap();
    let words = ["true", "&&", "--workdir", path, "probe", "wait", "a", "|||", "probe", "wait", "b"];
    let running = stopped_at("statx", path, &words);
    running.stderr.wait_for("setup true exited with status 0");
    let monofy = traced(&running);
    until("the process that looks programs up", || children(monofy).first().copied());
    send(monofy, TERM);
    let finished = running.finish();
    finished.assert_status(0).assert_stdout("");
}
