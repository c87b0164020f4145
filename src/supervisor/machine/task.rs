//! One command of the line, as the machine sees it.

use std::time::Duration;

use crate::exit::{ExitReason, StopOutcome};
use crate::plan::{Restart, TaskId, Timeout};
use crate::signal::{SignalNumber, SignalSet};
use crate::supervisor::machine::readiness::{ProbeInterval, Readiness, ReadinessCheck};
use crate::supervisor::machine::restart::{LeftoverWait, Outcome, RestartAttempt, RestartBackoff};
use crate::supervisor::machine::tick::Tick;
use crate::supervisor::machine::waits::Waits;
use crate::sys::process::Pid;

/// One command of the line.
#[derive(Clone, Debug)]
pub struct Task {
    stop_signal: Option<SignalNumber>,
    stop_timeout: Option<Timeout>,
    check: Option<ReadinessCheck>,
    lifetime: Lifetime,
    /// Whether `--creates` still has to be looked at.
    creates: bool,
    /// The signals it gets instead of others; none in place of a signal that it does not get.
    rewrites: Vec<(SignalNumber, Option<SignalNumber>)>,
    pub(in crate::supervisor) after: Vec<TaskId>,
    pub(in crate::supervisor) state: TaskState,
    /// The signals that it was sent.
    pub(in crate::supervisor) sent: SignalSet,
    /// The signal that asked for the stop from outside. Its sender may have sent it to all processes, so a death by it
    /// is clean. A status of 128 + n is not: that reports a signal which the process was sent as its own.
    outside_signal: Option<SignalNumber>,
    pub(in crate::supervisor) readiness: Readiness,
    pub(in crate::supervisor) waits: Waits,
    backoff: RestartBackoff,
    pub(in crate::supervisor) leftovers: Option<LeftoverWait>,
    /// When it was started last, and its pid.
    started: Option<(Tick, Pid)>,
    restarts: u32,
    last_exit: Option<ExitReason>,
    /// Whether it was reported that it waits for others.
    pub(in crate::supervisor) has_reported_wait: bool,
    /// The part that it has in a stop.
    pub(in crate::supervisor) turn: Turn,
    killed_at: Option<Tick>,
}

/// Whether a process is meant to run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lifetime {
    /// Its end is the end of the run.
    Service,
    /// It does its work and ends; its success ends nothing.
    Once,
}

/// The state of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum TaskState {
    Waiting,
    /// Its turn has come, and its `--wait` checks are asked.
    Checking,
    Starting,
    Running(Pid),
    /// It ended, or could not be restarted, and is restarted then.
    BackingOff(Tick),
    Ended(ExitReason),
    /// It was sent SIGKILL and is still there; the run no longer waits for it.
    GivenUp(Pid),
    /// It will not be started.
    NotStarted,
    /// The path of its `--creates` exists.
    Skipped,
}

/// When a running process is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Turn {
    /// Not before others have been told.
    Unknown,
    /// Then, unless those it waits for end earlier.
    At(Tick),
    /// It was told `at` this time; what it keeps from being told waits until `yields` at most.
    Notified { at: Tick, yields: Tick },
}

impl Task {
    /// A command with its own stop signal and stop timeout.
    #[must_use]
    pub fn new(stop_signal: Option<SignalNumber>, stop_timeout: Option<Timeout>) -> Self {
        Self {
            stop_signal,
            stop_timeout,
            check: None,
            lifetime: Lifetime::Service,
            creates: false,
            rewrites: Vec::new(),
            after: Vec::new(),
            state: TaskState::Waiting,
            sent: SignalSet::EMPTY,
            outside_signal: None,
            readiness: Readiness::Unknown,
            waits: Waits::default(),
            backoff: RestartBackoff::new(Restart::No),
            leftovers: None,
            started: None,
            restarts: 0,
            last_exit: None,
            has_reported_wait: false,
            turn: Turn::Unknown,
            killed_at: None,
        }
    }

    /// Sets its readiness check.
    #[must_use]
    pub fn checked(self, check: Option<ReadinessCheck>) -> Self {
        Self { check, ..self }
    }

    /// Starts it once its `--wait` checks have succeeded, each of which is asked at this interval.
    #[must_use]
    pub fn waiting(self, intervals: Vec<ProbeInterval>) -> Self {
        Self { waits: Waits::new(intervals), ..self }
    }

    /// Starts it once these processes are ready. None of them comes after this one.
    #[must_use]
    pub fn after(self, after: Vec<TaskId>) -> Self {
        Self { after, ..self }
    }

    /// Sets its restart policy.
    #[must_use]
    pub fn restarting(self, policy: Restart) -> Self {
        Self { backoff: RestartBackoff::new(policy), ..self }
    }

    /// Makes it a process whose success ends nothing.
    #[must_use]
    pub fn once(self) -> Self {
        Self { lifetime: Lifetime::Once, ..self }
    }

    /// Has it skipped if its `--creates` path exists when its turn to start comes.
    #[must_use]
    pub fn creating(self) -> Self {
        Self { creates: true, ..self }
    }

    /// Sets the signals that it gets instead of others.
    #[must_use]
    pub fn rewriting(self, rewrites: Vec<(SignalNumber, Option<SignalNumber>)>) -> Self {
        Self { rewrites, ..self }
    }

    pub(in crate::supervisor) fn has_check(&self) -> bool {
        self.check.is_some()
    }

    /// Whether its `--creates` has to be looked at before it is started; once.
    pub(in crate::supervisor) fn take_creates(&mut self) -> bool {
        std::mem::take(&mut self.creates)
    }

    /// It runs, and nothing of its earlier runs counts any more.
    pub(in crate::supervisor) fn record_start(&mut self, now: Tick, pid: Pid) {
        self.state = TaskState::Running(pid);
        if self.started.replace((now, pid)).is_some() {
            self.restarts = self.restarts.saturating_add(1);
        }
        self.sent = SignalSet::EMPTY;
        self.readiness = Readiness::at_start(self.check, now);
        self.has_reported_wait = false;
    }

    pub(in crate::supervisor) fn record_exit(&mut self, death: ExitReason) {
        self.state = TaskState::Ended(death);
        self.last_exit = Some(death);
    }

    /// When it was started last.
    pub(in crate::supervisor) fn started_at(&self) -> Option<Tick> {
        self.started.map(|(started, _)| started)
    }

    pub(in crate::supervisor) fn restarts(&self) -> u32 {
        self.restarts
    }

    pub(in crate::supervisor) fn last_exit(&self) -> Option<ExitReason> {
        self.last_exit
    }

    /// The pid that it had when it ran last.
    pub(in crate::supervisor) fn last_pid(&self) -> Option<Pid> {
        self.started.map(|(_, pid)| pid)
    }

    /// The restart after this end, if there is one.
    pub(in crate::supervisor) fn restart_after(
        &self,
        now: Tick,
        death: ExitReason,
    ) -> Option<RestartAttempt> {
        let ran = self.started.map(|(started, _)| now.since(started)).unwrap_or_default();
        let outcome = if death == ExitReason::Exited(0) { Outcome::Success } else { Outcome::Failure };
        self.backoff.next(outcome, ran)
    }

    /// The restart after a failed start, if there is one. The first start has to succeed.
    pub(in crate::supervisor) fn restart_after_failed_start(&self) -> Option<RestartAttempt> {
        if self.backoff.is_restarting() { self.backoff.next(Outcome::Failure, Duration::ZERO) } else { None }
    }

    pub(in crate::supervisor) fn back_off(&mut self, now: Tick, attempt: RestartAttempt) {
        self.backoff.record(attempt);
        self.state = TaskState::BackingOff(now.plus(attempt.after));
    }

    /// Records the signal that asks for the stop from outside. A process without a stop signal of its own is sent it,
    /// at its turn or by whoever sent it to monofy.
    pub(in crate::supervisor) fn note_outside_signal(&mut self, signal: SignalNumber) {
        self.outside_signal = Some(signal);
        if self.stop_signal(Some(signal)) == signal {
            self.sent.insert(signal);
        }
    }

    /// Whether processes that come after it may start.
    pub(in crate::supervisor) fn is_ready(&self) -> bool {
        match (self.state, self.lifetime) {
            (TaskState::Skipped, _) => true,
            (TaskState::Running(_), Lifetime::Service) => self.readiness.is_ready(),
            (state, Lifetime::Once) => state == TaskState::Ended(ExitReason::Exited(0)),
            (
                TaskState::Waiting
                | TaskState::Checking
                | TaskState::Starting
                | TaskState::BackingOff(_)
                | TaskState::Ended(_)
                | TaskState::GivenUp(_)
                | TaskState::NotStarted,
                Lifetime::Service,
            ) => false,
        }
    }

    /// Whether the run can end well without anything more of it: it was skipped, or did its work once.
    pub(in crate::supervisor) fn is_complete(&self) -> bool {
        self.running().is_none() && self.is_ready()
    }

    /// The signal that it gets when monofy receives this one, if any.
    pub(in crate::supervisor) fn rewrite(&self, received: SignalNumber) -> Option<SignalNumber> {
        let rewrite = self.rewrites.iter().find(|(from, _)| *from == received);
        rewrite.map_or(Some(received), |(_, to)| *to)
    }

    /// Whether it gets a signal that asks for a stop in place of this one.
    pub(in crate::supervisor) fn rewrites_to_stop(&self, received: SignalNumber) -> bool {
        let to = self.rewrites.iter().find(|(from, _)| *from == received).and_then(|(_, to)| *to);
        to.is_some_and(|to| to.asks_for_stop() || Some(to) == self.stop_signal)
    }

    /// The signal that tells it to stop: its own, or what it gets in place of the one received, or TERM.
    pub(in crate::supervisor) fn stop_signal(&self, received: Option<SignalNumber>) -> SignalNumber {
        let is_rewritten = |signal| self.rewrites.iter().any(|(from, _)| *from == signal);
        // A signal that begins a stop only because another process has it rewritten is no request to this one.
        let received = received.filter(|signal| signal.asks_for_stop() || is_rewritten(*signal));
        let asked = received.and_then(|received| self.rewrite(received));
        self.stop_signal.or(asked).unwrap_or(SignalNumber::TERM)
    }

    pub(in crate::supervisor) fn running(&self) -> Option<Pid> {
        if let TaskState::Running(pid) = self.state { Some(pid) } else { None }
    }

    pub(in crate::supervisor) fn is_starting(&self) -> bool {
        self.state == TaskState::Starting
    }

    pub(in crate::supervisor) fn is_at(&self, pid: Pid) -> bool {
        self.state == TaskState::Running(pid) || self.state == TaskState::GivenUp(pid)
    }

    pub(in crate::supervisor) fn stop_outcome(&self) -> Option<StopOutcome> {
        match self.state {
            TaskState::Waiting
            | TaskState::Checking
            | TaskState::Starting
            | TaskState::BackingOff(_)
            | TaskState::NotStarted
            | TaskState::Skipped => None,
            TaskState::Running(_) | TaskState::GivenUp(_) => Some(StopOutcome::Killed),
            TaskState::Ended(ExitReason::Killed(SignalNumber::KILL)) if self.killed_at.is_some() => {
                Some(StopOutcome::Killed)
            }
            TaskState::Ended(death) if death.is_clean_stop(|signal| self.sent.contains(signal)) => {
                Some(StopOutcome::Clean)
            }
            TaskState::Ended(death) if death.signal().is_some() && death.signal() == self.outside_signal => {
                Some(StopOutcome::Clean)
            }
            TaskState::Ended(death) => Some(StopOutcome::Status(death.status())),
        }
    }

    /// The time that it has for a stop instead of `--grace`.
    pub(in crate::supervisor) fn stop_timeout(&self) -> Option<Timeout> {
        self.stop_timeout
    }

    /// When its own stop timeout is over, counted from when it was told to stop.
    pub(in crate::supervisor) fn own_deadline(&self) -> Option<Tick> {
        match (self.turn, self.stop_timeout?) {
            (Turn::Notified { at, .. }, Timeout::After(limit)) => Some(at.plus(limit)),
            (Turn::Notified { .. } | Turn::At(_) | Turn::Unknown, Timeout::After(_) | Timeout::Never) => None,
        }
    }

    /// Whether it runs and has not been told to stop.
    pub(in crate::supervisor) fn waits_for_its_turn(&self) -> bool {
        self.running().is_some() && !matches!(self.turn, Turn::Notified { .. })
    }

    pub(in crate::supervisor) fn killed_at(&self) -> Option<Tick> {
        self.killed_at
    }

    pub(in crate::supervisor) fn record_kill(&mut self, now: Tick) {
        self.killed_at.get_or_insert(now);
    }

    pub(in crate::supervisor) fn give_up(&mut self) {
        if let Some(pid) = self.running() {
            self.state = TaskState::GivenUp(pid);
        }
    }

    pub(in crate::supervisor) fn is_given_up(&self) -> bool {
        matches!(self.state, TaskState::GivenUp(_))
    }
}

/// The commands that are running, in the order of the line.
pub(in crate::supervisor) fn running(tasks: &[Task]) -> Vec<TaskId> {
    let is_running = |(index, task): (usize, &Task)| task.running().map(|_| TaskId(index));
    tasks.iter().enumerate().filter_map(is_running).collect()
}
