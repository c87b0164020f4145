//! The supervisor as a pure machine: events in, actions out, time as an argument.
//!
//! ```text
//! Setup ──> LookingUp ──> Starting ──> Running ──> Stopping ──> Finished
//!   └───────────┴────────────┴──────────────────────^
//! ```
//!
//! It starts nothing, waits for nothing and knows no clock, so that any order of events can be tested as
//! data. See ARCHITECTURE.md for the races that were considered.

use super::action::Action;
use super::event::{Children, Event, Tick, Wake};
use super::notice::{Cause, Notice};
use super::stop::Stop;
use super::task::{self, State, Task, TaskId};
use crate::exit::{self, Death};
use crate::plan::Limit;
use crate::signal::{SignalNumber, SignalSet};
use crate::sys::process::Pid;
use crate::sys::signals::{Origin, Received};
use crate::sys::spawn::Grouping;

/// How long the stop as a whole may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grace {
    /// Not said: 10 s for a stop of our own, no limit where something outside asked, which enforces its own.
    ByCause,
    /// As the user says.
    Fixed(Limit),
}

/// Where monofy sits: what reaches the processes without it.
#[derive(Clone, Copy, Debug)]
pub struct Seat {
    /// Whether the processes share monofy's process group, which a terminal signals as a whole.
    pub grouping: Grouping,
    /// Whether monofy leads its session: a hang-up is then told to it alone.
    pub leads_session: bool,
}

/// What holds for the whole run.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How long a stop may take.
    pub grace: Grace,
    /// Where monofy sits.
    pub seat: Seat,
}

#[derive(Clone, Debug)]
enum Phase {
    /// Running the setup commands, this one next or now.
    Setup(usize),
    /// Waiting to hear whether every PROGRAM is there.
    LookingUp,
    /// Starting the processes, this one next or now.
    Starting(usize),
    /// All are started.
    Running,
    /// The run is ending.
    Stopping(Stop),
    /// The run is over.
    Finished,
}

/// The state of a run.
#[derive(Clone, Debug)]
pub struct Machine {
    tasks: Vec<Task>,
    setup: usize,
    rules: Rules,
    phase: Phase,
    /// What was started just before this wake-up, and the signals that the terminal had sent to the group before
    /// it was a part of it.
    fresh: Option<(TaskId, SignalSet)>,
    interrupts: [u8; 2],
    /// When the stop had to be over.
    limit: Option<Tick>,
}

impl Machine {
    /// A run that has not begun. The first empty `Woke` begins it; `deadline` asks for that at once.
    #[must_use]
    pub fn new(setup: Vec<Task>, processes: Vec<Task>, rules: Rules) -> Self {
        let setup_count = setup.len();
        let tasks = setup.into_iter().chain(processes).collect();
        Self {
            tasks,
            setup: setup_count,
            rules,
            phase: Phase::Setup(0),
            fresh: None,
            interrupts: [0; 2],
            limit: None,
        }
    }

    /// When the machine wants to be woken though nothing else may have happened. `Tick::ZERO` is at once: that
    /// is how signals that arrive between two starts are seen between them.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        match &self.phase {
            Phase::Setup(next) | Phase::Starting(next) => {
                match self.tasks.get(*next).map(|task| task.state) {
                    Some(State::Starting | State::Running(_)) => None,
                    Some(State::Waiting | State::Ended(_) | State::GivenUp(_) | State::NotStarted) | None => {
                        Some(Tick::ZERO)
                    }
                }
            }
            Phase::LookingUp | Phase::Running | Phase::Finished => None,
            Phase::Stopping(stop) => stop.deadline(&self.tasks),
        }
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
            Event::Spawned(id, pid, missed) => self.spawned(id, pid, missed, actions),
            Event::SpawnFailed(id, status) => {
                self.tasks[id.0].state = State::NotStarted;
                self.stop(now, Cause::CouldNotStart(id, status), actions);
            }
            Event::ProgramsLookedUp(result) => self.looked_up(now, result, actions),
            Event::ReaderGone(stream) => self.stop(now, Cause::ReaderGone(stream), actions),
        }
    }

    fn spawned(&mut self, id: TaskId, pid: Pid, missed: SignalSet, actions: &mut Vec<Action>) {
        self.tasks[id.0].state = State::Running(pid);
        self.fresh = Some((id, missed));
        actions.push(Action::Tell(Notice::Started(id, pid)));
        match &mut self.phase {
            Phase::Setup(_) | Phase::LookingUp | Phase::Running | Phase::Finished => {}
            Phase::Starting(next) => *next += 1,
            // A start that was under way when the stop began: it is stopped like the others.
            Phase::Stopping(stop) => {
                let asked = stop.asked();
                self.ask(id, asked, actions);
            }
        }
    }

    fn looked_up(&mut self, now: Tick, result: Result<(), u8>, actions: &mut Vec<Action>) {
        match (&self.phase, result) {
            (Phase::LookingUp, Ok(())) => self.phase = Phase::Starting(self.setup),
            (Phase::LookingUp, Err(status)) => self.stop(now, Cause::ProgramMissing(status), actions),
            (
                Phase::Setup(_) | Phase::Starting(_) | Phase::Running | Phase::Stopping(_) | Phase::Finished,
                Ok(()) | Err(_),
            ) => {}
        }
    }

    fn woke(&mut self, now: Tick, wake: &Wake, actions: &mut Vec<Action>) {
        let died = self.bury(wake, actions);
        // Deaths count before signals seen in the same wake-up (contract, 4.5), but for a stop signal from the
        // terminal: that reached the processes no later than us, so what died with it died of it.
        let from_terminal = wake
            .signals
            .iter()
            .find(|received| received.signal.asks_for_stop() && self.has_reached_processes(**received));
        if let Some(received) = from_terminal {
            for id in &died {
                self.tasks[id.0].sent.insert(received.signal);
            }
        } else {
            self.conclude(now, &died, actions);
        }
        for received in &wake.signals {
            self.signalled(now, *received, actions);
        }
        self.fresh = None;
        self.go_on(now, wake, actions);
    }

    /// Notes who ended, so that nothing is sent to a pid that was reaped. Returns the commands among them in the
    /// order of the line.
    fn bury(&mut self, wake: &Wake, actions: &mut Vec<Action>) -> Vec<TaskId> {
        let mut died = Vec::new();
        for (pid, death) in &wake.deaths {
            if let Some(index) = self.tasks.iter().position(|task| task.is_at(*pid)) {
                self.tasks[index].state = State::Ended(*death);
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
                    task.state = State::Ended(Death::Lost);
                    died.push(TaskId(index));
                }
            }
        }
        died.sort_unstable();
        for id in &died {
            if let State::Ended(death) = self.tasks[id.0].state {
                actions.push(Action::Tell(Notice::Ended(*id, death)));
            }
        }
        died
    }

    /// What the deaths of commands mean for the run.
    fn conclude(&mut self, now: Tick, died: &[TaskId], actions: &mut Vec<Action>) {
        let Some(first) = died.first().copied() else { return };
        let State::Ended(death) = self.tasks[first.0].state else { return };
        match &mut self.phase {
            Phase::Setup(next) if death == Death::Exited(0) => *next += 1,
            Phase::Setup(_) => self.stop(now, Cause::SetupFailed(first, death), actions),
            Phase::LookingUp | Phase::Starting(_) | Phase::Running => {
                self.stop(now, Cause::FirstExit(first, death), actions);
            }
            Phase::Stopping(_) | Phase::Finished => {}
        }
    }

    /// Whether the terminal has sent this signal to the processes as well: it signals its foreground group, of
    /// which they are a part, except that a hang-up is told to the leader of the session alone.
    fn has_reached_processes(&self, received: Received) -> bool {
        let told_to_leader = self.rules.seat.leads_session
            && matches!(received.signal, SignalNumber::HUP | SignalNumber::CONT);
        received.origin == Origin::Terminal && self.rules.seat.grouping == Grouping::Shared && !told_to_leader
    }

    /// Whether a process was started too late for a signal to its group.
    fn has_missed(&self, id: TaskId, signal: SignalNumber) -> bool {
        self.fresh.is_some_and(|(fresh, missed)| fresh == id && missed.contains(signal))
    }

    fn signalled(&mut self, now: Tick, received: Received, actions: &mut Vec<Action>) {
        if received.signal.asks_for_stop() {
            self.asked_to_stop(now, received, actions);
        } else {
            self.pass_on(received, actions);
        }
        if received.origin == Origin::Terminal && received.signal.stops_job() {
            actions.push(Action::StopSelf(received.signal));
        }
    }

    fn asked_to_stop(&mut self, now: Tick, received: Received, actions: &mut Vec<Action>) {
        match &mut self.phase {
            Phase::Setup(_) | Phase::LookingUp | Phase::Starting(_) | Phase::Running => {
                self.stop_as(now, Cause::Outside(received.signal), received, actions);
            }
            Phase::Stopping(_) => {
                let running = self.running();
                for id in &running {
                    self.ask(*id, received, actions);
                }
                if !running.is_empty() {
                    actions.push(Action::Tell(Notice::PassedOn(received.signal, running)));
                }
            }
            Phase::Finished => {}
        }
        // Counted by where they come from: one Ctrl-C under a parent that passes it on arrives once from
        // each (concurrently #283) and is still one Ctrl-C.
        if received.signal == SignalNumber::INT {
            let count = &mut self.interrupts[usize::from(received.origin == Origin::Terminal)];
            *count = count.saturating_add(1);
            if let (2.., Phase::Stopping(stop)) = (*count, &mut self.phase) {
                stop.kill_all(now, &mut self.tasks, actions);
                actions.push(Action::Tell(Notice::KilledAtOnce));
            }
        }
    }

    /// Sends a signal that asks for no stop to each running process, once.
    fn pass_on(&mut self, received: Received, actions: &mut Vec<Action>) {
        let has_reached = self.has_reached_processes(received);
        let mut passed_on = Vec::new();
        for id in self.running() {
            let reached = has_reached && !self.has_missed(id, received.signal);
            let task = &mut self.tasks[id.0];
            task.sent.insert(received.signal);
            if let (false, Some(pid)) = (reached, task.running()) {
                actions.push(Action::Send(pid, received.signal));
                passed_on.push(id);
            }
        }
        if !passed_on.is_empty() {
            actions.push(Action::Tell(Notice::PassedOn(received.signal, passed_on)));
        }
    }

    /// Begins a stop of our own.
    fn stop(&mut self, now: Tick, cause: Cause, actions: &mut Vec<Action>) {
        self.stop_as(now, cause, Received { signal: SignalNumber::TERM, origin: Origin::Process }, actions);
    }

    fn stop_as(&mut self, now: Tick, cause: Cause, asked: Received, actions: &mut Vec<Action>) {
        if matches!(self.phase, Phase::Stopping(_) | Phase::Finished) {
            return;
        }
        let running = self.running();
        actions.push(Action::Tell(Notice::Stopping(running.clone(), cause)));
        self.phase = Phase::Stopping(Stop::new(now, cause, asked, self.rules.grace));
        for id in running {
            self.ask(id, asked, actions);
        }
    }

    /// Asks one process to stop: by its own stop signal if it has one, and lets it go on if it was stopped,
    /// since a stopped process hears nothing but SIGKILL.
    fn ask(&mut self, id: TaskId, asked: Received, actions: &mut Vec<Action>) {
        let reached = self.has_reached_processes(asked) && !self.has_missed(id, asked.signal);
        let task = &mut self.tasks[id.0];
        let Some(pid) = task.running() else { return };
        let signal = task.stop_signal(asked.signal);
        task.sent.insert(signal);
        if reached {
            task.sent.insert(asked.signal);
        }
        if !reached || signal != asked.signal {
            actions.push(Action::Send(pid, signal));
        }
        actions.push(Action::Send(pid, SignalNumber::CONT));
    }

    /// What is to be done now that everything that happened has been taken in.
    fn go_on(&mut self, now: Tick, wake: &Wake, actions: &mut Vec<Action>) {
        match &mut self.phase {
            Phase::Setup(next) if *next < self.setup => {
                let next = *next;
                self.start(next, actions);
            }
            Phase::Setup(_) => {
                self.phase = Phase::LookingUp;
                actions.push(Action::LookUpPrograms);
            }
            Phase::Starting(next) if *next < self.tasks.len() => {
                let next = *next;
                self.start(next, actions);
            }
            Phase::Starting(_) => self.phase = Phase::Running,
            Phase::LookingUp | Phase::Running | Phase::Finished => {}
            Phase::Stopping(stop) => {
                if stop.go_on(now, wake, &mut self.tasks, actions) {
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
            Cause::SetupFailed(_, death) | Cause::FirstExit(_, death) => death.status(),
            Cause::CouldNotStart(_, status) | Cause::ProgramMissing(status) => status,
            Cause::ReaderGone(_) => exit::READER_GONE,
            Cause::Outside(_) => exit::after_outside_stop(self.tasks.iter().filter_map(Task::ending)),
        }
    }

    fn running(&self) -> Vec<TaskId> {
        task::running(&self.tasks)
    }
}
