//! Readers that are slow, stop or go away: only the processes wait for them.

use std::fs::File;
use std::io::{PipeReader, Read};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use super::line::{TERM, USR1, USR2, run};
use super::support::{Folder, Lines, Run, Running, children, memory, numbered, state, until};

/// Starts a run whose stdout is a pipe that nobody reads yet.
fn unread(run: Run) -> (Running, PipeReader) {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let run = run.with(|command| {
        command.stdout(writer);
    });
    (run.start(), reader)
}

/// The peak memory of a process, in KiB.
fn peak(pid: i32) -> u32 {
    memory(&std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives"))
}

/// The kernel function in which a process waits.
fn waits_in(pid: i32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default()
}

/// Whether a child of monofy waits for room in the pipe that it writes to.
pub(crate) fn is_stuck(monofy: i32) -> bool {
    children(monofy).iter().any(|child| waits_in(*child).contains("pipe_write"))
}

/// Waits until a child of monofy waits for room in its pipe, which monofy does not read because its own reader is slow.
fn until_stuck(monofy: i32) {
    until("a process that waits to write", || is_stuck(monofy).then_some(()));
}

#[test]
fn a_stopped_reader_delays_neither_signals_nor_the_end() {
    for output in ["prefix", "json"] {
        let (mut running, reader) = unread(run(&["-o", output, "--grace", "2s", "yes"]));
        until_stuck(running.pid());
        assert!(peak(running.pid()) < 4096);
        let began = Instant::now();
        running.signal(TERM);
        running.stderr.wait_for("yes ended by SIGTERM");
        let status = running.wait();
        let took = began.elapsed();
        assert_eq!(status.code(), Some(0));
        // The reader has as much time as the stop.
        assert!(took > Duration::from_millis(1900) && took < Duration::from_secs(3), "{took:?}");
        assert!(running.stderr.all().contains("output is lost: the reader of stdout did not keep up"));
        drop(reader);
    }
}

#[test]
fn a_process_that_waits_for_a_stopped_reader_is_killed_at_the_deadline() {
    let (mut running, _reader) =
        unread(run(&["-oprefix", "--grace", "1s", "probe", "lines", "a", "1000000"]));
    until_stuck(running.pid());
    let began = Instant::now();
    running.signal(TERM);
    assert_eq!(running.wait().code(), Some(137));
    let took = began.elapsed();
    assert!(took > Duration::from_millis(900) && took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn no_line_is_lost_when_the_reader_goes_on_in_time() {
    let lines = 100_000;
    let words = ["-qoprefix", "--name", "a", "probe", "lines", "a", "100000"];
    let (running, mut reader) = unread(run(&words));
    until_stuck(running.pid());
    assert!(peak(running.pid()) < 4096);
    // The run is asked to stop meanwhile, which this process ignores.
    running.signal(TERM);
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("the output is text");
    let finished = running.finish();
    finished.assert_status(0);
    let expected = numbered("a      | a stdout ", lines);
    assert!(text == expected, "{} of {} bytes", text.len(), expected.len());
}

#[test]
fn the_backlog_is_still_read_after_the_last_process_has_exited() {
    // More than the pipe of the reader holds, and less than the pipe and the backlog of monofy together.
    let (mut running, mut reader) = unread(run(&["-oprefix", "--name", "a", "seq", "20000"]));
    running.stderr.wait_for("a exited with status 0");
    assert!(running.is_running());
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("the output is text");
    assert_eq!(running.wait().code(), Some(0));
    assert_eq!(text.lines().last(), Some("a      | 20000"));
    assert_eq!(text.lines().count(), 20_000);
}

#[test]
fn a_signal_reaches_a_process_while_stdout_is_blocked() {
    let words = [
        "-oprefix",
        "yes",
        "|||",
        "sh",
        "-c",
        "trap 'echo got >&2' USR1; echo ready >&2; while :; do sleep 1; done",
    ];
    let (running, _reader) = unread(run(&words));
    running.stderr.wait_for("ready");
    until_stuck(running.pid());
    running.signal(10);
    // yes dies of it and is reaped; the other one has a handler.
    running.stderr.wait_for("yes was killed by SIGUSR1");
    running.stderr.wait_for("got");
}

#[test]
fn when_the_reader_is_gone_the_run_ends_with_the_status_of_sigpipe() {
    let (mut running, reader) = unread(run(&["-oprefix", "--name", "a", "yes", "|||", "sleep", "1000"]));
    let mut reader = std::io::BufReader::new(reader);
    let mut line = String::new();
    std::io::BufRead::read_line(&mut reader, &mut line).expect("the output is text");
    assert_eq!(line, "a      | y\n");
    drop(reader);
    assert_eq!(running.wait().code(), Some(141));
    let told = running.stderr.all();
    assert!(told.contains("stopping a and sleep, because stdout is no longer read"), "{told}");
    assert!(told.contains("sleep ended by SIGTERM"), "{told}");
    assert!(told.ends_with("ended with status 141, because stdout is no longer read\n"), "{told}");
}

#[test]
fn a_process_can_finish_its_stop_when_the_reader_is_gone() {
    // Its output is read and dropped: the process neither waits nor dies of SIGPIPE.
    let script =
        "trap 'yes | head -c 1000000; echo done >&2; exit 5' TERM; echo one; while :; do echo more; done";
    let (mut running, reader) = unread(run(&["-oprefix", "--name", "a", "sh", "-c", script]));
    until_stuck(running.pid());
    drop(reader);
    assert_eq!(running.wait().code(), Some(141));
    let told = running.stderr.all();
    assert!(told.contains("a      | done\nmonofy | a exited with status 5\n"), "{told}");
}

#[test]
fn a_run_goes_on_when_nobody_reads_its_notices() {
    let run = run(&["-oprefix", "-v", "--name", "a", "sh", "-c", "sleep 0.2; echo out"]);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let run = run.with(|command| {
        command.stderr(writer);
    });
    run.finish().assert_status(0).assert_stdout("a      | out\n");
}

#[test]
fn the_run_ends_when_a_process_writes_to_stderr_and_nobody_reads_it() {
    let run =
        run(&["-oprefix", "--name", "a", "sh", "-c", "echo out; sleep 0.2; echo err >&2; exec sleep 1000"]);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let run = run.with(|command| {
        command.stderr(writer);
    });
    run.finish().assert_status(141).assert_stdout("a      | out\n");
}

#[test]
fn a_closed_stdout_is_not_replaced_by_another_descriptor() {
    // Writing to it fails in the process, as in raw mode.
    let script = "exec \"$0\" -qoprefix --name a sh -c 'echo out || echo failed >&2' >&-";
    let finished = Run::of("sh", ["-c", script]).with(|command| {
        command.arg(super::support::monofy());
    });
    let finished = finished.finish();
    finished.assert_status(0).assert_stdout("").assert_reported("a      | failed");
}

fn flags(file: &impl AsRawFd) -> String {
    let info =
        std::fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd())).expect("it is open");
    info.lines().find(|line| line.starts_with("flags:")).expect("the kernel tells").to_owned()
}

#[test]
fn shared_descriptors_keep_their_flags() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let (socket, other) = std::os::unix::net::UnixStream::pair().expect("a socket");
    let before = (flags(&writer), flags(&socket));
    let (out, err) = (writer.try_clone().unwrap(), std::os::fd::OwnedFd::from(socket.try_clone().unwrap()));
    let run = run(&["-oprefix", "--name", "a", "sh", "-c", "seq 100000; seq 100000 >&2"]).with(|command| {
        command.stdout(out).stderr(err);
    });
    let mut running = run.start();
    let (stdout, stderr) = (Lines::read(reader), Lines::read(other));
    until("the end of the lines", || stderr.so_far().contains("a      | 100000\n").then_some(()));
    assert_eq!((flags(&writer), flags(&socket)), before);
    assert_eq!(running.wait().code(), Some(0));
    assert_eq!((flags(&writer), flags(&socket)), before);
    drop((running, writer, socket));
    assert_eq!(stdout.all().lines().count(), 100_000);
    assert_eq!(stderr.all().lines().filter(|line| line.starts_with("a ")).count(), 100_000);
}

#[test]
fn a_full_disk_is_reported_once() {
    let full = File::options().write(true).open("/dev/full").expect("there is one");
    let run = run(&["-oprefix", "--name", "a", "sh", "-c", "seq 100000; exit 3"]).with(|command| {
        command.stdout(full);
    });
    let finished = run.finish();
    finished
        .assert_status(3)
        .assert_reported("cannot write to stdout, output is lost: No space left on device");
    assert_eq!(finished.stderr.matches("cannot write").count(), 1, "{}", finished.stderr);
}

#[test]
fn the_signal_for_a_write_beyond_the_file_size_limit_is_not_passed_on() {
    let folder = Folder::new();
    let out = File::create(folder.path().join("out")).expect("a file can be made");
    // The limit holds for monofy; the processes write to pipes.
    let script = "ulimit -f 8; exec \"$0\" \"$@\"";
    let writer = "trap '' USR1 USR2; seq 100000; exec sleep 1000";
    let run = Run::of("sh", ["-c", script]).with(|command| {
        command.arg(super::support::monofy()).args(["-oprefix", "--name", "w", "sh", "-c", writer, "|||"]);
        command.args(["--name", "p", "sh", "-c", "exec \"$PROBE\" wait p USR1=ignore USR2=3 >&2"]);
        command.stdout(out);
    });
    let running = run.env("PROBE", super::support::probe()).start();
    running.stderr.wait_for("p ready");
    running.stderr.wait_for("cannot write to stdout, output is lost: File too large");
    // By the time that a later signal has arrived, an earlier one has, too.
    running.signal(USR1);
    running.stderr.wait_for("p got 10");
    running.signal(USR2);
    let finished = running.finish();
    finished.assert_status(3);
    assert!(!finished.stderr.contains("p got 25"), "{}", finished.stderr);
}

#[test]
fn an_idle_run_makes_no_system_call() {
    let running =
        run(&["-qoprefix", "sh", "-c", "echo ready; exec sleep 1000", "|||", "sleep", "1000"]).start();
    running.stdout.wait_for("ready");
    let pid = running.pid();
    // Some milliseconds after its start, a run publishes its state in a memory file.
    let has_published = || {
        let mut files = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("it lives").flatten();
        files.any(|file| {
            std::fs::read_link(file.path())
                .is_ok_and(|path| path.as_os_str().as_bytes().starts_with(b"/memfd:"))
        })
    };
    until("monofy waits", || {
        (has_published() && state(pid) == Some('S') && waits_in(pid).contains("poll")).then_some(())
    });
    let switches = || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
        let count = |what: &str| {
            let line = status.lines().find(|line| line.starts_with(what)).expect("the kernel tells");
            line.split_ascii_whitespace()
                .nth(1)
                .and_then(|number| number.parse::<u64>().ok())
                .expect("a number")
        };
        count("voluntary_ctxt_switches")
    };
    let before = switches();
    std::thread::park_timeout(Duration::from_secs(2));
    assert_eq!(switches(), before);
}
