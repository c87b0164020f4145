//! Paths of the defaults file: `~`, `$V`, `${V}` and `${V:-word}`, by the crate `shellexpand`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::ops::Range;

use crate::plan::is_variable;

/// An invalid path, and the part at fault.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadPath {
    pub(super) part: Range<usize>,
    pub(super) message: String,
}

/// A variable in a path.
struct Reference<'p> {
    name: &'p str,
    has_default: bool,
    part: Range<usize>,
}

/// Expands a path. `lookup` gives the variables.
pub(super) fn expand(path: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, BadPath> {
    let references = references(path)?;
    let mut values = VecDeque::new();
    for reference in &references {
        let value = lookup(reference.name);
        if value.is_none() && !reference.has_default {
            let message = format!("{}: not set, and this path needs it", reference.name);
            return Err(BadPath { part: reference.part.clone(), message });
        }
        // shellexpand would keep an empty value, so an empty one with a default counts as not set.
        values.push_back(value.filter(|value| !value.is_empty() || !reference.has_default));
    }
    let home = lookup("HOME").filter(|home| !home.is_empty());
    if path.starts_with('~') && home.is_none() {
        return Err(BadPath { part: 0..1, message: "~ needs HOME, which is not set".to_owned() });
    }
    // shellexpand looks the variables up in the order of the path.
    let next = |_: &str| Ok::<_, Infallible>(values.pop_front().flatten());
    match shellexpand::full_with_context(path, || home, next) {
        Ok(expanded) => Ok(expanded.into_owned()),
        Err(error) => match error.cause {},
    }
}

/// The variables of a path. Other syntax of shells is an error: shellexpand would keep it, or read it in another way.
fn references(path: &str) -> Result<Vec<Reference<'_>>, BadPath> {
    let refused = |part: Range<usize>| {
        let message = "unsupported syntax in a path; write ~, $V, ${V} or ${V:-word}".to_owned();
        Err(BadPath { part, message })
    };
    if path.starts_with('~') && path.len() > 1 && !path.starts_with("~/") {
        return refused(0..path.find('/').unwrap_or(path.len()));
    }
    let mut references = Vec::new();
    let mut at = 0;
    while let Some(found) = path[at..].find('$') {
        let start = at + found;
        let rest = &path[start + 1..];
        let (body, end) = if let Some(inner) = rest.strip_prefix('{') {
            let Some(length) = inner.find('}') else { return refused(start..path.len()) };
            (&inner[..length], start + 3 + length)
        } else {
            let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '_';
            let length = rest.find(is_end).unwrap_or(rest.len());
            (&rest[..length], start + 1 + length)
        };
        let (name, word) = body.split_once(":-").map_or((body, None), |(name, word)| (name, Some(word)));
        if !is_variable(name) || word.is_some_and(|word| word.contains(['$', '{', '\\', '`', '"', '\''])) {
            return refused(start..end.max(start + 1));
        }
        references.push(Reference { name, has_default: word.is_some(), part: start..end });
        at = end;
    }
    Ok(references)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        let value = match name {
            "HOME" => "/home/me",
            "A" => "a $HOME ~",
            "E" => "",
            "T" => "~",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn a_path_may_contain_a_home_and_variables() {
        for (written, expanded) in [
            ("~", "/home/me"),
            ("~/x", "/home/me/x"),
            ("x~/~", "x~/~"),
            ("$A/x", "a $HOME ~/x"),
            ("${A}x", "a $HOME ~x"),
            ("${U:-/etc/app}/x", "/etc/app/x"),
            ("${A:-/etc}/x", "a $HOME ~/x"),
            ("${E:-/etc}$E/${E}${E:-1}", "/etc/1"),
            ("${U:-}x", "x"),
            ("${U:-~}", "~"),
            ("$T/x", "~/x"),
            ("~/${U:-a}/$A/${U:-b}", "/home/me/a/a $HOME ~/b"),
            ("/a b/é", "/a b/é"),
        ] {
            assert_eq!(expand(written, &lookup).as_deref(), Ok(expanded), "{written}");
        }
    }

    #[test]
    fn other_syntax_is_refused_at_its_place() {
        for (written, part) in [
            ("x${A", 1..4),
            ("${A:=b}", 0..7),
            ("${A-b}/x", 0..6),
            ("${A:-$HOME}", 0..11),
            ("${A:-${B}}", 0..9),
            ("$$A", 0..1),
            ("$", 0..1),
            ("x/$1", 2..4),
            ("$(x)", 0..1),
            ("~me/x", 0..3),
            ("${}", 0..3),
            ("$U/x", 0..2),
            ("${U}", 0..4),
        ] {
            assert_eq!(expand(written, &lookup).map_err(|error| error.part), Err(part), "{written}");
        }
        assert_eq!(expand("~/x", &|_| None).map_err(|error| error.part), Err(0..1));
    }
}
