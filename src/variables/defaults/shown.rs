//! A line of a defaults file as it may be shown: rules as they were written, values as `…`,
//! comments not at all.

use std::ops::Range;

use crate::variables::defaults::{SETTINGS, VARIABLE};

/// Part of a line.
struct Piece {
    written: Range<usize>,
    shown: Range<usize>,
}

/// The line that holds the start of `span`, from `line` on, and which part of it `span` is.
pub(super) fn line(text: &str, line: Range<usize>, span: &Range<usize>) -> (String, Range<usize>) {
    let mut shower = Shower { line, ..Shower::new(text) };
    shower.run();
    shower.shown.truncate(shower.shown.trim_end().len());
    let start = shower.position(span.start, false);
    let end = shower.position(span.end.min(shower.line.end).max(span.start), true);
    (shower.shown, start..end.max(start))
}

/// What encloses a value.
enum Container {
    Array,
    /// An inline table, and how long the path in front of it is.
    Table(usize),
}

/// Reads just enough of TOML, of which much may be wrong, to tell values from all else.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that was read, and any may come with any"
)]
struct Shower<'t> {
    text: &'t str,
    line: Range<usize>,
    at: usize,
    /// Where we are: the table, then the keys.
    path: Vec<String>,
    /// How much of the path the header of the table is.
    header: usize,
    /// How much of the path stays when the next key comes.
    keep: usize,
    containers: Vec<Container>,
    is_value: bool,
    /// Whether the key of the value stands on the same line: behind a quote or a bracket that is missing, nobody knows
    /// what the lines are.
    is_near: bool,
    /// Whether there was a value since the last `=` or comma.
    has_value: bool,
    is_header: bool,
    shown: String,
    pieces: Vec<Piece>,
}

impl<'t> Shower<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            line: 0..0,
            at: 0,
            path: Vec::new(),
            header: 0,
            keep: 0,
            containers: Vec::new(),
            is_value: false,
            is_near: false,
            has_value: false,
            is_header: false,
            shown: String::new(),
            pieces: Vec::new(),
        }
    }

    fn run(&mut self) {
        while self.at < self.line.end {
            let start = self.at;
            let Some(next) = self.text[start..].chars().next() else { return };
            self.at += next.len_utf8();
            match next {
                '\n' => self.newline(),
                '#' => {
                    self.at = self.text[start..].find('\n').map_or(self.text.len(), |end| start + end);
                    self.emit(start, "");
                    continue;
                }
                '=' => {
                    self.is_value = true;
                    self.has_value = false;
                }
                '[' => self.open_bracket(),
                ']' => self.close_bracket(),
                '{' => {
                    self.containers.push(Container::Table(self.path.len()));
                    self.keep = self.path.len();
                    self.is_value = false;
                }
                '}' => {
                    if let Some(Container::Table(length)) = self.containers.pop() {
                        self.path.truncate(length);
                    }
                    self.is_value = true;
                }
                ',' => self.comma(),
                ' ' | '\t' | '\r' => {}
                '.' if !self.is_value => self.keep = self.path.len(),
                _ => {
                    self.token(start, next);
                    continue;
                }
            }
            self.emit(start, &self.text[start..self.at]);
        }
    }

    fn newline(&mut self) {
        self.is_near = false;
        if self.containers.is_empty() {
            self.is_value = false;
            self.is_header = false;
            self.keep = self.header;
        }
    }

    fn open_bracket(&mut self) {
        if self.is_value || self.is_near {
            // Behind a key without its `=` values begin as well.
            self.is_value = true;
            self.containers.push(Container::Array);
        } else if self.containers.is_empty() {
            self.path.clear();
            self.keep = 0;
            self.header = 0;
            self.is_header = true;
        }
    }

    fn close_bracket(&mut self) {
        if self.is_header {
            self.header = self.path.len();
            self.is_header = false;
        } else if matches!(self.containers.last(), Some(Container::Array)) {
            self.containers.pop();
        }
    }

    fn comma(&mut self) {
        self.has_value = false;
        if let Some(Container::Table(length)) = self.containers.last() {
            self.keep = *length;
            self.is_value = false;
        }
    }

    /// A key or a value.
    fn token(&mut self, start: usize, first: char) {
        self.at = match first {
            '"' | '\'' => self.string_end(start, first),
            _ => {
                // Of the blanks those that `run` knows: others, like a vertical tab, are no blanks of TOML.
                let is_end = |c: char| " \t\r\n=,[]{}#\"'".contains(c) || (c == '.' && !self.is_value);
                self.text[start..].find(is_end).map_or(self.text.len(), |end| start + end)
            }
        };
        let written = &self.text[start..self.at];
        if self.is_value { self.value(start, written, first) } else { self.key(start, written) }
    }

    fn key(&mut self, start: usize, written: &str) {
        self.path.truncate(self.keep);
        self.is_near = true;
        self.path.push(written.trim_matches(['"', '\'']).to_owned());
        // What nothing of a key follows may be the rest of a value that was broken; so may what is quoted.
        let is_shown = self.is_key() && !written.starts_with(['"', '\'']);
        self.emit(start, if is_shown { written } else { "…" });
    }

    fn value(&mut self, start: usize, written: &str, first: char) {
        let is_quoted = first == '"' || first == '\'';
        let is_closed = !is_quoted || (written.len() > 1 && written.ends_with(first));
        let is_shown = self.is_near && !self.has_value && is_closed && self.is_rule();
        self.has_value = true;
        self.emit(start, if is_shown { written } else { "…" });
    }

    /// Whether what follows is what follows a key.
    fn is_key(&self) -> bool {
        let rest = self.text[self.at..].trim_start_matches([' ', '\t']);
        let is_assigned = rest.starts_with('=') && !rest.starts_with("==");
        is_assigned || rest.starts_with('.') || (self.is_header && rest.starts_with(']'))
    }

    fn string_end(&self, start: usize, quote: char) -> usize {
        let rest = &self.text[start..];
        let long = [quote; 3].iter().collect::<String>();
        let (closer, open) = if rest.starts_with(&long) { (long.as_str(), 3) } else { (&long[..1], 1) };
        let mut at = open;
        while at < rest.len() {
            let byte = rest.as_bytes()[at];
            if byte == b'\\' && quote == '"' {
                at += 2;
            } else if rest.as_bytes()[at..].starts_with(closer.as_bytes()) {
                return start + at + closer.len();
            } else if byte == b'\n' && open == 1 {
                return start + at;
            } else {
                at += 1;
            }
        }
        self.text.len()
    }

    /// Whether the value at hand is a rule, which may be shown.
    fn is_rule(&self) -> bool {
        match self.path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["settings", setting] => SETTINGS.contains(&setting),
            ["vars", _, rule] => rule != "default" && VARIABLE.contains(&rule),
            _ => false,
        }
    }

    /// What is shown in place of what was written from `start` on, if it is on the line.
    fn emit(&mut self, start: usize, what: &str) {
        if self.at <= self.line.start || start >= self.line.end {
            return;
        }
        let from = self.shown.len();
        let is_whole = start >= self.line.start && self.at <= self.line.end;
        self.shown.push_str(if is_whole { what } else { "…" });
        self.pieces.push(Piece { written: start..self.at, shown: from..self.shown.len() });
    }

    /// Where a byte of the file is in what is shown.
    fn position(&self, at: usize, is_end: bool) -> usize {
        for piece in &self.pieces {
            let is_here = if is_end { at <= piece.written.end } else { at < piece.written.end };
            if is_here {
                let is_same = piece.written.len() == piece.shown.len();
                let inside = at.saturating_sub(piece.written.start);
                let at = match (is_same, is_end && inside > 0) {
                    (true, _) => piece.shown.start + inside,
                    (false, true) => piece.shown.end,
                    (false, false) => piece.shown.start,
                };
                return at.min(self.shown.len());
            }
        }
        self.shown.len()
    }
}
