//! The words of a line in a file (contract, section 1.2).
//!
//! White space separates words as in a POSIX shell, and quotes and backslashes have the same meaning. Expansions are those
//! of templates: the parser of templates finds their ends. Each word becomes the argument that means the same on a
//! command line, with the positions of its bytes in the file. Pure, and linear in the length of the file.

mod error;
mod lexer;
mod shell_syntax;
mod word;

use std::borrow::Cow;
use std::ops::Range;

pub use error::{LineError, LineErrorKind};

use crate::template::lint::Lint;

/// The words of a file, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct LineWords {
    /// The words in the order of the file. A word that cannot be read to its end is there as far as it can be read.
    pub words: Vec<LineWord>,
    /// Errors, from left to right.
    pub errors: Vec<LineError>,
    /// Malformed expansions, which are literal text, from left to right.
    pub malformed: Vec<Lint>,
    /// Words that look like mistakes, from left to right.
    pub warnings: Vec<LineError>,
}

/// A word of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineWord {
    /// The bytes of the file, quotes included.
    pub span: Range<usize>,
    /// The word without its quotes: what it is where nothing is expanded.
    pub text: MappedText,
    /// The argument that is the same template. `None` if that is the text itself.
    pub template: Option<MappedText>,
    /// Whether any part of it is quoted. Then it is no operator.
    pub is_quoted: bool,
}

/// A part of a word, and where its bytes are in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappedText {
    /// The text.
    pub bytes: Vec<u8>,
    /// Runs of bytes that are next to each other in the file: their offset in the text and in the file.
    pub runs: Vec<(usize, usize)>,
}

impl MappedText {
    /// Appends a byte that comes from this offset in the file.
    fn push(&mut self, byte: u8, from: usize) {
        let length = self.bytes.len();
        if self.runs.last().is_none_or(|(text, file)| file + (length - text) != from) {
            self.runs.push((length, from));
        }
        self.bytes.push(byte);
    }

    /// Appends bytes of the file.
    fn extend(&mut self, source: &[u8], span: Range<usize>) {
        span.for_each(|at| self.push(source[at], at));
    }

    fn truncate(&mut self, length: usize) {
        self.bytes.truncate(length);
        while self.runs.pop_if(|(text, _)| *text >= length).is_some() {}
    }
}

impl LineWords {
    /// Splits the text of a file, which [`normalized`] has prepared.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        lexer::Lexer::new(text).run()
    }
}

/// The text without a byte order mark, and with LF at the ends of its lines.
#[must_use]
pub fn normalized(text: &[u8]) -> Cow<'_, [u8]> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if !text.windows(2).any(|pair| pair == b"\r\n") {
        return Cow::Borrowed(text);
    }
    let mut lines = Vec::with_capacity(text.len());
    for (at, byte) in text.iter().enumerate() {
        if *byte != b'\r' || text.get(at + 1) != Some(&b'\n') {
            lines.push(*byte);
        }
    }
    Cow::Owned(lines)
}
