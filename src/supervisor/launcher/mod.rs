//! From a command of the plan to what starting it takes.

pub(crate) mod program;

use std::fmt;
use std::io;
use std::path::Path;

use regex::bytes::Regex;

use crate::etc::hosts;
use crate::etc::passwd::{self, Identity, UnknownIdentity};
use crate::exit;
use crate::output::{ChildStdio, OutputMux, StdioRequest};
use crate::plan::{ByteString, Check, Plan, Process, Ready, Restart, TaskId, log_pattern};
use crate::signal::SignalNumber;
use crate::supervisor::launcher::program::{Finder, Missing};
use crate::supervisor::machine::task::Task;
use crate::supervisor::parent_notify::NOTIFY_SOCKET;
use crate::supervisor::probes::{self, ProbeResources};
use crate::sys::descriptors;
use crate::sys::envp;
use crate::sys::limits::{self, Capacity};
use crate::sys::passed_fd::PassedFd;
use crate::sys::process::Pid;
use crate::sys::signals::OriginalSignals;
use crate::sys::spawn::{self, Grouping, Launch, SpawnError, Started};
use crate::sys::stdio::InheritedStdio;

/// Why a command did not start.
pub(in crate::supervisor) enum Failure {
    Missing(Missing),
    Spawn(SpawnError),
    /// Its readiness could not be watched for.
    Check(io::Error),
}

impl Failure {
    pub(in crate::supervisor) fn exit_status(&self) -> u8 {
        match self {
            Self::Missing(missing) => missing.exit_status(),
            Self::Spawn(error) => error.exit_status(),
            Self::Check(_) => exit::OUR_FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(missing) => missing.fmt(f),
            Self::Spawn(error) => error.fmt(f),
            Self::Check(error) => write!(f, "cannot make ready what --ready wants: {error}"),
        }
    }
}

/// The commands of a plan, ready to be started.
pub(in crate::supervisor) struct Launcher<'a> {
    commands: Vec<Command<'a>>,
    finder: Finder<'a>,
    setup: usize,
    pub(in crate::supervisor) grouping: Grouping,
    inherited: OriginalSignals,
    /// What of our environment means us.
    hidden: &'static [&'static str],
    /// Whether we were given sockets that are meant for the processes.
    listens: bool,
    stdio: InheritedStdio,
    /// Whether each process gets open file descriptions of its own for a stdout and stderr that it inherits.
    separates_stdio: bool,
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
    /// Nobody knows the host at which it would be ready.
    UnknownHost(String),
}

impl fmt::Display for CannotStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownUser(name, cause) => write!(f, "the user of {name}: {cause}"),
            Self::TooLarge(name) => {
                write!(f, "{name}: its arguments and its environment are larger than the kernel takes")
            }
            Self::UnknownHost(name) => write!(
                f,
                "--ready of {name}: its host does not stand in /etc/hosts, where alone names are looked up; write \
                 its address"
            ),
        }
    }
}

impl<'a> Launcher<'a> {
    pub(in crate::supervisor) fn new(
        plan: &'a Plan,
        grouping: Grouping,
        inherited: OriginalSignals,
    ) -> Result<Self, CannotStart> {
        let capacity = Capacity::of_this_process();
        let commands = plan.setup.iter().chain(&plan.processes).map(|process| {
            if !fits(process, capacity) {
                return Err(CannotStart::TooLarge(process.name.clone()));
            }
            let identity = process.user.as_ref().map(|user| passwd::identity(&user.0)).transpose();
            let identity = identity.map_err(|cause| CannotStart::UnknownUser(process.name.clone(), cause))?;
            if !has_known_host(process) {
                return Err(CannotStart::UnknownHost(process.name.clone()));
            }
            Ok(Command { process, identity, line: line(process) })
        });
        let commands: Vec<_> = commands.collect::<Result<_, _>>()?;
        let stdio = InheritedStdio::of_this_process();
        Ok(Self {
            separates_stdio: has_successors(&commands) || stdio.is_nonblocking(),
            stdio,
            commands,
            finder: Finder::default(),
            setup: plan.setup.len(),
            grouping,
            inherited,
            hidden: if std::env::var_os(NOTIFY_SOCKET).is_some() { &[NOTIFY_SOCKET] } else { &[] },
            listens: envp::listens(),
        })
    }

    /// What the machine needs to know of the commands: of the setup, and of the processes.
    pub(in crate::supervisor) fn tasks(&self) -> (Vec<Task>, Vec<Task>) {
        let task = |command: &Command<'_>| {
            let process = command.process;
            let task = Task::new(process.stop_signal, process.stop_timeout_ms)
                .restarting(process.restart)
                .rewriting(process.rewrite.iter().map(|rewrite| (rewrite.from, rewrite.to)).collect())
                .checked(process.ready.as_ref().map(|ready| probes::kind(ready.check())))
                .after(process.after.iter().filter_map(|name| self.named(name)).collect());
            let task = if process.once { task.once() } else { task };
            if process.creates.is_some() { task.creating() } else { task }
        };
        let (setup, processes) = self.commands.split_at(self.setup);
        (setup.iter().map(task).collect(), processes.iter().map(task).collect())
    }

    /// The process of this name; a plan names none that is not there.
    fn named(&self, name: &str) -> Option<TaskId> {
        let processes = self.setup..self.commands.len();
        processes.into_iter().find(|index| self.commands[*index].process.name == name).map(TaskId)
    }

    /// How a process tells that it is ready.
    pub(in crate::supervisor) fn ready(&self, id: TaskId) -> Option<&'a Ready> {
        self.process(id).ready.as_ref()
    }

    /// The path that it creates: if it exists, the command is skipped.
    pub(in crate::supervisor) fn creates(&self, id: TaskId) -> Option<&'a Path> {
        self.process(id).creates.as_ref().map(|path| Path::new(path.as_os_str()))
    }

    /// The user that it runs as.
    pub(in crate::supervisor) fn uid(&self, id: TaskId) -> u32 {
        let own = || nix::unistd::geteuid().as_raw();
        self.commands[id.0].identity.as_ref().map_or_else(own, |identity| identity.uid)
    }

    pub(in crate::supervisor) fn process(&self, id: TaskId) -> &'a Process {
        self.commands[id.0].process
    }

    pub(in crate::supervisor) fn is_setup(&self, id: TaskId) -> bool {
        id.0 < self.setup
    }

    /// The names of all, in the order of the line.
    pub(in crate::supervisor) fn names(&self) -> Vec<String> {
        self.commands.iter().map(|command| command.process.name.clone()).collect()
    }

    /// Whether a line of any output is looked for.
    pub(in crate::supervisor) fn looks_for_a_line(&self) -> bool {
        self.commands.iter().any(|command| command.line.is_some())
    }

    fn wish(&self, id: TaskId) -> StdioRequest<'_> {
        let Command { process, identity, line } = &self.commands[id.0];
        StdioRequest {
            task: id,
            terminal: process.tty,
            owner: identity.as_ref().map(|identity| (identity.uid, identity.gid)),
            line: line.as_ref(),
        }
    }

    /// The processes whose PROGRAM is missing, or that of their check, in the order of the line.
    pub(in crate::supervisor) fn missing(&mut self) -> Vec<(TaskId, What, Missing)> {
        let (commands, finder) = (&self.commands, &mut self.finder);
        let missing = |index: usize| {
            let process = commands[index].process;
            let check = command_of(process).map(|words| finder.find(process, words.first()));
            let program = finder.find(process, process.argv.first());
            let program = program.err().map(|missing| (What::Program, missing));
            let check = check.and_then(Result::err).map(|missing| (What::Check, missing));
            program.or(check).map(|(what, missing)| (TaskId(index), what, missing))
        };
        (self.setup..self.commands.len()).filter_map(missing).collect()
    }

    /// Time passes: what was found may be elsewhere by now.
    pub(in crate::supervisor) fn forget_programs(&mut self) {
        self.finder.forget();
    }

    /// Starts one.
    pub(in crate::supervisor) fn start(
        &mut self,
        id: TaskId,
        outlets: Option<&mut OutputMux>,
        outfit: &ProbeResources,
    ) -> Result<Started, Failure> {
        let process = self.process(id);
        let file = self.finder.find(process, process.argv.first()).map_err(Failure::Missing)?;
        let ends = outlets.map(|outlets| outlets.open_stdio(&self.wish(id))).transpose();
        let ends = ends.map_err(|error| Failure::Spawn(SpawnError::NoOutput(error)))?.unwrap_or_default();
        let mut launch = self.launch(id, &file, &process.argv);
        if let Some(socket) = &outfit.socket {
            launch.environment.push((NOTIFY_SOCKET, socket.as_ref()));
        }
        launch.gift = outfit.gift.as_ref().map(PassedFd::handle);
        (launch.stdout, launch.stderr) = match ends {
            ChildStdio { stdout: None, stderr: None } if self.separates_stdio => self.stdio.reopen(),
            ChildStdio { stdout, stderr } => (stdout, stderr),
        };
        spawn::spawn(launch).map_err(Failure::Spawn)
    }

    /// Runs the command that asks whether a process is ready: as that process would, in a group of its own whatever
    /// the seat, so that it can be killed as a whole and a terminal never means it. It reads and says nothing.
    pub(in crate::supervisor) fn start_check(&self, id: TaskId) -> Result<Pid, Failure> {
        let process = self.process(id);
        let words = command_of(process).unwrap_or_default();
        let file = program::find_word(process, words.first()).map_err(Failure::Missing)?;
        let null = || descriptors::null().map_err(|error| Failure::Spawn(SpawnError::NoOutput(error)));
        let mut launch = self.launch(id, &file, words);
        launch.grouping = Grouping::Own;
        launch.death_signal = SignalNumber::KILL;
        launch.stdin = Some(null()?);
        launch.stdout = Some(null()?);
        launch.stderr = Some(null()?);
        spawn::spawn(launch).map(|started| started.pid).map_err(Failure::Spawn)
    }

    fn launch<'b>(&'b self, id: TaskId, file: &'b Path, argv: &'b [ByteString]) -> Launch<'b> {
        let Command { process, identity, .. } = &self.commands[id.0];
        Launch {
            file,
            argv: argv.iter().map(ByteString::as_os_str).collect(),
            environment: process.env.iter().map(|(name, value)| (name.as_str(), value.as_os_str())).collect(),
            hidden: self.hidden,
            listens: self.listens,
            directory: process.workdir.as_ref().map(|directory| Path::new(directory.as_os_str())),
            identity: identity.as_ref(),
            grouping: self.grouping,
            death_signal: process.stop_signal.unwrap_or(SignalNumber::TERM),
            inherited: self.inherited,
            gift: None,
            stdin: None,
            stdout: None,
            stderr: None,
        }
    }
}

/// Whether a process can leave its flags on a stdout that another one gets, too. One process alone cannot: its start
/// then takes a few system calls less.
fn has_successors(commands: &[Command<'_>]) -> bool {
    commands.len() > 1 || commands.iter().any(|command| command.process.restart != Restart::No)
}

/// Which program is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum What {
    Program,
    Check,
}

/// The command that asks whether a process is ready.
fn command_of(process: &Process) -> Option<&[ByteString]> {
    match process.ready.as_ref()?.check() {
        Check::Exec(words) => Some(words),
        Check::Tcp { .. } | Check::Log(_) | Check::Notify | Check::Fd(_) => None,
    }
}

fn has_known_host(process: &Process) -> bool {
    match process.ready.as_ref().map(Ready::check) {
        Some(Check::Tcp { host, .. }) => hosts::addresses(host).is_some(),
        Some(Check::Log(_) | Check::Exec(_) | Check::Notify | Check::Fd(_)) | None => true,
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
