//! Shell patterns, matched without backtracking and in a bounded number of steps.
//!
//! Stars split a pattern into runs, and a run matches a fixed number of units. Taking each run at its first match
//! (or, from the back, at its last) leaves the most to the other runs. So a match is one pass over the value, however
//! many stars there are.
//!
//! Regular expressions do not serve: an automaton tracks all stars of a pattern at once, which took 5 to 15
//! seconds for 2,000 stars and 128 KiB, and building one takes longer than most matches.

mod bracket;

use std::ops::Range;

use crate::template::ast::Greediness;
use crate::template::budget::Budget;
use crate::template::error::ExpansionErrorKind;
use crate::template::glob::bracket::{Class, bracket};

/// A pattern compiled for one value.
pub(in crate::template) struct Pattern<'v, 's> {
    /// The elements of all runs.
    elements: Vec<Element>,
    classes: Vec<Class>,
    /// The runs between the stars, from left to right. There is one run more than there are stars.
    runs: Vec<Run>,
    value: Units<'v>,
    budget: &'s mut Budget,
}

type Run = Range<usize>;

/// Matches one unit of a value.
#[derive(Clone, Copy, Debug)]
enum Element {
    Unit(u32),
    /// `?`
    Any,
    /// `[…]`, by its index in the list of classes.
    Class(usize),
}

/// A value as a sequence of units.
enum Units<'v> {
    /// If pattern and value are ASCII, where bytes are characters, or if one of them is not UTF-8.
    Bytes(&'v [u8]),
    /// Each character with its offset, and the length of the value.
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

    /// The offset in bytes.
    fn offset(&self, at: usize) -> usize {
        match self {
            Self::Bytes(_) => at,
            Self::Characters(characters, end) => characters.get(at).map_or(*end, |(offset, _)| *offset),
        }
    }
}

impl<'v, 's> Pattern<'v, 's> {
    /// Compiles a pattern, in which a backslash quotes the next unit.
    pub(in crate::template) fn new(pattern: &[u8], value: &'v [u8], budget: &'s mut Budget) -> Self {
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
        let mut pattern = Self { elements: Vec::new(), classes: Vec::new(), runs: Vec::new(), value, budget };
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
                    // Adjacent stars are one.
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

    /// The end of the match at the front, if any.
    pub(in crate::template) fn front(
        &mut self,
        greediness: Greediness,
    ) -> Result<Option<usize>, ExpansionErrorKind> {
        let end = self.front_from(0, greediness)?;
        Ok(end.map(|end| self.value.offset(end)))
    }

    /// The start of the match at the back, if any.
    pub(in crate::template) fn back(
        &mut self,
        greediness: Greediness,
    ) -> Result<Option<usize>, ExpansionErrorKind> {
        let start = self.back_from_end(greediness)?;
        Ok(start.map(|start| self.value.offset(start)))
    }

    /// The longest matches from left to right, at most `limit`. As in bash, an empty pattern has no match, and only an
    /// empty value has an empty match.
    pub(in crate::template) fn matches(
        &mut self,
        limit: usize,
    ) -> Result<Vec<Range<usize>>, ExpansionErrorKind> {
        let mut found = Vec::new();
        let first = self.runs[0].clone();
        if self.runs.len() == 1 && first.is_empty() {
            return Ok(found);
        }
        let mut at = 0;
        while found.len() < limit
            && let Some(start) = self.first(&first, at)?
            // The first match of the first run leaves the most to the others: if they do not match here, no later start helps.
            && let Some(end) = self.front_from(start, Greediness::Longest)?
        {
            found.push(self.value.offset(start)..self.value.offset(end));
            at = end;
            // A star extends to the last match of the last run, so there is no further match.
            if self.runs.len() > 1 {
                break;
            }
        }
        Ok(found)
    }

    fn front_from(
        &mut self,
        from: usize,
        greediness: Greediness,
    ) -> Result<Option<usize>, ExpansionErrorKind> {
        let runs = self.runs.len();
        let first = self.runs[0].clone();
        if !self.matches_at(&first, from)? {
            return Ok(None);
        }
        let mut at = from + first.len();
        for index in 1..runs {
            let run = self.runs[index].clone();
            let found = match greediness {
                Greediness::Longest if index == runs - 1 => self.last(&run, at, self.value.len())?,
                Greediness::Longest | Greediness::Shortest => self.first(&run, at)?,
            };
            let Some(start) = found else { return Ok(None) };
            at = start + run.len();
        }
        Ok(Some(at))
    }

    fn back_from_end(&mut self, greediness: Greediness) -> Result<Option<usize>, ExpansionErrorKind> {
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
            } else if index == 0 && greediness == Greediness::Longest {
                self.first(&run, 0)?.filter(|start| start + run.len() <= end)
            } else {
                self.last(&run, 0, end)?
            };
            let Some(start) = found else { return Ok(None) };
            end = start;
        }
        Ok(Some(end))
    }

    /// The first offset from `from` on at which a run matches.
    fn first(&mut self, run: &Run, from: usize) -> Result<Option<usize>, ExpansionErrorKind> {
        let Some(last) = self.value.len().checked_sub(run.len()) else { return Ok(None) };
        for at in from..=last {
            if self.matches_at(run, at)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// The last offset between `from` and `to` at which a run matches.
    fn last(&mut self, run: &Run, from: usize, to: usize) -> Result<Option<usize>, ExpansionErrorKind> {
        let Some(last) = to.checked_sub(run.len()) else { return Ok(None) };
        for at in (from..=last).rev() {
            if self.matches_at(run, at)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    fn matches_at(&mut self, run: &Run, at: usize) -> Result<bool, ExpansionErrorKind> {
        if run.len() > self.value.len() - at {
            return Ok(false);
        }
        let differs = self.elements[run.clone()].iter().zip(at..).position(|(&element, at)| {
            let unit = self.value.unit(at);
            match element {
                Element::Unit(wanted) => unit != wanted,
                Element::Any => false,
                Element::Class(class) => !self.classes[class].contains(unit),
            }
        });
        self.budget.spend(differs.unwrap_or(run.len()) + 1)?;
        Ok(differs.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of comparisons of all kinds of matching together.
    fn budget(pattern: &str, value: &str) -> usize {
        let mut budget = Budget::default();
        let mut pattern = Pattern::new(pattern.as_bytes(), value.as_bytes(), &mut budget);
        for greediness in [Greediness::Shortest, Greediness::Longest] {
            pattern.front(greediness).expect("few steps");
            pattern.back(greediness).expect("few steps");
        }
        pattern.matches(usize::MAX).expect("few steps");
        budget.spent()
    }

    #[test]
    fn any_number_of_stars_takes_one_pass_over_the_value() {
        for size in [10_000, 20_000, 40_000] {
            let value = "a".repeat(size);
            for stars in [1, 10, 1000] {
                for pattern in [
                    "*a".repeat(stars) + "b",
                    "b".to_owned() + &"a*".repeat(stars),
                    "*[ab]".repeat(stars) + "*c*",
                ] {
                    let budget = budget(&pattern, &value);
                    // Five matches, with at most two comparisons at each unit.
                    assert!(budget <= 11 * size, "{budget} for {size} and {stars} stars");
                }
            }
        }
    }

    #[test]
    fn a_class_contains_its_members_in_any_order() {
        let class = bracket(
            &[b'[', b'z', b'a', b'-', b'c', b'b', b'-', b'e', b']'].map(u32::from),
            0,
            &mut Vec::new(),
        );
        let class = class.expect("a bracket").class;
        let held: String = ('a'..='z').filter(|&unit| class.contains(unit.into())).collect();
        assert_eq!(held, "abcdez");
    }
}
