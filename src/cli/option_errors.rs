//! Reports invalid options with clap's messages, each at its argument.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Command as Clap};

use crate::cli::UsageError;
use crate::cli::occurrences::{OptionOccurrence, OptionScan};
use crate::cli::options::{self, Position};
use crate::cli::parser::Parser;
use crate::cli::split::Segment;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::text::suggest;

impl Parser<'_> {
    /// Parses the valid options. The others become problems and leave the scan.
    pub(super) fn matches_of_valid(
        &mut self,
        clap: &mut Clap,
        segment: &Segment<'_>,
        scan: &mut OptionScan,
        position: Position,
    ) -> Result<ArgMatches, UsageError> {
        let arguments = |occurrence: &OptionOccurrence| {
            &segment.arguments[occurrence.at..occurrence.at + occurrence.count]
        };
        // clap stops at the first error, so each option is parsed by itself.
        scan.occurrences.retain(|occurrence| {
            if !occurrence.is_known && self.is_counted_only(segment, occurrence) {
                return false;
            }
            match clap.try_get_matches_from_mut(arguments(occurrence)) {
                Ok(_) => true,
                Err(error) => {
                    if !matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
                        self.problem(diagnostic(&error, segment, occurrence, position));
                    }
                    false
                }
            }
        });
        let valid: Vec<&OsString> = scan.occurrences.iter().flat_map(arguments).collect();
        clap.try_get_matches_from_mut(valid).map_err(|error| UsageError(message(&error, position)))
    }
}

impl Parser<'_> {
    /// Counts an unknown option without clap, if so many problems are kept that this one is not shown.
    fn is_counted_only(&mut self, segment: &Segment<'_>, occurrence: &OptionOccurrence) -> bool {
        self.problems.count_if_full(segment.literal(occurrence.at).origin())
    }
}

fn diagnostic(
    error: &clap::Error,
    segment: &Segment<'_>,
    occurrence: &OptionOccurrence,
    position: Position,
) -> Diagnostic {
    let is_value = occurrence.count > 1 && context(error, ContextKind::InvalidValue).is_some();
    let at = if is_value { occurrence.at + 1 } else { occurrence.at };
    let text = segment.literal(at);
    let shown = if error.kind() == ErrorKind::UnknownArgument { unknown_option(&text, error) } else { text };
    Diagnostic::about(&shown, message(error, position))
}

fn context(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    }
}

/// The option that an error is about, with its dashes.
fn option_name(error: &clap::Error) -> &str {
    let option = context(error, ContextKind::InvalidArg).unwrap_or_default();
    option.split([' ', '=', '[']).next().unwrap_or_default()
}

/// clap's message without its usage, which is long.
fn message(error: &clap::Error, position: Position) -> String {
    let name = option_name(error);
    if position == Position::Later && is_global(name) {
        return format!("'{name}' is a global option and goes before the first process only");
    }
    if error.kind() != ErrorKind::UnknownArgument {
        let rendered = error.render().to_string();
        let message = rendered.strip_prefix("error: ").unwrap_or(&rendered);
        return message.split("\n\n").next().unwrap_or_default().replace("\n ", "").trim_end().to_owned();
    }
    let long = name.strip_prefix("--").unwrap_or_default();
    let known = options::options_at(position);
    let known = known.iter().filter_map(Arg::get_long);
    match suggest::closest(long, known) {
        Some(meant) => format!("there is no option '{name}'; did you mean '--{meant}'?"),
        None => {
            format!("there is no option '{name}'; a program whose name begins with '-' needs '--' before it")
        }
    }
}

fn is_global(name: &str) -> bool {
    options::global_options().iter().any(|option| {
        option.get_long().is_some_and(|long| name.strip_prefix("--") == Some(long))
            || option.get_short().is_some_and(|short| name.strip_prefix('-') == Some(&short.to_string()))
    })
}

/// An unknown option without its value, which may be a secret.
fn unknown_option(text: &SourceText, error: &clap::Error) -> SourceText {
    let bytes = text.bytes();
    let Some(short) = option_name(error).strip_prefix('-').filter(|name| !name.starts_with('-')) else {
        return without_value(text);
    };
    let option = String::from_utf8_lossy(bytes);
    let end = option.find(short).map_or(option.len(), |at| at + short.len());
    let hidden = if end < option.len() { "…" } else { "" };
    SourceText::of(text.origin().clone(), format!("{}{hidden}", &option[..end]).as_bytes())
}

/// An argument up to its `=`.
pub(super) fn without_value(text: &SourceText) -> SourceText {
    match text.bytes().iter().position(|byte| *byte == b'=') {
        Some(equals) => {
            let shown = [&text.bytes()[..=equals], "…".as_bytes()].concat();
            SourceText::of(text.origin().clone(), &shown)
        }
        None => text.clone(),
    }
}
