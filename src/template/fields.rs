//! Splits text into fields by shell quoting, knowing where each byte of a field came from.

use super::ast::Part;
use super::split::UnbalancedQuote;

/// Splits parts into fields. Quotes and blanks count where they were written: an escaped byte and an
/// expansion are indivisible pieces of a field, and make one even where they come out empty.
pub(super) fn split_parts(source: &[u8], parts: &[Part]) -> Result<Vec<Vec<Part>>, UnbalancedQuote> {
    let mut splitter = Splitter::default();
    for part in parts {
        match part {
            Part::Literal(span) => span.clone().for_each(|at| splitter.byte(source[at], at)),
            Part::Escaped(_) | Part::Expansion(_) => splitter.piece(part.clone()),
        }
    }
    splitter.finish()
}

#[derive(Default)]
struct Splitter {
    fields: Vec<Vec<Part>>,
    /// The field being read; there is none between fields.
    field: Option<Vec<Part>>,
    quote: Quote,
    /// The place of a backslash that waits for the byte behind it.
    backslash: Option<usize>,
}

/// Which quote is open, and where.
#[derive(Clone, Copy, Default)]
enum Quote {
    #[default]
    None,
    Single(usize),
    Double(usize),
}

impl Splitter {
    fn byte(&mut self, byte: u8, at: usize) {
        if let Some(backslash) = self.backslash.take() {
            return self.behind_backslash(backslash, byte, at);
        }
        match (self.quote, byte) {
            (Quote::None, b' ' | b'\t' | b'\n') => self.fields.extend(self.field.take()),
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
        self.field.get_or_insert_default();
    }

    fn push(&mut self, at: usize) {
        let field = self.field.get_or_insert_default();
        match field.last_mut() {
            Some(Part::Literal(last)) if last.end == at => last.end = at + 1,
            _ => field.push(Part::Literal(at..at + 1)),
        }
    }

    fn piece(&mut self, piece: Part) {
        self.flush_backslash();
        self.field.get_or_insert_default().push(piece);
    }

    /// A backslash with nothing behind it stands for itself.
    fn flush_backslash(&mut self) {
        if let Some(at) = self.backslash.take() {
            self.push(at);
        }
    }

    fn finish(mut self) -> Result<Vec<Vec<Part>>, UnbalancedQuote> {
        self.flush_backslash();
        match self.quote {
            Quote::Single(at) | Quote::Double(at) => Err(UnbalancedQuote { at }),
            Quote::None => {
                self.fields.extend(self.field);
                Ok(self.fields)
            }
        }
    }
}
