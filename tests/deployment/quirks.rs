//! Names, words and bytes that an engine could take for something else.

use serde_json::Value;

use crate::files::{ENGINES, accepted, line, read, succeeded, written};

/// The services of a Compose file, as a reader of YAML 1.1 has them.
fn services(arguments: &[&str]) -> Option<Value> {
    read(&written("compose", arguments)).map(|mut documents| documents.swap_remove(0)["services"].take())
}

#[test]
fn a_name_that_is_no_dns_label_becomes_one_and_monofy_gets_the_name() {
    let names = ["on", "~", "1:30", "1_000", "W\u{f6}rker 1", "a.b", "A.B", "a: b # c", "'\"\\", "-"];
    let labels = [
        "on",
        "process",
        "p-1-30",
        "p-1-000",
        "w-rker-1",
        "a-b",
        "a-b-2",
        "a--b---c",
        "process-2",
        "process-3",
    ];
    let mut arguments = Vec::new();
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            arguments.push("|||".to_owned());
        }
        arguments.extend([format!("--name={name}"), "x".to_owned()]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Some(services) = services(&arguments) else { return };
    assert_eq!(services.as_object().map(serde_json::Map::len), Some(labels.len()));
    for (label, name) in labels.iter().zip(names) {
        assert_eq!(services[label]["environment"]["MONOFY_ONLY"], name, "{label}");
    }
    for engine in ENGINES {
        let text = written(engine, &arguments);
        assert!(
            text.contains("# The process W\u{f6}rker 1: the name of a service is a DNS label."),
            "{text}"
        );
    }
}

#[test]
fn a_name_that_monofy_only_cannot_name_is_told() {
    assert!(written("compose", &["--name=a,b", "x"]).contains("# MONOFY_ONLY cannot name this process"));
}

#[test]
fn a_dollar_is_a_dollar() {
    let arguments = ["--name=a$$b", "--workdir=/x/$$y", "--user=$$z", "x"];
    let Some(services) = services(&arguments) else { return };
    let service = &services["a-b"];
    assert_eq!(service["environment"]["MONOFY_ONLY"], "a$$b");
    assert_eq!(service["working_dir"], "/x/$$y");
    assert_eq!(service["user"], "$$z");
    for engine in ["compose", "swarm"] {
        accepted(engine, &written(engine, &arguments), &[]);
    }
    let Some(objects) = read(&written("kubernetes", &["--name=a$(b)", "x"])) else { return };
    let variables = &objects[0]["spec"]["template"]["spec"]["containers"][0]["env"];
    assert_eq!(variables[0]["value"], "a$$(b)");
}

#[test]
fn a_word_that_no_engine_can_quote_is_no_default() {
    let words = [
        "${A:-x\ny}",
        "${B:-$$x}",
        "$<C:-a}b>",
        "${D:-a:-b}",
        "${E:-\u{2028}}",
        "${F:-\\$}",
        "${G:-x{y}",
        "${H:-ok y}",
    ];
    let Some(services) = services(&[&["web"][..], &words].concat()) else { return };
    let environment = services["web"]["environment"].as_object().expect("it is a map").clone();
    let names: Vec<&str> = environment.keys().map(String::as_str).collect();
    assert_eq!(names, ["H", "MONOFY_ONLY", "MONOFY_SETUP"]);
}

#[test]
fn the_words_of_an_error_are_passed_on_as_far_as_an_engine_takes_them() {
    let arguments = ["web", "${A:?}", "${B:?the-url: ${x}\n\"y\"}"];
    let Some(services) = services(&arguments) else { return };
    let environment = &services["web"]["environment"];
    assert_eq!(environment["A"], "${A:?not set}");
    assert_eq!(environment["B"], "${B:?the url: x \"y\"}");
    for engine in ["compose", "swarm"] {
        accepted(engine, &written(engine, &arguments), &[("A", "1"), ("B", "2")]);
    }
}

#[test]
fn bytes_that_are_no_text_are_left_out() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    for engine in ENGINES {
        let run = line(engine, &[]).with(|command| {
            command.arg(OsStr::from_bytes(b"--workdir=/\xff")).arg(OsStr::from_bytes(b"--user=\xfe"));
            command.arg(OsStr::from_bytes(b"x\xff")).arg(OsStr::from_bytes(b"${A:-\xff}"));
        });
        let text = succeeded(&run.finish());
        assert!(!text.contains("working") && !text.contains("user:"), "{text}");
        read(&text);
    }
}
