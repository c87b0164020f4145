//! What monofy tells (contract, 4.8), and that it stands between nobody and their output (5.1).

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::unistd::pipe2;

use super::line::{TERM, USR1, USR2, all_got, got, line, ready, run};
use super::support::{Finished, Folder, Lines, Run, Running, has_tool, in_path, monofy, send, state, until};

/// Every line is monofy's, and the pids are replaced.
fn notices(finished: &Finished) -> Vec<String> {
    let notice = |line: &str| {
        let notice = line.strip_prefix("monofy: ").unwrap_or_else(|| panic!("not monofy's: {line}"));
        let (before, after) = match notice.split_once("(pid ") {
            Some((before, rest)) => {
                (format!("{before}(pid "), format!("N{}", rest.trim_start_matches(char::is_numeric)))
            }
            None => (notice.to_owned(), String::new()),
        };
        before + &after
    };
    finished.stderr.lines().map(notice).collect()
}

#[test]
fn what_started_and_ended_and_why_the_run_ended_is_told_in_order() {
    let finished = line("true && false ||| sleep 1000").finish();
    finished.assert_status(1);
    let told = notices(&finished);
    // Whether the second process was there when the first ended is a matter of time.
    let (start, end) = (&told[..3], &told[told.len() - 2..]);
    assert_eq!(
        start,
        [
            "setup true started (pid N): true",
            "setup true exited with status 0",
            "false started (pid N): false"
        ]
    );
    assert!(told.contains(&"false exited with status 1".to_owned()), "{told:?}");
    let is_stopped = told.contains(&"stopping sleep, because false exited with status 1".to_owned());
    assert_eq!(is_stopped, end[0] == "sleep ended by SIGTERM", "{told:?}");
    assert_eq!(end[1], "ended with status 1, because false exited with status 1");
}

#[test]
fn every_notice_of_a_stop_is_told_in_order() {
    let running = line("probe wait a USR1=3 ||| --name second probe wait b").start();
    let a = ready(&running, "a");
    ready(&running, "b");
    running.stderr.wait_for("second started");
    send(a, USR1);
    let finished = running.finish();
    finished.assert_status(3);
    assert_eq!(
        notices(&finished)[2..],
        [
            "probe exited with status 3",
            "stopping second, because probe exited with status 3",
            "second exited with status 0",
            "ended with status 3, because probe exited with status 3",
        ]
    );
}

#[test]
fn an_outside_signal_is_told_as_the_reason() {
    let running = line("probe idle a").start();
    ready(&running, "a");
    running.signal(TERM);
    let finished = running.finish();
    assert_eq!(
        notices(&finished)[1..],
        [
            "stopping probe, because SIGTERM was received",
            "probe ended by SIGTERM",
            "ended with status 0, because SIGTERM was received",
        ]
    );
}

#[test]
fn a_template_is_told_and_no_value() {
    let finished = run(&["true", "$SECRET", "${SECRET:-x y}", "|||", "sleep", "$<SECRET>"])
        .env("SECRET", "1000")
        .finish();
    finished.assert_status(0).assert_reported("true $SECRET '${SECRET:-x y}'");
    assert!(!finished.stderr.contains("1000"), "{finished:?}");
    // Nor where it cannot be started.
    let finished = run(&["$SECRET"]).env("SECRET", "no-such-program").finish();
    finished.assert_status(127).assert_reported("$SECRET");
    assert!(!finished.stderr.lines().any(|line| line.contains("(no-such-program)")), "{finished:?}");
}

#[test]
fn a_line_break_in_an_argument_does_not_break_a_notice() {
    let finished = run(&["true", "one\ntwo\r\u{1b}[31m"]).finish();
    assert!(finished.stderr.lines().all(|line| line.starts_with("monofy: ")), "{finished:?}");
    assert!(!finished.stderr.contains('\u{1b}'), "{finished:?}");
}

#[test]
fn quiet_leaves_what_went_wrong() {
    let finished = line("--quiet true ||| sleep 1000").finish();
    assert_eq!(finished.stderr, "");
    let finished = line("-q sh -c exit\t3 ||| sleep 1000").finish();
    assert_eq!(notices(&finished), ["ended with status 3, because sh exited with status 3"]);
    line("-q no-such-program").finish().assert_reported("no-such-program");
}

#[test]
fn verbose_tells_of_signals_passed_on_and_orphans_reaped() {
    for (option, times) in [("--verbose", 1), ("-q", 0), ("--name=sh", 0)] {
        let running = run(&[option, "sh", "-c", "(true &); exec $PROBE wait a"]).start();
        let a = ready(&running, "a");
        until("the orphan reaped", || (super::support::children(running.pid()) == [a]).then_some(()));
        running.signal(USR1);
        got(&running, "a", USR1);
        running.signal(TERM);
        let finished = running.finish();
        assert_eq!(finished.stderr.matches("SIGUSR1 passed on to sh").count(), times, "{finished:?}");
        assert_eq!(finished.stderr.matches("orphan reaped").count(), times, "{finished:?}");
    }
}

/// Starts two probes under monofy with a stderr like this.
fn start_with_stderr(stderr: impl Into<std::process::Stdio>) -> Running {
    let stderr = stderr.into();
    let run = line("--verbose probe wait a ||| probe wait b").with(|command| {
        command.stderr(stderr);
    });
    let running = run.start();
    ready(&running, "a");
    ready(&running, "b");
    running
}

fn assert_nothing_but_what_was_sent(running: Running) {
    for number in [USR1, USR2] {
        running.signal(number);
        got(&running, "a", number);
        got(&running, "b", number);
    }
    running.signal(TERM);
    let finished = running.finish();
    finished.assert_status(0);
    for name in ["a", "b"] {
        assert_eq!(all_got(&finished.stdout, name), [USR1, USR2, TERM]);
    }
}

#[test]
fn a_stderr_that_nobody_reads_any_more_harms_nobody() {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).unwrap();
    drop(reader);
    assert_nothing_but_what_was_sent(start_with_stderr(writer));
}

#[test]
fn a_stderr_without_space_harms_nobody() {
    assert_nothing_but_what_was_sent(start_with_stderr(File::create("/dev/full").unwrap()));
}

#[test]
fn a_stderr_that_can_only_be_read_harms_nobody() {
    assert_nothing_but_what_was_sent(start_with_stderr(File::open("/dev/null").unwrap()));
}

/// A pipe that is full, as its two ends. The writing one waits, as pipes do.
fn full_pipe() -> (OwnedFd, OwnedFd) {
    let (reader, writer) = pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).unwrap();
    let mut file = File::from(writer);
    while file.write(&[b'x'; 4096]).is_ok() {}
    while file.write(b"x").is_ok() {}
    for end in [OwnedFd::from(file.try_clone().unwrap()), reader.try_clone().unwrap()] {
        fcntl(&end, FcntlArg::F_SETFL(OFlag::empty())).unwrap();
    }
    (reader, file.into())
}

#[test]
fn a_stderr_that_is_full_holds_nothing_up() {
    let (reader, writer) = full_pipe();
    assert_nothing_but_what_was_sent(start_with_stderr(writer));
    drop(reader);
}

#[test]
fn what_waits_for_a_reader_of_stderr_is_told_when_it_reads_on() {
    let (reader, writer) = full_pipe();
    let running = start_with_stderr(writer);
    running.signal(USR1);
    got(&running, "b", USR1);
    let late = Lines::read(File::from(reader));
    let started = late.wait_for("probe started");
    assert!(started.trim_start_matches('x').starts_with("monofy: probe started"), "{started}");
    late.wait_for("probe.2 started");
    late.wait_for("SIGUSR1 passed on to probe and probe.2");
    running.signal(TERM);
    running.finish().assert_status(0);
    late.wait_for("ended with status 0");
}

#[test]
fn the_flags_of_a_shared_stderr_are_left_alone() {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).unwrap();
    let ours = writer.try_clone().unwrap();
    let running = start_with_stderr(writer);
    running.signal(USR1);
    got(&running, "a", USR1);
    let flags = OFlag::from_bits_truncate(fcntl(&ours, FcntlArg::F_GETFL).unwrap());
    assert!(!flags.contains(OFlag::O_NONBLOCK));
    drop((reader, ours));
}

#[test]
fn the_processes_write_to_the_very_descriptors_of_monofy() {
    let running = line("probe wait a ||| probe wait b").start();
    let target = |pid: i32, number: i32| std::fs::read_link(format!("/proc/{pid}/fd/{number}")).unwrap();
    for name in ["a", "b"] {
        let pid = ready(&running, name);
        for number in 0..=2 {
            assert_eq!(target(pid, number), target(running.pid(), number));
        }
    }
}

#[test]
fn output_without_a_newline_and_of_any_bytes_is_left_as_it_is() {
    let mut child = std::process::Command::new(monofy())
        .args(["-q", "sh", "-c", "printf 'a\\0b\\377 no newline'"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut all = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut all).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(all, b"a\0b\xff no newline");
}

fn context_switches(pid: i32) -> Vec<String> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    status.lines().filter(|line| line.contains("ctxt_switches")).map(str::to_owned).collect()
}

#[test]
fn an_idle_monofy_waits_in_one_system_call_without_a_timeout() {
    let running = line("probe wait a ||| probe wait b").start();
    let a = ready(&running, "a");
    ready(&running, "b");
    running.stderr.wait_for("probe.2 started");
    let syscall = || std::fs::read_to_string(format!("/proc/{}/syscall", running.pid())).unwrap_or_default();
    let waiting_read = format!("{} ", libc::SYS_read);
    if !has_tool("/proc/<pid>/syscall", !syscall().is_empty()) {
        return;
    }
    until("a read without a timeout", || {
        (state(running.pid()) == Some('S') && syscall().starts_with(&waiting_read)).then_some(())
    });
    let before = context_switches(running.pid());
    for _ in 0..50 {
        send(a, USR1);
        send(a, USR2);
    }
    got(&running, "a", USR2);
    assert_eq!(context_switches(running.pid()), before);
}

#[test]
fn a_stop_sends_each_signal_once_and_waits_in_one_call_until_its_deadline() {
    if !has_tool("strace", in_path("strace")) {
        return;
    }
    let folder = Folder::new();
    let log = folder.path().join("log");
    let monofy = monofy();
    let probe = super::support::probe();
    let words = [
        "-o",
        log.to_str().unwrap(),
        monofy.to_str().unwrap(),
        "--grace",
        "1h",
        probe.to_str().unwrap(),
        "wait",
        "a",
        "TERM=ignore",
        "USR1=0",
    ];
    let running = Run::of("strace", words).start();
    let a = ready(&running, "a");
    let monofy = super::support::parent(a).unwrap();
    send(monofy, TERM);
    got(&running, "a", TERM);
    // The call that has not returned yet is a line that has no end yet. A run waits for some milliseconds first, before it
    // publishes its state.
    let calls = until("a call that waits", || {
        let log = std::fs::read_to_string(&log).unwrap();
        let is_waiting = |line: &str| line.starts_with("ppoll(") && !line.contains("tv_sec=0");
        let is_last = log.lines().last().is_some_and(is_waiting) && !log.ends_with('\n');
        (log.contains("SIGCONT)") && is_last).then_some(log)
    });
    let sent: Vec<_> =
        calls.lines().filter_map(|line| line.strip_prefix("kill(")?.split(')').next()).collect();
    assert_eq!(sent, [format!("{a}, SIGTERM"), format!("{a}, SIGCONT")]);
    let waits = calls.lines().last().unwrap();
    assert!(waits.starts_with("ppoll(") && waits.contains("tv_sec=3599"), "{waits}");
    send(a, USR1);
    running.finish().assert_status(0);
}

/// Runs a script with a `/dev` of its own, in which there is nothing.
fn with_own_dev(script: &str) -> Option<Finished> {
    let words = ["--mount", "sh", "-ec", "true"];
    let may = in_path("unshare") && Run::of("unshare", words).finish().status == 0;
    has_tool("unshare --mount", may).then(|| {
        let script = format!("mount -t tmpfs none /dev; {script}");
        Run::of("unshare", ["--mount", "sh", "-ec", &script]).env("MONOFY", monofy()).finish()
    })
}

#[test]
fn the_last_notice_goes_to_the_termination_log_as_well_where_that_is_a_file() {
    let script =
        ": >/dev/termination-log; $MONOFY -q true; $MONOFY sh -c 'exit 3' 2>&- || cat /dev/termination-log";
    let Some(finished) = with_own_dev(script) else { return };
    finished.assert_stdout(
        "monofy: ended with status 0, because true exited with status 0\n\
         monofy: ended with status 3, because sh exited with status 3\n",
    );
}

#[test]
fn a_termination_log_that_is_no_file_is_left_alone_and_none_is_made() {
    for make in ["true", "mkdir /dev/termination-log", "mkfifo /dev/termination-log"] {
        let Some(finished) = with_own_dev(&format!("{make}; $MONOFY -q true; ls /dev")) else { return };
        let expected = if make == "true" { "" } else { "termination-log\n" };
        finished.assert_status(0).assert_stdout(expected);
    }
}
