//! Pipes of our own: made for the output of a process, read without ever being held up.
#![allow(unsafe_code, reason = "ioctl(2) with FIONREAD has no safe wrapper")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::unistd;

use crate::sys::descriptors::move_above_stdio;

/// How much a pipe of ours holds, where the kernel lets us choose: four times its own choice, so that a process
/// goes on writing while we write.
const CAPACITY: i32 = 256 * 1024;

/// A new pipe: its end to read from, which never waits, and its end to write to, which does as usual.
///
/// # Errors
/// When there is no descriptor left.
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = unistd::pipe2(OFlag::O_CLOEXEC)?;
    let (read, write) = (move_above_stdio(read)?, move_above_stdio(write)?);
    never_wait(&read)?;
    // An unprivileged user who has many pipes gets small ones, which are slower and else the same.
    let _ = fcntl(&read, FcntlArg::F_SETPIPE_SZ(CAPACITY));
    Ok((read, write))
}

/// Makes a description of our own one that never waits.
pub(super) fn never_wait(descriptor: &OwnedFd) -> io::Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(descriptor, FcntlArg::F_GETFL)?);
    fcntl(descriptor, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}

/// What one read found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// So many bytes.
    Bytes(usize),
    /// Nothing now, and there are writers.
    Nothing,
    /// Nothing, and nothing will come.
    End,
}

/// Reads what is there. On the master of a pseudo-terminal EIO says that nobody has it open any more (pty(7)); any
/// other error ends the descriptor, too, or the loop would spin.
pub fn read_now(descriptor: BorrowedFd<'_>, buffer: &mut [u8]) -> Found {
    loop {
        return match unistd::read(descriptor, buffer) {
            Ok(0) => Found::End,
            Ok(count) => Found::Bytes(count),
            Err(nix::Error::EINTR) => continue,
            Err(nix::Error::EAGAIN) => Found::Nothing,
            Err(_) => Found::End,
        };
    }
}

/// How many bytes wait to be read.
#[must_use]
pub fn waiting(descriptor: BorrowedFd<'_>) -> usize {
    let mut count: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int.
    let result = unsafe { libc::ioctl(descriptor.as_raw_fd(), libc::FIONREAD, &raw mut count) };
    if result == 0 { usize::try_from(count).unwrap_or(0) } else { 0 }
}

/// Gives a descriptor's file to a user, so that a process that runs as that user can open `/dev/stdout`. Where it
/// cannot be given, writing works all the same.
pub fn give_to(descriptor: &impl AsFd, uid: u32, gid: u32) {
    let _ = unistd::fchown(
        descriptor.as_fd(),
        Some(unistd::Uid::from_raw(uid)),
        Some(unistd::Gid::from_raw(gid)),
    );
}
