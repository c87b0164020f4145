//! Units of a value: characters if it is UTF-8, otherwise bytes.

use std::ops::Range;

/// The length in bytes of the character at `at`: 1 if the bytes are not UTF-8, 0 at the end.
pub(super) fn character_at(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at.min(bytes.len())..];
    let window = &rest[..rest.len().min(4)];
    let whole = match std::str::from_utf8(window) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&window[..error.valid_up_to()]).unwrap_or_default(),
    };
    whole.chars().next().map_or(window.len().min(1), char::len_utf8)
}

/// The number of characters, or of bytes if they are not UTF-8.
pub(super) fn count(bytes: &[u8]) -> usize {
    std::str::from_utf8(bytes).map_or(bytes.len(), |text| text.chars().count())
}

/// The bytes of a range of characters, clipped to the value.
pub(super) fn byte_range(bytes: &[u8], characters: Range<usize>) -> Range<usize> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        let end = characters.end.min(bytes.len());
        return characters.start.min(end)..end;
    };
    let mut offsets = text.char_indices().map(|(at, _)| at).chain(std::iter::once(text.len()));
    let start = offsets.nth(characters.start).unwrap_or(text.len());
    let end = match characters.len() {
        0 => start,
        length => offsets.nth(length - 1).unwrap_or(text.len()),
    };
    start..end
}
