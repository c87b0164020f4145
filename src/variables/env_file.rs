//! Env files: lines of `NAME=VALUE` (contract, 3.3), read as docker-compose reads them but for the expansion of values.
//! Pure: bytes to entries and problems.

use std::borrow::Cow;
use std::ops::Range;

use crate::diagnostic::{Diagnostic, Origin, Problems, SourceText};
use crate::plan::{is_environment_name, is_variable};

/// One variable of an env file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    /// `None` for a line that is only a name.
    pub(super) value: Option<Vec<u8>>,
    /// From 1.
    pub(super) line: usize,
}

/// Parses a whole file. Its mistakes are reported without any value, and the valid lines beside them are kept.
pub(super) fn parse(file: &str, contents: &[u8], problems: &mut Problems) -> Vec<Entry> {
    let contents = contents.strip_prefix(b"\xef\xbb\xbf").unwrap_or(contents);
    let contents = with_newlines(contents);
    let mut parser = EnvFileParser { contents: &contents, at: 0, counted: (0, 1) };
    let mut entries = Vec::new();
    loop {
        parser.skip(is_space);
        if parser.at >= contents.len() {
            return entries;
        }
        match parser.entry() {
            Ok(entry) => entries.extend(entry),
            Err(mistake) => {
                let origin = parser.origin(file, mistake.at);
                problems.push_with(&origin, || {
                    let text = SourceText::of(origin.clone(), mistake.shown.as_bytes());
                    Diagnostic::at(&text, mistake.part.clone(), mistake.message)
                });
                parser.at = if mistake.is_open { contents.len() } else { parser.line_end(parser.at) };
            }
        }
    }
}

/// All line ends as newlines.
fn with_newlines(contents: &[u8]) -> Cow<'_, [u8]> {
    if !contents.contains(&b'\r') {
        return Cow::Borrowed(contents);
    }
    let mut converted = Vec::with_capacity(contents.len());
    for (at, byte) in contents.iter().enumerate() {
        match byte {
            b'\r' if contents.get(at + 1) == Some(&b'\n') => {}
            b'\r' => converted.push(b'\n'),
            byte => converted.push(*byte),
        }
    }
    Cow::Owned(converted)
}

fn is_space(byte: u8) -> bool {
    byte == b'\n' || is_blank(byte)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\x0b' | b'\x0c')
}

struct EnvFileParser<'c> {
    contents: &'c [u8],
    at: usize,
    /// A byte and the number of its line, from which lines are counted on.
    counted: (usize, usize),
}

/// A mistake, and the text of the line that may be shown. An invalid name may not: it may be part of a key in the PEM
/// format.
struct Mistake {
    at: usize,
    message: &'static str,
    shown: String,
    part: Range<usize>,
    /// Whether the next line cannot be found.
    is_open: bool,
}

impl Mistake {
    /// A mistake in `part` of the text that may be shown.
    fn new(at: usize, message: &'static str, before: &str, part: &str, after: &str) -> Self {
        let shown = format!("{before}{part}{after}");
        Self { at, message, shown, part: before.len()..before.len() + part.len(), is_open: false }
    }
}

impl<'c> EnvFileParser<'c> {
    fn peek(&self) -> Option<u8> {
        self.contents.get(self.at).copied()
    }

    fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&is_skipped) {
            self.at += 1;
        }
    }

    /// The end of the line that holds `from`: its newline, or the end of the file.
    fn line_end(&self, from: usize) -> usize {
        let rest = self.contents.get(from..).unwrap_or_default();
        rest.iter().position(|byte| *byte == b'\n').map_or(self.contents.len(), |found| from + found)
    }

    /// Parses one line, or several if a quote spans them. `None` for a comment.
    fn entry(&mut self) -> Result<Option<Entry>, Mistake> {
        let line = self.line(self.at);
        let end = self.line_end(self.at);
        if let Some(rest) = self.contents[self.at..end].strip_prefix(b"export")
            && rest.first().is_some_and(|byte| is_blank(*byte))
        {
            self.at = end - rest.len();
            self.skip(is_blank);
        }
        if self.peek() == Some(b'#') {
            self.at = end;
            return Ok(None);
        }
        let start = self.at;
        let name = self.name(end);
        self.skip(is_blank);
        let is_assigned = self.peek() == Some(b'=');
        let is_end = self.at >= end || self.peek() == Some(b'#');
        let valid =
            name.and_then(|name| std::str::from_utf8(name).ok()).filter(|name| is_environment_name(name));
        let name = match valid {
            Some(name) if is_assigned || is_end => name.to_owned(),
            _ if self.contents[start..end].contains(&b'=') => {
                self.at = start;
                let message = "not a variable name; a name has letters, digits, _, . and -, and begins with a letter or _";
                return Err(Mistake::new(start, message, "", "…", "=…"));
            }
            _ => {
                self.at = start;
                let message =
                    "a line without '='; write NAME=VALUE, and quotes around a value of several lines";
                return Err(Mistake::new(start, message, "", "…", ""));
            }
        };
        if !is_assigned {
            self.at = end;
            return Ok(Some(Entry { name, value: None, line }));
        }
        self.at += 1;
        self.skip(is_blank);
        // A name with `.` or `-` may be part of a key.
        let shown = if is_variable(&name) { name.as_str() } else { "…" };
        let value = Some(self.value(shown)?);
        Ok(Some(Entry { name, value, line }))
    }

    /// The name at the beginning of a line, which may be in single quotes.
    fn name(&mut self, end: usize) -> Option<&'c [u8]> {
        let contents = self.contents;
        let line = &contents[self.at..end];
        if let Some(quoted) = line.strip_prefix(b"'") {
            let length = quoted.iter().position(|byte| *byte == b'\'')?;
            self.at += length + 2;
            return Some(&quoted[..length]);
        }
        let is_end = |byte: &u8| matches!(byte, b'=' | b'#') || is_blank(*byte);
        let length = line.iter().position(is_end).unwrap_or(line.len());
        self.at += length;
        Some(&line[..length])
    }

    fn value(&mut self, name: &str) -> Result<Vec<u8>, Mistake> {
        let start = self.at;
        let value = match self.peek() {
            Some(quote @ (b'"' | b'\'')) => self.quoted(name, quote)?,
            _ => self.unquoted(),
        };
        if value.contains(&0) {
            let message = "a NUL character, which no variable can hold";
            return Err(Mistake::new(start, message, &format!("{name}="), "…", ""));
        }
        Ok(value)
    }

    /// A value up to the end of the line or to a comment, without the blanks around it.
    fn unquoted(&mut self) -> Vec<u8> {
        let end = self.line_end(self.at);
        let text = &self.contents[self.at..end];
        // Only a blank begins a comment: `#` at the beginning is part of the value.
        let comment = text.windows(2).position(|pair| is_blank(pair[0]) && pair[1] == b'#');
        let text = &text[..comment.unwrap_or(text.len())];
        self.at = end;
        let length = text.iter().rposition(|byte| !is_blank(*byte)).map_or(0, |last| last + 1);
        text[..length].to_vec()
    }

    fn quoted(&mut self, name: &str, quote: u8) -> Result<Vec<u8>, Mistake> {
        let open = self.at;
        let shown = char::from(quote);
        let Some(close) = self.closing_quote(open, quote) else {
            let message = "this quote is not closed";
            let mistake = Mistake::new(open, message, &format!("{name}="), &shown.to_string(), "…");
            return Err(Mistake { is_open: true, ..mistake });
        };
        let value = unescape(&self.contents[open + 1..close], quote);
        self.at = close + 1;
        self.after_quote(&format!("{name}={shown}…{shown}"))?;
        Ok(value)
    }

    /// The quote that closes the one at `open`: the first that no backslash precedes, or if there is none, the last one of
    /// the line (`'C:\'`) or of the file.
    fn closing_quote(&self, open: usize, quote: u8) -> Option<usize> {
        let mut at = open + 1;
        while let Some(&byte) = self.contents.get(at) {
            match byte {
                b'\\' => at += 1,
                byte if byte == quote => return Some(at),
                _ => {}
            }
            at += 1;
        }
        let last_before = |end: usize| self.contents[open + 1..end].iter().rposition(|byte| *byte == quote);
        let last = last_before(self.line_end(open)).or_else(|| last_before(self.contents.len()))?;
        Some(open + 1 + last)
    }

    /// Only a comment may follow a closing quote.
    fn after_quote(&mut self, before: &str) -> Result<(), Mistake> {
        let end = self.line_end(self.at);
        let rest = &self.contents[self.at..end];
        let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
        if rest.get(blanks).is_some_and(|byte| *byte != b'#') {
            let message = "text after the closing quote; quote the whole value, with \\\" for a quote in it";
            let before = if blanks > 0 { format!("{before} ") } else { before.to_owned() };
            return Err(Mistake::new(self.at + blanks, message, &before, "…", ""));
        }
        self.at = end;
        Ok(())
    }

    /// The number of the line of a byte, from 1. It is counted on from the last one, so that the whole takes linear time.
    fn line(&mut self, at: usize) -> usize {
        let (from, line) = self.counted;
        if at >= from {
            let lines = self.contents[from..at].split(|byte| *byte == b'\n').count();
            self.counted = (at, line + lines - 1);
        }
        self.counted.1
    }

    fn origin(&mut self, file: &str, at: usize) -> Origin {
        let before = &self.contents[..at];
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        Origin::File { name: file.to_owned(), line: self.line(at), column }
    }
}

/// The text of a quoted value. A backslash that escapes nothing is kept.
fn unescape(text: &[u8], quote: u8) -> Vec<u8> {
    let mut value = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let escaped = match (byte, bytes.peek().copied()) {
            (b'\\', Some(next @ (b'\\' | b'\''))) => Some(next),
            (b'\\', Some(next)) if quote == b'"' => escaped(next),
            _ => None,
        };
        if escaped.is_some() {
            bytes.next();
        }
        value.push(escaped.unwrap_or(byte));
    }
    value
}

/// The character that a backslash and `byte` stand for in double quotes.
fn escaped(byte: u8) -> Option<u8> {
    Some(match byte {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'"' | b'$' => byte,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn messages(contents: &str) -> (Vec<Entry>, Vec<String>) {
        let mut problems = Problems::default();
        let entries = parse("f", contents.as_bytes(), &mut problems);
        (entries, problems.finish().iter().map(ToString::to_string).collect())
    }

    fn entries(contents: &str) -> Vec<Entry> {
        let (entries, messages) = messages(contents);
        assert_eq!(messages, [] as [&str; 0], "{contents:?}");
        entries
    }

    fn value(contents: &str) -> String {
        let mut entries = entries(contents);
        assert_eq!(entries.len(), 1, "{contents:?}");
        String::from_utf8(entries.remove(0).value.expect("a value")).expect("a text")
    }

    #[test]
    fn an_unquoted_value_may_contain_spaces_and_ends_at_a_comment() {
        for (written, expected) in [
            ("A=b", "b"),
            ("A=", ""),
            ("A = b", "b"),
            ("A\t=\tb", "b"),
            ("A=b c  ", "b c"),
            ("A=b # c", "b"),
            ("A=b#c", "b#c"),
            ("A=#c", "#c"),
            ("A= #c", "#c"),
            ("A=\t b \t# c # d", "b"),
            ("A=b=c", "b=c"),
            ("A=$B ${C}\\n", "$B ${C}\\n"),
            ("A=it's \"x\"", "it's \"x\""),
            ("  export  A=b", "b"),
            ("'A'=b", "b"),
            ("A=b\r\n", "b"),
            ("A=b\r", "b"),
            ("\u{feff}A=b", "b"),
        ] {
            assert_eq!(value(written), expected, "{written:?}");
        }
    }

    #[test]
    fn a_quoted_value_is_the_text_between_the_quotes() {
        for (written, expected) in [
            ("A=' b # c '", " b # c "),
            (r"A='\n\'", r"\n\"),
            (r"A='it\'s \\ \x'", r"it's \ \x"),
            (r#"A="\n\t\r\"\\\$\x\'""#, "\n\t\r\"\\$\\x'"),
            (r#"A="\a\b\f\v""#, "\x07\x08\x0c\x0b"),
            (r#"A="C:\\""#, r"C:\"),
            ("A='b\nc\\'", "b\nc\\"),
            ("A='b\nc' # d", "b\nc"),
            ("A=\"b\"#d", "b"),
            ("A=\"b\r\nc\"\r\n", "b\nc"),
            ("A= 'b'", "b"),
            ("A=\"it's\"", "it's"),
            ("A='é$B'", "é$B"),
        ] {
            assert_eq!(value(written), expected, "{written:?}");
        }
    }

    #[test]
    fn blank_lines_and_comments_are_skipped() {
        let contents = "# a\n\n  # b=c\n\t\r\nA=1\nexport=2\nexport # x\nB='x\ny'\nC=3";
        let names: Vec<String> = entries(contents).into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["A", "export", "B", "C"]);
    }

    #[test]
    fn entries_know_their_lines() {
        let entries = entries("\nA='x\ny'\nB=1");
        assert_eq!(entries.iter().map(|entry| entry.line).collect::<Vec<_>>(), [2, 4]);
    }

    #[test]
    fn a_line_may_be_only_a_name() {
        for written in ["A", "A # c", "A#c", "export A", " A ", "A\r\nB=1"] {
            assert_eq!(
                entries(written)[0],
                Entry { name: "A".to_owned(), value: None, line: 1 },
                "{written:?}"
            );
        }
    }

    #[test]
    fn names_may_contain_dots_and_dashes() {
        let names: Vec<String> = entries("a.b=1\na-b=2\n_.-=3").into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["a.b", "a-b", "_.-"]);
        for wrong in ["9=1", ".a=1", "-a=1", "é=1", "=1", "a b=1", "a/b=1", "9", "a b", "'a=1", "''=1"] {
            let (entries, messages) = messages(wrong);
            assert_eq!((entries.len(), messages.len()), (0, 1), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed(
            contents in proptest::collection::vec(
                prop_oneof![Just(b'\n'), Just(b'='), Just(b'"'), Just(b'\''), Just(b' '), Just(b'A'), any::<u8>()],
                0..60,
            )
        ) {
            parse("f", &contents, &mut Problems::default());
        }

        #[test]
        fn quoted_text_comes_back(text in "[^\0\r]*") {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
            prop_assert_eq!(&value(&format!("A=\"{escaped}\"")), &text);
            let escaped = text.replace('\\', "\\\\").replace('\'', "\\'");
            prop_assert_eq!(value(&format!("A='{escaped}'")), text);
        }

        #[test]
        fn no_message_shows_a_value(before in "[\"'=#\n ]{0,4}", after in "[\"'=#\n\\\\ -]{0,4}") {
            for line in [format!("A={before}QZQ{after}"), format!("{before}QZQ{after}"), format!("-QZQ={after}")] {
                for message in messages(&line).1 {
                    // The name in front of a value is shown.
                    prop_assert!(!message.replace("QZQ=", "").contains("QZQ"), "{}", message);
                }
            }
        }
    }
}
