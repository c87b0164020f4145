//! Files of `NAME=VALUE` lines (contract, 3.3). Pure: bytes in, entries and mistakes out.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Origin, SourceText};
use crate::plan::is_variable;

/// One variable of an env file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) value: Vec<u8>,
    /// From 1.
    pub(super) line: usize,
}

/// Reads a whole file. What is wrong in it is told without any value, and what stands on the other lines is read
/// all the same.
pub(super) fn parse(file: &str, contents: &[u8]) -> (Vec<Entry>, Vec<Diagnostic>) {
    let contents = contents.strip_prefix(b"\xef\xbb\xbf").unwrap_or(contents);
    let mut reader =
        Reader { file, contents, at: 0, counted: (0, 1), entries: Vec::new(), mistakes: Vec::new() };
    while reader.at < contents.len() {
        if let Err(mistake) = reader.entry() {
            let diagnostic = reader.diagnostic(&mistake);
            reader.mistakes.push(diagnostic);
            reader.at = if mistake.is_open { contents.len() } else { reader.line_end(reader.at) + 1 };
        }
    }
    (reader.entries, reader.mistakes)
}

struct Reader<'c> {
    file: &'c str,
    contents: &'c [u8],
    at: usize,
    /// A byte, and the number of the line it stands in: lines are counted from here on.
    counted: (usize, usize),
    entries: Vec<Entry>,
    mistakes: Vec<Diagnostic>,
}

/// What is wrong, where, and what of the line may be shown. A name that is odd is not: a line of a key in the PEM
/// format, say, looks like one.
struct Mistake {
    at: usize,
    message: &'static str,
    shown: String,
    part: Range<usize>,
    /// Whether nobody knows where the next line begins.
    is_open: bool,
}

impl Mistake {
    /// `part` of what may be shown is wrong.
    fn new(at: usize, message: &'static str, before: &str, part: &str, after: &str) -> Self {
        let shown = format!("{before}{part}{after}");
        Self { at, message, shown, part: before.len()..before.len() + part.len(), is_open: false }
    }
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.contents.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Where the line that holds `from` ends: its newline, or the end of the file.
    fn line_end(&self, from: usize) -> usize {
        let rest = self.contents.get(from..).unwrap_or_default();
        rest.iter().position(|byte| *byte == b'\n').map_or(self.contents.len(), |found| from + found)
    }

    /// One line, or several if a quote goes on.
    fn entry(&mut self) -> Result<(), Mistake> {
        self.skip_blanks();
        let end = self.line_end(self.at);
        let line = without_return(&self.contents[self.at..end]);
        if line.is_empty() || line[0] == b'#' {
            self.at = end + 1;
            return Ok(());
        }
        let number = self.line(self.at);
        if let Some(rest) =
            line.strip_prefix(b"export").filter(|rest| matches!(rest.first(), Some(b' ' | b'\t')))
        {
            self.at += line.len() - rest.len();
            self.skip_blanks();
        }
        let name = self.name(end)?;
        self.skip_blanks();
        let value = self.value(&name)?;
        self.entries.push(Entry { name, value, line: number });
        Ok(())
    }

    /// The name and the `=` behind it.
    fn name(&mut self, end: usize) -> Result<String, Mistake> {
        let start = self.at;
        let line = &self.contents[start..end];
        let Some(equals) = line.iter().position(|byte| *byte == b'=') else {
            let message = "a line without '='; write NAME=VALUE, and quotes around a value of several lines";
            return Err(Mistake::new(start, message, "", "…", ""));
        };
        self.at += equals + 1;
        let name = std::str::from_utf8(&line[..equals]).ok().filter(|name| is_variable(name));
        name.map(str::to_owned).ok_or_else(|| {
            let message =
                "this is no name of a variable: letters, digits and _, no digit first, no blank before '='";
            Mistake::new(start, message, "", "…", "=…")
        })
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

    /// Up to the end of the line or to a comment, without the blanks around it.
    fn unquoted(&mut self) -> Vec<u8> {
        let end = self.line_end(self.at);
        let text = &self.contents[self.at..end];
        // A comment needs a blank in front of it; in front of the value there may have been one.
        let is_comment = |at: usize| {
            let before = (self.at + at).checked_sub(1).map(|before| self.contents[before]);
            text[at] == b'#' && matches!(before, Some(b' ' | b'\t'))
        };
        let comment = (0..text.len()).find(|at| is_comment(*at)).unwrap_or(text.len());
        self.at = end + 1;
        text[..comment].trim_ascii().to_vec()
    }

    fn quoted(&mut self, name: &str, quote: u8) -> Result<Vec<u8>, Mistake> {
        let open = self.at;
        let shown = char::from(quote);
        self.at += 1;
        let mut value = Vec::new();
        loop {
            match self.peek() {
                None => {
                    let message = "this quote is never closed";
                    let mistake = Mistake::new(open, message, &format!("{name}="), &shown.to_string(), "…");
                    return Err(Mistake { is_open: true, ..mistake });
                }
                Some(byte) if byte == quote => break,
                Some(b'\\') if quote == b'"' => self.escaped(&mut value),
                // As at the ends of lines, so within a value.
                Some(b'\r') if self.contents.get(self.at + 1) == Some(&b'\n') => self.at += 1,
                Some(byte) => {
                    value.push(byte);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        self.nothing_behind(&format!("{name}={shown}…{shown}"))?;
        Ok(value)
    }

    fn escaped(&mut self, value: &mut Vec<u8>) {
        let escaped = match self.contents.get(self.at + 1) {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(&byte @ (b'"' | b'\\' | b'$')) => byte,
            _ => {
                value.push(b'\\');
                self.at += 1;
                return;
            }
        };
        value.push(escaped);
        self.at += 2;
    }

    /// Behind a closing quote only a comment may stand.
    fn nothing_behind(&mut self, before: &str) -> Result<(), Mistake> {
        let end = self.line_end(self.at);
        let behind = without_return(&self.contents[self.at..end]);
        let blanks = behind.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let is_comment = blanks > 0 && behind.get(blanks) == Some(&b'#');
        if blanks < behind.len() && !is_comment {
            let message = "text behind the closing quote; quote the whole value, with \\\" for a quote in it";
            let before = if blanks > 0 { format!("{before} ") } else { before.to_owned() };
            return Err(Mistake::new(self.at + blanks, message, &before, "…", ""));
        }
        self.at = end + 1;
        Ok(())
    }

    /// The number of the line of a byte, from 1. The bytes come in their order.
    fn line(&mut self, at: usize) -> usize {
        let (from, line) = self.counted;
        let between = self.contents[from..at].split(|byte| *byte == b'\n').count() - 1;
        self.counted = (at, line + between);
        self.counted.1
    }

    fn diagnostic(&self, mistake: &Mistake) -> Diagnostic {
        let (line, column) = place(self.contents, mistake.at);
        let origin = Origin::File { name: self.file.to_owned(), line, column };
        let written = SourceText::of(origin, mistake.shown.as_bytes());
        Diagnostic::at(&written, mistake.part.clone(), mistake.message)
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The line and the column of a byte, both from 1; the column in characters.
pub(super) fn place(contents: &[u8], at: usize) -> (usize, usize) {
    let before = &contents[..at.min(contents.len())];
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let line = before.split(|byte| *byte == b'\n').count();
    (line, String::from_utf8_lossy(&before[start..]).chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(contents: &str) -> Vec<(String, String)> {
        let (entries, mistakes) = parse("f", contents.as_bytes());
        assert_eq!(mistakes, [], "{contents:?}");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        entries.into_iter().map(|entry| (entry.name, text(entry.value))).collect()
    }

    fn value(contents: &str) -> String {
        let mut entries = read(contents);
        assert_eq!(entries.len(), 1, "{contents:?}");
        entries.remove(0).1
    }

    #[test]
    fn unquoted_values_hold_spaces_and_end_at_a_comment() {
        for (written, expected) in [
            ("A=b", "b"),
            ("A=", ""),
            ("A=b c  ", "b c"),
            ("A=b # c", "b"),
            ("A=b#c", "b#c"),
            ("A=#c", "#c"),
            ("A= #c", ""),
            ("A=\t b \t# c # d", "b"),
            ("A=b=c", "b=c"),
            ("A=$B ${C}\\n", "$B ${C}\\n"),
            ("A=it's \"x\"", "it's \"x\""),
            ("  export  A=b", "b"),
            ("A=b\r\n", "b"),
            ("\u{feff}A=b", "b"),
        ] {
            assert_eq!(value(written), expected, "{written:?}");
        }
    }

    #[test]
    fn quoted_values_are_what_stands_in_the_quotes() {
        for (written, expected) in [
            ("A=' b # c '", " b # c "),
            (r"A='\n\'", r"\n\"),
            (r#"A="\n\t\"\\\$\x\'""#, "\n\t\"\\$\\x\\'"),
            ("A='b\nc' # d", "b\nc"),
            ("A=\"b\r\nc\"\r\n", "b\nc"),
            ("A= 'b'", "b"),
            ("A=\"it's\"", "it's"),
            ("A='é$B'", "é$B"),
        ] {
            assert_eq!(value(written), expected, "{written:?}");
        }
    }

    #[test]
    fn lines_that_say_nothing_are_left_out() {
        let names: Vec<String> = read("# a\n\n  # b=c\n\t\r\nA=1\nexport=2\nB='x\ny'\nC=3")
            .into_iter()
            .map(|entry| entry.0)
            .collect();
        assert_eq!(names, ["A", "export", "B", "C"]);
    }

    #[test]
    fn entries_know_their_lines() {
        let (entries, _) = parse("f", b"\nA='x\ny'\nB=1");
        assert_eq!(entries.iter().map(|entry| entry.line).collect::<Vec<_>>(), [2, 4]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_and_no_line_of_them_is_shown(
            contents in proptest::collection::vec(
                prop_oneof![Just(b'\n'), Just(b'='), Just(b'"'), Just(b'\''), Just(b' '), Just(b'A'), any::<u8>()],
                0..60,
            )
        ) {
            parse("f", &contents);
        }

        #[test]
        fn what_is_quoted_comes_back(text in "[^\0\r]*") {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
            prop_assert_eq!(value(&format!("A=\"{escaped}\"")), text);
        }

        #[test]
        fn no_value_is_ever_told(before in "[\"'=#\n ]{0,4}", after in "[\"'=#\n\\\\ -]{0,4}") {
            for line in [format!("A={before}QZQ{after}"), format!("{before}QZQ{after}"), format!("-QZQ={after}")] {
                for mistake in parse("f", line.as_bytes()).1 {
                    let told = mistake.to_string();
                    // But the name in front of one is.
                    prop_assert!(!told.replace("QZQ=", "").contains("QZQ"), "{}", told);
                }
            }
        }
    }
}
