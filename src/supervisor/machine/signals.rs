//! Signals: passed on, or the beginning of a stop (contract, 4.3).

use crate::plan::TaskId;
use crate::signal::SignalNumber;
use crate::supervisor::machine::Machine;
use crate::supervisor::machine::action::Action;
use crate::supervisor::machine::notice::{Cause, Notice};
use crate::supervisor::machine::phase::Phase;
use crate::supervisor::machine::shutdown::StopRequest;
use crate::supervisor::machine::tick::Tick;
use crate::sys::signals::{Origin, Received};
use crate::sys::spawn::Grouping;

impl Machine {
    /// Whether the terminal has sent this signal to the processes as well: it signals its foreground process group,
    /// except that a hang-up goes to the leader of the session alone.
    pub(in crate::supervisor) fn has_reached_group(&self, received: Received) -> bool {
        let job_control = self.config.job_control;
        let is_for_leader =
            job_control.leads_session && matches!(received.signal, SignalNumber::HUP | SignalNumber::CONT);
        received.origin == Origin::Terminal && job_control.grouping == Grouping::Shared && !is_for_leader
    }

    /// Whether the terminal has sent this signal to this process as well. It has not if the process was started too
    /// late, or has left the process group.
    pub(in crate::supervisor) fn has_reached(&self, id: TaskId, received: Received) -> bool {
        let has_missed = self
            .last_spawned
            .is_some_and(|(last_spawned, missed)| last_spawned == id && missed.contains(received.signal));
        let has_left = self.tasks[id.0].running().is_some_and(|pid| self.outside_group.contains(&pid));
        self.has_reached_group(received) && !has_missed && !has_left
    }

    /// Whether this signal begins a stop: TERM, INT and QUIT do, unless inherited as ignored, and so does what a process
    /// has rewritten to one of them or to its stop signal.
    pub(in crate::supervisor) fn begins_stop(&self, signal: SignalNumber) -> bool {
        let is_ignored = signal != SignalNumber::TERM && self.config.ignored.contains(signal);
        (signal.asks_for_stop() && !is_ignored) || self.tasks.iter().any(|task| task.rewrites_to_stop(signal))
    }

    pub(in crate::supervisor) fn signalled(&mut self, now: Tick, received: Received) {
        if self.begins_stop(received.signal) {
            self.stop_requested(now, received);
        } else {
            self.pass_on(received);
        }
        if received.origin == Origin::Terminal && received.signal.stops_job() {
            self.push(Action::StopSelf(received.signal));
        }
    }

    fn stop_requested(&mut self, now: Tick, received: Received) {
        match self.phase {
            Phase::Setup(_) | Phase::LookingUp | Phase::Running => {
                // systemd sends it to all processes, so any of them may die of it before its turn or instead of its own
                // stop signal.
                self.tasks.iter_mut().for_each(|task| task.note_outside_signal(received.signal));
                self.begin_stop(now, Cause::Outside(received.signal), StopRequest::Received(received));
            }
            Phase::Stopping(mut stop) => {
                let was_expected = stop.record_request(received.signal, self.config.grace);
                self.phase = Phase::Stopping(stop);
                if was_expected {
                    // The sender sent it to all processes, and monofy has told them to stop, too.
                    self.tasks.iter_mut().for_each(|task| task.sent.insert(received.signal));
                } else {
                    self.repeat_request(now, received);
                }
            }
            Phase::Finished => {}
        }
        // Only the terminal's: a timeout(1) or a second `docker stop` sends INT again and means no more than the first.
        if received.signal == SignalNumber::INT && received.origin == Origin::Terminal {
            self.interrupts = self.interrupts.saturating_add(1);
            if self.interrupts >= 2 && matches!(self.phase, Phase::Stopping(_)) {
                self.kill_all(now);
                self.report(Notice::Interrupted);
            }
        }
    }

    /// Passes a further request on to the processes that were told to stop; the others wait for their turn, except
    /// for those that have heard it from the terminal.
    fn repeat_request(&mut self, now: Tick, received: Received) {
        let request = StopRequest::Received(received);
        let mut told = Vec::new();
        for id in self.running() {
            let waits = self.tasks[id.0].waits_for_its_turn();
            if !waits || self.hears_all_from_terminal(id, request) {
                self.tell_to_stop(now, id, request);
                told.push(id);
            }
        }
        if !told.is_empty() {
            self.report(Notice::PassedOn(received.signal, told));
        }
    }

    /// Sends a signal that begins no stop to each running process, once.
    fn pass_on(&mut self, received: Received) {
        let mut passed_on = Vec::new();
        for id in self.running() {
            let has_reached = self.has_reached(id, received);
            let task = &mut self.tasks[id.0];
            let Some(pid) = task.running() else { continue };
            if has_reached {
                task.sent.insert(received.signal);
            }
            let Some(signal) = task.rewrite(received.signal) else { continue };
            task.sent.insert(signal);
            if !has_reached || signal != received.signal {
                self.push(Action::Send(pid, signal));
                passed_on.push(id);
            }
        }
        if !passed_on.is_empty() {
            self.report(Notice::PassedOn(received.signal, passed_on));
        }
    }
}
