//! What has to be done.

use super::notice::Notice;
use super::task::TaskId;
use crate::signal::SignalNumber;
use crate::sys::process::Pid;

/// Something to do, in the imperative. Carried out in the order in which they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start a program; `Spawned` or `SpawnFailed` follows.
    Spawn(TaskId),
    /// Look every PROGRAM of the processes up; `ProgramsLookedUp` follows.
    LookUpPrograms,
    /// Send a signal to a child that has not been reaped.
    Send(Pid, SignalNumber),
    /// SIGKILL to a child that has not been reaped, and to all that is below it.
    KillTree(Pid),
    /// TERM and CONT to every descendant that was not asked before.
    AskDescendants,
    /// SIGKILL to every descendant but these and what is below them.
    KillDescendants {
        /// Processes whose own bound is not over yet.
        sparing: Vec<Pid>,
    },
    /// Stop monofy itself, as a terminal would have done.
    StopSelf(SignalNumber),
    /// Tell the user.
    Tell(Notice),
    /// End the run with this status.
    Finish(u8),
}
