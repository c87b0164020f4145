//! Field splitting by shell quoting that keeps track of where each byte comes from.

use crate::template::ast::Part;
use crate::template::taint::TaintedBytes;
use crate::text::shell::{self, Piece, UnbalancedQuote};

/// Splits parts into fields. Only quotes and blanks of the source count: an escaped byte or an expansion is an
/// indivisible piece of a field and makes a field even if it expands to nothing.
pub(super) fn split_parts(source: &[u8], parts: &[Part]) -> Result<Vec<Vec<Part>>, UnbalancedQuote> {
    let pieces = parts.iter().map(|part| match part {
        Part::Literal(span) => Piece::Bytes(span.clone()),
        Part::Escaped(_) | Part::Expansion(_) => Piece::Whole(part.clone()),
    });
    let part = |piece| match piece {
        Piece::Bytes(span) => Part::Literal(span),
        Piece::Whole(part) => part,
    };
    let fields = shell::split_pieces(source, pieces)?;
    Ok(fields.into_iter().map(|field| field.into_iter().map(part).collect()).collect())
}

/// Splits a value into words that know which of their bytes are secret.
pub(super) fn split_text(text: &TaintedBytes) -> Result<Vec<TaintedBytes>, UnbalancedQuote> {
    let words = shell::split_pieces::<()>(text.bytes(), [Piece::Bytes(0..text.len())])?;
    Ok(words.into_iter().map(|word| join_pieces(text, word)).collect())
}

fn join_pieces(text: &TaintedBytes, word: Vec<Piece<()>>) -> TaintedBytes {
    let mut joined = TaintedBytes::new();
    for piece in word {
        if let Piece::Bytes(span) = piece {
            joined.push_from(text, span);
        }
    }
    joined
}
