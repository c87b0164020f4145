//! Secrets are never shown, whatever is derived from them.

use serde_json::json;

use crate::support::scenario::Scenario;

fn scenario() -> Scenario {
    let file = "[settings]\nsecrets = ['*_TOKEN', 'P?']\n[vars]\nDB.secret = true\nDB.default = 'hunter2'\n\
                L.secret = true\nL.default = ['hunter2 x', 'y']\n";
    Scenario::new()
        .file("monofy.toml", file)
        .env("API_TOKEN", "hunter2")
        .env("PW", "hunter2")
        .env("OPEN", "open")
}

#[test]
fn every_byte_that_came_from_a_secret_is_masked() {
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
    let shown = scenario().shown_with_warnings(&[&["--plan"], &words[..]].concat());
    assert_eq!(
        shown,
        "processes, side by side\n└─ p  p '--a=***!' hunter2 '***-open' '***' '***' 'x***' 'x***' '***' '***' hunter2\n"
    );
    let plan = scenario().plan(&words);
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
fn secrets_of_all_sources_are_masked_in_all_fields() {
    let scenario = scenario().file("env", "B_TOKEN=hunter2\nOTHER=open\n");
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
    let finished = scenario.run([&["--plan=json"], &line[..]].concat());
    finished.assert_status(0);
    assert!(!finished.stdout.contains("hunter2"), "{finished:#?}");
    let process = scenario.plan(&line)["processes"][0].clone();
    assert_eq!(process["env"], json!({"B_TOKEN": "***", "OTHER": "open", "OWN": "***"}));
    assert_eq!(process["name"], "n-***");
    assert_eq!(process["workdir"], "/***");
    assert_eq!(process["argv"], json!(["/bin/***", "***"]));
}

#[test]
fn processes_get_secrets_and_notices_do_not() {
    let scenario = scenario().env("SHELL_TOKEN", "/bin/sh");
    let finished =
        scenario.run(["$SHELL_TOKEN", "-c", "echo $1", "sh", "${DB}", "&&", "$SHELL_TOKEN", "-c", "exit 3"]);
    finished.assert_status(3).assert_stdout("hunter2\n");
    assert!(!finished.stderr.contains("hunter2") && !finished.stderr.contains("/sh"), "{finished:#?}");
    finished.assert_reported("monofy: *** started (pid ").assert_reported("monofy: *** exited with status 3");
}

#[test]
fn masked_names_are_unique() {
    let plan = scenario().plan(&["$PW", "|||", "$DB", "|||", "--name=$PW", "x", "|||", "--name=${DB}2", "y"]);
    let names: Vec<_> =
        plan["processes"].as_array().unwrap().iter().map(|process| process["name"].clone()).collect();
    assert_eq!(names, ["***.2", "***.3", "***", "***2"]);
}

#[test]
fn a_field_that_cannot_be_masked_is_left_out() {
    let scenario = scenario().env("S_TOKEN", "QUIT").env("T_TOKEN", "5");
    let line = ["--stop-signal=$S_TOKEN", "--stop-timeout=$T_TOKEN", "p"];
    let plan = scenario.plan(&line);
    assert_eq!(plan["masked"], true);
    assert_eq!(plan["processes"][0]["stop_signal"], json!(null));
    assert_eq!(plan["processes"][0]["stop_timeout_ms"], json!(null));
    let plan = scenario.plan(&[&["--show-secrets"], &line[..]].concat());
    assert_eq!(plan["processes"][0]["stop_signal"], "QUIT");
}

#[test]
fn only_a_plan_with_its_secrets_is_executed() {
    let scenario = scenario();
    let masked = scenario.run(["--plan=json", "echo", "$DB"]).stdout;
    let scenario = scenario.file("plan", masked);
    let refused = scenario.run(["--run-plan", "plan"]);
    refused.assert_status(125).assert_reported("monofy: --run-plan: plan: its secrets are masked");
    let open = scenario.run(["--plan=json", "--show-secrets", "echo", "$DB"]).stdout;
    let scenario = scenario.file("plan", open);
    assert_eq!(scenario.shown(&["-q", "--run-plan", "plan"]), "hunter2\n");
    let scenario = scenario.env("MONOFY_SHOW_SECRETS", "1");
    assert_eq!(scenario.shown(&["--plan", "a", "$DB"]), "processes, side by side\n└─ a  a hunter2\n");
}

#[test]
fn a_plan_without_a_secret_is_not_masked() {
    assert_eq!(scenario().plan(&["p", "$OPEN", "${DB:+x}"])["masked"], false);
}

#[test]
fn no_problem_shows_a_secret() {
    let scenario = scenario();
    let finished = scenario.run([
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
    finished.assert_status(125).assert_reported("argument 9: API_TOKENS: not set; did you mean API_TOKEN?");
    assert!(!finished.stderr.contains("hunter2"), "{finished:#?}");
}

#[test]
fn a_secret_in_the_path_of_a_file_is_masked() {
    let scenario = Scenario::new()
        .file(
            "monofy.toml",
            "[settings]\nsecrets = ['*_DIR', 'KEY_FILE']\nenv-files = ['${A_DIR}/env', '${A_DIR}/gone']\n\
             [vars.KEY]\nfile = true\nchoices = ['x']\n",
        )
        .env("A_DIR", "hunter2")
        .env("KEY_FILE", "hunter2/key");
    std::fs::create_dir(scenario.path().join("hunter2")).expect("a folder can be made");
    let scenario = scenario.file("hunter2/env", "B='x' y\nC=1\n").file("hunter2/key", "hunter2");
    let finished = scenario.run(["--explain", "p", "$C", "$KEY"]);
    finished.assert_status(125).assert_reported("***/env:1:7: text after the closing quote");
    finished.assert_reported("the env file ./***/gone cannot be read");
    finished.assert_reported("KEY: the value from *** is none of x");
    assert!(!finished.stderr.contains("hunter2"), "{finished:#?}");
    let shown = finished.stdout.replace("KEY = hunter2", "");
    assert!(!shown.contains("hunter2") && shown.contains("***/env:2"), "{finished:#?}");
}

#[test]
fn a_variable_can_be_declared_secret_on_the_command_line() {
    let scenario = || Scenario::new().file("key", "hunter2\n").env("KEY_FILE", "key").env("TOKEN", "hunter2");
    let line = ["sh", "-c", "echo $1 ${$}KEY", "sh", "$KEY"];
    assert_eq!(scenario().shown(&[&["-q", "--secret=TOKEN,KEY"][..], &line].concat()), "hunter2 hunter2\n");
    for options in [&["--secret=TOKEN", "--secret", "KEY"][..], &["--no-defaults", "--secret=TOKEN,KEY"]] {
        let plan = scenario().plan(&[options, &["p", "$KEY-$TOKEN"]].concat());
        assert_eq!(plan["processes"][0]["argv"], json!(["p", "***-***"]), "{options:?}");
        assert_eq!(plan["processes"][0]["env"], json!({"KEY": "***"}), "{options:?}");
    }
    let twin = scenario().env("MONOFY_SECRET", "KEY").plan(&["--secret=TOKEN", "p", "$KEY-$TOKEN"]);
    assert_eq!(twin["processes"][0]["argv"], json!(["p", "***-***"]));
    let scenario = scenario().file("monofy.toml", "[vars.TOKEN]\nsecret = false\nchoices = ['x']\n");
    scenario.refused(
        &["--secret=TOKEN", "p"],
        "monofy: ./monofy.toml:3:11: TOKEN: the value from the environment is none of the choices\n    choices = …\n              ^\n",
    );
    Scenario::new().refused(
        &["--secret=A,9B", "p"],
        "monofy: argument 1: not a variable name; write NAME or NAME,NAME, of letters, digits and _\n    --secret=A,9B\n               ^^\nTry 'monofy --help'.\n",
    );
    Scenario::new().env("GONE_FILE", "gone").refused(
        &["--secret=A,GONE", "p"],
        "monofy: argument 1: GONE: the file that GONE_FILE names cannot be read: No such file or directory (os error 2)\n    --secret=A,GONE\n               ^^^^\n",
    );
    Scenario::new().env("MONOFY_SECRET", "hunter 2").refused(
        &["p"],
        "monofy: MONOFY_SECRET: this environment variable has to be a variable name, or several with ',' between them\nTry 'monofy --help'.\n",
    );
}

#[test]
fn a_secret_in_an_argument_has_one_warning_in_views_that_mask_it() {
    let warned = |line: &[&str]| scenario().env("TOKEN", "hunter2").run(line).stderr;
    let line = ["--secret=TOKEN", "p", "a${TOKEN}", "$TOKEN"];
    assert_eq!(
        warned(&[&["--plan"], &line[..]].concat()),
        "monofy: warning: argument 4: a secret gets into an argument, which `ps` and `docker top` show; use `TOKEN=...` in \
         front of the program, --secret TOKEN, or a file\n    a${TOKEN}\n     ^^^^^^^^\n"
    );
    let script = warned(&["--explain", "--secret=TOKEN", "sh", "-c", "echo ${#TOKEN}"]);
    assert!(script.contains("write `$${#TOKEN}` for the shell"), "{script}");
    let check = warned(&["--plan", "--secret=TOKEN", "--ready=exec:p $TOKEN", "p"]);
    assert!(check.contains("argument 3: a secret gets into an argument"), "{check}");
    for silent in [
        &["--plan", "--show-secrets", "--secret=TOKEN", "p", "$TOKEN"][..],
        &["--plan", "--secret=TOKEN", "A=$TOKEN", "p", "${TOKEN:+set}"],
        &["-q", "--secret=TOKEN", "true", "$TOKEN"],
    ] {
        assert_eq!(warned(silent), "", "{silent:?}");
    }
}
