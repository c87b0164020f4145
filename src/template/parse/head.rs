//! What stands between an expansion's dollar and its word: spelling, name, operator.

use std::ops::Range;

use crate::template::ast::Delimiter;
use crate::template::characters::character_at;
use crate::template::lint::LintKind;
use crate::template::parse::operator::{self, Misread, Operator};

/// What starts at a dollar, as far as can be told without looking for the end of a word.
#[derive(Clone, Debug)]
pub(in crate::template) enum Head {
    /// `$NAME`
    Name { name: Range<usize> },
    /// `${$}`
    Dollar { end: usize },
    /// `${'`; the text goes up to a quote and the closer.
    Verbatim { text: usize, spelling: Delimiter },
    /// `${#NAME}`
    Length { name: Range<usize>, end: usize },
    /// Name and operator; `rest` is where the operand starts, or the closer where there is none.
    Named { name: Range<usize>, spread: bool, operator: Operator, rest: usize, spelling: Delimiter },
    /// No expansion, and nothing to tell about it.
    ShellOnly,
    /// No expansion, although it looks as if one was meant; `end` is behind what is wrong.
    Malformed { why: LintKind, end: usize },
}

/// Reads the head of what starts at the dollar at `dollar`.
pub(in crate::template) fn read(source: &[u8], dollar: usize) -> Head {
    let reader = Reader { source, dollar };
    match source.get(dollar + 1) {
        Some(b'{') => reader.body(Delimiter::Brace),
        // Perl's `$<`, make's `$<` and a redirection have no such character behind them.
        Some(b'<') => match source.get(dollar + 2) {
            Some(b'#' | b'\'' | b'$') => reader.body(Delimiter::Angle),
            Some(&byte) if starts_name(byte) => reader.body(Delimiter::Angle),
            _ => Head::ShellOnly,
        },
        Some(&byte) if starts_name(byte) => Head::Name { name: name_at(source, dollar + 1) },
        _ => Head::ShellOnly,
    }
}

struct Reader<'s> {
    source: &'s [u8],
    dollar: usize,
}

impl Reader<'_> {
    fn body(&self, spelling: Delimiter) -> Head {
        let start = self.dollar + 2;
        let closer = spelling.closer();
        match self.source.get(start) {
            None => Head::Malformed { why: LintKind::Unclosed { closer }, end: start },
            Some(&byte) if byte == closer => Head::Malformed { why: LintKind::Empty, end: start + 1 },
            Some(b'$') if self.source.get(start + 1) == Some(&closer) => Head::Dollar { end: start + 2 },
            Some(b'\'') => Head::Verbatim { text: start + 1, spelling },
            Some(b'#') => self.length(spelling),
            Some(&byte) if starts_name(byte) => self.named(spelling),
            Some(&byte) => self.special(byte, start, spelling),
        }
    }

    fn length(&self, spelling: Delimiter) -> Head {
        let name = name_at(self.source, self.dollar + 3);
        if name.is_empty() {
            // `${#}`, `${#@}`, `${#1}`, `${#-x}`: special parameters, all of them.
            return Head::ShellOnly;
        }
        let end = name.end + 1;
        match self.source.get(name.end) {
            Some(&byte) if byte == spelling.closer() => Head::Length { name, end },
            Some(b'[') => Head::ShellOnly,
            Some(_) => Head::Malformed { why: LintKind::LengthWithOperator, end },
            None => self.unclosed(spelling),
        }
    }

    fn named(&self, spelling: Delimiter) -> Head {
        let name = name_at(self.source, self.dollar + 2);
        let spread = self.source[name.end..].starts_with(b"...");
        let at = if spread { name.end + 3 } else { name.end };
        match operator::read(self.source, at, spelling.closer()) {
            Ok((Operator::Assign(_), rest)) if spread => {
                Head::Malformed { why: LintKind::AssigningSpread, end: rest }
            }
            Ok((operator, rest)) => Head::Named { name, spread, operator, rest, spelling },
            Err(Misread::Ended) => self.unclosed(spelling),
            // `${A[@]}`, `${A@Q}`: what only an inner shell knows.
            Err(Misread::At(_)) if matches!(self.source.get(at), Some(b'[' | b'@')) => Head::ShellOnly,
            Err(Misread::At(at)) => Head::Malformed { why: LintKind::UnknownOperator, end: at + 1 },
        }
    }

    fn unclosed(&self, spelling: Delimiter) -> Head {
        let why = LintKind::Unclosed { closer: spelling.closer() };
        Head::Malformed { why, end: self.source.len() }
    }

    /// Positional and special parameters belong to an inner shell; the rest is a bad name.
    fn special(&self, byte: u8, start: usize, spelling: Delimiter) -> Head {
        let mut end = start + 1;
        if byte.is_ascii_digit() {
            while self.source.get(end).is_some_and(u8::is_ascii_digit) {
                end += 1;
            }
        }
        let next = self.source.get(end).copied();
        let parameter = byte.is_ascii_digit() || b"@*?-!$".contains(&byte);
        let indirection = byte == b'!' && next.is_some_and(|next| starts_name(next) || next.is_ascii_digit());
        let ends_well = next.is_none_or(|next| next == spelling.closer() || b":-+?=#%/^,@[".contains(&next));
        if parameter && (indirection || ends_well) {
            Head::ShellOnly
        } else {
            Head::Malformed { why: LintKind::BadName, end: start + character_at(self.source, start) }
        }
    }
}

fn starts_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

/// The name that starts at `start`; empty when there is none.
fn name_at(source: &[u8], start: usize) -> Range<usize> {
    let rest = &source[start.min(source.len())..];
    if !rest.first().is_some_and(|&byte| starts_name(byte)) {
        return start..start;
    }
    let end = rest.iter().position(|&byte| !byte.is_ascii_alphanumeric() && byte != b'_');
    start..start + end.unwrap_or(rest.len())
}
