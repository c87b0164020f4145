//! `--output prefix`: whole lines with the name of the process in front.

use crate::output::lines::Part;
use crate::sys::search;

/// The colour of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// None: the sink is no terminal, or `NO_COLOR` is set.
    None,
    /// That of the process with this index in the line.
    Process(usize),
    /// That of monofy itself.
    Monofy,
}

/// Readable on dark and light backgrounds. Red is reserved for errors.
const CYCLE: [&str; 6] = ["36", "33", "32", "35", "34", "96"];
const RESET: &[u8] = b"\x1b[0m";

/// The format of the lines of one stream of one process.
#[derive(Clone, Debug)]
pub struct PrefixFormat {
    prefix: Vec<u8>,
    is_coloured: bool,
    /// Whether the current line holds an escape sequence, which may leave a colour on.
    has_escape: bool,
}

impl PrefixFormat {
    /// For the lines of a process, with its name padded to this many characters (at most 65,535).
    #[must_use]
    pub fn new(process: &str, width: usize, colour: Colour) -> Self {
        // `format!` panics for a larger width.
        let width = width.min(usize::from(u16::MAX));
        let prefix = match colour {
            Colour::None => format!("{process:width$} | "),
            Colour::Monofy => format!("\x1b[1m{process:width$} |\x1b[0m "),
            Colour::Process(index) => {
                format!("\x1b[{}m{process:width$} |\x1b[0m ", CYCLE[index % CYCLE.len()])
            }
        };
        Self { prefix: prefix.into_bytes(), is_coloured: colour != Colour::None, has_escape: false }
    }

    /// Writes a line, or a part of a long one.
    pub fn write(&mut self, part: Part<'_>, out: &mut Vec<u8>) {
        if part.begins {
            out.extend_from_slice(&self.prefix);
        }
        out.extend_from_slice(part.bytes);
        if self.is_coloured {
            self.has_escape |= search::find(0x1B, part.bytes).is_some();
        }
        if part.ends {
            self.end_line(out);
        }
    }

    /// Ends a line. Resets a colour that the line has left on, so that it does not affect the next name.
    pub fn end_line(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.has_escape) {
            out.extend_from_slice(RESET);
        }
        out.push(b'\n');
    }
}
