//! The state of the parser, shared by its parts.

use clap::Command as Clap;

use crate::cli::options;
use crate::cli::{EnvLookup, UsageError};
use crate::diagnostic::{Diagnostic, Problems};

/// Parses a command line and collects its problems.
pub(super) struct Parser<'e> {
    pub(super) environment: EnvLookup<'e>,
    pub(super) problems: Problems,
    pub(super) warnings: Problems,
    /// Malformed expansions of a line in a file.
    pub(super) malformed: Problems,
    pub(super) definitions: Definitions,
}

/// The options for clap. They are made once: a line may have thousands of PROCESSes.
#[derive(Default)]
pub(super) struct Definitions {
    first: Option<Clap>,
    later: Option<Clap>,
}

impl Definitions {
    /// The options that a PROCESS at this position may have, until they are given back.
    pub(super) fn take(&mut self, position: Position) -> Clap {
        self.place(position).take().unwrap_or_else(|| options::command(position))
    }

    pub(super) fn keep(&mut self, position: Position, definition: Clap) {
        *self.place(position) = Some(definition);
    }

    fn place(&mut self, position: Position) -> &mut Option<Clap> {
        match position {
            Position::First => &mut self.first,
            Position::Later => &mut self.later,
        }
    }
}

/// Which options a PROCESS may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// The first of the line: global options and its own.
    First,
    /// A later one: its own options only.
    Later,
}

impl<'e> Parser<'e> {
    pub(super) fn new(environment: EnvLookup<'e>) -> Self {
        let none = Problems::default;
        Self {
            environment,
            problems: none(),
            warnings: none(),
            malformed: none(),
            definitions: Definitions::default(),
        }
    }

    pub(super) fn problem(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// All problems so far, as one error.
    pub(super) fn error(&mut self) -> UsageError {
        UsageError::of(&std::mem::take(&mut self.problems).finish())
    }
}
