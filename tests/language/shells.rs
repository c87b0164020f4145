//! Differential tests of templates against dash (POSIX) and bash (its other operators).
//!
//! Each template is compared with three delimiters: braces, angle brackets, and a mix of both. A doubled dollar of ours
//! is an escaped dollar of the shell.
//!
//! Not generated, because the difference is by design: quotes in words and patterns (shells remove them), spreads,
//! backslashes outside braces, `~` in words (dash expands it in patterns); `[^…]`
//! for dash (a set of `^` there); characters that are not ASCII for dash (it counts bytes); `[.` in a bracket
//! (collation, which bash has and no locale here); in bash's replacements any `&` (special since 5.2) and
//! backslashes in front of what is no special character (bash drops them); numbers with a leading zero (octal
//! in bash).

use std::io::Write;
use std::process::{Command, Stdio};

use monofy::text::shell;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::support::{Variables, cases, expand};

/// The variables. Values for dash are ASCII.
const ASCII: &[(&str, &str)] = &[
    ("A", "val"),
    ("E", ""),
    ("P", "/a/b/c.tar.gz"),
    ("G", "a*b?c[d]"),
    ("Q", "v*"),
    ("S", "a\\*b\\c"),
    ("R", "[a-c]*"),
    ("N", "a\nb a-b]"),
    ("C", "a]b]-"),
    ("T", "aaaa"),
    ("W", "[!x]?*"),
    ("X", "}$A>{\"'`"),
    ("L", "\n\n"),
];
/// Only for dash: bash's replacement does not match a final backslash of a pattern.
const BACKSLASH: &[(&str, &str)] = &[("B", "\\")];
const UNICODE: &[(&str, &str)] = &[("K", "hé ÄÖ ß"), ("I", "éa")];
const UNSET: &[&str] = &["U", "V"];

/// The shell whose syntax a generator uses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Dash,
    Bash,
}

fn name(dialect: Dialect) -> impl Strategy<Value = String> + Clone {
    let set = variables(dialect).into_iter().map(|(name, _)| name.to_owned());
    select(set.chain(UNSET.iter().map(|name| (*name).to_owned())).collect::<Vec<_>>())
}

/// Placeholders of a generated template, which is written once for the shell and three times for monofy.
const OPEN: &str = "\u{1}";
const CLOSE: &str = "\u{2}";
/// A `}`, escaped inside braces.
const ESCAPED_CLOSER: &str = "\u{3}";
/// A `>`, escaped inside angle brackets.
const GREATER: char = '\u{4}';
/// A literal dollar in front of an expansion or a name.
const DOLLAR: &str = "\u{5}";

/// Writes a template with placeholders. Bit n of `angles` says whether expansion n is in angle brackets.
fn write_template(marked: &str, angles: u32, dollar: &str) -> String {
    let mut open = Vec::new();
    let (mut count, mut text) = (0, String::new());
    for character in marked.chars() {
        let is_angle = open.last() == Some(&true);
        match &*character.to_string() {
            OPEN => {
                open.push(angles >> (count % 32) & 1 == 1);
                count += 1;
                text.push_str(if open.last() == Some(&true) { "$<" } else { "${" });
            }
            CLOSE => {
                open.pop();
                text.push(if is_angle { '>' } else { '}' });
            }
            // The same character with both delimiters, since the results are compared.
            ESCAPED_CLOSER => text.push_str(if is_angle { "}" } else { "\\}" }),
            DOLLAR => text.push_str(dollar),
            _ if character == GREATER => text.push_str(if is_angle { "\\>" } else { ">" }),
            plain => text.push_str(plain),
        }
    }
    text
}

fn plain(characters: &'static str) -> impl Strategy<Value = String> + Clone {
    let characters: Vec<String> = characters.chars().map(String::from).collect();
    vec(select(characters), 1..4).prop_map(|characters| characters.concat())
}

fn operand(pieces: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    vec(pieces, 0..4).prop_map(|pieces| pieces.concat())
}

/// A word that contains the expansions of `inner`.
fn word(inner: impl Strategy<Value = String>, quote: &'static str) -> impl Strategy<Value = String> {
    operand(prop_oneof![
        4 => plain("abv.-/:=+?*[]{%#,^ ;|\u{4}"),
        1 => Just(quote.to_owned()),
        1 => select(vec![ESCAPED_CLOSER, "\\$", "\\`", "\\\"", "\\\\", "\\\n"]).prop_map(str::to_owned),
        3 => inner,
    ])
}

/// The operator of a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PatternUse {
    Strip,
    Replace,
}

fn pattern(
    dialect: Dialect,
    usage: PatternUse,
    inner: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    let mut brackets = vec![
        "[a-c]",
        "[!v]",
        "[![:digit:]x]",
        "]",
        "[z-a]",
        "[a-]",
        "[z-av]",
        "[a-c-e]",
        "[*]",
        "[[:digit:][:space:]]",
        "[[v]",
        "[v[]",
        "[?]",
        "[--/]",
        "[[:punct:]]",
        "[a[:digit:]-]",
    ];
    let mut escapes = vec![r"\?", r"\[", r"\\", ESCAPED_CLOSER, r"\a", r"\/", r"\-", "\\\n"];
    if usage == PatternUse::Strip {
        // Bash's replacement misjudges the length of the brackets, and `*\*`; its strip does not.
        brackets.extend(["[]a]", r"[\]a]", "[!]a]"]);
        escapes.push(r"\*");
    }
    if dialect == Dialect::Bash && usage == PatternUse::Strip {
        // Dash reads on behind an open bracket when a `-` is in it.
        brackets.extend(["[a", "[", "[!"]);
    }
    if dialect == Dialect::Bash {
        // Dash does not know `^`, and takes an unknown class for the end of the bracket.
        brackets.extend(["[^a]", "[[:foo:]a]", "[é]", "[à-ü]", "é"]);
    } else {
        // Bash takes letters beyond ASCII for letters.
        brackets.extend(["[[:alpha:]]", "[![:upper:]a]", "[[:alnum:]-]", "[![:space:][:lower:]]"]);
    }
    operand(prop_oneof![
        3 => plain("abv.-:c \u{4}"),
        3 => select(vec!["*", "?", "**"]).prop_map(str::to_owned),
        2 => select(brackets).prop_map(str::to_owned),
        1 => select(escapes).prop_map(str::to_owned),
        2 => inner,
    ])
}

/// An expansion. There are no quotes in patterns, since shells interpret them there even inside double quotes.
fn expansion(dialect: Dialect, depth: u32, quote: &'static str) -> BoxedStrategy<String> {
    let name = || name(dialect);
    let simple = prop_oneof![
        name().prop_map(|name| format!("${name}")),
        name().prop_map(|name| format!("{DOLLAR}${name}")),
        name().prop_map(|name| format!("{DOLLAR}{name}")),
        name().prop_map(|name| format!("{DOLLAR}{DOLLAR}{OPEN}{name}{CLOSE}")),
        name().prop_map(|name| format!("{OPEN}{name}{CLOSE}")),
        name().prop_map(|name| format!("{OPEN}#{name}{CLOSE}")),
    ];
    if depth == 0 {
        return simple.boxed();
    }
    let inner = |quote| expansion(dialect, depth - 1, quote);
    let choices = select(vec![":-", "-", ":+", "+", ":=", "=", ":-", ":+", ":?", "?"]);
    let choice = (name(), choices, word(inner(quote), quote))
        .prop_map(|(name, operator, word)| format!("{OPEN}{name}{operator}{word}{CLOSE}"));
    let strips = select(vec!["#", "##", "%", "%%"]);
    // Bash does not expand the pattern if the value is empty; dash does.
    let stripped = name().prop_filter("E in bash", move |name| dialect == Dialect::Dash || name != "E");
    let strip = (stripped, strips, pattern(dialect, PatternUse::Strip, inner("")))
        .prop_map(|(name, operator, pattern)| format!("{OPEN}{name}{operator}{pattern}{CLOSE}"));
    if dialect == Dialect::Dash {
        return prop_oneof![2 => simple, 3 => choice, 2 => strip].boxed();
    }
    prop_oneof![2 => simple, 2 => choice, 2 => strip, 4 => only_bash(depth)].boxed()
}

fn only_bash(depth: u32) -> BoxedStrategy<String> {
    let name = || name(Dialect::Bash);
    let inner = || expansion(Dialect::Bash, depth - 1, "");
    let blank = || select(vec!["", " ", "  "]).prop_map(str::to_owned);
    let number =
        || prop_oneof![4 => (blank(), -9..9_i64).prop_map(|(blank, n)| format!("{blank}{n}")), 1 => blank()];
    let offset = prop_oneof![
        4 => (0..9_i64).prop_map(|offset| offset.to_string()),
        4 => (-9..0_i64).prop_map(|offset| format!(" {offset}")),
        1 => blank(),
    ];
    let substring = (name(), offset, proptest::option::of(number())).prop_map(|(name, offset, length)| {
        // Without both numbers it is a bad substitution.
        let length = length.or(offset.is_empty().then(String::new));
        let length = length.map(|length| format!(":{length}")).unwrap_or_default();
        format!("{OPEN}{name}:{offset}{length}{CLOSE}")
    });
    let places = select(vec!["/", "//", "/#", "/%"]);
    let replace = (
        name(),
        places,
        pattern(Dialect::Bash, PatternUse::Replace, inner()),
        proptest::option::of(word(inner(), "")),
    )
        .prop_map(|(name, place, pattern, word)| {
            // Without a pattern the two slashes would be another operator.
            let word = word.filter(|_| !pattern.is_empty());
            let word = word.map(|word| format!("/{word}")).unwrap_or_default();
            format!("{OPEN}{name}{place}{pattern}{word}{CLOSE}")
        });
    let case = (name(), select(vec!["^", "^^", ",", ",,"]))
        .prop_map(|(name, op)| format!("{OPEN}{name}{op}{CLOSE}"));
    prop_oneof![substring, replace, case].boxed()
}

fn template(dialect: Dialect) -> impl Strategy<Value = String> {
    // In bash a quote in a word starts a quoted string.
    let quote = if dialect == Dialect::Dash { "'" } else { "" };
    let piece = prop_oneof![1 => plain("aB._-/:}{ '*>~;|&"), 3 => expansion(dialect, 3, quote)];
    vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

fn variables(dialect: Dialect) -> Vec<(&'static str, &'static str)> {
    let own = if dialect == Dialect::Bash { UNICODE } else { BACKSLASH };
    ASCII.iter().chain(own).copied().collect()
}

/// Runs commands in a shell and returns the output of each, or `None` for an error.
fn run_in_shell(shell: &str, dialect: Dialect, commands: &[Vec<u8>]) -> Option<Vec<Option<Vec<u8>>>> {
    let mut command = Command::new(shell);
    command.env_clear().env("LC_ALL", "C.UTF-8").envs(variables(dialect));
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = child else {
        let skipped = format!("SKIPPED: {shell} is not installed");
        assert!(std::env::var_os("MONOFY_TESTS_REQUIRE_TOOLS").is_none(), "{skipped}");
        eprintln!("{skipped}");
        return None;
    };
    let mut script = Vec::new();
    for command in commands {
        script.extend_from_slice(b"(");
        script.extend_from_slice(command);
        script.extend_from_slice(b") && printf '\\0y\\0' || printf '\\0n\\0'\n");
    }
    let mut input = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || input.write_all(&script));
    let output = child.wait_with_output().expect("the shell ends").stdout;
    writer.join().expect("no panic").expect("the shell reads its script");
    let fields: Vec<_> = output.split(|&byte| byte == 0).collect();
    let answers = fields.chunks_exact(2).map(|pair| (pair[1] == b"y").then(|| pair[0].to_vec()));
    let answers: Vec<_> = answers.collect();
    assert_eq!(answers.len(), commands.len(), "{shell} did not read its script to the end");
    Some(answers)
}

/// Values of a strategy.
fn sample<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::default();
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a value").current()).collect()
}

/// Compares `count` templates and reports the shortest that differ. This is faster than shrinking, since the shell starts
/// once.
fn compare(shell: &str, dialect: Dialect, count: usize) {
    let mut templates = sample(&template(dialect), count);
    templates.sort_by_key(String::len);
    // In double quotes, where POSIX words have the same meaning as ours.
    let commands: Vec<_> = templates
        .iter()
        .map(|template| format!("printf %s \"{}\"", write_template(template, 0, "\\$")).into_bytes())
        .collect();
    let Some(answers) = run_in_shell(shell, dialect, &commands) else { return };
    let scope =
        variables(dialect).into_iter().fold(Variables::default(), |all, (name, value)| all.set(name, value));
    let differences: Vec<_> = templates
        .iter()
        .zip(answers)
        .enumerate()
        .flat_map(|(index, (template, theirs))| {
            // A different set of expansions is in angle brackets for each template.
            let spread = u32::try_from(index).unwrap_or_default().wrapping_mul(0x9e37_79b9);
            [0, spread, u32::MAX].map(|angles| (write_template(template, angles, "$$"), theirs.clone()))
        })
        .filter_map(|(template, theirs)| {
            let ours = expand(&template, &scope).ok().map(|texts| texts[0].bytes().to_vec());
            let shown =
                |bytes: &Option<Vec<u8>>| bytes.as_deref().map(|b| String::from_utf8_lossy(b).into_owned());
            let (ours, theirs) = (shown(&ours), shown(&theirs));
            (ours != theirs).then(|| format!("{template:?}\n  ours   {ours:?}\n  theirs {theirs:?}"))
        })
        .collect();
    let shortest = differences.iter().take(12).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{shell} differs in {} of {count}:\n{shortest}", differences.len());
}

#[test]
fn dash_agrees_on_posix_operators() {
    compare("dash", Dialect::Dash, cases(4000));
}

#[test]
fn bash_agrees_on_all_operators() {
    compare("bash", Dialect::Bash, cases(3000));
}

/// Arguments of arbitrary bytes, mostly those that need quotes.
fn argument() -> impl Strategy<Value = Vec<u8>> {
    let plain = select(b"ab '\"\\$`\n\t*~#=&\x01\x7f\xff\xc3\xa9".to_vec());
    vec(prop_oneof![4 => plain, 1 => 1..=255_u8], 0..8)
}

#[test]
fn bash_reads_a_quoted_argument_back() {
    let arguments = sample(&argument(), 500);
    let commands: Vec<_> =
        arguments.iter().map(|argument| [b"printf %s ", &shell::quote(argument)[..]].concat()).collect();
    let Some(answers) = run_in_shell("bash", Dialect::Bash, &commands) else { return };
    for (argument, answer) in arguments.into_iter().zip(answers) {
        assert_eq!(answer, Some(argument));
    }
}

#[test]
fn dash_reads_joined_arguments_back() {
    let lists = sample(&vec(argument(), 1..4), 500);
    let commands: Vec<_> =
        lists.iter().map(|list| [b"printf '%s:' ", &shell::join(list)[..]].concat()).collect();
    let Some(answers) = run_in_shell("dash", Dialect::Dash, &commands) else { return };
    for (list, answer) in lists.into_iter().zip(answers) {
        assert_eq!(answer, Some(list.iter().flat_map(|item| [&item[..], b":"].concat()).collect()));
    }
}

#[test]
fn dash_splits_into_the_same_words() {
    // Without newlines, which end a command for dash.
    let lines = sample(&vec(select(b"ab  '\"\\\t=/,".to_vec()), 0..12), 2000);
    let commands: Vec<_> = lines
        .iter()
        .map(|line| {
            let set = [b"set -- ", &line[..]].concat();
            [b"eval ", &shell::join(&[set])[..], b"\nprintf '<%s>' \"$#\" \"$@\""].concat()
        })
        .collect();
    let Some(answers) = run_in_shell("dash", Dialect::Dash, &commands) else { return };
    for (line, answer) in lines.iter().zip(answers) {
        let Ok(words) = shell::split(line) else {
            assert_eq!(answer, None, "{line:?}");
            continue;
        };
        let count = words.len().to_string().into_bytes();
        let expected: Vec<u8> =
            std::iter::once(&count).chain(&words).flat_map(|word| [b"<", &word[..], b">"].concat()).collect();
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(answer.as_deref().map(shown), Some(shown(&expected)), "{}", shown(line));
    }
}
