//! Starting a program (fork(2), execve(2), by std) with exactly what it should inherit.
#![allow(unsafe_code, reason = "code between fork and exec is unsafe by nature")]

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::libc;
use nix::unistd;

use super::gift;
use super::handover::Environment;
use super::process::Pid;
use super::signals::{self, Inherited};
use super::users::Identity;
use crate::exit;
use crate::signal::SignalNumber;

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
    pub inherited: Inherited,
    /// A descriptor that it finds under a number that was asked for.
    pub gift: Option<gift::Handle>,
    /// Its stdin, if not ours.
    pub stdin: Option<OwnedFd>,
    /// Its stdout, if not ours.
    pub stdout: Option<OwnedFd>,
    /// Its stderr, if not ours.
    pub stderr: Option<OwnedFd>,
}

/// What a child does between fork and exec, and so what can fail there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Group = 1,
    User = 2,
    Directory = 3,
    DeathSignal = 4,
    Gift = 5,
}

/// Why a program did not start.
#[derive(Debug)]
pub enum SpawnError {
    /// There was no process to be had for it.
    NoProcess(io::Error),
    /// There was nothing to be had for it to write to.
    NoOutput(io::Error),
    /// It cannot be given the descriptor that was asked for.
    Gift(io::Error),
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
            Self::NoProcess(_) | Self::NoOutput(_) | Self::Gift(_) | Self::User(_) | Self::Directory(_) => {
                exit::OUR_FAILURE
            }
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
            Self::Gift(error) => write!(f, "cannot give it the descriptor of --ready: {error}"),
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
pub fn spawn(mut launch: Launch<'_>) -> Result<Pid, SpawnError> {
    let mut command = Command::new(launch.file);
    let (program, arguments) =
        launch.argv.split_first().map_or((None, &[][..]), |(first, rest)| (Some(first), rest));
    command.args(arguments);
    if !launch.listens {
        for name in launch.hidden {
            command.env_remove(name);
        }
        command.envs(launch.environment.iter().copied());
    }
    if let Some(program) = program {
        command.arg0(program);
    }
    if let Some(stdin) = launch.stdin.take() {
        command.stdin(Stdio::from(stdin));
    }
    if let Some(stdout) = launch.stdout.take() {
        command.stdout(Stdio::from(stdout));
    }
    if let Some(stderr) = launch.stderr.take() {
        command.stderr(Stdio::from(stderr));
    }
    let mut child = Child::new(&launch);
    // SAFETY: `Child::prepare` makes system calls and nothing else: no allocation, no lock, no panic.
    unsafe { command.pre_exec(move || child.prepare()) };
    // The handle is dropped, not waited for: only `wait::reap` reaps (std's own wait ends a failed start).
    match command.spawn() {
        Ok(child) => Ok(Pid::new(i32::try_from(child.id()).unwrap_or(i32::MAX))),
        Err(error) => Err(explain(error)),
    }
}

/// What the child needs to know, made ready before the fork.
struct Child {
    parent: libc::pid_t,
    grouping: Grouping,
    identity: Option<(libc::uid_t, libc::gid_t, Vec<libc::gid_t>)>,
    directory: Option<std::ffi::CString>,
    death_signal: SignalNumber,
    inherited: Inherited,
    gift: Option<gift::Handle>,
    environment: Option<Environment>,
}

impl Child {
    fn new(launch: &Launch<'_>) -> Self {
        Self {
            parent: Pid::own().get(),
            grouping: launch.grouping,
            identity: launch
                .identity
                .filter(|identity| !is_us(identity))
                .map(|identity| (identity.uid, identity.gid, identity.groups.clone())),
            directory: launch
                .directory
                .and_then(|path| std::ffi::CString::new(path.as_os_str().as_bytes()).ok()),
            death_signal: launch.death_signal,
            inherited: launch.inherited,
            gift: launch.gift,
            environment: launch.listens.then(|| whole_environment(launch)),
        }
    }

    /// The order matters: groups while we still may, then the user; the directory with the rights of the
    /// user; the death signal after the change of user, which clears it (prctl(2)); the mask last, since a
    /// signal that waits behind it acts at once.
    fn prepare(&mut self) -> io::Result<()> {
        if self.grouping == Grouping::Own {
            check(Step::Group, unistd::setpgid(unistd::Pid::from_raw(0), unistd::Pid::from_raw(0)).is_ok())?;
        }
        if let Some(gift) = self.gift {
            check(Step::Gift, gift.take())?;
        }
        if let Some(environment) = &mut self.environment {
            environment.install();
        }
        if let Some((uid, gid, groups)) = &self.identity {
            // SAFETY: plain system calls on valid memory. By libc and not by nix, whose wrappers of these the
            // C library broadcasts to threads that a forked child does not have.
            check(Step::User, unsafe { libc::setgroups(groups.len(), groups.as_ptr()) } == 0)?;
            // SAFETY: as above.
            check(Step::User, unsafe { libc::setgid(*gid) } == 0)?;
            // SAFETY: as above.
            check(Step::User, unsafe { libc::setuid(*uid) } == 0)?;
        }
        if let Some(directory) = &self.directory {
            // SAFETY: a string that ends in NUL.
            check(Step::Directory, unsafe { libc::chdir(directory.as_ptr()) } == 0)?;
        }
        // SAFETY: a system call on numbers. By libc, since nix's takes no real-time signal.
        check(
            Step::DeathSignal,
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, self.death_signal.get()) } == 0,
        )?;
        // monofy may have been killed before that call: then nobody is left to send the signal.
        // SAFETY: as above, and _exit(2) runs nothing of ours.
        unsafe {
            if libc::getppid() != self.parent {
                libc::_exit(i32::from(self.death_signal.shell_status()));
            }
        }
        if self.grouping == Grouping::Shared {
            signals::continue_if_stopped_before_exec();
        }
        self.inherited.restore();
        Ok(())
    }
}

/// Ours with what is different for this child: std would put its own in its place.
fn whole_environment(launch: &Launch<'_>) -> Environment {
    let own = &launch.environment;
    let is_ours = |name: &OsStr| {
        let other = own.iter().map(|(name, _)| *name).chain(launch.hidden.iter().copied());
        other.into_iter().all(|other| OsStr::new(other) != name)
    };
    let ours: Vec<_> = std::env::vars_os().filter(|(name, _)| is_ours(name)).collect();
    let ours = ours.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()));
    Environment::new(ours.chain(own.iter().map(|(name, value)| (OsStr::new(*name), *value))))
}

/// Whether nothing has to change, and so no privilege is needed.
fn is_us(identity: &Identity) -> bool {
    let no_other_groups = || {
        unistd::getgroups()
            .is_ok_and(|groups| groups.iter().all(|group| identity.groups.contains(&group.as_raw())))
    };
    unistd::getuid().as_raw() == identity.uid
        && unistd::geteuid().as_raw() == identity.uid
        && unistd::getgid().as_raw() == identity.gid
        && unistd::getegid().as_raw() == identity.gid
        && no_other_groups()
}

/// How far above the error number the step is written, in the one number that std carries from a child to us.
const STEP_SHIFT: u32 = 16;

fn check(step: Step, succeeded: bool) -> io::Result<()> {
    if succeeded {
        return Ok(());
    }
    let number = io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL);
    Err(io::Error::from_raw_os_error((step as i32) << STEP_SHIFT | number))
}

fn explain(error: io::Error) -> SpawnError {
    let Some(code) = error.raw_os_error() else { return SpawnError::Refused(error) };
    let cause = io::Error::from_raw_os_error(code & ((1 << STEP_SHIFT) - 1));
    match code >> STEP_SHIFT {
        step if step == Step::User as i32 => SpawnError::User(cause),
        step if step == Step::Gift as i32 => SpawnError::Gift(cause),
        step if step == Step::Directory as i32 => SpawnError::Directory(cause),
        0 if matches!(
            cause.raw_os_error(),
            Some(libc::EAGAIN | libc::ENOMEM | libc::EMFILE | libc::ENFILE)
        ) =>
        {
            SpawnError::NoProcess(cause)
        }
        0 if cause.raw_os_error() == Some(libc::ENOENT) => SpawnError::NoInterpreter,
        0 => SpawnError::Refused(cause),
        _ => SpawnError::NoProcess(cause),
    }
}
