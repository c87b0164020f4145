//! Pseudo-terminals for the output of processes (pty(7)).
#![allow(unsafe_code, reason = "the ioctl(2) calls for the size and the peer have no safe wrapper")]

use std::fs::OpenOptions;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::libc;
use nix::pty::{PtyMaster, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{OutputFlags, SetArg, tcgetattr, tcsetattr};

use crate::sys::descriptors::move_above_stdio;
use crate::sys::pipe;
use crate::sys::variadic::long;

/// The rows and columns of a terminal. Neither is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowSize {
    rows: u16,
    columns: u16,
}

impl Default for WindowSize {
    /// What programs assume where the size is unknown.
    fn default() -> Self {
        Self { rows: 24, columns: 80 }
    }
}

impl WindowSize {
    /// The size of a terminal; `None` if the descriptor is none, or has no size.
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

    /// The size of the terminal that is stdout, stderr or stdin; the default if none is.
    #[must_use]
    pub fn of_stdio() -> Self {
        Self::of(io::stdout().as_fd())
            .or_else(|| Self::of(io::stderr().as_fd()))
            .or_else(|| Self::of(io::stdin().as_fd()))
            .unwrap_or_default()
    }
}

/// Sets the size of a pseudo-terminal by either end.
///
/// # Errors
/// When the descriptor is none.
pub fn resize(terminal: BorrowedFd<'_>, size: WindowSize) -> io::Result<()> {
    let size = libc::winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the kernel reads the one structure.
    let result = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Opens a pseudo-terminal. Returns monofy's end, which is non-blocking, and the end of the process. Output passes
/// unchanged: no `\r` is added to a `\n`. It becomes nobody's controlling terminal.
///
/// # Errors
/// When there is no devpts, or no descriptor left.
pub fn open(size: WindowSize) -> io::Result<(OwnedFd, OwnedFd)> {
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
    unlockpt(&master)?;
    let slave = move_above_stdio(peer(&master)?)?;
    // SAFETY: `into_raw_fd` gives up the descriptor, so nothing else owns it.
    let master = unsafe { OwnedFd::from_raw_fd(master.into_raw_fd()) };
    let master = move_above_stdio(master)?;
    fcntl(&master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    let mut attributes = tcgetattr(&slave)?;
    attributes.output_flags.remove(OutputFlags::OPOST);
    tcsetattr(&slave, SetArg::TCSANOW, &attributes)?;
    resize(slave.as_fd(), size)?;
    pipe::set_nonblocking(&master)?;
    Ok((master, slave))
}

/// Opens the other end by the master, or else by its path. The path may belong to another devpts instance, but a sandbox
/// and kernels before Linux 4.13 know no other way.
fn peer(master: &PtyMaster) -> io::Result<OwnedFd> {
    peer_by_master(master).or_else(|_| {
        let path = ptsname_r(master)?;
        let file = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOCTTY).open(path)?;
        Ok(file.into())
    })
}

fn peer_by_master(master: &PtyMaster) -> io::Result<OwnedFd> {
    let flags = long(libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC);
    // SAFETY: TIOCGPTPEER takes flags and returns a new descriptor.
    let number = unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCGPTPEER, flags) };
    if number < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
