//! The C entry point, in place of the Rust runtime's.
//!
//! The runtime ignores SIGPIPE before `main`, so that a program could not find out whether it inherited SIGPIPE
//! ignored, as its children have to (contract, 4.1). It also opens `/dev/null` on closed standard descriptors, which
//! the children have to find closed, and allocates a stack for a SIGSEGV handler, which costs two system calls and a
//! page.
#![allow(unsafe_code, reason = "a C entry point needs an unsafe attribute and has a raw argument vector")]

use std::ffi::{CStr, OsString, c_char, c_int};
use std::os::unix::ffi::OsStringExt;

/// Takes over the signals, then runs monofy. The C library calls this once, with the arguments of execve(2).
// SAFETY: the binary has no other `main`, as `no_main` says, and the signature is that of C.
#[unsafe(no_mangle)]
extern "C" fn main(count: c_int, arguments: *const *const c_char) -> c_int {
    let inherited = monofy::sys::signals::take_over();
    let arguments = (1..usize::try_from(count).unwrap_or(0)).map(|index| {
        // SAFETY: execve(2) and the C library pass `count` pointers to strings that end in NUL and live as long
        // as the process, and nothing else accesses them now.
        let argument = unsafe { CStr::from_ptr(*arguments.add(index)) };
        OsString::from_vec(argument.to_bytes().to_vec())
    });
    c_int::from(monofy::app::run(arguments.collect(), inherited))
}
