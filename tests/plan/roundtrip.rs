//! `--plan=json ARGS | --run-plan -` does what ARGS would have done.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::process::Stdio;

use crate::support::{Finished, Folder, Run};

/// A run with the variables that the lines use.
fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Run {
    Run::new(arguments)
        .env("A", "value of A")
        .env("LIST", "one 'two three'")
        .env("OPERATOR", "|||")
        .env("BYTES", OsString::from_vec(b"x\xffy".to_vec()))
}

/// The plan of a line, as JSON. Asked for in the environment, so that the arguments keep their numbers.
pub(crate) fn plan<A: AsRef<OsStr>>(line: &[A]) -> String {
    let finished = run(line).env("MONOFY_PLAN", "json").finish();
    finished.assert_status(0);
    finished.stdout
}

/// A stdin that holds this and then ends.
pub(crate) fn stdin(text: &str) -> Stdio {
    let (reader, mut writer) = std::io::pipe().expect("a pipe can be made");
    let text = text.to_owned();
    std::thread::spawn(move || writer.write_all(text.as_bytes()));
    reader.into()
}

/// The same without what no two runs share: process ids, and which of two processes died first of one signal.
fn comparable(finished: Finished) -> Finished {
    let strip = |line: &str| match line.split_once("(pid ") {
        Some((start, rest)) => {
            format!("{start}(pid {}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None => line.to_owned(),
    };
    let mut lines: Vec<String> = finished.stderr.split_inclusive('\n').map(strip).collect();
    lines.sort();
    Finished { stderr: lines.concat(), ..finished }
}

fn check<A: AsRef<OsStr> + std::fmt::Debug>(line: &[A]) {
    let expected = comparable(run(line).finish());
    let got = comparable(run(["--run-plan", "-"]).stdin(stdin(&plan(line))).finish());
    assert_eq!(got, expected, "{line:?}");
}

#[test]
fn a_plan_does_what_its_line_would_have_done() {
    for line in [
        &["echo", "$A", "", "a b", "${LIST...}", "$OPERATOR", "${UNSET}"][..],
        &["echo", "1", "&&", "echo", "2", "&&", "echo", "3"],
        &["sh", "-c", "exit 7"],
        &["sh", "-c", "kill -KILL $$"],
        &["sh", "-c", "exit 4", "&&", "echo", "never"],
        // The first of them waits until the others have been started: what has not been is not any more.
        &["sh", "-c", "sleep 0.1", "|||", "sleep", "infinity"],
        &["sh", "-c", "sleep 0.1; exit 3", "|||", "sleep", "infinity", "|||", "sleep", "infinity"],
        &["no-such-program", "x"],
        &["true", "|||", "no-such-program"],
        &["/etc/passwd"],
        &["echo", "x", "&&", "no-such-program"],
        &["-q", "echo", "quiet"],
        &["-q", "sh", "-c", "exit 3"],
        &["-v", "echo", "verbose"],
        &["--name", "x", "A=own", "B=$A", "printenv", "A", "B"],
        &["-w", "/", "sh", "-c", "pwd"],
        &["-w", "/no-such-folder", "echo"],
        &["-g0", "echo", "x"],
        &["--stop-timeout=5", "sleep", "infinity", "|||", "true"],
        &["--stop-signal=KILL", "sleep", "infinity", "|||", "true"],
        &["echo", "${A", "${bad name}"],
        &["--strict", "echo", "${UNSET:-word}"],
        &["sh", "-c", "printf '%s' \"$1\" | od -An -tx1", "x", "$BYTES"],
        &["V=$BYTES", "sh", "-c", "printenv V | od -An -tx1"],
    ] {
        check(line);
    }
    check(&[OsString::from("echo"), OsString::from_vec(b"\xff$A".to_vec())]);
}

#[test]
fn a_plan_of_users_does_what_its_line_would_have_done() {
    for line in [&["--user=0:0", "id"][..], &["--user", "0", "id", "-u"]] {
        check(line);
    }
}

#[test]
fn the_plan_of_a_plan_is_the_plan() {
    for line in
        [&["-g3", "--name=x", "A=$BYTES", "a", "$LIST", "&&", "b", "|||", "c", "${UNSET:=x}"][..], &["a"]]
    {
        let plan = plan(line);
        let again = run(["--run-plan", "-", "--plan=json"]).stdin(stdin(&plan)).finish();
        again.assert_status(0).assert_stdout(&plan);
    }
}

#[test]
fn the_values_of_the_plan_count_and_not_those_of_its_reader() {
    let plan = plan(&["echo", "$A"]);
    Run::new(["--run-plan", "-"])
        .env("A", "other")
        .stdin(stdin(&plan))
        .finish()
        .assert_stdout("value of A\n");
}

#[test]
fn what_is_said_beside_it_wins() {
    let folder = Folder::new();
    let file = folder.file("plan.json", plan(&["-g5", "-v", "a"]));
    let shown = |beside: &[&str]| {
        let arguments =
            ["--plan=json", "--run-plan", file.to_str().unwrap()].into_iter().chain(beside.iter().copied());
        let plan: serde_json::Value = serde_json::from_str(&run(arguments).finish().stdout).unwrap();
        (plan["settings"]["grace_ms"].clone(), plan["settings"]["verbosity"].clone())
    };
    assert_eq!(shown(&[]), (5000.into(), "verbose".into()));
    assert_eq!(shown(&["-q"]), (5000.into(), "quiet".into()));
    assert_eq!(shown(&["--grace=none"]), ("none".into(), "verbose".into()));
    assert_eq!(shown(&["-g", "0", "-v"]), (0.into(), "verbose".into()));
    let quiet = run(["-q", "--run-plan", "-"]).stdin(stdin(&plan(&["-v", "echo", "x"]))).finish();
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("x\n", ""));
}
