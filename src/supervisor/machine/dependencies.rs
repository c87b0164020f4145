//! In which order processes start, and what is due while they run (contract, 4.7).
//!
//! A process is started once those that it comes after are ready, the first time as any later time. Of several that
//! may be started, the first in the order of the line is, and the signals are looked at before the next.

use crate::plan::TaskId;
use crate::supervisor::machine::action::{Action, Announcement};
use crate::supervisor::machine::event::Tick;
use crate::supervisor::machine::notice::Notice;
use crate::supervisor::machine::readiness::{ProbeResult, Readiness};
use crate::supervisor::machine::task::{State, Task};
use crate::supervisor::machine::{Machine, Phase};

impl Machine {
    /// When something is due while the processes run. What may be started is started at once, and what may not be is
    /// told of at once.
    pub(in crate::supervisor) fn next_due(&self) -> Option<Tick> {
        self.tasks.iter().filter_map(|task| self.due(task)).min()
    }

    fn due(&self, task: &Task) -> Option<Tick> {
        match task.state {
            State::Waiting if self.may_start(task) || !task.is_known_to_wait => Some(Tick::ZERO),
            State::BackingOff(until) if self.may_start(task) || !task.is_known_to_wait => Some(until),
            State::Running(_) => task.readiness.deadline(),
            State::Waiting
            | State::BackingOff(_)
            | State::Starting
            | State::Ended(_)
            | State::GivenUp(_)
            | State::NotStarted => None,
        }
    }

    fn may_start(&self, task: &Task) -> bool {
        task.after.iter().all(|id| self.tasks[id.0].is_ready())
    }

    /// Starts what may be started, asks who is to be asked, and tells who has to wait.
    pub(in crate::supervisor) fn go_on_running(&mut self, now: Tick, actions: &mut Vec<Action>) {
        self.go_on_checking(now, actions);
        let is_due = |task: &Task| match task.state {
            State::Waiting => self.may_start(task),
            State::BackingOff(until) => now >= until && self.may_start(task),
            State::Starting | State::Running(_) | State::Ended(_) | State::GivenUp(_) | State::NotStarted => {
                false
            }
        };
        match self.tasks.iter().position(is_due) {
            Some(index) => self.start_process(TaskId(index), actions),
            None => self.tell_who_waits(now, actions),
        }
    }

    fn start_process(&mut self, id: TaskId, actions: &mut Vec<Action>) {
        let is_taken = |pid| self.tasks.iter().any(|task| task.running() == Some(pid));
        let task = &self.tasks[id.0];
        // Its pid may be that of another process of ours by now, whose group is none of its.
        if let (State::BackingOff(_), Some(former)) = (task.state, task.former())
            && !is_taken(former)
        {
            actions.push(Action::KillLeftBehind(former));
        }
        self.tasks[id.0].state = State::Starting;
        actions.push(Action::Spawn(id));
    }

    fn go_on_checking(&mut self, now: Tick, actions: &mut Vec<Action>) {
        for index in 0..self.tasks.len() {
            let id = TaskId(index);
            if let Some(since) = self.tasks[index].readiness.advance(now, id, actions) {
                actions.push(Action::Tell(Notice::NotReady(id, since, self.waiting_for(id))));
            }
        }
    }

    /// Who is not started because of this one.
    fn waiting_for(&self, id: TaskId) -> Vec<TaskId> {
        let waits = |task: &Task| {
            matches!(task.state, State::Waiting | State::BackingOff(_)) && task.after.contains(&id)
        };
        let waiting = |(index, task)| if waits(task) { Some(TaskId(index)) } else { None };
        self.tasks.iter().enumerate().filter_map(waiting).collect()
    }

    fn tell_who_waits(&mut self, now: Tick, actions: &mut Vec<Action>) {
        for index in 0..self.tasks.len() {
            let task = &self.tasks[index];
            let waits = match task.state {
                State::Waiting => true,
                State::BackingOff(until) => now >= until,
                State::Starting
                | State::Running(_)
                | State::Ended(_)
                | State::GivenUp(_)
                | State::NotStarted => false,
            };
            if waits && !task.is_known_to_wait {
                let others = task.after.iter().copied().filter(|id| !self.tasks[id.0].is_ready()).collect();
                actions.push(Action::Tell(Notice::WaitsFor(TaskId(index), others)));
                self.tasks[index].is_known_to_wait = true;
            }
        }
    }

    /// What a check has found out; of a process that runs, and while nothing ends.
    pub(in crate::supervisor) fn checked(
        &mut self,
        now: Tick,
        id: TaskId,
        answer: ProbeResult,
        actions: &mut Vec<Action>,
    ) {
        let is_running = matches!(self.phase, Phase::Running) && self.tasks[id.0].running().is_some();
        let readiness = &mut self.tasks[id.0].readiness;
        match answer {
            ProbeResult::Ready if is_running && readiness.is_awaited() => {
                *readiness = Readiness::Ready;
                actions.push(Action::Tell(Notice::Ready(id)));
                self.announce_if_ready(actions);
            }
            ProbeResult::NotYet if is_running => readiness.ask_later(now),
            ProbeResult::Ready | ProbeResult::NotYet => {}
        }
    }

    /// Says once that all processes are ready, when they are so at the same time.
    pub(in crate::supervisor) fn announce_if_ready(&mut self, actions: &mut Vec<Action>) {
        if !self.has_announced && self.tasks[self.setup..].iter().rev().all(Task::is_ready) {
            self.has_announced = true;
            actions.push(Action::Announce(Announcement::Ready));
        }
    }
}
