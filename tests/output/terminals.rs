//! Terminals on either side: colours for ours, `--tty` for the processes.

use std::fs::File;
use std::os::fd::OwnedFd;

use nix::pty::openpty;

use super::line::run;
use super::support::{Lines, Run, Running, numbered};

const WINCH: i32 = 28;

/// A run whose stdout is a terminal of this size.
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

/// What a terminal shows until all have left it.
fn shown(run: Run) -> String {
    let (mut running, master) = on_terminal(run, 30, 100);
    assert_eq!(running.wait().code(), Some(0));
    drop(master);
    running.stdout.all().replace("\r\n", "\n")
}

#[test]
fn names_are_coloured_on_a_terminal_and_nowhere_else() {
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

/// Whether descriptors 0 to 2 are terminals, and the size of the second.
const LOOK: &str = "for n in 0 1 2; do if [ -t $$n ]; then echo $$n is a terminal; fi; done; stty size <&1";

#[test]
fn with_tty_stdout_is_a_terminal_and_stderr_stays_apart() {
    let finished =
        run(&["-qoprefix", "--name", "a", "--tty", "sh", "-c", &format!("{LOOK}; echo err >&2")]).finish();
    finished.assert_status(0).assert_stdout("a      | 1 is a terminal\na      | 24 80\n");
    assert_eq!(finished.stderr, "a      | err\n");
}

#[test]
fn without_tty_and_in_raw_mode_there_is_none() {
    let words = ["--tty", "sh", "-c", "if [ -t 1 ]; then echo terminal; else echo none; fi"];
    let ends = [run(&["-qoprefix", "--name", "a", words[1], words[2], words[3]]), run(&words)];
    for (run, expected) in ends.into_iter().zip(["a      | none\n", "none\n"]) {
        run.finish().assert_status(0).assert_stdout(expected);
    }
}

#[test]
fn bytes_come_out_of_a_terminal_as_they_were_written() {
    let script = "printf 'a\\tb\\nc\\r\\nlast'";
    let finished = run(&["-qoprefix", "--name", "a", "--tty", "sh", "-c", script]).finish();
    finished.assert_status(0).assert_stdout("a      | a\tb\na      | c\r\na      | last\n");
}

#[test]
fn many_lines_pass_a_terminal_and_none_is_lost_at_its_end() {
    let finished = run(&["-qoprefix", "--name", "a", "--tty", "seq", "50000"]).finish();
    let expected = numbered("a      | ", 50_000);
    finished.assert_status(0);
    assert!(finished.stdout == expected, "{} of {} bytes", finished.stdout.len(), expected.len());
}

#[test]
fn it_is_nobodys_controlling_terminal() {
    let script =
        "exec setsid --wait sh -c 'if (: >/dev/tty) 2>/dev/null; then echo has one; else echo has none; fi'";
    let finished = run(&["-qoprefix", "--name", "a", "--tty", "sh", "-c", script]).finish();
    finished.assert_status(0).assert_stdout("a      | has none\n");
}

#[test]
fn it_has_the_size_of_ours_and_follows_it() {
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
