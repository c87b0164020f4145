//! A problem, and where in the arguments or in a file it stands.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Where something was written. `Display` is how a message names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An argument of the line; the first is number 1.
    Argument(usize),
    /// A variable of the environment.
    Variable(&'static str),
    /// The working directory, in which a file was found.
    Folder,
    /// A file, and the line and the column in it, both from 1.
    File {
        /// Its name as the user wrote it.
        name: String,
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(argument) => write!(f, "argument {argument}"),
            Self::Variable(name) => f.write_str(name),
            Self::Folder => f.write_str("the working directory"),
            Self::File { name, line, column } => write!(f, "{name}:{line}:{column}"),
        }
    }
}

/// Something that was written: a part of one argument, of a variable of the environment or of a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    origin: Origin,
    whole: Vec<u8>,
    offset: usize,
}

impl SourceText {
    /// The whole of an argument; the first argument of the line is number 1.
    #[must_use]
    pub fn whole(argument: usize, bytes: &OsStr) -> Self {
        Self::of(Origin::Argument(argument), bytes.as_bytes())
    }

    /// What was written there.
    #[must_use]
    pub fn of(origin: Origin, bytes: &[u8]) -> Self {
        Self { origin, whole: bytes.to_vec(), offset: 0 }
    }

    /// The whole of an argument, which is not copied.
    #[must_use]
    pub fn taken(argument: usize, bytes: OsString) -> Self {
        Self { origin: Origin::Argument(argument), whole: bytes.into_vec(), offset: 0 }
    }

    /// The part from this byte on.
    #[must_use]
    pub fn from(&self, offset: usize) -> Self {
        Self { offset: (self.offset + offset).min(self.whole.len()), ..self.clone() }
    }

    /// What was written there.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.whole[self.offset..]
    }

    /// Where it stands.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The number of the argument; 0 for what stands elsewhere.
    #[must_use]
    pub fn argument(&self) -> usize {
        if let Origin::Argument(argument) = self.origin { argument } else { 0 }
    }
}

/// A problem in what was written. `Display` is three lines: what is wrong, what was written, a caret under the part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    written: SourceText,
    span: Range<usize>,
    message: String,
}

impl Diagnostic {
    /// A problem with a part of what was written.
    #[must_use]
    pub fn at(written: &SourceText, span: Range<usize>, message: impl Into<String>) -> Self {
        let span = span.start + written.offset..span.end + written.offset;
        Self { written: written.clone(), span, message: message.into() }
    }

    /// A problem with all of what was written.
    #[must_use]
    pub fn about(written: &SourceText, message: impl Into<String>) -> Self {
        Self::at(written, 0..written.bytes().len(), message)
    }

    /// Where it stands: the argument's number, 0 for what stands elsewhere, and the byte in it.
    #[must_use]
    pub fn place(&self) -> (usize, usize) {
        (self.written.argument(), self.span.start)
    }

    /// The same with more words behind.
    #[must_use]
    pub fn and(mut self, words: &str) -> Self {
        self.message.push_str(words);
        self
    }

    /// What is wrong and where, in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        format!("{}: {}", self.written.origin, self.message)
    }
}

/// How many characters of a long argument are shown on each side of the part.
const AROUND: usize = 40;
/// How many characters of a long part are shown.
const PART: usize = 60;

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = &self.written.whole;
        let start = self.span.start.min(whole.len());
        let end = self.span.end.clamp(start, whole.len());
        let before = printable(&whole[..start]);
        let part = printable(&whole[start..end]);
        let after = printable(&whole[end..]);
        let (before, part, after) = (last(&before, AROUND), first(&part, PART), first(&after, AROUND));
        writeln!(f, "{}", self.summary())?;
        writeln!(f, "    {before}{part}{after}")?;
        write!(f, "    {:1$}{2}", "", before.chars().count(), "^".repeat(part.chars().count().max(1)))
    }
}

/// One column for each character: what has no glyph is shown as one that stands for it.
fn printable(bytes: &[u8]) -> String {
    let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    String::from_utf8_lossy(bytes).chars().map(shown).collect()
}

fn first(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn last(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    format!("…{}", text.chars().skip(count - most).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> SourceText {
        SourceText::whole(3, OsStr::new(text))
    }

    #[test]
    fn the_caret_stands_under_the_part() {
        let shown = Diagnostic::at(&written("--bind=${PORT:?}x"), 7..16, "PORT: not set").to_string();
        assert_eq!(shown, "argument 3: PORT: not set\n    --bind=${PORT:?}x\n           ^^^^^^^^^");
    }

    #[test]
    fn a_part_is_counted_from_where_it_stands_in_the_argument() {
        let shown = Diagnostic::at(&written("A=é${B:?}").from(2), 2..8, "B: not set").to_string();
        assert_eq!(shown, "argument 3: B: not set\n    A=é${B:?}\n       ^^^^^^");
    }

    #[test]
    fn a_long_argument_is_shown_around_the_part() {
        let long = format!("{}$A{}", "x".repeat(500), "y".repeat(500));
        let shown = Diagnostic::at(&written(&long), 500..502, "A: not set").to_string();
        assert!(shown.lines().all(|line| line.chars().count() < 100), "{shown}");
        assert!(shown.contains("xx$Ayy"), "{shown}");
    }
}
