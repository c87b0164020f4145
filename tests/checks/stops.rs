//! TERM, INT and QUIT during every kind of wait end the run at once.

use std::time::{Duration, Instant};

use super::line::{INT, QUIT, TERM, run};
use super::servers::{Deaf, closed_port, deaf_socket, http};
use super::support::{Folder, Running, children, is_gone, until};

/// Well below the 5 s that a probe may take.
const AT_ONCE: Duration = Duration::from_secs(3);

/// A process and a setup command that wait for a check are stopped before anything was started.
fn assert_stops_during(check: &str, begun: impl Fn(&Running)) {
    for (signal, name) in [(TERM, "SIGTERM"), (INT, "SIGINT"), (QUIT, "SIGQUIT")] {
        for rest in [&[][..], &["&&", "echo", "never"]] {
            let words = [&["--name=a", "--wait", check, "echo", "never"], rest].concat();
            let running = run(&words).start();
            begun(&running);
            let signalled = Instant::now();
            running.signal(signal);
            let finished = running.finish();
            assert!(signalled.elapsed() < AT_ONCE, "{check}: {:?}", signalled.elapsed());
            finished.assert_status(0).assert_stdout("");
            finished.assert_reported(&format!("monofy: ended with status 0, because {name} was received"));
        }
    }
}

/// Waits until monofy has an open socket beside those that it was started with, so that a probe is under way.
fn is_connecting(running: &Running) {
    until("a probe", || {
        let descriptors = std::fs::read_dir(format!("/proc/{}/fd", running.pid())).ok()?;
        let links = descriptors.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
        links.filter_map(|link| link.to_str().map(str::to_owned)).find(|link| link.starts_with("socket:"))
    });
}

#[test]
fn a_stop_during_a_refused_connection_is_at_once() {
    let check = format!("tcp:127.0.0.1:{}", closed_port());
    assert_stops_during(&check, |running| _ = running.stderr.wait_for("waits for tcp:"));
}

#[test]
fn a_stop_while_a_server_accepts_nothing_is_at_once() {
    let deaf = Deaf::new();
    assert_stops_during(&format!("tcp:127.0.0.1:{}", deaf.port()), is_connecting);
    assert_stops_during(&format!("http:127.0.0.1:{}/", deaf.port()), is_connecting);
}

#[test]
fn a_stop_while_a_web_server_sends_one_byte_and_no_more_is_at_once() {
    assert_stops_during(&format!("http://{}/slow", http(b"H")), is_connecting);
}

#[test]
fn a_stop_while_a_web_server_fails_is_at_once() {
    let address = http(b"HTTP/1.1 503 Busy\r\n\r\n");
    let check = format!("http://{address}/");
    assert_stops_during(&check, |running| _ = running.stderr.wait_for("waits for http:"));
}

#[test]
fn a_stop_while_a_file_or_a_socket_is_missing_is_at_once() {
    let folder = Folder::new();
    let path = folder.path().join("missing");
    for kind in ["file", "unix"] {
        let check = format!("{kind}:{}", path.display());
        assert_stops_during(&check, |running| _ = running.stderr.wait_for("waits for "));
    }
}

#[test]
fn a_stop_while_a_socket_accepts_nothing_is_at_once() {
    let folder = Folder::new();
    let path = folder.path().join("socket");
    let _listener = deaf_socket(&path);
    assert_stops_during(&format!("unix:{}", path.display()), |running| {
        until("the child that connects", || children(running.pid()).first().copied());
    });
}

#[test]
fn a_stop_while_a_command_hangs_is_at_once_and_kills_it() {
    for rest in [&[][..], &["&&", "echo", "never"]] {
        let folder = Folder::new();
        let check = "exec:sh -c 'trap \"\" TERM INT; echo $$ >pid.part; mv pid.part pid; sleep 1000'";
        let words = [&["--wait", check, "echo", "never"], rest].concat();
        let running = run(&words).directory(folder.path()).start();
        let pid = until("the command", || std::fs::read_to_string(folder.path().join("pid")).ok());
        let signalled = Instant::now();
        running.signal(TERM);
        running.finish().assert_status(0).assert_stdout("");
        assert!(signalled.elapsed() < AT_ONCE, "{:?}", signalled.elapsed());
        assert!(is_gone(pid.trim().parse().unwrap()), "the command is killed with the run");
    }
}

#[test]
fn a_stop_while_others_run_stops_them_and_starts_nothing() {
    let check = format!("tcp:127.0.0.1:{}", closed_port());
    let running = run(&["--wait", &check, "echo", "never", "|||", "probe", "wait", "b"]).start();
    super::line::ready(&running, "b");
    running.stderr.wait_for("waits for tcp:");
    running.signal(TERM);
    let finished = running.finish();
    finished.assert_status(0);
    assert!(!finished.stdout.contains("never"), "{finished:?}");
}

#[test]
fn the_end_of_another_process_ends_a_wait() {
    let check = format!("tcp:127.0.0.1:{}", closed_port());
    let finished = run(&["--wait", &check, "echo", "never", "|||", "sh", "-c", "exit 7"]).finish();
    finished.assert_status(7).assert_stdout("");
}
