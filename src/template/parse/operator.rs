//! Parses the operator between the name of an expansion and its operand.

use crate::template::ast::{Case, CaseScope, Greediness, ReplaceScope, Side, Test};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::template) enum Operator {
    Plain,
    Default(Test),
    Assign(Test),
    Alternative(Test),
    Required(Test),
    Substring { offset: i64, length: Option<i64> },
    Strip(Side, Greediness),
    Replace(ReplaceScope),
    Case(Case, CaseScope),
}

/// The operands that an operator takes.
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

/// Parses the operator at `at`. Returns it and the start of its operand. An operator without operand must be followed
/// by the closing delimiter.
pub(in crate::template) fn read(
    source: &[u8],
    at: usize,
    closer: u8,
) -> Result<(Operator, usize), OperatorError> {
    OperatorReader { source, closer }.operator(at)
}

/// Where the search for the `/` after a pattern starts. As in bash, a slash right after `//` belongs to the
/// pattern: `${DIR////_}` replaces every slash.
pub(in crate::template) fn after_first_slash(source: &[u8], operator: Operator, pattern: usize) -> usize {
    let slash = operator == Operator::Replace(ReplaceScope::Every) && source.get(pattern) == Some(&b'/');
    if slash { pattern + 1 } else { pattern }
}

/// Why an operator is malformed.
pub(in crate::template) enum OperatorError {
    /// The argument ends inside the operator.
    UnexpectedEnd,
    /// The byte at this offset is not part of an operator.
    UnexpectedByte(usize),
}

struct OperatorReader<'s> {
    source: &'s [u8],
    closer: u8,
}

impl OperatorReader<'_> {
    fn operator(&self, at: usize) -> Result<(Operator, usize), OperatorError> {
        let byte = *self.source.get(at).ok_or(OperatorError::UnexpectedEnd)?;
        if byte == self.closer {
            return Ok((Operator::Plain, at));
        }
        let doubled = self.source.get(at + 1) == Some(&byte);
        let rest = if doubled { at + 2 } else { at + 1 };
        let greediness = if doubled { Greediness::Longest } else { Greediness::Shortest };
        let scope = if doubled { CaseScope::Every } else { CaseScope::First };
        match byte {
            b':' => self.colon(at + 1),
            b'#' => Ok((Operator::Strip(Side::Front, greediness), rest)),
            b'%' => Ok((Operator::Strip(Side::Back, greediness), rest)),
            b'/' => Ok(self.replace(at + 1)),
            b'^' => self.closed(Operator::Case(Case::Upper, scope), rest),
            b',' => self.closed(Operator::Case(Case::Lower, scope), rest),
            _ => choice(byte, Test::Unset)
                .map(|operator| (operator, at + 1))
                .ok_or(OperatorError::UnexpectedByte(at)),
        }
    }

    fn colon(&self, at: usize) -> Result<(Operator, usize), OperatorError> {
        let byte = *self.source.get(at).ok_or(OperatorError::UnexpectedEnd)?;
        if let Some(operator) = choice(byte, Test::UnsetOrEmpty) {
            return Ok((operator, at + 1));
        }
        // `${NAME:}` has no offset, not an empty one, as in bash.
        if byte == self.closer {
            return Err(OperatorError::UnexpectedByte(at));
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
            Some(b'/') => (Operator::Replace(ReplaceScope::Every), at + 1),
            Some(b'#') => (Operator::Replace(ReplaceScope::Front), at + 1),
            Some(b'%') => (Operator::Replace(ReplaceScope::Back), at + 1),
            _ => (Operator::Replace(ReplaceScope::First), at),
        }
    }

    fn closed(&self, operator: Operator, at: usize) -> Result<(Operator, usize), OperatorError> {
        match self.source.get(at) {
            Some(&byte) if byte == self.closer => Ok((operator, at)),
            Some(_) => Err(OperatorError::UnexpectedByte(at)),
            None => Err(OperatorError::UnexpectedEnd),
        }
    }

    /// Parses a decimal number after spaces, and returns it with its end. It saturates. Without sign and digits it is 0,
    /// as in bash.
    fn integer(&self, mut at: usize) -> Result<(i64, usize), OperatorError> {
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
            None => Err(OperatorError::UnexpectedEnd),
            Some(_) if negative && end == digits => Err(OperatorError::UnexpectedByte(end)),
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
