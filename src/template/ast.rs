//! The parsed form of a template: expansions and pieces of text in flat arenas.

use std::ops::Range;

/// A stretch of the arena of [`Part`]s.
pub(super) type Parts = Range<usize>;

/// How an expansion is written, and so what closes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// `${…}`
    Brace,
    /// `$<…>`
    Angle,
}

impl Delimiter {
    pub(super) fn closer(self) -> u8 {
        match self {
            Self::Brace => b'}',
            Self::Angle => b'>',
        }
    }
}

/// A piece of a word, a pattern or the whole argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Bytes of the source as they stand; in a pattern its backslashes are among them.
    Literal(Range<usize>),
    /// The byte at this place, which a backslash in front of it made ordinary.
    Escaped(usize),
    /// An expansion, by its place in the arena.
    Expansion(usize),
}

/// One well-formed expansion.
#[derive(Clone, Debug)]
pub(super) struct Expansion {
    pub(super) span: Range<usize>,
    pub(super) name: Range<usize>,
    pub(super) spread: bool,
    pub(super) kind: Kind,
}

/// What an expansion does.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// `${$}`
    Dollar,
    /// `${'…'}`
    Verbatim(Range<usize>),
    Plain,
    Length,
    Default(Test, Word),
    Assign(Test, Word),
    Alternative(Test, Word),
    /// With the message as it was written.
    Required(Test, Range<usize>),
    Substring {
        offset: i64,
        length: Option<i64>,
    },
    Strip {
        side: Side,
        reach: Greediness,
        pattern: Parts,
    },
    Replace {
        place: Place,
        pattern: Parts,
        word: Parts,
    },
    Case(Case, CaseScope),
}

/// A written word: as source, and what it is made of. A spread's word is made of fields instead of parts.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) source: Range<usize>,
    pub(super) content: Range<usize>,
}

/// When an operator takes a variable for missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Unset,
    /// With a colon.
    UnsetOrEmpty,
}

/// Which end of the value a pattern is taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Front,
    Back,
}

/// How much a pattern takes when it can choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greediness {
    Shortest,
    Longest,
}

/// Which matches of a pattern are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    First,
    Every,
    Front,
    Back,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Upper,
    Lower,
}

/// How many characters change their case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CaseScope {
    First,
    Every,
}
