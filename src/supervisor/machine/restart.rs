//! Restarts: whether a command is restarted after its end, and when (contract, 4.6).

use std::num::NonZeroU32;
use std::time::Duration;

use crate::plan::{Restart, TaskId, Timeout};
use crate::supervisor::machine::Machine;
use crate::supervisor::machine::action::Action;
use crate::supervisor::machine::config::{DEFAULT_GRACE, Grace};
use crate::supervisor::machine::event::{Leftovers, Wake};
use crate::supervisor::machine::notice::Notice;
use crate::supervisor::machine::task::TaskState;
use crate::supervisor::machine::tick::Tick;

/// The delay of the first restart in a row, and the longest delay.
const DELAY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));
/// After running this long, counted from its start, a command has the first delay and all of its attempts again.
const RESET_AFTER: Duration = Duration::from_secs(10);
/// The first and the longest pause between two looks at leftovers: those that monofy has not adopted end unseen.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// A restart that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestartAttempt {
    /// Its delay.
    pub after: Duration,
    /// Its number in a row, from 1.
    pub attempt: u32,
    /// How many there may be in a row.
    pub of: Option<NonZeroU32>,
}

/// The restart policy of one command, and its restarts in a row.
#[derive(Clone, Debug)]
pub(in crate::supervisor) struct RestartBackoff {
    policy: Restart,
    in_a_row: u32,
}

/// The way a command ended, as the restart policy sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Outcome {
    Success,
    Failure,
}

impl RestartBackoff {
    pub(in crate::supervisor) const fn new(policy: Restart) -> Self {
        Self { policy, in_a_row: 0 }
    }

    /// Whether it was restarted and has not run for long enough since.
    pub(in crate::supervisor) const fn is_restarting(&self) -> bool {
        self.in_a_row > 0
    }

    /// The restart after an end; `None` if the command shares its fate.
    pub(in crate::supervisor) fn next(&self, outcome: Outcome, ran: Duration) -> Option<RestartAttempt> {
        let before = if ran >= RESET_AFTER { 0 } else { self.in_a_row };
        let of = match self.policy {
            Restart::No => return None,
            Restart::OnFailure(_) if outcome == Outcome::Success => return None,
            Restart::OnFailure(of) => of,
            Restart::Always => None,
        };
        if of.is_some_and(|of| before >= of.get()) {
            return None;
        }
        let after = DELAY.0.saturating_mul(2_u32.saturating_pow(before)).min(DELAY.1);
        Some(RestartAttempt { after, attempt: before.saturating_add(1), of })
    }

    pub(in crate::supervisor) fn record(&mut self, attempt: RestartAttempt) {
        self.in_a_row = attempt.attempt;
    }
}

/// What a command left behind when it ended, and that has to end before the command is restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) struct LeftoverWait {
    began: Tick,
    /// When it is killed; `None` if its time has no limit.
    kill_at: Option<Tick>,
    look_at: Tick,
    pause: Duration,
}

impl LeftoverWait {
    pub(in crate::supervisor) fn deadline(self) -> Tick {
        self.kill_at.map_or(self.look_at, |kill_at| kill_at.min(self.look_at))
    }
}

impl Machine {
    /// Plans the restart of a command that has ended.
    pub(in crate::supervisor) fn restart_later(&mut self, now: Tick, id: TaskId, attempt: RestartAttempt) {
        let TaskState::Ended(death) = self.tasks[id.0].state else { return };
        self.tasks[id.0].back_off(now, attempt);
        self.report(Notice::Restarting(id, death, attempt));
        if let Some(former) = self.tasks[id.0].last_pid() {
            self.push(Action::TerminateLeftovers(id, former));
        }
        self.end_probe(id);
    }

    /// Whether anything of what this command left behind is still there.
    pub(in crate::supervisor) fn leftovers_seen(&mut self, now: Tick, id: TaskId, seen: Leftovers) {
        let limit = self.leftover_limit(id);
        let task = &mut self.tasks[id.0];
        let is_backing_off = matches!(task.state, TaskState::BackingOff(_));
        task.leftovers = match (seen, task.leftovers) {
            (Leftovers::Remain, None) if is_backing_off => Some(LeftoverWait {
                began: now,
                kill_at: limit.map(|limit| now.plus(limit)),
                look_at: now.plus(LOOK_AGAIN.0),
                pause: LOOK_AGAIN.0,
            }),
            (Leftovers::Remain, wait @ Some(_)) if is_backing_off => wait,
            (Leftovers::Remain | Leftovers::None, _) => None,
        };
    }

    /// The time that leftovers have to end: that of a stop.
    fn leftover_limit(&self, id: TaskId) -> Option<Duration> {
        let limit = self.tasks[id.0].stop_timeout().or(match self.config.grace {
            Grace::Fixed(limit) => Some(limit),
            Grace::ByCause => None,
        });
        match limit {
            Some(Timeout::Never) => None,
            Some(Timeout::After(limit)) => Some(limit),
            None => Some(DEFAULT_GRACE),
        }
    }

    /// Looks again for leftovers, and kills them at their deadline.
    pub(in crate::supervisor) fn advance_leftovers(&mut self, now: Tick, wake: &Wake) {
        for index in 0..self.tasks.len() {
            let task = &mut self.tasks[index];
            let (Some(wait), Some(former)) = (task.leftovers, task.last_pid()) else { continue };
            let id = TaskId(index);
            if wait.kill_at.is_some_and(|kill_at| now >= kill_at) {
                task.leftovers = None;
                self.report(Notice::KilledLeftovers(id, now.since(wait.began)));
                self.push(Action::KillLeftovers(id, former));
            } else if now >= wait.look_at || !wake.deaths.is_empty() {
                let pause = if now >= wait.look_at { (wait.pause * 2).min(LOOK_AGAIN.1) } else { wait.pause };
                task.leftovers = Some(LeftoverWait { look_at: now.plus(pause), pause, ..wait });
                self.push(Action::TerminateLeftovers(id, former));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_secs(1);

    #[test]
    fn the_delay_doubles_from_100_ms_to_10_s() {
        let mut backoff = RestartBackoff::new(Restart::Always);
        let mut delays = Vec::new();
        for _ in 0..40 {
            let attempt = backoff.next(Outcome::Success, SHORT).unwrap();
            backoff.record(attempt);
            delays.push(attempt.after.as_millis());
        }
        assert_eq!(delays[..9], [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
        assert!(delays[9..].iter().all(|delay| *delay == 10_000));
    }

    #[test]
    fn delay_and_attempts_are_reset_after_10_s_of_running() {
        let mut backoff = RestartBackoff::new(Restart::OnFailure(NonZeroU32::new(2)));
        for _ in 0..2 {
            backoff.record(backoff.next(Outcome::Failure, SHORT).unwrap());
        }
        assert_eq!(backoff.next(Outcome::Failure, Duration::from_millis(9999)), None);
        let first = RestartAttempt { after: DELAY.0, attempt: 1, of: NonZeroU32::new(2) };
        assert_eq!(backoff.next(Outcome::Failure, Duration::from_secs(10)), Some(first));
    }
}
