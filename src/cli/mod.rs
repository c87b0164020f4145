//! What was written: the arguments taken apart, nothing expanded yet.

mod env_options;
mod occurrences;
mod option_errors;
mod options;
mod parse;
mod split;
mod values;

use std::ffi::OsString;
use std::fmt;

use crate::diagnostic::{Diagnostic, SourceText};
use crate::plan::{Output, Timeout, VerbosityFlags};

pub use crate::variables::sources::{FileRef, SetOption, Sources};
pub use options::{HELP_WIDTH, definition};
use parse::Parsed;

/// The arguments as they are meant.
#[derive(Debug)]
pub enum Request {
    /// Print this and exit 0: help or the version.
    Print(String),
    /// Resolve the line; then show its plan or execute it.
    Line(Line),
    /// Read a plan; then show or execute it.
    RunPlan {
        /// Where it is, `-` for stdin.
        file: OsString,
        /// What was said beside it.
        global: Global,
    },
    /// Ask a monofy that runs how it is.
    Report {
        /// Its pid; nothing is the one that is PID 1, or the only one.
        of: Option<i32>,
        /// What to tell of it.
        what: Report,
    },
}

impl Request {
    /// Whether something is to be executed, rather than shown.
    #[must_use]
    pub fn is_run(&self) -> bool {
        match self {
            Self::Print(_) | Self::Report { .. } => false,
            Self::Line(Line { global, .. }) | Self::RunPlan { global, .. } => global.view.is_none(),
        }
    }
}

/// The global options, of the command line and of the environment together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Global {
    /// Whether unset variables without a default and malformed expansions are errors; nothing is what the
    /// defaults file says, or no.
    pub strict: Option<bool>,
    /// What to show instead of executing the line.
    pub view: Option<View>,
    /// Whether what is shown shows secrets.
    pub show_secrets: bool,
    /// How long a stop may take; nothing is the rule of contract 4.4.
    pub grace: Option<Timeout>,
    /// What happens to the output of the processes; nothing is what the defaults file or the plan says, or raw.
    pub output: Option<Output>,
    /// `--quiet` and `--verbose`.
    pub verbosity: VerbosityFlags,
    /// To which descriptor a newline is written once every process is ready.
    pub ready_fd: Option<i32>,
    /// Where the values of variables come from.
    pub sources: Sources,
}

/// What can be shown of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// What would be executed.
    Plan(Form),
    /// Where each value comes from.
    Explain(Form),
}

/// For whom it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    TaintedBytes,
    /// For programs.
    Json,
}

/// What can be told of a monofy that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// Whether all is as it should be, by the exit status.
    Health,
    /// Each process and its state.
    Status(Form),
}

/// Whether to show something or to execute the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ViewOverride {
    Show(View),
    Execute,
}

/// A line of processes.
#[derive(Debug, Default)]
pub struct Line {
    /// What holds for the whole run.
    pub global: Global,
    /// Run one after another, first.
    pub setup: Vec<Command>,
    /// Run side by side.
    pub processes: Vec<Command>,
    /// What is wrong with the operators and the options, and with their twins. What is right is in the others.
    pub problems: Vec<Diagnostic>,
}

/// One PROCESS of the line. All its parts but names are templates.
#[derive(Debug, Default)]
pub struct Command {
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
    /// `--after`, in the order in which they were written.
    pub after: Vec<SourceText>,
    /// Its own environment, in the order in which it was written.
    pub assignments: Vec<(String, SourceText)>,
    /// PROGRAM and its arguments; never empty.
    pub words: Vec<SourceText>,
}

/// The arguments do not make sense.
#[derive(Debug, PartialEq, Eq)]
pub struct UsageError(pub(crate) String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{HINT}", self.0)
    }
}

/// What is said below all that is wrong with operators and options.
pub const HINT: &str = "Try 'monofy --help'.";

impl UsageError {
    fn of(problems: &[Diagnostic]) -> Self {
        Self(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\nmonofy: "))
    }
}

/// Takes the arguments apart.
///
/// Those of the PROCESSes are taken, and empty afterwards. `environment` is asked for the twins of the global options.
///
/// # Errors
/// When they do not make sense in a way that leaves nothing to resolve.
pub fn parse(
    arguments: &mut [OsString],
    environment: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Request, UsageError> {
    let mut problems = Vec::new();
    let mut segments = split::at_operators(arguments, &mut problems);
    let mut line = Line::default();
    let count = segments.len();
    for (index, segment) in segments.iter_mut().enumerate() {
        let is_first = index == 0;
        let before = problems.len();
        let parsed = match parse::parse(segment, is_first, &mut problems)? {
            Parsed::Print(text) => return Ok(Request::Print(text)),
            Parsed::Report { of, what, command } => {
                if count > 1 || !command.is_nothing() {
                    let message = "--health and --status ask a monofy that runs and take no PROCESS";
                    return Err(UsageError(message.to_owned()));
                }
                return Ok(Request::Report { of, what });
            }
            Parsed::Segment(parsed) => parsed,
        };
        let is_right = problems.len() == before;
        if is_first {
            line.global = parsed.global.or_env(env_options::global(environment, &mut problems));
            let said = parsed.run_plan.map(|file| ("--run-plan", file));
            let run_plan = said.or(env_options::run_plan(environment).map(|file| ("MONOFY_RUN_PLAN", file)));
            if let Some((option, file)) = run_plan {
                if !problems.is_empty() {
                    return Err(UsageError::of(&problems));
                }
                return plan_alone(option, file, line.global, count, &parsed.command);
            }
        }
        if parsed.command.words.is_empty() {
            match segment.missing_program() {
                // What is wrong with the options may have been meant to be the program.
                _ if !is_right => {}
                Some(missing) => problems.push(missing),
                None => return Err(UsageError(segment.nothing_at_all().to_owned())),
            }
        } else if segment.is_setup {
            line.setup.push(parsed.command);
        } else {
            line.processes.push(parsed.command);
        }
    }
    if line.setup.is_empty() && line.processes.is_empty() {
        return Err(UsageError::of(&problems));
    }
    line.problems = problems;
    Ok(Request::Line(line))
}

fn plan_alone(
    option: &str,
    file: OsString,
    global: Global,
    segments: usize,
    command: &Command,
) -> Result<Request, UsageError> {
    if matches!(global.view, Some(View::Explain(_))) {
        return Err(UsageError(format!("{option} executes a plan, in which no variable is left to explain")));
    }
    if segments > 1 || !command.is_nothing() {
        return Err(UsageError(format!(
            "{option} executes a plan and takes no PROCESS and no options of one"
        )));
    }
    Ok(Request::RunPlan { file, global })
}

impl Line {
    /// All that is expanded, in the order in which it is.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &SourceText> {
        self.setup.iter().chain(&self.processes).flat_map(Command::templates)
    }
}

impl Command {
    /// The options that have one value at most.
    fn options(&self) -> [&Option<SourceText>; 7] {
        [
            &self.name,
            &self.stop_signal,
            &self.stop_timeout,
            &self.user,
            &self.workdir,
            &self.restart,
            &self.ready,
        ]
    }

    fn templates(&self) -> impl Iterator<Item = &SourceText> {
        let values = self.assignments.iter().map(|(_, value)| value);
        self.options().into_iter().flatten().chain(&self.after).chain(values).chain(&self.words)
    }

    fn is_nothing(&self) -> bool {
        self.options().iter().all(|option| option.is_none())
            && !self.tty
            && self.after.is_empty()
            && self.assignments.is_empty()
            && self.words.is_empty()
    }
}

/// What the command line, or the environment, says of the global options; nothing where it says nothing.
#[derive(Clone, Debug, Default)]
struct PartialOptions {
    strict: Option<bool>,
    view: Option<ViewOverride>,
    show_secrets: Option<bool>,
    no_defaults: Option<bool>,
    sources: Sources,
    grace: Option<Timeout>,
    output: Option<Output>,
    verbosity: VerbosityFlags,
    ready_fd: Option<i32>,
}

impl PartialOptions {
    /// The command line wins over the environment.
    fn or_env(self, twins: Self) -> Global {
        let (own, other) = (self.sources, twins.sources);
        // Files that are named on the command line are read whatever a twin says, and the other way round.
        let no_defaults = self.no_defaults.unwrap_or(false)
            || (own.defaults.is_none() && twins.no_defaults.unwrap_or(false));
        Global {
            strict: self.strict.or(twins.strict),
            show_secrets: self.show_secrets.or(twins.show_secrets).unwrap_or(false),
            sources: Sources {
                set: own.set,
                env_files: own.env_files.or(other.env_files),
                defaults: own.defaults.or(other.defaults),
                no_defaults,
                secrets: own.secrets.into_iter().chain(other.secrets).collect(),
            },
            view: match self.view.or(twins.view) {
                Some(ViewOverride::Show(view)) => Some(view),
                Some(ViewOverride::Execute) | None => None,
            },
            grace: self.grace.or(twins.grace),
            output: self.output.or(twins.output),
            verbosity: self.verbosity.or(twins.verbosity),
            ready_fd: self.ready_fd.or(twins.ready_fd),
        }
    }
}
