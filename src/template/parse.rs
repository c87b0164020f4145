//! Builds the tree of a template, from left to right and each byte once.
//!
//! Where an expansion ends is known beforehand ([`extent`]), so nothing is ever taken back.
//! The calls nest as deep as the expansions do, and [`DEEPEST`] bounds that.

use std::ops::Range;

use super::Template;
use super::ast::{Expansion, Kind, Part, Parts, Spelling};
use super::extent::{self, Context, Extent};
use super::finding::{Finding, FindingKind};
use super::head::{self, Head};
use super::trap::Enclosing;

/// How many levels of expansions there may be.
const DEEPEST: usize = 64;

/// How many findings of a kind of severity are kept: hostile input has one at every dollar.
const MOST_FINDINGS: usize = 64;

/// How often the text behind an expansion is looked at for the braces of its word, which may be each time to
/// the end of the argument.
const MOST_TRAPS: usize = 64;

pub(super) fn parse(source: &[u8]) -> Template {
    let mut parser = Parser {
        source,
        extents: if source.contains(&b'$') { extent::extents(source) } else { Vec::new() },
        expansions: Vec::new(),
        parts: Vec::new(),
        fields: Vec::new(),
        findings: Vec::new(),
        enclosing: Enclosing { braces: 0, end: source.len() },
        traps_to_look_for: MOST_TRAPS,
    };
    let (root, _) = parser.text(0, None, 0);
    let root = parser.keep(root);
    parser.findings.sort_by_key(|finding| finding.span.start);
    Template {
        source: source.to_vec(),
        expansions: parser.expansions,
        parts: parser.parts,
        fields: parser.fields,
        root,
        findings: parser.findings,
    }
}

/// Not by the memchr crate: before its first search that asks the processor what it can do (CPUID), which costs
/// more than 60 µs on a virtual machine, and most arguments are short.
fn length_without_dollar(text: &[u8]) -> usize {
    text.iter().position(|byte| *byte == b'$').unwrap_or(text.len())
}

pub(super) struct Parser<'s> {
    pub(super) source: &'s [u8],
    /// What starts at the dollars that are still to come; the next one is the last one.
    pub(super) extents: Vec<(usize, Extent)>,
    pub(super) expansions: Vec<Expansion>,
    pub(super) parts: Vec<Part>,
    pub(super) fields: Vec<Parts>,
    pub(super) findings: Vec<Finding>,
    pub(super) enclosing: Enclosing,
    pub(super) traps_to_look_for: usize,
}

impl Parser<'_> {
    /// Reads text inside `level` expansions up to the end of its context, and tells where that is.
    pub(super) fn text(&mut self, from: usize, context: Option<Context>, level: usize) -> (Vec<Part>, usize) {
        let mut parts = Vec::new();
        let mut at = from;
        let mut plain = from;
        while let Some(&byte) = self.source.get(at) {
            match context {
                _ if byte == b'$' => {
                    push_literal(&mut parts, plain..at);
                    at = self.dollars(at, level, &mut parts);
                    plain = at;
                }
                Some(context) if context.ends_at(byte) => break,
                Some(context) if byte == b'\\' => {
                    let escaped = context.escaped(self.source, at);
                    if escaped > 0 && matches!(context, Context::Word(_)) {
                        push_literal(&mut parts, plain..at);
                        parts.push(Part::Escaped(at + 1));
                        plain = at + 2;
                    }
                    at += 1 + escaped;
                }
                Some(_) => at += 1,
                None => at += length_without_dollar(&self.source[at..]),
            }
        }
        push_literal(&mut parts, plain..at);
        (parts, at)
    }

    /// Reads a run of dollars with the expansion behind it, and tells what is behind that.
    fn dollars(&mut self, at: usize, level: usize, parts: &mut Vec<Part>) -> usize {
        let count = self.source[at..].iter().take_while(|&&byte| byte == b'$').count();
        let last = at + count - 1;
        match self.extent(last) {
            Extent::Whole(end) if count % 2 == 1 => {
                push_literal(parts, at..at + count / 2);
                parts.extend(self.expansion(last, end, level + 1));
                end
            }
            Extent::Whole(_) => {
                push_literal(parts, at..at + count / 2);
                last + 1
            }
            Extent::Open | Extent::Nothing => {
                push_literal(parts, at..last + 1);
                if let Head::Malformed { why, end } = head::read(self.source, last) {
                    self.find(why, last..end);
                } else if let Some(closer) = self.closer_of_open(last) {
                    self.find(FindingKind::Unclosed { closer }, last..self.source.len());
                }
                last + 1
            }
        }
    }

    /// What the well-headed but unclosed expansion at `dollar` lacks.
    fn closer_of_open(&self, dollar: usize) -> Option<u8> {
        match head::read(self.source, dollar) {
            Head::Verbatim { spelling, .. } | Head::Named { spelling, .. } => Some(spelling.closer()),
            _ => None,
        }
    }

    fn extent(&mut self, dollar: usize) -> Extent {
        while self.extents.pop_if(|(at, _)| *at < dollar).is_some() {}
        match self.extents.last() {
            Some(&(at, extent)) if at == dollar => extent,
            _ => Extent::Nothing,
        }
    }

    /// Nothing comes of an expansion that is too deep; it is an error anyway.
    fn expansion(&mut self, dollar: usize, end: usize, level: usize) -> Option<Part> {
        let span = dollar..end;
        if level > DEEPEST {
            self.find(FindingKind::TooDeep, span);
            return None;
        }
        let place = self.expansions.len();
        let none = dollar + 1..dollar + 1;
        let mut expansion = Expansion { span, name: none, spread: false, kind: Kind::Plain };
        // Its place is taken first, so that the arena is in the order of the source.
        self.expansions.push(expansion.clone());
        match head::read(self.source, dollar) {
            Head::Name { name } => expansion.name = name,
            Head::Length { name, .. } => {
                expansion.name = name;
                expansion.kind = Kind::Length;
            }
            Head::Verbatim { text, .. } => expansion.kind = Kind::Verbatim(text..end - 2),
            Head::Dollar { .. } | Head::Foreign | Head::Malformed { .. } => expansion.kind = Kind::Dollar,
            Head::Named { name, spread, operator, rest, spelling } => {
                expansion.name = name;
                expansion.spread = spread;
                let around = self.enclosing;
                self.enclosing = match spelling {
                    Spelling::Brace => Enclosing { braces: around.braces + 1, ..around },
                    Spelling::Angle => Enclosing { braces: 0, end: end - 1 },
                };
                expansion.kind = self.kind(operator, rest, spelling, level, &expansion);
                self.enclosing = around;
            }
        }
        if expansion.spread && !self.is_alone(&expansion, level) {
            let inside = if level > 1 { FindingKind::SpreadInside } else { FindingKind::SpreadNotAlone };
            self.find(inside, expansion.span.clone());
        }
        self.expansions[place] = expansion;
        Some(Part::Expansion(place))
    }

    pub(super) fn is_alone(&self, expansion: &Expansion, level: usize) -> bool {
        level == 1 && expansion.span == (0..self.source.len())
    }

    pub(super) fn keep(&mut self, parts: Vec<Part>) -> Parts {
        let start = self.parts.len();
        self.parts.extend(parts);
        start..self.parts.len()
    }

    pub(super) fn find(&mut self, kind: FindingKind, span: Range<usize>) {
        let severity = kind.severity();
        let alike = self.findings.iter().filter(|finding| finding.kind.severity() == severity).count();
        if alike < MOST_FINDINGS {
            self.findings.push(Finding { span, kind });
        }
    }
}

fn push_literal(parts: &mut Vec<Part>, span: Range<usize>) {
    if span.is_empty() {
        return;
    }
    match parts.last_mut() {
        Some(Part::Literal(last)) if last.end == span.start => last.end = span.end,
        _ => parts.push(Part::Literal(span)),
    }
}
