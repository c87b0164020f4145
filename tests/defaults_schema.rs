//! `schema/defaults.schema.json` accepts the defaults files that monofy accepts, as far as a schema can.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::{Folder, Run};
use validator::Validator;

mod support;
#[path = "support/schema.rs"]
#[allow(unreachable_pub, reason = "the items are public for the other test that includes the file")]
mod validator;

const TEXT: &str = include_str!("../schema/defaults.schema.json");
const ID: &str = "urn:monofy:defaults:1";

fn schema() -> Value {
    serde_json::from_str(TEXT).expect("the schema is JSON")
}

/// The error of the schema for a file, if any.
fn schema_error(validator: &Validator, toml: &str) -> Option<String> {
    let file: Value = toml::from_str(toml).unwrap_or_else(|error| panic!("no TOML: {error}\n{toml}"));
    validator.wrong(&file)
}

fn validator() -> Validator {
    Validator::new(ID, schema())
}

/// The fixtures of a folder, by name.
fn fixtures(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/defaults_schema").join(folder);
    let entries = std::fs::read_dir(folder).expect("a folder of fixtures");
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a fixture is text");
        (path, text)
    };
    let mut fixtures: Vec<_> = entries.map(|entry| read(entry.expect("a fixture").path())).collect();
    fixtures.sort();
    fixtures
}

#[test]
fn the_schema_names_itself_and_a_draft_that_editors_know() {
    let schema = schema();
    assert_eq!(schema["$id"], ID);
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
}

#[test]
fn every_good_file_is_valid() {
    let validator = validator();
    let fixtures = fixtures("good");
    assert!(fixtures.iter().any(|(path, _)| path.ends_with("contract.toml")));
    for (path, text) in fixtures {
        assert_eq!(schema_error(&validator, &text), None, "{}", path.display());
    }
}

#[test]
fn every_bad_file_is_refused() {
    let validator = validator();
    let fixtures = fixtures("bad");
    assert!(fixtures.len() > 50, "only {}", fixtures.len());
    for (path, text) in fixtures {
        assert!(schema_error(&validator, &text).is_some(), "{}", path.display());
    }
}

/// Runs the program with a file, and with the variables that the valid files require.
fn plan_with(path: &Path, home: &Folder) -> support::Finished {
    let arguments = ["--plan", "--defaults", path.to_str().expect("a path of the project"), "true"];
    let run = Run::new(arguments).env("HOME", home.path()).env("CONF", home.path());
    run.env("DATABASE_URL", "postgres://db").env("UNSET", "80").finish()
}

#[test]
fn the_program_accepts_what_the_schema_accepts_and_refuses_what_it_refuses() {
    let home = Folder::new();
    home.file("app.env", "");
    std::fs::create_dir(home.path().join(".config")).expect("a folder can be made");
    home.file(".config/app.env", "");
    for (folder, status) in [("good", 0), ("bad", 125)] {
        for (path, _) in fixtures(folder) {
            let finished = plan_with(&path, &home);
            assert_eq!(finished.status, status, "{}: {finished:#?}", path.display());
        }
    }
}

/// The keys of a variable's table, each with a valid value.
const VARIABLE: &str = r#"
type = "string"
default = "b"
description = "d"
required = "r"
pattern = "p"
secret = true
file = true
choices = ["b"]
empty = "error"
export = true
"#;

#[test]
fn every_key_of_a_variable_accepts_its_value_and_refuses_a_table() {
    let validator = validator();
    let variable = schema()["properties"]["vars"]["patternProperties"]["^[A-Za-z_][A-Za-z0-9_]*$"].clone();
    let mut keys: Vec<_> = variable["properties"].as_object().expect("keys").keys().cloned().collect();
    for line in VARIABLE.trim().lines() {
        assert_eq!(schema_error(&validator, &format!("[vars.A]\n{line}")), None, "{line}");
        let key = line.split(' ').next().expect("a key");
        assert!(schema_error(&validator, &format!("[vars.A]\n{key} = {{}}")).is_some(), "{key}");
        keys.retain(|known| known != key);
    }
    assert!(keys.is_empty(), "{keys:?} are not tested");
    assert_eq!(schema_error(&validator, &format!("[vars.A]{VARIABLE}")), None);
}

#[test]
fn every_key_has_a_description_and_other_keys_are_refused() {
    fn check(value: &Value, place: &str) {
        let Some(map) = value.as_object() else { return };
        if let Some(properties) = map.get("properties").and_then(Value::as_object)
            && !place.contains("/allOf")
        {
            assert_eq!(map.get("additionalProperties"), Some(&json!(false)), "{place}");
            for (name, property) in properties {
                let description = property["description"].as_str().unwrap_or_default();
                assert!(description.ends_with('.'), "{place}/{name}: {description:?}");
            }
        }
        for (key, value) in map {
            if let Some(list) = value.as_array() {
                for value in list {
                    check(value, &format!("{place}/{key}"));
                }
            }
            check(value, &format!("{place}/{key}"));
        }
    }
    check(&schema(), "");
}

#[test]
fn only_keywords_that_editors_support_are_used() {
    for word in ["$defs", "$ref", "$dynamicRef", "unevaluatedProperties", "dependentSchemas", "prefixItems"] {
        assert!(!TEXT.contains(&format!("\"{word}\"")), "{word}");
    }
}
