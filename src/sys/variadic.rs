//! Arguments of the variadic functions of the C library: syscall(2), prctl(2), ioctl(2) and fcntl(2).
//!
//! The C library reads each argument as a `long`. Where an `int` is passed in memory, the upper half of that `long` is
//! whatever was there before; and where both are as large, a 64-bit argument moves all that follow.

use nix::libc::{c_int, c_long};

/// Widens a number to the type that the C library reads.
pub(super) fn long(number: c_int) -> c_long {
    c_long::from(number)
}
