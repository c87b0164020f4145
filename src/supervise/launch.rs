//! From a command of the plan to what starting it takes.

use std::fmt;
use std::path::Path;

use regex::bytes::Regex;

use super::program::{self, Missing};
use super::task::{Task, TaskId};
use crate::output::{Outlets, Speaker, Wish};
use crate::plan::{ByteString, Check, Plan, Process, log_pattern};
use crate::signal::SignalNumber;
use crate::sys::limits::{self, Capacity};
use crate::sys::process::Pid;
use crate::sys::signals::Inherited;
use crate::sys::spawn::{self, Grouping, Launch, SpawnError};
use crate::sys::users::{self, Identity, UnknownIdentity};

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
    /// The line of its output that tells that it is ready.
    line: Option<Regex>,
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
            Ok(Command { process, identity, line: line(process) })
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

    /// The names of all, in the order of the line.
    pub(super) fn names(&self) -> Vec<String> {
        self.commands.iter().map(|command| command.process.name.clone()).collect()
    }

    /// Whether a line of any output is looked for.
    pub(super) fn looks_for_a_line(&self) -> bool {
        self.commands.iter().any(|command| command.line.is_some())
    }

    fn wish(&self, id: TaskId) -> Wish<'_> {
        let Command { process, identity, line } = &self.commands[id.0];
        Wish {
            speaker: Speaker(id.0),
            terminal: process.tty,
            owner: identity.as_ref().map(|identity| (identity.uid, identity.gid)),
            line: line.as_ref(),
        }
    }

    /// The processes whose PROGRAM is missing, in the order of the line.
    pub(super) fn missing(&self) -> Vec<(TaskId, Missing)> {
        let processes = (self.setup..self.commands.len()).map(TaskId);
        processes
            .filter_map(|id| program::find(self.process(id)).err().map(|missing| (id, missing)))
            .collect()
    }

    /// Starts one.
    pub(super) fn start(&self, id: TaskId, outlets: Option<&mut Outlets>) -> Result<Pid, Failure> {
        let Command { process, identity, .. } = &self.commands[id.0];
        let file = program::find(process).map_err(Failure::Missing)?;
        let ends = outlets.map(|outlets| outlets.connect(&self.wish(id))).transpose();
        let ends = ends.map_err(|error| Failure::Spawn(SpawnError::NoOutput(error)))?.unwrap_or_default();
        spawn::spawn(Launch {
            file: &file,
            argv: process.argv.iter().map(ByteString::as_os_str).collect(),
            environment: process.env.iter().map(|(name, value)| (name.as_str(), value.as_os_str())).collect(),
            directory: process.workdir.as_ref().map(|directory| Path::new(directory.as_os_str())),
            identity: identity.as_ref(),
            grouping: self.grouping,
            death_signal: process.stop_signal.unwrap_or(SignalNumber::TERM),
            inherited: self.inherited,
            stdout: ends.stdout,
            stderr: ends.stderr,
        })
        .map_err(Failure::Spawn)
    }
}

/// Compiled only where it is wanted: that costs as much as starting a few processes.
fn line(process: &Process) -> Option<Regex> {
    match process.ready.as_ref()?.check() {
        // A plan that holds another kind of pattern was refused.
        Check::Log(pattern) => log_pattern(pattern).ok(),
        Check::Tcp { .. } | Check::Exec(_) | Check::Notify | Check::Fd(_) => None,
    }
}

/// Whether execve(2) will take its arguments and its environment.
fn fits(process: &Process, capacity: Capacity) -> bool {
    let own = process.env.iter().map(|(name, value)| name.len() + 1 + value.0.len());
    let sizes = || process.argv.iter().map(|argument| argument.0.len()).chain(own.clone());
    sizes().all(|size| size < capacity.string)
        && capacity.environment + sizes().map(limits::cost).sum::<usize>() <= capacity.whole
}
