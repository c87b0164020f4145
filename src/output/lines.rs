//! Splits bytes into lines. Pure, and the result does not depend on how the reads cut the bytes.

use crate::sys::search;

/// The length in bytes of the longest line that is passed as a whole. A longer one is passed in parts of this size.
pub const MAX_PART: usize = 64 * 1024;

/// A line, or a part of one that is longer than [`MAX_PART`]. Lines are cut between characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Without the newline.
    pub bytes: &'a [u8],
    /// Whether it is the first part of its line.
    pub begins: bool,
    /// Whether it is the last part of its line.
    pub ends: bool,
}

/// Receives the parts of lines.
pub trait LineSink {
    /// Whether the sink can take a part now.
    fn has_room(&mut self) -> bool;
    /// Takes a part. Called only after `has_room` has returned true.
    fn take(&mut self, part: Part<'_>);
}

/// Assembles lines from chunks of bytes.
#[derive(Clone, Debug, Default)]
pub struct LineAssembler {
    /// The beginning of a part whose end has not come yet.
    partial: Vec<u8>,
    line: LineState,
}

/// How much of the current line the sink has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LineState {
    /// Nothing.
    #[default]
    New,
    /// A part.
    Begun,
    /// Parts, and then the sink has ended the line itself.
    Interrupted,
}

impl LineAssembler {
    /// Takes bytes and passes on the lines that they complete. Returns how many bytes it has taken. If these are fewer
    /// than given, the sink has no room, and the caller passes the others again later.
    pub fn feed(&mut self, bytes: &[u8], sink: &mut impl LineSink) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let room = MAX_PART - self.partial.len();
            let end = search::find(b'\n', &rest[..rest.len().min(room + 1)]);
            let count = match end {
                None if rest.len() <= room => {
                    self.partial.extend_from_slice(rest);
                    return bytes.len();
                }
                Some(_) | None if !sink.has_room() => return at,
                Some(end) => {
                    self.end_line(&rest[..end], sink);
                    end + 1
                }
                None => {
                    self.partial.extend_from_slice(&rest[..room]);
                    self.pass_all(sink);
                    room
                }
            };
            at += count;
        }
        at
    }

    /// Passes on the beginning of a line whose end has not come yet. Returns false if the sink has no room for it.
    pub fn pass_partial(&mut self, sink: &mut impl LineSink) -> bool {
        if !self.has_partial() {
            return true;
        }
        let has_room = sink.has_room();
        if has_room {
            self.pass_all(sink);
        }
        has_room
    }

    /// Whether there is a beginning of a line to pass on: whole characters of it.
    #[must_use]
    pub fn has_partial(&self) -> bool {
        self.partial.len() > incomplete_character(&self.partial)
    }

    /// Whether a part of the current line has been passed on.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.line == LineState::Begun
    }

    /// Passes on a last line without a newline, once the stream has ended. Returns false if the sink has no room for
    /// it.
    pub fn finish(&mut self, sink: &mut impl LineSink) -> bool {
        if self.is_empty() {
            return true;
        }
        let has_room = sink.has_room();
        if has_room {
            self.end_line(&[], sink);
        }
        has_room
    }

    /// Whether there is nothing left to pass on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.partial.is_empty() && self.line != LineState::Begun
    }

    /// Notes that the sink has ended the current line itself, for the benefit of other streams: the rest of the line
    /// becomes a new one.
    pub fn interrupt(&mut self) {
        if self.line == LineState::Begun {
            self.line = LineState::Interrupted;
        }
    }

    fn end_line(&mut self, tail: &[u8], sink: &mut impl LineSink) {
        let begins = self.line != LineState::Begun;
        let was_interrupted = self.line == LineState::Interrupted;
        self.line = LineState::New;
        if self.partial.is_empty() {
            // The rest of an interrupted line is no line of its own if it is empty.
            if !(was_interrupted && tail.is_empty()) {
                sink.take(Part { bytes: tail, begins, ends: true });
            }
            return;
        }
        self.partial.extend_from_slice(tail);
        sink.take(Part { bytes: &self.partial, begins, ends: true });
        self.partial.clear();
        // One long line does not keep its memory allocated for the rest of the run.
        self.partial.shrink_to(MAX_PART / 8);
    }

    fn pass_all(&mut self, sink: &mut impl LineSink) {
        let cut = self.partial.len() - incomplete_character(&self.partial);
        sink.take(Part { bytes: &self.partial[..cut], begins: self.line != LineState::Begun, ends: false });
        self.partial.drain(..cut);
        self.line = LineState::Begun;
    }
}

/// The number of bytes at the end that are the beginning of an incomplete UTF-8 character.
fn incomplete_character(bytes: &[u8]) -> usize {
    let last = &bytes[bytes.len().saturating_sub(3)..];
    for (index, byte) in last.iter().enumerate() {
        let length = match byte {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => 1,
        };
        if length > last.len() - index {
            return last.len() - index;
        }
    }
    0
}
