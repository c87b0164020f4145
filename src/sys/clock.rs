//! The clock that no one sets.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// The time of the monotonic clock, which all processes of a time namespace share (`clock_gettime(2)`).
#[must_use]
pub fn monotonic() -> Duration {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default()
}
