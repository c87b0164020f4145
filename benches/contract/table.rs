//! The table of figures in docs/figures.md.

use std::fmt::Write as _;
use std::path::Path;

use crate::peer::Peer;
use crate::statistics::{Ratio, median};

/// The unit of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Milliseconds,
    Microseconds,
    Kibibytes,
    Bytes,
    Times,
}

/// The contract's target of a row.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// At most this multiple of the peer's figure.
    Ratio(f64),
    /// Less than the peer's figure.
    Below,
    /// At most this value.
    Value(f64),
    /// At most this multiple of the peer's figure, and at most this value.
    RatioAndValue(f64, f64),
    /// None: the row is only a comparison.
    None,
}

/// The measured rows.
pub struct Table {
    with_target: Vec<String>,
    others: Vec<String>,
}

impl Table {
    pub fn new() -> Self {
        Self { with_target: Vec::new(), others: Vec::new() }
    }

    /// Adds a figure beside that of another program, both of equally many rounds.
    pub fn compare(&mut self, what: &str, unit: Unit, ours: &[f64], other: (&str, &[f64]), target: Target) {
        let (name, theirs) = other;
        let ratio = Ratio::new(ours, theirs);
        let spread = ratio.spread.map(|(least, most)| format!(" ({}–{})", short(least), short(most)));
        let shown = if median(theirs) > 0.0 {
            short(ratio.median) + &spread.unwrap_or_default()
        } else {
            String::new()
        };
        let row = [what, &unit.shown(median(ours)), name, &unit.shown(median(theirs)), &shown];
        self.row(row, &target.shown(unit), target.is_met(median(ours), ratio.median));
    }

    /// Adds a figure without comparison.
    pub fn add(&mut self, what: &str, unit: Unit, ours: f64, target: Target) {
        self.row([what, &unit.shown(ours), "", "", ""], &target.shown(unit), target.is_met(ours, f64::NAN));
    }

    /// Adds a row that cannot be measured here, with the reason.
    pub fn skip(&mut self, what: &str, other: &str, why: &str) {
        self.row([what, "", other, why, ""], "", None);
    }

    /// Adds a row for a peer that is not installed.
    pub fn skip_missing(&mut self, what: &str, peer: Peer) {
        self.skip(what, peer.name(), "not installed");
    }

    fn row(&mut self, cells: [&str; 5], target: &str, is_met: Option<bool>) {
        let mut row = format!("| {} |", cells.join(" | "));
        if let Some(is_met) = is_met {
            let _ = write!(row, " {target} | {} |", if is_met { "yes" } else { "**no**" });
        }
        eprintln!("{row}");
        if is_met.is_some() { self.with_target.push(row) } else { self.others.push(row) }
    }

    /// The table, below a sentence about the machine.
    pub fn to_markdown(&self, machine: &str) -> String {
        let mut text = format!(
            "{machine}\n\n\
             | figure | monofy | peer | its value | ratio | target | met |\n\
             | --- | --- | --- | --- | --- | --- | --- |\n"
        );
        text.extend(self.with_target.iter().flat_map(|row| [row, "\n"]));
        text += "\nComparisons without a target:\n\n\
                 | figure | monofy | peer | its value | ratio |\n\
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

impl Target {
    fn shown(self, unit: Unit) -> String {
        match self {
            Self::Ratio(most) => format!("at most {}", short(most)),
            Self::Below => "less".to_owned(),
            Self::Value(most) => format!("at most {}", unit.shown(most)),
            Self::RatioAndValue(ratio, value) => {
                format!("at most {} and {}", short(ratio), unit.shown(value))
            }
            Self::None => String::new(),
        }
    }

    fn is_met(self, ours: f64, ratio: f64) -> Option<bool> {
        match self {
            Self::Ratio(most) => Some(ratio <= most),
            Self::Below => Some(ratio < 1.0),
            Self::Value(most) => Some(ours <= most),
            Self::RatioAndValue(most_ratio, most) => Some(ratio <= most_ratio && ours <= most),
            Self::None => None,
        }
    }
}

/// Rounds to three significant digits.
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

/// Replaces the table in docs/figures.md.
pub fn write_into_page(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/figures.md");
    let page = std::fs::read_to_string(&path).expect("docs/figures.md is readable");
    let (before, rest) = page.split_once(BEGIN).expect("docs/figures.md has the comment before the figures");
    let (_, after) = rest.split_once(END).expect("docs/figures.md has the comment after the figures");
    std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}"))
        .expect("docs/figures.md is writable");
}
