//! Where the options of a PROCESS end, and where their values stand.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use clap::{Arg, Command as Clap};

use crate::cli::split::Segment;
use crate::diagnostic::SourceText;

/// The options in front of a PROGRAM.
pub(super) struct Scan {
    pub(super) options: Vec<OptionOccurrence>,
    /// How many arguments they are.
    pub(super) end: usize,
    /// Whether a `--` follows them.
    pub(super) is_escaped: bool,
}

/// An argument with options in it, and the one behind it if that is the value.
pub(super) struct OptionOccurrence {
    /// The first of its segment is 0.
    pub(super) at: usize,
    pub(super) count: usize,
    /// The option that has a value, as clap calls it, and the value.
    value: Option<(String, SourceText)>,
}

/// Reads the arguments as clap does, but for what is wrong with them.
pub(super) fn scan(clap: &Clap, segment: &Segment<'_>) -> Scan {
    let mut options = Vec::new();
    let mut at = 0;
    while let Some(argument) = segment.arguments.get(at) {
        let bytes = argument.as_bytes();
        if bytes == b"--" {
            return Scan { options, end: at, is_escaped: true };
        }
        if bytes.len() < 2 || bytes[0] != b'-' {
            break;
        }
        let given = given(clap, segment, at);
        at += given.count;
        options.push(given);
    }
    Scan { options, end: at, is_escaped: false }
}

fn given(clap: &Clap, segment: &Segment<'_>, at: usize) -> OptionOccurrence {
    let argument = &segment.arguments[at];
    let alone = OptionOccurrence { at, count: 1, value: None };
    let Some((option, attached)) = option(clap, argument) else { return alone };
    let id = option.get_id().to_string();
    if let Some(offset) = attached {
        let value = SourceText::whole(segment.first + at, argument).from(offset);
        return OptionOccurrence { value: Some((id, value)), ..alone };
    }
    let next =
        segment.arguments.get(at + 1).filter(|next| *next == "-" || !next.as_bytes().starts_with(b"-"));
    match next {
        Some(next) if !option.is_require_equals_set() => OptionOccurrence {
            at,
            count: 2,
            value: Some((id, SourceText::whole(segment.first + at + 1, next))),
        },
        _ => alone,
    }
}

/// The option of an argument that takes a value, and where in the argument that starts if it does.
fn option<'c>(clap: &'c Clap, argument: &OsStr) -> Option<(&'c Arg, Option<usize>)> {
    let bytes = argument.as_bytes();
    let takes_value = |option: &&Arg| option.get_action().takes_values();
    if let Some(long) = bytes.strip_prefix(b"--") {
        let equals = long.iter().position(|byte| *byte == b'=');
        let name = &long[..equals.unwrap_or(long.len())];
        let is_named = |option: &&Arg| option.get_long().is_some_and(|long| long.as_bytes() == name);
        let option = clap.get_arguments().find(is_named).filter(takes_value)?;
        return Some((option, equals.map(|equals| 2 + equals + 1)));
    }
    for (index, byte) in bytes.iter().enumerate().skip(1) {
        let is_named = |option: &&Arg| option.get_short() == Some(char::from(*byte));
        let option = clap.get_arguments().find(is_named)?;
        if takes_value(&option) {
            let rest = index + 1;
            let start = if bytes.get(rest) == Some(&b'=') { rest + 1 } else { rest };
            return Some((option, (rest < bytes.len()).then_some(start)));
        }
    }
    None
}

impl Scan {
    /// The values of an option, in their order.
    pub(super) fn values(&self, name: &str) -> impl DoubleEndedIterator<Item = &SourceText> {
        let values = self.options.iter().filter_map(|given| given.value.as_ref());
        values.filter(move |(id, _)| id == name).map(|(_, value)| value)
    }
}
