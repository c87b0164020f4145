//! Whether a terminal controls the run.

use crate::sys::descriptors::is_terminal;

/// Whether stdin is a terminal: then the processes stay in our process group (contract, 4.3).
#[must_use]
pub fn stdin_is_terminal() -> bool {
    is_terminal(&std::io::stdin())
}

/// Whether whoever reads has refused colours (no-color.org).
#[must_use]
pub fn refuses_colours() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
