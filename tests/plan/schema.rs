//! `schema/plan.schema.json` says of a plan what the program says.

use std::collections::BTreeSet;

use monofy::plan::Plan;
use serde_json::{Value, json};

use crate::refused::{Schema, sound, wrong};
use crate::support::Run;
use crate::validator::Validator;

const TEXT: &str = include_str!("../../schema/plan.schema.json");
const ID: &str = "urn:monofy:plan:1";

fn schema() -> Value {
    serde_json::from_str(TEXT).expect("the schema is JSON")
}

fn validator() -> Validator {
    Validator::new(ID, schema())
}

fn emitted(line: &[&str]) -> Value {
    let finished = Run::new(["--plan=json"].iter().chain(line)).env("A", "a").finish();
    finished.assert_status(0);
    serde_json::from_str(&finished.stdout).expect("a plan is JSON")
}

/// A line that uses everything.
const FULL: &[&str] = &[
    "--strict",
    "-g5",
    "-q",
    "--output=json",
    "--ready-fd=3",
    "--name=x",
    "--stop-signal=RTMAX-1",
    "--stop-timeout=none",
    "--user=0:0",
    "-w/",
    "E=$A",
    "a",
    "$A",
    "&&",
    "b",
    "|||",
    "--tty",
    "--restart=on-failure:3",
    "--ready=log:$A",
    "--after=b",
    "c",
    "${U:-{}}",
];

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("it is an object").keys().map(String::as_str).collect()
}

#[test]
fn the_schema_names_itself_and_its_draft() {
    let schema = schema();
    assert_eq!(schema["$id"], ID);
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

#[test]
fn every_plan_that_is_written_is_valid() {
    let validator = validator();
    for line in [
        FULL,
        &["a"],
        &["-gnone", "-v", "a", "${UNSET", "$A"],
        &["--stop-signal", "34", "--stop-timeout=1.5s", "a"],
        &["--stop-signal", "33", "a", "|||", "--stop-signal", "SIGRTMIN+3", "b"],
        &["--name", "a name, with ünïcode", "a"],
    ] {
        assert_eq!(validator.wrong(&emitted(line)), None, "{line:?}");
    }
    let bytes = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff");
    for word in ["a", "--user", "--workdir"] {
        let finished = Run::new(["--plan=json", "B=$B", "a", word, "$B"]).env("B", bytes).finish();
        assert_eq!(validator.wrong(&serde_json::from_str(&finished.stdout).unwrap()), None);
    }
    let workdir = Run::new(["--plan=json", "-w$B", "a"]).env("B", bytes).finish();
    assert_eq!(validator.wrong(&serde_json::from_str(&workdir.stdout).unwrap()), None);
}

#[test]
fn the_least_plan_is_valid_for_both() {
    assert_eq!(validator().wrong(&sound()), None);
    Plan::from_json(sound().to_string().as_bytes()).unwrap();
}

#[test]
fn what_the_program_refuses_the_schema_refuses_if_it_can() {
    let validator = validator();
    for (plan, part, expected) in wrong() {
        let found = if validator.wrong(&plan).is_some() { Schema::Refuses } else { Schema::CannotTell };
        assert_eq!(found, expected, "{part}: {plan}");
    }
}

#[test]
fn the_properties_of_the_schema_are_the_keys_of_a_plan() {
    let (plan, schema) = (emitted(FULL), schema());
    let defined = |name: &str| keys(&schema["$defs"][name]["properties"]);
    assert_eq!(keys(&schema["properties"]), keys(&plan));
    assert_eq!(defined("settings"), keys(&plan["settings"]));
    for list in ["setup", "processes"] {
        assert_eq!(defined("process"), keys(&plan[list][0]));
    }
    assert_eq!(defined("variable"), keys(&plan["variables"][0]));
}

#[test]
fn what_the_schema_requires_is_what_the_program_does() {
    let schema = schema();
    let required = |object: &Value| -> Vec<String> {
        serde_json::from_value(object["required"].clone()).unwrap_or_default()
    };
    let mut full = emitted(FULL);
    full["variables"] = json!([full["variables"][0]]);
    for (pointer, object) in [
        ("", &schema),
        ("/settings", &schema["$defs"]["settings"]),
        ("/processes/0", &schema["$defs"]["process"]),
        ("/setup/0", &schema["$defs"]["process"]),
        ("/variables/0", &schema["$defs"]["variable"]),
    ] {
        for key in keys(&object["properties"]) {
            let mut plan = full.clone();
            plan.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key);
            let is_read = Plan::from_json(plan.to_string().as_bytes()).is_ok();
            assert_eq!(is_read, !required(object).iter().any(|required| required == key), "{pointer}/{key}");
        }
    }
}

#[test]
fn every_choice_of_the_schema_is_read() {
    let schema = schema();
    let choices = |pointer: &str| schema.pointer(pointer).unwrap().as_array().unwrap().clone();
    for (field, pointer) in [
        ("/settings/output", "/$defs/settings/properties/output/enum"),
        ("/settings/verbosity", "/$defs/settings/properties/verbosity/enum"),
        ("/variables/0/source", "/$defs/variable/properties/source/enum"),
    ] {
        for choice in choices(pointer) {
            let mut plan = emitted(FULL);
            *plan.pointer_mut(field).unwrap() = choice;
            Plan::from_json(plan.to_string().as_bytes()).unwrap();
        }
    }
}

#[test]
fn every_default_of_the_schema_is_the_programs() {
    fn check(object: &Value, schema: &Value, place: &str) {
        for (key, property) in object["properties"].as_object().unwrap() {
            let resolved =
                property["$ref"].as_str().map(|name| &schema["$defs"][name.rsplit('/').next().unwrap()]);
            let default =
                property.get("default").or_else(|| resolved.and_then(|resolved| resolved.get("default")));
            let Some(default) = default else { continue };
            let mut plan = sound();
            if !place.is_empty() {
                plan["settings"] = json!({});
                plan["variables"] = json!([{"name": "A", "source": "unset"}]);
            }
            let read = |plan: &Value| Plan::from_json(plan.to_string().as_bytes()).unwrap();
            let mut said = plan.clone();
            said.pointer_mut(place).unwrap()[key] = default.clone();
            // The sound plan has setup commands, so that its default means something else.
            if key != "setup" {
                assert_eq!(read(&plan), read(&said), "{place}/{key}");
            }
        }
    }
    let schema = schema();
    check(&schema, &schema, "");
    check(&schema["$defs"]["settings"], &schema, "/settings");
    check(&schema["$defs"]["process"], &schema, "/processes/0");
    check(&schema["$defs"]["variable"], &schema, "/variables/0");
}

#[test]
fn every_field_is_described_and_nothing_else_is_let_in() {
    fn check(value: &Value, place: &str) {
        let Some(map) = value.as_object() else { return };
        if let Some(properties) = map.get("properties").and_then(Value::as_object)
            && map.get("type") == Some(&json!("object"))
        {
            assert_eq!(map.get("additionalProperties"), Some(&json!(false)), "{place}");
            for (name, property) in properties {
                assert!(property.get("description").or(property.get("$ref")).is_some(), "{place}/{name}");
            }
        }
        map.iter().for_each(|(key, value)| check(value, &format!("{place}/{key}")));
    }
    let schema = schema();
    check(&schema, "");
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        assert!(definition.get("description").is_some(), "{name}");
    }
}
