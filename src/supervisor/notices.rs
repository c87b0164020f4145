//! The way of a notice to the user.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;

use nix::libc;

use crate::output::OutputMux;
use crate::plan::Verbosity;
use crate::sys::clock::Moment;
use crate::sys::descriptors::{WriteNow, write_now};
use crate::sys::poll::{Interest, PollSet};

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
pub(super) struct NoticeLog {
    least: Level,
    way: StderrMode,
}

/// How notices get to stderr.
enum StderrMode {
    /// By us; what waits for the reader.
    Direct(VecDeque<u8>),
    /// Among the lines of the processes; the notices that wait for their turn, and their bytes.
    AmongLines(VecDeque<String>, usize),
}

impl NoticeLog {
    pub(super) fn new(verbosity: Verbosity, outlets: Option<&OutputMux>) -> Self {
        let least = match verbosity {
            Verbosity::Quiet => Level::Warning,
            Verbosity::Normal => Level::Info,
            Verbosity::Verbose => Level::Detail,
        };
        let way = match outlets {
            None => StderrMode::Direct(VecDeque::new()),
            Some(_) => StderrMode::AmongLines(VecDeque::new(), 0),
        };
        Self { least, way }
    }

    pub(super) fn wants(&self, level: Level) -> bool {
        level >= self.least
    }

    /// One line, in one write where the reader keeps up, so that it is not torn by what others write.
    pub(super) fn tell(&mut self, level: Level, text: &str) {
        if !self.wants(level) {
            return;
        }
        self.flush();
        match &mut self.way {
            StderrMode::Direct(backlog) => {
                let line = line(text);
                let rest = if backlog.is_empty() { unwritten(&line) } else { &line };
                if backlog.len() + rest.len() <= BACKLOG {
                    backlog.extend(rest);
                }
            }
            StderrMode::AmongLines(waiting, size) => {
                let text = in_one_line(text);
                if *size + text.len() <= BACKLOG {
                    *size += text.len();
                    waiting.push_back(text);
                }
            }
        }
    }

    /// Whether something waits to be written.
    pub(super) fn has_backlog(&self) -> bool {
        match &self.way {
            StderrMode::Direct(backlog) => !backlog.is_empty(),
            StderrMode::AmongLines(waiting, _) => !waiting.is_empty(),
        }
    }

    /// Adds what has to be waited for.
    pub(super) fn register(&self, set: &mut PollSet) {
        if let StderrMode::Direct(backlog) = &self.way
            && !backlog.is_empty()
        {
            set.watch(io::stderr().as_fd(), Interest::Writable);
        }
    }

    /// Writes what has waited, as far as it goes.
    pub(super) fn flush(&mut self) {
        if let StderrMode::Direct(backlog) = &mut self.way
            && !backlog.is_empty()
        {
            let written = backlog.len() - unwritten(backlog.make_contiguous()).len();
            backlog.drain(..written);
        }
    }

    /// Gives the notices to who writes the lines of the processes, as far as it is their turn.
    pub(super) fn pass_to(&mut self, outlets: &mut OutputMux, now: Moment) {
        let StderrMode::AmongLines(waiting, size) = &mut self.way else { return };
        let had_some = !waiting.is_empty();
        while let Some(text) = waiting.front() {
            if !outlets.write_notice(text.as_bytes(), now) {
                break;
            }
            *size -= text.len();
            waiting.pop_front();
        }
        if had_some {
            outlets.flush(now);
        }
    }

    /// The last notice: to stderr, and where Kubernetes looks for it, whatever the level.
    pub(super) fn tell_last(&mut self, level: Level, text: &str) {
        self.tell(level, text);
        leave_termination_message(&line(text));
    }
}

fn line(text: &str) -> Vec<u8> {
    format!("monofy: {}\n", in_one_line(text)).into_bytes()
}

/// A name or a template could hold a line break; a notice is one line.
fn in_one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// What of the bytes could not be written to stderr yet.
fn unwritten(bytes: &[u8]) -> &[u8] {
    match write_now(io::stderr().as_fd(), bytes) {
        WriteNow::Complete | WriteNow::Failed => &[],
        WriteNow::Partial(count) => &bytes[count..],
    }
}

/// Why nothing was started, where Kubernetes reads why a container ended.
pub fn write_termination_log(text: &str) {
    leave_termination_message(format!("monofy: {text}\n").as_bytes());
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
