//! What signals mean: passed on, or the beginning of the end (contract, 4.3).

use crate::plan::TaskId;
use crate::signal::SignalNumber;
use crate::supervisor::machine::action::{Action, Announcement};
use crate::supervisor::machine::event::Tick;
use crate::supervisor::machine::notice::{Cause, Notice};
use crate::supervisor::machine::readiness::Readiness;
use crate::supervisor::machine::shutdown::Stop;
use crate::supervisor::machine::task::State;
use crate::supervisor::machine::{Machine, Phase};
use crate::sys::signals::{Origin, Received};
use crate::sys::spawn::Grouping;

impl Machine {
    /// Whether the terminal has sent this signal to the processes as well: it signals its foreground group, of
    /// which they are a part, except that a hang-up is told to the leader of the session alone.
    pub(in crate::supervisor) fn has_reached_processes(&self, received: Received) -> bool {
        let told_to_leader = self.rules.seat.leads_session
            && matches!(received.signal, SignalNumber::HUP | SignalNumber::CONT);
        received.origin == Origin::Terminal && self.rules.seat.grouping == Grouping::Shared && !told_to_leader
    }

    /// Whether a process was started too late for a signal to its group.
    fn has_missed(&self, id: TaskId, signal: SignalNumber) -> bool {
        self.last_spawned.is_some_and(|(last_spawned, missed)| last_spawned == id && missed.contains(signal))
    }

    pub(in crate::supervisor) fn signalled(
        &mut self,
        now: Tick,
        received: Received,
        actions: &mut Vec<Action>,
    ) {
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
            Phase::Setup(_) | Phase::LookingUp | Phase::Running => {
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
        for index in 0..self.tasks.len() {
            let id = TaskId(index);
            let reached = has_reached && !self.has_missed(id, received.signal);
            let task = &mut self.tasks[index];
            let Some(pid) = task.running() else { continue };
            task.sent.insert(received.signal);
            if !reached {
                actions.push(Action::Send(pid, received.signal));
                passed_on.push(id);
            }
        }
        if !passed_on.is_empty() {
            actions.push(Action::Tell(Notice::PassedOn(received.signal, passed_on)));
        }
    }

    /// Begins a stop of our own.
    pub(in crate::supervisor) fn stop(&mut self, now: Tick, cause: Cause, actions: &mut Vec<Action>) {
        self.stop_as(now, cause, Received { signal: SignalNumber::TERM, origin: Origin::Process }, actions);
    }

    pub(in crate::supervisor) fn stop_as(
        &mut self,
        now: Tick,
        cause: Cause,
        asked: Received,
        actions: &mut Vec<Action>,
    ) {
        if matches!(self.phase, Phase::Stopping(_) | Phase::Finished) {
            return;
        }
        let running = self.running();
        actions.push(Action::Tell(Notice::Stopping(running.clone(), cause)));
        actions.push(Action::Announce(Announcement::Stopping));
        self.phase = Phase::Stopping(Stop::new(now, cause, asked, self.rules.grace));
        self.give_up_waiting(actions);
        for id in running {
            self.ask(id, asked, actions);
        }
    }

    /// What was to come does not come any more: restarts, and answers to whether something is ready.
    fn give_up_waiting(&mut self, actions: &mut Vec<Action>) {
        for (index, task) in self.tasks.iter_mut().enumerate() {
            if let State::BackingOff(_) = task.state {
                task.state = State::NotStarted;
            }
            if task.readiness.is_awaited() {
                task.readiness = Readiness::Unknown;
                actions.push(Action::EndCheck(TaskId(index)));
            }
        }
    }

    /// Asks one process to stop: by its own stop signal if it has one, and lets it go on if it was stopped,
    /// since a stopped process hears nothing but SIGKILL.
    pub(in crate::supervisor) fn ask(&mut self, id: TaskId, asked: Received, actions: &mut Vec<Action>) {
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
}
