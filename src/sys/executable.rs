//! Whether a path is a file that can be executed.
#![allow(unsafe_code, reason = "a new process may not allocate, as std's and nix's functions do")]

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;

use nix::libc;

/// What execve(2) would find at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file that this process may execute.
    Executable,
    /// Something that it may not execute.
    NotExecutable,
    /// Nothing.
    Missing,
}

/// What execve(2) would find at a path. Async-signal-safe.
#[must_use]
pub fn kind(path: &CStr) -> FileKind {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: a string that ends in NUL, and room for the result.
    if !retry_once(|| unsafe { libc::stat(path.as_ptr(), stat.as_mut_ptr()) }) {
        return FileKind::Missing;
    }
    // SAFETY: the call has succeeded, so the kernel has filled the structure in.
    let is_file = unsafe { stat.assume_init_ref() }.st_mode & libc::S_IFMT == libc::S_IFREG;
    // SAFETY: a string that ends in NUL.
    if is_file && retry_once(|| unsafe { libc::access(path.as_ptr(), libc::X_OK) }) {
        FileKind::Executable
    } else {
        FileKind::NotExecutable
    }
}

/// Calls a second time if the first call failed for a reason that says nothing about the file.
fn retry_once(mut call: impl FnMut() -> libc::c_int) -> bool {
    if call() == 0 {
        return true;
    }
    let errno = io::Error::last_os_error().raw_os_error();
    matches!(errno, Some(libc::EINTR | libc::EAGAIN | libc::ENOMEM)) && { call() == 0 }
}
