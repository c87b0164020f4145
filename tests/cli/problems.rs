//! Every problem at once, each where it stands, and never a value.

use crate::line::line;
use crate::support::Run;

#[test]
fn all_problems_of_a_line_are_told_together() {
    line([
        "--stop-signal",
        "$SECRET",
        "--user=${SECRET:1}:",
        "A=${X?need x}",
        "a",
        "${X:?}",
        "--bind=${HOST:?the host to bind to}:${PORT:?}",
        "${SECRET:5:-9}",
        "&&",
        "--stop-timeout",
        "$SECRET",
        "${E:?}",
        "|||",
        "${NOTHING}",
    ])
    .env("SECRET", "hunter2")
    .env("E", "")
    .refused_with(
        "monofy: argument 2: the value of SECRET is not a signal; use TERM, SIGTERM, 15 or RTMIN+3
    $SECRET
    ^^^^^^^
monofy: argument 3: the value of SECRET is not a user; write USER or USER:GROUP, as names or numbers
    --user=${SECRET:1}:
           ^^^^^^^^^^^^
monofy: argument 4: X: need x
    A=${X?need x}
      ^^^^^^^^^^^
monofy: argument 6: X: not set
    ${X:?}
    ^^^^^^
monofy: argument 7: HOST: the host to bind to
    --bind=${HOST:?the host to bind to}:${PORT:?}
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
monofy: argument 7: PORT: not set
    --bind=${HOST:?the host to bind to}:${PORT:?}
                                        ^^^^^^^^^
monofy: argument 8: SECRET: the substring ends before it starts
    ${SECRET:5:-9}
    ^^^^^^^^^^^^^^
monofy: argument 11: the value of SECRET is not a duration; write 500ms, 8s, 1.5s, 2m or 1h; a bare number is seconds, 0 is at once, none is no limit
    $SECRET
    ^^^^^^^
monofy: argument 12: E: not set (it is empty)
    ${E:?}
    ^^^^^^
monofy: argument 14: the program is empty after expansion
    ${NOTHING}
    ^^^^^^^^^^
",
    );
}

#[test]
fn strict_makes_unset_variables_and_malformed_expansions_errors() {
    let words =
        ["a", "$X", "${X:-word}", "${", "${bad name}", "${}", "${A:", "$1", "$$", "${@}", "${A...:=x}"];
    line(std::iter::once("--strict").chain(words)).refused_with(
        "monofy: argument 3: X: not set
    $X
    ^^
monofy: argument 5: this expansion is never closed, so it stays as it is: add `}`, or write `${$}` for the dollar
    ${
    ^^
monofy: argument 6: this operator is unknown, so the expansion stays as it is: correct it, or write `${$}` for the dollar
    ${bad name}
    ^^^^^^
monofy: argument 7: this expansion names no variable, so it stays as it is: add a name
    ${}
    ^^^
monofy: argument 8: this expansion is never closed, so it stays as it is: add `}`, or write `${$}` for the dollar
    ${A:
    ^^^^
monofy: argument 12: a spread cannot assign, so it stays as it is: write `-` instead of `=`
    ${A...:=x}
    ^^^^^^^^
",
    );
    let warnings = line(words).plan()["warnings"].as_array().unwrap().len();
    assert_eq!(warnings, 5, "each but the unset variable is a warning otherwise");
}

#[test]
fn strict_takes_a_default_for_a_value() {
    line(["--strict", "a", "${X:-}", "${X-}", "${X:+x}", "${X+x}", "${X:=y}", "$X"]).plan();
}

#[test]
fn warnings_are_told_and_the_line_is_run() {
    let finished = Run::new(["-q", "echo", "${A", "x"]).finish();
    finished.assert_status(0).assert_stdout("${A x\n");
    assert_eq!(
        finished.stderr,
        "monofy: warning: argument 3: this expansion is never closed, so it stays as it is: add `}`, or write `${$}` for the dollar\n    ${A\n    ^^^\n"
    );
}

#[test]
fn a_plan_with_problems_is_no_plan() {
    for view in ["--plan", "--plan=json"] {
        let (finished, _) = line([view, "a", "${X:?}"]).run();
        finished.assert_status(125).assert_reported("argument 3: X: not set");
    }
}

#[test]
fn no_value_is_ever_told() {
    let secret = "hunter2-0123456789";
    let assert_silent =
        |said: String| assert!(!said.contains("hunter2") && !said.contains("0123456789"), "{said}");
    for argument in ["${S:5:-90}", "${S...}", "x${S...}", "${X:?$S}", "${'", "${S/[/}"] {
        let (finished, _) = line(["--strict", "a", argument]).env("S", format!("{secret}'")).run();
        assert_silent(finished.stderr);
    }
    for option in ["--stop-signal", "--stop-timeout", "--user", "--workdir", "--name"] {
        let (finished, _) = line([option, "$S", "${X:?}"]).env("S", secret).run();
        assert_silent(finished.stderr);
    }
    for twin in ["STRICT", "PLAN", "GRACE", "QUIET", "VERBOSE"] {
        assert_silent(line(["a"]).env(&format!("MONOFY_{twin}"), secret).refused());
    }
    // Nor by what is told of a program that cannot be started, or is.
    let (finished, _) = line(["--name=x", "$S", "x"]).env("S", secret).run();
    assert_silent(finished.assert_status(127).stderr.clone());
    assert_silent(Run::new(["true", "$S"]).env("S", secret).finish().stderr);
}

#[test]
fn a_long_argument_is_shown_around_its_problem() {
    let long = format!("{}${{X:?}}{}", "x".repeat(10_000), "y".repeat(10_000));
    let said = line(["a", &long]).refused();
    assert!(said.lines().all(|line| line.chars().count() < 100), "{said}");
    assert!(said.contains("xx${X:?}yy"), "{said}");
}

#[test]
fn the_caret_stands_right_below_wide_characters() {
    line(["a", "é=ü${X:?}"]).refused_with("monofy: argument 2: X: not set\n    é=ü${X:?}\n       ^^^^^^\n");
}
