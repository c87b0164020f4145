//! Starts programs with exactly what they should inherit.
//!
//! Nothing that a new process does before it executes its program may hold monofy up: its working directory may be on
//! a dead NFS server, its file on a hung FUSE mount, and something may stop it. In monofy's memory, where monofy has to
//! wait for it, the kernel kills it after `VFORK_LIMIT`; it then starts in a copy of the memory, and after
//! `WAIT_LIMIT` monofy goes on without it: a [`PendingProcess`].

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd;

use crate::signal::SignalNumber;
use crate::sys::child::{Child, Progress};
use crate::sys::process::{self, Pid};
use crate::sys::vfork_exec;
use crate::sys::wait;

pub use crate::sys::child::{ChildError, ChildStep};
pub use crate::sys::spawn_request::{Grouping, NewProcess, SpawnRequest};

/// How long a process may take to execute its program while monofy waits for it in vfork(2).
const VFORK_LIMIT: Duration = Duration::from_millis(250);
/// How long monofy waits for a process in a copy of its memory before it goes on.
const WAIT_LIMIT: u16 = 100;

/// A program that was started.
#[derive(Debug)]
pub enum Spawned {
    /// It was executed. With the index of its file, where that is known.
    Executed(NewProcess, Option<usize>),
    /// It has not been executed yet.
    Pending(PendingProcess),
}

/// Why a program was not started.
#[derive(Debug)]
pub enum SpawnError {
    /// No process could be created.
    NoProcess(io::Error),
    /// An argument contains NUL, or there is no descriptor left.
    Unusable(io::Error),
    /// A step of the new process failed.
    Child(ChildError),
}

/// How processes are created. Determined by the first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Method {
    /// In our memory, with an error pipe, since it is not known yet whether the memory is shared.
    #[default]
    Unknown,
    /// In our memory.
    Vfork,
    /// In a copy: vfork(2) copies here, or there is no timer to bound it.
    Fork,
}

/// Starts programs.
#[derive(Debug, Default)]
pub struct Spawner {
    method: Method,
    /// Killed processes that never became programs and have not been reaped.
    killed: Vec<Pid>,
}

impl Spawner {
    /// Starts a program. Returns when it has been executed, or when that takes long.
    ///
    /// # Errors
    /// If no process can be created, or a step of it fails.
    pub fn spawn(&mut self, request: SpawnRequest<'_>) -> Result<Spawned, SpawnError> {
        let grouping = request.grouping;
        let mut child = Child::new(request).map_err(SpawnError::Unusable)?;
        // A change of user makes the memory in which it happens unreadable for others (prctl(2), PR_SET_DUMPABLE). In
        // shared memory, `--health` could no longer find us.
        let can_share = grouping == Grouping::Own && !child.changes_user();
        if can_share
            && self.method != Method::Fork
            && let Some(spawned) = self.spawn_in_shared_memory(&mut child)?
        {
            return Ok(spawned);
        }
        let (read, write) = vfork_exec::error_pipe().map_err(SpawnError::NoProcess)?;
        child.begin(None);
        let process = vfork_exec::fork_exec(&mut child, &write).map_err(SpawnError::NoProcess)?;
        drop(write);
        PendingProcess { process, pipe: read }.wait()
    }

    /// Whether this child was killed before it became a program.
    #[must_use]
    pub fn is_watching(&self, pid: Pid) -> bool {
        self.killed.contains(&pid)
    }

    /// Takes the death of a child that was killed before it became a program. Returns whether it was one.
    pub fn takes(&mut self, pid: Pid) -> bool {
        let index = self.killed.iter().position(|killed| *killed == pid);
        index.map(|index| self.killed.swap_remove(index)).is_some()
    }

    /// Returns `None` if that does not work here, or if it took too long.
    fn spawn_in_shared_memory(&mut self, child: &mut Child<'_>) -> Result<Option<Spawned>, SpawnError> {
        let pipe = match self.method {
            // Without descriptors for it, a failure in copied memory would be seen by the exit status alone.
            Method::Unknown => vfork_exec::error_pipe().ok(),
            Method::Vfork | Method::Fork => None,
        };
        child.begin(Some(VFORK_LIMIT));
        let began = Instant::now();
        let write = pipe.as_ref().map(|(_, write)| write);
        let process = vfork_exec::vfork_exec(child, write).map_err(SpawnError::NoProcess)?;
        match (child.progress(), child.error()) {
            (Progress::None, _) => {
                // The memory was copied, so only the pipe tells what became of the child.
                self.method = Method::Fork;
                let Some((pipe, write)) = pipe else { return Ok(Some(Spawned::Executed(process, None))) };
                drop(write);
                return PendingProcess { process, pipe }.wait().map(Some);
            }
            (Progress::Failed, Some(ChildError { step: ChildStep::Timer, .. })) => {
                self.method = Method::Fork;
                discard(process.pid);
                return Ok(None);
            }
            (Progress::Failed, Some(error)) => {
                discard(process.pid);
                return Err(SpawnError::Child(error));
            }
            (Progress::SettingUp | Progress::Failed, _) => {
                // It was killed before it executed the program. Its end may take long, too.
                self.killed.push(process.pid);
                return Ok(None);
            }
            (Progress::Executing, _) => {}
        }
        self.method = Method::Vfork;
        if began.elapsed() >= VFORK_LIMIT && wait::was_killed(process.pid) {
            self.killed.push(process.pid);
            return Ok(None);
        }
        Ok(Some(Spawned::Executed(process, Some(child.found()))))
    }
}

/// Removes a process that has not become a program. Nobody else should see it end.
fn discard(pid: Pid) {
    // It may have been stopped.
    let _ = process::send(pid, SignalNumber::KILL);
    wait::reap_one(pid);
}

/// A process in a copy of our memory that has not executed its program yet.
#[derive(Debug)]
pub struct PendingProcess {
    process: NewProcess,
    /// Closes at the execution, or when the process ends.
    pipe: OwnedFd,
}

impl PendingProcess {
    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.process.pid
    }

    /// Waits for a moment.
    fn wait(self) -> Result<Spawned, SpawnError> {
        let mut polled = [PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)];
        let result = poll(&mut polled, PollTimeout::from(WAIT_LIMIT));
        if result == Ok(0) {
            return Ok(Spawned::Pending(self));
        }
        self.finish().map(|process| Spawned::Executed(process, None))
    }

    /// Whether it has executed its program, failed or ended.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let mut polled = [PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)];
        poll(&mut polled, PollTimeout::ZERO) == Ok(1)
    }

    /// What became of it, once the descriptor is readable.
    ///
    /// # Errors
    /// If a step of it failed.
    pub fn finish(self) -> Result<NewProcess, SpawnError> {
        let pid = self.process.pid;
        self.finish_reaped().inspect_err(|_| discard(pid))
    }

    /// What became of a process that has ended and was reaped.
    ///
    /// # Errors
    /// If a step of it failed.
    pub fn finish_reaped(self) -> Result<NewProcess, SpawnError> {
        let mut bytes = [0; vfork_exec::ENCODED];
        let read = loop {
            match unistd::read(&self.pipe, &mut bytes) {
                Err(nix::Error::EINTR) => {}
                other => break other.unwrap_or(0),
            }
        };
        if read < bytes.len() {
            return Ok(self.process);
        }
        Err(SpawnError::Child(vfork_exec::decode(bytes)))
    }

    /// Kills it: it has not become a program, so it has nothing to clean up.
    pub fn kill(&self) {
        let _ = process::send(self.process.pid, SignalNumber::KILL);
    }
}

impl AsFd for PendingProcess {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

/// Runs a function in a copy of this process, which exits with its result.
///
/// # Errors
/// If no process can be created.
pub fn fork_status(call: impl FnOnce() -> u8) -> io::Result<Pid> {
    vfork_exec::fork_status(call)
}

/// A function that runs in a copy of this process, since what it looks at may not answer.
#[derive(Debug)]
pub struct PendingCall {
    pid: Pid,
    pipe: OwnedFd,
    result: Vec<u8>,
}

impl PendingCall {
    /// Starts it.
    ///
    /// # Errors
    /// If no process or pipe can be created.
    pub fn start(call: impl FnOnce() -> Vec<u8>) -> io::Result<Self> {
        let (pipe, write) = vfork_exec::error_pipe()?;
        let pid = vfork_exec::fork_call(call, &write)?;
        Ok(Self { pid, pipe, result: Vec::new() })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Waits for a moment for the result. Returns whether it is complete.
    pub fn wait(&mut self) -> bool {
        let end = Instant::now() + Duration::from_millis(WAIT_LIMIT.into());
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let left = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
            let mut polled = [PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)];
            if poll(&mut polled, left) == Ok(0) {
                return false;
            }
            if self.read() {
                return true;
            }
        }
    }

    /// Reads a part of the result. To be called when the descriptor is readable. Returns whether it is complete.
    pub fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match unistd::read(&self.pipe, &mut bytes) {
            Ok(count) if count > 0 => {
                self.result.extend_from_slice(&bytes[..count]);
                false
            }
            Err(nix::Error::EINTR) => false,
            Ok(_) | Err(_) => true,
        }
    }

    /// The complete result. Empty if the process was killed.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        wait::reap_one(self.pid);
        self.result
    }

    /// Kills it.
    pub fn kill(&self) {
        let _ = process::send(self.pid, SignalNumber::KILL);
    }
}

impl AsFd for PendingCall {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}
