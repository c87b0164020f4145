//! The blocks of README.md and of docs/.

use std::thread;

use crate::markdown::{Block, blocks, blocks_of, document, examples, files, pages, root};
use crate::support::{Run, monofy};

fn documents() -> Vec<String> {
    pages().into_iter().chain(["README.md".to_owned()]).collect()
}

/// Runs a command line as a user types it, with `monofy` in PATH, and returns its whole output.
pub(crate) fn shown(typed: &str) -> String {
    let program = monofy();
    let folder = program.parent().expect("the program lies in a folder").display();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let script = format!("exec 2>&1\n{typed}");
    Run::of("/bin/sh", ["-c", &script]).directory(root()).env("PATH", path).finish().stdout
}

pub(crate) fn without_pids(text: &str) -> String {
    let mut rest = text;
    let mut result = String::new();
    while let Some((before, after)) = rest.split_once("(pid ") {
        result.push_str(before);
        result.push_str("(pid N");
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    result + rest
}

/// The command and the output of a console block.
fn console(block: &str) -> (&str, &str) {
    let (typed, expected) = block.split_once('\n').expect("a block has a command");
    (typed.strip_prefix("$ ").expect("a command follows a $"), expected)
}

#[test]
fn every_console_block_shows_the_real_output() {
    thread::scope(|scope| {
        for name in documents() {
            scope.spawn(move || {
                for block in blocks_of(&document(&name), "console") {
                    let (typed, expected) = console(&block);
                    assert_eq!(without_pids(&shown(typed)), expected, "{name}: {typed}");
                }
            });
        }
    });
    let help = blocks_of(&document("docs/options.md"), "console");
    assert!(help.iter().any(|block| console(block).0 == "monofy --help"), "docs/options.md has no --help");
}

/// The exec forms in a Dockerfile that start monofy: the words after `monofy`.
pub(crate) fn exec_forms(dockerfile: &str) -> Vec<Vec<String>> {
    let joined = dockerfile.replace("\\\n", " ");
    let form = |line: &str| {
        let list = &line[line.find('[')?..];
        let words: Vec<String> = serde_json::from_str(list).expect("the exec form is JSON");
        Some(words.strip_prefix(&["monofy".to_owned()])?.to_vec())
    };
    let lines = joined.lines().filter(|line| line.starts_with("CMD ") || line.starts_with("HEALTHCHECK "));
    lines.filter_map(form).collect()
}

#[test]
fn every_line_in_a_dockerfile_block_is_a_plan() {
    let mut seen = 0;
    for name in documents() {
        for block in blocks_of(&document(&name), "dockerfile") {
            for words in exec_forms(&block).into_iter().filter(|words| words != &["--health"]) {
                let plan = Run::new(&words).env("MONOFY_PLAN", "1").directory(root()).finish();
                assert_eq!((plan.status, plan.stderr.as_str()), (0, ""), "{name}: {block}");
                seen += 1;
            }
        }
    }
    assert!(seen > 3, "the blocks were not found");
}

/// The commands of the scripts that test the install methods and the first image: the words by which they find their
/// block.
fn words_that_scripts_ask_for() -> Vec<String> {
    let mut words = Vec::new();
    for file in
        files(&root().join(".ci")).into_iter().chain(examples().iter().map(|folder| folder.join("run.sh")))
    {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        for line in text.lines().filter(|line| {
            ["install_as_the_readme_says '", "readme-block '", "readme-block\" '", "shown bash '"]
                .iter()
                .any(|start| line.contains(start))
        }) {
            words.extend(line.split('\'').skip(1).step_by(2).map(str::to_owned));
        }
    }
    words.retain(|words| words.contains(' '));
    words
}

/// Whether a block is part of a file of the examples.
fn is_of_an_example(block: &str) -> bool {
    let all = examples().into_iter().flat_map(|folder| files(&folder));
    let mut files = all.filter(|file| !file.ends_with("README.md"));
    files.any(|file| std::fs::read_to_string(file).is_ok_and(|text| text.contains(block)))
}

#[test]
fn every_other_block_is_run_by_a_script_or_is_part_of_an_example() {
    let asked_for = words_that_scripts_ask_for();
    assert!(asked_for.len() > 6, "the scripts were not found: {asked_for:?}");
    for name in documents() {
        for Block { language, text } in blocks(&document(&name)) {
            let is_checked = match language.as_str() {
                // Checked by the tests above, and pictures.
                "console" | "text" => true,
                // The README's two are run: by a test, and by .ci/run.
                "sh" => name == "README.md" || is_of_an_example(&text),
                "bash" => asked_for.iter().any(|words| text.contains(words.as_str())),
                "dockerfile" => !text.contains("FROM ") || is_of_an_example(&text),
                "toml" | "yaml" | "ini" => is_of_an_example(&text),
                _ => false,
            };
            assert!(is_checked, "{name}: nothing checks this block of {language}:\n{text}");
        }
    }
}
