//! `--wait` and `MONOFY_WAIT`: a command is started once its checks have succeeded.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use super::line::{TERM, ready, run};
use super::servers::{closed_port, http};
use super::support::{Folder, Running, send, until};

/// monofy names what it waits for, and has started nothing.
fn assert_waits(running: &Running, line: &str) {
    running.stderr.wait_for(line);
    assert_eq!(running.stdout.so_far(), "");
}

#[test]
fn a_process_starts_once_a_file_exists() {
    let folder = Folder::new();
    let path = folder.path().join("there");
    let check = format!("file:{}", path.display());
    let running = run(&["--name=a", "--wait", &check, "echo", "started"]).start();
    assert_waits(&running, &format!("monofy: a waits for {check}"));
    std::fs::write(path, "").unwrap();
    running.finish().assert_status(0).assert_stdout("started\n");
}

#[test]
fn a_process_starts_once_a_socket_accepts_a_connection() {
    let folder = Folder::new();
    let path = folder.path().join("socket");
    let check = format!("unix:{}", path.display());
    let running = run(&["--name=a", "--wait", &check, "echo", "started"]).start();
    assert_waits(&running, &format!("monofy: a waits for {check}"));
    let _listener = UnixListener::bind(path).unwrap();
    running.finish().assert_status(0).assert_stdout("started\n");
}

#[test]
fn a_setup_command_and_a_process_start_once_a_port_accepts_a_connection() {
    let port = closed_port();
    let check = format!("tcp:127.0.0.1:{port}");
    let words = ["--name=set", "--wait", &check, "echo", "set", "&&", "--wait", &check, "echo", "started"];
    let running = run(&words).start();
    assert_waits(&running, &format!("monofy: setup set waits for {check}"));
    let _listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let finished = running.finish();
    finished.assert_status(0).assert_stdout("set\nstarted\n");
    assert!(!finished.stderr.contains("echo waits for"), "what succeeds at once is not named: {finished:?}");
}

#[test]
fn a_process_starts_once_a_web_server_succeeds_and_a_command_too() {
    let folder = Folder::new();
    let web = format!("--wait=http://{}/", http(b"HTTP/1.1 204 No Content\r\n\r\n"));
    let words = ["--name=a", &web, "--wait=exec:test -e there", "echo", "started"];
    let running = run(&words).directory(folder.path()).start();
    assert_waits(&running, "monofy: a waits for ");
    folder.file("there", "");
    running.finish().assert_status(0).assert_stdout("started\n");
}

#[test]
fn checks_are_asked_side_by_side() {
    let folder = Folder::new();
    // Neither succeeds before the other one has been asked.
    let first = "--wait=exec:sh -c 'echo >first; test -e second'";
    let second = "--wait=exec:sh -c 'echo >second; test -e first'";
    let words = [first, second, "echo", "started"];
    run(&words).directory(folder.path()).finish().assert_status(0).assert_stdout("started\n");
}

#[test]
fn the_command_of_a_check_runs_as_the_process_would() {
    let folder = Folder::new();
    folder.file("sub/check", "test \"$A\" = b\n");
    let words = ["--workdir=sub", "--wait=exec:sh ./check", "A=b", "echo", "started"];
    run(&words).directory(folder.path()).finish().assert_status(0).assert_stdout("started\n");
}

#[test]
fn a_program_of_a_check_that_is_missing_is_a_check_that_fails() {
    let folder = Folder::new();
    let running =
        run(&["--name=a", "--wait=exec:./late", "echo", "started"]).directory(folder.path()).start();
    assert_waits(&running, "monofy: a waits for exec:./late");
    let unfinished = folder.file("late.part", "#!/bin/sh\nexit 0\n");
    std::fs::set_permissions(&unfinished, PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::rename(unfinished, folder.path().join("late")).unwrap();
    running.finish().assert_status(0).assert_stdout("started\n");
}

#[test]
fn what_comes_after_a_process_waits_for_its_checks_too() {
    let folder = Folder::new();
    let words = [
        "--name=a",
        "--wait=exec:test -e there",
        "probe",
        "wait",
        "a",
        "|||",
        "--after=a",
        "echo",
        "started",
    ];
    let running = run(&words).directory(folder.path()).start();
    assert_waits(&running, "monofy: a waits for exec:test -e there");
    folder.file("there", "");
    running.finish().assert_status(0).assert_reported("monofy: ended with status 0, because echo exited");
}

#[test]
fn monofy_wait_holds_every_process_and_no_setup_command() {
    let folder = Folder::new();
    let checks = format!("  file:{0}/one\n\tfile:{0}/two ", folder.path().display());
    let words = ["echo", "set", "&&", "--name=a", "echo", "a", "|||", "--name=b", "--once", "echo", "b"];
    let running = run(&words).env("MONOFY_WAIT", checks).start();
    for name in ["a", "b"] {
        let line = running.stderr.wait_for(&format!("monofy: {name} waits for "));
        assert!(line.contains("/one and file:"), "{line}");
    }
    assert_eq!(running.stdout.so_far(), "set\n");
    folder.file("one", "");
    folder.file("two", "");
    running.finish().assert_status(0);
}

#[test]
fn processes_do_not_inherit_monofy_wait() {
    let folder = Folder::new();
    let check = format!("file:{}", folder.file("there", "").display());
    let finished = run(&["env"]).env("MONOFY_WAIT", check).env("MONOFY_START_TIMEOUT", "5s").finish();
    finished.assert_status(0);
    assert!(!finished.stdout.contains("MONOFY"), "{finished:?}");
}

#[test]
fn a_restart_waits_as_the_first_start_did() {
    let folder = Folder::new();
    folder.file("there", "");
    let script = "rm there; exit 3";
    let words = ["--name=a", "--restart=on-failure:1", "--wait=exec:test -e there", "sh", "-c", script];
    let running = run(&words).directory(folder.path()).start();
    running.stderr.wait_for("monofy: a waits for exec:test -e there");
    folder.file("there", "");
    let finished = running.finish();
    finished.assert_status(3);
    assert_eq!(finished.stderr.matches("a started").count(), 2, "{finished:?}");
}

#[test]
fn what_has_been_waited_for_for_10_s_is_named_with_the_last_reason() {
    let folder = Folder::new();
    let tcp = format!("--wait=tcp:127.0.0.1:{}", closed_port());
    let check = "exec:sh -c 'echo wrong password >&2; exit 3'";
    let words = ["--name=set", &tcp, "--wait", check, "echo", "never", "&&", "true"];
    let running = run(&words).directory(folder.path()).start();
    for (check, reason) in
        [(&tcp[7..], "connection refused"), (check, "exited with status 3: wrong password")]
    {
        let line = running.stderr.wait_for(&format!(" s for {check};"));
        assert!(line.starts_with("monofy: setup set has waited 10."), "{line}");
        assert!(line.ends_with(&format!("; last reason: {reason}")), "{line}");
    }
    running.signal(TERM);
    running.finish().assert_status(0).assert_stdout("");
}

#[test]
fn a_copy_waits_for_a_check_of_its_own() {
    let folder = Folder::new();
    let words = [
        "--name=a",
        "--replicas=2",
        "--wait=exec:test -e ${MONOFY_REPLICA}",
        "--once",
        "echo",
        "$MONOFY_REPLICA",
    ];
    let running = run(&words).directory(folder.path()).start();
    running.stderr.wait_for("monofy: a.1 waits for");
    folder.file("2", "");
    running.stdout.wait_for("2");
    assert_eq!(running.stdout.so_far(), "2\n");
    folder.file("1", "");
    running.finish().assert_status(0).assert_stdout("2\n1\n");
}

#[test]
fn a_run_that_waits_is_not_healthy() {
    let folder = Folder::new();
    let words = ["--name=a", "--wait=exec:test -e there", "probe", "wait", "a"];
    let running = run(&words).directory(folder.path()).start();
    assert_waits(&running, "monofy: a waits for");
    let pid = format!("--pid={}", running.pid());
    let health = || super::support::Run::new(["--health", &pid]).finish();
    until("the state to be published", || {
        let finished = health();
        finished.assert_status(1);
        (finished.stdout + &finished.stderr).contains("a has not been started yet").then_some(())
    });
    folder.file("there", "");
    let a = ready(&running, "a");
    until("health", || (health().status == 0).then_some(()));
    send(a, TERM);
    running.finish().assert_status(0);
}
