//! Errors in the words of a file.

use std::fmt;
use std::ops::Range;

use crate::template::line::shell_syntax::ShellSyntax;

/// An error and the bytes of the file that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// The bytes of the file.
    pub span: Range<usize>,
    /// The kind of error.
    pub kind: LineErrorKind,
}

/// The kinds of errors. `Display` says what is wrong and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineErrorKind {
    /// A quote is never closed.
    UnclosedQuote(char),
    /// An expansion is never closed by this character.
    UnclosedExpansion(char),
    /// Syntax that only a shell has.
    Shell(ShellSyntax),
    /// A warning: the operator of a shell at the end of a word.
    Trailing(char),
    /// A warning: an operator at the start or the end of a longer word.
    Glued(&'static str),
}

impl fmt::Display for LineErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnclosedQuote(quote) => {
                write!(f, "this quote is never closed: add `{quote}`, or put `\\` in front of it")
            }
            Self::UnclosedExpansion(closer) => {
                write!(
                    f,
                    "this expansion is never closed: add `{closer}`, or put `\\` in front of the dollar"
                )
            }
            Self::Shell(syntax) => {
                write!(f, "this is no shell: {}; a script goes into sh -c '...', and ", syntax.advice())?;
                f.write_str(if syntax.is_substitution() {
                    "`\\` in front makes it ordinary text"
                } else {
                    "quotes make it an argument"
                })
            }
            Self::Glued(operator) => write!(
                f,
                "the `{operator}` is a part of this argument, and no operator: put white space around it, or quote it if it is meant"
            ),
            Self::Trailing(operator) => write!(
                f,
                "this is no shell: the `{operator}` is a part of this argument, and `&&` ends a setup command; quote it if it is meant"
            ),
        }
    }
}
