//! Files in the plan.

use crate::support::Run;
use crate::support::scenario::Scenario;

#[test]
fn the_plan_holds_the_files_and_run_plan_writes_them() {
    let scenario = Scenario::new().file("in", "$<A>$<B:-2>").env("A", "1");
    let plan = scenario.plan(&["--render=in:out", "cat", "out"]);
    let file = &plan["files"][0];
    assert_eq!((&file["source"], &file["destination"]), (&"in".into(), &"out".into()));
    assert_eq!((&file["content"], &file["mode"]), (&"12".into(), &0o644.into()));
    assert_eq!(file["variables"], serde_json::json!(["A", "B"]));
    assert!(!scenario.path().join("out").exists(), "a plan writes nothing");
    let scenario = scenario.file("plan.json", plan.to_string());
    let finished = Run::new(["-q", "--run-plan=plan.json"]).directory(scenario.path()).finish();
    finished.assert_status(0).assert_stdout("12");
}

#[test]
fn the_text_of_a_plan_shows_where_a_file_goes_its_mode_and_its_variables() {
    let scenario = Scenario::new().file("in", "$<A:-1>$<B:-2>");
    let text = scenario.shown(&["--plan", "--render=in:out", "true"]);
    assert!(text.starts_with("files\n└─ out  from in (mode 0644, variables A, B)\n"), "{text}");
}

#[test]
fn secrets_in_a_file_are_masked_and_such_a_plan_is_not_executed() {
    let scenario = Scenario::new()
        .file("in", "x=$<S>y")
        .file("monofy.toml", "[vars.S]\nsecret = true\n")
        .env("S", "hunter2");
    let plan = scenario.plan(&["--render=in:out", "true"]);
    assert_eq!(plan["files"][0]["content"], "x=***y");
    assert_eq!(plan["masked"], true);
    let shown = scenario.plan(&["--show-secrets", "--render=in:out", "true"]);
    let scenario = scenario.file("plan.json", shown.to_string());
    let again = scenario.run(["--run-plan=plan.json", "--plan=json"]);
    assert!(!again.stdout.contains("hunter2"), "{again:#?}");
    assert!(again.stdout.contains("x=***y"), "{again:#?}");
}

#[test]
fn a_plan_by_hand_with_a_bad_file_is_refused() {
    let plan = |file: &str| format!("{{\"version\": 1, \"processes\": [], \"files\": [{file}]}}");
    let cases = [
        r#"{"source": "a", "destination": "", "mode": 420, "content": ""}"#,
        r#"{"source": "a", "destination": "b", "mode": 65536, "content": ""}"#,
        "{\"source\": \"a\", \"destination\": \"a\\u0000b\", \"mode\": 420, \"content\": \"\"}",
    ];
    for file in cases {
        let scenario = Scenario::new().file("plan.json", plan(file));
        scenario.run(["--run-plan=plan.json"]).assert_status(125);
    }
}

#[test]
fn the_explanation_lists_the_files_that_use_a_variable() {
    let scenario = Scenario::new().file("in", "$<A:-1>");
    let text = scenario.shown(&["--explain", "--render=in:out", "true"]);
    assert!(text.contains("    used by      the file in\n"), "{text}");
}
