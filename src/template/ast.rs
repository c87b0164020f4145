//! The syntax tree of a template, in flat arenas.

use std::ops::Range;

/// A range of the arena of [`Part`]s.
pub(super) type Parts = Range<usize>;

/// The pair of delimiters around an expansion.
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

/// A part of a word, of a pattern or of the whole argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Bytes of the source. In a pattern they include its backslashes.
    Literal(Range<usize>),
    /// The byte at this offset, quoted by the backslash in front of it.
    Escaped(usize),
    /// An expansion, by its index in the arena.
    Expansion(usize),
}

/// One well-formed expansion.
#[derive(Clone, Debug)]
pub(super) struct Expansion {
    pub(super) span: Range<usize>,
    pub(super) name: Range<usize>,
    pub(super) spread: bool,
    pub(super) operation: Operation,
}

/// What an expansion does with its variable.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    /// `${$}`
    Dollar,
    /// `${'…'}`
    Verbatim(Range<usize>),
    Plain,
    Length,
    Default(Test, Word),
    Assign(Test, Word),
    Alternative(Test, Word),
    /// With the unexpanded message.
    Required(Test, Range<usize>),
    Substring {
        offset: i64,
        length: Option<i64>,
    },
    /// `#`, `##`, `%` and `%%`
    Strip {
        side: Side,
        greediness: Greediness,
        pattern: Parts,
    },
    Replace {
        scope: ReplaceScope,
        pattern: Parts,
        word: Parts,
    },
    Case(Case, CaseScope),
}

/// A word: its source, and its parts. The content of a spread's word is a range of fields instead.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) source: Range<usize>,
    pub(super) content: Range<usize>,
}

/// When an operator treats a variable as absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Unset,
    /// With a colon.
    UnsetOrEmpty,
}

/// The end of the value from which a pattern is stripped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Front,
    Back,
}

/// Whether a pattern strips its shortest or its longest match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greediness {
    Shortest,
    Longest,
}

/// Which matches of a pattern are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReplaceScope {
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

/// Whether the case of one character changes or of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CaseScope {
    First,
    Every,
}

/// Where the expansion at the last dollar of a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExpansionEnd {
    /// A well-formed expansion that ends here.
    Closed(usize),
    /// The argument ends inside the expansion, and so inside every enclosing one.
    Unclosed,
    /// No expansion starts there.
    NotAnExpansion,
}
