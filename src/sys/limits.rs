//! How much execve(2) takes.

use nix::sys::resource::{Resource, getrlimit};

/// The most bytes in one argument or environment string, its closing NUL included: 32 pages of 4 KiB
/// (`MAX_ARG_STRLEN`; execve(2), "Limits on size of arguments and environment").
const STRING: usize = 32 * 4096;

/// The kernel's bounds of the whole: a quarter of the stack's soft limit, at least `ARG_MAX` of old and at most
/// three quarters of the default stack.
const WHOLE_AT_LEAST: u64 = 128 * 1024;
const WHOLE_AT_MOST: u64 = 6 * 1024 * 1024;

/// How much execve(2) takes.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Bytes in one string, its closing NUL included.
    pub string: usize,
    /// Bytes in all arguments and the environment, their pointers included.
    pub whole: usize,
    /// Bytes of [`Capacity::whole`] that the environment of this process takes.
    pub environment: usize,
}

impl Capacity {
    /// For children of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        let variables = std::env::vars_os().map(|(name, value)| cost(name.len() + 1 + value.len()));
        Self { string: STRING, whole: whole(), environment: variables.sum() }
    }
}

fn whole() -> usize {
    let stack = getrlimit(Resource::RLIMIT_STACK).map_or(WHOLE_AT_MOST * 4, |(soft, _)| soft);
    usize::try_from((stack / 4).clamp(WHOLE_AT_LEAST, WHOLE_AT_MOST)).unwrap_or(usize::MAX)
}

/// Bytes that one string takes of [`Capacity::whole`].
#[must_use]
pub fn cost(string: usize) -> usize {
    string + 1 + size_of::<usize>()
}
