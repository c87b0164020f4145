//! Characters where bytes are UTF-8, else bytes.

use std::ops::Range;

/// The length of the character that starts at `at`: one byte where the bytes are not UTF-8, none at the end.
pub(super) fn character_at(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at.min(bytes.len())..];
    let window = &rest[..rest.len().min(4)];
    let whole = match std::str::from_utf8(window) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&window[..error.valid_up_to()]).unwrap_or_default(),
    };
    whole.chars().next().map_or(window.len().min(1), char::len_utf8)
}

/// How many characters there are.
pub(super) fn count(bytes: &[u8]) -> usize {
    std::str::from_utf8(bytes).map_or(bytes.len(), |text| text.chars().count())
}

/// The bytes of the characters `characters`; what lies behind the last one is left out.
pub(super) fn byte_range(bytes: &[u8], characters: Range<usize>) -> Range<usize> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        let end = characters.end.min(bytes.len());
        return characters.start.min(end)..end;
    };
    let mut places = text.char_indices().map(|(at, _)| at).chain(std::iter::once(text.len()));
    let start = places.nth(characters.start).unwrap_or(text.len());
    let end = match characters.len() {
        0 => start,
        length => places.nth(length - 1).unwrap_or(text.len()),
    };
    start..end
}
