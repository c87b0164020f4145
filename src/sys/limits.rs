//! The sizes of arguments and environments that execve(2) accepts.

use std::os::unix::ffi::OsStrExt;

use nix::libc::rlim_t;
use nix::sys::resource::{Resource, getrlimit};

use crate::sys::environment;

/// The largest argument or environment string, with its NUL: `MAX_ARG_STRLEN` is 32 pages of 4 KiB (execve(2),
/// "Limits on size of arguments and environment").
const STRING: usize = 32 * 4096;

/// The kernel's bounds of the total: a quarter of the stack's soft limit, at least the `ARG_MAX` of old kernels and at
/// most three quarters of the default stack.
const WHOLE_AT_LEAST: rlim_t = 128 * 1024;
const WHOLE_AT_MOST: rlim_t = 6 * 1024 * 1024;

/// What execve(2) accepts.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Bytes in one string, its NUL included.
    pub string: usize,
    /// Bytes in the path of the program, all arguments and the environment, with their pointers.
    pub whole: usize,
    /// Bytes of [`Capacity::whole`] that the environment of this process takes.
    pub environment: usize,
}

impl Capacity {
    /// For children of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self { string: STRING, whole: whole(), environment: environment::sizes().map(cost).sum() }
    }
}

fn whole() -> usize {
    let stack = getrlimit(Resource::RLIMIT_STACK).map_or(WHOLE_AT_MOST * 4, |(soft, _)| soft);
    usize::try_from((stack / 4).clamp(WHOLE_AT_LEAST, WHOLE_AT_MOST)).unwrap_or(usize::MAX)
}

/// The size of an environment.
#[derive(Clone, Debug, Default)]
pub struct EnvironmentSize {
    /// Bytes of [`Capacity::whole`].
    pub total: usize,
    /// The variable with the largest value, and the bytes in that.
    pub largest: Option<(String, usize)>,
}

/// The size of the variables of this process that pass a filter by name.
pub fn environment_size(is_counted: impl Fn(&str) -> bool) -> EnvironmentSize {
    let mut size = EnvironmentSize::default();
    let mut largest = None;
    for (name, value) in environment::variables() {
        if name.to_str().is_some_and(|name| !is_counted(name)) {
            continue;
        }
        size.total += cost(name.len() + 1 + value.len());
        if largest.is_none_or(|(_, most)| value.len() > most) {
            largest = Some((name, value.len()));
        }
    }
    size.largest = largest.map(|(name, most)| (name.to_string_lossy().into_owned(), most));
    size
}

/// Bytes of [`Capacity::whole`] that one string takes.
#[must_use]
pub fn cost(string: usize) -> usize {
    string + 1 + size_of::<usize>()
}

/// The most bytes that the path of a program takes, which execve(2) counts, too: with the longest directory of PATH
/// unless it has a slash.
#[must_use]
pub fn longest_path(program: &[u8]) -> usize {
    if program.contains(&b'/') {
        return program.len() + 1;
    }
    let path = environment::variable("PATH").unwrap_or_default();
    let longest = path.as_bytes().split(|byte| *byte == b':').map(<[u8]>::len).max();
    longest.unwrap_or(0) + 1 + program.len() + 1
}
