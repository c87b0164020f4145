//! The seam: what will be executed, fully resolved, as plain data.
//!
//! The front end makes one, the supervisor executes one, and neither knows of the other. Written as JSON it
//! is described by `schema/plan.schema.json`.

mod bytes;
mod check;
mod format;
mod graph;
mod restart;
mod timeout;
mod validate;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

pub use bytes::ByteString;
pub(crate) use check::descriptor;
pub use check::{Check, Ready, log_pattern};
pub(crate) use format::json_writer::JsonWriter;
pub(crate) use graph::{DependencyError, dependency_errors};
pub use restart::{ParseRestartError, Restart};
pub use timeout::Timeout;
pub use validate::{InvalidField, ReadError};
pub(crate) use validate::{NOT_A_NAME, NOT_FOR_SETUP, is_name, is_variable};

use crate::signal::SignalNumber;

/// The version of the format that this program writes, and the only one it reads.
pub const VERSION: u32 = 1;

/// Everything that a run needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Of the format: [`VERSION`].
    pub version: u32,
    /// Whether secrets were replaced by `***`, so that the plan can be read and not executed.
    #[serde(default)]
    pub masked: bool,
    /// Run one after another, before the processes.
    #[serde(default)]
    pub setup: Vec<Process>,
    /// Run side by side, with connected fates.
    pub processes: Vec<Process>,
    /// What holds for the whole run.
    #[serde(default)]
    pub settings: Settings,
    /// Which variables the line uses, in the order of their first use.
    #[serde(default)]
    pub variables: Vec<Variable>,
    /// What looked like a mistake and is none for certain.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// What keeps the line from being executed. Such a plan can be read and is not executed.
    #[serde(default)]
    pub problems: Vec<String>,
}

/// Which command of the plan, in the order of the line, setup commands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub usize);

/// One command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Its name in notices, unique among its kind.
    pub name: String,
    /// PROGRAM and its arguments; PROGRAM is not empty, and no argument holds a NUL.
    pub argv: Vec<ByteString>,
    /// The same as it was written, before anything was expanded: what notices show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub template: Vec<ByteString>,
    /// What it has in its environment beyond what monofy has.
    #[serde(default)]
    pub env: BTreeMap<String, ByteString>,
    /// What asks it to stop; without one TERM, or the signal that asked monofy.
    #[serde(default)]
    pub stop_signal: Option<SignalNumber>,
    /// Its own bound instead of the run's.
    #[serde(default)]
    pub stop_timeout_ms: Option<Timeout>,
    /// `USER[:GROUP]`, names or numbers.
    #[serde(default)]
    pub user: Option<ByteString>,
    /// Its working directory.
    #[serde(default)]
    pub workdir: Option<ByteString>,
    /// Whether it has a pseudo-terminal for its output.
    #[serde(default)]
    pub tty: bool,
    /// Whether it is started again when it exits.
    #[serde(default)]
    pub restart: Restart,
    /// How it tells that it is ready; without, it is once it was started.
    #[serde(default)]
    pub ready: Option<Ready>,
    /// The same as it was written: what notices show.
    #[serde(default)]
    pub ready_template: Option<ByteString>,
    /// Which processes have to be ready before it is started.
    #[serde(default)]
    pub after: Vec<String>,
}

/// What holds for the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How long a stop may take before SIGKILL; nothing is the rule of contract 4.4.
    pub grace_ms: Option<Timeout>,
    /// What happens to the output of the processes.
    pub output: Output,
    /// Whether unset variables and malformed expansions were errors.
    pub strict: bool,
    /// How much is told.
    pub verbosity: Verbosity,
    /// The descriptor of monofy itself to which a newline is written once every process is ready.
    pub ready_fd: Option<i32>,
}

/// What happens to the output of the processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// They write to what monofy itself writes to.
    #[default]
    Raw,
    /// Whole lines with the name of the process in front.
    Prefix,
    /// A JSON object a line.
    Json,
}

impl Output {
    /// The one of this name.
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

/// How much monofy tells about a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verbosity {
    /// Warnings and errors.
    Quiet,
    /// What started, what ended, and why.
    #[default]
    Normal,
    /// Signals that are passed on and orphans that are reaped, too.
    Verbose,
}

/// A variable that the line uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Where its value comes from.
    pub source: Source,
    /// Whether its value is kept out of everything that is shown.
    #[serde(default)]
    pub secret: bool,
}

/// Where a variable's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
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
    /// Nowhere: it is not set.
    Unset,
}

impl Source {
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

impl Plan {
    /// A copy for who executes it and is there for years: a template that is what it became is told of as that, and
    /// all of it lies together, so that what was around the original can be given back.
    #[must_use]
    pub fn compact(&self) -> Self {
        let compact = |process: &Process| {
            let mut process = process.clone();
            if process.template == process.argv {
                process.template = Vec::new();
            }
            process
        };
        Self {
            version: self.version,
            masked: self.masked,
            setup: self.setup.iter().map(compact).collect(),
            processes: self.processes.iter().map(compact).collect(),
            settings: self.settings,
            // These are for who reads the plan.
            variables: Vec::new(),
            warnings: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Writes it as JSON, for programs and for `--run-plan`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_json(&self, mut to: impl Write) -> io::Result<()> {
        let mut page = JsonWriter::new(&mut to);
        self.write(&mut page);
        page.finish()
    }

    /// As text, for people.
    #[must_use]
    pub fn to_text(&self) -> String {
        format::text::view(self)
    }
}
