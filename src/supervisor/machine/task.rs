//! One command of the line, as the machine sees it.

use std::time::Duration;

use crate::exit::{ExitReason, StopOutcome};
use crate::plan::{Restart, TaskId, Timeout};
use crate::signal::{SignalNumber, SignalSet};
use crate::supervisor::machine::event::Tick;
use crate::supervisor::machine::readiness::{Check, Readiness};
use crate::supervisor::machine::restart::{RestartAttempt, RestartBackoff};
use crate::sys::process::Pid;

/// One command as the machine sees it.
#[derive(Clone, Debug)]
pub struct Task {
    stop_signal: Option<SignalNumber>,
    stop_timeout: Option<Timeout>,
    check: Option<Check>,
    pub(in crate::supervisor) after: Vec<TaskId>,
    pub(in crate::supervisor) state: State,
    pub(in crate::supervisor) sent: SignalSet,
    pub(in crate::supervisor) readiness: Readiness,
    comebacks: RestartBackoff,
    /// When it was started last, and as what.
    started: Option<(Tick, Pid)>,
    /// How often it was started again.
    restarts: u32,
    /// How it ended last.
    last_end: Option<ExitReason>,
    /// Whether it was told that it waits for others, since it began to.
    pub(in crate::supervisor) is_known_to_wait: bool,
    killed_at: Option<Tick>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum State {
    Waiting,
    Starting,
    Running(Pid),
    /// It has ended, or could not be started, and is started again then.
    BackingOff(Tick),
    Ended(ExitReason),
    /// It was sent SIGKILL and is still there; nobody waits for it any more.
    GivenUp(Pid),
    NotStarted,
}

impl Task {
    /// A command, with what the line says of its stop.
    #[must_use]
    pub fn new(stop_signal: Option<SignalNumber>, stop_timeout: Option<Timeout>) -> Self {
        Self {
            stop_signal,
            stop_timeout,
            check: None,
            after: Vec::new(),
            state: State::Waiting,
            sent: SignalSet::EMPTY,
            readiness: Readiness::Unknown,
            comebacks: RestartBackoff::new(Restart::No),
            started: None,
            restarts: 0,
            last_end: None,
            is_known_to_wait: false,
            killed_at: None,
        }
    }

    /// With a readiness that has to be found out.
    #[must_use]
    pub fn checked(self, check: Option<Check>) -> Self {
        Self { check, ..self }
    }

    /// Started once these are ready. They are processes, and none of them comes after this one.
    #[must_use]
    pub fn after(self, after: Vec<TaskId>) -> Self {
        Self { after, ..self }
    }

    /// Started again by this policy.
    #[must_use]
    pub fn restarting(self, policy: Restart) -> Self {
        Self { comebacks: RestartBackoff::new(policy), ..self }
    }

    pub(in crate::supervisor) fn has_check(&self) -> bool {
        self.check.is_some()
    }

    /// It runs, and nothing of its former lives counts any more.
    pub(in crate::supervisor) fn note_start(&mut self, now: Tick, pid: Pid) {
        self.state = State::Running(pid);
        if self.started.replace((now, pid)).is_some() {
            self.restarts = self.restarts.saturating_add(1);
        }
        self.sent = SignalSet::EMPTY;
        self.readiness = Readiness::at_start(self.check, now);
        self.is_known_to_wait = false;
    }

    /// It ended.
    pub(in crate::supervisor) fn note_end(&mut self, death: ExitReason) {
        self.state = State::Ended(death);
        self.last_end = Some(death);
    }

    /// When it was started last.
    pub(in crate::supervisor) fn started_at(&self) -> Option<Tick> {
        self.started.map(|(started, _)| started)
    }

    pub(in crate::supervisor) fn restarts(&self) -> u32 {
        self.restarts
    }

    pub(in crate::supervisor) fn last_end(&self) -> Option<ExitReason> {
        self.last_end
    }

    /// As what it ran last.
    pub(in crate::supervisor) fn former(&self) -> Option<Pid> {
        self.started.map(|(_, pid)| pid)
    }

    /// The restart that follows its end, if one does.
    pub(in crate::supervisor) fn again_after(&self, now: Tick, death: ExitReason) -> Option<RestartAttempt> {
        let ran = self.started.map(|(started, _)| now.since(started)).unwrap_or_default();
        self.comebacks.after(death != ExitReason::Exited(0), ran)
    }

    /// The restart that follows a start that failed. The first start has to succeed.
    pub(in crate::supervisor) fn again_after_failed_start(&self) -> Option<RestartAttempt> {
        if self.comebacks.any_in_a_row() { self.comebacks.after(true, Duration::ZERO) } else { None }
    }

    pub(in crate::supervisor) fn back_off(&mut self, now: Tick, again: RestartAttempt) {
        self.comebacks.note(again);
        self.state = State::BackingOff(now.plus(again.after));
    }

    pub(in crate::supervisor) fn is_ready(&self) -> bool {
        self.running().is_some() && self.readiness.is_ready()
    }

    /// What asks it to stop, where something else would ask with `asked`.
    pub(in crate::supervisor) fn stop_signal(&self, asked: SignalNumber) -> SignalNumber {
        self.stop_signal.unwrap_or(asked)
    }

    pub(in crate::supervisor) fn running(&self) -> Option<Pid> {
        if let State::Running(pid) = self.state { Some(pid) } else { None }
    }

    pub(in crate::supervisor) fn is_at(&self, pid: Pid) -> bool {
        self.state == State::Running(pid) || self.state == State::GivenUp(pid)
    }

    pub(in crate::supervisor) fn ending(&self) -> Option<StopOutcome> {
        match self.state {
            State::Waiting | State::Starting | State::BackingOff(_) | State::NotStarted => None,
            State::Running(_) | State::GivenUp(_) => Some(StopOutcome::Killed),
            State::Ended(ExitReason::Killed(SignalNumber::KILL)) if self.killed_at.is_some() => {
                Some(StopOutcome::Killed)
            }
            State::Ended(death) if death.is_clean_stop(|signal| self.sent.contains(signal)) => {
                Some(StopOutcome::Clean)
            }
            State::Ended(death) => Some(StopOutcome::Status(death.status())),
        }
    }

    pub(in crate::supervisor) fn bound(&self) -> Option<Timeout> {
        self.stop_timeout
    }

    pub(in crate::supervisor) fn killed_at(&self) -> Option<Tick> {
        self.killed_at
    }

    pub(in crate::supervisor) fn note_kill(&mut self, now: Tick) {
        self.killed_at.get_or_insert(now);
    }

    pub(in crate::supervisor) fn give_up(&mut self) {
        if let Some(pid) = self.running() {
            self.state = State::GivenUp(pid);
        }
    }

    pub(in crate::supervisor) fn is_given_up(&self) -> bool {
        matches!(self.state, State::GivenUp(_))
    }
}

/// The commands that are running, in the order of the line.
pub(in crate::supervisor) fn running(tasks: &[Task]) -> Vec<TaskId> {
    let is_running = |(index, task): (usize, &Task)| task.running().map(|_| TaskId(index));
    tasks.iter().enumerate().filter_map(is_running).collect()
}
