//! The engines and the published schemas accept what the line of every example gives.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::files::{accepted, line};
use crate::support::{Folder, has_tool, in_path};

/// The folders of the examples that have an image, each with the CMD of that.
fn images() -> Vec<(PathBuf, Vec<String>)> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut images = Vec::new();
    for entry in std::fs::read_dir(examples).expect("there are examples") {
        let folder = entry.expect("it is readable").path();
        let Ok(text) = std::fs::read_to_string(folder.join("Dockerfile")) else { continue };
        let joined = text.replace("\\\n", " ");
        let Some(command) = joined.lines().find_map(|line| line.strip_prefix("CMD ")) else { continue };
        let words: Vec<String> = serde_json::from_str(command).expect("the exec form is JSON");
        let Some(words) = words.strip_prefix(&["monofy".to_owned()]) else { continue };
        // Files to render are in the image, and not here.
        let words = words.iter().filter(|word| !word.starts_with("--render=")).cloned();
        images.push((folder, words.collect()));
    }
    images.sort();
    assert!(images.len() > 8, "the images were not found: {images:?}");
    images
}

fn written(engine: &str, folder: &Path, words: &[String]) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let finished = line(engine, &words).directory(folder).finish();
    finished.assert_status(0);
    finished.stdout
}

/// The variables that a file requires, each with a value.
fn required(yaml: &str) -> Vec<(&str, &str)> {
    let names = yaml.split("${").skip(1).filter_map(|rest| rest.split_once(":?"));
    names.map(|(name, _)| (name, "x")).filter(|(name, _)| !name.contains('}')).collect()
}

#[test]
fn both_engines_of_docker_accept_every_example() {
    for (folder, words) in images() {
        for engine in ["compose", "swarm"] {
            let yaml = written(engine, &folder, &words);
            let Some(understood) = accepted(engine, &yaml, &required(&yaml)) else { return };
            assert!(understood.contains("shop:1"), "{}:\n{understood}", folder.display());
        }
    }
}

#[test]
fn the_schemas_of_kubernetes_accept_every_example() {
    let validator = std::env::var_os("MONOFY_KUBERNETES_VALIDATE").map(PathBuf::from);
    let is_there = validator.is_some() || in_path("kubernetes-validate");
    if !has_tool("kubernetes-validate", is_there) {
        return;
    }
    let objects = Folder::new();
    for (folder, words) in images() {
        let name = folder.file_name().expect("it has a name").to_string_lossy().into_owned();
        objects.file(&format!("{name}.yaml"), written("kubernetes", &folder, &words));
    }
    let files = std::fs::read_dir(objects.path()).expect("it is ours");
    let files = files.map(|file| file.expect("it is readable").path());
    let mut command = Command::new(validator.unwrap_or_else(|| "kubernetes-validate".into()));
    let output =
        command.args(["--strict", "--kubernetes-version=1.37"]).args(files).output().expect("it starts");
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && told.contains("passed for resource deployment"), "{told}");
}
