//! Bracket expressions: `[…]` in a pattern.

/// A bracket expression and where it ends.
pub(in crate::template) struct Bracket {
    pub(in crate::template) class: Class,
    pub(in crate::template) end: usize,
}

/// The units that a bracket expression matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::template) struct Class {
    negated: bool,
    /// The first and the last unit of each range, ascending, not adjacent.
    ranges: Vec<(u32, u32)>,
}

impl Class {
    fn new(negated: bool, mut members: Vec<(u32, u32)>) -> Self {
        members.sort_unstable();
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for (low, high) in members {
            match ranges.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => ranges.push((low, high)),
            }
        }
        Self { negated, ranges }
    }

    /// Whether the class matches a unit.
    pub(in crate::template) fn contains(&self, unit: u32) -> bool {
        let range = self.ranges.partition_point(|range| range.1 < unit);
        self.ranges.get(range).is_some_and(|range| range.0 <= unit) != self.negated
    }
}

/// The predicate of a named class. It is ASCII only, since there is no locale.
fn named_predicate(name: &str) -> Option<fn(&u8) -> bool> {
    Some(match name {
        "alnum" => u8::is_ascii_alphanumeric,
        "alpha" => u8::is_ascii_alphabetic,
        "ascii" => u8::is_ascii,
        "blank" => |byte| matches!(byte, b' ' | b'\t'),
        "cntrl" => u8::is_ascii_control,
        "digit" => u8::is_ascii_digit,
        "graph" => u8::is_ascii_graphic,
        "lower" => u8::is_ascii_lowercase,
        "print" => |byte| matches!(byte, b' '..=b'~'),
        "punct" => u8::is_ascii_punctuation,
        "space" => |byte| matches!(byte, b' ' | b'\t'..=b'\r'),
        "upper" => u8::is_ascii_uppercase,
        "word" => |byte| byte.is_ascii_alphanumeric() || *byte == b'_',
        "xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    })
}

/// Parses the bracket expression at the `[` at `open`. Returns `None` if it is not closed. `units` are characters
/// or bytes. `open_from` marks the offsets that are known to lead to no closing bracket, so that many unclosed
/// brackets take no longer than one.
pub(in crate::template) fn bracket(units: &[u32], open: usize, open_from: &mut Vec<bool>) -> Option<Bracket> {
    let mut visited: Vec<usize> = Vec::new();
    let bracket = closed_bracket(units, open, open_from, &mut visited);
    if bracket.is_none() {
        open_from.resize(units.len() + 1, false);
        for at in visited {
            open_from[at] = true;
        }
    }
    bracket
}

fn closed_bracket(
    units: &[u32],
    open: usize,
    open_from: &[bool],
    visited: &mut Vec<usize>,
) -> Option<Bracket> {
    let mut at = open + 1;
    let negated = matches!(unit(units, at), Some('!' | '^'));
    if negated {
        at += 1;
    }
    let first = at;
    let mut members = Vec::new();
    while unit(units, at)? != ']' || at == first {
        if at > first {
            if open_from.get(at) == Some(&true) {
                return None;
            }
            visited.push(at);
        }
        at = match named_class(units, at, &mut members) {
            Some(end) => end,
            None => range(units, at, &mut members)?,
        };
    }
    Some(Bracket { class: Class::new(negated, members), end: at + 1 })
}

/// Parses `[:name:]`. An unknown class is empty.
fn named_class(units: &[u32], at: usize, members: &mut Vec<(u32, u32)>) -> Option<usize> {
    if unit(units, at) != Some('[') || unit(units, at + 1) != Some(':') {
        return None;
    }
    let start = at + 2;
    let mut name = String::new();
    while let Some(letter) = unit(units, start + name.len()).filter(char::is_ascii_alphabetic) {
        name.push(letter);
    }
    let end = start + name.len();
    if unit(units, end) != Some(':') || unit(units, end + 1) != Some(']') {
        return None;
    }
    if let Some(predicate) = named_predicate(&name) {
        for unit in (0..=u8::MAX).filter(predicate).map(u32::from) {
            match members.last_mut() {
                Some((_, high)) if *high + 1 == unit => *high = unit,
                _ => members.push((unit, unit)),
            }
        }
    }
    Some(end + 2)
}

/// Parses a member or a range. A reversed range is empty.
fn range(units: &[u32], at: usize, members: &mut Vec<(u32, u32)>) -> Option<usize> {
    let (low, at) = member(units, at)?;
    let (high, at) = match (unit(units, at), unit(units, at + 1)) {
        (Some('-'), Some(next)) if next != ']' => member(units, at + 1)?,
        _ => (low, at),
    };
    if low <= high {
        members.push((low, high));
    }
    Some(at)
}

fn member(units: &[u32], at: usize) -> Option<(u32, usize)> {
    match unit(units, at)? {
        '\\' => Some((*units.get(at + 1)?, at + 2)),
        _ => Some((*units.get(at)?, at + 1)),
    }
}

/// The unit as a character. A unit that is no character equals none.
fn unit(units: &[u32], at: usize) -> Option<char> {
    units.get(at).map(|&unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
}
