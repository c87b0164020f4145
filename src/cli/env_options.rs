//! Environment variables that stand for global options, so that `docker run -e` reaches them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::cli::EnvLookup;
use crate::cli::global::{ExplainFormat, PartialOptions, SetupMode, View, ViewFormat, ViewOverride};
use crate::cli::parser::Parser;
use crate::cli::values;
use crate::diagnostic::{Diagnostic, Origin, SourceText};
use crate::plan::{Check, CheckOption, Engine, OPTION_VARIABLES, OTHER_VARIABLES, Output, VerbosityFlags};
use crate::text::suggest::Hints;
use crate::variables::sources::{FileRef, SecretOption, Sources};

const TIMEOUT: &str = "a duration such as 500ms, 8s, 1.5s, 2m or 1h, or none";

const START_TIMEOUT: &str = "a duration above 0 such as 500ms, 8s, 1.5s, 2m or 1h, or none";

/// The prefix of every variable addressed to monofy.
const PREFIX: &[u8] = b"MONOFY_";

/// Whether a variable is addressed to monofy, by its name.
#[must_use]
pub fn is_for_monofy((name, _): &(&OsStr, &OsStr)) -> bool {
    name.as_bytes().starts_with(PREFIX)
}

/// Warnings about `MONOFY_` variables that mean nothing, one line each.
pub fn unknown_variables<'e>(environment: impl IntoIterator<Item = (&'e OsStr, &'e OsStr)>) -> Vec<String> {
    let known = || OPTION_VARIABLES.into_iter().chain(OTHER_VARIABLES);
    let names = environment.into_iter().filter(is_for_monofy).filter_map(|(name, _)| name.to_str());
    let unknown = names.filter(|name| !known().any(|known| known == *name));
    let mut hints = Hints::default();
    unknown
        .map(|name| match without_variable(name) {
            Some(option) => format!("{name}: {option} is for the command line only"),
            None => format!("{}: no option has this name{}", printable(name), hints.hint(name, known())),
        })
        .collect()
}

/// The option that a variable would be for, if that option has no variable.
fn without_variable(name: &str) -> Option<&'static str> {
    match name {
        "MONOFY_FILE" => Some("--file"),
        "MONOFY_SET" => Some("--set"),
        _ => None,
    }
}

fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

impl Parser<'_> {
    /// `MONOFY_RUN_PLAN`. Empty is off.
    pub(super) fn run_plan_variable(&self) -> Option<OsString> {
        (self.environment)("MONOFY_RUN_PLAN").filter(|file| !file.is_empty())
    }

    /// The global options of the environment.
    pub(super) fn env_options(&mut self) -> PartialOptions {
        let quiet = self.switch("MONOFY_QUIET");
        let verbose = self.switch("MONOFY_VERBOSE");
        let explain = self.view_variable("MONOFY_EXPLAIN", "1, text, json, markdown or 0", |name| {
            ExplainFormat::named(name).map(View::Explain)
        });
        let plan =
            self.view_variable("MONOFY_PLAN", "1, text, json, compose, swarm, kubernetes or 0", |name| {
                match name {
                    "text" => Some(View::Plan(ViewFormat::Text)),
                    "json" => Some(View::Plan(ViewFormat::Json)),
                    engine => Engine::named(engine).map(View::Deployment),
                }
            });
        let secrets = self.secret_variable("MONOFY_SECRET").into_iter().collect();
        PartialOptions {
            strict: self.switch("MONOFY_STRICT"),
            view: if matches!(explain, Some(ViewOverride::Show(_))) { explain } else { plan },
            show_secrets: self.switch("MONOFY_SHOW_SECRETS"),
            no_defaults: self.switch("MONOFY_NO_DEFAULTS"),
            sources: Sources {
                env_files: files(self.environment, "MONOFY_ENV_FILE"),
                defaults: files(self.environment, "MONOFY_DEFAULTS"),
                secrets,
                ..Sources::default()
            },
            grace: self.variable("MONOFY_GRACE", TIMEOUT, |value| value.parse().ok()),
            start_timeout: self
                .variable("MONOFY_START_TIMEOUT", START_TIMEOUT, |value| values::start_timeout(value).ok()),
            wait: self.wait_variable(),
            output: self.variable("MONOFY_OUTPUT", "raw, prefix or json", Output::named),
            ready_fd: self.variable("MONOFY_READY_FD", "the number of a descriptor, from 3 on", |value| {
                crate::plan::descriptor(value.as_bytes()).ok()
            }),
            only: self.only_variable(),
            setup: self.variable("MONOFY_SETUP", "run, skip or only", SetupMode::named),
            render: self.render_variable(),
            image: self.image_variable(),
            verbosity: VerbosityFlags { quiet, verbose },
        }
    }

    /// A list of names. An invalid value is not shown.
    fn secret_variable(&mut self, name: &'static str) -> Option<SecretOption> {
        let value = (self.environment)(name).filter(|value| !value.is_empty())?;
        let parsed = SecretOption::parse(&SourceText::of(Origin::Variable(name), value.as_bytes()));
        if parsed.is_err() {
            let message =
                "this environment variable has to be a variable name, or several with ',' between them";
            self.problem(Diagnostic::without_excerpt(Origin::Variable(name), message));
        }
        parsed.ok()
    }

    /// A list of files, separated by white space.
    fn render_variable(&self) -> Option<Vec<SourceText>> {
        let value = (self.environment)("MONOFY_RENDER").filter(|value| !value.is_empty())?;
        let files = value.as_bytes().split(u8::is_ascii_whitespace).filter(|file| !file.is_empty());
        Some(files.map(|file| SourceText::of(Origin::Variable("MONOFY_RENDER"), file)).collect())
    }

    /// Checks, separated by white space. They are not shown: one may be a secret in the wrong variable.
    fn wait_variable(&mut self) -> Vec<Check> {
        const NAME: &str = "MONOFY_WAIT";
        let value = (self.environment)(NAME).unwrap_or_default();
        let written = value.as_bytes().split(u8::is_ascii_whitespace).filter(|check| !check.is_empty());
        let mut checks = Vec::new();
        for (index, written) in written.enumerate() {
            match Check::read_for(CheckOption::Wait, written) {
                Ok(check) => checks.push(check),
                Err(message) => {
                    let message = format!("check {} of this environment variable: {message}", index + 1);
                    self.problem(Diagnostic::without_excerpt(Origin::Variable(NAME), message));
                }
            }
        }
        checks
    }

    fn only_variable(&self) -> Option<SourceText> {
        let names = (self.environment)("MONOFY_ONLY").filter(|names| !names.is_empty())?;
        Some(SourceText::of(Origin::Variable("MONOFY_ONLY"), names.as_bytes()))
    }

    fn image_variable(&self) -> Option<SourceText> {
        let image = (self.environment)("MONOFY_IMAGE").filter(|image| !image.is_empty())?;
        Some(SourceText::of(Origin::Variable("MONOFY_IMAGE"), image.as_bytes()))
    }

    fn view_variable(
        &mut self,
        name: &'static str,
        expected: &str,
        view: impl Fn(&str) -> Option<View>,
    ) -> Option<ViewOverride> {
        self.variable(name, expected, |value| match value {
            "0" => Some(ViewOverride::Execute),
            "1" => view("text").map(ViewOverride::Show),
            named => view(named).map(ViewOverride::Show),
        })
    }

    fn switch(&mut self, name: &'static str) -> Option<bool> {
        self.variable(name, "1 or 0", |value| match value {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        })
    }

    /// Parses a variable. Empty counts as unset.
    fn variable<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = (self.environment)(name).filter(|value| !value.is_empty())?;
        let parsed = value.to_str().and_then(parse);
        if parsed.is_none() {
            // The value is not shown: it may be a secret that was put into the wrong variable.
            let message = format!("this environment variable has to be {expected}");
            self.problem(Diagnostic::without_excerpt(Origin::Variable(name), message));
        }
        parsed
    }
}

/// A list of files, separated by `:`. Empty counts as unset.
fn files(environment: EnvLookup<'_>, name: &'static str) -> Option<Vec<FileRef>> {
    let value = environment(name).filter(|value| !value.is_empty())?;
    Some(FileRef::by_twin(name, &value))
}
