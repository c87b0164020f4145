//! Detects a `}` of a word that closes the expansion too early.

use std::ops::Range;

use crate::template::ast::{Expansion, ExpansionEnd, Part, Test};

/// The expansions around an expansion.
#[derive(Clone, Copy)]
pub(in crate::template) struct Enclosing {
    /// The number of expansions in braces around it and itself, up to the next one in angle brackets.
    pub(in crate::template) braces: usize,
    /// The end of the one in angle brackets, or of the argument.
    pub(in crate::template) end: usize,
}

/// Checks whether a brace of its word closes an expansion in braces too early: `${C:-{"a":1}}`.
///
/// It does if the word opens braces, and the text after the expansion closes exactly these and those of the
/// enclosing expansions. Text that merely contains braces, as in `${U:-a{}` and `${A}/{b}`, closes none too many.
pub(in crate::template) struct BraceCheck<'p> {
    pub(in crate::template) source: &'p [u8],
    pub(in crate::template) expansions: &'p [Expansion],
    /// The ends of the expansions after this one, and perhaps of earlier ones, in reverse order.
    pub(in crate::template) ends: &'p [(usize, ExpansionEnd)],
    pub(in crate::template) enclosing: Enclosing,
    /// The bytes of the expansion.
    pub(in crate::template) span: &'p Range<usize>,
    pub(in crate::template) name: &'p str,
    /// The start of the word.
    pub(in crate::template) word: usize,
    pub(in crate::template) parts: &'p [Part],
}

/// The use of the word.
#[derive(Clone, Copy)]
pub(in crate::template) enum Role {
    Default(Test),
    Alternative(Test),
    Message(Test),
}

/// An expansion that was closed too early.
pub(in crate::template) struct BraceMismatch {
    /// The results with and without the variable.
    pub(in crate::template) outcomes: String,
    /// The template that was probably intended.
    pub(in crate::template) proposal: String,
    /// The end of the text that was probably intended as the expansion.
    pub(in crate::template) end: usize,
}

/// Whether braces between double quotes count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoted {
    Ignored,
    Counted,
}

/// The number of characters of a result that a message shows.
const MAX_SHOWN: usize = 60;

/// Whether a word opens any brace: a quick check.
pub(in crate::template) fn is_likely(source: &[u8], word: &[Part]) -> bool {
    word.iter().any(|part| matches!(part, Part::Literal(span) if source[span.clone()].contains(&b'{')))
}

impl BraceCheck<'_> {
    pub(in crate::template) fn check(&self, role: Role) -> Option<BraceMismatch> {
        let end = self.intended_end(Quoted::Ignored).or_else(|| self.intended_end(Quoted::Counted));
        let end = end.or_else(|| self.left_over())?;
        let mut proposal = b"$<".to_vec();
        proposal.extend_from_slice(&self.source[self.span.start + 2..self.word]);
        for part in self.parts {
            self.write_part(part, &mut proposal);
        }
        proposal.push(b'}');
        self.write_rest(self.span.end..end - 1, &mut proposal);
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
        format!("if {} is {set}, the result is {with}, otherwise {without}", self.name)
    }

    /// The number of braces that the word leaves open, and whether it ends inside a string.
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

    /// The place where the braces of the word and the expansion itself are closed.
    fn intended_end(&self, quoted: Quoted) -> Option<usize> {
        let (opened, mut in_string) = self.opened(quoted);
        if opened == 0 {
            return None;
        }
        // The `}` that closed the expansion closed one of them, unless it is inside a string.
        let mut open = if in_string { opened + 1 } else { opened };
        let mut intended = None;
        // The braces that the enclosing expansions still need.
        let mut needed = self.enclosing.braces - 1;
        let mut ends = self.ends.iter().rev().peekable();
        let mut at = self.span.end;
        while at < self.enclosing.end {
            match self.source[at] {
                b'$' => {
                    let count = self.source[at..].iter().take_while(|&&byte| byte == b'$').count();
                    let last = at + count - 1;
                    while ends.next_if(|(dollar, _)| *dollar < last).is_some() {}
                    at = match ends.peek() {
                        Some((dollar, ExpansionEnd::Closed(end))) if *dollar == last && count % 2 == 1 => {
                            *end
                        }
                        _ => last + 1,
                    };
                    continue;
                }
                b'\\' => at += 1,
                b'"' if quoted == Quoted::Ignored => in_string = !in_string,
                b'{' if !in_string => open += 1,
                b'}' if !in_string && open > 1 => open -= 1,
                b'}' if !in_string => match intended {
                    // From here on each closes an enclosing expansion.
                    None => intended = Some(at + 1),
                    Some(_) => needed -= 1,
                },
                _ => {}
            }
            if intended.is_some() && needed == 0 {
                return intended;
            }
            at += 1;
        }
        None
    }

    /// The end of the braces right after the expansion, if the word leaves some open.
    fn left_over(&self) -> Option<usize> {
        let (opened, _) = self.opened(Quoted::Counted);
        let behind = &self.source[self.span.end..self.enclosing.end];
        let closed = behind.iter().take_while(|&&byte| byte == b'}').count();
        let left_over = closed.saturating_sub(self.enclosing.braces - 1).min(opened);
        (left_over > 0).then_some(self.span.end + left_over)
    }

    /// Writes a part of the word for angle brackets.
    fn write_part(&self, part: &Part, out: &mut Vec<u8>) {
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

    /// Writes the text after the expansion that was intended as part of the word.
    fn write_rest(&self, rest: Range<usize>, out: &mut Vec<u8>) {
        let mut at = rest.start;
        for &(dollar, extent) in self.ends.iter().rev() {
            if let ExpansionEnd::Closed(end) = extent
                && at <= dollar
                && end <= rest.end
            {
                self.source[at..dollar].iter().for_each(|&byte| push_in_angles(byte, out));
                out.extend_from_slice(&self.source[dollar..end]);
                at = end;
            }
            if dollar >= rest.end {
                break;
            }
        }
        self.source[at..rest.end].iter().for_each(|&byte| push_in_angles(byte, out));
    }
}

/// Appends a byte, escaped if needed.
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
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}
