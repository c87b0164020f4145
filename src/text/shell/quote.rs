//! Quotes arguments for a shell.

/// Quotes an argument for bash. Control characters and bytes that are not UTF-8, which could garble a terminal, are
/// escaped in `$'…'`. Otherwise the quoting is POSIX.
#[must_use]
pub fn quote(argument: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(argument) {
        Ok(text) if !text.chars().any(char::is_control) => quote_posix(argument),
        _ => quote_escaped(argument),
    }
}

/// Joins arguments to one string, which [`split`](crate::text::shell::split) and any POSIX shell split into the same
/// arguments.
#[must_use]
pub fn join<A: AsRef<[u8]>>(arguments: &[A]) -> Vec<u8> {
    let quoted: Vec<_> = arguments.iter().map(|argument| quote_posix(argument.as_ref())).collect();
    quoted.join(&b' ')
}

fn quote_posix(argument: &[u8]) -> Vec<u8> {
    let safe = |byte: &u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(byte);
    if !argument.is_empty() && argument.iter().all(safe) {
        return argument.to_vec();
    }
    let mut quoted = vec![b'\''];
    for &byte in argument {
        if byte == b'\'' {
            quoted.extend_from_slice(b"'\\''");
        } else {
            quoted.push(byte);
        }
    }
    quoted.push(b'\'');
    quoted
}

fn quote_escaped(argument: &[u8]) -> Vec<u8> {
    let mut quoted = b"$'".to_vec();
    for chunk in argument.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_escaped(&mut quoted, character);
        }
        push_hex(&mut quoted, chunk.invalid());
    }
    quoted.push(b'\'');
    quoted
}

fn push_escaped(quoted: &mut Vec<u8>, character: char) {
    let mut buffer = [0; 4];
    let bytes = character.encode_utf8(&mut buffer).as_bytes();
    match character {
        '\n' => quoted.extend_from_slice(b"\\n"),
        '\t' => quoted.extend_from_slice(b"\\t"),
        '\r' => quoted.extend_from_slice(b"\\r"),
        '\'' | '\\' => quoted.extend_from_slice(&[b'\\', bytes[0]]),
        _ if character.is_control() => push_hex(quoted, bytes),
        _ => quoted.extend_from_slice(bytes),
    }
}

fn push_hex(quoted: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        // Bash reads at most two digits, so a following digit is not part of the escape.
        quoted.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_changes_an_argument_only_if_needed() {
        assert_eq!(quote(b"--a=b/c.d"), b"--a=b/c.d");
        assert_eq!(quote(b""), b"''");
        assert_eq!(quote(b"it's"), b"'it'\\''s'");
        assert_eq!(quote(b"a\nb\x1b\xff'\xc3\xa9"), b"$'a\\nb\\x1b\\xff\\'\xc3\xa9'");
    }
}
