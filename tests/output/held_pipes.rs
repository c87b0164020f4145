//! A pipe that somebody else holds open does not delay the end of the run.

use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use super::line::run;
use super::support::{Folder, until};

#[test]
fn a_grandchild_that_holds_the_pipe_is_stopped_and_delays_nothing() {
    let began = Instant::now();
    let script = "sleep 1000 & setsid sleep 1000 & echo out; exit 3";
    let finished = run(&["-oprefix", "--name", "a", "sh", "-c", script]).finish();
    finished.assert_status(3).assert_stdout("a      | out\n");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[test]
fn a_process_outside_of_the_run_that_holds_the_pipe_delays_nothing_and_loses_nothing() {
    let folder = Folder::new();
    let ready = folder.path().join("ready");
    let script = format!("touch {}; read go; printf last; exit 3", ready.display());
    let (go, gone) = std::io::pipe().expect("a pipe");
    let running = run(&["-oprefix", "--name", "a", "sh", "-c", &script]).stdin(go).start();
    let told = running.stderr.wait_for("a started (pid ");
    let pid: String = told.split_once("(pid ").unwrap().1.chars().take_while(char::is_ascii_digit).collect();
    until("the process runs", || ready.exists().then_some(()));
    // This test is no descendant of monofy. It opens the pipe through /proc.
    let held = std::fs::File::options()
        .write(true)
        .open(format!("/proc/{pid}/fd/1"))
        .expect("the pipe can be opened");
    assert!(held.as_raw_fd() > 2);
    let began = Instant::now();
    drop(gone);
    let finished = running.finish();
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    finished.assert_status(3).assert_stdout("a      | last\n");
    drop(held);
}

#[test]
fn a_process_with_another_user_can_open_its_stdout_by_name() {
    if !super::support::has_tool("the right to change the user", nix::unistd::getuid().is_root()) {
        return;
    }
    let script = "echo out >/dev/stdout; echo err >/dev/stderr";
    for tty in [&["--tty"][..], &[]] {
        let words: Vec<&str> = ["-qoprefix", "--name", "a", "--user", "65534:65534"]
            .iter()
            .chain(tty)
            .copied()
            .chain(["sh", "-c", script])
            .collect();
        let finished = run(&words).finish();
        finished.assert_status(0).assert_stdout("a      | out\n");
        assert_eq!(finished.stderr, "a      | err\n");
    }
}
