//! Measures the figures of the contract (section 6) beside the peers that are installed: interleaved in one run, as
//! ratios, since an absolute number from a noisy machine means nothing.
//!
//! `cargo bench --bench contract` prints the table, `-- --write` writes it into docs/figures.md, `-- SUBJECT` measures one
//! subject. `cargo test --bench contract` tries whether everything works and measures nothing. `MONOFY_STATIC` names the
//! binary to measure, which is built otherwise. `MONOFY_PYTHON` names the Python monofy; honcho is looked for beside it.

#![allow(unreachable_pub, reason = "the modules of one program")]

mod bench;
mod end;
mod idle;
mod lines;
mod machine;
mod many;
mod peer;
mod planning;
mod reaping;
mod rendering;
mod run;
mod scaling;
mod scratch;
mod signals;
mod size;
mod start;
mod statistics;
mod table;

use bench::{Bench, Extent};
use table::Table;

/// Measures the rows of one subject.
type Subject = fn(&Bench, &mut Table);

const SUBJECTS: [(&str, Subject); 11] = [
    ("start", start::measure),
    ("idle", idle::measure),
    ("end", end::measure),
    ("reaping", reaping::measure),
    ("signals", signals::measure),
    ("many", many::measure),
    ("lines", lines::measure),
    ("planning", planning::measure),
    ("rendering", rendering::measure),
    ("scaling", scaling::measure),
    ("size", size::measure),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let named: Vec<&String> = arguments.iter().filter(|word| !word.starts_with("--")).collect();
    if let Some(wrong) =
        named.iter().find(|word| SUBJECTS.iter().all(|(subject, _)| subject != &word.as_str()))
    {
        let subjects = SUBJECTS.map(|(subject, _)| subject).join(", ");
        panic!("there is no subject {wrong:?}; the subjects are {subjects}");
    }
    // `cargo bench` passes this option, and `cargo test` does not.
    let bench = Bench::new(if has("--bench") { Extent::Full } else { Extent::Trial });
    let mut table = Table::new();
    for (subject, measure) in SUBJECTS {
        if named.is_empty() || named.iter().any(|word| *word == subject) {
            eprintln!("{subject} ...");
            measure(&bench, &mut table);
        }
    }
    let text = table.to_markdown(&machine::describe());
    println!("{text}");
    if has("--write") {
        assert!(named.is_empty() && !bench.is_trial(), "only a full table is written into docs/figures.md");
        table::write_into_page(&text);
    }
}
