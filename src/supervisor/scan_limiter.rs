//! Bounds the time that looking through /proc takes.

use std::time::{Duration, Instant};

/// A scan that is shorter than this is never skipped.
const CHEAP: Duration = Duration::from_millis(1);
/// A scan is followed by a pause of this many times its own duration.
const PAUSE: u32 = 10;

/// Skips scans that would follow the last one too soon. While thousands of descendants drain, each death asks for one,
/// and one takes as long as there are processes.
#[derive(Default)]
pub(super) struct ScanLimiter {
    /// When the next scan may begin.
    next: Option<Instant>,
}

impl ScanLimiter {
    /// Runs a scan, or returns `None` if it is too soon; the caller scans again later.
    pub(super) fn scan<T>(&mut self, scan: impl FnOnce() -> T) -> Option<T> {
        let began = Instant::now();
        if self.next.is_some_and(|next| began < next) {
            return None;
        }
        let result = scan();
        let end = Instant::now();
        let took = end.saturating_duration_since(began);
        self.next = (took >= CHEAP).then(|| end + took * PAUSE);
        Some(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expensive_scan_is_followed_by_a_pause() {
        let mut limiter = ScanLimiter::default();
        let slow = || {
            let began = Instant::now();
            while began.elapsed() < 2 * CHEAP {}
        };
        assert!(limiter.scan(slow).is_some());
        assert!(limiter.scan(|| ()).is_none());
        let next = limiter.next.expect("there is a pause");
        assert!(next.saturating_duration_since(Instant::now()) > CHEAP);
    }

    #[test]
    fn cheap_scans_are_not_limited() {
        let mut limiter = ScanLimiter { next: Some(Instant::now()) };
        while limiter.scan(|| ()).is_none() {}
        // A scan of nothing takes far less than the limit, unless the machine is very busy.
        let passed = (0..100).filter(|_| limiter.scan(|| ()).is_some()).count();
        assert!(passed > 0);
    }
}
