//! What has to be done.

use crate::plan::TaskId;
use crate::signal::SignalNumber;
use crate::supervisor::machine::notice::Notice;
use crate::sys::process::Pid;

/// What is said upward, to whoever has started monofy and wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// Every process is ready.
    Ready,
    /// A stop has begun.
    Stopping,
}

/// Something to do, in the imperative. Carried out in the order in which they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start a program; `Spawned` or `SpawnFailed` follows. Whatever its readiness is told by is made ready before.
    Spawn(TaskId),
    /// Ask once whether a process is ready; `Checked` follows.
    Ask(TaskId),
    /// What was asked takes too long for an answer to be waited for.
    GiveUpAsking(TaskId),
    /// Nobody wants to know any more whether this process is ready.
    EndCheck(TaskId),
    /// TERM and CONT to what is left of the process group of a process that has ended and is started again.
    AskLeftBehind(TaskId, Pid),
    /// SIGKILL to what is still left of it.
    KillLeftBehind(Pid),
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
    /// Say it to who has started us.
    Announce(Announcement),
    /// Tell the user.
    Tell(Notice),
    /// End the run with this status.
    Finish(u8),
}
