//! Byte search by the C library.
#![allow(unsafe_code, reason = "memchr(3) has no safe wrapper")]

use nix::libc;

/// The index of the first occurrence of a byte, by memchr(3). The C library has selected its fastest implementation
/// before `main`; a crate would first query the processor's features, which is slow in a virtual machine.
#[must_use]
pub fn find(byte: u8, bytes: &[u8]) -> Option<usize> {
    // SAFETY: the call reads at most `bytes.len()` bytes of `bytes`.
    let found = unsafe { libc::memchr(bytes.as_ptr().cast(), byte.into(), bytes.len()) };
    (!found.is_null()).then(|| found.addr() - bytes.as_ptr().addr())
}
