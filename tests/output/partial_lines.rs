//! On a terminal the beginning of a line is shown before its end has come, and of a line that is rewritten the last state
//! (contract, 5.4).

use std::fs::File;
use std::io::{PipeWriter, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use monofy::output::{Colour, LineAssembler, LineFormat, LineSink, Part, PrefixFormat, Target, Timestamp};
use nix::pty::openpty;
use proptest::prelude::*;

use super::line::run;
use super::support::{Running, state, until};

/// The bytes that a run writes to its terminal.
struct Screen {
    running: Running,
    bytes: Arc<Mutex<Vec<u8>>>,
    _master: OwnedFd,
}

/// Starts a run whose stdout and stderr are one terminal.
fn on_terminal(words: &[&str], stdin: std::io::PipeReader) -> Screen {
    let pty = openpty(None, None).expect("a terminal");
    let slave = pty.slave.try_clone().expect("a descriptor is left");
    let run = run(words).env("NO_COLOR", "1").stdin(stdin).with(|command| {
        command.stdout(slave).stderr(pty.slave);
    });
    let running = run.start();
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let (shared, mut master) =
        (Arc::clone(&bytes), File::from(pty.master.try_clone().expect("a descriptor is left")));
    std::thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = master.read(&mut chunk) {
            shared.lock().unwrap().extend_from_slice(&chunk[..count]);
        }
    });
    Screen { running, bytes, _master: pty.master }
}

impl Screen {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).replace("\r\n", "\n")
    }

    fn wait_for(&self, text: &str) {
        until(&format!("{text:?}"), || self.text().ends_with(text).then_some(()));
    }
}

fn go() -> (std::io::PipeReader, PipeWriter) {
    std::io::pipe().expect("a pipe")
}

#[test]
fn a_prompt_is_shown_after_half_a_second_and_its_line_goes_on_in_place() {
    let (stdin, mut input) = go();
    let began = Instant::now();
    let script = "printf 'name? '; read name; echo \"hello $$name\"";
    let mut screen = on_terminal(&["-qoprefix", "--name", "a", "sh", "-c", script], stdin);
    screen.wait_for("a      | name? ");
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(500), "{took:?}");
    input.write_all(b"bob\n").expect("it is read");
    assert_eq!(screen.running.wait().code(), Some(0));
    screen.wait_for("a      | name? hello bob\n");
    assert_eq!(screen.text(), "a      | name? hello bob\n");
}

#[test]
fn a_line_of_another_process_ends_a_prompt_whose_rest_is_a_new_line() {
    let (stdin, mut input) = go();
    let first = "printf 'name? '; read name; echo \"hello $$name\"; exec sleep 1000";
    let words = ["-qoprefix", "--name", "a", "sh", "-c", first, "|||", "--name", "b", "sh", "-c"];
    let second = "trap 'echo other' USR1; while :; do read line </dev/null; sleep 0.05; done";
    let screen = on_terminal(&[&words[..], &[second]].concat(), stdin);
    screen.wait_for("a      | name? ");
    for child in super::support::children(screen.running.pid()) {
        let command = std::fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap_or_default();
        if command.contains("other") {
            super::support::send(child, 10);
        }
    }
    screen.wait_for("a      | name? \nb      | other\n");
    input.write_all(b"bob\n").expect("it is read");
    screen.wait_for("a      | name? \nb      | other\na      | hello bob\n");
}

#[test]
fn a_line_that_is_rewritten_shows_its_last_state() {
    let (stdin, mut input) = go();
    let script = "printf '10%%\\r20%%\\r'; read go; printf '30%%\\r40%%'; read go; printf '\\r50%%\\r\\n'; \
                  printf '1\\r2\\n'; exec sleep 1000";
    let screen = on_terminal(&["-qoprefix", "--name", "a", "sh", "-c", script], stdin);
    screen.wait_for("a      | 20%");
    assert_eq!(screen.text(), "a      | 20%");
    input.write_all(b"\n").expect("it is read");
    screen.wait_for("a      | 20%\r\x1b[Ka      | 40%");
    input.write_all(b"\n").expect("it is read");
    screen.wait_for("a      | 40%\r\x1b[Ka      | 50%\na      | 2\n");
}

#[test]
fn a_line_that_is_shown_in_pieces_is_compared_as_a_whole() {
    let (stdin, mut input) = go();
    let script = "printf 'rea'; read go; printf '\\033[1mdy\\033[0m\\r\\n'; exec sleep 1000";
    let words = ["-qoprefix", "--name", "a", "--ready=log:^ready$$", "sh", "-c", script];
    let words = [&words[..], &["|||", "--name", "b", "--after=a", "sh", "-c", "exit 3"]].concat();
    let mut screen = on_terminal(&words, stdin);
    screen.wait_for("a      | rea");
    input.write_all(b"\n").expect("it is read");
    assert_eq!(screen.running.wait().code(), Some(3));
}

#[test]
fn a_prompt_that_is_shown_wakes_monofy_no_more() {
    let (stdin, _input) = go();
    let screen = on_terminal(&["-qoprefix", "sh", "-c", "printf 'name? '; exec sleep 1000"], stdin);
    screen.wait_for("sh     | name? ");
    let pid = screen.running.pid();
    let switches = || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
        status.lines().find(|line| line.starts_with("voluntary_ctxt_switches")).map(str::to_owned)
    };
    until("monofy waits", || (state(pid) == Some('S')).then_some(()));
    let before = switches();
    // Longer than any deadline of a line, but for the one after 10 s that looks at a silent process.
    std::thread::park_timeout(Duration::from_secs(2));
    assert_eq!(switches(), before);
}

/// Collects the parts of lines as a terminal shows them.
struct Shown {
    format: LineFormat,
    out: Vec<u8>,
}

impl LineSink for Shown {
    fn has_room(&mut self) -> bool {
        true
    }

    fn take(&mut self, part: Part<'_>) {
        self.format.write(part, &Timestamp::of(std::time::UNIX_EPOCH), &mut self.out);
    }
}

/// The last state of each line on a terminal: what follows its last erasure.
fn visible(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let last = |line: &str| line.rsplit("\r\x1b[K").next().unwrap_or_default().to_owned();
    text.lines().map(last).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_terminal_shows_the_same_lines_wherever_they_are_shown_in_pieces(
        pieces in proptest::collection::vec(("[ab\r\n\u{20AC}]{0,6}", any::<bool>()), 0..12),
    ) {
        let show = |is_partial: bool| {
            let format = PrefixFormat::new("x", 1, Colour::None, Target::Terminal);
            let mut shown = Shown { format: LineFormat::Prefix(format), out: Vec::new() };
            let mut assembler = LineAssembler::default();
            for (piece, is_due) in &pieces {
                assembler.feed(piece.as_bytes(), &mut shown);
                if is_partial && *is_due {
                    assembler.pass_partial(&mut shown);
                }
            }
            assembler.finish(&mut shown);
            visible(&shown.out)
        };
        prop_assert_eq!(show(true), show(false));
    }
}
