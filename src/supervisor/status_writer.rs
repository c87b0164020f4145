//! Writes the status of the run, which `--health` and `--status` of another monofy read.

use std::io;
use std::time::Duration;

use crate::plan::{Process, TaskId};
use crate::status::{AliveChecks, LastExit, ProcessState, ProcessStatus, RunStage, Status};
use crate::supervisor::launcher::Launcher;
use crate::supervisor::machine::Machine;
use crate::supervisor::machine::phase::Phase;
use crate::supervisor::machine::task::{Task, TaskState};
use crate::supervisor::machine::tick::Tick;
use crate::sys::clock;
use crate::sys::memfd::MemoryFile;
use crate::sys::process::Pid;

/// Publishes the status whenever it has changed.
pub(super) struct StatusWriter {
    /// When the run began, on the monotonic clock that all processes share.
    began: Duration,
    file: StatusFile,
    seen: Option<Snapshot>,
}

enum StatusFile {
    NoneYet,
    File(MemoryFile),
    /// There is no memory file here.
    Nowhere,
}

/// What the status depends on: setup commands and processes in the order of the line.
#[derive(PartialEq, Eq)]
struct Snapshot {
    stage: RunStage,
    tasks: Vec<(TaskState, bool)>,
}

impl Default for StatusWriter {
    fn default() -> Self {
        Self { began: clock::monotonic(), file: StatusFile::NoneYet, seen: None }
    }
}

impl StatusWriter {
    /// Publishes the status if it has changed.
    ///
    /// # Errors
    /// Once, when nothing can be published; the run goes on without.
    pub(super) fn write_status(&mut self, machine: &Machine, launcher: &Launcher<'_>) -> io::Result<()> {
        if matches!(self.file, StatusFile::Nowhere) || !self.has_changed(machine) {
            return Ok(());
        }
        if let StatusFile::NoneYet = self.file {
            self.file = StatusFile::Nowhere;
            self.file = StatusFile::File(MemoryFile::create()?);
        }
        if let StatusFile::File(file) = &self.file {
            let published = file.publish(&self.status(machine, launcher).to_json());
            if published.is_err() {
                // A reader has to find nothing rather than an old status.
                self.file = StatusFile::Nowhere;
            }
            return published;
        }
        Ok(())
    }

    fn has_changed(&mut self, machine: &Machine) -> bool {
        let snapshot = |task: &Task| (task.state, task.is_ready());
        let (stage, tasks) = (machine.stage(), &machine.tasks);
        if let Some(seen) = &self.seen
            && seen.stage == stage
            && seen.tasks.iter().copied().eq(tasks.iter().map(snapshot))
        {
            return false;
        }
        self.seen = Some(Snapshot { stage, tasks: tasks.iter().map(snapshot).collect() });
        true
    }

    fn status(&self, machine: &Machine, launcher: &Launcher<'_>) -> Status {
        let process = |index: usize| launcher.process(TaskId(index));
        let (setup, processes) = machine.tasks.split_at(machine.setup);
        let processes = processes.iter().enumerate();
        Status {
            pid: Pid::own().get(),
            stage: machine.stage(),
            setup: setup
                .iter()
                .position(|task| task.running().is_some())
                .map(|index| process(index).name.clone()),
            processes: processes
                .map(|(index, task)| self.process(process(machine.setup + index), task))
                .collect(),
        }
    }

    fn process(&self, process: &Process, task: &Task) -> ProcessStatus {
        ProcessStatus {
            name: process.name.clone(),
            state: match task.state {
                TaskState::Waiting | TaskState::Checking | TaskState::Starting => ProcessState::Waiting,
                TaskState::Running(_) | TaskState::GivenUp(_) => ProcessState::Running,
                TaskState::BackingOff(_) => ProcessState::Restarting,
                TaskState::Ended(_) | TaskState::NotStarted | TaskState::Skipped => ProcessState::Ended,
            },
            pid: task.running().map(Pid::get),
            ready: task.is_ready(),
            restarts: task.restarts(),
            started_ms: task.started_at().map(|started| self.milliseconds(started)),
            last_exit: task.last_exit().map(LastExit::from),
            alive: AliveChecks::of(process),
            alive_results: None,
        }
    }

    fn milliseconds(&self, tick: Tick) -> u64 {
        let since_boot = self.began.saturating_add(tick.since(Tick::ZERO));
        u64::try_from(since_boot.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Machine {
    /// The stage of the run, as the status has it.
    fn stage(&self) -> RunStage {
        let waits = |task: &Task| {
            matches!(task.state, TaskState::Waiting | TaskState::Checking | TaskState::Starting)
        };
        match &self.phase {
            Phase::Setup(_) | Phase::LookingUp => RunStage::Setup,
            Phase::Running if self.tasks[self.setup..].iter().any(waits) => RunStage::Starting,
            Phase::Running => RunStage::Running,
            Phase::Stopping(_) | Phase::Finished => RunStage::Stopping,
        }
    }
}
