//! The `--wait` checks of a command, which are asked side by side before each of its starts (contract, 4.7).

use crate::plan::{CheckId, TaskId};
use crate::supervisor::machine::Machine;
use crate::supervisor::machine::action::Action;
use crate::supervisor::machine::notice::Notice;
use crate::supervisor::machine::readiness::{ProbeInterval, ProbeResult, ProbeStep, Readiness};
use crate::supervisor::machine::task::TaskState;
use crate::supervisor::machine::tick::Tick;

/// The `--wait` checks of one command.
#[derive(Clone, Debug, Default)]
pub(in crate::supervisor) struct Waits {
    checks: Vec<(ProbeInterval, Readiness)>,
    /// Whether it was reported what the command waits for.
    has_reported: bool,
}

impl Waits {
    pub(in crate::supervisor) fn new(intervals: Vec<ProbeInterval>) -> Self {
        let unknown = |interval| (interval, Readiness::Unknown);
        Self { checks: intervals.into_iter().map(unknown).collect(), has_reported: false }
    }

    pub(in crate::supervisor) fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    /// Begins to ask all of them.
    pub(in crate::supervisor) fn begin(&mut self, now: Tick) {
        for (interval, readiness) in &mut self.checks {
            *readiness = Readiness::asked_at_once(*interval, now);
        }
        self.has_reported = false;
    }

    /// Ends them, and returns those that were being asked.
    pub(in crate::supervisor) fn end(&mut self) -> Vec<usize> {
        let awaited = self.awaited();
        for (_, readiness) in &mut self.checks {
            *readiness = Readiness::Unknown;
        }
        awaited
    }

    pub(in crate::supervisor) fn have_succeeded(&self) -> bool {
        self.checks.iter().all(|(_, readiness)| readiness.is_ready())
    }

    /// Those that have not succeeded.
    pub(in crate::supervisor) fn awaited(&self) -> Vec<usize> {
        let checks = self.checks.iter().enumerate();
        checks.filter(|(_, (_, readiness))| readiness.is_awaited()).map(|(index, _)| index).collect()
    }

    /// When something is due even if nothing happens.
    pub(in crate::supervisor) fn deadline(&self) -> Option<Tick> {
        self.checks.iter().filter_map(|(_, readiness)| readiness.deadline()).min()
    }
}

impl Machine {
    /// Starts a command whose turn has come once its `--wait` checks have succeeded.
    pub(in crate::supervisor) fn begin_waits(&mut self, now: Tick, id: TaskId) {
        let task = &mut self.tasks[id.0];
        if task.waits.is_empty() {
            self.spawn(id);
        } else {
            task.state = TaskState::Checking;
            task.waits.begin(now);
        }
    }

    /// Asks what is due, and reports what has not succeeded for long.
    pub(in crate::supervisor) fn advance_waits(&mut self, now: Tick, id: TaskId) {
        for index in 0..self.tasks[id.0].waits.checks.len() {
            let check = CheckId::wait(id, index);
            let due = self.tasks[id.0].waits.checks[index].1.advance(now);
            match due.step {
                Some(ProbeStep::Probe) => self.push(Action::Probe(check)),
                Some(ProbeStep::Abandon) => {
                    self.push(Action::AbandonProbe(check));
                    self.report_checks(id);
                }
                None => {}
            }
            if let Some(since) = due.overdue {
                self.report(Notice::StillWaiting(check, since));
            }
        }
    }

    /// Takes the result of a `--wait` check.
    pub(in crate::supervisor) fn wait_probed(
        &mut self,
        now: Tick,
        id: TaskId,
        index: usize,
        result: ProbeResult,
    ) {
        let task = &mut self.tasks[id.0];
        let is_checking = task.state == TaskState::Checking;
        let Some((_, readiness)) = task.waits.checks.get_mut(index).filter(|_| is_checking) else { return };
        match result {
            ProbeResult::Ready if readiness.is_awaited() => *readiness = Readiness::Ready,
            ProbeResult::Ready => {}
            ProbeResult::NotYet => {
                readiness.probe_later(now);
                self.report_checks(id);
            }
        }
    }

    /// Reports once what a command waits for. Checks that succeed at once are not worth a line.
    fn report_checks(&mut self, id: TaskId) {
        let waits = &mut self.tasks[id.0].waits;
        if !std::mem::replace(&mut waits.has_reported, true) {
            let awaited = waits.awaited();
            self.report(Notice::WaitsForChecks(id, awaited));
        }
    }

    /// Ends the checks of a command that is not to be started any more.
    pub(in crate::supervisor) fn cancel_checks(&mut self, id: TaskId) {
        for index in self.tasks[id.0].waits.end() {
            self.push(Action::EndProbe(CheckId::wait(id, index)));
        }
    }
}
