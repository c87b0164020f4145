//! `docker run -it`: a terminal inside the container and another one outside.

use std::fs::File;
use std::io::Write;

use nix::pty::{Winsize, openpty};

use crate::engine::{Images, docker};
use crate::support::{Finished, Folder, Lines, Running};

/// A `docker run -it` on a pseudo-terminal of the test.
struct Terminal {
    keyboard: File,
    screen: Lines,
    client: Running,
}

impl Terminal {
    fn start(images: &Images, options: &[&str], arguments: &[&str]) -> Self {
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).expect("a pseudo-terminal can be opened");
        let (keyboard, user_end) = (File::from(pty.master), pty.slave);
        let copy = || user_end.try_clone().expect("a descriptor can be copied");
        let client = docker(images.in_foreground(&[&["--tty"], options].concat(), arguments))
            .env("TERM", "dumb")
            .stdin(copy())
            .with(|command| {
                command.stdout(copy()).stderr(copy());
            })
            .start();
        let screen = Lines::read(keyboard.try_clone().expect("a descriptor can be copied"));
        Self { keyboard, screen, client }
    }

    fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("keys can be typed");
    }

    fn finish(self) -> Finished {
        let finished = self.client.finish();
        Finished { stdout: self.screen.all(), ..finished }
    }
}

const CTRL_C: &str = "\x03";
const CTRL_Z: &str = "\x1a";

/// Prints `NAME got INT` at Ctrl-C, and exits with 0.
const PRINTS_INT: &str = "trap 'echo $0 got INT; exit 0' INT; echo $0 is ready; while :; do sleep 0.1; done";

fn ctrl_c_reaches_each_process_once_and_ends_with_0(options: &[&str]) {
    let Some(images) = Images::get() else { return };
    let arguments = ["sh", "-c", PRINTS_INT, "first", "|||", "sh", "-c", PRINTS_INT, "second"];
    let mut terminal = Terminal::start(&images, options, &arguments);
    terminal.screen.wait_for("first is ready");
    terminal.screen.wait_for("second is ready");
    terminal.types(CTRL_C);
    let finished = terminal.finish();
    finished.assert_status(0);
    for name in ["first got INT", "second got INT"] {
        assert_eq!(finished.stdout.matches(name).count(), 1, "{finished:#?}");
    }
}

#[test]
fn ctrl_c_reaches_each_process_once_and_ends_with_0_as_pid_1() {
    ctrl_c_reaches_each_process_once_and_ends_with_0(&[]);
}

#[test]
fn ctrl_c_reaches_each_process_once_and_ends_with_0_below_dockers_init() {
    ctrl_c_reaches_each_process_once_and_ends_with_0(&["--init"]);
}

#[test]
fn a_second_ctrl_c_kills() {
    let Some(images) = Images::get() else { return };
    let arguments = ["sh", "-c", "trap '' INT; echo $0 is ready; sleep 100", "shell"];
    let mut terminal = Terminal::start(&images, &[], &arguments);
    terminal.screen.wait_for("shell is ready");
    terminal.types(CTRL_C);
    terminal.screen.wait_for("SIGINT was received");
    terminal.types(CTRL_C);
    terminal.finish().assert_status(137);
}

#[test]
fn ctrl_z_stops_nothing_where_no_shell_could_continue_it() {
    let Some(images) = Images::get() else { return };
    let mut terminal = Terminal::start(&images, &[], &["-v", "sh", "-c", PRINTS_INT, "shell"]);
    terminal.screen.wait_for("shell is ready");
    terminal.types(CTRL_Z);
    terminal.types(CTRL_C);
    terminal.screen.wait_for("shell got INT");
    terminal.finish().assert_status(0);
}

#[test]
fn docker_stop_reaches_each_process_once_on_a_terminal_too() {
    let Some(images) = Images::get() else { return };
    let prints_term = "trap 'echo $0 got TERM; exit 0' TERM; echo $0 is ready; while :; do sleep 0.1; done";
    let name = format!("monofy-test-terminal-{}", std::process::id());
    let terminal = Terminal::start(&images, &["--name", &name], &["sh", "-c", prints_term, "shell"]);
    terminal.screen.wait_for("shell is ready");
    docker(["stop", &name]).finish().assert_status(0);
    let finished = terminal.finish();
    finished.assert_status(0);
    assert_eq!(finished.stdout.matches("shell got TERM").count(), 1, "{finished:#?}");
}

#[test]
fn the_exit_status_comes_through_a_terminal() {
    let Some(images) = Images::get() else { return };
    let terminal = Terminal::start(&images, &[], &["sh", "-c", "test -t 0 && test -t 1 && exit 7"]);
    terminal.finish().assert_status(7);
}

fn an_interactive_shell_has_job_control_and_outlives_ctrl_c(options: &[&str]) {
    let Some(images) = Images::get() else { return };
    let mut terminal = Terminal::start(&images, options, &["sh"]);
    // The terminal echoes the typed text, so it must not contain the text that the test waits for.
    terminal.types("echo shell says $((40 + 2))\n");
    terminal.screen.wait_for("shell says 42");
    terminal.types("sh -c 'echo child is $((1 + 1)); exec sleep 100'\n");
    terminal.screen.wait_for("child is 2");
    terminal.types(CTRL_C);
    terminal.types("echo then came $?\n");
    terminal.screen.wait_for("then came 130");
    terminal.types("sh -c 'echo child is $((2 + 1)); exec sleep 100'\n");
    terminal.screen.wait_for("child is 3");
    terminal.types(CTRL_Z);
    terminal.types("kill %1; fg; echo job was continued $((3 + 4))\n");
    terminal.screen.wait_for("job was continued 7");
    terminal.types("exit 3\n");
    let finished = terminal.finish();
    finished.assert_status(3);
    assert!(!finished.stdout.contains("job control turned off"), "{finished:#?}");
}

#[test]
fn an_interactive_shell_has_job_control_and_outlives_ctrl_c_as_pid_1() {
    an_interactive_shell_has_job_control_and_outlives_ctrl_c(&[]);
}

#[test]
fn an_interactive_shell_has_job_control_and_outlives_ctrl_c_below_dockers_init() {
    an_interactive_shell_has_job_control_and_outlives_ctrl_c(&["--init"]);
}

#[test]
fn input_that_is_piped_into_docker_run_reaches_the_process() {
    let Some(images) = Images::get() else { return };
    let folder = Folder::new();
    let input = folder.file("input", "first\nlast, without an end");
    let run = docker(images.in_foreground(&[], &["cat"])).stdin(File::open(input).unwrap());
    run.finish().assert_status(0).assert_stdout("first\nlast, without an end");
}
