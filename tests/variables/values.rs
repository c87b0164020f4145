//! Unusual values: not UTF-8, with NUL, and very large.

use crate::scenario::Scenario;

const RULES: &str = "\
[vars.FILE]
file = true
secret = true
[vars.PORT]
type = 'port'
[vars.COUNT]
type = 'int'
[vars.ON]
type = 'bool'
[vars.LEVEL]
choices = ['info']
[vars.URL]
pattern = '^h'
[vars.LIST]
type = 'list'
";

#[test]
fn a_value_that_is_not_utf8_is_a_string_or_a_list_only() {
    let bytes = b"PORT=8\xff\nCOUNT=\xff1\nON=true\xff\nLEVEL=info\xff\nURL=x\xff\nLIST=\xff\nFILE=\xff\n";
    Scenario::new().file("monofy.toml", RULES).file("bytes", bytes).refused(
        &["--env-file=bytes", "p", "$FILE"],
        "monofy: ./monofy.toml:5:8: PORT: the value from bytes:1 is not a port: a number from 1 to 65535
    type = …
           ^
monofy: ./monofy.toml:7:8: COUNT: the value from bytes:2 is not a whole number
    type = …
           ^
monofy: ./monofy.toml:9:8: ON: the value from bytes:3 is not a boolean: true, yes, on or 1, or false, no, off or 0
    type = …
           ^
monofy: ./monofy.toml:11:11: LEVEL: the value from bytes:4 is none of info
    choices = …
              ^
monofy: ./monofy.toml:13:11: URL: the value from bytes:5 does not match the pattern ^h
    pattern = …
              ^
",
    );
}

#[test]
fn a_nul_in_a_named_file_is_reported_without_the_value() {
    let scenario =
        Scenario::new().file("monofy.toml", RULES).file("nul", b"hunter2\0hunter2\n").env("FILE_FILE", "nul");
    scenario.refused(
        &["p"],
        "monofy: ./monofy.toml:1:7: FILE: the value from nul contains a NUL character, which no variable can hold
    [vars.FILE]
          ^^^^
",
    );
}

#[test]
fn a_value_of_a_mebibyte_can_be_transformed_and_is_too_large_for_an_argument() {
    let scenario =
        Scenario::new().file("monofy.toml", RULES).file("big", "x".repeat(1 << 20)).env("FILE_FILE", "big");
    assert_eq!(scenario.shown(&["-q", "echo", "${#FILE}", "${FILE:3:4}", "${FILE%%x*}"]), "1048576 xxxx \n");
    scenario.refused(
        &["p", "--all=$FILE"],
        "monofy: argument 2: the value of FILE makes this 1048582 bytes, and one argument or variable can have 131071
    --all=$FILE
    ^^^^^^^^^^^
",
    );
}

#[test]
fn a_hundred_thousand_dollars_are_dollars() {
    let (dollars, braces) = ("$".repeat(100_000), "${".repeat(50_000));
    assert_eq!(Scenario::new().shown(&["-q", "printf", "%s", &dollars]), dollars);
    let finished = Scenario::new().run(["-q", "printf", "%s", &braces]);
    finished.assert_status(0).assert_stdout(&braces);
    let first = "\
monofy: warning: argument 4: this is not a variable name, so the expansion stays as it is: a name has letters, digits and `_`, and does not start with a digit
    ${${${${${${${${${${${${${${${${${${${${${$…
    ^^^
";
    assert!(finished.stderr.starts_with(first), "{}", &finished.stderr[..first.len() * 2]);
    // A few of them are enough to see what is wrong.
    assert_eq!(finished.stderr.matches("warning: ").count(), 64);
}
