//! `NAME=VALUE` words in front of PROGRAM.

use serde_json::json;

use crate::line::line;

#[test]
fn they_are_the_processs_own_environment() {
    let plan = line(["A=1", "B=", "a", "|||", "_x1=2", "b", "|||", "c"]).plan();
    let env: Vec<_> = plan["processes"].as_array().unwrap().iter().map(|p| p["env"].clone()).collect();
    assert_eq!(env, [json!({"A": "1", "B": ""}), json!({"_x1": "2"}), json!({})]);
}

#[test]
fn their_values_see_the_variables_of_the_line_and_not_their_neighbours() {
    let process = line(["A=new", "B=$A", "C=${UNSET:-$A}x", "a", "$A", "$B"]).env("A", "old").process();
    assert_eq!(process["env"], json!({"A": "new", "B": "old", "C": "oldx"}));
    assert_eq!(process["argv"], json!(["a", "old", ""]));
}

#[test]
fn their_values_may_hold_anything() {
    let process = line(["A=x=y", "B=|||", "C=a b", "D=${'$A'}", "a"]).process();
    assert_eq!(process["env"], json!({"A": "x=y", "B": "|||", "C": "a b", "D": "$A"}));
}

#[test]
fn the_last_of_two_with_one_name_wins() {
    assert_eq!(line(["A=1", "A=2", "a"]).process()["env"], json!({"A": "2"}));
}

#[test]
fn they_stand_in_front_of_the_program_only() {
    let process = line(["a", "A=b"]).process();
    assert_eq!([&process["env"], &process["argv"]], [&json!({}), &json!(["a", "A=b"])]);
}

#[test]
fn they_stand_behind_the_options() {
    let process = line(["--name", "x", "A=1", "a", "--name"]).process();
    assert_eq!(
        [&process["name"], &process["env"], &process["argv"]],
        [&json!("x"), &json!({"A": "1"}), &json!(["a", "--name"])]
    );
}

#[test]
fn what_has_no_name_in_front_of_its_equals_sign_is_a_program() {
    for program in ["1A=b", "=x", "a.b=c", "a-b=c", "$A=b", "é=1"] {
        assert_eq!(line([program]).process()["env"], json!({}), "{program}");
    }
}

#[test]
fn no_value_becomes_an_assignment() {
    let process = line(["$WORD", "x"]).env("WORD", "A=1").process();
    assert_eq!([&process["env"], &process["argv"]], [&json!({}), &json!(["A=1", "x"])]);
}

#[test]
fn one_beats_the_environment_of_monofy_for_its_process() {
    use crate::support::Run;

    let run = Run::new(["A=own", "printenv", "A", "B"]).env("A", "inherited").env("B", "inherited");
    run.finish().assert_status(0).assert_stdout("own\ninherited\n");
}

#[test]
fn a_spread_does_not_fit_into_one() {
    line(["A=${B...}", "a"]).env("B", "x").refused_with(
        "monofy: argument 1: a spread is several arguments, and only one value fits here\n    \
         A=${B...}\n      ^^^^^^^\n",
    );
}
