//! Operators that transform a value. Secret ranges are kept.

use std::ops::Range;

use crate::template::ast::{Case, CaseScope, Greediness, ReplaceScope, Side};
use crate::template::budget::Budget;
use crate::template::characters;
use crate::template::error::ExpansionErrorKind;
use crate::template::expand::MAX_RESULT;
use crate::template::expand::case;
use crate::template::expand::substring;
use crate::template::glob::Pattern;
use crate::template::taint::TaintedBytes;

/// `${#NAME}`: the number of characters, or of bytes if the value is not UTF-8. It is as secret as the value.
pub(in crate::template) fn length(value: &TaintedBytes, secret: bool) -> TaintedBytes {
    let mut text = TaintedBytes::new();
    text.push(characters::count(value.bytes()).to_string().as_bytes(), secret);
    text
}

/// `${NAME:offset:length}`
pub(in crate::template) fn substring(
    value: &TaintedBytes,
    offset: i64,
    length: Option<i64>,
) -> Result<TaintedBytes, ExpansionErrorKind> {
    let count = characters::count(value.bytes());
    let wanted = substring::characters(count, offset, length).ok_or(ExpansionErrorKind::EndBeforeStart)?;
    Ok(value.slice(characters::byte_range(value.bytes(), wanted)))
}

/// `#`, `##`, `%`, `%%`: removes a match at one end.
pub(in crate::template) fn strip(
    value: &TaintedBytes,
    side: Side,
    greediness: Greediness,
    pattern: &[u8],
    budget: &mut Budget,
) -> Result<TaintedBytes, ExpansionErrorKind> {
    let mut pattern = Pattern::new(pattern, value.bytes(), budget);
    let matched = match side {
        Side::Front => pattern.front(greediness)?.map(|end| end..value.len()),
        Side::Back => pattern.back(greediness)?.map(|start| 0..start),
    };
    Ok(value.slice(matched.unwrap_or(0..value.len())))
}

/// `/`, `//`, `/#`, `/%`: replaces matches with a word.
pub(in crate::template) fn replace(
    value: &TaintedBytes,
    scope: ReplaceScope,
    pattern: &[u8],
    word: &TaintedBytes,
    budget: &mut Budget,
) -> Result<TaintedBytes, ExpansionErrorKind> {
    let mut pattern = Pattern::new(pattern, value.bytes(), budget);
    let matches = match scope {
        ReplaceScope::Front => pattern.front(Greediness::Longest)?.map(|end| 0..end).into_iter().collect(),
        ReplaceScope::Back => {
            pattern.back(Greediness::Longest)?.map(|start| start..value.len()).into_iter().collect()
        }
        ReplaceScope::First => pattern.matches(1)?,
        ReplaceScope::Every => pattern.matches(usize::MAX)?,
    };
    splice(value, matches, word)
}

fn splice(
    value: &TaintedBytes,
    matches: Vec<Range<usize>>,
    word: &TaintedBytes,
) -> Result<TaintedBytes, ExpansionErrorKind> {
    let mut text = TaintedBytes::new();
    let mut kept = 0;
    for matched in matches {
        text.push_from(value, kept..matched.start);
        text.append(word);
        kept = matched.end;
        if text.len() > MAX_RESULT {
            return Err(ExpansionErrorKind::TooLarge);
        }
    }
    text.push_from(value, kept..value.len());
    Ok(text)
}

/// `^`, `^^`, `,`, `,,`: changes the case of characters, or of ASCII letters if the value is not UTF-8.
pub(in crate::template) fn change_case(value: &TaintedBytes, case: Case, scope: CaseScope) -> TaintedBytes {
    let mut text = TaintedBytes::new();
    let mut at = 0;
    let is_utf8 = std::str::from_utf8(value.bytes()).is_ok();
    while at < value.len() && (scope == CaseScope::Every || at == 0) {
        let length = if is_utf8 { characters::character_at(value.bytes(), at) } else { 1 };
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
