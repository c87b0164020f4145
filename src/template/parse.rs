//! Builds the tree of a template, from left to right and each byte once.
//!
//! Where an expansion ends is known beforehand ([`extent`](super::extent)), so nothing is ever taken back.
//! The calls nest as deep as the expansions do, and [`DEEPEST`] bounds that.

use std::ops::Range;

use super::Template;
use super::ast::{Expansion, Kind, Part, Parts, Spelling, Word};
use super::extent::{self, Context, Extent};
use super::finding::{Finding, FindingKind, Severity};
use super::head::{self, Head, Operator};
use super::spread;

/// How many levels of expansions there may be.
const DEEPEST: usize = 64;

/// How many findings of a kind of severity are kept: hostile input has one at every dollar.
const MOST_FINDINGS: usize = 64;

pub(super) fn parse(source: &[u8]) -> Template {
    let mut parser = Parser {
        source,
        extents: if memchr::memchr(b'$', source).is_some() { extent::extents(source) } else { Vec::new() },
        expansions: Vec::new(),
        parts: Vec::new(),
        fields: Vec::new(),
        findings: Vec::new(),
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

struct Parser<'s> {
    source: &'s [u8],
    /// What starts at the dollars that are still to come; the next one is the last one.
    extents: Vec<(usize, Extent)>,
    expansions: Vec<Expansion>,
    parts: Vec<Part>,
    fields: Vec<Parts>,
    findings: Vec<Finding>,
}

impl Parser<'_> {
    /// Reads text inside `level` expansions up to the end of its context, and tells where that is.
    fn text(&mut self, from: usize, context: Option<Context>, level: usize) -> (Vec<Part>, usize) {
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
                None => at += memchr::memchr(b'$', &self.source[at..]).unwrap_or(self.source.len() - at),
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
                expansion.kind = self.kind(operator, rest, spelling, level, &expansion);
            }
        }
        if expansion.spread && !self.is_alone(&expansion, level) {
            let inside = if level > 1 { FindingKind::SpreadInside } else { FindingKind::SpreadNotAlone };
            self.find(inside, expansion.span.clone());
        }
        self.expansions[place] = expansion;
        Some(Part::Expansion(place))
    }

    fn is_alone(&self, expansion: &Expansion, level: usize) -> bool {
        level == 1 && expansion.span == (0..self.source.len())
    }

    fn kind(
        &mut self,
        operator: Operator,
        rest: usize,
        spelling: Spelling,
        level: usize,
        expansion: &Expansion,
    ) -> Kind {
        match operator {
            Operator::Plain => Kind::Plain,
            Operator::Substring { offset, length } => Kind::Substring { offset, length },
            Operator::Case(case, many) => Kind::Case(case, many),
            Operator::Default(test) => Kind::Default(test, self.word(rest, spelling, level, expansion)),
            Operator::Assign(test) => Kind::Assign(test, self.word(rest, spelling, level, expansion)),
            Operator::Alternative(test) => {
                Kind::Alternative(test, self.word(rest, spelling, level, expansion))
            }
            Operator::Required(test) => Kind::Required(test, self.message(rest, spelling, level)),
            Operator::Strip(side, reach) => {
                let (pattern, _) = self.text(rest, Some(Context::Pattern(spelling)), level);
                Kind::Strip { side, reach, pattern: self.keep(pattern) }
            }
            Operator::Replace(place) => {
                let scanned = head::behind_first_slash(self.source, operator, rest);
                let (mut pattern, end) = self.text(scanned, Some(Context::Replaced(spelling)), level);
                if scanned > rest {
                    pattern.insert(0, Part::Literal(rest..scanned));
                }
                let mut word = Vec::new();
                if self.source.get(end) == Some(&b'/') {
                    (word, _) = self.text(end + 1, Some(Context::Word(spelling)), level);
                }
                Kind::Replace { place, pattern: self.keep(pattern), word: self.keep(word) }
            }
        }
    }

    fn word(&mut self, from: usize, spelling: Spelling, level: usize, expansion: &Expansion) -> Word {
        let (parts, end) = self.text(from, Some(Context::Word(spelling)), level);
        if spelling == Spelling::Brace {
            self.look_for_brace_trap(&expansion.span, from, &parts);
        }
        let source = from..end;
        if !expansion.spread || !self.is_alone(expansion, level) {
            return Word { source, content: self.keep(parts) };
        }
        let fields = match spread::split_parts(self.source, &parts) {
            Ok(fields) => fields,
            Err(unbalanced) => {
                self.find(FindingKind::UnbalancedQuote, unbalanced.at..end);
                Vec::new()
            }
        };
        let start = self.fields.len();
        for field in fields {
            let field = self.keep(field);
            self.fields.push(field);
        }
        Word { source, content: start..self.fields.len() }
    }

    /// The message of `${NAME:?message}`, which is shown as written: nothing in it refers to a variable, but
    /// what is an error anywhere is one in it.
    fn message(&mut self, from: usize, spelling: Spelling, level: usize) -> Range<usize> {
        let (expansions, parts) = (self.expansions.len(), self.parts.len());
        let mut findings = std::mem::take(&mut self.findings);
        let (_, end) = self.text(from, Some(Context::Word(spelling)), level);
        self.expansions.truncate(expansions);
        self.parts.truncate(parts);
        std::mem::swap(&mut findings, &mut self.findings);
        for finding in findings.into_iter().filter(|finding| finding.kind.severity() == Severity::Error) {
            self.find(finding.kind, finding.span);
        }
        from..end
    }

    /// Notices `${C:-{"a":1}}`: a brace of the word took the place of the closer, which is now left over.
    fn look_for_brace_trap(&mut self, span: &Range<usize>, word: usize, parts: &[Part]) {
        let left_over = self.source[span.end..].iter().take_while(|&&byte| byte == b'}').count();
        let opened: usize = parts
            .iter()
            .map(|part| match part {
                Part::Literal(span) => memchr::memchr_iter(b'{', &self.source[span.clone()]).count(),
                Part::Escaped(_) | Part::Expansion(_) => 0,
            })
            .sum();
        let missing = left_over.min(opened);
        if missing == 0 {
            return;
        }
        let mut proposal = b"$<".to_vec();
        proposal.extend_from_slice(&self.source[span.start + 2..word]);
        for part in parts {
            self.respell(part, &mut proposal);
        }
        proposal.resize(proposal.len() + missing, b'}');
        proposal.push(b'>');
        let proposal = String::from_utf8_lossy(&proposal).into_owned();
        self.find(FindingKind::BraceTrap { proposal }, span.start..span.end + missing);
    }

    /// Writes a part of a word in braces as it must be written in angles.
    fn respell(&self, part: &Part, out: &mut Vec<u8>) {
        match part {
            Part::Literal(span) => {
                for &byte in &self.source[span.clone()] {
                    if byte == b'>' {
                        out.push(b'\\');
                    }
                    out.push(byte);
                }
            }
            Part::Escaped(at) if self.source[*at] == b'}' => out.push(b'}'),
            Part::Escaped(at) => out.extend_from_slice(&[b'\\', self.source[*at]]),
            Part::Expansion(place) => {
                out.extend_from_slice(&self.source[self.expansions[*place].span.clone()]);
            }
        }
    }

    fn keep(&mut self, parts: Vec<Part>) -> Parts {
        let start = self.parts.len();
        self.parts.extend(parts);
        start..self.parts.len()
    }

    fn find(&mut self, kind: FindingKind, span: Range<usize>) {
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
