//! The supervisor as a pure state machine: events in, actions out, time as an argument.
//!
//! ```text
//! Setup ──> LookingUp ──> Running ──> Stopping ──> Finished
//!   └───────────┴────────────────────────^
//! ```
//!
//! It starts nothing, waits for nothing and reads no clock, so that any order of events can be tested as data. The
//! actions wait in a queue of the machine until the event loop takes them. ARCHITECTURE.md lists the races that were
//! considered.

pub(crate) mod action;
pub(crate) mod config;
pub(crate) mod dependencies;
pub(crate) mod event;
pub(crate) mod notice;
pub(crate) mod phase;
pub(crate) mod readiness;
pub(crate) mod restart;
pub(crate) mod shutdown;
pub(crate) mod signals;
pub(crate) mod start_limit;
pub(crate) mod task;
pub(crate) mod tick;
pub(crate) mod waits;

use std::collections::VecDeque;

use crate::exit::{self, ExitReason};
use crate::plan::{CheckId, TaskId};
use crate::signal::SignalSet;
use crate::supervisor::machine::action::Action;
use crate::supervisor::machine::config::Config;
use crate::supervisor::machine::event::{Children, Event, Wake};
use crate::supervisor::machine::notice::{Cause, Notice};
use crate::supervisor::machine::phase::Phase;
use crate::supervisor::machine::readiness::Readiness;
use crate::supervisor::machine::restart::RestartAttempt;
use crate::supervisor::machine::task::{Task, TaskState};
use crate::supervisor::machine::tick::Tick;
use crate::sys::process::Pid;

/// The state of a run.
#[derive(Clone, Debug)]
pub struct Machine {
    pub(in crate::supervisor) tasks: Vec<Task>,
    /// How many of the tasks, at their beginning, are setup commands.
    pub(in crate::supervisor) setup: usize,
    /// Each task before those that it comes after.
    stop_order: Vec<TaskId>,
    config: Config,
    pub(in crate::supervisor) phase: Phase,
    has_announced: bool,
    /// The task that was started just before this wake-up, and the signals that the terminal had sent to the process
    /// group before it was a member.
    last_spawned: Option<(TaskId, SignalSet)>,
    /// The processes that had left the process group when the signals of this wake-up came.
    outside_group: Vec<Pid>,
    /// How often Ctrl-C was typed.
    interrupts: u8,
    /// The deadline of a stop that is over.
    limit: Option<Tick>,
    actions: VecDeque<Action>,
}

impl Machine {
    /// A run that has not begun. The first empty `Woke` begins it; `deadline` asks for that at once.
    #[must_use]
    pub fn new(setup: Vec<Task>, processes: Vec<Task>, config: Config) -> Self {
        let setup_count = setup.len();
        let tasks: Vec<Task> = setup.into_iter().chain(processes).collect();
        Self {
            stop_order: shutdown::stop_order(&tasks),
            tasks,
            setup: setup_count,
            config,
            phase: Phase::Setup(0),
            has_announced: false,
            last_spawned: None,
            outside_group: Vec::new(),
            interrupts: 0,
            limit: None,
            actions: VecDeque::new(),
        }
    }

    /// When the machine has to be woken even if nothing happens. `Tick::ZERO` is at once: that is how signals that
    /// arrive between two starts are seen between them.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        let due = match &self.phase {
            Phase::Setup(next) => match self.tasks[..self.setup].get(*next) {
                Some(task) => match task.state {
                    TaskState::Starting | TaskState::Running(_) => None,
                    TaskState::Checking if task.waits.have_succeeded() => Some(Tick::ZERO),
                    TaskState::Checking => task.waits.deadline(),
                    TaskState::BackingOff(until) => Some(dependencies::restart_due(task, until)),
                    TaskState::Waiting
                    | TaskState::Ended(_)
                    | TaskState::GivenUp(_)
                    | TaskState::NotStarted
                    | TaskState::Skipped => Some(Tick::ZERO),
                },
                None => Some(Tick::ZERO),
            },
            Phase::Running => self.next_due(),
            Phase::LookingUp | Phase::Finished => None,
            Phase::Stopping(stop) => self.stop_deadline(stop),
        };
        due.into_iter().chain(self.start_deadline()).min()
    }

    /// Whether the processes are being started, or all have been.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running)
    }

    /// Whether a stop has begun.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        matches!(self.phase, Phase::Stopping(_) | Phase::Finished)
    }

    /// Whether the processes run, and nothing has to be remembered for the next wake-up.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.is_running()
            && self.last_spawned.is_none()
            && self.tasks.iter().all(|task| task.leftovers.is_none())
    }

    /// Whether this is the process of a command.
    #[must_use]
    pub fn is_watching(&self, pid: Pid) -> bool {
        self.tasks.iter().any(|task| task.is_at(pid))
    }

    /// The processes of commands that are running, in the order of the line.
    pub fn running_pids(&self) -> impl Iterator<Item = Pid> {
        self.tasks.iter().filter_map(Task::running)
    }

    /// The pid that each command had when it ran last, in the order of the line.
    pub fn last_pids(&self) -> impl Iterator<Item = Pid> {
        self.tasks.iter().filter_map(Task::last_pid)
    }

    /// Whether SIGKILL was sent to this process of a command.
    #[must_use]
    pub fn has_killed(&self, pid: Pid) -> bool {
        self.tasks.iter().any(|task| task.is_at(pid) && task.killed_at().is_some())
    }

    /// The deadline of a run that is over: its output may wait for a reader until then.
    #[must_use]
    pub fn limit(&self) -> Option<Tick> {
        self.limit
    }

    /// Whether a second Ctrl-C has asked for the end at once.
    #[must_use]
    pub fn is_interrupted_twice(&self) -> bool {
        self.interrupts >= 2
    }

    /// Takes the next action, in the order in which they were given.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Handles an event and queues the actions that follow from it.
    pub fn handle(&mut self, now: Tick, event: Event<'_>) {
        match event {
            Event::Woke(wake) => self.woke(now, wake),
            Event::Spawned(id, pid, missed) => self.spawned(now, id, pid, missed),
            Event::SpawnFailed(id, status) => self.spawn_failed(now, id, status),
            Event::CreatesChecked(id, path) => self.creates_checked(now, id, path),
            Event::Probed(id, result) => self.probed(now, id, result),
            Event::LeftoversSeen(id, leftovers) => self.leftovers_seen(now, id, leftovers),
            Event::ProgramsLookedUp(result) => self.programs_looked_up(now, result),
            Event::ReaderGone(stream) => self.stop(now, Cause::ReaderGone(stream)),
        }
    }

    fn push(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    fn report(&mut self, notice: Notice) {
        self.push(Action::Report(notice));
    }

    fn spawned(&mut self, now: Tick, id: TaskId, pid: Pid, missed: SignalSet) {
        self.tasks[id.0].record_start(now, pid);
        self.last_spawned = Some((id, missed));
        self.report(Notice::Started(id, pid));
        match self.phase {
            Phase::Setup(_) | Phase::LookingUp | Phase::Finished => {}
            Phase::Running => self.announce_if_ready(),
            Phase::Stopping(_) => self.spawned_during_stop(now, id),
        }
    }

    fn spawn_failed(&mut self, now: Tick, id: TaskId, status: u8) {
        let task = &mut self.tasks[id.0];
        task.state = TaskState::NotStarted;
        match (&self.phase, task.restart_after_failed_start()) {
            (Phase::Setup(_) | Phase::Running, Some(attempt)) => {
                task.back_off(now, attempt);
                self.report(Notice::RestartFailed(id, attempt));
            }
            (
                Phase::Setup(_) | Phase::LookingUp | Phase::Running | Phase::Stopping(_) | Phase::Finished,
                _,
            ) => self.stop(now, Cause::CouldNotStart(id, status)),
        }
    }

    fn programs_looked_up(&mut self, now: Tick, result: Result<(), u8>) {
        match (&self.phase, result) {
            (Phase::LookingUp, Ok(())) => self.phase = Phase::Running,
            (Phase::LookingUp, Err(status)) => self.stop(now, Cause::ProgramMissing(status)),
            (Phase::Setup(_) | Phase::Running | Phase::Stopping(_) | Phase::Finished, Ok(()) | Err(_)) => {}
        }
    }

    fn woke(&mut self, now: Tick, wake: &Wake) {
        let died = self.record_exits(wake);
        self.outside_group.clone_from(&wake.outside_group);
        // Deaths count before signals seen in the same wake-up (contract, 4.5), except for a stop signal from the
        // terminal: the processes had it no later than monofy, so what died with it died of it.
        let from_terminal = wake
            .signals
            .iter()
            .find(|received| self.begins_stop(received.signal) && self.has_reached_group(**received));
        if let Some(received) = from_terminal {
            for id in &died {
                self.tasks[id.0].sent.insert(received.signal);
                self.report_exit(*id);
            }
        } else {
            self.handle_exits(now, &died);
        }
        for received in &wake.signals {
            self.signalled(now, *received);
        }
        self.last_spawned = None;
        self.advance(now, wake);
    }

    /// Records which commands ended, so that no signal is sent to a pid that was reaped, and returns them in the order
    /// of the line.
    fn record_exits(&mut self, wake: &Wake) -> Vec<TaskId> {
        let mut died = Vec::new();
        for (pid, death) in &wake.deaths {
            if let Some(index) = self.tasks.iter().position(|task| task.is_at(*pid)) {
                self.tasks[index].record_exit(*death);
                died.push(TaskId(index));
            } else {
                self.report(Notice::Reaped(*pid, *death));
            }
        }
        if wake.children == Children::None {
            // There is no child, so what seems to run was reaped by somebody else. To wait for it would be to wait for
            // ever.
            for (index, task) in self.tasks.iter_mut().enumerate() {
                if matches!(task.state, TaskState::Running(_) | TaskState::GivenUp(_)) {
                    task.record_exit(ExitReason::Lost);
                    died.push(TaskId(index));
                }
            }
        }
        died.sort_unstable();
        died
    }

    fn report_exit(&mut self, id: TaskId) {
        let task = &self.tasks[id.0];
        if let TaskState::Ended(death) = task.state {
            let notice = match death {
                ExitReason::Killed(signal) if task.sent.contains(signal) => Notice::EndedBySignal(id, signal),
                ExitReason::Exited(_)
                | ExitReason::Killed(_)
                | ExitReason::Explained(..)
                | ExitReason::Lost => Notice::Ended(id, death),
            };
            self.report(notice);
            self.end_probe(id);
        }
    }

    fn end_probe(&mut self, id: TaskId) {
        let task = &mut self.tasks[id.0];
        task.readiness = Readiness::Unknown;
        if task.has_check() {
            self.push(Action::EndProbe(CheckId::ready(id)));
        }
    }

    /// Decides what the exits of commands mean for the run.
    fn handle_exits(&mut self, now: Tick, died: &[TaskId]) {
        let fate = |id: &TaskId| (*id, self.fate(now, *id));
        let died: Vec<(TaskId, Fate)> = died.iter().map(fate).collect();
        // If one of them ends the run, none is restarted.
        let ending = died.iter().find(|(_, fate)| *fate == Fate::EndsRun).map(|(id, _)| *id);
        let was_awaited = ending.is_some_and(|id| self.tasks[id.0].readiness.is_awaited());
        for (id, fate) in died {
            match fate {
                Fate::Restarts(attempt) if ending.is_none() => self.restart_later(now, id, attempt),
                Fate::Restarts(_) | Fate::EndsRun | Fate::EndsNothing => self.report_exit(id),
            }
        }
        if let Some(id) = ending
            && let TaskState::Ended(death) = self.tasks[id.0].state
        {
            match self.phase {
                Phase::Setup(_) => self.stop(now, Cause::SetupFailed(id, death)),
                Phase::LookingUp | Phase::Running if was_awaited => {
                    self.stop(now, Cause::ExitBeforeReady(id, death));
                }
                Phase::LookingUp | Phase::Running => self.stop(now, Cause::FirstExit(id, death)),
                Phase::Stopping(_) | Phase::Finished => {}
            }
        }
        // The last process that others waited for may have been a `--once` one.
        self.announce_if_ready();
    }

    /// What the exit of this command means for the run.
    fn fate(&mut self, now: Tick, id: TaskId) -> Fate {
        let task = &self.tasks[id.0];
        let TaskState::Ended(death) = task.state else { return Fate::EndsNothing };
        match &mut self.phase {
            Phase::Stopping(_) | Phase::Finished => Fate::EndsNothing,
            Phase::Setup(next) if death == ExitReason::Exited(0) => {
                *next += 1;
                Fate::EndsNothing
            }
            Phase::LookingUp | Phase::Running if task.is_complete() => Fate::EndsNothing,
            Phase::Setup(_) | Phase::LookingUp | Phase::Running => {
                task.restart_after(now, death).map_or(Fate::EndsRun, Fate::Restarts)
            }
        }
    }

    /// Does what is due now that everything that has happened is recorded.
    fn advance(&mut self, now: Tick, wake: &Wake) {
        if matches!(self.phase, Phase::Setup(_) | Phase::Running) {
            self.advance_leftovers(now, wake);
        }
        if !(self.is_running() && self.is_complete()) {
            self.check_start_deadline(now);
        }
        match self.phase {
            Phase::Setup(next) if next < self.setup => self.advance_setup(now, TaskId(next)),
            Phase::Setup(_) => {
                self.phase = Phase::LookingUp;
                self.push(Action::LookUpPrograms);
            }
            Phase::Running if self.is_complete() => {
                self.stop(now, Cause::Complete);
                self.advance_stop(now, wake);
            }
            Phase::Running => self.advance_processes(now),
            Phase::LookingUp | Phase::Finished => {}
            Phase::Stopping(_) => self.advance_stop(now, wake),
        }
    }

    fn advance_setup(&mut self, now: Tick, id: TaskId) {
        self.advance_waits(now, id);
        let task = &self.tasks[id.0];
        let is_due = match task.state {
            TaskState::Waiting => true,
            TaskState::Checking => task.waits.have_succeeded(),
            TaskState::BackingOff(until) => now >= until && task.leftovers.is_none(),
            TaskState::Starting
            | TaskState::Running(_)
            | TaskState::Ended(_)
            | TaskState::GivenUp(_)
            | TaskState::NotStarted
            | TaskState::Skipped => false,
        };
        if is_due {
            self.start(now, id);
        }
    }

    fn status(&self, cause: Cause) -> u8 {
        match cause {
            Cause::SetupFailed(_, death) | Cause::FirstExit(_, death) | Cause::ExitBeforeReady(_, death) => {
                death.status()
            }
            Cause::CouldNotStart(_, status) | Cause::ProgramMissing(status) => status,
            Cause::Complete => 0,
            Cause::StartTimeout => exit::START_TIMEOUT,
            Cause::ReaderGone(_) => exit::READER_GONE,
            Cause::Outside(_) => exit::after_outside_stop(self.tasks.iter().filter_map(Task::stop_outcome)),
        }
    }

    fn running(&self) -> Vec<TaskId> {
        task::running(&self.tasks)
    }
}

/// What the exit of a command means for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    EndsRun,
    EndsNothing,
    Restarts(RestartAttempt),
}
