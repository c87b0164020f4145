//! Detects password hashes in templates.

use std::ops::Range;

/// Schemes whose settings follow the name, so that the name alone identifies a hash.
const NAMED: [&[u8]; 8] = [
    b"argon2i",
    b"argon2d",
    b"argon2id",
    b"scrypt",
    b"pbkdf2",
    b"pbkdf2-sha1",
    b"pbkdf2-sha256",
    b"pbkdf2-sha512",
];

/// Schemes with a short name, followed by a salt and a hash.
const SALTED: [&[u8]; 9] = [b"1", b"5", b"6", b"7", b"y", b"gy", b"md5", b"sha1", b"apr1"];

/// The dollars of every hash: in front of the scheme, its settings or salt, and the hash.
const FEWEST_DOLLARS: usize = 3;

/// The shortest hash of these schemes.
const SHORTEST_HASH: usize = 20;

/// The ranges of a template that look like hashes of crypt(5), such as `$2b$12$Pg8A`.
pub(in crate::template) fn spans(source: &[u8]) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    if source.split(|&byte| byte == b'$').nth(FEWEST_DOLLARS).is_none() {
        return spans;
    }
    let mut at = 0;
    while let Some(dollar) = source[at..].iter().position(|&byte| byte == b'$') {
        let start = at + dollar;
        let length = source[start..].iter().take_while(|&&byte| is_part(byte)).count();
        at = start + length;
        if is_hash(&source[start + 1..at]) {
            spans.push(start..at);
        }
    }
    spans
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"$./=,+-_".contains(&byte)
}

/// Whether the text after the first dollar is a scheme, its settings and a hash.
fn is_hash(text: &[u8]) -> bool {
    let mut fields = text.split(|&byte| byte == b'$');
    let scheme = fields.next().unwrap_or_default();
    let Some(first) = fields.next() else { return false };
    match scheme {
        [b'2'] | [b'2', b'a' | b'b' | b'x' | b'y'] => {
            first.len() == 2 && first.iter().all(u8::is_ascii_digit) && fields.next().is_some()
        }
        _ if NAMED.contains(&scheme) => fields.next().is_some(),
        _ if SALTED.contains(&scheme) => fields.next_back().is_some_and(|hash| hash.len() >= SHORTEST_HASH),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_hashes_are_recognised() {
        for hash in [
            "$2b$12$Pg8A",
            "$2y$10$abcdefghijklmnopqrstuuWzjC6LJ4YCj6RZ7CCIMaXG.vMTOYWTW",
            "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
            "$6$rounds=5000$salt$FnK6UPKCcNGsHkqSu4Sn0xZ0yDLTNo7u0ZVRBBPm8tZ",
            "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
            "$apr1$Mol5hwsx$lBPrCzAXd2WUHR/J9YAJz1",
            "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b7dWRWJTmaaJObG",
            "$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44",
        ] {
            let template = format!("user:{hash}:x {hash}");
            let expected = [5..5 + hash.len(), 8 + hash.len()..8 + 2 * hash.len()];
            assert_eq!(spans(template.as_bytes()), expected, "{hash}");
        }
    }

    #[test]
    fn other_texts_with_dollars_are_no_password_hashes() {
        for text in [
            "$HOME/$1$A",
            "$1$a$b",
            "$$2b$$12$$Pg8A",
            "$2b$12",
            "$y$x$z",
            "$6$",
            "a$2b$xx$Pg8A",
            "$argon2id",
            "$",
        ] {
            assert!(spans(text.as_bytes()).is_empty(), "{text}");
        }
    }
}
