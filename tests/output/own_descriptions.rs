//! In raw mode each process has open file descriptions of its own (contract, 4.1): the flags that one sets on its stdout
//! do not affect another.

use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::pty::openpty;

use super::line::run;
use super::readers::is_stuck;
use super::support::{Folder, Running, until};

/// A process that makes its stdout and stderr non-blocking, says so, and waits.
const NEIGHBOUR: [&str; 8] =
    ["probe", "with", "nonblock=1", "nonblock=2", "--", "sh", "-c", "echo up >&2; exec sleep 1000"];

fn is_nonblocking(descriptor: impl AsFd) -> bool {
    let flags = fcntl(descriptor, FcntlArg::F_GETFL).expect("it is open");
    OFlag::from_bits_retain(flags).contains(OFlag::O_NONBLOCK)
}

/// Starts a process that writes 200,000 lines once it has read one from stdin, beside the neighbour.
fn beside_neighbour(operator: &str, stdout: impl Into<std::process::Stdio>) -> Running {
    let (go, gone) = std::io::pipe().expect("a pipe");
    let mut words = NEIGHBOUR.to_vec();
    words.extend([operator, "--name", "writer", "sh", "-c", "read go; exec seq 200000"]);
    let stdout = stdout.into();
    let running = run(&words).stdin(go).with(|command| {
        command.stdout(stdout);
    });
    let running = running.start();
    running.stderr.wait_for("up");
    drop(gone);
    running
}

#[test]
fn a_neighbour_that_makes_its_stdout_nonblocking_destroys_no_output() {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let mut running = beside_neighbour("|||", writer.try_clone().expect("a descriptor is left"));
    until("a writer that waits for its reader, or has failed", || {
        (is_stuck(running.pid()) || running.stderr.so_far().contains("writer exited")).then_some(())
    });
    assert!(!is_nonblocking(&writer), "nor does it affect anybody outside");
    drop(writer);
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("the output is text");
    assert_eq!(running.wait().code(), Some(0), "{}", running.stderr.all());
    assert_eq!(text.lines().count(), 200_000);
}

#[test]
fn a_setup_command_leaves_no_flags_to_the_processes() {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let words = ["-q", "probe", "with", "nonblock=1", "--", "true", "&&", "seq", "200000"];
    let mut running = run(&words)
        .with(|command| {
            command.stdout(writer);
        })
        .start();
    until("a writer that waits for its reader, or has failed", || {
        (is_stuck(running.pid()) || !running.is_running()).then_some(())
    });
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("the output is text");
    assert_eq!(running.wait().code(), Some(0));
    assert_eq!(text.lines().count(), 200_000);
}

#[test]
fn a_stdout_that_is_nonblocking_from_the_start_is_a_blocking_one_for_the_process() {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let words = ["with", "nonblock=1", "--"];
    let mut running = super::support::Run::of(super::support::probe(), words)
        .with(|command| {
            command.arg(super::support::monofy()).args(["seq", "200000"]).stdout(writer);
        })
        .start();
    until("a writer that waits for its reader, or has failed", || {
        (is_stuck(running.pid()) || !running.is_running()).then_some(())
    });
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("the output is text");
    assert_eq!(running.wait().code(), Some(0));
    assert_eq!(text.lines().count(), 200_000);
}

#[test]
fn a_terminal_that_a_neighbour_makes_nonblocking_stays_a_blocking_one_for_others() {
    let pty = openpty(None, None).expect("a terminal");
    let terminal = pty.slave.try_clone().expect("a descriptor is left");
    let script = "echo up >&2; exec sleep 1000";
    let running = run(&["probe", "with", "nonblock=1", "--", "sh", "-c", script, "|||", "sleep", "1000"])
        .with(|command| {
            command.stdout(pty.slave);
        })
        .start();
    running.stderr.wait_for("up");
    assert!(!is_nonblocking(&terminal));
}

/// Runs a script after a setup command, with these files, and returns what it has written into a file of its own.
fn reported(script: &str, stdout: OwnedFd, stderr: OwnedFd) -> String {
    let folder = Folder::new();
    let report = folder.path().join("report");
    let script = format!("exec 3>{}; {script}", report.display());
    let finished = run(&["-q", "true", "&&", "sh", "-c", &script]).with(|command| {
        command.stdout(stdout).stderr(stderr);
    });
    finished.finish().assert_status(0);
    std::fs::read_to_string(report).expect("the script has run")
}

/// Reports the flags of descriptors 1 and 2 of the shell, in octal; 0100000 is `O_LARGEFILE`.
const FLAGS: &str =
    "flags=$(sed -n 's/^flags:[[:space:]]*//p' /proc/$$/fdinfo/1 /proc/$$/fdinfo/2); echo \"$$flags\" >&3";

#[test]
fn stdout_and_stderr_that_are_one_file_are_one_description() {
    let (_reader, writer) = std::io::pipe().expect("a pipe");
    let both = || OwnedFd::from(writer.try_clone().expect("a descriptor is left"));
    // A flag that is set on one is there on the other.
    let script = format!("\"$$PROBE\" with nonblock=1 -- true; {FLAGS}");
    let flags = reported(&script, both(), both());
    assert_eq!(flags, "0104001\n0104001\n");
    assert!(!is_nonblocking(&writer));
}

#[test]
fn a_pipe_is_opened_for_writing_only_and_a_file_and_a_socket_stay_shared() {
    let (_reader, writer) = std::io::pipe().expect("a pipe");
    let (socket, _other) = UnixStream::pair().expect("a socket");
    let script = format!("\"$$PROBE\" with nonblock=2 -- true; {FLAGS}");
    assert_eq!(reported(&script, writer.into(), socket.try_clone().unwrap().into()), "0100001\n04002\n");
    assert!(is_nonblocking(&socket));
    let folder = Folder::new();
    let log = folder.file("log", "begun\n");
    let append = || OwnedFd::from(std::fs::File::options().append(true).open(&log).expect("it is there"));
    reported("echo one; echo two >&2", append(), append());
    assert_eq!(std::fs::read_to_string(&log).expect("it is there"), "begun\none\ntwo\n");
}

#[test]
fn a_file_that_is_no_append_file_keeps_one_position_for_all_processes() {
    let folder = Folder::new();
    let log = folder.file("log", "");
    let file = std::fs::File::options().write(true).open(&log).expect("it is there");
    let finished = run(&["-q", "echo", "one", "&&", "echo", "two"]).with(|command| {
        command.stdout(file);
    });
    finished.finish().assert_status(0);
    assert_eq!(std::fs::read_to_string(&log).expect("it is there"), "one\ntwo\n");
}
