//! The environment twins of the global options.

use crate::line::{Line, line};

fn setting(line: &Line, name: &str) -> serde_json::Value {
    line.plan()["settings"][name].clone()
}

#[test]
fn a_twin_says_what_its_option_says() {
    assert_eq!(setting(&line(["a"]).env("MONOFY_STRICT", "1"), "strict"), true);
    assert_eq!(setting(&line(["a"]).env("MONOFY_GRACE", "5s"), "grace_ms"), 5000);
    assert_eq!(setting(&line(["a"]).env("MONOFY_GRACE", "none"), "grace_ms"), "none");
    assert_eq!(setting(&line(["a"]).env("MONOFY_GRACE", "0"), "grace_ms"), 0);
    assert_eq!(setting(&line(["a"]).env("MONOFY_QUIET", "1"), "verbosity"), "quiet");
    assert_eq!(setting(&line(["a"]).env("MONOFY_VERBOSE", "1"), "verbosity"), "verbose");
    assert_eq!(setting(&line(["a"]).env("MONOFY_OUTPUT", "json"), "output"), "json");
    assert_eq!(setting(&line(["-o", "raw", "a"]).env("MONOFY_OUTPUT", "json"), "output"), "raw");
    assert_eq!(setting(&line(["a"]).env("MONOFY_READY_FD", "3"), "ready_fd"), 3);
    line(["a", "$X"])
        .env("MONOFY_STRICT", "1")
        .refused_with("monofy: argument 2: X: not set\n    $X\n    ^^\n");
}

#[test]
fn zero_and_empty_are_off() {
    for off in ["0", ""] {
        assert_eq!(setting(&line(["a"]).env("MONOFY_STRICT", off), "strict"), false);
        assert_eq!(setting(&line(["a"]).env("MONOFY_QUIET", off), "verbosity"), "normal");
        assert_eq!(setting(&line(["a"]).env("MONOFY_VERBOSE", off), "verbosity"), "normal");
        let (finished, was_started) = line(["-q", "a"]).env("MONOFY_PLAN", off).run();
        assert!(was_started, "{finished:#?}");
        finished.assert_status(0).assert_stdout("");
    }
    assert_eq!(setting(&line(["a"]).env("MONOFY_GRACE", ""), "grace_ms"), serde_json::Value::Null);
    let (_, was_started) = line(["a"]).env("MONOFY_RUN_PLAN", "").run();
    assert!(was_started);
}

#[test]
fn the_plan_can_be_asked_for() {
    for (value, start) in [("1", "processes"), ("text", "processes"), ("json", "{")] {
        let (finished, was_started) = line(["a"]).env("MONOFY_PLAN", value).run();
        assert!(!was_started);
        assert!(finished.stdout.starts_with(start), "{finished:#?}");
        finished.assert_status(0);
    }
}

#[test]
fn a_plan_can_be_executed() {
    line::<&str>([])
        .env("MONOFY_RUN_PLAN", "/nowhere/plan.json")
        .refused_with("monofy: --run-plan: /nowhere/plan.json: No such file or directory (os error 2)\n");
    line(["a"])
        .env("MONOFY_RUN_PLAN", "/nowhere/plan.json")
        .misused("MONOFY_RUN_PLAN executes a plan and takes no PROCESS and no process options");
}

#[test]
fn the_command_line_wins() {
    assert_eq!(setting(&line(["-g1", "a"]).env("MONOFY_GRACE", "5s"), "grace_ms"), 1000);
    assert_eq!(setting(&line(["-v", "a"]).env("MONOFY_QUIET", "1"), "verbosity"), "verbose");
    assert_eq!(setting(&line(["-q", "a"]).env("MONOFY_VERBOSE", "1"), "verbosity"), "quiet");
    assert_eq!(setting(&line(["--strict", "a"]).env("MONOFY_STRICT", "0"), "strict"), true);
    // `plan` above says `--plan=json`.
    line(["a"]).env("MONOFY_PLAN", "text").plan();
}

#[test]
fn a_value_that_a_twin_cannot_have_is_refused_and_not_shown() {
    for (name, expected) in [
        ("MONOFY_STRICT", "1 or 0"),
        ("MONOFY_QUIET", "1 or 0"),
        ("MONOFY_VERBOSE", "1 or 0"),
        ("MONOFY_PLAN", "1, text, json, compose, swarm, kubernetes or 0"),
        ("MONOFY_GRACE", "a duration such as 500ms, 8s, 1.5s, 2m or 1h, or none"),
    ] {
        for wrong in ["hunter2", " 1", "yes", "11"] {
            if (name, wrong) == ("MONOFY_GRACE", "11") {
                continue;
            }
            let message = format!("{name}: this environment variable has to be {expected}");
            line(["a"]).env(name, wrong).misused(&message);
        }
    }
}

#[test]
fn help_needs_no_twin_to_be_right() {
    let (finished, _) = line(["--help"]).env("MONOFY_STRICT", "wrong").run();
    finished.assert_status(0);
}

#[test]
fn all_twins_that_are_wrong_are_told_together() {
    line(["a"])
        .env("MONOFY_STRICT", "yes")
        .env("MONOFY_EXPLAIN", "2")
        .env("MONOFY_NO_DEFAULTS", "x")
        .misused(
            "MONOFY_EXPLAIN: this environment variable has to be 1, text, json, markdown or 0
monofy: MONOFY_STRICT: this environment variable has to be 1 or 0
monofy: MONOFY_NO_DEFAULTS: this environment variable has to be 1 or 0",
        );
}

#[test]
fn processes_do_not_inherit_the_variables_of_options() {
    let finished = crate::support::Run::new(["-q", "env"])
        .env("MONOFY_GRACE", "5s")
        .env("MONOFY_STRICT", "0")
        .env("OTHER", "x")
        .finish();
    finished.assert_status(0);
    assert!(finished.stdout.contains("OTHER=x") && !finished.stdout.contains("MONOFY_"), "{finished:#?}");
}

#[test]
fn an_unknown_variable_warns_with_a_suggestion() {
    let (finished, _) = line(["-q", "a"]).env("MONOFY_OUPUT", "x").run();
    let expected = "monofy: warning: MONOFY_OUPUT: no option has this name; did you mean MONOFY_OUTPUT?\n";
    assert_eq!(finished.stderr, expected);
}
