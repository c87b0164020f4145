//! `[…]` in a pattern.

use std::fmt::Write;

/// A parsed bracket: the regular expression that means the same, and where the bracket ends.
pub(super) struct Bracket {
    pub(super) class: String,
    pub(super) end: usize,
}

/// Classes that have a name; ASCII, since there is no locale.
const CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// Reads the bracket behind the `[` at `open`, or nothing if it is not closed. `units` are characters or
/// bytes, as the pattern is matched. `open_from` remembers the places from which nothing was closed, so that
/// many open brackets take no longer than one.
pub(super) fn bracket(units: &[u32], open: usize, open_from: &mut Vec<bool>) -> Option<Bracket> {
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
    let mut class = String::new();
    while unit(units, at)? != ']' || at == first {
        if at > first {
            if open_from.get(at) == Some(&true) {
                return None;
            }
            visited.push(at);
        }
        at = match named_class(units, at, &mut class) {
            Some(end) => end,
            None => range(units, at, &mut class)?,
        };
    }
    let class = match (negated, class.is_empty()) {
        (false, false) => format!("[{class}]"),
        (true, false) => format!("[^{class}]"),
        (false, true) => NEVER.to_owned(),
        (true, true) => ".".to_owned(),
    };
    Some(Bracket { class, end: at + 1 })
}

/// A class without members.
const NEVER: &str = "[a&&b]";

/// `[:name:]`; an unknown name has no members.
fn named_class(units: &[u32], at: usize, class: &mut String) -> Option<usize> {
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
    if CLASSES.contains(&name.as_str()) {
        // Writing to a string cannot fail.
        let _ = write!(class, "[:{name}:]");
    }
    Some(end + 2)
}

/// One member, or a range of them; a range that runs backwards has no members.
fn range(units: &[u32], at: usize, class: &mut String) -> Option<usize> {
    let (low, at) = member(units, at)?;
    let (high, at) = match (unit(units, at), unit(units, at + 1)) {
        (Some('-'), Some(next)) if next != ']' => member(units, at + 1)?,
        _ => (low, at),
    };
    if low <= high {
        let _ = write!(class, "\\x{{{low:x}}}-\\x{{{high:x}}}");
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
