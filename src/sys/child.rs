//! What a new process does between its beginning and its execution.
#![allow(
    unsafe_code,
    reason = "a process that shares its parent's memory may do little else than system calls"
)]

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;

use nix::libc;
use nix::unistd;

use crate::etc::passwd::Identity;
use crate::signal::SignalNumber;
use crate::sys::cstring_array::CStringArray;
use crate::sys::descriptors;
use crate::sys::envp::{self, Environment};
use crate::sys::passed_fd;
use crate::sys::process::Pid;
use crate::sys::signals::{self, OriginalSignals};
use crate::sys::spawn::{Grouping, Launch};
use crate::sys::variadic::long;

/// What is done, and so what can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Group,
    PassedFd,
    Output,
    User,
    Directory,
    DeathSignal,
    Execution,
}

impl Step {
    pub(super) const ALL: [Self; 7] = [
        Self::Group,
        Self::PassedFd,
        Self::Output,
        Self::User,
        Self::Directory,
        Self::DeathSignal,
        Self::Execution,
    ];
}

/// What failed, and the error number that tells why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) step: Step,
    pub(super) number: i32,
}

/// What runs the files that the kernel does not know how to run, as it does in every shell: scripts without `#!`
/// (execvp(3)).
const SHELL: &[u8] = b"/bin/sh";

/// All that a new process needs, made ready before there is one, since it may not allocate.
pub(super) struct Child<'a> {
    parent: libc::pid_t,
    file: CString,
    /// [`SHELL`], then the arguments: from the second on they are those of the program, from the first on those of
    /// the shell that is to run it.
    arguments: CStringArray,
    environment: Option<Environment>,
    directory: Option<CString>,
    identity: Option<&'a Identity>,
    grouping: Grouping,
    death_signal: SignalNumber,
    inherited: OriginalSignals,
    gift: Option<passed_fd::Handle>,
    /// What becomes its stdin, stdout and stderr, where they are not ours.
    standard: [Option<OwnedFd>; 3],
    fault: Option<Fault>,
}

impl<'a> Child<'a> {
    /// Makes everything ready.
    ///
    /// # Errors
    /// When a string holds a NUL, or there is no descriptor left.
    pub(super) fn new(launch: Launch<'a>) -> io::Result<Self> {
        let words = std::iter::once(SHELL).chain(launch.argv.iter().map(|word| word.as_bytes()));
        let above = |descriptor: Option<OwnedFd>| descriptor.map(descriptors::move_above_stdio).transpose();
        Ok(Self {
            parent: Pid::own().get(),
            file: CString::new(launch.file.as_os_str().as_bytes())?,
            arguments: CStringArray::new(words)?,
            environment: envp::environment(&launch)?,
            directory: launch.directory.map(|path| CString::new(path.as_os_str().as_bytes())).transpose()?,
            identity: launch.identity.filter(|identity| !is_us(identity)),
            grouping: launch.grouping,
            death_signal: launch.death_signal,
            inherited: launch.inherited,
            gift: launch.gift,
            standard: [above(launch.stdin)?, above(launch.stdout)?, above(launch.stderr)?],
            fault: None,
        })
    }

    /// Whether it runs as somebody else.
    pub(super) fn changes_user(&self) -> bool {
        self.identity.is_some()
    }

    /// Becomes the program. Async-signal-safe: system calls and nothing else, no allocation, no lock, no panic. It
    /// returns only where something failed, and has noted what.
    pub(super) fn execute(&mut self) {
        if let Err(fault) = self.prepare() {
            self.fault = Some(fault);
            return;
        }
        let environment = self.environment.as_mut().map_or_else(envp::ours, Environment::with_own_pid);
        let (file, arguments) = (self.file.as_ptr(), self.arguments.pointers());
        // SAFETY: strings that end in NUL, and arrays of them that end in a null pointer; none is empty.
        unsafe { libc::execve(file, arguments.add(1), environment) };
        if last_error() == libc::ENOEXEC {
            // The shell is asked to read the file, whatever the program's own name was to be.
            let arguments = self.arguments.with_second(file);
            // SAFETY: as above.
            unsafe { libc::execve(*arguments, arguments, environment) };
        }
        self.fault = Some(Fault { step: Step::Execution, number: last_error() });
    }

    /// What failed in the process, once it is no more.
    pub(super) fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// The order matters: groups while we still may, then the user; the directory with the rights of the
    /// user; the death signal after the change of user, which clears it (prctl(2)); the mask last, since a
    /// signal that waits behind it acts at once.
    fn prepare(&mut self) -> Result<(), Fault> {
        if self.grouping == Grouping::Own {
            check(Step::Group, unistd::setpgid(unistd::Pid::from_raw(0), unistd::Pid::from_raw(0)).is_ok())?;
        }
        if let Some(gift) = self.gift {
            check(Step::PassedFd, gift.take())?;
        }
        for (number, descriptor) in (0..).zip(&self.standard) {
            let Some(descriptor) = descriptor else { continue };
            check(Step::Output, become_standard(descriptor.as_raw_fd(), number))?;
        }
        if let Some(identity) = self.identity {
            become_user(identity)?;
        }
        if let Some(directory) = &self.directory {
            // SAFETY: a string that ends in NUL.
            check(Step::Directory, unsafe { libc::chdir(directory.as_ptr()) } == 0)?;
        }
        self.set_pdeathsig()?;
        if self.grouping == Grouping::Shared {
            signals::continue_if_stopped_before_exec();
        }
        self.inherited.restore();
        Ok(())
    }

    /// Asks for the death signal.
    fn set_pdeathsig(&self) -> Result<(), Fault> {
        const NONE: libc::c_long = 0;
        let signal = self.death_signal;
        // SAFETY: a system call on numbers. By libc, since nix's takes no real-time signal.
        check(
            Step::DeathSignal,
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, long(signal.get()), NONE, NONE, NONE) } == 0,
        )?;
        // monofy may have been killed before that call: then nobody is left to send the signal.
        // SAFETY: as above, and _exit(2) runs nothing of ours.
        unsafe {
            if libc::getppid() != self.parent {
                libc::_exit(i32::from(signal.shell_status()));
            }
        }
        Ok(())
    }
}

/// They are above the standard ones, so no one takes the place of another that is still to be used.
fn become_standard(descriptor: RawFd, number: RawFd) -> bool {
    // SAFETY: a call on numbers.
    unsafe { libc::dup2(descriptor, number) >= 0 }
}

/// By libc and not by nix, whose wrappers of these the C library broadcasts to threads that a new process does not
/// have.
fn become_user(identity: &Identity) -> Result<(), Fault> {
    let groups = &identity.groups;
    // SAFETY: plain system calls on valid memory.
    check(Step::User, unsafe { libc::setgroups(groups.len(), groups.as_ptr()) } == 0)?;
    // SAFETY: as above.
    check(Step::User, unsafe { libc::setgid(identity.gid) } == 0)?;
    // SAFETY: as above.
    check(Step::User, unsafe { libc::setuid(identity.uid) } == 0)
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

fn check(step: Step, succeeded: bool) -> Result<(), Fault> {
    if succeeded { Ok(()) } else { Err(Fault { step, number: last_error() }) }
}

fn last_error() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL)
}
