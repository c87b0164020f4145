//! All problems are reported together, and the views show what they can.

use serde_json::Value;

use crate::support::scenario::Scenario;

const PROBLEMS: &str = "monofy: env:1:1: a line without '='; write NAME=VALUE, and quotes around a value of several lines
    …
    ^
monofy: ./monofy.toml:2:12: KEY: not set: it is required
    required = …
               ^
monofy: argument 4: PROT: which port?; did you mean PORT?
    --bind=${PROT:?which port?}
           ^^^^^^^^^^^^^^^^^^^^
monofy: argument 6: 'soon' is not a duration; write 500ms, 8s, 1.5s, 2m or 1h; a bare number is seconds, 0 is at once, none is no limit
    --stop-timeout=soon
                   ^^^^
";

fn scenario() -> Scenario {
    Scenario::new()
        .file("monofy.toml", "[vars.KEY]\nrequired = true\n")
        .file("env", "9x\nA=a\n")
        .env("PORT", "80")
}

#[test]
fn problems_of_files_variables_and_line_are_reported_together() {
    scenario().refused(
        &["--env-file", "env", "a", "--bind=${PROT:?which port?}", "|||", "--stop-timeout=soon", "b"],
        PROBLEMS,
    );
}

#[test]
fn a_plan_shows_what_it_can() {
    let line = [
        "--env-file=env",
        "--plan",
        "a",
        "--bind=${PROT:?which port?}",
        "|||",
        "--stop-timeout=soon",
        "b",
        "$A",
    ];
    let finished = scenario().run(line);
    finished
        .assert_status(125)
        .assert_stdout(
            "incomplete: 4 problems, so nothing can be started\nprocesses, side by side\n├─ a  A=a a '--bind=${PROT:?which port?}'\n└─ b  A=a b a\n",
        );
    assert_eq!(finished.stderr, PROBLEMS);
}

#[test]
fn a_plan_with_problems_contains_them_and_is_not_executed() {
    let finished = scenario().run(["--plan=json", "touch", "started", "${X:?}"]);
    finished.assert_status(125);
    let plan: Value = serde_json::from_str(&finished.stdout).expect("a plan is JSON");
    assert_eq!(plan["problems"].as_array().map(Vec::len), Some(2));
    assert_eq!(plan["problems"][1], "argument 4: X: not set\n    ${X:?}\n    ^^^^^^");
    let scenario = scenario().file("plan", &finished.stdout);
    scenario.refused(
        &["--run-plan", "plan"],
        "monofy: --run-plan: plan: the line of this plan has errors, which the plan lists\n",
    );
    assert!(!scenario.path().join("started").exists());
}

#[test]
fn similar_names_are_suggested() {
    let scenario = Scenario::new().file("monofy.toml", "vars.DECLARED = 1").env("DATABASE_URL", "x");
    for (written, meant) in [
        ("DATABSE_URL", "; did you mean DATABASE_URL?"),
        ("database_url", "; did you mean DATABASE_URL?"),
        ("DECLARD", "; did you mean DECLARED?"),
        ("OTHER", ""),
    ] {
        scenario.refused(
            &["--strict", "p", &format!("${written}")],
            &format!(
                "monofy: argument 3: {written}: not set{meant}\n    ${written}\n    ^{}\n",
                "^".repeat(written.len())
            ),
        );
    }
}
