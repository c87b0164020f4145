//! A new process, in two ways: with our memory, and with a copy of it.
#![allow(unsafe_code, reason = "what shares its parent's memory is unsafe by nature")]

use std::ffi::{c_int, c_void};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;

use nix::libc;

use crate::signal::SignalSet;
use crate::sys::child::{Child, Fault, Step};
use crate::sys::descriptors;
use crate::sys::process::Pid;
use crate::sys::signals;
use crate::sys::spawn::Started;

/// The stack of the new process, in pieces of 16 bytes, to which every ABI aligns it. It makes system calls and calls
/// nothing deep; of what it does not use, there is no page.
const STACK: usize = 32 * 1024 / size_of::<u128>();

/// Starts a process that runs in our memory while we wait (vfork(2), by way of clone(2) with a stack of its own, as
/// `posix_spawn(3)` does it). Nothing is copied, and there is no pipe to hear by: the new process writes down what
/// failed, and is gone or another program when this returns.
///
/// What makes that safe: there is one thread, which waits; every signal that could be caught is blocked and has no
/// handler, so nothing of ours runs there but [`Child::execute`]; dispositions, mask, directory, descriptors and
/// identity are copies all the same.
///
/// # Errors
/// When there is no process to be had.
pub(super) fn vfork_exec(child: &mut Child<'_>) -> io::Result<(Started, Option<Fault>)> {
    let mut stack = Box::<[u128]>::new_uninit_slice(STACK);
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: the stack grows down from its end; it and the child outlive the call, since that returns when the new process has let go of the memory.
    let pid = unsafe {
        let end = stack.as_mut_ptr().add(STACK).cast::<c_void>();
        libc::clone(run, end, flags, (&raw mut *child).cast::<c_void>())
    };
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((Started { pid: Pid::new(pid), missed: SignalSet::default() }, child.fault()))
}

/// Where the new process begins, and ends if it does not become a program.
extern "C" fn run(child: *mut c_void) -> c_int {
    // SAFETY: what was given to clone(2) above, and nobody else looks at it meanwhile.
    let child = unsafe { &mut *child.cast::<Child<'_>>() };
    child.execute();
    // SAFETY: it runs nothing of ours.
    unsafe { libc::_exit(1) }
}

/// Starts a process with a copy of our memory (fork(2)), so that we can look which signals wait for us before it
/// goes on: who shares its memory with us would keep us from it until it is a program.
///
/// # Errors
/// When there is no process, no descriptor or no memory to be had.
pub(super) fn fork_exec(child: &mut Child<'_>) -> io::Result<(Started, Option<Fault>)> {
    let (reader, writer) = io::pipe()?;
    let above = |end: OwnedFd| descriptors::move_above_stdio(end);
    let (mut reader, writer) =
        (io::PipeReader::from(above(reader.into())?), io::PipeWriter::from(above(writer.into())?));
    // SAFETY: there is one thread, so the copy holds no lock of another; it executes or ends in `report`.
    let pid = unsafe { libc::fork() };
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    if pid == 0 {
        child.execute();
        report(child.fault(), writer);
    }
    let missed = signals::pending();
    drop(writer);
    let mut number = [0; 8];
    // The pipe closes when the program is executed.
    let fault = reader.read_exact(&mut number).is_ok().then(|| decode(number));
    Ok((Started { pid: Pid::new(pid), missed }, fault))
}

/// Async-signal-safe.
fn report(fault: Option<Fault>, mut pipe: io::PipeWriter) -> ! {
    if let Some(fault) = fault {
        // When it cannot be written, the status has to say that something failed.
        let _ = pipe.write_all(&encode(fault));
    }
    // SAFETY: it runs nothing of ours.
    unsafe { libc::_exit(1) }
}

fn encode(fault: Fault) -> [u8; 8] {
    // Both are far below 2^32.
    (i64::from(fault.step as i32) << 32 | i64::from(fault.number)).to_ne_bytes()
}

fn decode(bytes: [u8; 8]) -> Fault {
    let both = i64::from_ne_bytes(bytes);
    let step = Step::ALL.into_iter().find(|step| i64::from(*step as i32) == both >> 32);
    let number = i32::try_from(both & 0xffff_ffff).unwrap_or(libc::EINVAL);
    Fault { step: step.unwrap_or(Step::Execution), number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_comes_out_of_the_pipe_as_it_went_in() {
        for step in Step::ALL {
            let fault = Fault { step, number: libc::ENOENT };
            assert_eq!(decode(encode(fault)), fault);
        }
    }
}
