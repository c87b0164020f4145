//! What the user is told, as data.

use std::time::Duration;

use crate::exit::ExitReason;
use crate::output::Stream;
use crate::plan::TaskId;
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
    /// So was this one, and it was to tell that it is ready and had not.
    ExitBeforeReady(TaskId, ExitReason),
    /// This program could not be started.
    CouldNotStart(TaskId, u8),
    /// A PROGRAM was missing before any process was started.
    ProgramMissing(u8),
    /// Something outside asked for it.
    Outside(SignalNumber),
    /// Nobody reads what the processes write.
    ReaderGone(Stream),
}

/// Something that a reader of `docker logs` wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A program was started.
    Started(TaskId, Pid),
    /// One ended.
    Ended(TaskId, ExitReason),
    /// One ended and is started again.
    StartsAgain(TaskId, ExitReason, RestartAttempt),
    /// One that was to be started again could not be, and is tried again.
    TriesAgain(TaskId, RestartAttempt),
    /// One has left others behind in its group, and they were asked to stop before it is started again.
    AskedLeftBehind(TaskId),
    /// One is ready.
    Ready(TaskId),
    /// One is not started before these are ready.
    WaitsFor(TaskId, Vec<TaskId>),
    /// One has not been ready for so long, and these wait for it.
    NotReady(TaskId, Duration, Vec<TaskId>),
    /// These were asked to stop, because of that.
    Stopping(Vec<TaskId>, Cause),
    /// A signal was passed on to these.
    PassedOn(SignalNumber, Vec<TaskId>),
    /// An adopted orphan was reaped.
    Reaped(Pid, ExitReason),
    /// All processes are gone, some of their descendants are not, and were asked to stop.
    AskedDescendants,
    /// These did not stop in time and were killed.
    Killed(Vec<TaskId>, Duration),
    /// Everything was killed at once, for the second Ctrl-C.
    KilledAtOnce,
    /// These have not stopped for so long, and nothing limits the wait.
    StillThere(Vec<TaskId>, Duration),
    /// What was killed, and is still there so long afterwards.
    WouldNotDie(Duration),
    /// The run is over.
    Finished(Cause, u8),
}

impl Notice {
    /// Whether it is about descendants, so that somebody has to look who they are.
    pub(in crate::supervisor) fn is_about_descendants(&self) -> bool {
        match self {
            Self::AskedDescendants | Self::WouldNotDie(_) => true,
            Self::StillThere(processes, _) => processes.is_empty(),
            Self::Started(..)
            | Self::Ended(..)
            | Self::StartsAgain(..)
            | Self::TriesAgain(..)
            | Self::AskedLeftBehind(_)
            | Self::Ready(_)
            | Self::WaitsFor(..)
            | Self::NotReady(..)
            | Self::Stopping(..)
            | Self::PassedOn(..)
            | Self::Reaped(..)
            | Self::Killed(..)
            | Self::KilledAtOnce
            | Self::Finished(..) => false,
        }
    }
}
