//! The clocks.

use std::time::{Duration, Instant, SystemTime};

use nix::time::{ClockId, clock_gettime};

/// The time of the monotonic clock, which all processes of a time namespace share (`clock_gettime(2)`).
#[must_use]
pub fn monotonic() -> Duration {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default()
}

/// One point in time on both clocks: the monotonic one for deadlines, the wall clock for timestamps.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// By the monotonic clock.
    pub monotonic: Instant,
    /// By the wall clock.
    pub wall: SystemTime,
}

impl Moment {
    /// The current time.
    #[must_use]
    pub fn now() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
    }
}
