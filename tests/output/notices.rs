//! Notices wait for no reader (contract, 4.8).

use nix::pty::openpty;

use super::line::{TERM, run};
use super::support::{children, until};

/// A line with so many setup commands, whose notices nobody reads, and then a process.
fn many_notices(count: usize) -> Vec<&'static str> {
    let mut words: Vec<&str> = std::iter::repeat_n(["true", "&&"], count).flatten().collect();
    words.extend(["sleep", "1000"]);
    words
}

fn is_sleeping(monofy: i32) -> bool {
    let name = |pid: i32| std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    children(monofy).iter().any(|child| name(*child) == "sleep\n")
}

#[test]
fn a_terminal_that_nobody_drains_delays_neither_starts_nor_signals() {
    for output in ["raw", "prefix"] {
        let pty = openpty(None, None).expect("a terminal");
        let run = run(&[&["--grace=1s", "-o", output], &many_notices(400)[..]].concat()).with(|command| {
            command.stderr(pty.slave);
        });
        let mut running = run.start();
        until("the process after the setup", || is_sleeping(running.pid()).then_some(()));
        running.signal(TERM);
        assert_eq!(running.wait().code(), Some(0), "{output}");
    }
}

#[test]
fn a_pipe_and_a_socket_that_nobody_reads_delay_neither_starts_nor_signals() {
    let (_reader, writer) = std::io::pipe().expect("a pipe");
    let (socket, _other) = std::os::unix::net::UnixStream::pair().expect("a socket");
    let ends = [std::os::fd::OwnedFd::from(writer), std::os::fd::OwnedFd::from(socket)];
    for end in ends {
        let run = run(&many_notices(800)).with(|command| {
            command.stderr(end);
        });
        let mut running = run.start();
        until("the process after the setup", || is_sleeping(running.pid()).then_some(()));
        running.signal(TERM);
        assert_eq!(running.wait().code(), Some(0));
    }
}

#[test]
fn term_ends_monofy_while_its_warnings_wait_for_a_reader() {
    let malformed: Vec<String> = (0..2000).map(|number| format!("${{A{number} B}}")).collect();
    let words: Vec<&str> = ["true"].into_iter().chain(malformed.iter().map(String::as_str)).collect();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut running = run(&words)
        .with(|command| {
            command.stderr(writer);
        })
        .start();
    let pid = running.pid();
    until("monofy waits for its reader", || {
        let waits_in = std::fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default();
        (waits_in.contains("poll") || waits_in.contains("pipe_write")).then_some(())
    });
    running.signal(TERM);
    assert_eq!(running.wait().code(), Some(0), "nothing was started");
    drop(reader);
}
