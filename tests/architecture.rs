//! Checks the module table of ARCHITECTURE.md against the sources: which module uses which, without a cycle.

#[path = "architecture/modules.rs"]
mod modules;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use modules::{Path as ModulePath, Sources};

/// A row of the table: the modules that a module may use.
type Table = BTreeMap<String, BTreeSet<String>>;

/// Reads the table below the heading "Modules" of ARCHITECTURE.md: the first column is a module, the third one lists
/// what it may use.
fn table() -> Table {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let text = std::fs::read_to_string(file).expect("ARCHITECTURE.md is readable");
    let chapter = text.split_once("\n## Modules\n").expect("there is a chapter on modules").1;
    let chapter = chapter.split("\n## ").next().unwrap_or_default();
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let row = |line: &str| {
        let cells: Vec<&str> = line.strip_prefix("| `")?.trim_end_matches(" |").split(" | ").collect();
        let module = cells.first()?.trim_end_matches('`').to_owned();
        Some((module, quoted(cells.get(2).unwrap_or_else(|| panic!("{line} has no third column")))))
    };
    let table: Table = chapter.lines().filter_map(row).collect();
    assert!(table.len() > 15, "the table was not found");
    table
}

/// The row that covers a module: its own, or that of the nearest module around it.
fn row<'a>(table: &'a Table, module: &[String]) -> Option<&'a str> {
    let names = (1..=module.len()).rev().map(|length| module[..length].join("::"));
    names.into_iter().find_map(|name| table.get_key_value(&name)).map(|(name, _)| name.as_str())
}

/// The arrows between the rows of the table, as the sources have them, each with a file that makes it.
fn arrows(table: &Table, sources: &Sources) -> BTreeMap<(String, String), String> {
    let mut arrows = BTreeMap::new();
    for (file, module, used) in sources.uses() {
        if ["lib", "main"].contains(&module[0].as_str()) {
            continue;
        }
        let from = row(table, &module).unwrap_or_else(|| panic!("{file}: the table has no row for it"));
        let to = row(table, &used).unwrap_or_else(|| panic!("{file}: the table has no row for {used:?}"));
        // A module and the modules inside it are one room unless the table splits them.
        if from != to && !is_around(to, from) && !is_around(from, to) {
            arrows.insert((from.to_owned(), to.to_owned()), file);
        }
    }
    arrows
}

/// Whether one module contains the other.
fn is_around(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with("::"))
}

/// A cycle of a graph, or `None`.
fn cycle(arrows: &BTreeSet<(String, String)>) -> Option<Vec<String>> {
    let mut left = arrows.clone();
    loop {
        let starts: BTreeSet<String> = left.iter().map(|(from, _)| from.clone()).collect();
        let before = left.len();
        left.retain(|(_, to)| starts.contains(to));
        if left.is_empty() {
            return None;
        }
        if left.len() == before {
            // Each module that is left leads to another one that is left.
            let mut seen = vec![left.first().expect("it is not empty").0.clone()];
            loop {
                let last = seen.last().expect("it is not empty").clone();
                let next = &left.iter().find(|(from, _)| *from == last).expect("it leads on").1;
                if let Some(start) = seen.iter().position(|module| module == next) {
                    return Some(seen.split_off(start));
                }
                seen.push(next.clone());
            }
        }
    }
}

#[test]
fn modules_use_only_what_the_table_allows() {
    let (table, sources) = (table(), Sources::read());
    let is_allowed =
        |from: &str, to: &str| table[from].iter().any(|allowed| allowed == to || is_around(allowed, to));
    let wrong: Vec<String> = arrows(&table, &sources)
        .into_iter()
        .filter(|((from, to), _)| !is_allowed(from, to))
        .map(|((from, to), file)| format!("{from} uses {to} in {file}"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_table_allows_only_what_modules_use() {
    let (table, sources) = (table(), Sources::read());
    let arrows = arrows(&table, &sources);
    let is_used = |from: &str, to: &str| {
        arrows.keys().any(|(user, used)| user == from && (used == to || is_around(to, used)))
    };
    let mut wrong = Vec::new();
    for (from, allowed) in &table {
        wrong.extend(allowed.iter().filter(|to| !is_used(from, to)).map(|to| format!("{from} -> {to}")));
    }
    assert!(wrong.is_empty(), "no source needs {wrong:#?}");
}

#[test]
fn no_modules_form_a_cycle() {
    let sources = Sources::read();
    let top = |path: &ModulePath| path[0].clone();
    let arrows = sources
        .uses()
        .filter(|(_, module, used)| module[0] != used[0] && module[0] != "lib")
        .map(|(_, module, used)| (top(&module), top(&used)));
    assert_eq!(cycle(&arrows.collect()), None);
}

#[test]
fn no_modules_inside_a_module_form_a_cycle() {
    let sources = Sources::read();
    let inner = |path: &ModulePath| path.get(..2).map(|path| path.join("::"));
    let inside = sources.uses().filter(|(_, module, used)| module[0] == used[0]);
    let arrows = inside.filter_map(|(_, module, used)| Some((inner(&module)?, inner(&used)?)));
    assert_eq!(cycle(&arrows.filter(|(from, to)| from != to).collect()), None);
}

#[test]
fn one_use_line_names_one_module() {
    for (file, _, source) in Sources::read().files() {
        assert!(!source.contains("use crate::{"), "{file}: write one module a line");
    }
}

#[test]
fn the_front_half_starts_nothing() {
    let front = ["cli", "template", "variables", "resolve", "explain", "plan", "diagnostic", "text"];
    for (file, module, source) in Sources::read().files() {
        if front.contains(&module[0].as_str()) {
            assert!(!source.contains("process::Command"), "{file} starts processes");
        }
    }
}

#[test]
fn unsafe_code_is_in_sys_and_has_a_safety_comment() {
    for (file, module, source) in Sources::read().files() {
        let lines: Vec<&str> = source.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if !code.contains("unsafe {") && !code.contains("#[unsafe(") {
                continue;
            }
            assert_eq!(module[0], "sys", "{file} has unsafe code");
            let before = lines[index.saturating_sub(4)..=index].join("\n");
            assert!(before.contains("SAFETY: "), "{file}:{} has no SAFETY comment", index + 1);
        }
    }
}
