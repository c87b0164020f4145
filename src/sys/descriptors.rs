//! Descriptors: keeping ours off the standard ones, and writing without ever being held up.
#![allow(unsafe_code, reason = "pwritev2(2) with RWF_NOWAIT is offered by neither std nor nix")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Moves a descriptor above 2. monofy may be started with stdin, stdout or stderr closed, and the next
/// descriptor that is opened takes their place: a notice must not be written into it.
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

/// Waits until one of two can be read. Returns whether the first can.
///
/// # Errors
/// As poll(2).
pub fn wait_for_either(first: BorrowedFd<'_>, second: BorrowedFd<'_>) -> io::Result<bool> {
    let mut polled = [PollFd::new(first, PollFlags::POLLIN), PollFd::new(second, PollFlags::POLLIN)];
    poll(&mut polled, PollTimeout::NONE)?;
    Ok(polled[0].any().unwrap_or(false))
}

/// What became of a write that may not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteNow {
    /// All of it is on its way.
    Whole,
    /// So many bytes; the rest would have had to wait.
    Partly(usize),
    /// Nobody will ever read it.
    Never,
}

/// Writes as much as goes without waiting. The descriptor's flags are not touched, since `O_NONBLOCK` would
/// hold for every process that shares it.
#[must_use]
pub fn write_now(descriptor: BorrowedFd<'_>, bytes: &[u8]) -> WriteNow {
    let mut done = 0;
    while done < bytes.len() {
        match write_some_now(descriptor, &bytes[done..]) {
            Ok(0) => return WriteNow::Partly(done),
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return WriteNow::Partly(done),
            Err(_) => return WriteNow::Never,
        }
    }
    WriteNow::Whole
}

/// The most that a pipe takes as one piece, and that it has room for when poll(2) calls it writable.
const PIPE_BUF: usize = 4096;

fn write_some_now(descriptor: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    match write_nowait(descriptor, bytes) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::EPIPE | libc::EINTR | libc::EBADF)) => {
            Err(error)
        }
        Ok(count) => Ok(count),
        // Terminals, sockets, some file systems and older kernels do not take the flag; a file that says it
        // would have to wait for its disk is no reader that stands still. Another writer may fill the room
        // between the two calls; that cannot be helped without O_NONBLOCK and ends when the reader goes on.
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

/// pwritev2(2) with `RWF_NOWAIT`: per call what `O_NONBLOCK` is per description.
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

/// A descriptor of `/dev/null`, for a child.
///
/// # Errors
/// Where there is none, or no descriptor left.
pub fn null() -> io::Result<OwnedFd> {
    let file = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    move_above_stdio(file.into())
}
