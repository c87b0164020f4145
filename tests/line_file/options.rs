//! Options around and in the file, and how the file is read.

use std::process::Stdio;

use nix::libc;
use serde_json::json;

use crate::support::scenario::Scenario;
use crate::support::{Folder, Run, until};

fn scenario(text: &str) -> Scenario {
    Scenario::new().file("line", text)
}

#[test]
fn options_of_the_command_line_win_over_those_of_the_file_and_these_over_variables() {
    let text = "--grace=1s --output=prefix --set=A=file --set=B=file --only=a --setup=skip s && --name=a echo $A $B ||| --name=b echo b\n";
    let plan = scenario(text).env("MONOFY_GRACE", "3s").env("MONOFY_SETUP", "only").plan(&[
        "-g",
        "2s",
        "--file=line",
        "--set",
        "A=line",
    ]);
    assert_eq!(
        (&plan["settings"]["grace_ms"], &plan["settings"]["output"]),
        (&json!(2000), &json!("prefix"))
    );
    assert_eq!(
        (&plan["setup"], &plan["processes"][0]["argv"]),
        (&json!([]), &json!(["echo", "line", "file"]))
    );
    assert_eq!(plan["processes"].as_array().map(Vec::len), Some(1));
    let plan =
        scenario(text).env("MONOFY_GRACE", "3s").plan(&["--only", "b", "-f", "line", "--setup", "run"]);
    assert_eq!((&plan["settings"]["grace_ms"], &plan["processes"][0]["name"]), (&json!(1000), &json!("b")));
    assert_eq!(plan["setup"].as_array().map(Vec::len), Some(1));
}

#[test]
fn lists_of_files_are_joined_and_those_of_the_command_line_come_last() {
    let scenario = scenario("--env-file=1 -d 1.toml --render=1:- echo $A $B $C")
        .file("1", "A=1\nB=1\n")
        .file("2", "B=2\n")
        .file("1.toml", "[vars]\nC = 'c'\n");
    assert_eq!(scenario.shown(&["-q", "--env-file", "2", "--file", "line"]), "A=1\nB=1\n1 2 c\n");
    assert_eq!(
        scenario.shown(&["-q", "--no-defaults", "-fline", "--render", "2:out", "--env-file=2"]),
        "A=1\nB=1\n1 2 \n"
    );
    assert_eq!(scenario.text("out"), "B=2\n");
    let inner =
        Scenario::new().file("line", "--no-defaults echo ${C:-none}").file("1.toml", "[vars]\nC = 'c'\n");
    assert_eq!(inner.shown(&["-q", "-f", "line"]), "none\n");
    assert_eq!(inner.shown(&["-q", "-f", "line", "-d", "1.toml"]), "c\n");
}

#[test]
fn a_view_of_the_command_line_replaces_that_of_the_file() {
    assert_eq!(
        scenario("--plan=json echo $A").env("A", "1").shown(&["-f", "line", "--explain"]),
        "A = 1\n    from         the environment\n    used by      line:1:18\n"
    );
    assert!(
        scenario("--explain echo $A")
            .shown(&["-f", "line", "--plan"])
            .starts_with("processes, side by side\n")
    );
    assert!(scenario("echo $A").env("MONOFY_PLAN", "1").shown(&["-f", "line"]).starts_with("processes"));
    scenario("--verbose true").run(["-q", "-f", "line"]).assert_status(0);
    assert_eq!(scenario("-v echo x").shown(&["-q", "-f", "line"]), "x\n");
}

#[test]
fn explain_says_where_in_the_file_a_variable_is_used() {
    let scenario = scenario("--set A=1 \\\n --name=$A 'p' x$B\n ||| q '$B' \"$B\" ${A:-\n}");
    assert_eq!(
        scenario.shown(&["--explain", "-f", "line"]),
        "A = 1
    from         --set, line:1:7
    written      ${A:- }
    used by      line:2:2, line:3:18
B is not set
    used by      line:2:16, line:3:13
"
    );
    let shown = scenario.shown(&["--explain=json", "-f", "line"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown["variables"][1]["used_by"], json!([5, 9]));
    assert_eq!(shown["variables"][1]["places"], json!(["line:2:16", "line:3:13"]));
}

#[test]
fn a_plan_of_a_file_runs_as_the_file_does() {
    let folder = Folder::new();
    folder.file("line", "echo one && echo 'two  three'");
    let plan = Run::new(["--plan=json", "-f", "line"]).directory(folder.path()).finish();
    folder.file("plan.json", &plan.stdout);
    let run = Run::new(["-q", "--run-plan", "plan.json"]).directory(folder.path()).finish();
    run.assert_status(0).assert_stdout("one\ntwo  three\n");
}

#[test]
fn paths_are_relative_to_the_working_directory() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("sub")).expect("a folder");
    folder.file("sub/line", "--env-file=a.env -w sub pwd");
    folder.file("a.env", "A=1\n");
    let finished = Run::new(["-q", "--file", "sub/line"]).directory(folder.path()).finish();
    finished.assert_status(0);
    assert!(finished.stdout.ends_with("/sub\n"), "{finished:?}");
}

#[test]
fn nothing_stands_beside_the_file() {
    const MESSAGE: &str = "--file takes the whole line from the file: remove this, or write it into the file; for a part of the line there is --only";
    for (arguments, at, shown) in [
        (vec!["-f", "line", "a"], 3, "a"),
        (vec!["-f", "line", "-q", "&&", "a"], 4, "&&"),
        (vec!["--file=line", "A=1"], 2, "1"),
        (vec!["-w", "x", "-f", "line"], 2, "x"),
        (vec!["--once", "-f", "line"], 1, "--once"),
        (vec!["--tty", "-f", "line"], 3, "line"),
    ] {
        let (shown, carets) =
            if shown == "1" { ("A=1", "  ^".to_owned()) } else { (shown, "^".repeat(shown.len())) };
        let expected =
            format!("monofy: argument {at}: {MESSAGE}\n    {shown}\n    {carets}\nTry 'monofy --help'.\n");
        scenario("true").refused(&arguments, &expected);
    }
}

#[test]
fn a_plan_to_run_and_a_query_take_no_file() {
    let expected = "monofy: --run-plan executes a plan, and --file takes a line from a file: use one of them\nTry 'monofy --help'.\n";
    scenario("true").refused(&["--run-plan", "x", "--file", "line"], expected);
    let expected = expected.replace("--run-plan", "MONOFY_RUN_PLAN");
    scenario("true").env("MONOFY_RUN_PLAN", "x").refused(&["--file", "line"], &expected);
    scenario("true").refused(
        &["--file", "line", "--health"],
        "monofy: --health and --status query a running instance and take no --file\nTry 'monofy --help'.\n",
    );
}

#[test]
fn a_file_names_no_other_file() {
    scenario("--file=other --run-plan x\n").refused(
        &["-f", "line"],
        "monofy: line:1:8: a file takes no line from another file: --file is for the command line
    --file=other
           ^^^^^
monofy: line:1:25: --run-plan executes a plan, and this file is a line
    x
    ^
Try 'monofy --help'.
",
    );
    scenario("-f-- a\n")
        .run(["-f", "line"])
        .assert_status(125)
        .assert_reported("takes no line from another file");
    scenario("a ||| -f x b\n")
        .run(["-f", "line"])
        .assert_status(125)
        .assert_reported("monofy: line:1:7: '-f' is a global option and goes before the first process only");
    scenario("--health true")
        .run(["-f", "line"])
        .assert_status(125)
        .assert_reported("line:1:1: --health and --status query");
}

#[test]
fn there_is_no_variable_and_no_setting_for_the_file() {
    let finished = scenario("true").env("MONOFY_FILE", "line").run(["echo", "x"]);
    finished.assert_status(0).assert_stdout("x\n");
    finished.assert_reported("monofy: warning: MONOFY_FILE: --file is for the command line only");
    let finished = scenario("true").file("monofy.toml", "[settings]\nfile = 'line'\n").run(["echo", "x"]);
    finished.assert_status(125).assert_reported("monofy.toml:2:1:");
}

#[test]
fn files_that_cannot_be_read_are_errors() {
    let refused = |name: &str, why: &str| {
        let carets = "^".repeat(name.len());
        let expected = format!(
            "monofy: argument 2: cannot read the line: {why}\n    {name}\n    {carets}\nTry 'monofy --help'.\n"
        );
        scenario("true").refused(&["--file", name], &expected);
    };
    refused("missing", "No such file or directory (os error 2)");
    refused(".", "Is a directory (os error 21)");
    refused("line/x", "Not a directory (os error 20)");
    scenario("true").refused(
        &["--file="],
        "monofy: argument 1: --file needs the name of a file; `-` is stdin\n    --file=\n           ^\nTry 'monofy --help'.\n",
    );
    scenario("true")
        .run(["--file"])
        .assert_status(125)
        .assert_reported("a value is required for '--file <FILE>'");
    scenario("true")
        .run(["-f", "line", "-f", "line"])
        .assert_status(125)
        .assert_reported("--file is given twice");
    let all = scenario("true").run(["--grace=x", "--file", "missing", "b"]);
    all.assert_status(125)
        .assert_reported("argument 1: invalid value")
        .assert_reported("argument 3: cannot read");
    all.assert_reported("argument 4: --file takes the whole line");
}

#[test]
fn a_file_without_a_process_is_an_error() {
    for (text, expected) in [
        ("", "stdin: there is nothing to run"),
        (" # a\n", "stdin: there is nothing to run"),
        ("-q\n", "stdin: there is nothing to run: options, but no program"),
        ("a\n|||", "stdin:2:1: a process is missing after this '|||'\n    |||\n    ^^^"),
        ("&& a", "stdin:1:1: a setup command is missing before this '&&'\n    &&\n    ^^"),
        (
            "a ||| b && c",
            "stdin:1:3: '|||' comes before the '&&' that is stdin:1:9; setup commands run one after another, and '|||' separates the processes after the last '&&'\n    |||\n    ^^^",
        ),
    ] {
        let finished = with_stdin(&["-f", "-"], text);
        assert_eq!(finished.stderr, format!("monofy: {expected}\nTry 'monofy --help'.\n"), "{text:?}");
        finished.assert_status(125);
    }
    scenario("--render=line:-").run(["-q", "-f", "line"]).assert_status(0).assert_stdout("--render=line:-");
}

fn with_stdin(arguments: &[&str], text: &str) -> crate::support::Finished {
    let folder = Folder::new();
    folder.file("in", text);
    let stdin = std::fs::File::open(folder.path().join("in")).expect("the file exists");
    Run::new(arguments).stdin(stdin).finish()
}

#[test]
fn the_line_can_come_from_stdin() {
    with_stdin(&["-q", "--file", "-"], "echo 'a  b'\n&& echo c\n")
        .assert_status(0)
        .assert_stdout("a  b\nc\n");
}

#[test]
fn help_and_schema_need_no_file() {
    let help = scenario("true").shown(&["--file", "missing", "--help"]);
    assert!(help.contains("monofy [OPTION...] --file FILE [OPTION...]\n"), "{help}");
    assert!(scenario("true").shown(&["--file", "missing", "--schema=plan"]).starts_with('{'));
}

#[test]
fn term_ends_monofy_while_it_waits_for_the_line() {
    for (arguments, status) in [(&["--file", "-"][..], 0), (&["--plan", "--file", "-"], 128 + libc::SIGTERM)]
    {
        let running = Run::new(arguments).stdin(Stdio::piped()).start();
        // It waits once it is asleep with the signals unblocked.
        until("monofy reads its stdin", || has_handler(running.pid()).then_some(()));
        running.signal(libc::SIGTERM);
        let finished = running.finish();
        finished.assert_status(status).assert_stdout("");
    }
}

/// Whether a process catches SIGTERM.
fn has_handler(pid: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or_default().trim();
    u64::from_str_radix(caught, 16).is_ok_and(|mask| mask >> (libc::SIGTERM - 1) & 1 == 1)
}

#[test]
fn term_ends_monofy_while_it_opens_a_fifo() {
    let folder = Folder::new();
    let fifo = folder.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a FIFO can be made");
    let running = Run::new(["--file".as_ref(), fifo.as_os_str()]).start();
    until("monofy waits", || has_handler(running.pid()).then_some(()));
    running.signal(libc::SIGTERM);
    let finished = running.finish();
    finished.assert_status(0);
}
