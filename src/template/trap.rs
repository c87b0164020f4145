//! The trap of a `}` in a word in braces.

use std::ops::Range;

use super::ast::{Expansion, Part};

/// An expansion in braces that may have been closed by a brace of its word: `${C:-{"a":1}}`.
pub(super) struct BraceTrap<'p> {
    pub(super) source: &'p [u8],
    pub(super) expansions: &'p [Expansion],
    /// Where the word starts.
    pub(super) word: usize,
    pub(super) parts: &'p [Part],
}

impl BraceTrap<'_> {
    /// If braces that the word opened are closed right behind the expansion: how to write what was probably
    /// meant, and where that ends.
    pub(super) fn look(&self, span: &Range<usize>) -> Option<(String, usize)> {
        let opened: usize = self.parts.iter().map(|part| self.opened(part)).sum();
        let left_over = self.source[span.end..].iter().take(opened).take_while(|&&byte| byte == b'}').count();
        if left_over == 0 {
            return None;
        }
        let mut proposal = b"$<".to_vec();
        proposal.extend_from_slice(&self.source[span.start + 2..self.word]);
        for part in self.parts {
            self.respell(part, &mut proposal);
        }
        proposal.resize(proposal.len() + left_over, b'}');
        proposal.push(b'>');
        Some((String::from_utf8_lossy(&proposal).into_owned(), span.end + left_over))
    }

    fn opened(&self, part: &Part) -> usize {
        match part {
            Part::Literal(span) => self.source[span.clone()].split(|byte| *byte == b'{').count() - 1,
            Part::Escaped(_) | Part::Expansion(_) => 0,
        }
    }

    /// Writes a part as it must be written in angles.
    fn respell(&self, part: &Part, out: &mut Vec<u8>) {
        match part {
            Part::Literal(span) => {
                for &byte in &self.source[span.clone()] {
                    if byte == b'>' {
                        out.push(b'\\');
                    }
                    out.push(byte);
                }
            }
            Part::Escaped(at) if self.source[*at] == b'}' => out.push(b'}'),
            Part::Escaped(at) => out.extend_from_slice(&[b'\\', self.source[*at]]),
            Part::Expansion(place) => {
                out.extend_from_slice(&self.source[self.expansions[*place].span.clone()]);
            }
        }
    }
}
