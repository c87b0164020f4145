//! The promise to those who come from the Python monofy: the same lines do the same, or differ as the table
//! in the README says.
//!
//! Every case runs against both programs. `MONOFY_PYTHON` is the path of the Python script (version 1.2.0);
//! without it only ours is run, loudly. `UNDER_TEST` is `ours` or `theirs` and leaves out the other.

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
fn a_line_is_taken_apart_as_before() {
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
fn what_pid_1_does_is_done_as_before() {
    if case::can_be_pid_1() {
        case::check(&cases::pid_1());
    }
}
