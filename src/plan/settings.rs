//! Settings of the whole run.

use serde::{Deserialize, Serialize};

use crate::plan::Timeout;

/// Settings of the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How long a stop may take before SIGKILL; `None` is the rule of contract 4.4.
    pub grace_ms: Option<Timeout>,
    /// How long it may take until every process is ready, counted from the start of monofy. `None` is no limit.
    pub start_timeout_ms: Option<Timeout>,
    /// What happens to the output of the processes.
    pub output: Output,
    /// Whether unset variables and malformed expansions were errors.
    pub strict: bool,
    /// Which notices are written.
    pub verbosity: Verbosity,
    /// The descriptor of monofy itself to which a newline is written once every process is ready.
    pub ready_fd: Option<i32>,
}

/// What happens to the output of the processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// They write to the stdout and stderr of monofy.
    #[default]
    Raw,
    /// Whole lines, each prefixed with the name of the process.
    Prefix,
    /// A JSON object a line.
    Json,
}

impl Output {
    /// The mode with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "raw" => Some(Self::Raw),
            "prefix" => Some(Self::Prefix),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Which notices monofy writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verbosity {
    /// Warnings and errors.
    Quiet,
    /// Starts, ends, and their causes.
    #[default]
    Normal,
    /// Forwarded signals and reaped orphans, too.
    Verbose,
}

/// `quiet` and `verbose` as one source of options sets them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerbosityFlags {
    /// Whether only warnings and errors are printed.
    pub quiet: Option<bool>,
    /// Whether one more level of notices is printed.
    pub verbose: Option<bool>,
}

impl VerbosityFlags {
    /// The verbosity of a source above another one: a flag that is on decides, one that is off only cancels itself.
    #[must_use]
    pub fn over(self, lower: Verbosity) -> Verbosity {
        match (self.verbose, self.quiet, lower) {
            (Some(true), _, _) => Verbosity::Verbose,
            (_, Some(true), _) => Verbosity::Quiet,
            (Some(false), _, Verbosity::Verbose) | (_, Some(false), Verbosity::Quiet) => Verbosity::Normal,
            (_, _, lower) => lower,
        }
    }

    /// The flags of two sources together, the first of which wins.
    #[must_use]
    pub fn or(self, lower: Self) -> Self {
        if self.quiet == Some(true) || self.verbose == Some(true) {
            return self;
        }
        Self { quiet: self.quiet.or(lower.quiet), verbose: self.verbose.or(lower.verbose) }
    }
}
