//! Finds where each expansion ends.
//!
//! Whether a well-formed expansion starts at a dollar does not depend on the text before it, and where a word ends
//! depends only on the offset and the kind of word. So a scan from right to left fills in both, each offset once: linear,
//! without recursion or backtracking, whatever the nesting. (From left to right, `$${A:-$${A:-…` would be scanned
//! again at every level, since the text after an escaped dollar is plain text.)
//!
//! Most arguments do not need the scan: if nothing is nested or escaped, an expansion ends at the next closing delimiter.
//! The scan runs at the first expansion whose operand contains a dollar or a backslash.

use crate::template::ast::{Delimiter, ExpansionEnd};
use crate::template::characters::character_at;
use crate::template::lint::LintKind;
use crate::template::parse::head::{self, Head};
use crate::template::parse::operator::{self, Operand};

/// The kind of an operand, which determines where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::template) enum Context {
    Word(Delimiter),
    Pattern(Delimiter),
    /// A pattern that also ends at a `/`.
    Replaced(Delimiter),
    /// The word that replaces a match. It ends where a word ends.
    Replacement(Delimiter),
}

impl Context {
    const ALL: [Self; 6] = [
        Self::Word(Delimiter::Brace),
        Self::Word(Delimiter::Angle),
        Self::Pattern(Delimiter::Brace),
        Self::Pattern(Delimiter::Angle),
        Self::Replaced(Delimiter::Brace),
        Self::Replaced(Delimiter::Angle),
    ];

    fn column(self) -> usize {
        match self {
            Self::Word(Delimiter::Brace) | Self::Replacement(Delimiter::Brace) => 0,
            Self::Word(Delimiter::Angle) | Self::Replacement(Delimiter::Angle) => 1,
            Self::Pattern(Delimiter::Brace) => 2,
            Self::Pattern(Delimiter::Angle) => 3,
            Self::Replaced(Delimiter::Brace) => 4,
            Self::Replaced(Delimiter::Angle) => 5,
        }
    }

    pub(in crate::template) fn ends_at(self, byte: u8) -> bool {
        match self {
            Self::Word(delimiter) | Self::Replacement(delimiter) | Self::Pattern(delimiter) => {
                byte == delimiter.closer()
            }
            Self::Replaced(delimiter) => byte == delimiter.closer() || byte == b'/',
        }
    }

    /// The number of bytes that the backslash at `at` quotes.
    pub(in crate::template) fn escaped(self, source: &[u8], at: usize) -> usize {
        let Some(&next) = source.get(at + 1) else { return 0 };
        match self {
            // Bash 5.2 takes an `&` in a replacement for the match, so scripts quote it. A quoted newline joins two lines.
            Self::Replacement(_) if next == b'&' => 1,
            Self::Word(delimiter) | Self::Replacement(delimiter) => {
                usize::from(b"$`\"\\\n".contains(&next) || next == delimiter.closer())
            }
            Self::Pattern(_) | Self::Replaced(_) => character_at(source, at + 1),
        }
    }
}

/// The ends of the expansions of an argument, queried from left to right.
pub(in crate::template) struct ExpansionEnds<'s> {
    source: &'s [u8],
    /// The ends at the last dollar of each remaining run, in reverse order, if the scan was needed.
    all: Option<Vec<(usize, ExpansionEnd)>>,
}

impl<'s> ExpansionEnds<'s> {
    pub(in crate::template) fn new(source: &'s [u8]) -> Self {
        Self { source, all: None }
    }

    /// The end of the expansion with this head at this dollar, the last of a run.
    pub(in crate::template) fn at(&mut self, dollar: usize, head: &Head) -> ExpansionEnd {
        if self.all.is_none()
            && let Some(extent) = plain(self.source, head)
        {
            return extent;
        }
        self.all();
        let all = self.all.get_or_insert_default();
        while all.pop_if(|(at, _)| *at < dollar).is_some() {}
        match all.last() {
            Some(&(at, extent)) if at == dollar => extent,
            _ => ExpansionEnd::NotAnExpansion,
        }
    }

    /// Whether nothing is nested or escaped so far.
    pub(in crate::template) fn are_plain(&self) -> bool {
        self.all.is_none()
    }

    /// The ends at all remaining dollars, and perhaps at earlier ones, in reverse order.
    pub(in crate::template) fn all(&mut self) -> &[(usize, ExpansionEnd)] {
        let source = self.source;
        self.all.get_or_insert_with(|| scan(source))
    }
}

/// The end of the expansion with this head, if nothing is nested or escaped in it.
fn plain(source: &[u8], head: &Head) -> Option<ExpansionEnd> {
    let (operator, rest, delimiter) = match head {
        Head::Malformed { why: LintKind::Unclosed { .. }, .. } => return Some(ExpansionEnd::Unclosed),
        Head::Malformed { .. } | Head::ShellOnly => return Some(ExpansionEnd::NotAnExpansion),
        Head::Name { name } => return Some(ExpansionEnd::Closed(name.end)),
        Head::Dollar { end } | Head::Length { end, .. } => return Some(ExpansionEnd::Closed(*end)),
        Head::Verbatim { .. } => return None,
        Head::Named { operator, rest, delimiter, .. } => (*operator, *rest, *delimiter),
    };
    let end = match operator.operand() {
        Operand::None => rest,
        Operand::Word | Operand::Pattern => plain_end(source, rest, Context::Word(delimiter))?,
        Operand::PatternAndWord => {
            let pattern = operator::after_first_slash(source, operator, rest);
            match plain_end(source, pattern, Context::Replaced(delimiter))? {
                end if source.get(end) == Some(&b'/') => {
                    plain_end(source, end + 1, Context::Word(delimiter))?
                }
                end => end,
            }
        }
    };
    Some(if end == NEVER { ExpansionEnd::Unclosed } else { ExpansionEnd::Closed(end + 1) })
}

/// The end of an operand, or `None` if it contains a dollar or a backslash.
fn plain_end(source: &[u8], from: usize, context: Context) -> Option<usize> {
    let closer = match context {
        Context::Word(delimiter)
        | Context::Replacement(delimiter)
        | Context::Pattern(delimiter)
        | Context::Replaced(delimiter) => delimiter.closer(),
    };
    // The others compare twice with the same byte: there are few of them.
    let slash = if let Context::Replaced(_) = context { b'/' } else { closer };
    let rest = &source[from..];
    for (at, &byte) in rest.iter().enumerate() {
        if byte == closer || byte == slash {
            return Some(from + at);
        }
        if byte == b'$' || byte == b'\\' {
            return None;
        }
    }
    Some(NEVER)
}

/// Scans for the ends at the last dollar of each run. They are in reverse order.
fn scan(source: &[u8]) -> Vec<(usize, ExpansionEnd)> {
    let mut scan =
        Scan { source, ends: vec![[NEVER; 6]; source.len() + 1], quotes: [[NEVER; 2]; 2], run: None };
    let mut ends = Vec::new();
    for at in (0..source.len()).rev() {
        if let Some(extent) = scan.step(at) {
            ends.push((at, extent));
        }
    }
    ends
}

/// In place of an end: the argument ends first.
const NEVER: usize = usize::MAX;

struct Scan<'s> {
    source: &'s [u8],
    /// For each offset and each context: where text that continues there ends.
    ends: Vec<[usize; 6]>,
    /// For each delimiter: the two nearest quotes followed by its closing delimiter. Two, since the nearest may be the
    /// opening quote.
    quotes: [[usize; 2]; 2],
    /// The run of dollars to the right: its last dollar, and the end there.
    run: Option<(usize, ExpansionEnd)>,
}

impl Scan<'_> {
    /// Fills in one offset, and returns the end there if it is the last dollar of a run.
    fn step(&mut self, at: usize) -> Option<ExpansionEnd> {
        let byte = self.source[at];
        if byte == b'$' {
            return self.dollar(at);
        }
        self.run = None;
        if byte == b'\'' {
            self.quote(at);
        }
        let mut ends = self.ends[at + 1];
        for context in Context::ALL {
            if context.ends_at(byte) {
                ends[context.column()] = at;
            } else if byte == b'\\' {
                ends[context.column()] = self.end(at + 1 + context.escaped(self.source, at), context);
            }
        }
        self.ends[at] = ends;
        None
    }

    fn dollar(&mut self, at: usize) -> Option<ExpansionEnd> {
        let (last, extent) = self.run.unwrap_or_else(|| (at, self.extent(at)));
        self.run = Some((last, extent));
        self.ends[at] = match extent {
            ExpansionEnd::Unclosed => [NEVER; 6],
            ExpansionEnd::Closed(end) if (last - at).is_multiple_of(2) => self.ends[end],
            ExpansionEnd::Closed(_) | ExpansionEnd::NotAnExpansion => self.ends[last + 1],
        };
        (last == at).then_some(extent)
    }

    fn quote(&mut self, at: usize) {
        for delimiter in [Delimiter::Brace, Delimiter::Angle] {
            if self.source.get(at + 1) == Some(&delimiter.closer()) {
                let [nearest, next] = &mut self.quotes[delimiter as usize];
                *next = std::mem::replace(nearest, at);
            }
        }
    }

    /// The closing delimiter of the verbatim text that starts at `text`.
    fn verbatim(&self, text: usize, delimiter: Delimiter) -> usize {
        let quotes = self.quotes[delimiter as usize];
        match quotes.into_iter().find(|&quote| quote >= text) {
            None | Some(NEVER) => NEVER,
            Some(quote) => quote + 1,
        }
    }

    fn extent(&self, dollar: usize) -> ExpansionEnd {
        let end = match head::read(self.source, dollar) {
            Head::Malformed { why: LintKind::Unclosed { .. }, .. } => return ExpansionEnd::Unclosed,
            Head::Malformed { .. } | Head::ShellOnly => return ExpansionEnd::NotAnExpansion,
            Head::Name { name } => return ExpansionEnd::Closed(name.end),
            Head::Dollar { end } | Head::Length { end, .. } => return ExpansionEnd::Closed(end),
            Head::Verbatim { text, delimiter } => self.verbatim(text, delimiter),
            Head::Named { operator, rest, delimiter, .. } => match operator.operand() {
                Operand::None => rest,
                Operand::Word => self.end(rest, Context::Word(delimiter)),
                Operand::Pattern => self.end(rest, Context::Pattern(delimiter)),
                Operand::PatternAndWord => {
                    self.replacement(operator::after_first_slash(self.source, operator, rest), delimiter)
                }
            },
        };
        if end == NEVER { ExpansionEnd::Unclosed } else { ExpansionEnd::Closed(end + 1) }
    }

    fn replacement(&self, pattern: usize, delimiter: Delimiter) -> usize {
        let end = self.end(pattern, Context::Replaced(delimiter));
        match self.source.get(end) {
            Some(b'/') => self.end(end + 1, Context::Word(delimiter)),
            _ => end,
        }
    }

    fn end(&self, at: usize, context: Context) -> usize {
        self.ends[at][context.column()]
    }
}
