//! The parser of templates: builds the tree in one pass from left to right.
//!
//! The end of an expansion is known before it is parsed ([`ExpansionEnds`]), so the parser never backtracks. Its calls
//! nest as deep as the expansions, which [`MAX_DEPTH`] bounds.

pub(crate) mod delimiters;
pub(crate) mod head;
pub(crate) mod operand;
pub(crate) mod operator;

use std::ops::Range;

use crate::template::Template;
use crate::template::ast::{Delimiter, Expansion, ExpansionEnd, Operation, Part, Parts};
use crate::template::lint::brace::Enclosing;
use crate::template::lint::{Lint, LintKind};
use crate::template::parse::delimiters::{Context, ExpansionEnds};
use crate::template::parse::head::Head;

/// The deepest nesting of expansions.
const MAX_DEPTH: usize = 64;

/// The number of lints kept for each severity: hostile input has one at every dollar.
const MAX_LINTS: usize = 64;

/// The number of expansions checked for a brace mismatch. Each check may scan to the end of the argument.
const MAX_BRACE_CHECKS: usize = 64;

pub(in crate::template) fn parse(source: &[u8]) -> Template<'_> {
    let empty = Template {
        source: b"",
        // Enough for most arguments.
        expansions: Vec::with_capacity(4),
        parts: Vec::with_capacity(8),
        pending: Vec::with_capacity(8),
        fields: Vec::new(),
        root: 0..0,
        lints: Vec::new(),
    };
    parse_into(source, empty)
}

/// Parses into the memory of an empty template.
pub(in crate::template) fn parse_into<'s>(source: &'s [u8], empty: Template<'static>) -> Template<'s> {
    let mut parser = Parser {
        source,
        ends: ExpansionEnds::new(source),
        expansions: empty.expansions,
        parts: empty.parts,
        pending: empty.pending,
        fields: empty.fields,
        lints: empty.lints,
        enclosing: Enclosing { braces: 0, end: source.len() },
        brace_checks_left: MAX_BRACE_CHECKS,
    };
    parser.text(0, None, 0);
    let root = parser.commit_parts(0);
    parser.lints.sort_by_key(|lint| lint.span.start);
    Template {
        source,
        expansions: parser.expansions,
        parts: parser.parts,
        pending: parser.pending,
        fields: parser.fields,
        root,
        lints: parser.lints,
    }
}

/// The length of the text before the first dollar. Not by the memchr crate: its first search asks the processor for
/// its features (CPUID), which costs more than 60 µs on a virtual machine, and most arguments are short.
fn length_without_dollar(text: &[u8]) -> usize {
    text.iter().position(|byte| *byte == b'$').unwrap_or(text.len())
}

pub(in crate::template) struct Parser<'s> {
    pub(in crate::template) source: &'s [u8],
    pub(in crate::template) ends: ExpansionEnds<'s>,
    pub(in crate::template) expansions: Vec<Expansion>,
    pub(in crate::template) parts: Vec<Part>,
    /// The parts of the texts that are being parsed, a stack: those of the innermost text are last.
    pub(in crate::template) pending: Vec<Part>,
    pub(in crate::template) fields: Vec<Parts>,
    pub(in crate::template) lints: Vec<Lint>,
    pub(in crate::template) enclosing: Enclosing,
    pub(in crate::template) brace_checks_left: usize,
}

impl Parser<'_> {
    /// Parses text inside `level` expansions up to the end of its context, and returns that end. Its parts are pushed
    /// onto the pending ones.
    pub(in crate::template) fn text(&mut self, from: usize, context: Option<Context>, level: usize) -> usize {
        let mut at = from;
        let mut plain = from;
        while let Some(&byte) = self.source.get(at) {
            match context {
                _ if byte == b'$' => {
                    self.literal(plain..at);
                    at = self.dollars(at, level);
                    plain = at;
                }
                Some(context) if context.ends_at(byte) => break,
                Some(context) if byte == b'\\' => {
                    let escaped = context.escaped(self.source, at);
                    let is_word = matches!(context, Context::Word(_) | Context::Replacement(_));
                    let joins_lines = self.source.get(at + 1) == Some(&b'\n');
                    if escaped > 0 && (is_word || joins_lines) {
                        self.literal(plain..at);
                        plain = at + 2;
                        if !joins_lines {
                            self.pending.push(Part::Escaped(at + 1));
                        }
                    }
                    at += 1 + escaped;
                }
                Some(_) => at += 1,
                None => at += length_without_dollar(&self.source[at..]),
            }
        }
        self.literal(plain..at);
        at
    }

    /// Parses a run of dollars and the expansion at its end, and returns where the next text starts.
    fn dollars(&mut self, at: usize, level: usize) -> usize {
        let count = self.source[at..].iter().take_while(|&&byte| byte == b'$').count();
        let last = at + count - 1;
        let head = head::read(self.source, last);
        match self.ends.at(last, &head) {
            ExpansionEnd::Closed(end) if count % 2 == 1 => {
                self.literal(at..at + count / 2);
                self.expansion(head, last..end, level + 1);
                end
            }
            ExpansionEnd::Closed(_) => {
                self.literal(at..at + count / 2);
                last + 1
            }
            ExpansionEnd::Unclosed | ExpansionEnd::NotAnExpansion => {
                self.literal(at..last + 1);
                match head {
                    Head::Malformed { why: LintKind::Unclosed { closer }, .. } => {
                        self.lint_unclosed(last, closer);
                    }
                    Head::Malformed { why, end } => self.lint(why, last..end),
                    // The head is well formed, but nothing closes the expansion.
                    Head::Verbatim { delimiter, .. } | Head::Named { delimiter, .. } => {
                        self.lint_unclosed(last, delimiter.closer());
                    }
                    Head::Name { .. } | Head::Dollar { .. } | Head::Length { .. } | Head::ShellOnly => {}
                }
                last + 1
            }
        }
    }

    /// Parses an expansion. One that is too deep is skipped, since it is an error.
    fn expansion(&mut self, head: Head, span: Range<usize>, level: usize) {
        if level > MAX_DEPTH {
            return self.lint(LintKind::TooDeep, span);
        }
        let index = self.expansions.len();
        let (end, none) = (span.end, span.start + 1..span.start + 1);
        let mut expansion = Expansion { span, name: none, spread: false, operation: Operation::Plain };
        // Reserved first, so that the arena is in the order of the source.
        self.expansions.push(expansion.clone());
        match head {
            Head::Name { name } => expansion.name = name,
            Head::Length { name, .. } => {
                expansion.name = name;
                expansion.operation = Operation::Length;
            }
            Head::Verbatim { text, .. } => expansion.operation = Operation::Verbatim(text..end - 2),
            Head::Dollar { .. } | Head::ShellOnly | Head::Malformed { .. } => {
                expansion.operation = Operation::Dollar;
            }
            Head::Named { name, spread, operator, rest, delimiter } => {
                expansion.name = name;
                expansion.spread = spread;
                let around = self.enclosing;
                self.enclosing = match delimiter {
                    Delimiter::Brace => Enclosing { braces: around.braces + 1, ..around },
                    Delimiter::Angle => Enclosing { braces: 0, end: end - 1 },
                };
                expansion.operation = self.operation(operator, rest, delimiter, level, &expansion);
                self.enclosing = around;
            }
        }
        if expansion.spread && !self.is_alone(&expansion, level) {
            let inside = if level > 1 { LintKind::SpreadInside } else { LintKind::SpreadNotAlone };
            self.lint(inside, expansion.span.clone());
        }
        self.expansions[index] = expansion;
        self.pending.push(Part::Expansion(index));
    }

    /// Whether the expansion is the whole argument.
    pub(in crate::template) fn is_alone(&self, expansion: &Expansion, level: usize) -> bool {
        level == 1 && expansion.span == (0..self.source.len())
    }

    /// Moves the pending parts from this index on to the arena.
    pub(in crate::template) fn commit_parts(&mut self, from: usize) -> Parts {
        let start = self.parts.len();
        self.parts.extend(self.pending.drain(from..));
        start..self.parts.len()
    }

    /// Pushes literal text. It merges only with literal text of the same context, since an enclosing text never ends
    /// right before it.
    pub(in crate::template) fn literal(&mut self, span: Range<usize>) {
        if span.is_empty() {
            return;
        }
        match self.pending.last_mut() {
            Some(Part::Literal(last)) if last.end == span.start => last.end = span.end,
            _ => self.pending.push(Part::Literal(span)),
        }
    }

    /// Warns about an expansion that nothing closes. All later ones are inside it, and so have no warning of their own.
    fn lint_unclosed(&mut self, dollar: usize, closer: u8) {
        if !self.lints.iter().any(|lint| matches!(lint.kind, LintKind::Unclosed { .. })) {
            self.lint(LintKind::Unclosed { closer }, dollar..self.source.len());
        }
    }

    pub(in crate::template) fn lint(&mut self, kind: LintKind, span: Range<usize>) {
        let severity = kind.severity();
        let same_severity = self.lints.iter().filter(|lint| lint.kind.severity() == severity).count();
        if same_severity < MAX_LINTS {
            self.lints.push(Lint { span, kind });
        }
    }
}
