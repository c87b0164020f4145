//! ARCHITECTURE.md.

use std::path::Path;

use crate::markdown::document;

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
