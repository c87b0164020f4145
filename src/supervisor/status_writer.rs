//! What `--health` and `--status` of another monofy can see of the run.

use std::io;
use std::time::Duration;

use crate::plan::TaskId;
use crate::status::{LastExit, ProcessState, ProcessStatus, RunStage, Status};
use crate::supervisor::launcher::Launcher;
use crate::supervisor::machine::Machine;
use crate::supervisor::machine::phase::Phase;
use crate::supervisor::machine::task::{Task, TaskState};
use crate::supervisor::machine::tick::Tick;
use crate::sys::clock;
use crate::sys::memfd::MemoryFile;
use crate::sys::process::Pid;

/// Publishes how the run is, whenever that has changed.
pub(super) struct StatusWriter {
    /// When the run began, by the clock that all processes share.
    began: Duration,
    place: Place,
    seen: Option<Snapshot>,
}

enum Place {
    NoneYet,
    File(MemoryFile),
    /// There is no such file to be had.
    Nowhere,
}

/// All whose change is worth a look; setup commands and processes in the order of the line.
#[derive(PartialEq, Eq)]
struct Snapshot {
    stage: RunStage,
    tasks: Vec<(TaskState, bool)>,
}

impl Default for StatusWriter {
    fn default() -> Self {
        Self { began: clock::monotonic(), place: Place::NoneYet, seen: None }
    }
}

impl StatusWriter {
    /// Publishes what has changed.
    ///
    /// # Errors
    /// Once, when nothing can be published; the run goes on without.
    pub(super) fn write_status(&mut self, machine: &Machine, launcher: &Launcher<'_>) -> io::Result<()> {
        if matches!(self.place, Place::Nowhere) || !self.has_changed(machine) {
            return Ok(());
        }
        if let Place::NoneYet = self.place {
            self.place = Place::Nowhere;
            self.place = Place::File(MemoryFile::create()?);
        }
        if let Place::File(file) = &self.place {
            let published = file.publish(&self.status(machine, launcher).to_json());
            if published.is_err() {
                // Who looks has to find nothing rather than what was.
                self.place = Place::Nowhere;
            }
            return published;
        }
        Ok(())
    }

    fn has_changed(&mut self, machine: &Machine) -> bool {
        let glance = |task: &Task| (task.state, task.is_ready());
        let (stage, tasks) = (machine.stage(), &machine.tasks);
        if let Some(seen) = &self.seen
            && seen.stage == stage
            && seen.tasks.iter().copied().eq(tasks.iter().map(glance))
        {
            return false;
        }
        self.seen = Some(Snapshot { stage, tasks: tasks.iter().map(glance).collect() });
        true
    }

    fn status(&self, machine: &Machine, launcher: &Launcher<'_>) -> Status {
        let name = |index: usize| launcher.process(TaskId(index)).name.clone();
        let (setup, processes) = machine.tasks.split_at(machine.setup);
        let processes = processes.iter().enumerate();
        Status {
            pid: Pid::own().get(),
            stage: machine.stage(),
            setup: setup.iter().position(|task| task.running().is_some()).map(name),
            processes: processes
                .map(|(index, task)| self.process(name(machine.setup + index), task))
                .collect(),
        }
    }

    fn process(&self, name: String, task: &Task) -> ProcessStatus {
        ProcessStatus {
            name,
            state: match task.state {
                TaskState::Waiting | TaskState::Starting => ProcessState::Waiting,
                TaskState::Running(_) | TaskState::GivenUp(_) => ProcessState::Running,
                TaskState::BackingOff(_) => ProcessState::Restarting,
                TaskState::Ended(_) | TaskState::NotStarted | TaskState::Skipped => ProcessState::Ended,
            },
            pid: task.running().map(Pid::get),
            ready: task.is_ready(),
            restarts: task.restarts(),
            started_ms: task.started_at().map(|started| self.milliseconds(started)),
            last_exit: task.last_exit().map(LastExit::from),
        }
    }

    fn milliseconds(&self, tick: Tick) -> u64 {
        let since_boot = self.began.saturating_add(tick.since(Tick::ZERO));
        u64::try_from(since_boot.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Machine {
    /// How far the run is, for those who look from outside.
    fn stage(&self) -> RunStage {
        let waits = |task: &Task| matches!(task.state, TaskState::Waiting | TaskState::Starting);
        match &self.phase {
            Phase::Setup(_) | Phase::LookingUp => RunStage::Setup,
            Phase::Running if self.tasks[self.setup..].iter().any(waits) => RunStage::Starting,
            Phase::Running => RunStage::Running,
            Phase::Stopping(_) | Phase::Finished => RunStage::Stopping,
        }
    }
}
