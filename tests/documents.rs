//! Checks the documents: every block of README.md is run or compared with a file that is run.

mod support;

use std::path::Path;

use support::{Run, monofy};

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The fenced blocks of this language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        if let Some(opened) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if opened == language {
                blocks.push(block.join("\n") + "\n");
            }
        }
    }
    blocks
}

/// Runs a command line as a user types it, with `monofy` in PATH, and returns its whole output.
fn shown(typed: &str) -> String {
    let program = monofy();
    let folder = program.parent().expect("the program lies in a folder").display();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let script = format!("exec 2>&1\n{typed}");
    Run::of("/bin/sh", ["-c", &script]).env("PATH", path).finish().stdout
}

fn without_pids(text: &str) -> String {
    let mut rest = text;
    let mut result = String::new();
    while let Some((before, after)) = rest.split_once("(pid ") {
        result.push_str(before);
        result.push_str("(pid N");
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    result + rest
}

#[test]
fn every_console_block_of_the_readme_shows_the_real_output() {
    let readme = document("README.md");
    let blocks = blocks(&readme, "console");
    assert!(blocks.len() >= 4, "the blocks were not found");
    for block in blocks {
        let (typed, expected) = block.split_once('\n').expect("a block has a command");
        let typed = typed.strip_prefix("$ ").expect("a command follows a $");
        assert_eq!(without_pids(&shown(typed)), expected, "{typed}");
    }
}

#[test]
fn the_first_command_of_the_readme_does_the_main_job() {
    let readme = document("README.md");
    let block = blocks(&readme, "sh").swap_remove(0);
    let (build, run) = block.split_once(" && ").expect("it is built, then run");
    assert_eq!(build, "cargo build --release");
    // The test runs another profile of the same program.
    let output = without_pids(&shown(&run.replace("target/release/monofy", "monofy")));
    for line in [
        "migrating the database",
        "web server on port 9000",
        "worker with 4 threads",
        "monofy: sh exited with status 3",
        "monofy: stopping sh.2, because sh exited with status 3",
        "exit status 3",
    ] {
        assert!(output.lines().any(|shown| shown == line), "no {line:?} in:\n{output}");
    }
}

#[test]
fn the_exec_form_of_the_readme_is_a_plan() {
    let readme = document("README.md");
    let block = blocks(&readme, "dockerfile").swap_remove(0);
    let arguments = block.strip_prefix("CMD ").expect("it is a CMD");
    let arguments: Vec<String> = serde_json::from_str(arguments).expect("the exec form is JSON");
    let plan = Run::new(&arguments[1..]).env("MONOFY_PLAN", "1").env("PORT", "9000").finish();
    plan.assert_status(0).assert_stdout(
        "setup, one after another\n\
         └─ manage  manage migrate\n\
         processes, side by side\n\
         ├─ gunicorn  gunicorn --bind=0.0.0.0:9000 app.wsgi\n\
         └─ celery    celery --concurrency=4\n",
    );
}

#[test]
fn the_defaults_file_of_the_readme_is_the_example() {
    let block = blocks(&document("README.md"), "toml").swap_remove(0);
    assert_eq!(block, document("examples/defaults/monofy.toml"));
}

#[test]
fn every_example_is_listed_in_the_readme_and_has_a_test_script() {
    let readme = document("README.md");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let entries = std::fs::read_dir(examples).expect("there are examples").filter_map(Result::ok);
    let folders: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    assert!(folders.len() > 5, "the examples were not found");
    for folder in folders {
        let name = folder.file_name().expect("it has a name").to_string_lossy().into_owned();
        assert!(readme.contains(&format!("\n| [`{name}`](examples/{name}) | ")), "the README lacks {name}");
        let page = document(&format!("examples/{name}/README.md"));
        assert!(
            page.contains(&format!("```sh\nexamples/{name}/run.sh\n```")),
            "{name} does not name its script"
        );
        assert!(folder.join("run.sh").is_file(), "{name} has no run.sh");
    }
}

#[test]
fn every_test_that_the_architecture_names_exists() {
    let architecture = document("ARCHITECTURE.md");
    let races = architecture.split_once("\n## Races").expect("there is a chapter on races").1;
    let races = races.split("\n## ").next().unwrap_or_default();
    let named: Vec<(&str, &str)> = races
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.split_once(": "))
        .filter(|(file, _)| file.chars().all(|c| c.is_ascii_lowercase()))
        .collect();
    assert!(named.len() > 8, "the tests were not found: {named:?}");
    for (file, test) in named {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
        let inner = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let sources = inner.filter_map(|entry| std::fs::read_to_string(entry.path()).ok());
        let all: String = sources.chain([document(&format!("tests/{file}.rs"))]).collect();
        assert!(all.contains(&format!("fn {test}(")), "there is no test {test} in {file}");
    }
}
