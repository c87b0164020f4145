//! What monofy says to who has started it: systemd, s6, another monofy.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use crate::supervisor::machine::action::Announcement;
use crate::sys::nonblocking_writer::{NonblockingWriter, WriteOutcome};
use crate::sys::{notify, passed_fd};

/// The variable that says where notifications go. It means monofy, so the processes do not get it.
pub(super) const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";

/// The ways upward.
pub(super) struct ParentNotifier {
    socket: Option<OsString>,
    /// Gets a newline once, and is closed then, as s6 has it.
    descriptor: Option<OwnedFd>,
}

impl ParentNotifier {
    /// To this descriptor, which monofy was started with, and to what `NOTIFY_SOCKET` names.
    pub(super) fn new(ready_fd: Option<i32>) -> io::Result<Self> {
        let socket = std::env::var_os(NOTIFY_SOCKET).filter(|socket| !socket.is_empty());
        Ok(Self { socket, descriptor: ready_fd.map(passed_fd::adopt).transpose()? })
    }

    /// Says it. Nobody is waited for.
    pub(super) fn announce(&mut self, what: Announcement) -> io::Result<()> {
        let message: &[u8] = match what {
            Announcement::Ready => b"READY=1",
            Announcement::Stopping => b"STOPPING=1",
        };
        let told = self.socket.as_ref().map_or(Ok(()), |socket| notify::send(socket, message));
        if what == Announcement::Ready
            && let Some(descriptor) = self.descriptor.take()
        {
            write_newline(&descriptor)?;
        }
        told
    }
}

/// Writes the newline without waiting: its reader may be gone, or may have stopped.
fn write_newline(descriptor: &OwnedFd) -> io::Result<()> {
    let writer = NonblockingWriter::new(descriptor.as_fd());
    match writer.map(|mut writer| writer.write(b"\n")) {
        Some(WriteOutcome::Written(1..)) => Ok(()),
        Some(WriteOutcome::Written(0)) => Err(io::ErrorKind::WouldBlock.into()),
        Some(WriteOutcome::NoReader) => Err(io::ErrorKind::BrokenPipe.into()),
        Some(WriteOutcome::Failed(error)) => Err(error),
        None => Err(io::Error::from_raw_os_error(nix::libc::EBADF)),
    }
}
