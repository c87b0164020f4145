//! The way of a notice to the user.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;

use nix::libc;

use crate::plan::Verbosity;
use crate::sys::descriptors::{Written, write_now};

/// Where Kubernetes reads why a container ended.
const TERMINATION_LOG: &str = "/dev/termination-log";
/// How much waits for a reader of stderr that has stopped. What comes after that is lost.
const BACKLOG: usize = 64 * 1024;

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// For who wants to know everything.
    Detail,
    /// What happened.
    Info,
    /// What went wrong.
    Warning,
}

/// Tells the user. Never waits for a reader, never fails.
pub(super) struct Teller {
    least: Level,
    backlog: VecDeque<u8>,
}

impl Teller {
    pub(super) fn new(verbosity: Verbosity) -> Self {
        let least = match verbosity {
            Verbosity::Quiet => Level::Warning,
            Verbosity::Normal => Level::Info,
            Verbosity::Verbose => Level::Detail,
        };
        Self { least, backlog: VecDeque::new() }
    }

    pub(super) fn wants(&self, level: Level) -> bool {
        level >= self.least
    }

    /// One line, in one write where the reader keeps up, so that it is not torn by what others write.
    pub(super) fn tell(&mut self, level: Level, text: &str) {
        if !self.wants(level) {
            return;
        }
        let line = line(text);
        self.flush();
        let rest = if self.backlog.is_empty() { unwritten(&line) } else { &line };
        if self.backlog.len() + rest.len() <= BACKLOG {
            self.backlog.extend(rest);
        }
    }

    /// Whether something waits for the reader of stderr.
    pub(super) fn has_backlog(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// Writes what has waited, as far as it goes.
    pub(super) fn flush(&mut self) {
        if self.has_backlog() {
            let written = self.backlog.len() - unwritten(self.backlog.make_contiguous()).len();
            self.backlog.drain(..written);
        }
    }

    /// The last notice: to stderr, and where Kubernetes looks for it, whatever the level.
    pub(super) fn tell_last(&mut self, level: Level, text: &str) {
        self.tell(level, text);
        leave_termination_message(&line(text));
    }
}

fn line(text: &str) -> Vec<u8> {
    // A name or a template could hold a line break; a notice is one line.
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("monofy: {text}\n").into_bytes()
}

/// What of the bytes could not be written to stderr yet.
fn unwritten(bytes: &[u8]) -> &[u8] {
    match write_now(io::stderr().as_fd(), bytes) {
        Written::Whole | Written::Never => &[],
        Written::Partly(count) => &bytes[count..],
    }
}

/// Appends, since a process may have left a message of its own there. `O_NONBLOCK`: whatever stands there must
/// not hold us up; nothing is created.
fn leave_termination_message(line: &[u8]) {
    let Ok(mut file) =
        OpenOptions::new().append(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(TERMINATION_LOG)
    else {
        return;
    };
    let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
    if is_file {
        // Nobody can be told that it did not work.
        let _ = file.write_all(line);
    }
}
