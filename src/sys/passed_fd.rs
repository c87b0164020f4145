//! A descriptor that a program gets under a requested number.
#![allow(unsafe_code, reason = "code between fork and exec is unsafe by nature")]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc;

use crate::sys::variadic::long;

/// A descriptor for one child.
#[derive(Debug)]
pub struct PassedFd {
    descriptor: OwnedFd,
    number: RawFd,
}

impl PassedFd {
    /// Duplicates a descriptor, to that number if it is free in this process: nothing that is opened before the fork
    /// must get it.
    ///
    /// # Errors
    /// If the number is above the limit of open files (`RLIMIT_NOFILE`).
    pub fn new(descriptor: &OwnedFd, number: RawFd) -> io::Result<Self> {
        let moved = fcntl(descriptor, FcntlArg::F_DUPFD_CLOEXEC(number)).map_err(|error| match error {
            nix::Error::EINVAL => {
                io::Error::other("its descriptor is above the limit of open files (ulimit -n)")
            }
            error => error.into(),
        })?;
        // SAFETY: fcntl(2) has just made this descriptor, and nothing else owns it.
        Ok(Self { descriptor: unsafe { OwnedFd::from_raw_fd(moved) }, number })
    }

    /// What a new process needs to take it.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle { from: self.descriptor.as_raw_fd(), to: self.number }
    }
}

/// The numbers of a [`PassedFd`].
#[derive(Clone, Copy, Debug)]
pub struct Handle {
    from: RawFd,
    to: RawFd,
}

impl Handle {
    /// Leaves it open for the next program. Async-signal-safe. What had that number is closed.
    #[must_use]
    pub fn take(self) -> bool {
        if self.from == self.to {
            // SAFETY: a call on numbers.
            return unsafe { libc::fcntl(self.to, libc::F_SETFD, long(0)) } >= 0;
        }
        // SAFETY: a call on numbers, in a process that is about to become another program.
        unsafe { libc::dup2(self.from, self.to) >= 0 }
    }
}

/// Takes over a descriptor that this process was started with. Children do not inherit it.
///
/// # Errors
/// EBADF if it was started without it.
pub fn adopt(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: a call on numbers, which fails if there is no such descriptor.
    if unsafe { libc::fcntl(number, libc::F_GETFD) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is open, was open before monofy started, and nothing else in this process uses it.
    let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
    fcntl(&descriptor, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    Ok(descriptor)
}
