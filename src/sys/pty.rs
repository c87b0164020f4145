//! Pseudo-terminals for processes that should believe to write to one (pty(7)).
#![allow(unsafe_code, reason = "ioctl(2) for the size and for the other end has no safe wrapper")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::libc;
use nix::pty::{posix_openpt, unlockpt};
use nix::sys::termios::{OutputFlags, SetArg, tcgetattr, tcsetattr};

use crate::sys::descriptors::move_above_stdio;
use crate::sys::pipe;

/// Rows and columns, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    rows: u16,
    columns: u16,
}

impl Default for Size {
    /// What programs take where they cannot know.
    fn default() -> Self {
        Self { rows: 24, columns: 80 }
    }
}

impl Size {
    /// That of a terminal; nothing of what is none, or does not know.
    #[must_use]
    pub fn of(terminal: BorrowedFd<'_>) -> Option<Self> {
        let mut size = MaybeUninit::<libc::winsize>::zeroed();
        // SAFETY: the kernel fills in the one structure, for which all zero is a valid value.
        let size = unsafe {
            if libc::ioctl(terminal.as_raw_fd(), libc::TIOCGWINSZ, size.as_mut_ptr()) != 0 {
                return None;
            }
            size.assume_init()
        };
        (size.ws_row > 0 && size.ws_col > 0).then_some(Self { rows: size.ws_row, columns: size.ws_col })
    }

    /// That of the terminal that monofy is at, by stdout, stderr or stdin.
    #[must_use]
    pub fn of_ours() -> Self {
        Self::of(io::stdout().as_fd())
            .or_else(|| Self::of(io::stderr().as_fd()))
            .or_else(|| Self::of(io::stdin().as_fd()))
            .unwrap_or_default()
    }
}

/// Tells a pseudo-terminal, by either end, how large it is.
///
/// # Errors
/// When it is none.
pub fn resize(terminal: BorrowedFd<'_>, size: Size) -> io::Result<()> {
    let size = libc::winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the kernel reads the one structure.
    let result = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// A new pseudo-terminal: our end to read from, which never waits, and the end of the process. What is written
/// passes as it is (no `\r` in front of a `\n`). It becomes nobody's controlling terminal.
///
/// # Errors
/// When there is none to be had: no devpts, or no descriptor left.
pub fn pty(size: Size) -> io::Result<(OwnedFd, OwnedFd)> {
    let master: OwnedFd = {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
        unlockpt(&master)?;
        // SAFETY: `into_raw_fd` hands over what nobody else owns.
        unsafe { OwnedFd::from_raw_fd(std::os::fd::IntoRawFd::into_raw_fd(master)) }
    };
    let master = move_above_stdio(master)?;
    fcntl(&master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    let slave = move_above_stdio(peer(&master)?)?;
    let mut attributes = tcgetattr(&slave)?;
    attributes.output_flags.remove(OutputFlags::OPOST);
    tcsetattr(&slave, SetArg::TCSANOW, &attributes)?;
    resize(slave.as_fd(), size)?;
    pipe::never_wait(&master)?;
    Ok((master, slave))
}

/// The other end, by the master itself and not by its path: /dev/pts may be another one here.
fn peer(master: &OwnedFd) -> io::Result<OwnedFd> {
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: TIOCGPTPEER takes flags and returns a new descriptor.
    let number = unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCGPTPEER, flags) };
    if number < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
