//! Actions: what the machine asks the event loop to do.

use crate::plan::{CheckId, TaskId};
use crate::signal::SignalNumber;
use crate::supervisor::machine::notice::Notice;
use crate::supervisor::machine::start_limit::Unready;
use crate::sys::process::Pid;

/// A message to the service manager that started monofy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// Every process is ready.
    Ready,
    /// A stop has begun.
    Stopping,
}

/// An order to the event loop. Actions are executed in the order in which they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start a program and set up its readiness probe; `Spawned` or `SpawnFailed` follows.
    Spawn(TaskId),
    /// Look for the path of `--creates`; `CreatesChecked` follows.
    CheckCreates(TaskId),
    /// Ask a check once; `Probed` follows.
    Probe(CheckId),
    /// Abandon a probe that has not answered in time.
    AbandonProbe(CheckId),
    /// End the probe of a check.
    EndProbe(CheckId),
    /// Look for what a process that is to be restarted left behind, and send TERM and CONT to what has not had them;
    /// `LeftoversSeen` follows. The pid is that of the process, which has been reaped.
    TerminateLeftovers(TaskId, Pid),
    /// Send SIGKILL to what a process left behind.
    KillLeftovers(TaskId, Pid),
    /// Look up the PROGRAM of every process; `ProgramsLookedUp` follows.
    LookUpPrograms,
    /// Send a signal to a child that has not been reaped.
    Send(Pid, SignalNumber),
    /// Send SIGKILL to a child that has not been reaped, and to all its descendants.
    KillTree(Pid),
    /// Send TERM and CONT to every descendant that has not had them.
    TerminateDescendants,
    /// Send SIGKILL to every descendant except these processes and their descendants.
    KillDescendants {
        /// Processes whose own deadline has not passed.
        sparing: Vec<Pid>,
    },
    /// Stop monofy itself, as the terminal would have done.
    StopSelf(SignalNumber),
    /// Notify the service manager.
    Announce(Announcement),
    /// Note what is not ready when the start has taken too long: the last notice names it.
    RecordUnready(Vec<Unready>),
    /// Report something to the user.
    Report(Notice),
    /// End the run with this status.
    Finish(u8),
}
