//! One command of the line, as the machine sees it.

use super::event::Tick;
use crate::exit::{Death, Ending};
use crate::plan::Limit;
use crate::signal::{SignalNumber, SignalSet};
use crate::sys::process::Pid;

/// Which command of the line, in its order: the setup commands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub usize);

/// One command as the machine sees it.
#[derive(Clone, Debug)]
pub struct Task {
    stop_signal: Option<SignalNumber>,
    stop_timeout: Option<Limit>,
    pub(super) state: State,
    pub(super) sent: SignalSet,
    killed_at: Option<Tick>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Starting,
    Running(Pid),
    Ended(Death),
    /// It was sent SIGKILL and is still there; nobody waits for it any more.
    GivenUp(Pid),
    NotStarted,
}

impl Task {
    /// A command, with what the line says of its stop.
    #[must_use]
    pub fn new(stop_signal: Option<SignalNumber>, stop_timeout: Option<Limit>) -> Self {
        Self { stop_signal, stop_timeout, state: State::Waiting, sent: SignalSet::EMPTY, killed_at: None }
    }

    /// What asks it to stop, where something else would ask with `asked`.
    pub(super) fn stop_signal(&self, asked: SignalNumber) -> SignalNumber {
        self.stop_signal.unwrap_or(asked)
    }

    pub(super) fn running(&self) -> Option<Pid> {
        if let State::Running(pid) = self.state { Some(pid) } else { None }
    }

    pub(super) fn is_at(&self, pid: Pid) -> bool {
        self.state == State::Running(pid) || self.state == State::GivenUp(pid)
    }

    pub(super) fn ending(&self) -> Option<Ending> {
        match self.state {
            State::Waiting | State::Starting | State::NotStarted => None,
            State::Running(_) | State::GivenUp(_) => Some(Ending::HadToBeKilled),
            State::Ended(Death::Killed(SignalNumber::KILL)) if self.killed_at.is_some() => {
                Some(Ending::HadToBeKilled)
            }
            State::Ended(death) if death.is_as_asked(|signal| self.sent.contains(signal)) => {
                Some(Ending::AsAsked)
            }
            State::Ended(death) => Some(Ending::Otherwise(death.status())),
        }
    }

    pub(super) fn bound(&self) -> Option<Limit> {
        self.stop_timeout
    }

    pub(super) fn killed_at(&self) -> Option<Tick> {
        self.killed_at
    }

    pub(super) fn note_kill(&mut self, now: Tick) {
        self.killed_at.get_or_insert(now);
    }

    pub(super) fn give_up(&mut self) {
        if let Some(pid) = self.running() {
            self.state = State::GivenUp(pid);
        }
    }

    pub(super) fn is_given_up(&self) -> bool {
        matches!(self.state, State::GivenUp(_))
    }
}

/// The commands that are running, in the order of the line.
pub(super) fn running(tasks: &[Task]) -> Vec<TaskId> {
    let is_running = |(index, task): (usize, &Task)| task.running().map(|_| TaskId(index));
    tasks.iter().enumerate().filter_map(is_running).collect()
}
