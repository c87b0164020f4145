//! The start of a run: what is not ready, and `--start-timeout` (contract, 4.7).

use std::time::Duration;

use crate::exit::ExitReason;
use crate::plan::{CheckId, TaskId};
use crate::supervisor::machine::Machine;
use crate::supervisor::machine::action::Action;
use crate::supervisor::machine::notice::Cause;
use crate::supervisor::machine::phase::Phase;
use crate::supervisor::machine::task::{Task, TaskState};
use crate::supervisor::machine::tick::Tick;

/// Something that a run waits for before every process is ready. What only waits for something else in the line is not
/// listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unready {
    /// A setup command or a `--once` process that has to end.
    NotEnded(TaskId),
    /// A check that has not succeeded.
    Check(CheckId),
    /// It ended like this and will be restarted.
    Restarting(TaskId, ExitReason),
    /// Its start is not complete.
    Starting(TaskId),
    /// The programs of the processes are being looked up.
    LookingUp,
}

impl Machine {
    /// When the start has taken too long, as long as it is not complete.
    pub(in crate::supervisor) fn start_deadline(&self) -> Option<Tick> {
        match self.phase {
            Phase::Setup(_) | Phase::LookingUp | Phase::Running if !self.has_announced => {
                self.config.start_timeout.map(|limit| Tick::ZERO.plus(limit))
            }
            Phase::Setup(_) | Phase::LookingUp | Phase::Running | Phase::Stopping(_) | Phase::Finished => {
                None
            }
        }
    }

    /// How long the start may take.
    pub(in crate::supervisor) fn start_timeout(&self) -> Option<Duration> {
        self.config.start_timeout
    }

    /// Ends a run whose start has taken too long.
    pub(in crate::supervisor) fn check_start_deadline(&mut self, now: Tick) {
        if self.start_deadline().is_some_and(|deadline| now >= deadline) {
            // Before the checks end, and with them the reasons why they failed.
            self.push(Action::RecordUnready(self.unready()));
            self.stop(now, Cause::StartTimeout);
        }
    }

    /// What the run waits for before every process is ready.
    pub(in crate::supervisor) fn unready(&self) -> Vec<Unready> {
        match self.phase {
            Phase::Setup(next) if next < self.setup => self.unready_task(next),
            Phase::Setup(_) | Phase::LookingUp => vec![Unready::LookingUp],
            Phase::Running => {
                (self.setup..self.tasks.len()).flat_map(|index| self.unready_task(index)).collect()
            }
            Phase::Stopping(_) | Phase::Finished => Vec::new(),
        }
    }

    fn unready_task(&self, index: usize) -> Vec<Unready> {
        let id = TaskId(index);
        let task = &self.tasks[index];
        match task.state {
            TaskState::Waiting if self.may_start(task) => vec![Unready::Starting(id)],
            TaskState::Starting => vec![Unready::Starting(id)],
            TaskState::Checking => task
                .waits
                .awaited()
                .into_iter()
                .map(|index| Unready::Check(CheckId::wait(id, index)))
                .collect(),
            TaskState::Running(_) if task.readiness.is_awaited() => vec![Unready::Check(CheckId::ready(id))],
            TaskState::Running(_) if index < self.setup || !task.is_ready() => vec![Unready::NotEnded(id)],
            TaskState::BackingOff(_) => {
                task.last_exit().map(|exit| Unready::Restarting(id, exit)).into_iter().collect()
            }
            TaskState::Waiting
            | TaskState::Running(_)
            | TaskState::Ended(_)
            | TaskState::GivenUp(_)
            | TaskState::NotStarted
            | TaskState::Skipped => Vec::new(),
        }
    }

    /// Whether everything that a command comes after is ready.
    pub(in crate::supervisor) fn may_start(&self, task: &Task) -> bool {
        task.after.iter().all(|id| self.tasks[id.0].is_ready())
    }
}
