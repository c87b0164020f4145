//! Creates a process in one of two ways: in monofy's memory, or in a copy of it.
#![allow(unsafe_code, reason = "a process that shares its parent's memory is unsafe by nature")]

use std::ffi::{c_int, c_void};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use nix::fcntl::OFlag;
use nix::libc;
use nix::unistd;

use crate::signal::SignalSet;
use crate::sys::child::{Child, ChildError, ChildStep};
use crate::sys::descriptors;
use crate::sys::process::Pid;
use crate::sys::signals;
use crate::sys::spawn_request::NewProcess;

/// The stack of the new process, in pieces of 16 bytes, to which every ABI aligns it. It makes system calls and no deep
/// function calls; the kernel provides pages only for what it uses.
const STACK: usize = 32 * 1024 / size_of::<u128>();

/// The size of an encoded [`ChildError`].
pub(super) const ENCODED: usize = 8;

/// A pipe on which a new process reports its error. The program does not inherit it, so it closes at execve(2).
pub(super) fn error_pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = unistd::pipe2(OFlag::O_CLOEXEC)?;
    Ok((descriptors::move_above_stdio(read)?, descriptors::move_above_stdio(write)?))
}

/// What [`run`] gets.
struct Task<'a, 'b> {
    child: &'a mut Child<'b>,
    report_to: Option<RawFd>,
}

/// Starts a process that runs in our memory while we wait (vfork(2), by clone(2) with a stack of its own, as
/// `posix_spawn(3)` does it). Nothing is copied, and the new process records its error in the [`Child`].
///
/// This is safe because there is one thread, which waits; every signal that could be caught is blocked and has no
/// handler, so nothing runs there but [`Child::execute`]; dispositions, mask, directory, descriptors and identity are
/// copies all the same.
///
/// qemu-user and valgrind copy the memory instead and do not wait. The child's progress tells, and the error
/// arrives only on the pipe.
///
/// # Errors
/// If no process can be created.
pub(super) fn vfork_exec(child: &mut Child<'_>, report_to: Option<&OwnedFd>) -> io::Result<NewProcess> {
    let mut stack = Box::<[u128]>::new_uninit_slice(STACK);
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    let mut task = Task { child, report_to: report_to.map(AsRawFd::as_raw_fd) };
    // SAFETY: the stack grows down from its end; it and the task outlive the call, which returns when the new process no longer uses the memory.
    let pid = unsafe {
        let end = stack.as_mut_ptr().add(STACK).cast::<c_void>();
        libc::clone(run, end, flags, (&raw mut task).cast::<c_void>())
    };
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(NewProcess { pid: Pid::new(pid), missed: SignalSet::default() })
}

/// The beginning of the new process, and its end if it does not execute the program.
extern "C" fn run(task: *mut c_void) -> c_int {
    // SAFETY: what clone(2) was given above; the parent does not use it meanwhile.
    let task = unsafe { &mut *task.cast::<Task<'_, '_>>() };
    task.child.execute();
    report(task.child.error(), task.report_to)
}

/// Starts a process in a copy of our memory (fork(2)). This lets us look which signals are pending before it goes on,
/// and lets us go on before it has executed the program.
///
/// # Errors
/// If there is no process or no memory available.
pub(super) fn fork_exec(child: &mut Child<'_>, report_to: &OwnedFd) -> io::Result<NewProcess> {
    // SAFETY: there is one thread, so the copy holds no lock of another; it executes or ends in `report`.
    let pid = unsafe { libc::fork() };
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    if pid == 0 {
        child.execute();
        report(child.error(), Some(report_to.as_raw_fd()));
    }
    Ok(NewProcess { pid: Pid::new(pid), missed: signals::pending() })
}

/// Async-signal-safe.
fn report(error: Option<ChildError>, pipe: Option<RawFd>) -> ! {
    if let (Some(error), Some(pipe)) = (error, pipe) {
        let bytes = encode(error);
        // SAFETY: as many bytes as are passed. If they cannot be written, the exit status tells that a step failed.
        unsafe { libc::write(pipe, bytes.as_ptr().cast(), bytes.len()) };
    }
    // SAFETY: it runs nothing of ours.
    unsafe { libc::_exit(1) }
}

fn encode(error: ChildError) -> [u8; ENCODED] {
    // Both are far below 2^32.
    (i64::from(error.step as i32) << 32 | i64::from(error.errno)).to_ne_bytes()
}

pub(super) fn decode(bytes: [u8; ENCODED]) -> ChildError {
    let both = i64::from_ne_bytes(bytes);
    let step = ChildStep::ALL.into_iter().find(|step| i64::from(*step as i32) == both >> 32);
    let errno = i32::try_from(both & 0xffff_ffff).unwrap_or(libc::EINVAL);
    ChildError { step: step.unwrap_or(ChildStep::Execution), errno }
}

/// Runs a function in a copy of this process. It writes its result to the pipe.
///
/// # Errors
/// If there is no process or no memory available.
pub(super) fn fork_call(call: impl FnOnce() -> Vec<u8>, result: &OwnedFd) -> io::Result<Pid> {
    fork_status(|| {
        let bytes = call();
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            match unistd::write(result, rest) {
                Ok(count) => rest = &rest[count..],
                Err(nix::Error::EINTR) => {}
                Err(_) => return 1,
            }
        }
        0
    })
}

/// Runs a function in a copy of this process, which exits with its result.
///
/// # Errors
/// If there is no process or no memory available.
pub(super) fn fork_status(call: impl FnOnce() -> u8) -> io::Result<Pid> {
    // SAFETY: there is one thread, so the copy holds no lock of another; it ends below.
    let pid = unsafe { libc::fork() };
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    if pid == 0 {
        signals::die_with_parent();
        let status = call();
        // SAFETY: it runs nothing of ours.
        unsafe { libc::_exit(status.into()) }
    }
    Ok(Pid::new(pid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_error_survives_encoding() {
        for step in ChildStep::ALL {
            let error = ChildError { step, errno: libc::ENOENT };
            assert_eq!(decode(encode(error)), error);
        }
    }
}
