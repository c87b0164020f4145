//! Without operators, the `braces` and `all` syntaxes render as GNU envsubst does with the same names listed.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::scenario::Scenario;
use crate::support::{Run, has_tool, in_path};

/// Stands between two files. No file has it, and no program changes it.
const SEPARATOR: u8 = 1;
/// The listed variables. No other name may be expanded.
const LISTED: [(&str, &str); 4] =
    [("A", "1"), ("B_2", "two $A ${A} words"), ("EMPTY", ""), ("LONG_NAME", "\u{e9}\n\\")];

/// The numbers of a linear congruential generator (Knuth, MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }

    fn pick<'p>(&mut self, pieces: &[&'p str]) -> &'p str {
        pieces[self.below(pieces.len())]
    }
}

/// A file of random pieces. A dollar is followed by an expansion, or by what neither program expands: `$$` before an
/// expansion means one dollar to monofy and two to envsubst.
fn file(random: &mut Random, dollars: &[&str]) -> Vec<u8> {
    const TEXT: [&str; 14] =
        ["x", "A", "_", "1", "{", "}", "<", ">", ":-", "\\", "\n", "\r\n", " ", "\u{2603}"];
    let mut file = Vec::new();
    for _ in 0..random.below(30) {
        let piece = if random.below(3) == 0 { random.pick(dollars) } else { random.pick(&TEXT) };
        file.extend_from_slice(piece.as_bytes());
        if random.below(40) == 0 {
            file.extend_from_slice(b"\xff");
        }
    }
    // A dollar at the end would meet the separator.
    file.push(b'.');
    file
}

/// Pieces that begin with a dollar: of `${NAME}`, of what no program expands, and of names that are not listed.
const BRACES: [&str; 16] = [
    "${A}",
    "${B_2}",
    "${EMPTY}",
    "${LONG_NAME}",
    "${AA}",
    "${host}",
    "$host ",
    "$1",
    "${1}",
    "$ ",
    "$.",
    "$%",
    "$(A)",
    "$[A]",
    "$\\",
    "$}",
];
/// Pieces of `$NAME`, which ends at the space.
const NAMES: [&str; 6] = ["$A ", "$B_2.", "$EMPTY-", "$LONG_NAME\n", "$AA ", "$A!"];

/// Renders this many files by one monofy and one envsubst, and compares them.
fn compare(syntax: &str, dollars: &[&str], count: usize) {
    if !has_tool("envsubst", in_path("envsubst")) {
        return;
    }
    let mut random = Random(count as u64);
    let texts: Vec<Vec<u8>> = (0..count).map(|_| file(&mut random, dollars)).collect();
    let only = LISTED.map(|(name, _)| format!("'{name}'")).join(",");
    let toml = format!("[[files]]\ntemplate = 'in'\nto = 'out'\nsyntax = '{syntax}'\nonly = [{only}]\n");
    let mut scenario = Scenario::new().file("monofy.toml", toml);
    for (number, text) in texts.iter().enumerate() {
        scenario = scenario.file(&format!("in/{number}"), text);
    }
    let run = Run::new(["-q", "true"]).directory(scenario.path());
    let finished = LISTED.iter().fold(run, |run, (name, value)| run.env(name, value)).finish();
    finished.assert_status(0);
    let theirs = envsubst(texts.join(&SEPARATOR));
    let theirs: Vec<&[u8]> = theirs.split(|byte| *byte == SEPARATOR).collect();
    assert_eq!(theirs.len(), count);
    for (number, (text, expected)) in texts.iter().zip(theirs).enumerate() {
        let ours = std::fs::read(scenario.path().join(format!("out/{number}"))).expect("it was rendered");
        if ours != expected {
            let [text, ours, expected] = [text.as_slice(), &ours, expected].map(String::from_utf8_lossy);
            panic!("{syntax}: {text:?} is rendered as {ours:?}, and by envsubst as {expected:?}");
        }
    }
}

fn envsubst(input: Vec<u8>) -> Vec<u8> {
    let names = LISTED.map(|(name, _)| format!("${name}")).join(" ");
    let mut envsubst = Command::new("envsubst")
        .arg(names)
        .env_clear()
        .envs(LISTED)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("envsubst is installed");
    let mut stdin = envsubst.stdin.take().expect("it has a pipe");
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = envsubst.wait_with_output().expect("envsubst ends");
    writer.join().expect("no panic").expect("envsubst reads all");
    assert!(output.status.success());
    output.stdout
}

#[test]
fn files_with_braces_are_rendered_as_by_envsubst() {
    compare("braces", &BRACES, 20_000);
}

#[test]
fn files_with_names_are_rendered_as_by_envsubst() {
    compare("all", &[&BRACES[..], &NAMES[..]].concat(), 5_000);
}
