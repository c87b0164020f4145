//! `--ready fd:N`: a process is ready when it writes a newline to that descriptor.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use nix::libc;

use crate::sys::passed_fd::PassedFd;
use crate::sys::pipe::{self, ReadOutcome};
use crate::sys::poll::{Interest, PollSet, Slot};

/// How many reads one wake-up does. A process that writes without end must not keep the loop from its signals.
const READS: usize = 16;

/// Waits for a newline on a pipe.
pub(in crate::supervisor) struct FdProbe {
    pipe: OwnedFd,
    slot: Option<Slot>,
}

/// What a wait has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum FdOutcome {
    Newline,
    Nothing,
    /// The pipe was closed without a newline, so none will come.
    Closed,
}

impl FdProbe {
    /// Opens the pipe. The process gets its other end under this number.
    pub(in crate::supervisor) fn open(number: i32) -> io::Result<(Self, PassedFd)> {
        let (read, write) = pipe::open()?;
        Ok((Self { pipe: read, slot: None }, PassedFd::new(&write, number)?))
    }

    pub(in crate::supervisor) fn register(&mut self, set: &mut PollSet) {
        self.slot = Some(set.watch(self.pipe.as_fd(), Interest::Readable));
    }

    pub(in crate::supervisor) fn act(&mut self, set: &PollSet) -> FdOutcome {
        if !self.slot.take().is_some_and(|slot| set.is_ready(slot)) {
            return FdOutcome::Nothing;
        }
        let mut bytes = [0_u8; libc::PIPE_BUF];
        for _ in 0..READS {
            match pipe::read_now(self.pipe.as_fd(), &mut bytes) {
                ReadOutcome::Read(count) if bytes[..count].contains(&b'\n') => return FdOutcome::Newline,
                ReadOutcome::Read(_) => {}
                ReadOutcome::Empty => break,
                ReadOutcome::End => return FdOutcome::Closed,
            }
        }
        FdOutcome::Nothing
    }
}
