//! Documents of YAML: built as data, written by the emitter of `libyaml-safer`, which knows nothing of comments.
//!
//! A comment is a key of its own, which no document has otherwise, and a pass over the written lines makes it a comment.
//! That is safe because every text is written in one line, quoted unless it is a plain word.

use libyaml_safer::{Emitter, Encoding, Event, MappingStyle, ScalarStyle, SequenceStyle};

/// A value.
#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Number(u64),
    Flag(bool),
    List(Vec<Node>),
    Map(Map),
}

/// A mapping, in the order of its entries.
#[derive(Debug, Default)]
pub(super) struct Map(Vec<Entry>);

#[derive(Debug)]
enum Entry {
    Pair(String, Node),
    Comment(String),
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Map> for Node {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl Node {
    /// A list of texts.
    pub(super) fn texts<T: AsRef<str>>(texts: &[T]) -> Self {
        Self::List(texts.iter().map(|text| text.as_ref().into()).collect())
    }
}

impl Map {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Appends an entry.
    pub(super) fn set(&mut self, key: &str, value: impl Into<Node>) {
        self.0.push(Entry::Pair(key.to_owned(), value.into()));
    }

    /// The mapping with one more entry.
    pub(super) fn with(mut self, key: &str, value: impl Into<Node>) -> Self {
        self.set(key, value);
        self
    }

    /// Appends a comment, in front of the next entry.
    pub(super) fn comment(&mut self, text: impl Into<String>) {
        self.0.push(Entry::Comment(text.into()));
    }

    /// Inserts the entries of another mapping in front of its own.
    pub(super) fn prepend(&mut self, mut head: Self) {
        head.0.append(&mut self.0);
        self.0 = head.0;
    }

    /// Appends an entry unless the mapping is empty.
    pub(super) fn set_unless_empty(&mut self, key: &str, value: Self) {
        if !value.0.is_empty() {
            self.set(key, value);
        }
    }
}

/// The key of a comment, with its number. A name of a variable has no `-`, and no other key has this value.
const COMMENT: &str = "monofy-comment-";
const COMMENT_VALUE: &str = ": ~";
/// The width of a comment's text.
const COMMENT_WIDTH: usize = 100;

/// Writes documents.
pub(super) fn write(documents: &[Map]) -> String {
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
    fn emit(&mut self, event: Event) {
        let _ = self.emitter.emit(event);
    }

    fn map(&mut self, map: &Map) {
        self.emit(Event::mapping_start(None, None, true, MappingStyle::Block));
        for entry in &map.0 {
            match entry {
                Entry::Pair(key, value) => {
                    self.text(key);
                    self.node(value);
                }
                Entry::Comment(text) => {
                    self.plain(&format!("{COMMENT}{}", self.comments.len()));
                    self.plain("~");
                    self.comments.push(text.clone());
                }
            }
        }
        self.emit(Event::mapping_end());
    }

    fn node(&mut self, node: &Node) {
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
        if is_plain(text) {
            self.plain(text);
        } else {
            self.emit(Event::scalar(None, None, text, false, true, ScalarStyle::DoubleQuoted));
        }
    }

    fn plain(&mut self, word: &str) {
        self.emit(Event::scalar(None, None, word, true, false, ScalarStyle::Plain));
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
        let mut map = Map::new();
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
            map.set("key", text);
        }
        map.set("a:b", "\u{85}\u{2028}\n\"\\\u{7f}ä");
        let expected = "key: web\nkey: /app/x.y-z_1\nkey: \"on\"\nkey: \"No\"\nkey: \"~\"\nkey: \"null\"\nkey: \"1:30\"\n\
                        key: \"1_000\"\nkey: \"2026-01-01\"\nkey: \"\"\nkey: \"-\"\nkey: \"a b\"\nkey: \".inf\"\n\
                        \"a:b\": \"\\N\\L\\n\\\"\\\\\\x7Fä\"\n";
        assert_eq!(write(&[map]), expected);
    }

    #[test]
    fn a_comment_stands_where_its_entry_is_and_cannot_be_left() {
        let mut inner = Map::new();
        inner.comment("one\nkey: value");
        inner.set("a", "monofy-comment-0: ~");
        inner.set("b", "x\nmonofy-comment-0: ~");
        inner.comment(format!("long {}", "word ".repeat(30)));
        let mut map = Map::new();
        map.comment("top");
        map.set("inner", inner);
        map.set("list", Node::List(vec![Map::new().with("count", Node::Number(1)).into(), Node::Flag(true)]));
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
        assert_eq!(write(&[Map::new().with("a", "b"), Map::new().with("c", "d")]), "a: b\n---\nc: d\n");
    }
}
