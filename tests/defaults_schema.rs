//! `schema/defaults.schema.json` takes the defaults files that monofy takes, as far as a schema can tell.

use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

const TEXT: &str = include_str!("../schema/defaults.schema.json");
const ID: &str = "urn:monofy:defaults:1";

fn schema() -> Value {
    serde_json::from_str(TEXT).expect("the schema is JSON")
}

struct Validator {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Validator {
    fn new() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource(ID, schema()).expect("the schema has an id");
        let index = compiler.compile(ID, &mut schemas).expect("the schema is a schema of its draft");
        Self { schemas, index }
    }

    /// What is wrong with a file.
    fn wrong(&self, toml: &str) -> Option<String> {
        let file: Value = toml::from_str(toml).unwrap_or_else(|error| panic!("no TOML: {error}\n{toml}"));
        self.schemas.validate(&file, self.index).err().map(|error| error.to_string())
    }
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
    let validator = Validator::new();
    let fixtures = fixtures("good");
    assert!(fixtures.iter().any(|(path, _)| path.ends_with("contract.toml")));
    for (path, text) in fixtures {
        assert_eq!(validator.wrong(&text), None, "{}", path.display());
    }
}

#[test]
fn every_bad_file_is_refused() {
    let validator = Validator::new();
    let fixtures = fixtures("bad");
    assert!(fixtures.len() > 50, "only {}", fixtures.len());
    for (path, text) in fixtures {
        assert!(validator.wrong(&text).is_some(), "{}", path.display());
    }
}

/// The keys of a variable's table, each with a value that is right.
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
fn every_key_of_a_variable_takes_its_value_and_no_table() {
    let validator = Validator::new();
    let variable = schema()["properties"]["vars"]["patternProperties"]["^[A-Za-z_][A-Za-z0-9_]*$"].clone();
    let mut keys: Vec<_> = variable["properties"].as_object().expect("keys").keys().cloned().collect();
    for line in VARIABLE.trim().lines() {
        assert_eq!(validator.wrong(&format!("[vars.A]\n{line}")), None, "{line}");
        let key = line.split(' ').next().expect("a key");
        assert!(validator.wrong(&format!("[vars.A]\n{key} = {{}}")).is_some(), "{key}");
        keys.retain(|known| known != key);
    }
    assert!(keys.is_empty(), "{keys:?} are tried by nobody");
    assert_eq!(validator.wrong(&format!("[vars.A]{VARIABLE}")), None);
}

#[test]
fn every_key_is_described_and_nothing_else_is_let_in() {
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
fn what_editors_do_not_know_is_not_used() {
    for word in ["$defs", "$ref", "$dynamicRef", "unevaluatedProperties", "dependentSchemas", "prefixItems"] {
        assert!(!TEXT.contains(&format!("\"{word}\"")), "{word}");
    }
}
