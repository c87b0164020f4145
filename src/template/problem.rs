//! Why a template could not be expanded.

use std::fmt;
use std::ops::Range;

use crate::template::lint::LintKind;

/// Something that keeps a template from being expanded. `Display` never shows a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The bytes of the source that it is about.
    pub span: Range<usize>,
    /// The variable at fault, if there is one.
    pub variable: Option<String>,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What can keep a template from being expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// `${NAME:?message}` without a value.
    Required {
        /// The message as it was written, if there was one.
        message: Option<String>,
        /// What is missing.
        missing: Missing,
    },
    /// An unset variable without a default, under [`UnsetPolicy::Error`](crate::template::UnsetPolicy::Error).
    Unset,
    /// A substring whose end lies before its start.
    EndBeforeStart,
    /// A value that is to be spread and holds a quote that nothing closes.
    UnbalancedQuote,
    /// A pattern that would take too many steps to be matched with the value.
    PatternTooLarge,
    /// A result of more than 4 MiB.
    TooLarge,
    /// A finding of [`Severity::Error`](crate::template::Severity::Error).
    Template(LintKind),
}

/// In which way a required variable is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is not set.
    Unset,
    /// It is set to nothing.
    Empty,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(variable) = &self.variable {
            write!(f, "{variable}: ")?;
        }
        self.kind.fmt(f)
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required { message: Some(message), .. } => f.write_str(message),
            Self::Required { message: None, missing: Missing::Unset } | Self::Unset => f.write_str("not set"),
            Self::Required { message: None, missing: Missing::Empty } => f.write_str("not set (it is empty)"),
            Self::EndBeforeStart => f.write_str("the substring ends before it starts"),
            Self::UnbalancedQuote => f.write_str("the value holds a quote that is never closed"),
            Self::PatternTooLarge => {
                f.write_str("matching the pattern with this value takes too long: use a simpler one")
            }
            Self::TooLarge => f.write_str("the result is larger than 4 MiB"),
            Self::Template(finding) => finding.fmt(f),
        }
    }
}

impl std::error::Error for Problem {}
