//! The variables a line uses.

use serde::{Deserialize, Serialize};

/// A variable used by the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Where its value comes from.
    pub source: VariableSource,
    /// Whether its value is masked in everything that is shown.
    #[serde(default)]
    pub secret: bool,
}

/// Where a variable's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VariableSource {
    /// `--set` on the command line.
    Set,
    /// The environment of monofy.
    Environment,
    /// An env file.
    EnvFile,
    /// The file that `NAME_FILE` names.
    NameFile,
    /// The defaults file.
    Defaults,
    /// An assignment in the line itself (`${NAME:=word}`).
    Line,
    /// No source sets it.
    Unset,
}

impl VariableSource {
    /// Its name in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Environment => "environment",
            Self::EnvFile => "env-file",
            Self::NameFile => "name-file",
            Self::Defaults => "defaults",
            Self::Line => "line",
            Self::Unset => "unset",
        }
    }
}
