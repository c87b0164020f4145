//! The names of processes.

use crate::line::{line, names};

#[test]
fn a_name_is_the_base_name_of_the_program_and_a_number_on_repeats() {
    let plan = line(["a", "|||", "/bin/a", "|||", "b", "|||", "./a", "|||", "x/"]).plan();
    assert_eq!(names(&plan), ["a", "a.2", "b", "a.3", "x"]);
}

#[test]
fn a_number_that_is_taken_is_left_out() {
    let plan = line(["--name", "a.2", "b", "|||", "a", "|||", "a", "|||", "a"]).plan();
    assert_eq!(names(&plan), ["a.2", "a", "a.3", "a.4"]);
}

#[test]
fn setup_and_processes_are_counted_apart() {
    let plan = line(["a", "&&", "a", "&&", "a", "|||", "a"]).plan();
    let setup: Vec<_> = plan["setup"].as_array().unwrap().iter().map(|setup| setup["name"].clone()).collect();
    assert_eq!(setup, ["a", "a.2"]);
    assert_eq!(names(&plan), ["a", "a.2"]);
}

#[test]
fn a_name_comes_from_what_the_program_expands_to() {
    assert_eq!(names(&line(["$PROGRAM"]).env("PROGRAM", "/bin/b").plan()), ["b"]);
    assert_eq!(names(&line(["${NONE...}", "b"]).plan()), ["b"]);
}

#[test]
fn a_name_is_a_template() {
    assert_eq!(names(&line(["--name", "web-${N:-1}", "a"]).plan()), ["web-1"]);
}

#[test]
fn a_name_that_another_process_has_is_refused() {
    line(["--name", "x", "a", "|||", "--name", "x", "b"])
        .refused_with("monofy: argument 6: another process has this name; names are unique\n    x\n    ^\n");
    line(["--name", "x", "a", "|||", "--name=$X", "b"]).env("X", "x").refused_with(
        "monofy: argument 5: another process has this name; names are unique\n    --name=$X\n           ^^\n",
    );
}

#[test]
fn a_name_with_control_characters_is_refused() {
    line(["--name=a\tb", "a"]).refused_with(
        "monofy: argument 1: a process's name cannot be empty or contain control characters\n    \
         --name=a\u{fffd}b\n           ^^^\n",
    );
}
