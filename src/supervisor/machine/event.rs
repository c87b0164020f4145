//! What has happened.

use std::fmt;
use std::time::Duration;

use crate::exit::ExitReason;
use crate::output::Stream;
use crate::plan::TaskId;
use crate::signal::SignalSet;
use crate::supervisor::machine::readiness::ProbeResult;
use crate::sys::process::Pid;
use crate::sys::signals::Received;

/// A moment of the monotonic clock: the time since the run began.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Tick(Duration);

impl Tick {
    /// The moment at which the run began. As a deadline: at once.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// The moment this long after the run began.
    #[must_use]
    pub const fn after(since_begin: Duration) -> Self {
        Self(since_begin)
    }

    /// The moment this much later; the end of time where there is none.
    #[must_use]
    pub fn plus(self, later: Duration) -> Self {
        Self(self.0.saturating_add(later))
    }

    /// How long from `earlier` to here, nothing where it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Debug for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Something that happened, in the past tense.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The loop woke: everything that was seen at once, or nothing but that time has passed.
    Woke(&'a Wake),
    /// A program was executed. These signals waited for us when we had just forked: a terminal that sent one of
    /// them to our group sent it before the new process was a part of it.
    Spawned(TaskId, Pid, SignalSet),
    /// A program could not be executed, for which the run would end with this status.
    SpawnFailed(TaskId, u8),
    /// A check of a process's readiness has an answer.
    Checked(TaskId, ProbeResult),
    /// Every PROGRAM of the processes was looked up; the status of the first that is missing.
    ProgramsLookedUp(Result<(), u8>),
    /// Nobody reads what the processes write to this stream of ours.
    ReaderGone(Stream),
}

/// What one wake-up of the loop saw. The order within it says nothing (signalfd(2) hands out the lowest number
/// first, and SIGCHLDs merge), so it is handled as one event.
#[derive(Clone, Debug, Default)]
pub struct Wake {
    /// Who ended, already reaped: these pids may belong to others by now.
    pub deaths: Vec<(Pid, ExitReason)>,
    /// What was received, SIGCHLD left out.
    pub signals: Vec<Received>,
    /// Whether any child is left.
    pub children: Children,
}

impl Wake {
    /// Forgets what was seen, and keeps the memory for the next.
    pub(in crate::supervisor) fn clear(&mut self) {
        self.deaths.clear();
        self.signals.clear();
        self.children = Children::NotLookedAt;
    }
}

/// What the last look at the children said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Children {
    /// There was no reason to look.
    #[default]
    NotLookedAt,
    /// There are some.
    Left,
    /// There is none, hence no descendant either.
    None,
}
