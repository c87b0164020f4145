//! Command-line parsing: from arguments and environment variables to a [`Request`]. Nothing is expanded here.

mod env_options;
mod file_words;
mod global;
mod line_file;
mod occurrences;
mod option_errors;
mod options;
mod parse;
mod parser;
mod split;
mod values;

use std::ffi::OsString;
use std::fmt;
use std::rc::Rc;

use crate::diagnostic::{Diagnostic, Problems, SourceText, TextFile};

pub use env_options::{is_for_monofy, unknown_variables};
pub use global::{ExplainFormat, GlobalOptions, SetupMode, View, ViewFormat};
pub use line_file::LineFile;
pub use options::{HELP_WIDTH, definition};
use parser::Parser;
use split::LineArguments;

/// What the command line asks for.
#[derive(Debug)]
pub enum Request {
    /// Print this text and exit 0: help, the version or a schema.
    Print(String),
    /// Resolve the line, then show its plan or execute it.
    Line(CommandLine),
    /// Read the file that has the line, then parse it.
    File(Box<LineFile>),
    /// Read a plan, then show or execute it.
    RunPlan {
        /// The plan's file. `-` is stdin.
        file: OsString,
        /// The options given with it.
        global: GlobalOptions,
    },
    /// Query a running instance.
    Query {
        /// Its process id. `None` is PID 1, or the only instance.
        pid: Option<i32>,
        /// What to ask.
        query: Query,
    },
}

impl Request {
    /// Whether something is executed, rather than shown.
    #[must_use]
    pub fn is_run(&self) -> bool {
        match self {
            Self::Print(_) | Self::Query { .. } => false,
            Self::File(file) => file.view().is_none(),
            Self::Line(CommandLine { global, .. }) | Self::RunPlan { global, .. } => global.view.is_none(),
        }
    }
}

/// What to ask a running instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query {
    /// Whether every process runs and is ready. The exit status is the answer.
    Health,
    /// The state of each process.
    Status(ViewFormat),
}

/// A command line: global options, setup commands and processes.
#[derive(Debug, Default)]
pub struct CommandLine {
    /// Options for the whole run.
    pub global: GlobalOptions,
    /// Commands that run one after another, before the processes.
    pub setup: Vec<CommandArgs>,
    /// Commands that run side by side.
    pub processes: Vec<CommandArgs>,
    /// Errors in operators, options and environment variables. Valid ones are kept in the other fields.
    pub problems: Problems,
    /// Arguments that are probably mistakes.
    pub warnings: Problems,
    /// Malformed expansions of a line in a file: warnings, or errors under `--strict`. Those of arguments are found when
    /// they are expanded.
    pub malformed: Problems,
    /// The file that the line is in, if it is in one.
    pub file: Option<Rc<TextFile>>,
}

/// One PROCESS of the command line. Every [`SourceText`] but the names of `assignments` is a template.
#[derive(Debug, Default)]
pub struct CommandArgs {
    /// `--name`
    pub name: Option<SourceText>,
    /// `--stop-signal`
    pub stop_signal: Option<SourceText>,
    /// `--stop-timeout`
    pub stop_timeout: Option<SourceText>,
    /// `--user`
    pub user: Option<SourceText>,
    /// `--workdir`
    pub workdir: Option<SourceText>,
    /// `--tty`
    pub tty: bool,
    /// `--restart`
    pub restart: Option<SourceText>,
    /// `--ready`
    pub ready: Option<SourceText>,
    /// `--wait`, in the order of the line.
    pub wait: Vec<SourceText>,
    /// `--alive`, in the order of the line.
    pub alive: Vec<SourceText>,
    /// `--after`, in the order of the line.
    pub after: Vec<SourceText>,
    /// `--once`, and the argument it is in.
    pub once: Option<SourceText>,
    /// `--if`
    pub condition: Option<SourceText>,
    /// `--unless`
    pub exception: Option<SourceText>,
    /// `--creates`
    pub creates: Option<SourceText>,
    /// `--replicas`
    pub replicas: Option<SourceText>,
    /// `--umask`
    pub umask: Option<SourceText>,
    /// `--rewrite`, in the order of the line.
    pub rewrite: Vec<SourceText>,
    /// Environment variables of the process, in the order of the line.
    pub assignments: Vec<(String, SourceText)>,
    /// Whether `--` precedes PROGRAM.
    pub is_escaped: bool,
    /// PROGRAM and its arguments. Not empty in a [`CommandLine`].
    pub words: Vec<SourceText>,
}

/// A command line that leaves nothing to resolve.
#[derive(Debug, PartialEq, Eq)]
pub struct UsageError(pub(crate) String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{HELP_HINT}", self.0)
    }
}

/// The last line of every error in operators and options.
pub const HELP_HINT: &str = "Try 'monofy --help'.";

impl UsageError {
    fn of(problems: &[Diagnostic]) -> Self {
        Self(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\nmonofy: "))
    }
}

/// Looks up an environment variable.
pub type EnvLookup<'e> = &'e dyn Fn(&str) -> Option<OsString>;

/// Parses a command line.
///
/// The words of each PROCESS are moved out of `arguments`, and leave empty strings behind. `environment` supplies the
/// `MONOFY_` variables that stand for global options.
///
/// # Errors
/// When an error leaves nothing to resolve. Other errors are in [`CommandLine::problems`].
pub fn parse(arguments: &mut [OsString], environment: EnvLookup<'_>) -> Result<Request, UsageError> {
    Parser::new(environment).request(LineArguments { arguments, words: None }, None)
}

impl CommandLine {
    /// Every template of the line, in the order in which they are expanded.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &SourceText> {
        self.setup.iter().chain(&self.processes).flat_map(CommandArgs::templates)
    }
}

impl CommandArgs {
    /// The options that have one value.
    fn single_options(&self) -> [&Option<SourceText>; 12] {
        [
            &self.condition,
            &self.exception,
            &self.name,
            &self.stop_signal,
            &self.stop_timeout,
            &self.user,
            &self.workdir,
            &self.restart,
            &self.ready,
            &self.creates,
            &self.replicas,
            &self.umask,
        ]
    }

    /// Every template of the command, in the order in which they are expanded.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &SourceText> {
        let values = self.assignments.iter().map(|(_, value)| value);
        let lists = [&self.wait, &self.alive, &self.after, &self.rewrite].into_iter().flatten();
        let options = self.single_options().into_iter().flatten().chain(lists);
        options.chain(values).chain(&self.words)
    }

    fn is_empty(&self) -> bool {
        self.single_options().iter().all(|option| option.is_none())
            && !self.tty
            && self.once.is_none()
            && self.wait.is_empty()
            && self.alive.is_empty()
            && self.after.is_empty()
            && self.rewrite.is_empty()
            && self.assignments.is_empty()
            && self.words.is_empty()
    }
}
