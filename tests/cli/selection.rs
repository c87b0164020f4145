//! Parts of the line: `--only`, `--setup`, `--if`, `--unless`, `--replicas` and `--once`.

use serde_json::{Value, json};

use crate::line::{line, names};

fn skipped(plan: &Value) -> Vec<(&str, &str)> {
    let all = plan["skipped"].as_array().expect("there is a list");
    assert!(all.iter().all(|skipped| skipped["kind"].is_string()), "{plan}");
    all.iter()
        .map(|skipped| (skipped["name"].as_str().unwrap(), skipped["reason"].as_str().unwrap()))
        .collect()
}

#[test]
fn only_the_named_processes_run() {
    let words = ["x", "&&", "--name=a", "a", "|||", "--after=a", "b", "|||", "c", "${X:?}"];
    let plan = line(std::iter::once("--only=b").chain(words)).plan();
    assert_eq!((names(&plan), plan["setup"].as_array().map(Vec::len)), (vec!["b"], Some(1)));
    assert_eq!(skipped(&plan), [("a", "--only"), ("c", "--only")]);
    assert_eq!(plan["processes"][0]["after"], json!([]));
    let plan = line(words).env("MONOFY_ONLY", "a, b").plan();
    assert_eq!(names(&plan), ["a", "b"]);
    assert_eq!(plan["processes"][1]["after"], json!(["a"]));
}

#[test]
fn an_unknown_name_is_refused_with_the_names_there_are() {
    line(["--only=a,w", "a", "|||", "b"]).refused_with(
        "monofy: argument 1: no process is named 'w'; the processes are a, b\n    --only=a,w\n             ^\n",
    );
}

#[test]
fn setup_commands_run_first_or_not_at_all_or_alone() {
    let plan = line(["--setup=skip", "a", "&&", "b"]).plan();
    assert_eq!((names(&plan), skipped(&plan)), (vec!["b"], vec![("a", "--setup=skip")]));
    let plan = line(["a", "&&", "b"]).env("MONOFY_SETUP", "only").plan();
    assert_eq!((names(&plan), skipped(&plan)), (vec![], vec![("b", "--setup=only")]));
}

#[test]
fn a_condition_leaves_a_command_out_without_expanding_it() {
    for value in ["", "0", "No", "OFF", "f"] {
        let plan = line(["--if=$V", "a", "${X:?}", "|||", "--after=a", "b"]).env("V", value).plan();
        assert_eq!((names(&plan), skipped(&plan)), (vec!["b"], vec![("a", "--if=$V is false")]), "{value}");
        let plan = line(["--unless=$V", "a"]).env("V", value).plan();
        assert_eq!(names(&plan), ["a"], "{value}");
    }
    assert_eq!(names(&line(["--if=yes", "a"]).plan()), ["a"]);
    assert_eq!(skipped(&line(["--unless=yes", "a"]).plan()), [("a", "--unless=yes is true")]);
}

#[test]
fn replicas_have_names_numbers_and_followers() {
    let plan =
        line(["--replicas=2", "a", "$MONOFY_REPLICA", "|||", "--after=a", "b", "|||", "--after=a.2", "c"])
            .plan();
    assert_eq!(names(&plan), ["a.1", "a.2", "b", "c"]);
    assert_eq!(plan["processes"][1]["argv"], json!(["a", "2"]));
    assert_eq!(plan["processes"][1]["env"], json!({"MONOFY_REPLICA": "2"}));
    assert_eq!(plan["processes"][2]["after"], json!(["a.1", "a.2"]));
    assert_eq!(plan["processes"][3]["after"], json!(["a.2"]));
    assert_eq!(names(&line(["--replicas=2", "a", "|||", "a"]).plan()), ["a.1", "a.2", "a.3"]);
    assert_eq!(skipped(&line(["--replicas=0", "a"]).plan()), [("a", "--replicas is 0")]);
    assert_eq!(names(&line(["--only=a.2", "--replicas=3", "a"]).plan()), ["a.2"]);
}

#[test]
fn all_bad_input_is_reported_at_once() {
    let said = line([
        "--replicas=1001",
        "--umask=9",
        "--rewrite=KILL:TERM",
        "--rewrite=TERM:0",
        "--once",
        "--restart=always",
        "a",
    ])
    .refused();
    for part in [
        "argument 1: '1001' is not a number of copies",
        "argument 2: '9' is not a file mode creation mask",
        "argument 3: SIGKILL and SIGSTOP cannot be received",
        "argument 4: SIGTERM cannot be dropped",
        "argument 6: a --once process that is always restarted never ends",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn names_made_of_secrets_are_told_apart() {
    let folder = crate::support::Folder::new();
    folder.file("monofy.toml", "[vars.A]\nsecret = true\n[vars.B]\nsecret = true\n");
    let words = ["--plan=json", "--name=$A", "a", "|||", "--name=$B", "b", "|||", "--after=$B", "c"];
    let run = crate::support::Run::new(words).directory(folder.path()).env("A", "one").env("B", "two");
    let finished = run.finish();
    let plan: Value = serde_json::from_str(&finished.assert_status(0).stdout).unwrap();
    assert_eq!(plan["processes"][2]["after"], json!([plan["processes"][1]["name"]]));
}

#[test]
fn the_plan_of_a_plan_masks_what_the_plan_of_the_line_masks() {
    let folder = crate::support::Folder::new();
    folder.file("monofy.toml", "[vars.S]\nsecret = true\n");
    let words = ["E=x$S", "--", "a", "b$S-c$S", "|||", "--user=$S", "--ready=exec:a $S", "-w/$S", "d"];
    let planned = |options: &[&str]| {
        let run = crate::support::Run::new(options.iter().chain(&words)).directory(folder.path());
        run.env("S", "47").finish().assert_status(0).stdout.clone()
    };
    let file = folder.file("plan.json", planned(&["--plan=json", "--show-secrets"]));
    let again = crate::support::Run::new(["--plan=json", "--run-plan", file.to_str().unwrap()]).finish();
    let (again, masked) = (again.assert_status(0).stdout.clone(), planned(&["--plan=json"]));
    // Arguments have other numbers, and a plan with its secrets has no warning about them.
    let without_warnings = |plan: &str| {
        let mut plan: Value = serde_json::from_str(plan).expect("a plan is JSON");
        plan["warnings"] = json!([]);
        plan
    };
    assert_eq!(without_warnings(&again), without_warnings(&masked));
    assert!(!masked.contains("47") && masked.contains("b***-c***"), "{masked}");
}
