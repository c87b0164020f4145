//! Values of options.

use std::time::Duration;

use crate::plan::{self, Timeout};

/// What was written is no duration.
const NO_DURATION: &str = "not a duration; write one as 500ms, 8s, 2m or 1h, a bare number is seconds";
/// What was written is no limit.
const NO_LIMIT: &str = "not a duration; write one as 500ms, 8s or 2m, a bare number is seconds, 0 is at once, \
                            or none for no limit";

/// Reads `500ms`, `8s`, `2m`, `1h`; a bare number is seconds. Fractions work (`1.5s`), to the millisecond.
///
/// # Errors
/// When it is none, or longer than 500 million years.
pub fn duration(text: &str) -> Result<Duration, &'static str> {
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let milliseconds_each: u64 = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        _ => return Err(NO_DURATION),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return Err(NO_DURATION);
    }
    let whole: u64 = whole.parse().map_err(|_| NO_DURATION)?;
    // Digits beyond the ninth are below the millisecond whatever the unit.
    let fraction = &fraction[..fraction.len().min(9)];
    let part: u64 = fraction.parse().map_err(|_| NO_DURATION)?;
    let scale = 10_u64.pow(u32::try_from(fraction.len()).unwrap_or(0));
    let milliseconds = whole.checked_mul(milliseconds_each).ok_or(NO_DURATION)?;
    Ok(Duration::from_millis(milliseconds.saturating_add(part * milliseconds_each / scale)))
}

/// Reads a duration, or `none`.
///
/// # Errors
/// When it is neither.
pub fn limit(text: &str) -> Result<Timeout, &'static str> {
    if text == "none" { Ok(Timeout::Never) } else { duration(text).map(Timeout::After).map_err(|_| NO_LIMIT) }
}

/// Reads the number of a descriptor above stderr.
///
/// # Errors
/// When it is none.
pub(super) fn descriptor(text: &str) -> Result<i32, String> {
    plan::descriptor(text.as_bytes())
}

/// Reads the id of a process.
///
/// # Errors
/// When it is none.
pub(super) fn pid(text: &str) -> Result<i32, &'static str> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|pid| is_number && *pid > 0).ok_or("a pid is a number from 1 on")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(text: &str) -> Option<u128> {
        duration(text).ok().map(|duration| duration.as_millis())
    }

    #[test]
    fn every_unit_is_read_and_a_bare_number_is_seconds() {
        let written = ["500ms", "8s", "2m", "1h", "3", "0", "1.5s", "0.25", "0.0005s"];
        let read = [500, 8000, 120_000, 3_600_000, 3000, 0, 1500, 250, 0];
        for (written, read) in written.into_iter().zip(read) {
            assert_eq!(milliseconds(written), Some(read), "{written}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for wrong in [
            "",
            "s",
            "-1",
            "+1",
            "1 s",
            "1d",
            "1s2",
            ".5",
            "1.",
            "1.2.3",
            "ms",
            "none",
            "99999999999999999999",
        ] {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_limit_may_be_none() {
        assert_eq!(limit("none"), Ok(Timeout::Never));
        assert_eq!(limit("0"), Ok(Timeout::After(Duration::ZERO)));
        assert_eq!(limit("never"), Err(NO_LIMIT));
    }
}
