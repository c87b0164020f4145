//! JSON for people, laid out as `serde_json` does it, and faster: keys and words that are known need no escaping, and
//! of what is text whole words are looked at instead of bytes.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::plan::ByteString;
use crate::text::json::escape;

/// How much is collected before it is written.
const FULL: usize = 32 * 1024;

/// What stands in front of what is deeper than anything in a plan is not aligned any more.
const BLANKS: &[u8] = &[b' '; 20];

/// JSON that is being written. What fails is told at the end.
pub(crate) struct JsonWriter<'w> {
    to: &'w mut dyn Write,
    text: Vec<u8>,
    level: usize,
    /// Whether the innermost list or object has anything in it.
    is_filled: bool,
    outcome: io::Result<()>,
}

impl<'w> JsonWriter<'w> {
    /// An empty one.
    pub(crate) fn new(to: &'w mut dyn Write) -> Self {
        Self { to, text: Vec::with_capacity(FULL * 2), level: 0, is_filled: false, outcome: Ok(()) }
    }

    /// Ends it with a newline.
    ///
    /// # Errors
    /// When some of it could not be written.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.text.push(b'\n');
        self.turn();
        self.outcome
    }

    fn turn(&mut self) {
        if self.outcome.is_ok() {
            self.outcome = self.to.write_all(&self.text);
        }
        self.text.clear();
    }

    /// Begins the next element of a list.
    pub(crate) fn line(&mut self) {
        self.text.extend_from_slice(if self.is_filled { b",\n" } else { b"\n" });
        // Behind a newline, since stdout keeps what follows the last one.
        if self.text.len() >= FULL {
            self.turn();
        }
        self.text.extend_from_slice(&BLANKS[..(2 * self.level).min(BLANKS.len())]);
        self.is_filled = true;
    }

    /// Begins the next entry of an object, of a key that is plain.
    pub(crate) fn key(&mut self, key: &'static str) -> &mut Self {
        self.line();
        self.word(key);
        self.text.extend_from_slice(b": ");
        self
    }

    /// The same of any key.
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
        self.inside(|page| {
            for element in elements {
                page.line();
                each(page, element);
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
            self.object(|page| page.key(crate::plan::bytes::BASE64).word(&STANDARD.encode(&bytes.0)));
        }
    }

    /// What is JSON already.
    pub(crate) fn raw(&mut self, json: &str) {
        self.text.extend_from_slice(json.as_bytes());
    }

    /// A number.
    pub(crate) fn number(&mut self, number: impl Into<i128>) {
        let number = number.into();
        let _ = write!(self.text, "{number}");
    }

    /// A number of things.
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
