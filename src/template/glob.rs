//! Patterns of a shell, matched by regular expressions: in linear time, whatever the pattern.
//!
//! What a pattern can match is chosen by laziness alone. `#` is `^(?:lazy)` and `##` is `^(?:greedy)`; `%`
//! is `^(.*)(?:G)$` and `%%` is `^(.*?)(?:G)$`, of which the first group is kept. That gives the shortest
//! and the longest match since only stars have a choice, and the leftmost end of a star leaves the rest of
//! the pattern the most to match.

use std::fmt::Write;
use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

use super::ast::Reach;
use super::bracket::bracket;
use super::problem::ProblemKind;

/// How long a regular expression may be, and how large its compiled form, in bytes. Matching takes time
/// proportional to the pattern times the value, and reading an expression some hundred times its length.
const LONGEST: usize = 1 << 16;
const LARGEST: usize = 1 << 20;

/// A pattern, read for one value.
pub(super) struct Pattern {
    pieces: Vec<Piece>,
    /// Characters, where pattern and value are UTF-8 and not only ASCII; else bytes.
    characters: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Bytes that stand for themselves.
    Literal(Vec<u8>),
    /// `?`
    Any,
    /// `*`
    Star,
    /// `[…]`, as a regular expression.
    Class(String),
}

impl Pattern {
    /// Reads a pattern in which a backslash quotes what follows.
    pub(super) fn new(pattern: &[u8], value: &[u8]) -> Self {
        // Where all is ASCII, bytes are characters, and their regular expression is many times smaller.
        let text = match std::str::from_utf8(pattern) {
            Ok(_) if pattern.is_ascii() && value.is_ascii() => None,
            Ok(text) if std::str::from_utf8(value).is_ok() => Some(text),
            _ => None,
        };
        let units: Vec<u32> = match text {
            Some(text) => text.chars().map(u32::from).collect(),
            None => pattern.iter().copied().map(u32::from).collect(),
        };
        let characters = text.is_some();
        Self { pieces: Reader { units: &units, characters }.pieces(), characters }
    }

    /// Where a match at the front ends.
    pub(super) fn front(&self, value: &[u8], reach: Reach) -> Result<Option<usize>, ProblemKind> {
        let longest = reach == Reach::Longest;
        Ok(match &self.pieces[..] {
            [] => Some(0),
            [Piece::Literal(literal)] => value.starts_with(literal).then_some(literal.len()),
            [Piece::Star] => Some(if longest { value.len() } else { 0 }),
            [Piece::Star, Piece::Literal(literal)] => {
                find(value, literal, longest).map(|start| start + literal.len())
            }
            [Piece::Literal(literal), Piece::Star] => {
                value.starts_with(literal).then_some(if longest { value.len() } else { literal.len() })
            }
            _ => {
                let regex = self.regex("^(?:", reach, ")")?;
                regex.find(value).map(|found| found.end())
            }
        })
    }

    /// Where a match at the back starts.
    pub(super) fn back(&self, value: &[u8], reach: Reach) -> Result<Option<usize>, ProblemKind> {
        let longest = reach == Reach::Longest;
        Ok(match &self.pieces[..] {
            [] => Some(value.len()),
            [Piece::Literal(literal)] => value.ends_with(literal).then(|| value.len() - literal.len()),
            [Piece::Star] => Some(if longest { 0 } else { value.len() }),
            [Piece::Literal(literal), Piece::Star] => find(value, literal, !longest),
            [Piece::Star, Piece::Literal(literal)] => {
                value.ends_with(literal).then(|| if longest { 0 } else { value.len() - literal.len() })
            }
            _ => {
                let kept = if longest { "^(.*?)(?:" } else { "^(.*)(?:" };
                let regex = self.regex(kept, reach, ")$")?;
                regex.captures(value).and_then(|found| found.get(1)).map(|kept| kept.end())
            }
        })
    }

    /// The longest matches, from left to right. An empty pattern has none, and an empty match is one only in
    /// an empty value, as in bash.
    pub(super) fn matches<'v>(
        &self,
        value: &'v [u8],
    ) -> Result<Box<dyn Iterator<Item = Range<usize>> + 'v>, ProblemKind> {
        Ok(match &self.pieces[..] {
            [] => Box::new(std::iter::empty()),
            [Piece::Literal(literal)] => {
                let (literal, finder) = (literal.len(), memchr::memmem::Finder::new(literal).into_owned());
                let mut at = 0;
                Box::new(std::iter::from_fn(move || {
                    let start = at + finder.find(&value[at..])?;
                    at = start + literal;
                    Some(start..at)
                }))
            }
            _ => {
                let regex = self.regex("(?:", Reach::Longest, ")")?;
                let mut at = Some(0);
                Box::new(std::iter::from_fn(move || {
                    let found = regex.find_at(value, at?)?;
                    // Only stars can match nothing, and they match all there is first.
                    at = Some(found.end()).filter(|&end| end < value.len());
                    Some(found.range())
                }))
            }
        })
    }

    fn regex(&self, before: &str, reach: Reach, behind: &str) -> Result<Regex, ProblemKind> {
        let mut source = before.to_owned();
        for piece in &self.pieces {
            piece.write(reach, self.characters, &mut source);
        }
        source.push_str(behind);
        if source.len() > LONGEST {
            return Err(ProblemKind::PatternTooLarge);
        }
        let mut builder = RegexBuilder::new(&source);
        builder.unicode(self.characters).dot_matches_new_line(true).size_limit(LARGEST);
        let built = builder.build();
        built.map_err(|_| ProblemKind::PatternTooLarge)
    }
}

impl Piece {
    fn write(&self, reach: Reach, characters: bool, source: &mut String) {
        match self {
            Self::Any => source.push('.'),
            Self::Star if reach == Reach::Longest => source.push_str(".*"),
            Self::Star => source.push_str(".*?"),
            Self::Class(class) => source.push_str(class),
            Self::Literal(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) if characters => source.push_str(&regex::escape(text)),
                _ => {
                    for byte in bytes {
                        // Writing to a string cannot fail.
                        let _ = write!(source, "\\x{byte:02x}");
                    }
                }
            },
        }
    }
}

/// The first or the last place of `needle`.
fn find(value: &[u8], needle: &[u8], last: bool) -> Option<usize> {
    if last { memchr::memmem::rfind(value, needle) } else { memchr::memmem::find(value, needle) }
}

struct Reader<'u> {
    units: &'u [u32],
    characters: bool,
}

impl Reader<'_> {
    fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut open_from = Vec::new();
        let mut at = 0;
        while let Some(&unit) = self.units.get(at) {
            at += 1;
            match char::from_u32(unit) {
                // Stars beside each other are one, which keeps the regular expression small.
                Some('*') if pieces.last() == Some(&Piece::Star) => {}
                Some('*') => pieces.push(Piece::Star),
                Some('?') => pieces.push(Piece::Any),
                Some('[') => match bracket(self.units, at - 1, &mut open_from) {
                    Some(bracket) => {
                        pieces.push(Piece::Class(bracket.class));
                        at = bracket.end;
                    }
                    None => self.push_literal(&mut pieces, unit),
                },
                Some('\\') if at < self.units.len() => {
                    self.push_literal(&mut pieces, self.units[at]);
                    at += 1;
                }
                _ => self.push_literal(&mut pieces, unit),
            }
        }
        pieces
    }

    fn push_literal(&self, pieces: &mut Vec<Piece>, unit: u32) {
        let mut buffer = [0; 4];
        let bytes = match (char::from_u32(unit), u8::try_from(unit)) {
            (Some(character), _) if self.characters => character.encode_utf8(&mut buffer).as_bytes(),
            (_, Ok(byte)) => &[byte],
            _ => &[],
        };
        match pieces.last_mut() {
            Some(Piece::Literal(literal)) => literal.extend_from_slice(bytes),
            _ => pieces.push(Piece::Literal(bytes.to_vec())),
        }
    }
}
