//! Whether a process is started again (contract, 4.6).

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// Whether a process is started again when it exits. In JSON as on the command line: `no`, `on-failure`,
/// `on-failure:3`, `always`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    /// It shares its fate with the others.
    #[default]
    No,
    /// When it failed, so many times in a row at most.
    OnFailure(Option<NonZeroU32>),
    /// However it ended.
    Always,
}

const EXPECTED: &str = "no, on-failure, on-failure:N with N at least 1, or always";

/// What was written is no restart policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseRestartError;

impl fmt::Display for ParseRestartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "write {EXPECTED}")
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
    fn every_form_is_read_and_written_back() {
        for text in ["no", "on-failure", "on-failure:1", "on-failure:4294967295", "always"] {
            assert_eq!(text.parse::<Restart>().map(|restart| restart.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_none_is_refused() {
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
