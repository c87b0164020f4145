//! The state of the parser, shared by its parts.

use crate::cli::options::Definitions;
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
