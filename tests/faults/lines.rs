//! The lines whose system calls fail.

use std::net::TcpListener;

use super::injection::{Case, Interference, try_faults};

/// A line that ends by itself with this status, or with 125 when a process could not be started.
fn ends(status: i32, words: &[&str]) {
    try_faults(&Case { words, interference: Interference::Nothing, statuses: &[status, 125] });
}

#[test]
fn a_setup_and_two_processes() {
    ends(0, &["--grace=1s", "true", "&&", "true", "|||", "sleep", "1000"]);
}

#[test]
fn a_stop_by_term() {
    // 137: when the call that asks a process to stop fails, the process is killed.
    let words = &["--grace=1s", "probe", "wait", "a", "|||", "probe", "wait", "b"];
    try_faults(&Case { words, interference: Interference::Term, statuses: &[0, 125, 137] });
}

#[test]
fn a_restart() {
    ends(
        3,
        &["--grace=1s", "--restart=on-failure:1", "sh", "-c", "sleep 1000 & exit 3", "|||", "sleep", "1000"],
    );
}

#[test]
fn readiness_by_a_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let check = format!("--ready=tcp:{}", listener.local_addr().expect("it has an address").port());
    // Connections are accepted, or the queue of the socket fills up.
    std::thread::spawn(move || listener.incoming().for_each(drop));
    ends(4, &["--grace=1s", "--name=a", &check, "sleep", "1000", "|||", "--after=a", "sh", "-c", "exit 4"]);
}

#[test]
fn readiness_by_a_descriptor() {
    let script = "echo >&3; exec sleep 1000";
    ends(
        5,
        &[
            "--grace=1s",
            "--name=a",
            "--ready=fd:3",
            "sh",
            "-c",
            script,
            "|||",
            "--after=a",
            "sh",
            "-c",
            "exit 5",
        ],
    );
}

#[test]
fn readiness_by_a_notification() {
    let script = "\"$PROBE\" report notify:READY=1; exec sleep 1000";
    ends(
        6,
        &[
            "--grace=1s",
            "--name=a",
            "--ready=notify",
            "sh",
            "-c",
            script,
            "|||",
            "--after=a",
            "sh",
            "-c",
            "exit 6",
        ],
    );
}

#[test]
fn readiness_by_a_line() {
    let script = "echo go; exec sleep 1000";
    ends(
        7,
        &[
            "--grace=1s",
            "--name=a",
            "--ready=log:go",
            "sh",
            "-c",
            script,
            "|||",
            "--after=a",
            "sh",
            "-c",
            "exit 7",
        ],
    );
}

#[test]
fn waits_for_a_connection_a_file_and_a_command() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let check = format!("--wait=tcp:{}", listener.local_addr().expect("it has an address").port());
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let words =
        ["--grace=1s", "--start-timeout=1m", "--wait=file:/", "true", "&&", &check, "--wait=exec:true", "sh"];
    ends(9, &[&words[..], &["-c", "exit 9"]].concat());
}

#[test]
fn readiness_by_a_command() {
    ends(
        8,
        &[
            "--grace=1s",
            "--name=a",
            "--ready=exec:true",
            "sleep",
            "1000",
            "|||",
            "--after=a",
            "sh",
            "-c",
            "exit 8",
        ],
    );
}

#[test]
fn output_with_names() {
    let words = [
        "--grace=1s",
        "--output=prefix",
        "probe",
        "lines",
        "a",
        "50",
        "&&",
        "sh",
        "-c",
        "echo x; exit 9",
        "|||",
    ];
    ends(9, &[&words[..], &["sh", "-c", "echo y >&2; exec sleep 1000"]].concat());
}

#[test]
fn output_of_a_terminal_as_objects() {
    let words =
        ["--grace=1s", "--output=json", "--tty", "sh", "-c", "echo x; exit 9", "|||", "sleep", "1000"];
    ends(9, &words);
}

#[test]
fn an_orphan() {
    let script = "sh -c 'sleep 1000 & exit 0'; exit 10";
    ends(10, &["--grace=1s", "sh", "-c", script, "|||", "sleep", "1000"]);
}

#[test]
fn a_process_that_has_to_be_killed() {
    let script =
        "trap '' TERM; (trap '' TERM; while :; do sleep 1000; done) & echo a ready 0; while :; do wait; done";
    let words = &["--grace=300ms", "sh", "-c", script, "|||", "probe", "wait", "b"];
    try_faults(&Case { words, interference: Interference::Term, statuses: &[137, 125, 0] });
}
