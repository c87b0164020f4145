//! Durations as options and settings write them: `500ms`, `8s`, `1.5s`, `2m`, `1h`.

use std::fmt;
use std::time::Duration;

/// The text is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseDurationError;

impl fmt::Display for ParseDurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a duration; write 500ms, 8s, 1.5s, 2m or 1h; a bare number is seconds")
    }
}

impl std::error::Error for ParseDurationError {}

/// Parses a number and a unit (`ms`, `s`, `m`, `h`). A bare number is seconds. Fractions count to the millisecond.
///
/// # Errors
/// When the text is not of this form, or longer than 500 million years.
pub fn parse(text: &str) -> Result<Duration, ParseDurationError> {
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let milliseconds_per_unit: u64 = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        _ => return Err(ParseDurationError),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return Err(ParseDurationError);
    }
    let whole: u64 = whole.parse().map_err(|_| ParseDurationError)?;
    // Digits after the ninth are below a millisecond in every unit.
    let fraction = &fraction[..fraction.len().min(9)];
    let part: u64 = fraction.parse().map_err(|_| ParseDurationError)?;
    let scale = 10_u64.pow(u32::try_from(fraction.len()).unwrap_or(0));
    let milliseconds = whole.checked_mul(milliseconds_per_unit).ok_or(ParseDurationError)?;
    Ok(Duration::from_millis(milliseconds.saturating_add(part * milliseconds_per_unit / scale)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(text: &str) -> Option<u128> {
        parse(text).ok().map(|duration| duration.as_millis())
    }

    #[test]
    fn every_unit_is_parsed_and_a_bare_number_is_seconds() {
        let written = ["500ms", "8s", "2m", "1h", "3", "0", "1.5s", "0.25", "0.0005s"];
        let expected = [500, 8000, 120_000, 3_600_000, 3000, 0, 1500, 250, 0];
        for (written, expected) in written.into_iter().zip(expected) {
            assert_eq!(milliseconds(written), Some(expected), "{written}");
        }
    }

    #[test]
    fn other_text_is_refused() {
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
}
