//! Where each expansion ends.
//!
//! Whether a well-formed expansion starts at a dollar depends on nothing in front of it, and where a word
//! that is being scanned ends depends on nothing but the place and the kind of word. So both are filled in
//! from right to left, each place once: linear, without recursion and without backtracking, whatever the
//! nesting. (Going from left to right, `$${A:-$${A:-…` would be scanned again at every level, since the
//! text behind an escaped dollar is text once more.)
//!
//! Most arguments need none of that: where nothing is nested and nothing escaped, an expansion ends at the next
//! closer. So all is filled in only once an expansion is met that holds a dollar or a backslash.

use crate::template::ast::Delimiter;
use crate::template::characters::character_at;
use crate::template::lint::LintKind;
use crate::template::parse::head::{self, Head};
use crate::template::parse::operator::{self, Operand};

/// What was found to start at the last dollar of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::template) enum Extent {
    /// A well-formed expansion up to here.
    Whole(usize),
    /// An expansion in which the argument ends, and with it every enclosing one.
    Open,
    /// No expansion.
    Nothing,
}

/// The text of an operand, which has an end of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::template) enum Context {
    Word(Delimiter),
    Pattern(Delimiter),
    /// A pattern that a `/` ends as well.
    Replaced(Delimiter),
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
            Self::Word(Delimiter::Brace) => 0,
            Self::Word(Delimiter::Angle) => 1,
            Self::Pattern(Delimiter::Brace) => 2,
            Self::Pattern(Delimiter::Angle) => 3,
            Self::Replaced(Delimiter::Brace) => 4,
            Self::Replaced(Delimiter::Angle) => 5,
        }
    }

    pub(in crate::template) fn ends_at(self, byte: u8) -> bool {
        match self {
            Self::Word(spelling) | Self::Pattern(spelling) => byte == spelling.closer(),
            Self::Replaced(spelling) => byte == spelling.closer() || byte == b'/',
        }
    }

    /// How many bytes the backslash at `at` makes ordinary.
    pub(in crate::template) fn escaped(self, source: &[u8], at: usize) -> usize {
        let Some(&next) = source.get(at + 1) else { return 0 };
        match self {
            Self::Word(spelling) => usize::from(b"$`\"\\".contains(&next) || next == spelling.closer()),
            Self::Pattern(_) | Self::Replaced(_) => character_at(source, at + 1),
        }
    }
}

/// What starts at the dollars of an argument, which is asked for from left to right.
pub(in crate::template) struct Extents<'s> {
    source: &'s [u8],
    /// What starts at the last dollar of each run that is still to come, the leftmost run last; if that was needed.
    all: Option<Vec<(usize, Extent)>>,
}

impl<'s> Extents<'s> {
    pub(in crate::template) fn new(source: &'s [u8]) -> Self {
        Self { source, all: None }
    }

    /// What starts at this dollar, the last of a run, of which this is the head.
    pub(in crate::template) fn at(&mut self, dollar: usize, head: &Head) -> Extent {
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
            _ => Extent::Nothing,
        }
    }

    /// Whether nothing is nested in what was found so far, and nothing escaped.
    pub(in crate::template) fn are_plain(&self) -> bool {
        self.all.is_none()
    }

    /// What starts at the dollars that are still to come, and maybe at earlier ones; the leftmost last.
    pub(in crate::template) fn all(&mut self) -> &[(usize, Extent)] {
        let source = self.source;
        self.all.get_or_insert_with(|| scan(source))
    }
}

/// What has this head, if nothing is nested in it and nothing escaped.
fn plain(source: &[u8], head: &Head) -> Option<Extent> {
    let (operator, rest, spelling) = match head {
        Head::Malformed { why: LintKind::Unclosed { .. }, .. } => return Some(Extent::Open),
        Head::Malformed { .. } | Head::ShellOnly => return Some(Extent::Nothing),
        Head::Name { name } => return Some(Extent::Whole(name.end)),
        Head::Dollar { end } | Head::Length { end, .. } => return Some(Extent::Whole(*end)),
        Head::Verbatim { .. } => return None,
        Head::Named { operator, rest, spelling, .. } => (*operator, *rest, *spelling),
    };
    let end = match operator.operand() {
        Operand::None => rest,
        Operand::Word | Operand::Pattern => plain_end(source, rest, Context::Word(spelling))?,
        Operand::PatternAndWord => {
            let pattern = operator::behind_first_slash(source, operator, rest);
            match plain_end(source, pattern, Context::Replaced(spelling))? {
                end if source.get(end) == Some(&b'/') => plain_end(source, end + 1, Context::Word(spelling))?,
                end => end,
            }
        }
    };
    Some(if end == OPEN { Extent::Open } else { Extent::Whole(end + 1) })
}

/// Where text ends that starts here; nothing if it holds a dollar or a backslash.
fn plain_end(source: &[u8], from: usize, context: Context) -> Option<usize> {
    let closer = match context {
        Context::Word(spelling) | Context::Pattern(spelling) | Context::Replaced(spelling) => {
            spelling.closer()
        }
    };
    // One comparison more for the others, of which there are few.
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
    Some(OPEN)
}

/// What starts at the last dollar of each run, the leftmost run last.
fn scan(source: &[u8]) -> Vec<(usize, Extent)> {
    let mut scan =
        Survey { source, ends: vec![[OPEN; 6]; source.len() + 1], quotes: [[OPEN; 2]; 2], run: None };
    let mut extents = Vec::new();
    for at in (0..source.len()).rev() {
        if let Some(extent) = scan.step(at) {
            extents.push((at, extent));
        }
    }
    extents
}

/// In place of an end: the argument ends first.
const OPEN: usize = usize::MAX;

struct Survey<'s> {
    source: &'s [u8],
    /// For each place and each context: where text that goes on there ends.
    ends: Vec<[usize; 6]>,
    /// For each spelling: the two nearest quotes with its closer behind them. Two, since the nearest may be
    /// the one that opens.
    quotes: [[usize; 2]; 2],
    /// The run of dollars to the right: its last dollar, and what starts there.
    run: Option<(usize, Extent)>,
}

impl Survey<'_> {
    /// Fills in one place, and returns what starts there if it is the last dollar of a run.
    fn step(&mut self, at: usize) -> Option<Extent> {
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

    fn dollar(&mut self, at: usize) -> Option<Extent> {
        let (last, extent) = self.run.unwrap_or_else(|| (at, self.extent(at)));
        self.run = Some((last, extent));
        self.ends[at] = match extent {
            Extent::Open => [OPEN; 6],
            Extent::Whole(end) if (last - at).is_multiple_of(2) => self.ends[end],
            Extent::Whole(_) | Extent::Nothing => self.ends[last + 1],
        };
        (last == at).then_some(extent)
    }

    fn quote(&mut self, at: usize) {
        for spelling in [Delimiter::Brace, Delimiter::Angle] {
            if self.source.get(at + 1) == Some(&spelling.closer()) {
                let [nearest, next] = &mut self.quotes[spelling as usize];
                *next = std::mem::replace(nearest, at);
            }
        }
    }

    /// The closer behind the quote that ends the verbatim text which starts at `text`.
    fn verbatim(&self, text: usize, spelling: Delimiter) -> usize {
        let quotes = self.quotes[spelling as usize];
        match quotes.into_iter().find(|&quote| quote >= text) {
            None | Some(OPEN) => OPEN,
            Some(quote) => quote + 1,
        }
    }

    fn extent(&self, dollar: usize) -> Extent {
        let end = match head::read(self.source, dollar) {
            Head::Malformed { why: LintKind::Unclosed { .. }, .. } => return Extent::Open,
            Head::Malformed { .. } | Head::ShellOnly => return Extent::Nothing,
            Head::Name { name } => return Extent::Whole(name.end),
            Head::Dollar { end } | Head::Length { end, .. } => return Extent::Whole(end),
            Head::Verbatim { text, spelling } => self.verbatim(text, spelling),
            Head::Named { operator, rest, spelling, .. } => match operator.operand() {
                Operand::None => rest,
                Operand::Word => self.end(rest, Context::Word(spelling)),
                Operand::Pattern => self.end(rest, Context::Pattern(spelling)),
                Operand::PatternAndWord => {
                    self.replacement(operator::behind_first_slash(self.source, operator, rest), spelling)
                }
            },
        };
        if end == OPEN { Extent::Open } else { Extent::Whole(end + 1) }
    }

    fn replacement(&self, pattern: usize, spelling: Delimiter) -> usize {
        let end = self.end(pattern, Context::Replaced(spelling));
        match self.source.get(end) {
            Some(b'/') => self.end(end + 1, Context::Word(spelling)),
            _ => end,
        }
    }

    fn end(&self, at: usize, context: Context) -> usize {
        self.ends[at][context.column()]
    }
}
