//! Spreads: `${NAME...}` expands to any number of arguments.

use crate::template::ast::{Expansion, Operation, Word};
use crate::template::error::ExpansionErrorKind;
use crate::template::expand::{Expander, MAX_RESULT, Mode, Presence};
use crate::template::fields;
use crate::template::taint::TaintedBytes;

impl<'t> Expander<'t, '_> {
    /// Expands a spread to its arguments.
    pub(in crate::template) fn spread(&mut self, expansion: &'t Expansion) -> Vec<TaintedBytes> {
        match &expansion.operation {
            Operation::Default(test, word) | Operation::Alternative(test, word) => {
                let alternative = matches!(expansion.operation, Operation::Alternative(..));
                let mut value = TaintedBytes::new();
                match self.value(expansion, *test, &mut value) {
                    Presence::Present if alternative => self.fields(expansion, word),
                    Presence::Absent(_) if alternative => Vec::new(),
                    Presence::Absent(_) => self.fields(expansion, word),
                    Presence::Present => self.split_value(expansion, &value),
                }
            }
            _ => {
                let mut value = TaintedBytes::new();
                self.expansion(expansion, Mode::Word, &mut value);
                self.split_value(expansion, &value)
            }
        }
    }

    /// Expands the fields of the word, one argument each.
    fn fields(&mut self, expansion: &Expansion, word: &'t Word) -> Vec<TaintedBytes> {
        let fields = &self.template.fields[word.content.clone()];
        let mut texts = Vec::new();
        let mut length = 0;
        for field in fields {
            let text = self.text(field, Mode::Word);
            length += text.len();
            texts.push(text);
            if length > MAX_RESULT && !self.exhausted {
                self.exhausted = true;
                self.error(expansion, ExpansionErrorKind::TooLarge);
            }
        }
        texts
    }

    /// Splits a value. A list was joined with shell quoting, so that it splits into the same elements.
    fn split_value(&mut self, expansion: &Expansion, value: &TaintedBytes) -> Vec<TaintedBytes> {
        fields::split_text(value).unwrap_or_else(|_| {
            self.error(expansion, ExpansionErrorKind::UnbalancedQuote);
            Vec::new()
        })
    }
}
