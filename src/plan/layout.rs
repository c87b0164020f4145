//! How JSON is laid out: as `serde_json` lays it out for people, with one write a line where that has three.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Writes a value as JSON for people, and a newline.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(value: &impl Serialize, mut to: impl Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut to, Lines::default()))?;
    to.write_all(b"\n")
}

/// A line for each element and each key, two blanks for each level.
#[derive(Default)]
struct Lines {
    level: usize,
    /// Whether the innermost list or object has anything in it.
    is_filled: bool,
}

/// What stands in front of what is deeper than anything in a plan is not aligned any more.
const BLANKS: &[u8] = b",\n                    ";

impl Lines {
    fn start(&self, to: &mut (impl Write + ?Sized), is_first: bool) -> io::Result<()> {
        let end = (2 + 2 * self.level).min(BLANKS.len());
        to.write_all(&BLANKS[usize::from(is_first)..end])
    }

    fn open(&mut self, to: &mut (impl Write + ?Sized), bracket: &[u8]) -> io::Result<()> {
        self.level += 1;
        self.is_filled = false;
        to.write_all(bracket)
    }

    fn close(&mut self, to: &mut (impl Write + ?Sized), bracket: &[u8]) -> io::Result<()> {
        self.level -= 1;
        if self.is_filled {
            self.start(to, true)?;
        }
        to.write_all(bracket)
    }
}

impl Formatter for Lines {
    fn begin_array<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.open(to, b"[")
    }

    fn end_array<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.close(to, b"]")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, to: &mut W, is_first: bool) -> io::Result<()> {
        self.start(to, is_first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.is_filled = true;
        Ok(())
    }

    fn begin_object<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.open(to, b"{")
    }

    fn end_object<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.close(to, b"}")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, to: &mut W, is_first: bool) -> io::Result<()> {
        self.start(to, is_first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        to.write_all(b": ")
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.is_filled = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_laid_out_as_serde_json_does_it() {
        let value = serde_json::json!({"a": [], "b": {}, "c": [1, [2, [], "x"], {"d": null}], "e": "f\n"});
        let mut lines = Vec::new();
        write(&value, &mut lines).unwrap();
        let theirs = serde_json::to_string_pretty(&value).unwrap() + "\n";
        assert_eq!(String::from_utf8(lines).unwrap(), theirs);
    }
}
