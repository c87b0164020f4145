//! Large files take linear time, right or wrong.

use std::time::{Duration, Instant};

use crate::parse;

/// The fastest of some runs, as the least disturbed one.
fn time(text: &[u8]) -> Duration {
    let run = || {
        let start = Instant::now();
        let line = parse(text);
        let time = start.elapsed();
        drop(line);
        time
    };
    (0..3).map(|_| run()).min().unwrap_or_default()
}

/// Bytes of the larger file. Without optimization the parser is a tenth as fast.
const SIZE: usize = 32 << 10;

fn assert_linear(what: &str, piece: &str, end: &str) {
    let text = |size: usize| ["p ", &piece.repeat(size / piece.len()), end].concat().into_bytes();
    // Under load one measurement may be wrong, but not every one.
    let mut ratios = Vec::new();
    for _ in 0..5 {
        let ratio = time(&text(SIZE)).as_secs_f64() / time(&text(SIZE / 2)).as_secs_f64();
        if ratio < 2.6 {
            return;
        }
        ratios.push(ratio);
    }
    panic!("{what}: twice the size takes {ratios:.2?} times as long");
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
