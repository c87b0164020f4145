//! A file of words, and where in it the bytes of each word are.

use std::ops::Range;
use std::rc::Rc;

/// How many bytes there are between two offsets whose columns are known.
const STEP: usize = 1024;

/// The text of a file, for positions and excerpts.
#[derive(Debug, PartialEq, Eq)]
pub struct TextFile {
    name: String,
    text: Vec<u8>,
    /// Where each line starts.
    lines: Vec<usize>,
    /// The number of characters before every [`STEP`]th byte.
    characters: Vec<usize>,
}

impl TextFile {
    /// A file by its name as the user wrote it.
    #[must_use]
    pub fn new(name: String, text: Vec<u8>) -> Self {
        let mut lines = vec![0];
        let mut characters = Vec::with_capacity(text.len() / STEP + 1);
        let mut count = 0;
        for (at, byte) in text.iter().enumerate() {
            if at.is_multiple_of(STEP) {
                characters.push(count);
            }
            count += usize::from(starts_character(*byte));
            if *byte == b'\n' {
                lines.push(at + 1);
            }
        }
        Self { name, text, lines, characters }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The line and the column of a byte, both from 1. Columns are characters.
    #[must_use]
    pub fn position(&self, at: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        (line, self.characters_before(at) - self.characters_before(start) + 1)
    }

    fn characters_before(&self, at: usize) -> usize {
        let step = (at / STEP).min(self.characters.len().saturating_sub(1));
        let from = (step * STEP).min(self.text.len());
        let rest = &self.text[from..at.clamp(from, self.text.len())];
        self.characters.get(step).copied().unwrap_or_default()
            + rest.iter().filter(|byte| starts_character(**byte)).count()
    }
}

/// Whether a byte is not a later one of a character in UTF-8.
fn starts_character(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

/// Where a word of a file is, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordPlace {
    /// The file.
    pub file: Rc<TextFile>,
    /// The number of the word in the line, from 1.
    pub number: usize,
    /// The bytes of the file, quotes included.
    pub span: Range<usize>,
    /// Runs of bytes that are next to each other in the file: their offset in the word and in the file.
    pub runs: Vec<(usize, usize)>,
    /// How many bytes the word has.
    pub length: usize,
}

impl WordPlace {
    /// The bytes of the file that a part of the word comes from.
    pub(super) fn in_file(&self, part: &Range<usize>) -> Range<usize> {
        if *part == (0..self.length) {
            return self.span.clone();
        }
        let start = if part.start < self.length { self.at(part.start) } else { self.span.end };
        let end = if part.end > part.start { self.at(part.end - 1) + 1 } else { start };
        start..end.clamp(start, self.span.end.max(start))
    }

    /// Where a byte of the word is.
    fn at(&self, offset: usize) -> usize {
        let run = self.runs.partition_point(|(start, _)| *start <= offset);
        self.runs.get(run.wrapping_sub(1)).map_or(self.span.start, |(start, file)| file + (offset - start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_a_line_and_a_column_in_characters() {
        let long = "é".repeat(3 * STEP);
        let file = TextFile::new("f".to_owned(), format!("a\n\nbé c\n{long}x").into_bytes());
        assert_eq!(file.position(0), (1, 1));
        assert_eq!(file.position(2), (2, 1));
        assert_eq!(file.position(7), (3, 4));
        assert_eq!(file.position(9 + long.len()), (4, 3 * STEP + 1));
        assert_eq!(file.position(1 << 30), (4, 3 * STEP + 2));
        assert_eq!(TextFile::new(String::new(), Vec::new()).position(0), (1, 1));
    }

    #[test]
    fn a_part_of_a_word_is_found_between_its_quotes() {
        let file = Rc::new(TextFile::new("f".to_owned(), b"a 'b c'\\ d".to_vec()));
        let place = WordPlace { file, number: 2, span: 2..10, runs: vec![(0, 3), (3, 8)], length: 5 };
        assert_eq!(place.in_file(&(0..5)), 2..10);
        assert_eq!(place.in_file(&(1..3)), 4..6);
        assert_eq!(place.in_file(&(2..4)), 5..9);
        assert_eq!(place.in_file(&(5..5)), 10..10);
    }
}
