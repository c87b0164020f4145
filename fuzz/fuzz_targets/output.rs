//! Any bytes as the output of a process, split anywhere, into a sink that sometimes has no room.
//!
//! The input begins with three bytes: how often the rest is repeated, which makes lines long; the seed of the places
//! of the cuts; and after how many lines the sink has no room once.
#![no_main]

use std::time::UNIX_EPOCH;

use libfuzzer_sys::fuzz_target;
use monofy::output::{
    Colour, JsonFormat, LineAssembler, LineFormat, LineSink, MAX_PART, Part, PrefixFormat, Stream, Target, Timestamp,
};
use serde::de::IgnoredAny;
use serde_json::Value;

/// Collects the formatted lines.
struct FormattingSink {
    format: LineFormat,
    out: Vec<u8>,
    patience: usize,
    asked: usize,
    is_within: bool,
}

impl LineSink for FormattingSink {
    fn has_room(&mut self) -> bool {
        self.asked += 1;
        self.patience == 0 || !self.asked.is_multiple_of(self.patience + 1)
    }

    fn take(&mut self, part: Part<'_>) {
        assert_eq!(part.begins, !self.is_within, "a line begins where another has ended");
        assert!(part.bytes.len() <= MAX_PART && !part.bytes.contains(&b'\n'));
        self.is_within = !part.ends;
        self.format.write(part, &Timestamp::of(UNIX_EPOCH), &mut self.out);
    }
}

/// Formats bytes that are fed in chunks of these sizes.
fn formatted(format: LineFormat, bytes: &[u8], mut size: impl FnMut() -> usize, patience: usize) -> Vec<u8> {
    let mut sink = FormattingSink { format, out: Vec::new(), patience, asked: 0, is_within: false };
    let mut assembler = LineAssembler::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let piece = size().clamp(1, rest.len());
        let taken = assembler.feed(&rest[..piece], &mut sink);
        assert!(taken <= piece);
        rest = &rest[taken..];
    }
    while !assembler.finish(&mut sink) {}
    assert!(assembler.is_empty() && !sink.is_within);
    sink.out
}

/// Pseudo-random sizes (xorshift), small ones as often as large ones.
fn sizes(seed: u8) -> impl FnMut() -> usize {
    let mut state = u64::from(seed) + 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 8) as usize % (1 << (state % 18))
    }
}

fuzz_target!(|input: &[u8]| {
    let &[repeat, seed, patience, ref bytes @ ..] = input else { return };
    let bytes = bytes.repeat(1 << (repeat % 12));
    let bytes = &bytes[..bytes.len().min(3 * MAX_PART)];
    let formats = [
        LineFormat::Verbatim,
        LineFormat::Prefix(PrefixFormat::new("a", 1, Colour::None, Target::File)),
        LineFormat::Json(JsonFormat::new("a\"", Stream::Stderr)),
    ];
    let [verbatim, prefix, json] = formats.map(|format| {
        let whole = formatted(format.clone(), bytes, || usize::MAX, 0);
        assert_eq!(whole, formatted(format, bytes, sizes(seed), patience.into()), "the cuts make no difference");
        whole
    });
    let mut expected = bytes.to_vec();
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        expected.push(b'\n');
    }
    assert_eq!(verbatim, expected);
    let lines = || expected.split_inclusive(|byte| *byte == b'\n');
    assert_eq!(prefix, lines().flat_map(|line| [b"a | ", line].concat()).collect::<Vec<u8>>());
    let objects: Vec<&[u8]> = json.split_inclusive(|byte| *byte == b'\n').collect();
    assert_eq!(objects.len(), lines().count());
    for (object, line) in objects.iter().zip(lines()) {
        serde_json::from_slice::<IgnoredAny>(object).expect("each line is JSON");
        // The object of a process may hold numbers and surrogates that are well formed and have no value.
        let Ok(value) = serde_json::from_slice::<Value>(object) else { continue };
        let own =
            serde_json::from_slice::<serde_json::Map<_, _>>(line).ok().filter(|_| line.len() <= MAX_PART);
        for key in ["time", "process", "stream", "message"] {
            assert!(value.get(key).is_some(), "{key} is missing");
        }
        for (key, value_of_own) in own.iter().flatten() {
            assert_eq!(value.get(key), Some(value_of_own), "the keys of the process stay");
        }
        // In a long line invalid UTF-8 is replaced part by part.
        if own.is_none()
            && let Ok(text) = std::str::from_utf8(&line[..line.len() - 1])
        {
            assert_eq!(value["message"].as_str(), Some(text));
        }
    }
});
