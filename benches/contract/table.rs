//! The table as it stands in the README.

use std::fmt::Write as _;
use std::path::Path;

use crate::peer::Peer;
use crate::statistics::{Ratio, median};

/// In what a row is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Milliseconds,
    Microseconds,
    Kibibytes,
    Bytes,
    Times,
}

/// What the contract asks of a row.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    /// At most so many times what the other takes.
    Ratio(f64),
    /// Less than what the other takes.
    Below,
    /// At most so much, whatever the other takes.
    Value(f64),
    /// Nothing; the row is there to compare.
    Nothing,
}

/// The rows that were measured.
pub struct Table {
    /// Those of which something is asked.
    asked: Vec<String>,
    others: Vec<String>,
}

impl Table {
    pub fn new() -> Self {
        Self { asked: Vec::new(), others: Vec::new() }
    }

    /// A figure beside that of another program, both of as many rounds.
    pub fn compare(&mut self, what: &str, unit: Unit, ours: &[f64], other: (&str, &[f64]), asked: Asked) {
        let (name, theirs) = other;
        let ratio = Ratio::new(ours, theirs);
        let spread = ratio.spread.map(|(least, most)| format!(" ({}–{})", short(least), short(most)));
        let shown = if median(theirs) > 0.0 {
            short(ratio.median) + &spread.unwrap_or_default()
        } else {
            String::new()
        };
        let row = [what, &unit.shown(median(ours)), name, &unit.shown(median(theirs)), &shown];
        self.row(row, &asked.shown(unit), asked.is_held(median(ours), ratio.median));
    }

    /// A figure that stands alone.
    pub fn tell(&mut self, what: &str, unit: Unit, ours: f64, asked: Asked) {
        self.row([what, &unit.shown(ours), "", "", ""], &asked.shown(unit), asked.is_held(ours, f64::NAN));
    }

    /// A row that cannot be measured here, and why.
    pub fn leave_out(&mut self, what: &str, other: &str, why: &str) {
        self.row([what, "", other, why, ""], "", None);
    }

    /// A peer is not there.
    pub fn miss(&mut self, what: &str, peer: Peer) {
        self.leave_out(what, peer.name(), "not installed");
    }

    fn row(&mut self, cells: [&str; 5], asked: &str, held: Option<bool>) {
        let mut row = format!("| {} |", cells.join(" | "));
        if let Some(held) = held {
            let _ = write!(row, " {asked} | {} |", if held { "yes" } else { "**no**" });
        }
        eprintln!("{row}");
        if held.is_some() { self.asked.push(row) } else { self.others.push(row) }
    }

    /// All of it, under what was measured where.
    pub fn to_markdown(&self, machine: &str) -> String {
        let mut text = format!(
            "{machine}\n\n\
             | what | monofy | beside | takes | ratio | asked | held |\n\
             | --- | --- | --- | --- | --- | --- | --- |\n"
        );
        text.extend(self.asked.iter().flat_map(|row| [row, "\n"]));
        text += "\nBeside others, of which nothing is asked:\n\n\
                 | what | monofy | beside | takes | ratio |\n\
                 | --- | --- | --- | --- | --- |\n";
        text.extend(self.others.iter().flat_map(|row| [row, "\n"]));
        text
    }
}

impl Unit {
    fn shown(self, value: f64) -> String {
        match self {
            Self::Milliseconds => format!("{} ms", short(value)),
            Self::Microseconds => format!("{} µs", short(value)),
            Self::Kibibytes => format!("{} KiB", short(value)),
            Self::Bytes => format!("{value:.0} bytes"),
            Self::Times => short(value),
        }
    }
}

impl Asked {
    fn shown(self, unit: Unit) -> String {
        match self {
            Self::Ratio(most) => format!("at most {}", short(most)),
            Self::Below => "less".to_owned(),
            Self::Value(most) => format!("at most {}", unit.shown(most)),
            Self::Nothing => String::new(),
        }
    }

    fn is_held(self, ours: f64, ratio: f64) -> Option<bool> {
        match self {
            Self::Ratio(most) => Some(ratio <= most),
            Self::Below => Some(ratio < 1.0),
            Self::Value(most) => Some(ours <= most),
            Self::Nothing => None,
        }
    }
}

/// With three digits that count.
fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 => format!("{value:.2}"),
        size if size >= 0.01 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}

const BEGIN: &str = "<!-- figures: written by `cargo bench --bench contract -- --write` -->\n";
const END: &str = "<!-- end of the figures -->\n";

/// Puts the table where the last one stands.
pub fn write_into_readme(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).expect("there is a README");
    let (before, rest) = readme.split_once(BEGIN).expect("the README has a place for the figures");
    let (_, after) = rest.split_once(END).expect("the place for the figures has an end");
    std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).expect("the README can be written");
}
