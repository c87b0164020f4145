//! What is wrong with files, before anything is written or started.

use crate::support::scenario::Scenario;

#[test]
fn all_problems_of_files_and_line_are_reported_with_line_column_and_caret() {
    let scenario = Scenario::new().file("in", "a\n  b $<X:?needed>\n$<Y:?>\n").file("out", "old");
    scenario.refused(
        &["--render=in:out", "echo", "${Z:?}"],
        "monofy: in:2:5: X: needed
      b $<X:?needed>
        ^^^^^^^^^^^^
monofy: in:3:1: Y: not set
    $<Y:?>
    ^^^^^^
monofy: argument 3: Z: not set
    ${Z:?}
    ^^^^^^
",
    );
    assert_eq!(scenario.text("out"), "old");
}

#[test]
fn an_unclosed_expansion_is_an_error_where_it_opens() {
    let scenario = Scenario::new().file("in", "x\n$<A:-b\nc\n");
    let finished = scenario.run(["--render=in:out"]);
    finished.assert_status(125);
    assert!(finished.stderr.starts_with("monofy: in:2:1: "), "{finished:#?}");
    assert!(!scenario.path().join("out").exists());
}

#[test]
fn more_than_64_levels_are_an_error() {
    let text = "$<A:-".repeat(65) + &">".repeat(65);
    let scenario = Scenario::new().file("in", text);
    let finished = scenario.run(["--render=in:out"]);
    finished.assert_status(125);
    assert!(finished.stderr.contains("64"), "{finished:#?}");
}

#[test]
fn templates_that_cannot_be_read_and_places_that_cannot_be_written_are_errors() {
    let cases = [
        ("--render=missing:out", "missing"),
        ("--render=in", "SRC:DST"),
        ("--render=:out", "empty"),
        ("--render=in:", "empty"),
        ("--render=fifo:out", "FIFO"),
        ("--render=in:/proc/monofy/x", "/proc/monofy"),
        ("--render=in:folder", "directory"),
        ("--render=folder:-", "stdout"),
        ("--render=in:in/x", "in"),
    ];
    for (option, words) in cases {
        let scenario = Scenario::new().file("in", "1").file("folder/x", "1");
        nix::unistd::mkfifo(&scenario.path().join("fifo"), nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
        let finished = scenario.run([option, "sh", "-c", "touch started"]);
        finished.assert_status(125);
        assert!(finished.stderr.contains(words), "{option}: {finished:#?}");
        assert!(!scenario.path().join("started").exists(), "{option}");
        assert!(!scenario.path().join("out").exists(), "{option}");
    }
}

#[test]
fn two_sources_for_one_place_are_an_error() {
    let scenario = Scenario::new().file("a", "1").file("b", "2");
    let finished = scenario.run(["--render=a:out", "--render=b:out"]);
    finished.assert_status(125);
    assert!(finished.stderr.contains("b and a (argument 1) both go to out"), "{finished:#?}");
    assert!(!scenario.path().join("out").exists());
    scenario.run(["--render=a:out", "--render=b:./out"]).assert_status(125);
    assert!(!scenario.path().join("out").exists());
}

#[test]
fn an_unset_name_of_a_shell_syntax_stays_with_one_warning_and_is_an_error_under_strict() {
    let scenario = Scenario::new().file("in", "$host ${host} ${uri}\n");
    let finished = scenario.run(["--render=in:-:all"]);
    finished.assert_status(0).assert_stdout("$host ${host} ${uri}\n");
    assert_eq!(finished.stderr.matches("warning:").count(), 2, "{finished:#?}");
    scenario.run(["--strict", "--render=in:-:all"]).assert_status(125).assert_stdout("");
}

#[test]
fn a_spread_in_a_file_is_an_error() {
    let scenario = Scenario::new().file("in", "$<A...>");
    scenario.run(["--render=in:-"]).assert_status(125).assert_stdout("");
}

#[test]
fn no_secret_is_shown_in_a_problem() {
    let scenario = Scenario::new()
        .file("in", "$<S:?>$<X:?>")
        .file("monofy.toml", "[vars.S]\nsecret = true\n")
        .env("S", "hunter2");
    let finished = scenario.run(["--render=in:$S/out", "--render=$S:out"]);
    finished.assert_status(125);
    assert!(!finished.stderr.contains("hunter2"), "{finished:#?}");
}

#[test]
fn no_secret_is_shown_when_a_file_cannot_be_written() {
    let scenario = Scenario::new()
        .file("in", "1")
        .file("monofy.toml", "[vars.S]\nsecret = true\n")
        .env("S", "/proc/hunter2");
    let finished = scenario.run(["--render=in:$S/out"]);
    finished.assert_status(125);
    assert!(finished.stderr.starts_with("monofy: cannot write ***/out: "), "{finished:#?}");
}

#[test]
fn stdin_is_the_template_of_one_file() {
    let finished = Scenario::new().run(["--render=-:a", "--render=-:b"]);
    finished.assert_status(125);
    assert!(finished.stderr.contains("stdin is the template of another file (argument 1)"), "{finished:#?}");
}

#[test]
fn messages_say_what_to_write_in_a_file() {
    let cases = [
        (
            "server {\r\n  listen $<PORT:-80;\r\n}\r\n",
            "in:2:10: this expansion is never closed: add `>`, or write `$<$>` for its dollar\n      listen $<PORT:-80;\n             ^^^^^^^^^^^\n",
        ),
        ("$<A:?two\nlines>", "in:1:1: A: two lines\n    $<A:?two\n    ^^^^^^^^\n"),
    ];
    for (text, message) in cases {
        let scenario = Scenario::new().file("in", text);
        scenario.refused(&["--render=in:-"], &format!("monofy: {message}"));
    }
}

#[test]
fn a_folder_without_files_is_a_warning_and_a_file_needs_a_name() {
    let scenario = Scenario::new().file("in", "1").file("t/..data/x", "1");
    let finished = scenario.run(["--render=t:out"]);
    finished.assert_status(0);
    let warning = "monofy: warning: argument 1: the folder t has no files to render\n";
    assert!(finished.stderr.starts_with(warning) && finished.stderr.lines().count() == 3, "{finished:#?}");
    let finished = scenario.run(["--render=in:out/"]);
    finished.assert_status(125);
    assert!(finished.stderr.contains("add the name of the file"), "{finished:#?}");
}
