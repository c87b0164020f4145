//! Options that say how processes wait for each other and come back.

use serde_json::json;

use crate::line::line;
use crate::support::{Folder, Run};

#[test]
fn they_stand_in_the_plan_as_they_were_written() {
    let process = line([
        "--name=db",
        "a",
        "|||",
        "-t",
        "--restart=on-failure:3",
        "--ready=tcp:$PORT",
        "--after",
        "db",
        "b",
    ])
    .env("PORT", "80")
    .process();
    assert_eq!(process["tty"], true);
    assert_eq!(process["restart"], "on-failure:3");
    assert_eq!([&process["ready"], &process["ready_template"]], ["tcp:80", "tcp:$PORT"]);
    assert_eq!(process["after"], json!(["db"]));
}

#[test]
fn a_process_may_wait_for_several_in_front_of_it_and_behind_it() {
    let plan = line(["--after=b", "--after", "c", "a", "|||", "b", "|||", "--after=b", "c"]).plan();
    assert_eq!(plan["processes"][0]["after"], json!(["b", "c"]));
    assert_eq!(plan["processes"][2]["after"], json!(["b"]));
}

#[test]
fn an_unknown_name_is_refused_with_a_suggestion() {
    line(["--name", "database", "a", "|||", "--after=databse", "b"]).refused_with(
        "monofy: argument 5: no process is named 'databse'; did you mean database?\n    \
         --after=databse\n            ^^^^^^^\n",
    );
    line(["a", "&&", "b", "|||", "--after=a", "c"]).refused_with(
        "monofy: argument 5: this is a setup command, and every setup command has ended before a process is started\n    \
         --after=a\n            ^\n",
    );
}

#[test]
fn a_cycle_is_refused() {
    line(["--after=b", "a", "|||", "--after=c", "b", "|||", "--after=a", "c"]).refused_with(
        "monofy: argument 1: a waits for b, which waits for c, which waits for a: none of them could be started\n    \
         --after=b\n            ^\n",
    );
    line(["--after=a", "a"])
        .refused_with("monofy: argument 1: a process cannot wait for itself\n    --after=a\n            ^\n");
}

#[test]
fn what_is_wrong_is_shown_all_at_once() {
    line([
        "--restart=sometimes",
        "a",
        "|||",
        "--ready=tcp:${PORT}",
        "b",
        "|||",
        "--ready",
        "log:(",
        "--after=x",
        "c",
    ])
    .env("PORT", "secret")
    .refused_with(
        "monofy: argument 1: 'sometimes' is not a restart policy; use no, on-failure, on-failure:N with N from 1 on, or always\n    \
         --restart=sometimes\n              ^^^^^^^^^\n\
         monofy: argument 4: the value of PORT is not an address; use tcp:PORT, tcp:HOST:PORT or tcp:[IPV6]:PORT; a port is a number from 1 to 65535\n    \
         --ready=tcp:${PORT}\n            ^^^^^^^^^^^\n\
         monofy: argument 8: 'log:(' is not a regular expression; look for an unclosed group or class, or a misplaced * + ? or {\n    \
         log:(\n    ^^^^^\n\
         monofy: argument 9: no process is named 'x'\n    \
         --after=x\n            ^\n",
    );
}

#[test]
fn a_setup_command_has_no_readiness_and_no_order() {
    for option in ["--ready=notify", "--after=b"] {
        let said = line([option, "a", "&&", "b"]).refused();
        assert!(said.starts_with("monofy: argument 1: for processes only: setup commands run"), "{said}");
    }
    let said = line(["--restart=always", "a", "&&", "b"]).refused();
    assert!(
        said.starts_with("monofy: argument 1: a setup command that is always restarted never ends"),
        "{said}"
    );
    assert_eq!(
        line(["--restart=on-failure:2", "a", "&&", "b"]).plan()["setup"][0]["restart"],
        "on-failure:2"
    );
    assert_eq!(line(["--tty", "a", "&&", "b"]).plan()["setup"][0]["tty"], true);
}

#[test]
fn a_secret_in_a_check_is_masked() {
    let folder = Folder::new();
    folder.file("monofy.toml", "[vars.DB_PASSWORD]\nsecret = true\n");
    let finished = Run::new(["--plan=json", "--ready=exec:check -p $DB_PASSWORD", "a"])
        .directory(folder.path())
        .env("DB_PASSWORD", "hunter2")
        .finish();
    finished.assert_status(0);
    let plan: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(plan["processes"][0]["ready"], "exec:check -p ***");
    assert_eq!(plan["masked"], true);
}
