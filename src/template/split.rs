//! Several arguments out of one string, by shell quoting.

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
}
