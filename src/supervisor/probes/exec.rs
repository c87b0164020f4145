//! `exec:COMMAND`: the command exits with 0.

use std::os::fd::{AsFd, OwnedFd};

use crate::exit::ExitReason;
use crate::signal::SignalNumber;
use crate::supervisor::probes::late;
use crate::sys::pipe::{self, ReadOutcome};
use crate::sys::poll::{Interest, PollSet, Slot};
use crate::sys::process::{self, Pid};
use crate::text::excerpt;

/// How many reads one wake-up does. A command that writes without end must not keep the loop from its signals.
const READS: usize = 16;
/// How much of a line is kept.
const LONGEST: usize = 1024;

/// Runs a command again and again.
#[derive(Default)]
pub(in crate::supervisor) struct ExecProbe {
    running: Option<Running>,
}

/// A command, and what it writes to stderr. It is read at once, so that the command never waits for a reader; what it
/// leaves running and writes later finds the pipe closed.
struct Running {
    pid: Pid,
    stderr: OwnedFd,
    is_open: bool,
    slot: Option<Slot>,
    /// The line that is being written, and the last one before it that says something.
    line: Vec<u8>,
    last: Vec<u8>,
}

impl ExecProbe {
    pub(in crate::supervisor) fn started(&mut self, pid: Pid, stderr: OwnedFd) {
        let (line, last) = (Vec::new(), Vec::new());
        self.running = Some(Running { pid, stderr, is_open: true, slot: None, line, last });
    }

    pub(in crate::supervisor) fn is_at(&self, pid: Pid) -> bool {
        self.running.as_ref().is_some_and(|running| running.pid == pid)
    }

    /// Whether there is nothing to wait for but the end of the command.
    pub(in crate::supervisor) fn is_idle(&self) -> bool {
        self.running.as_ref().is_none_or(|running| !running.is_open)
    }

    pub(in crate::supervisor) fn register(&mut self, set: &mut PollSet) {
        if let Some(running) = self.running.as_mut().filter(|running| running.is_open) {
            running.slot = Some(set.watch(running.stderr.as_fd(), Interest::Readable));
        }
    }

    pub(in crate::supervisor) fn act(&mut self, set: &PollSet) {
        if let Some(running) = &mut self.running
            && running.slot.take().is_some_and(|slot| set.is_ready(slot))
        {
            running.read();
        }
    }

    /// Kills the command with its group. Returns its process, which has not been reaped, and what it has said so far.
    pub(in crate::supervisor) fn kill(&mut self) -> Option<(Pid, String)> {
        let mut running = self.running.take()?;
        // It leads its group and has not been reaped, so the number is its own.
        let _ = process::kill_group(running.pid);
        // It may not lead its group yet.
        let _ = process::send(running.pid, SignalNumber::KILL);
        running.read_rest();
        Some((running.pid, running.reason(late("it does not end"))))
    }

    /// The command has ended.
    pub(in crate::supervisor) fn ended(&mut self, reason: ExitReason) -> Result<(), String> {
        let running = self.running.take();
        if reason == ExitReason::Exited(0) {
            return Ok(());
        }
        let Some(mut running) = running else { return Err(reason.to_string()) };
        running.read_rest();
        Err(running.reason(reason.to_string()))
    }
}

impl Running {
    /// Reads some of what has been written.
    fn read(&mut self) {
        for _ in 0..READS {
            if self.read_once() == 0 {
                return;
            }
        }
    }

    /// Reads what the pipe holds at this moment. Something that the command has left behind may go on writing.
    fn read_rest(&mut self) {
        let mut left = pipe::readable_bytes(self.stderr.as_fd());
        while left > 0 {
            match self.read_once() {
                0 => return,
                count => left = left.saturating_sub(count),
            }
        }
    }

    /// Returns how many bytes it has read.
    fn read_once(&mut self) -> usize {
        let mut bytes = [0; 4096];
        match pipe::read_now(self.stderr.as_fd(), &mut bytes) {
            ReadOutcome::Read(count) => {
                self.take(&bytes[..count]);
                count
            }
            ReadOutcome::Empty => 0,
            ReadOutcome::End => {
                self.is_open = false;
                0
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LONGEST.saturating_sub(self.line.len());
            self.line.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        if !self.line.trim_ascii().is_empty() {
            std::mem::swap(&mut self.last, &mut self.line);
        }
        self.line.clear();
    }

    /// What has happened, with the last line.
    fn reason(&mut self, what: String) -> String {
        self.end_line();
        match excerpt::of_line(&self.last) {
            line if line.is_empty() => what,
            line => what + ": " + &line,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// The reason of a command that writes this to stderr and exits with status 2.
    fn reason(stderr: &[u8]) -> String {
        let (read, write) = pipe::open().unwrap();
        let mut probe = ExecProbe::default();
        probe.started(Pid::own(), read);
        std::fs::File::from(write).write_all(stderr).unwrap();
        probe.ended(ExitReason::Exited(2)).unwrap_err()
    }

    #[test]
    fn the_last_line_of_stderr_is_the_reason() {
        for (stderr, expected) in [
            (&b""[..], "exited with status 2"),
            (b"\n \r\n", "exited with status 2"),
            (b"first\nno response\n\n", "exited with status 2: no response"),
            (b"first\r\n\x1b[1mlast\x07", "exited with status 2: last\\u{7}"),
        ] {
            assert_eq!(reason(stderr), expected);
        }
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let reason = reason(&b"x".repeat(50_000));
        assert!(reason.len() < 300 && reason.ends_with("x..."), "{reason}");
    }
}
