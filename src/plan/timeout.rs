//! A length of time that may be without end.

use std::fmt;
use std::time::Duration;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How long something may take. In JSON a number of milliseconds, or `"none"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// So long.
    After(Duration),
    /// As long as it takes.
    Never,
}

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
