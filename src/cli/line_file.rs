//! `--file`: the line is in a file (contract, section 1.2).

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;

use crate::cli::global::{PartialOptions, View, ViewOverride};
use crate::cli::parser::Parser;
use crate::cli::split::LineArguments;
use crate::cli::{CommandArgs, Request, UsageError};
use crate::diagnostic::{Diagnostic, Problems, SourceText};

/// A line that is in a file, which has to be read first.
#[derive(Debug)]
pub struct LineFile {
    /// The value of the option.
    option: SourceText,
    outer: OuterOptions,
    problems: Problems,
    warnings: Problems,
}

/// The options around a line that is in a file.
#[derive(Debug)]
pub(super) struct OuterOptions {
    /// Those of the command line, which win over those in the file.
    pub(super) given: PartialOptions,
    /// Those of the environment.
    pub(super) env: PartialOptions,
}

/// What the command line has beside `--file`.
pub(super) struct FirstSegment {
    pub(super) global: PartialOptions,
    pub(super) run_plan: Option<SourceText>,
    /// The first operator, if there is one.
    pub(super) beside: Option<SourceText>,
    pub(super) command: CommandArgs,
}

const NOTHING_BESIDE: &str = "--file takes the whole line from the file: remove this, or write it into the file; for a \
                              part of the line there is --only";

impl Parser<'_> {
    /// A command line with `--file`.
    pub(super) fn line_file(
        mut self,
        option: SourceText,
        first: FirstSegment,
    ) -> Result<Request, UsageError> {
        if let Some((other, _)) = self.run_plan(first.run_plan) {
            let message =
                format!("{other} executes a plan, and --file takes a line from a file: use one of them");
            return Err(UsageError(message));
        }
        if option.bytes().is_empty() {
            self.problem(Diagnostic::about(&option, "--file needs the name of a file; `-` is stdin"));
            return Err(self.error());
        }
        let command = &first.command;
        if !command.is_empty() || first.beside.is_some() {
            let options = command.templates().next().or(command.once.as_ref());
            let word = command.words.first().or(command.assignments.first().map(|(_, value)| value));
            let beside = word.or(options).or(first.beside.as_ref()).unwrap_or(&option);
            self.problem(Diagnostic::about(beside, NOTHING_BESIDE));
        }
        let env = self.env_options();
        let outer = OuterOptions { given: first.global, env };
        let (problems, warnings) = (self.problems, self.warnings);
        Ok(Request::File(Box::new(LineFile { option, outer, problems, warnings })))
    }

    /// Reports options that a file cannot have.
    pub(super) fn refuse_in_file(&mut self, file: Option<SourceText>, run_plan: Option<SourceText>) {
        if let Some(file) = file {
            let message = "a file takes no line from another file: --file is for the command line";
            self.problem(Diagnostic::about(&file, message));
        }
        if let Some(plan) = run_plan {
            let message = "--run-plan executes a plan, and this file is a line";
            self.problem(Diagnostic::about(&plan, message));
        }
    }
}

impl LineFile {
    /// The file to read. `-` is stdin.
    #[must_use]
    pub fn path(&self) -> &OsStr {
        OsStr::from_bytes(self.option.bytes())
    }

    /// What the options so far show instead of executing the line.
    #[must_use]
    pub fn view(&self) -> Option<View> {
        match self.outer.given.view.or(self.outer.env.view)? {
            ViewOverride::Show(view) => Some(view),
            ViewOverride::Execute => None,
        }
    }

    /// Whether the options so far ask for errors only.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.outer.given.verbosity.or(self.outer.env.verbosity).quiet == Some(true)
    }

    /// Parses the line in the text of the file.
    ///
    /// # Errors
    /// When the file could not be read, or an error leaves nothing to resolve.
    pub fn parse(self, text: io::Result<Vec<u8>>) -> Result<Request, UsageError> {
        let mut parser = Parser::new(&|_| None);
        (parser.problems, parser.warnings) = (self.problems, self.warnings);
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                let message = format!("cannot read the line: {error}");
                parser.problem(Diagnostic::about(&self.option, message));
                return Err(parser.error());
            }
        };
        let name = if self.option.bytes() == b"-" { "stdin".to_owned() } else { shown(self.option.bytes()) };
        let (mut arguments, words) = parser.words_of_file(name, &text);
        drop(text);
        let line = LineArguments { arguments: &mut arguments, words: Some(&words) };
        parser.request(line, Some(self.outer))
    }
}

/// A path for messages.
fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
