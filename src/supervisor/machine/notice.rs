//! Notices to the user, as data.

use std::time::Duration;

use crate::exit::ExitReason;
use crate::output::Stream;
use crate::plan::{CheckId, TaskId};
use crate::signal::SignalNumber;
use crate::supervisor::machine::restart::RestartAttempt;
use crate::sys::process::Pid;

/// Why a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A setup command failed.
    SetupFailed(TaskId, ExitReason),
    /// This process was the first to exit.
    FirstExit(TaskId, ExitReason),
    /// This process was the first to exit, and it had a readiness check and was not ready.
    ExitBeforeReady(TaskId, ExitReason),
    /// This program could not be started.
    CouldNotStart(TaskId, u8),
    /// A PROGRAM was missing before any process was started.
    ProgramMissing(u8),
    /// No process is left to run: all were `--once` and succeeded, or were skipped.
    Complete,
    /// Something outside asked for the stop.
    Outside(SignalNumber),
    /// `--start-timeout` has passed, and not every process was ready.
    StartTimeout,
    /// The reader of the processes' output has gone.
    ReaderGone(Stream),
}

/// Something to report to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A program was started.
    Started(TaskId, Pid),
    /// A command was skipped because the path of its `--creates` exists.
    Skipped(TaskId),
    /// A command ended.
    Ended(TaskId, ExitReason),
    /// A command ended by a signal that monofy had sent it.
    EndedBySignal(TaskId, SignalNumber),
    /// A command ended and will be restarted.
    Restarting(TaskId, ExitReason, RestartAttempt),
    /// A restart failed and will be tried again.
    RestartFailed(TaskId, RestartAttempt),
    /// A process that will be restarted left others behind, which were told to stop.
    StoppingLeftovers(TaskId),
    /// They did not stop in time and were killed.
    KilledLeftovers(TaskId, Duration),
    /// A process is ready.
    Ready(TaskId),
    /// A process is not started before these are ready.
    WaitsFor(TaskId, Vec<TaskId>),
    /// A command is not started before these of its `--wait` checks succeed.
    WaitsForChecks(TaskId, Vec<usize>),
    /// A `--wait` check has not succeeded for this long.
    StillWaiting(CheckId, Duration),
    /// A process has not been ready for this long, and these wait for it.
    NotReady(TaskId, Duration, Vec<TaskId>),
    /// A stop has begun for this reason, and these were told to stop.
    Stopping(Vec<TaskId>, Cause),
    /// These were told to stop now that nothing that was started after them keeps them.
    StoppingNext(Vec<TaskId>),
    /// A process is not told to stop before these have ended, or have had their share of the time.
    StopWaitsFor(TaskId, Vec<TaskId>),
    /// A signal was passed on to these.
    PassedOn(SignalNumber, Vec<TaskId>),
    /// An adopted orphan was reaped.
    Reaped(Pid, ExitReason),
    /// All processes are gone; descendants were left and were told to stop.
    StoppingDescendants,
    /// These did not stop in time and were killed.
    Killed(Vec<TaskId>, Duration),
    /// Everything was killed after a second Ctrl-C.
    Interrupted,
    /// These have not stopped for this long, and there is no limit.
    StillRunning(Vec<TaskId>, Duration),
    /// What was killed is still there after this long.
    Unkillable(Duration),
    /// The run is over.
    Finished(Cause, u8),
}

impl Notice {
    /// Whether its text lists descendants, which have to be looked up.
    pub(in crate::supervisor) fn lists_descendants(&self) -> bool {
        match self {
            Self::StoppingDescendants | Self::Unkillable(_) => true,
            Self::StillRunning(processes, _) => processes.is_empty(),
            Self::Started(..)
            | Self::Skipped(_)
            | Self::Ended(..)
            | Self::EndedBySignal(..)
            | Self::Restarting(..)
            | Self::RestartFailed(..)
            | Self::StoppingLeftovers(_)
            | Self::KilledLeftovers(..)
            | Self::Ready(_)
            | Self::WaitsFor(..)
            | Self::WaitsForChecks(..)
            | Self::StillWaiting(..)
            | Self::NotReady(..)
            | Self::Stopping(..)
            | Self::StoppingNext(_)
            | Self::StopWaitsFor(..)
            | Self::PassedOn(..)
            | Self::Reaped(..)
            | Self::Killed(..)
            | Self::Interrupted
            | Self::Finished(..) => false,
        }
    }
}
