//! `[…]` in a pattern.

/// A parsed bracket, and where it ends.
pub(in crate::template) struct Bracket {
    pub(in crate::template) class: Class,
    pub(in crate::template) end: usize,
}

/// The units that a bracket matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::template) struct Class {
    negated: bool,
    /// From the first to the last unit of each range; ascending, and none touches the next.
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

    /// Whether a unit is one of them.
    pub(in crate::template) fn holds(&self, unit: u32) -> bool {
        let range = self.ranges.partition_point(|range| range.1 < unit);
        self.ranges.get(range).is_some_and(|range| range.0 <= unit) != self.negated
    }
}

/// Whether a byte is in the class of this name; ASCII, since there is no locale.
fn named(name: &str) -> Option<fn(&u8) -> bool> {
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

/// Reads the bracket behind the `[` at `open`, or nothing if it is not closed. `units` are characters or
/// bytes, as the pattern is matched. `open_from` remembers the places from which nothing was closed, so that
/// many open brackets take no longer than one.
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

/// `[:name:]`; an unknown name has no members.
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
    if let Some(holds) = named(&name) {
        for unit in (0..=u8::MAX).filter(holds).map(u32::from) {
            match members.last_mut() {
                Some((_, high)) if *high + 1 == unit => *high = unit,
                _ => members.push((unit, unit)),
            }
        }
    }
    Some(end + 2)
}

/// One member, or a range of them; a range that runs backwards has no members.
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

/// The unit as a character to compare with; what is none compares with nothing.
fn unit(units: &[u32], at: usize) -> Option<char> {
    units.get(at).map(|&unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
}
