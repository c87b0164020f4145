//! One string split into words by shell quoting: blanks and newlines separate, quotes and backslashes work as in a
//! POSIX shell; nothing is expanded and nothing is a comment. The way back is [`join`](crate::text::shell::quote::join).

use std::fmt;
use std::ops::Range;

/// A quote that nothing closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnbalancedQuote {
    /// Where it stands.
    pub at: usize,
}

impl fmt::Display for UnbalancedQuote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a quote is never closed")
    }
}

impl std::error::Error for UnbalancedQuote {}

/// A part of what is split, and of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece<T> {
    /// Bytes of the source, in which quotes and blanks count.
    Bytes(Range<usize>),
    /// Something indivisible, which makes a word even where it comes out empty.
    Whole(T),
}

/// Splits bytes into words.
///
/// # Errors
/// When a quote is not closed.
pub fn shell_words(bytes: &[u8]) -> Result<Vec<Vec<u8>>, UnbalancedQuote> {
    let words = split::<()>(bytes, [Piece::Bytes(0..bytes.len())])?;
    let word = |pieces: Vec<Piece<()>>| {
        let spans = pieces.into_iter().filter_map(|piece| match piece {
            Piece::Bytes(span) => Some(span),
            Piece::Whole(()) => None,
        });
        spans.flat_map(|span| bytes[span].iter().copied()).collect()
    };
    Ok(words.into_iter().map(word).collect())
}

/// Splits pieces into words, each of which tells where its bytes came from.
pub(crate) fn split<T>(
    source: &[u8],
    pieces: impl IntoIterator<Item = Piece<T>>,
) -> Result<Vec<Vec<Piece<T>>>, UnbalancedQuote> {
    let mut splitter = Splitter { words: Vec::new(), word: None, quote: Quote::None, backslash: None };
    for piece in pieces {
        match piece {
            Piece::Bytes(span) => span.for_each(|at| splitter.byte(source[at], at)),
            Piece::Whole(whole) => splitter.whole(whole),
        }
    }
    splitter.finish()
}

struct Splitter<T> {
    words: Vec<Vec<Piece<T>>>,
    /// The word being read; there is none between words.
    word: Option<Vec<Piece<T>>>,
    quote: Quote,
    /// The place of a backslash that waits for the byte behind it.
    backslash: Option<usize>,
}

/// Which quote is open, and where.
#[derive(Clone, Copy)]
enum Quote {
    None,
    Single(usize),
    Double(usize),
}

impl<T> Splitter<T> {
    fn byte(&mut self, byte: u8, at: usize) {
        if let Some(backslash) = self.backslash.take() {
            return self.behind_backslash(backslash, byte, at);
        }
        match (self.quote, byte) {
            (Quote::None, b' ' | b'\t' | b'\n') => self.words.extend(self.word.take()),
            (Quote::None, b'\'') => self.open(Quote::Single(at)),
            (Quote::None, b'"') => self.open(Quote::Double(at)),
            (Quote::Single(_), b'\'') | (Quote::Double(_), b'"') => self.quote = Quote::None,
            (Quote::None | Quote::Double(_), b'\\') => self.backslash = Some(at),
            _ => self.push(at),
        }
    }

    fn behind_backslash(&mut self, backslash: usize, byte: u8, at: usize) {
        // A backslash at the end of a line joins it with the next one.
        if byte == b'\n' {
            return;
        }
        if matches!(self.quote, Quote::Double(_)) && !b"$`\"\\".contains(&byte) {
            self.push(backslash);
        }
        self.push(at);
    }

    fn open(&mut self, quote: Quote) {
        self.quote = quote;
        self.word.get_or_insert_default();
    }

    fn push(&mut self, at: usize) {
        let word = self.word.get_or_insert_default();
        match word.last_mut() {
            Some(Piece::Bytes(last)) if last.end == at => last.end = at + 1,
            _ => word.push(Piece::Bytes(at..at + 1)),
        }
    }

    fn whole(&mut self, whole: T) {
        self.flush_backslash();
        self.word.get_or_insert_default().push(Piece::Whole(whole));
    }

    /// A backslash with nothing behind it stands for itself.
    fn flush_backslash(&mut self) {
        if let Some(at) = self.backslash.take() {
            self.push(at);
        }
    }

    fn finish(mut self) -> Result<Vec<Vec<Piece<T>>>, UnbalancedQuote> {
        self.flush_backslash();
        match self.quote {
            Quote::Single(at) | Quote::Double(at) => Err(UnbalancedQuote { at }),
            Quote::None => {
                self.words.extend(self.word);
                Ok(self.words)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let words = shell_words(text.as_bytes()).expect("balanced");
        words.into_iter().map(|word| String::from_utf8(word).expect("UTF-8")).collect()
    }

    #[test]
    fn blanks_and_newlines_separate_and_quotes_group() {
        assert_eq!(words(" a  'b c'\t\"d e\"\nf\\ g "), ["a", "b c", "d e", "f g"]);
        assert_eq!(words(""), [""; 0]);
    }

    #[test]
    fn empty_quotes_are_a_word() {
        assert_eq!(words("'' a\"\"b \"\""), ["", "ab", ""]);
    }

    #[test]
    fn in_double_quotes_a_backslash_quotes_what_a_shell_says() {
        assert_eq!(words(r#""\$\`\"\\\a""#), [r#"$`"\\a"#]);
        assert_eq!(words("\"a\\\nb\""), ["ab"]);
        assert_eq!(words("a\\\nb"), ["ab"]);
    }

    #[test]
    fn a_number_sign_is_no_comment_and_a_last_backslash_stays() {
        assert_eq!(words(r"a # b\"), ["a", "#", r"b\"]);
    }

    #[test]
    fn an_open_quote_is_told_with_its_place() {
        assert_eq!(shell_words(b"it's"), Err(UnbalancedQuote { at: 2 }));
        assert_eq!(shell_words(b"'a' \"b"), Err(UnbalancedQuote { at: 4 }));
    }
}
