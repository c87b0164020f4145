//! Words as a POSIX shell quotes and splits them.

pub mod quote;
pub mod split;
