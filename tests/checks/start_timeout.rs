//! `--start-timeout`: a start that takes too long ends with 124, and says what it waited for.

use std::time::{Duration, Instant};

use super::line::{TERM, ready, run};
use super::servers::closed_port;
use super::support::{DEADLINE, Finished, Folder};

/// The run has ended with 124, and its last notice has this reason.
fn assert_late(finished: &Finished, reason: &str) {
    finished.assert_status(124);
    let expected = format!("monofy: ended with status 124, because {reason}");
    let last = finished.stderr.lines().last().unwrap_or_default();
    assert!(last.starts_with(&expected), "{expected}\n{finished:#?}");
}

#[test]
fn a_process_that_waits_for_too_long_ends_the_run() {
    let check = format!("tcp:127.0.0.1:{}", closed_port());
    let began = Instant::now();
    let finished = run(&["--start-timeout=0.5s", "--name=api", "--wait", &check, "echo", "never"]).finish();
    assert_late(&finished, &format!("api was not ready after 0.5 s: waiting for {check}: "));
    finished.assert_stdout("");
    assert!(finished.stderr.to_lowercase().contains("connection refused"), "{finished:?}");
    assert!(began.elapsed() >= Duration::from_millis(500) && began.elapsed() < DEADLINE);
}

#[test]
fn the_environment_and_the_defaults_file_set_it_too() {
    let folder = Folder::new();
    folder.file("monofy.toml", "[settings]\nstart-timeout = \"0.2s\"\n");
    let words = ["--name=api", "--wait=file:/no/such", "echo", "never"];
    let by_file = run(&words).directory(folder.path()).finish();
    assert_late(&by_file, "api was not ready after 0.2 s: waiting for file:/no/such: ");
    let by_variable = run(&words).directory(folder.path()).env("MONOFY_START_TIMEOUT", "100ms").finish();
    assert_late(&by_variable, "api was not ready after 0.1 s: waiting for file:/no/such: ");
}

#[test]
fn a_setup_command_that_runs_for_too_long_is_stopped() {
    let script = "trap 'echo stopped; exit 3' TERM; sleep 1000 & wait";
    let finished =
        run(&["--start-timeout=0.5s", "--name=set", "sh", "-c", script, "&&", "echo", "never"]).finish();
    assert_late(&finished, "setup set was not done after 0.5 s: still running");
    finished.assert_stdout("stopped\n");
    finished.assert_reported(
        "monofy: stopping setup set, because setup set was not done after 0.5 s: still running",
    );
}

#[test]
fn a_setup_command_that_waits_for_too_long_is_named() {
    let words = ["--start-timeout=0.3s", "--name=set", "--wait=file:/no/such", "echo", "&&", "echo", "never"];
    let finished = run(&words).finish();
    assert_late(&finished, "setup set was not done after 0.3 s: waiting for file:/no/such: ");
    finished.assert_stdout("");
}

#[test]
fn a_setup_command_that_comes_back_again_and_again_is_named() {
    let words = ["--start-timeout=0.4s", "--restart=on-failure", "false", "&&", "echo", "never"];
    assert_late(
        &run(&words).finish(),
        "setup false was not done after 0.4 s: to be restarted, because it exited with status 1",
    );
}

#[test]
fn everything_that_is_not_ready_is_named_and_what_is_ready_is_not() {
    let words = [
        "--start-timeout=0.5s",
        "--name=web",
        "--ready=notify",
        "probe",
        "wait",
        "web",
        "|||",
        "--name=job",
        "--once",
        "sleep",
        "1000",
        "|||",
        "--name=good",
        "probe",
        "wait",
        "good",
        "|||",
        "--name=late",
        "--after=web",
        "echo",
        "never",
        "|||",
        "--name=api",
        "--wait=file:/no/such",
        "--wait=file:/nor/such",
        "echo",
        "never",
    ];
    let finished = run(&words).finish();
    let reason = "web was not ready after 0.5 s: waiting for notify; job: still running; api: waiting for \
                  file:/no/such: ";
    assert_late(&finished, reason);
    let last = finished.stderr.lines().last().unwrap();
    assert!(last.contains("; waiting for file:/nor/such: "), "{last}");
    assert!(!last.contains("good") && !last.contains("late"), "{last}");
}

#[test]
fn templates_are_shown_and_no_values() {
    let words = ["--start-timeout=0.3s", "--name=api", "--wait=exec:sh -c 'exit $<CODE>'", "echo", "$CODE"];
    let finished = run(&words).env("CODE", "37").finish();
    assert_late(&finished, "api was not ready after 0.3 s: waiting for exec:sh -c 'exit $<CODE>': ");
}

#[test]
fn a_once_process_is_ready_when_it_has_ended_with_0() {
    let words = ["--start-timeout=5s", "--once", "true", "|||", "probe", "wait", "a"];
    let running = run(&words).start();
    ready(&running, "a");
    running.stderr.wait_for("monofy: true exited with status 0");
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn after_everything_was_ready_there_is_no_limit_any_more() {
    let folder = Folder::new();
    // It comes back after the limit, when it waits for a file that is gone.
    let script = "rm there; sleep 0.6; exit 1";
    let words = [
        "--start-timeout=0.5s",
        "--name=a",
        "--wait=exec:test -e there",
        "--restart=on-failure:1",
        "sh",
        "-c",
        script,
    ];
    folder.file("there", "");
    let running = run(&words).directory(folder.path()).start();
    running.stderr.wait_for("a waits for");
    folder.file("there", "");
    running.finish().assert_status(1);
}

#[test]
fn the_stop_is_one_of_monofys_own_and_kills_at_its_deadline() {
    let words = [
        "--start-timeout=0.3s",
        "--grace=0.2s",
        "--name=a",
        "--ready=notify",
        "sh",
        "-c",
        "trap '' TERM; sleep 1000",
    ];
    let finished = run(&words).finish();
    assert_late(&finished, "a was not ready after 0.3 s: waiting for notify");
    finished.assert_reported("monofy: killed a: not stopped after 0.2 s");
}

#[test]
fn none_lifts_the_limit_of_the_defaults_file() {
    let folder = Folder::new();
    folder.file("monofy.toml", "[settings]\nstart-timeout = \"1ms\"\n");
    let words = ["--start-timeout=none", "sh", "-c", "sleep 0.1", "&&", "true"];
    run(&words).directory(folder.path()).finish().assert_status(0);
}
