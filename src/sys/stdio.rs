//! Open file descriptions of their own for the stdout and stderr of a process.

use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, fstat};
use nix::sys::statfs::{FsType, fstatfs};
use nix::unistd::{Uid, fchown};

use crate::sys::descriptors::{is_terminal, move_above_stdio};

/// The stdout and stderr that monofy was started with, and how a process gets them.
///
/// `O_NONBLOCK` belongs to the open file description: if processes share one, a process that sets the flag (node does)
/// makes the writes of its neighbours fail with EAGAIN, and most programs lose their output then.
#[derive(Debug)]
pub struct InheritedStdio {
    stdout: Option<Reopen>,
    stderr: Option<Reopen>,
    /// Whether both are one file (`2>&1`). A process then gets one description for both.
    is_one_file: bool,
}

/// A pipe or terminal that can be opened again.
#[derive(Clone, Copy, Debug)]
struct Reopen {
    number: RawFd,
    /// The flags for opening it.
    flags: OFlag,
    is_pipe: bool,
    is_nonblocking: bool,
    identity: (libc::dev_t, libc::ino_t),
}

impl InheritedStdio {
    /// Those of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        let (stdout, stderr) = (Reopen::of(io::stdout().as_fd()), Reopen::of(io::stderr().as_fd()));
        let identity = |reopen: &Reopen| reopen.identity;
        let is_one_file = stdout.is_some() && stdout.as_ref().map(identity) == stderr.as_ref().map(identity);
        Self { stdout, stderr, is_one_file }
    }

    /// Whether one of them is non-blocking already, because somebody who shares it has made it so.
    #[must_use]
    pub fn is_nonblocking(&self) -> bool {
        [self.stdout, self.stderr].into_iter().flatten().any(|reopen| reopen.is_nonblocking)
    }

    /// Lets a user open those that are pipes, by `/dev/stdout` or `/proc/self/fd/1`, as `docker run --user` does. Where
    /// that fails, a process of that user can still write to its descriptors.
    pub fn grant(&self, uid: u32) {
        for number in [self.stdout, self.stderr].into_iter().flatten().filter(|reopen| reopen.is_pipe) {
            let _ = match number.number {
                libc::STDOUT_FILENO => grant(io::stdout().as_fd(), uid),
                _ => grant(io::stderr().as_fd(), uid),
            };
        }
    }

    /// Opens them again for one process. `None` for a file that is neither a pipe nor a terminal, and for one that
    /// cannot be opened: a socket, a terminal of another user, a system without `/proc`. The process then shares the
    /// description of monofy, as without this.
    #[must_use]
    pub fn reopen(&self) -> (Option<OwnedFd>, Option<OwnedFd>) {
        let stdout = self.stdout.and_then(|reopen| reopen.open().ok());
        let stderr = match &stdout {
            Some(stdout) if self.is_one_file => stdout.try_clone().ok(),
            Some(_) | None => self.stderr.and_then(|reopen| reopen.open().ok()),
        };
        (stdout, stderr)
    }
}

impl Reopen {
    fn of(descriptor: BorrowedFd<'_>) -> Option<Self> {
        let flags = OFlag::from_bits_retain(fcntl(descriptor, FcntlArg::F_GETFL).ok()?);
        let stat = fstat(descriptor).ok()?;
        if flags & OFlag::O_ACCMODE == OFlag::O_RDONLY {
            return None;
        }
        let access = if is_pipe(&stat) {
            // A process that could read it too would never see the other end closed.
            OFlag::O_WRONLY
        } else if is_character_device(&stat) && is_terminal(&descriptor) {
            // Pagers read the keys from stderr.
            flags & OFlag::O_ACCMODE
        } else {
            return None;
        };
        Some(Self {
            number: descriptor.as_raw_fd(),
            flags: access | flags & (OFlag::O_APPEND | OFlag::O_DIRECT),
            is_pipe: is_pipe(&stat),
            is_nonblocking: flags.contains(OFlag::O_NONBLOCK),
            identity: (stat.st_dev, stat.st_ino),
        })
    }

    /// `O_NONBLOCK` while opening, since a named pipe waits there for a reader and a serial line for its carrier.
    /// `O_NOCTTY`, since a terminal would become the controlling one.
    fn open(self) -> io::Result<OwnedFd> {
        let path = format!("/proc/self/fd/{}", self.number);
        let access = self.flags & OFlag::O_ACCMODE;
        let others = self.flags - OFlag::O_ACCMODE;
        let descriptor: OwnedFd = OpenOptions::new()
            .read(access == OFlag::O_RDWR)
            .write(true)
            .custom_flags((others | OFlag::O_NOCTTY).bits() | libc::O_NONBLOCK)
            .open(path)?
            .into();
        fcntl(&descriptor, FcntlArg::F_SETFL(others))?;
        move_above_stdio(descriptor)
    }
}

/// Gives a pipe to a user. One without a name may be opened for writing by everybody, so that several users can: only
/// a process that could use the descriptor anyway has a path to it. A named one keeps its mode.
fn grant(pipe: BorrowedFd<'_>, uid: u32) -> nix::Result<()> {
    let stat = fstat(pipe)?;
    if stat.st_uid != uid {
        fchown(pipe, Some(Uid::from_raw(uid)), None)?;
    }
    let everybody = Mode::S_IWUSR | Mode::S_IWGRP | Mode::S_IWOTH;
    let mode = Mode::from_bits_truncate(stat.st_mode);
    if fstatfs(pipe)?.filesystem_type() == PIPEFS && !mode.contains(everybody) {
        fchmod(pipe, mode | everybody)?;
    }
    Ok(())
}

/// The file system of pipes without a name (`PIPEFS_MAGIC`).
const PIPEFS: FsType = FsType(0x5049_5045);

fn is_pipe(stat: &FileStat) -> bool {
    SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFIFO
}

fn is_character_device(stat: &FileStat) -> bool {
    SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFCHR
}
