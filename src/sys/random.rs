//! Random bytes that nobody can guess (getrandom(2)).
#![allow(unsafe_code, reason = "neither std nor nix without another feature offers getrandom(2)")]

use std::fs::File;
use std::io::{self, Read};

use nix::libc;

/// Fills in random bytes, at most 256: so few come at once.
///
/// # Errors
/// Where the kernel has neither the system call nor the device.
pub fn fill(bytes: &mut [u8]) -> io::Result<()> {
    // SAFETY: the kernel fills in no more bytes than are said.
    let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    if usize::try_from(got).is_ok_and(|got| got == bytes.len()) {
        return Ok(());
    }
    // Before Linux 3.17, or in a sandbox.
    File::open("/dev/urandom")?.read_exact(bytes)
}
