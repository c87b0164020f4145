//! Pipes for the output of a process, read without waiting.
#![allow(unsafe_code, reason = "ioctl(2) with FIONREAD has no safe wrapper")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::unistd;

use crate::sys::descriptors::move_above_stdio;

/// The capacity of such a pipe, where the kernel allows it: four times the default, so that a process goes on writing
/// while monofy writes.
const CAPACITY: i32 = 256 * 1024;

/// Opens a pipe. Its read end is non-blocking, its write end is not.
///
/// # Errors
/// When there is no descriptor left.
pub fn open() -> io::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = unistd::pipe2(OFlag::O_CLOEXEC)?;
    let (read, write) = (move_above_stdio(read)?, move_above_stdio(write)?);
    set_nonblocking(&read)?;
    // Fails for an unprivileged user with many pipes. A smaller pipe is only slower.
    let _ = fcntl(&read, FcntlArg::F_SETPIPE_SZ(CAPACITY));
    Ok((read, write))
}

/// Makes an unshared open file description non-blocking.
pub(super) fn set_nonblocking(descriptor: &OwnedFd) -> io::Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(descriptor, FcntlArg::F_GETFL)?);
    fcntl(descriptor, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}

/// The result of one read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOutcome {
    /// This many bytes were read.
    Read(usize),
    /// There are writers, and nothing to read now.
    Empty,
    /// There is nothing to read, and nothing will come.
    End,
}

/// Reads what is there. EIO from the master of a pseudo-terminal means that nobody has the other end open any more
/// (pty(7)). Any other error counts as the end, too; otherwise the loop would spin.
pub fn read_now(descriptor: BorrowedFd<'_>, buffer: &mut [u8]) -> ReadOutcome {
    loop {
        return match unistd::read(descriptor, buffer) {
            Ok(0) => ReadOutcome::End,
            Ok(count) => ReadOutcome::Read(count),
            Err(nix::Error::EINTR) => continue,
            Err(nix::Error::EAGAIN) => ReadOutcome::Empty,
            Err(_) => ReadOutcome::End,
        };
    }
}

/// The number of bytes that can be read now.
#[must_use]
pub fn readable_bytes(descriptor: BorrowedFd<'_>) -> usize {
    let mut count: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int.
    let result = unsafe { libc::ioctl(descriptor.as_raw_fd(), libc::FIONREAD, &raw mut count) };
    if result == 0 { usize::try_from(count).unwrap_or(0) } else { 0 }
}

/// Changes the owner of a descriptor's file, so that a process of that user can open `/dev/stdout`. Where that fails, the
/// process can still write to the descriptor.
pub fn change_owner(descriptor: &impl AsFd, uid: u32, gid: u32) {
    let _ = unistd::fchown(
        descriptor.as_fd(),
        Some(unistd::Uid::from_raw(uid)),
        Some(unistd::Gid::from_raw(gid)),
    );
}
