//! The values of options: durations, signals, users, folders.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use serde_json::{Value, json};

use crate::line::line;

const DURATIONS: [(&str, u64); 10] = [
    ("500ms", 500),
    ("8s", 8000),
    ("2m", 120_000),
    ("1h", 3_600_000),
    ("3", 3000),
    ("0", 0),
    ("0s", 0),
    ("1.5s", 1500),
    ("0.25", 250),
    ("007", 7000),
];
const NOT_DURATIONS: [&str; 11] =
    ["", "s", "-1", "+1", "1 s", "1d", "5x", ".5", "1.", "NONE", "99999999999999999999"];

#[test]
fn a_duration_is_read_in_every_spelling() {
    for (written, milliseconds) in DURATIONS {
        assert_eq!(line(["--grace", written, "a"]).plan()["settings"]["grace_ms"], milliseconds, "{written}");
        assert_eq!(
            line(["--stop-timeout", written, "a"]).process()["stop_timeout_ms"],
            milliseconds,
            "{written}"
        );
    }
    assert_eq!(line(["-g", "none", "a"]).plan()["settings"]["grace_ms"], "none");
    assert_eq!(line(["--stop-timeout=none", "a"]).process()["stop_timeout_ms"], "none");
}

#[test]
fn what_is_no_duration_is_refused() {
    for wrong in NOT_DURATIONS {
        let said = line([&format!("--grace={wrong}"), "a"]).refused();
        assert!(said.contains("--grace") && said.contains("write 500ms, 8s, 1.5s, 2m or 1h"), "{said}");
        let said = line([&format!("--stop-timeout={wrong}"), "a"]).refused();
        let shown =
            format!("\n    --stop-timeout={wrong}\n                   {}\n", "^".repeat(wrong.len().max(1)));
        assert!(said.starts_with("monofy: argument 1: ") && said.ends_with(&shown), "{said}");
    }
    line(["--stop-timeout", "5x", "a"]).refused_with(
        "monofy: argument 2: '5x' is not a duration; write 500ms, 8s, 1.5s, 2m or 1h; a bare number is seconds, 0 is at once, \
         none is no limit\n    5x\n    ^^\n",
    );
}

#[test]
fn a_signal_is_read_in_every_spelling() {
    for (written, name) in [
        ("TERM", "TERM"),
        ("SIGTERM", "TERM"),
        ("15", "TERM"),
        ("term", "TERM"),
        ("sigquit", "QUIT"),
        ("3", "QUIT"),
        ("WINCH", "WINCH"),
        ("RTMIN", "RTMIN"),
        ("RTMIN+3", "RTMIN+3"),
        ("SIGRTMIN+3", "RTMIN+3"),
        ("37", "RTMIN+3"),
        ("64", "RTMIN+30"),
    ] {
        assert_eq!(line(["--stop-signal", written, "a"]).process()["stop_signal"], name, "{written}");
    }
}

#[test]
fn what_is_no_signal_is_refused() {
    for wrong in ["0", "65", "-15", "FOO", "SIGSIGTERM", "RTMIN+31", "TERM ", "15.0"] {
        line([&format!("--stop-signal={wrong}"), "a"]).refused_with(&format!(
            "monofy: argument 1: '{wrong}' is not a signal; use TERM, SIGTERM, 15 or RTMIN+3\n    \
             --stop-signal={wrong}\n                  {}\n",
            "^".repeat(wrong.len().max(1))
        ));
    }
}

#[test]
fn a_user_is_a_name_or_a_number() {
    for user in ["root", "0", "4711", "root:root", "4711:4712", "0:root"] {
        assert_eq!(line(["--user", user, "a"]).process()["user"], user);
    }
}

#[test]
fn a_malformed_user_is_refused() {
    for wrong in [":", "root:", ":root", "a:b:c", "4294967295", "99999999999"] {
        line([&format!("--user={wrong}"), "a"]).refused_with(&format!(
            "monofy: argument 1: '{wrong}' is not a user; write USER or USER:GROUP, as names or numbers\n    \
             --user={wrong}\n           {}\n",
            "^".repeat(wrong.len())
        ));
    }
}

#[test]
fn a_user_that_a_setup_command_may_make_is_planned() {
    assert_eq!(line(["--user=nobody-yet:nor-this", "a"]).process()["user"], "nobody-yet:nor-this");
}

#[test]
fn an_option_without_a_value_is_refused() {
    for option in [
        "--name",
        "--stop-signal",
        "--stop-timeout",
        "--user",
        "--workdir",
        "--restart",
        "--ready",
        "--after",
    ] {
        let written = format!("{option}=");
        line([&written, "a"]).refused_with(&format!(
            "monofy: argument 1: {option} needs a value\n    {written}\n    {}^\n",
            " ".repeat(written.len())
        ));
    }
}

#[test]
fn an_option_whose_value_expands_to_nothing_is_not_given() {
    let process = line([
        "--name=${U:-}",
        "--stop-signal=$U",
        "--stop-timeout=$U",
        "--user=${U:-}",
        "-w$U",
        "--restart=$U",
        "--ready=$U",
        "--after=$U",
        "a",
    ])
    .process();
    assert_eq!(process["name"], "a");
    for option in ["stop_signal", "stop_timeout_ms", "user", "workdir", "ready"] {
        assert_eq!(process[option], Value::Null, "{option}");
    }
    assert_eq!([&process["restart"], &process["after"]], [&json!("no"), &json!([])]);
}

#[test]
fn a_value_from_a_variable_is_named_and_not_shown() {
    for (option, value) in [
        ("--stop-signal", "hunter2"),
        ("--stop-timeout", "hunter2"),
        ("--user", "hunter2:"),
        ("--restart", "hunter2"),
        ("--ready", "hunter2"),
        ("--ready", "tcp:hunter2"),
        ("--name", "hunter2\n"),
    ] {
        let said = line([option, "$V", "a"]).env("V", value).refused();
        assert!(said.contains("the value of V") && !said.contains("hunter2"), "{option}: {said}");
    }
    let said = line(["--stop-signal=$V-${W}", "a"]).env("V", "hunter").env("W", "2").refused();
    assert!(said.contains("the value made of V and W is not a signal"), "{said}");
}

#[test]
fn the_values_of_process_options_are_templates() {
    let process = line([
        "--name=$N",
        "--stop-signal",
        "${S:-INT}",
        "--stop-timeout=$<T>s",
        "--user",
        "$U",
        "-w$W",
        "a",
    ])
    .env("N", "x y")
    .env("T", "7")
    .env("U", "0")
    .env("W", "/tmp")
    .process();
    let values =
        ["name", "stop_signal", "stop_timeout_ms", "user", "workdir"].map(|key| process[key].clone());
    assert_eq!(values, [json!("x y"), json!("INT"), json!(7000), json!("0"), json!("/tmp")]);
}

#[test]
fn a_spread_is_not_one_value() {
    for option in ["--name", "--stop-signal", "--stop-timeout", "--user", "--workdir"] {
        line([option, "${X...}", "a"]).env("X", "x").refused_with(
            "monofy: argument 2: a spread is several arguments, and only one value fits here\n    \
             ${X...}\n    ^^^^^^^\n",
        );
    }
}

#[test]
fn every_argument_may_be_any_bytes() {
    let bytes = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    let process = line([
        bytes(b"--workdir=/\xff"),
        bytes(b"A=\xfe$X"),
        bytes(b"a"),
        bytes(b"\xfd"),
        bytes(b"${U:-\xfc}"),
        bytes(b"$X"),
    ])
    .env("X", bytes(b"x\xfb"))
    .process();
    let base64 = |text: &str| json!({ "base64": text });
    assert_eq!(process["workdir"], base64("L/8="));
    assert_eq!(process["env"], json!({"A": base64("/nj7")}));
    assert_eq!(
        process["argv"],
        Value::from(vec![json!("a"), base64("/Q=="), base64("/A=="), base64("ePs=")])
    );
}

#[test]
fn what_has_to_be_text_and_is_not_is_refused() {
    let bytes = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    for (option, column) in [("--name=", 7), ("--stop-signal=", 14), ("--stop-timeout=", 15)] {
        let written = bytes(&[option.as_bytes(), b"\xff"].concat());
        line([written, bytes(b"a")]).refused_with(&format!(
            "monofy: argument 1: this is not UTF-8\n    {option}\u{fffd}\n    {}^\n",
            " ".repeat(column)
        ));
    }
    // Not one of these panics.
    for wrong in [&b"--\xff"[..], b"-\xff", b"--grace=\xff", b"--name\xff=x", b"--plan=\xff", b"-q\xff"] {
        line([bytes(wrong), bytes(b"a")]).refused();
    }
}
