//! Errors of an expansion.

use std::fmt;
use std::ops::Range;

use crate::template::lint::LintKind;

/// An error of an expansion. `Display` never shows a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpansionError {
    /// The bytes of the source at fault.
    pub span: Range<usize>,
    /// The variable at fault, if any.
    pub variable: Option<String>,
    /// What is wrong.
    pub kind: ExpansionErrorKind,
}

/// The kinds of errors of an expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpansionErrorKind {
    /// `${NAME:?message}`, and the variable is absent.
    Required {
        /// The unexpanded message, if there is one.
        message: Option<String>,
        /// Why the variable counts as absent.
        absence: Absence,
    },
    /// The variable is unset and has no default, under [`UnsetPolicy::Error`](crate::template::UnsetPolicy::Error).
    Unset,
    /// A substring ends before it starts.
    EndBeforeStart,
    /// A spread in a file: it has no arguments.
    SpreadInFile,
    /// The value of a spread has an unclosed quote.
    UnbalancedQuote,
    /// The operators of the run take too many steps.
    TooManySteps,
    /// The result is larger than 4 MiB.
    TooLarge,
    /// A lint of [`Severity::Error`](crate::template::Severity::Error).
    Template(LintKind),
}

/// Why a variable counts as absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// It is not set.
    Unset,
    /// It is empty.
    Empty,
}

impl ExpansionError {
    /// Whether the variable is not set at all.
    #[must_use]
    pub fn is_unset(&self) -> bool {
        matches!(
            self.kind,
            ExpansionErrorKind::Unset | ExpansionErrorKind::Required { absence: Absence::Unset, .. }
        )
    }
}

impl fmt::Display for ExpansionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(variable) = &self.variable {
            write!(f, "{variable}: ")?;
        }
        self.kind.fmt(f)
    }
}

impl fmt::Display for ExpansionErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // In a file, the message may have several lines.
            Self::Required { message: Some(message), .. } => {
                f.write_str(&message.replace(|c: char| c.is_control(), " "))
            }
            Self::Required { message: None, absence: Absence::Unset } | Self::Unset => f.write_str("not set"),
            Self::Required { message: None, absence: Absence::Empty } => f.write_str("not set (it is empty)"),
            Self::SpreadInFile => f.write_str(
                "a spread makes arguments, and a file has none: write the expansion without `...`",
            ),
            Self::EndBeforeStart => f.write_str("the substring ends before it starts"),
            Self::UnbalancedQuote => f.write_str("the value has an unclosed quote"),
            Self::TooManySteps => f.write_str(
                "this takes too many steps: use a simpler pattern, or fewer operators on large values",
            ),
            Self::TooLarge => f.write_str("the result is larger than 4 MiB"),
            Self::Template(lint) => lint.fmt(f),
        }
    }
}

impl std::error::Error for ExpansionError {}
