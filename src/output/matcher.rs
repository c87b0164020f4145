//! Watches the lines of a stream for one that matches: `--ready log:REGEX`.

use regex::bytes::Regex;

use crate::output::lines::{LineAssembler, LineSink, Part};
use crate::text::escape_sequences;

/// Compares lines with a regular expression until one matches.
#[derive(Clone, Debug)]
pub(super) struct LineMatcher {
    pattern: Regex,
    has_matched: bool,
    assembler: LineAssembler,
}

impl LineMatcher {
    pub(super) fn new(pattern: Regex) -> Self {
        Self { pattern, has_matched: false, assembler: LineAssembler::default() }
    }

    pub(super) fn has_matched(&self) -> bool {
        self.has_matched
    }

    /// Compares the lines that these bytes complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        let mut assembler = std::mem::take(&mut self.assembler);
        assembler.feed(bytes, self);
        self.assembler = assembler;
    }

    /// Compares a last line that has no newline.
    pub(super) fn finish(&mut self) {
        let mut assembler = std::mem::take(&mut self.assembler);
        assembler.finish(self);
    }
}

impl LineSink for LineMatcher {
    fn has_room(&mut self) -> bool {
        true
    }

    /// Compares a line, or the first part of a long one, without escape sequences and a carriage return at its end.
    fn take(&mut self, part: Part<'_>) {
        if part.begins && !self.has_matched {
            let text = escape_sequences::remove(part.bytes);
            self.has_matched = self.pattern.is_match(text.strip_suffix(b"\r").unwrap_or(&text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::lines::MAX_PART;

    fn matcher() -> LineMatcher {
        LineMatcher::new(Regex::new("^ready$").expect("the pattern is valid"))
    }

    #[test]
    fn a_line_matches_wherever_the_reads_cut_it() {
        let bytes = b"not ready\nready\nafterwards\n";
        for cut in 0..bytes.len() {
            let mut matcher = matcher();
            matcher.feed(&bytes[..cut]);
            assert_eq!(matcher.has_matched(), cut >= 16, "{cut}");
            matcher.feed(&bytes[cut..]);
            assert!(matcher.has_matched());
        }
    }

    #[test]
    fn the_last_line_matches_without_a_newline() {
        let mut matcher = matcher();
        matcher.feed(b"ready");
        assert!(!matcher.has_matched());
        matcher.finish();
        assert!(matcher.has_matched());
    }

    #[test]
    fn colours_and_a_carriage_return_do_not_count() {
        for line in [&b"\x1b[32mready\x1b[0m\r\n"[..], b"ready\r\n", b"\x1b[32mready\r\x1b[0m\n"] {
            let mut matcher = matcher();
            matcher.feed(line);
            assert!(matcher.has_matched(), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn only_the_first_part_of_a_long_line_is_compared() {
        let mut matcher = matcher();
        matcher.feed(&[b"x".repeat(MAX_PART), b"ready\n".to_vec()].concat());
        assert!(!matcher.has_matched());
    }
}
