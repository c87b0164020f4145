//! Lints of the parser: malformed or suspicious templates.

pub(crate) mod brace;
pub(crate) mod password_hash;

use std::fmt;
use std::ops::Range;

/// A lint and the part of the template that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// The bytes of the source.
    pub span: Range<usize>,
    /// The kind of lint.
    pub kind: LintKind,
}

/// The kinds of lints. `Display` says what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LintKind {
    /// The argument ends inside the expansion.
    Unclosed {
        /// The missing delimiter: `}` or `>`.
        closer: u8,
    },
    /// `${}`
    Empty,
    /// `${` is followed by neither a name nor a parameter of a shell.
    BadName,
    /// The name is followed by no operator, or the operand of the operator is malformed.
    UnknownOperator,
    /// `${#NAME` is followed by something else than `}`.
    LengthWithOperator,
    /// `${NAME...:=word}`
    AssigningSpread,
    /// A `}` that belongs to a `{` of the word closes the expansion.
    BraceMismatch {
        /// The results with and without the variable, without any value.
        outcomes: String,
        /// The template that was probably intended.
        proposal: String,
    },
    /// A spread beside other text.
    SpreadNotAlone,
    /// A spread in the word of another expansion.
    SpreadInside,
    /// An unclosed quote in the word of a spread.
    UnbalancedQuote,
    /// More than 64 expansions one inside the other.
    TooDeep,
}

/// The severity of a lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Well formed, but probably not intended: a warning.
    Advice,
    /// Malformed, and left as literal text: a warning, or an error under `--strict`.
    Malformed,
    /// An error: the template does not expand.
    Error,
}

impl LintKind {
    /// The severity of this kind.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Self::BraceMismatch { .. } => Severity::Advice,
            Self::Unclosed { .. }
            | Self::Empty
            | Self::BadName
            | Self::UnknownOperator
            | Self::LengthWithOperator
            | Self::AssigningSpread => Severity::Malformed,
            Self::SpreadNotAlone | Self::SpreadInside | Self::UnbalancedQuote | Self::TooDeep => {
                Severity::Error
            }
        }
    }
}

impl fmt::Display for LintKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unclosed { closer } => {
                let closer = char::from(*closer);
                write!(f, "this expansion is never closed, so it stays as it is: add `{closer}`, or write `${{$}}` for the dollar")
            }
            Self::Empty => f.write_str("this expansion names no variable, so it stays as it is: add a name"),
            Self::BadName => f.write_str(
                "this is not a variable name, so the expansion stays as it is: a name has letters, digits and `_`, and does not start with a digit",
            ),
            Self::UnknownOperator => {
                f.write_str("this operator is unknown, so the expansion stays as it is: correct it, or write `${$}` for the dollar")
            }
            Self::LengthWithOperator => {
                f.write_str("a length takes no operator, so the expansion stays as it is: remove the `#` or the operator")
            }
            Self::AssigningSpread => {
                f.write_str("a spread cannot assign, so it stays as it is: write `-` instead of `=`")
            }
            Self::BraceMismatch { outcomes, proposal } => {
                write!(f, "the first `}}` closes this expansion: {outcomes}; write `{proposal}`, or `\\}}` inside")
            }
            Self::SpreadNotAlone => f.write_str("a spread must be the whole argument: move it into an argument of its own"),
            Self::SpreadInside => {
                f.write_str("a spread cannot be inside another expansion: make it the outermost one")
            }
            Self::UnbalancedQuote => {
                f.write_str("unclosed quote in this word: close it, or put `\\` in front of it")
            }
            Self::TooDeep => f.write_str("more than 64 nested expansions: use fewer"),
        }
    }
}
