//! The arrows of ARCHITECTURE.md, read off the `use` lines: who may know of whom.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// For each module of the crate, what of the crate it may use.
const ARROWS: [(&str, &[&str]); 17] = [
    ("app", &["cli", "exit", "explain", "plan", "resolve", "status", "supervisor", "sys", "variables"]),
    ("cli", &["diagnostic", "plan", "text", "variables"]),
    ("diagnostic", &[]),
    ("etc", &[]),
    ("exit", &["signal"]),
    ("explain", &["cli", "plan", "resolve", "template", "text", "variables"]),
    ("main", &[]),
    ("output", &["plan", "sys", "text"]),
    ("plan", &["signal", "text"]),
    ("resolve", &["cli", "diagnostic", "etc", "plan", "signal", "sys", "template", "text", "variables"]),
    ("signal", &[]),
    ("status", &["exit", "signal", "sys"]),
    ("supervisor", &["etc", "exit", "output", "plan", "signal", "status", "sys", "text"]),
    ("sys", &["etc", "exit", "signal"]),
    ("template", &["text"]),
    ("text", &[]),
    ("variables", &["diagnostic", "plan", "template", "text"]),
];

fn sources(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).expect("a folder can be read");
        entries.for_each(|entry| sources(&entry.expect("an entry can be read").path(), found));
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        found.push(path.to_owned());
    }
}

/// The module of the crate that a file belongs to.
fn module(file: &Path, root: &Path) -> String {
    let inside = file.strip_prefix(root).expect("a source lies below src");
    let first = inside.iter().next().expect("it has a name").to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The modules of the crate that a source names, in its code and its tests.
fn used(source: &str) -> BTreeSet<String> {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let name = |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    code.flat_map(|line| line.split("crate::").skip(1).map(name).collect::<Vec<String>>())
        .filter(|name| !name.is_empty())
        .collect()
}

fn all() -> Vec<(PathBuf, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let read = |file: PathBuf| {
        let source = std::fs::read_to_string(&file).expect("a source can be read");
        let module = module(&file, &root);
        (file, module, source)
    };
    files.into_iter().map(read).collect()
}

#[test]
fn a_module_uses_only_what_the_architecture_allows() {
    for (file, module, source) in all() {
        if module == "lib" {
            continue;
        }
        let allowed = ARROWS.iter().find(|(name, _)| *name == module);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{module} has no place in the architecture"));
        for used in used(&source) {
            assert!(
                !source.contains("use crate::{"),
                "{}: one module a line, so that it can be read",
                file.display()
            );
            assert!(used == module || allowed.contains(&used.as_str()), "{} uses {used}", file.display());
        }
    }
}

#[test]
fn the_front_half_starts_nothing() {
    for (file, module, source) in all() {
        if ["cli", "template", "variables", "resolve", "explain", "plan", "diagnostic"]
            .contains(&module.as_str())
        {
            assert!(!source.contains("process::Command"), "{} starts processes", file.display());
        }
    }
}

#[test]
fn what_is_unsafe_is_in_sys_and_says_why() {
    for (file, module, source) in all() {
        let lines: Vec<&str> = source.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if !code.contains("unsafe {") && !code.contains("#[unsafe(") {
                continue;
            }
            assert_eq!(module, "sys", "{} is unsafe", file.display());
            let before = lines[index.saturating_sub(4)..=index].join("\n");
            assert!(before.contains("SAFETY: "), "{}:{} does not say why", file.display(), index + 1);
        }
    }
}
