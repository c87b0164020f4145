//! From bytes to lines: pure, and the same however the bytes were cut by the reads.

use crate::sys::search;

/// The most bytes of a line that is passed as a whole. A longer one is passed in parts of this size.
pub const LONGEST: usize = 64 * 1024;

/// A line, or a part of one that is longer than [`LONGEST`]. Parts are cut between characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Without the newline.
    pub bytes: &'a [u8],
    /// Whether a line begins with it.
    pub begins: bool,
    /// Whether the line ends with it.
    pub ends: bool,
}

/// Where parts go.
pub trait LineSink {
    /// Whether one can be taken now.
    fn has_room(&mut self) -> bool;
    /// Takes one, after `has_room` said so.
    fn take(&mut self, part: Part<'_>);
}

/// Makes lines of bytes that come in pieces.
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    /// The part that is not complete yet.
    partial: Vec<u8>,
    line: Line,
}

/// What of the present line was passed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Line {
    /// Nothing.
    #[default]
    New,
    /// A part.
    Begun,
    /// Parts, and then its taker ended the line by itself.
    Interrupted,
}

impl Assembler {
    /// Takes bytes in and passes on what is complete. Returns how many bytes it took: fewer than all where the
    /// taker has no room, and then the others are to be given again.
    pub fn feed(&mut self, bytes: &[u8], taker: &mut impl LineSink) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let room = LONGEST - self.partial.len();
            let end = search::find(b'\n', &rest[..rest.len().min(room + 1)]);
            let count = match end {
                None if rest.len() <= room => {
                    self.partial.extend_from_slice(rest);
                    return bytes.len();
                }
                Some(_) | None if !taker.has_room() => return at,
                Some(end) => {
                    self.end_line(&rest[..end], taker);
                    end + 1
                }
                None => {
                    self.partial.extend_from_slice(&rest[..room]);
                    self.pass_full_part(taker);
                    room
                }
            };
            at += count;
        }
        at
    }

    /// What is left when nothing more comes: a last line without a newline. Returns whether it is passed on; else
    /// the taker has no room.
    pub fn finish(&mut self, taker: &mut impl LineSink) -> bool {
        if self.is_empty() {
            return true;
        }
        let has_room = taker.has_room();
        if has_room {
            self.end_line(&[], taker);
        }
        has_room
    }

    /// Whether nothing is left to pass on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.partial.is_empty() && self.line != Line::Begun
    }

    /// The taker has ended the present line by itself, for others that waited: what comes of it now is a new line.
    pub fn interrupt(&mut self) {
        if self.line == Line::Begun {
            self.line = Line::Interrupted;
        }
    }

    fn end_line(&mut self, tail: &[u8], taker: &mut impl LineSink) {
        let begins = self.line != Line::Begun;
        let was_interrupted = self.line == Line::Interrupted;
        self.line = Line::New;
        if self.partial.is_empty() {
            // A line that was ended already, and then ends, is no other line.
            if !(was_interrupted && tail.is_empty()) {
                taker.take(Part { bytes: tail, begins, ends: true });
            }
            return;
        }
        self.partial.extend_from_slice(tail);
        taker.take(Part { bytes: &self.partial, begins, ends: true });
        self.partial.clear();
        // A long line is no reason to keep as much memory for ever.
        self.partial.shrink_to(LONGEST / 8);
    }

    fn pass_full_part(&mut self, taker: &mut impl LineSink) {
        let cut = self.partial.len() - unfinished(&self.partial);
        taker.take(Part { bytes: &self.partial[..cut], begins: self.line != Line::Begun, ends: false });
        self.partial.drain(..cut);
        self.line = Line::Begun;
    }
}

/// How many bytes at the end are the beginning of a character whose rest is still to come.
fn unfinished(bytes: &[u8]) -> usize {
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
