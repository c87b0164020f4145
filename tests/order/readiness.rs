//! `--ready` in all its forms, and `--after`.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

use super::line::{INT, TERM, USR1, USR2, line, ready, run};
use super::support::{Folder, Run, Running, children, probe, send, until};

/// A free port at this address.
fn free_port(address: &str) -> u16 {
    TcpListener::bind((address, 0)).unwrap().local_addr().unwrap().port()
}

/// `a` is ready by this check once it sends this report; `b` comes after it.
fn pair(check: &str, how: &str) -> Running {
    let told = format!("USR1={how}");
    let words = [
        "--name", "a", "--ready", check, "probe", "wait", "a", &told, "USR2=3", "|||", "--name", "b",
        "--after", "a", "probe", "wait", "b",
    ];
    run(&words).start()
}

/// Checks that `b` starts when `a` becomes ready, and not before.
fn assert_waits(check: &str, how: &str) {
    let running = pair(check, how);
    let a = ready(&running, "a");
    running.stderr.wait_for("monofy: b waits for a");
    assert_eq!(children(running.pid()).len(), 1, "with {check}");
    assert!(!running.stdout.so_far().contains("b ready"), "with {check}");
    send(a, USR1);
    ready(&running, "b");
    running.stderr.wait_for("monofy: b started");
    let told = running.stderr.so_far();
    let place = |part: &str| told.find(part).unwrap_or_else(|| panic!("{part} is not in {told}"));
    assert!(place("monofy: a is ready\n") < place("monofy: b started"), "{told}");
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn a_process_that_accepts_connections_is_ready() {
    let addresses = [("", "127.0.0.1"), ("127.0.0.1:", "127.0.0.1"), ("localhost:", "127.0.0.1")];
    for (host, address) in addresses {
        let port = free_port(address);
        assert_waits(&format!("tcp:{host}{port}"), &format!("tcp:{address}:{port}"));
    }
}

#[test]
fn a_process_that_accepts_connections_over_ipv6_is_ready() {
    for host in ["[::1]", "localhost"] {
        let port = free_port("::1");
        assert_waits(&format!("tcp:{host}:{port}"), &format!("tcp:[::1]:{port}"));
    }
}

#[test]
fn a_process_that_writes_the_line_is_ready() {
    for how in ["out:listening at 80", "err:listening at 80"] {
        assert_waits("log:^listening at [0-9]+$", how);
    }
}

#[test]
fn colours_and_a_carriage_return_are_no_part_of_the_line() {
    assert_waits("log:^listening$", "out:\u{1b}[1;32mlistening\u{1b}[0m\r");
}

#[test]
fn the_line_is_found_in_every_output_mode() {
    for output in ["prefix", "json"] {
        let words = [
            "--output",
            output,
            "--name",
            "a",
            "--ready",
            "log:up$",
            "probe",
            "wait",
            "a",
            "USR1=out:it is up",
            "|||",
            "--after",
            "a",
            "probe",
            "wait",
            "b",
        ];
        let running = run(&words).start();
        running.stdout.wait_for("a ready");
        running.stderr.wait_for("waits for a");
        let a = children(running.pid())[0];
        send(a, USR1);
        running.stdout.wait_for("b ready");
        running.signal(TERM);
        running.finish().assert_status(0);
    }
}

#[test]
fn a_process_that_notifies_itself_or_by_a_child_is_ready() {
    for how in ["notify:READY=1", "notify:STATUS=half\nREADY=1\nMAINPID=1", "child:READY=1"] {
        assert_waits("notify", how);
    }
}

#[test]
fn a_process_that_writes_a_newline_is_ready() {
    for number in [3, 9, 200] {
        assert_waits(&format!("fd:{number}"), &format!("fd:{number}:"));
    }
}

#[test]
fn a_process_is_ready_when_its_command_succeeds() {
    let folder = Folder::new();
    let file = folder.path().join("with blank");
    let words = [
        "--name",
        "a",
        "--workdir",
        folder.path().to_str().unwrap(),
        "--ready",
        "exec:test -e 'with blank'",
        "probe",
        "wait",
        "a",
        "|||",
        "--after",
        "a",
        "probe",
        "wait",
        "b",
    ];
    let running = run(&words).start();
    ready(&running, "a");
    running.stderr.wait_for("waits for a");
    std::fs::write(file, "").unwrap();
    ready(&running, "b");
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn a_check_command_has_the_environment_of_its_process_and_no_output() {
    let check = "exec:sh -c 'echo out; echo err >&2; cat; test \"$$WHO\" = me'";
    let words = ["--name", "a", "--ready", check, "WHO=me", "probe", "wait", "a"];
    let running = run(&words).start();
    running.stderr.wait_for("monofy: a is ready");
    running.signal(TERM);
    let finished = running.finish();
    finished.assert_status(0);
    assert!(!finished.stdout.contains("out") && !finished.stderr.contains("err"), "{finished:?}");
}

#[test]
fn a_check_command_is_killed_with_its_children_when_the_run_ends() {
    let folder = Folder::new();
    let check = "exec:sh -c 'sleep 1000 & echo $! $$ >pids.part; mv pids.part pids; wait'";
    let directory = folder.path().to_str().unwrap();
    let words = ["--grace=1h", "--name", "a", "-w", directory, "--ready", check, "probe", "wait", "a"];
    let running = run(&words).start();
    let pids = until("the command", || std::fs::read_to_string(folder.path().join("pids")).ok());
    running.signal(TERM);
    let finished = running.finish();
    finished.assert_status(0);
    assert!(!finished.stderr.contains("left behind"), "{finished:?}");
    for pid in pids.split_ascii_whitespace() {
        assert!(super::support::is_gone(pid.parse().unwrap()));
    }
}

#[test]
fn a_probe_that_takes_too_long_is_repeated() {
    let folder = Folder::new();
    let check = "exec:sh -c 'test -e asked || { : >asked; sleep 1000; }'";
    let words =
        ["--name", "a", "-w", folder.path().to_str().unwrap(), "--ready", check, "probe", "wait", "a"];
    let began = Instant::now();
    let running = run(&words).start();
    running.stderr.wait_for("monofy: a is ready");
    assert!(began.elapsed() >= Duration::from_secs(5));
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn the_exit_of_a_check_command_is_not_that_of_a_process() {
    // It takes long enough to be seen, and starts nothing itself.
    let folder = Folder::new();
    folder.file("check", "i=0; while [ $i -lt 50000 ]; do i=$((i + 1)); done; exit 1\n");
    let words = ["-v", "--name", "a", "--ready", "exec:sh ./check", "probe", "wait", "a", "USR1=4"];
    let running = run(&words).directory(folder.path()).start();
    let a = ready(&running, "a");
    // Two of them at least have come and gone.
    let seen = std::cell::RefCell::new(std::collections::BTreeSet::new());
    until("commands that ask", || {
        seen.borrow_mut().extend(children(running.pid()));
        (seen.borrow().len() > 2).then_some(())
    });
    send(a, USR1);
    let finished = running.finish();
    finished.assert_status(4);
    assert!(!finished.stderr.contains("orphan"), "{finished:?}");
}

#[test]
fn after_without_a_check_waits_for_the_start() {
    let finished = line("--after b sh -c :;echo>&2 ||| --name b sleep 1000").finish();
    finished.assert_status(0);
    let told = |part: &str| finished.stderr.find(part).unwrap();
    assert!(told("monofy: b started") < told("monofy: sh started"), "{finished:?}");
}

#[test]
fn a_process_that_exits_before_it_is_ready_ends_the_run_with_its_status() {
    let running = pair("notify", "notify:READY=0");
    send(ready(&running, "a"), USR2);
    let finished = running.finish();
    finished.assert_status(3).assert_reported("because a exited with status 3 before it was ready");
    assert!(!finished.stdout.contains("b ready"), "{finished:?}");
    let finished = line("--name a --ready fd:3 true ||| --after a echo b").finish();
    finished.assert_status(0).assert_stdout("");
}

#[test]
fn other_lines_and_messages_do_not_make_ready() {
    let cases = [
        ("notify", "notify:READY=0"),
        ("notify", "notify:XREADY=1"),
        ("log:^up$", "out:up and away"),
        ("fd:4", "end:4"),
    ];
    for (check, how) in cases {
        let running = pair(check, how);
        send(ready(&running, "a"), USR1);
        running.stdout.wait_for("a told");
        running.signal(INT);
        let finished = running.finish();
        finished.assert_status(0);
        assert!(!finished.stderr.contains("a is ready"), "{finished:?}");
    }
}

#[test]
fn a_notification_from_another_process_does_not_count() {
    let running = pair("notify", "notify:READY=1");
    let a = ready(&running, "a");
    let environment = std::fs::read(format!("/proc/{a}/environ")).unwrap();
    let name = environment.split(|b| *b == 0).find_map(|entry| entry.strip_prefix(b"NOTIFY_SOCKET=@"));
    let address = SocketAddr::from_abstract_name(name.unwrap()).unwrap();
    UnixDatagram::unbound().unwrap().send_to_addr(b"READY=1", &address).unwrap();
    // Its own comes after the stranger's, and is the first that counts.
    running.stderr.wait_for("b waits for a");
    assert!(!running.stderr.so_far().contains("a is ready"));
    send(a, USR1);
    ready(&running, "b");
    assert_eq!(running.stderr.so_far().matches("a is ready").count(), 1);
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn a_process_that_keeps_notifying_never_blocks() {
    let running = pair("notify", "notify:READY=1");
    let a = ready(&running, "a");
    // More than a socket holds (`net.unix.max_dgram_qlen`).
    for times in 1..=700 {
        send(a, USR1);
        until("the notification", || {
            (running.stdout.so_far().matches("a told").count() == times).then_some(())
        });
    }
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn a_process_that_is_not_ready_is_named_with_its_template_after_10_s() {
    let words = ["--name", "a", "--ready", "log:$WORD", "probe", "wait", "a", "|||", "--after", "a", "cat"];
    let began = Instant::now();
    let running = run(&words).env("WORD", "secret").start();
    let told = running.stderr.wait_for("is not ready");
    assert!(began.elapsed() >= Duration::from_secs(10));
    assert!(told.starts_with("monofy: a is not ready after 10."), "{told}");
    assert!(told.ends_with(" s (log:$WORD); cat waits for it"), "{told}");
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn the_notification_of_an_adopted_descendant_counts() {
    let daemon = "($PROBE wait g USR1=notify:READY=1 &); exec $PROBE wait a";
    let words =
        ["--name", "a", "--ready", "notify", "sh", "-c", daemon, "|||", "--after", "a", "probe", "wait", "b"];
    let running = run(&words).start();
    ready(&running, "a");
    let daemon = ready(&running, "g");
    until("the daemon is adopted", || children(running.pid()).contains(&daemon).then_some(()));
    send(daemon, USR1);
    ready(&running, "b");
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn a_file_or_a_socket_that_appears_makes_ready() {
    let folder = Folder::new();
    let path = folder.path().join("sock");
    for kind in ["file", "unix"] {
        let check = format!("{kind}:{}", path.display());
        let words = [
            "--name", "a", "--ready", &check, "probe", "wait", "a", "|||", "--after", "a", "probe", "wait",
            "b",
        ];
        let running = run(&words).start();
        ready(&running, "a");
        running.stderr.wait_for("waits for a");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        ready(&running, "b");
        running.signal(TERM);
        running.finish().assert_status(0);
        drop(listener);
        std::fs::remove_file(&path).unwrap();
    }
}

/// Answers requests at a port of its own with each of these, the last one again and again.
fn http_server(answers: &'static [&'static str]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for number in 0.. {
            let Ok((mut connection, _)) = listener.accept() else { return };
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if connection.read(&mut byte).unwrap_or(0) == 0 {
                    break;
                }
                request.push(byte[0]);
            }
            assert!(request.starts_with(b"GET /healthz?x HTTP/1.1\r\nHost: 127.0.0.1:"), "{request:?}");
            let _ = connection.write_all(answers[std::cmp::min(number, answers.len() - 1)].as_bytes());
        }
    });
    port
}

#[test]
fn a_request_that_is_answered_with_success_makes_ready() {
    let garbage = "\u{1}\u{2}\n";
    let answers: &[&str] =
        Box::leak(Box::new(["HTTP/1.1 503 Busy\r\n\r\n", "", garbage, "HTTP/1.1 204 Fine\r\n\r\n"]));
    let check = format!("http:{}/healthz?x", http_server(answers));
    let running = run(&["--name", "a", "--ready", &check, "probe", "wait", "a"]).start();
    running.stderr.wait_for("monofy: a is ready");
    running.signal(TERM);
    running.finish().assert_status(0);
}

/// A process that writes without end to what monofy listens at does not keep monofy from its signals.
fn assert_hears_signals(check: &str, flood: &str) {
    let words = ["--name", "a", "--ready", check, "sh", "-c", flood, "|||", "probe", "wait", "b"];
    let running = run(&words).start();
    let b = ready(&running, "b");
    send(running.pid(), USR1);
    running.stdout.wait_for("b got 10 ");
    send(b, TERM);
    running.finish().assert_status(0);
}

#[test]
fn a_flood_of_notifications_or_bytes_holds_up_no_signal() {
    assert_hears_signals("notify", "trap '' USR1; exec $PROBE report flood:READY=1");
    assert_hears_signals("notify", "trap '' USR1; exec $PROBE report flood:STATUS=x");
    assert_hears_signals("fd:9", "trap '' USR1; exec cat /dev/zero >&9");
}

#[test]
fn a_flood_of_strangers_notifications_holds_up_no_signal() {
    let words = ["--name", "a", "--ready", "notify", "probe", "wait", "a", "|||", "probe", "wait", "b"];
    let running = run(&words).start();
    let a = ready(&running, "a");
    let b = ready(&running, "b");
    let environment = std::fs::read_to_string(format!("/proc/{a}/environ")).unwrap();
    let name = environment.split('\0').find_map(|entry| entry.strip_prefix("NOTIFY_SOCKET=")).unwrap();
    let stranger = Run::of(probe(), ["report", "flood:READY=1"]).env("NOTIFY_SOCKET", name).start();
    send(running.pid(), USR1);
    running.stdout.wait_for("b got 10 ");
    assert!(!running.stderr.so_far().contains("a is ready"));
    send(b, TERM);
    running.finish().assert_status(0);
    drop(stranger);
}

#[test]
fn a_check_that_the_kernel_would_refuse_for_its_size_is_an_error() {
    let long = "x".repeat(100_000);
    let words = ["--name", "a", "--ready", "exec:echo $A$A", "echo", "x"];
    let finished = run(&words).env("A", &long).finish();
    finished
        .assert_status(125)
        .assert_stdout("")
        .assert_reported("argument 4: the value of A makes this 200000 bytes in one argument");
}

#[test]
fn a_program_of_a_check_that_is_missing_is_a_check_that_fails() {
    let folder = Folder::new();
    let words = ["--name=a", "--ready=exec:./late", "probe", "wait", "a", "|||", "--after=a", "echo", "x"];
    let running = run(&words).directory(folder.path()).start();
    ready(&running, "a");
    let late = folder.file("late.part", "#!/bin/sh\nexit 0\n");
    std::fs::set_permissions(&late, PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::rename(late, folder.path().join("late")).unwrap();
    running.finish().assert_status(0).assert_printed("x");
    let words = ["--start-timeout=0.5s", "--name=a", "--ready=exec:no-such-program -q", "probe", "wait", "a"];
    let finished = run(&words).finish();
    finished.assert_status(124);
    finished.assert_reported(
        "a was not ready after 0.5 s: waiting for exec:no-such-program -q: not found in PATH",
    );
}

#[test]
fn other_processes_inherit_nothing_of_a_check() {
    let state = |words: &[&str]| {
        let folder = Folder::new();
        run(words).directory(folder.path()).finish().assert_status(0);
        let state = std::fs::read_to_string(folder.path().join("state")).unwrap();
        let line = |name: &str| state.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        let count = line("descriptors").split(' ').count();
        assert!(!line("environment").contains("NOTIFY_SOCKET"), "{state}");
        count
    };
    let alone = state(&["probe", "state", "state"]);
    for check in ["notify", "fd:7", "exec:true", "tcp:1"] {
        let words = ["--ready", check, "sleep", "1000", "|||", "probe", "state", "state"];
        assert_eq!(state(&words), alone, "beside {check}");
    }
}
