//! Splits the arguments at the operators `&&` and `|||`, before anything is expanded.

use std::ffi::OsString;

use crate::cli::file_words::FileWords;
use crate::cli::parser::Parser;
use crate::diagnostic::{Diagnostic, SourceText};

/// The arguments of the line.
pub(super) struct LineArguments<'a> {
    pub(super) arguments: &'a mut [OsString],
    /// The words that they are, if the line is in a file.
    pub(super) words: Option<&'a FileWords>,
}

/// The arguments of one PROCESS.
#[derive(Debug)]
pub(super) struct Segment<'a> {
    pub(super) arguments: &'a mut [OsString],
    /// The number of its first argument, counted from 1 as in `$1`.
    pub(super) first: usize,
    /// Whether it is a setup command.
    pub(super) is_setup: bool,
    words: Option<&'a FileWords>,
    /// The operators around it, for errors.
    before: Option<&'static str>,
    after: Option<&'static str>,
}

const SETUP_OPERATOR: &str = "&&";
const PROCESS_OPERATOR: &str = "|||";

impl LineArguments<'_> {
    /// The operator at this position. A quoted word of a file is none.
    fn operator(&self, at: usize) -> Option<&'static str> {
        let argument = self.arguments.get(at)?;
        let operator =
            [SETUP_OPERATOR, PROCESS_OPERATOR].into_iter().find(|operator| argument == operator)?;
        (!self.words.is_some_and(|words| words.is_quoted(at))).then_some(operator)
    }
}

impl Parser<'_> {
    /// Splits the line. Segments before the last `&&` are setup commands, those after it are processes.
    pub(super) fn split<'a>(&mut self, line: LineArguments<'a>) -> Vec<Segment<'a>> {
        let operators: Vec<(usize, &'static str)> = (0..line.arguments.len())
            .filter_map(|at| line.operator(at).map(|operator| (at, operator)))
            .collect();
        let setup_end = operators.iter().rev().find(|(_, operator)| *operator == SETUP_OPERATOR);
        let setup_end = setup_end.map(|(at, _)| *at);
        self.check_operator_order(&line, &operators, setup_end);
        let LineArguments { mut arguments, words } = line;
        let mut segments = Vec::with_capacity(operators.len() + 1);
        let mut start = 0;
        let mut before = None;
        for (end, operator) in operators {
            let (own, rest) = arguments.split_at_mut(end - start);
            let is_setup = setup_end.is_some_and(|setup_end| end <= setup_end);
            let after = Some(operator);
            segments.push(Segment { arguments: own, first: start + 1, is_setup, words, before, after });
            let Some((_, others)) = rest.split_first_mut() else { return segments };
            (before, start, arguments) = (after, end + 1, others);
        }
        segments.push(Segment { arguments, first: start + 1, is_setup: false, words, before, after: None });
        segments
    }

    fn check_operator_order(
        &mut self,
        line: &LineArguments<'_>,
        operators: &[(usize, &'static str)],
        setup_end: Option<usize>,
    ) {
        let parallel = operators.iter().find(|(_, operator)| *operator == PROCESS_OPERATOR);
        let (Some(setup_end), Some(&(parallel, _))) = (setup_end, parallel) else { return };
        if parallel < setup_end {
            let last = operator_text(line.words, setup_end + 1, SETUP_OPERATOR);
            let message = format!(
                "'|||' comes before the '&&' that is {}; setup commands run one after another, and '|||' \
                 separates the processes after the last '&&'",
                last.origin()
            );
            let text = operator_text(line.words, parallel + 1, PROCESS_OPERATOR);
            self.problem(Diagnostic::about(&text, message));
        }
    }
}

/// An operator, by the number of its argument.
fn operator_text(words: Option<&FileWords>, number: usize, operator: &str) -> SourceText {
    match words {
        Some(words) => words.literal(number, operator.as_ref()),
        None => SourceText::whole(number, operator.as_ref()),
    }
}

impl Segment<'_> {
    /// An argument where it is a template.
    pub(super) fn template(&self, at: usize) -> SourceText {
        match self.words {
            Some(words) => words.template(self.first + at, self.arguments[at].clone()),
            None => SourceText::whole(self.first + at, &self.arguments[at]),
        }
    }

    /// An argument where it is no template.
    pub(super) fn literal(&self, at: usize) -> SourceText {
        match self.words {
            Some(words) => words.literal(self.first + at, &self.arguments[at]),
            None => SourceText::whole(self.first + at, &self.arguments[at]),
        }
    }

    /// The arguments from this position on, as templates. They are moved out of the segment.
    pub(super) fn take_templates(&mut self, start: usize) -> impl Iterator<Item = SourceText> {
        let (first, words) = (self.first + start, self.words);
        self.arguments[start..].iter_mut().enumerate().map(move |(index, argument)| {
            let argument = std::mem::take(argument);
            match words {
                Some(words) => words.template(first + index, argument),
                None => SourceText::taken(first + index, argument),
            }
        })
    }

    /// Whether the line is in a file.
    pub(super) fn is_in_file(&self) -> bool {
        self.words.is_some()
    }

    /// The operator after it.
    pub(super) fn end(&self) -> Option<SourceText> {
        let number = self.first + self.arguments.len();
        self.after.map(|operator| operator_text(self.words, number, operator))
    }

    /// The error of a segment without PROGRAM, at the operator next to it.
    pub(super) fn missing_program(&self) -> Option<Diagnostic> {
        let what = if self.is_setup { "a setup command" } else { "a process" };
        let end = self.first + self.arguments.len();
        let (operator, argument, side) = match (self.before, self.after) {
            (_, Some(operator)) => (operator, end, "before"),
            (Some(operator), None) => (operator, self.first - 1, "after"),
            (None, None) => return None,
        };
        let text = operator_text(self.words, argument, operator);
        Some(Diagnostic::about(&text, format!("{what} is missing {side} this '{operator}'")))
    }

    /// The error of a line without operators and without PROGRAM.
    pub(super) fn nothing_to_run(&self) -> String {
        let place = self.words.map_or(String::new(), |words| format!("{}: ", words.file_name()));
        let what = if self.arguments.is_empty() {
            "there is nothing to run"
        } else {
            "there is nothing to run: options, but no program"
        };
        place + what
    }
}
