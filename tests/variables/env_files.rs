//! `--env-file` and its twin.

use serde_json::json;

use crate::scenario::Scenario;

#[test]
fn variables_reach_templates_and_processes() {
    let scenario = Scenario::new().file(
        "app.env",
        "\u{feff}# of the app\r\nexport A='1 $B'\r\nB=\"two\\nlines\" # and a comment\r\nC=x y # z\r\n",
    );
    let line = ["-q", "--env-file", "app.env", "sh", "-c", "echo \"$1|${$}A|${$}B|${$}C\"", "sh", "$C"];
    assert_eq!(scenario.shown(&line), "x y|1 $B|two\nlines|x y\n");
    let plan = scenario.plan(&["--env-file=app.env", "p", "&&", "A=own", "q"]);
    assert_eq!(plan["setup"][0]["env"], json!({"A": "1 $B", "B": "two\nlines", "C": "x y"}));
    assert_eq!(plan["processes"][0]["env"], json!({"A": "own", "B": "two\nlines", "C": "x y"}));
}

#[test]
fn the_environment_wins_over_an_env_file() {
    let scenario = Scenario::new().file("f", "A=file\n").env("A", "environment");
    let line = ["-q", "--env-file=f", "sh", "-c", "echo $1 ${$}A", "sh", "$A"];
    assert_eq!(scenario.shown(&line), "environment environment\n");
    assert_eq!(scenario.plan(&["--env-file=f", "p"])["processes"][0]["env"], json!({}));
}

#[test]
fn a_later_env_file_wins() {
    let scenario = Scenario::new().file("1", "A=1\nB=1\nB=2").file("2", "A=2\n");
    let shown =
        |options: &[&'static str]| scenario.shown(&[options, &["-q", "printf", "%s,", "$A", "$B"]].concat());
    assert_eq!(shown(&["--env-file=1", "--env-file", "2"]), "2,2,");
    assert_eq!(shown(&["--env-file=2", "--env-file", "1"]), "1,2,");
    assert_eq!(shown(&["--env-file=1", "--env-file=1"]), "1,2,");
}

#[test]
fn the_environment_twin_is_a_list_and_the_option_wins_over_it() {
    let scenario = Scenario::new().file("1", "A=1\nB=1").file("2", "A=2\n").env("MONOFY_ENV_FILE", "1::2");
    assert_eq!(scenario.shown(&["-q", "printf", "%s,", "$A", "$B"]), "2,1,");
    assert_eq!(scenario.shown(&["-q", "--env-file=2", "printf", "%s,", "$A", "${B-unset}"]), "2,unset,");
}

#[test]
fn a_file_that_cannot_be_read_is_reported_where_it_is_named() {
    let scenario = Scenario::new().file("f", "A=1").env("MONOFY_ENV_FILE", "no:such");
    scenario.refused(
        &["--env-file", "f", "--env-file=gone", "--env-file", "gone", "p", "${B:?}"],
        "monofy: argument 3: the env file gone cannot be read: No such file or directory (os error 2)
    --env-file=gone
               ^^^^
monofy: argument 5: the env file gone cannot be read: No such file or directory (os error 2)
    gone
    ^^^^
monofy: argument 7: B: not set
    ${B:?}
    ^^^^^^
",
    );
    scenario.refused(
        &["p"],
        "monofy: MONOFY_ENV_FILE: the env file no cannot be read: No such file or directory (os error 2)
    no:such
    ^^
monofy: MONOFY_ENV_FILE: the env file such cannot be read: No such file or directory (os error 2)
    no:such
       ^^^^
",
    );
}

#[test]
fn every_mistake_is_reported_without_a_value() {
    let scenario = Scenario::new().file(
        "f",
        "hunter2 hunter2\n  9hunter2=hunter2\nA hunter2=hunter2\nB='hunter2' é hunter2\nC=\"hunter2\"hunter2\n\
         D=hunter2\0\nE=right\nF=\"hunter2\nhunter2=hunter2\n",
    );
    scenario.refused(
        &["--env-file=f", "p", "${G:?}"],
        "monofy: f:1:1: a line without '='; write NAME=VALUE, and quotes around a value of several lines
    …
    ^
monofy: f:2:3: not a variable name; a name has letters, digits, _, . and -, and begins with a letter or _
    …=…
    ^
monofy: f:3:1: not a variable name; a name has letters, digits, _, . and -, and begins with a letter or _
    …=…
    ^
monofy: f:4:13: text after the closing quote; quote the whole value, with \\\" for a quote in it
    B='…' …
          ^
monofy: f:5:12: text after the closing quote; quote the whole value, with \\\" for a quote in it
    C=\"…\"…
         ^
monofy: f:6:3: a NUL character, which no variable can hold
    D=…
      ^
monofy: f:8:3: this quote is not closed
    F=\"…
      ^
monofy: argument 3: G: not set
    ${G:?}
    ^^^^^^
",
    );
}

#[test]
fn term_ends_the_wait_for_a_pipe_without_a_writer() {
    let folder = crate::support::Folder::new();
    let pipe = folder.path().join("pipe");
    crate::support::Run::of("mkfifo", [&pipe]).finish().assert_status(0);
    let held = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).expect("a pipe can be held");
    let mut run =
        crate::support::Run::new(["--env-file", "pipe", "touch", "started"]).directory(folder.path()).start();
    crate::support::until("the read of the pipe", || {
        let opened = std::fs::read_dir(format!("/proc/{}/fd", run.pid())).ok()?;
        let mut opened = opened.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
        opened.any(|file| file == pipe).then_some(())
    });
    run.signal(15);
    assert_eq!(run.wait().code(), Some(0));
    assert!(!folder.path().join("started").exists());
    drop(held);
}
