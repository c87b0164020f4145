//! Timeouts: a duration or no limit.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::duration;

/// How long something may take. In JSON a number of milliseconds, or `"none"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// This long.
    After(Duration),
    /// No limit.
    Never,
}

/// The text is not a timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseTimeoutError;

impl fmt::Display for ParseTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a duration; write 500ms, 8s, 1.5s, 2m or 1h; a bare number is seconds, 0 is at once, none is no limit",
        )
    }
}

impl std::error::Error for ParseTimeoutError {}

/// Parses a duration, or `none`.
impl FromStr for Timeout {
    type Err = ParseTimeoutError;

    fn from_str(text: &str) -> Result<Self, ParseTimeoutError> {
        if text == "none" {
            return Ok(Self::Never);
        }
        duration::parse(text).map(Self::After).map_err(|_| ParseTimeoutError)
    }
}

/// Parses a start timeout: a duration above 0, or `none`.
pub(crate) fn start_timeout(text: &str) -> Result<Timeout, String> {
    match text.parse::<Timeout>() {
        Ok(Timeout::After(Duration::ZERO)) => Err(NO_TIME_TO_START.to_owned()),
        Ok(timeout) => Ok(timeout),
        Err(_) => {
            Err("not a duration; write 500ms, 8s, 1.5s, 2m or 1h; a bare number is seconds, none is no limit"
                .to_owned())
        }
    }
}

/// Why a start timeout cannot be 0.
pub(crate) const NO_TIME_TO_START: &str = "a start always takes some time; for no limit write none";

impl Serialize for Timeout {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::After(duration) => {
                to.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
            }
            Self::Never => to.serialize_str("none"),
        }
    }
}

impl<'de> Deserialize<'de> for Timeout {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(MillisecondsOrNone)
    }
}

struct MillisecondsOrNone;

impl Visitor<'_> for MillisecondsOrNone {
    type Value = Timeout;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of milliseconds or \"none\"")
    }

    fn visit_u64<E: de::Error>(self, milliseconds: u64) -> Result<Timeout, E> {
        Ok(Timeout::After(Duration::from_millis(milliseconds)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timeout, E> {
        if text == "none" {
            Ok(Timeout::Never)
        } else {
            Err(E::invalid_value(de::Unexpected::Str("…"), &self))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_a_duration_or_none() {
        assert_eq!("none".parse(), Ok(Timeout::Never));
        assert_eq!("0".parse(), Ok(Timeout::After(Duration::ZERO)));
        assert_eq!("never".parse::<Timeout>(), Err(ParseTimeoutError));
    }
}
