//! The environment twins of the global options, so that `docker run -e` reaches them.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::cli::{FileRef, Form, PartialOptions, Sources, View, ViewOverride, values};
use crate::diagnostic::{Diagnostic, Origin, SourceText};
use crate::plan::{Output, VerbosityFlags};
use crate::variables::sources::SecretOption;

type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// `MONOFY_RUN_PLAN`; empty is off.
pub(super) fn run_plan(environment: Environment<'_>) -> Option<OsString> {
    environment("MONOFY_RUN_PLAN").filter(|file| !file.is_empty())
}

/// All others; every mistake in them is told.
pub(super) fn global(environment: Environment<'_>, problems: &mut Vec<Diagnostic>) -> PartialOptions {
    let mut twins = Twins { environment, problems };
    let verbosity =
        VerbosityFlags { quiet: twins.switch("MONOFY_QUIET"), verbose: twins.switch("MONOFY_VERBOSE") };
    let explain = twins.view("MONOFY_EXPLAIN", View::Explain);
    let plan = twins.view("MONOFY_PLAN", View::Plan);
    let secrets = twins.secrets("MONOFY_SECRET").into_iter().collect();
    PartialOptions {
        strict: twins.switch("MONOFY_STRICT"),
        view: if matches!(explain, Some(ViewOverride::Show(_))) { explain } else { plan },
        show_secrets: twins.switch("MONOFY_SHOW_SECRETS"),
        no_defaults: twins.switch("MONOFY_NO_DEFAULTS"),
        sources: Sources {
            env_files: files(environment, "MONOFY_ENV_FILE"),
            defaults: files(environment, "MONOFY_DEFAULTS"),
            secrets,
            ..Sources::default()
        },
        grace: twins.choice(
            "MONOFY_GRACE",
            "a duration such as 500ms, 8s, 1.5s, 2m or 1h, or none",
            |value| value.parse().ok(),
        ),
        output: twins.choice("MONOFY_OUTPUT", "raw, prefix or json", Output::named),
        ready_fd: twins.choice("MONOFY_READY_FD", "the number of a descriptor, from 3 on", |value| {
            values::descriptor(value).ok()
        }),
        verbosity,
    }
}

/// A list of files, which `:` separates; empty is none.
fn files(environment: Environment<'_>, name: &'static str) -> Option<Vec<FileRef>> {
    let value = environment(name).filter(|value| !value.is_empty())?;
    Some(FileRef::by_twin(name, &value))
}

/// The twins, being read.
struct Twins<'e> {
    environment: Environment<'e>,
    problems: &'e mut Vec<Diagnostic>,
}

impl Twins<'_> {
    /// A list of names; a value that is none is not shown.
    fn secrets(&mut self, name: &'static str) -> Option<SecretOption> {
        let value = (self.environment)(name).filter(|value| !value.is_empty())?;
        let parsed = SecretOption::parse(&SourceText::of(Origin::Variable(name), value.as_bytes()));
        if parsed.is_err() {
            let message =
                "this environment variable has to be a variable name, or several with ',' between them";
            let text = SourceText::of(Origin::Variable(name), "…".as_bytes());
            self.problems.push(Diagnostic::about(&text, message));
        }
        parsed.ok()
    }

    /// `1` is text.
    fn view(&mut self, name: &'static str, what: impl Fn(Form) -> View) -> Option<ViewOverride> {
        self.choice(name, "1, text, json or 0", |value| match value {
            "0" => Some(ViewOverride::Execute),
            "1" | "text" => Some(ViewOverride::Show(what(Form::TaintedBytes))),
            "json" => Some(ViewOverride::Show(what(Form::Json))),
            _ => None,
        })
    }

    /// `1` is on, `0` and empty are off.
    fn switch(&mut self, name: &'static str) -> Option<bool> {
        self.choice(name, "1 or 0", |value| match value {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        })
    }

    fn choice<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = (self.environment)(name).filter(|value| !value.is_empty())?;
        let read = value.to_str().and_then(read);
        if read.is_none() {
            // The value is not shown: nobody knows what somebody put into the wrong variable.
            let written = SourceText::of(Origin::Variable(name), "…".as_bytes());
            self.problems
                .push(Diagnostic::about(&written, format!("this environment variable has to be {expected}")));
        }
        read
    }
}
