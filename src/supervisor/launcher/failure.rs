//! Why a command was not started: its message and its exit status.

use std::fmt;
use std::io;

use nix::libc;

use crate::etc::passwd::UnknownUser;
use crate::exit;
use crate::sys::spawn::{ChildError, ChildStep, SpawnError};

/// Why a command was not started.
#[derive(Debug)]
pub(in crate::supervisor) enum StartError {
    /// No directory of PATH has the program.
    NotInPath,
    /// The program is a path, and there is no such file.
    NoSuchFile,
    /// The file is a directory, or may not be executed.
    NotExecutable,
    /// The interpreter or dynamic loader of the file does not exist.
    NoInterpreter,
    /// The kernel refused to execute the file.
    Refused(io::Error),
    /// The working directory, unless it is secret.
    Directory(String, io::Error),
    /// The user, unless it is secret.
    UnknownUser(String, UnknownUser),
    /// The user, unless it is secret.
    User(String, io::Error),
    /// No process could be created.
    NoProcess(io::Error),
    /// No pipe or terminal for its output could be created.
    NoOutput(io::Error),
    /// It cannot get the descriptor of `--ready fd:N`.
    ReadyFd(io::Error),
    /// Its readiness probe could not be set up.
    Probe(io::Error),
    /// A stop began first.
    Cancelled,
}

impl StartError {
    /// The status of a run that ends because of it.
    pub(in crate::supervisor) fn exit_status(&self) -> u8 {
        match self {
            Self::NotInPath | Self::NoSuchFile | Self::NoInterpreter => exit::NOT_FOUND,
            Self::NotExecutable | Self::Refused(_) => exit::NOT_EXECUTABLE,
            Self::Directory(..)
            | Self::UnknownUser(..)
            | Self::User(..)
            | Self::NoProcess(_)
            | Self::NoOutput(_)
            | Self::ReadyFd(_)
            | Self::Probe(_)
            | Self::Cancelled => exit::OUR_FAILURE,
        }
    }

    pub(in crate::supervisor) fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInPath => f.write_str("not found in PATH"),
            Self::NoSuchFile => f.write_str("no such file"),
            Self::NotExecutable => f.write_str("not executable: a directory, or without execute permission"),
            Self::NoInterpreter => {
                f.write_str("cannot be executed: its interpreter or dynamic loader does not exist")
            }
            Self::Refused(error) => write!(f, "cannot be executed: {error}"),
            Self::Directory(directory, error) => {
                write!(f, "cannot enter the working directory {directory}: {error}")
            }
            Self::UnknownUser(user, error) => write!(f, "unknown user {user}: {error}"),
            Self::User(user, error) => write!(f, "cannot run as user {user}: {error}"),
            Self::NoProcess(error) => write!(f, "cannot create a process: {error}"),
            Self::NoOutput(error) => write!(f, "cannot create a pipe or terminal for its output: {error}"),
            Self::ReadyFd(error) => write!(f, "cannot pass the descriptor of --ready: {error}"),
            Self::Probe(error) => write!(f, "cannot set up its readiness check: {error}"),
            Self::Cancelled => f.write_str("a stop began first"),
        }
    }
}

/// What of a command its errors name.
pub(super) struct Named {
    pub(super) directory: String,
    pub(super) user: String,
    /// Whether PATH is searched for the program.
    pub(super) by_path: bool,
}

/// The meaning of an error of the child.
pub(super) fn explain(error: SpawnError, named: Named) -> StartError {
    let ChildError { step, errno } = match error {
        SpawnError::NoProcess(error) => return StartError::NoProcess(error),
        SpawnError::Unusable(error) => return StartError::Refused(error),
        SpawnError::Child(error) => error,
    };
    let cause = io::Error::from_raw_os_error(errno);
    match (step, errno) {
        (ChildStep::User, _) => StartError::User(named.user, cause),
        (ChildStep::PassedFd, _) => StartError::ReadyFd(cause),
        (ChildStep::Stdio, _) => StartError::NoOutput(cause),
        (ChildStep::Directory, _) => StartError::Directory(named.directory, cause),
        (ChildStep::Search, libc::EACCES) => StartError::NotExecutable,
        (ChildStep::Search, _) if named.by_path => StartError::NotInPath,
        (ChildStep::Search, _) => StartError::NoSuchFile,
        (ChildStep::Timer | ChildStep::Group | ChildStep::DeathSignal, _)
        | (ChildStep::Execution, libc::EAGAIN | libc::ENOMEM | libc::EMFILE | libc::ENFILE) => {
            StartError::NoProcess(cause)
        }
        (ChildStep::Execution, libc::ENOENT) => StartError::NoInterpreter,
        (ChildStep::Execution, _) => StartError::Refused(cause),
    }
}
