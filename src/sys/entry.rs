//! The C entry point, in place of the Rust runtime's.
//!
//! The runtime sets SIGPIPE to ignored before `main`, so a program could never tell whether it was *started*
//! with SIGPIPE ignored, which its children have to inherit (contract, 4.1). It also opens `/dev/null` on
//! closed standard descriptors, which the children have to find closed, and installs a stack for a
//! SIGSEGV handler, which costs two system calls and a page. monofy needs none of that.
#![allow(unsafe_code, reason = "an entry point of C is an unsafe attribute and a raw argument vector")]

use std::ffi::{CStr, OsString, c_char, c_int};
use std::os::unix::ffi::OsStringExt;

/// Takes the signals over, then runs. The C library calls this once, with the arguments of execve(2).
// SAFETY: the binary has no other `main`, as `no_main` says, and the signature is that of C.
#[unsafe(no_mangle)]
extern "C" fn main(count: c_int, arguments: *const *const c_char) -> c_int {
    let inherited = monofy::sys::signals::take_over();
    let arguments = (1..usize::try_from(count).unwrap_or(0)).map(|index| {
        // SAFETY: execve(2) and the C library give `count` pointers to strings that end in NUL and live as
        // long as the process; nobody else reads them by now.
        let argument = unsafe { CStr::from_ptr(*arguments.add(index)) };
        OsString::from_vec(argument.to_bytes().to_vec())
    });
    c_int::from(monofy::app::run(arguments.collect(), inherited))
}
