//! The state of the parser, shared by its parts.

use crate::cli::{EnvLookup, UsageError};
use crate::diagnostic::{Diagnostic, Problems};

/// Parses a command line and collects its problems.
pub(super) struct Parser<'e> {
    pub(super) environment: EnvLookup<'e>,
    pub(super) problems: Problems,
    pub(super) warnings: Problems,
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
        Self { environment, problems: Problems::default(), warnings: Problems::default() }
    }

    pub(super) fn problem(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// All problems so far, as one error.
    pub(super) fn error(&mut self) -> UsageError {
        UsageError::of(&std::mem::take(&mut self.problems).finish())
    }
}
