//! Splitting bytes into lines: the result does not depend on how the bytes were cut.

use monofy::output::{LineAssembler, LineSink, MAX_PART, Part};
use proptest::prelude::*;

/// Records each part with whether it begins and ends its line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts {
    taken: Vec<(Vec<u8>, bool, bool)>,
    /// How many times in a row it has room before it has none once.
    patience: Option<usize>,
    asked: usize,
}

impl LineSink for Parts {
    fn has_room(&mut self) -> bool {
        self.asked += 1;
        self.patience.is_none_or(|patience| !self.asked.is_multiple_of(patience + 1))
    }

    fn take(&mut self, part: Part<'_>) {
        self.taken.push((part.bytes.to_vec(), part.begins, part.ends));
    }
}

fn assemble(pieces: &[&[u8]], patience: Option<usize>) -> Vec<(Vec<u8>, bool, bool)> {
    let (mut assembler, mut parts) = (LineAssembler::default(), Parts { patience, ..Parts::default() });
    for piece in pieces {
        let mut piece = *piece;
        while !piece.is_empty() {
            let taken = assembler.feed(piece, &mut parts);
            piece = &piece[taken..];
        }
    }
    while !assembler.finish(&mut parts) {}
    assert!(assembler.is_empty());
    parts.taken
}

/// The expected lines: what newlines separate, and a last line without a newline.
fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    if lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines
}

/// Joins parts into lines.
fn joined(parts: &[(Vec<u8>, bool, bool)]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut is_within = false;
    for (bytes, begins, ends) in parts {
        assert_eq!(*begins, !is_within, "a line begins where another has ended, and nowhere else");
        if *begins {
            lines.push(Vec::new());
        }
        lines.last_mut().expect("a line has begun").extend(bytes);
        is_within = !ends;
    }
    assert!(!is_within, "the last line ends");
    lines
}

/// Bytes with newlines, multi-byte characters, invalid UTF-8, and lines about as long as [`MAX_PART`].
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => "[a-z]{0,12}".prop_map(String::into_bytes),
        3 => Just(b"\n".to_vec()),
        2 => Just("\u{20AC}\u{1F980}".as_bytes().to_vec()),
        1 => Just(vec![0xFF, 0xE2, 0x82]),
        1 => (MAX_PART - 3..MAX_PART + 3).prop_map(|size| vec![b'x'; size]),
        1 => Just("\u{20AC}".repeat(MAX_PART / 3 + 1).into_bytes()),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Cuts bytes at these places, in permille of their length.
fn cut<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| bytes.len() * place / 1000).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_parts_do_not_depend_on_where_the_bytes_are_cut(
        bytes in text(),
        places in proptest::collection::vec(0..1000_usize, 0..40),
        patience in proptest::option::of(1..5_usize),
    ) {
        let whole = assemble(&[&bytes], None);
        prop_assert_eq!(&assemble(&cut(&bytes, &places), patience), &whole);
        prop_assert_eq!(joined(&whole), lines(&bytes));
    }

    #[test]
    fn bytes_fed_one_by_one_give_the_same_parts(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..200)) {
        let ones: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(assemble(&ones, None), assemble(&[&bytes], None));
    }
}

#[test]
fn a_line_of_the_maximum_length_is_one_part_and_a_longer_one_is_cut_between_characters() {
    let part = |bytes: &[u8], begins, ends| (bytes.to_vec(), begins, ends);
    let at = vec![b'x'; MAX_PART];
    assert_eq!(assemble(&[&at, b"\n"], None), [part(&at, true, true)]);
    assert_eq!(assemble(&[&at, b"y\n"], None), [part(&at, true, false), part(b"y", false, true)]);
    let mut text = vec![b'x'; MAX_PART - 1];
    text.extend("\u{20AC}z".as_bytes());
    let parts = assemble(&[&text], None);
    assert_eq!(parts, [part(&at[1..], true, false), part("\u{20AC}z".as_bytes(), false, true)]);
}

#[test]
fn the_rest_of_an_interrupted_line_is_a_new_line() {
    let (mut assembler, mut parts) = (LineAssembler::default(), Parts::default());
    let long = vec![b'x'; MAX_PART + 1];
    assembler.feed(&long, &mut parts);
    assembler.interrupt();
    assembler.feed(b"y\nz\n", &mut parts);
    let rest: Vec<_> = parts.taken[1..].to_vec();
    assert_eq!(rest, [(b"xy".to_vec(), true, true), (b"z".to_vec(), true, true)]);
}

#[test]
fn an_empty_rest_of_an_interrupted_line_is_no_line() {
    let (mut assembler, mut parts) = (LineAssembler::default(), Parts::default());
    assembler.feed(&vec![b'x'; MAX_PART], &mut parts);
    assembler.feed("\u{20AC}".as_bytes(), &mut parts);
    let before = parts.taken.len();
    assembler.interrupt();
    assembler.feed(b"\n\n", &mut parts);
    assert_eq!(
        parts.taken[before..],
        [("\u{20AC}".as_bytes().to_vec(), true, true), (Vec::new(), true, true)]
    );
}
