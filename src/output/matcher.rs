//! Looking for a line while all pass: `--ready log:REGEX`.

use regex::bytes::Regex;

use crate::output::lines::{Assembler, LineSink, Part};

/// Looks at lines until one matches.
#[derive(Clone, Debug)]
pub(super) struct LineMatcher {
    pattern: Regex,
    has_matched: bool,
    /// Where what passes is not cut into lines.
    assembler: Assembler,
}

impl LineMatcher {
    pub(super) fn new(pattern: Regex) -> Self {
        Self { pattern, has_matched: false, assembler: Assembler::default() }
    }

    pub(super) fn has_matched(&self) -> bool {
        self.has_matched
    }

    /// Looks at a line, or at the first part of a long one.
    pub(super) fn look(&mut self, part: Part<'_>) {
        self.has_matched |= part.begins && self.pattern.is_match(part.bytes);
    }

    /// Looks at bytes that are not cut into lines yet.
    pub(super) fn look_at_bytes(&mut self, bytes: &[u8]) {
        let mut assembler = std::mem::take(&mut self.assembler);
        assembler.feed(bytes, self);
        self.assembler = assembler;
    }

    /// Looks at a last line that has no newline.
    pub(super) fn look_at_end(&mut self) {
        let mut assembler = std::mem::take(&mut self.assembler);
        assembler.finish(self);
    }
}

impl LineSink for LineMatcher {
    fn has_room(&mut self) -> bool {
        true
    }

    fn take(&mut self, part: Part<'_>) {
        self.look(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::lines::LONGEST;

    fn tap() -> LineMatcher {
        LineMatcher::new(Regex::new("^ready$").expect("it is well formed"))
    }

    #[test]
    fn a_line_is_found_however_its_bytes_are_cut() {
        let bytes = b"not ready\nready\nafterwards\n";
        for cut in 0..bytes.len() {
            let mut tap = tap();
            tap.look_at_bytes(&bytes[..cut]);
            assert_eq!(tap.has_matched(), cut >= 16, "{cut}");
            tap.look_at_bytes(&bytes[cut..]);
            assert!(tap.has_matched());
        }
    }

    #[test]
    fn a_last_line_needs_no_newline() {
        let mut tap = tap();
        tap.look_at_bytes(b"ready");
        assert!(!tap.has_matched());
        tap.look_at_end();
        assert!(tap.has_matched());
    }

    #[test]
    fn of_a_long_line_the_first_part_is_looked_at() {
        let mut tap = tap();
        tap.look_at_bytes(&[b"x".repeat(LONGEST), b"ready\n".to_vec()].concat());
        assert!(!tap.has_matched());
    }
}
