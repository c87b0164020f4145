//! Reads files, also pipes that nobody writes to.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;

use nix::libc;

use crate::sys::descriptors;
use crate::sys::signals::SignalFd;

/// The largest file that is read. A plan has at most the 6 MiB that execve(2) accepts, in JSON.
const MOST: usize = 64 * 1024 * 1024;

/// Reads a whole file, `-` for stdin. Returns `None` if a signal asks for a stop first: signals are blocked by now, so
/// Ctrl-C would not end a read that waits.
///
/// # Errors
/// If it cannot be opened or read, or is too large.
pub fn read_unless_stopped(file: &OsStr) -> io::Result<Option<Vec<u8>>> {
    read_up_to(file, MOST)
}

fn read_up_to(file: &OsStr, most: usize) -> io::Result<Option<Vec<u8>>> {
    if file == "-" {
        let signals = SignalFd::open()?;
        let mut stdin = io::stdin().lock();
        return read_all(&signals, &io::stdin(), &mut stdin, most);
    }
    // O_NONBLOCK, since opening a FIFO would wait for its writer.
    let mut file: File =
        OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(file)?;
    // Opened only now, so that a missing file costs only one system call.
    let signals = SignalFd::open()?;
    let descriptor = file.try_clone()?;
    read_all(&signals, &descriptor, &mut file, most)
}

/// Reads a template, as [`read_unless_stopped`] does, of any size.
///
/// # Errors
/// When it cannot be opened or read.
pub fn read_template_unless_stopped(file: &OsStr) -> io::Result<Option<Vec<u8>>> {
    read_up_to(file, usize::MAX)
}

fn read_all(
    signals: &SignalFd,
    descriptor: &impl AsFd,
    source: &mut impl Read,
    most: usize,
) -> io::Result<Option<Vec<u8>>> {
    let mut contents = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        if was_asked_to_stop(signals, descriptor.as_fd())? {
            return Ok(None);
        }
        match source.read(&mut chunk) {
            Ok(0) => return Ok(Some(contents)),
            Ok(count) => contents.extend_from_slice(&chunk[..count]),
            Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
            Err(error) => return Err(error),
        }
        if contents.len() > most {
            return Err(io::Error::other("larger than 64 MiB"));
        }
    }
}

/// Waits for something to read. Other signals have no receiver yet.
fn was_asked_to_stop(signals: &SignalFd, source: BorrowedFd<'_>) -> io::Result<bool> {
    let has_signal = descriptors::wait_for_either(signals.as_fd(), source)?;
    let mut received = Vec::new();
    if has_signal {
        signals.read(&mut received)?;
    }
    Ok(received.iter().any(|received| received.signal.asks_for_stop()))
}
