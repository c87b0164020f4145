//! Refuses the names that the project has replaced with the words of its field.

use std::path::{Path, PathBuf};

/// Old names, as whole words. Words with another meaning in plain English are not in the list.
const REPLACED: [&str; 44] = [
    "Caught",
    "Comeback",
    "Comebacks",
    "Disorder",
    "Eyes",
    "Gift",
    "Glance",
    "Insist",
    "Judged",
    "Manners",
    "NotARestart",
    "Outfit",
    "Outflow",
    "Outlet",
    "Outlets",
    "Pace",
    "Seat",
    "Shower",
    "SignalQueue",
    "Speaker",
    "Spelling",
    "Taker",
    "Teller",
    "Twin",
    "Unsound",
    "Upward",
    "Wish",
    "above_standard",
    "bury",
    "copying_memory",
    "follow_parent",
    "give_back",
    "handover",
    "is_as_asked",
    "leave_last_words",
    "look_around",
    "look_for_what_killed",
    "misshapen",
    "nothing_here",
    "read_last_words",
    "seen_by",
    "sharing_memory",
    "spoken_of",
    "undead",
];

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).expect("a directory is readable");
        entries.for_each(|entry| files(&entry.expect("an entry is readable").path(), found));
    } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "sh") {
        found.push(path.to_owned());
    }
}

#[test]
fn no_source_uses_a_replaced_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for directory in ["src", "tests", "examples", "benches", "fuzz/fuzz_targets"] {
        files(&root.join(directory), &mut sources);
    }
    let mut wrong = Vec::new();
    for file in sources {
        if file.ends_with("tests/vocabulary.rs") {
            continue;
        }
        let source = std::fs::read_to_string(&file).expect("a source is readable");
        for (index, line) in source.lines().enumerate() {
            let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            for word in words.filter(|word| REPLACED.contains(word)) {
                wrong.push(format!("{}:{}: {word}", file.strip_prefix(root).unwrap().display(), index + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
