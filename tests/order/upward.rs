//! Notifications to the service manager that started monofy.

use std::io::Read;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use super::line::{TERM, USR1, changed, line, ready, run};
use super::support::{DEADLINE, Folder, Run, monofy, probe, send, until};

const PAIR: &str = "--ready notify probe wait a USR1=notify:READY=1 ||| probe wait b";

/// The next message, of any kind.
fn message(socket: &UnixDatagram) -> Option<String> {
    let mut bytes = [0; 1000];
    let count = socket.recv(&mut bytes).ok()?;
    Some(String::from_utf8(bytes[..count].to_vec()).unwrap())
}

/// The next message that is not about the status.
fn next(socket: &UnixDatagram) -> String {
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut messages = std::iter::from_fn(|| message(socket));
    messages.find(|message| !message.starts_with("STATUS=")).expect("a notification")
}

/// Waits for a message that begins like this.
fn await_message(socket: &UnixDatagram, expected: &str) {
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut seen: Vec<String> = Vec::new();
    while !seen.last().is_some_and(|last| last.starts_with(expected)) {
        seen.push(message(socket).unwrap_or_else(|| panic!("no {expected} after {seen:?}")));
    }
}

fn has_more(socket: &UnixDatagram) -> bool {
    socket.set_nonblocking(true).unwrap();
    std::iter::from_fn(|| message(socket)).any(|message| !message.starts_with("STATUS="))
}

/// monofy notifies once that everything is ready, and once that a stop has begun.
fn assert_notifies(socket: &UnixDatagram, name: &str) {
    let running = line(PAIR).env("NOTIFY_SOCKET", name).start();
    let a = ready(&running, "a");
    ready(&running, "b");
    socket.set_nonblocking(true).unwrap();
    assert!(!has_more(socket), "a is not ready yet");
    socket.set_nonblocking(false).unwrap();
    send(a, USR1);
    assert_eq!(next(socket), "READY=1");
    running.signal(TERM);
    assert_eq!(next(socket), "STOPPING=1");
    running.finish().assert_status(0);
    assert!(!has_more(socket));
}

#[test]
fn a_socket_with_a_path_is_notified() {
    let folder = Folder::new();
    let path = folder.path().join("socket");
    let socket = UnixDatagram::bind(&path).unwrap();
    assert_notifies(&socket, path.to_str().unwrap());
}

#[test]
fn a_socket_in_the_abstract_namespace_is_notified() {
    let name = format!("monofy-test-{}", std::process::id());
    let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    assert_notifies(&socket, &format!("@{name}"));
}

#[test]
fn the_status_says_what_is_waited_for() {
    let folder = Folder::new();
    let file = folder.path().join("there");
    let path = folder.path().join("socket");
    let socket = UnixDatagram::bind(&path).unwrap();
    let wait = format!("--wait=file:{}", file.display());
    let words =
        ["--name=job", &wait, "true", "&&", "--ready=notify", "probe", "wait", "a", "USR1=notify:READY=1"];
    let running = run(&words).env("NOTIFY_SOCKET", path.to_str().unwrap()).start();
    // With the reason once there is one.
    await_message(&socket, &format!("STATUS=setup job: waiting for file:{}: ", file.display()));
    std::fs::write(&file, "").unwrap();
    await_message(&socket, "STATUS=probe: waiting for notify");
    send(ready(&running, "a"), USR1);
    await_message(&socket, "READY=1");
    await_message(&socket, "STATUS=every process is ready");
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn a_missing_socket_is_only_a_warning() {
    let finished = line("true").env("NOTIFY_SOCKET", "/no/such/socket").finish();
    finished.assert_status(0).assert_reported("cannot notify the service manager that everything is ready");
}

#[test]
fn the_processes_do_not_get_the_notification_socket_of_monofy() {
    let folder = Folder::new();
    let run =
        line("FOO=1 probe state state").env("NOTIFY_SOCKET", "/no/such/socket").directory(folder.path());
    run.finish().assert_status(0);
    let state = std::fs::read_to_string(folder.path().join("state")).unwrap();
    assert!(!state.contains("NOTIFY_SOCKET") && state.contains("FOO=1"), "{state}");
    let text = "NOTIFY_SOCKET=/mine probe state state";
    line(text).env("NOTIFY_SOCKET", "/no/such/socket").directory(folder.path()).finish().assert_status(0);
    let state = std::fs::read_to_string(folder.path().join("state")).unwrap();
    assert!(state.contains("NOTIFY_SOCKET=/mine"), "what the line says is what it gets: {state}");
}

/// A shell that gives monofy the descriptor 5, of a pipe to what is said in the end.
fn with_ready_fd(words: &str) -> Run {
    let script = format!("{{ {{ {words} 5>&1 >&3; }} | {{ cat; echo closed; }}; }} 3>&1");
    Run::of("sh", ["-c", &script]).env("MONOFY", monofy()).env("PROBE", probe())
}

#[test]
fn a_newline_is_written_to_the_ready_fd_and_it_is_closed_when_everything_is_ready() {
    let words = "$MONOFY --ready-fd 5 --ready notify $PROBE wait a USR1=notify:READY=1 '|||' $PROBE wait b";
    let running = with_ready_fd(words).start();
    let a = ready(&running, "a");
    ready(&running, "b");
    assert!(!running.stdout.so_far().contains("closed"));
    send(a, USR1);
    // Nobody else holds it, or it would not be closed.
    running.stdout.wait_for("closed");
    assert_eq!(running.stdout.so_far().lines().filter(|line| line.is_empty()).count(), 1);
    send(super::support::parent(a).unwrap(), TERM);
    running.finish().assert_status(0);
}

#[test]
fn a_closed_ready_fd_is_an_error_before_anything_is_started() {
    let finished = line("--ready-fd 9 echo x").finish();
    finished.assert_status(125).assert_stdout("").assert_reported("--ready-fd");
    changed("close=0", "--ready-fd 3 echo x").finish().assert_status(125).assert_stdout("");
}

#[test]
fn monofy_notifies_a_monofy_that_started_it() {
    let monofy = monofy();
    let inner = monofy.to_str().unwrap();
    let words = [
        "--name",
        "inner",
        "--ready",
        "notify",
        inner,
        "--",
        "--ready",
        "notify",
        "probe",
        "wait",
        "a",
        "USR1=notify:READY=1",
        "|||",
        "--after",
        "inner",
        "echo",
    ];
    // What is behind -- is the inner line's, up to the operator.
    let words: Vec<&str> = words.into_iter().filter(|word| *word != "--").collect();
    let running = run(&words).start();
    let a = ready(&running, "a");
    running.stderr.wait_for("monofy: echo waits for inner");
    send(a, USR1);
    running.stderr.wait_for("monofy: inner is ready");
    running.finish().assert_status(0);
}

#[test]
fn s6_and_monofy_agree_on_a_descriptor() {
    let monofy = monofy();
    let inner = monofy.to_str().unwrap();
    let words = [
        "--name",
        "inner",
        "--ready",
        "fd:7",
        inner,
        "--ready-fd",
        "7",
        "--ready",
        "fd:3",
        "probe",
        "wait",
        "a",
        "USR1=fd:3:",
        "|||",
        "--after",
        "inner",
        "echo",
    ];
    let running = run(&words).start();
    let a = ready(&running, "a");
    running.stderr.wait_for("monofy: echo waits for inner");
    send(a, USR1);
    running.stderr.wait_for("monofy: inner is ready");
    running.finish().assert_status(0);
}

#[test]
fn a_ready_fd_without_a_reader_is_only_a_warning() {
    let (read, write) = std::io::pipe().unwrap();
    drop(read);
    let run = Run::of("sh", ["-c", "exec \"$MONOFY\" --ready-fd 5 true 5>&0"]).env("MONOFY", monofy());
    let finished = run.stdin(write).finish();
    finished.assert_status(0).assert_reported("cannot notify the service manager");
}

#[test]
fn nothing_follows_the_newline_on_the_ready_fd() {
    let (mut read, write) = std::io::pipe().unwrap();
    let run = Run::of("sh", ["-c", "exec \"$MONOFY\" --ready-fd 5 sleep 1000 5>&0 <&-"]);
    let mut running = run.env("MONOFY", monofy()).stdin(write).start();
    let mut all = String::new();
    read.read_to_string(&mut all).unwrap();
    assert_eq!(all, "\n");
    assert!(running.is_running());
    until("the end", || {
        running.signal(TERM);
        Some(())
    });
    running.finish().assert_status(0);
}

#[test]
fn monofy_answers_the_watchdog_of_its_service_manager_and_hides_it_from_the_processes() {
    let folder = Folder::new();
    let path = folder.path().join("socket");
    let socket = UnixDatagram::bind(&path).unwrap();
    let script = "WATCHDOG_PID=$$ exec $MONOFY $PROBE state state '&&' $PROBE wait a";
    let run = Run::of("sh", ["-c", script]).env("MONOFY", monofy()).env("PROBE", probe());
    let run = run.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000").directory(folder.path());
    let running = run.start();
    ready(&running, "a");
    let mut messages = Vec::new();
    while messages.iter().filter(|message| *message == "WATCHDOG=1").count() < 3 {
        messages.push(next(&socket));
    }
    assert!(messages.contains(&"READY=1".to_owned()), "{messages:?}");
    let state = std::fs::read_to_string(folder.path().join("state")).unwrap();
    assert!(!state.contains("WATCHDOG"), "{state}");
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn a_watchdog_of_another_process_is_left_alone() {
    let folder = Folder::new();
    let path = folder.path().join("socket");
    let socket = UnixDatagram::bind(&path).unwrap();
    let run = line("probe state state && probe wait a").env("NOTIFY_SOCKET", &path);
    let run = run.env("WATCHDOG_USEC", "2000").env("WATCHDOG_PID", "1").directory(folder.path());
    let running = run.start();
    ready(&running, "a");
    assert_eq!(next(&socket), "READY=1");
    running.signal(TERM);
    assert_eq!(next(&socket), "STOPPING=1");
    running.finish().assert_status(0);
    let state = std::fs::read_to_string(folder.path().join("state")).unwrap();
    assert!(state.contains("WATCHDOG_USEC=2000") && state.contains("WATCHDOG_PID=1"), "{state}");
}
