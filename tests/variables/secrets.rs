//! What is secret is shown nowhere, whatever is made of it.

use serde_json::json;

use crate::scene::Scene;

fn scene() -> Scene {
    let file = "[settings]\nsecrets = ['*_TOKEN', 'P?']\n[vars]\nDB.secret = true\nDB.default = 'hunter2'\n\
                L.secret = true\nL.default = ['hunter2 x', 'y']\n";
    Scene::new()
        .file("monofy.toml", file)
        .env("API_TOKEN", "hunter2")
        .env("PW", "hunter2")
        .env("OPEN", "open")
}

#[test]
fn every_byte_that_came_from_a_secret_is_masked_by_where_it_came_from() {
    let words = [
        "p",
        "--a=$API_TOKEN!",
        "hunter2",
        "${DB#hunt}${PW^^}-$OPEN",
        "${#DB}",
        "${NONE:-$DB}",
        "${N=x$DB}",
        "$N",
        "${L...}",
        "${OPEN:+hunter2}",
    ];
    let shown = scene().shown(&[&["--plan"], &words[..]].concat());
    assert_eq!(
        shown,
        "processes, side by side\n└─ p  p '--a=***!' hunter2 '***-open' '***' '***' 'x***' 'x***' '***' '***' hunter2\n"
    );
    let plan = scene().plan(&words);
    assert_eq!(plan["masked"], true);
    assert_eq!(plan["processes"][0]["argv"][1], "--a=***!");
    let secret = |name: &str| {
        let variables = plan["variables"].as_array().expect("there are variables");
        let found = variables.iter().find(|variable| variable["name"] == name);
        found.map(|variable| variable["secret"].clone())
    };
    assert_eq!(secret("API_TOKEN"), Some(json!(true)));
    assert_eq!(secret("N"), Some(json!(true)));
    assert_eq!(secret("OPEN"), Some(json!(false)));
}

#[test]
fn wherever_it_comes_from_and_wherever_it_goes() {
    let scene = scene().file("env", "B_TOKEN=hunter2\nOTHER=open\n");
    let line = [
        "--env-file=env",
        "--set=C_TOKEN=hunter2",
        "--name=n-$PW",
        "--user=${ID_TOKEN:=0}",
        "--workdir=/$C_TOKEN",
        "OWN=$DB",
        "/bin/$PW",
        "$B_TOKEN",
    ];
    let finished = scene.run([&["--plan=json"], &line[..]].concat());
    finished.assert_status(0);
    assert!(!finished.stdout.contains("hunter2"), "{finished:#?}");
    let process = scene.plan(&line)["processes"][0].clone();
    assert_eq!(process["env"], json!({"B_TOKEN": "***", "OTHER": "open", "OWN": "***"}));
    assert_eq!(process["name"], "n-***");
    assert_eq!(process["workdir"], "/***");
    assert_eq!(process["argv"], json!(["/bin/***", "***"]));
}

#[test]
fn the_processes_get_the_values_and_notices_do_not() {
    let scene = scene().env("SHELL_TOKEN", "/bin/sh");
    let finished =
        scene.run(["$SHELL_TOKEN", "-c", "echo $1", "sh", "${DB}", "&&", "$SHELL_TOKEN", "-c", "exit 3"]);
    finished.assert_status(3).assert_stdout("hunter2\n");
    assert!(!finished.stderr.contains("hunter2") && !finished.stderr.contains("/sh"), "{finished:#?}");
    finished.assert_told("monofy: *** started (pid ").assert_told("monofy: *** exited with status 3");
}

#[test]
fn masked_names_are_unique() {
    let plan = scene().plan(&["$PW", "|||", "$DB", "|||", "--name=$PW", "x", "|||", "--name=${DB}2", "y"]);
    let names: Vec<_> =
        plan["processes"].as_array().unwrap().iter().map(|process| process["name"].clone()).collect();
    assert_eq!(names, ["***.2", "***.3", "***", "***2"]);
}

#[test]
fn what_cannot_be_masked_is_left_out() {
    let scene = scene().env("S_TOKEN", "QUIT").env("T_TOKEN", "5");
    let line = ["--stop-signal=$S_TOKEN", "--stop-timeout=$T_TOKEN", "p"];
    let plan = scene.plan(&line);
    assert_eq!(plan["masked"], true);
    assert_eq!(plan["processes"][0]["stop_signal"], json!(null));
    assert_eq!(plan["processes"][0]["stop_timeout_ms"], json!(null));
    let plan = scene.plan(&[&["--show-secrets"], &line[..]].concat());
    assert_eq!(plan["processes"][0]["stop_signal"], "QUIT");
}

#[test]
fn a_masked_plan_is_not_executed_and_one_with_secrets_is() {
    let scene = scene();
    let masked = scene.run(["--plan=json", "echo", "$DB"]).stdout;
    let scene = scene.file("plan", masked);
    let refused = scene.run(["--run-plan", "plan"]);
    refused.assert_status(125).assert_told("monofy: --run-plan: plan: its secrets are masked");
    let open = scene.run(["--plan=json", "--show-secrets", "echo", "$DB"]).stdout;
    let scene = scene.file("plan", open);
    assert_eq!(scene.shown(&["-q", "--run-plan", "plan"]), "hunter2\n");
    let scene = scene.env("MONOFY_SHOW_SECRETS", "1");
    assert_eq!(scene.shown(&["--plan", "a", "$DB"]), "processes, side by side\n└─ a  a hunter2\n");
}

#[test]
fn without_a_secret_in_it_a_plan_is_not_masked() {
    assert_eq!(scene().plan(&["p", "$OPEN", "${DB:+x}"])["masked"], false);
}

#[test]
fn no_value_is_told_whatever_is_wrong() {
    let scene = scene();
    let finished = scene.run([
        "--strict",
        "--set=A=hunter2",
        "--stop-signal=$DB",
        "--stop-timeout=$A",
        "--user=$PW",
        "$A",
        "${DB:9:-9}",
        "${A...}${DB",
        "${API_TOKENS}",
    ]);
    finished.assert_status(125).assert_told("argument 9: API_TOKENS: not set; did you mean API_TOKEN?");
    assert!(!finished.stderr.contains("hunter2"), "{finished:#?}");
}
