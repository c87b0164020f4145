//! A JSON writer for plans, with the layout of `serde_json::to_writer_pretty`.
//!
//! It replaces a serde derive because planning 1,000 templates is measured against `sh` (contract, 6): known keys and
//! words need no escaping, and text is scanned eight bytes at a time.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::plan::ByteString;
use crate::text::json::escape;

/// How many bytes are buffered before a write.
const BUFFER: usize = 32 * 1024;

/// Indentation. Nothing in a plan is nested more deeply.
const INDENT: &[u8] = &[b' '; 20];

/// JSON being written. [`JsonWriter::finish`] returns the first error.
pub(crate) struct JsonWriter<'w> {
    to: &'w mut dyn Write,
    text: Vec<u8>,
    level: usize,
    /// Whether the innermost list or object has an element.
    is_filled: bool,
    outcome: io::Result<()>,
}

impl<'w> JsonWriter<'w> {
    /// A writer of nothing yet.
    pub(crate) fn new(to: &'w mut dyn Write) -> Self {
        Self { to, text: Vec::with_capacity(BUFFER * 2), level: 0, is_filled: false, outcome: Ok(()) }
    }

    /// Ends it with a newline.
    ///
    /// # Errors
    /// When a write failed.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.text.push(b'\n');
        self.flush();
        self.outcome
    }

    fn flush(&mut self) {
        if self.outcome.is_ok() {
            self.outcome = self.to.write_all(&self.text);
        }
        self.text.clear();
    }

    /// Begins the next element of a list.
    pub(crate) fn line(&mut self) {
        self.text.extend_from_slice(if self.is_filled { b",\n" } else { b"\n" });
        // After a newline, since stdout is line-buffered and keeps what follows the last one.
        if self.text.len() >= BUFFER {
            self.flush();
        }
        self.text.extend_from_slice(&INDENT[..(2 * self.level).min(INDENT.len())]);
        self.is_filled = true;
    }

    /// Begins the next entry of an object. The key needs no escaping.
    pub(crate) fn key(&mut self, key: &'static str) -> &mut Self {
        self.line();
        self.word(key);
        self.text.extend_from_slice(b": ");
        self
    }

    /// Begins the next entry of an object, with any key.
    pub(crate) fn entry(&mut self, key: &str) -> &mut Self {
        self.line();
        self.text(key);
        self.text.extend_from_slice(b": ");
        self
    }

    /// An object; `fill` writes its entries.
    pub(crate) fn object(&mut self, fill: impl FnOnce(&mut Self)) {
        self.text.push(b'{');
        self.inside(fill);
        self.text.push(b'}');
    }

    /// A list; `each` writes an element.
    pub(crate) fn list<T>(&mut self, elements: &[T], each: impl Fn(&mut Self, &T)) {
        self.text.push(b'[');
        self.inside(|writer| {
            for element in elements {
                writer.line();
                each(writer, element);
            }
        });
        self.text.push(b']');
    }

    fn inside(&mut self, fill: impl FnOnce(&mut Self)) {
        self.level += 1;
        self.is_filled = false;
        fill(self);
        self.level -= 1;
        if self.is_filled {
            self.is_filled = false;
            self.line();
        }
        self.is_filled = true;
    }

    /// A string that needs no escaping.
    pub(crate) fn word(&mut self, word: &str) {
        self.text.push(b'"');
        self.text.extend_from_slice(word.as_bytes());
        self.text.push(b'"');
    }

    /// A string.
    pub(crate) fn text(&mut self, text: &str) {
        self.text.push(b'"');
        escape(text.as_bytes(), &mut self.text);
        self.text.push(b'"');
    }

    /// A string, or `{"base64": …}`.
    pub(crate) fn bytes(&mut self, bytes: &ByteString) {
        let start = self.text.len();
        self.text.push(b'"');
        let is_utf8 = escape(&bytes.0, &mut self.text);
        self.text.push(b'"');
        if !is_utf8 {
            self.text.truncate(start);
            self.object(|writer| writer.key(crate::plan::bytes::BASE64).word(&STANDARD.encode(&bytes.0)));
        }
    }

    /// Text that is JSON already.
    pub(crate) fn raw(&mut self, json: &str) {
        self.text.extend_from_slice(json.as_bytes());
    }

    /// A number.
    pub(crate) fn number(&mut self, number: impl Into<i128>) {
        let number = number.into();
        let _ = write!(self.text, "{number}");
    }

    /// A count or a position.
    pub(crate) fn count(&mut self, count: usize) {
        self.number(i128::try_from(count).unwrap_or(i128::MAX));
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, flag: bool) {
        self.text.extend_from_slice(if flag { b"true" } else { b"false" });
    }

    /// A value, or `null`.
    pub(crate) fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => write(self, value),
            None => self.text.extend_from_slice(b"null"),
        }
    }
}
