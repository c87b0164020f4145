//! `--plan` and `--plan=json`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use serde_json::json;

use crate::support::Run;

/// What `--plan` prints of a line.
fn text(arguments: &[&str]) -> String {
    let line = ["--plan"].iter().chain(arguments);
    let finished = Run::new(line).env("A", "it's $HOME").env("LIST", "x 'y z'").finish();
    assert_eq!((finished.status, finished.stderr.as_str()), (0, ""), "{finished:#?}");
    finished.stdout
}

#[test]
fn one_process_is_a_tree_of_one() {
    assert_eq!(text(&["sleep", "1"]), "processes, side by side\n└─ sleep  sleep 1\n");
}

#[test]
fn setup_and_processes_are_branches() {
    assert_eq!(
        text(&["manage", "migrate", "&&", "web", "|||", "worker", "-n", "2", "|||", "web"]),
        "\
setup, one after another
└─ manage  manage migrate
processes, side by side
├─ web     web
├─ worker  worker -n 2
└─ web.2   web
"
    );
}

#[test]
fn arguments_are_quoted_for_a_shell() {
    assert_eq!(
        text(&["p", "$A", "", "a b", "${LIST...}", "*", "x=y", "é", "\n", "&&&", "-", "--a=b"]),
        "processes, side by side\n└─ p  p 'it'\\''s $HOME' '' 'a b' x 'y z' '*' x=y 'é' $'\\n' '&&&' - --a=b\n"
    );
}

#[test]
fn what_is_shown_is_what_a_shell_reads() {
    let words = ["printf", "%s\\n", "$A", "", "a b", "*", "~", "x'y\"z\\", "#", "\t!", "é", "a\nb"];
    let shown = text(&words);
    let command = shown.split_once("printf  ").expect("there is a command").1;
    let by_shell = Run::of("bash", ["-c", command]).finish();
    let by_monofy = Run::new(["-q"].iter().chain(&words)).env("A", "it's $HOME").finish();
    by_shell.assert_status(0).assert_stdout(&by_monofy.stdout);
}

#[test]
fn what_a_process_has_of_its_own_stands_below_it() {
    assert_eq!(
        text(&[
            "-g",
            "1.5s",
            "--name",
            "x",
            "--stop-signal",
            "sigquit",
            "--stop-timeout=none",
            "--user=0:0",
            "-w",
            "/a b",
            "B=1 2",
            "A=$A",
            "p",
            "|||",
            "q",
        ]),
        "\
processes, side by side
├─ x  A='it'\\''s $HOME' B='1 2' p
│     (stop signal QUIT, stop timeout none, user 0:0, working directory '/a b')
└─ q  q
grace 1.5s
"
    );
}

#[test]
fn json_has_the_fields_of_the_contract() {
    let finished = Run::new([
        "--plan=json",
        "--strict",
        "-g500ms",
        "-v",
        "--name=set",
        "up",
        "$A",
        "&&",
        "--stop-signal=15",
        "--stop-timeout=2",
        "--user",
        "0",
        "-w/",
        "B=${C:=c}",
        "web",
        "${C}",
        "${U-}",
        "${A",
    ])
    .env("A", "a")
    .finish();
    finished.assert_status(125);
    // Without the expansion that is malformed, which --strict refuses.
    let finished = Run::new([
        "--plan=json",
        "--strict",
        "-g500ms",
        "-v",
        "--name=set",
        "up",
        "$A",
        "&&",
        "--stop-signal=15",
        "--stop-timeout=2",
        "--user",
        "0",
        "-w/",
        "B=${C:=c}",
        "web",
        "${C}",
        "${U-}",
        "${J:-{}}",
    ])
    .env("A", "a")
    .finish();
    finished.assert_status(0);
    let plan: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(
        plan,
        json!({
            "version": 1,
            "masked": false,
            "files": [],
            "setup": [{
                "name": "set", "argv": ["up", "a"], "template": ["up", "$A"], "env": {}, "stop_signal": null,
                "stop_timeout_ms": null, "user": null, "workdir": null, "tty": false, "restart": "no",
                "ready": null, "ready_template": null, "wait": [], "wait_template": [],
                "alive": [], "alive_template": [], "after": [],
                "once": false, "creates": null, "umask": null, "rewrite": [], "secrets": {},
            }],
            "processes": [{
                "name": "web", "argv": ["web", "c", "", "{}"], "template": ["web", "${C}", "${U-}", "${J:-{}}"],
                "env": {"B": "c"}, "stop_signal": "TERM", "stop_timeout_ms": 2000, "user": "0", "workdir": "/",
                "tty": false, "restart": "no", "ready": null, "ready_template": null, "wait": [], "wait_template": [],
                "alive": [], "alive_template": [], "after": [],
                "once": false, "creates": null, "umask": null, "rewrite": [], "secrets": {},
            }],
            "settings": {"grace_ms": 500, "start_timeout_ms": null, "output": "raw", "strict": true, "verbosity": "verbose", "ready_fd": null},
            "variables": [
                {"name": "A", "source": "environment", "secret": false},
                {"name": "C", "source": "line", "secret": false},
                {"name": "U", "source": "unset", "secret": false},
                {"name": "J", "source": "unset", "secret": false},
            ],
            "warnings": ["argument 18: the first `}` closes this expansion: if J is set and not empty, the result is the value of J \
                          followed by `}`, otherwise `{}`; write `$<J:-{}>`, or `\\}` inside\n    ${J:-{}}\n    ^^^^^^^^"],
            "skipped": [],
            "problems": [],
        })
    );
}

#[test]
fn bytes_that_are_not_utf8_are_base64() {
    let bytes = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    let finished = Run::new([bytes(b"--plan=json"), bytes(b"p"), bytes(b"a\xff"), bytes(b"$X")])
        .env("X", bytes(b"\x80"))
        .finish();
    let plan: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(plan["processes"][0]["argv"], json!(["p", {"base64": "Yf8="}, {"base64": "gA=="}]));
    assert_eq!(plan["processes"][0]["template"], json!(["p", {"base64": "Yf8="}, "$X"]));
}

#[test]
fn warnings_stand_on_stderr_and_not_in_the_tree() {
    let finished = Run::new(["--plan", "p", "${A"]).finish();
    finished.assert_status(0).assert_stdout("processes, side by side\n└─ p  p '${A'\n");
    finished.assert_reported("monofy: warning: argument 3: this expansion is never closed");
}
