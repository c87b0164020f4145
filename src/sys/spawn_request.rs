//! What starting a process takes, and what it returns.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use crate::signal::{SignalNumber, SignalSet};
use crate::sys::credentials::Credentials;
use crate::sys::passed_fd;
use crate::sys::process::Pid;
use crate::sys::signals::OriginalSignals;

/// The process group in which a process starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// That of monofy, so that a terminal sees one job.
    Shared,
    /// A new one, which it leads.
    Own,
}

/// What starting one process takes.
#[derive(Debug)]
pub struct SpawnRequest<'a> {
    /// The files to try, in this order, relative to the directory.
    pub files: Vec<PathBuf>,
    /// The arguments, starting with PROGRAM as written.
    pub argv: Vec<&'a OsStr>,
    /// Environment variables added to those of monofy.
    pub environment: Vec<(&'a str, &'a OsStr)>,
    /// Environment variables of monofy that it does not get.
    pub hidden: Vec<&'a str>,
    /// Whether it finds its own process id in `LISTEN_PID`.
    pub listens: bool,
    /// Its working directory, unless it is that of monofy.
    pub directory: Option<&'a Path>,
    /// Its user and groups, unless they are those of monofy.
    pub credentials: Option<&'a Credentials>,
    /// Its file mode creation mask, unless it is that of monofy.
    pub umask: Option<u32>,
    /// Its process group.
    pub grouping: Grouping,
    /// The signal that it gets if monofy is killed.
    pub death_signal: SignalNumber,
    /// Its signal mask and dispositions.
    pub original_signals: OriginalSignals,
    /// A descriptor that it finds under a requested number.
    pub passed: Option<passed_fd::Handle>,
    /// Its stdin, unless it is that of monofy.
    pub stdin: Option<OwnedFd>,
    /// Its stdout, unless it is that of monofy.
    pub stdout: Option<OwnedFd>,
    /// Its stderr, unless it is that of monofy.
    pub stderr: Option<OwnedFd>,
}

/// A process that was created.
#[derive(Clone, Copy, Debug)]
pub struct NewProcess {
    /// Its process id.
    pub pid: Pid,
    /// The signals that were pending for monofy right after the fork. A terminal signals the group as it is at that
    /// moment, so the child has not got what was sent before the fork. Looked at only if the child shares our group.
    pub missed: SignalSet,
}
