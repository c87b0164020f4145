//! The checks of a line in its plan.

use serde_json::{Value, json};

use super::line::run;
use super::support::Folder;

fn plan(words: &[&str]) -> Value {
    let words = [&["--plan=json"], words].concat();
    let finished = run(&words).env("PORT", "5432").finish();
    finished.assert_status(0);
    serde_json::from_str(&finished.stdout).unwrap()
}

#[test]
fn the_plan_has_the_checks_and_how_they_were_written() {
    let plan = plan(&[
        "--start-timeout=1.5m",
        "--wait=tcp:db:$PORT",
        "--wait=${UNSET:-}",
        "--wait=file:/x",
        "set",
        "&&",
        "--alive=http:80/",
        "--alive=exec:a 'b c'",
        "a",
    ]);
    assert_eq!(plan["settings"]["start_timeout_ms"], 90_000);
    assert_eq!(plan["setup"][0]["wait"], json!(["tcp:db:5432", "file:/x"]));
    assert_eq!(plan["setup"][0]["wait_template"], json!(["tcp:db:$PORT", "file:/x"]));
    assert_eq!(plan["processes"][0]["alive"], json!(["http:80/", "exec:a 'b c'"]));
    assert_eq!(plan["processes"][0]["alive_template"], json!(["http:80/", "exec:a 'b c'"]));
}

#[test]
fn monofy_wait_is_added_to_every_process_once() {
    let words = ["--plan=json", "set", "&&", "--wait=file:/x", "a", "|||", "b"];
    let finished = run(&words).env("MONOFY_WAIT", "tcp:db:1 file:/x").finish();
    let plan: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(plan["setup"][0]["wait"], json!([]));
    assert_eq!(plan["processes"][0]["wait"], json!(["file:/x", "tcp:db:1"]));
    assert_eq!(plan["processes"][1]["wait"], json!(["tcp:db:1", "file:/x"]));
    // It counts for a plan that is executed, too, and no check is asked twice.
    let folder = Folder::new();
    let file = folder.file("plan.json", &finished.stdout);
    let words = ["--plan=json", "--run-plan", file.to_str().unwrap()];
    let finished = run(&words).env("MONOFY_WAIT", "tcp:db:1 tcp:cache:2").finish();
    let plan: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(plan["processes"][1]["wait"], json!(["tcp:db:1", "file:/x", "tcp:cache:2"]));
    assert_eq!(plan["processes"][1]["wait_template"], json!(["tcp:db:1", "file:/x", "tcp:cache:2"]));
}

#[test]
fn secrets_in_checks_are_masked_and_checks_that_make_no_sense_without_them_left_out() {
    let words = [
        "--set=PW=hunter2",
        "--set=PORT=4444",
        "--secret=PW,PORT",
        "--wait=exec:check $PW",
        "--wait=tcp:$PORT",
        "--wait=file:/x",
        "--alive=http:80/$PW",
        "a",
    ];
    let masked = plan(&words);
    assert_eq!(masked["processes"][0]["wait"], json!(["exec:check ***", "file:/x"]));
    assert_eq!(masked["processes"][0]["alive"], json!(["http:80/***"]));
    let shown = plan(&[&["--show-secrets"], &words[..]].concat());
    assert_eq!(shown["processes"][0]["wait"], json!(["exec:check hunter2", "tcp:4444", "file:/x"]));
    let secrets = &shown["processes"][0]["secrets"];
    assert_eq!(
        [&secrets["wait[0]"], &secrets["wait[1]"], &secrets["alive[0]"]],
        [&json!([[11, 18]]), &json!([[4, 8]]), &json!([[8, 15]])]
    );
    // A plan that is read back is masked in the same way.
    let folder = Folder::new();
    let file = folder.file("plan.json", shown.to_string());
    let again = plan(&["--run-plan", file.to_str().unwrap()]);
    for field in ["wait", "alive"] {
        assert_eq!(again["processes"][0][field], masked["processes"][0][field]);
    }
}

#[test]
fn a_command_of_a_check_that_the_kernel_would_refuse_for_its_size_is_an_error() {
    let long = "x".repeat(100_000);
    for option in ["--wait", "--alive"] {
        let finished = run(&[option, "exec:echo $A$A", "echo", "x"]).env("A", &long).finish();
        finished.assert_status(125).assert_stdout("");
        finished.assert_reported("argument 2: the value of A makes this 200000 bytes in one argument");
    }
}

#[test]
fn a_plan_with_a_check_that_an_option_cannot_have_is_refused() {
    let folder = Folder::new();
    for (field, check, message) in [
        ("wait", "notify", "processes[0].wait[0]: not a check for --wait"),
        ("alive", "fd:3", "processes[0].alive[0]: not a check for --alive"),
    ] {
        let plan = json!({"version": 1, "processes": [{"name": "a", "argv": ["a"], field: [check]}]});
        let file = folder.file("plan.json", plan.to_string());
        let finished = run(&["--run-plan", file.to_str().unwrap()]).finish();
        finished.assert_status(125).assert_stdout("").assert_reported(message);
    }
    let plan =
        json!({"version": 1, "processes": [], "setup": [{"name": "a", "argv": ["a"], "alive": ["tcp:1"]}]});
    let file = folder.file("plan.json", plan.to_string());
    let finished = run(&["--run-plan", file.to_str().unwrap()]).finish();
    finished.assert_status(125).assert_reported("setup[0].alive: for processes only");
    let plan = json!({"version": 1, "processes": [], "settings": {"start_timeout_ms": 0}});
    let file = folder.file("plan.json", plan.to_string());
    let finished = run(&["--run-plan", file.to_str().unwrap()]).finish();
    finished.assert_status(125).assert_reported("settings.start_timeout_ms: ");
}
