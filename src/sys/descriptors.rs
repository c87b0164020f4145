//! Descriptors: keeping them off the standard numbers, and writing without waiting.
#![allow(unsafe_code, reason = "pwritev2(2) with RWF_NOWAIT is offered by neither std nor nix")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Moves a descriptor above 2. If monofy is started with stdin, stdout or stderr closed, the next descriptor that it
/// opens gets that number, and a notice would be written into it.
///
/// # Errors
/// When there is no descriptor left.
pub fn move_above_stdio(descriptor: OwnedFd) -> io::Result<OwnedFd> {
    if descriptor.as_raw_fd() > 2 {
        return Ok(descriptor);
    }
    let number = fcntl(&descriptor, FcntlArg::F_DUPFD_CLOEXEC(3))?;
    // SAFETY: fcntl(2) has just made this descriptor, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Waits until one of two descriptors is readable. Returns whether the first one is.
///
/// # Errors
/// As poll(2).
pub fn wait_for_either(first: BorrowedFd<'_>, second: BorrowedFd<'_>) -> io::Result<bool> {
    let mut polled = [PollFd::new(first, PollFlags::POLLIN), PollFd::new(second, PollFlags::POLLIN)];
    poll(&mut polled, PollTimeout::NONE)?;
    Ok(polled[0].any().unwrap_or(false))
}

/// The result of a write that may not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteNow {
    /// Everything was written.
    Complete,
    /// This many bytes were written; the rest would have had to wait.
    Partial(usize),
    /// Writing failed: nobody will ever read it.
    Failed,
}

/// Writes as much as possible without waiting. Does not touch the flags of the descriptor, since `O_NONBLOCK` would
/// affect every process that shares it.
#[must_use]
pub fn write_now(descriptor: BorrowedFd<'_>, bytes: &[u8]) -> WriteNow {
    let mut done = 0;
    while done < bytes.len() {
        match write_some_now(descriptor, &bytes[done..]) {
            Ok(0) => return WriteNow::Partial(done),
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return WriteNow::Partial(done),
            Err(_) => return WriteNow::Failed,
        }
    }
    WriteNow::Complete
}

/// The most bytes that a pipe takes as one piece, and that it has room for when poll(2) calls it writable.
const PIPE_BUF: usize = 4096;

fn write_some_now(descriptor: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    match write_nowait(descriptor, bytes) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::EPIPE | libc::EINTR | libc::EBADF)) => {
            Err(error)
        }
        Ok(count) => Ok(count),
        // Terminals, sockets, some file systems and older kernels do not support the flag. A file that would have to
        // wait for its disk waits for no reader. Another writer may fill the room between the two calls; only
        // O_NONBLOCK could prevent that, and it lasts only until the reader goes on.
        Err(_) => {
            let mut polled = [PollFd::new(descriptor, PollFlags::POLLOUT)];
            poll(&mut polled, PollTimeout::ZERO)?;
            let ready = polled[0].revents().unwrap_or(PollFlags::empty());
            if ready.is_empty() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Ok(nix::unistd::write(descriptor, &bytes[..bytes.len().min(PIPE_BUF)])?)
        }
    }
}

/// pwritev2(2) with `RWF_NOWAIT`, which is to one call what `O_NONBLOCK` is to a description.
pub(super) fn write_nowait(descriptor: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    let piece = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    // SAFETY: one iovec that points to `bytes`, which the kernel only reads. Offset -1 is the current position.
    let written = unsafe {
        libc::syscall(
            libc::SYS_pwritev2,
            descriptor.as_raw_fd(),
            &raw const piece,
            1,
            -1_i64,
            -1_i64,
            libc::RWF_NOWAIT,
        )
    };
    usize::try_from(written).map_err(|_| io::Error::last_os_error())
}

/// Whether a descriptor is a terminal.
#[must_use]
pub fn is_terminal(descriptor: &impl AsFd) -> bool {
    nix::unistd::isatty(descriptor.as_fd()).unwrap_or(false)
}

/// Opens `/dev/null` for a child.
///
/// # Errors
/// When it does not exist, or there is no descriptor left.
pub fn null() -> io::Result<OwnedFd> {
    let file = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    move_above_stdio(file.into())
}
