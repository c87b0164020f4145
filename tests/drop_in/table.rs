//! Checks the table of differences in docs/from-python-monofy.md: it has a row for every difference that a case shows, and no other row.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cases;

const PAGE: &str = "docs/from-python-monofy.md";
const HEADING: &str = "## What differs";
/// Differences that need a terminal: tests/terminal.rs shows them.
const ON_A_TERMINAL: [&str; 1] = ["A second Ctrl-C"];

/// The first cell of each row below the heading.
fn rows(document: &str) -> BTreeSet<String> {
    let section = document.split_once(HEADING).map_or("", |(_, section)| section);
    let section = section.split("\n## ").next().unwrap_or_default();
    // A `|` inside a cell is written `\|`.
    let cell = |line: &str| {
        let line = line.replace("\\|", "\u{0}");
        Some(line.strip_prefix('|')?.split('|').next()?.trim().replace('\u{0}', "|"))
    };
    // The first two lines of a table are its header.
    section.lines().filter_map(cell).skip(2).collect()
}

#[test]
fn the_rows_of_the_table_are_the_differences_that_are_shown() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let document = std::fs::read_to_string(page).expect("the page is readable");
    let shown: BTreeSet<String> =
        cases::all().iter().filter_map(|case| case.row).chain(ON_A_TERMINAL).map(str::to_owned).collect();
    assert_eq!(rows(&document), shown);
}
