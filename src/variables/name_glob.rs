//! Globs over variable names: `*` is any text and `?` one character.

/// A glob over variable names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NameGlob(Vec<u8>);

impl NameGlob {
    /// `None` if the glob can never match a name of the environment or of an env file.
    pub(super) fn new(glob: &str) -> Option<Self> {
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-*?".contains(&byte);
        let is_first = |byte: u8| byte.is_ascii_alphabetic() || b"_*?".contains(&byte);
        let is_possible = glob.bytes().next().is_some_and(is_first) && glob.bytes().all(is_valid);
        is_possible.then(|| Self(glob.into()))
    }

    /// Whether the glob contains a wildcard.
    pub(super) fn is_pattern(&self) -> bool {
        self.0.iter().any(|byte| matches!(byte, b'*' | b'?'))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn matches(&self, name: &[u8]) -> bool {
        let glob = &self.0;
        let (mut g, mut n) = (0, 0);
        // Where to go on if the text after the last `*` does not match: one character later.
        let mut retry = None;
        while n < name.len() {
            match glob.get(g) {
                Some(b'*') => {
                    retry = Some((g, n));
                    g += 1;
                }
                Some(byte) if *byte == b'?' || *byte == name[n] => {
                    g += 1;
                    n += 1;
                }
                _ => {
                    let Some((star, start)) = retry else { return false };
                    retry = Some((star, start + 1));
                    g = star + 1;
                    n = start + 1;
                }
            }
        }
        glob[g..].iter().all(|byte| *byte == b'*')
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    #[test]
    fn a_glob_that_can_never_match_a_name_is_refused() {
        for glob in ["", "9*", "A B", "[AB]", "é", "-A", "$A", "A=", "\\*"] {
            assert_eq!(NameGlob::new(glob), None, "{glob}");
        }
        for glob in ["*", "?", "A", "_*", "*_KEY", "a.b-*", "*9"] {
            assert!(NameGlob::new(glob).is_some(), "{glob}");
        }
    }

    proptest! {
        #[test]
        fn a_glob_matches_as_its_regular_expression(glob in "[AB*?]{1,8}", name in "[AB]{0,8}") {
            let regex = glob.replace('*', ".*").replace('?', ".");
            let expected = Regex::new(&format!("^{regex}$")).expect("it is valid").is_match(&name);
            prop_assert_eq!(NameGlob::new(&glob).expect("it is possible").matches(name.as_bytes()), expected);
        }
    }
}
