//! Documents of YAML: built as data, written by the emitter of `libyaml-safer`, which knows nothing of comments.
//!
//! A comment is a key of its own, which no document has otherwise, and a pass over the written lines makes it a comment.
//! That is safe because every text is written in one line, quoted unless it is a plain word.

use std::borrow::Cow;

use libyaml_safer::{Emitter, Encoding, Event, MappingStyle, ScalarStyle, SequenceStyle};

/// A value.
#[derive(Debug)]
pub(super) enum Node<'t> {
    Text(Cow<'t, str>),
    Number(u64),
    Flag(bool),
    List(Vec<Node<'t>>),
    Map(Map<'t>),
}

/// A mapping, in the order of its entries. An entry without a value is a comment.
#[derive(Debug, Default)]
pub(super) struct Map<'t>(Vec<(Cow<'t, str>, Option<Node<'t>>)>);

impl<'t> From<&'t str> for Node<'t> {
    fn from(text: &'t str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Node<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'t> From<Map<'t>> for Node<'t> {
    fn from(map: Map<'t>) -> Self {
        Self::Map(map)
    }
}

impl<'t> Node<'t> {
    /// A list of texts.
    pub(super) fn texts(texts: &[&'t str]) -> Self {
        Self::List(texts.iter().map(|text| (*text).into()).collect())
    }
}

// Building documents is most of the code of an engine, so these are not copied into each place that calls them.
impl<'t> Map<'t> {
    /// Appends an entry.
    #[inline(never)]
    pub(super) fn set(&mut self, key: &'t str, value: Node<'t>) {
        self.0.push((Cow::Borrowed(key), Some(value)));
    }

    /// Appends an entry whose key is made.
    #[inline(never)]
    pub(super) fn set_owned(&mut self, key: String, value: Node<'t>) {
        self.0.push((Cow::Owned(key), Some(value)));
    }

    /// Appends a text.
    #[inline(never)]
    pub(super) fn text(&mut self, key: &'t str, value: &'t str) {
        self.set(key, value.into());
    }

    /// Appends a number.
    #[inline(never)]
    pub(super) fn number(&mut self, key: &'t str, value: u64) {
        self.set(key, Node::Number(value));
    }

    /// Appends a comment, in front of the next entry.
    #[inline(never)]
    pub(super) fn comment(&mut self, text: String) {
        self.0.push((Cow::Owned(text), None));
    }

    /// Inserts the entries of another mapping in front of its own.
    pub(super) fn prepend(&mut self, mut head: Self) {
        head.0.append(&mut self.0);
        self.0 = head.0;
    }

    /// Appends an entry unless the mapping is empty.
    #[inline(never)]
    pub(super) fn set_unless_empty(&mut self, key: &'t str, value: Self) {
        if !value.0.is_empty() {
            self.set(key, Node::Map(value));
        }
    }

    /// A mapping of texts.
    #[inline(never)]
    pub(super) fn of_texts(texts: &[(&'t str, &'t str)]) -> Self {
        let mut map = Self::default();
        for (key, value) in texts {
            map.text(key, value);
        }
        map
    }
}

/// The key of a comment, with its number. A name of a variable has no `-`, and no other key has this value.
const COMMENT: &str = "monofy-comment-";
const COMMENT_VALUE: &str = ": ~";
/// The width of a comment's text.
const COMMENT_WIDTH: usize = 100;

/// Writes documents.
pub(super) fn write(documents: &[Map<'_>]) -> String {
    let mut written = Vec::new();
    let mut writer = Writer { emitter: Emitter::new(), comments: Vec::new() };
    writer.emitter.set_encoding(Encoding::Utf8);
    writer.emitter.set_output(&mut written);
    writer.emitter.set_width(-1);
    writer.emitter.set_unicode(true);
    writer.emit(Event::stream_start(Encoding::Utf8));
    for (index, document) in documents.iter().enumerate() {
        writer.emit(Event::document_start(None, &[], index == 0));
        writer.map(document);
        writer.emit(Event::document_end(true));
    }
    writer.emit(Event::stream_end());
    let comments = std::mem::take(&mut writer.comments);
    drop(writer);
    with_comments(&String::from_utf8_lossy(&written), &comments)
}

struct Writer<'w> {
    emitter: Emitter<'w>,
    comments: Vec<String>,
}

impl Writer<'_> {
    /// The events are in order and go to memory, so none of them fails.
    #[inline(never)]
    fn emit(&mut self, event: Event) {
        let _ = self.emitter.emit(event);
    }

    fn map(&mut self, map: &Map<'_>) {
        self.emit(Event::mapping_start(None, None, true, MappingStyle::Block));
        for (key, value) in &map.0 {
            if let Some(value) = value {
                self.text(key);
                self.node(value);
            } else {
                self.plain(&format!("{COMMENT}{}", self.comments.len()));
                self.plain("~");
                self.comments.push(key.to_string());
            }
        }
        self.emit(Event::mapping_end());
    }

    fn node(&mut self, node: &Node<'_>) {
        match node {
            Node::Text(text) => self.text(text),
            Node::Number(number) => self.plain(&number.to_string()),
            Node::Flag(flag) => self.plain(if *flag { "true" } else { "false" }),
            Node::Map(map) => self.map(map),
            Node::List(nodes) => {
                self.emit(Event::sequence_start(None, None, true, SequenceStyle::Block));
                for node in nodes {
                    self.node(node);
                }
                self.emit(Event::sequence_end());
            }
        }
    }

    fn text(&mut self, text: &str) {
        let style = if is_plain(text) { ScalarStyle::Plain } else { ScalarStyle::DoubleQuoted };
        self.scalar(text, style);
    }

    fn plain(&mut self, word: &str) {
        self.scalar(word, ScalarStyle::Plain);
    }

    #[inline(never)]
    fn scalar(&mut self, text: &str, style: ScalarStyle) {
        let is_plain = style == ScalarStyle::Plain;
        self.emit(Event::scalar(None, None, text, is_plain, !is_plain, style));
    }
}

/// Whether every reader of YAML takes these characters for a text: those of YAML 1.1 read `on` as a flag, `1:30` and
/// `1_000` as numbers, and `2026-01-01` as a date.
fn is_plain(text: &str) -> bool {
    const OTHER: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
    text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || b"_/".contains(&first))
        && text.bytes().all(is_word)
        && !text.eq_ignore_ascii_case("null")
        && !OTHER.iter().any(|other| text.eq_ignore_ascii_case(other))
}

/// Makes the keys of comments comments.
fn with_comments(written: &str, comments: &[String]) -> String {
    let mut text = String::new();
    for line in written.lines() {
        let start = line.trim_start();
        let number = start.strip_prefix(COMMENT).and_then(|rest| rest.strip_suffix(COMMENT_VALUE));
        if let Some(comment) = number.and_then(|number| comments.get(number.parse::<usize>().ok()?)) {
            push_comment(&mut text, &line[..line.len() - start.len()], comment);
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// A comment, broken into lines between words. Control characters could end it, and are replaced.
fn push_comment(text: &mut String, indentation: &str, comment: &str) {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    let comment: String = comment.chars().map(|c| if breaks(c) { '\u{fffd}' } else { c }).collect();
    let mut width = usize::MAX;
    for word in comment.split_ascii_whitespace() {
        let length = word.chars().count() + 1;
        if width.saturating_add(length) > COMMENT_WIDTH {
            if width != usize::MAX {
                text.push('\n');
            }
            text.push_str(indentation);
            text.push('#');
            width = 0;
        }
        text.push(' ');
        text.push_str(word);
        width += length;
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_unless_every_reader_takes_it_for_a_text() {
        let mut map = Map::default();
        for text in [
            "web",
            "/app/x.y-z_1",
            "on",
            "No",
            "~",
            "null",
            "1:30",
            "1_000",
            "2026-01-01",
            "",
            "-",
            "a b",
            ".inf",
        ] {
            map.text("key", text);
        }
        map.text("a:b", "\u{85}\u{2028}\n\"\\\u{7f}ä");
        let expected = "key: web\nkey: /app/x.y-z_1\nkey: \"on\"\nkey: \"No\"\nkey: \"~\"\nkey: \"null\"\nkey: \"1:30\"\n\
                        key: \"1_000\"\nkey: \"2026-01-01\"\nkey: \"\"\nkey: \"-\"\nkey: \"a b\"\nkey: \".inf\"\n\
                        \"a:b\": \"\\N\\L\\n\\\"\\\\\\x7Fä\"\n";
        assert_eq!(write(&[map]), expected);
    }

    #[test]
    fn a_comment_stands_where_its_entry_is_and_cannot_be_left() {
        let mut inner = Map::default();
        inner.comment("one\nkey: value".to_owned());
        inner.text("a", "monofy-comment-0: ~");
        inner.text("b", "x\nmonofy-comment-0: ~");
        inner.comment(format!("long {}", "word ".repeat(30)));
        let mut map = Map::default();
        map.comment("top".to_owned());
        map.set("inner", inner.into());
        let mut item = Map::default();
        item.number("count", 1);
        map.set("list", Node::List(vec![item.into(), Node::Flag(true)]));
        let words = ["word"; 19].join(" ");
        let expected = format!(
            "# top\ninner:\n  # one\u{fffd}key: value\n  a: \"monofy-comment-0: ~\"\n  b: \"x\\nmonofy-comment-0: ~\"\n  \
             # long {words}\n  # {}\nlist:\n- count: 1\n- true\n",
            ["word"; 11].join(" ")
        );
        assert_eq!(write(&[map]), expected);
    }

    #[test]
    fn documents_are_parted() {
        assert_eq!(write(&[Map::of_texts(&[("a", "b")]), Map::of_texts(&[("c", "d")])]), "a: b\n---\nc: d\n");
    }
}
