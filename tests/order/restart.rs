//! `--restart`.

use std::time::{Duration, Instant};

use super::line::{KILL, TERM, USR1, USR2, line, ready, run};
use super::support::{Folder, Running, is_gone, send, until};

/// The `n`-th process id that a probe of this name has told.
fn life(running: &Running, name: &str, n: usize) -> i32 {
    let start = format!("{name} ready ");
    until("another life", || {
        let so_far = running.stdout.so_far();
        let mut lives = so_far.lines().filter_map(|line| line.strip_prefix(&start));
        lives.nth(n)?.parse().ok()
    })
}

#[test]
fn a_process_that_fails_comes_back_and_the_others_run_on() {
    let text = "--name a --restart on-failure probe wait a USR1=3 USR2=0 ||| --name b probe wait b";
    let running = line(text).start();
    let b = ready(&running, "b");
    send(life(&running, "a", 0), USR1);
    running.stderr.wait_for("monofy: a exited with status 3; restarting in 0.1 s (attempt 1)");
    send(life(&running, "a", 1), KILL);
    running
        .stderr
        .wait_for("monofy: a was killed by SIGKILL: not sent by monofy; restarting in 0.2 s (attempt 2)");
    let last = life(&running, "a", 2);
    assert!(!is_gone(b));
    send(last, USR2);
    let finished = running.finish();
    finished.assert_status(0).assert_reported("monofy: ended with status 0, because a exited with status 0");
}

#[test]
fn always_comes_back_after_success_too() {
    let running = line("--restart always --name a probe wait a USR1=0").start();
    send(life(&running, "a", 0), USR1);
    running.stderr.wait_for("monofy: a exited with status 0; restarting in 0.1 s (attempt 1)");
    life(&running, "a", 1);
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn after_its_last_attempt_in_a_row_it_shares_its_fate() {
    let began = Instant::now();
    let finished =
        run(&["--restart=on-failure:2", "sh", "-c", "echo x; exit 3", "|||", "sleep", "1000"]).finish();
    finished.assert_status(3).assert_stdout("x\nx\nx\n");
    finished.assert_reported("restarting in 0.2 s (attempt 2 of 2)");
    finished.assert_reported(
        "ended with status 3, because sh exited with status 3, the last of 3 attempts in a row",
    );
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[test]
fn a_stop_cancels_a_restart_and_its_failure_does_not_count() {
    let running = run(&["--grace=1h", "--restart=always", "sh", "-c", "exit 3", "|||", "probe", "wait", "b"]);
    let running = running.start();
    ready(&running, "b");
    running.stderr.wait_for("in 1.6 s");
    let began = Instant::now();
    running.signal(TERM);
    let finished = running.finish();
    finished.assert_status(0).assert_reported("monofy: stopping probe, because SIGTERM was received");
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[test]
fn what_a_process_leaves_in_its_group_is_stopped_before_it_comes_back() {
    let script =
        "$PROBE wait g & $PROBE wait h TERM=ignore & setsid $PROBE wait s & exec $PROBE wait m USR1=3";
    let running = run(&["--grace=300ms", "--restart=on-failure", "--name=m", "sh", "-c", script]).start();
    let [g, h, s] = ["g", "h", "s"].map(|name| ready(&running, name));
    send(life(&running, "m", 0), USR1);
    running.stderr.wait_for("monofy: stopping processes left behind by m: ");
    life(&running, "m", 1);
    assert!(is_gone(g) && is_gone(h), "what is asked goes, and what does not go is killed");
    assert!(!is_gone(s), "what has left the group has meant to stay");
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn every_life_is_asked_anew_whether_it_is_ready() {
    let words = [
        "--name=a",
        "--restart=always",
        "--ready=notify",
        "probe",
        "wait",
        "a",
        "USR1=notify:READY=1",
        "USR2=3",
        "|||",
        "--after=a",
        "--restart=on-failure",
        "--name=b",
        "probe",
        "wait",
        "b",
        "USR2=4",
    ];
    let running = run(&words).start();
    send(life(&running, "a", 0), USR1);
    let b = life(&running, "b", 0);
    send(life(&running, "a", 0), USR2);
    send(b, USR2);
    running.stderr.wait_for("b exited with status 4; restarting");
    let a = life(&running, "a", 1);
    running.stderr.wait_for("monofy: b waits for a");
    assert_eq!(running.stdout.so_far().matches("b ready").count(), 1);
    send(a, USR1);
    life(&running, "b", 1);
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn a_program_that_has_vanished_is_one_more_failure() {
    let folder = Folder::new();
    let script = folder.file("script", "#!/bin/sh\nrm -- \"$0\"\nexit 3\n");
    let chmod = std::process::Command::new("chmod").arg("+x").arg(&script).status();
    assert!(chmod.unwrap().success());
    let words = ["--restart=on-failure:2", "--name=s", script.to_str().unwrap(), "|||", "sleep", "1000"];
    let finished = run(&words).finish();
    finished
        .assert_status(127)
        .assert_reported("monofy: s could not be restarted; trying again in 0.2 s (attempt 2 of 2)");
    finished.assert_reported("because s could not be started");
}
