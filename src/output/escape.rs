//! Text as it stands in a JSON string (RFC 8259, section 7).

/// Appends bytes as the inside of a JSON string. Returns whether they were UTF-8; what was not is written as U+FFFD.
pub(super) fn escape(bytes: &[u8], out: &mut Vec<u8>) -> bool {
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

/// Whether nothing has to be escaped. Without a branch in the loop, so that many bytes are looked at at once.
fn is_plain(bytes: &[u8]) -> bool {
    let special = |byte: u8| byte.wrapping_sub(0x20) >= 0x60 || byte == b'"' || byte == b'\\';
    !bytes.iter().fold(false, |any, byte| any | special(*byte))
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
