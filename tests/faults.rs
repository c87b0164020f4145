//! Each system call of a monofy that supervises fails once (by strace, which injects the error): the run ends in time,
//! with a status that can be explained, and leaves nothing behind.
//!
//! A first run lists the calls. Of what could fail a part is tried, spread over all; `MONOFY_FAULTS=all` tries
//! everything, and `MONOFY_FAULTS_FROM=N` another part.

mod support;

#[path = "faults/call.rs"]
mod call;
#[path = "faults/injection.rs"]
mod injection;
#[path = "support/leftovers.rs"]
mod leftovers;
#[path = "faults/lines.rs"]
mod lines;
