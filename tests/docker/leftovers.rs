//! Processes that outlive others, and the resources that monofy needs.

use std::time::Duration;

use crate::engine::Images;
use crate::support::{is_gone, until};

#[test]
fn a_process_of_docker_exec_is_not_waited_for() {
    let Some(images) = Images::get() else { return };
    let container = images.start(&[], &["sh", "-c", "echo ready; exec sleep 100"]);
    container.stdout().wait_for("ready");
    container.execute(&["sh", "-c", "trap '' TERM; sleep 1000"]);
    until("the process of docker exec", || container.ask(&["ps"]).contains("sleep 1000").then_some(()));
    let took = container.stop();
    container.finish().assert_status(0);
    assert!(took < Duration::from_secs(5), "the stop took {took:?}");
}

#[test]
fn monofy_in_docker_exec_supervises_beside_pid_1() {
    let Some(images) = Images::get() else { return };
    let container = images.start(&["--read-only"], &["sh", "-c", "echo ready; exec sleep 100"]);
    container.stdout().wait_for("ready");
    let daemon = "(sleep 1001 &); exit 7";
    let line = ["/bin/monofy", "echo", "setup", "&&", "sleep", "1002", "|||", "sh", "-c", daemon];
    container.run(&line).assert_status(7).assert_stdout("setup\n");
    let left = container.ask(&["ps"]);
    assert!(!left.contains("sleep 1001") && !left.contains("sleep 1002"), "{left}");
    container.stop();
    container.finish().assert_status(0);
}

#[test]
fn a_daemon_is_asked_to_stop_before_the_container_ends() {
    let daemon = "trap 'echo daemon was asked; exit' TERM; echo ready; while :; do sleep 0.1; done";
    for init in [&[][..], &["--init"]] {
        let Some(images) = Images::get() else { return };
        let begin = "(setsid sh -c \"$0\" &); exec sleep 100";
        let container = images.start(init, &["sh", "-c", begin, daemon]);
        container.stdout().wait_for("ready");
        container.stop();
        container.finish().assert_status(0).assert_stdout("ready\ndaemon was asked\n");
    }
}

#[test]
fn a_process_that_a_daemon_starts_when_it_is_asked_to_stop_is_asked_too() {
    let Some(images) = Images::get() else { return };
    let daemon = "trap 'sleep 100 & exit 0' TERM; echo ready; while :; do sleep 0.1; done";
    let container = images.start(&[], &["sh", "-c", "(setsid sh -c \"$0\" &); exec sleep 100", daemon]);
    container.stdout().wait_for("ready");
    container.stop();
    container.finish().assert_status(0);
}

#[test]
fn nothing_outlives_a_container_that_is_killed() {
    let Some(images) = Images::get() else { return };
    let container = images.start(&[], &["sh", "-c", "echo ready; sleep 100 & wait", "|||", "sleep", "100"]);
    container.stdout().wait_for("ready");
    let pid = container.pid();
    container.signal("KILL");
    container.finish().assert_status(137);
    until("the end of the container's init", || is_gone(pid).then_some(()));
}

#[test]
fn a_run_fits_into_a_small_container() {
    let Some(images) = Images::get() else { return };
    let options = ["--memory", "8m", "--pids-limit", "8", "--ulimit", "nofile=16:16"];
    let finished = images.finish(&options, &["true", "&&", "sh", "-c", "exit 7", "|||", "sleep", "100"]);
    finished.assert_status(7);
}

#[test]
fn pid_1_has_one_thread_and_no_more_descriptors_than_it_needs() {
    let Some(images) = Images::get() else { return };
    let container =
        images.start(&[], &["sh", "-c", "ls /proc/self/fd | wc -l; exec sleep 100", "|||", "sleep", "100"]);
    // The three standard ones, and the one with which ls reads the directory.
    container.stdout().wait_for("4");
    let threads = container.ask(&["grep", "^Threads:", "/proc/1/status"]);
    assert_eq!(threads.split_whitespace().last(), Some("1"));
    let own = container.ask(&["ls", "/proc/1/fd"]);
    assert_eq!(
        own.split_whitespace().count(),
        6,
        "expected the standard descriptors, a signalfd, the status file and an own description of stderr: {own}"
    );
}
