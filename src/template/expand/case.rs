//! Case mapping of single characters.

use crate::template::ast::Case;

/// Maps a character by Unicode's simple case mapping. A character whose mapping has several characters, such
/// as `ß`, stays.
pub(in crate::template) fn change(character: char, case: Case) -> char {
    match case {
        Case::Upper => single(character.to_uppercase()).unwrap_or_else(|| iota_subscript_upper(character)),
        // Its full mapping is two characters, its simple mapping is `i`.
        Case::Lower if character == '\u{130}' => 'i',
        Case::Lower => single(character.to_lowercase()).unwrap_or(character),
    }
}

fn single(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next()?;
    characters.next().is_none().then_some(first)
}

/// Greek letters with iota subscript: their full mapping is two characters, their simple mapping is one.
fn iota_subscript_upper(character: char) -> char {
    let distance = match character {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => 0,
    };
    char::from_u32(u32::from(character) + distance).unwrap_or(character)
}
