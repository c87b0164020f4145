//! Starting a program with exactly what it should inherit.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::libc;

use crate::etc::passwd::Identity;
use crate::exit;
use crate::signal::{SignalNumber, SignalSet};
use crate::sys::child::{Child, Fault, Step};
use crate::sys::passed_fd;
use crate::sys::process::Pid;
use crate::sys::signals::OriginalSignals;
use crate::sys::vfork_exec;
use crate::sys::wait;

/// In which process group a process starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// In monofy's own, so that a terminal sees one job.
    Shared,
    /// In a new one that it leads.
    Own,
}

/// Everything that starting one process takes.
#[derive(Debug)]
pub struct Launch<'a> {
    /// The file to execute, found beforehand.
    pub file: &'a Path,
    /// The arguments, PROGRAM as it was written first.
    pub argv: Vec<&'a OsStr>,
    /// What its environment holds beyond ours.
    pub environment: Vec<(&'a str, &'a OsStr)>,
    /// What it does not hold though ours does.
    pub hidden: &'a [&'a str],
    /// Whether it finds its own process id in `LISTEN_PID`.
    pub listens: bool,
    /// Where it starts, if not where we are.
    pub directory: Option<&'a Path>,
    /// What it runs as, if not as we do.
    pub identity: Option<&'a Identity>,
    /// Its process group.
    pub grouping: Grouping,
    /// What it gets should monofy be killed.
    pub death_signal: SignalNumber,
    /// The signal state to hand on.
    pub inherited: OriginalSignals,
    /// A descriptor that it finds under a number that was asked for.
    pub gift: Option<passed_fd::Handle>,
    /// Its stdin, if not ours.
    pub stdin: Option<OwnedFd>,
    /// Its stdout, if not ours.
    pub stdout: Option<OwnedFd>,
    /// Its stderr, if not ours.
    pub stderr: Option<OwnedFd>,
}

/// A program that was started.
#[derive(Clone, Copy, Debug)]
pub struct Started {
    /// Its process.
    pub pid: Pid,
    /// The signals that waited for monofy when it had just forked. A terminal signals a group as it is: what was
    /// sent before the fork, the child has not got. Looked at where the child shares our group.
    pub missed: SignalSet,
}

/// Why a program did not start.
#[derive(Debug)]
pub enum SpawnError {
    /// There was no process to be had for it.
    NoProcess(io::Error),
    /// There was nothing to be had for it to write to.
    NoOutput(io::Error),
    /// It cannot be given the descriptor that was asked for.
    PassedFd(io::Error),
    /// It cannot run as the user that was asked for.
    User(io::Error),
    /// It cannot start in the directory that was asked for.
    Directory(io::Error),
    /// Its file is there, but what would have to run it is not.
    NoInterpreter,
    /// The kernel would not execute it.
    Refused(io::Error),
}

impl SpawnError {
    /// The status of a run that ends because of it.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::NoProcess(_)
            | Self::NoOutput(_)
            | Self::PassedFd(_)
            | Self::User(_)
            | Self::Directory(_) => exit::OUR_FAILURE,
            Self::NoInterpreter => exit::NOT_FOUND,
            Self::Refused(_) => exit::NOT_EXECUTABLE,
        }
    }
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProcess(error) => write!(f, "cannot create a process: {error}"),
            Self::NoOutput(error) => write!(f, "cannot create a pipe or terminal for its output: {error}"),
            Self::PassedFd(error) => write!(f, "cannot give it the descriptor of --ready: {error}"),
            Self::User(error) => write!(f, "cannot become the user of --user: {error}"),
            Self::Directory(error) => write!(f, "cannot enter the directory of --workdir: {error}"),
            Self::NoInterpreter => {
                f.write_str("its file is there, but the interpreter or dynamic loader that it names is not")
            }
            Self::Refused(error) => write!(f, "cannot execute it: {error}"),
        }
    }
}

/// Starts a program. When this returns, it has been executed.
///
/// # Errors
/// When there is no process to be had, when a step before the execution fails, or the execution itself.
pub fn spawn(launch: Launch<'_>) -> Result<Started, SpawnError> {
    let grouping = launch.grouping;
    let mut child = Child::new(launch).map_err(SpawnError::Refused)?;
    // A change of user makes the memory in which it happens one that nobody may look at (prctl(2), PR_SET_DUMPABLE):
    // were it ours, too, `--health` could not find us any more.
    let (started, fault) = match grouping {
        Grouping::Own if !child.changes_user() => vfork_exec::vfork_exec(&mut child),
        Grouping::Own | Grouping::Shared => vfork_exec::fork_exec(&mut child),
    }
    .map_err(SpawnError::NoProcess)?;
    match fault {
        None => Ok(started),
        Some(fault) => {
            // It was never a process of the plan: nobody else shall see it end.
            wait::reap_one(started.pid);
            Err(explain(fault))
        }
    }
}

fn explain(Fault { step, number }: Fault) -> SpawnError {
    let cause = io::Error::from_raw_os_error(number);
    match (step, number) {
        (Step::User, _) => SpawnError::User(cause),
        (Step::PassedFd, _) => SpawnError::PassedFd(cause),
        (Step::Output, _) => SpawnError::NoOutput(cause),
        (Step::Directory, _) => SpawnError::Directory(cause),
        (Step::Group | Step::DeathSignal, _)
        | (Step::Execution, libc::EAGAIN | libc::ENOMEM | libc::EMFILE | libc::ENFILE) => {
            SpawnError::NoProcess(cause)
        }
        (Step::Execution, libc::ENOENT) => SpawnError::NoInterpreter,
        (Step::Execution, _) => SpawnError::Refused(cause),
    }
}
