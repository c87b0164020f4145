//! Any bytes as the output of a process, cut anywhere, to a taker that has no room at times.
//!
//! The input begins with three bytes: how often the rest is repeated, so that lines become long; a number from which
//! the places of the cuts follow; and after how many lines there is no room.
#![no_main]

use std::time::UNIX_EPOCH;

use libfuzzer_sys::fuzz_target;
use monofy::output::{Assembler, Colour, Form, Json, LONGEST, Part, Prefix, Timestamp, Stream, LineSink};
use serde::de::IgnoredAny;
use serde_json::Value;

struct Written {
    form: Form,
    out: Vec<u8>,
    patience: usize,
    asked: usize,
    is_within: bool,
}

impl LineSink for Written {
    fn has_room(&mut self) -> bool {
        self.asked += 1;
        self.patience == 0 || !self.asked.is_multiple_of(self.patience + 1)
    }

    fn take(&mut self, part: Part<'_>) {
        assert_eq!(part.begins, !self.is_within, "a line begins where another has ended");
        assert!(part.bytes.len() <= LONGEST && !part.bytes.contains(&b'\n'));
        self.is_within = !part.ends;
        self.form.write(part, &Timestamp::of(UNIX_EPOCH), &mut self.out);
    }
}

/// What becomes of bytes that come in pieces of such sizes.
fn written(form: Form, bytes: &[u8], mut size: impl FnMut() -> usize, patience: usize) -> Vec<u8> {
    let mut taker = Written { form, out: Vec::new(), patience, asked: 0, is_within: false };
    let mut assembler = Assembler::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let piece = size().clamp(1, rest.len());
        let taken = assembler.feed(&rest[..piece], &mut taker);
        assert!(taken <= piece);
        rest = &rest[taken..];
    }
    while !assembler.finish(&mut taker) {}
    assert!(assembler.is_empty() && !taker.is_within);
    taker.out
}

/// Sizes that follow from a number (xorshift), small ones and large ones alike.
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
    let bytes = &bytes[..bytes.len().min(3 * LONGEST)];
    let forms = [
        Form::Verbatim,
        Form::Prefix(Prefix::new("a", 1, Colour::None)),
        Form::Json(Json::new("a\"", Stream::Stderr)),
    ];
    let [verbatim, prefix, json] = forms.map(|form| {
        let whole = written(form.clone(), bytes, || usize::MAX, 0);
        assert_eq!(whole, written(form, bytes, sizes(seed), patience.into()), "the cuts make no difference");
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
        // What a process wrote may hold numbers and surrogates that are well formed and mean nothing.
        let Ok(value) = serde_json::from_slice::<Value>(object) else { continue };
        let own =
            serde_json::from_slice::<serde_json::Map<_, _>>(line).ok().filter(|_| line.len() <= LONGEST);
        for key in ["time", "process", "stream", "message"] {
            assert!(value.get(key).is_some(), "{key} is missing");
        }
        for (key, value_of_own) in own.iter().flatten() {
            assert_eq!(value.get(key), Some(value_of_own), "what the process said stays");
        }
        // Of a long line, what is no text is replaced part by part.
        if own.is_none()
            && let Ok(text) = std::str::from_utf8(&line[..line.len() - 1])
        {
            assert_eq!(value["message"].as_str(), Some(text));
        }
    }
});
