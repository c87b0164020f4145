//! `--render` and its environment variable.

use std::fs::File;

use crate::support::Run;
use crate::support::scenario::Scenario;

#[test]
fn a_file_is_rendered_before_the_first_setup_command() {
    let scenario = Scenario::new().file("in", "listen $<PORT:-80>; # $host ${x}\n").env("PORT", "8000");
    let line = ["-q", "--render=in:out/conf", "cat", "out/conf", "&&", "true"];
    assert_eq!(scenario.shown(&line), "listen 8000; # $host ${x}\n");
}

#[test]
fn without_a_process_the_files_are_rendered_and_the_run_ends_with_0() {
    let scenario = Scenario::new().file("in", "$<A>").env("A", "1");
    assert_eq!(scenario.shown(&["--render", "in:out"]), "");
    assert_eq!(scenario.text("out"), "1");
}

#[test]
fn stdin_is_rendered_to_stdout() {
    let scenario = Scenario::new().file("in", "a $<A:-b> $A\n");
    let stdin = File::open(scenario.path().join("in")).expect("it exists");
    let finished = Run::new(["--render", "-:-"]).stdin(stdin).finish();
    finished.assert_status(0).assert_stdout("a b $A\n");
    assert_eq!(finished.stderr, "");
}

#[test]
fn the_option_names_the_syntax_behind_a_second_colon() {
    let scenario = Scenario::new().file("in", "$A ${A} $<A>\n").env("A", "1");
    assert_eq!(scenario.shown(&["--render=in:-"]), "$A ${A} 1\n");
    assert_eq!(scenario.shown(&["--render=in:-:braces"]), "$A 1 1\n");
    assert_eq!(scenario.shown(&["--render=in:-:all"]), "1 1 1\n");
}

#[test]
fn both_paths_are_templates_and_parted_at_the_first_colon_outside_expansions() {
    let scenario = Scenario::new().file("in.1", "x").env("N", "1");
    assert_eq!(scenario.shown(&["--render=in.${N:-0}:${OUT:-a:b}"]), "");
    assert_eq!(scenario.text("a:b"), "x");
}

#[test]
fn the_environment_variable_is_a_list_separated_by_white_space() {
    let scenario = Scenario::new()
        .file("a", "$<X:-1>")
        .file("b", "${X:-2}")
        .env("MONOFY_RENDER", "a:out/a  b:out/b:braces\n");
    assert_eq!(scenario.shown(&["-q", "true"]), "");
    assert_eq!((scenario.text("out/a").as_str(), scenario.text("out/b").as_str()), ("1", "2"));
}

#[test]
fn an_assignment_in_a_file_counts_for_the_line() {
    let scenario = Scenario::new().file("in", "$<A:=from the file>");
    assert_eq!(scenario.shown(&["-q", "--render=in:out", "echo", "$A"]), "from the file\n");
}

#[test]
fn a_folder_is_rendered_without_the_suffixes_of_templates() {
    let scenario = Scenario::new()
        .file("t/a.conf.template", "$<X:-1>")
        .file("t/sub/b.tmpl", "2")
        .file("t/c", "3")
        .file("t/..data/d", "left out");
    assert_eq!(scenario.shown(&["--render=t:out"]), "");
    let texts = ["out/a.conf", "out/sub/b", "out/c"].map(|name| scenario.text(name));
    assert_eq!(texts, ["1", "2", "3"]);
    assert!(!scenario.path().join("out/..data").exists());
}

#[test]
fn files_are_rendered_under_setup_skip_and_only_alike() {
    for setup in ["--setup=skip", "--setup=only"] {
        let scenario = Scenario::new().file("in", "1");
        scenario.run(["-q", setup, "--render=in:out", "true", "&&", "true"]).assert_status(0);
        assert_eq!(scenario.text("out"), "1", "{setup}");
    }
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    let scenario = Scenario::new().file("in", "x\n".repeat(1_000_000));
    let line = "\"$0\" --render=in:- | head -n 1";
    let monofy = crate::support::monofy();
    let finished = Run::of("sh", [std::ffi::OsStr::new("-c"), line.as_ref(), monofy.as_os_str()])
        .directory(scenario.path())
        .finish();
    finished.assert_status(0).assert_stdout("x\n");
    assert_eq!(finished.stderr, "");
}

#[test]
fn a_misspelled_syntax_is_a_part_of_the_path_with_a_warning() {
    let scenario = Scenario::new().file("in", "1");
    let finished = scenario.run(["--render=in:out:brace"]);
    finished.assert_status(0);
    let warning =
        "monofy: warning: argument 1: this is a part of the path, and no syntax; did you mean braces?\n";
    assert!(finished.stderr.starts_with(warning), "{finished:#?}");
    assert_eq!(scenario.text("out:brace"), "1");
}
