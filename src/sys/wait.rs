//! Reaping (waitpid(2)).
//!
//! By libc and not by nix: nix answers EINVAL *after* it has reaped a child that a real-time signal killed,
//! and the pid is lost (nix-rust/nix#495).
#![allow(unsafe_code, reason = "waitpid(2) whose status std decodes")]

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::libc;

use crate::exit::{ExitReason, KillCause};
use crate::signal::SignalNumber;
use crate::sys::process::Pid;

/// The result of one waitpid(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaped {
    /// This child ended and was reaped: its pid may belong to another process from now on.
    Died(Pid, ExitReason),
    /// There are children, and none has ended.
    NoneYet,
    /// There are no children at all, and so no descendants either: orphans are adopted.
    NoChildren,
}

/// Reaps one ended child, if there is one.
#[must_use]
pub fn reap() -> Reaped {
    loop {
        let mut status = 0;
        // SAFETY: `status` is a valid place for the result.
        match unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) } {
            0 => return Reaped::NoneYet,
            pid if pid > 0 => return Reaped::Died(Pid::new(pid), death(ExitStatus::from_raw(status))),
            _ if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            _ => return Reaped::NoChildren,
        }
    }
}

/// Whether any child is in this process group, ended ones included: then the group is not empty, and its number means
/// no other.
#[must_use]
pub fn has_child_in_group(group: Pid) -> bool {
    let id = libc::id_t::try_from(group.get()).unwrap_or_default();
    // SAFETY: all zero is a valid value of this plain structure of C.
    let mut info = unsafe { std::mem::zeroed::<libc::siginfo_t>() };
    // SAFETY: the kernel fills in the structure; WNOWAIT leaves the child as it is.
    let result = unsafe {
        libc::waitid(libc::P_PGID, id, &raw mut info, libc::WEXITED | libc::WNOHANG | libc::WNOWAIT)
    };
    result == 0
}

/// Waits for the end of one child that is about to end, and reaps it.
pub(super) fn reap_one(child: Pid) {
    // SAFETY: a null pointer asks for no status.
    while unsafe { libc::waitpid(child.get(), std::ptr::null_mut(), 0) } < 0
        && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
    {}
}

/// Whether a child has been killed by SIGKILL. It is not reaped.
pub(super) fn was_killed(child: Pid) -> bool {
    let mut info = std::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    let id = child.get().cast_unsigned();
    // SAFETY: `info` is a valid place for the result.
    if unsafe { libc::waitid(libc::P_PID, id, info.as_mut_ptr(), flags) } != 0 {
        return false;
    }
    // SAFETY: all zero is a valid value, and what the kernel leaves there if the child has not ended.
    let info = unsafe { info.assume_init() };
    // SAFETY: the kernel has filled in a child's end, or nothing.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    let by_signal = matches!(info.si_code, libc::CLD_KILLED | libc::CLD_DUMPED);
    pid == child.get() && by_signal && status == libc::SIGKILL
}

fn death(status: ExitStatus) -> ExitReason {
    let signal = status.signal().and_then(|number| u32::try_from(number).ok()).and_then(SignalNumber::new);
    match (signal, status.code().map(u8::try_from)) {
        (Some(signal), _) if status.core_dumped() => ExitReason::Explained(signal, KillCause::CoreDumped),
        (Some(signal), _) => ExitReason::Killed(signal),
        (None, Some(Ok(code))) => ExitReason::Exited(code),
        // waitpid(2) was not asked for stopped children, so every status is one of the two above.
        (None, _) => ExitReason::Lost,
    }
}
