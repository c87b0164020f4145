//! From a command of the plan to what starting it takes.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use super::machine::{Task, TaskId};
use crate::exit;
use crate::plan::{ByteString, Plan, Process};
use crate::signal::SignalNumber;
use crate::sys::limits::{self, Capacity};
use crate::sys::process::Pid;
use crate::sys::signals::Inherited;
use crate::sys::spawn::{self, Grouping, Launch, SpawnError};
use crate::sys::users::{self, Identity, UnknownIdentity};

/// Where execvp(3) looks when there is no PATH.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// Why a PROGRAM cannot be started, known before anything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    NotFound { by_path: bool },
    NotExecutable,
    Directory,
}

impl Missing {
    pub(super) fn exit_status(self) -> u8 {
        match self {
            Self::NotFound { .. } => exit::NOT_FOUND,
            Self::NotExecutable => exit::NOT_EXECUTABLE,
            Self::Directory => exit::OUR_FAILURE,
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound { by_path: true } => "its program was not found: no directory of PATH holds it",
            Self::NotFound { by_path: false } => "its program was not found: there is no such file",
            Self::NotExecutable => {
                "its program cannot be executed: it is a directory, or not marked executable"
            }
            Self::Directory => "its working directory does not exist or cannot be entered",
        })
    }
}

/// Why a command did not start.
pub(super) enum Failure {
    Missing(Missing),
    Spawn(SpawnError),
}

impl Failure {
    pub(super) fn exit_status(&self) -> u8 {
        match self {
            Self::Missing(missing) => missing.exit_status(),
            Self::Spawn(error) => error.exit_status(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(missing) => missing.fmt(f),
            Self::Spawn(error) => error.fmt(f),
        }
    }
}

/// The commands of a plan, ready to be started.
pub(super) struct Launcher<'a> {
    commands: Vec<Command<'a>>,
    setup: usize,
    grouping: Grouping,
    inherited: Inherited,
}

struct Command<'a> {
    process: &'a Process,
    identity: Option<Identity>,
}

/// A command of the plan that can never be started.
#[derive(Debug)]
pub enum CannotStart {
    /// Its user does not exist.
    UnknownUser(String, UnknownIdentity),
    /// execve(2) would refuse it for its size.
    TooLarge(String),
}

impl fmt::Display for CannotStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownUser(name, cause) => write!(f, "the user of {name}: {cause}"),
            Self::TooLarge(name) => {
                write!(f, "{name}: its arguments and its environment are larger than the kernel takes")
            }
        }
    }
}

impl<'a> Launcher<'a> {
    pub(super) fn new(plan: &'a Plan, grouping: Grouping, inherited: Inherited) -> Result<Self, CannotStart> {
        let capacity = Capacity::of_this_process();
        let commands = plan.setup.iter().chain(&plan.processes).map(|process| {
            if !fits(process, capacity) {
                return Err(CannotStart::TooLarge(process.name.clone()));
            }
            let identity = process.user.as_ref().map(|user| users::identity(&user.0)).transpose();
            let identity = identity.map_err(|cause| CannotStart::UnknownUser(process.name.clone(), cause))?;
            Ok(Command { process, identity })
        });
        Ok(Self {
            commands: commands.collect::<Result<_, _>>()?,
            setup: plan.setup.len(),
            grouping,
            inherited,
        })
    }

    /// What the machine needs to know of the commands: of the setup, and of the processes.
    pub(super) fn tasks(&self) -> (Vec<Task>, Vec<Task>) {
        let task =
            |command: &Command<'_>| Task::new(command.process.stop_signal, command.process.stop_timeout_ms);
        let (setup, processes) = self.commands.split_at(self.setup);
        (setup.iter().map(task).collect(), processes.iter().map(task).collect())
    }

    pub(super) fn process(&self, id: TaskId) -> &'a Process {
        self.commands[id.0].process
    }

    pub(super) fn is_setup(&self, id: TaskId) -> bool {
        id.0 < self.setup
    }

    /// The processes whose PROGRAM is missing, in the order of the line.
    pub(super) fn missing(&self) -> Vec<(TaskId, Missing)> {
        let processes = (self.setup..self.commands.len()).map(TaskId);
        processes.filter_map(|id| find(self.process(id)).err().map(|missing| (id, missing))).collect()
    }

    /// Starts one.
    pub(super) fn start(&self, id: TaskId) -> Result<Pid, Failure> {
        let Command { process, identity } = &self.commands[id.0];
        let file = find(process).map_err(Failure::Missing)?;
        spawn::spawn(&Launch {
            file: &file,
            argv: process.argv.iter().map(ByteString::as_os_str).collect(),
            environment: process.env.iter().map(|(name, value)| (name.as_str(), value.as_os_str())).collect(),
            directory: process.workdir.as_ref().map(|directory| Path::new(directory.as_os_str())),
            identity: identity.as_ref(),
            grouping: self.grouping,
            death_signal: process.stop_signal.unwrap_or(SignalNumber::TERM),
            inherited: self.inherited,
        })
        .map_err(Failure::Spawn)
    }
}

/// Whether execve(2) will take its arguments and its environment.
fn fits(process: &Process, capacity: Capacity) -> bool {
    let own = process.env.iter().map(|(name, value)| name.len() + 1 + value.0.len());
    let sizes = || process.argv.iter().map(|argument| argument.0.len()).chain(own.clone());
    sizes().all(|size| size < capacity.string)
        && capacity.environment + sizes().map(limits::cost).sum::<usize>() <= capacity.whole
}

/// The file that execvp(3) would execute for a command, in its environment and its working directory.
fn find(process: &Process) -> Result<PathBuf, Missing> {
    let directory = process.workdir.as_ref().map(|directory| Path::new(directory.as_os_str()));
    if directory.is_some_and(|directory| !directory.is_dir()) {
        return Err(Missing::Directory);
    }
    let program = process.argv.first().map_or(OsStr::new(""), |program| program.as_os_str());
    if program.as_bytes().contains(&b'/') {
        return check(directory, Path::new(program))
            .map_err(|missing| missing.unwrap_or(Missing::NotFound { by_path: false }));
    }
    let path = match process.env.get("PATH") {
        Some(own) => own.as_os_str().to_owned(),
        None => std::env::var_os("PATH").unwrap_or_else(|| OsString::from(DEFAULT_PATH)),
    };
    // A file that cannot be executed does not end the search, but is told of if nothing better is found.
    let mut refused = None;
    for entry in path.as_bytes().split(|b| *b == b':') {
        let entry = if entry.is_empty() { b"." } else { entry };
        match check(directory, &Path::new(OsStr::from_bytes(entry)).join(program)) {
            Ok(file) => return Ok(file),
            Err(missing) => refused = refused.or(missing),
        }
    }
    Err(refused.unwrap_or(Missing::NotFound { by_path: true }))
}

/// Whether there is a file to execute; `Err(None)` where there is none at all. What is returned is the path as
/// the child will see it, from its working directory.
fn check(directory: Option<&Path>, file: &Path) -> Result<PathBuf, Option<Missing>> {
    let seen_from_here = directory.map_or_else(|| file.to_owned(), |directory| directory.join(file));
    let Ok(metadata) = seen_from_here.metadata() else { return Err(None) };
    if !metadata.is_file() || access(&seen_from_here, AccessFlags::X_OK).is_err() {
        return Err(Some(Missing::NotExecutable));
    }
    // A bare name would be looked up again.
    let mut path = file.as_os_str().to_owned().into_vec();
    if !path.contains(&b'/') {
        path.splice(0..0, *b"./");
    }
    Ok(PathBuf::from(OsString::from_vec(path)))
}
