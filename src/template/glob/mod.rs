//! Patterns of a shell, matched without backtracking and in a bounded number of steps.
//!
//! Only stars have a choice. Between two stars stands a run, which matches a fixed number of units, and each
//! run can be taken where it is found first (or last, from the back): that leaves the others the most to
//! match. So a match is one walk along the value, however many stars there are.
//!
//! Not by regular expressions: an automaton holds all the stars of a pattern open at once, which took 5 to 15
//! seconds for 2,000 of them and 128 KiB; and to build one takes longer than to match most values.

mod bracket;

use std::ops::Range;

use crate::template::ast::Greediness;
use crate::template::glob::bracket::{Class, bracket};
use crate::template::problem::ProblemKind;

/// How many comparisons with a unit of a pattern all operators of an argument may take together: far less than a
/// second. A run is looked for at every place, so it takes one of thousands of units that almost matches
/// everywhere to need more.
const MOST_STEPS: usize = 1 << 27;

/// The comparisons that an argument has left.
pub(in crate::template) struct Budget(usize);

impl Budget {
    pub(in crate::template) fn new() -> Self {
        Self(MOST_STEPS)
    }

    fn take(&mut self, count: usize) -> Result<(), ProblemKind> {
        self.0 = self.0.saturating_sub(count);
        if self.0 == 0 { Err(ProblemKind::PatternTooLarge) } else { Ok(()) }
    }
}

/// A pattern, read for one value.
pub(in crate::template) struct Pattern<'v, 's> {
    /// The runs, one behind the other.
    elements: Vec<Element>,
    classes: Vec<Class>,
    /// What stands between the stars, from left to right; there is one run more than there are stars.
    runs: Vec<Run>,
    value: Units<'v>,
    steps: &'s mut Budget,
}

type Run = Range<usize>;

/// What matches one unit of a value.
#[derive(Clone, Copy, Debug)]
enum Element {
    Unit(u32),
    /// `?`
    Any,
    /// `[…]`, by its place in the list of classes.
    Class(usize),
}

/// A value as it is matched.
enum Units<'v> {
    /// Where pattern and value are all ASCII, for then bytes are characters, or one of them is not UTF-8.
    Bytes(&'v [u8]),
    /// With the place of each.
    Characters(Vec<(usize, char)>, usize),
}

impl Units<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Characters(characters, _) => characters.len(),
        }
    }

    fn unit(&self, at: usize) -> u32 {
        match self {
            Self::Bytes(bytes) => u32::from(bytes[at]),
            Self::Characters(characters, _) => u32::from(characters[at].1),
        }
    }

    /// The place in bytes.
    fn place(&self, at: usize) -> usize {
        match self {
            Self::Bytes(_) => at,
            Self::Characters(characters, end) => characters.get(at).map_or(*end, |(place, _)| *place),
        }
    }
}

impl<'v, 's> Pattern<'v, 's> {
    /// Reads a pattern in which a backslash quotes what follows.
    pub(in crate::template) fn new(pattern: &[u8], value: &'v [u8], steps: &'s mut Budget) -> Self {
        let texts = match (std::str::from_utf8(pattern), std::str::from_utf8(value)) {
            _ if pattern.is_ascii() && value.is_ascii() => None,
            (Ok(pattern), Ok(value)) => Some((pattern, value)),
            _ => None,
        };
        let (units, value): (Vec<u32>, _) = match texts {
            Some((pattern, value)) => {
                let characters = value.char_indices().collect();
                (pattern.chars().map(u32::from).collect(), Units::Characters(characters, value.len()))
            }
            None => (pattern.iter().copied().map(u32::from).collect(), Units::Bytes(value)),
        };
        let mut pattern = Self { elements: Vec::new(), classes: Vec::new(), runs: Vec::new(), value, steps };
        pattern.read(&units);
        pattern
    }

    fn read(&mut self, units: &[u32]) {
        let mut open_from = Vec::new();
        let (mut at, mut start) = (0, 0);
        while let Some(&unit) = units.get(at) {
            at += 1;
            let element = match char::from_u32(unit) {
                Some('*') => {
                    // Stars beside each other are one.
                    if start < self.elements.len() || self.runs.is_empty() {
                        self.runs.push(start..self.elements.len());
                        start = self.elements.len();
                    }
                    continue;
                }
                Some('?') => Element::Any,
                Some('[') => match bracket(units, at - 1, &mut open_from) {
                    Some(bracket) => {
                        at = bracket.end;
                        self.classes.push(bracket.class);
                        Element::Class(self.classes.len() - 1)
                    }
                    None => Element::Unit(unit),
                },
                Some('\\') if at < units.len() => {
                    at += 1;
                    Element::Unit(units[at - 1])
                }
                _ => Element::Unit(unit),
            };
            self.elements.push(element);
        }
        self.runs.push(start..self.elements.len());
    }

    /// Where a match at the front ends.
    pub(in crate::template) fn front(&mut self, reach: Greediness) -> Result<Option<usize>, ProblemKind> {
        let end = self.front_from(0, reach)?;
        Ok(end.map(|end| self.value.place(end)))
    }

    /// Where a match at the back starts.
    pub(in crate::template) fn back(&mut self, reach: Greediness) -> Result<Option<usize>, ProblemKind> {
        let start = self.back_from_end(reach)?;
        Ok(start.map(|start| self.value.place(start)))
    }

    /// The longest matches, from left to right; `most` of them at most. An empty pattern has none, and an empty
    /// match is one only in an empty value, as in bash.
    pub(in crate::template) fn matches(&mut self, most: usize) -> Result<Vec<Range<usize>>, ProblemKind> {
        let mut found = Vec::new();
        let first = self.runs[0].clone();
        if self.runs.len() == 1 && first.is_empty() {
            return Ok(found);
        }
        let mut at = 0;
        while found.len() < most
            && let Some(start) = self.first(&first, at)?
            // What does not match behind the first place of the first run does not match behind a later one.
            && let Some(end) = self.front_from(start, Greediness::Longest)?
        {
            found.push(self.value.place(start)..self.value.place(end));
            at = end;
            // A star reaches as far as the last run can be found: nothing more can match behind it.
            if self.runs.len() > 1 {
                break;
            }
        }
        Ok(found)
    }

    fn front_from(&mut self, from: usize, reach: Greediness) -> Result<Option<usize>, ProblemKind> {
        let runs = self.runs.len();
        let first = self.runs[0].clone();
        if !self.matches_at(&first, from)? {
            return Ok(None);
        }
        let mut at = from + first.len();
        for index in 1..runs {
            let run = self.runs[index].clone();
            let found = match reach {
                Greediness::Longest if index == runs - 1 => self.last(&run, at, self.value.len())?,
                Greediness::Longest | Greediness::Shortest => self.first(&run, at)?,
            };
            let Some(start) = found else { return Ok(None) };
            at = start + run.len();
        }
        Ok(Some(at))
    }

    fn back_from_end(&mut self, reach: Greediness) -> Result<Option<usize>, ProblemKind> {
        let mut end = self.value.len();
        for index in (0..self.runs.len()).rev() {
            let run = self.runs[index].clone();
            let is_last = index == self.runs.len() - 1;
            let found = if is_last {
                let start = end.checked_sub(run.len());
                match start {
                    Some(start) if self.matches_at(&run, start)? => Some(start),
                    _ => None,
                }
            } else if index == 0 && reach == Greediness::Longest {
                self.first(&run, 0)?.filter(|start| start + run.len() <= end)
            } else {
                self.last(&run, 0, end)?
            };
            let Some(start) = found else { return Ok(None) };
            end = start;
        }
        Ok(Some(end))
    }

    /// The first place from `from` on at which a run matches.
    fn first(&mut self, run: &Run, from: usize) -> Result<Option<usize>, ProblemKind> {
        let Some(last) = self.value.len().checked_sub(run.len()) else { return Ok(None) };
        for at in from..=last {
            if self.matches_at(run, at)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// The last place between `from` and `to` at which a run matches.
    fn last(&mut self, run: &Run, from: usize, to: usize) -> Result<Option<usize>, ProblemKind> {
        let Some(last) = to.checked_sub(run.len()) else { return Ok(None) };
        for at in (from..=last).rev() {
            if self.matches_at(run, at)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    fn matches_at(&mut self, run: &Run, at: usize) -> Result<bool, ProblemKind> {
        if run.len() > self.value.len() - at {
            return Ok(false);
        }
        let differs = self.elements[run.clone()].iter().zip(at..).position(|(&element, at)| {
            let unit = self.value.unit(at);
            match element {
                Element::Unit(wanted) => unit != wanted,
                Element::Any => false,
                Element::Class(class) => !self.classes[class].holds(unit),
            }
        });
        self.steps.take(differs.unwrap_or(run.len()) + 1)?;
        Ok(differs.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many comparisons every way of matching takes together.
    fn steps(pattern: &str, value: &str) -> usize {
        let mut steps = Budget::new();
        let mut pattern = Pattern::new(pattern.as_bytes(), value.as_bytes(), &mut steps);
        for reach in [Greediness::Shortest, Greediness::Longest] {
            pattern.front(reach).expect("few steps");
            pattern.back(reach).expect("few steps");
        }
        pattern.matches(usize::MAX).expect("few steps");
        MOST_STEPS - steps.0
    }

    #[test]
    fn stars_cost_a_walk_along_the_value_however_many_there_are() {
        for size in [10_000, 20_000, 40_000] {
            let value = "a".repeat(size);
            for stars in [1, 10, 1000] {
                for pattern in [
                    "*a".repeat(stars) + "b",
                    "b".to_owned() + &"a*".repeat(stars),
                    "*[ab]".repeat(stars) + "*c*",
                ] {
                    let steps = steps(&pattern, &value);
                    // Five ways, and at most two comparisons at a place.
                    assert!(steps <= 11 * size, "{steps} for {size} and {stars} stars");
                }
            }
        }
    }

    #[test]
    fn a_class_holds_its_members_once_they_are_in_order() {
        let class = bracket(
            &[b'[', b'z', b'a', b'-', b'c', b'b', b'-', b'e', b']'].map(u32::from),
            0,
            &mut Vec::new(),
        );
        let class = class.expect("a bracket").class;
        let held: String = ('a'..='z').filter(|&unit| class.holds(unit.into())).collect();
        assert_eq!(held, "abcdez");
    }
}
