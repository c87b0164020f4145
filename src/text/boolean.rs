//! Truth values as environment variables write them.

/// Parses `true`, `yes`, `on`, `1`, `y`, `t` and their opposites in any case.
#[must_use]
pub fn parse(text: &[u8]) -> Option<bool> {
    if is_one_of(text, &["true", "yes", "on", "1", "y", "t"]) {
        Some(true)
    } else if is_one_of(text, &["false", "no", "off", "0", "n", "f"]) {
        Some(false)
    } else {
        None
    }
}

/// Whether a condition with this value fails: empty, or one of the words for false.
#[must_use]
pub fn is_false(text: &[u8]) -> bool {
    text.is_empty() || parse(text) == Some(false)
}

fn is_one_of(text: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parsed_in_any_case() {
        for word in ["true", "YES", "On", "1", "Y", "t"] {
            assert_eq!(parse(word.as_bytes()), Some(true), "{word}");
        }
        for word in ["false", "NO", "Off", "0", "N", "f"] {
            assert_eq!(parse(word.as_bytes()), Some(false), "{word}");
        }
        for word in ["", "2", "tru", "none", " 1"] {
            assert_eq!(parse(word.as_bytes()), None, "{word}");
        }
    }

    #[test]
    fn empty_and_the_words_for_false_are_false() {
        assert!(is_false(b"") && is_false(b"No") && is_false(b"0"));
        assert!(!is_false(b"yes") && !is_false(b"anything") && !is_false(b" "));
    }
}
