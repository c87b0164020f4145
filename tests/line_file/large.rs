//! Large files take linear time, right or wrong.

use std::time::{Duration, Instant};

use crate::parse;

/// Bytes of a file. Work that grows with the square of the size takes minutes here, and linear work a tenth of a second.
const SIZE: usize = 256 << 10;
const DEADLINE: Duration = Duration::from_secs(20);

fn assert_linear(what: &str, piece: &str, end: &str) {
    let text = ["p ", &piece.repeat(SIZE / piece.len()), end].concat();
    let start = Instant::now();
    drop(parse(text.as_bytes()));
    let time = start.elapsed();
    assert!(time < DEADLINE, "{what}: {SIZE} bytes take {time:.1?}");
}

#[test]
fn large_files_take_linear_time() {
    for (what, piece) in [
        ("short words", "a "),
        ("lines", "word 'another one' \"$A and ${B:-two words}\" # comment\n"),
        ("one word", "aé"),
        ("one quoted word", "'a'\"b\"\\c"),
        ("quoted dollars", "'$a'"),
        ("names beside quotes", "$A'b'"),
        ("commands", "a ||| "),
        ("comments", "#a\n"),
        ("nested expansions", "${A:-${B:-c \\}}} "),
        ("joined lines", "\\\n"),
    ] {
        assert_linear(what, piece, " 'x'");
    }
}

#[test]
fn large_files_of_mistakes_take_linear_time() {
    for (what, piece) in [
        ("shell syntax", "; "),
        ("substitutions", "`"),
        ("open expansions on many lines", "${A\n"),
        ("open expansions", "${A:-"),
        ("escaped open expansions", "$${A:-\\"),
        ("malformed expansions", "${A "),
        ("malformed in quotes", "\"${1x}\""),
        ("open quotes of expansions", "${'"),
        ("operators", "||| "),
        ("options", "--sett "),
        ("dollars", "$"),
        ("escaped expansions", "$${A:-"),
    ] {
        assert_linear(what, piece, " }");
        assert_linear(what, piece, " \"");
    }
}
