//! Variables and secrets: by name, with the line's own default.

use serde_json::Value;

use crate::files::{accepted, line, read, succeeded, written};
use crate::support::Folder;

fn environment(arguments: &[&str]) -> Option<serde_json::Map<String, Value>> {
    let documents = read(&written("compose", arguments))?;
    let mut environment = documents[0]["services"]["web"]["environment"].as_object()?.clone();
    environment.retain(|name, _| !name.starts_with("MONOFY_"));
    Some(environment)
}

#[test]
fn a_variable_has_the_default_that_all_its_uses_agree_on() {
    for (words, expected) in [
        (&["${A:-1}"][..], Some("${A:-1}")),
        (&["${A-1}"], Some("${A-1}")),
        (&["${A:-1}", "$<A:-1>"], Some("${A:-1}")),
        (&["${A:=1}", "$A"], Some("${A:-1}")),
        (&["${A:-}", "$A", "${A:+x}"], Some("${A:-}")),
        (&["${A:?no}", "${A:-1}"], Some("${A:?no}")),
        (&["${A:-1}", "${A:-2}"], None),
        (&["${A:-1}", "${A-1}"], None),
        (&["${A:-1}", "$A"], None),
        (&["${A:-1}", "${A:+x}"], None),
        (&["${A-}", "${A+x}"], None),
        (&["${A:-${B:-1}}"], None),
        (&["${A...:-1}"], None),
        (&["$A"], None),
    ] {
        let Some(found) = environment(&[&["web"], words].concat()) else { return };
        assert_eq!(found.get("A").and_then(Value::as_str), expected, "{words:?}");
    }
}

#[test]
fn what_an_engine_or_a_shell_sets_itself_is_not_passed_on() {
    let words =
        ["web", "${PATH:-/bin}", "${HOME:-/}", "${HOSTNAME:-a}", "${PWD:-/}", "${USER:-a}", "${TERM:-a}"];
    let Some(found) = environment(&words) else { return };
    assert!(found.is_empty(), "{found:?}");
    assert!(!written("kubernetes", &words).contains("configMapKeyRef"));
}

#[test]
fn the_defaults_file_gives_defaults_too_and_set_decides() {
    let folder = Folder::new();
    folder.file(
        "monofy.toml",
        "[vars]\nPORT = 8000\nURL = \"http://${PORT}/\"\nLIST = [\"a\", \"b\"]\n[vars.NEEDED]\nrequired = \"an address\"\n",
    );
    let arguments =
        ["--set=SET=1", "--ready=tcp:$PORT", "web", "${PORT:-1}", "$URL", "$LIST", "$NEEDED", "${SET:-2}"];
    let yaml = succeeded(&line("compose", &arguments).directory(folder.path()).finish());
    let Some(documents) = read(&yaml) else { return };
    let web = &documents[0]["services"]["web"];
    assert_eq!(web["expose"][0], "8000");
    assert_eq!(web["environment"]["PORT"], "${PORT-8000}");
    assert_eq!(web["environment"]["NEEDED"], "${NEEDED:?an address}");
    for name in ["URL", "LIST", "SET"] {
        assert!(web["environment"][name].is_null(), "{name}: {yaml}");
    }
    assert!(yaml.contains("need it: URL, LIST."), "{yaml}");
}

#[test]
fn a_secret_is_a_file_for_compose_and_a_swarm_and_a_key_for_kubernetes() {
    let arguments = ["--secret=TOKEN", "web", "${PORT:-1}"];
    for engine in ["compose", "swarm"] {
        let yaml = written(engine, &arguments);
        let Some(documents) = read(&yaml) else { return };
        let web = &documents[0]["services"]["web"];
        assert_eq!(web["secrets"][0], "TOKEN");
        assert_eq!(web["environment"]["TOKEN_FILE"], "/run/secrets/TOKEN");
        assert_eq!(web["environment"]["MONOFY_SECRET"], "TOKEN");
        assert!(web["environment"]["TOKEN"].is_null());
        assert_eq!(documents[0]["secrets"]["TOKEN"]["file"], "./TOKEN");
        accepted(engine, &yaml, &[]);
    }
    let Some(objects) = read(&written("kubernetes", &arguments)) else { return };
    let variables = objects[0]["spec"]["template"]["spec"]["containers"][0]["env"].as_array().cloned();
    let secret = variables.into_iter().flatten().find(|variable| variable["name"] == "TOKEN");
    let secret = secret.expect("it is passed on")["valueFrom"]["secretKeyRef"].clone();
    assert_eq!(secret, serde_json::json!({"name": "shop", "key": "TOKEN", "optional": true}));
}
