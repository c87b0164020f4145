//! The stop of a run in four steps (contract, 4.4).
//!
//! 1. The processes are told to stop, in the reverse of the start order.
//! 2. When they are gone, all descendants are told to stop.
//! 3. At the deadline what is left is killed.
//! 4. The run is over as soon as nothing is left, and 2 s after a kill at the latest.

use std::time::Duration;

use crate::exit::ExitReason;
use crate::plan::{CheckId, TaskId, Timeout};
use crate::signal::SignalNumber;
use crate::supervisor::machine::Machine;
use crate::supervisor::machine::action::{Action, Announcement};
use crate::supervisor::machine::config::{DEFAULT_GRACE, Grace};
use crate::supervisor::machine::event::{Children, Wake};
use crate::supervisor::machine::notice::{Cause, Notice};
use crate::supervisor::machine::phase::Phase;
use crate::supervisor::machine::readiness::Readiness;
use crate::supervisor::machine::task::{Task, TaskState, Turn};
use crate::supervisor::machine::tick::Tick;
use crate::sys::process::Pid;
use crate::sys::signals::Received;

/// How long what was killed may take to go: SIGKILL does not end a process in the D state (circus #1023).
const AFTER_KILL: Duration = Duration::from_secs(2);
/// How often descendants are looked for again after a kill: a process may have forked between the look and the kill,
/// and its child is adopted without a signal to monofy.
const SWEEP: Duration = Duration::from_millis(100);
/// How soon descendants are looked for again, and how seldom in the end: what was told to stop may start something, and
/// what a shell has forked and not yet executed takes a TERM as the shell would.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// The shortest time between two looks, however many have died: each look reads all of /proc.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// When a stop without a limit reports what it waits for.
const PATIENCE: Duration = Duration::from_secs(5);
/// When it is reported that a process is not told to stop before others have ended.
const PATIENCE_FOR_TURN: Duration = Duration::from_secs(1);
/// How long the signal of which a process died may take to arrive at monofy too. systemd, Heroku and Azure send TERM to
/// all processes, and a death can be seen before the signal.
const SIGNAL_TO_ALL: Duration = Duration::from_millis(50);

/// The state of a stop.
#[derive(Clone, Copy, Debug)]
pub(in crate::supervisor) struct Stop {
    cause: Cause,
    request: StopRequest,
    began: Tick,
    limit: Option<Tick>,
    phase: StopPhase,
    /// The signal of which the first process died, and that may have been sent to monofy too.
    expected: Option<SignalNumber>,
    has_reported_rest: bool,
    has_reported_turns: bool,
}

/// What the processes are told to stop with.
#[derive(Clone, Copy, Debug)]
pub(in crate::supervisor) enum StopRequest {
    /// Monofy itself stops the run.
    Own,
    /// This signal asked for it.
    Received(Received),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StopPhase {
    /// The processes are told to stop.
    Processes,
    /// The processes are gone. Their descendants were told to stop, and are looked for again after this pause.
    Descendants { looked: Tick, pause: Duration },
    /// The deadline has passed. What has no stop timeout of its own was killed; others may still be there.
    Overdue,
    /// Everything was killed.
    Killing { since: Tick, swept: Tick },
}

impl Stop {
    fn new(now: Tick, cause: Cause, request: StopRequest, grace: Grace) -> Self {
        let limit = match (grace, cause) {
            (Grace::Fixed(limit), _) => limit,
            (Grace::ByCause, Cause::Outside(_)) => Timeout::Never,
            (Grace::ByCause, _) => Timeout::After(DEFAULT_GRACE),
        };
        Self {
            cause,
            request,
            began: now,
            limit: match limit {
                Timeout::After(limit) => Some(now.plus(limit)),
                Timeout::Never => None,
            },
            phase: StopPhase::Processes,
            expected: signal_of(cause),
            has_reported_rest: false,
            has_reported_turns: false,
        }
    }

    pub(in crate::supervisor) fn cause(&self) -> Cause {
        self.cause
    }

    /// The deadline of the whole stop.
    pub(in crate::supervisor) fn limit(&self) -> Option<Tick> {
        self.limit
    }

    /// A signal has asked for a stop while this one is under way. It lifts the default limit. Returns
    /// whether it is the signal of which the first process died: then the stop was asked for from outside all along.
    pub(in crate::supervisor) fn record_request(&mut self, signal: SignalNumber, grace: Grace) -> bool {
        if grace == Grace::ByCause {
            self.limit = None;
        }
        let is_expected = self.expected == Some(signal);
        if is_expected {
            self.cause = Cause::Outside(signal);
            self.expected = None;
        }
        is_expected
    }

    /// The deadline by which turns are counted.
    fn end_of_turns(&self) -> Tick {
        self.limit.unwrap_or(self.began.plus(DEFAULT_GRACE))
    }

    /// Until when a process that was told to stop at this time keeps those that it came after from being told: half of
    /// the time left, or its own stop timeout, but no longer than half of the whole time.
    fn yields(&self, at: Tick, stop_timeout: Option<Timeout>) -> Tick {
        let end = self.end_of_turns();
        let share = match stop_timeout {
            None => end.since(at) / 2,
            Some(Timeout::After(own)) => own.min(end.since(self.began) / 2),
            Some(Timeout::Never) => end.since(self.began) / 2,
        };
        at.plus(share)
    }
}

/// The signal that asks for a stop and of which, or with whose status, a process died.
fn signal_of(cause: Cause) -> Option<SignalNumber> {
    let (Cause::SetupFailed(_, death) | Cause::FirstExit(_, death) | Cause::ExitBeforeReady(_, death)) =
        cause
    else {
        return None;
    };
    let signal = match death {
        ExitReason::Killed(signal) | ExitReason::Explained(signal, _) => Some(signal),
        ExitReason::Exited(status) => status.checked_sub(128).and_then(|n| SignalNumber::new(n.into())),
        ExitReason::Lost => None,
    };
    signal.filter(|signal| signal.asks_for_stop())
}

impl Machine {
    /// Begins a stop of monofy's own.
    pub(in crate::supervisor) fn stop(&mut self, now: Tick, cause: Cause) {
        self.begin_stop(now, cause, StopRequest::Own);
    }

    pub(in crate::supervisor) fn begin_stop(&mut self, now: Tick, cause: Cause, request: StopRequest) {
        if matches!(self.phase, Phase::Stopping(_) | Phase::Finished) {
            return;
        }
        self.phase = Phase::Stopping(Stop::new(now, cause, request, self.config.grace));
        // The report comes first, and it is not known before the turns are what it says.
        let report = self.actions.len();
        self.push(Action::Announce(Announcement::Stopping));
        self.cancel_waits();
        let mut told: Vec<TaskId> =
            self.running().into_iter().filter(|id| self.hears_all_from_terminal(*id, request)).collect();
        for id in told.clone() {
            self.tell_to_stop(now, id, request);
        }
        told.extend(self.tell_those_whose_turn_it_is(now));
        told.sort_unstable();
        if !told.is_empty() {
            self.actions.insert(report, Action::Report(Notice::Stopping(told, cause)));
        }
    }

    /// Restarts are cancelled, and so are readiness probes.
    fn cancel_waits(&mut self) {
        for index in 0..self.tasks.len() {
            let task = &mut self.tasks[index];
            task.leftovers = None;
            if let TaskState::BackingOff(_) | TaskState::Checking = task.state {
                task.state = TaskState::NotStarted;
            }
            if task.readiness.is_awaited() {
                task.readiness = Readiness::Unknown;
                self.push(Action::EndProbe(CheckId::ready(TaskId(index))));
            }
            self.cancel_checks(TaskId(index));
        }
    }

    /// Whether the terminal has told this process to stop already, with nothing to add.
    pub(in crate::supervisor) fn hears_all_from_terminal(&self, id: TaskId, request: StopRequest) -> bool {
        match request {
            StopRequest::Own => false,
            StopRequest::Received(received) => {
                self.has_reached(id, received)
                    && self.tasks[id.0].stop_signal(Some(received.signal)) == received.signal
            }
        }
    }

    /// Tells the running processes to stop that nothing keeps from it, and returns them in the order of the line.
    ///
    /// A process waits for those that were started after it, directly or through others, until each has ended or has
    /// had its share of the time.
    fn tell_those_whose_turn_it_is(&mut self, now: Tick) -> Vec<TaskId> {
        let Phase::Stopping(stop) = self.phase else { return Vec::new() };
        if !self.tasks.iter().any(Task::waits_for_its_turn) {
            return Vec::new();
        }
        let mut told = Vec::new();
        // `None` is not known yet.
        let mut kept_until = vec![Some(Tick::ZERO); self.tasks.len()];
        for id in self.stop_order.iter().copied() {
            let task = &mut self.tasks[id.0];
            let kept = kept_until[id.0];
            let is_turn = kept.is_some_and(|kept| now >= kept);
            if task.waits_for_its_turn() {
                task.turn = match kept {
                    Some(_) if is_turn => {
                        told.push(id);
                        Turn::Notified { at: now, yields: stop.yields(now, task.stop_timeout()) }
                    }
                    Some(kept) => Turn::At(kept),
                    None => Turn::Unknown,
                };
            }
            let own = match (task.state, task.turn) {
                (TaskState::Running(_), Turn::Notified { yields, .. }) => Some(yields),
                (TaskState::Running(_), Turn::At(_) | Turn::Unknown) => None,
                // A start that does not return keeps the others no longer than a process.
                (TaskState::Starting, _) => Some(stop.yields(stop.began, task.stop_timeout())),
                (
                    TaskState::Waiting
                    | TaskState::Checking
                    | TaskState::BackingOff(_)
                    | TaskState::Ended(_)
                    | TaskState::GivenUp(_)
                    | TaskState::NotStarted
                    | TaskState::Skipped,
                    _,
                ) => Some(Tick::ZERO),
            };
            let keeps = kept.zip(own).map(|(kept, own)| kept.max(own));
            for other in &task.after {
                let kept = &mut kept_until[other.0];
                *kept = kept.zip(keeps).map(|(kept, keeps)| kept.max(keeps));
            }
        }
        told.sort_unstable();
        for id in &told {
            self.tell_to_stop(now, *id, stop.request);
        }
        told
    }

    /// Tells one process to stop, and continues it if it was stopped, since a stopped process handles no signal but
    /// SIGKILL.
    pub(in crate::supervisor) fn tell_to_stop(&mut self, now: Tick, id: TaskId, request: StopRequest) {
        let Phase::Stopping(stop) = self.phase else { return };
        let received = match request {
            StopRequest::Own => None,
            StopRequest::Received(received) => Some(received),
        };
        let has_reached = received.is_some_and(|received| self.has_reached(id, received));
        let task = &mut self.tasks[id.0];
        let Some(pid) = task.running() else { return };
        let received = received.map(|received| received.signal);
        let signal = task.stop_signal(received);
        task.sent.insert(signal);
        if let (true, Some(received)) = (has_reached, received) {
            task.sent.insert(received);
        }
        if !matches!(task.turn, Turn::Notified { .. }) {
            task.turn = Turn::Notified { at: now, yields: stop.yields(now, task.stop_timeout()) };
        }
        if !has_reached || Some(signal) != received {
            self.push(Action::Send(pid, signal));
        }
        self.push(Action::Send(pid, SignalNumber::CONT));
    }

    /// A start that was under way when the stop began is stopped like the others.
    pub(in crate::supervisor) fn spawned_during_stop(&mut self, now: Tick, id: TaskId) {
        let Phase::Stopping(stop) = self.phase else { return };
        self.end_probe(id);
        if self.hears_all_from_terminal(id, stop.request) {
            self.tell_to_stop(now, id, stop.request);
        }
        self.tell_those_whose_turn_it_is(now);
        if matches!(stop.phase, StopPhase::Killing { .. }) {
            let killed = self.kill_running(now, |_| true);
            self.report_killed(now, killed);
        }
    }

    /// When something is due during a stop even if nothing happens.
    pub(in crate::supervisor) fn stop_deadline(&self, stop: &Stop) -> Option<Tick> {
        let running = || self.tasks.iter().filter(|task| task.running().is_some());
        let is_running = running().next().is_some();
        let whole = match stop.phase {
            // Whether anything else is left is not known before the loop looks.
            StopPhase::Processes | StopPhase::Overdue if !is_running => Some(self.earliest_end(stop)),
            StopPhase::Processes => stop.limit,
            StopPhase::Descendants { looked, pause } => {
                Some(stop.limit.map_or(looked.plus(pause), |limit| limit.min(looked.plus(pause))))
            }
            StopPhase::Overdue => None,
            StopPhase::Killing { since, swept } => Some(swept.plus(SWEEP).min(since.plus(AFTER_KILL))),
        };
        let each = running().filter_map(|task| match (task.killed_at(), task.turn) {
            (Some(killed), _) => Some(killed.plus(AFTER_KILL)),
            (None, Turn::At(turn)) => Some(turn),
            (None, Turn::Notified { .. }) => task.own_deadline(),
            (None, Turn::Unknown) => None,
        });
        let rest = (!stop.has_reported_rest && stop.limit.is_none()).then(|| stop.began.plus(PATIENCE));
        let waits = running().any(Task::waits_for_its_turn);
        let turns = (!stop.has_reported_turns && waits).then(|| stop.began.plus(PATIENCE_FOR_TURN));
        each.chain(whole).chain(rest).chain(turns).min()
    }

    /// When the run may be over: at once, unless the signal of which the first process died may still arrive.
    fn earliest_end(&self, stop: &Stop) -> Tick {
        match stop.expected {
            Some(signal) if self.begins_stop(signal) => stop.began.plus(SIGNAL_TO_ALL),
            Some(_) | None => Tick::ZERO,
        }
    }

    /// Does what is due during a stop.
    pub(in crate::supervisor) fn advance_stop(&mut self, now: Tick, wake: &Wake) {
        let Phase::Stopping(stop) = self.phase else { return };
        if wake.children == Children::None {
            if now >= self.earliest_end(&stop) {
                self.finish(stop);
            }
            return;
        }
        let report = self.actions.len();
        let told = self.tell_those_whose_turn_it_is(now);
        if !told.is_empty() {
            self.actions.insert(report, Action::Report(Notice::StoppingNext(told)));
        }
        self.kill_by_own_deadlines(now);
        self.give_up_on_unkillable(now);
        if self.is_overdue(now) {
            self.kill_overdue(now, wake);
        }
        let Phase::Stopping(mut stop) = self.phase else { return };
        let nobody_runs = self.tasks.iter().all(|task| task.running().is_none());
        let has_died = !wake.deaths.is_empty();
        match stop.phase {
            StopPhase::Processes if nobody_runs && wake.children == Children::Left => {
                if self.tasks.iter().any(Task::is_given_up) {
                    self.kill_all(now);
                } else {
                    stop.phase = StopPhase::Descendants { looked: now, pause: LOOK_AGAIN.0 };
                    self.phase = Phase::Stopping(stop);
                    self.push(Action::TerminateDescendants);
                }
            }
            StopPhase::Descendants { looked, pause } => {
                if now >= looked.plus(pause) || (has_died && now >= looked.plus(BETWEEN_LOOKS)) {
                    let pause = if has_died { LOOK_AGAIN.0 } else { (pause * 2).min(LOOK_AGAIN.1) };
                    stop.phase = StopPhase::Descendants { looked: now, pause };
                    self.push(Action::TerminateDescendants);
                } else if has_died {
                    stop.phase = StopPhase::Descendants { looked, pause: BETWEEN_LOOKS };
                }
                self.phase = Phase::Stopping(stop);
            }
            StopPhase::Overdue if nobody_runs => self.kill_all(now),
            StopPhase::Killing { since, .. } if now >= since.plus(AFTER_KILL) => {
                self.report(Notice::Unkillable(now.since(since)));
                self.finish(stop);
            }
            StopPhase::Killing { since, swept }
                if now >= swept.plus(SWEEP) || (has_died && now >= swept.plus(BETWEEN_LOOKS)) =>
            {
                self.push(Action::KillDescendants { sparing: Vec::new() });
                stop.phase = StopPhase::Killing { since, swept: now };
                self.phase = Phase::Stopping(stop);
            }
            StopPhase::Processes | StopPhase::Overdue | StopPhase::Killing { .. } => {}
        }
        self.report_waits_during_stop(now);
    }

    fn finish(&mut self, stop: Stop) {
        let cause = stop.cause();
        let status = self.status(cause);
        self.limit = stop.limit();
        self.phase = Phase::Finished;
        self.report(Notice::Finished(cause, status));
        self.push(Action::Finish(status));
    }

    fn is_overdue(&self, now: Tick) -> bool {
        let Phase::Stopping(stop) = self.phase else { return false };
        let is_killing = matches!(stop.phase, StopPhase::Killing { .. });
        !is_killing && stop.limit.is_some_and(|limit| now >= limit)
    }

    /// Kills each process whose own stop timeout is over, with its descendants.
    fn kill_by_own_deadlines(&mut self, now: Tick) {
        let mut killed = Vec::new();
        for id in self.running() {
            let task = &mut self.tasks[id.0];
            let is_due = task.own_deadline().is_some_and(|deadline| now >= deadline);
            if let (true, None, Some(pid)) = (is_due, task.killed_at(), task.running()) {
                task.record_kill(now);
                self.push(Action::KillTree(pid));
                killed.push(id);
            }
        }
        self.report_killed(now, killed);
    }

    fn give_up_on_unkillable(&mut self, now: Tick) {
        let Phase::Stopping(stop) = self.phase else { return };
        let mut any = false;
        for task in self.tasks.iter_mut().filter(|task| task.running().is_some()) {
            if task.killed_at().is_some_and(|killed| now >= killed.plus(AFTER_KILL)) {
                task.give_up();
                any = true;
            }
        }
        if any && !matches!(stop.phase, StopPhase::Killing { .. }) {
            self.report(Notice::Unkillable(AFTER_KILL));
        }
    }

    /// The deadline of the whole stop has passed. A process with a longer stop timeout of its own keeps it, with its
    /// descendants; all else is killed, adopted children of the killed included.
    fn kill_overdue(&mut self, now: Tick, wake: &Wake) {
        let Phase::Stopping(mut stop) = self.phase else { return };
        let has_time_left = |task: &&Task| task.stop_timeout().is_some() && task.killed_at().is_none();
        let sparing: Vec<Pid> = self.tasks.iter().filter(has_time_left).filter_map(Task::running).collect();
        if sparing.is_empty() {
            self.kill_all(now);
        } else if stop.phase != StopPhase::Overdue || !wake.deaths.is_empty() {
            stop.phase = StopPhase::Overdue;
            self.phase = Phase::Stopping(stop);
            let killed = self.kill_running(now, |task| task.stop_timeout().is_none());
            self.push(Action::KillDescendants { sparing });
            self.report_killed(now, killed);
        }
    }

    /// Sends SIGKILL to everything.
    pub(in crate::supervisor) fn kill_all(&mut self, now: Tick) {
        if let Phase::Stopping(stop) = &mut self.phase {
            stop.phase = StopPhase::Killing { since: now, swept: now };
        }
        let killed = self.kill_running(now, |_| true);
        self.push(Action::KillDescendants { sparing: Vec::new() });
        self.report_killed(now, killed);
    }

    /// Sends SIGKILL to the running processes of this kind that have not had it, one by one: the sweep over the
    /// descendants needs a /proc to see them.
    fn kill_running(&mut self, now: Tick, which: impl Fn(&Task) -> bool) -> Vec<TaskId> {
        let mut killed = Vec::new();
        for id in self.running() {
            let task = &mut self.tasks[id.0];
            if let (true, None, Some(pid)) = (which(task), task.killed_at(), task.running()) {
                task.record_kill(now);
                self.push(Action::Send(pid, SignalNumber::KILL));
                killed.push(id);
            }
        }
        killed
    }

    fn report_killed(&mut self, now: Tick, killed: Vec<TaskId>) {
        if let (false, Phase::Stopping(stop)) = (killed.is_empty(), self.phase) {
            self.report(Notice::Killed(killed, now.since(stop.began)));
        }
    }

    fn report_waits_during_stop(&mut self, now: Tick) {
        let Phase::Stopping(mut stop) = self.phase else { return };
        if stop.limit.is_none() && !stop.has_reported_rest && now >= stop.began.plus(PATIENCE) {
            stop.has_reported_rest = true;
            self.report(Notice::StillRunning(self.running(), now.since(stop.began)));
        }
        if !stop.has_reported_turns && now >= stop.began.plus(PATIENCE_FOR_TURN) {
            stop.has_reported_turns = true;
            let mut waiting = self.running();
            waiting.retain(|id| self.tasks[id.0].waits_for_its_turn());
            for id in waiting {
                let keepers = self.running_dependents(id);
                self.report(Notice::StopWaitsFor(id, keepers));
            }
        }
        self.phase = Phase::Stopping(stop);
    }

    /// The running processes that were started after this one, directly or through others.
    fn running_dependents(&self, id: TaskId) -> Vec<TaskId> {
        let mut is_dependent = vec![false; self.tasks.len()];
        // In this order a process precedes those that it comes after.
        for other in self.stop_order.iter().rev() {
            is_dependent[other.0] =
                self.tasks[other.0].after.iter().any(|before| *before == id || is_dependent[before.0]);
        }
        self.running().into_iter().filter(|other| is_dependent[other.0]).collect()
    }
}

/// The order in which processes are told to stop: each before those that it comes after.
pub(in crate::supervisor) fn stop_order(tasks: &[Task]) -> Vec<TaskId> {
    let mut dependents = vec![0_usize; tasks.len()];
    for before in tasks.iter().flat_map(|task| &task.after) {
        dependents[before.0] += 1;
    }
    let mut order: Vec<TaskId> =
        (0..tasks.len()).filter(|index| dependents[*index] == 0).map(TaskId).collect();
    let mut next = 0;
    while let Some(id) = order.get(next).copied() {
        next += 1;
        for before in &tasks[id.0].after {
            dependents[before.0] -= 1;
            if dependents[before.0] == 0 {
                order.push(*before);
            }
        }
    }
    order
}
