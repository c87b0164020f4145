//! Splits text into fields by shell quoting, knowing where each byte of a field came from.

use crate::template::ast::Part;
use crate::template::taint::TaintedBytes;
use crate::text::shell::split::{self, Piece, UnbalancedQuote};

/// Splits parts into fields. Quotes and blanks count where they were written: an escaped byte and an
/// expansion are indivisible pieces of a field, and make one even where they come out empty.
pub(super) fn split_parts(source: &[u8], parts: &[Part]) -> Result<Vec<Vec<Part>>, UnbalancedQuote> {
    let pieces = parts.iter().map(|part| match part {
        Part::Literal(span) => Piece::Bytes(span.clone()),
        Part::Escaped(_) | Part::Expansion(_) => Piece::Whole(part.clone()),
    });
    let part = |piece| match piece {
        Piece::Bytes(span) => Part::Literal(span),
        Piece::Whole(part) => part,
    };
    let fields = split::split(source, pieces)?;
    Ok(fields.into_iter().map(|field| field.into_iter().map(part).collect()).collect())
}

/// Splits a text; its words keep what is known of their bytes.
pub(super) fn split_text(text: &TaintedBytes) -> Result<Vec<TaintedBytes>, UnbalancedQuote> {
    let words = split::split::<()>(text.bytes(), [Piece::Bytes(0..text.len())])?;
    Ok(words.into_iter().map(|word| joined(text, word)).collect())
}

fn joined(text: &TaintedBytes, word: Vec<Piece<()>>) -> TaintedBytes {
    let mut joined = TaintedBytes::new();
    for piece in word {
        if let Piece::Bytes(span) = piece {
            joined.push_from(text, span);
        }
    }
    joined
}
