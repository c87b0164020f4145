//! The roles of the file together start what the line starts in one container.

use serde_json::Value;

use crate::files::{accepted, read, written};
use crate::support::{Folder, Run};

/// The commands of a plan: name, arguments and environment.
fn commands(plan: &Value, list: &str) -> Vec<(String, Value, Value)> {
    let commands = plan[list].as_array().expect("it is a list").iter();
    let part =
        |command: &Value| (command["name"].to_string(), command["argv"].clone(), command["env"].clone());
    commands.map(part).collect()
}

fn plan(arguments: &[&str], environment: &[(String, String)]) -> Value {
    let mut run = Run::new([&["--plan=json"][..], arguments].concat()).directory("/".as_ref());
    for (name, value) in environment {
        run = run.env(name, value);
    }
    serde_json::from_str(&run.finish().assert_status(0).stdout).expect("a plan is JSON")
}

/// What each service of a file starts, in the order of the line, with these variables in the deploying shell.
fn by_roles(
    engine: &str,
    arguments: &[&str],
    shell: &[(&str, &str)],
    list: &str,
) -> Option<Vec<(String, Value, Value)>> {
    let understood = accepted(engine, &written(engine, arguments), shell)?;
    let documents = read(&understood)?;
    let mut all = Vec::new();
    for service in documents[0]["services"].as_object().expect("it is a map").values() {
        let environment = service["environment"].as_object().expect("it is a map");
        let environment: Vec<(String, String)> = environment
            .iter()
            // The wait is the engine's way to keep the order, and part of no argument.
            .filter(|(name, _)| *name != "MONOFY_WAIT")
            // Engines double the dollars again.
            .map(|(name, value)| (name.clone(), value.as_str().expect("a text").replace("$$", "$")))
            .collect();
        all.extend(commands(&plan(arguments, &environment), list));
    }
    all.sort_by_key(|(name, ..)| name.clone());
    Some(all)
}

fn check(arguments: &[&str], shell: &[(&str, &str)]) {
    let environment: Vec<(String, String)> =
        shell.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let whole = plan(arguments, &environment);
    for engine in ["compose", "swarm"] {
        for list in ["setup", "processes"] {
            let Some(roles) = by_roles(engine, arguments, shell, list) else { return };
            let mut expected = commands(&whole, list);
            // One copy stands for all: the engine has the others.
            expected.retain(|(name, ..)| !name.ends_with(".2\"") && !name.ends_with(".3\""));
            expected.sort_by_key(|(name, ..)| name.clone());
            assert_eq!(roles, expected, "{engine}, {list}, {arguments:?} with {shell:?}");
        }
    }
}

const LINE: [&str; 28] = [
    "migrate",
    "--to=${VERSION:-7}",
    "&&",
    "second",
    "${EMPTY:-}",
    "&&",
    "--name=Web $ 1",
    "MODE=${MODE:=fast}",
    "gunicorn",
    "--bind=:${PORT:-8000}",
    "${OPTIONS...}",
    "a$$b",
    "|||",
    "--name=worker",
    "--replicas=${WORKERS:-2}",
    "--after=Web $ 1",
    "celery",
    "${MODE}",
    "${NESTED:-${PORT:-8000}}",
    "|||",
    "--if=${BEAT:-0}",
    "beat",
    "|||",
    "--name=only",
    "--once",
    "job",
    "--unless-set=${UNSET-x y}",
    "$PATH",
];

#[test]
fn the_roles_start_what_the_line_starts_in_one_container() {
    check(&LINE, &[]);
    check(&LINE, &[("PORT", "8123"), ("WORKERS", "3"), ("VERSION", "a b"), ("MODE", "slow"), ("UNSET", "")]);
}

#[test]
fn a_secret_of_a_file_reaches_the_processes_as_in_one_container() {
    let folder = Folder::new();
    let file = folder.file("TOKEN", "hunter2\n").display().to_string();
    let arguments = ["--secret=TOKEN", "web", "$TOKEN"];
    let Some(documents) = read(&written("compose", &arguments)) else { return };
    let environment = documents[0]["services"]["web"]["environment"].as_object().expect("it is a map");
    let environment: Vec<(String, String)> = environment
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned()))
        .map(|(name, value)| (name, if value == "/run/secrets/TOKEN" { file.clone() } else { value }))
        .collect();
    let shown = [&["--show-secrets"][..], &arguments].concat();
    let whole = plan(&shown, &[("TOKEN_FILE".to_owned(), file)]);
    assert_eq!(commands(&plan(&shown, &environment), "processes"), commands(&whole, "processes"));
    assert_eq!(whole["processes"][0]["env"]["TOKEN"], "hunter2");
}
