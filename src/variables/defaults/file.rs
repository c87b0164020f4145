//! The text of a defaults file, and problems with parts of it.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, MOST_PER_SOURCE, Origin, Problems, SourceText};
use crate::variables::printable;

/// The header of a file to render, which shows no value.
const FILE_HEADER: &str = "[[files]]";

/// Replaces text that may be secret.
const OMITTED: &str = "…";

/// A defaults file, for error messages and for the places of values.
#[derive(Clone, Debug, Default)]
pub(in crate::variables) struct DefaultsFile {
    /// The name for messages.
    name: String,
    pub(super) text: String,
    /// Where each line begins.
    lines: Vec<usize>,
    /// The keys that an excerpt may show, in the order of the file. Looked for when the first problem is reported.
    keys: OnceCell<Vec<Key>>,
    /// The option that takes the place of a file.
    option: Option<SourceText>,
}

/// A key, and its value.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) span: Range<usize>,
    pub(super) value: Range<usize>,
}

/// A part of one of the defaults files.
#[derive(Clone, Debug)]
pub(in crate::variables) struct FileSpan {
    pub(in crate::variables) file: usize,
    pub(in crate::variables) span: Range<usize>,
}

/// A value, and where it is written.
#[derive(Clone, Debug)]
pub(in crate::variables) struct Located<T> {
    pub(in crate::variables) value: T,
    pub(in crate::variables) span: FileSpan,
}

impl DefaultsFile {
    pub(in crate::variables) fn new(name: String, text: String) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect();
        Self { name, text, lines, keys: OnceCell::new(), option: None }
    }

    /// An option that declares variables as a file does.
    pub(in crate::variables) fn of_option(option: SourceText) -> Self {
        Self { option: Some(option), ..Self::new(String::new(), String::new()) }
    }

    /// Whether it is a file by a relative path.
    pub(in crate::variables) fn is_relative(&self) -> bool {
        self.option.is_none() && !self.name.starts_with('/')
    }

    /// Sets the keys that an excerpt may show, where they are known already.
    pub(super) fn show_keys(&mut self, document: &DeTable<'_>) {
        self.keys = OnceCell::from(keys_of(document));
    }

    /// Sets the only key that an excerpt may show, in a file that is not valid TOML.
    pub(super) fn show_only(&mut self, key: Option<Key>) {
        self.keys = OnceCell::from(Vec::from_iter(key));
    }

    /// The index of the line that holds a byte.
    fn line_index(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The line that holds a byte, without its newline.
    pub(super) fn line(&self, at: usize) -> Range<usize> {
        let index = self.line_index(at);
        let end = self.lines.get(index + 1).map_or(self.text.len(), |next| next - 1);
        self.lines[index]..end
    }

    /// The file and the line of a byte.
    pub(in crate::variables) fn place(&self, at: usize) -> String {
        format!("{}:{}", self.name, self.line_index(at) + 1)
    }

    fn origin(&self, at: usize) -> Origin {
        if let Some(option) = &self.option {
            return option.origin().clone();
        }
        let line = self.line(at);
        let before = &self.text.as_bytes()[line.start..at.clamp(line.start, line.end)];
        let column = String::from_utf8_lossy(before).chars().count() + 1;
        Origin::File { name: self.name.clone(), line: self.line_index(at) + 1, column }
    }

    /// A string of the file, for problems with parts of it: its excerpt shows the string, as that of an argument does.
    pub(in crate::variables) fn text_of(&self, string: &Located<String>) -> SourceText {
        let Range { start, end } = string.span.span.clone();
        // Without escapes, the string starts behind its quotes.
        let written = self.text.get(start..end).unwrap_or_default();
        let quotes = written.find(string.value.as_str()).unwrap_or_default();
        SourceText::of(self.origin(start + quotes), string.value.as_bytes())
    }

    /// The name for messages.
    pub(in crate::variables) fn name(&self) -> &str {
        &self.name
    }

    /// A problem with a part of the file. Its excerpt shows the key and no value.
    fn problem(&self, span: &Range<usize>, message: &str) -> Diagnostic {
        if let Some(option) = &self.option {
            return Diagnostic::at(option, span.clone(), printable(message));
        }
        let (excerpt, part) = self.excerpt(span);
        let text = SourceText::of(self.origin(span.start), excerpt.as_bytes());
        Diagnostic::at(&text, part, printable(message))
    }

    /// `KEY = …` for the line that a part begins in, and where the part is in that.
    fn excerpt(&self, span: &Range<usize>) -> (String, Range<usize>) {
        let line = self.line(span.start);
        if self.text[line.clone()].trim_ascii() == FILE_HEADER {
            return (FILE_HEADER.to_owned(), 0..FILE_HEADER.len());
        }
        let contains = |range: &Range<usize>| range.contains(&span.start);
        let keys = self.keys.get_or_init(|| {
            DeTable::parse(&self.text).map(|document| keys_of(document.get_ref())).unwrap_or_default()
        });
        let behind = keys.partition_point(|key| key.span.start <= span.start);
        let mut keys = keys[..behind].iter().rev().take_while(|key| key.span.start >= line.start);
        let key = keys.find(|key| contains(&key.span) || contains(&key.value)).map(|key| key.span.clone());
        let is_plain = |key: &Range<usize>| {
            key.end <= line.end && self.text[key.clone()].chars().all(is_of_key_or_quote)
        };
        let Some(key) = key.filter(is_plain) else {
            return (OMITTED.to_owned(), 0..OMITTED.len());
        };
        let before = self.text[line.start..key.start].trim_start();
        let before = if before.chars().all(is_of_key_or_bracket) { before } else { "" };
        let rest = &self.text[key.end..line.end];
        let tail = &rest[..rest.find(|c| !is_of_key_or_bracket(c)).unwrap_or(rest.len())];
        let mut excerpt = format!("{before}{}{tail}", &self.text[key.clone()]);
        let value = rest[tail.len()..].trim_start().strip_prefix('=').map(|value| line.end - value.len());
        let is_value = value.is_some_and(|value| span.start >= value);
        if value.is_some() {
            excerpt.push_str(" = ");
        }
        let part = if is_value {
            excerpt.len()..excerpt.len() + OMITTED.len()
        } else {
            before.len()..before.len() + key.len()
        };
        if value.is_some() {
            excerpt.push_str(OMITTED);
        }
        (excerpt, part)
    }

    /// The key at the beginning of a line that is not valid TOML, if it is safe to show: nothing in front of it can be an
    /// open value, of which the line would be a part.
    pub(super) fn leading_key(&self, at: usize, is_valid: impl Fn(&str) -> bool) -> Option<Key> {
        let line = self.line(at);
        if self.text.contains("\"\"\"") || self.text.contains("'''") || !is_valid(&self.text[..line.start]) {
            return None;
        }
        let text = self.text[line.clone()].trim_start_matches([' ', '\t']);
        let start = line.end - text.len();
        let length = text.find(|c: char| !is_of_key(c)).unwrap_or(text.len());
        let rest = text[length..].trim_start_matches([' ', '\t']);
        let is_assigned = rest.starts_with('=') && !rest[1..].trim().is_empty() && !rest.starts_with("==");
        (length > 0 && is_assigned)
            .then_some(Key { span: start..start + length, value: start + length..line.end + 1 })
    }
}

/// The keys of a document, in the order of the file.
fn keys_of(document: &DeTable<'_>) -> Vec<Key> {
    let mut keys = Vec::new();
    collect_keys(document, &mut keys);
    keys.sort_unstable_by_key(|key| key.span.start);
    keys
}

/// Collects the places of all keys.
fn collect_keys(table: &DeTable<'_>, keys: &mut Vec<Key>) {
    for (key, value) in table {
        keys.push(Key { span: key.span(), value: value.span() });
        collect_keys_of(value.get_ref(), keys);
    }
}

fn collect_keys_of(value: &DeValue<'_>, keys: &mut Vec<Key>) {
    match value {
        DeValue::Table(table) => collect_keys(table, keys),
        DeValue::Array(items) => items.iter().for_each(|item| collect_keys_of(item.get_ref(), keys)),
        _ => {}
    }
}

fn is_of_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn is_of_key_or_bracket(c: char) -> bool {
    is_of_key(c) || matches!(c, '[' | ']')
}

fn is_of_key_or_quote(c: char) -> bool {
    is_of_key(c) || matches!(c, '"' | '\'')
}

/// The problems of one defaults file: the first [`MOST_PER_SOURCE`] by position, and the number of the others.
///
/// A file can hold hundreds of thousands, and each excerpt and suggestion takes time.
#[derive(Clone, Debug, Default)]
pub(in crate::variables) struct FileProblems {
    /// By the start of the part, then in the order in which they were added. One more than is shown, for its place.
    kept: BTreeMap<(usize, usize), (Range<usize>, String)>,
    count: usize,
}

impl FileProblems {
    /// Adds a problem; the message is made only if it may be shown.
    pub(in crate::variables) fn add(&mut self, span: Range<usize>, message: impl FnOnce() -> String) {
        self.count += 1;
        let is_last = self.kept.last_key_value().is_none_or(|((start, _), _)| span.start >= *start);
        if self.kept.len() > MOST_PER_SOURCE && is_last {
            return;
        }
        self.kept.insert((span.start, self.count), (span, message()));
        if self.kept.len() > MOST_PER_SOURCE + 1 {
            self.kept.pop_last();
        }
    }

    /// The parts at fault, in the order of the file.
    pub(super) fn spans(&self) -> impl Iterator<Item = &Range<usize>> {
        self.kept.values().map(|(span, _)| span)
    }

    /// Reports them all.
    pub(in crate::variables) fn report(self, file: &DefaultsFile, problems: &mut Problems) {
        let mut shown = 0;
        for (span, message) in self.kept.values() {
            problems.push(file.problem(span, message));
            shown += 1;
        }
        if let Some((span, _)) = self.kept.values().next_back() {
            let origin = file.origin(span.start);
            for _ in shown..self.count {
                problems.push_with(&origin, || file.problem(span, ""));
            }
        }
    }
}
