//! The supervisor as a pure machine: events in, actions out, time as an argument.
//!
//! ```text
//! Setup ──> LookingUp ──> Running ──> Stopping ──> Finished
//!   └───────────┴────────────────────────^
//! ```
//!
//! It starts nothing, waits for nothing and knows no clock, so that any order of events can be tested as
//! data. See ARCHITECTURE.md for the races that were considered.

pub(crate) mod action;
pub(crate) mod config;
pub(crate) mod dependencies;
pub(crate) mod event;
pub(crate) mod notice;
pub(crate) mod readiness;
pub(crate) mod restart;
pub(crate) mod shutdown;
pub(crate) mod signals;
pub(crate) mod task;

use crate::exit::{self, ExitReason};
use crate::plan::TaskId;
use crate::signal::SignalSet;
use crate::supervisor::machine::action::Action;
use crate::supervisor::machine::config::Config;
use crate::supervisor::machine::event::{Children, Event, Tick, Wake};
use crate::supervisor::machine::notice::{Cause, Notice};
use crate::supervisor::machine::readiness::Readiness;
use crate::supervisor::machine::restart::RestartAttempt;
use crate::supervisor::machine::shutdown::Stop;
use crate::supervisor::machine::task::{State, Task};
use crate::sys::process::Pid;
use crate::sys::spawn::Grouping;

#[derive(Clone, Debug)]
pub(in crate::supervisor) enum Phase {
    /// Running the setup commands, this one next or now.
    Setup(usize),
    /// Waiting to hear whether every PROGRAM is there.
    LookingUp,
    /// The processes run, those that need not wait for others, or for a moment of their own.
    Running,
    /// The run is ending.
    Stopping(Stop),
    /// The run is over.
    Finished,
}

/// The state of a run.
#[derive(Clone, Debug)]
pub struct Machine {
    pub(in crate::supervisor) tasks: Vec<Task>,
    pub(in crate::supervisor) setup: usize,
    pub(in crate::supervisor) rules: Config,
    pub(in crate::supervisor) phase: Phase,
    pub(in crate::supervisor) has_announced: bool,
    /// What was started just before this wake-up, and the signals that the terminal had sent to the group before
    /// it was a part of it.
    pub(in crate::supervisor) last_spawned: Option<(TaskId, SignalSet)>,
    pub(in crate::supervisor) interrupts: [u8; 2],
    /// When the stop had to be over.
    limit: Option<Tick>,
}

impl Machine {
    /// A run that has not begun. The first empty `Woke` begins it; `deadline` asks for that at once.
    #[must_use]
    pub fn new(setup: Vec<Task>, processes: Vec<Task>, rules: Config) -> Self {
        let setup_count = setup.len();
        let tasks = setup.into_iter().chain(processes).collect();
        Self {
            tasks,
            setup: setup_count,
            rules,
            phase: Phase::Setup(0),
            has_announced: false,
            last_spawned: None,
            interrupts: [0; 2],
            limit: None,
        }
    }

    /// When the machine wants to be woken though nothing else may have happened. `Tick::ZERO` is at once: that
    /// is how signals that arrive between two starts are seen between them.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        match &self.phase {
            Phase::Setup(next) => match self.tasks[..self.setup].get(*next).map(|task| task.state) {
                Some(State::Starting | State::Running(_)) => None,
                Some(
                    State::Waiting
                    | State::BackingOff(_)
                    | State::Ended(_)
                    | State::GivenUp(_)
                    | State::NotStarted,
                )
                | None => Some(Tick::ZERO),
            },
            Phase::Running => self.next_due(),
            Phase::LookingUp | Phase::Finished => None,
            Phase::Stopping(stop) => stop.deadline(&self.tasks),
        }
    }

    /// Whether the processes are being started, or all are.
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
        self.is_running() && self.last_spawned.is_none()
    }

    /// Whether this is the process of a command.
    #[must_use]
    pub fn is_watching(&self, pid: Pid) -> bool {
        self.tasks.iter().any(|task| task.is_at(pid))
    }

    /// Whether SIGKILL was sent to this process of a command.
    #[must_use]
    pub fn has_killed(&self, pid: Pid) -> bool {
        self.tasks.iter().any(|task| task.is_at(pid) && task.killed_at().is_some())
    }

    /// When a run that is over had to be over: what it has written may wait for its reader until then.
    #[must_use]
    pub fn limit(&self) -> Option<Tick> {
        self.limit
    }

    /// Whether a second Ctrl-C has asked for the end at once.
    #[must_use]
    pub fn is_interrupted_twice(&self) -> bool {
        self.interrupts.iter().any(|count| *count >= 2)
    }

    /// Takes in what happened and says what to do about it.
    pub fn handle(&mut self, now: Tick, event: Event<'_>, actions: &mut Vec<Action>) {
        match event {
            Event::Woke(wake) => self.woke(now, wake, actions),
            Event::Spawned(id, pid, missed) => self.spawned(now, id, pid, missed, actions),
            Event::SpawnFailed(id, status) => self.start_failed(now, id, status, actions),
            Event::Checked(id, answer) => self.checked(now, id, answer, actions),
            Event::ProgramsLookedUp(result) => self.looked_up(now, result, actions),
            Event::ReaderGone(stream) => self.stop(now, Cause::ReaderGone(stream), actions),
        }
    }

    fn spawned(&mut self, now: Tick, id: TaskId, pid: Pid, missed: SignalSet, actions: &mut Vec<Action>) {
        self.tasks[id.0].note_start(now, pid);
        self.last_spawned = Some((id, missed));
        actions.push(Action::Tell(Notice::Started(id, pid)));
        match &mut self.phase {
            Phase::Setup(_) | Phase::LookingUp | Phase::Finished => {}
            Phase::Running => self.announce_if_ready(actions),
            // A start that was under way when the stop began: it is stopped like the others.
            Phase::Stopping(stop) => {
                let asked = stop.asked();
                self.end_check(id, actions);
                self.ask(id, asked, actions);
            }
        }
    }

    fn start_failed(&mut self, now: Tick, id: TaskId, status: u8, actions: &mut Vec<Action>) {
        let task = &mut self.tasks[id.0];
        task.state = State::NotStarted;
        match (&self.phase, task.again_after_failed_start()) {
            (Phase::Running, Some(again)) => {
                task.back_off(now, again);
                actions.push(Action::Tell(Notice::TriesAgain(id, again)));
            }
            (
                Phase::Setup(_) | Phase::LookingUp | Phase::Running | Phase::Stopping(_) | Phase::Finished,
                _,
            ) => {
                self.stop(now, Cause::CouldNotStart(id, status), actions);
            }
        }
    }

    fn looked_up(&mut self, now: Tick, result: Result<(), u8>, actions: &mut Vec<Action>) {
        match (&self.phase, result) {
            (Phase::LookingUp, Ok(())) => self.phase = Phase::Running,
            (Phase::LookingUp, Err(status)) => self.stop(now, Cause::ProgramMissing(status), actions),
            (Phase::Setup(_) | Phase::Running | Phase::Stopping(_) | Phase::Finished, Ok(()) | Err(_)) => {}
        }
    }

    fn woke(&mut self, now: Tick, wake: &Wake, actions: &mut Vec<Action>) {
        let died = self.record_exits(wake, actions);
        // Deaths count before signals seen in the same wake-up (contract, 4.5), but for a stop signal from the
        // terminal: that reached the processes no later than us, so what died with it died of it.
        let from_terminal = wake
            .signals
            .iter()
            .find(|received| received.signal.asks_for_stop() && self.has_reached_processes(**received));
        if let Some(received) = from_terminal {
            for id in &died {
                self.tasks[id.0].sent.insert(received.signal);
                self.tell_end(*id, actions);
            }
        } else {
            self.handle_exits(now, &died, actions);
        }
        for received in &wake.signals {
            self.signalled(now, *received, actions);
        }
        self.last_spawned = None;
        self.advance(now, wake, actions);
    }

    /// Notes who ended, so that nothing is sent to a pid that was reaped. Returns the commands among them in the
    /// order of the line.
    fn record_exits(&mut self, wake: &Wake, actions: &mut Vec<Action>) -> Vec<TaskId> {
        let mut died = Vec::new();
        for (pid, death) in &wake.deaths {
            if let Some(index) = self.tasks.iter().position(|task| task.is_at(*pid)) {
                self.tasks[index].note_end(*death);
                died.push(TaskId(index));
            } else {
                actions.push(Action::Tell(Notice::Reaped(*pid, *death)));
            }
        }
        if wake.children == Children::None {
            // Nobody is left, so whoever we think is running was reaped behind our back. To wait for it would
            // be to wait for ever.
            for (index, task) in self.tasks.iter_mut().enumerate() {
                if matches!(task.state, State::Running(_) | State::GivenUp(_)) {
                    task.note_end(ExitReason::Lost);
                    died.push(TaskId(index));
                }
            }
        }
        died.sort_unstable();
        died
    }

    fn tell_end(&mut self, id: TaskId, actions: &mut Vec<Action>) {
        if let State::Ended(death) = self.tasks[id.0].state {
            actions.push(Action::Tell(Notice::Ended(id, death)));
            self.end_check(id, actions);
        }
    }

    pub(in crate::supervisor) fn end_check(&mut self, id: TaskId, actions: &mut Vec<Action>) {
        let task = &mut self.tasks[id.0];
        task.readiness = Readiness::Unknown;
        if task.has_check() {
            actions.push(Action::EndCheck(id));
        }
    }

    /// What the deaths of commands mean for the run.
    fn handle_exits(&mut self, now: Tick, died: &[TaskId], actions: &mut Vec<Action>) {
        let again = |id: &TaskId| (*id, self.again(now, *id));
        let died: Vec<(TaskId, Option<RestartAttempt>)> = died.iter().map(again).collect();
        // Where one of them ends the run, nothing is started again.
        let last = died.iter().find(|(_, again)| again.is_none()).map(|(id, _)| *id);
        let was_awaited = last.is_some_and(|id| self.tasks[id.0].readiness.is_awaited());
        for (id, again) in died {
            match again {
                Some(again) if last.is_none() => self.start_later(now, id, again, actions),
                Some(_) | None => self.tell_end(id, actions),
            }
        }
        let Some(last) = last else { return };
        let State::Ended(death) = self.tasks[last.0].state else { return };
        match &mut self.phase {
            Phase::Setup(next) if death == ExitReason::Exited(0) => *next += 1,
            Phase::Setup(_) => self.stop(now, Cause::SetupFailed(last, death), actions),
            Phase::LookingUp | Phase::Running if was_awaited => {
                self.stop(now, Cause::ExitBeforeReady(last, death), actions);
            }
            Phase::LookingUp | Phase::Running => self.stop(now, Cause::FirstExit(last, death), actions),
            Phase::Stopping(_) | Phase::Finished => {}
        }
    }

    /// The restart that follows a death, if one does: only of a process, and only while nothing ends.
    fn again(&self, now: Tick, id: TaskId) -> Option<RestartAttempt> {
        match (&self.phase, self.tasks[id.0].state) {
            (Phase::Running, State::Ended(death)) => self.tasks[id.0].again_after(now, death),
            _ => None,
        }
    }

    fn start_later(&mut self, now: Tick, id: TaskId, again: RestartAttempt, actions: &mut Vec<Action>) {
        let task = &mut self.tasks[id.0];
        let State::Ended(death) = task.state else { return };
        task.back_off(now, again);
        actions.push(Action::Tell(Notice::StartsAgain(id, death, again)));
        // In a terminal all share one group, so what one has left behind cannot be told from the rest.
        if let (Grouping::Own, Some(former)) = (self.rules.seat.grouping, task.former()) {
            actions.push(Action::AskLeftBehind(id, former));
        }
        self.end_check(id, actions);
    }

    /// What is to be done now that everything that happened has been taken in.
    fn advance(&mut self, now: Tick, wake: &Wake, actions: &mut Vec<Action>) {
        match &mut self.phase {
            Phase::Setup(next) if *next < self.setup => {
                let next = *next;
                self.start(next, actions);
            }
            Phase::Setup(_) => {
                self.phase = Phase::LookingUp;
                actions.push(Action::LookUpPrograms);
            }
            Phase::Running => self.go_on_running(now, actions),
            Phase::LookingUp | Phase::Finished => {}
            Phase::Stopping(stop) => {
                if stop.advance(now, wake, &mut self.tasks, actions) {
                    self.limit = stop.limit();
                    let cause = stop.cause();
                    let status = self.status(cause);
                    self.phase = Phase::Finished;
                    actions.push(Action::Tell(Notice::Finished(cause, status)));
                    actions.push(Action::Finish(status));
                }
            }
        }
    }

    fn start(&mut self, index: usize, actions: &mut Vec<Action>) {
        let task = &mut self.tasks[index];
        if task.state == State::Waiting {
            task.state = State::Starting;
            actions.push(Action::Spawn(TaskId(index)));
        }
    }

    fn status(&self, cause: Cause) -> u8 {
        match cause {
            Cause::SetupFailed(_, death) | Cause::FirstExit(_, death) | Cause::ExitBeforeReady(_, death) => {
                death.status()
            }
            Cause::CouldNotStart(_, status) | Cause::ProgramMissing(status) => status,
            Cause::ReaderGone(_) => exit::READER_GONE,
            Cause::Outside(_) => exit::after_outside_stop(self.tasks.iter().filter_map(Task::ending)),
        }
    }

    pub(in crate::supervisor) fn running(&self) -> Vec<TaskId> {
        task::running(&self.tasks)
    }
}
