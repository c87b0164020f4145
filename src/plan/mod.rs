//! The plan: the commands of a run, fully resolved, as plain data.
//!
//! The front end builds it and the supervisor executes it; neither knows of the other. `schema/plan.schema.json`
//! describes its JSON form.

mod bytes;
mod check;
mod deployment;
mod environment;
mod file;
mod format;
mod graph;
mod mask;
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
pub use check::{Check, CheckKind, CheckOption, log_pattern};
pub(crate) use check::{UNKNOWN_CHECK, descriptor};
pub use deployment::{Deployment, Engine, LineDefault, LineVariable, Role};
pub use environment::{OPTION_VARIABLES, OTHER_VARIABLES, REPLICA_VARIABLE};
pub use file::RenderedFile;
pub(crate) use format::json_writer::JsonWriter;
pub(crate) use graph::find_cycle;
pub use process::{CheckId, CheckRole, Process, ProcessKind, Rewrite, Skipped, SkippedKind, TaskId};
pub use restart::{ParseRestartError, Restart};
pub use secrets::{SecretDisplay, SecretRanges};
pub use settings::{Output, Settings, Verbosity, VerbosityFlags};
pub(crate) use timeout::start_timeout;
pub use timeout::{ParseTimeoutError, Timeout};
pub(crate) use validate::{
    FOR_PROCESSES_ONLY, NOT_A_NAME, ONCE_IS_READY_AT_ITS_END, is_environment_name, is_name, is_variable,
    restart_conflict,
};
pub use validate::{InvalidField, ReadError};
pub use variable::{Variable, VariableSource};

/// The version of the format that this program writes, and the only one it reads.
pub const VERSION: u32 = 1;

/// A run, fully resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The version of the format: [`VERSION`].
    pub version: u32,
    /// Whether secrets were replaced by `***`. Such a plan is not executed.
    #[serde(default)]
    pub masked: bool,
    /// Files that are written before anything is started.
    #[serde(default)]
    pub files: Vec<RenderedFile>,
    /// Commands that run one after another, before the processes.
    #[serde(default)]
    pub setup: Vec<Process>,
    /// Commands that run side by side. The first to exit ends the others.
    pub processes: Vec<Process>,
    /// Settings of the whole run.
    #[serde(default)]
    pub settings: Settings,
    /// The variables used by the line, in the order of their first use; then those used only by its files and by the
    /// defaults of its variables.
    #[serde(default)]
    pub variables: Vec<Variable>,
    /// Probable mistakes in the line.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Commands and files that the run leaves out.
    #[serde(default)]
    pub skipped: Vec<Skipped>,
    /// Errors in the line. A plan that has any is not executed.
    #[serde(default)]
    pub problems: Vec<String>,
}

impl Plan {
    /// A copy for the long-running supervisor, without the fields that only readers of a plan need.
    ///
    /// Templates without expansions are left out: notices then show the arguments. The copy is allocated after
    /// everything else of the front end, so that the memory of that can be returned to the system.
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
            // They have been written.
            files: Vec::new(),
            setup: self.setup.iter().map(compact).collect(),
            processes: self.processes.iter().map(compact).collect(),
            settings: self.settings,
            // Only readers of the plan need these.
            variables: Vec::new(),
            warnings: Vec::new(),
            skipped: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Writes the plan as JSON, for programs and for `--run-plan`.
    ///
    /// # Errors
    /// When a write fails.
    pub fn write_json(&self, mut to: impl Write) -> io::Result<()> {
        let mut writer = JsonWriter::new(&mut to);
        self.write(&mut writer);
        writer.finish()
    }

    /// The plan as text, for people.
    #[must_use]
    pub fn to_text(&self) -> String {
        format::text::to_text(self)
    }
}

impl Deployment {
    /// The file for an engine. `program` is monofy, as the image calls it.
    #[must_use]
    pub fn to_yaml(&self, engine: Engine, program: &str) -> String {
        match engine {
            Engine::Compose | Engine::Swarm => format::compose::to_yaml(self, engine, program),
            Engine::Kubernetes => format::kubernetes::to_yaml(self, program),
        }
    }
}
