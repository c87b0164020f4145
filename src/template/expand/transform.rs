//! What an operator makes of a value. The origin of every byte is kept.

use std::ops::Range;

use crate::template::ast::{Case, CaseScope, Greediness, Place, Side};
use crate::template::characters;
use crate::template::expand::LARGEST;
use crate::template::expand::case;
use crate::template::expand::substring;
use crate::template::glob::{Budget, Pattern};
use crate::template::problem::ProblemKind;
use crate::template::taint::TaintedBytes;

/// How many characters, or bytes where they are none; as secret as the value.
pub(in crate::template) fn length(value: &TaintedBytes, secret: bool) -> TaintedBytes {
    let mut text = TaintedBytes::new();
    text.push(characters::count(value.bytes()).to_string().as_bytes(), secret);
    text
}

pub(in crate::template) fn substring(
    value: &TaintedBytes,
    offset: i64,
    length: Option<i64>,
) -> Result<TaintedBytes, ProblemKind> {
    let count = characters::count(value.bytes());
    let wanted = substring::characters(count, offset, length).ok_or(ProblemKind::EndBeforeStart)?;
    Ok(value.slice(characters::byte_range(value.bytes(), wanted)))
}

/// Takes what matches off one end.
pub(in crate::template) fn strip(
    value: &TaintedBytes,
    side: Side,
    reach: Greediness,
    pattern: &[u8],
    steps: &mut Budget,
) -> Result<TaintedBytes, ProblemKind> {
    let mut pattern = Pattern::new(pattern, value.bytes(), steps);
    let matched = match side {
        Side::Front => pattern.front(reach)?.map(|end| end..value.len()),
        Side::Back => pattern.back(reach)?.map(|start| 0..start),
    };
    Ok(value.slice(matched.unwrap_or(0..value.len())))
}

/// Puts a word in the place of what matches.
pub(in crate::template) fn replace(
    value: &TaintedBytes,
    place: Place,
    pattern: &[u8],
    word: &TaintedBytes,
    steps: &mut Budget,
) -> Result<TaintedBytes, ProblemKind> {
    let mut pattern = Pattern::new(pattern, value.bytes(), steps);
    let matches = match place {
        Place::Front => pattern.front(Greediness::Longest)?.map(|end| 0..end).into_iter().collect(),
        Place::Back => {
            pattern.back(Greediness::Longest)?.map(|start| start..value.len()).into_iter().collect()
        }
        Place::First => pattern.matches(1)?,
        Place::Every => pattern.matches(usize::MAX)?,
    };
    splice(value, matches, word)
}

fn splice(
    value: &TaintedBytes,
    matches: Vec<Range<usize>>,
    word: &TaintedBytes,
) -> Result<TaintedBytes, ProblemKind> {
    let mut text = TaintedBytes::new();
    let mut kept = 0;
    for matched in matches {
        text.push_from(value, kept..matched.start);
        text.push_text(word);
        kept = matched.end;
        if text.len() > LARGEST {
            return Err(ProblemKind::TooLarge);
        }
    }
    text.push_from(value, kept..value.len());
    Ok(text)
}

/// Changes characters where the value is UTF-8, else ASCII letters.
pub(in crate::template) fn change_case(value: &TaintedBytes, case: Case, many: CaseScope) -> TaintedBytes {
    let mut text = TaintedBytes::new();
    let mut at = 0;
    let whole = std::str::from_utf8(value.bytes()).is_ok();
    while at < value.len() && (many == CaseScope::Every || at == 0) {
        let length = if whole { characters::character_at(value.bytes(), at) } else { 1 };
        push_changed(&mut text, value, at..at + length, case);
        at += length;
    }
    text.push_from(value, at..value.len());
    text
}

fn push_changed(text: &mut TaintedBytes, value: &TaintedBytes, character: Range<usize>, case: Case) {
    let bytes = &value.bytes()[character.clone()];
    let changed = std::str::from_utf8(bytes).ok().and_then(|text| text.chars().next());
    match changed {
        Some(old) => {
            let mut buffer = [0; 4];
            let new = case::change(old, case).encode_utf8(&mut buffer);
            text.push(new.as_bytes(), value.is_secret(&character));
        }
        None => text.push_from(value, character),
    }
}
