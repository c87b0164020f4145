//! Arguments written for a shell.

/// One argument as it must be written for bash to read it back. POSIX quoting where that will do, `$'…'`
/// where control characters or bytes that are not UTF-8 would spoil a terminal.
#[must_use]
pub fn quote(argument: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(argument) {
        Ok(text) if !text.chars().any(char::is_control) => quote_posix(argument),
        _ => quote_escaped(argument),
    }
}

/// Arguments as one string that [`shell_words`](crate::text::shell::split::shell_words) and any POSIX shell split into the same arguments.
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
        // Never more than two digits are read back, so what follows cannot be taken for a third.
        quoted.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_changes_only_what_needs_it() {
        assert_eq!(quote(b"--a=b/c.d"), b"--a=b/c.d");
        assert_eq!(quote(b""), b"''");
        assert_eq!(quote(b"it's"), b"'it'\\''s'");
        assert_eq!(quote(b"a\nb\x1b\xff'\xc3\xa9"), b"$'a\\nb\\x1b\\xff\\'\xc3\xa9'");
    }
}
