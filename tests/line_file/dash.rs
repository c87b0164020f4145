//! Differential test: dash splits a file without expansions into the same words.

use std::process::Command;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use monofy::template::LineWords;
use monofy::text::shell;

use crate::cases;
use crate::support::{Folder, has_tool, in_path};

/// The text of a file: pieces of words, quotes, escapes, comments and joined lines. Line ends are only in quotes and
/// joins, since they end a command of dash. Characters of its operators are only in quotes.
fn text() -> impl Strategy<Value = String> {
    let plain = select(vec!["a", "b", "c#", "=", "-", "/", ",", "é", "%", "^", "~x", "\r", "\x0b", "\x01"]);
    let blank = select(vec![" ", "  ", "\t", "\\\n", " \\\n", "\\\n\\\n "]);
    let single =
        vec(select(vec!["x", " ", "\"", "\\", "$A", "\n", "#", "${", "`", "\\\n", ";", "*", "&&"]), 0..4);
    let double = vec(
        select(vec!["x", " ", "'", "\\a", "\\$", "\\`", "\\\"", "\\\\", "\n", "\\\n", "#", ";", "|", "\\'"]),
        0..4,
    );
    let escape = select(vec![
        "\\a", "\\ ", "\\'", "\\\"", "\\\\", "\\$", "\\#", "\\;", "\\&", "\\|", "\\`", "\\*", "\\\t", "\\~",
    ]);
    let open = select(vec!["'", "\"", "# it's \"", " # x", " \\\n# '", "#'", "\\"]);
    let piece = prop_oneof![
        6 => plain.prop_map(str::to_owned),
        5 => blank.prop_map(str::to_owned),
        2 => single.prop_map(|text| format!("'{}'", text.concat())),
        2 => double.prop_map(|text| format!("\"{}\"", text.concat())),
        3 => escape.prop_map(str::to_owned),
    ];
    (vec(piece, 0..12), proptest::option::weighted(0.1, open))
        .prop_map(|(pieces, end)| pieces.concat() + end.unwrap_or_default())
}

/// What dash makes of each text. One in which it has to find an open quote gets a shell of its own, which that ends.
fn split_by_dash(texts: &[&String]) -> Vec<Option<Vec<u8>>> {
    let mut script = b"w() { printf '<%s>' \"$#\" \"$@\"; }\n".to_vec();
    for text in texts {
        let command = [b"eval ", &shell::join(&[format!("w {text}")])[..]].concat();
        if split_by_monofy(text).is_some() {
            script.extend_from_slice(&command);
        } else {
            script.extend([b"(", &command[..], b") 2>/dev/null || printf '!'"].concat());
        }
        script.extend_from_slice(b"\nprintf '\\036'\n");
    }
    let folder = Folder::new();
    folder.file("script", script);
    let output = Command::new("dash").arg(folder.path().join("script")).output().expect("dash starts");
    let answers: Vec<_> = output.stdout.split(|byte| *byte == 0x1e).collect();
    let stopped = texts.get(answers.len() - 1);
    assert_eq!(answers.len(), texts.len() + 1, "dash refuses {stopped:?}: {output:?}");
    answers[..texts.len()].iter().map(|answer| (!answer.ends_with(b"!")).then(|| answer.to_vec())).collect()
}

fn split_by_monofy(text: &str) -> Option<Vec<u8>> {
    let line = LineWords::parse(text.as_bytes());
    assert_eq!(line.malformed, [], "{text:?}");
    if !line.errors.is_empty() {
        return None;
    }
    let words: Vec<Vec<u8>> = line.words.into_iter().map(|word| word.text.bytes).collect();
    let count = words.len().to_string().into_bytes();
    Some(std::iter::once(&count).chain(&words).flat_map(|word| [b"<", &word[..], b">"].concat()).collect())
}

#[test]
fn dash_splits_into_the_same_words() {
    if !has_tool("dash", in_path("dash")) {
        return;
    }
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = text();
    let texts: Vec<String> =
        (0..cases(20_000)).map(|_| strategy.new_tree(&mut runner).expect("a text").current()).collect();
    let shown =
        |words: &Option<Vec<u8>>| words.as_deref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let mut differences = Vec::new();
    for texts in texts.iter().collect::<Vec<_>>().chunks(2000) {
        for (text, theirs) in texts.iter().zip(split_by_dash(texts)) {
            let ours = split_by_monofy(text);
            if ours != theirs {
                differences.push(format!(
                    "{text:?}\n  ours   {:?}\n  theirs {:?}",
                    shown(&ours),
                    shown(&theirs)
                ));
            }
        }
    }
    let open = texts.iter().filter(|text| split_by_monofy(text).is_none()).count();
    assert!(open * 50 > texts.len(), "open quotes are generated: {open}");
    let first = differences.iter().take(12).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "dash differs in {} of {}:\n{first}", differences.len(), texts.len());
}
