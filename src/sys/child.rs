//! What a new process does between its creation and its execution of a program.
#![allow(
    unsafe_code,
    reason = "a process that shares its parent's memory may do little else than system calls"
)]

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use nix::libc;
use nix::unistd;

use crate::signal::SignalNumber;
use crate::sys::credentials::Credentials;
use crate::sys::cstring_array::CStringArray;
use crate::sys::descriptors;
use crate::sys::environment;
use crate::sys::envp::{self, Environment};
use crate::sys::executable::{self, FileKind};
use crate::sys::passed_fd;
use crate::sys::process::Pid;
use crate::sys::signals::{self, OriginalSignals};
use crate::sys::spawn_request::{Grouping, SpawnRequest};
use crate::sys::variadic::long;

/// A step of the child's setup, for error reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildStep {
    /// Arming the timer that bounds the setup.
    Timer,
    /// Becoming the leader of a process group.
    Group,
    /// Taking a descriptor under the requested number.
    PassedFd,
    /// Replacing stdin, stdout or stderr.
    Stdio,
    /// Changing the user and groups.
    User,
    /// Entering the working directory.
    Directory,
    /// Requesting the death signal.
    DeathSignal,
    /// Finding the file of the program: `ENOENT` if there is none, `EACCES` if none is executable.
    Search,
    /// Executing the file.
    Execution,
}

impl ChildStep {
    pub(super) const ALL: [Self; 9] = [
        Self::Timer,
        Self::Group,
        Self::PassedFd,
        Self::Stdio,
        Self::User,
        Self::Directory,
        Self::DeathSignal,
        Self::Search,
        Self::Execution,
    ];
}

/// The step that failed, and its error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildError {
    /// The step.
    pub step: ChildStep,
    /// The error number, as errno(3) lists them.
    pub errno: i32,
}

/// How far a new process has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It has written nothing: either it does not run yet, or it does not share our memory.
    None,
    /// Its setup has begun.
    SettingUp,
    /// It executes the program. Signals reach it from here on.
    Executing,
    /// A step has failed.
    Failed,
}

/// The interpreter of files that the kernel cannot execute by itself: scripts without `#!` (execvp(3)).
const SHELL: &[u8] = b"/bin/sh";

/// Everything that a new process needs, prepared in advance because it may not allocate.
pub(super) struct Child<'a> {
    parent: libc::pid_t,
    /// The files to try, in this order.
    files: Vec<CString>,
    /// [`SHELL`], then the arguments: the program gets those from the second on, the shell all of them.
    arguments: CStringArray,
    environment: Option<Environment>,
    directory: Option<CString>,
    credentials: Option<&'a Credentials>,
    umask: Option<libc::mode_t>,
    grouping: Grouping,
    death_signal: SignalNumber,
    original_signals: OriginalSignals,
    passed: Option<passed_fd::Handle>,
    /// Its stdin, stdout and stderr, unless it inherits those of monofy.
    stdio: [Option<OwnedFd>; 3],
    /// The time after which the kernel kills it if it has not executed the program by then.
    time_limit: Option<Duration>,
    progress: AtomicU8,
    error: Option<ChildError>,
    /// The index of the file that it executes.
    found: usize,
}

impl<'a> Child<'a> {
    /// Prepares everything.
    ///
    /// # Errors
    /// If a string contains NUL, or there is no descriptor left.
    pub(super) fn new(request: SpawnRequest<'a>) -> io::Result<Self> {
        let words = std::iter::once(SHELL).chain(request.argv.iter().map(|word| word.as_bytes()));
        let above = |descriptor: Option<OwnedFd>| descriptor.map(descriptors::move_above_stdio).transpose();
        let c_string = |path: &std::ffi::OsStr| CString::new(path.as_bytes());
        Ok(Self {
            parent: Pid::own().get(),
            files: request.files.iter().map(|file| c_string(file.as_os_str())).collect::<Result<_, _>>()?,
            arguments: CStringArray::new(words)?,
            environment: envp::environment(&request)?,
            directory: request.directory.map(|path| c_string(path.as_os_str())).transpose()?,
            credentials: request.credentials.filter(|credentials| !credentials.are_current()),
            umask: request.umask,
            grouping: request.grouping,
            death_signal: request.death_signal,
            original_signals: request.original_signals,
            passed: request.passed,
            stdio: [above(request.stdin)?, above(request.stdout)?, above(request.stderr)?],
            time_limit: None,
            progress: AtomicU8::new(Progress::None as u8),
            error: None,
            found: 0,
        })
    }

    /// Whether it runs as another user than monofy.
    pub(super) fn changes_user(&self) -> bool {
        self.credentials.is_some()
    }

    /// Makes it ready for one attempt.
    pub(super) fn begin(&mut self, time_limit: Option<Duration>) {
        self.time_limit = time_limit;
        self.error = None;
        self.found = 0;
        self.progress.store(Progress::None as u8, Ordering::Relaxed);
    }

    /// How far it has come, in a child that shares our memory.
    pub(super) fn progress(&self) -> Progress {
        match self.progress.load(Ordering::Relaxed) {
            0 => Progress::None,
            1 => Progress::SettingUp,
            2 => Progress::Executing,
            _ => Progress::Failed,
        }
    }

    /// The error of a child that shared our memory.
    pub(super) fn error(&self) -> Option<ChildError> {
        self.error
    }

    /// The index of the file that a child that shared our memory has executed.
    pub(super) fn found(&self) -> usize {
        self.found
    }

    /// Executes the program. Returns only if a step has failed, after recording it.
    ///
    /// Async-signal-safe: only system calls, no allocation, no lock, no panic.
    pub(super) fn execute(&mut self) {
        self.progress.store(Progress::SettingUp as u8, Ordering::Relaxed);
        let error = match self.prepare() {
            Ok(()) => self.execute_file(),
            Err(error) => error,
        };
        self.error = Some(error);
        self.progress.store(Progress::Failed as u8, Ordering::Relaxed);
    }

    fn execute_file(&mut self) -> ChildError {
        let environment =
            self.environment.as_mut().map_or_else(environment::pointers, Environment::with_own_pid);
        let Some(file) = self.files.get(self.found).map(|file| file.as_ptr()) else {
            return ChildError { step: ChildStep::Search, errno: libc::ENOENT };
        };
        let arguments = self.arguments.pointers();
        // SAFETY: strings that end in NUL, and arrays of them that end in a null pointer; none is empty.
        unsafe { libc::execve(file, arguments.add(1), environment) };
        if last_error() == libc::ENOEXEC {
            // The shell gets the path of the file, whatever the first argument is.
            let arguments = self.arguments.with_second(file);
            // SAFETY: as above.
            unsafe { libc::execve(*arguments, arguments, environment) };
        }
        ChildError { step: ChildStep::Execution, errno: last_error() }
    }

    /// The order matters: groups before the user, who may not change them; the directory and the file with the rights
    /// of the user; the death signal after the change of user, which clears it (prctl(2)); the mask last, since a
    /// pending signal acts as soon as it is unblocked.
    fn prepare(&mut self) -> Result<(), ChildError> {
        if let Some(limit) = self.time_limit {
            check(ChildStep::Timer, signals::kill_unless_executed_within(limit))?;
        }
        if self.grouping == Grouping::Own {
            let zero = unistd::Pid::from_raw(0);
            check(ChildStep::Group, unistd::setpgid(zero, zero).is_ok())?;
        }
        if let Some(passed) = self.passed {
            check(ChildStep::PassedFd, passed.take())?;
        }
        for (number, descriptor) in (0..).zip(&self.stdio) {
            let Some(descriptor) = descriptor else { continue };
            check(ChildStep::Stdio, become_standard(descriptor.as_raw_fd(), number))?;
        }
        if let Some(umask) = self.umask {
            // SAFETY: a call on a number, which cannot fail.
            unsafe { libc::umask(umask) };
        }
        if let Some(credentials) = self.credentials {
            check(ChildStep::User, credentials.assume().is_ok())?;
        }
        if let Some(directory) = &self.directory {
            // SAFETY: a string that ends in NUL.
            check(ChildStep::Directory, unsafe { libc::chdir(directory.as_ptr()) } == 0)?;
        }
        self.set_pdeathsig()?;
        self.found = self.search()?;
        if self.grouping == Grouping::Shared {
            signals::continue_if_stopped_before_exec();
        }
        self.progress.store(Progress::Executing as u8, Ordering::Relaxed);
        self.original_signals.restore();
        Ok(())
    }

    /// The index of the first executable file. As execvp(3), the search goes past files that are not executable.
    fn search(&self) -> Result<usize, ChildError> {
        let mut errno = libc::ENOENT;
        for (index, file) in self.files.iter().enumerate() {
            match executable::kind(file) {
                FileKind::Executable => return Ok(index),
                FileKind::NotExecutable => errno = libc::EACCES,
                FileKind::Missing => {}
            }
        }
        Err(ChildError { step: ChildStep::Search, errno })
    }

    /// Requests the death signal.
    fn set_pdeathsig(&self) -> Result<(), ChildError> {
        const NONE: libc::c_long = 0;
        let signal = self.death_signal;
        // SAFETY: a system call on numbers. By libc, since nix's takes no real-time signal.
        check(
            ChildStep::DeathSignal,
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, long(signal.get()), NONE, NONE, NONE) } == 0,
        )?;
        // If monofy was killed before that call, the signal will never come.
        // SAFETY: as above, and _exit(2) runs nothing of ours.
        unsafe {
            if libc::getppid() != self.parent {
                libc::_exit(i32::from(signal.shell_status()));
            }
        }
        Ok(())
    }
}

/// All of them are above 2, so none of them is overwritten before its turn.
fn become_standard(descriptor: RawFd, number: RawFd) -> bool {
    // SAFETY: a call on numbers.
    unsafe { libc::dup2(descriptor, number) >= 0 }
}

fn check(step: ChildStep, succeeded: bool) -> Result<(), ChildError> {
    if succeeded { Ok(()) } else { Err(ChildError { step, errno: last_error() }) }
}

fn last_error() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL)
}
