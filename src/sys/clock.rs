//! The clocks.

use std::time::{Duration, Instant, SystemTime};

use nix::time::{ClockId, clock_gettime};

/// The time of the monotonic clock, which all processes of a time namespace share (`clock_gettime(2)`).
#[must_use]
pub fn monotonic() -> Duration {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default()
}

/// The time since boot in clock ticks, as /proc counts it (proc(5), `starttime`).
#[must_use]
pub fn ticks_since_boot() -> u64 {
    let since_boot = clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from).unwrap_or_default();
    // USER_HZ is 100 on every architecture of Rust's Linux targets.
    u64::try_from(since_boot.as_millis() / 10).unwrap_or(u64::MAX)
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
