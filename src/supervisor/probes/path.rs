//! `file:PATH` and `unix:PATH`: the file exists, or a connection to the socket is accepted.
//!
//! A child looks: a path on a dead network file system may never answer.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use crate::exit::ExitReason;
use crate::signal::SignalNumber;
use crate::sys::process::{self, Pid};
use crate::sys::spawn;
use crate::text::excerpt;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum PathKind {
    File,
    Socket,
}

/// Looks for a path.
pub(in crate::supervisor) struct PathProbe {
    kind: PathKind,
    path: PathBuf,
    running: Option<Pid>,
}

/// The exit status of an error without a number.
const UNKNOWN: u8 = 255;

impl PathProbe {
    pub(in crate::supervisor) fn new(kind: PathKind, path: PathBuf) -> Self {
        Self { kind, path, running: None }
    }

    /// Starts a child that looks.
    pub(in crate::supervisor) fn start(&mut self) -> io::Result<()> {
        self.running = Some(spawn::fork_status(|| match self.look() {
            Ok(()) => 0,
            Err(error) => error.raw_os_error().and_then(|errno| u8::try_from(errno).ok()).unwrap_or(UNKNOWN),
        })?);
        Ok(())
    }

    fn look(&self) -> io::Result<()> {
        match self.kind {
            PathKind::File => self.path.metadata().map(|_| ()),
            PathKind::Socket => UnixStream::connect(&self.path).map(|_| ()),
        }
    }

    pub(in crate::supervisor) fn is_at(&self, pid: Pid) -> bool {
        self.running == Some(pid)
    }

    /// Kills the child. Returns its process, which has not been reaped.
    pub(in crate::supervisor) fn kill(&mut self) -> Option<Pid> {
        let pid = self.running.take()?;
        let _ = process::send(pid, SignalNumber::KILL);
        Some(pid)
    }

    /// The child has ended.
    pub(in crate::supervisor) fn ended(&mut self, reason: ExitReason) -> Result<(), String> {
        self.running = None;
        match reason {
            ExitReason::Exited(0) => Ok(()),
            ExitReason::Exited(UNKNOWN) => Err("cannot be looked at".to_owned()),
            ExitReason::Exited(errno) => Err(excerpt::of_error(&io::Error::from_raw_os_error(errno.into()))),
            other => Err(other.to_string()),
        }
    }
}
