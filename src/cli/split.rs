//! Splits the arguments at the operators `&&` and `|||`, before anything is expanded.

use std::ffi::OsString;

use crate::cli::parser::Parser;
use crate::diagnostic::{Diagnostic, SourceText};

/// The arguments of one PROCESS.
#[derive(Debug)]
pub(super) struct Segment<'a> {
    pub(super) arguments: &'a mut [OsString],
    /// The number of its first argument, counted from 1 as in `$1`.
    pub(super) first: usize,
    /// Whether it is a setup command.
    pub(super) is_setup: bool,
    /// The operators around it, for errors.
    before: Option<&'static str>,
    after: Option<&'static str>,
}

const SETUP_OPERATOR: &str = "&&";
const PROCESS_OPERATOR: &str = "|||";

fn operator(argument: &OsString) -> Option<&'static str> {
    [SETUP_OPERATOR, PROCESS_OPERATOR].into_iter().find(|operator| argument == operator)
}

impl Parser<'_> {
    /// Splits the line. Segments before the last `&&` are setup commands, those after it are processes.
    pub(super) fn split<'a>(&mut self, mut arguments: &'a mut [OsString]) -> Vec<Segment<'a>> {
        let setup_end = arguments.iter().rposition(|argument| argument == SETUP_OPERATOR);
        self.check_operator_order(arguments, setup_end);
        let mut segments = Vec::new();
        let mut start = 0;
        let mut before = None;
        loop {
            let end = arguments.iter().position(|argument| operator(argument).is_some());
            let (own, rest) = arguments.split_at_mut(end.unwrap_or(arguments.len()));
            let after = rest.first().and_then(operator);
            let end = start + own.len();
            let is_setup = setup_end.is_some_and(|setup_end| end <= setup_end);
            segments.push(Segment { arguments: own, first: start + 1, is_setup, before, after });
            let Some((_, others)) = rest.split_first_mut() else { return segments };
            (before, start, arguments) = (after, end + 1, others);
        }
    }

    fn check_operator_order(&mut self, arguments: &[OsString], setup_end: Option<usize>) {
        let parallel = arguments.iter().position(|argument| argument == PROCESS_OPERATOR);
        let (Some(setup_end), Some(parallel)) = (setup_end, parallel) else { return };
        if parallel < setup_end {
            let message = format!(
                "'|||' comes before the '&&' that is argument {}; setup commands run one after another, and '|||' \
                 separates the processes after the last '&&'",
                setup_end + 1
            );
            let text = SourceText::whole(parallel + 1, PROCESS_OPERATOR.as_ref());
            self.problem(Diagnostic::about(&text, message));
        }
    }
}

impl Segment<'_> {
    /// The error of a segment without PROGRAM, at the operator next to it.
    pub(super) fn missing_program(&self) -> Option<Diagnostic> {
        let what = if self.is_setup { "a setup command" } else { "a process" };
        let end = self.first + self.arguments.len();
        let (operator, argument, side) = match (self.before, self.after) {
            (_, Some(operator)) => (operator, end, "before"),
            (Some(operator), None) => (operator, self.first - 1, "after"),
            (None, None) => return None,
        };
        let text = SourceText::whole(argument, operator.as_ref());
        Some(Diagnostic::about(&text, format!("{what} is missing {side} this '{operator}'")))
    }

    /// The error of a line without operators and without PROGRAM.
    pub(super) fn nothing_to_run(&self) -> &'static str {
        if self.arguments.is_empty() {
            "there is nothing to run"
        } else {
            "there is nothing to run: options, but no program"
        }
    }
}
