//! The line cut at its operators, on the arguments as they came.

use std::ffi::OsString;

use crate::diagnostic::{Diagnostic, SourceText};

/// One PROCESS and where it stands.
#[derive(Debug)]
pub(super) struct Segment<'a> {
    /// Its arguments.
    pub(super) arguments: &'a mut [OsString],
    /// The number of the first of them, counted from 1 as in `$1`.
    pub(super) first: usize,
    /// Whether it is a setup command.
    pub(super) is_setup: bool,
    /// The operators around it, for errors.
    before: Option<&'static str>,
    after: Option<&'static str>,
}

const AND_THEN: &str = "&&";
const BESIDE: &str = "|||";

fn operator(argument: &OsString) -> Option<&'static str> {
    [AND_THEN, BESIDE].into_iter().find(|operator| argument == operator)
}

/// Cuts the line. Before the last `&&` there are setup commands, after it processes.
pub(super) fn at_operators<'a>(
    mut arguments: &'a mut [OsString],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Segment<'a>> {
    let setup_end = arguments.iter().rposition(|argument| argument == AND_THEN);
    if let (Some(end), Some(beside)) = (setup_end, arguments.iter().position(|argument| argument == BESIDE))
        && beside < end
    {
        let message = format!(
            "'|||' stands before the '&&' that is argument {}; setup commands run one after another, and '|||' is \
             for the processes behind the last '&&'",
            end + 1
        );
        problems.push(Diagnostic::about(&SourceText::whole(beside + 1, BESIDE.as_ref()), message));
    }
    let mut segments = Vec::new();
    let mut start = 0;
    let mut before = None;
    loop {
        let end = arguments.iter().position(|argument| operator(argument).is_some());
        let (own, rest) = arguments.split_at_mut(end.unwrap_or(arguments.len()));
        let after = rest.first().and_then(operator);
        let behind = start + own.len();
        let is_setup = setup_end.is_some_and(|setup_end| behind <= setup_end);
        segments.push(Segment { arguments: own, first: start + 1, is_setup, before, after });
        let Some((_, others)) = rest.split_first_mut() else { return segments };
        (before, start, arguments) = (after, behind + 1, others);
    }
}

impl Segment<'_> {
    /// What to say when there is no PROGRAM in it, at the operator that wants one.
    pub(super) fn missing_program(&self) -> Option<Diagnostic> {
        let what = if self.is_setup { "a setup command" } else { "a process" };
        let behind = self.first + self.arguments.len();
        let (operator, argument, side) = match (self.before, self.after) {
            (_, Some(operator)) => (operator, behind, "in front of"),
            (Some(operator), None) => (operator, self.first - 1, "behind"),
            (None, None) => return None,
        };
        let written = SourceText::whole(argument, operator.as_ref());
        Some(Diagnostic::about(&written, format!("{what} is missing {side} this '{operator}'")))
    }

    /// The same where there is no operator.
    pub(super) fn nothing_at_all(&self) -> &'static str {
        if self.arguments.is_empty() {
            "there is nothing to run"
        } else {
            "there is nothing to run: options, and no program"
        }
    }
}
