//! Reads the words of a file from left to right.

use std::ops::Range;

use crate::template::ast::ExpansionEnd;
use crate::template::line::shell_syntax::ShellSyntax;
use crate::template::line::word::WordBuilder;
use crate::template::line::{LineError, LineErrorKind, LineWord, LineWords};
use crate::template::lint::Lint;
use crate::template::parse::delimiters::ExpansionEnds;
use crate::template::parse::head::{self, Head};
use crate::template::syntax::Syntax;

/// The quote around the text that is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    /// With the offset of the opening quote.
    Double(usize),
}

/// Whether the rest of a word can be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Continue,
    /// An error ends the word at this offset.
    Abandon(usize),
}

pub(super) struct Lexer<'s> {
    source: &'s [u8],
    at: usize,
    ends: ExpansionEnds<'s>,
    /// The nearest closing delimiter after the last malformed expansion: each byte is searched once.
    closer: Option<(u8, usize)>,
    line: LineWords,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(source: &'s [u8]) -> Self {
        let ends = ExpansionEnds::new(source, Syntax::Argument);
        Self { source, at: 0, ends, closer: None, line: LineWords::default() }
    }

    pub(super) fn run(mut self) -> LineWords {
        while self.skip_blank() {
            self.word();
        }
        self.line
    }

    /// Skips white space, joined lines and comments. Returns whether a word follows.
    fn skip_blank(&mut self) -> bool {
        loop {
            match self.source[self.at..] {
                [] => return false,
                [b' ' | b'\t' | b'\n', ..] => self.at += 1,
                [b'\\', b'\n', ..] => self.at += 2,
                [b'#', ..] => self.at = self.line_end(self.at),
                _ => return true,
            }
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let mut word = WordBuilder::new(start);
        let mut quote = Quote::None;
        while let Some(&byte) = self.source.get(self.at) {
            let flow = match byte {
                b' ' | b'\t' | b'\n' if quote == Quote::None => break,
                b'\'' if quote == Quote::None => self.single_quoted(&mut word),
                b'"' => {
                    quote = if quote == Quote::None { Quote::Double(self.at) } else { Quote::None };
                    word.quote();
                    self.at += 1;
                    Flow::Continue
                }
                b'\\' => self.backslash(&mut word, quote),
                b'$' => self.dollars(&mut word, quote),
                b'`' => {
                    self.error(self.at..self.at + 1, LineErrorKind::Shell(ShellSyntax::Substitution));
                    self.literal(&mut word, byte)
                }
                _ => self.literal(&mut word, byte),
            };
            if let Flow::Abandon(end) = flow {
                return self.line.words.push(self.raw_word(start..end));
            }
        }
        if let Quote::Double(opened) = quote {
            return self.unclosed_quote(start, opened);
        }
        if !word.is_quoted() {
            self.check_shell_syntax(word.text(), start..self.at);
        }
        self.line.words.push(word.finish(self.at));
    }

    fn literal(&mut self, word: &mut WordBuilder, byte: u8) -> Flow {
        word.literal(byte, self.at);
        self.at += 1;
        Flow::Continue
    }

    /// `'...'`
    fn single_quoted(&mut self, word: &mut WordBuilder) -> Flow {
        word.quote();
        let text = self.at + 1;
        let Some(length) = self.source[text..].iter().position(|byte| *byte == b'\'') else {
            self.error(self.at..text, LineErrorKind::UnclosedQuote('\''));
            self.at = self.source.len();
            return Flow::Abandon(text);
        };
        (text..text + length).for_each(|at| word.literal(self.source[at], at));
        self.at = text + length + 1;
        Flow::Continue
    }

    /// Reports a double quote that is never closed. Nothing after it is certain.
    fn unclosed_quote(&mut self, start: usize, opened: usize) {
        self.line.errors.retain(|error| error.span.start < opened);
        self.line.malformed.retain(|lint| lint.span.start < opened);
        self.error(opened..opened + 1, LineErrorKind::UnclosedQuote('"'));
        self.line.words.push(self.raw_word(start..opened + 1));
    }

    /// A word that could not be read, as it is in the file.
    fn raw_word(&self, span: Range<usize>) -> LineWord {
        let mut word = WordBuilder::new(span.start);
        word.quote();
        word.malformed();
        span.clone().for_each(|at| word.literal(self.source[at], at));
        word.finish(span.end)
    }

    /// A backslash quotes the next byte; between double quotes only one that is special there. It joins two lines.
    fn backslash(&mut self, word: &mut WordBuilder, quote: Quote) -> Flow {
        match self.source.get(self.at + 1) {
            Some(b'\n') => self.at += 2,
            Some(&next) if quote == Quote::None || b"$`\"\\".contains(&next) => {
                word.quote();
                word.literal(next, self.at + 1);
                self.at += 2;
            }
            Some(_) | None => return self.literal(word, b'\\'),
        }
        Flow::Continue
    }

    /// A run of dollars, and the expansion at its end.
    fn dollars(&mut self, word: &mut WordBuilder, quote: Quote) -> Flow {
        let first = self.at;
        let count = self.source[first..].iter().take_while(|byte| **byte == b'$').count();
        let last = first + count - 1;
        self.at = last + 1;
        if self.source.get(last + 1) == Some(&b'(') {
            self.error(last..last + 2, LineErrorKind::Shell(ShellSyntax::Substitution));
        }
        let head = head::read(self.source, last, Syntax::Argument);
        let is_odd = count % 2 == 1;
        match self.ends.at(last, &head) {
            ExpansionEnd::Closed(end) if is_odd => {
                word.dollars(first..last, count / 2);
                word.expansion(self.source, last..end);
                if !matches!(head, Head::Verbatim { .. }) {
                    self.check_substitutions(last + 1..end);
                }
                self.at = end;
            }
            ExpansionEnd::Closed(_) => word.dollars(first..last + 1, count / 2),
            ExpansionEnd::Unclosed => return self.unclosed(last),
            ExpansionEnd::NotAnExpansion => {
                if let Head::Malformed { why, end } = head {
                    if self.is_unclosed(last, end, quote) {
                        return self.unclosed(last);
                    }
                    self.line.malformed.push(Lint { span: last..end, kind: why });
                    word.malformed();
                }
                word.dollars(first..last + 1, count);
            }
        }
        Flow::Continue
    }

    /// Whether a malformed expansion is one that is never closed: a quote or the end of the line follows, or white space
    /// and on this line no closing delimiter.
    fn is_unclosed(&mut self, dollar: usize, end: usize, quote: Quote) -> bool {
        match self.source.get(end - 1) {
            Some(b'\n') => true,
            Some(b'"') => quote != Quote::None,
            Some(b' ' | b'\t') => !self.has_closer(self.closing(dollar), end),
            Some(_) | None => false,
        }
    }

    /// Whether a closing delimiter follows on this line.
    fn has_closer(&mut self, closer: u8, from: usize) -> bool {
        let at = self.closer.filter(|(byte, at)| *byte == closer && *at >= from).map_or_else(
            || {
                let rest = self.source[from..].iter();
                from + rest.take_while(|byte| **byte != closer && **byte != b'\n').count()
            },
            |(_, at)| at,
        );
        self.closer = Some((closer, at));
        self.source.get(at) == Some(&closer)
    }

    /// The closing delimiter of an expansion.
    fn closing(&self, dollar: usize) -> u8 {
        if self.source.get(dollar + 1) == Some(&b'<') { b'>' } else { b'}' }
    }

    /// Reports an expansion that is never closed, and goes on with the next line.
    fn unclosed(&mut self, dollar: usize) -> Flow {
        let end = self.line_end(dollar);
        self.error(dollar..end, LineErrorKind::UnclosedExpansion(char::from(self.closing(dollar))));
        self.at = end;
        Flow::Abandon(end)
    }

    /// A shell would execute a command in a word of an expansion; here it would be text.
    fn check_substitutions(&mut self, span: Range<usize>) {
        let mut at = span.start;
        while at < span.end {
            match self.source[at..span.end] {
                [b'\\', _, ..] => at += 1,
                [b'`', ..] => self.error(at..at + 1, LineErrorKind::Shell(ShellSyntax::Substitution)),
                [b'$', b'(', ..] => self.error(at..at + 2, LineErrorKind::Shell(ShellSyntax::Substitution)),
                _ => {}
            }
            at += 1;
        }
    }

    fn check_shell_syntax(&mut self, word: &[u8], span: Range<usize>) {
        if let Some(syntax) = ShellSyntax::of_word(word) {
            return self.error(span, LineErrorKind::Shell(syntax));
        }
        if let [.., b';'] = word {
            let kind = LineErrorKind::Trailing(';');
            self.line.warnings.push(LineError { span: span.end - 1..span.end, kind });
        }
        let is_glued = |operator: &&&str| {
            let operator = operator.as_bytes();
            word.len() > operator.len() && (word.starts_with(operator) || word.ends_with(operator))
        };
        if let Some(operator) = ["|||", "&&"].iter().find(is_glued) {
            let part = if word.starts_with(operator.as_bytes()) {
                span.start..span.start + operator.len()
            } else {
                span.end - operator.len()..span.end
            };
            self.line.warnings.push(LineError { span: part, kind: LineErrorKind::Glued(operator) });
        }
    }

    fn error(&mut self, span: Range<usize>, kind: LineErrorKind) {
        self.line.errors.push(LineError { span, kind });
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = &self.source[from..];
        from + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
    }
}
