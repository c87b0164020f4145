//! `[[files]]` in the defaults file.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::support::scenario::Scenario;

#[test]
fn the_defaults_file_names_files_relative_to_itself() {
    let scenario = Scenario::new().file("conf/in", "$<A:-1> ${A:-2}\n").file(
        "conf/m.toml",
        "[[files]]\ntemplate = \"in\"\nto = \"${OUT:-out}\"\nsyntax = \"braces\"\nmode = \"0640\"\n",
    );
    assert_eq!(scenario.shown(&["-q", "-d", "conf/m.toml", "true"]), "");
    assert_eq!(scenario.text("conf/out"), "1 2\n");
    assert_eq!(fs::metadata(scenario.path().join("conf/out")).expect("written").mode() & 0o7777, 0o640);
}

#[test]
fn only_lets_other_names_stay_as_they_are_written() {
    let toml = "[[files]]\ntemplate = \"in\"\nto = \"out\"\nsyntax = \"all\"\nonly = [\"NGINX_*\"]\n";
    let scenario = Scenario::new()
        .file("in", "$NGINX_PORT $host ${HOME:-${NGINX_PORT}}\n")
        .file("monofy.toml", toml)
        .env("NGINX_PORT", "80")
        .env("HOME", "/root");
    assert_eq!(scenario.shown(&["-q", "true"]), "");
    assert_eq!(scenario.text("out"), "80 $host ${HOME:-${NGINX_PORT}}\n");
}

#[test]
fn what_when_leaves_out_is_not_read_and_stands_in_skipped() {
    let toml = "[[files]]\ntemplate = \"missing\"\nto = \"out\"\nwhen = \"${TLS:-}\"\n";
    let scenario = Scenario::new().file("monofy.toml", toml);
    let plan = scenario.plan(&["true"]);
    assert_eq!(plan["skipped"][0]["name"], "out");
    assert_eq!(plan["files"], serde_json::json!([]));
    scenario.run(["true"]).assert_status(0);
}

#[test]
fn the_option_alone_renders_what_it_names_and_not_those_of_the_defaults_file() {
    let toml = "[[files]]\ntemplate = \"in\"\nto = \"other\"\n";
    let scenario = Scenario::new().file("monofy.toml", toml).file("in", "1");
    assert_eq!(scenario.shown(&["--render=in:out"]), "");
    assert!(!scenario.path().join("other").exists());
    assert_eq!(scenario.text("out"), "1");
}

#[test]
fn an_unknown_owner_is_an_error_and_nothing_is_written() {
    let toml = "[[files]]\ntemplate = \"in\"\nto = \"out\"\nowner = \"no-such-user\"\n";
    let scenario = Scenario::new().file("monofy.toml", toml).file("in", "1");
    let finished = scenario.run(["true"]);
    finished.assert_status(125);
    assert!(finished.stderr.contains("owner"), "{finished:#?}");
    assert!(!scenario.path().join("out").exists());
}
