//! Text of other programs within a message of monofy.

use std::fmt::Write;
use std::io;

use crate::text::escape_sequences;

/// The longest excerpt, in characters.
const LONGEST: usize = 200;

/// A line of another program, such as its error message: without escape sequences and the white space around it, with
/// the control characters escaped, and cut after 200 characters.
pub(crate) fn of_line(line: &[u8]) -> String {
    let text = escape_sequences::remove(line);
    let text = String::from_utf8_lossy(&text);
    let mut excerpt = String::new();
    for (index, character) in text.trim().chars().enumerate() {
        if index == LONGEST {
            excerpt.push_str("...");
            break;
        }
        if character.is_control() {
            let _ = write!(excerpt, "{}", character.escape_default());
        } else {
            excerpt.push(character);
        }
    }
    excerpt
}

/// An error of the system as a part of a sentence: `connection refused`.
pub(crate) fn of_error(error: &io::Error) -> String {
    let mut text = error.to_string();
    text.truncate(text.find(" (os error").unwrap_or(text.len()));
    // Not that of an abbreviation.
    if text.as_bytes().get(1).is_some_and(u8::is_ascii_lowercase)
        && let Some(first) = text.get_mut(..1)
    {
        first.make_ascii_lowercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_of_printable_characters() {
        for (line, excerpt) in [
            (&b"  no response\r\n"[..], "no response"),
            (b"\x1b[31merror\x1b[0m: a\tb\x07", "error: a\\tb\\u{7}"),
            (b"\xffx", "\u{fffd}x"),
            (b"", ""),
            (b" \r\n", ""),
        ] {
            assert_eq!(of_line(line), excerpt);
        }
    }

    #[test]
    fn an_error_of_the_system_is_a_part_of_a_sentence() {
        for (errno, text) in
            [(111, "connection refused"), (2, "no such file or directory"), (5, "input/output error")]
        {
            assert_eq!(of_error(&io::Error::from_raw_os_error(errno)), text);
        }
        assert_eq!(of_error(&io::Error::other("NFS is gone")), "NFS is gone");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let line = "\u{e4}".repeat(LONGEST + 1);
        assert_eq!(of_line(line.as_bytes()), "\u{e4}".repeat(LONGEST) + "...");
        assert_eq!(of_line(&line.as_bytes()[2..]), "\u{e4}".repeat(LONGEST));
    }
}
