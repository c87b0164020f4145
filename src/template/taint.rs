//! Byte strings with secret ranges.

use std::ops::Range;

/// A byte string that knows which of its bytes come from secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaintedBytes {
    bytes: Vec<u8>,
    /// Ascending, none empty, none touching the next.
    secret: Vec<Range<usize>>,
}

impl TaintedBytes {
    /// Creates an empty byte string.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates an empty byte string with a capacity.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), secret: Vec::new() }
    }

    /// Creates a byte string without secrets.
    #[must_use]
    pub fn literal(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), secret: Vec::new() }
    }

    /// Appends bytes that are not secret.
    pub fn push_literal(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends secret bytes.
    pub fn push_secret(&mut self, bytes: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.mark(start..self.bytes.len());
    }

    /// Appends bytes that are all secret or all not.
    pub fn push(&mut self, bytes: &[u8], secret: bool) {
        if secret { self.push_secret(bytes) } else { self.push_literal(bytes) }
    }

    /// Appends a range of another byte string, clipped to its length, with its secret ranges.
    pub fn push_from(&mut self, other: &Self, range: Range<usize>) {
        let range = range.start..range.end.min(other.bytes.len());
        if range.is_empty() {
            return;
        }
        let shift = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes[range.clone()]);
        for run in other.runs_from(range.start).take_while(|run| run.start < range.end) {
            let clipped = run.start.max(range.start)..run.end.min(range.end);
            self.mark(clipped.start - range.start + shift..clipped.end - range.start + shift);
        }
    }

    /// Appends another byte string with its secret ranges.
    pub fn append(&mut self, other: &Self) {
        self.push_from(other, 0..other.bytes.len());
    }

    /// A range of this byte string, clipped to its length.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let mut slice = Self::new();
        slice.push_from(self, range);
        slice
    }

    /// The number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes, secrets included.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, secrets included.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Whether any byte is secret.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        !self.secret.is_empty()
    }

    /// Whether any byte of `range` is secret.
    #[must_use]
    pub fn is_secret(&self, range: &Range<usize>) -> bool {
        self.runs_from(range.start).next().is_some_and(|run| run.start < range.end)
    }

    /// The secret ranges, ascending. None of them touch.
    #[must_use]
    pub fn secret_ranges(&self) -> &[Range<usize>] {
        &self.secret
    }

    /// The bytes with each secret range replaced by `***`.
    #[must_use]
    pub fn masked(&self) -> Vec<u8> {
        let mut masked = Vec::with_capacity(self.bytes.len());
        let mut shown = 0;
        for run in &self.secret {
            masked.extend_from_slice(&self.bytes[shown..run.start]);
            masked.extend_from_slice(b"***");
            shown = run.end;
        }
        masked.extend_from_slice(&self.bytes[shown..]);
        masked
    }

    fn mark(&mut self, run: Range<usize>) {
        if run.is_empty() {
            return;
        }
        match self.secret.last_mut() {
            Some(last) if last.end == run.start => last.end = run.end,
            _ => self.secret.push(run),
        }
    }

    /// The secret ranges that end after `start`.
    fn runs_from(&self, start: usize) -> impl Iterator<Item = &Range<usize>> {
        self.secret[self.secret.partition_point(|run| run.end <= start)..].iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjacent_secret_ranges_are_merged() {
        let mut text = TaintedBytes::new();
        text.push_literal(b"a");
        text.push_secret(b"12");
        text.push_secret(b"");
        text.push_secret(b"3");
        text.push_literal(b"b");
        assert_eq!(text.masked(), b"a***b");
    }

    #[test]
    fn a_slice_keeps_its_secret_ranges() {
        let mut text = TaintedBytes::new();
        text.push_literal(b"ab");
        text.push_secret(b"cd");
        text.push_literal(b"ef");
        text.push_secret(b"gh");
        assert_eq!(text.slice(1..3).masked(), b"b***");
        assert_eq!(text.slice(3..7).masked(), b"***ef***");
        assert_eq!(text.slice(4..6).masked(), b"ef");
        assert_eq!(text.slice(2..2).masked(), b"");
        assert_eq!(text.slice(7..99).masked(), b"***");
    }
}
