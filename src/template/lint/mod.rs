//! What parsing noticed in an argument.

pub(crate) mod brace;

use std::fmt;
use std::ops::Range;

/// Something in a template that its author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// The bytes of the source that it is about.
    pub span: Range<usize>,
    /// What it is.
    pub kind: LintKind,
}

/// What can be noticed in a template. `Display` tells what is wrong and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LintKind {
    /// The argument ends inside the expansion.
    Unclosed {
        /// What would have closed it: `}` or `>`.
        closer: u8,
    },
    /// `${}`
    Empty,
    /// What follows `${` is neither a name nor a parameter of a shell.
    BadName,
    /// What follows the name is no operator, or one whose operand is not well formed.
    UnknownOperator,
    /// `${#NAME` with something behind the name.
    LengthWithOperator,
    /// `${NAME...:=word}`
    AssigningSpread,
    /// A `}` that belongs to a brace of the word closed the expansion.
    BraceLint {
        /// What comes of it with and without the variable, as written and without any value.
        outcomes: String,
        /// The spelling that means what was probably meant.
        proposal: String,
    },
    /// A spread beside other text.
    SpreadNotAlone,
    /// A spread in the word of another expansion.
    SpreadInside,
    /// A quote in the written word of a spread that nothing closes.
    UnbalancedQuote,
    /// More than 64 expansions one inside the other.
    TooDeep,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Well formed, but probably not what was meant.
    Advice,
    /// Left as it stands: a warning, or an error under `--strict`.
    Malformed,
    /// An error always; expanding the template fails with it.
    Error,
}

impl LintKind {
    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Self::BraceLint { .. } => Severity::Advice,
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
                write!(f, "this is never closed and stays as it is: add `{closer}`, or write `${{$}}` for the dollar")
            }
            Self::Empty => f.write_str("this names no variable and stays as it is: put a name into it"),
            Self::BadName => f.write_str(
                "this is no name of a variable and stays as it is: a name is letters, digits and `_`, and starts with no digit",
            ),
            Self::UnknownOperator => {
                f.write_str("this operator is not known, so it stays as it is: correct it, or write `${$}` for the dollar")
            }
            Self::LengthWithOperator => {
                f.write_str("a length takes no operator, so this stays as it is: leave out the `#` or the operator")
            }
            Self::AssigningSpread => {
                f.write_str("a spread cannot assign, so this stays as it is: write `-` instead of `=`")
            }
            Self::BraceLint { outcomes, proposal } => {
                write!(f, "the first `}}` ends this: {outcomes}; write `{proposal}`, or `\\}}` inside")
            }
            Self::SpreadNotAlone => f.write_str("a spread must be the whole argument: move it into one of its own"),
            Self::SpreadInside => {
                f.write_str("a spread cannot be inside another expansion: make it the outermost one")
            }
            Self::UnbalancedQuote => {
                f.write_str("a quote in this word is never closed: close it, or put `\\` in front of it")
            }
            Self::TooDeep => f.write_str("this is more than 64 levels deep: use fewer"),
        }
    }
}
