//! Upper and lower case of one character.

use crate::template::ast::Case;

/// The one character that `character` becomes, as Unicode's simple mapping has it. A character that would
/// become several, such as `ß`, stays.
pub(in crate::template) fn change(character: char, case: Case) -> char {
    match case {
        Case::Upper => only(character.to_uppercase()).unwrap_or_else(|| with_iota(character)),
        // The full mapping of this one gives two characters, the simple one an `i`.
        Case::Lower if character == '\u{130}' => 'i',
        Case::Lower => only(character.to_lowercase()).unwrap_or(character),
    }
}

fn only(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next()?;
    characters.next().is_none().then_some(first)
}

/// Greek letters with an iota below: the full mapping writes the iota beside them, the simple one keeps it.
fn with_iota(character: char) -> char {
    let distance = match character {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => 0,
    };
    char::from_u32(u32::from(character) + distance).unwrap_or(character)
}
