//! Builds the tree of a template, from left to right and each byte once.
//!
//! Where an expansion ends is known before it is read ([`Extents`]), so nothing is ever taken back.
//! The calls nest as deep as the expansions do, and [`DEEPEST`] bounds that.

pub(crate) mod delimiters;
pub(crate) mod head;
pub(crate) mod operand;
pub(crate) mod operator;

use std::ops::Range;

use crate::template::Template;
use crate::template::ast::{Delimiter, Expansion, Kind, Part, Parts};
use crate::template::lint::brace::Enclosing;
use crate::template::lint::{Lint, LintKind};
use crate::template::parse::delimiters::{Context, Extent, Extents};
use crate::template::parse::head::Head;

/// How many levels of expansions there may be.
const DEEPEST: usize = 64;

/// How many findings of a kind of severity are kept: hostile input has one at every dollar.
const MOST_FINDINGS: usize = 64;

/// How often the text behind an expansion is looked at for the braces of its word, which may be each time to
/// the end of the argument.
const MOST_TRAPS: usize = 64;

pub(in crate::template) fn parse(source: &[u8]) -> Template<'_> {
    let nothing = Template {
        source: b"",
        // Few arguments have more.
        expansions: Vec::with_capacity(4),
        parts: Vec::with_capacity(8),
        unfinished: Vec::with_capacity(8),
        fields: Vec::new(),
        root: 0..0,
        lints: Vec::new(),
    };
    parse_into(source, nothing)
}

/// With the memory of an empty template.
pub(in crate::template) fn parse_into<'s>(source: &'s [u8], empty: Template<'static>) -> Template<'s> {
    let mut parser = Parser {
        source,
        extents: Extents::new(source),
        expansions: empty.expansions,
        parts: empty.parts,
        unfinished: empty.unfinished,
        fields: empty.fields,
        lints: empty.lints,
        enclosing: Enclosing { braces: 0, end: source.len() },
        traps_to_look_for: MOST_TRAPS,
    };
    parser.text(0, None, 0);
    let root = parser.commit_parts(0);
    parser.lints.sort_by_key(|finding| finding.span.start);
    Template {
        source,
        expansions: parser.expansions,
        parts: parser.parts,
        unfinished: parser.unfinished,
        fields: parser.fields,
        root,
        lints: parser.lints,
    }
}

/// Not by the memchr crate: before its first search that asks the processor what it can do (CPUID), which costs
/// more than 60 µs on a virtual machine, and most arguments are short.
fn length_without_dollar(text: &[u8]) -> usize {
    text.iter().position(|byte| *byte == b'$').unwrap_or(text.len())
}

pub(in crate::template) struct Parser<'s> {
    pub(in crate::template) source: &'s [u8],
    pub(in crate::template) extents: Extents<'s>,
    pub(in crate::template) expansions: Vec<Expansion>,
    pub(in crate::template) parts: Vec<Part>,
    /// The parts of the texts that are being read, those of the innermost last.
    pub(in crate::template) unfinished: Vec<Part>,
    pub(in crate::template) fields: Vec<Parts>,
    pub(in crate::template) lints: Vec<Lint>,
    pub(in crate::template) enclosing: Enclosing,
    pub(in crate::template) traps_to_look_for: usize,
}

impl Parser<'_> {
    /// Reads text inside `level` expansions up to the end of its context, and tells where that is. What it is made of
    /// comes behind the unfinished parts that are there.
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
                    if escaped > 0 && matches!(context, Context::Word(_)) {
                        self.literal(plain..at);
                        self.unfinished.push(Part::Escaped(at + 1));
                        plain = at + 2;
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

    /// Reads a run of dollars with the expansion behind it, and tells what is behind that.
    fn dollars(&mut self, at: usize, level: usize) -> usize {
        let count = self.source[at..].iter().take_while(|&&byte| byte == b'$').count();
        let last = at + count - 1;
        let head = head::read(self.source, last);
        match self.extents.at(last, &head) {
            Extent::Whole(end) if count % 2 == 1 => {
                self.literal(at..at + count / 2);
                self.expansion(head, last..end, level + 1);
                end
            }
            Extent::Whole(_) => {
                self.literal(at..at + count / 2);
                last + 1
            }
            Extent::Open | Extent::Nothing => {
                self.literal(at..last + 1);
                match head {
                    Head::Malformed { why, end } => self.find(why, last..end),
                    // Well headed, and never closed.
                    Head::Verbatim { spelling, .. } | Head::Named { spelling, .. } => {
                        let unclosed = LintKind::Unclosed { closer: spelling.closer() };
                        self.find(unclosed, last..self.source.len());
                    }
                    Head::Name { .. } | Head::Dollar { .. } | Head::Length { .. } | Head::ShellOnly => {}
                }
                last + 1
            }
        }
    }

    /// Nothing comes of an expansion that is too deep; it is an error anyway.
    fn expansion(&mut self, head: Head, span: Range<usize>, level: usize) {
        if level > DEEPEST {
            return self.find(LintKind::TooDeep, span);
        }
        let place = self.expansions.len();
        let (end, none) = (span.end, span.start + 1..span.start + 1);
        let mut expansion = Expansion { span, name: none, spread: false, kind: Kind::Plain };
        // Its place is taken first, so that the arena is in the order of the source.
        self.expansions.push(expansion.clone());
        match head {
            Head::Name { name } => expansion.name = name,
            Head::Length { name, .. } => {
                expansion.name = name;
                expansion.kind = Kind::Length;
            }
            Head::Verbatim { text, .. } => expansion.kind = Kind::Verbatim(text..end - 2),
            Head::Dollar { .. } | Head::ShellOnly | Head::Malformed { .. } => expansion.kind = Kind::Dollar,
            Head::Named { name, spread, operator, rest, spelling } => {
                expansion.name = name;
                expansion.spread = spread;
                let around = self.enclosing;
                self.enclosing = match spelling {
                    Delimiter::Brace => Enclosing { braces: around.braces + 1, ..around },
                    Delimiter::Angle => Enclosing { braces: 0, end: end - 1 },
                };
                expansion.kind = self.kind(operator, rest, spelling, level, &expansion);
                self.enclosing = around;
            }
        }
        if expansion.spread && !self.is_alone(&expansion, level) {
            let inside = if level > 1 { LintKind::SpreadInside } else { LintKind::SpreadNotAlone };
            self.find(inside, expansion.span.clone());
        }
        self.expansions[place] = expansion;
        self.unfinished.push(Part::Expansion(place));
    }

    pub(in crate::template) fn is_alone(&self, expansion: &Expansion, level: usize) -> bool {
        level == 1 && expansion.span == (0..self.source.len())
    }

    /// Keeps what is unfinished from this place on.
    pub(in crate::template) fn commit_parts(&mut self, from: usize) -> Parts {
        let start = self.parts.len();
        self.parts.extend(self.unfinished.drain(from..));
        start..self.parts.len()
    }

    /// Adds source as it stands. Of a text around the one that is read nothing ever touches it.
    pub(in crate::template) fn literal(&mut self, span: Range<usize>) {
        if span.is_empty() {
            return;
        }
        match self.unfinished.last_mut() {
            Some(Part::Literal(last)) if last.end == span.start => last.end = span.end,
            _ => self.unfinished.push(Part::Literal(span)),
        }
    }

    pub(in crate::template) fn find(&mut self, kind: LintKind, span: Range<usize>) {
        let severity = kind.severity();
        let alike = self.lints.iter().filter(|finding| finding.kind.severity() == severity).count();
        if alike < MOST_FINDINGS {
            self.lints.push(Lint { span, kind });
        }
    }
}
