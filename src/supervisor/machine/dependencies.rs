//! The order of starts, and readiness probes (contract, 4.7).
//!
//! A process is started once those that it comes after are ready; a restart waits for them as well. Of several that
//! may start, the first in the order of the line does, and signals are handled before the next one starts.

use crate::plan::{CheckId, CheckRole, TaskId};
use crate::supervisor::machine::Machine;
use crate::supervisor::machine::action::{Action, Announcement};
use crate::supervisor::machine::event::CreatesPath;
use crate::supervisor::machine::notice::Notice;
use crate::supervisor::machine::phase::Phase;
use crate::supervisor::machine::readiness::{ProbeResult, ProbeStep, Readiness};
use crate::supervisor::machine::restart::LeftoverWait;
use crate::supervisor::machine::task::{Task, TaskState};
use crate::supervisor::machine::tick::Tick;

impl Machine {
    /// When something is due while the processes run. What may start is due at once, and so is the report of what may
    /// not.
    pub(in crate::supervisor) fn next_due(&self) -> Option<Tick> {
        if self.is_complete() {
            return Some(Tick::ZERO);
        }
        self.tasks.iter().filter_map(|task| self.due(task)).min()
    }

    fn due(&self, task: &Task) -> Option<Tick> {
        match task.state {
            TaskState::Waiting if self.may_start(task) || !task.has_reported_wait => Some(Tick::ZERO),
            TaskState::BackingOff(until) => Some(restart_due(task, until))
                .filter(|_| task.leftovers.is_some() || self.may_start(task) || !task.has_reported_wait),
            TaskState::Checking if task.waits.have_succeeded() => self.may_start(task).then_some(Tick::ZERO),
            TaskState::Checking => task.waits.deadline(),
            TaskState::Running(_) => task.readiness.deadline(),
            TaskState::Waiting
            | TaskState::Starting
            | TaskState::Ended(_)
            | TaskState::GivenUp(_)
            | TaskState::NotStarted
            | TaskState::Skipped => None,
        }
    }

    /// Whether no process is left to run.
    pub(in crate::supervisor) fn is_complete(&self) -> bool {
        self.tasks[self.setup..].iter().all(Task::is_complete)
    }

    /// Starts what may start, probes what is due, and reports what has to wait.
    pub(in crate::supervisor) fn advance_processes(&mut self, now: Tick) {
        self.advance_probes(now);
        let is_due = |task: &Task| match task.state {
            TaskState::Waiting => self.may_start(task),
            // What it comes after may have ended while it waited.
            TaskState::Checking => task.waits.have_succeeded() && self.may_start(task),
            TaskState::BackingOff(until) => now >= until && task.leftovers.is_none() && self.may_start(task),
            TaskState::Starting
            | TaskState::Running(_)
            | TaskState::Ended(_)
            | TaskState::GivenUp(_)
            | TaskState::NotStarted
            | TaskState::Skipped => false,
        };
        match self.tasks[self.setup..].iter().position(is_due) {
            Some(index) => self.start(now, TaskId(self.setup + index)),
            None => self.report_waits(now),
        }
    }

    /// Starts a command whose turn has come: first its `--creates` is looked at, then its `--wait` checks are asked.
    pub(in crate::supervisor) fn start(&mut self, now: Tick, id: TaskId) {
        let task = &mut self.tasks[id.0];
        if task.state == TaskState::Checking {
            self.spawn(id);
        } else if task.take_creates() {
            task.state = TaskState::Starting;
            self.push(Action::CheckCreates(id));
        } else {
            self.begin_waits(now, id);
        }
    }

    pub(in crate::supervisor) fn spawn(&mut self, id: TaskId) {
        let task = &mut self.tasks[id.0];
        task.waits.end();
        task.state = TaskState::Starting;
        self.push(Action::Spawn(id));
    }

    /// Starts a command whose `--creates` path does not exist, and skips it if it does.
    pub(in crate::supervisor) fn creates_checked(&mut self, now: Tick, id: TaskId, path: CreatesPath) {
        if !self.tasks[id.0].is_starting() {
            return;
        }
        match (&mut self.phase, path) {
            (Phase::Setup(_) | Phase::LookingUp | Phase::Running, CreatesPath::Missing) => {
                self.begin_waits(now, id);
            }
            (phase @ (Phase::Setup(_) | Phase::LookingUp | Phase::Running), CreatesPath::Exists) => {
                if let Phase::Setup(next) = phase {
                    *next += 1;
                }
                self.tasks[id.0].state = TaskState::Skipped;
                self.report(Notice::Skipped(id));
                self.announce_if_ready();
            }
            (Phase::Stopping(_) | Phase::Finished, CreatesPath::Exists | CreatesPath::Missing) => {
                self.tasks[id.0].state = TaskState::NotStarted;
            }
        }
    }

    fn advance_probes(&mut self, now: Tick) {
        for index in 0..self.tasks.len() {
            let id = TaskId(index);
            let due = self.tasks[index].readiness.advance(now);
            match due.step {
                Some(ProbeStep::Probe) => self.push(Action::Probe(CheckId::ready(id))),
                Some(ProbeStep::Abandon) => self.push(Action::AbandonProbe(CheckId::ready(id))),
                None => {}
            }
            self.advance_waits(now, id);
            if let Some(since) = due.overdue {
                let waiting = self.waiting_for(id);
                self.report(Notice::NotReady(id, since, waiting));
            }
        }
    }

    /// The processes that are not started because of this one.
    fn waiting_for(&self, id: TaskId) -> Vec<TaskId> {
        let waits = |task: &Task| {
            matches!(task.state, TaskState::Waiting | TaskState::BackingOff(_)) && task.after.contains(&id)
        };
        let waiting = |(index, task)| if waits(task) { Some(TaskId(index)) } else { None };
        self.tasks.iter().enumerate().filter_map(waiting).collect()
    }

    fn report_waits(&mut self, now: Tick) {
        for index in self.setup..self.tasks.len() {
            let task = &self.tasks[index];
            let waits = match task.state {
                TaskState::Waiting => true,
                TaskState::BackingOff(until) => now >= until && task.leftovers.is_none(),
                TaskState::Checking
                | TaskState::Starting
                | TaskState::Running(_)
                | TaskState::Ended(_)
                | TaskState::GivenUp(_)
                | TaskState::NotStarted
                | TaskState::Skipped => false,
            };
            if waits && !task.has_reported_wait {
                let others = task.after.iter().copied().filter(|id| !self.tasks[id.0].is_ready()).collect();
                self.report(Notice::WaitsFor(TaskId(index), others));
                self.tasks[index].has_reported_wait = true;
            }
        }
    }

    /// Takes the result of a probe, if the process still runs and no stop has begun.
    pub(in crate::supervisor) fn probed(&mut self, now: Tick, check: CheckId, result: ProbeResult) {
        let id = check.task;
        if let CheckRole::Wait(index) = check.role {
            return self.wait_probed(now, id, index, result);
        }
        let is_running = matches!(self.phase, Phase::Running) && self.tasks[id.0].running().is_some();
        let readiness = &mut self.tasks[id.0].readiness;
        match result {
            ProbeResult::Ready if is_running && readiness.is_awaited() => {
                *readiness = Readiness::Ready;
                self.report(Notice::Ready(id));
                self.announce_if_ready();
            }
            ProbeResult::NotYet if is_running => readiness.probe_later(now),
            ProbeResult::Ready | ProbeResult::NotYet => {}
        }
    }

    /// Announces once that all processes are ready, when all are at the same time.
    pub(in crate::supervisor) fn announce_if_ready(&mut self) {
        let processes = &self.tasks[self.setup..];
        let is_running = matches!(self.phase, Phase::Running);
        if is_running && !self.has_announced && processes.iter().rev().all(Task::is_ready) {
            self.has_announced = true;
            self.push(Action::Announce(Announcement::Ready));
        }
    }
}

/// When a restart is due: after its delay, and not before its leftovers have ended.
pub(in crate::supervisor) fn restart_due(task: &Task, until: Tick) -> Tick {
    task.leftovers.map_or(until, LeftoverWait::deadline)
}
