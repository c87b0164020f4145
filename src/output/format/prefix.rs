//! `--output prefix`: whole lines with a name in front.

use crate::output::lines::Part;
use crate::sys::search;

/// Whether names are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// They are not: no terminal, or `NO_COLOR`.
    None,
    /// By the place of the process in the line; monofy itself has none.
    Place(Option<usize>),
}

/// Told apart on a dark and on a bright ground; red is left to errors.
const CYCLE: [&str; 6] = ["36", "33", "32", "35", "34", "96"];
const RESET: &[u8] = b"\x1b[0m";

/// How the lines of one stream of one process are written.
#[derive(Clone, Debug)]
pub struct Prefix {
    front: Vec<u8>,
    is_coloured: bool,
    /// Whether the present line may leave a colour open.
    has_escape: bool,
}

impl Prefix {
    /// For the lines of a process, its name filled up to this many characters.
    #[must_use]
    pub fn new(process: &str, width: usize, colour: Colour) -> Self {
        let front = match colour {
            Colour::None => format!("{process:width$} | "),
            Colour::Place(None) => format!("\x1b[1m{process:width$} |\x1b[0m "),
            Colour::Place(Some(place)) => {
                format!("\x1b[{}m{process:width$} |\x1b[0m ", CYCLE[place % CYCLE.len()])
            }
        };
        Self { front: front.into_bytes(), is_coloured: colour != Colour::None, has_escape: false }
    }

    /// Writes a line, or a part of a long one.
    pub fn write(&mut self, part: Part<'_>, out: &mut Vec<u8>) {
        if part.begins {
            out.extend_from_slice(&self.front);
        }
        out.extend_from_slice(part.bytes);
        if self.is_coloured {
            self.has_escape |= search::find(0x1B, part.bytes).is_some();
        }
        if part.ends {
            self.end(out);
        }
    }

    /// Ends a line. A colour that it left open does not reach into the next name.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.has_escape) {
            out.extend_from_slice(RESET);
        }
        out.push(b'\n');
    }
}
