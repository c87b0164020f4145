//! Whether a process comes back after its end, and when (contract, 4.6).

use std::num::NonZeroU32;
use std::time::Duration;

use crate::plan::Restart;

/// How long the first restart in a row waits, and how long any does at most.
const DELAY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));
/// What has run for so long, counted from its start, begins anew: with the first delay and all of its attempts.
const LONG_ENOUGH: Duration = Duration::from_secs(10);

/// A restart that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestartAttempt {
    /// How long it waits.
    pub after: Duration,
    /// The how many-th it is in a row, from 1.
    pub attempt: u32,
    /// How many there may be in a row.
    pub of: Option<NonZeroU32>,
}

/// The restarts of one process.
#[derive(Clone, Debug)]
pub(in crate::supervisor) struct RestartBackoff {
    policy: Restart,
    in_a_row: u32,
}

impl RestartBackoff {
    pub(in crate::supervisor) const fn new(policy: Restart) -> Self {
        Self { policy, in_a_row: 0 }
    }

    /// Whether it was started again since it ran for long enough.
    pub(in crate::supervisor) const fn any_in_a_row(&self) -> bool {
        self.in_a_row > 0
    }

    /// What follows an end after so long; nothing where it shares its fate.
    pub(in crate::supervisor) fn after(&self, has_failed: bool, ran: Duration) -> Option<RestartAttempt> {
        let before = if ran >= LONG_ENOUGH { 0 } else { self.in_a_row };
        let of = match self.policy {
            Restart::No => return None,
            Restart::OnFailure(_) if !has_failed => return None,
            Restart::OnFailure(of) => of,
            Restart::Always => None,
        };
        if of.is_some_and(|of| before >= of.get()) {
            return None;
        }
        let after = DELAY.0.saturating_mul(2_u32.saturating_pow(before)).min(DELAY.1);
        Some(RestartAttempt { after, attempt: before.saturating_add(1), of })
    }

    pub(in crate::supervisor) fn note(&mut self, again: RestartAttempt) {
        self.in_a_row = again.attempt;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_secs(1);

    #[test]
    fn the_delay_doubles_from_100_ms_to_10_s() {
        let mut comebacks = RestartBackoff::new(Restart::Always);
        let mut delays = Vec::new();
        for _ in 0..40 {
            let again = comebacks.after(false, SHORT).unwrap();
            comebacks.note(again);
            delays.push(again.after.as_millis());
        }
        assert_eq!(delays[..9], [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
        assert!(delays[9..].iter().all(|delay| *delay == 10_000));
    }

    #[test]
    fn delay_and_attempts_begin_anew_after_10_s_of_running() {
        let mut comebacks = RestartBackoff::new(Restart::OnFailure(NonZeroU32::new(2)));
        for _ in 0..2 {
            comebacks.note(comebacks.after(true, SHORT).unwrap());
        }
        assert_eq!(comebacks.after(true, Duration::from_millis(9999)), None);
        let anew = RestartAttempt { after: DELAY.0, attempt: 1, of: NonZeroU32::new(2) };
        assert_eq!(comebacks.after(true, Duration::from_secs(10)), Some(anew));
    }
}
