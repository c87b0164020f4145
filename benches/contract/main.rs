//! The figures of the contract (section 6), all of them, against the peers that are installed: interleaved in one
//! run, as ratios, since the absolute number of a noisy machine is no figure.
//!
//! `cargo bench --bench contract` prints the table; `-- --write` puts it into the README; `-- SUBJECT` measures that
//! alone. `cargo test --bench contract` only tries whether everything here works. `MONOFY_STATIC` names the binary to measure, which is built otherwise.
//! `MONOFY_PYTHON` names the Python monofy, beside which a honcho is looked for, too.

#![allow(unreachable_pub, reason = "one program, whose modules are only for each other")]

mod bench;
mod end;
mod idle;
mod lines;
mod machine;
mod many;
mod peer;
mod planning;
mod reaping;
mod run;
mod scratch;
mod signals;
mod size;
mod start;
mod statistics;
mod table;

use bench::{Bench, ProbeInterval};
use table::Table;

/// Measures the rows of one subject.
type Subject = fn(&Bench, &mut Table);

const SUBJECTS: [(&str, Subject); 9] = [
    ("start", start::measure),
    ("idle", idle::measure),
    ("end", end::measure),
    ("reaping", reaping::measure),
    ("signals", signals::measure),
    ("many", many::measure),
    ("lines", lines::measure),
    ("planning", planning::measure),
    ("size", size::measure),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let says = |word: &str| arguments.iter().any(|argument| argument == word);
    let named: Vec<&String> = arguments.iter().filter(|word| !word.starts_with("--")).collect();
    if let Some(wrong) =
        named.iter().find(|word| SUBJECTS.iter().all(|(subject, _)| subject != &word.as_str()))
    {
        let subjects = SUBJECTS.map(|(subject, _)| subject).join(", ");
        panic!("{wrong:?} is not measured here; there are {subjects}");
    }
    // That is what `cargo bench` says to every benchmark, and `cargo test` does not.
    let bench = Bench::new(if says("--bench") { ProbeInterval::Whole } else { ProbeInterval::Trial });
    let mut table = Table::new();
    for (subject, measure) in SUBJECTS {
        if named.is_empty() || named.iter().any(|word| *word == subject) {
            eprintln!("{subject} ...");
            measure(&bench, &mut table);
        }
    }
    let text = table.to_markdown(&machine::described());
    println!("{text}");
    if says("--write") {
        assert!(named.is_empty() && !bench.is_trial(), "only the whole table goes into the README");
        table::write_into_readme(&text);
    }
}
