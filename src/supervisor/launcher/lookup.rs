//! Looks up what all processes need before the first one is started.
//!
//! This runs in a copy of monofy: a dead network file system may never answer.

use std::os::fd::{AsFd, BorrowedFd};

use crate::plan::{Process, TaskId};
use crate::supervisor::launcher::program;
use crate::sys::process::Pid;
use crate::sys::spawn::{ChildError, ChildStep, PendingCall};

/// Something that was not found.
pub(super) struct NotFound {
    pub(super) id: TaskId,
    pub(super) error: ChildError,
}

/// A lookup that is not complete.
pub(in crate::supervisor) struct PendingLookup(PendingCall);

/// The size of an encoded [`NotFound`].
const ENCODED: usize = 16;
/// The directory, not the program.
const DIRECTORY: u32 = 1;

/// Looks for the programs and directories of these processes.
pub(super) fn look_up<'a>(processes: impl Iterator<Item = (TaskId, &'a Process)>) -> Vec<NotFound> {
    let not_found = |(id, process): (TaskId, &Process)| {
        let error = program::look_up(process, process.argv.first()).err()?;
        Some(NotFound { id, error })
    };
    processes.filter_map(not_found).collect()
}

impl PendingLookup {
    /// Starts it in a copy of this process.
    ///
    /// # Errors
    /// If no process can be created.
    pub(super) fn start<'a>(processes: impl Iterator<Item = (TaskId, &'a Process)>) -> std::io::Result<Self> {
        PendingCall::start(|| look_up(processes).iter().flat_map(NotFound::encode).collect()).map(Self)
    }

    /// Waits for a moment. Returns whether it is complete.
    pub(super) fn wait(&mut self) -> bool {
        self.0.wait()
    }

    pub(in crate::supervisor) fn pid(&self) -> Pid {
        self.0.pid()
    }

    /// Reads a part of the result. Returns whether it is complete.
    pub(in crate::supervisor) fn read(&mut self) -> bool {
        self.0.read()
    }

    pub(in crate::supervisor) fn kill(&self) {
        self.0.kill();
    }

    pub(super) fn finish(self) -> Vec<NotFound> {
        self.0.finish().chunks_exact(ENCODED).map(NotFound::decode).collect()
    }
}

impl AsFd for PendingLookup {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl NotFound {
    fn encode(&self) -> [u8; ENCODED] {
        let directory: u32 = if self.error.step == ChildStep::Directory { DIRECTORY } else { 0 };
        let mut bytes = [0; ENCODED];
        bytes[..8].copy_from_slice(&(self.id.0 as u64).to_ne_bytes());
        bytes[8..12].copy_from_slice(&directory.to_ne_bytes());
        bytes[12..].copy_from_slice(&self.error.errno.to_ne_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Self {
        let four = |at: usize| <[u8; 4]>::try_from(&bytes[at..at + 4]).unwrap_or_default();
        let id = <[u8; 8]>::try_from(&bytes[..8]).map_or(0, u64::from_ne_bytes);
        let flags = u32::from_ne_bytes(four(8));
        let step = if flags & DIRECTORY == 0 { ChildStep::Search } else { ChildStep::Directory };
        Self {
            id: TaskId(usize::try_from(id).unwrap_or(0)),
            error: ChildError { step, errno: i32::from_ne_bytes(four(12)) },
        }
    }
}
