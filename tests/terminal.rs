//! monofy on a terminal (contract, 4.3): one job to whoever sits there.

#[path = "supervise/line.rs"]
#[allow(dead_code, reason = "what is for processes without a terminal is not needed here")]
mod line;
mod support;

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};

use nix::fcntl::OFlag;
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use nix::unistd::Pid;

use line::{CHLD, CONT, INT, QUIT, TERM, USR1, USR2, all_got, got, ready, run, until_stopped};
use support::{Folder, Lines, Run, Running, has_tool, in_path, is_gone, monofy, parent, probe, send, until};

const SHELL: [&str; 5] = ["bash", "--norc", "--noprofile", "--noediting", "-i"];
const CTRL_C: &[u8] = b"\x03";
const CTRL_Z: &[u8] = b"\x1a";
const CTRL_BACKSLASH: &[u8] = b"\x1c";
const HUP: i32 = 1;
const TSTP: i32 = 20;
const WINCH: i32 = 28;

/// Both ends of a terminal, close-on-exec from the beginning, since tests beside this one start programs too.
fn pty() -> (File, OwnedFd) {
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).expect("a pty");
    grantpt(&master).expect("its other end");
    unlockpt(&master).expect("its other end");
    let name = ptsname_r(&master).expect("its name");
    let slave = File::options().read(true).write(true).custom_flags(nix::libc::O_NOCTTY).open(name);
    (File::from(OwnedFd::from(master)), slave.expect("its other end").into())
}

/// A program that leads the session of a new terminal: the terminal's far end, its near one, and the program.
fn on_a_terminal(words: &[&str]) -> (File, OwnedFd, Running) {
    let (master, slave) = pty();
    let mut settings = tcgetattr(&slave).expect("a terminal has settings");
    settings.local_flags.remove(LocalFlags::ECHO);
    tcsetattr(&slave, SetArg::TCSANOW, &settings).expect("a terminal takes settings");
    let screen = slave.try_clone().unwrap();
    let (probe, monofy) = (probe(), monofy());
    let words = words.iter().map(|word| match *word {
        "probe" => probe.to_str().unwrap(),
        "monofy" => monofy.to_str().unwrap(),
        word => word,
    });
    let all = ["with", "session", "terminal", "--"].into_iter().chain(words);
    let (stdout, stderr) = (slave.try_clone().unwrap(), slave.try_clone().unwrap());
    let run = Run::of(&probe, all).stdin(slave).env("PROBE", &probe).env("MONOFY", &monofy);
    let run = run.env("TERM", "dumb").with(|command| {
        command.stdout(stdout).stderr(stderr);
    });
    (master, screen, run.start())
}

/// A terminal, and what runs on it.
struct Terminal {
    keyboard: File,
    /// The end that what runs here has as well.
    screen: Option<OwnedFd>,
    running: Running,
}

impl Terminal {
    /// Starts a program as the leader of the terminal's session. Its lines are told as the `stdout` of the run.
    fn start(words: &[&str]) -> Self {
        let (keyboard, screen, mut running) = on_a_terminal(words);
        running.stdout = Lines::read(keyboard.try_clone().unwrap());
        Self { keyboard, screen: Some(screen), running }
    }

    /// An interactive shell, which has job control.
    fn shell() -> Option<Self> {
        has_tool("bash", in_path("bash")).then(|| Self::start(&SHELL))
    }

    /// The same for a line of monofy, split at its blanks.
    fn monofy(text: &str) -> Self {
        Self::start(&["monofy"].into_iter().chain(text.split(' ')).collect::<Vec<_>>())
    }

    fn type_in(&mut self, keys: impl AsRef<[u8]>) {
        self.keyboard.write_all(keys.as_ref()).expect("a terminal takes keys");
    }

    fn ready(&self, name: &str) -> i32 {
        ready(&self.running, name)
    }

    fn got(&self, name: &str, number: i32) -> String {
        got(&self.running, name, number)
    }

    /// Whether the probes have by now told of all that came before: what monofy is sent now comes after it.
    fn has_settled(&self, names: &[&str]) {
        self.running.signal(USR2);
        for name in names {
            self.got(name, USR2);
        }
    }

    /// Waits for the end, closes the terminal and returns the status and all that was shown.
    fn finish(mut self) -> (i32, String) {
        use std::os::unix::process::ExitStatusExt;
        let status = self.running.wait();
        let status = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
        self.screen = None;
        let shown = self.running.stdout.all().replace('\r', "");
        (status, shown)
    }
}

fn group(pid: i32) -> i32 {
    nix::unistd::getpgid(Some(Pid::from_raw(pid))).expect("it lives").as_raw()
}

#[test]
fn the_processes_stay_in_the_group_of_monofy() {
    let terminal = Terminal::monofy("probe wait s USR1=0 && probe wait a ||| probe wait b");
    let (monofy, s) = (terminal.running.pid(), terminal.ready("s"));
    assert_eq!(group(s), group(monofy));
    send(s, USR1);
    for name in ["a", "b"] {
        assert_eq!(group(terminal.ready(name)), group(monofy));
    }
    terminal.running.signal(TERM);
    assert_eq!(terminal.finish().0, 0);
}

#[test]
fn without_a_terminal_as_stdin_each_process_leads_a_group() {
    let running = run(&["probe", "wait", "a", "|||", "probe", "wait", "b"]).start();
    for name in ["a", "b"] {
        let pid = ready(&running, name);
        assert_eq!(group(pid), pid);
    }
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn ctrl_c_reaches_each_process_once_and_ends_the_run_with_0() {
    for (keys, number) in [(CTRL_C, INT), (CTRL_BACKSLASH, QUIT)] {
        let text =
            format!("--grace 1h probe wait a {number}=ignore TERM=0 ||| probe wait b {number}=ignore TERM=0");
        let mut terminal = Terminal::monofy(&text);
        terminal.ready("a");
        terminal.ready("b");
        terminal.type_in(keys);
        for name in ["a", "b"] {
            assert!(terminal.got(name, number).contains("from the kernel"));
        }
        // It is the end that was asked for, so CONT follows.
        terminal.got("a", CONT);
        terminal.got("b", CONT);
        terminal.has_settled(&["a", "b"]);
        terminal.running.signal(TERM);
        let (status, shown) = terminal.finish();
        assert_eq!(status, 0, "{shown}");
        for name in ["a", "b"] {
            assert_eq!(all_got(&shown, name), [number, CONT, USR2, TERM], "{shown}");
        }
    }
}

#[test]
fn a_run_whose_processes_all_die_of_ctrl_c_ends_with_0() {
    for text in [
        "probe idle a ||| probe idle b ||| probe idle c",
        "probe wait a INT=130 ||| probe wait b INT=die ||| probe wait c INT=0",
    ] {
        let mut terminal = Terminal::monofy(text);
        for name in ["a", "b", "c"] {
            terminal.ready(name);
        }
        terminal.type_in(CTRL_C);
        let (status, shown) = terminal.finish();
        assert_eq!(status, 0, "{shown}");
        assert!(shown.contains("because SIGINT was received"), "{shown}");
    }
}

#[test]
fn a_ctrl_c_between_the_look_at_the_signals_and_the_one_at_the_children_is_seen_with_its_deaths() {
    if !has_tool("strace", in_path("strace")) {
        return;
    }
    let slow = ["strace", "-qqo/dev/null", "-etrace=wait4", "-einject=wait4:delay_enter=300000"];
    let mut terminal = Terminal::start(&[&slow[..], &["monofy", "probe", "idle", "a"]].concat());
    let probe = terminal.ready("a");
    let monofy = parent(probe).expect("it has a parent");
    send(monofy, CHLD);
    let waits = format!("{} ", nix::libc::SYS_wait4);
    until("the look at the children", || {
        let call = std::fs::read_to_string(format!("/proc/{monofy}/syscall")).unwrap_or_default();
        call.starts_with(&waits).then_some(())
    });
    terminal.type_in(CTRL_C);
    let (status, shown) = terminal.finish();
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("because SIGINT was received"), "{shown}");
}

#[test]
fn ctrl_c_during_setup_starts_nothing_more() {
    let mut terminal = Terminal::monofy("probe idle s && echo later");
    terminal.ready("s");
    terminal.type_in(CTRL_C);
    let (status, shown) = terminal.finish();
    assert_eq!(status, 0, "{shown}");
    assert!(!shown.lines().any(|line| line == "later"), "{shown}");
}

#[test]
fn ctrl_c_ends_restarts_and_checks_too() {
    // One that Ctrl-C kills whatever its policy, one that backs off, and one that is asked by what would ignore it.
    let text = "--grace 1h --restart always probe idle a ||| --restart always false ||| \
                --ready exec:probe.wait.c.INT=ignore probe wait b";
    let mut words: Vec<&str> = text.split_ascii_whitespace().collect();
    let check = format!("exec:{} wait c INT=ignore", probe().display());
    words.iter_mut().filter(|word| word.starts_with("exec:")).for_each(|word| *word = &check);
    let mut terminal = Terminal::start(&["monofy"].into_iter().chain(words).collect::<Vec<_>>());
    terminal.ready("a");
    let b = terminal.ready("b");
    let monofy = parent(b).unwrap();
    // What asks says nothing, but it is there.
    let check = until("the check", || {
        let is_it = |pid: &i32| {
            std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.ends_with(b"INT=ignore\0"))
        };
        support::children(monofy).into_iter().find(is_it)
    });
    assert_ne!(group(check), group(monofy), "the terminal does not mean it");
    terminal.running.stdout.wait_for("in 0.4 s");
    terminal.type_in(CTRL_C);
    let (status, shown) = terminal.finish();
    assert_eq!(status, 0, "{shown}");
    assert!(is_gone(check));
    assert_eq!(shown.matches("idle a").count(), 1, "{shown}");
}

#[test]
fn a_second_ctrl_c_kills() {
    let mut terminal = Terminal::monofy("--grace none probe wait a INT=ignore ||| probe wait b INT=ignore");
    terminal.ready("a");
    terminal.ready("b");
    terminal.type_in(CTRL_C);
    terminal.got("a", INT);
    terminal.got("b", CONT);
    terminal.type_in(CTRL_C);
    let (status, shown) = terminal.finish();
    assert_eq!(status, 137, "{shown}");
}

#[test]
fn a_second_ctrl_c_kills_a_setup_command_and_descendants() {
    let script = "setsid $PROBE wait g TERM=ignore & exec $PROBE wait s INT=ignore";
    let mut terminal = Terminal::start(&["monofy", "--grace=none", "sh", "-c", script, "&&", "true"]);
    let pids = ["g", "s"].map(|name| terminal.ready(name));
    terminal.type_in(CTRL_C);
    // CONT is monofy's, so it has seen the first one.
    terminal.got("s", CONT);
    terminal.type_in(CTRL_C);
    let (status, shown) = terminal.finish();
    assert_eq!(status, 137, "{shown}");
    assert!(pids.into_iter().all(is_gone));
}

#[test]
fn ctrl_c_is_passed_on_to_a_process_that_has_left_the_process_group() {
    let mut terminal = Terminal::monofy("setsid probe wait a ||| probe wait b");
    let [a, b] = ["a", "b"].map(|name| terminal.ready(name));
    assert_ne!(group(a), group(b));
    terminal.type_in(CTRL_C);
    let (status, shown) = terminal.finish();
    assert_eq!(status, 0, "{shown}");
    assert_eq!([all_got(&shown, "a"), all_got(&shown, "b")], [[INT], [INT]]);
}

#[test]
fn what_a_restarted_process_left_behind_is_stopped_on_a_terminal_too() {
    // The neighbour has a child of its own, and one that it has let go of before the process was started.
    let script = "$PROBE wait g & exec $PROBE wait m USR1=3";
    let neighbour = "$PROBE wait child & exec $PROBE wait n";
    let words = ["--restart=on-failure", "--name=m", "sh", "-c", script, "|||", "sh", "-c", neighbour];
    let mut terminal = Terminal::start(&["monofy"].into_iter().chain(words).collect::<Vec<_>>());
    let [g, m, n, child] = ["g", "m", "n", "child"].map(|name| terminal.ready(name));
    send(m, USR1);
    terminal.running.stdout.wait_for("processes left behind by m: ");
    until("its restart", || (terminal.running.stdout.so_far().matches("m ready").count() == 2).then_some(()));
    assert!(is_gone(g));
    assert!(!is_gone(n) && !is_gone(child));
    terminal.type_in(CTRL_C);
    assert_eq!(terminal.finish().0, 0);
}

#[test]
fn one_ctrl_c_that_a_parent_passes_on_as_well_is_still_one() {
    let mut terminal = Terminal::monofy("--grace none probe wait a INT=ignore USR1=0");
    let a = terminal.ready("a");
    terminal.type_in(CTRL_C);
    terminal.got("a", CONT);
    terminal.running.signal(INT);
    terminal.has_settled(&["a"]);
    assert!(!is_gone(a));
    send(a, USR1);
    assert_eq!(terminal.finish().0, 0);
}

#[test]
fn ctrl_c_and_a_stop_signal_reach_a_process_that_has_one_and_both_are_clean_ends() {
    let mut terminal = Terminal::monofy(
        "--stop-signal QUIT probe wait a INT=ignore QUIT=0 ||| --stop-signal TERM probe idle b",
    );
    terminal.ready("a");
    terminal.ready("b");
    terminal.type_in(CTRL_C);
    let (status, shown) = terminal.finish();
    assert_eq!(status, 0, "{shown}");
    assert_eq!(all_got(&shown, "a"), [INT, QUIT]);
}

#[test]
fn a_signal_from_a_process_is_passed_on_once_on_a_terminal_too() {
    let terminal = Terminal::monofy("probe wait a INT=ignore TERM=0");
    terminal.ready("a");
    for number in [HUP, USR1, WINCH, TSTP, INT] {
        terminal.running.signal(number);
        assert!(terminal.got("a", number).ends_with(&format!(" from {}", terminal.running.pid())));
    }
    terminal.got("a", CONT);
    terminal.has_settled(&["a"]);
    terminal.running.signal(TERM);
    let (status, shown) = terminal.finish();
    assert_eq!(status, 0, "{shown}");
    assert_eq!(all_got(&shown, "a"), [HUP, USR1, WINCH, TSTP, INT, CONT, USR2, TERM]);
}

#[test]
fn a_change_of_the_window_is_told_once() {
    let terminal = Terminal::monofy("probe wait a ||| probe wait b");
    terminal.ready("a");
    terminal.ready("b");
    let screen = Stdio::from(terminal.screen.as_ref().unwrap().try_clone().unwrap());
    let status = Command::new("stty").args(["rows", "50"]).stdin(screen).status();
    if !has_tool("stty", status.is_ok_and(|status| status.success())) {
        return;
    }
    for name in ["a", "b"] {
        assert!(terminal.got(name, WINCH).contains("from the kernel"));
    }
    terminal.has_settled(&["a", "b"]);
    terminal.running.signal(TERM);
    let (_, shown) = terminal.finish();
    for name in ["a", "b"] {
        assert_eq!(all_got(&shown, name), [WINCH, USR2, TERM], "{shown}");
    }
}

#[test]
fn a_process_reads_from_the_terminal() {
    let mut terminal =
        Terminal::start(&["monofy", "sh", "-c", "echo asking; read line; echo \"it was <$$line>\""]);
    terminal.running.stdout.wait_for("asking");
    terminal.type_in("words\n");
    let (status, shown) = terminal.finish();
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("it was <words>\n"), "{shown}");
}

#[test]
fn in_a_group_that_nobody_watches_ctrl_z_stops_nothing() {
    let mut terminal = Terminal::monofy("probe wait a");
    terminal.ready("a");
    terminal.type_in(CTRL_Z);
    terminal.got("a", TSTP);
    terminal.has_settled(&["a"]);
    terminal.running.signal(TERM);
    let (status, shown) = terminal.finish();
    assert_eq!(status, 0, "{shown}");
    assert_eq!(all_got(&shown, "a"), [TSTP, USR2, TERM]);
}

#[test]
fn a_hang_up_is_passed_on_when_monofy_leads_the_session_and_ends_the_run() {
    let words = ["monofy", "probe", "idle", "a", "|||", "probe", "idle", "b"];
    let (mut far_end, _screen, mut running) = on_a_terminal(&words);
    let mut shown: Vec<u8> = Vec::new();
    while shown.windows(6).filter(|part| part == b" ready").count() < 2 {
        let mut piece = [0; 1024];
        let count = far_end.read(&mut piece).expect("something is shown");
        shown.extend(&piece[..count]);
    }
    let processes = support::children(running.pid());
    assert_eq!(processes.len(), 2);
    drop(far_end);
    let status = running.wait();
    assert_eq!(status.code(), Some(128 + HUP));
    assert!(processes.into_iter().all(is_gone));
}

/// Whether the group of a process is the one that the terminal listens to, and it is not stopped.
fn is_in_foreground(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<_> = stat.rsplit_once(") ").map_or(vec![], |(_, rest)| rest.split(' ').collect());
    // proc(5): state, ppid, pgrp, session, tty_nr, tpgid.
    fields.len() > 5 && fields[0] != "T" && fields[2] == fields[5]
}

fn until_in_foreground(pid: i32) {
    until("the foreground", || is_in_foreground(pid).then_some(()));
}

#[test]
fn ctrl_z_stops_the_whole_job_and_fg_continues_it_and_ctrl_c_ends_it() {
    let Some(mut shell) = Terminal::shell() else { return };
    shell.type_in("$MONOFY $PROBE idle a '|||' $PROBE idle b\n");
    let (a, b) = (shell.ready("a"), shell.ready("b"));
    let monofy = parent(a).unwrap();
    for _ in 0..2 {
        until_in_foreground(a);
        shell.type_in(CTRL_Z);
        [a, b, monofy].into_iter().for_each(until_stopped);
        shell.type_in("jobs; echo and then\n");
        shell.running.stdout.wait_for("Stopped");
        shell.type_in("fg\n");
        [a, b, monofy].into_iter().for_each(until_in_foreground);
    }
    shell.type_in(CTRL_C);
    until("the end of the job", || is_gone(monofy).then_some(()));
    shell.type_in("echo status=$?\n");
    shell.running.stdout.wait_for("status=0");
    shell.type_in("exit 6\n");
    assert_eq!(shell.finish().0, 6);
}

#[test]
fn a_process_in_the_background_that_reads_stops_the_job_until_it_is_in_the_foreground() {
    let Some(mut shell) = Terminal::shell() else { return };
    // The reader is the last to be started, so that what stops the job comes after all starts.
    let reader = "sh -c 'echo asking; read line; echo \"it was <$$line>\"'";
    shell.type_in(format!("$MONOFY sleep 1000 '|||' {reader} &\n"));
    let told = shell.running.stdout.wait_for("[1] ");
    let monofy = told.trim_end().rsplit(' ').next().and_then(|pid| pid.parse().ok()).expect("a pid");
    until_stopped(monofy);
    shell.type_in("fg\n");
    until_in_foreground(monofy);
    shell.type_in("words\n");
    shell.running.stdout.wait_for("it was <words>");
    until("the end of the job", || is_gone(monofy).then_some(()));
    shell.type_in("exit\n");
    shell.finish();
}

#[test]
fn a_shell_as_a_process_has_its_own_job_control() {
    if !has_tool("bash", in_path("bash")) {
        return;
    }
    let mut terminal = Terminal::start(&[&["monofy"], &SHELL[..]].concat());
    terminal.type_in("echo sum=$((40 + 2))\n");
    terminal.running.stdout.wait_for("sum=42");
    terminal.type_in("$PROBE idle j\n");
    let j = terminal.ready("j");
    until_in_foreground(j);
    assert_ne!(group(j), group(terminal.running.pid()));
    terminal.type_in(CTRL_Z);
    until_stopped(j);
    terminal.type_in("fg\n");
    until_in_foreground(j);
    terminal.type_in(CTRL_C);
    until("the end of the job", || is_gone(j).then_some(()));
    // It was the shell's and reached neither it nor monofy.
    terminal.type_in("echo still=$?; exit 3\n");
    terminal.running.stdout.wait_for("still=130");
    let (status, shown) = terminal.finish();
    assert_eq!(status, 3, "{shown}");
    assert!(!shown.contains("no job control"), "{shown}");
}

/// Between its fork and its execution a process already has the signals that it inherits, so it stops as well,
/// and whoever waits for the execution without looking at signals waits for ever.
#[test]
fn ctrl_z_while_the_processes_are_started_stops_the_job() {
    let Some(mut shell) = Terminal::shell() else { return };
    let folder = Folder::new();
    // In a file, since a terminal takes lines of 4096 bytes at most.
    let many = "'|||' sleep 1000 ".repeat(300);
    let script = folder.file("many", format!("exec $MONOFY -q $PROBE idle a {many}\n"));
    for _ in 0..5 {
        shell.type_in(format!("sh {}\n", script.display()));
        let a = shell.ready("a");
        let monofy = parent(a).unwrap();
        shell.type_in(CTRL_Z);
        until_stopped(monofy);
        shell.type_in("fg\n");
        until_in_foreground(monofy);
        shell.type_in(CTRL_C);
        until("the end of the job", || is_gone(monofy).then_some(()));
        shell.running.stdout.forget();
    }
    shell.type_in("exit\n");
    shell.finish();
}

/// Whether a terminal reads whole lines and echoes what is typed.
fn is_in_line_mode(terminal: &OwnedFd) -> bool {
    let settings = tcgetattr(terminal).expect("a terminal has settings");
    settings.local_flags.contains(LocalFlags::ICANON)
}

#[test]
fn a_terminal_that_a_process_left_in_raw_mode_is_restored_at_the_end() {
    for script in ["stty raw; exit 3", "stty raw; kill -KILL $$", "setsid -f sleep 1000; stty raw; exit 3"] {
        let (_master, screen, mut running) = on_a_terminal(&["monofy", "-q", "sh", "-c", script]);
        running.wait();
        assert!(is_in_line_mode(&screen), "{script}");
    }
}

#[test]
fn a_terminal_that_is_in_raw_mode_from_the_start_stays_so() {
    let script = "stty raw; \"$MONOFY\" -q stty echo; stty -a";
    let (master, screen, mut running) = on_a_terminal(&["sh", "-c", script]);
    running.wait();
    assert!(!is_in_line_mode(&screen));
    drop(master);
}
