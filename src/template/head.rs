//! What stands between an expansion's dollar and its word: spelling, name, operator.

use std::ops::Range;

use super::ast::{Case, Many, Place, Reach, Side, Spelling, Test};
use super::characters::character_at;
use super::finding::FindingKind;

/// What starts at a dollar, as far as can be told without looking for the end of a word.
#[derive(Clone, Debug)]
pub(super) enum Head {
    /// `$NAME`
    Name { name: Range<usize> },
    /// `${$}`
    Dollar { end: usize },
    /// `${'`; the text goes up to a quote and the closer.
    Verbatim { text: usize, spelling: Spelling },
    /// `${#NAME}`
    Length { name: Range<usize>, end: usize },
    /// Name and operator; `rest` is where the operand starts, or the closer where there is none.
    Named { name: Range<usize>, spread: bool, operator: Operator, rest: usize, spelling: Spelling },
    /// No expansion, and nothing to tell about it.
    Foreign,
    /// No expansion, although it looks as if one was meant; `end` is behind what is wrong.
    Malformed { why: FindingKind, end: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Plain,
    Default(Test),
    Assign(Test),
    Alternative(Test),
    Required(Test),
    Substring { offset: i64, length: Option<i64> },
    Strip(Side, Reach),
    Replace(Place),
    Case(Case, Many),
}

/// What the operand of an operator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    None,
    Word,
    Pattern,
    PatternAndWord,
}

impl Operator {
    pub(super) fn operand(self) -> Operand {
        match self {
            Self::Plain | Self::Substring { .. } | Self::Case(..) => Operand::None,
            Self::Default(_) | Self::Assign(_) | Self::Alternative(_) | Self::Required(_) => Operand::Word,
            Self::Strip(..) => Operand::Pattern,
            Self::Replace(_) => Operand::PatternAndWord,
        }
    }
}

/// Where the search for the `/` behind a pattern starts. As in bash, a slash right behind `//` belongs to the
/// pattern: `${DIR////_}` replaces every slash.
pub(super) fn behind_first_slash(source: &[u8], operator: Operator, pattern: usize) -> usize {
    let slash = operator == Operator::Replace(Place::Every) && source.get(pattern) == Some(&b'/');
    if slash { pattern + 1 } else { pattern }
}

/// Reads the head of what starts at the dollar at `dollar`.
pub(super) fn read(source: &[u8], dollar: usize) -> Head {
    let reader = Reader { source, dollar };
    match source.get(dollar + 1) {
        Some(b'{') => reader.body(Spelling::Brace),
        // Perl's `$<`, make's `$<` and a redirection have no such character behind them.
        Some(b'<') => match source.get(dollar + 2) {
            Some(b'#' | b'\'' | b'$') => reader.body(Spelling::Angle),
            Some(&byte) if starts_name(byte) => reader.body(Spelling::Angle),
            _ => Head::Foreign,
        },
        Some(&byte) if starts_name(byte) => Head::Name { name: name_at(source, dollar + 1) },
        _ => Head::Foreign,
    }
}

struct Reader<'s> {
    source: &'s [u8],
    dollar: usize,
}

impl Reader<'_> {
    fn body(&self, spelling: Spelling) -> Head {
        let start = self.dollar + 2;
        let closer = spelling.closer();
        match self.source.get(start) {
            None => Head::Malformed { why: FindingKind::Unclosed { closer }, end: start },
            Some(&byte) if byte == closer => Head::Malformed { why: FindingKind::Empty, end: start + 1 },
            Some(b'$') if self.source.get(start + 1) == Some(&closer) => Head::Dollar { end: start + 2 },
            Some(b'\'') => Head::Verbatim { text: start + 1, spelling },
            Some(b'#') => self.length(spelling),
            Some(&byte) if starts_name(byte) => self.named(spelling),
            Some(&byte) => self.special(byte, start, spelling),
        }
    }

    fn length(&self, spelling: Spelling) -> Head {
        let name = name_at(self.source, self.dollar + 3);
        if name.is_empty() {
            // `${#}`, `${#@}`, `${#1}`, `${#-x}`: special parameters, all of them.
            return Head::Foreign;
        }
        let end = name.end + 1;
        match self.source.get(name.end) {
            Some(&byte) if byte == spelling.closer() => Head::Length { name, end },
            Some(b'[') => Head::Foreign,
            Some(_) => Head::Malformed { why: FindingKind::LengthWithOperator, end },
            None => self.unclosed(spelling),
        }
    }

    fn named(&self, spelling: Spelling) -> Head {
        let name = name_at(self.source, self.dollar + 2);
        let spread = self.source[name.end..].starts_with(b"...");
        let at = if spread { name.end + 3 } else { name.end };
        match self.operator(at, spelling.closer()) {
            Ok((Operator::Assign(_), rest)) if spread => {
                Head::Malformed { why: FindingKind::AssigningSpread, end: rest }
            }
            Ok((operator, rest)) => Head::Named { name, spread, operator, rest, spelling },
            Err(Misread::Ended) => self.unclosed(spelling),
            // `${A[@]}`, `${A@Q}`: what only an inner shell knows.
            Err(Misread::At(_)) if matches!(self.source.get(at), Some(b'[' | b'@')) => Head::Foreign,
            Err(Misread::At(at)) => Head::Malformed { why: FindingKind::UnknownOperator, end: at + 1 },
        }
    }

    fn unclosed(&self, spelling: Spelling) -> Head {
        let why = FindingKind::Unclosed { closer: spelling.closer() };
        Head::Malformed { why, end: self.source.len() }
    }

    /// The operator at `at`, and where its operand starts; the closer is checked where there is no operand.
    fn operator(&self, at: usize, closer: u8) -> Result<(Operator, usize), Misread> {
        let byte = *self.source.get(at).ok_or(Misread::Ended)?;
        if byte == closer {
            return Ok((Operator::Plain, at));
        }
        let doubled = self.source.get(at + 1) == Some(&byte);
        let rest = if doubled { at + 2 } else { at + 1 };
        let reach = if doubled { Reach::Longest } else { Reach::Shortest };
        let many = if doubled { Many::Every } else { Many::First };
        match byte {
            b':' => self.colon(at + 1, closer),
            b'#' => Ok((Operator::Strip(Side::Front, reach), rest)),
            b'%' => Ok((Operator::Strip(Side::Back, reach), rest)),
            b'/' => Ok(self.replace(at + 1)),
            b'^' => self.closed(Operator::Case(Case::Upper, many), rest, closer),
            b',' => self.closed(Operator::Case(Case::Lower, many), rest, closer),
            _ => choice(byte, Test::Unset).map(|operator| (operator, at + 1)).ok_or(Misread::At(at)),
        }
    }

    fn colon(&self, at: usize, closer: u8) -> Result<(Operator, usize), Misread> {
        let byte = *self.source.get(at).ok_or(Misread::Ended)?;
        if let Some(operator) = choice(byte, Test::UnsetOrEmpty) {
            return Ok((operator, at + 1));
        }
        let (offset, rest) = self.integer(at)?;
        if self.source.get(rest) != Some(&b':') {
            return self.closed(Operator::Substring { offset, length: None }, rest, closer);
        }
        let (length, rest) = self.integer(rest + 1)?;
        self.closed(Operator::Substring { offset, length: Some(length) }, rest, closer)
    }

    fn replace(&self, at: usize) -> (Operator, usize) {
        match self.source.get(at) {
            Some(b'/') => (Operator::Replace(Place::Every), at + 1),
            Some(b'#') => (Operator::Replace(Place::Front), at + 1),
            Some(b'%') => (Operator::Replace(Place::Back), at + 1),
            _ => (Operator::Replace(Place::First), at),
        }
    }

    fn closed(&self, operator: Operator, at: usize, closer: u8) -> Result<(Operator, usize), Misread> {
        match self.source.get(at) {
            Some(&byte) if byte == closer => Ok((operator, at)),
            Some(_) => Err(Misread::At(at)),
            None => Err(Misread::Ended),
        }
    }

    /// A decimal number behind blanks, and what is behind it. It saturates.
    fn integer(&self, mut at: usize) -> Result<(i64, usize), Misread> {
        while self.source.get(at) == Some(&b' ') {
            at += 1;
        }
        let negative = self.source.get(at) == Some(&b'-');
        let digits = if negative { at + 1 } else { at };
        let mut end = digits;
        let mut number = 0_i64;
        while let Some(digit) = self.source.get(end).filter(|byte| byte.is_ascii_digit()) {
            number = number.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
            end += 1;
        }
        match self.source.get(end) {
            None => Err(Misread::Ended),
            Some(_) if end == digits => Err(Misread::At(end)),
            Some(_) => Ok((if negative { -number } else { number }, end)),
        }
    }

    /// Positional and special parameters belong to an inner shell; the rest is a bad name.
    fn special(&self, byte: u8, start: usize, spelling: Spelling) -> Head {
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
            Head::Foreign
        } else {
            Head::Malformed { why: FindingKind::BadName, end: start + character_at(self.source, start) }
        }
    }
}

/// Why there is no operator.
enum Misread {
    /// The argument ended first.
    Ended,
    /// This byte does not belong there.
    At(usize),
}

fn choice(byte: u8, test: Test) -> Option<Operator> {
    match byte {
        b'-' => Some(Operator::Default(test)),
        b'+' => Some(Operator::Alternative(test)),
        b'?' => Some(Operator::Required(test)),
        b'=' => Some(Operator::Assign(test)),
        _ => None,
    }
}

fn starts_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

/// The name that starts at `start`; empty when there is none.
fn name_at(source: &[u8], start: usize) -> Range<usize> {
    let mut end = start;
    if source.get(start).is_some_and(|&byte| starts_name(byte)) {
        while source.get(end).is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            end += 1;
        }
    }
    start..end
}
