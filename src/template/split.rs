//! Shell quoting: reading several arguments out of one string, and writing arguments for a shell.

use std::fmt;

use super::ast::Part;
use super::fields::split_parts;
use super::text::Text;

/// A quote that nothing closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnbalancedQuote {
    /// Where it stands.
    pub at: usize,
}

impl fmt::Display for UnbalancedQuote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a quote is never closed")
    }
}

impl std::error::Error for UnbalancedQuote {}

/// Splits at blanks and newlines, with quotes and backslashes as in a POSIX shell; nothing is expanded and
/// nothing is a comment.
///
/// # Errors
///
/// When a quote is not closed.
pub fn shell_words(bytes: &[u8]) -> Result<Vec<Vec<u8>>, UnbalancedQuote> {
    let mut text = Text::new();
    text.push_literal(bytes);
    Ok(shell_texts(&text)?.into_iter().map(Text::into_bytes).collect())
}

/// Splits a text; its words keep what is known of their bytes.
pub(super) fn shell_texts(text: &Text) -> Result<Vec<Text>, UnbalancedQuote> {
    let whole = [Part::Literal(0..text.len())];
    let words = split_parts(text.bytes(), &whole)?;
    Ok(words.iter().map(|word| join_parts(text, word)).collect())
}

fn join_parts(text: &Text, word: &[Part]) -> Text {
    let mut joined = Text::new();
    for part in word {
        if let Part::Literal(span) = part {
            joined.push_from(text, span.clone());
        }
    }
    joined
}

/// One argument as it must be written for bash to read it back. POSIX quoting where that will do, `$'…'`
/// where control characters or bytes that are not UTF-8 would spoil a terminal.
#[must_use]
pub fn quote(argument: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(argument) {
        Ok(text) if !text.chars().any(char::is_control) => quote_posix(argument),
        _ => quote_escaped(argument),
    }
}

/// Arguments as one string that [`shell_words`] and any POSIX shell split into the same arguments.
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

    fn words(text: &str) -> Vec<String> {
        let words = shell_words(text.as_bytes()).expect("balanced");
        words.into_iter().map(|word| String::from_utf8(word).expect("UTF-8")).collect()
    }

    #[test]
    fn blanks_and_newlines_separate_and_quotes_group() {
        assert_eq!(words(" a  'b c'\t\"d e\"\nf\\ g "), ["a", "b c", "d e", "f g"]);
        assert_eq!(words(""), [""; 0]);
    }

    #[test]
    fn empty_quotes_are_a_word() {
        assert_eq!(words("'' a\"\"b \"\""), ["", "ab", ""]);
    }

    #[test]
    fn in_double_quotes_a_backslash_quotes_what_a_shell_says() {
        assert_eq!(words(r#""\$\`\"\\\a""#), [r#"$`"\\a"#]);
        assert_eq!(words("\"a\\\nb\""), ["ab"]);
        assert_eq!(words("a\\\nb"), ["ab"]);
    }

    #[test]
    fn a_number_sign_is_no_comment_and_a_last_backslash_stays() {
        assert_eq!(words(r"a # b\"), ["a", "#", r"b\"]);
    }

    #[test]
    fn an_open_quote_is_told_with_its_place() {
        assert_eq!(shell_words(b"it's"), Err(UnbalancedQuote { at: 2 }));
        assert_eq!(shell_words(b"'a' \"b"), Err(UnbalancedQuote { at: 4 }));
    }

    #[test]
    fn quoting_changes_only_what_needs_it() {
        assert_eq!(quote(b"--a=b/c.d"), b"--a=b/c.d");
        assert_eq!(quote(b""), b"''");
        assert_eq!(quote(b"it's"), b"'it'\\''s'");
        assert_eq!(quote(b"a\nb\x1b\xff'\xc3\xa9"), b"$'a\\nb\\x1b\\xff\\'\xc3\xa9'");
    }
}
