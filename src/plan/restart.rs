//! Restart policies (contract, 4.6).

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// When a process is restarted after an exit. In JSON as on the command line: `no`, `on-failure`,
/// `on-failure:3`, `always`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    /// Never: its exit ends the run.
    #[default]
    No,
    /// After a failure, at most this many times in a row.
    OnFailure(Option<NonZeroU32>),
    /// After every exit.
    Always,
}

const EXPECTED: &str = "no, on-failure, on-failure:N with N from 1 on, or always";

/// The text is not a restart policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseRestartError;

impl fmt::Display for ParseRestartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a restart policy; use {EXPECTED}")
    }
}

impl FromStr for Restart {
    type Err = ParseRestartError;

    fn from_str(text: &str) -> Result<Self, ParseRestartError> {
        match text.split_once(':') {
            None if text == "no" => Ok(Self::No),
            None if text == "always" => Ok(Self::Always),
            None if text == "on-failure" => Ok(Self::OnFailure(None)),
            Some(("on-failure", count)) if count.bytes().all(|byte| byte.is_ascii_digit()) => {
                count.parse().map(|count| Self::OnFailure(Some(count))).map_err(|_| ParseRestartError)
            }
            None | Some(_) => Err(ParseRestartError),
        }
    }
}

impl fmt::Display for Restart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => f.write_str("no"),
            Self::OnFailure(None) => f.write_str("on-failure"),
            Self::OnFailure(Some(count)) => write!(f, "on-failure:{count}"),
            Self::Always => f.write_str("always"),
        }
    }
}

impl Serialize for Restart {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Restart {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Text)
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = Restart;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Restart, E> {
        text.parse().map_err(|_| E::invalid_value(Unexpected::Str("…"), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_is_parsed_and_printed() {
        for text in ["no", "on-failure", "on-failure:1", "on-failure:4294967295", "always"] {
            assert_eq!(text.parse::<Restart>().map(|restart| restart.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn other_text_is_refused() {
        for wrong in [
            "",
            "yes",
            "No",
            "on-failure:",
            "on-failure:0",
            "on-failure:-1",
            "on-failure:+1",
            "on-failure:4294967296",
            "on-failure:1:2",
            "always:3",
            "no:1",
            " no",
        ] {
            assert_eq!(wrong.parse::<Restart>(), Err(ParseRestartError), "{wrong}");
        }
    }
}
