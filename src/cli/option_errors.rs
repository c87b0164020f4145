//! Options that are wrong: each is told, by clap's message, with the argument it stands in.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Command as Clap};

use crate::cli::UsageError;
use crate::cli::occurrences::{OptionOccurrence, Scan};
use crate::cli::options;
use crate::cli::split::Segment;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::text::suggest;

/// What clap makes of the options that are right. The others are told, and taken out of the scan.
pub(super) fn matches_without(
    clap: &mut Clap,
    segment: &Segment<'_>,
    scan: &mut Scan,
    is_first: bool,
    problems: &mut Vec<Diagnostic>,
) -> Result<ArgMatches, UsageError> {
    let arguments = |given: &OptionOccurrence| &segment.arguments[given.at..given.at + given.count];
    // clap stops at the first that is wrong, so each is looked at alone.
    scan.options.retain(|given| match clap.try_get_matches_from_mut(arguments(given)) {
        Ok(_) => true,
        Err(error) => {
            if !matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
                problems.push(told(&error, segment, given, is_first));
            }
            false
        }
    });
    let right: Vec<&OsString> = scan.options.iter().flat_map(arguments).collect();
    clap.try_get_matches_from_mut(right).map_err(|error| UsageError(message(&error, is_first)))
}

fn told(error: &clap::Error, segment: &Segment<'_>, given: &OptionOccurrence, is_first: bool) -> Diagnostic {
    let is_value = given.count > 1 && context(error, ContextKind::InvalidValue).is_some();
    let at = if is_value { given.at + 1 } else { given.at };
    let written = SourceText::whole(segment.first + at, &segment.arguments[at]);
    let shown = if error.kind() == ErrorKind::UnknownArgument { unknown(&written, error) } else { written };
    Diagnostic::about(&shown, message(error, is_first))
}

fn context(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    }
}

/// The option that a message is about, with its dashes.
fn name(error: &clap::Error) -> &str {
    let option = context(error, ContextKind::InvalidArg).unwrap_or_default();
    option.split([' ', '=', '[']).next().unwrap_or_default()
}

/// clap's message without its usage, which is long.
fn message(error: &clap::Error, is_first: bool) -> String {
    let name = name(error);
    if !is_first && is_global(name) {
        return format!("'{name}' is a global option and stands in front of the first process only");
    }
    if error.kind() != ErrorKind::UnknownArgument {
        let rendered = error.render().to_string();
        let message = rendered.strip_prefix("error: ").unwrap_or(&rendered);
        return message.split("\n\n").next().unwrap_or_default().replace("\n ", "").trim_end().to_owned();
    }
    let long = name.strip_prefix("--").unwrap_or_default();
    let known = options::known(is_first);
    let known = known.iter().filter_map(Arg::get_long);
    match suggest::closest(long, known) {
        Some(meant) => format!("there is no option '{name}'; did you mean '--{meant}'?"),
        None => format!(
            "there is no option '{name}'; a program whose name begins with '-' needs '--' in front of it"
        ),
    }
}

fn is_global(name: &str) -> bool {
    options::global_options().iter().any(|known| {
        known.get_long().is_some_and(|long| name.strip_prefix("--") == Some(long))
            || known.get_short().is_some_and(|short| name.strip_prefix('-') == Some(&short.to_string()))
    })
}

/// An option that nobody knows, without what may be its value and a secret.
fn unknown(written: &SourceText, error: &clap::Error) -> SourceText {
    let bytes = written.bytes();
    let Some(short) = name(error).strip_prefix('-').filter(|name| !name.starts_with('-')) else {
        return without_value(written);
    };
    let text = String::from_utf8_lossy(bytes);
    let end = text.find(short).map_or(text.len(), |at| at + short.len());
    let hidden = if end < text.len() { "…" } else { "" };
    SourceText::of(written.origin().clone(), format!("{}{hidden}", &text[..end]).as_bytes())
}

/// An argument up to its `=`.
pub(super) fn without_value(written: &SourceText) -> SourceText {
    match written.bytes().iter().position(|byte| *byte == b'=') {
        Some(equals) => {
            let shown = [&written.bytes()[..=equals], "…".as_bytes()].concat();
            SourceText::of(written.origin().clone(), &shown)
        }
        None => written.clone(),
    }
}
