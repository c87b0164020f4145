//! Plans that are none.

use serde_json::{Value, json};

use crate::roundtrip::stdin;
use crate::support::{Folder, Run};

/// A plan that would leave a file behind, were it executed.
pub(crate) fn sound() -> Value {
    json!({
        "version": 1,
        "setup": [{"name": "sh", "argv": ["/bin/sh", "-c", ": >started"]}],
        "processes": [{"name": "sh", "argv": ["/bin/sh", "-c", ": >started"]}],
    })
}

/// The sound plan with something put into it; `null` takes away.
fn with(pointer: &str, value: Value) -> Value {
    let mut plan = sound();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let parent = plan.pointer_mut(parent).expect("what it points to is there");
    match parent {
        Value::Array(list) => list.push(value),
        Value::Object(map) if value == json!("(taken away)") => drop(map.remove(key)),
        Value::Object(map) => drop(map.insert(key.to_owned(), value)),
        _ => panic!("{pointer} points into nothing"),
    }
    plan
}

/// What the schema thinks of a plan that the program refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schema {
    /// The same.
    Refuses,
    /// It cannot say so.
    CannotTell,
}

/// Plans that are wrong, what is said of them, and whether the schema can know.
pub(crate) fn wrong() -> Vec<(Value, &'static str, Schema)> {
    let all = [wrong_fields(), wrong_process_fields(), not_to_be_executed()];
    all.into_iter().flatten().collect()
}

/// What can be read and is not meant for execution.
fn not_to_be_executed() -> Vec<(Value, &'static str, Schema)> {
    use Schema::CannotTell;
    vec![
        (
            with("/masked", json!(true)),
            "its secrets are masked, so it cannot do what the line would have done; write it with --plan=json --show-secrets",
            CannotTell,
        ),
        (
            with("/problems", json!(["argument 1: wrong"])),
            "the line of this plan has errors, which the plan lists",
            CannotTell,
        ),
    ]
}

fn wrong_fields() -> Vec<(Value, &'static str, Schema)> {
    use Schema::Refuses;

    let gone = || json!("(taken away)");
    vec![
        (with("/version", json!(2)), "the plan has version 2, and this monofy reads version 1", Refuses),
        (with("/version", gone()), "not a plan: missing field `version`", Refuses),
        (with("/version", json!("1")), "not a plan: invalid type: string", Refuses),
        (with("/processes", gone()), "not a plan: missing field `processes`", Refuses),
        (with("/bogus", json!(1)), "not a plan: unknown field `bogus`", Refuses),
        (with("/settings", json!({"bogus": 1})), "not a plan: unknown field `bogus`", Refuses),
        (
            with("/variables", json!([{"name": "A", "source": "unset", "bogus": 1}])),
            "unknown field `bogus`",
            Refuses,
        ),
        (
            with("/variables", json!([{"name": "A", "source": "nowhere"}])),
            "unknown variant, expected one of",
            Refuses,
        ),
        (with("/settings", json!({"grace_ms": -1})), "not a plan: invalid type: integer, expected", Refuses),
        (
            with("/settings", json!({"grace_ms": "never"})),
            "not a plan: invalid value: string, expected",
            Refuses,
        ),
        (
            with("/settings", json!({"output": "loud"})),
            "not a plan: unknown variant, expected one of",
            Refuses,
        ),
        (with("/settings", json!({"ready_fd": 2})), "settings.ready_fd: 0 to 2 are stdin", Refuses),
        (
            with("/settings", json!({"verbosity": "loud"})),
            "not a plan: unknown variant, expected one of",
            Refuses,
        ),
        (with("/warnings", json!([1])), "not a plan: invalid type: integer, expected", Refuses),
    ]
}

fn wrong_process_fields() -> Vec<(Value, &'static str, Schema)> {
    use Schema::{CannotTell, Refuses};

    let gone = || json!("(taken away)");
    let first = |field: &str, value: Value| with(&format!("/processes/0/{field}"), value);
    vec![
        (first("bogus", json!(1)), "not a plan: unknown field `bogus`", Refuses),
        (first("name", gone()), "not a plan: missing field `name`", Refuses),
        (first("name", json!("")), "processes[0].name: a process's name cannot be empty", Refuses),
        (first("name", json!("a\nb")), "processes[0].name: a process's name cannot", Refuses),
        (first("argv", gone()), "not a plan: missing field `argv`", Refuses),
        (first("argv", json!([])), "processes[0].argv: the program is empty", Refuses),
        (first("argv", json!([""])), "processes[0].argv: the program is empty", Refuses),
        (first("argv", json!([{"base64": ""}])), "processes[0].argv: the program is empty", Refuses),
        (first("argv", json!(["a", "b\u{0}c"])), "processes[0].argv[1]: a NUL character", Refuses),
        (
            first("argv", json!(["a", {"base64": "YQBi"}])),
            "processes[0].argv[1]: a NUL character",
            CannotTell,
        ),
        (first("argv", json!(["a", {"base64": "!"}])), "not a plan: malformed base64", Refuses),
        (
            first("argv", json!(["a", {"base64": "YQ==", "x": 1}])),
            "no other key is allowed next to \"base64\"",
            Refuses,
        ),
        (first("argv", json!(["a", {"base32": "x"}])), "expected the key \"base64\"", Refuses),
        (first("argv", json!(["a", 1])), "not a plan: invalid type: integer, expected", Refuses),
        (first("argv", json!("a b")), "not a plan: invalid type: string", Refuses),
        (
            first("env", json!({"A=B": "x"})),
            "processes[0].env: a name that is not made of letters, digits, _, . and -",
            Refuses,
        ),
        (first("env", json!({"": "x"})), "processes[0].env: a name that is not", Refuses),
        (first("env", json!({"A": "\u{0}"})), "processes[0].env.A: a NUL character", Refuses),
        (first("user", json!("")), "processes[0].user: empty", Refuses),
        (first("workdir", json!("")), "processes[0].workdir: empty", Refuses),
        (first("workdir", json!("/\u{0}")), "processes[0].workdir: a NUL character", Refuses),
        (first("stop_signal", json!("BOGUS")), "not a signal; use TERM, SIGTERM, 15 or RTMIN+3", CannotTell),
        (first("stop_signal", json!("")), "not a signal", Refuses),
        (first("stop_signal", json!(15)), "not a plan: invalid type: integer, expected", Refuses),
        (first("stop_timeout_ms", json!(1.5)), "not a plan: invalid type: floating point, expected", Refuses),
        (first("tty", json!("yes")), "not a plan: invalid type: string, expected", Refuses),
        (first("restart", json!("sometimes")), "not a plan: invalid value: string, expected", Refuses),
        (first("restart", json!("on-failure:0")), "not a plan: invalid value: string, expected", Refuses),
        (first("ready", json!("udp:80")), "not a plan: unknown check; use tcp:[HOST:]PORT, http:", Refuses),
        (first("ready", json!("log:(")), "not a plan: not a regular expression", CannotTell),
        (first("ready", json!("tcp:70000")), "not a plan: not an address; use tcp:PORT", CannotTell),
        (first("ready", json!("fd:2")), "not a plan: not a descriptor; use a number from 3 on", Refuses),
        (first("ready_template", json!("\u{0}")), "processes[0].ready_template: a NUL character", Refuses),
        (first("after", json!(["x"])), "processes[0].after[0]: no process has this name", CannotTell),
        (
            first("after", json!(["sh"])),
            "processes[0].after: processes wait for each other in a cycle",
            CannotTell,
        ),
        (
            with("/setup/0/restart", json!("always")),
            "setup[0].restart: a setup command that is always restarted never ends",
            CannotTell,
        ),
        (with("/setup/0/ready", json!("notify")), "setup[0].ready: for processes only", CannotTell),
        (with("/setup/0/after", json!(["sh"])), "setup[0].after: for processes only", CannotTell),
        (
            with("/processes/-", sound()["processes"][0].clone()),
            "processes[1].name: another command has this name",
            CannotTell,
        ),
        (
            with("/setup/-", sound()["setup"][0].clone()),
            "setup[1].name: another command has this name",
            CannotTell,
        ),
        (json!([]), "not a plan: ", Refuses),
        (json!(null), "not a plan: ", Refuses),
        (json!("plan"), "not a plan: ", Refuses),
    ]
}

/// Checks that this is refused, that nothing is started, and that one message says so.
fn refused(text: &str, part: &str) {
    let folder = Folder::new();
    let finished = Run::new(["--run-plan", "-"]).directory(folder.path()).stdin(stdin(text)).finish();
    assert!(!folder.path().join("started").exists(), "something was started: {finished:#?}");
    finished.assert_status(125).assert_stdout("");
    let is_one = finished.stderr.lines().count() == 1 && finished.stderr.starts_with("monofy: ");
    assert!(is_one && finished.stderr.contains(part), "{part:?} of {finished:#?}");
}

#[test]
fn the_sound_plan_is_executed() {
    let folder = Folder::new();
    Run::new(["--run-plan", "-"])
        .directory(folder.path())
        .stdin(stdin(&sound().to_string()))
        .finish()
        .assert_status(0);
    assert!(folder.path().join("started").exists());
}

#[test]
fn a_plan_that_is_wrong_is_refused_and_nothing_is_started() {
    for (plan, part, _) in wrong() {
        refused(&plan.to_string(), part);
    }
}

#[test]
fn what_is_no_json_is_refused() {
    let sound = sound().to_string();
    for text in ["", " ", "{", "hello", "{\"version\": 1,", &sound[..sound.len() - 1]] {
        refused(text, "--run-plan: stdin: not a plan: ");
    }
    refused(&format!("{sound} {sound}"), "not a plan: trailing characters");
    refused(&sound.replacen("\"version\":1", "\"version\":1,\"version\":1", 1), "duplicate field `version`");
}

#[test]
fn a_deep_nest_is_refused() {
    refused(&"[".repeat(100_000), "not a plan: ");
    refused(&format!("{{\"version\":{}", "[".repeat(100_000)), "not a plan: ");
}

#[test]
fn what_is_larger_than_any_plan_is_refused() {
    let folder = Folder::new();
    let file = folder.path().join("huge");
    // A file of holes takes no room.
    std::fs::File::create(&file).unwrap().set_len(65 * 1024 * 1024).unwrap();
    let finished = Run::new(["--run-plan".into(), file.clone()]).finish();
    finished.assert_status(125);
    assert_eq!(finished.stderr, format!("monofy: --run-plan: {}: larger than 64 MiB\n", file.display()));
}

#[test]
fn an_argument_that_the_kernel_refuses_starts_nothing() {
    let folder = Folder::new();
    let mut plan = sound();
    plan["processes"][0]["argv"] = json!(["/bin/true", "x".repeat(200_000)]);
    plan["setup"] = json!([]);
    let finished =
        Run::new(["--run-plan", "-"]).directory(folder.path()).stdin(stdin(&plan.to_string())).finish();
    assert!(finished.status != 0, "{finished:#?}");
}

#[test]
fn no_value_of_a_plan_is_told() {
    for (pointer, value) in [
        ("/settings", json!({"grace_ms": "hunter2"})),
        ("/processes/0/argv", json!("hunter2")),
        ("/processes/0/env", json!("hunter2")),
        ("/processes/0/stop_signal", json!("hunter2")),
        ("/processes/0/argv", json!(["a", {"base64": "hunter2!"}])),
    ] {
        let finished = Run::new(["--run-plan", "-"]).stdin(stdin(&with(pointer, value).to_string())).finish();
        finished.assert_status(125);
        assert!(!finished.stderr.contains("hunter2"), "{finished:#?}");
    }
}
