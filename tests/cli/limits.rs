//! What the kernel takes, and what nobody means.

use serde_json::json;

use crate::line::line;

#[test]
fn an_argument_that_is_too_large_names_the_variable_at_fault() {
    let large = "x".repeat(100_000);
    line(["a", "$SMALL$LARGE$LARGE"]).env("LARGE", &large).env("SMALL", "s").refused_with(
        "monofy: argument 2: the value of LARGE makes this 200001 bytes, and one argument or variable can have 131071\n    \
         $SMALL$LARGE$LARGE\n    ^^^^^^^^^^^^^^^^^^\n",
    );
    line(["A=$LARGE$LARGE", "a"]).env("LARGE", &large).refused_with(
        "monofy: argument 1: the value of LARGE makes this 200000 bytes, and one argument or variable can have 131071\n    \
         A=$LARGE$LARGE\n      ^^^^^^^^^^^^\n",
    );
}

#[test]
fn a_value_of_a_mebibyte_is_refused() {
    let said = line(["a", "${B:=$A$A$A$A$A$A$A$A$A$A$A}", "$B"]).env("A", "x".repeat(100_000)).refused();
    assert!(
        said.contains("argument 2: ") && said.contains("argument 3: the value of B makes this 1100000 bytes"),
        "{said}"
    );
}

#[test]
fn an_argument_of_the_largest_size_is_taken() {
    let largest = "${A}".to_owned() + &"y".repeat(31_071);
    let argv = &line(["a", &largest]).env("A", "x".repeat(100_000)).process()["argv"];
    assert_eq!(argv[1].as_str().map(str::len), Some(131_071));
    line(["a", &(largest + "z")]).env("A", "x".repeat(100_000)).refused();
}

#[test]
fn a_line_that_is_too_large_as_a_whole_is_refused() {
    // Each fits; all together are more than the 6 MiB that the kernel takes at the very most.
    let words = std::iter::once("a").chain(std::iter::repeat_n("$LARGE", 70));
    let said = line(words).env("LARGE", "x".repeat(100_000)).refused();
    assert!(said.starts_with("monofy: argument 1: its arguments and its environment have "), "{said}");
    assert!(said.ends_with("\n    a\n    ^\n"), "{said}");
}

#[test]
fn a_variable_of_an_env_file_that_is_too_large_is_named() {
    let folder = crate::support::Folder::new();
    let file = folder.file("app.env", format!("SMALL=1\nBIG={}\n", "x".repeat(200_000)));
    let (finished, was_started) = line(["--env-file".as_ref(), file.as_os_str(), "a".as_ref()]).run();
    assert!(!was_started);
    finished.assert_status(125);
    let expected = format!("the environment variable BIG ({}:2) has 200000 bytes", file.display());
    assert!(finished.stderr.contains(&expected), "{finished:#?}");
}

#[test]
fn the_words_of_an_exec_check_are_counted() {
    let error = line(["--ready=exec:echo $A$A", "a"]).env("A", "x".repeat(100_000)).refused();
    assert!(error.starts_with("monofy: argument 1: the value of A makes this 200000 bytes"), "{error}");
}

#[test]
fn many_dollars_and_openings_are_no_trouble() {
    let dollars = "$".repeat(100_000);
    assert_eq!(line(["a", &dollars]).process()["argv"], json!(["a", dollars]));
    for piece in ["${", "$<", "${A:-", "${A/"] {
        let openings = piece.repeat(100_000 / piece.len());
        let (finished, was_started) = line(["--plan=json", "a", &openings]).run();
        assert!(!was_started && [0, 125].contains(&finished.status), "{piece}: {}", finished.status);
        assert!(finished.stderr.len() < 1_000_000, "{piece}: {} bytes of messages", finished.stderr.len());
    }
}

#[test]
fn sixty_four_levels_are_taken_and_one_more_is_not() {
    let levels = |count: usize| format!("{}x{}", "${A:-".repeat(count), "}".repeat(count));
    assert_eq!(line(["a", &levels(64)]).process()["argv"], json!(["a", "x"]));
    let said = line(["a", &levels(65)]).refused();
    assert!(said.starts_with("monofy: argument 2: more than 64 nested expansions: use fewer\n"), "{said}");
}

#[test]
fn a_program_of_nothing_is_refused() {
    for program in ["", "$UNSET", "${UNSET...}", "$EMPTY"] {
        line(["b", "&&", program]).env("EMPTY", "").refused_with(&format!(
            "monofy: argument 3: the program is empty after expansion\n    \
             {program}\n    {}\n",
            "^".repeat(program.len().max(1))
        ));
    }
}

#[test]
fn a_spread_of_nothing_leaves_the_next_word_as_the_program() {
    assert_eq!(line(["${WRAPPER...}", "a"]).process()["argv"], json!(["a"]));
    assert_eq!(
        line(["${WRAPPER...}", "a"]).env("WRAPPER", "nice -n 5").process()["argv"],
        json!(["nice", "-n", "5", "a"])
    );
}
