//! The trap of a `}` in a word in braces.

use std::ops::Range;

use crate::template::ast::{Expansion, Part, Test};
use crate::template::parse::delimiters::Extent;

/// What stands around an expansion.
#[derive(Clone, Copy)]
pub(in crate::template) struct Enclosing {
    /// How many expansions in braces it is in, itself included, up to the next one in angles.
    pub(in crate::template) braces: usize,
    /// Where that one ends, or the argument.
    pub(in crate::template) end: usize,
}

/// An expansion in braces that may have been closed by a brace of its word: `${C:-{"a":1}}`.
///
/// It was, if the word opened braces and what follows closes just these, and besides them those of the
/// expansions around. Text that merely holds braces, as `${U:-a{}` and `${A}/{b}`, closes none too many.
pub(in crate::template) struct BraceLint<'p> {
    pub(in crate::template) source: &'p [u8],
    pub(in crate::template) expansions: &'p [Expansion],
    /// What starts at the dollars behind the expansion, and maybe in front of it; the leftmost is the last.
    pub(in crate::template) extents: &'p [(usize, Extent)],
    pub(in crate::template) enclosing: Enclosing,
    /// The expansion.
    pub(in crate::template) span: &'p Range<usize>,
    pub(in crate::template) name: &'p str,
    /// Where the word starts.
    pub(in crate::template) word: usize,
    pub(in crate::template) parts: &'p [Part],
}

/// What the word of a trapped expansion is for.
#[derive(Clone, Copy)]
pub(in crate::template) enum Role {
    Default(Test),
    Alternative(Test),
    Message(Test),
}

/// A trap that somebody fell into.
pub(in crate::template) struct BraceMismatch {
    /// What the argument becomes with and without the variable.
    pub(in crate::template) outcomes: String,
    /// How to write what was probably meant.
    pub(in crate::template) proposal: String,
    /// Where that ends.
    pub(in crate::template) end: usize,
}

/// Whether braces between double quotes count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoted {
    Ignored,
    Counted,
}

/// How long an outcome may be in a message.
const SHOWN: usize = 60;

/// Whether a word opened braces at all, which is quickly told.
pub(in crate::template) fn is_likely(source: &[u8], word: &[Part]) -> bool {
    word.iter().any(|part| matches!(part, Part::Literal(span) if source[span.clone()].contains(&b'{')))
}

impl BraceLint<'_> {
    pub(in crate::template) fn look(&self, role: Role) -> Option<BraceMismatch> {
        let end = self.meant_end(Quoted::Ignored).or_else(|| self.meant_end(Quoted::Counted));
        let end = end.or_else(|| self.left_over())?;
        let mut proposal = b"$<".to_vec();
        proposal.extend_from_slice(&self.source[self.span.start + 2..self.word]);
        for part in self.parts {
            self.respell(part, &mut proposal);
        }
        proposal.push(b'}');
        self.respell_behind(self.span.end..end - 1, &mut proposal);
        proposal.push(b'>');
        let proposal = String::from_utf8_lossy(&proposal).into_owned();
        Some(BraceMismatch { outcomes: self.outcomes(role, end), proposal, end })
    }

    fn outcomes(&self, role: Role, end: usize) -> String {
        let word = self.word..self.span.end - 1;
        let behind = shown(&self.source[self.span.end..end]);
        let whole = shown(&[&self.source[word.clone()], &self.source[self.span.end..end]].concat());
        let value = format!("the value of {} followed by {behind}", self.name);
        let (test, with, without) = match role {
            Role::Default(test) => (test, value, whole),
            Role::Alternative(test) => (test, whole, behind),
            Role::Message(test) => {
                (test, value, format!("an error that says only {}", shown(&self.source[word])))
            }
        };
        let set = match test {
            Test::Unset => "set",
            Test::UnsetOrEmpty => "set and not empty",
        };
        format!("when {} is {set} this gives {with}, when it is not {without}", self.name)
    }

    /// How many braces the word opened, and whether it ends in a string.
    fn opened(&self, quoted: Quoted) -> (usize, bool) {
        let (mut opened, mut in_string) = (0, false);
        for part in self.parts {
            let Part::Literal(span) = part else { continue };
            for at in span.clone() {
                match self.source[at] {
                    b'"' if quoted == Quoted::Ignored => in_string = !in_string,
                    b'{' if !in_string => opened += 1,
                    _ => {}
                }
            }
        }
        (opened, in_string)
    }

    /// Where the braces that the word opened are all closed and the expansion as well.
    fn meant_end(&self, quoted: Quoted) -> Option<usize> {
        let (opened, mut in_string) = self.opened(quoted);
        if opened == 0 {
            return None;
        }
        // The first `}` closed one of them, unless it is part of a string.
        let mut open = if in_string { opened + 1 } else { opened };
        let mut meant = None;
        // Those that the expansions around still need.
        let mut needed = self.enclosing.braces - 1;
        let mut extents = self.extents.iter().rev().peekable();
        let mut at = self.span.end;
        while at < self.enclosing.end {
            match self.source[at] {
                b'$' => {
                    let count = self.source[at..].iter().take_while(|&&byte| byte == b'$').count();
                    let last = at + count - 1;
                    while extents.next_if(|(dollar, _)| *dollar < last).is_some() {}
                    at = match extents.peek() {
                        Some((dollar, Extent::Whole(end))) if *dollar == last && count % 2 == 1 => *end,
                        _ => last + 1,
                    };
                    continue;
                }
                b'\\' => at += 1,
                b'"' if quoted == Quoted::Ignored => in_string = !in_string,
                b'{' if !in_string => open += 1,
                b'}' if !in_string && open > 1 => open -= 1,
                b'}' if !in_string => match meant {
                    // From here on each closes an expansion around.
                    None => meant = Some(at + 1),
                    Some(_) => needed -= 1,
                },
                _ => {}
            }
            if meant.is_some() && needed == 0 {
                return meant;
            }
            at += 1;
        }
        None
    }

    /// Where the braces end that stand right behind the expansion, if not all that it opened are closed.
    fn left_over(&self) -> Option<usize> {
        let (opened, _) = self.opened(Quoted::Counted);
        let behind = &self.source[self.span.end..self.enclosing.end];
        let closed = behind.iter().take_while(|&&byte| byte == b'}').count();
        let left_over = closed.saturating_sub(self.enclosing.braces - 1).min(opened);
        (left_over > 0).then_some(self.span.end + left_over)
    }

    /// Writes a part as it must be written in angles.
    fn respell(&self, part: &Part, out: &mut Vec<u8>) {
        match part {
            Part::Literal(span) => {
                for at in span.clone() {
                    push_in_angles(self.source[at], out);
                }
            }
            Part::Escaped(at) if self.source[*at] == b'}' => out.push(b'}'),
            Part::Escaped(at) => out.extend_from_slice(&[b'\\', self.source[*at]]),
            Part::Expansion(place) => {
                out.extend_from_slice(&self.source[self.expansions[*place].span.clone()]);
            }
        }
    }

    /// Writes what was meant to be part of the word.
    fn respell_behind(&self, behind: Range<usize>, out: &mut Vec<u8>) {
        let mut at = behind.start;
        for &(dollar, extent) in self.extents.iter().rev() {
            if let Extent::Whole(end) = extent
                && at <= dollar
                && end <= behind.end
            {
                self.source[at..dollar].iter().for_each(|&byte| push_in_angles(byte, out));
                out.extend_from_slice(&self.source[dollar..end]);
                at = end;
            }
            if dollar >= behind.end {
                break;
            }
        }
        self.source[at..behind.end].iter().for_each(|&byte| push_in_angles(byte, out));
    }
}

/// Adds a byte that stands for itself.
fn push_in_angles(byte: u8, out: &mut Vec<u8>) {
    if byte == b'>' {
        if out.last() == Some(&b'\\') {
            out.push(b'\\');
        }
        out.push(b'\\');
    }
    out.push(byte);
}

fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}
