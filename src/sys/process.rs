//! Process ids, and signals to other processes.
#![allow(unsafe_code, reason = "kill(2) by number: nix knows no real-time signals")]

use std::fmt;
use std::io;

use nix::libc;

use crate::signal::SignalNumber;
use crate::sys::variadic::long;

/// A process id. It is greater than 0, so it is never one of the group and broadcast forms of kill(2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(i32);

impl Pid {
    /// The id of a process.
    ///
    /// # Panics
    /// For 0 and negative numbers, which mean groups of processes.
    #[must_use]
    pub const fn new(number: i32) -> Self {
        assert!(number > 0);
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i32 {
        self.0
    }

    /// This process.
    #[must_use]
    pub fn own() -> Self {
        Self(nix::unistd::getpid().as_raw())
    }
}

/// The name that this program was started by, if others can start it by that name, too: a path from the root, or a name
/// that is looked up.
#[must_use]
pub fn own_program() -> String {
    const USUAL: &str = "monofy";
    let arguments = std::fs::read("/proc/self/cmdline").unwrap_or_default();
    let name = arguments.split(|byte| *byte == 0).next().map(String::from_utf8_lossy).unwrap_or_default();
    let is_found = name.starts_with('/') || (!name.is_empty() && !name.contains('/'));
    if is_found { name.into_owned() } else { USUAL.to_owned() }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Sends a signal to one process.
///
/// # Errors
/// ESRCH if it is gone, EPERM if it belongs to another user.
pub fn send(pid: Pid, signal: SignalNumber) -> io::Result<()> {
    // SAFETY: kill(2) takes any numbers and touches no memory.
    if unsafe { libc::kill(pid.get(), signal.get()) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The process group of this process.
#[must_use]
pub fn own_group() -> Pid {
    Pid(nix::unistd::getpgrp().as_raw())
}

/// Whether a process is in another process group than this one. False if it is gone.
#[must_use]
pub fn has_left_group(pid: Pid) -> bool {
    let group = nix::unistd::getpgid(Some(nix::unistd::Pid::from_raw(pid.get())));
    group.is_ok_and(|group| group != nix::unistd::getpgrp())
}

/// Sends a signal to a process group. The caller makes sure that the number still means that group: a child that was
/// not reaped is in it.
///
/// # Errors
/// EPERM if all of it belongs to another user, ESRCH if the group is gone.
pub fn send_to_group(leader: Pid, signal: SignalNumber) -> io::Result<()> {
    // SAFETY: kill(2) takes any numbers and touches no memory.
    if unsafe { libc::kill(-leader.get(), signal.get()) } == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Sends SIGKILL to a process group. Its leader has to be a child that was not reaped, so that the number is not reused.
///
/// # Errors
/// EPERM if all of it belongs to another user.
pub fn kill_group(leader: Pid) -> io::Result<()> {
    // SAFETY: as above.
    if unsafe { libc::kill(-leader.get(), libc::SIGKILL) } == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Sends a signal to every other process of the pid namespace. For PID 1, and only if /proc does not show the
/// descendants.
///
/// # Errors
/// ESRCH if there is none.
pub fn send_to_namespace(signal: SignalNumber) -> io::Result<()> {
    // SAFETY: as above.
    if unsafe { libc::kill(-1, signal.get()) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Whether this process is the init of its pid namespace.
#[must_use]
pub fn is_init() -> bool {
    Pid::own().get() == 1
}

/// Whether this process leads its session, so that the kernel sends it the hang-up of the terminal.
#[must_use]
pub fn leads_session() -> bool {
    nix::unistd::getsid(None).is_ok_and(|session| session == nix::unistd::getpid())
}

/// Makes this process the parent of its orphaned descendants, instead of the system's init (prctl(2)).
///
/// # Errors
/// Before Linux 3.4.
pub fn become_subreaper() -> io::Result<()> {
    const NONE: libc::c_long = 0;
    // SAFETY: a system call on numbers. nix passes them as ints.
    let result = unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, long(1), NONE, NONE, NONE) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
