//! `[[files]]` of the defaults file.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use crate::support::scenario::Scenario;

/// A folder whose defaults file declares one file, with these keys besides `template` and `to`.
fn declared(keys: &str, template: &str) -> Scenario {
    let toml = format!("[[files]]\ntemplate = \"in\"\nto = \"out\"\n{keys}\n[vars.S]\nsecret = true\n");
    Scenario::new().file("monofy.toml", toml).file("in", template)
}

#[test]
fn declared_files_are_rendered_before_the_processes() {
    let scenario = declared("", "listen $<PORT:-80>; $host ${x}\n");
    assert_eq!(scenario.shown(&["-q", "cat", "out"]), "listen 80; $host ${x}\n");
}

#[test]
fn without_a_process_only_what_render_names_is_rendered_and_with_one_both() {
    let scenario = declared("", "1").file("b", "2");
    scenario.shown(&["--render=b:out-b"]);
    assert!(!scenario.path().join("out").exists());
    assert_eq!(scenario.text("out-b"), "2");
    let scenario = declared("", "1").file("b", "2");
    scenario.shown(&["-q", "--render=b:out-b", "true"]);
    assert_eq!((scenario.text("out"), scenario.text("out-b")), ("1".to_owned(), "2".to_owned()));
    let scenario = declared("", "1");
    scenario.shown(&["-q", "--setup=only", "true", "&&", "false"]);
    assert_eq!(scenario.text("out"), "1");
}

#[test]
fn paths_are_relative_to_the_defaults_file_and_know_variables() {
    let toml = "[[files]]\ntemplate = \"${DIR:-t}/in\"\nto = \"${OUT:?}/x\"\n[[files]]\ntemplate = \"~/in\"\nto = \"-\"\n";
    let scenario = Scenario::new()
        .file("conf/monofy.toml", toml)
        .file("conf/t/in", "1")
        .file("home/in", "2")
        .env("OUT", "out/$HOME");
    let home = scenario.path().join("home");
    let scenario = scenario.env("HOME", home.to_str().expect("a path of the test"));
    assert_eq!(scenario.shown(&["-q", "-d", "conf/monofy.toml", "true"]), "2");
    assert_eq!(scenario.text("conf/out/$HOME/x"), "1");
}

#[test]
fn the_syntax_is_angle_braces_or_all() {
    for (keys, expected) in [
        ("", "$A ${A} 1"),
        ("syntax = 'angle'", "$A ${A} 1"),
        ("syntax = 'braces'", "$A 1 1"),
        ("syntax = 'all'", "1 1 1"),
    ] {
        let scenario = declared(keys, "$A ${A} $<A>").env("A", "1");
        scenario.shown(&["-q", "true"]);
        assert_eq!(scenario.text("out"), expected, "{keys}");
    }
}

#[test]
fn what_only_does_not_allow_stays_whole_without_a_word() {
    let text = "$$ $NGX_A ${host:-${NGX_A}} ${NGX_A:+${host}} $$host ${host...} ${host:-${bad name}} ${uri";
    let scenario =
        declared("syntax = 'all'\nonly = ['NGX_*', 'TLS']", text).env("NGX_A", "1").env("host", "x");
    scenario.shown(&["-q", "--strict", "true"]);
    let expected = "$$ 1 ${host:-${NGX_A}} ${host} $$host ${host...} ${host:-${bad name}} ${uri";
    assert_eq!(scenario.text("out"), expected);
    let scenario = declared("only = []", "$<A:=1> $<B:?>");
    assert_eq!(scenario.shown(&["-q", "echo", "$A"]), "\n");
    assert_eq!(scenario.text("out"), "$<A:=1> $<B:?>");
}

#[test]
fn a_written_mode_beats_the_rule_for_secrets_and_the_mode_of_the_template() {
    let mode = |scenario: &Scenario| {
        scenario.shown(&["-q", "true"]);
        fs::metadata(scenario.path().join("out")).expect("it is written").mode() & 0o7777
    };
    let secret = |keys: &str| declared(keys, "$<S>").env("S", "hunter2");
    assert_eq!(mode(&secret("")), 0o600);
    assert_eq!(mode(&secret("mode = '0640'")), 0o640);
    let scenario = declared("mode = '444'", "1");
    fs::set_permissions(scenario.path().join("in"), fs::Permissions::from_mode(0o755)).expect("it is ours");
    assert_eq!(mode(&scenario), 0o444);
}

#[test]
fn an_owner_is_a_number_or_a_name_that_exists() {
    let (user, group) = (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw());
    let scenario = declared(&format!("owner = '${{OWNER:-{user}:{group}}}'"), "1");
    scenario.shown(&["-q", "true"]);
    let metadata = fs::metadata(scenario.path().join("out")).expect("it is written");
    assert_eq!((metadata.uid(), metadata.gid()), (user, group));
    let scenario = declared("owner = 'no-user-of-this-name'", "1");
    let finished = scenario.run(["true"]);
    finished.assert_status(125);
    assert!(finished.stderr.contains("out: its owner: no such user"), "{finished:#?}");
    assert!(!scenario.path().join("out").exists());
    let plan = declared("owner = '${A:-}'", "1").plan(&["true"]);
    assert_eq!(plan["files"][0]["owner"], serde_json::Value::Null, "an empty owner is none");
}

#[test]
fn a_file_that_when_leaves_out_is_not_read_and_is_shown_with_the_reason() {
    let toml = "[[files]]\ntemplate = 'missing'\nto = '${X:?}/out'\nwhen = '${TLS:-}'\n";
    let scenario = Scenario::new().file("monofy.toml", toml);
    let plan = scenario.plan(&["true"]);
    let skipped =
        serde_json::json!([{"name": "${X:?}/out", "kind": "file", "reason": "when=${TLS:-} is false"}]);
    assert_eq!((&plan["skipped"], &plan["files"]), (&skipped, &serde_json::json!([])));
    let text = scenario.shown(&["--plan", "true"]);
    assert!(text.contains("left out\n└─ ${X:?}/out  file: when=${TLS:-} is false\n"), "{text}");
    let text = scenario.shown(&["--explain", "true"]);
    let used = "TLS is not set\n    used by      the file ./monofy.toml\n";
    assert!(text.contains(used), "{text}");
    assert!(text.ends_with("the file ${X:?}/out is left out: when=${TLS:-} is false\n"), "{text}");
    let scenario = scenario.file("plan.json", plan.to_string());
    scenario.run(["-q", "--run-plan=plan.json"]).assert_status(0);
    assert_eq!(scenario.shown(&["-q", "echo", "started"]), "started\n");
    for (value, status) in [("no", 0), ("1", 125)] {
        let scenario = Scenario::new().file("monofy.toml", toml).env("TLS", value);
        scenario.run(["-q", "true"]).assert_status(status);
    }
}

#[test]
fn the_files_of_several_defaults_files_count_and_their_assignments_reach_the_line() {
    let scenario = Scenario::new()
        .file("1.toml", "[[files]]\ntemplate = 'a'\nto = 'out-a'\n")
        .file("2.toml", "[[files]]\ntemplate = 'b'\nto = 'out-b'\n")
        .file("a", "$<A:=from a>")
        .file("b", "$<A>");
    assert_eq!(scenario.shown(&["-qd", "1.toml", "-d", "2.toml", "echo", "$A"]), "from a\n");
    assert_eq!((scenario.text("out-a"), scenario.text("out-b")), ("from a".to_owned(), "from a".to_owned()));
}

#[test]
fn two_sources_for_one_place_are_an_error_that_shows_both() {
    let scenario = declared("", "1").file("b", "2");
    scenario.refused(
        &["--render=b:.//out", "true"],
        "monofy: argument 1: b and in (./monofy.toml:3:7) both go to .//out; give each its own place
    --render=b:.//out
             ^^^^^^^^
",
    );
    assert!(!scenario.path().join("out").exists());
}

#[test]
fn problems_of_a_table_are_shown_in_its_strings() {
    let toml = "[[files]]\ntemplate = \"$T/in\"\nto = \"out/${X:?the name}\"\nowner = '''\n${OWNER:?}'''\n";
    Scenario::new().file("monofy.toml", toml).refused(
        &["true"],
        "monofy: ./monofy.toml:2:13: T: not set, and this path needs it
    $T/in
    ^^
monofy: ./monofy.toml:3:7: X: the name
    out/${X:?the name}
        ^^^^^^^^^^^^^^
monofy: ./monofy.toml:5:1: OWNER: not set
    ${OWNER:?}
    ^^^^^^^^^^
",
    );
}

#[test]
fn a_secret_in_a_table_is_masked() {
    let toml = "[vars.S]\nsecret = true\n[[files]]\ntemplate = '$S/in'\nto = 'out/$S'\nowner = '$S'\n";
    let scenario = Scenario::new().file("monofy.toml", toml).file("hunter2/in", "1").env("S", "hunter2");
    let finished = scenario.run(["--plan=json", "true"]);
    finished.assert_status(0);
    assert!(!finished.stdout.contains("hunter2"), "{finished:#?}");
    let finished = scenario.run(["true"]);
    finished.assert_status(125);
    assert!(!finished.stderr.contains("hunter2"), "{finished:#?}");
}
