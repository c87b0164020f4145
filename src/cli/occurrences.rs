//! Finds where the options of a PROCESS end, and where their values are.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use clap::{Arg, ArgAction, Command as Clap};

use crate::cli::options;
use crate::cli::split::Segment;
use crate::diagnostic::SourceText;

/// The options before a PROGRAM.
pub(super) struct OptionScan {
    pub(super) occurrences: Vec<OptionOccurrence>,
    /// How many arguments they take.
    pub(super) end: usize,
    /// Whether `--` follows them.
    pub(super) is_escaped: bool,
}

/// An argument that holds options, with the next argument if that is the value.
pub(super) struct OptionOccurrence {
    /// The position in the segment, from 0.
    pub(super) at: usize,
    /// How many arguments it takes.
    pub(super) count: usize,
    /// Whether its first option exists.
    pub(super) is_known: bool,
    /// The option that has a value, by clap's id, and the value.
    value: Option<OptionValue>,
}

struct OptionValue {
    option: String,
    text: SourceText,
    is_repeatable: bool,
}

/// Scans the options as clap does, but without validating them.
pub(super) fn scan(clap: &Clap, segment: &Segment<'_>) -> OptionScan {
    let mut occurrences = Vec::new();
    let mut at = 0;
    while let Some(argument) = segment.arguments.get(at) {
        let bytes = argument.as_bytes();
        if bytes == b"--" {
            return OptionScan { occurrences, end: at, is_escaped: true };
        }
        if bytes.len() < 2 || bytes[0] != b'-' {
            break;
        }
        let occurrence = occurrence(clap, segment, at);
        at += occurrence.count;
        occurrences.push(occurrence);
    }
    OptionScan { occurrences, end: at, is_escaped: false }
}

fn occurrence(clap: &Clap, segment: &Segment<'_>, at: usize) -> OptionOccurrence {
    let argument = &segment.arguments[at];
    let is_known = is_known(clap, argument);
    let alone = OptionOccurrence { at, count: 1, is_known, value: None };
    let Some((option, attached)) = option_with_value(clap, argument) else { return alone };
    let value = |text| {
        let is_repeatable = matches!(option.get_action(), ArgAction::Append);
        Some(OptionValue { option: option.get_id().to_string(), text, is_repeatable })
    };
    let text = |at| {
        if options::is_template(option) { segment.template(at) } else { segment.literal(at) }
    };
    if let Some(offset) = attached {
        let text = text(at).from(offset);
        return OptionOccurrence { value: value(text), ..alone };
    }
    let may_be_value = |next: &OsStr| {
        next == "-" || !next.as_bytes().starts_with(b"-") || option.is_allow_hyphen_values_set()
    };
    let next = segment.arguments.get(at + 1).filter(|next| may_be_value(next));
    match next {
        Some(_) if !option.is_require_equals_set() => {
            OptionOccurrence { at, count: 2, is_known, value: value(text(at + 1)) }
        }
        _ => alone,
    }
}

/// Whether an argument begins with an option that exists.
fn is_known(clap: &Clap, argument: &OsStr) -> bool {
    let bytes = argument.as_bytes();
    if let Some(long) = bytes.strip_prefix(b"--") {
        let name = long.split(|byte| *byte == b'=').next().unwrap_or_default();
        return clap
            .get_arguments()
            .any(|option| option.get_long().is_some_and(|long| long.as_bytes() == name));
    }
    let short = bytes.get(1).map(|byte| char::from(*byte));
    clap.get_arguments().any(|option| option.get_short() == short)
}

/// The option in an argument that takes a value, and the offset of the value if it is in the same argument.
fn option_with_value<'c>(clap: &'c Clap, argument: &OsStr) -> Option<(&'c Arg, Option<usize>)> {
    let bytes = argument.as_bytes();
    let takes_value = |option: &&Arg| option.get_action().takes_values();
    if let Some(long) = bytes.strip_prefix(b"--") {
        let equals = long.iter().position(|byte| *byte == b'=');
        let name = &long[..equals.unwrap_or(long.len())];
        let has_name = |option: &&Arg| option.get_long().is_some_and(|long| long.as_bytes() == name);
        let option = clap.get_arguments().find(has_name).filter(takes_value)?;
        return Some((option, equals.map(|equals| 2 + equals + 1)));
    }
    for (index, byte) in bytes.iter().enumerate().skip(1) {
        let has_name = |option: &&Arg| option.get_short() == Some(char::from(*byte));
        let option = clap.get_arguments().find(has_name)?;
        if takes_value(&option) {
            let rest = index + 1;
            let start = if bytes.get(rest) == Some(&b'=') { rest + 1 } else { rest };
            return Some((option, (rest < bytes.len()).then_some(start)));
        }
    }
    None
}

impl OptionScan {
    /// The values of an option, in the order of the line.
    pub(super) fn values(&self, option: &str) -> impl DoubleEndedIterator<Item = &SourceText> {
        let values = self.occurrences.iter().filter_map(|occurrence| occurrence.value.as_ref());
        values.filter(move |value| value.option == option).map(|value| &value.text)
    }

    /// Each option that takes one value and was given another one before, with the later value.
    pub(super) fn repeated(&self) -> Vec<(&str, &SourceText)> {
        let mut seen = std::collections::BTreeSet::new();
        let values = self.occurrences.iter().filter_map(|occurrence| occurrence.value.as_ref());
        values
            .filter(|value| !value.is_repeatable && !seen.insert(value.option.as_str()))
            .map(|value| (value.option.as_str(), &value.text))
            .collect()
    }

    /// Where a flag is, by its long name.
    pub(super) fn flag(&self, segment: &Segment<'_>, long: &str) -> Option<SourceText> {
        self.occurrences.iter().find_map(|occurrence| {
            let argument = &segment.arguments[occurrence.at];
            (argument.as_bytes().strip_prefix(b"--") == Some(long.as_bytes()))
                .then(|| segment.literal(occurrence.at))
        })
    }
}
