//! What stands between the name of an expansion and its word.

use crate::template::ast::{Case, CaseScope, Greediness, Place, Side, Test};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::template) enum Operator {
    Plain,
    Default(Test),
    Assign(Test),
    Alternative(Test),
    Required(Test),
    Substring { offset: i64, length: Option<i64> },
    Strip(Side, Greediness),
    Replace(Place),
    Case(Case, CaseScope),
}

/// What the operand of an operator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::template) enum Operand {
    None,
    Word,
    Pattern,
    PatternAndWord,
}

impl Operator {
    pub(in crate::template) fn operand(self) -> Operand {
        match self {
            Self::Plain | Self::Substring { .. } | Self::Case(..) => Operand::None,
            Self::Default(_) | Self::Assign(_) | Self::Alternative(_) | Self::Required(_) => Operand::Word,
            Self::Strip(..) => Operand::Pattern,
            Self::Replace(_) => Operand::PatternAndWord,
        }
    }
}

/// Reads the operator at `at`, and tells where its operand starts; an operator without one must be followed by
/// the closer.
pub(in crate::template) fn read(source: &[u8], at: usize, closer: u8) -> Result<(Operator, usize), Misread> {
    Reader { source, closer }.operator(at)
}

/// Where the search for the `/` behind a pattern starts. As in bash, a slash right behind `//` belongs to the
/// pattern: `${DIR////_}` replaces every slash.
pub(in crate::template) fn behind_first_slash(source: &[u8], operator: Operator, pattern: usize) -> usize {
    let slash = operator == Operator::Replace(Place::Every) && source.get(pattern) == Some(&b'/');
    if slash { pattern + 1 } else { pattern }
}

/// Why there is no operator.
pub(in crate::template) enum Misread {
    /// The argument ended first.
    Ended,
    /// This byte does not belong there.
    At(usize),
}

struct Reader<'s> {
    source: &'s [u8],
    closer: u8,
}

impl Reader<'_> {
    fn operator(&self, at: usize) -> Result<(Operator, usize), Misread> {
        let byte = *self.source.get(at).ok_or(Misread::Ended)?;
        if byte == self.closer {
            return Ok((Operator::Plain, at));
        }
        let doubled = self.source.get(at + 1) == Some(&byte);
        let rest = if doubled { at + 2 } else { at + 1 };
        let reach = if doubled { Greediness::Longest } else { Greediness::Shortest };
        let many = if doubled { CaseScope::Every } else { CaseScope::First };
        match byte {
            b':' => self.colon(at + 1),
            b'#' => Ok((Operator::Strip(Side::Front, reach), rest)),
            b'%' => Ok((Operator::Strip(Side::Back, reach), rest)),
            b'/' => Ok(self.replace(at + 1)),
            b'^' => self.closed(Operator::Case(Case::Upper, many), rest),
            b',' => self.closed(Operator::Case(Case::Lower, many), rest),
            _ => choice(byte, Test::Unset).map(|operator| (operator, at + 1)).ok_or(Misread::At(at)),
        }
    }

    fn colon(&self, at: usize) -> Result<(Operator, usize), Misread> {
        let byte = *self.source.get(at).ok_or(Misread::Ended)?;
        if let Some(operator) = choice(byte, Test::UnsetOrEmpty) {
            return Ok((operator, at + 1));
        }
        let (offset, rest) = self.integer(at)?;
        if self.source.get(rest) != Some(&b':') {
            return self.closed(Operator::Substring { offset, length: None }, rest);
        }
        let (length, rest) = self.integer(rest + 1)?;
        self.closed(Operator::Substring { offset, length: Some(length) }, rest)
    }

    fn replace(&self, at: usize) -> (Operator, usize) {
        match self.source.get(at) {
            Some(b'/') => (Operator::Replace(Place::Every), at + 1),
            Some(b'#') => (Operator::Replace(Place::Front), at + 1),
            Some(b'%') => (Operator::Replace(Place::Back), at + 1),
            _ => (Operator::Replace(Place::First), at),
        }
    }

    fn closed(&self, operator: Operator, at: usize) -> Result<(Operator, usize), Misread> {
        match self.source.get(at) {
            Some(&byte) if byte == self.closer => Ok((operator, at)),
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
