//! Builds one word from its pieces.

use std::ops::Range;

use crate::template::Template;
use crate::template::ast::{Operation, Part};
use crate::template::line::{LineWord, MappedText};

/// A word as far as it was read.
pub(super) struct WordBuilder {
    start: usize,
    text: MappedText,
    template: MappedText,
    is_quoted: bool,
    /// Whether it has a malformed expansion, which is literal text.
    has_malformed: bool,
    /// What the template ends with, if the next byte could change its meaning.
    end: Ending,
}

/// The end of a template.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Other,
    /// A literal dollar. A name or a brace right after it would make it an expansion.
    Dollar,
    /// An expansion `$NAME` that starts here. A further letter would be a part of the name.
    Name(usize),
}

impl WordBuilder {
    pub(super) fn new(start: usize) -> Self {
        Self {
            start,
            text: MappedText::default(),
            template: MappedText::default(),
            is_quoted: false,
            has_malformed: false,
            end: Ending::Other,
        }
    }

    pub(super) fn quote(&mut self) {
        self.is_quoted = true;
    }

    pub(super) fn is_quoted(&self) -> bool {
        self.is_quoted
    }

    /// The text so far.
    pub(super) fn text(&self) -> &[u8] {
        &self.text.bytes
    }

    /// A byte that is not expanded.
    pub(super) fn literal(&mut self, byte: u8, at: usize) {
        self.text.push(byte, at);
        self.literal_of_template(byte, at);
    }

    /// A run of dollars, which means `count` literal ones.
    pub(super) fn dollars(&mut self, run: Range<usize>, count: usize) {
        for at in run.clone() {
            self.text.push(b'$', at);
        }
        for at in run.start..run.start + count {
            self.literal_of_template(b'$', at);
        }
    }

    /// A malformed expansion, whose dollar is literal.
    pub(super) fn malformed(&mut self) {
        self.has_malformed = true;
    }

    /// A well-formed expansion.
    pub(super) fn expansion(&mut self, source: &[u8], span: Range<usize>) {
        self.text.extend(source, span.clone());
        if self.end == Ending::Dollar {
            self.escape_dollar(span.start);
        }
        let is_name = !matches!(source.get(span.start + 1), Some(b'{' | b'<'));
        self.end = if is_name { Ending::Name(self.template.bytes.len()) } else { Ending::Other };
        self.template.extend(source, span);
    }

    fn literal_of_template(&mut self, byte: u8, at: usize) {
        let is_name = byte.is_ascii_alphanumeric() || byte == b'_';
        match self.end {
            Ending::Dollar if (is_name && !byte.is_ascii_digit()) || matches!(byte, b'{' | b'<' | b'$') => {
                self.escape_dollar(at);
            }
            Ending::Name(start) if is_name => self.close_name(start),
            Ending::Dollar | Ending::Name(_) | Ending::Other => {}
        }
        self.template.push(byte, at);
        self.end = if byte == b'$' { Ending::Dollar } else { Ending::Other };
    }

    /// Turns the literal dollar at the end into `${$}`.
    fn escape_dollar(&mut self, at: usize) {
        let dollar = at.saturating_sub(1);
        b"{$}".iter().for_each(|byte| self.template.push(*byte, dollar));
    }

    /// Turns the `$NAME` at the end into `${NAME}`.
    fn close_name(&mut self, start: usize) {
        let name = self.template.bytes[start + 1..].to_vec();
        let first = self.template.runs.last().map_or(0, |(text, file)| file + (start - text));
        self.template.truncate(start + 1);
        self.template.push(b'{', first);
        for (index, byte) in name.iter().enumerate() {
            self.template.push(*byte, first + 1 + index);
        }
        self.template.push(b'}', first + name.len());
    }

    /// The word that ends here.
    pub(super) fn finish(self, end: usize) -> LineWord {
        let (text, template) = (&self.text.bytes, &self.template.bytes);
        // Most often the text means the same. A malformed expansion was reported, and would be again.
        let is_same = text == template || (!self.has_malformed && means_the_same(text, template));
        LineWord {
            span: self.start..end,
            text: self.text,
            template: (!is_same).then_some(self.template),
            is_quoted: self.is_quoted,
        }
    }
}

/// A literal text or an expansion of a template.
#[derive(PartialEq, Eq)]
enum Piece {
    Literal(Vec<u8>),
    Expansion(Vec<u8>),
}

/// Whether two templates mean the same, and the first one has no lints.
fn means_the_same(first: &[u8], second: &[u8]) -> bool {
    let (first, second) = (Template::parse(first), Template::parse(second));
    first.lints().is_empty() && outline(&first) == outline(&second)
}

/// What a template consists of, however it is written.
fn outline(template: &Template<'_>) -> Vec<Piece> {
    let source = template.source;
    let mut pieces = Vec::new();
    let mut literal = Vec::new();
    for part in &template.parts[template.root.clone()] {
        match part {
            Part::Literal(span) => literal.extend_from_slice(&source[span.clone()]),
            Part::Escaped(at) => literal.push(source[*at]),
            Part::Expansion(index) => {
                let expansion = &template.expansions[*index];
                if let Operation::Dollar = expansion.operation {
                    literal.push(b'$');
                } else {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                    pieces.push(Piece::Expansion(source[expansion.span.clone()].to_vec()));
                }
            }
        }
    }
    pieces.push(Piece::Literal(literal));
    pieces
}
