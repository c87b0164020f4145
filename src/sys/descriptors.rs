//! Descriptors: keeping them off the standard numbers, and writing without waiting.
#![allow(unsafe_code, reason = "pwritev2(2) with RWF_NOWAIT is offered by neither std nor nix")]

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::sys::variadic::long;

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

/// pwritev2(2) with `RWF_NOWAIT`, which is to one call what `O_NONBLOCK` is to a description.
pub(super) fn write_nowait(descriptor: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    let piece = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    // SAFETY: one iovec that points to `bytes`, which the kernel only reads. The two halves of offset -1 are the current
    // position.
    let written = unsafe {
        libc::syscall(
            libc::SYS_pwritev2,
            long(descriptor.as_raw_fd()),
            &raw const piece,
            long(1),
            long(-1),
            long(-1),
            long(libc::RWF_NOWAIT),
        )
    };
    usize::try_from(written).map_err(|_| io::Error::last_os_error())
}

/// Opens a regular file that exists, to append to it. A FIFO or a device in its place neither blocks nor becomes the
/// controlling terminal.
#[must_use]
pub fn open_to_append(path: &Path) -> Option<File> {
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = OpenOptions::new().append(true).custom_flags(flags).open(path).ok()?;
    file.metadata().is_ok_and(|metadata| metadata.is_file()).then_some(file)
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
