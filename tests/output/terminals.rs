//! Terminals: colours where monofy writes to one, `--tty` for the processes.

use std::fs::File;
use std::os::fd::OwnedFd;

use nix::pty::openpty;

use super::line::run;
use super::support::{Lines, Run, Running, numbered};

const WINCH: i32 = 28;

/// Starts a run whose stdout is a terminal of this size.
fn on_terminal(run: Run, rows: u16, columns: u16) -> (Running, OwnedFd) {
    let size = nix::pty::Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(&size, None).expect("a terminal");
    for end in [&pty.master, &pty.slave] {
        nix::fcntl::fcntl(end, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC))
            .expect("it is open");
    }
    let run = run.with(|command| {
        command.stdout(pty.slave);
    });
    let mut running = run.start();
    running.stdout = Lines::read(File::from(pty.master.try_clone().expect("a descriptor is left")));
    (running, pty.master)
}

/// Everything that a run writes to its terminal.
fn shown(run: Run) -> String {
    let (mut running, master) = on_terminal(run, 30, 100);
    assert_eq!(running.wait().code(), Some(0));
    drop(master);
    running.stdout.all().replace("\r\n", "\n")
}

#[test]
fn names_are_coloured_only_on_a_terminal() {
    let words = ["-qoprefix", "--name", "a", "sh", "-c", "printf '\\033[31mred\\n'; echo err >&2"];
    assert_eq!(shown(run(&words)), "\x1b[36ma      |\x1b[0m \x1b[31mred\x1b[0m\n");
    assert_eq!(shown(run(&words).env("NO_COLOR", "1")), "a      | \x1b[31mred\n");
    assert_eq!(shown(run(&words).env("NO_COLOR", "")), "\x1b[36ma      |\x1b[0m \x1b[31mred\x1b[0m\n");
    let (mut running, _master) = on_terminal(run(&words), 30, 100);
    running.wait();
    assert_eq!(running.stderr.all(), "a      | err\n");
}

#[test]
fn json_has_no_colours() {
    let shown = shown(run(&["-qojson", "echo", "out"]));
    assert!(shown.starts_with('{') && shown.ends_with("\"message\":\"out\"}\n"), "{shown}");
}

/// A script that prints which of the descriptors 0 to 2 are terminals, and the size of descriptor 1.
const DESCRIBE: &str =
    "for n in 0 1 2; do if [ -t $$n ]; then echo $$n is a terminal; fi; done; stty size <&1";

#[test]
fn tty_makes_stdout_a_terminal_and_keeps_stderr_apart() {
    let finished =
        run(&["-qoprefix", "--name", "a", "--tty", "sh", "-c", &format!("{DESCRIBE}; echo err >&2")])
            .finish();
    finished.assert_status(0).assert_stdout("a      | 1 is a terminal\na      | 24 80\n");
    assert_eq!(finished.stderr, "a      | err\n");
}

#[test]
fn there_is_no_terminal_without_tty_and_in_raw_mode() {
    let words = ["--tty", "sh", "-c", "if [ -t 1 ]; then echo terminal; else echo none; fi"];
    let ends = [run(&["-qoprefix", "--name", "a", words[1], words[2], words[3]]), run(&words)];
    for (run, expected) in ends.into_iter().zip(["a      | none\n", "none\n"]) {
        run.finish().assert_status(0).assert_stdout(expected);
    }
}

#[test]
fn bytes_pass_a_pseudo_terminal_unchanged() {
    let script = "printf 'a\\tb\\nc\\r\\nlast'";
    let finished = run(&["-qoprefix", "--name", "a", "--tty", "sh", "-c", script]).finish();
    finished.assert_status(0).assert_stdout("a      | a\tb\na      | c\r\na      | last\n");
}

#[test]
fn no_line_is_lost_in_a_pseudo_terminal() {
    let finished = run(&["-qoprefix", "--name", "a", "--tty", "seq", "50000"]).finish();
    let expected = numbered("a      | ", 50_000);
    finished.assert_status(0);
    assert!(finished.stdout == expected, "{} of {} bytes", finished.stdout.len(), expected.len());
}

#[test]
fn the_pseudo_terminal_is_nobodys_controlling_terminal() {
    let script =
        "exec setsid --wait sh -c 'if (: >/dev/tty) 2>/dev/null; then echo has one; else echo has none; fi'";
    let finished = run(&["-qoprefix", "--name", "a", "--tty", "sh", "-c", script]).finish();
    finished.assert_status(0).assert_stdout("a      | has none\n");
}

#[test]
fn the_pseudo_terminal_has_the_size_of_monofys_terminal_and_follows_it() {
    let script = "trap 'stty size <&1' WINCH; stty size <&1; while :; do sleep 0.1; done";
    let (running, master) =
        on_terminal(run(&["-oprefix", "--name", "a", "--tty", "sh", "-c", script]), 30, 100);
    running.stdout.wait_for("30 100");
    let mut stty = std::process::Command::new("stty");
    stty.args(["rows", "40", "cols", "120"]).stdin(master.try_clone().expect("a descriptor is left"));
    assert!(stty.status().expect("there is a stty").success());
    running.signal(WINCH);
    running.stdout.wait_for("40 120");
}
