//! Each system call of a supervising monofy fails once: strace injects the error. The run ends in time, with an
//! explicable status, and leaves no process behind.
//!
//! A first run lists the calls. By default a part of the possible faults is tried, spread over all of them;
//! `MONOFY_FAULTS=all` tries all, and `MONOFY_FAULTS_FROM=N` another part.

mod support;

#[path = "faults/call.rs"]
mod call;
#[path = "faults/injection.rs"]
mod injection;
#[path = "support/leftovers.rs"]
mod leftovers;
#[path = "faults/lines.rs"]
mod lines;
