//! Writing to a stdout or stderr that others share, without ever waiting for its reader and without touching its
//! flags: `O_NONBLOCK` would hold for every process that has the same description.
#![allow(unsafe_code, reason = "send(2) on a descriptor whose socket type is not known")]

use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{FileStat, SFlag, fstat};

use crate::sys::descriptors::{move_above_stdio, write_nowait};

/// How writing to it is kept from waiting.
#[derive(Debug)]
enum WriteMode {
    /// A flag of the one call (pwritev2(2)): pipes.
    PerCall,
    /// A flag of the one call (send(2)): sockets.
    Socket,
    /// A description of our own of the same file, opened anew through /proc: terminals, and pipes of older kernels.
    OwnDescription(OwnedFd),
    /// It never waits for a reader: files, `/dev/null`.
    Plain,
    /// Only when poll(2) sees room, and little at a time.
    InSmallPieces,
}

/// A standard descriptor to write to.
#[derive(Debug)]
pub struct NonblockingWriter {
    descriptor: OwnedFd,
    way: WriteMode,
    identity: FileIdentity,
}

/// Which file it is: equal for two descriptors of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileIdentity {
    device: u64,
    inode: u64,
}

/// So little that what poll(2) calls writable takes it.
const SMALL: usize = 128;

/// What became of a write.
#[derive(Debug)]
pub enum WriteOutcome {
    /// So many bytes were taken; the others would have had to wait.
    Bytes(usize),
    /// Nobody reads it any more.
    NoReader,
    /// It cannot be written to.
    Failed(io::Error),
}

impl NonblockingWriter {
    /// Of a descriptor that is open for writing; nothing of one that is not, or closed.
    #[must_use]
    pub fn of(descriptor: BorrowedFd<'_>) -> Option<Self> {
        let flags = OFlag::from_bits_retain(fcntl(descriptor, FcntlArg::F_GETFL).ok()?);
        if flags & OFlag::O_ACCMODE == OFlag::O_RDONLY {
            return None;
        }
        let stat = fstat(descriptor).ok()?;
        // A duplicate, so that it is ours; its flags are still those of the shared description.
        let descriptor = move_above_stdio(descriptor.try_clone_to_owned().ok()?).ok()?;
        let way = way(&descriptor, &stat);
        let identity = FileIdentity { device: stat.st_dev, inode: stat.st_ino };
        Some(Self { descriptor, way, identity })
    }

    /// Which file it is.
    #[must_use]
    pub fn identity(&self) -> FileIdentity {
        self.identity
    }

    /// Writes as much as goes without waiting.
    pub fn write(&mut self, bytes: &[u8]) -> WriteOutcome {
        let mut done = 0;
        loop {
            let error = match self.write_once(&bytes[done..]) {
                Ok(count) => {
                    done += count;
                    if matches!(self.way, WriteMode::InSmallPieces) && done < bytes.len() {
                        continue;
                    }
                    return WriteOutcome::Bytes(done);
                }
                Err(error) => error,
            };
            match error.raw_os_error() {
                Some(libc::EINTR) => {}
                Some(libc::EAGAIN) => return WriteOutcome::Bytes(done),
                Some(libc::EPIPE | libc::ECONNRESET) => return WriteOutcome::NoReader,
                Some(libc::EOPNOTSUPP | libc::EINVAL | libc::ENOSYS)
                    if matches!(self.way, WriteMode::PerCall) =>
                {
                    self.way = own_description(&self.descriptor);
                }
                _ => return WriteOutcome::Failed(error),
            }
        }
    }

    fn write_once(&self, bytes: &[u8]) -> io::Result<usize> {
        match &self.way {
            WriteMode::PerCall => write_nowait(self.descriptor.as_fd(), bytes),
            WriteMode::Socket => send_now(self.descriptor.as_fd(), bytes),
            WriteMode::OwnDescription(file) => Ok(nix::unistd::write(file, bytes)?),
            WriteMode::Plain => Ok(nix::unistd::write(&self.descriptor, bytes)?),
            WriteMode::InSmallPieces => {
                let mut polled = [PollFd::new(self.descriptor.as_fd(), PollFlags::POLLOUT)];
                poll(&mut polled, PollTimeout::ZERO)?;
                if !polled[0].any().unwrap_or(true) {
                    return Err(io::Error::from_raw_os_error(libc::EAGAIN));
                }
                Ok(nix::unistd::write(&self.descriptor, &bytes[..bytes.len().min(SMALL)])?)
            }
        }
    }
}

impl AsFd for NonblockingWriter {
    fn as_fd(&self) -> BorrowedFd<'_> {
        if let WriteMode::OwnDescription(file) = &self.way { file.as_fd() } else { self.descriptor.as_fd() }
    }
}

fn way(descriptor: &OwnedFd, stat: &FileStat) -> WriteMode {
    match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
        SFlag::S_IFIFO => WriteMode::PerCall,
        SFlag::S_IFSOCK => WriteMode::Socket,
        SFlag::S_IFREG | SFlag::S_IFBLK => WriteMode::Plain,
        _ if crate::sys::descriptors::is_terminal(descriptor) => own_description(descriptor),
        SFlag::S_IFCHR if stat.st_rdev == libc::makedev(1, 3) => WriteMode::Plain,
        _ => own_description(descriptor),
    }
}

/// Opens the same file anew. `O_NOCTTY`: it must not become our terminal by that.
fn own_description(descriptor: &OwnedFd) -> WriteMode {
    let path = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
    let opened = OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path);
    let ours = opened.and_then(|file| move_above_stdio(file.into()));
    ours.map_or(WriteMode::InSmallPieces, WriteMode::OwnDescription)
}

fn send_now(descriptor: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: the kernel reads `bytes`, as many as are said.
    let sent = unsafe { libc::send(descriptor.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), flags) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}
