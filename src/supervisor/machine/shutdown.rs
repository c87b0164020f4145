//! The end of a run in four steps (contract, 4.4).
//!
//! 1. The processes are asked, they alone.
//! 2. When they are gone, every descendant is.
//! 3. At the deadline what is left is killed.
//! 4. The run is over as soon as nothing is left, and 2 s after a kill at the latest.

use std::time::Duration;

use crate::plan::TaskId;
use crate::plan::Timeout;
use crate::signal::SignalNumber;
use crate::supervisor::machine::action::Action;
use crate::supervisor::machine::config::Grace;
use crate::supervisor::machine::event::{Children, Tick, Wake};
use crate::supervisor::machine::notice::{Cause, Notice};
use crate::supervisor::machine::task::{Task, running};
use crate::sys::process::Pid;
use crate::sys::signals::Received;

/// How long a stop may take that monofy itself began, if the user does not say.
const DEFAULT_GRACE: Duration = Duration::from_secs(10);
/// How long what was killed has to go: SIGKILL does not end a process in the D state (circus #1023).
const AFTER_KILL: Duration = Duration::from_secs(2);
/// How often what is left is looked for again after a kill: a process may have forked between the look and
/// the kill, and its child is adopted without a signal to us.
const SWEEP: Duration = Duration::from_millis(100);
/// How soon descendants that were not there to be asked are looked for, and how seldom in the end: who was told to
/// stop may start something, and what a shell has forked and not yet executed takes a TERM as the shell would.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// After how long a stop without a limit says whom it waits for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The state of a stop.
#[derive(Clone, Debug)]
pub(in crate::supervisor) struct Stop {
    cause: Cause,
    asked: Received,
    began: Tick,
    limit: Option<Tick>,
    stage: StopPhase,
    has_told_who_is_there: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StopPhase {
    /// The processes were asked.
    Asked,
    /// Their descendants were asked, the processes being gone, and are looked for again after this pause.
    DescendantsAsked { looked: Tick, pause: Duration },
    /// The limit is over. What has no bound of its own was killed; others may still be there.
    Overdue,
    /// Everything was killed.
    Killing { since: Tick, swept: Tick },
}

impl Stop {
    pub(in crate::supervisor) fn new(now: Tick, cause: Cause, asked: Received, grace: Grace) -> Self {
        let bound = match (grace, cause) {
            (Grace::Fixed(bound), _) => bound,
            (Grace::ByCause, Cause::Outside(_)) => Timeout::Never,
            (Grace::ByCause, _) => Timeout::After(DEFAULT_GRACE),
        };
        Self {
            cause,
            asked,
            began: now,
            limit: at(now, bound),
            stage: StopPhase::Asked,
            has_told_who_is_there: false,
        }
    }

    pub(in crate::supervisor) fn cause(&self) -> Cause {
        self.cause
    }

    /// When it has to be over.
    pub(in crate::supervisor) fn limit(&self) -> Option<Tick> {
        self.limit
    }

    /// What asked for it, or would have: TERM for a stop of our own.
    pub(in crate::supervisor) fn asked(&self) -> Received {
        self.asked
    }

    /// When something is due though nothing may have happened.
    pub(in crate::supervisor) fn deadline(&self, tasks: &[Task]) -> Option<Tick> {
        let is_running = tasks.iter().any(|task| task.running().is_some());
        let whole = match self.stage {
            // Who else is left is not known before somebody looks.
            StopPhase::Asked | StopPhase::Overdue if !is_running => Some(Tick::ZERO),
            StopPhase::Asked => self.limit,
            StopPhase::DescendantsAsked { looked, pause } => {
                Some(self.limit.map_or(looked.plus(pause), |limit| limit.min(looked.plus(pause))))
            }
            StopPhase::Overdue => None,
            StopPhase::Killing { since, swept } => Some(swept.plus(SWEEP).min(since.plus(AFTER_KILL))),
        };
        let each =
            tasks.iter().filter(|task| task.running().is_some()).filter_map(|task| match task.killed_at() {
                Some(killed) => Some(killed.plus(AFTER_KILL)),
                None => at(self.began, task.bound()?),
            });
        let patience =
            (!self.has_told_who_is_there && self.limit.is_none()).then(|| self.began.plus(PATIENCE));
        each.chain(whole).chain(patience).min()
    }

    /// Does what is due. Returns whether the run is over.
    pub(in crate::supervisor) fn advance(
        &mut self,
        now: Tick,
        wake: &Wake,
        tasks: &mut [Task],
        actions: &mut Vec<Action>,
    ) -> bool {
        if wake.children == Children::None {
            return true;
        }
        self.kill_by_own_bounds(now, tasks, actions);
        self.give_up_on_the_undead(now, tasks, actions);
        if self.is_overdue(now) {
            self.kill_overdue(now, wake, tasks, actions);
        }
        let nobody_runs = tasks.iter().all(|task| task.running().is_none());
        match self.stage {
            StopPhase::Asked if nobody_runs && wake.children == Children::Left => {
                if tasks.iter().any(Task::is_given_up) {
                    self.kill_all(now, tasks, actions);
                } else {
                    self.stage = StopPhase::DescendantsAsked { looked: now, pause: LOOK_AGAIN.0 };
                    actions.push(Action::AskDescendants);
                }
            }
            StopPhase::DescendantsAsked { looked, pause }
                if now >= looked.plus(pause) || !wake.deaths.is_empty() =>
            {
                let is_due = now >= looked.plus(pause);
                let pause = if is_due { (pause * 2).min(LOOK_AGAIN.1) } else { pause };
                self.stage = StopPhase::DescendantsAsked { looked: now, pause };
                actions.push(Action::AskDescendants);
            }
            StopPhase::Overdue if nobody_runs => self.kill_all(now, tasks, actions),
            StopPhase::Killing { since, .. } if now >= since.plus(AFTER_KILL) => {
                actions.push(Action::Tell(Notice::WouldNotDie(now.since(since))));
                return true;
            }
            StopPhase::Killing { since, swept } if now >= swept.plus(SWEEP) || !wake.deaths.is_empty() => {
                actions.push(Action::KillDescendants { sparing: Vec::new() });
                self.stage = StopPhase::Killing { since, swept: now };
            }
            StopPhase::Asked
            | StopPhase::DescendantsAsked { .. }
            | StopPhase::Overdue
            | StopPhase::Killing { .. } => {}
        }
        self.tell_who_is_there(now, tasks, actions);
        false
    }

    fn is_overdue(&self, now: Tick) -> bool {
        let is_killing = matches!(self.stage, StopPhase::Killing { .. });
        !is_killing && self.limit.is_some_and(|limit| now >= limit)
    }

    /// A process with a stop timeout of its own is killed by that, with what is below it.
    fn kill_by_own_bounds(&self, now: Tick, tasks: &mut [Task], actions: &mut Vec<Action>) {
        let mut killed = Vec::new();
        for (index, task) in tasks.iter_mut().enumerate() {
            let is_due = task.bound().and_then(|bound| at(self.began, bound)).is_some_and(|due| now >= due);
            if let (true, None, Some(pid)) = (is_due, task.killed_at(), task.running()) {
                task.note_kill(now);
                actions.push(Action::KillTree(pid));
                killed.push(TaskId(index));
            }
        }
        self.tell_killed(now, killed, actions);
    }

    fn give_up_on_the_undead(&self, now: Tick, tasks: &mut [Task], actions: &mut Vec<Action>) {
        let mut any = false;
        for task in tasks.iter_mut().filter(|task| task.running().is_some()) {
            if task.killed_at().is_some_and(|killed| now >= killed.plus(AFTER_KILL)) {
                task.give_up();
                any = true;
            }
        }
        if any && !matches!(self.stage, StopPhase::Killing { .. }) {
            actions.push(Action::Tell(Notice::WouldNotDie(AFTER_KILL)));
        }
    }

    /// The one deadline of the whole stop is over. Who has a longer one of its own keeps it, with what is
    /// below it; all else is killed, adopted children of the killed included.
    fn kill_overdue(&mut self, now: Tick, wake: &Wake, tasks: &mut [Task], actions: &mut Vec<Action>) {
        let has_time_left = |task: &&Task| task.bound().is_some() && task.killed_at().is_none();
        let sparing: Vec<Pid> = tasks.iter().filter(has_time_left).filter_map(Task::running).collect();
        if sparing.is_empty() {
            self.kill_all(now, tasks, actions);
        } else if self.stage != StopPhase::Overdue || !wake.deaths.is_empty() {
            self.stage = StopPhase::Overdue;
            let killed = kill_running(now, tasks, |task| task.bound().is_none(), actions);
            actions.push(Action::KillDescendants { sparing });
            self.tell_killed(now, killed, actions);
        }
    }

    /// SIGKILL to everything, now.
    pub(in crate::supervisor) fn kill_all(
        &mut self,
        now: Tick,
        tasks: &mut [Task],
        actions: &mut Vec<Action>,
    ) {
        self.stage = StopPhase::Killing { since: now, swept: now };
        let killed = kill_running(now, tasks, |_| true, actions);
        actions.push(Action::KillDescendants { sparing: Vec::new() });
        self.tell_killed(now, killed, actions);
    }

    fn tell_killed(&self, now: Tick, killed: Vec<TaskId>, actions: &mut Vec<Action>) {
        if !killed.is_empty() {
            actions.push(Action::Tell(Notice::Killed(killed, now.since(self.began))));
        }
    }

    fn tell_who_is_there(&mut self, now: Tick, tasks: &[Task], actions: &mut Vec<Action>) {
        let is_time = self.limit.is_none() && now >= self.began.plus(PATIENCE);
        if is_time && !self.has_told_who_is_there {
            self.has_told_who_is_there = true;
            actions.push(Action::Tell(Notice::StillThere(running(tasks), now.since(self.began))));
        }
    }
}

/// SIGKILL to the running processes of this kind that have not had it yet. The processes are killed one by one
/// besides the sweep over the descendants, since that needs a /proc to see them.
fn kill_running(
    now: Tick,
    tasks: &mut [Task],
    which: impl Fn(&Task) -> bool,
    actions: &mut Vec<Action>,
) -> Vec<TaskId> {
    let mut killed = Vec::new();
    for (index, task) in tasks.iter_mut().enumerate() {
        if let (true, None, Some(pid)) = (which(task), task.killed_at(), task.running()) {
            task.note_kill(now);
            actions.push(Action::Send(pid, SignalNumber::KILL));
            killed.push(TaskId(index));
        }
    }
    killed
}

fn at(from: Tick, bound: Timeout) -> Option<Tick> {
    match bound {
        Timeout::After(duration) => Some(from.plus(duration)),
        Timeout::Never => None,
    }
}
