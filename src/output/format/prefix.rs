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
    target: Target,
    /// Whether the current line holds an escape sequence, which may leave a colour on.
    has_escape: bool,
    /// Whether the current line, as far as it is shown, has ended with a carriage return.
    has_returned: bool,
}

/// What the lines are written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A pipe or a file: all bytes of a line are written.
    File,
    /// A terminal: of a line that its process rewrites by carriage returns the last state is shown.
    Terminal,
}

/// Goes to the beginning of a line on the terminal and erases it.
const ERASE_LINE: &[u8] = b"\r\x1b[K";

impl PrefixFormat {
    /// For the lines of a process, with its name padded to this many characters (at most 65,535).
    #[must_use]
    pub fn new(process: &str, width: usize, colour: Colour, target: Target) -> Self {
        // `format!` panics for a larger width.
        let width = width.min(usize::from(u16::MAX));
        let prefix = match colour {
            Colour::None => format!("{process:width$} | "),
            Colour::Monofy => format!("\x1b[1m{process:width$} |\x1b[0m "),
            Colour::Process(index) => {
                format!("\x1b[{}m{process:width$} |\x1b[0m ", CYCLE[index % CYCLE.len()])
            }
        };
        Self {
            prefix: prefix.into_bytes(),
            is_coloured: colour != Colour::None,
            target,
            has_escape: false,
            has_returned: false,
        }
    }

    /// Writes a line, or a part of a long one.
    pub fn write(&mut self, part: Part<'_>, out: &mut Vec<u8>) {
        let bytes = match self.target {
            Target::File => part.bytes,
            Target::Terminal => self.last_state(part, out),
        };
        if part.begins {
            out.extend_from_slice(&self.prefix);
        }
        out.extend_from_slice(bytes);
        if self.is_coloured {
            self.has_escape |= search::find(0x1B, bytes).is_some();
        }
        if part.ends {
            self.end_line(out);
        }
    }

    /// The bytes of a part that are visible once it is written: those after its last carriage return. If that return
    /// goes back over something shown, erases the line and writes the name again.
    fn last_state<'a>(&mut self, part: Part<'a>, out: &mut Vec<u8>) -> &'a [u8] {
        let end = part.bytes.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
        let visible = &part.bytes[..end];
        let last = visible.iter().rposition(|byte| *byte == b'\r');
        let state = last.map_or(visible, |last| &visible[last + 1..]);
        if !part.begins && !visible.is_empty() && (self.has_returned || last.is_some()) {
            out.extend_from_slice(ERASE_LINE);
            out.extend_from_slice(&self.prefix);
        }
        if !part.bytes.is_empty() {
            self.has_returned = visible.len() < part.bytes.len();
        }
        state
    }

    /// Ends a line. Resets a colour that the line has left on, so that it does not affect the next name.
    pub fn end_line(&mut self, out: &mut Vec<u8>) {
        self.has_returned = false;
        if std::mem::take(&mut self.has_escape) {
            out.extend_from_slice(RESET);
        }
        out.push(b'\n');
    }
}
