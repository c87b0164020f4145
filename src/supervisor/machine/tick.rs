//! The time of a run.

use std::fmt;
use std::time::Duration;

/// A point in time on the monotonic clock: the time since the run began.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Tick(Duration);

impl Tick {
    /// The beginning of the run. As a deadline: at once.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// The point in time this long after the beginning of the run.
    #[must_use]
    pub const fn after(since_begin: Duration) -> Self {
        Self(since_begin)
    }

    /// The point in time this much later; saturates.
    #[must_use]
    pub fn plus(self, later: Duration) -> Self {
        Self(self.0.saturating_add(later))
    }

    /// The time from `earlier` to here; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Debug for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
