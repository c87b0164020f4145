//! Events: what has happened.

use crate::exit::ExitReason;
use crate::output::Stream;
use crate::plan::{CheckId, TaskId};
use crate::signal::SignalSet;
use crate::supervisor::machine::readiness::ProbeResult;
use crate::sys::process::Pid;
use crate::sys::signals::Received;

/// Something that has happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The loop woke up: everything that was seen at once, or nothing, if only time has passed.
    Woke(&'a Wake),
    /// A program was executed. These signals were pending for monofy just after the fork: if the terminal sent one of
    /// them to the process group, it did so before the new process was a member.
    Spawned(TaskId, Pid, SignalSet),
    /// A program could not be executed; the run would end with this status.
    SpawnFailed(TaskId, u8),
    /// The path of `--creates` was looked for.
    CreatesChecked(TaskId, CreatesPath),
    /// A probe has a result.
    Probed(CheckId, ProbeResult),
    /// The processes that a restarting process left behind were looked for.
    LeftoversSeen(TaskId, Leftovers),
    /// The PROGRAM of every process was looked up; the status of the first that is missing.
    ProgramsLookedUp(Result<(), u8>),
    /// The reader of this stream of monofy has closed it.
    ReaderGone(Stream),
}

/// Whether the path of `--creates` exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreatesPath {
    /// It exists, so the command is skipped.
    Exists,
    /// It does not exist, or could not be looked for.
    Missing,
}

/// Whether anything is left of what a process left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftovers {
    /// Something is still there.
    Remain,
    /// Nothing is there.
    None,
}

/// What one wake-up of the loop saw. Its order has no meaning (signalfd(2) returns the lowest number first, and
/// SIGCHLDs merge), so it is handled as one event.
#[derive(Clone, Debug, Default)]
pub struct Wake {
    /// Children that ended and were reaped: their pids may belong to other processes by now.
    pub deaths: Vec<(Pid, ExitReason)>,
    /// The signals received, without SIGCHLD.
    pub signals: Vec<Received>,
    /// The processes that have left monofy's process group; looked for when a signal of the terminal has come.
    pub outside_group: Vec<Pid>,
    /// Whether any child is left.
    pub children: Children,
}

impl Wake {
    /// Clears it and keeps its memory for the next wake-up.
    pub(in crate::supervisor) fn clear(&mut self) {
        self.deaths.clear();
        self.signals.clear();
        self.outside_group.clear();
        self.children = Children::NotLookedAt;
    }
}

/// Whether any child is left, as the last waitpid(2) said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Children {
    /// There was no reason to look.
    #[default]
    NotLookedAt,
    /// There are some.
    Left,
    /// There are none, hence no descendants either.
    None,
}
