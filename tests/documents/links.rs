//! Links in all documents: what they lead to exists, anchors included.

use std::path::{Component, Path, PathBuf};

use crate::markdown::{document, examples, pages, prose, root};

fn documents() -> Vec<String> {
    let examples = examples().into_iter().map(|folder| {
        let folder = folder.strip_prefix(root()).expect("it is below the root").display().to_string();
        folder + "/README.md"
    });
    let others =
        ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/SUMMARY.md"];
    pages().into_iter().chain(examples).chain(others.map(str::to_owned)).collect()
}

/// The targets of the links of a line: `[text](target)`.
fn targets(line: &str) -> Vec<&str> {
    let rest = line.split("](").skip(1);
    rest.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).collect()
}

/// The line without its code spans, which may look like links.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("``")
}

/// The anchor that GitHub and mdBook give a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn anchors(document: &str) -> Vec<String> {
    let headings = prose(document).into_iter().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).collect()
}

/// The path that a link in a document leads to, from the root, without `..`.
fn resolved(from: &str, target: &str) -> PathBuf {
    let mut path = PathBuf::new();
    let folder = Path::new(from).parent().expect("a document lies in a folder");
    for component in folder.join(target).components() {
        match component {
            Component::ParentDir => assert!(path.pop(), "{from}: {target} leaves the repository"),
            other => path.push(other),
        }
    }
    path
}

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    for name in documents() {
        let text = document(&name);
        for line in prose(&text).into_iter().map(without_code) {
            for target in targets(&line) {
                seen += 1;
                if target.contains("://") {
                    assert!(target.starts_with("https://"), "{name}: {target} is not encrypted");
                    continue;
                }
                let (file, fragment) =
                    target.split_once('#').map_or((target, None), |(file, f)| (file, Some(f)));
                let path = if file.is_empty() { PathBuf::from(&name) } else { resolved(&name, file) };
                assert!(root().join(&path).exists(), "{name}: there is no {target}");
                // Other files are not part of the book.
                let leaves_the_book = name.starts_with("docs/") && !path.starts_with("docs");
                assert!(!leaves_the_book, "{name}: {target} is not part of the book");
                if let Some(fragment) = fragment {
                    let anchors = anchors(&document(&path.display().to_string()));
                    assert!(
                        anchors.iter().any(|anchor| anchor == fragment),
                        "{name}: there is no {target}: {anchors:?}"
                    );
                }
            }
        }
    }
    assert!(seen > 100, "the links were not found");
}

#[test]
fn every_file_that_a_page_names_exists() {
    for name in pages() {
        for code in document(&name).split('`').skip(1).step_by(2) {
            let is_path = ["examples/", "benches/", "schema/", "tests/", "src/", ".ci/"]
                .iter()
                .any(|folder| code.starts_with(folder));
            if is_path && !code.contains(' ') {
                assert!(root().join(code).exists(), "{name}: there is no {code}");
            }
        }
    }
}

#[test]
fn a_heading_has_the_anchor_of_github() {
    assert_eq!(anchor(" Stop and exit status"), "stop-and-exit-status");
    assert_eq!(anchor(" Compose, Swarm and Kubernetes"), "compose-swarm-and-kubernetes");
    assert_eq!(anchor(" I want to ..."), "i-want-to-");
}
