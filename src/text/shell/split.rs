//! Splits a string into words by shell quoting. Blanks and newlines separate, and quotes and backslashes work as in a
//! POSIX shell. There are no expansions and no comments. [`join`](crate::text::shell::join) is the inverse.

use std::fmt;
use std::ops::Range;

/// An unclosed quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnbalancedQuote {
    /// The offset of the quote.
    pub at: usize,
}

impl fmt::Display for UnbalancedQuote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unclosed quote")
    }
}

impl std::error::Error for UnbalancedQuote {}

/// A piece of the input, and of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece<T> {
    /// Bytes of the source, where quotes and blanks count.
    Bytes(Range<usize>),
    /// Something indivisible. It makes a word even if it is empty.
    Whole(T),
}

/// Splits bytes into words.
///
/// # Errors
/// If a quote is not closed.
pub fn split(bytes: &[u8]) -> Result<Vec<Vec<u8>>, UnbalancedQuote> {
    let words = split_pieces::<()>(bytes, [Piece::Bytes(0..bytes.len())])?;
    let word = |pieces: Vec<Piece<()>>| {
        let spans = pieces.into_iter().filter_map(|piece| match piece {
            Piece::Bytes(span) => Some(span),
            Piece::Whole(()) => None,
        });
        spans.flat_map(|span| bytes[span].iter().copied()).collect()
    };
    Ok(words.into_iter().map(word).collect())
}

/// Splits pieces into words, which keep track of where their bytes come from.
pub(crate) fn split_pieces<T>(
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
    /// The current word, or `None` between words.
    word: Option<Vec<Piece<T>>>,
    quote: Quote,
    /// The offset of a backslash whose next byte has not come yet.
    backslash: Option<usize>,
}

/// The open quote and its offset.
#[derive(Clone, Copy)]
enum Quote {
    None,
    Single(usize),
    Double(usize),
}

impl<T> Splitter<T> {
    fn byte(&mut self, byte: u8, at: usize) {
        if let Some(backslash) = self.backslash.take() {
            return self.after_backslash(backslash, byte, at);
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

    fn after_backslash(&mut self, backslash: usize, byte: u8, at: usize) {
        // A backslash at the end of a line joins it with the next line.
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

    /// A backslash at the end is literal.
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
        let words = split(text.as_bytes()).expect("balanced");
        words.into_iter().map(|word| String::from_utf8(word).expect("UTF-8")).collect()
    }

    #[test]
    fn blanks_and_newlines_separate_and_quotes_group() {
        assert_eq!(words(" a  'b c'\t\"d e\"\nf\\ g "), ["a", "b c", "d e", "f g"]);
        assert_eq!(words(""), [""; 0]);
    }

    #[test]
    fn empty_quotes_make_a_word() {
        assert_eq!(words("'' a\"\"b \"\""), ["", "ab", ""]);
    }

    #[test]
    fn in_double_quotes_a_backslash_quotes_only_special_characters() {
        assert_eq!(words(r#""\$\`\"\\\a""#), [r#"$`"\\a"#]);
        assert_eq!(words("\"a\\\nb\""), ["ab"]);
        assert_eq!(words("a\\\nb"), ["ab"]);
    }

    #[test]
    fn a_number_sign_is_literal_and_so_is_a_final_backslash() {
        assert_eq!(words(r"a # b\"), ["a", "#", r"b\"]);
    }

    #[test]
    fn an_unclosed_quote_is_an_error_with_its_offset() {
        assert_eq!(split(b"it's"), Err(UnbalancedQuote { at: 2 }));
        assert_eq!(split(b"'a' \"b"), Err(UnbalancedQuote { at: 4 }));
    }
}
