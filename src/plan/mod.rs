//! The plan: the commands of a run, fully resolved, as plain data.
//!
//! The front end builds it and the supervisor executes it; neither knows of the other. `schema/plan.schema.json`
//! describes its JSON form.

mod bytes;
mod check;
mod format;
mod graph;
mod process;
mod restart;
mod secrets;
mod settings;
mod timeout;
mod validate;
mod variable;

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

pub use bytes::ByteString;
pub(crate) use check::descriptor;
pub use check::{Check, Ready, log_pattern};
pub(crate) use format::json_writer::JsonWriter;
pub(crate) use graph::{DependencyError, dependency_errors};
pub use process::{Process, ProcessKind, Rewrite, Skipped, TaskId};
pub use restart::{ParseRestartError, Restart};
pub use secrets::SecretRanges;
pub use settings::{Output, Settings, Verbosity, VerbosityFlags};
pub use timeout::{ParseTimeoutError, Timeout};
pub use validate::{InvalidField, ReadError};
pub(crate) use validate::{NOT_A_NAME, NOT_FOR_SETUP, is_environment_name, is_name, is_variable};
pub use variable::{Variable, VariableSource};

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
    /// Commands that the line names and the run leaves out.
    #[serde(default)]
    pub skipped: Vec<Skipped>,
    /// Errors in the line. A plan that has any is not executed.
    #[serde(default)]
    pub problems: Vec<String>,
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
            skipped: Vec::new(),
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
