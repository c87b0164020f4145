//! Writes notices.

use std::collections::VecDeque;
use std::io;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::Path;

use crate::output::OutputMux;
use crate::plan::Verbosity;
use crate::sys::clock::Moment;
use crate::sys::descriptors;
use crate::sys::nonblocking_writer::{NonblockingWriter, WriteOutcome};
use crate::sys::poll::{Interest, PollSet};

/// Where Kubernetes reads why a container ended.
const TERMINATION_LOG: &str = "/dev/termination-log";
/// How much waits for a reader of stderr that has stopped. What comes after that is lost.
const BACKLOG: usize = 64 * 1024;

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// For `--verbose`.
    Detail,
    /// An event of the run.
    Info,
    /// Something that went wrong.
    Warning,
}

/// Writes notices to the user. Never waits for a reader, never fails.
pub(super) struct NoticeLog {
    least: Level,
    stderr: StderrMode,
}

/// How notices get to stderr.
enum StderrMode {
    /// Written by the log itself.
    Direct(DirectStderr),
    /// Written among the lines of the processes: the notices that wait for their turn, and their size in bytes.
    AmongLines(VecDeque<String>, usize),
}

/// Writes lines to stderr without waiting for its reader.
struct DirectStderr {
    /// `None` if stderr is closed.
    writer: Option<NonblockingWriter>,
    /// The bytes that wait for the reader.
    backlog: VecDeque<u8>,
}

impl DirectStderr {
    fn new() -> Self {
        Self { writer: NonblockingWriter::new(io::stderr().as_fd()), backlog: VecDeque::new() }
    }

    /// Writes a line, in one write where the reader keeps up, so that the lines of others do not tear it. Drops it
    /// where the backlog is full.
    fn write_line(&mut self, line: &[u8]) {
        self.flush();
        let written = if self.backlog.is_empty() { self.write_some(line) } else { 0 };
        let rest = &line[written..];
        if self.backlog.len() + rest.len() <= BACKLOG {
            self.backlog.extend(rest);
        }
    }

    fn flush(&mut self) {
        if !self.backlog.is_empty() {
            let mut backlog = std::mem::take(&mut self.backlog);
            let written = self.write_some(backlog.make_contiguous());
            backlog.drain(..written);
            self.backlog = backlog;
        }
    }

    /// Returns how many bytes need no other write: all of them if there is no reader any more.
    fn write_some(&mut self, bytes: &[u8]) -> usize {
        match self.writer.as_mut().map(|writer| writer.write(bytes)) {
            Some(WriteOutcome::Written(count)) => count,
            Some(WriteOutcome::NoReader | WriteOutcome::Failed(_)) | None => bytes.len(),
        }
    }

    fn register(&self, set: &mut PollSet) {
        if let Some(writer) = self.writer.as_ref().filter(|_| !self.backlog.is_empty()) {
            set.watch(writer.as_fd(), Interest::Writable);
        }
    }
}

impl NoticeLog {
    pub(super) fn new(verbosity: Verbosity, output: Option<&OutputMux>) -> Self {
        let least = match verbosity {
            Verbosity::Quiet => Level::Warning,
            Verbosity::Normal => Level::Info,
            Verbosity::Verbose => Level::Detail,
        };
        let stderr = match output {
            None => StderrMode::Direct(DirectStderr::new()),
            Some(_) => StderrMode::AmongLines(VecDeque::new(), 0),
        };
        Self { least, stderr }
    }

    pub(super) fn wants(&self, level: Level) -> bool {
        level >= self.least
    }

    /// Writes a notice as one line.
    pub(super) fn write(&mut self, level: Level, text: &str) {
        if !self.wants(level) {
            return;
        }
        match &mut self.stderr {
            StderrMode::Direct(direct) => direct.write_line(&line(text)),
            StderrMode::AmongLines(waiting, size) => {
                let text = in_one_line(text);
                if *size + text.len() <= BACKLOG {
                    *size += text.len();
                    waiting.push_back(text);
                }
            }
        }
    }

    /// Whether any notice waits to be written.
    pub(super) fn has_backlog(&self) -> bool {
        match &self.stderr {
            StderrMode::Direct(direct) => !direct.backlog.is_empty(),
            StderrMode::AmongLines(waiting, _) => !waiting.is_empty(),
        }
    }

    /// Adds stderr if it has to be waited for.
    pub(super) fn register(&self, set: &mut PollSet) {
        if let StderrMode::Direct(direct) = &self.stderr {
            direct.register(set);
        }
    }

    /// Writes the notices that wait, as far as the reader takes them.
    pub(super) fn flush(&mut self) {
        if let StderrMode::Direct(direct) = &mut self.stderr {
            direct.flush();
        }
    }

    /// Passes the notices whose turn it is to the output of the processes.
    pub(super) fn pass_to(&mut self, output: &mut OutputMux, now: Moment) {
        let StderrMode::AmongLines(waiting, size) = &mut self.stderr else { return };
        let had_some = !waiting.is_empty();
        while let Some(text) = waiting.front() {
            if !output.write_notice(text.as_bytes(), now) {
                break;
            }
            *size -= text.len();
            waiting.pop_front();
        }
        if had_some {
            output.flush(now);
        }
    }

    /// Writes the last notice to stderr and, whatever its level, to the file in which Kubernetes looks for it.
    pub(super) fn write_last(&mut self, level: Level, text: &str) {
        self.write(level, text);
        leave_termination_message(&line(text));
    }
}

fn line(text: &str) -> Vec<u8> {
    format!("monofy: {}\n", in_one_line(text)).into_bytes()
}

/// A notice without line breaks, which a name or a template could hold.
fn in_one_line(text: &str) -> String {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.to_owned();
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Writes why nothing was started to the file in which Kubernetes reads why a container ended.
pub fn write_termination_log(text: &str) {
    leave_termination_message(format!("monofy: {text}\n").as_bytes());
}

/// Appends to the file, since a process may have left a message there. Creates nothing.
fn leave_termination_message(line: &[u8]) {
    if let Some(mut file) = descriptors::open_to_append(Path::new(TERMINATION_LOG)) {
        // There is nowhere left to report a failure.
        let _ = file.write_all(line);
    }
}
