//! The table of docs/conformance.md.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::Verdict;
use super::program::{self, Program};
use super::rules::RULES;

const VERDICTS: [Verdict; 4] = [Verdict::Kept, Verdict::Broken, Verdict::KeptUnclaimed, Verdict::NotClaimed];

/// A verdict as the report of a run has it.
pub(crate) fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "kept",
        Verdict::Broken => "BROKEN",
        Verdict::KeptUnclaimed => "kept, too",
        Verdict::NotClaimed => "not claimed",
    }
}

fn cell(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "yes",
        Verdict::Broken => "**no**",
        Verdict::KeptUnclaimed => "(yes)",
        Verdict::NotClaimed => "–",
    }
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/conformance.md")
}

/// What the page says of each rule, by its key, and program.
pub(crate) fn read() -> HashMap<(&'static str, String), Verdict> {
    let text = std::fs::read_to_string(file()).unwrap_or_default();
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let mut told = HashMap::new();
    let mut lines = text
        .lines()
        .skip_while(|line| !line.starts_with("| it |"))
        .take_while(|line| line.starts_with('|'))
        .map(cells);
    let names = lines.next().unwrap_or_default();
    for row in lines {
        let Some(rule) = RULES.iter().find(|rule| Some(rule.sentence) == row.first().map(String::as_str))
        else {
            continue;
        };
        for (name, text) in names.iter().zip(&row).skip(1) {
            let verdict = VERDICTS.into_iter().find(|verdict| cell(*verdict) == text);
            told.extend(verdict.map(|verdict| ((rule.key, name.clone()), verdict)));
        }
    }
    told
}

/// Writes the page.
pub(crate) fn write(programs: &[&Program], columns: &[Vec<Verdict>]) {
    assert_eq!(programs.len(), program::all().len(), "the page needs all programs");
    let row = |first: &str, cells: &mut dyn Iterator<Item = String>| {
        format!("| {first} | {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let mut table = row("it", &mut programs.iter().map(|program| program.name().to_owned()));
    table += &row("---", &mut programs.iter().map(|_| "---".to_owned()));
    for (index, rule) in RULES.iter().enumerate() {
        table += &row(rule.sentence, &mut columns.iter().map(|column| cell(column[index]).to_owned()));
    }
    let mut sources = String::new();
    for program in programs {
        let _ = writeln!(sources, "- {}: {}.", program.name(), program.source);
    }
    let page = include_str!("page.md").replace("{table}\n", &table).replace("{sources}\n", &sources);
    std::fs::write(file(), page).expect("the page can be written");
}
