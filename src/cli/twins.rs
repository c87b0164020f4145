//! The environment twins of the global options, so that `docker run -e` reaches them.

use std::ffi::OsString;

use super::{Form, Named, Said, Sources, UsageError, View, Wish, values};
use crate::plan::Verbosity;

type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// `MONOFY_RUN_PLAN`; empty is off.
pub(super) fn run_plan(environment: Environment<'_>) -> Option<OsString> {
    environment("MONOFY_RUN_PLAN").filter(|file| !file.is_empty())
}

/// All others.
pub(super) fn global(environment: Environment<'_>) -> Result<Said, UsageError> {
    let quiet = switch(environment, "MONOFY_QUIET")?.unwrap_or(false);
    let verbose = switch(environment, "MONOFY_VERBOSE")?.unwrap_or(false);
    let explain = view(environment, "MONOFY_EXPLAIN", View::Explain)?;
    let plan = view(environment, "MONOFY_PLAN", View::Plan)?;
    Ok(Said {
        strict: switch(environment, "MONOFY_STRICT")?,
        view: if matches!(explain, Some(Wish::Show(_))) { explain } else { plan },
        show_secrets: switch(environment, "MONOFY_SHOW_SECRETS")?,
        no_defaults: switch(environment, "MONOFY_NO_DEFAULTS")?,
        sources: Sources {
            env_files: files(environment, "MONOFY_ENV_FILE"),
            defaults: files(environment, "MONOFY_DEFAULTS"),
            ..Sources::default()
        },
        grace: choice(environment, "MONOFY_GRACE", "a duration such as 500ms, 8s or 2m, or none", |value| {
            values::limit(value).ok()
        })?,
        verbosity: match (verbose, quiet) {
            (true, _) => Some(Verbosity::Verbose),
            (false, true) => Some(Verbosity::Quiet),
            (false, false) => None,
        },
    })
}

/// `1` is text.
fn view(
    environment: Environment<'_>,
    name: &str,
    what: impl Fn(Form) -> View,
) -> Result<Option<Wish>, UsageError> {
    choice(environment, name, "1, text, json or 0", |value| match value {
        "0" => Some(Wish::Execute),
        "1" | "text" => Some(Wish::Show(what(Form::Text))),
        "json" => Some(Wish::Show(what(Form::Json))),
        _ => None,
    })
}

/// A list of files, which `:` separates; empty is none.
fn files(environment: Environment<'_>, name: &'static str) -> Option<Vec<Named>> {
    let value = environment(name).filter(|value| !value.is_empty())?;
    Some(Named::by_twin(name, &value))
}

/// `1` is on, `0` and empty are off.
fn switch(environment: Environment<'_>, name: &str) -> Result<Option<bool>, UsageError> {
    choice(environment, name, "1 or 0", |value| match value {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    })
}

fn choice<T>(
    environment: Environment<'_>,
    name: &str,
    expected: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, UsageError> {
    let Some(value) = environment(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let read = value.to_str().and_then(read);
    // The value is not shown: nobody knows what somebody put into the wrong variable.
    read.map(Some).ok_or_else(|| UsageError(format!("the environment variable {name} has to be {expected}")))
}
