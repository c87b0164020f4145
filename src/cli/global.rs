//! Global options, and how the command line, the environment and the settings combine.

use crate::diagnostic::SourceText;
use crate::plan::{Check, Engine, Output, SecretDisplay, Timeout, VerbosityFlags};
use crate::variables::sources::{Disclosure, MissingPolicy, Sources};

/// The global options of the command line and the environment together. `None` leaves a choice to the defaults file,
/// the plan or the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GlobalOptions {
    /// Whether unset variables without a default and malformed expansions are errors.
    pub strict: Option<bool>,
    /// What to show instead of executing the line.
    pub view: Option<View>,
    /// Whether a view shows secrets.
    pub secrets: SecretDisplay,
    /// How long a stop may take.
    pub grace: Option<Timeout>,
    /// How long it may take until every process is ready.
    pub start_timeout: Option<Timeout>,
    /// The checks of `MONOFY_WAIT`, which every process waits for.
    pub wait: Vec<Check>,
    /// What happens to the output of the processes.
    pub output: Option<Output>,
    /// `--quiet` and `--verbose`.
    pub verbosity: VerbosityFlags,
    /// The descriptor to which a newline is written once every process is ready.
    pub ready_fd: Option<i32>,
    /// The names of the processes to run, separated by commas. `None` runs all.
    pub only: Option<SourceText>,
    /// Whether setup commands run.
    pub setup: SetupMode,
    /// The files to render, each `SRC:DST[:SYNTAX]`.
    pub render: Vec<SourceText>,
    /// The image that has this line as its CMD.
    pub image: Option<SourceText>,
    /// Where the values of variables come from.
    pub sources: Sources,
}

/// What to show of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// What would be executed.
    Plan(ViewFormat),
    /// Where each value comes from.
    Explain(ExplainFormat),
    /// What runs it in several containers.
    Deployment(Engine),
}

/// The format of an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// A table for the README of an image.
    Markdown,
}

impl ExplainFormat {
    /// The format with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            "markdown" => Some(Self::Markdown),
            _ => None,
        }
    }
}

/// The format of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Whether setup commands and processes run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SetupMode {
    /// Setup commands first, then processes.
    #[default]
    Run,
    /// Processes only.
    Skip,
    /// Setup commands only.
    Only,
}

impl SetupMode {
    /// The mode with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "run" => Some(Self::Run),
            "skip" => Some(Self::Skip),
            "only" => Some(Self::Only),
            _ => None,
        }
    }
}

/// Whether to show a view or to execute the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ViewOverride {
    Show(View),
    Execute,
}

/// The global options of one source: the command line or the environment.
#[derive(Clone, Debug, Default)]
pub(super) struct PartialOptions {
    pub(super) strict: Option<bool>,
    pub(super) view: Option<ViewOverride>,
    pub(super) show_secrets: Option<bool>,
    pub(super) no_defaults: Option<bool>,
    pub(super) sources: Sources,
    pub(super) grace: Option<Timeout>,
    pub(super) start_timeout: Option<Timeout>,
    pub(super) wait: Vec<Check>,
    pub(super) output: Option<Output>,
    pub(super) verbosity: VerbosityFlags,
    pub(super) ready_fd: Option<i32>,
    pub(super) only: Option<SourceText>,
    pub(super) setup: Option<SetupMode>,
    pub(super) render: Option<Vec<SourceText>>,
    pub(super) image: Option<SourceText>,
}

impl PartialOptions {
    /// Combines the options around `--file` with those in the file, as if the latter came first in one line.
    pub(super) fn over(self, file: Self) -> Self {
        let joined = |first: Vec<_>, second: Vec<_>| first.into_iter().chain(second).collect();
        let (given, inner) = (self.sources, file.sources);
        // An option that names files overrides --no-defaults before it, and the reverse.
        let (defaults, no_defaults) = match (given.defaults, self.no_defaults) {
            (None, Some(true)) => (None, Some(true)),
            (Some(given), _) => (Some(joined(inner.defaults.unwrap_or_default(), given)), None),
            (None, _) => (inner.defaults, file.no_defaults),
        };
        let env_files = match (inner.env_files, given.env_files) {
            (Some(inner), Some(given)) => Some(joined(inner, given)),
            (inner, given) => given.or(inner),
        };
        let render = match (file.render, self.render) {
            (Some(inner), Some(given)) => Some(inner.into_iter().chain(given).collect()),
            (inner, given) => given.or(inner),
        };
        Self {
            strict: self.strict.or(file.strict),
            view: self.view.or(file.view),
            show_secrets: self.show_secrets.or(file.show_secrets),
            no_defaults,
            sources: Sources {
                set: inner.set.into_iter().chain(given.set).collect(),
                env_files,
                defaults,
                no_defaults: false,
                secrets: inner.secrets.into_iter().chain(given.secrets).collect(),
                disclosure: given.disclosure,
                missing: given.missing,
            },
            grace: self.grace.or(file.grace),
            start_timeout: self.start_timeout.or(file.start_timeout),
            wait: file.wait.into_iter().chain(self.wait).collect(),
            output: self.output.or(file.output),
            verbosity: self.verbosity.or(file.verbosity),
            ready_fd: self.ready_fd.or(file.ready_fd),
            only: self.only.or(file.only),
            setup: self.setup.or(file.setup),
            render,
            image: self.image.or(file.image),
        }
    }

    /// Combines the options of the command line with those of the environment. The command line wins.
    pub(super) fn or_env(self, env: Self) -> GlobalOptions {
        // Each source decides about defaults files as a whole: an option that names files overrides
        // MONOFY_NO_DEFAULTS, and --no-defaults overrides MONOFY_DEFAULTS.
        let no_defaults = self.no_defaults.unwrap_or(false)
            || (self.sources.defaults.is_none() && env.no_defaults.unwrap_or(false));
        let show_secrets = self.show_secrets.or(env.show_secrets).unwrap_or(false);
        let view = match self.view.or(env.view) {
            Some(ViewOverride::Show(view)) => Some(view),
            Some(ViewOverride::Execute) | None => None,
        };
        let is_deployment = matches!(view, Some(View::Deployment(_)));
        GlobalOptions {
            strict: self.strict.or(env.strict),
            secrets: if show_secrets && !is_deployment { SecretDisplay::Show } else { SecretDisplay::Mask },
            sources: Sources {
                set: self.sources.set,
                env_files: self.sources.env_files.or(env.sources.env_files),
                defaults: self.sources.defaults.or(env.sources.defaults),
                no_defaults,
                secrets: self.sources.secrets.into_iter().chain(env.sources.secrets).collect(),
                disclosure: if is_deployment { Disclosure::Defaults } else { Disclosure::All },
                // These describe an image, not an environment.
                missing: if is_deployment || view == Some(View::Explain(ExplainFormat::Markdown)) {
                    MissingPolicy::Ignore
                } else {
                    MissingPolicy::Report
                },
            },
            view,
            grace: self.grace.or(env.grace),
            start_timeout: self.start_timeout.or(env.start_timeout),
            wait: self.wait.into_iter().chain(env.wait).collect(),
            output: self.output.or(env.output),
            verbosity: self.verbosity.or(env.verbosity),
            ready_fd: self.ready_fd.or(env.ready_fd),
            only: self.only.or(env.only),
            setup: self.setup.or(env.setup).unwrap_or_default(),
            render: self.render.or(env.render).unwrap_or_default(),
            image: self.image.or(env.image),
        }
    }
}
