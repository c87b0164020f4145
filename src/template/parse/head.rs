//! Parses the head of an expansion, up to its operand: delimiter, name and operator.

use std::ops::Range;

use crate::template::ast::Delimiter;
use crate::template::characters::character_at;
use crate::template::lint::LintKind;
use crate::template::parse::operator::{self, Operator, OperatorError};

/// What starts at a dollar, as far as its head says: the end of the operand is not known yet.
#[derive(Clone, Debug)]
pub(in crate::template) enum Head {
    /// `$NAME`
    Name { name: Range<usize> },
    /// `${$}`
    Dollar { end: usize },
    /// `${'`. The text ends at a quote followed by the closing delimiter.
    Verbatim { text: usize, delimiter: Delimiter },
    /// `${#NAME}`
    Length { name: Range<usize>, end: usize },
    /// A name and an operator. `rest` is the start of the operand, or the closing delimiter if there is no operand.
    Named { name: Range<usize>, spread: bool, operator: Operator, rest: usize, delimiter: Delimiter },
    /// No expansion and no lint: it may belong to an inner shell.
    ShellOnly,
    /// No expansion, but a lint. `end` is the end of the part at fault.
    Malformed { why: LintKind, end: usize },
}

/// Parses the head at a dollar.
pub(in crate::template) fn read(source: &[u8], dollar: usize) -> Head {
    let reader = HeadReader { source, dollar };
    match source.get(dollar + 1) {
        Some(b'{') => reader.body(Delimiter::Brace),
        // None of these characters follows `$<` in Perl, in make or in a redirection.
        Some(b'<') => match source.get(dollar + 2) {
            Some(b'#' | b'\'' | b'$') => reader.body(Delimiter::Angle),
            Some(&byte) if starts_name(byte) => reader.body(Delimiter::Angle),
            _ => Head::ShellOnly,
        },
        Some(&byte) if starts_name(byte) => Head::Name { name: name_at(source, dollar + 1) },
        _ => Head::ShellOnly,
    }
}

struct HeadReader<'s> {
    source: &'s [u8],
    dollar: usize,
}

impl HeadReader<'_> {
    fn body(&self, delimiter: Delimiter) -> Head {
        let start = self.dollar + 2;
        let closer = delimiter.closer();
        match self.source.get(start) {
            None => Head::Malformed { why: LintKind::Unclosed { closer }, end: start },
            Some(&byte) if byte == closer => Head::Malformed { why: LintKind::Empty, end: start + 1 },
            Some(b'$') if self.source.get(start + 1) == Some(&closer) => Head::Dollar { end: start + 2 },
            Some(b'\'') => Head::Verbatim { text: start + 1, delimiter },
            Some(b'#') => self.length(delimiter),
            Some(&byte) if starts_name(byte) => self.named(delimiter),
            Some(&byte) => self.special(byte, start, delimiter),
        }
    }

    fn length(&self, delimiter: Delimiter) -> Head {
        let name = name_at(self.source, self.dollar + 3);
        if name.is_empty() {
            // `${#}`, `${#@}`, `${#1}` and `${#-x}` are special parameters.
            return Head::ShellOnly;
        }
        let end = name.end + 1;
        match self.source.get(name.end) {
            Some(&byte) if byte == delimiter.closer() => Head::Length { name, end },
            Some(b'[') => Head::ShellOnly,
            Some(_) => Head::Malformed { why: LintKind::LengthWithOperator, end },
            None => self.unclosed(delimiter),
        }
    }

    fn named(&self, delimiter: Delimiter) -> Head {
        let name = name_at(self.source, self.dollar + 2);
        let spread = self.source[name.end..].starts_with(b"...");
        let at = if spread { name.end + 3 } else { name.end };
        match operator::read(self.source, at, delimiter.closer()) {
            Ok((Operator::Assign(_), rest)) if spread => {
                Head::Malformed { why: LintKind::AssigningSpread, end: rest }
            }
            Ok((operator, rest)) => Head::Named { name, spread, operator, rest, delimiter },
            Err(OperatorError::UnexpectedEnd) => self.unclosed(delimiter),
            // `${A[@]}` and `${A@Q}` belong to an inner shell.
            Err(OperatorError::UnexpectedByte(_)) if matches!(self.source.get(at), Some(b'[' | b'@')) => {
                Head::ShellOnly
            }
            Err(OperatorError::UnexpectedByte(at)) => {
                Head::Malformed { why: LintKind::UnknownOperator, end: at + 1 }
            }
        }
    }

    fn unclosed(&self, delimiter: Delimiter) -> Head {
        let why = LintKind::Unclosed { closer: delimiter.closer() };
        Head::Malformed { why, end: self.source.len() }
    }

    /// Positional and special parameters belong to an inner shell; anything else is a bad name.
    fn special(&self, byte: u8, start: usize, delimiter: Delimiter) -> Head {
        let mut end = start + 1;
        if byte.is_ascii_digit() {
            while self.source.get(end).is_some_and(u8::is_ascii_digit) {
                end += 1;
            }
        }
        let next = self.source.get(end).copied();
        let is_parameter = byte.is_ascii_digit() || b"@*?-!$".contains(&byte);
        let is_indirection =
            byte == b'!' && next.is_some_and(|next| starts_name(next) || next.is_ascii_digit());
        let ends_well = next.is_none_or(|next| next == delimiter.closer() || b":-+?=#%/^,@[".contains(&next));
        if is_parameter && (is_indirection || ends_well) {
            Head::ShellOnly
        } else {
            Head::Malformed { why: LintKind::BadName, end: start + character_at(self.source, start) }
        }
    }
}

fn starts_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

/// The range of the name at `start`, empty if there is none.
fn name_at(source: &[u8], start: usize) -> Range<usize> {
    let rest = &source[start.min(source.len())..];
    if !rest.first().is_some_and(|&byte| starts_name(byte)) {
        return start..start;
    }
    let end = rest.iter().position(|&byte| !byte.is_ascii_alphanumeric() && byte != b'_');
    start..start + end.unwrap_or(rest.len())
}
