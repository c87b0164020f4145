//! Removes the escape sequences of terminals (ECMA-48): colours, cursor movements, titles.

use std::borrow::Cow;

const ESCAPE: u8 = 0x1B;

/// The line without its escape sequences.
pub(crate) fn remove(line: &[u8]) -> Cow<'_, [u8]> {
    if !line.contains(&ESCAPE) {
        return Cow::Borrowed(line);
    }
    let mut text = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.iter().position(|byte| *byte == ESCAPE) {
        text.extend_from_slice(&rest[..at]);
        rest = &rest[at + length(&rest[at..])..];
    }
    text.extend_from_slice(rest);
    Cow::Owned(text)
}

/// The length of the escape sequence at the beginning. One that is not complete reaches to the end.
fn length(sequence: &[u8]) -> usize {
    let end_of = |from: usize, is_end: fn(u8) -> bool| {
        let found = sequence[from..].iter().position(|byte| is_end(*byte));
        found.map_or(sequence.len(), |at| from + at + 1)
    };
    match sequence.get(1) {
        // Parameters, and then a letter.
        Some(b'[') => end_of(2, |byte| (0x40..=0x7E).contains(&byte)),
        // A string that ends with BEL, or with ESC and a backslash.
        Some(b']' | b'P' | b'X' | b'^' | b'_') => {
            let end = end_of(2, |byte| matches!(byte, 0x07 | ESCAPE));
            let is_escape = sequence.get(end - 1) == Some(&ESCAPE) && sequence.get(end) == Some(&b'\\');
            end + usize::from(is_escape)
        }
        // Intermediate bytes, and then a final one.
        Some(_) => end_of(1, |byte| !(0x20..=0x2F).contains(&byte)),
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn colours_titles_and_charsets_are_removed() {
        for (line, text) in [
            (&b"\x1b[1;32mready\x1b[0m now"[..], &b"ready now"[..]),
            (b"\x1b]0;title\x07ready\x1b]8;;http://x\x1b\\link", b"readylink"),
            (b"\x1b(Bready\x1bM", b"ready"),
            (b"ready\x1b[1", b"ready"),
            (b"ready\x1b", b"ready"),
            (b"ready\x1b]0;title", b"ready"),
            (b"\x1b[?25lready", b"ready"),
            (b"plain", b"plain"),
        ] {
            assert_eq!(*remove(line), *text, "{}", line.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_lose_their_escapes_and_gain_nothing(
            line in proptest::collection::vec(prop_oneof![Just(ESCAPE), Just(b'['), Just(b']'), Just(b'\\'), any::<u8>()], 0..40),
        ) {
            let text = remove(&line).into_owned();
            prop_assert!(!text.contains(&ESCAPE) && text.len() <= line.len());
        }
    }
}
