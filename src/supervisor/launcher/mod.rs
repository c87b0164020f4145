//! Starts the commands of the plan.

mod failure;
mod lookup;
pub(in crate::supervisor) mod pending;
mod program;

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use regex::bytes::Regex;

pub(in crate::supervisor) use self::failure::StartError;
pub(in crate::supervisor) use self::lookup::PendingLookup;
use crate::etc::passwd::{Account, UserDatabase};
use crate::output::{ChildStdio, OutputMux, StdioRequest};
use crate::plan::{
    ByteString, Check, CheckId, CheckOption, CheckRole, Process, Restart, TaskId, log_pattern,
};
use crate::signal::SignalNumber;
use crate::supervisor::launcher::failure::Named;
use crate::supervisor::machine::task::Task;
use crate::supervisor::parent_notify;
use crate::supervisor::probes::{self, ProbeResources};
use crate::sys::credentials;
use crate::sys::descriptors;
use crate::sys::environment;
use crate::sys::envp;
use crate::sys::limits::{self, Capacity};
use crate::sys::passed_fd::{self, PassedFd};
use crate::sys::pipe;
use crate::sys::process::Pid;
use crate::sys::signals::OriginalSignals;
use crate::sys::spawn::{Grouping, SpawnError, SpawnRequest, Spawned, Spawner};
use crate::sys::stdio::InheritedStdio;

/// The variable that `--user` sets to the user's home directory.
const HOME: &str = "HOME";

/// Starts the commands of a plan, and those of their checks.
pub(in crate::supervisor) struct Launcher<'a> {
    commands: Vec<Command<'a>>,
    spawner: Spawner,
    setup: usize,
    pub(in crate::supervisor) grouping: Grouping,
    original_signals: OriginalSignals,
    /// Variables of monofy's environment that are addressed to monofy.
    hidden: Vec<&'static str>,
    /// Whether monofy was started with sockets for the processes.
    listens: bool,
    stdio: InheritedStdio,
    /// Whether each process gets open file descriptions of its own for a stdout and stderr that it inherits.
    separates_stdio: bool,
    /// Read when first needed, and again after time has passed.
    users: Option<UserDatabase>,
    /// Where programs were found the last time, for a series of starts.
    found: Vec<(ProgramKey<'a>, usize)>,
}

/// What differs between the start of a command and that of its check.
struct Additions<'a> {
    notify_socket: Option<&'a str>,
    passed: Option<passed_fd::Handle>,
    grouping: Grouping,
    death_signal: SignalNumber,
    /// Its stdin, stdout and stderr, unless it inherits those of monofy.
    stdio: [Option<OwnedFd>; 3],
}

struct Command<'a> {
    process: &'a Process,
    /// The line of its output that makes it ready.
    line: Option<Regex>,
}

/// Everything that the file of a program depends on: PROGRAM, its own PATH, its working directory.
type ProgramKey<'a> = (Option<&'a ByteString>, Option<&'a ByteString>, Option<&'a ByteString>);

/// A command of the plan that can never be started.
#[derive(Debug)]
pub enum CannotStart {
    /// execve(2) would refuse it for its size.
    TooLarge(String),
    /// execve(2) would refuse the command of one of its checks for its size.
    CheckTooLarge(CheckOption, String),
}

impl fmt::Display for CannotStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(name) => {
                write!(f, "{name}: its arguments and environment are larger than the kernel accepts")
            }
            Self::CheckTooLarge(option, name) => write!(
                f,
                "{} of {name}: the arguments and environment of its command are larger than the kernel accepts",
                option.name()
            ),
        }
    }
}

/// What the start of a command has led to.
pub(in crate::supervisor) type Start = Result<Spawned, StartError>;

/// What processes lack, in the order of the line.
pub(in crate::supervisor) type Missing = Vec<(TaskId, StartError)>;

/// The lookup of what all processes need.
pub(in crate::supervisor) enum Lookup {
    Complete(Missing),
    Pending(PendingLookup),
}

impl<'a> Launcher<'a> {
    pub(in crate::supervisor) fn new(
        setup: &'a [Process],
        processes: &'a [Process],
        grouping: Grouping,
        original_signals: OriginalSignals,
    ) -> Result<Self, CannotStart> {
        let capacity = Capacity::of_this_process();
        let commands = setup.iter().chain(processes).map(|process| {
            let name = || process.name.clone();
            if !fits(process, &process.argv, capacity) {
                return Err(CannotStart::TooLarge(name()));
            }
            let is_too_large =
                |check: &Check| check.kind().command().is_some_and(|words| !fits(process, words, capacity));
            if let Some((role, _)) = process.checks().find(|(_, check)| is_too_large(check)) {
                return Err(CannotStart::CheckTooLarge(role.option(), name()));
            }
            Ok(Command { process, line: line(process) })
        });
        let commands: Vec<_> = commands.collect::<Result<_, _>>()?;
        let stdio = InheritedStdio::of_this_process();
        Ok(Self {
            separates_stdio: has_successors(&commands) || stdio.is_nonblocking(),
            stdio,
            commands,
            spawner: Spawner::default(),
            setup: setup.len(),
            grouping,
            original_signals,
            hidden: parent_notify::variables_for_monofy(),
            listens: envp::listens(),
            users: None,
            found: Vec::new(),
        })
    }

    /// The commands as the machine sees them: the setup commands, and the processes.
    pub(in crate::supervisor) fn tasks(&self) -> (Vec<Task>, Vec<Task>) {
        let task = |command: &Command<'_>| {
            let process = command.process;
            let task = Task::new(process.stop_signal, process.stop_timeout_ms)
                .restarting(process.restart)
                .rewriting(process.rewrite.iter().map(|rewrite| (rewrite.from, rewrite.to)).collect())
                .checked(process.ready.as_ref().map(|ready| probes::kind(ready.kind())))
                .waiting(process.wait.iter().filter_map(|check| probes::interval(check.kind())).collect())
                .after(process.after.iter().filter_map(|name| self.named(name)).collect());
            let task = if process.once { task.once() } else { task };
            if process.creates.is_some() { task.creating() } else { task }
        };
        let (setup, processes) = self.commands.split_at(self.setup);
        (setup.iter().map(task).collect(), processes.iter().map(task).collect())
    }

    /// The process of this name. A plan only names processes that it has.
    fn named(&self, name: &str) -> Option<TaskId> {
        let processes = self.setup..self.commands.len();
        processes.into_iter().find(|index| self.commands[*index].process.name == name).map(TaskId)
    }

    /// A check of a command.
    pub(in crate::supervisor) fn check(&self, id: CheckId) -> Option<&'a Check> {
        self.process(id.task).check(id.role)
    }

    /// The path that it creates, from its working directory: if it exists, the command is skipped.
    pub(in crate::supervisor) fn creates(&self, id: TaskId) -> Option<PathBuf> {
        let process = self.process(id);
        let path = Path::new(process.creates.as_ref()?.as_os_str());
        let directory = process.workdir.as_ref().map(|directory| Path::new(directory.as_os_str()));
        Some(directory.map_or_else(|| path.to_owned(), |directory| directory.join(path)))
    }

    pub(in crate::supervisor) fn process(&self, id: TaskId) -> &'a Process {
        self.commands[id.0].process
    }

    pub(in crate::supervisor) fn is_setup(&self, id: TaskId) -> bool {
        id.0 < self.setup
    }

    /// The names of all commands, in the order of the line.
    pub(in crate::supervisor) fn names(&self) -> Vec<String> {
        self.commands.iter().map(|command| command.process.name.clone()).collect()
    }

    /// Whether any output is searched for a line.
    pub(in crate::supervisor) fn looks_for_a_line(&self) -> bool {
        self.commands.iter().any(|command| command.line.is_some())
    }

    /// Looks up the user, the directory and the program of every process.
    ///
    /// One process alone is not looked up: its start finds the same, before any process has started.
    pub(in crate::supervisor) fn look_up(&mut self) -> Lookup {
        if self.commands.len() == self.setup + 1 {
            return Lookup::Complete(Vec::new());
        }
        let Ok(mut lookup) = PendingLookup::start(self.processes()) else {
            // Without a process for it, the starts will fail, too.
            let found = lookup::look_up(self.processes());
            return Lookup::Complete(self.missing(found));
        };
        if lookup.wait() { Lookup::Complete(self.finish_lookup(lookup)) } else { Lookup::Pending(lookup) }
    }

    pub(in crate::supervisor) fn finish_lookup(&mut self, lookup: PendingLookup) -> Missing {
        self.missing(lookup.finish())
    }

    fn processes(&self) -> impl Iterator<Item = (TaskId, &'a Process)> {
        let processes = self.commands.iter().enumerate().skip(self.setup);
        processes.map(|(index, command)| (TaskId(index), command.process))
    }

    fn missing(&mut self, not_found: Vec<lookup::NotFound>) -> Missing {
        let mut missing: Missing = Vec::new();
        for index in self.setup..self.commands.len() {
            let id = TaskId(index);
            if let Err(error) = self.account(id) {
                missing.push((id, error));
            }
        }
        for not_found in not_found {
            let id = not_found.id;
            if id.0 < self.commands.len() && missing.iter().all(|(other, _)| *other != id) {
                let error = SpawnError::Child(not_found.error);
                missing.push((id, self.explain(id, &self.process(id).argv, error)));
            }
        }
        missing.sort_by_key(|(id, _)| *id);
        missing
    }

    /// Forgets what was looked up: time passes, and anything may change.
    pub(in crate::supervisor) fn forget_lookups(&mut self) {
        self.users = None;
        self.found = Vec::new();
    }

    /// The user of a command. `None` if it is that of monofy.
    fn account(&mut self, id: TaskId) -> Result<Option<Account>, StartError> {
        let process = self.process(id);
        let Some(user) = &process.user else { return Ok(None) };
        let users = self.users.get_or_insert_with(UserDatabase::read);
        let account = users.account(&user.0);
        account.map(Some).map_err(|error| StartError::UnknownUser(shown(process, "user", user), error))
    }

    /// The HOME of a process with an account: that of the user, unless somebody has chosen another one.
    fn home(&mut self, process: &Process, account: &Account) -> Option<Vec<u8>> {
        if process.env.contains_key(HOME) {
            return None;
        }
        let users = self.users.get_or_insert_with(UserDatabase::read);
        let own = users.home_of(credentials::own_uid()).unwrap_or(b"/");
        let is_chosen = environment::variable(HOME).is_some_and(|home| home.as_bytes() != own);
        (!is_chosen).then(|| account.home.clone().unwrap_or_else(|| b"/".to_vec()))
    }

    /// The user id of a process.
    pub(in crate::supervisor) fn uid(&mut self, id: TaskId) -> u32 {
        match self.account(id) {
            Ok(Some(account)) => account.credentials.uid,
            Ok(None) | Err(_) => credentials::own_uid(),
        }
    }

    /// Starts a command.
    pub(in crate::supervisor) fn start(
        &mut self,
        id: TaskId,
        output: Option<&mut OutputMux>,
        resources: &ProbeResources,
    ) -> Start {
        let account = self.account(id)?;
        let stdio = match output {
            Some(output) => output.open_stdio(&self.stdio_request(id, account.as_ref())),
            None => Ok(ChildStdio::default()),
        };
        let stdio = match stdio.map_err(StartError::NoOutput)? {
            ChildStdio { stdout: None, stderr: None } => self.inherited_stdio(account.as_ref()),
            ChildStdio { stdout, stderr } => (stdout, stderr),
        };
        let additions = Additions {
            notify_socket: resources.socket.as_deref(),
            passed: resources.passed.as_ref().map(PassedFd::handle),
            grouping: self.grouping,
            death_signal: self.process(id).stop_signal.unwrap_or(SignalNumber::TERM),
            stdio: [None, stdio.0, stdio.1],
        };
        self.spawn(id, account.as_ref(), &self.process(id).argv, additions)
    }

    /// The stdout and stderr of a process whose output monofy does not read.
    fn inherited_stdio(&self, account: Option<&Account>) -> (Option<OwnedFd>, Option<OwnedFd>) {
        if let Some(account) = account {
            self.stdio.grant(account.credentials.uid);
        }
        if self.separates_stdio { self.stdio.reopen() } else { (None, None) }
    }

    /// Runs the command of a check as its process is run. It leads its own group even on a terminal, so that it can be
    /// killed as a whole and the terminal never signals it. It has no input and no output. Returns the pipe of its stderr,
    /// too.
    pub(in crate::supervisor) fn start_probe(&mut self, id: CheckId) -> Result<(Pid, OwnedFd), StartError> {
        let account = self.account(id.task)?;
        let null = || descriptors::null().map_err(StartError::NoOutput);
        let (stderr, write) = pipe::open().map_err(StartError::NoOutput)?;
        let additions = Additions {
            notify_socket: None,
            passed: None,
            grouping: Grouping::Own,
            death_signal: SignalNumber::KILL,
            stdio: [Some(null()?), Some(null()?), Some(write)],
        };
        let words = self.check(id).and_then(|check| check.kind().command()).unwrap_or_default();
        let spawned = self.spawn(id.task, account.as_ref(), words, additions);
        let pid = spawned.map(|spawned| match spawned {
            Spawned::Executed(process, _) => process.pid,
            // If it fails later, its exit status tells.
            Spawned::Pending(process) => process.pid(),
        });
        Ok((pid?, stderr))
    }

    fn spawn(
        &mut self,
        id: TaskId,
        account: Option<&Account>,
        argv: &'a [ByteString],
        additions: Additions<'_>,
    ) -> Start {
        let process = self.process(id);
        let key = (argv.first(), process.env.get("PATH"), process.workdir.as_ref());
        let mut files = program::candidates(process, argv.first().map_or(&b""[..], |program| &program.0));
        let known = self.found.iter().find(|(other, _)| *other == key).map(|(_, index)| *index);
        if let Some(index) = known {
            // If it is gone since, the search goes on as it would have.
            files = files.split_off(index);
        }
        let home = account.and_then(|account| self.home(process, account));
        let own = process.env.iter().map(|(name, value)| (name.as_str(), value.as_os_str()));
        let home = home.as_ref().map(|home| (HOME, OsStr::from_bytes(home)));
        let socket = additions.notify_socket.map(|socket| (parent_notify::NOTIFY_SOCKET, OsStr::new(socket)));
        let [stdin, stdout, stderr] = additions.stdio;
        let request = SpawnRequest {
            files,
            argv: argv.iter().map(ByteString::as_os_str).collect(),
            environment: own.chain(home).chain(socket).collect(),
            hidden: self.hidden.clone(),
            listens: self.listens,
            directory: process.workdir.as_ref().map(|directory| Path::new(directory.as_os_str())),
            credentials: account.map(|account| &account.credentials),
            umask: process.umask,
            grouping: additions.grouping,
            death_signal: additions.death_signal,
            original_signals: self.original_signals,
            passed: additions.passed,
            stdin,
            stdout,
            stderr,
        };
        let spawned = self.spawner.spawn(request);
        if let (Ok(Spawned::Executed(_, Some(index))), None) = (&spawned, known) {
            self.found.push((key, *index));
        }
        spawned.map_err(|error| self.explain(id, argv, error))
    }

    /// The meaning of an error of a start, with the names of what it is about unless they are secret.
    pub(in crate::supervisor) fn explain(
        &self,
        id: TaskId,
        argv: &[ByteString],
        error: SpawnError,
    ) -> StartError {
        let process = self.process(id);
        let name = |field: &str, value: Option<&ByteString>| {
            value.map_or_else(String::new, |value| shown(process, field, value))
        };
        let named = Named {
            directory: name("workdir", process.workdir.as_ref()),
            user: name("user", process.user.as_ref()),
            by_path: argv.first().is_some_and(|program| program::is_searched(&program.0)),
        };
        failure::explain(error, named)
    }

    /// Whether this child was killed before it became a program.
    pub(in crate::supervisor) fn is_watching(&self, pid: Pid) -> bool {
        self.spawner.is_watching(pid)
    }

    /// Takes the death of a child that was killed before it became a program. Returns whether it was one.
    pub(in crate::supervisor) fn takes(&mut self, pid: Pid) -> bool {
        self.spawner.takes(pid)
    }

    /// The meaning of an error of a start that was pending.
    pub(in crate::supervisor) fn explain_start(&self, id: TaskId, error: SpawnError) -> StartError {
        self.explain(id, &self.process(id).argv, error)
    }

    fn stdio_request<'b>(&'b self, id: TaskId, account: Option<&Account>) -> StdioRequest<'b> {
        let Command { process, line } = &self.commands[id.0];
        StdioRequest {
            task: id,
            terminal: process.tty,
            owner: account.map(|account| (account.credentials.uid, account.credentials.gid)),
            line: line.as_ref(),
        }
    }
}

/// A field of a process for an error message.
fn shown(process: &Process, field: &str, value: &ByteString) -> String {
    if process.secrets.contains(field) {
        return "***".to_owned();
    }
    let value: Cow<'_, str> = String::from_utf8_lossy(&value.0);
    value.into_owned()
}

/// Whether a process can change the flags of a stdout that another one inherits, too. One process alone cannot, and
/// its start needs a few system calls less.
fn has_successors(commands: &[Command<'_>]) -> bool {
    commands.len() > 1 || commands.iter().any(|command| command.process.restart != Restart::No)
}

/// Compiled only where it is needed: that costs as much as starting a few processes.
fn line(process: &Process) -> Option<Regex> {
    // A plan with a malformed pattern was refused.
    log_pattern(process.check(CheckRole::Ready)?.kind().pattern()?).ok()
}

/// Whether execve(2) accepts these arguments and the environment of the process.
fn fits(process: &Process, argv: &[ByteString], capacity: Capacity) -> bool {
    let own = process.env.iter().map(|(name, value)| name.len() + 1 + value.0.len());
    let sizes = || argv.iter().map(|argument| argument.0.len()).chain(own.clone());
    sizes().all(|size| size < capacity.string)
        && capacity.environment + sizes().map(limits::cost).sum::<usize>() <= capacity.whole
}
