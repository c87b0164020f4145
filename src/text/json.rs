//! JSON strings (RFC 8259, section 7).

/// Appends the bytes, escaped for a JSON string. Returns whether they are UTF-8. Invalid sequences become U+FFFD.
pub(crate) fn escape(bytes: &[u8], out: &mut Vec<u8>) -> bool {
    if is_plain(bytes) {
        out.extend_from_slice(bytes);
        return true;
    }
    let mut is_utf8 = true;
    for chunk in bytes.utf8_chunks() {
        escape_text(chunk.valid().as_bytes(), out);
        if !chunk.invalid().is_empty() {
            is_utf8 = false;
            out.extend_from_slice("\u{FFFD}".as_bytes());
        }
    }
    is_utf8
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHEST: u64 = 0x8080_8080_8080_8080;

/// Whether all bytes are ASCII and none needs an escape. It checks eight bytes at a time, by hand, since this is hot and
/// the compiler does not vectorise it.
fn is_plain(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let marks = words.iter().fold(0, |marks, word| marks | mark(u64::from_ne_bytes(*word)));
    let mut last = [b' '; 8];
    last[..rest.len()].copy_from_slice(rest);
    (marks | mark(u64::from_ne_bytes(last))) & HIGHEST == 0
}

/// Sets the highest bit of some byte if any byte is a control character, a quote, a backslash or not ASCII. In the
/// subtraction a byte that is less than the other borrows from its own highest bit, which was not set.
fn mark(word: u64) -> u64 {
    let less = |word: u64, than: u8| word.wrapping_sub(ONES * u64::from(than)) & !word;
    let equal = |byte: u8| less(word ^ (ONES * u64::from(byte)), 1);
    less(word, b' ') | equal(b'"') | equal(b'\\') | word
}

fn escape_text(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')) {
        out.extend_from_slice(&rest[..at]);
        escape_byte(rest[at], out);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

fn escape_byte(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0C => b'f',
        _ => {
            out.extend_from_slice(b"\\u00");
            out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            return;
        }
    };
    out.extend([b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_special_byte_is_found_at_any_offset_beside_any_other() {
        for special in
            (0..=0xFF_u8).filter(|byte| *byte < 0x20 || *byte > 0x7F || matches!(byte, b'"' | b'\\'))
        {
            for (length, beside) in [(1, b'a'), (8, b'!'), (9, b' '), (23, 0x7F), (23, b'#'), (23, b'[')] {
                for place in 0..length {
                    let mut bytes = vec![beside; length];
                    assert!(is_plain(&bytes));
                    bytes[place] = special;
                    assert!(!is_plain(&bytes), "{special} at {place} of {length}");
                }
            }
        }
    }
}
