//! `--output prefix`: the name in front.

use monofy::output::{Colour, Part, PrefixFormat, Target};

use super::line::run;
use super::support::Folder;

fn whole(bytes: &[u8]) -> Part<'_> {
    Part { bytes, begins: true, ends: true }
}

fn written(prefix: &mut PrefixFormat, parts: &[Part<'_>]) -> String {
    let mut out = Vec::new();
    for part in parts {
        prefix.write(*part, &mut out);
    }
    String::from_utf8(out).expect("the output is text")
}

#[test]
fn names_are_padded_to_the_longest_one() {
    let finished =
        run(&["-qoprefix", "--name", "migrations", "echo", "one", "&&", "--name", "a", "echo", "two"])
            .finish();
    finished.assert_status(0).assert_stdout("migrations | one\na          | two\n");
    let finished = run(&["-oprefix", "--name", "a", "sh", "-c", "echo two >&2; exit 3"]).finish();
    finished.assert_status(3).assert_stdout("");
    let told: Vec<&str> = finished.stderr.lines().skip(1).collect();
    assert_eq!(
        told,
        [
            "a      | two",
            "monofy | a exited with status 3",
            "monofy | ended with status 3, because a exited with status 3",
        ]
    );
}

#[test]
fn a_name_longer_than_any_column_makes_only_its_own_lines_longer() {
    let name = "n".repeat(70_000);
    let words = ["-qoprefix", "--name", &name, "echo", "one", "&&", "--name", "a", "echo", "two"];
    let finished = run(&words).finish();
    finished.assert_status(0).assert_stdout(&format!("{name} | one\na{} | two\n", " ".repeat(63)));
    let plan = run(&[&["--plan"], &words[..]].concat()).finish();
    assert!(plan.assert_status(0).stdout.contains(&name));
    let plan = run(&[&["--plan=json"], &words[..]].concat()).finish();
    let folder = Folder::new();
    let plan = folder.file("plan.json", plan.stdout);
    assert_eq!(run(&["--run-plan", plan.to_str().unwrap()]).finish().stdout, finished.stdout);
}

#[test]
fn a_prefix_of_any_width_is_no_panic() {
    let mut prefix = PrefixFormat::new("a", usize::MAX, Colour::Process(usize::MAX), Target::File);
    assert!(written(&mut prefix, &[whole(b"text")]).ends_with(" text\n"));
}

#[test]
fn empty_lines_and_invalid_utf8_pass() {
    let (mut prefix, mut out) = (PrefixFormat::new("a", 1, Colour::None, Target::File), Vec::new());
    for line in [&b""[..], b"\xFF\x00\r", b"\x1b[31mred"] {
        prefix.write(whole(line), &mut out);
    }
    assert_eq!(out, b"a | \na | \xFF\x00\r\na | \x1b[31mred\n");
}

#[test]
fn each_process_has_its_colour_and_a_colour_ends_with_its_line() {
    let mut first = PrefixFormat::new("a", 3, Colour::Process(0), Target::File);
    assert_eq!(written(&mut first, &[whole(b"plain")]), "\x1b[36ma   |\x1b[0m plain\n");
    assert_eq!(
        written(&mut first, &[whole(b"\x1b[31mred"), whole(b"plain")]),
        "\x1b[36ma   |\x1b[0m \x1b[31mred\x1b[0m\n\x1b[36ma   |\x1b[0m plain\n"
    );
    let mut second = PrefixFormat::new("b", 3, Colour::Process(1), Target::File);
    assert_ne!(written(&mut first, &[whole(b"")])[..6], written(&mut second, &[whole(b"")])[..6]);
}

#[test]
fn the_parts_of_a_long_line_have_one_name() {
    let mut prefix = PrefixFormat::new("a", 1, Colour::None, Target::File);
    let parts = [
        Part { bytes: b"one ", begins: true, ends: false },
        Part { bytes: b"two ", begins: false, ends: false },
        Part { bytes: b"three", begins: false, ends: true },
    ];
    assert_eq!(written(&mut prefix, &parts), "a | one two three\n");
}
