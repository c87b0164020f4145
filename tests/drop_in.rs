//! Compatibility with the Python monofy: the same line does the same, or differs as the table in docs/from-python-monofy.md says.
//!
//! Every case runs against both programs. `MONOFY_PYTHON` is the path of the Python script (version 1.2.0). Without it only
//! this monofy runs, and the test says so. `UNDER_TEST` is `ours` or `theirs` and selects one of them.

#[path = "drop_in/case.rs"]
mod case;
#[path = "drop_in/cases.rs"]
mod cases;
#[path = "drop_in/promise.rs"]
mod promise;
mod support;
#[path = "drop_in/table.rs"]
mod table;

#[test]
fn lines_are_parsed_as_before() {
    case::check(&cases::line());
}

#[test]
fn variables_are_substituted_as_before() {
    case::check(&cases::substitution());
}

#[test]
fn fates_are_connected_as_before() {
    case::check(&cases::fates());
}

#[test]
fn signals_are_passed_on_as_before() {
    case::check(&cases::signals());
}

#[test]
fn programs_are_started_as_before() {
    case::check(&cases::starts());
}

#[test]
fn pid_1_does_the_same_as_before() {
    if case::can_be_pid_1() {
        case::check(&cases::pid_1());
    }
}
