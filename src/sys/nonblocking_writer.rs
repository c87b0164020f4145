//! Writes to a stdout or stderr that others share without waiting for its reader. The flags of the descriptor stay
//! unchanged: `O_NONBLOCK` would affect every process that shares the open file description.
#![allow(unsafe_code, reason = "send(2) on a descriptor whose socket type is not known")]

use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{FileStat, SFlag, fstat};

use crate::sys::descriptors::{is_terminal, move_above_stdio, write_nowait};
use crate::sys::signals::SignalFd;

/// What keeps a write from waiting.
#[derive(Debug)]
enum WriteMode {
    /// A flag of pwritev2(2): for pipes.
    PipeFlag,
    /// A flag of send(2): for sockets.
    SocketFlag,
    /// A non-blocking open file description of our own, opened by `/proc/self/fd`: for terminals, and for pipes where
    /// the kernel does not know the flag.
    OwnDescription(OwnedFd),
    /// Nothing, since writing waits for no reader: files, `/dev/null`.
    Plain,
    /// poll(2) before each small write: where nothing else works.
    PollFirst,
}

/// A standard descriptor to write to.
#[derive(Debug)]
pub struct NonblockingWriter {
    descriptor: OwnedFd,
    mode: WriteMode,
    identity: FileIdentity,
}

/// Identifies a file: equal for two descriptors of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileIdentity {
    device: libc::dev_t,
    inode: libc::ino_t,
}

/// Few enough bytes for every file that poll(2) calls writable.
const SMALL_WRITE: usize = 128;

/// The result of a write.
#[derive(Debug)]
pub enum WriteOutcome {
    /// This many bytes were written; the rest would have had to wait.
    Written(usize),
    /// Nobody reads it any more.
    NoReader,
    /// It cannot be written to.
    Failed(io::Error),
}

impl NonblockingWriter {
    /// For a descriptor that is open for writing; `None` for any other.
    #[must_use]
    pub fn new(descriptor: BorrowedFd<'_>) -> Option<Self> {
        let flags = OFlag::from_bits_retain(fcntl(descriptor, FcntlArg::F_GETFL).ok()?);
        if flags & OFlag::O_ACCMODE == OFlag::O_RDONLY {
            return None;
        }
        let stat = fstat(descriptor).ok()?;
        // A duplicate, to own it. It shares the flags of the open file description.
        let descriptor = move_above_stdio(descriptor.try_clone_to_owned().ok()?).ok()?;
        let mode = write_mode(&descriptor, &stat);
        let identity = FileIdentity { device: stat.st_dev, inode: stat.st_ino };
        Some(Self { descriptor, mode, identity })
    }

    /// The file that it writes to.
    #[must_use]
    pub fn identity(&self) -> FileIdentity {
        self.identity
    }

    /// Writes as much as possible without waiting.
    pub fn write(&mut self, bytes: &[u8]) -> WriteOutcome {
        let mut done = 0;
        loop {
            let error = match self.write_once(&bytes[done..]) {
                Ok(count) => {
                    done += count;
                    if matches!(self.mode, WriteMode::PollFirst) && done < bytes.len() {
                        continue;
                    }
                    return WriteOutcome::Written(done);
                }
                Err(error) => error,
            };
            match error.raw_os_error() {
                Some(libc::EINTR) => {}
                Some(libc::EAGAIN) => return WriteOutcome::Written(done),
                Some(libc::EPIPE | libc::ECONNRESET) => return WriteOutcome::NoReader,
                // EOPNOTSUPP from older kernels, EPERM or ENOSYS from a sandbox. Any other error the next mode has, too.
                _ if matches!(self.mode, WriteMode::PipeFlag) => {
                    self.mode = own_description(&self.descriptor);
                }
                _ => return WriteOutcome::Failed(error),
            }
        }
    }

    fn write_once(&self, bytes: &[u8]) -> io::Result<usize> {
        match &self.mode {
            WriteMode::PipeFlag => write_nowait(self.descriptor.as_fd(), bytes),
            WriteMode::SocketFlag => send_nowait(self.descriptor.as_fd(), bytes),
            WriteMode::OwnDescription(own) => Ok(nix::unistd::write(own, bytes)?),
            WriteMode::Plain => Ok(nix::unistd::write(&self.descriptor, bytes)?),
            WriteMode::PollFirst => {
                let mut polled = [PollFd::new(self.descriptor.as_fd(), PollFlags::POLLOUT)];
                poll(&mut polled, PollTimeout::ZERO)?;
                if !polled[0].any().unwrap_or(true) {
                    return Err(io::Error::from_raw_os_error(libc::EAGAIN));
                }
                Ok(nix::unistd::write(&self.descriptor, &bytes[..bytes.len().min(SMALL_WRITE)])?)
            }
        }
    }
}

/// Writes to stderr and waits for its reader, but not for longer than until a signal asks monofy to stop: signals are
/// blocked, and a reader that has stopped would keep monofy from noticing them. The signal stays pending.
pub fn write_stderr_unless_stopped(bytes: &[u8]) {
    let Some(mut writer) = NonblockingWriter::new(io::stderr().as_fd()) else { return };
    let mut rest = bytes;
    let mut signals = None;
    loop {
        match writer.write(rest) {
            WriteOutcome::Written(count) if count < rest.len() => rest = &rest[count..],
            WriteOutcome::Written(_) | WriteOutcome::NoReader | WriteOutcome::Failed(_) => return,
        }
        if signals.is_none() {
            signals = SignalFd::open_for_stop().ok();
        }
        let mut polled = vec![PollFd::new(writer.as_fd(), PollFlags::POLLOUT)];
        polled.extend(signals.iter().map(|signals| PollFd::new(signals.as_fd(), PollFlags::POLLIN)));
        let result = poll(&mut polled, PollTimeout::NONE);
        let is_stopped = polled[1..].iter().any(|entry| entry.any() == Some(true));
        if is_stopped || result.is_err_and(|error| error != nix::Error::EINTR) {
            return;
        }
    }
}

impl AsFd for NonblockingWriter {
    fn as_fd(&self) -> BorrowedFd<'_> {
        if let WriteMode::OwnDescription(own) = &self.mode { own.as_fd() } else { self.descriptor.as_fd() }
    }
}

fn write_mode(descriptor: &OwnedFd, stat: &FileStat) -> WriteMode {
    match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
        SFlag::S_IFIFO => WriteMode::PipeFlag,
        SFlag::S_IFSOCK => WriteMode::SocketFlag,
        SFlag::S_IFREG | SFlag::S_IFBLK => WriteMode::Plain,
        _ if is_terminal(descriptor) => own_description(descriptor),
        SFlag::S_IFCHR if stat.st_rdev == libc::makedev(1, 3) => WriteMode::Plain,
        _ => own_description(descriptor),
    }
}

/// Opens the same file again. `O_NOCTTY` keeps a terminal from becoming our controlling one.
fn own_description(descriptor: &OwnedFd) -> WriteMode {
    let path = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
    let opened = OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path);
    let own = opened.and_then(|file| move_above_stdio(file.into()));
    own.map_or(WriteMode::PollFirst, WriteMode::OwnDescription)
}

fn send_nowait(descriptor: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: the kernel reads `bytes.len()` bytes of `bytes`.
    let sent = unsafe { libc::send(descriptor.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), flags) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}
